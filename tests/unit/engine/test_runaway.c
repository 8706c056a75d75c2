/* Runaways: a request that nobody asked for does not leave and halts everything; who asks beyond
 * his rate for long is suspended. And the kill switch: from its call on nothing new leaves, in each
 * of its four scopes. */
#include "unit/engine/kept.h"

#include "engine/engine_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct fake fake;
static struct kept kept;
static int asks_a_ticker; /* of the script */
static uint64_t sequence;

static void ask_many(struct fake *f, const struct event *event, struct done *done) {
    for (int i = 0; i < asks_a_ticker && event->kind == EVENT_TICKER; i++) {
        fake_place(f, done, ++sequence, ORDER_BUY, "0.001", "49000", "test");
    }
}

/* Answers each refusal with an order. */
static void never_give_up(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_TICKER || event->kind == EVENT_ORDER) {
        fake_place(f, done, ++sequence, ORDER_BUY, "0.001", "49000", "test");
    }
}

static void world_begin(void) {
    struct risk_limits limits = fake.limits;
    memset(&fake, 0, sizeof fake);
    memset(&kept, 0, sizeof kept);
    sequence = 0;
    fake.limits = limits;
    fake.journal = (struct journal_port){&kept, kept_append};
    fake.handle = ask_many;
    fake.subscription.ticker_count = 1;
    fake_engine(&fake, NULL, false);
    fake_activate(&fake, SUSPEND_FLATTEN);
    asks_a_ticker = 1;
}

static void limits_begin(void) {
    risk_limits_default(&fake.limits);
    fake.limits.duplicate_ms = 0;
}

static void durable(void) {
    engine_durable(fake.engine, engine_appended(fake.engine));
    engine_pump(fake.engine);
}

static void tick(int64_t after_ms) {
    engine_set_time(fake.engine, engine_time(fake.engine) + after_ms);
    if (queue_event(fake.engine, 0, EVENT_TICKER) != NULL) {
        engine_pump(fake.engine);
    }
    durable();
}

static int submits(void) {
    int count = 0;
    for (int i = 0; i < fake.sent_count; i++) {
        count += fake.sent[i].what == 's';
    }
    return count;
}

static bool records_say_what_is_so(void) {
    static struct fake silent;
    memset(&silent, 0, sizeof silent);
    silent.limits = fake.limits;
    struct venue_port venue = {&silent, fake_submit, fake_cancel, fake_amend, fake_leverage, NULL};
    struct engine *again = kept_recover(&silent, &kept, kept.count, &venue);
    bool is_same = kept_is_same(fake.engine, again);
    engine_free(again);
    return is_same;
}

/* --- requests that nobody asked for --------------------------------------------------------------
 */

static void expect_all_halted(const char *message, int sent, int line) {
    struct err err = {0};
    int before = submits();
    if (fake.sent_count != sent || fake.halts != 1 ||
        strcmp(fake.last_halt_message, message) != 0 || !kill_holds(fake.engine, 0)) {
        fail_msg(
            "line %d: %d sent, %d halts: %s", line, fake.sent_count, fake.halts,
            fake.last_halt_message
        );
    }
    tick(1000);
    assert_int_equal(submits(), before); /* the script's next order is refused */
    assert_int_equal(engine_refusals(fake.engine)[RISK_KILL_SWITCH], 1);
    assert_true(records_say_what_is_so());
    assert_int_equal(engine_unkill(fake.engine, KILL_GLOBAL, "", "ann", &err), 0);
    tick(1000);
    assert_int_equal(submits(), before + 1);
}

#define assert_all_halted(message, sent) expect_all_halted(message, sent, __LINE__)

/* As a bug would: the same order once more on the way out. */
static void an_order_that_leaves_twice_halts_everything(void **state) {
    (void)state;
    limits_begin();
    world_begin();
    tick(1000);
    assert_int_equal(fake.sent_count, 1);
    fake_report(&fake, 1, (struct order_event){.kind = ORDER_EVENT_ACCEPTED});
    struct outbox_item item = {.what = 's', .key = {0, 1}};
    outbox_push(fake.engine, &item);
    fake.engine->outbox[fake.engine->outbox_first].sequence = 0;
    durable();
    /* All that came of it is the cancel of what rests. */
    assert_int_equal(fake.sent[1].what, 'c');
    assert_all_halted("sent_against_asked: 2 > 1 requests of t1", 2);
    engine_free(fake.engine);
}

static void a_second_request_for_an_order_halts_even_with_an_ask_to_spare(void **state) {
    (void)state;
    limits_begin();
    world_begin();
    tick(1000);
    wire_ask(fake.engine, 0);
    struct outbox_item item = {.what = 's', .key = {0, 1}};
    outbox_push(fake.engine, &item);
    fake.engine->outbox[fake.engine->outbox_first].sequence = 0;
    durable();
    assert_all_halted("sent_against_asked: 2 > 1 requests of t1o1", 2);
    engine_free(fake.engine);
}

/* The switches of 64 users leave room for the one of a runaway. */
static void there_is_always_room_for_the_global_switch(void **state) {
    (void)state;
    struct err err = {0};
    char user[16];
    limits_begin();
    world_begin();
    for (int i = 0; i < KILL_SWITCHES_MAX; i++) {
        snprintf(user, sizeof user, "user%d", i);
        assert_int_equal(engine_kill(fake.engine, KILL_USER, user, false, "a", "", &err), 0);
    }
    assert_int_equal(engine_kill(fake.engine, KILL_USER, "one", false, "a", "", &err), E_LIMIT);
    tick(1000);
    struct outbox_item item = {.what = 's', .key = {0, 1}};
    outbox_push(fake.engine, &item);
    fake.engine->outbox[fake.engine->outbox_first].sequence = 0;
    durable();
    assert_all_halted("sent_against_asked: 2 > 1 requests of t1", 2);
    engine_free(fake.engine);
}

/* --- rates ---------------------------------------------------------------------------------------
 */

static void a_rate_that_is_not_kept_for_a_second_suspends(void **state) {
    (void)state;
    limits_begin();
    fake.limits.rate = (struct rate_limit){5, 20};
    fake.limits.open_orders_max = 0;
    world_begin();
    int64_t began_ms = engine_time(fake.engine), empty_ms = 0;
    for (int i = 0; i < 100 && fake.last_status != ACTIVATION_SUSPENDED; i++) {
        tick(50); /* 20 orders a second, and 5 are allowed */
        if (empty_ms == 0 && engine_refusals(fake.engine)[RISK_RATE] > 0) {
            empty_ms = engine_time(fake.engine);
        }
    }
    int64_t end_ms = engine_time(fake.engine);
    assert_int_equal(fake.last_status, ACTIVATION_SUSPENDED);
    assert_non_null(strstr(fake.last_status_reason, "order_rate"));
    assert_true(end_ms - empty_ms <= 1000);
    assert_true(submits() <= 20 + (int)(end_ms - began_ms) * 5 / 1000);
    int sent = submits();
    tick(60000);
    assert_int_equal(submits(), sent);
    print_message(
        "suspended %d ms after its bucket was empty, %d of %d orders left\n",
        (int)(end_ms - empty_ms), sent, (int)sequence
    );
    assert_true(records_say_what_is_so());
    engine_free(fake.engine);
}

static void with_pauses_it_goes_on(void **state) {
    (void)state;
    limits_begin();
    fake.limits.rate = (struct rate_limit){1, 4};
    fake.limits.open_orders_max = 0;
    world_begin();
    asks_a_ticker = 6;
    for (int i = 0; i < 20; i++) {
        tick(4000); /* each time two too many */
    }
    assert_true(engine_refusals(fake.engine)[RISK_RATE] >= 38);
    assert_int_equal(fake.last_status, ACTIVATION_RUNNING);
    engine_free(fake.engine);
}

/* At one instant no time passes: it would never end. */
static void a_script_that_answers_refusals_with_orders_is_stopped(void **state) {
    (void)state;
    limits_begin();
    fake.limits.rate = (struct rate_limit){5, 20};
    fake.limits.open_orders_max = 0;
    world_begin();
    fake.handle = never_give_up;
    tick(1000);
    for (int i = 0; i < 30; i++) {
        struct order_event event = {.kind = ORDER_EVENT_ACCEPTED};
        fake_report(&fake, (uint64_t)i + 1, event);
        durable();
    }
    assert_int_equal(fake.last_status, ACTIVATION_SUSPENDED);
    assert_true(submits() <= 20);
    assert_true(sequence < 100);
    engine_free(fake.engine);
}

static void users_and_the_venue_have_rates_too(void **state) {
    (void)state;
    limits_begin();
    fake.limits.user_rate = (struct rate_limit){1, 3};
    world_begin();
    asks_a_ticker = 5;
    tick(1000);
    assert_int_equal(submits(), 3);
    assert_int_equal(engine_refusals(fake.engine)[RISK_USER_RATE], 2);
    engine_free(fake.engine);
    limits_begin();
    fake.limits.venue_rate = (struct rate_limit){1, 2};
    world_begin();
    asks_a_ticker = 5;
    tick(1000);
    assert_int_equal(submits(), 2);
    assert_int_equal(engine_refusals(fake.engine)[RISK_VENUE_RATE], 3);
    engine_free(fake.engine);
}

/* --- the kill switch -----------------------------------------------------------------------------
 */

/* An answer that was on its way when the script was suspended asks in vain. */
static void a_suspended_script_asks_in_vain(void **state) {
    (void)state;
    limits_begin();
    world_begin();
    fake.holds = true;
    tick(1000);
    struct event out = fake.events[fake.event_count - 1];
    activation_suspend(fake.engine, 0, "test");
    fake_answer(&fake, &out);
    durable();
    assert_int_equal(submits(), 0);
    assert_int_equal(engine_refusals(fake.engine)[RISK_RUNNING], 1);
    assert_true(records_say_what_is_so());
    engine_free(fake.engine);
}

/* One order rests, one is recorded and waits for the disk, one is asked for afterwards. */
static void kill_and_expect(enum kill_scope scope, const char *id, bool holds) {
    struct err err = {0};
    limits_begin();
    world_begin();
    tick(1000);
    fake_report(&fake, 1, (struct order_event){.kind = ORDER_EVENT_ACCEPTED});
    engine_set_time(fake.engine, engine_time(fake.engine) + 1000);
    assert_non_null(queue_event(fake.engine, 0, EVENT_TICKER));
    engine_pump(fake.engine);
    assert_int_equal(submits(), 1);
    assert_int_equal(engine_kill(fake.engine, scope, id, false, "ann", "test", &err), 0);
    durable(); /* 0 events later */
    assert_int_equal(submits(), holds ? 1 : 2);
    tick(1000);
    assert_int_equal(submits(), holds ? 1 : 3);
    if (holds) {
        assert_int_equal(fake.sent[1].what, 'c');
        assert_int_equal(fake.sent_count, 2);
    }
    assert_true(records_say_what_is_so());
    engine_free(fake.engine);
}

static void after_a_kill_nothing_new_leaves_in_any_scope(void **state) {
    (void)state;
    kill_and_expect(KILL_GLOBAL, "", true);
    kill_and_expect(KILL_VENUE, "paper", true);
    kill_and_expect(KILL_USER, "system", true);
    kill_and_expect(KILL_ACTIVATION, "t1", true);
    kill_and_expect(KILL_VENUE, "elsewhere", false);
    kill_and_expect(KILL_USER, "bob", false);
    kill_and_expect(KILL_ACTIVATION, "t2", false);
    print_message("four scopes: 0 orders and 0 events after the kill\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_that_leaves_twice_halts_everything),
        cmocka_unit_test(a_second_request_for_an_order_halts_even_with_an_ask_to_spare),
        cmocka_unit_test(there_is_always_room_for_the_global_switch),
        cmocka_unit_test(a_rate_that_is_not_kept_for_a_second_suspends),
        cmocka_unit_test(with_pauses_it_goes_on),
        cmocka_unit_test(a_script_that_answers_refusals_with_orders_is_stopped),
        cmocka_unit_test(users_and_the_venue_have_rates_too),
        cmocka_unit_test(a_suspended_script_asks_in_vain),
        cmocka_unit_test(after_a_kill_nothing_new_leaves_in_any_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
