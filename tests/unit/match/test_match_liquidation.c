/* Liquidation: when, at what price, before and after which orders, and what becomes of the rest.
 * Maintenance is 10 % here and only takers pay (0.1 %), so that the figures stay round. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "unit/match/venue.h"

static struct venue risky_venue_of(const char *balance, bool hedge, int symbols) {
    struct venue v = {0};
    struct instrument instruments[2] = {venue_instrument(), venue_instrument()};
    instruments[0].maintenance = instruments[1].maintenance = dec("0.1");
    struct match_costs costs = {.fee_taker = dec("0.001")};
    assert_int_equal(
        match_new(&v.match, instruments, symbols, 64, &costs, cash_of(balance), hedge, NULL), 0
    );
    return v;
}

static struct venue risky_venue(const char *balance, bool hedge) {
    return risky_venue_of(balance, hedge, 1);
}

/* Fills an order as maker at 100, that is without a fee. */
static void hold(
    struct venue *v,
    uint16_t symbol,
    enum order_side side,
    enum position_side position_side,
    const char *quantity
) {
    struct order_request r = limit(side, "100", quantity);
    r.symbol = symbol;
    r.position_side = position_side;
    submit(v, 1000, r);
    if (side == ORDER_BUY) {
        venue_bar_of(v, symbol, "100.1", "100.1", "99.9", "100");
    } else {
        venue_bar_of(v, symbol, "99.9", "100.1", "99.9", "100");
    }
    assert_made(v, 1000, "100", quantity);
    assert_over(v);
}

static void a_long_is_closed_at_its_price(void **state) {
    (void)state;
    struct venue v = risky_venue("190", false);
    hold(&v, 0, ORDER_BUY, POSITION_NET, "10"); /* gone at 90 */
    struct candle near = candle_of("100", "100", "90.1", "95");
    assert_true(match_is_idle(v.match, 0, &near));
    match_begin(v.match, 0, &near);
    assert_over(&v);
    struct candle at = candle_of("95", "95", "90", "95");
    assert_false(match_is_idle(v.match, 0, &at));
    match_begin(v.match, 0, &at);
    assert_liquidated(&v, "90", "10");
    assert_int_equal(v.report.side, ORDER_SELL);
    assert_int_equal(v.report.fill.time_ms, at.bar.time_ms);
    assert_figure(v.report.fill.fee.d, "0.9");
    assert_over(&v);
    assert_position(&v, "0");
    assert_figure(match_ledger(v.match)->balance.d, "89.1");
    venue_close(&v);
}

static void a_short_is_closed_at_its_price(void **state) {
    (void)state;
    struct venue v = risky_venue("210", false);
    hold(&v, 0, ORDER_SELL, POSITION_NET, "10"); /* gone at 110 */
    venue_bar(&v, "100", "109.9", "50", "100");
    assert_over(&v);
    venue_bar(&v, "100", "115", "50", "100");
    assert_liquidated(&v, "110", "10");
    assert_int_equal(v.report.side, ORDER_BUY);
    assert_over(&v);
    venue_close(&v);
}

static void a_gap_is_closed_at_the_open(void **state) {
    (void)state;
    struct venue v = risky_venue("190", false);
    hold(&v, 0, ORDER_BUY, POSITION_NET, "10");
    venue_bar(&v, "70", "75", "60", "75");
    assert_liquidated(&v, "70", "10");
    assert_true(match_is_at_open(v.match));
    assert_over(&v);
    assert_figure(match_ledger(v.match)->balance.d, "-110.7");
    venue_close(&v);
}

static void orders_at_the_open_come_before_it(void **state) {
    (void)state;
    struct venue v = risky_venue("190", false);
    hold(&v, 0, ORDER_BUY, POSITION_NET, "10");
    submit(&v, 1, reducing(market(ORDER_SELL, "4")));
    submit(&v, 2, whole(stop(ORDER_SELL, "95", "0")));
    venue_bar(&v, "85", "85", "85", "85");
    assert_taken(&v, 1, "85", "4");
    assert_taken(&v, 2, "85", "6");
    assert_over(&v);
    venue_close(&v);
}

static void a_nearer_stop_saves_the_account(void **state) {
    (void)state;
    struct venue v = risky_venue("190", false);
    hold(&v, 0, ORDER_BUY, POSITION_NET, "10");
    submit(&v, 1, whole(stop(ORDER_SELL, "90.1", "0")));
    venue_bar(&v, "100", "100", "80", "90");
    assert_taken(&v, 1, "90.1", "10");
    assert_over(&v);
    venue_close(&v);
}

static void a_farther_stop_comes_too_late(void **state) {
    (void)state;
    struct venue v = risky_venue("190", false);
    hold(&v, 0, ORDER_BUY, POSITION_NET, "10");
    submit(&v, 1, whole(stop(ORDER_SELL, "89.9", "0")));
    submit(&v, 2, limit(ORDER_BUY, "85", "1"));
    submit(&v, 3, reducing(limit(ORDER_SELL, "120", "1")));
    venue_bar(&v, "100", "125", "80", "90");
    assert_liquidated(&v, "90", "10");
    submit(&v, 4, limit(ORDER_BUY, "85", "1")); /* what comes after it is left alone */
    assert_canceled(&v, 2, E_INSUFFICIENT_MARGIN);
    assert_int_equal(match_amend(v.match, 3, price_of("90"), price_of("0"), size_of("1"), NULL), 0);
    expect_answer(&v, MATCH_AMEND_REFUSED, 3, E_NOT_OPEN, __LINE__);
    assert_canceled(&v, 3, E_NOTHING_TO_REDUCE);
    assert_canceled(&v, 1, E_NOTHING_TO_REDUCE);
    assert_over(&v);
    venue_bar(&v, "90", "90", "84", "84");
    assert_made(&v, 4, "85", "1");
    assert_over(&v);
    venue_close(&v);
}

static void an_own_cancel_goes_before_the_venue_s(void **state) {
    (void)state;
    struct venue v = risky_venue("190", false);
    hold(&v, 0, ORDER_BUY, POSITION_NET, "10");
    submit(&v, 1, limit(ORDER_BUY, "85", "1"));
    submit(&v, 2, limit(ORDER_BUY, "84", "1"));
    venue_bar(&v, "100", "100", "80", "90");
    assert_liquidated(&v, "90", "10");
    cancel(&v, 1);
    assert_canceled(&v, 2, E_INSUFFICIENT_MARGIN);
    assert_over(&v);
    venue_close(&v);
}

static void a_stop_may_change_the_price_itself(void **state) {
    (void)state;
    struct venue v = risky_venue("190", false);
    hold(&v, 0, ORDER_BUY, POSITION_NET, "10");
    submit(&v, 1, reducing(stop(ORDER_SELL, "92", "5")));
    venue_bar(&v, "100", "100", "90", "90");
    /* 190 − 5 × 8 − 0.46 = 149.54 are left: gone at (500 − 149.54) / 4.5 = 77.88 */
    assert_taken(&v, 1, "92", "5");
    assert_over(&v);
    venue_bar(&v, "90", "90", "77", "80");
    assert_liquidated(&v, "77.88", "5");
    assert_over(&v);
    venue_close(&v);
}

static void what_the_limits_open_is_tested_on_the_close(void **state) {
    (void)state;
    struct venue v = risky_venue("190", false);
    submit(&v, 1, limit(ORDER_BUY, "100", "10"));
    venue_bar(&v, "101", "101", "80", "90.1");
    assert_made(&v, 1, "100", "10");
    assert_over(&v);
    submit(&v, 2, reducing(market(ORDER_SELL, "10")));
    venue_bar(&v, "100", "100", "100", "100");
    assert_taken(&v, 2, "100", "10");
    submit(&v, 3, limit(ORDER_BUY, "99", "10"));
    assert_over(&v); /* 189 are left: gone at (990 − 189) / 9 = 89 */
    venue_bar(&v, "100", "100", "80", "85");
    assert_made(&v, 3, "99", "10");
    assert_liquidated(&v, "89", "10");
    assert_over(&v);
    venue_close(&v);
}

static void a_hedge_loses_one_side(void **state) {
    (void)state;
    struct venue v = risky_venue("254", true);
    hold(&v, 0, ORDER_BUY, POSITION_LONG, "10");
    hold(&v, 0, ORDER_SELL, POSITION_SHORT, "4"); /* together gone at 346 / 4.6 = 75.2… */
    struct order_request r = reducing(limit(ORDER_BUY, "60", "4"));
    r.position_side = POSITION_SHORT;
    submit(&v, 1, r);
    venue_bar(&v, "100", "100", "76", "80");
    assert_over(&v);
    venue_bar(&v, "75", "80", "70", "80");
    assert_liquidated(&v, "75", "10");
    assert_int_equal(v.report.position_side, POSITION_LONG);
    assert_over(&v); /* the short and its order live on */
    assert_figure(match_position(v.match, 0, POSITION_SHORT)->quantity.d, "-4");
    cancel(&v, 1);
    venue_close(&v);
}

static void another_symbol_s_loss_counts(void **state) {
    (void)state;
    struct venue v = risky_venue_of("390", false, 2);
    hold(&v, 0, ORDER_BUY, POSITION_NET, "10");
    hold(&v, 1, ORDER_BUY, POSITION_NET, "10");
    struct candle quiet = candle_of("100", "100", "100", "100");
    assert_false(match_is_idle(v.match, 0, &quiet)); /* its close is of interest elsewhere */
    venue_bar_of(&v, 1, "100", "100", "95", "95");
    assert_over(&v);
    /* 390 − 50 − 95 = 245 carry the first: gone at (1000 − 245) / 9 = 83.9; before, at 79 */
    venue_bar_of(&v, 0, "100", "100", "85", "100");
    assert_over(&v);
    /* 390 − 100 − 90 = 200: gone at 800 / 9 */
    venue_bar_of(&v, 1, "95", "95", "90", "90");
    assert_over(&v);
    venue_bar_of(&v, 0, "100", "100", "85", "100");
    assert_liquidated(&v, "88.888888888888888889", "10");
    assert_over(&v);
    venue_close(&v);
}

static void a_loss_realised_elsewhere_counts(void **state) {
    (void)state;
    struct venue v = risky_venue_of("290", false, 2);
    hold(&v, 0, ORDER_BUY, POSITION_NET, "10"); /* gone at 710 / 9 = 78.9 */
    struct order_request r = market(ORDER_BUY, "1");
    r.symbol = 1;
    submit(&v, 1, r);
    venue_bar_of(&v, 1, "1000", "1000", "1000", "1000");
    assert_taken(&v, 1, "1000", "1");
    assert_over(&v);
    r.side = ORDER_SELL;
    submit(&v, 2, r);
    venue_bar_of(&v, 1, "900.9", "900.9", "900.9", "900.9");
    assert_taken(&v, 2, "900.9", "1"); /* 290 − 1 − 99.1 − 0.9009 */
    assert_over(&v);
    venue_bar(&v, "100", "100", "90.2", "95");
    assert_over(&v);
    venue_bar(&v, "95", "95", "90", "95"); /* gone at (1000 − 188.9991) / 9 */
    assert_liquidated(&v, "90.111211111111111111", "10");
    assert_over(&v);
    venue_close(&v);
}

static void funding_moves_the_price(void **state) {
    (void)state;
    struct venue v = risky_venue("190", false);
    hold(&v, 0, ORDER_BUY, POSITION_NET, "10");
    assert_int_equal(match_book_funding(v.match, cash_of("-9"), NULL), 0);
    struct candle c = candle_of("100", "100", "91", "95");
    assert_false(match_is_idle(v.match, 0, &c));
    match_begin(v.match, 0, &c);
    assert_liquidated(&v, "91", "10");
    assert_over(&v);
    venue_close(&v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_is_closed_at_its_price),
        cmocka_unit_test(a_short_is_closed_at_its_price),
        cmocka_unit_test(a_gap_is_closed_at_the_open),
        cmocka_unit_test(orders_at_the_open_come_before_it),
        cmocka_unit_test(a_nearer_stop_saves_the_account),
        cmocka_unit_test(a_farther_stop_comes_too_late),
        cmocka_unit_test(an_own_cancel_goes_before_the_venue_s),
        cmocka_unit_test(a_stop_may_change_the_price_itself),
        cmocka_unit_test(what_the_limits_open_is_tested_on_the_close),
        cmocka_unit_test(a_hedge_loses_one_side),
        cmocka_unit_test(another_symbol_s_loss_counts),
        cmocka_unit_test(a_loss_realised_elsewhere_counts),
        cmocka_unit_test(funding_moves_the_price),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
