/* How strongly prices move: rsi. */
#include "market/average.h"
#include "market/indicator_family.h"

static const struct indicator_param rsi_params[] = {LENGTH_PARAM(14), SOURCE_PARAM};

struct rsi {
    int source;
    bool has_previous;
    double previous;
    struct wilder gain, loss;
};

static void rsi_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    struct rsi *s = state;
    *s = (struct rsi){.source = (int)params->v[1]};
    wilder_init(&s->gain, (int)params->v[0]);
    wilder_init(&s->loss, (int)params->v[0]);
}

static void rsi_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct rsi *s = state;
    double price = bar_source(bar, s->source);
    double move = price - s->previous;
    s->previous = price;
    outputs[0] = NOT_AVAILABLE;
    if (!s->has_previous) {
        s->has_previous = true;
        return;
    }
    wilder_push(&s->gain, move > 0 ? move : 0);
    wilder_push(&s->loss, move < 0 ? -move : 0);
    double gain = s->gain.value, loss = s->loss.value;
    if (!wilder_is_ready(&s->gain) || (gain == 0 && loss == 0)) {
        return;
    }
    if (loss == 0) {
        loss = 1e-10;
    }
    outputs[0] = 100 - 100 / (1 + gain / loss);
}

static int rsi_warmup(const struct indicator_params *params) {
    return (int)params->v[0] + 1;
}

const struct indicator_spec indicator_rsi = {
    .name = "rsi",
    .summary = "Wilder's relative strength index, 0 to 100",
    .formula = "100 − 100 / (1 + gain / loss), gain and loss being Wilder's averages of the moves "
               "up and down, seeded with the mean of the first `length` moves. A loss of 0 counts "
               "as 1e-10; not available where both are 0.",
    .params = rsi_params,
    .param_count = PARAM_COUNT(rsi_params),
    .outputs = output_value,
    .output_count = 1,
    .size = sizeof(struct rsi),
    .init = rsi_start,
    .push = rsi_feed,
    .warmup = rsi_warmup,
};
