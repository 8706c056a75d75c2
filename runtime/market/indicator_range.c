/* How far prices reach within a bar: atr atr_mean. */
#include "market/average.h"
#include "market/indicator_family.h"

static const struct indicator_param range_params[] = {LENGTH_PARAM(14)};

struct atr {
    bool has_previous;
    double previous_close;
    struct wilder range;
};

static void atr_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    struct atr *s = state;
    *s = (struct atr){0};
    wilder_init(&s->range, (int)params->v[0]);
}

static void atr_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct atr *s = state;
    wilder_push(
        &s->range, s->has_previous ? true_range(bar, s->previous_close) : bar->high - bar->low
    );
    s->has_previous = true;
    s->previous_close = bar->close;
    /* Below a full length the mean of what there is. */
    outputs[0] = wilder_is_ready(&s->range) ? s->range.value : s->range.value / s->range.count;
}

const struct indicator_spec indicator_atr = {
    .name = "atr",
    .summary = "average true range, Wilder's",
    .formula = "The true range is the longest of high − low, |high − previous close| and |low − "
               "previous close|, of the first bar high − low. For the first `length` bars their "
               "mean so far, then (previous × (length − 1) + true range) / length.",
    .params = range_params,
    .param_count = PARAM_COUNT(range_params),
    .outputs = output_value,
    .output_count = 1,
    .size = sizeof(struct atr),
    .init = atr_start,
    .push = atr_feed,
    .warmup = warmup_of_first,
};

struct atr_mean {
    bool has_previous;
    double previous_close;
    struct ring ring;
    double ranges[2 * LENGTH_MAX];
};

static void
atr_mean_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    struct atr_mean *s = state;
    *s = (struct atr_mean){.ring = {.length = (int)params->v[0]}};
}

static void
atr_mean_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct atr_mean *s = state;
    double range = s->has_previous ? true_range(bar, s->previous_close) : bar->high - bar->low;
    s->has_previous = true;
    s->previous_close = bar->close;
    const double *oldest = ring_push(&s->ring, s->ranges, range);
    int count = s->ring.count;
    outputs[0] = count < s->ring.length ? NOT_AVAILABLE : numbers_sum(oldest, count) / count;
}

const struct indicator_spec indicator_atr_mean = {
    .name = "atr_mean",
    .summary = "average true range, simple mean",
    .formula = "The mean of the last `length` true ranges (see atr), once there are that many.",
    .params = range_params,
    .param_count = PARAM_COUNT(range_params),
    .outputs = output_value,
    .output_count = 1,
    .size = sizeof(struct atr_mean),
    .init = atr_mean_start,
    .push = atr_mean_feed,
    .warmup = warmup_of_length,
};
