/* The fill model, sentence by sentence, on bars made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/match/venue.h"

static void a_market_order_fills_at_the_next_open_worsened(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, market(ORDER_BUY, "2"));
    submit(&v, 2, market(ORDER_SELL, "0.5"));
    struct candle c = candle_of("100.3", "101", "99", "100");
    match_begin(v.match, 0, &c);
    assert_taken(&v, 1, "100.35015", "2"); /* not rounded to the tick */
    assert_figure(v.report.fill.fee.d, "0.10035015");
    assert_int_equal(v.report.fill.time_ms, c.bar.time_ms);
    assert_int_equal(v.report.side, ORDER_BUY);
    assert_taken(&v, 2, "100.24985", "0.5");
    assert_over(&v);
    assert_position(&v, "1.5");
    venue_bar(&v, "100", "200", "50", "100");
    assert_over(&v);
    venue_close(&v);
}

static void a_limit_needs_the_price_to_trade_through_it(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, limit(ORDER_BUY, "99", "1"));
    submit(&v, 2, limit(ORDER_SELL, "102", "1"));
    venue_bar(&v, "100", "102", "99", "100"); /* touched is not enough */
    assert_over(&v);
    venue_bar(&v, "100", "102.1", "98.9", "100");
    assert_made(&v, 1, "99", "1");
    assert_figure(v.report.fill.fee.d, "0.0198");
    assert_made(&v, 2, "102", "1");
    assert_over(&v);
    venue_close(&v);
}

static void a_limit_in_its_first_bar_takes_a_better_open(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, limit(ORDER_BUY, "101", "1"));
    submit(&v, 2, limit(ORDER_SELL, "99", "1"));
    submit(&v, 3, limit(ORDER_BUY, "100", "1")); /* the open is not better, only equal */
    venue_bar(&v, "100", "101", "100", "100");
    assert_taken(&v, 1, "100", "1"); /* no slippage on a limit */
    assert_figure(v.report.fill.fee.d, "0.05");
    assert_taken(&v, 2, "100", "1");
    assert_over(&v);
    venue_close(&v);
}

static void a_limit_that_rested_fills_at_its_own_price_as_maker(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, limit(ORDER_BUY, "99", "1"));
    venue_bar(&v, "100", "101", "99.5", "100");
    assert_over(&v);
    submit(&v, 2, limit(ORDER_SELL, "96.5", "1"));
    submit(&v, 3, stop(ORDER_BUY, "98", "1"));
    venue_bar(&v, "97", "98", "96", "97"); /* opens beyond the first */
    assert_taken(&v, 2, "97", "1");
    assert_taken(&v, 3, "98.049", "1");
    assert_made(&v, 1, "99", "1"); /* in the limits' turn */
    assert_over(&v);
    venue_close(&v);
}

static void a_bar_that_was_left_out_changes_no_first_bar(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, limit(ORDER_BUY, "99", "1"));
    struct candle quiet = candle_of("100", "101", "99.5", "100");
    assert_false(match_is_idle(v.match, 0, &quiet)); /* its first bar must be played */
    match_begin(v.match, 0, &quiet);
    assert_over(&v);
    assert_true(match_is_idle(v.match, 0, &quiet));
    struct candle touched = candle_of("100", "101", "99", "100");
    assert_true(match_is_idle(v.match, 0, &touched));
    struct candle passed = candle_of("98", "101", "97", "100");
    assert_false(match_is_idle(v.match, 0, &passed));
    match_begin(v.match, 0, &passed);
    assert_made(&v, 1, "99", "1");
    assert_over(&v);
    assert_true(match_is_idle(v.match, 0, &passed));
    venue_close(&v);
}

static void a_stop_triggers_on_touch_and_is_worsened(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, stop(ORDER_BUY, "102", "1"));
    submit(&v, 2, stop(ORDER_SELL, "98", "1"));
    struct candle quiet = candle_of("100", "101.9", "98.1", "100");
    match_begin(v.match, 0, &quiet);
    assert_over(&v);
    assert_true(match_is_idle(v.match, 0, &quiet));
    struct candle touched = candle_of("100", "102", "98", "100");
    assert_false(match_is_idle(v.match, 0, &touched));
    match_begin(v.match, 0, &touched);
    assert_taken(&v, 1, "102.051", "1");
    assert_taken(&v, 2, "97.951", "1");
    assert_over(&v);
    venue_close(&v);
}

static void a_stop_the_bar_opens_at_or_beyond_fills_at_the_open(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, stop(ORDER_BUY, "102", "1"));
    submit(&v, 2, stop(ORDER_SELL, "98", "1"));
    venue_bar(&v, "100", "101", "99", "100");
    assert_over(&v);
    venue_bar(&v, "104", "105", "103", "104");
    assert_taken(&v, 1, "104.052", "1");
    assert_over(&v);
    venue_bar(&v, "98", "99", "97", "98"); /* at it */
    assert_taken(&v, 2, "97.951", "1");
    assert_over(&v);
    venue_close(&v);
}

static void at_the_open_markets_come_before_stops_before_limits(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, limit(ORDER_BUY, "105", "1"));
    submit(&v, 2, stop(ORDER_BUY, "99", "1"));
    submit(&v, 3, market(ORDER_BUY, "1"));
    submit(&v, 4, stop(ORDER_SELL, "101", "1"));
    submit(&v, 5, market(ORDER_SELL, "1"));
    venue_bar(&v, "100", "100", "100", "100");
    assert_taken(&v, 3, "100.05", "1");
    assert_taken(&v, 5, "99.95", "1");
    assert_taken(&v, 2, "100.05", "1");
    assert_taken(&v, 4, "99.95", "1");
    assert_taken(&v, 1, "100", "1");
    assert_over(&v);
    venue_close(&v);
}

static void inside_the_bar_stops_come_before_limits(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, limit(ORDER_BUY, "99", "1"));
    submit(&v, 2, limit(ORDER_BUY, "99.5", "1"));
    submit(&v, 3, stop(ORDER_SELL, "98", "1"));
    submit(&v, 4, stop(ORDER_BUY, "101", "1"));
    venue_bar(&v, "100", "101", "98", "100");
    assert_taken(&v, 3, "97.951", "1");
    assert_taken(&v, 4, "101.0505", "1");
    assert_made(&v, 1, "99", "1"); /* in the order of submission, not of price */
    assert_made(&v, 2, "99.5", "1");
    assert_over(&v);
    venue_close(&v);
}

static void answers_to_a_fill_at_the_open_join_the_same_bar(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, market(ORDER_BUY, "1"));
    venue_bar(&v, "100", "103", "97", "100");
    assert_true(match_is_at_open(v.match));
    assert_taken(&v, 1, "100.05", "1");
    assert_true(match_is_at_open(v.match));
    submit(&v, 2, reducing(stop(ORDER_SELL, "98", "0.5"))); /* guards this bar */
    submit(&v, 3, reducing(limit(ORDER_SELL, "102", "0.5")));
    submit(&v, 4, stop(ORDER_BUY, "99", "1"));   /* the open is beyond it */
    submit(&v, 5, limit(ORDER_SELL, "99", "1")); /* the open is better */
    submit(&v, 6, market(ORDER_BUY, "1"));       /* at that same open */
    assert_taken(&v, 6, "100.05", "1");
    assert_taken(&v, 4, "100.05", "1");
    submit(&v, 7, market(ORDER_SELL, "1")); /* once more before the limits */
    assert_taken(&v, 7, "99.95", "1");
    assert_taken(&v, 5, "100", "1");
    assert_true(match_is_at_open(v.match));
    assert_taken(&v, 2, "97.951", "0.5");
    assert_false(match_is_at_open(v.match));
    assert_made(&v, 3, "102", "0.5");
    assert_over(&v);
    assert_position(&v, "0");
    venue_close(&v);
}

static void answers_to_a_fill_inside_the_bar_wait_for_the_next(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, stop(ORDER_BUY, "101", "1"));
    submit(&v, 2, limit(ORDER_BUY, "99.5", "1"));
    venue_bar(&v, "100", "103", "97", "102");
    assert_taken(&v, 1, "101.0505", "1");
    submit(&v, 3, reducing(stop(ORDER_SELL, "98", "1")));
    submit(&v, 4, limit(ORDER_SELL, "102", "1"));
    submit(&v, 5, market(ORDER_SELL, "1"));
    submit(&v, 6, limit(ORDER_BUY, "99", "1"));
    assert_made(&v, 2, "99.5", "1");
    assert_over(&v);
    venue_bar(&v, "102.5", "102.5", "99", "102");
    assert_taken(&v, 5, "102.44875", "1");
    assert_taken(&v, 4, "102.5", "1"); /* the next bar is its first: it takes the better open */
    assert_over(&v);
    venue_close(&v);
}

static void what_is_placed_between_bars_waits_for_the_next(void **state) {
    (void)state;
    struct venue v = venue_open();
    venue_bar(&v, "100", "103", "97", "102");
    assert_over(&v);
    submit(&v, 1, limit(ORDER_BUY, "99", "1"));
    assert_over(&v); /* the bar has been played out */
    venue_bar(&v, "98", "98.5", "98", "98");
    assert_taken(&v, 1, "98", "1");
    assert_over(&v);
    venue_close(&v);
}

static void a_cancel_acts_at_once(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, market(ORDER_BUY, "1"));
    submit(&v, 2, market(ORDER_BUY, "1"));
    submit(&v, 3, limit(ORDER_SELL, "101", "1"));
    submit(&v, 4, limit(ORDER_SELL, "101.5", "1"));
    venue_bar(&v, "100", "102", "99", "101");
    assert_taken(&v, 1, "100.05", "1");
    cancel(&v, 2);
    assert_made(&v, 3, "101", "1");
    cancel(&v, 4); /* in answer to a fill inside the bar, too */
    assert_over(&v);
    assert_int_equal(match_cancel(v.match, 4, NULL), 0);
    expect_answer(&v, MATCH_CANCEL_REFUSED, 4, E_NOT_OPEN, __LINE__);
    venue_close(&v);
}

static void an_amendment_is_a_cancel_and_a_new_order(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, limit(ORDER_BUY, "95", "1"));
    submit(&v, 2, limit(ORDER_BUY, "99", "1"));
    venue_bar(&v, "100", "101", "99.5", "100");
    assert_over(&v);
    amend(&v, 1, "99", "2"); /* last in the queue now */
    venue_bar(&v, "100", "101", "98", "100");
    assert_made(&v, 2, "99", "1");
    assert_made(&v, 1, "99", "2");
    submit(&v, 3, limit(ORDER_BUY, "90", "1"));
    assert_over(&v);
    venue_bar(&v, "100", "101", "99.5", "100");
    assert_over(&v);
    amend(&v, 3, "98", "0"); /* the next bar is its first: a better open is taken */
    assert_figure(v.report.quantity.d, "1");
    venue_bar(&v, "97", "97", "97", "97");
    assert_taken(&v, 3, "97", "1");
    assert_over(&v);
    venue_close(&v);
}

static void an_amendment_after_a_fill_joins_as_an_order_would(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, limit(ORDER_SELL, "110", "1"));
    submit(&v, 2, stop(ORDER_SELL, "90", "1"));
    venue_bar(&v, "100", "101", "99", "100");
    assert_over(&v);
    submit(&v, 3, market(ORDER_BUY, "2"));
    venue_bar(&v, "100", "102", "97", "100");
    assert_taken(&v, 3, "100.05", "2");
    amend(&v, 1, "99.5", "0"); /* at the open: this bar */
    assert_taken(&v, 1, "100", "1");
    submit(&v, 4, limit(ORDER_BUY, "99", "1"));
    assert_made(&v, 4, "99", "1");
    amend(&v, 2, "98", "0"); /* inside: the next */
    assert_over(&v);
    venue_bar(&v, "99", "99", "98", "99");
    assert_taken(&v, 2, "97.951", "1");
    assert_over(&v);
    venue_close(&v);
}

static void nothing_fills_on_another_symbol_s_bar(void **state) {
    (void)state;
    struct venue v = venue_open_with("100000", false, 2);
    struct order_request other = market(ORDER_BUY, "1");
    other.symbol = 1;
    submit(&v, 1, other);
    submit(&v, 2, market(ORDER_BUY, "1"));
    venue_bar(&v, "100", "100", "100", "100");
    assert_taken(&v, 2, "100.05", "1");
    other.type = ORDER_LIMIT;
    other.price = price_of("51");
    submit(&v, 3, other); /* its bar has not begun */
    assert_over(&v);
    venue_bar_of(&v, 1, "50", "50", "50", "50");
    assert_taken(&v, 1, "50.025", "1");
    assert_taken(&v, 3, "50", "1");
    assert_over(&v);
    assert_figure(match_position(v.match, 1, POSITION_NET)->quantity.d, "2");
    venue_close(&v);
}

static void the_ledger_is_start_plus_profit_less_fees(void **state) {
    (void)state;
    struct venue v = venue_open();
    submit(&v, 1, market(ORDER_BUY, "1"));
    venue_bar(&v, "100", "100", "100", "100");
    assert_taken(&v, 1, "100.05", "1");
    submit(&v, 2, reducing(limit(ORDER_SELL, "110", "1")));
    assert_over(&v);
    venue_bar(&v, "105", "111", "105", "110");
    assert_made(&v, 2, "110", "1");
    assert_over(&v);
    const struct ledger *l = match_ledger(v.match);
    assert_figure(l->realized.d, "9.95");
    assert_figure(l->fees.d, "0.072025"); /* 0.050025 + 0.022 */
    assert_figure(l->balance.d, "100009.877975");
    assert_int_equal(match_book_funding(v.match, cash_of("-1.5"), NULL), 0);
    assert_figure(l->balance.d, "100008.377975");
    venue_close(&v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_market_order_fills_at_the_next_open_worsened),
        cmocka_unit_test(a_limit_needs_the_price_to_trade_through_it),
        cmocka_unit_test(a_limit_in_its_first_bar_takes_a_better_open),
        cmocka_unit_test(a_limit_that_rested_fills_at_its_own_price_as_maker),
        cmocka_unit_test(a_bar_that_was_left_out_changes_no_first_bar),
        cmocka_unit_test(a_stop_triggers_on_touch_and_is_worsened),
        cmocka_unit_test(a_stop_the_bar_opens_at_or_beyond_fills_at_the_open),
        cmocka_unit_test(at_the_open_markets_come_before_stops_before_limits),
        cmocka_unit_test(inside_the_bar_stops_come_before_limits),
        cmocka_unit_test(answers_to_a_fill_at_the_open_join_the_same_bar),
        cmocka_unit_test(answers_to_a_fill_inside_the_bar_wait_for_the_next),
        cmocka_unit_test(what_is_placed_between_bars_waits_for_the_next),
        cmocka_unit_test(a_cancel_acts_at_once),
        cmocka_unit_test(an_amendment_is_a_cancel_and_a_new_order),
        cmocka_unit_test(an_amendment_after_a_fill_joins_as_an_order_would),
        cmocka_unit_test(nothing_fills_on_another_symbol_s_bar),
        cmocka_unit_test(the_ledger_is_start_plus_profit_less_fees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
