/* indicator: one face for every indicator.
 *
 * An indicator is a row of one table (name, parameters with ranges, outputs, what it needs) and a
 * fixed-size struct without pointers that is fed the closed bars of its timeframe in order and
 * gives its outputs after each. A snapshot is a memcpy. Some read other timeframes of the symbol
 * (trend_state reads `cycle` and `bb_state`): they say so as inputs, and their owner feeds the
 * outputs of those as of the open of the bar. Doubles, only + - × ÷ √, no libm, compiled with
 * -ffp-contract=off: equal on every machine. Pure: the caller owns the memory. */
#pragma once

#include "base/err.h"
#include "market/bar.h"

#include <stddef.h>

#define INDICATOR_PARAMS_MAX 12
#define INDICATOR_OUTPUTS_MAX 8
#define INDICATOR_INPUTS_MAX 4
#define INDICATOR_NAME_MAX 24

enum indicator_param_kind {
    PARAM_INTEGER,
    PARAM_NUMBER,
    PARAM_SOURCE,
    PARAM_TIMEFRAME,
    PARAM_BOOLEAN
};

struct indicator_param {
    const char *name;
    enum indicator_param_kind kind;
    double value, min, max; /* default and range; a source is an index into open high low close; a
                               timeframe is in ms (0: auto) */
    const char *help;
};

struct indicator_params { /* values in the order of the spec's params */
    double v[INDICATOR_PARAMS_MAX];
};

/* What an indicator reads of another timeframe of its symbol. */
struct indicator_input {
    const char *indicator;
    int64_t timeframe_ms;
    struct indicator_params params;
    int output; /* which output of that indicator */
};

struct indicator_spec {
    const char *name;
    const char *summary; /* one line */
    const char *formula; /* for the reference: definition, seed, source */
    const struct indicator_param *params;
    int param_count;
    const char *const *outputs; /* outputs[0] is what h[0] reads; "value" when there is one */
    int output_count;
    size_t size; /* of its state */
    void (*init)(void *state, const struct indicator_params *params, int64_t timeframe_ms);
    /* Feeds one closed bar. inputs: values of indicator_inputs, NaN where not available. Fills
     * output_count values, NaN where not (yet) available. */
    void (*push)(void *state, const struct bar *bar, const double *inputs, double *outputs);
    /* Which inputs it needs on that timeframe; NULL: none. Returns their count. */
    int (*inputs
    )(const struct indicator_params *params,
      int64_t timeframe_ms,
      struct indicator_input out[INDICATOR_INPUTS_MAX]);
    int (*warmup)(const struct indicator_params *params); /* bars until the first value */
};

int indicator_count(void);
const struct indicator_spec *indicator_at(int index);
const struct indicator_spec *indicator_find(const char *name); /* NULL when there is none */

void indicator_defaults(const struct indicator_spec *spec, struct indicator_params *out);
/* Sets one parameter by name, checking its range. E_NOT_FOUND, E_RANGE, with a sentence that names
 * the allowed values. */
MUST_CHECK int indicator_param_set(
    const struct indicator_spec *spec,
    struct indicator_params *params,
    const char *name,
    double value,
    struct err *e
);

/* Names of the sources, in the order of their index: open high low close. */
int indicator_source_find(const char *name); /* -1: there is none such */
const char *indicator_source_name(int source);

/* Feeds a number by hand (`ta.ema{length = 5}:push(x)`): a bar whose four prices are x goes through
 * the same push. One that reads other timeframes gets nothing of them; `inputs` of its spec tells.
 * x must be finite: what is not stays in the averages. */
void indicator_push_number(
    const struct indicator_spec *spec, void *state, double x, double *outputs
);
