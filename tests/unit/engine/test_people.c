/* What people change: their orders' figures, with the checks, the record and the way of any other
 * request; and the end of an account. */
#include "unit/engine/kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct fake fake;
static struct kept kept;
static uint32_t script, owner;

static int world_begin(void **state) {
    (void)state;
    struct activation_options manual = {.id = "m1", .user = "ann", .currency = "USDT"};
    struct err err = {0};
    memset(&fake, 0, sizeof fake);
    memset(&kept, 0, sizeof kept);
    fake.journal = (struct journal_port){&kept, kept_append};
    fake_engine(&fake, NULL, false);
    script = fake_activate(&fake, SUSPEND_KEEP);
    manual.balance.d = dec("10000");
    assert_int_equal(engine_activate(fake.engine, &manual, &owner, &err), 0);
    return 0;
}

static int world_end(void **state) {
    (void)state;
    engine_free(fake.engine);
    return 0;
}

static void settle(void) {
    engine_pump(fake.engine);
    engine_durable(fake.engine, engine_appended(fake.engine));
}

static void venue_says(uint64_t sequence, struct order_event event) {
    struct venue_report report = {
        .account = activation_account(fake.engine, owner),
        .key = {owner, sequence},
        .event = event,
    };
    report.event.time_ms = engine_time(fake.engine);
    engine_report(fake.engine, &report);
    settle();
}

static uint64_t order_rests(enum order_type type) {
    struct order_request request = {.side = ORDER_BUY, .type = type, .reason = "manual"};
    struct err err = {0};
    uint64_t sequence = 0;
    request.quantity.d = dec("0.01");
    request.price.d = type == ORDER_LIMIT ? dec("49000") : (struct decimal){0};
    request.stop.d = type == ORDER_STOP ? dec("51000") : (struct decimal){0};
    assert_int_equal(engine_order(fake.engine, owner, &request, "ann", &sequence, &err), 0);
    settle();
    venue_says(sequence, (struct order_event){.kind = ORDER_EVENT_ACCEPTED});
    return sequence;
}

static struct order_figures figures(const char *price, const char *stop, const char *quantity) {
    struct order_figures f = {{dec(price)}, {dec(stop)}, {dec(quantity)}};
    return f;
}

static int amend(uint64_t sequence, struct order_figures wanted, struct err *err) {
    return engine_amend(fake.engine, owner, sequence, &wanted, "ann", err);
}

static bool records_say_what_is_so(void) {
    static struct fake silent;
    struct venue_port venue = {
        &silent, fake_submit, fake_cancel, fake_amend, fake_leverage, NULL,
    };
    struct engine *again = kept_recover(&silent, &kept, kept.count, &venue);
    bool is_same = kept_is_same(fake.engine, again);
    engine_free(again);
    return is_same;
}

static struct record last_record(void) {
    static char block[1 << 16];
    struct arena arena;
    struct record record;
    struct err err = {0};
    size_t begin = kept.offsets[kept.count - 1];
    arena_init(&arena, block, sizeof block);
    assert_int_equal(
        record_decode(kept.bytes + begin, kept.offsets[kept.count] - begin, &arena, &record, &err),
        0
    );
    return record;
}

static void an_amendment_leaves_after_its_record(void **state) {
    (void)state;
    struct err err = {0};
    uint64_t sequence = order_rests(ORDER_LIMIT);
    int sent = fake.sent_count;
    assert_int_equal(amend(sequence, figures("48500", "0", "0.02"), &err), 0);
    engine_pump(fake.engine);
    assert_int_equal(fake.sent_count, sent); /* not durable yet */
    struct record record = last_record();
    assert_int_equal(record.kind, RECORD_AMEND);
    assert_string_equal(record.u.change.who, "ann");
    assert_false(record.u.change.outcome.is_refused);
    assert_true(record.u.change.request.quantity.d.v == dec("0.02").v);
    assert_true(record.u.change.outcome.figure_count > 10); /* it was checked as an order is */
    assert_true(records_say_what_is_so());
    settle();
    assert_int_equal(fake.sent_count, sent + 1);
    assert_int_equal(fake.sent[sent].what, 'a');
    assert_int_equal(fake.sent[sent].key.activation, owner);
    assert_true(fake.sent[sent].price.d.v == dec("48500").v);
    assert_true(fake.sent[sent].quantity.d.v == dec("0.02").v);
    assert_true(fake.last_order.request.price.d.v == dec("49000").v); /* the venue has not said */
    struct order_event amended = {.kind = ORDER_EVENT_AMENDED};
    amended.price.d = dec("48500");
    amended.quantity.d = dec("0.02");
    venue_says(sequence, amended);
    assert_true(fake.last_order.request.price.d.v == dec("48500").v);
    assert_true(fake.last_order.request.quantity.d.v == dec("0.02").v);
    assert_int_equal(fake.last_order.state, ORDER_OPEN);
    assert_int_equal(fake.last_order.pending, PENDING_NONE);
    assert_true(records_say_what_is_so());
}

static void a_check_refuses_and_nothing_leaves(void **state) {
    (void)state;
    struct err err = {0};
    uint64_t sequence = order_rests(ORDER_LIMIT);
    int sent = fake.sent_count;
    assert_int_equal(amend(sequence, figures("49000.05", "0", "0.01"), &err), E_RISK);
    assert_non_null(strstr(err.msg, "tick"));
    struct record record = last_record();
    assert_int_equal(record.kind, RECORD_AMEND);
    assert_true(record.u.change.outcome.is_refused);
    assert_int_not_equal(amend(sequence, figures("49000", "0", "100"), &err), 0); /* no money */
    settle();
    assert_int_equal(fake.sent_count, sent);
    assert_int_equal(fake.last_order.state, ORDER_OPEN);
    assert_true(fake.last_order.request.price.d.v == dec("49000").v);
    assert_int_equal(fake.last_order.pending, PENDING_NONE);
    assert_true(records_say_what_is_so());
    /* Killed: nothing may be enlarged, or moved. */
    assert_int_equal(engine_kill(fake.engine, KILL_USER, "ann", false, "ann", "", &err), 0);
    settle();
    assert_int_equal(amend(sequence, figures("48000", "0", "0.01"), &err), E_STATE); /* canceling */
    venue_says(sequence, (struct order_event){.kind = ORDER_EVENT_CANCELED});
    assert_int_equal(amend(sequence, figures("48000", "0", "0.01"), &err), E_NOT_OPEN);
}

static void the_venue_refuses_and_the_old_figures_hold(void **state) {
    (void)state;
    struct err err = {0};
    uint64_t sequence = order_rests(ORDER_STOP);
    assert_int_equal(amend(sequence, figures("0", "50500", "0.01"), &err), 0);
    settle();
    assert_int_equal(amend(sequence, figures("0", "50600", "0.01"), &err), E_STATE);
    assert_non_null(strstr(err.msg, "not answered yet"));
    struct order_event refused = {
        .kind = ORDER_EVENT_AMEND_REFUSED,
        .code = E_STOP_BEYOND,
        .message = "the price is beyond it",
    };
    venue_says(sequence, refused);
    assert_true(fake.last_order.request.stop.d.v == dec("51000").v);
    assert_int_equal(fake.last_order.code, E_STOP_BEYOND);
    assert_int_equal(fake.last_order.pending, PENDING_NONE);
    assert_true(records_say_what_is_so());
    assert_int_equal(amend(sequence, figures("0", "50600", "0.01"), &err), 0);
}

static void what_cannot_be_changed(void **state) {
    (void)state;
    struct err err = {0};
    uint64_t before = kept.count;
    assert_int_equal(amend(7, figures("1", "0", "1"), &err), E_NOT_OPEN);
    assert_int_equal(
        engine_amend(fake.engine, 99, 1, &(struct order_figures){0}, "ann", &err), E_NOT_OPEN
    );
    assert_int_equal(kept.count, before);
    uint64_t sequence = order_rests(ORDER_MARKET);
    assert_int_equal(amend(sequence, figures("0", "0", "0.02"), &err), E_STATE);
    assert_non_null(strstr(err.msg, "market"));
    sequence = order_rests(ORDER_LIMIT);
    venue_says(sequence, (struct order_event){.kind = ORDER_EVENT_UNKNOWN});
    assert_int_equal(amend(sequence, figures("48000", "0", "0.01"), &err), E_STATE);
    assert_non_null(strstr(err.msg, "not known yet"));
}

static void place_limit(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_CANDLE) {
        fake_place(f, done, 1, ORDER_BUY, "0.01", "49000", "entry");
    }
}

static void a_scripts_order_is_the_scripts(void **state) {
    (void)state;
    struct err err = {0};
    struct order_figures wanted = figures("48000", "0", "0.01");
    fake.handle = place_limit;
    engine_queue_candles(fake.engine, (const uint16_t[]){0}, 1);
    settle();
    assert_int_equal(activation_open_orders(fake.engine, script), 1);
    assert_int_equal(engine_amend(fake.engine, script, 1, &wanted, "ann", &err), E_STATE);
    assert_non_null(strstr(err.msg, "a script's"));
}

static void without_a_journal_it_is_refused(void **state) {
    (void)state;
    struct err err = {0};
    uint64_t sequence = order_rests(ORDER_LIMIT);
    int sent = fake.sent_count;
    kept.is_full = true;
    if (amend(sequence, figures("48000", "0", "0.01"), &err) == 0) {
        /* It was asked for, and taken back with the record that could not be kept. */
        assert_int_equal(fake.last_order.code, E_IO);
    }
    settle();
    assert_int_equal(fake.sent_count, sent);
    assert_int_equal(amend(sequence, figures("48000", "0", "0.01"), &err), E_IO);
    kept.is_full = false;
    engine_journal_restored(fake.engine);
    assert_true(records_say_what_is_so());
    assert_int_equal(amend(sequence, figures("48000", "0", "0.01"), &err), 0);
    settle();
    assert_int_equal(fake.sent_count, sent + 1);
}

/* --- the end of an account -----------------------------------------------------------------------
 */

static void venue_fills(uint64_t sequence, const char *quantity) {
    venue_says(sequence, fake_fill("49000", quantity, "0.1"));
}

static int close_account(struct err *err) {
    return engine_close_account(fake.engine, owner, "ann", err);
}

static void an_account_with_something_in_it_stays(void **state) {
    (void)state;
    struct err err = {0};
    uint32_t account = activation_account(fake.engine, owner);
    uint32_t scripts = activation_account(fake.engine, script);
    assert_int_equal(account_close_check(fake.engine, scripts, &err), E_STATE);
    assert_string_equal(err.msg, "t1 is running in it: deactivate it first");
    assert_int_equal(account_close_check(fake.engine, 99, &err), E_NOT_FOUND);
    assert_int_equal(engine_close_account(fake.engine, script, "ann", &err), E_NOT_FOUND);
    uint64_t sequence = order_rests(ORDER_LIMIT);
    assert_int_equal(close_account(&err), E_STATE);
    assert_string_equal(err.msg, "1 orders of m1 are open in it: cancel them first");
    venue_fills(sequence, "0.01");
    assert_int_equal(close_account(&err), E_HAS_POSITION);
    assert_string_equal(err.msg, "m1 holds a position in it: close it first");
    assert_false(account_is_closed(fake.engine, account));
}

static void a_closed_account_is_over(void **state) {
    (void)state;
    static struct fake silent;
    struct venue_port venue = {
        &silent, fake_submit, fake_cancel, fake_amend, fake_leverage, NULL,
    };
    struct err err = {0};
    uint32_t account = activation_account(fake.engine, owner);
    uint64_t before = kept.count;
    assert_int_equal(close_account(&err), 0);
    assert_true(account_is_closed(fake.engine, account));
    assert_int_equal(close_account(&err), E_NOT_FOUND); /* once */
    assert_int_equal(kept.count, before + 2);           /* its state, and who did it */
    assert_int_equal(last_record().kind, RECORD_AUDIT);
    assert_string_equal(last_record().u.audit.who, "ann");
    struct engine *again = kept_recover(&silent, &kept, kept.count, &venue);
    assert_true(account_is_closed(again, account));
    assert_true(kept_is_same(fake.engine, again));
    engine_free(again);
    /* Nothing happens in it any more. */
    struct order_request request = {.side = ORDER_BUY, .type = ORDER_MARKET};
    uint64_t sequence;
    int sent = fake.sent_count;
    request.quantity.d = dec("0.01");
    assert_int_equal(engine_order(fake.engine, owner, &request, "ann", &sequence, &err), 0);
    settle();
    assert_int_equal(fake.last_order.state, ORDER_REJECTED);
    assert_int_equal(fake.sent_count, sent);
    struct activation_options more = {.id = "m2", .account = &account, .currency = "USDT"};
    uint32_t index;
    assert_int_equal(engine_activate(fake.engine, &more, &index, &err), E_STATE);
    assert_true(records_say_what_is_so());
}

static void its_place_is_given_to_another(void **state) {
    (void)state;
    struct err err = {0};
    uint32_t account = activation_account(fake.engine, owner);
    struct activation_options more = {.id = "m2", .user = "bob", .currency = "USDT"};
    uint32_t index;
    more.balance.d = dec("500");
    assert_int_equal(close_account(&err), 0);
    assert_int_equal(engine_activate(fake.engine, &more, &index, &err), 0);
    assert_int_equal(index, owner);
    assert_int_equal(activation_account(fake.engine, index), account);
    assert_false(account_is_closed(fake.engine, account));
    assert_true(account_ledger(fake.engine, account)->balance.d.v == dec("500").v);
    assert_true(records_say_what_is_so());
    owner = index;
    order_rests(ORDER_LIMIT);
    assert_int_equal(fake.last_order.state, ORDER_OPEN);
    assert_true(records_say_what_is_so());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            an_amendment_leaves_after_its_record, world_begin, world_end
        ),
        cmocka_unit_test_setup_teardown(a_check_refuses_and_nothing_leaves, world_begin, world_end),
        cmocka_unit_test_setup_teardown(
            the_venue_refuses_and_the_old_figures_hold, world_begin, world_end
        ),
        cmocka_unit_test_setup_teardown(what_cannot_be_changed, world_begin, world_end),
        cmocka_unit_test_setup_teardown(a_scripts_order_is_the_scripts, world_begin, world_end),
        cmocka_unit_test_setup_teardown(without_a_journal_it_is_refused, world_begin, world_end),
        cmocka_unit_test_setup_teardown(
            an_account_with_something_in_it_stays, world_begin, world_end
        ),
        cmocka_unit_test_setup_teardown(a_closed_account_is_over, world_begin, world_end),
        cmocka_unit_test_setup_teardown(its_place_is_given_to_another, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
