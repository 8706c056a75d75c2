/* Leverage goes the way of an order: recorded, durable, then at the venue, and put again after a
 * restart where the venue's word is not on record. And numbers that a process used without a record
 * are not used again by the next. */
#include "unit/engine/kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct fake fake;
static struct kept kept;

static void leverage_then_order(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_READY) {
        fake_ask(f, done, ASK_LEVERAGE)->u.leverage = 5;
        fake_place(f, done, 1, ORDER_BUY, "0.1", NULL, "entry");
    }
}

static int setup(void **state) {
    (void)state;
    memset(&fake, 0, sizeof fake);
    memset(&kept, 0, sizeof kept);
    fake.journal = (struct journal_port){&kept, kept_append};
    fake.handle = leverage_then_order;
    fake_engine(&fake, NULL, false);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    engine_free(fake.engine);
    return 0;
}

static const struct venue_port *venue(void) {
    static struct venue_port port;
    port = (struct venue_port){&fake, fake_submit, fake_cancel, fake_amend, fake_leverage, NULL};
    return &port;
}

/* The process is gone; the next one knows the first `count` records. */
static void restart(uint64_t count) {
    struct err err = {0};
    engine_free(fake.engine);
    fake.sent_count = 0;
    fake.event_count = 0;
    kept_recover(&fake, &kept, count, venue());
    assert_int_equal(engine_recover_end(fake.engine, NULL, NULL, &err), 0);
    engine_begin(fake.engine, "test", 0);
    engine_pump(fake.engine);
}

static void it_leaves_when_its_record_is_durable(void **state) {
    (void)state;
    fake_activate(&fake, SUSPEND_KEEP);
    assert_int_equal(fake.sent_count, 0);
    engine_durable(fake.engine, kept.count);
    assert_int_equal(fake.sent_count, 2);
    assert_int_equal(fake.sent[0].what, 'l');
    assert_int_equal(fake.sent[1].what, 's');
    assert_int_equal(account_leverage(fake.engine, 0, 0), 5);
    assert_int_equal(account_venue_leverage(fake.engine, 0, 0), 5);
}

static void its_failure_is_recorded_and_its_order_rejected(void **state) {
    (void)state;
    fake_activate(&fake, SUSPEND_KEEP);
    assert_int_equal(account_leverage(fake.engine, 0, 0), 5);
    fake.leverage_code = E_HAS_POSITION;
    engine_durable(fake.engine, kept.count);
    engine_pump(fake.engine);
    assert_int_equal(fake.sent_count, 0);
    assert_string_equal(fake_kinds(&fake, 0), "SRO");
    assert_int_equal(fake.events[2].u.order.code, E_LEVERAGE_FAILED);
    assert_int_equal(account_leverage(fake.engine, 0, 0), 1);
    struct engine *live = fake.engine;
    struct engine *again = kept_recover(&fake, &kept, kept.count, venue());
    assert_true(kept_is_same(live, again));
    engine_free(again);
    fake.engine = live;
}

static void a_journal_that_fails_takes_it_back(void **state) {
    (void)state;
    fake_activate(&fake, SUSPEND_KEEP);
    engine_journal_failed(fake.engine);
    assert_int_equal(fake.sent_count, 0);
    assert_int_equal(account_leverage(fake.engine, 0, 0), 1);
    assert_int_equal(activation_open_orders(fake.engine, 0), 0);
}

/* Recorded, and then the power went: whether the venue has heard of it nobody knows. */
static void it_is_put_again_after_a_restart(void **state) {
    (void)state;
    fake_activate(&fake, SUSPEND_KEEP);
    uint64_t asked = kept.count;
    engine_durable(fake.engine, asked); /* the venue heard of it; the record of that is lost */
    assert_true(kept.count > asked);
    fake.handle = NULL;
    restart(asked);
    assert_int_equal(fake.sent_count, 1);
    assert_int_equal(fake.sent[0].what, 'l');
    assert_int_equal(fake.sent[0].leverage, 5);
    assert_int_equal(account_venue_leverage(fake.engine, 0, 0), 5);
    restart(kept.count); /* answered and recorded: nothing to ask */
    assert_int_equal(fake.sent_count, 0);
    assert_int_equal(account_venue_leverage(fake.engine, 0, 0), 5);
}

static void refused_after_a_restart_it_takes_the_order_that_waited(void **state) {
    (void)state;
    fake_activate(&fake, SUSPEND_KEEP);
    fake.handle = NULL;
    fake.leverage_code = E_HAS_POSITION;
    assert_int_equal(activation_open_orders(fake.engine, 0), 1);
    restart(kept.count);
    assert_int_equal(account_leverage(fake.engine, 0, 0), 1);
    assert_int_equal(activation_open_orders(fake.engine, 0), 0);
    assert_int_equal(fake.sent_count, 0);
    assert_string_equal(fake_kinds(&fake, 0), "SR"); /* told by what it finds, not by an event */
}

static void an_account_in_doubt_puts_it_when_it_is_reconciled(void **state) {
    (void)state;
    struct err err = {0};
    struct venue_truth truth = {0};
    struct reconcile_result result;
    fake_activate(&fake, SUSPEND_KEEP);
    fake.handle = NULL;
    engine_free(fake.engine);
    kept_recover(&fake, &kept, kept.count, venue());
    engine_doubt(fake.engine, 0);
    assert_int_equal(engine_recover_end(fake.engine, NULL, NULL, &err), 0);
    assert_int_equal(fake.sent_count, 0);
    fake.leverage_code = E_IO; /* nobody answers */
    assert_int_equal(engine_reconcile(fake.engine, &truth, &result, &err), 0);
    assert_true(engine_is_in_doubt(fake.engine, 0));
    fake.leverage_code = 0;
    assert_int_equal(engine_reconcile(fake.engine, &truth, &result, &err), 0);
    assert_false(engine_is_in_doubt(fake.engine, 0));
    assert_int_equal(fake.sent[0].what, 'l');
    assert_int_equal(account_venue_leverage(fake.engine, 0, 0), 5);
}

/* --- numbers of a process that is gone
 * ------------------------------------------------------------ */

static void numbers_are_not_used_again(void **state) {
    (void)state;
    fake.handle = NULL;
    fake_activate(&fake, SUSPEND_KEEP);
    uint64_t durable = kept.count;
    struct venue_report unasked = {
        .event = fake_fill("50000", "0.1", "0.1"), .side = ORDER_BUY, .reason = "adl"};
    engine_report(fake.engine, &unasked); /* shown to people under its number, and then lost */
    engine_pump(fake.engine);
    uint64_t shown = fake.events[fake.event_count - 1].number;
    assert_true(shown > 0);
    restart(durable);
    for (int i = 0; i < fake.event_count; i++) {
        assert_true(fake.events[i].number > shown);
    }
    assert_true(fake.event_count > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_leaves_when_its_record_is_durable, setup, teardown),
        cmocka_unit_test_setup_teardown(
            its_failure_is_recorded_and_its_order_rejected, setup, teardown
        ),
        cmocka_unit_test_setup_teardown(a_journal_that_fails_takes_it_back, setup, teardown),
        cmocka_unit_test_setup_teardown(it_is_put_again_after_a_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(
            refused_after_a_restart_it_takes_the_order_that_waited, setup, teardown
        ),
        cmocka_unit_test_setup_teardown(
            an_account_in_doubt_puts_it_when_it_is_reconciled, setup, teardown
        ),
        cmocka_unit_test_setup_teardown(numbers_are_not_used_again, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
