/* The moving averages as indicators: sma ema rma jma rq t3 vidya. */
#include "market/average.h"
#include "market/indicator_family.h"

static const struct indicator_param average_params[] = {LENGTH_PARAM(20), SOURCE_PARAM};

struct sma {
    int source;
    struct ring ring;
    double numbers[2 * LENGTH_MAX];
};

static void sma_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    struct sma *s = state;
    *s = (struct sma){.source = (int)params->v[1], .ring = {.length = (int)params->v[0]}};
}

static void sma_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct sma *s = state;
    const double *oldest = ring_push(&s->ring, s->numbers, bar_source(bar, s->source));
    int count = s->ring.count;
    outputs[0] = count < s->ring.length ? NOT_AVAILABLE : numbers_sum(oldest, count) / count;
}

const struct indicator_spec indicator_sma = {
    .name = "sma",
    .summary = "simple moving average",
    .formula = "The mean of the last `length` prices, once there are that many.",
    .params = average_params,
    .param_count = PARAM_COUNT(average_params),
    .outputs = output_value,
    .output_count = 1,
    .size = sizeof(struct sma),
    .init = sma_start,
    .push = sma_feed,
    .warmup = warmup_of_length,
};

struct ema_state {
    int source;
    struct ema ema;
};

static void ema_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    struct ema_state *s = state;
    s->source = (int)params->v[1];
    ema_init(&s->ema, (int)params->v[0]);
}

static void ema_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct ema_state *s = state;
    outputs[0] = ema_push(&s->ema, bar_source(bar, s->source));
}

const struct indicator_spec indicator_ema = {
    .name = "ema",
    .summary = "exponential moving average",
    .formula = "Starts at the first price, then moves by 2 / (length + 1) of the distance to each "
               "price. Has a value from the first bar on.",
    .params = average_params,
    .param_count = PARAM_COUNT(average_params),
    .outputs = output_value,
    .output_count = 1,
    .size = sizeof(struct ema_state),
    .init = ema_start,
    .push = ema_feed,
    .warmup = warmup_of_first,
};

struct rma_state {
    int source;
    struct wilder average;
};

static void rma_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    struct rma_state *s = state;
    s->source = (int)params->v[1];
    wilder_init(&s->average, (int)params->v[0]);
}

static void rma_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct rma_state *s = state;
    wilder_push(&s->average, bar_source(bar, s->source));
    outputs[0] = wilder_is_ready(&s->average) ? s->average.value : NOT_AVAILABLE;
}

const struct indicator_spec indicator_rma = {
    .name = "rma",
    .summary = "Wilder's moving average",
    .formula = "Starts as the mean of the first `length` prices, then "
               "(previous × (length − 1) + price) / length.",
    .params = average_params,
    .param_count = PARAM_COUNT(average_params),
    .outputs = output_value,
    .output_count = 1,
    .size = sizeof(struct rma_state),
    .init = rma_start,
    .push = rma_feed,
    .warmup = warmup_of_length,
};

static const struct indicator_param jma_params[] = {LENGTH_PARAM(5), SOURCE_PARAM};

struct jma_state {
    int source;
    struct jma jma;
};

static void jma_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    struct jma_state *s = state;
    s->source = (int)params->v[1];
    jma_init(&s->jma, (int)params->v[0]);
}

static void jma_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct jma_state *s = state;
    outputs[0] = jma_push(&s->jma, bar_source(bar, s->source));
}

const struct indicator_spec indicator_jma = {
    .name = "jma",
    .summary = "Jurik moving average, phase 50, power 2",
    .formula = "With b = 0.45(length − 1) / (0.45(length − 1) + 2) and a = b²: "
               "e0 = (1 − a)x + a·e0′; e1 = (x − e0)(1 − b) + b·e1′; "
               "e2 = (e0 + 2·e1 − jma′)(1 − a)² + a²·e2′; jma = jma′ + e2, a dash being the value "
               "of one bar before. Starts with e0 = jma = the first price and e1 = e2 = 0. The "
               "first `length` values shown are the mean of the prices so far.",
    .params = jma_params,
    .param_count = PARAM_COUNT(jma_params),
    .outputs = output_value,
    .output_count = 1,
    .size = sizeof(struct jma_state),
    .init = jma_start,
    .push = jma_feed,
    .warmup = warmup_of_first,
};

static const struct indicator_param rq_params[] = {SOURCE_PARAM};

struct rq_state {
    int source;
    struct rq rq;
};

static void rq_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    struct rq_state *s = state;
    s->source = (int)params->v[0];
    rq_init(&s->rq);
}

static void rq_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct rq_state *s = state;
    outputs[0] = rq_push(&s->rq, bar_source(bar, s->source));
}

const struct indicator_spec indicator_rq = {
    .name = "rq",
    .summary = "rational quadratic smoother over seven bars",
    .formula = "The mean of the last seven prices, each weighted by 1 / √(1 + lag² / 900), the "
               "newest with lag 0; of those there are at the start.",
    .params = rq_params,
    .param_count = PARAM_COUNT(rq_params),
    .outputs = output_value,
    .output_count = 1,
    .size = sizeof(struct rq_state),
    .init = rq_start,
    .push = rq_feed,
    .warmup = warmup_of_first,
};

static const struct indicator_param t3_params[] = {
    LENGTH_PARAM(20),
    SOURCE_PARAM,
    {"factor", PARAM_NUMBER, 0.7, 0, 1, "volume factor: 0 is smoothest"},
};

struct t3_state {
    int source;
    struct t3 t3;
};

static void t3_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    struct t3_state *s = state;
    s->source = (int)params->v[1];
    t3_init(&s->t3, (int)params->v[0], params->v[2]);
}

static void t3_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct t3_state *s = state;
    outputs[0] = t3_push(&s->t3, bar_source(bar, s->source));
}

const struct indicator_spec indicator_t3 = {
    .name = "t3",
    .summary = "Tillson's T3: six exponential averages in a chain",
    .formula = "With e1 … e6 each the exponential average of the one before and b the factor: "
               "−b³·e6 + (3b² + 3b³)·e5 + (−6b² − 3b − 3b³)·e4 + (1 + 3b + b³ + 3b²)·e3. All start "
               "at the first price.",
    .params = t3_params,
    .param_count = PARAM_COUNT(t3_params),
    .outputs = output_value,
    .output_count = 1,
    .size = sizeof(struct t3_state),
    .init = t3_start,
    .push = t3_feed,
    .warmup = warmup_of_first,
};

static const struct indicator_param vidya_params[] = {LENGTH_PARAM(9), SOURCE_PARAM};

struct vidya_state {
    int source;
    struct vidya vidya;
};

static void vidya_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    struct vidya_state *s = state;
    s->source = (int)params->v[1];
    vidya_init(&s->vidya, (int)params->v[0]);
}

static void vidya_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct vidya_state *s = state;
    outputs[0] = vidya_push(&s->vidya, bar_source(bar, s->source));
}

const struct indicator_spec indicator_vidya = {
    .name = "vidya",
    .summary = "Chande's variable index dynamic average",
    .formula = "Starts at the first price, then moves by k · 2 / (length + 1) of the distance, k "
               "being |sum| / sum of absolutes of the last nine moves (those there are at the "
               "start), 1 where nothing moved.",
    .params = vidya_params,
    .param_count = PARAM_COUNT(vidya_params),
    .outputs = output_value,
    .output_count = 1,
    .size = sizeof(struct vidya_state),
    .init = vidya_start,
    .push = vidya_feed,
    .warmup = warmup_of_first,
};
