/* The order's way through the engine, with host and venue supplied by the test. */
#include "unit/engine/fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct fake fake;

static int setup(void **state) {
    (void)state;
    memset(&fake, 0, sizeof fake);
    fake_engine(&fake, NULL, false);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    engine_free(fake.engine);
    return 0;
}

static void place_on_ready(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_READY) {
        fake_place(f, done, 1, ORDER_BUY, "0.1", NULL, "entry");
    }
}

static void place_limit_on_ready(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_READY) {
        fake_place(f, done, 1, ORDER_BUY, "0.1", "49000", "entry");
    }
}

static void order_is_sent_and_filled(void **state) {
    (void)state;
    fake.handle = place_on_ready;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    assert_int_equal(fake.sent_count, 1);
    assert_int_equal(fake.sent[0].what, 's');
    assert_int_equal(fake.sent[0].key.sequence, 1);
    assert_string_equal(fake.last_order.id, "t1o1");
    int from = fake.event_count;
    fake_report(&fake, 1, (struct order_event){.kind = ORDER_EVENT_ACCEPTED});
    fake_report(&fake, 1, fake_fill("50025", "0.1", "2.50125"));
    assert_string_equal(fake_kinds(&fake, from), "OFO");
    const struct event *fill = &fake.events[from + 1];
    assert_true(fill->u.fill.is_final);
    assert_true(fill->u.fill.position.quantity.d.v == dec("0.1").v);
    assert_true(fill->u.fill.position.entry.d.v == dec("50025").v);
    assert_true(fill->u.fill.balance.d.v == dec("9997.49875").v);
    assert_true(fill->last.d.v == dec("50025").v);
    assert_int_equal(fake.events[from + 2].u.order.order.state, ORDER_FILLED);
    assert_int_equal(activation_open_orders(fake.engine, a), 0);
    assert_true(account_ledger(fake.engine, 0)->fees.d.v == dec("2.50125").v);
}

static void partial_fills_end_in_one_final(void **state) {
    (void)state;
    fake.handle = place_on_ready;
    fake_activate(&fake, SUSPEND_KEEP);
    fake_report(&fake, 1, (struct order_event){.kind = ORDER_EVENT_ACCEPTED});
    int from = fake.event_count;
    fake_report(&fake, 1, fake_fill("50000", "0.04", "0"));
    fake_report(&fake, 1, fake_fill("50010", "0.06", "0"));
    assert_string_equal(fake_kinds(&fake, from), "FFO");
    assert_false(fake.events[from].u.fill.is_final);
    assert_true(fake.events[from + 1].u.fill.is_final);
    assert_true(fake.events[from + 1].u.fill.position.entry.d.v == dec("50006").v);
}

static void refused_by_a_check_names_it(void **state) {
    (void)state;
    fake.handle = place_limit_on_ready;
    engine_price(
        fake.engine, 0, (struct price){dec("20000")}
    ); /* 49,000 is far outside the collar */
    int from = fake.event_count;
    fake_activate(&fake, SUSPEND_KEEP);
    assert_int_equal(fake.sent_count, 0);
    assert_string_equal(fake_kinds(&fake, from), "SRO");
    const struct event *refused = &fake.events[from + 2];
    assert_int_equal(refused->u.order.order.state, ORDER_REJECTED);
    assert_int_equal(refused->u.order.code, E_RISK);
    assert_non_null(strstr(refused->u.order.order.message, "price_collar"));
    assert_int_equal(engine_refusals(fake.engine)[RISK_COLLAR], 1);
    assert_int_equal(fake.step_count[STEP_REFUSED], 1);
}

static void margin_is_needed(void **state) {
    (void)state;
    fake.handle = place_limit_on_ready; /* 4,900 of 10,000 at leverage 1 */
    fake_activate(&fake, SUSPEND_KEEP);
    struct money left;
    assert_int_equal(account_free(fake.engine, 0, &left), 0);
    assert_true(left.d.v == dec("5100").v);
}

static void a_cut_wire_rejects_the_order(void **state) {
    (void)state;
    fake.handle = place_on_ready;
    fake.submit_code = E_IO;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    assert_string_equal(fake_kinds(&fake, 0), "SRO");
    assert_int_equal(fake.events[2].u.order.code, E_IO);
    assert_int_equal(activation_open_orders(fake.engine, a), 0);
}

static void
forged_sequence_is_no_order(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_READY) {
        fake_place(f, done, 5, ORDER_BUY, "0.1", NULL, "forged");
        fake_place(f, done, 1, ORDER_BUY, "0.1", NULL, "entry");
        struct ask *cancel = fake_ask(f, done, ASK_CANCEL);
        cancel->sequence = 77;
    }
}

static void forged_numbers_do_nothing(void **state) {
    (void)state;
    fake.handle = forged_sequence_is_no_order;
    fake_activate(&fake, SUSPEND_KEEP);
    assert_int_equal(fake.sent_count, 1);
    assert_int_equal(fake.sent[0].key.sequence, 1);
}

static void cancel_when_accepted(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_READY) {
        fake_place(f, done, 1, ORDER_BUY, "0.1", "49000", "entry");
    } else if (event->kind == EVENT_ORDER && event->u.order.order.state == ORDER_OPEN) {
        fake_ask(f, done, ASK_CANCEL)->sequence = 1;
    }
}

static void a_cancel_can_lose_the_race(void **state) {
    (void)state;
    fake.handle = cancel_when_accepted;
    fake_activate(&fake, SUSPEND_KEEP);
    fake_report(&fake, 1, (struct order_event){.kind = ORDER_EVENT_ACCEPTED});
    assert_int_equal(fake.sent_count, 2);
    assert_int_equal(fake.sent[1].what, 'c');
    int from = fake.event_count;
    fake_report(&fake, 1, fake_fill("49000", "0.1", "1"));
    assert_string_equal(fake_kinds(&fake, from), "FO");
    fake_report(
        &fake, 1, (struct order_event){.kind = ORDER_EVENT_CANCEL_REFUSED, .code = E_NOT_OPEN}
    );
    assert_string_equal(fake_kinds(&fake, from), "FO"); /* it has ended: nothing changes any more */
}

static void amend_when_accepted(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_READY) {
        fake_place(f, done, 1, ORDER_BUY, "0.1", "49000", "entry");
    } else if (event->kind == EVENT_ORDER && event->u.order.order.state == ORDER_OPEN &&
               event->u.order.order.request.price.d.v == dec("49000").v && f->sent_count == 1) {
        struct ask *ask = fake_ask(f, done, ASK_AMEND);
        ask->sequence = 1;
        ask->u.amend.has_price = true;
        ask->u.amend.price.d = dec("48000");
    }
}

static void an_amendment_keeps_the_id(void **state) {
    (void)state;
    fake.handle = amend_when_accepted;
    fake_activate(&fake, SUSPEND_KEEP);
    fake_report(&fake, 1, (struct order_event){.kind = ORDER_EVENT_ACCEPTED});
    assert_int_equal(fake.sent[1].what, 'a');
    assert_true(fake.sent[1].price.d.v == dec("48000").v);
    int from = fake.event_count;
    struct order_event amended = {.kind = ORDER_EVENT_AMENDED};
    amended.price.d = dec("48000");
    amended.quantity.d = dec("0.1");
    fake_report(&fake, 1, amended);
    assert_string_equal(fake_kinds(&fake, from), "O");
    const struct order *o = &fake.events[from].u.order.order;
    assert_string_equal(o->id, "t1o1");
    assert_true(o->request.price.d.v == dec("48000").v);
    assert_int_equal(o->pending, PENDING_NONE);
}

static void a_refused_amendment_brings_the_old_figures_back(void **state) {
    (void)state;
    fake.handle = amend_when_accepted;
    fake_activate(&fake, SUSPEND_KEEP);
    fake_report(&fake, 1, (struct order_event){.kind = ORDER_EVENT_ACCEPTED});
    int from = fake.event_count;
    fake_report(&fake, 1, (struct order_event){.kind = ORDER_EVENT_AMEND_REFUSED, .code = E_VENUE});
    const struct event *refused = &fake.events[from];
    assert_int_equal(refused->kind, EVENT_ORDER);
    assert_int_equal(refused->u.order.code, E_VENUE);
    assert_int_equal(refused->u.order.order.state, ORDER_OPEN);
    assert_true(refused->u.order.order.request.price.d.v == dec("49000").v);
}

static void a_fill_nobody_asked_for_is_told(void **state) {
    (void)state;
    fake.handle = place_on_ready;
    fake_activate(&fake, SUSPEND_KEEP);
    fake_report(&fake, 1, fake_fill("50000", "0.1", "0"));
    int from = fake.event_count;
    struct venue_report report = {
        .account = 0,
        .key = {0, 0},
        .event = fake_fill("40000", "0.1", "2"),
        .symbol = 0,
        .side = ORDER_SELL,
        .position_side = POSITION_NET,
        .reason = "liquidation",
    };
    engine_report(fake.engine, &report);
    engine_pump(fake.engine);
    assert_string_equal(fake_kinds(&fake, from), "F");
    assert_int_equal(fake.events[from].u.fill.sequence, 0);
    assert_string_equal(fake.events[from].u.fill.order.request.reason, "liquidation");
    assert_true(fake.events[from].u.fill.position.quantity.d.v == 0);
    assert_true(account_ledger(fake.engine, 0)->balance.d.v == dec("8998").v);
}

static void a_late_fill_of_an_ended_order_is_booked(void **state) {
    (void)state;
    fake.handle = place_limit_on_ready;
    fake_activate(&fake, SUSPEND_KEEP);
    fake_report(&fake, 1, (struct order_event){.kind = ORDER_EVENT_CANCELED});
    int from = fake.event_count;
    struct venue_report report = {
        .key = {0, 1},
        .event = fake_fill("49000", "0.1", "1"),
        .side = ORDER_BUY,
    };
    engine_report(fake.engine, &report);
    engine_pump(fake.engine);
    assert_string_equal(fake_kinds(&fake, from), "F"); /* no second on_order */
    assert_string_equal(fake.events[from].u.fill.order.id, "t1o1");
    assert_true(activation_position(fake.engine, 0, 0, POSITION_NET)->quantity.d.v == dec("0.1").v);
}

static void a_fill_that_cannot_be_ends_the_trading(void **state) {
    (void)state;
    fake.handle = place_on_ready;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    fake_report(&fake, 1, fake_fill("50000", "0.2", "0")); /* more than was ordered */
    assert_true(engine_has_failed(fake.engine));
    assert_int_equal(activation_status(fake.engine, a), ACTIVATION_SUSPENDED);
}

static void leverage_then_order(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_READY) {
        fake_ask(f, done, ASK_LEVERAGE)->u.leverage = 5;
        fake_place(f, done, 1, ORDER_BUY, "0.1", NULL, "entry");
    }
}

static void an_order_waits_for_its_leverage(void **state) {
    (void)state;
    fake.handle = leverage_then_order;
    fake.leverage_code = E_HAS_POSITION;
    fake_activate(&fake, SUSPEND_KEEP);
    assert_int_equal(fake.sent_count, 0);
    assert_string_equal(fake_kinds(&fake, 0), "SRO");
    assert_int_equal(fake.events[2].u.order.code, E_LEVERAGE_FAILED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(order_is_sent_and_filled, setup, teardown),
        cmocka_unit_test_setup_teardown(partial_fills_end_in_one_final, setup, teardown),
        cmocka_unit_test_setup_teardown(refused_by_a_check_names_it, setup, teardown),
        cmocka_unit_test_setup_teardown(margin_is_needed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cut_wire_rejects_the_order, setup, teardown),
        cmocka_unit_test_setup_teardown(forged_numbers_do_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cancel_can_lose_the_race, setup, teardown),
        cmocka_unit_test_setup_teardown(an_amendment_keeps_the_id, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_refused_amendment_brings_the_old_figures_back, setup, teardown
        ),
        cmocka_unit_test_setup_teardown(a_fill_nobody_asked_for_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(an_order_waits_for_its_leverage, setup, teardown),
        cmocka_unit_test_setup_teardown(a_late_fill_of_an_ended_order_is_booked, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fill_that_cannot_be_ends_the_trading, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
