/* Another version of a script takes over in a running activation; a fault in its trial brings the
 * one before back; both survive a restart. */
#include "engine/inspect.h"
#include "unit/engine/kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct fake fake;
static struct kept kept;
static struct engine *e;
static uint32_t a;
static int fault_code; /* what the next EVENT_EDIT or EVENT_COMMAND answers */
static bool runs_on;
static bool places;  /* the next EVENT_COMMAND asks for an order and a timer */
static bool is_deaf; /* the new version asks for other bars */

static void handle(struct fake *f, const struct event *event, struct done *done) {
    static char state[16];
    if (event->kind == EVENT_EDIT && fault_code == 0) {
        done->state = "new";
        done->state_length = 3;
        if (is_deaf) {
            done->subscription.watches[0].timeframe_ms = 5 * 60000;
        }
    } else if (event->kind == EVENT_COMMAND && fault_code == 0) {
        snprintf(state, sizeof state, "%llu", (unsigned long long)event->number);
        done->state = state;
        done->state_length = strlen(state);
        fake_ask(f, done, ASK_LOG)->u.log.text = "command";
        if (places) {
            places = false;
            fake_place(f, done, 1, ORDER_BUY, "0.01", "49000", "rest");
            struct ask *timer = fake_ask(f, done, ASK_TIMER);
            snprintf(timer->u.timer.name, sizeof timer->u.timer.name, "late");
            timer->u.timer.at_ms = engine_time(e) + 60000;
        }
    }
    if (fault_code != 0 && (event->kind == EVENT_EDIT || event->kind == EVENT_COMMAND)) {
        done->fault.code = fault_code;
        snprintf(done->fault.text, sizeof done->fault.text, "bad");
        done->runs_on = event->kind == EVENT_EDIT && runs_on;
        fault_code = 0;
    }
}

static int set_up(void **state) {
    (void)state;
    memset(&fake, 0, sizeof fake);
    memset(&kept, 0, sizeof kept);
    fault_code = 0;
    runs_on = true;
    is_deaf = false;
    places = false;
    fake.journal = (struct journal_port){&kept, kept_append};
    fake.handle = handle;
    e = fake_engine(&fake, NULL, false);
    a = fake_activate(&fake, SUSPEND_KEEP);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    engine_free(e);
    return 0;
}

static struct script_bundle version(uint64_t hash) {
    static const struct script_file file = {"init.lua", "return 1", 8};
    return (struct script_bundle){.name = "test", .hash = hash, .files = &file, .count = 1};
}

static uint64_t edit(uint64_t hash) {
    struct script_bundle bundle = version(hash);
    struct err err = {0};
    uint64_t number = 0;
    assert_int_equal(engine_edit(e, a, &bundle, "ann", "idea", &number, &err), 0);
    engine_pump(e);
    return number;
}

static void command(void) {
    struct err err = {0};
    uint64_t number;
    assert_int_equal(engine_command(e, a, "go", NULL, 0, &number, &err), 0);
    engine_pump(e);
}

static uint64_t hash_of(const struct engine *engine) {
    struct activation_view view;
    inspect_activation(engine, a, &view);
    return view.script_hash;
}

/* The engine that a restart makes has the same state. */
static void recovers(void) {
    static struct fake other;
    struct venue_port venue = {&other, fake_submit, fake_cancel, fake_amend, fake_leverage, NULL};
    memset(&other, 0, sizeof other);
    struct engine *twin = kept_recover(&other, &kept, kept.count, &venue);
    assert_true(kept_is_same(e, twin));
    assert_int_equal(hash_of(twin), hash_of(e));
    engine_free(twin);
}

static void it_takes_over_before_the_next_event(void **state) {
    (void)state;
    command();
    struct err err = {0};
    uint64_t number, later;
    struct script_bundle bundle = version(2);
    fake.holds = true; /* one event is out, one waits */
    assert_int_equal(engine_command(e, a, "go", NULL, 0, &number, &err), 0);
    assert_int_equal(engine_command(e, a, "go", NULL, 0, &number, &err), 0);
    engine_pump(e);
    int from = fake.event_count - 1;
    assert_int_equal(engine_edit(e, a, &bundle, "ann", "idea", &later, &err), 0);
    bundle.hash = 99; /* it was copied */
    fake.holds = false;
    fake_answer(&fake, &fake.events[from]);
    engine_pump(e);
    assert_string_equal(fake_kinds(&fake, from), "cERc");
    assert_int_equal(fake.events[from + 2].u.ready, READY_EDITED);
    assert_int_equal(fake.edits[EDIT_TAKEN], 1);
    assert_int_equal(fake.last_edit.number, later);
    assert_int_equal(fake.last_edit.from_hash, 1);
    assert_int_equal(fake.last_edit.to_hash, 2);
    assert_string_equal(fake.last_edit.who, "ann");
    assert_int_equal(hash_of(e), 2);
    recovers();
}

static void a_refused_one_changes_nothing(void **state) {
    (void)state;
    command();
    uint64_t records = kept.count;
    int from = fake.event_count;
    fault_code = E_SYNTAX;
    edit(2);
    assert_string_equal(fake_kinds(&fake, from), "E");
    assert_int_equal(fake.edits[EDIT_REFUSED], 1);
    assert_int_equal(fake.faults, 0);
    assert_int_equal(kept.count, records); /* nor is the version kept */
    assert_int_equal(hash_of(e), 1);
    assert_int_equal(activation_status(e, a), ACTIVATION_RUNNING);
    recovers();
}

/* The process of its sandbox died of it, or the old one had none: the old version starts anew. */
static void one_that_took_the_old_one_with_it(void **state) {
    (void)state;
    int from = fake.event_count;
    fault_code = E_DEADLINE;
    runs_on = false;
    edit(2);
    assert_string_equal(fake_kinds(&fake, from), "ESR");
    assert_int_equal(fake.faults, 1);
    assert_int_equal(hash_of(e), 1);
    recovers();
}

static void a_fault_in_the_trial_brings_the_old_one_back(void **state) {
    (void)state;
    command();
    char before[64];
    snprintf(before, sizeof before, "%llu", (unsigned long long)inspect_number(e));
    edit(2);
    command();
    recovers();
    int from = fake.event_count;
    fault_code = E_SCRIPT;
    command();
    /* The event that it could not handle is handled by the one that is back. */
    assert_string_equal(fake_kinds(&fake, from), "cSRc");
    assert_int_equal(fake.events[from].number, fake.events[from + 3].number);
    assert_int_equal(fake.edits[EDIT_ROLLED_BACK], 1);
    assert_int_equal(fake.last_edit.from_hash, 2);
    assert_int_equal(fake.last_edit.to_hash, 1);
    assert_int_equal(fake.faults, 0); /* it does not count against the old one */
    assert_int_equal(fake.closes, 1);
    assert_int_equal(fake.opened_hash, 1);
    /* With the state of before the edit. */
    assert_int_equal(fake.opened_state_length, strlen(before));
    assert_memory_equal(fake.opened_state, before, strlen(before));
    assert_int_equal(hash_of(e), 1);
    recovers();
    /* And then it is an ordinary fault. */
    fault_code = E_SCRIPT;
    command();
    assert_int_equal(fake.faults, 1);
}

static void a_trial_ends(void **state) {
    (void)state;
    edit(2);
    recovers();
    for (int i = 0; i < EDIT_TRIAL_EVENTS; i++) {
        command();
    }
    recovers();
    fault_code = E_SCRIPT;
    command();
    assert_int_equal(fake.edits[EDIT_ROLLED_BACK], 0);
    assert_int_equal(fake.faults, 1);
    assert_int_equal(hash_of(e), 2);
    recovers();
}

/* Orders, positions and timers are the activation's. */
static void an_edit_leaves_orders_and_timers(void **state) {
    (void)state;
    places = true;
    command();
    engine_durable(e, engine_appended(e));
    fake_report(&fake, 1, (struct order_event){.kind = ORDER_EVENT_ACCEPTED});
    int sent = fake.sent_count;
    edit(2);
    assert_int_equal(fake.sent_count, sent);
    assert_int_equal(activation_open_orders(e, a), 1);
    fault_code = E_SCRIPT;
    command();
    assert_int_equal(activation_open_orders(e, a), 1);
    assert_int_equal(fake.sent_count, sent);
    recovers();
    int from = fake.event_count;
    engine_set_time(e, engine_time(e) + 60000);
    engine_queue_timers(e);
    engine_pump(e);
    assert_string_equal(fake_kinds(&fake, from), "t");
}

static void minute(int64_t *time_ms) {
    struct bar bar = {.time_ms = *time_ms, .open = 1, .high = 1, .low = 1, .close = 1};
    *time_ms += 60000;
    bar.close_ms = *time_ms;
    uint16_t series = 0;
    engine_set_time(e, bar.close_ms);
    engine_feed_bar(e, series, &bar);
    engine_queue_candles(e, &series, 1);
    engine_pump(e);
}

/* What the version before watched is not delivered to the new one. */
static void it_hears_what_it_asks_for(void **state) {
    (void)state;
    int64_t time_ms = engine_time(e);
    int from = fake.event_count;
    minute(&time_ms);
    assert_string_equal(fake_kinds(&fake, from), "C");
    is_deaf = true;
    edit(2);
    from = fake.event_count;
    minute(&time_ms);
    assert_string_equal(fake_kinds(&fake, from), "");
}

static void who_may_not_be_edited(void **state) {
    (void)state;
    struct script_bundle bundle = version(1);
    struct err err = {0};
    uint64_t number;
    assert_int_equal(engine_edit(e, a, &bundle, "ann", "", &number, &err), E_STATE);
    assert_non_null(strstr(err.msg, "runs this version already"));
    bundle.hash = 2;
    engine_deactivate(e, a, STOP_KEEP, "enough");
    engine_pump(e);
    assert_int_equal(engine_edit(e, a, &bundle, "ann", "", &number, &err), E_STATE);
    assert_non_null(strstr(err.msg, "stopped"));
}

/* One that was activated as pinned keeps its version, after a restart too. */
static void a_pinned_one_keeps_its_version(void **state) {
    (void)state;
    static const struct script_bundle first = {.name = "test", .hash = 1};
    struct script_bundle bundle = version(2);
    struct activation_options options = {
        .id = "t2", .bundle = &first, .currency = "USDT", .is_pinned = true};
    struct err err = {0};
    uint64_t number;
    uint32_t pinned;
    options.balance.d = dec("10000");
    assert_int_equal(engine_activate(e, &options, &pinned, &err), 0);
    engine_pump(e);
    assert_int_equal(engine_edit(e, pinned, &bundle, "ann", "", &number, &err), E_STATE);
    assert_non_null(strstr(err.msg, "pinned"));
    struct activation_view view;
    inspect_activation(e, pinned, &view);
    assert_true(view.is_pinned);
    recovers();
}

/* Versions that nobody runs any more are not kept in memory. */
static void many_edits(void **state) {
    (void)state;
    for (uint64_t i = 2; i < 600; i++) {
        edit(i);
        if (i % 3 == 0) {
            fault_code = E_SYNTAX;
            edit(10000 + i);
        }
        command();
    }
    struct kept_state snapshot = {0};
    int position = 0;
    while (engine_snapshot(e, &position, 4, kept_state_add, &snapshot)) {
    }
    assert_true(snapshot.length < 2000);
    recovers();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_takes_over_before_the_next_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_one_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_took_the_old_one_with_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_fault_in_the_trial_brings_the_old_one_back, set_up, tear_down
        ),
        cmocka_unit_test_setup_teardown(a_trial_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_edit_leaves_orders_and_timers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_hears_what_it_asks_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_may_not_be_edited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pinned_one_keeps_its_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_edits, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
