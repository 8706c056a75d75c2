/* indicator_family: what the source files of the indicators share with the table in indicator.c
 * and with each other: the specs and the words that parameters are made of. Nobody else includes
 * it. Pure. */
#pragma once

#include "market/indicator.h"

#define LENGTH_MAX 500 /* fixes the rings inside the states */

/* Rows of spec tables that recur. */
#define LENGTH_PARAM(value)                                                                        \
    { "length", PARAM_INTEGER, value, 1, LENGTH_MAX, "bars" }
#define SOURCE_PARAM                                                                               \
    { "source", PARAM_SOURCE, 3, 0, 3, "which price of the bar" }
#define PARAM_COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

#define NOT_AVAILABLE __builtin_nan("")

static inline double bar_source(const struct bar *bar, int source) {
    switch (source) {
    case 0:
        return bar->open;
    case 1:
        return bar->high;
    case 2:
        return bar->low;
    default:
        return bar->close;
    }
}

static inline double true_range(const struct bar *bar, double previous_close) {
    double range = bar->high - bar->low;
    double up =
        bar->high > previous_close ? bar->high - previous_close : previous_close - bar->high;
    double down = bar->low > previous_close ? bar->low - previous_close : previous_close - bar->low;
    double reach = up > down ? up : down;
    return range > reach ? range : reach;
}

/* Warm-ups of those that have a value from the first bar on, and when their length is full. */
int warmup_of_first(const struct indicator_params *params);
int warmup_of_length(const struct indicator_params *params); /* params[0] is the length */

extern const char *const output_value[1];
extern const char *const output_state[1];

extern const struct indicator_spec indicator_sma, indicator_ema, indicator_rma, indicator_jma,
    indicator_rq, indicator_t3, indicator_vidya, indicator_rsi, indicator_atr, indicator_atr_mean,
    indicator_stddev, indicator_bollinger, indicator_cycle, indicator_bb_state,
    indicator_trend_state, indicator_adx, indicator_adx_state, indicator_centre;
