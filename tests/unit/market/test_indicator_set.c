/* indicator_set: one instance for equal asks, values beside the bars, late ones equal to early
 * ones. */
#include "market_fixture.h"

#define CHART_MS (5 * MINUTE_MS)

static struct bar bars[GOLDEN_COUNT];

static int begin(void **state) {
    (void)state;
    golden_fill(bars);
    return 0;
}

static void assert_same(double a, double b) {
    assert_true(a == b || (isnan(a) && isnan(b)));
}

static void test_equal_asks_share_an_instance(void **state) {
    (void)state;
    struct market_fixture m;
    market_fixture_begin(&m, CHART_MS);
    struct indicator_instance *a = market_fixture_open(&m, CHART_MS, "rsi", NULL, 0);
    assert_ptr_equal(market_fixture_open(&m, CHART_MS, "rsi", "length", 14), a);
    assert_ptr_not_equal(market_fixture_open(&m, CHART_MS, "rsi", "length", 15), a);
    assert_ptr_not_equal(market_fixture_open(&m, 15 * MINUTE_MS, "rsi", NULL, 0), a);
    assert_ptr_not_equal(market_fixture_open(&m, CHART_MS, "atr", NULL, 0), a);
    assert_ptr_equal(market_fixture_open(&m, CHART_MS, "rsi", NULL, 0), a);
    /* An input is an instance like any other. */
    struct indicator_instance *trend = market_fixture_open(&m, CHART_MS, "trend_state", NULL, 0);
    assert_ptr_equal(market_fixture_open(&m, 30 * MINUTE_MS, "cycle", NULL, 0), trend->inputs[0]);
    assert_ptr_equal(trend->inputs[0], trend->inputs[1]);
    market_fixture_end(&m);
}

/* Every indicator, opened before the first bar, after the last and in between. */
static void test_late_instances_equal_early_ones(void **state) {
    (void)state;
    struct market_fixture early, late;
    market_fixture_begin(&early, CHART_MS);
    market_fixture_begin(&late, CHART_MS);
    for (int k = 0; k < indicator_count(); k++) {
        market_fixture_open(&early, CHART_MS, indicator_at(k)->name, NULL, 0);
    }
    for (int i = 0; i < GOLDEN_COUNT; i++) {
        if (i == 1234) {
            for (int k = 0; k < indicator_count(); k += 2) {
                market_fixture_open(&late, CHART_MS, indicator_at(k)->name, NULL, 0);
            }
        }
        market_fixture_push(&early, &bars[i]);
        market_fixture_push(&late, &bars[i]);
    }
    for (int k = 0; k < indicator_count(); k++) {
        const struct indicator_spec *spec = indicator_at(k);
        struct indicator_instance *a = market_fixture_open(&early, CHART_MS, spec->name, NULL, 0);
        struct indicator_instance *b = market_fixture_open(&late, CHART_MS, spec->name, NULL, 0);
        assert_int_equal(b->fed, GOLDEN_COUNT);
        for (uint64_t i = 0; i < GOLDEN_COUNT; i++) {
            for (int output = 0; output < spec->output_count; output++) {
                assert_same(indicator_value(a, output, i), indicator_value(b, output, i));
            }
        }
    }
    market_fixture_end(&early);
    market_fixture_end(&late);
}

static void test_values_lie_beside_the_bars_and_go_with_them(void **state) {
    (void)state;
    struct market_fixture m;
    market_fixture_begin(&m, MINUTE_MS);
    struct indicator_instance *ema = market_fixture_open(&m, MINUTE_MS, "ema", "length", 1);
    const uint64_t total = SERIES_CAPACITY + 700;
    assert_true(isnan(indicator_value(ema, 0, 0)));
    for (uint64_t i = 0; i < total; i++) {
        struct bar bar = {
            .time_ms = GOLDEN_FIRST_MS + (int64_t)i * MINUTE_MS,
            .close_ms = GOLDEN_FIRST_MS + (int64_t)(i + 1) * MINUTE_MS,
            .close = (double)i,
        };
        market_fixture_push(&m, &bar);
        assert_true(indicator_value(ema, 0, i) == (double)i);
        assert_true(isnan(indicator_value(ema, 0, i + 1)));
    }
    assert_true(isnan(indicator_value(ema, 0, 699)));
    for (uint64_t i = 700; i < total; i++) {
        assert_true(indicator_value(ema, 0, i) == (double)i);
    }
    /* One that is made now replays what a reader may ask for and has nothing before it. */
    struct indicator_instance *late = market_fixture_open(&m, MINUTE_MS, "sma", "length", 1);
    assert_int_equal(late->first, total - SERIES_HISTORY);
    assert_true(isnan(indicator_value(late, 0, total - SERIES_HISTORY - 1)));
    for (uint64_t i = total - SERIES_HISTORY; i < total; i++) {
        assert_true(indicator_value(late, 0, i) == (double)i);
    }
    market_fixture_end(&m);
}

static void test_a_bar_is_fed_once(void **state) {
    (void)state;
    struct market_fixture m;
    market_fixture_begin(&m, CHART_MS);
    struct indicator_instance *rsi = market_fixture_open(&m, CHART_MS, "rsi", NULL, 0);
    for (int i = 0; i < 100; i++) {
        market_fixture_push(&m, &bars[i]);
        indicator_set_push(m.set, m.series[2]);
    }
    static double out[GOLDEN_COUNT];
    run_named("rsi", NULL, 0, bars, 100, out);
    for (uint64_t i = 0; i < 100; i++) {
        assert_same(indicator_value(rsi, 0, i), out[i]);
    }
    market_fixture_end(&m);
}

static void test_an_input_without_bars_is_refused_by_name(void **state) {
    (void)state;
    struct market_fixture m;
    market_fixture_begin(&m, MINUTE_MS);
    struct series_source source = {market_fixture_series, &m};
    const struct indicator_spec *spec = indicator_find("trend_state");
    struct indicator_instance *instance = NULL;
    struct indicator_params params;
    struct err e = {0};
    indicator_defaults(spec, &params);
    struct series *band = m.series[2];
    m.series[2] = NULL;
    assert_int_equal(
        indicator_set_open(m.set, m.series[0], spec, &params, &source, &instance, &e), E_NOT_FOUND
    );
    assert_null(instance);
    assert_non_null(strstr(e.msg, "5m"));
    assert_non_null(strstr(e.msg, "bb_state"));
    m.series[2] = band;
    assert_int_equal(
        indicator_set_open(m.set, m.series[0], spec, &params, &source, &instance, &e), E_OK
    );
    market_fixture_end(&m);
}

/* More series than the table has room for at first. */
static void test_many_series(void **state) {
    (void)state;
    enum { SERIES_COUNT = 100 };
    static struct series many[SERIES_COUNT];
    struct indicator_instance *instances[SERIES_COUNT];
    const struct indicator_spec *spec = indicator_find("ema");
    struct indicator_params params;
    struct err e = {0};
    indicator_defaults(spec, &params);
    struct indicator_set *set = indicator_set_new();
    assert_non_null(set);
    for (int i = 0; i < SERIES_COUNT; i++) {
        many[i].timeframe_ms = CHART_MS;
        assert_int_equal(
            indicator_set_open(set, &many[i], spec, &params, NULL, &instances[i], &e), E_OK
        );
    }
    for (int i = 0; i < SERIES_COUNT; i++) {
        struct bar bar = {.close = i};
        series_push(&many[i], &bar, 1);
        indicator_set_push(set, &many[i]);
    }
    for (int i = 0; i < SERIES_COUNT; i++) {
        assert_true(indicator_value(instances[i], 0, 0) == i);
    }
    indicator_set_free(set);
    indicator_set_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_asks_share_an_instance),
        cmocka_unit_test(test_late_instances_equal_early_ones),
        cmocka_unit_test(test_values_lie_beside_the_bars_and_go_with_them),
        cmocka_unit_test(test_a_bar_is_fed_once),
        cmocka_unit_test(test_an_input_without_bars_is_refused_by_name),
        cmocka_unit_test(test_many_series),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
