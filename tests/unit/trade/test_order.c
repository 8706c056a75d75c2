/* The order's state machine: every transition there is, and every one there is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trade/order.h"
#include "unit/trade/figures.h"

#define NONE (-1)
#define EVENTS (ORDER_EVENT_UNKNOWN + 1)
#define STATES (ORDER_UNKNOWN + 1)

static struct order order_in(enum order_state state) {
    struct order o = {.id = "A1", .state = state};
    o.request.type = ORDER_LIMIT;
    o.request.quantity = size_of("3");
    o.request.price = price_of("100");
    if (state == ORDER_PARTIALLY_FILLED) {
        o.filled = size_of("1");
        o.average = price_of("100");
    }
    if (state == ORDER_FILLED) {
        o.filled = size_of("3");
        o.average = price_of("100");
    }
    return o;
}

static struct order_event event_of(enum order_event_kind kind) {
    struct order_event event = {.kind = kind, .time_ms = 7};
    event.fill.price = price_of("100");
    event.fill.quantity = size_of("1");
    event.price = price_of("101");
    event.quantity = size_of("3");
    return event;
}

static struct order_event fill_of(const char *price, const char *quantity) {
    struct order_event event = {.kind = ORDER_EVENT_FILL, .time_ms = 9};
    event.fill.price = price_of(price);
    event.fill.quantity = size_of(quantity);
    return event;
}

/* Rows: events; columns: the state before. What comes out of a fill of 1 (of 3, of which 1 has
 * filled in the state partially_filled). */
static void every_transition(void **state) {
    (void)state;
    enum {
        N = ORDER_NEW,
        O = ORDER_OPEN,
        P = ORDER_PARTIALLY_FILLED,
        C = ORDER_CANCELED,
        R = ORDER_REJECTED,
        E = ORDER_EXPIRED,
        U = ORDER_UNKNOWN,
        x = NONE
    };
    /*                          N  O  P  F  C  R  E  U */
    static const int expected[EVENTS][STATES] = {
        [ORDER_EVENT_ACCEPTED] = {O, x, x, x, x, x, x, O},
        [ORDER_EVENT_FILL] = {P, P, P, x, C, x, E, U},
        [ORDER_EVENT_CANCELED] = {C, C, C, x, x, x, x, C},
        [ORDER_EVENT_REJECTED] = {R, R, x, x, x, x, x, R},
        [ORDER_EVENT_EXPIRED] = {E, E, E, x, x, x, x, E},
        [ORDER_EVENT_AMENDED] = {x, O, P, x, x, x, x, O},
        [ORDER_EVENT_AMEND_REFUSED] = {N, O, P, x, x, x, x, U},
        [ORDER_EVENT_CANCEL_REFUSED] = {N, O, P, x, x, x, x, U},
        [ORDER_EVENT_UNKNOWN] = {U, U, U, x, x, x, x, U},
    };
    for (int kind = 0; kind < EVENTS; kind++) {
        for (int before = 0; before < STATES; before++) {
            struct order o = order_in((enum order_state)before), untouched = o;
            struct order_event event = event_of((enum order_event_kind)kind);
            struct err e = {0};
            int rc = order_apply(&o, &event, &e);
            if (expected[kind][before] == NONE) {
                assert_int_equal(rc, E_STATE);
                assert_int_equal(e.code, E_STATE);
                assert_memory_equal(&o, &untouched, sizeof o);
            } else {
                assert_int_equal(rc, 0);
                assert_int_equal(o.state, expected[kind][before]);
            }
        }
    }
}

static void fills_build_average_and_end_the_order(void **state) {
    (void)state;
    struct order o = order_in(ORDER_NEW);
    o.pending = PENDING_NEW;
    struct order_event event = fill_of("100", "1");
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    assert_int_equal(o.state, ORDER_PARTIALLY_FILLED);
    assert_int_equal(o.pending, PENDING_NONE);
    assert_figure(o.average.d, "100");
    assert_figure(order_remaining(&o).d, "2");
    event = fill_of("103", "2");
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    assert_int_equal(o.state, ORDER_FILLED);
    assert_figure(o.average.d, "102");
    assert_figure(o.filled.d, "3");
    assert_figure(order_remaining(&o).d, "0");
    assert_int_equal(o.updated_ms, 9);
}

static void average_of_thirds_is_rounded_to_nearest(void **state) {
    (void)state;
    struct order o = order_in(ORDER_OPEN);
    struct order_event event = fill_of("1", "1");
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    event = fill_of("2", "2");
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    assert_figure(o.average.d, "1.666666666666666667");
}

static void an_overfill_is_refused(void **state) {
    (void)state;
    struct order o = order_in(ORDER_PARTIALLY_FILLED), before = o;
    struct order_event event = fill_of("100", "2.0001");
    assert_int_equal(order_apply(&o, &event, NULL), E_STATE);
    assert_memory_equal(&o, &before, sizeof o);
    event = fill_of("100", "0");
    assert_int_equal(order_apply(&o, &event, NULL), E_ARGUMENT);
    event = fill_of("0", "1");
    assert_int_equal(order_apply(&o, &event, NULL), E_ARGUMENT);
    assert_memory_equal(&o, &before, sizeof o);
}

static void an_overflow_changes_nothing(void **state) {
    (void)state;
    struct order o = order_in(ORDER_OPEN);
    o.request.quantity = size_of("100000000000000000000");
    struct order before = o;
    struct order_event event = fill_of("100", "100000000000000000000");
    struct err e = {0};
    assert_int_equal(order_apply(&o, &event, &e), E_OVERFLOW);
    assert_int_equal(e.code, E_OVERFLOW);
    assert_memory_equal(&o, &before, sizeof o);
}

static void an_order_of_the_whole_position_becomes_what_it_fills(void **state) {
    (void)state;
    struct order o = order_in(ORDER_OPEN);
    o.request.is_whole_position = true;
    o.request.quantity.d.v = 0;
    struct order_event event = fill_of("100", "5");
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    assert_int_equal(o.state, ORDER_FILLED);
    assert_figure(o.request.quantity.d, "5");

    o = order_in(ORDER_OPEN); /* a venue that was told a quantity fills it in parts */
    o.request.is_whole_position = true;
    event = fill_of("100", "1");
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    assert_int_equal(o.state, ORDER_PARTIALLY_FILLED);
}

static void a_final_fill_ends_a_capped_order(void **state) {
    (void)state;
    struct order o = order_in(ORDER_OPEN);
    struct order_event event = fill_of("100", "1");
    event.is_final = true;
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    assert_int_equal(o.state, ORDER_FILLED);
    assert_figure(o.request.quantity.d, "1");
}

static void a_late_fill_is_booked_without_a_change_of_state(void **state) {
    (void)state;
    struct order o = order_in(ORDER_PARTIALLY_FILLED);
    struct order_event event = event_of(ORDER_EVENT_CANCELED);
    event.code = E_NOTHING_TO_REDUCE;
    event.message = "gone";
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    event = fill_of("103", "2");
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    assert_int_equal(o.state, ORDER_CANCELED);
    assert_figure(o.filled.d, "3");
    assert_figure(o.average.d, "102");
    assert_int_equal(o.code, E_NOTHING_TO_REDUCE);
    assert_string_equal(o.message, "gone");
    assert_int_equal(o.updated_ms, 7);
    assert_int_equal(order_apply(&o, &event, NULL), E_STATE); /* nothing is left to fill */
}

static void an_amendment_moves_the_figures(void **state) {
    (void)state;
    struct order o = order_in(ORDER_PARTIALLY_FILLED);
    o.pending = PENDING_AMEND;
    struct order_event event = event_of(ORDER_EVENT_AMENDED);
    event.quantity = size_of("2");
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    assert_int_equal(o.state, ORDER_PARTIALLY_FILLED);
    assert_int_equal(o.pending, PENDING_NONE);
    assert_figure(o.request.price.d, "101");
    assert_figure(order_remaining(&o).d, "1");
    event.quantity = size_of("0.5");
    assert_int_equal(order_apply(&o, &event, NULL), E_STATE);
    assert_figure(o.request.quantity.d, "2");
    event.quantity = size_of("1"); /* to what has filled: nothing is left */
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    assert_int_equal(o.state, ORDER_FILLED);
}

static void a_refused_amendment_keeps_state_and_says_why(void **state) {
    (void)state;
    struct order o = order_in(ORDER_OPEN);
    o.pending = PENDING_AMEND;
    struct order_event event = event_of(ORDER_EVENT_AMEND_REFUSED);
    event.code = E_RANGE;
    event.message = "too far";
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    assert_int_equal(o.state, ORDER_OPEN);
    assert_int_equal(o.pending, PENDING_NONE);
    assert_int_equal(o.code, E_RANGE);
    assert_string_equal(o.message, "too far");
    assert_figure(o.request.price.d, "100");
}

static void pending_is_cleared_by_its_own_answer_only(void **state) {
    (void)state;
    struct order o = order_in(ORDER_NEW);
    o.pending = PENDING_CANCEL; /* asked for before the acknowledgement came */
    struct order_event event = event_of(ORDER_EVENT_ACCEPTED);
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    assert_int_equal(o.pending, PENDING_CANCEL);
    event = event_of(ORDER_EVENT_FILL);
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    assert_int_equal(o.pending, PENDING_CANCEL);
    event = event_of(ORDER_EVENT_CANCEL_REFUSED);
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    assert_int_equal(o.pending, PENDING_NONE);
}

static void unknown_waits_for_the_venue(void **state) {
    (void)state;
    struct order o = order_in(ORDER_PARTIALLY_FILLED);
    o.pending = PENDING_CANCEL;
    struct order_event event = event_of(ORDER_EVENT_UNKNOWN);
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    assert_int_equal(o.state, ORDER_UNKNOWN);
    assert_int_equal(o.pending, PENDING_CANCEL);
    event = event_of(ORDER_EVENT_REJECTED); /* what has filled cannot have been rejected */
    assert_int_equal(order_apply(&o, &event, NULL), E_STATE);
    event = event_of(ORDER_EVENT_ACCEPTED); /* the query found it resting */
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    assert_int_equal(o.state, ORDER_PARTIALLY_FILLED);
    assert_int_equal(o.pending, PENDING_NONE);

    o = order_in(ORDER_UNKNOWN);
    event = fill_of("100", "3");
    assert_int_equal(order_apply(&o, &event, NULL), 0);
    assert_int_equal(o.state, ORDER_FILLED);
}

static void an_event_that_does_not_exist_is_refused(void **state) {
    (void)state;
    struct order o = order_in(ORDER_OPEN);
    struct order_event event = event_of((enum order_event_kind)EVENTS);
    assert_int_equal(order_apply(&o, &event, NULL), E_ARGUMENT);
}

static void names_are_those_on_the_wire(void **state) {
    (void)state;
    assert_string_equal(order_state_name(ORDER_PARTIALLY_FILLED), "partially_filled");
    assert_string_equal(order_state_name(ORDER_UNKNOWN), "unknown");
    assert_string_equal(order_state_name((enum order_state)99), "");
    assert_string_equal(order_pending_name(PENDING_NONE), "");
    assert_string_equal(order_pending_name(PENDING_CANCEL), "cancel");
    assert_string_equal(order_side_name(ORDER_SELL), "sell");
    assert_string_equal(order_type_name(ORDER_STOP), "stop");
    assert_string_equal(position_side_name(POSITION_SHORT), "short");
    assert_string_equal(liquidity_name(LIQUIDITY_MAKER), "maker");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_transition),
        cmocka_unit_test(fills_build_average_and_end_the_order),
        cmocka_unit_test(average_of_thirds_is_rounded_to_nearest),
        cmocka_unit_test(an_overfill_is_refused),
        cmocka_unit_test(an_overflow_changes_nothing),
        cmocka_unit_test(an_order_of_the_whole_position_becomes_what_it_fills),
        cmocka_unit_test(a_final_fill_ends_a_capped_order),
        cmocka_unit_test(a_late_fill_is_booked_without_a_change_of_state),
        cmocka_unit_test(an_amendment_moves_the_figures),
        cmocka_unit_test(a_refused_amendment_keeps_state_and_says_why),
        cmocka_unit_test(pending_is_cleared_by_its_own_answer_only),
        cmocka_unit_test(unknown_waits_for_the_venue),
        cmocka_unit_test(an_event_that_does_not_exist_is_refused),
        cmocka_unit_test(names_are_those_on_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
