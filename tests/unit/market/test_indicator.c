/* The table of indicators, its parameters, and what must hold of every row. */
#include "golden.h"

#include <string.h>

static struct bar bars[GOLDEN_COUNT];
static double out[GOLDEN_COUNT * INDICATOR_OUTPUTS_MAX];
static double other[GOLDEN_COUNT * INDICATOR_OUTPUTS_MAX];

static int begin(void **state) {
    (void)state;
    golden_fill(bars);
    return 0;
}

static void test_every_row_is_complete(void **state) {
    (void)state;
    static const char *const names[] = {
        "rsi",       "atr",         "atr_mean", "ema",       "sma",    "stddev",
        "bollinger", "jma",         "rq",       "t3",        "vidya",  "cycle",
        "bb_state",  "trend_state", "adx",      "adx_state", "centre",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_non_null(indicator_find(names[i]));
    }
    assert_null(indicator_find("macd_of_dreams"));
    for (int i = 0; i < indicator_count(); i++) {
        const struct indicator_spec *spec = indicator_at(i);
        assert_ptr_equal(indicator_find(spec->name), spec);
        assert_true(strlen(spec->name) < INDICATOR_NAME_MAX);
        assert_true(strlen(spec->summary) > 0 && strlen(spec->formula) > 0);
        assert_in_range(spec->param_count, 0, INDICATOR_PARAMS_MAX);
        assert_in_range(spec->output_count, 1, INDICATOR_OUTPUTS_MAX);
        assert_true(spec->size <= 10240);
        struct indicator_params params;
        struct err e = {0};
        indicator_defaults(spec, &params);
        for (int k = 0; k < spec->param_count; k++) {
            const struct indicator_param *param = &spec->params[k];
            assert_true(strlen(param->help) > 0);
            assert_int_equal(
                indicator_param_set(spec, &params, param->name, param->value, &e), E_OK
            );
        }
    }
}

static void test_values_begin_after_the_warmup(void **state) {
    (void)state;
    for (int i = 0; i < indicator_count(); i++) {
        const struct indicator_spec *spec = indicator_at(i);
        if (spec->inputs != NULL) {
            continue;
        }
        struct indicator_params params;
        indicator_defaults(spec, &params);
        run_indicator(spec, &params, bars, GOLDEN_COUNT, out);
        for (int bar = 0; bar < GOLDEN_COUNT; bar++) {
            bool is_there = isfinite(out[bar * spec->output_count]) != 0;
            assert_int_equal(is_there, bar + 1 >= spec->warmup(&params));
        }
    }
}

/* Again with the longest length there is: no ring runs over, and states stay bounded. */
static void test_longest_and_shortest_lengths(void **state) {
    (void)state;
    for (int i = 0; i < indicator_count(); i++) {
        const struct indicator_spec *spec = indicator_at(i);
        if (spec->inputs != NULL) {
            continue;
        }
        for (int end = 0; end < 2; end++) {
            struct indicator_params params;
            indicator_defaults(spec, &params);
            for (int k = 0; k < spec->param_count; k++) {
                const struct indicator_param *param = &spec->params[k];
                if (param->kind == PARAM_INTEGER) {
                    params.v[k] = end == 0 ? param->min : param->max;
                }
            }
            run_indicator(spec, &params, bars, GOLDEN_COUNT, out);
            double last = out[(GOLDEN_COUNT - 1) * spec->output_count];
            assert_true(isfinite(last));
            assert_true(fabs(last) < 200);
        }
    }
}

/* A snapshot is a copy of the bytes: what goes on from it goes on alike. */
static void test_a_copy_goes_on_alike(void **state) {
    (void)state;
    for (int i = 0; i < indicator_count(); i++) {
        const struct indicator_spec *spec = indicator_at(i);
        const double inputs[INDICATOR_INPUTS_MAX] = {1, 0, 2, 0};
        struct indicator_params params;
        indicator_defaults(spec, &params);
        void *a = calloc(1, spec->size), *b = calloc(1, spec->size);
        assert_non_null(a);
        assert_non_null(b);
        spec->init(a, &params, GOLDEN_STEP_MS);
        for (int bar = 0; bar < 777; bar++) {
            spec->push(a, &bars[bar], inputs, out);
        }
        memcpy(b, a, spec->size);
        for (int bar = 777; bar < 1500; bar++) {
            spec->push(a, &bars[bar], inputs, out);
            spec->push(b, &bars[bar], inputs, other);
            assert_memory_equal(out, other, sizeof(double) * (size_t)spec->output_count);
        }
        free(a);
        free(b);
    }
}

static void test_a_number_by_hand_is_a_bar_of_four_equal_prices(void **state) {
    (void)state;
    const struct indicator_spec *ema = indicator_find("ema");
    struct indicator_params params;
    struct err e = {0};
    indicator_defaults(ema, &params);
    assert_int_equal(indicator_param_set(ema, &params, "length", 5, &e), E_OK);
    assert_int_equal(
        indicator_param_set(ema, &params, "source", indicator_source_find("high"), &e), E_OK
    );
    void *ema_state = calloc(1, ema->size);
    assert_non_null(ema_state);
    ema->init(ema_state, &params, GOLDEN_STEP_MS);
    double value = 0;
    indicator_push_number(ema, ema_state, 10, &value);
    assert_true(value == 10);
    indicator_push_number(ema, ema_state, 13, &value);
    assert_close(value, 11, 1e-12);
    free(ema_state);

    const struct indicator_spec *trend = indicator_find("trend_state");
    indicator_defaults(trend, &params);
    void *trend_state = calloc(1, trend->size);
    assert_non_null(trend_state);
    trend->init(trend_state, &params, GOLDEN_STEP_MS);
    indicator_push_number(trend, trend_state, 10, &value);
    assert_true(value == 0);
    free(trend_state);
}

static void test_sources(void **state) {
    (void)state;
    static const char *const names[] = {"open", "high", "low", "close"};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(indicator_source_find(names[i]), i);
        assert_string_equal(indicator_source_name(i), names[i]);
    }
    assert_int_equal(indicator_source_find("hlc3"), -1);
    const double prices[] = {bars[7].open, bars[7].high, bars[7].low, bars[7].close};
    for (int i = 0; i < 4; i++) {
        run_named("rq", "source", i, &bars[7], 1, out);
        assert_close(out[0], prices[i], 1e-9);
    }
}

static void check_refused(const char *name, const char *param, double value, const char *says) {
    const struct indicator_spec *spec = indicator_find(name);
    struct indicator_params params, before;
    struct err e = {0};
    indicator_defaults(spec, &params);
    before = params;
    assert_int_equal(indicator_param_set(spec, &params, param, value, &e), E_RANGE);
    assert_non_null(strstr(e.msg, param));
    assert_non_null(strstr(e.msg, says));
    assert_memory_equal(&params, &before, sizeof params);
}

static void test_values_out_of_range_are_refused_with_the_range(void **state) {
    (void)state;
    check_refused("rsi", "length", 0, "1 to 500");
    check_refused("rsi", "length", 501, "1 to 500");
    check_refused("rsi", "length", 14.5, "whole");
    check_refused("rsi", "length", NAN, "1 to 500");
    check_refused("rsi", "length", INFINITY, "1 to 500");
    check_refused("rsi", "source", 4, "close");
    check_refused("stddev", "sample", 0.5, "true");
    check_refused("t3", "factor", -0.1, "0 to 1");
    check_refused("trend_state", "cycle_timeframe", 7 * 60000, "4h");
    check_refused("trend_state", "cycle_timeframe", -60000, "auto");
}

static void test_unknown_parameters_are_refused_with_the_names(void **state) {
    (void)state;
    struct indicator_params params = {0};
    struct err e = {0};
    assert_int_equal(
        indicator_param_set(indicator_find("adx_state"), &params, "lenght", 5, &e), E_NOT_FOUND
    );
    assert_non_null(strstr(e.msg, "lenght"));
    assert_non_null(strstr(e.msg, "di, length, threshold, range, range_move"));
    assert_int_equal(
        indicator_param_set(indicator_find("bb_state"), &params, "length", 5, &e), E_NOT_FOUND
    );
    assert_non_null(strstr(e.msg, "no parameters"));
}

static void test_rsi_at_its_ends(void **state) {
    (void)state;
    static struct bar rising[40], still[40];
    for (int i = 0; i < 40; i++) {
        rising[i].close = 100 + i;
        still[i].close = 100;
    }
    run_named("rsi", NULL, 0, still, 40, out);
    assert_true(isnan(out[39]));
    run_named("rsi", NULL, 0, rising, 40, out);
    assert_close(out[39], 100, 1e-7);
    assert_true(out[39] < 100); /* a loss of 0 counts as 1e-10 */
}

/* A long way up and down, then near a standstill: what a rolling sum of squares would lose. */
static void test_scatter_equals_its_definition_to_the_end(void **state) {
    (void)state;
    enum { COUNT = 200000, LENGTH = 60 };
    static double prices[COUNT];
    uint64_t x = 99;
    double price = 1000;
    const struct indicator_spec *spec = indicator_find("bollinger");
    struct indicator_params params;
    struct err e = {0};
    indicator_defaults(spec, &params);
    assert_int_equal(indicator_param_set(spec, &params, "length", LENGTH, &e), E_OK);
    void *band = calloc(1, spec->size);
    assert_non_null(band);
    spec->init(band, &params, GOLDEN_STEP_MS);
    for (int i = 0; i < COUNT; i++) {
        double scale = i % 2000 < 1000 ? 0.02 : 1e-9;
        price *= 1 + scale * (golden_draw(&x) - 0.5);
        prices[i] = price;
        indicator_push_number(spec, band, price, out);
        if (i < LENGTH - 1 || i % 37 != 0) {
            continue;
        }
        long double mean = 0, squares = 0;
        for (int k = i - LENGTH + 1; k <= i; k++) {
            mean += (long double)prices[k] / LENGTH;
        }
        for (int k = i - LENGTH + 1; k <= i; k++) {
            squares += ((long double)prices[k] - mean) * ((long double)prices[k] - mean);
        }
        double deviation = sqrt((double)(squares / LENGTH));
        assert_close(out[0], (double)mean, 1e-12 * price);
        assert_close(out[1] - out[2], 4 * deviation, 1e-9 * deviation + 1e-15 * price);
    }
    for (int i = 0; i < LENGTH; i++) {
        indicator_push_number(spec, band, 0.1, out);
    }
    assert_true(out[0] == 0.1 && out[1] == 0.1 && out[2] == 0.1);
    assert_true(out[3] == 0 && isnan(out[4]));
    free(band);
}

static void test_sample_deviation(void **state) {
    (void)state;
    run_named("stddev", NULL, 0, bars, 100, out);
    run_named("stddev", "sample", 1, bars, 100, other);
    assert_close(other[99] * other[99] * 19, out[99] * out[99] * 20, 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_complete),
        cmocka_unit_test(test_values_begin_after_the_warmup),
        cmocka_unit_test(test_longest_and_shortest_lengths),
        cmocka_unit_test(test_a_copy_goes_on_alike),
        cmocka_unit_test(test_a_number_by_hand_is_a_bar_of_four_equal_prices),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_values_out_of_range_are_refused_with_the_range),
        cmocka_unit_test(test_unknown_parameters_are_refused_with_the_names),
        cmocka_unit_test(test_rsi_at_its_ends),
        cmocka_unit_test(test_scatter_equals_its_definition_to_the_end),
        cmocka_unit_test(test_sample_deviation),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
