/* Figures of the equity curve: returns, drawdowns and annualised ratios. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/performance.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)
#define START_MS (INT64_C(18677) * DAY_MS) /* 2021-02-19 */

static struct performance recorder;

static int recorder_free(void **state) {
    (void)state;
    performance_fini(&recorder);
    return 0;
}

static void recorder_start(int64_t balance) {
    performance_init(&recorder, (struct money){decimal_of_int(balance)});
}

/* A bar of `length_ms` that ends with this equity; price and exposure as given. */
static void
bar_tell(int64_t time_ms, int64_t length_ms, double equity, double price, double exposed) {
    struct money exact;
    assert_int_equal(decimal_of_double(equity, &exact.d), 0);
    struct performance_bar bar = {
        .time_ms = time_ms,
        .close_ms = time_ms + length_ms,
        .open = price,
        .close = price,
        .equity = exact,
        .equity_value = equity,
        .exposed_value = exposed,
    };
    struct err e;
    assert_int_equal(performance_on_bar(&recorder, &bar, &e), 0);
}

static struct figures figures_of(double risk_free_rate, double days_per_year) {
    struct figures f;
    struct err e;
    struct figures_options options = {risk_free_rate, days_per_year};
    assert_int_equal(performance_figures(&recorder, &options, &f, &e), 0);
    return f;
}

static void expect_near(double value, double expected) {
    if (!(fabs(value - expected) <= 1e-12 * (1 + fabs(expected)))) {
        fail_msg("%.17g, expected %.17g", value, expected);
    }
}

static void expect_money(struct money money, const char *text) {
    char shown[DECIMAL_TEXT_MAX];
    decimal_format(money.d, shown);
    assert_string_equal(shown, text);
}

/* Daily returns +10 %, −10 %, +10 %: mean 1/30, squares 2·(1/15)² + (2/15)². */
static void test_daily_ratios_by_hand(void **state) {
    (void)state;
    recorder_start(1000);
    bar_tell(START_MS, DAY_MS, 1100, 50, 0);
    bar_tell(START_MS + DAY_MS, DAY_MS, 990, 50, 495);
    bar_tell(START_MS + 2 * DAY_MS, DAY_MS, 1089, 60, 0);
    struct figures f = figures_of(0, 0);
    double deviation = sqrt((2.0 / 225 + 4.0 / 225) / 2);
    expect_near(f.volatility, deviation * sqrt(365));
    expect_near(f.sharpe, 1.0 / 30 / deviation * sqrt(365));
    expect_near(f.sortino, 1.0 / 30 / sqrt(0.01 / 3) * sqrt(365));
    expect_near(f.total_return, 0.089);
    expect_near(f.buy_and_hold, 0.2);
    expect_near(f.cagr, pow(1.089, 365.0 / 3) - 1);
    expect_near(f.max_drawdown_ratio, 0.1);
    expect_money(f.max_drawdown, "110");
    expect_near(f.calmar, f.cagr / 0.1);
    expect_near(f.exposure, 0.5 / 3);
    expect_near(f.time_in_market, 1.0 / 3);
    assert_int_equal(f.days, 3);
    assert_int_equal(f.bars, 3);
    assert_int_equal(f.max_drawdown_peak_ms, START_MS + DAY_MS);
    assert_int_equal(f.max_drawdown_trough_ms, START_MS + 2 * DAY_MS);

    struct figures risky = figures_of(3.65, 365); /* a hundredth a day */
    expect_near(risky.sharpe, (1.0 / 30 - 0.01) / deviation * sqrt(365));
    expect_near(risky.sortino, (1.0 / 30 - 0.01) / sqrt(0.0121 / 3) * sqrt(365));
}

/* The last bar of a day ends at midnight and belongs to it; a day without bars is no return. */
static void test_days_are_utc_days(void **state) {
    (void)state;
    int64_t half = DAY_MS / 2;
    recorder_start(100);
    bar_tell(START_MS, half, 300, 1, 0);
    bar_tell(START_MS + half, half, 110, 1, 0);
    bar_tell(START_MS + 5 * DAY_MS, half, 121, 1, 0);
    struct figures f = figures_of(0, 0);
    assert_int_equal(f.days, 2);
    assert_int_equal(recorder.days[0].day, START_MS / DAY_MS);
    assert_true(recorder.days[0].equity == 110);
    assert_int_equal(recorder.days[1].day, START_MS / DAY_MS + 5);
}

static void test_equal_returns_have_no_sharpe(void **state) {
    (void)state;
    recorder_start(1000);
    for (int i = 0; i < 3; i++) {
        bar_tell(START_MS + i * DAY_MS, DAY_MS, 1000, 1, 0);
    }
    struct figures f = figures_of(0, 0);
    assert_true(f.volatility == 0);
    assert_true(isnan(f.sharpe) && isnan(f.sortino) && isnan(f.calmar));
    assert_true(f.max_drawdown_ratio == 0 && f.max_drawdown_duration_ms == 0);
    expect_money(f.max_drawdown, "0");
    assert_true(isnan(figure_value(figure_find("max_drawdown_peak_ms"), &f)));
}

static void test_one_day_is_too_few(void **state) {
    (void)state;
    recorder_start(1000);
    bar_tell(START_MS, 60000, 1200, 1, 0);
    struct figures f = figures_of(0, 0);
    assert_true(isnan(f.volatility) && isnan(f.sharpe) && isnan(f.sortino));
    assert_true(isnan(f.cagr)); /* a fifth a minute is no number after a year */
    expect_near(f.total_return, 0.2);
}

/* 100 → 80 → 100 (three hours) → 120 → 90 (deepest) → 110 (still below, five hours). */
static void test_drawdown_by_hand(void **state) {
    (void)state;
    const double curve[] = {100, 90, 80, 100, 120, 95, 90, 100, 105, 110};
    int64_t hour = DAY_MS / 24;
    recorder_start(100);
    for (int i = 0; i < 10; i++) {
        bar_tell(START_MS + i * hour, hour, curve[i], 1, 0);
    }
    struct figures f = figures_of(0, 0);
    expect_near(f.max_drawdown_ratio, 0.25);
    expect_money(f.max_drawdown, "30");
    assert_int_equal(f.max_drawdown_peak_ms, START_MS + 5 * hour);
    assert_int_equal(f.max_drawdown_trough_ms, START_MS + 7 * hour);
    assert_int_equal(f.max_drawdown_duration_ms, 5 * hour);
    bar_tell(START_MS + 10 * hour, hour, 120, 1, 0);
    assert_int_equal(figures_of(0, 0).max_drawdown_duration_ms, 6 * hour);
}

static void test_ruin_is_minus_one_hundred_percent(void **state) {
    (void)state;
    recorder_start(1000);
    bar_tell(START_MS, DAY_MS, 500, 1, 0);
    bar_tell(START_MS + DAY_MS, DAY_MS, 0, 1, 0);
    bar_tell(START_MS + 2 * DAY_MS, DAY_MS, 0, 1, 10);
    struct figures f = figures_of(0, 0);
    expect_near(f.total_return, -1);
    expect_near(f.cagr, -1);
    expect_near(f.max_drawdown_ratio, 1);
    assert_true(isnan(f.sharpe)); /* no return from nothing */
    assert_true(f.exposure == 0);
}

/* E. Chan's case: IGE bought at the first adjusted close and sold at the last, 4 %, 252 days. */
static void test_sharpe_of_a_published_case(void **state) {
    (void)state;
    const char *path = SOURCE_DIR "/../shared/data/metrics/sharpe-ige.csv";
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        print_message("skipped: %s is not there\n", path);
        skip();
    }
    recorder_start(42090);
    char line[256];
    assert_non_null(fgets(line, sizeof line, f));
    int64_t day = 0;
    while (fgets(line, sizeof line, f) != NULL) {
        double close = strtod(strrchr(line, ',') + 1, NULL);
        bar_tell(START_MS + day * DAY_MS, DAY_MS, close * 1000, close, 0);
        day++;
    }
    fclose(f);
    struct figures figures = figures_of(0.04, 252);
    assert_int_equal(figures.days, 1504);
    expect_near(figures.buy_and_hold, 127.64 / 42.09 - 1);
    assert_true(fabs(figures.sharpe - 0.7889) < 0.00005);
}

int main(void) {
#define TEST(f) cmocka_unit_test_teardown(f, recorder_free)
    const struct CMUnitTest tests[] = {
        TEST(test_daily_ratios_by_hand),
        TEST(test_days_are_utc_days),
        TEST(test_equal_returns_have_no_sharpe),
        TEST(test_one_day_is_too_few),
        TEST(test_drawdown_by_hand),
        TEST(test_ruin_is_minus_one_hundred_percent),
        TEST(test_sharpe_of_a_published_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
