/* golden: the series that reference values of indicators were made on. A multiplicative generator
 * draws three numbers a bar; the drift changes its sign every 250 bars. Exact in doubles, so that
 * any language makes the same bars. */
#pragma once

#include "market/indicator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define GOLDEN_COUNT 3000
#define GOLDEN_STEP_MS 300000
#define GOLDEN_FIRST_MS ((int64_t)1700006400000)

static inline double golden_draw(uint64_t *x) {
    *x = 16807 * *x % 2147483647;
    return (double)*x / 2147483647.0;
}

static inline void golden_fill(struct bar bars[GOLDEN_COUNT]) {
    uint64_t x = 12345;
    double previous = 100;
    for (int i = 0; i < GOLDEN_COUNT; i++) {
        double u1 = golden_draw(&x), u2 = golden_draw(&x), u3 = golden_draw(&x);
        double drift = i / 250 % 2 == 0 ? 0.0004 : -0.0004;
        double close = previous * (1 + drift + 0.004 * (u1 - 0.5));
        bars[i] = (struct bar){
            .time_ms = GOLDEN_FIRST_MS + (int64_t)i * GOLDEN_STEP_MS,
            .close_ms = GOLDEN_FIRST_MS + (int64_t)(i + 1) * GOLDEN_STEP_MS,
            .open = previous,
            .high = (previous > close ? previous : close) * (1 + 0.001 * u2),
            .low = (previous < close ? previous : close) * (1 - 0.001 * u3),
            .close = close,
            .volume = 1,
        };
        previous = close;
    }
}

/* Runs an indicator without inputs over bars; row i of `out` has its outputs after bar i. */
static inline void run_indicator(
    const struct indicator_spec *spec,
    const struct indicator_params *params,
    const struct bar *bars,
    int count,
    double *out
) {
    void *state = calloc(1, spec->size);
    assert_non_null(state);
    spec->init(state, params, GOLDEN_STEP_MS);
    for (int i = 0; i < count; i++) {
        spec->push(state, &bars[i], NULL, &out[i * spec->output_count]);
    }
    free(state);
}

/* The same by name, with one parameter other than its default (NULL: none). */
static inline const struct indicator_spec *run_named(
    const char *name,
    const char *param,
    double value,
    const struct bar *bars,
    int count,
    double *out
) {
    const struct indicator_spec *spec = indicator_find(name);
    assert_non_null(spec);
    struct indicator_params params;
    indicator_defaults(spec, &params);
    if (param != NULL) {
        struct err e = {0};
        assert_int_equal(indicator_param_set(spec, &params, param, value, &e), E_OK);
    }
    run_indicator(spec, &params, bars, count, out);
    return spec;
}

/* Equal to `digits` after the point, as many as the reference gives. */
static inline void assert_close(double value, double expected, double tolerance) {
    if (!(fabs(value - expected) <= tolerance)) {
        print_error("%.12g is not %.12g within %g\n", value, expected, tolerance);
        fail();
    }
}
