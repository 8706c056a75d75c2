/* The two forms of a report, on a run small enough to write down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct exit_figures exits[] = {
    {.reason = "tp1", .exits = 4, .wins = 3, .trades = 1, .net_profit = {{0}}},
};

static struct figures figures_sample(void) {
    struct figures f = {
        .first_ms = INT64_C(1613692800000),
        .last_ms = INT64_C(1614297600000),
        .bars = 10080,
        .equity_start = {decimal_of_int(1000000)},
        .total_return = -0.0000113917,
        .sharpe = (double)NAN,
        .calmar = -1.25,
        .exits = exits,
        .exit_count = 1,
    };
    assert_int_equal(decimal_parse("999988.60835", 12, &f.equity_end.d), 0);
    f.all.trades = 27;
    f.all.win_rate = 0.5;
    f.all.wins = 1;
    assert_int_equal(decimal_parse("-0.00000001", 11, &f.all.average_win.d), 0);
    f.all.average_duration_ms = INT64_C(93784000);
    return f;
}

static struct report report_sample(const struct figures *f) {
    static const struct report_setting settings[] = {
        {"rsi_length", "14"}, {"direction", "long"}, {"note", "a \"b\""}};
    return (struct report){
        .strategy = "rsi",
        .symbol = "BTC-USDT-SWAP",
        .timeframe = "5m",
        .settings = settings,
        .setting_count = 3,
        .data = {.file = "week.csv", .bar = "1m", .rows = 10080},
        .figures = f,
        .cpu_seconds = 0.0125,
        .bars_per_second = 1234567,
    };
}

static void expect_in(const char *text, const char *part) {
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in:\n%s", part, text);
    }
}

static void expect_not_in(const char *text, const char *part) {
    if (strstr(text, part) != NULL) {
        fail_msg("\"%s\" is in:\n%s", part, text);
    }
}

static void test_text_is_one_aligned_column(void **state) {
    (void)state;
    struct figures f = figures_sample();
    struct report r = report_sample(&f);
    struct buffer out;
    buffer_init(&out, 1 << 16);
    assert_int_equal(report_text(&r, &out), 0);
    expect_in(out.data, "rsi on BTC-USDT-SWAP, 5m bars\n");
    expect_in(out.data, "week.csv: 10,080 bars of 1m\n");
    expect_in(out.data, "rsi_length=14 direction=long");
    expect_in(out.data, "  From                          2021-02-19 00:00 UTC\n");
    expect_in(out.data, "  Start balance                   1,000,000.0000\n");
    expect_in(out.data, "  End equity                        999,988.6084\n"); /* ties up */
    expect_in(out.data, "  Total return                           -0.0011 %\n");
    expect_in(out.data, "  Closed trades                               27\n");
    expect_in(out.data, "  Win rate                               50.0000 %\n");
    expect_in(out.data, "  Sharpe                                       -\n");
    expect_in(out.data, "  Calmar                                 -1.2500\n");
    expect_in(out.data, "  Average duration                    1d 02h 03m\n");
    expect_in(out.data, "  Largest loss                                 -\n");
    expect_in(out.data, "  Average win                             0.0000\n"); /* never −0 */
    expect_in(out.data, "  tp1 ");
    expect_in(out.data, "75.00");
    expect_in(out.data, "0.013 s of CPU, 1,234,567 bars/s\n");
    expect_not_in(out.data, "Warnings");
    expect_not_in(out.data, "nan");
    expect_not_in(out.data, "Open at the end");
    buffer_free(&out);
}

static void test_warnings_stand_beside_the_result(void **state) {
    (void)state;
    struct figures f = figures_sample();
    struct report r = report_sample(&f);
    r.data.rows = 366710;
    r.data.missing = 158890;
    r.data.gaps = 61148;
    r.data.longest = 44400;
    r.data.longest_time_ms = INT64_C(1430452800000);
    r.refused[RISK_MARGIN] = 3;
    r.faults = 1;
    struct report_position open = {
        .symbol = "BTC-USDT-SWAP",
        .quantity = {decimal_of_int(-2)},
        .entry = {decimal_of_int(46871)},
        .mark = {decimal_of_int(47000)},
        .unrealized = {decimal_of_int(-258)},
        .opened_ms = INT64_C(1614297000000),
    };
    r.positions = &open;
    r.position_count = 1;
    struct buffer out;
    buffer_init(&out, 1 << 16);
    assert_int_equal(report_text(&r, &out), 0);
    expect_in(out.data, "! 158,890 of 525,600 bars are missing from the data (30.23 %), in 61,148");
    expect_in(out.data, "44,400 bars from 2015-05-01 04:00 UTC; nothing was filled in");
    expect_in(out.data, "! 3 orders refused by the check free_margin\n");
    expect_in(out.data, "! 1 handler of the script failed and was undone\n");
    expect_in(out.data, "short 2, entry 46,871.0000, now 47,000.0000, open profit -258.0000");
    buffer_free(&out);
}

static void test_json_tells_the_same(void **state) {
    (void)state;
    struct figures f = figures_sample();
    struct report r = report_sample(&f);
    r.refused[RISK_DUPLICATE] = 2;
    r.bars_per_second = (double)NAN;
    struct buffer out;
    buffer_init(&out, 1 << 16);
    assert_int_equal(report_json(&r, &out), 0);
    expect_in(out.data, "{\"strategy\":\"rsi\",\"version\":null,\"symbol\":\"BTC-USDT-SWAP\"");
    expect_in(out.data, "\"note\":\"a \\\"b\\\"\"");
    expect_in(out.data, "\"equity_end\":999988.60835,");
    expect_in(out.data, "\"win_rate_percent\":50,");
    expect_in(out.data, "\"sharpe\":null,");
    expect_in(out.data, "\"largest_loss\":null,");
    expect_in(out.data, "\"longest_gap_ms\":null}");
    expect_in(
        out.data, "\"exits\":[{\"reason\":\"tp1\",\"exits\":4,\"trades\":1,"
                  "\"win_rate_percent\":75,\"net_profit\":0}]"
    );
    expect_in(out.data, "\"refused\":{\"duplicate\":2}");
    expect_in(out.data, "\"bars_per_second\":null}");
    for (size_t i = 0; i < figure_row_count; i++) {
        char key[64];
        snprintf(key, sizeof key, "\"%s\":", figure_rows[i].key);
        expect_in(out.data, key);
    }
    buffer_free(&out);
}

static void test_keys_are_unique_and_found(void **state) {
    (void)state;
    for (size_t i = 0; i < figure_row_count; i++) {
        assert_ptr_equal(figure_find(figure_rows[i].key), &figure_rows[i]);
    }
    assert_null(figure_find("sharp"));
    struct figures f = figures_sample();
    assert_true(figure_value(figure_find("win_rate_percent"), &f) == 50);
    assert_true(figure_value(figure_find("trades"), &f) == 27);
    assert_true(figure_value(figure_find("equity_end"), &f) == 999988.60835);
    assert_true(isnan(figure_value(figure_find("sharpe"), &f)));
}

static void test_full_buffer_is_told(void **state) {
    (void)state;
    struct figures f = figures_sample();
    struct report r = report_sample(&f);
    struct buffer out;
    buffer_init(&out, 100);
    assert_int_equal(report_text(&r, &out), E_LIMIT);
    buffer_clear(&out);
    assert_int_equal(report_json(&r, &out), E_LIMIT);
    buffer_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_one_aligned_column),
        cmocka_unit_test(test_warnings_stand_beside_the_result),
        cmocka_unit_test(test_json_tells_the_same),
        cmocka_unit_test(test_keys_are_unique_and_found),
        cmocka_unit_test(test_full_buffer_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
