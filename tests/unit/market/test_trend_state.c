/* trend_state: with bars of the longer timeframes built from those of the chart and read as of the
 * open of the chart's bar, and its rules fed by hand. */
#include "market_fixture.h"

#define CHART_MS (5 * MINUTE_MS)

static struct bar bars[GOLDEN_COUNT];

static int begin(void **state) {
    (void)state;
    golden_fill(bars);
    return 0;
}

static void test_runs_on_the_golden_series(void **state) {
    (void)state;
    static const struct {
        int bar;
        double state;
    } runs[] = {{0, 0}, {732, 2}, {786, 0}, {804, -2}};
    struct market_fixture m;
    market_fixture_begin(&m, CHART_MS);
    struct indicator_instance *trend = market_fixture_open(&m, CHART_MS, "trend_state", NULL, 0);
    double last = NAN;
    int found = 0;
    for (int i = 0; i < GOLDEN_COUNT; i++) {
        market_fixture_push(&m, &bars[i]);
        double value = indicator_value(trend, 0, (uint64_t)i);
        if (value != last && found < 4) {
            assert_int_equal(i, runs[found].bar);
            assert_true(value == runs[found].state);
            found++;
        }
        last = value;
    }
    assert_int_equal(found, 4);
    market_fixture_end(&m);
}

/* What a bar of 30 minutes shows is seen by the bar of the chart that opens when it closes, not
 * by the one that closes with it. */
static void test_a_longer_bar_is_seen_from_its_close_on(void **state) {
    (void)state;
    struct market_fixture m;
    market_fixture_begin(&m, CHART_MS);
    struct indicator_instance *trend =
        market_fixture_open(&m, CHART_MS, "trend_state", "longer", 1);
    struct indicator_instance *cycle = market_fixture_open(&m, 30 * MINUTE_MS, "cycle", "kind", 1);
    struct indicator_instance *second =
        market_fixture_open(&m, 240 * MINUTE_MS, "cycle", "kind", 2);
    double expected = 0;
    int changes = 0;
    for (uint64_t i = 0; i < GOLDEN_COUNT; i++) {
        market_fixture_push(&m, &bars[i]);
        double bull = 0, bear = 0;
        if (i >= 48) {
            uint64_t at = i / 6 - 1, second_at = i / 48 - 1;
            bull = indicator_value(cycle, 0, at) * indicator_value(second, 0, second_at);
            bear = indicator_value(cycle, 1, at) * indicator_value(second, 1, second_at);
        }
        double before = expected;
        expected = bull == 1 ? 2 : bear == 1 ? -2 : 0;
        changes += expected != before;
        assert_true(indicator_value(trend, 0, i) == expected);
    }
    assert_true(changes > 10);
    market_fixture_end(&m);
}

static void check_timeframes(int64_t chart_ms, int64_t cycle_ms, int64_t band_ms) {
    const struct indicator_spec *spec = indicator_find("trend_state");
    struct indicator_params params;
    struct indicator_input inputs[INDICATOR_INPUTS_MAX];
    indicator_defaults(spec, &params);
    assert_int_equal(spec->inputs(&params, chart_ms, inputs), 3);
    assert_string_equal(inputs[0].indicator, "cycle");
    assert_string_equal(inputs[1].indicator, "cycle");
    assert_string_equal(inputs[2].indicator, "bb_state");
    assert_int_equal(inputs[0].output, 0);
    assert_int_equal(inputs[1].output, 1);
    assert_int_equal(inputs[0].timeframe_ms, cycle_ms);
    assert_int_equal(inputs[1].timeframe_ms, cycle_ms);
    assert_int_equal(inputs[2].timeframe_ms, band_ms);
}

static void test_which_timeframes_it_reads(void **state) {
    (void)state;
    check_timeframes(MINUTE_MS, 15 * MINUTE_MS, 5 * MINUTE_MS);
    check_timeframes(3 * MINUTE_MS, 15 * MINUTE_MS, 5 * MINUTE_MS);
    check_timeframes(5 * MINUTE_MS, 30 * MINUTE_MS, 15 * MINUTE_MS);
    check_timeframes(15 * MINUTE_MS, 30 * MINUTE_MS, 15 * MINUTE_MS);
    check_timeframes(30 * MINUTE_MS, 30 * MINUTE_MS, 60 * MINUTE_MS);
    check_timeframes(60 * MINUTE_MS, 60 * MINUTE_MS, 60 * MINUTE_MS);
    check_timeframes(120 * MINUTE_MS, 60 * MINUTE_MS, 60 * MINUTE_MS);
    check_timeframes(240 * MINUTE_MS, 480 * MINUTE_MS, 60 * MINUTE_MS);
    check_timeframes(1440 * MINUTE_MS, 480 * MINUTE_MS, 60 * MINUTE_MS);
}

static void test_named_timeframes_replace_the_usual_ones(void **state) {
    (void)state;
    const struct indicator_spec *spec = indicator_find("trend_state");
    struct indicator_params params;
    struct indicator_input inputs[INDICATOR_INPUTS_MAX];
    struct err e = {0};
    indicator_defaults(spec, &params);
    assert_int_equal(
        indicator_param_set(spec, &params, "cycle_timeframe", 240 * MINUTE_MS, &e), E_OK
    );
    assert_int_equal(
        indicator_param_set(spec, &params, "band_timeframe", 30 * MINUTE_MS, &e), E_OK
    );
    assert_int_equal(spec->inputs(&params, CHART_MS, inputs), 3);
    assert_int_equal(inputs[1].timeframe_ms, 240 * MINUTE_MS);
    assert_int_equal(inputs[2].timeframe_ms, 30 * MINUTE_MS);
}

/* Bull, bear and bb_state by hand. */
static double feed(void *trend, double bull, double bear, double band) {
    const double inputs[INDICATOR_INPUTS_MAX] = {bull, bear, band};
    double value = NAN;
    indicator_find("trend_state")->push(trend, &bars[0], inputs, &value);
    return value;
}

static void test_the_rules_follow_one_another_on_one_bar(void **state) {
    (void)state;
    const struct indicator_spec *spec = indicator_find("trend_state");
    struct indicator_params params;
    indicator_defaults(spec, &params);
    void *trend = calloc(1, spec->size);
    assert_non_null(trend);
    spec->init(trend, &params, CHART_MS);
    assert_true(feed(trend, NAN, NAN, NAN) == 0); /* without data neither bull nor bear */
    assert_true(feed(trend, 1, 0, NAN) == 0);
    assert_true(feed(trend, 1, 0, -2) == 0);
    assert_true(feed(trend, 1, 0, 2) == 2);
    assert_true(feed(trend, 1, 0, -1) == 2);  /* kept while bull */
    assert_true(feed(trend, 0, 1, -2) == -2); /* 2 ends and −2 begins on the same bar */
    assert_true(feed(trend, 0, 1, 2) == -2);
    assert_true(feed(trend, 0, 0, -2) == 0);
    assert_true(feed(trend, 0, 1, -2) == -2);
    assert_true(feed(trend, 1, 0, 2) == 2);
    assert_true(feed(trend, NAN, NAN, 2) == 0);
    free(trend);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_on_the_golden_series),
        cmocka_unit_test(test_a_longer_bar_is_seen_from_its_close_on),
        cmocka_unit_test(test_which_timeframes_it_reads),
        cmocka_unit_test(test_named_timeframes_replace_the_usual_ones),
        cmocka_unit_test(test_the_rules_follow_one_another_on_one_bar),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
