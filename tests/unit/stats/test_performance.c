/* Trades, exits and sums of money, against cases computed by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/performance.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HOUR_MS INT64_C(3600000)

static struct performance recorder;
static struct position positions[3]; /* by position side */
static int64_t clock_ms;

static struct decimal decimal_of(const char *text) {
    struct decimal d;
    assert_int_equal(decimal_parse(text, strlen(text), &d), 0);
    return d;
}

static void expect_money(struct money money, const char *text) {
    char shown[DECIMAL_TEXT_MAX];
    decimal_format(money.d, shown);
    assert_string_equal(shown, text);
}

static int trade_on(
    enum position_side side_held,
    enum order_side side,
    const char *quantity,
    const char *price,
    const char *fee,
    const char *reason
) {
    struct fill fill = {
        .price = {decimal_of(price)},
        .quantity = {decimal_of(quantity)},
        .fee = {decimal_of(fee)},
        .time_ms = clock_ms,
    };
    clock_ms += HOUR_MS;
    struct position_change change;
    assert_int_equal(position_apply(&positions[side_held], side, &fill, &change), 0);
    struct performance_fill told = {
        .position_side = side_held,
        .side = side,
        .fill = &fill,
        .change = &change,
        .reason = reason,
    };
    struct err e;
    return performance_on_fill(&recorder, &told, &e);
}

static void trade(
    enum order_side side,
    const char *quantity,
    const char *price,
    const char *fee,
    const char *reason
) {
    assert_int_equal(trade_on(POSITION_NET, side, quantity, price, fee, reason), 0);
}

static struct figures figures_now(void) {
    struct figures f;
    struct err e;
    assert_int_equal(performance_figures(&recorder, &(struct figures_options){0}, &f, &e), 0);
    return f;
}

static int recorder_make(void **state) {
    (void)state;
    memset(positions, 0, sizeof positions);
    clock_ms = INT64_C(1613692800000);
    performance_init(&recorder, (struct money){decimal_of_int(1000)});
    return 0;
}

static int recorder_free(void **state) {
    (void)state;
    performance_fini(&recorder);
    return 0;
}

static void test_nothing_is_undefined_not_zero(void **state) {
    (void)state;
    struct figures f = figures_now();
    assert_int_equal(f.all.trades, 0);
    expect_money(f.all.net_profit, "0");
    expect_money(f.equity_end, "1000");
    const double undefined[] = {
        f.all.win_rate,
        f.all.profit_factor,
        f.buy_and_hold,
        f.cagr,
        f.volatility,
        f.sharpe,
        f.sortino,
        f.calmar,
        f.sqn,
        f.kelly,
        f.exposure,
        f.time_in_market,
        f.max_drawdown_ratio};
    for (size_t i = 0; i < sizeof undefined / sizeof undefined[0]; i++) {
        assert_true(isnan(undefined[i]));
    }
    assert_true(isnan(figure_value(figure_find("average_win"), &f)));
    assert_true(isnan(figure_value(figure_find("expectancy"), &f)));
    assert_true(isnan(figure_value(figure_find("first_ms"), &f)) || f.first_ms != 0);
}

/* Wins of 9.7 and 4.85, losses of 5.25 and 0.3; one trade earns nothing at all. */
static void test_round_trips_by_hand(void **state) {
    (void)state;
    trade(ORDER_BUY, "1", "100", "0.1", "entry");
    trade(ORDER_SELL, "1", "110", "0.2", "tp1"); /* +9.7 */
    trade(ORDER_SELL, "1", "100", "0.05", "entry");
    trade(ORDER_BUY, "1", "95", "0.1", "tp1"); /* +4.85 */
    trade(ORDER_BUY, "0.5", "100", "0.1", "entry");
    trade(ORDER_SELL, "0.5", "90", "0.15", "stop_loss"); /* −5.25 */
    trade(ORDER_SELL, "2", "100", "0.2", "entry");
    trade(ORDER_BUY, "2", "100", "0.1", "stop_loss"); /* −0.3 */
    trade(ORDER_BUY, "1", "100", "0.5", "entry");
    trade(ORDER_SELL, "1", "101", "0.5", "tp1"); /* 0 */
    struct figures f = figures_now();
    assert_int_equal(f.all.trades, 5);
    assert_int_equal(f.all.wins, 2);
    assert_int_equal(f.all.losses, 2);
    assert_true(f.all.win_rate == 0.4);
    expect_money(f.all.gross_profit, "14.55");
    expect_money(f.all.gross_loss, "-5.55");
    expect_money(f.all.net_profit, "9");
    expect_money(f.all.expectancy, "1.8");
    expect_money(f.all.average_win, "7.275");
    expect_money(f.all.average_loss, "-2.775");
    expect_money(f.all.largest_win, "9.7");
    expect_money(f.all.largest_loss, "-5.25");
    expect_money(f.fees, "2");
    assert_int_equal(f.all.average_duration_ms, HOUR_MS);
    assert_true(fabs(f.all.profit_factor - 14.55 / 5.55) < 1e-12);
    assert_true(fabs(f.kelly - (0.4 - 0.6 / (7.275 / 2.775))) < 1e-12);
    /* mean 1.8; squares of 7.9, 3.05, 7.05, 2.1, 1.8 */
    double variance = (62.41 + 9.3025 + 49.7025 + 4.41 + 3.24) / 4;
    assert_true(fabs(f.sqn - sqrt(5) * 1.8 / sqrt(variance)) < 1e-12);

    assert_int_equal(f.long_side.trades, 3);
    expect_money(f.long_side.net_profit, "4.45");
    assert_int_equal(f.short_side.trades, 2);
    expect_money(f.short_side.net_profit, "4.55");
    expect_money(f.short_side.fees, "0.45");

    assert_int_equal(f.exit_count, 2);
    assert_string_equal(f.exits[0].reason, "tp1");
    assert_int_equal(f.exits[0].exits, 3);
    assert_int_equal(f.exits[0].trades, 3);
    assert_int_equal(f.exits[0].wins, 2);
    expect_money(f.exits[0].net_profit, "14.55");
    assert_string_equal(f.exits[1].reason, "stop_loss");
    expect_money(f.exits[1].net_profit, "-5.55");
}

static void test_partial_exits_belong_to_one_trade(void **state) {
    (void)state;
    trade(ORDER_BUY, "3", "100", "0.3", "entry");
    trade(ORDER_SELL, "1", "110", "0.11", "tp1"); /* 10 − 0.11 − 0.1 */
    trade(ORDER_BUY, "1", "103", "0.103", "dca"); /* entry fees now 0.303 on 3, entry 101 */
    struct figures f = figures_now();
    assert_int_equal(f.all.trades, 0);
    assert_int_equal(f.open_trades, 1);
    expect_money(f.open_net, "9.487");                 /* 9.79 − 0.303 */
    trade(ORDER_SELL, "3", "100", "0.3", "stop_loss"); /* −3 − 0.3 − 0.303 */
    f = figures_now();
    assert_int_equal(f.all.trades, 1);
    assert_int_equal(f.open_trades, 0);
    expect_money(f.open_net, "0");
    expect_money(f.all.net_profit, "6.187");
    expect_money(f.all.fees, "0.813");
    expect_money(f.fees, "0.813");
    assert_int_equal(f.all.average_duration_ms, 3 * HOUR_MS);
    assert_int_equal(f.exit_count, 2);
    expect_money(f.exits[0].net_profit, "9.79");
    assert_int_equal(f.exits[0].trades, 0);
    expect_money(f.exits[1].net_profit, "-3.603");
    assert_int_equal(f.exits[1].trades, 1);
}

static void test_uneven_shares_of_fees_lose_nothing(void **state) {
    (void)state;
    trade(ORDER_BUY, "3", "100", "0.1", "entry");
    trade(ORDER_SELL, "1", "100", "0", "a");
    trade(ORDER_SELL, "1", "100", "0", "b");
    trade(ORDER_SELL, "1", "100", "0", "c");
    struct figures f = figures_now();
    expect_money(f.all.net_profit, "-0.1");
    expect_money(f.exits[0].net_profit, "-0.033333333333333333");
    expect_money(f.all.fees, "0.1");
}

static void test_a_turn_closes_and_opens(void **state) {
    (void)state;
    trade(ORDER_BUY, "1", "100", "0.1", "entry");
    trade(ORDER_SELL, "3", "105", "0.3", "turn"); /* a third of the fee closes */
    struct figures f = figures_now();
    assert_int_equal(f.all.trades, 1);
    assert_int_equal(f.long_side.trades, 1);
    expect_money(f.all.net_profit, "4.8");
    assert_int_equal(f.open_trades, 1);
    expect_money(f.open_net, "-0.2");
    trade(ORDER_BUY, "2", "100", "0.2", "turn");
    f = figures_now();
    assert_int_equal(f.short_side.trades, 1);
    expect_money(f.short_side.net_profit, "9.6");
    assert_int_equal(f.exits[0].trades, 2);
}

static void test_hedged_sides_are_two_positions(void **state) {
    (void)state;
    assert_int_equal(trade_on(POSITION_LONG, ORDER_BUY, "1", "100", "0", "entry"), 0);
    assert_int_equal(trade_on(POSITION_SHORT, ORDER_SELL, "1", "100", "0", "hedge"), 0);
    assert_int_equal(figures_now().open_trades, 2);
    assert_int_equal(trade_on(POSITION_SHORT, ORDER_BUY, "1", "98", "0", "hedge_tp"), 0);
    struct figures f = figures_now();
    assert_int_equal(f.open_trades, 1);
    assert_int_equal(f.short_side.trades, 1);
    expect_money(f.short_side.net_profit, "2");
}

static void test_a_fill_that_does_not_fit_is_refused(void **state) {
    (void)state;
    struct fill fill = {.price = {decimal_of_int(100)}, .quantity = {decimal_of_int(2)}};
    struct position_change closes = {.closed = {decimal_of_int(2)}};
    struct position_change opens = {.opened = {decimal_of_int(2)}};
    struct position_change nothing = {.closed = {{0}}};
    struct performance_fill told = {
        .side = ORDER_SELL, .fill = &fill, .change = &closes, .reason = "x"};
    struct err e = {0};
    assert_int_equal(performance_on_fill(&recorder, &told, &e), E_STATE); /* nothing is held */
    told.change = &nothing;
    assert_int_equal(performance_on_fill(&recorder, &told, &e), E_STATE);
    trade(ORDER_BUY, "1", "100", "0", "entry");
    told.change = &closes; /* more than is held */
    assert_int_equal(performance_on_fill(&recorder, &told, &e), E_STATE);
    told.change = &opens; /* against what is held */
    assert_int_equal(performance_on_fill(&recorder, &told, &e), E_STATE);
    told.side = ORDER_BUY;
    told.change = &closes;
    assert_int_equal(performance_on_fill(&recorder, &told, &e), E_STATE);
    assert_non_null(strstr(e.msg, "does not fit"));
    assert_int_equal(figures_now().all.trades, 0);
}

static void test_sums_out_of_range_are_told(void **state) {
    (void)state;
    struct err e = {0};
    struct money most = {decimal_of("170000000000000000000")};
    assert_int_equal(performance_on_funding(&recorder, most, &e), 0);
    assert_int_equal(performance_on_funding(&recorder, most, &e), E_OVERFLOW);
    assert_int_equal(e.code, E_OVERFLOW);
    expect_money(figures_now().funding, "170000000000000000000");
}

static void test_too_many_reasons_become_others(void **state) {
    (void)state;
    for (int i = 0; i < 300; i++) {
        char reason[32];
        snprintf(reason, sizeof reason, "exit_%d", i);
        trade(ORDER_BUY, "1", "100", "0", "entry");
        trade(ORDER_SELL, "1", "101", "0", reason);
    }
    struct figures f = figures_now();
    assert_int_equal(f.exit_count, PERFORMANCE_REASONS_MAX);
    assert_string_equal(f.exits[PERFORMANCE_REASONS_MAX - 1].reason, "(other)");
    assert_int_equal(f.exits[PERFORMANCE_REASONS_MAX - 1].exits, 300 - 255);
    trade(ORDER_BUY, "1", "100", "0", "entry");
    trade(ORDER_SELL, "1", "101", "0", "exit_7");
    assert_int_equal(figures_now().exits[7].exits, 2);
    assert_int_equal(figures_now().all.trades, 301);
}

/* Random fills in small lots: whatever happens, the parts add up to the whole, exactly. */
static void test_parts_add_up(void **state) {
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < 2000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        char quantity[16];
        char price[16];
        char reason[16];
        snprintf(quantity, sizeof quantity, "0.%04u", 1 + (unsigned)(seed >> 40) % 999);
        snprintf(
            price, sizeof price, "%u.%u", 100 + (unsigned)(seed >> 50) % 20,
            (unsigned)(seed >> 33) % 10
        );
        snprintf(reason, sizeof reason, "r%u", (unsigned)(seed >> 37) % 5);
        bool reduces = (seed >> 60) % 3 != 0; /* so that it is flat often enough */
        bool buys = decimal_sign(positions[0].quantity.d) < 0 ? reduces : !reduces;
        trade(buys ? ORDER_BUY : ORDER_SELL, quantity, price, "0.0137", reason);
    }
    struct figures f = figures_now();
    struct decimal booked;
    struct decimal told;
    assert_int_equal(decimal_sub(positions[0].realized.d, positions[0].fees.d, &booked), 0);
    assert_int_equal(decimal_add(f.all.net_profit.d, f.open_net.d, &told), 0);
    assert_int_equal(decimal_compare(booked, told), 0);
    assert_int_equal(decimal_compare(f.fees.d, positions[0].fees.d), 0);
    struct decimal sides;
    assert_int_equal(decimal_add(f.long_side.net_profit.d, f.short_side.net_profit.d, &sides), 0);
    assert_int_equal(decimal_compare(sides, f.all.net_profit.d), 0);
    assert_true(f.all.trades > 50);
    int64_t closed = 0;
    for (size_t i = 0; i < f.exit_count; i++) {
        closed += f.exits[i].trades;
    }
    assert_int_equal(closed, f.all.trades);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, recorder_make, recorder_free)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_is_undefined_not_zero),
        TEST(test_round_trips_by_hand),
        TEST(test_partial_exits_belong_to_one_trade),
        TEST(test_uneven_shares_of_fees_lose_nothing),
        TEST(test_a_turn_closes_and_opens),
        TEST(test_hedged_sides_are_two_positions),
        TEST(test_a_fill_that_does_not_fit_is_refused),
        TEST(test_sums_out_of_range_are_told),
        TEST(test_too_many_reasons_become_others),
        TEST(test_parts_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
