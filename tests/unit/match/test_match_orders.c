/* Kinds of orders beside the plain ones, and what the venue refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/match/venue.h"

static void quiet_bar(struct venue *v) {
    venue_bar(v, "100", "100", "100", "100");
}

static void hold(struct venue *v, enum order_side side, const char *quantity) {
    submit(v, 1000, market(side, quantity));
    quiet_bar(v);
    assert_true(venue_next(v));
    assert_over(v);
}

static void reduce_only_is_capped_at_the_position(void **state) {
    (void)state;
    struct venue v = venue_open();
    hold(&v, ORDER_BUY, "1");
    submit(&v, 1, reducing(limit(ORDER_SELL, "102", "0.7")));
    submit(&v, 2, reducing(limit(ORDER_SELL, "103", "0.7")));
    submit(&v, 3, reducing(limit(ORDER_SELL, "104", "0.7")));
    venue_bar(&v, "100", "105", "100", "104");
    assert_made(&v, 1, "102", "0.7");
    assert_made(&v, 2, "103", "0.3");
    assert_figure(v.report.quantity.d, "0.3");
    assert_canceled(&v, 3, E_NOTHING_TO_REDUCE);
    assert_over(&v);
    assert_position(&v, "0");
    venue_close(&v);
}

static void reduce_only_rests_without_a_position(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, reducing(stop(ORDER_SELL, "98", "1")));
    venue_bar(&v, "100", "101", "99", "100");
    assert_over(&v);
    hold(&v, ORDER_SELL, "1"); /* the other way round it reduces nothing either */
    venue_bar(&v, "100", "101", "97", "100");
    assert_canceled(&v, 1, E_NOTHING_TO_REDUCE);
    assert_over(&v);
    submit(&v, 2, reducing(market(ORDER_SELL, "1")));
    submit(&v, 3, reducing(market(ORDER_BUY, "5")));
    quiet_bar(&v);
    assert_canceled(&v, 2, E_NOTHING_TO_REDUCE);
    assert_taken(&v, 3, "100.05", "1");
    assert_over(&v);
    venue_close(&v);
}

static void two_exits_at_one_open_close_once(void **state) {
    (void)state;
    struct venue v = venue_open();
    hold(&v, ORDER_BUY, "1");
    submit(&v, 1, whole(stop(ORDER_SELL, "98", "0")));
    submit(&v, 2, whole(stop(ORDER_SELL, "97", "0")));
    submit(&v, 3, reducing(market(ORDER_SELL, "1")));
    venue_bar(&v, "96", "97", "95", "96");
    assert_taken(&v, 3, "95.952", "1");
    assert_canceled(&v, 1, E_NOTHING_TO_REDUCE);
    assert_canceled(&v, 2, E_NOTHING_TO_REDUCE);
    assert_over(&v);
    venue_close(&v);
}

static void an_order_of_the_whole_position_closes_what_there_is(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, whole(stop(ORDER_SELL, "98", "0")));
    hold(&v, ORDER_BUY, "1");
    submit(&v, 2, market(ORDER_BUY, "2.5"));
    venue_bar(&v, "100", "100", "98", "98");
    assert_taken(&v, 2, "100.05", "2.5");
    assert_taken(&v, 1, "97.951", "3.5");
    assert_over(&v);
    assert_position(&v, "0");
    hold(&v, ORDER_SELL, "2");
    submit(&v, 3, whole(limit(ORDER_SELL, "101", "0"))); /* of a long: there is none */
    submit(&v, 4, whole(limit(ORDER_BUY, "99", "0")));
    amend(&v, 4, "98.5", "7"); /* a quantity means nothing to it */
    venue_bar(&v, "100", "102", "98", "100");
    assert_canceled(&v, 3, E_NOTHING_TO_REDUCE);
    assert_made(&v, 4, "98.5", "2");
    assert_over(&v);
    venue_close(&v);
}

static void a_plain_order_turns_the_position(void **state) {
    (void)state;
    struct venue v = venue_open();
    hold(&v, ORDER_BUY, "1");
    submit(&v, 1, market(ORDER_SELL, "3"));
    quiet_bar(&v);
    assert_taken(&v, 1, "99.95", "3");
    assert_over(&v);
    assert_position(&v, "-2");
    assert_figure(match_position(v.match, 0, POSITION_NET)->entry.d, "99.95");
    assert_figure(match_position(v.match, 0, POSITION_NET)->realized.d, "-0.1");
    venue_close(&v);
}

static void post_only_never_takes(void **state) {
    (void)state;
    struct venue v = venue_open();
    struct order_request r = limit(ORDER_BUY, "101", "1");
    r.post_only = true;
    submit(&v, 1, r);
    r.price = price_of("99");
    submit(&v, 2, r);
    venue_bar(&v, "100", "101", "98", "100");
    assert_canceled(&v, 1, E_POST_ONLY_CROSSED);
    assert_made(&v, 2, "99", "1");
    assert_over(&v);
    venue_close(&v);
}

static void immediate_or_cancel_does_not_rest(void **state) {
    (void)state;
    struct venue v = venue_open();
    struct order_request r = limit(ORDER_BUY, "101", "1");
    r.time_in_force = TIF_IOC;
    submit(&v, 1, r);
    r.price = price_of("100");
    submit(&v, 2, r);
    r.time_in_force = TIF_FOK;
    r.price = price_of("99");
    submit(&v, 3, r);
    venue_bar(&v, "100", "101", "98", "100");
    assert_taken(&v, 1, "100", "1");
    assert_canceled(&v, 2, 0);
    assert_canceled(&v, 3, 0);
    submit(&v, 4, limit(ORDER_SELL, "101", "1")); /* all this was still at the open */
    assert_over(&v);
    venue_bar(&v, "100", "101.1", "100", "100");
    assert_made(&v, 4, "101", "1");
    assert_over(&v);
    venue_close(&v);
}

static void hedge_mode_keeps_two_positions(void **state) {
    (void)state;
    struct venue v = venue_open_with("100000", true, 1);
    struct order_request r = market(ORDER_BUY, "2");
    submit_rejected(&v, 1, r, E_ARGUMENT);
    r.position_side = POSITION_LONG;
    submit(&v, 2, r);
    r.side = ORDER_SELL;
    r.position_side = POSITION_SHORT;
    submit(&v, 3, r);
    quiet_bar(&v);
    assert_taken(&v, 2, "100.05", "2");
    assert_taken(&v, 3, "99.95", "2");
    r.side = ORDER_BUY;
    r.quantity = size_of("5"); /* closing a side never opens the other */
    submit(&v, 4, r);
    assert_taken(&v, 4, "100.05", "2");
    assert_int_equal(v.report.position_side, POSITION_SHORT);
    assert_over(&v);
    assert_figure(match_position(v.match, 0, POSITION_LONG)->quantity.d, "2");
    assert_figure(match_position(v.match, 0, POSITION_SHORT)->quantity.d, "0");
    assert_figure(match_position(v.match, 0, POSITION_NET)->quantity.d, "0");
    venue_close(&v);
}

static void spot_is_never_short(void **state) {
    (void)state;
    struct match *m;
    struct instrument in = venue_instrument();
    struct match_costs costs = venue_costs();
    in.kind = INSTRUMENT_SPOT;
    assert_int_equal(match_new(&m, &in, 1, 8, &costs, cash_of("1000"), false, NULL), 0);
    struct venue v = {.match = m};
    hold(&v, ORDER_BUY, "1");
    submit(&v, 1, limit(ORDER_SELL, "101", "3"));
    submit(&v, 2, market(ORDER_SELL, "0.4"));
    venue_bar(&v, "100", "102", "0.1", "100"); /* no low liquidates what was paid */
    assert_taken(&v, 2, "99.95", "0.4");
    assert_made(&v, 1, "101", "0.6");
    assert_over(&v);
    assert_position(&v, "0");
    match_free(m);
}

static void the_venue_refuses_what_no_venue_takes(void **state) {
    (void)state;
    struct venue v = venue_open();
    struct order_request r = limit(ORDER_BUY, "100", "1");
    r.symbol = 2;
    submit_rejected(&v, 1, r, E_UNKNOWN_SYMBOL);
    r.symbol = 0;
    r.position_side = POSITION_LONG;
    submit_rejected(&v, 1, r, E_ARGUMENT);
    submit_rejected(&v, 1, limit(ORDER_BUY, "0", "1"), E_ARGUMENT);
    submit_rejected(&v, 1, limit(ORDER_BUY, "100.05", "1"), E_ARGUMENT);
    submit_rejected(&v, 1, stop(ORDER_BUY, "-1", "1"), E_ARGUMENT);
    submit_rejected(&v, 1, market(ORDER_BUY, "0"), E_ARGUMENT);
    submit_rejected(&v, 1, market(ORDER_BUY, "0.0015"), E_ARGUMENT);
    submit(&v, 1, market(ORDER_BUY, "0.001"));
    assert_int_equal(match_submit(v.match, 1, &r, NULL), E_ARGUMENT); /* the key is taken */
    assert_int_equal(match_submit(v.match, 0, &r, NULL), E_ARGUMENT);
    venue_close(&v);
}

static void the_smallest_and_the_largest(void **state) {
    (void)state;
    struct match *m;
    struct instrument in = venue_instrument();
    struct match_costs costs = venue_costs();
    in.min_quantity = size_of("0.01");
    in.max_quantity = size_of("10");
    assert_int_equal(match_new(&m, &in, 1, 8, &costs, cash_of("1000"), false, NULL), 0);
    struct venue v = {.match = m};
    submit_rejected(&v, 1, market(ORDER_BUY, "0.009"), E_BELOW_MINIMUM);
    submit_rejected(&v, 1, market(ORDER_BUY, "10.001"), E_ABOVE_MAXIMUM);
    submit(&v, 1, reducing(market(ORDER_BUY, "0.009")));
    match_free(m);
}

static void a_refused_amendment_leaves_the_order(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, limit(ORDER_BUY, "99", "1"));
    assert_int_equal(
        match_amend(v.match, 1, price_of("99.05"), (struct price){0}, (struct quantity){0}, NULL), 0
    );
    expect_answer(&v, MATCH_AMEND_REFUSED, 1, E_ARGUMENT, __LINE__);
    assert_int_equal(
        match_amend(v.match, 7, price_of("99"), (struct price){0}, (struct quantity){0}, NULL), 0
    );
    expect_answer(&v, MATCH_AMEND_REFUSED, 7, E_NOT_OPEN, __LINE__);
    venue_bar(&v, "100", "100", "98", "98");
    assert_made(&v, 1, "99", "1");
    assert_over(&v);
    venue_close(&v);
}

static void there_is_a_limit_on_everything(void **state) {
    (void)state;
    struct venue v = venue_open();
    for (uint64_t key = 1; key <= 64; key++) {
        submit(&v, key, limit(ORDER_BUY, "50", "1"));
    }
    submit_rejected(&v, 65, limit(ORDER_BUY, "50", "1"), E_LIMIT);
    cancel(&v, 10); /* its place is free again */
    submit(&v, 65, limit(ORDER_BUY, "50", "1"));
    for (int i = 0; i < MATCH_ANSWERS_MAX; i++) {
        assert_int_equal(match_cancel(v.match, 10, NULL), 0);
    }
    struct err e = {0};
    assert_int_equal(match_cancel(v.match, 11, &e), E_LIMIT);
    assert_int_equal(e.code, E_LIMIT);
    for (int i = 0; i < MATCH_ANSWERS_MAX; i++) {
        expect_answer(&v, MATCH_CANCEL_REFUSED, 10, E_NOT_OPEN, __LINE__);
    }
    assert_false(match_answer(v.match, &v.report));
    cancel(&v, 11); /* nothing had been done */
    venue_close(&v);
}

static void leverage_stays_within_the_instrument_s(void **state) {
    (void)state;
    struct venue v = venue_open();
    assert_int_equal(match_leverage(v.match, 0), 1);
    match_set_leverage(v.match, 0, 20);
    assert_int_equal(match_leverage(v.match, 0), 20);
    match_set_leverage(v.match, 0, 500);
    assert_int_equal(match_leverage(v.match, 0), 100);
    match_set_leverage(v.match, 0, 0);
    assert_int_equal(match_leverage(v.match, 0), 1);
    match_set_leverage(v.match, 9, 5); /* no such symbol */
    venue_close(&v);
}

static void a_venue_needs_sound_figures(void **state) {
    (void)state;
    struct match *m = NULL;
    struct instrument in = venue_instrument();
    struct match_costs costs = venue_costs();
    struct err e = {0};
    assert_int_equal(match_new(&m, &in, 0, 8, &costs, cash_of("1"), false, &e), E_ARGUMENT);
    assert_int_equal(match_new(&m, &in, 1, 0, &costs, cash_of("1"), false, &e), E_ARGUMENT);
    costs.slippage = dec("1");
    assert_int_equal(match_new(&m, &in, 1, 8, &costs, cash_of("1"), false, &e), E_RANGE);
    costs.slippage = dec("0");
    in.tick.d.v = 0;
    assert_int_equal(match_new(&m, &in, 1, 8, &costs, cash_of("1"), false, &e), E_ARGUMENT);
    assert_null(m);
    match_free(NULL);
}

static void a_fill_that_does_not_fit_ends_the_bar(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, market(ORDER_BUY, "100000000000"));
    venue_bar(&v, "100000000000", "100000000000", "100000000000", "100000000000");
    struct err e = {0};
    assert_false(match_next(v.match, &v.report, &e));
    assert_int_equal(e.code, E_OVERFLOW);
    assert_position(&v, "0");
    assert_figure(match_ledger(v.match)->balance.d, "100000");
    assert_false(match_next(v.match, &v.report, &e));
    assert_int_equal(e.code, 0);
    cancel(&v, 1); /* it is still there */
    venue_close(&v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reduce_only_is_capped_at_the_position),
        cmocka_unit_test(reduce_only_rests_without_a_position),
        cmocka_unit_test(two_exits_at_one_open_close_once),
        cmocka_unit_test(an_order_of_the_whole_position_closes_what_there_is),
        cmocka_unit_test(a_plain_order_turns_the_position),
        cmocka_unit_test(post_only_never_takes),
        cmocka_unit_test(immediate_or_cancel_does_not_rest),
        cmocka_unit_test(hedge_mode_keeps_two_positions),
        cmocka_unit_test(spot_is_never_short),
        cmocka_unit_test(the_venue_refuses_what_no_venue_takes),
        cmocka_unit_test(the_smallest_and_the_largest),
        cmocka_unit_test(a_refused_amendment_leaves_the_order),
        cmocka_unit_test(there_is_a_limit_on_everything),
        cmocka_unit_test(leverage_stays_within_the_instrument_s),
        cmocka_unit_test(a_venue_needs_sound_figures),
        cmocka_unit_test(a_fill_that_does_not_fit_ends_the_bar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
