/* How far prices scatter around their mean: stddev bollinger. */
#include "market/indicator_family.h"
#include "market/ring.h"

#include <math.h>

#define SAMPLE_PARAM                                                                               \
    { "sample", PARAM_BOOLEAN, 0, 0, 1, "divide by length − 1 instead of length" }

static const struct indicator_param stddev_params[] = {
    LENGTH_PARAM(20),
    SOURCE_PARAM,
    SAMPLE_PARAM,
};

struct scatter {
    int source;
    int divisor;
    double factor; /* of bollinger */
    struct ring ring;
    double numbers[2 * LENGTH_MAX];
};

static void scatter_init(struct scatter *s, double length, double source, double sample) {
    int divisor = sample != 0 && length > 1 ? (int)length - 1 : (int)length;
    *s = (struct scatter
    ){.source = (int)source, .divisor = divisor, .ring = {.length = (int)length}};
}

/* False while the length is not full. */
static bool scatter_push(struct scatter *s, double price, double *mean, double *deviation) {
    const double *oldest = ring_push(&s->ring, s->numbers, price);
    int count = s->ring.count;
    if (count < s->ring.length) {
        return false;
    }
    struct moments m = numbers_moments(oldest, count, price);
    *mean = price + m.sum / count;
    *deviation = sqrt(moments_spread(m, count) / s->divisor);
    return true;
}

static void stddev_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    scatter_init(state, params->v[0], params->v[1], params->v[2]);
}

static void stddev_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct scatter *s = state;
    double mean, deviation;
    bool is_full = scatter_push(s, bar_source(bar, s->source), &mean, &deviation);
    outputs[0] = is_full ? deviation : NOT_AVAILABLE;
}

const struct indicator_spec indicator_stddev = {
    .name = "stddev",
    .summary = "standard deviation of prices",
    .formula = "The root of the mean squared distance of the last `length` prices from their mean, "
               "once there are that many; with `sample` the sum is divided by length − 1.",
    .params = stddev_params,
    .param_count = PARAM_COUNT(stddev_params),
    .outputs = output_value,
    .output_count = 1,
    .size = sizeof(struct scatter),
    .init = stddev_start,
    .push = stddev_feed,
    .warmup = warmup_of_length,
};

static const struct indicator_param bollinger_params[] = {
    LENGTH_PARAM(20),
    SOURCE_PARAM,
    {"deviations", PARAM_NUMBER, 2, 0, 10, "distance of a band from the middle"},
    SAMPLE_PARAM,
};

static const char *const bollinger_outputs[] = {"middle", "upper", "lower", "width", "ratio"};

static void
bollinger_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    struct scatter *s = state;
    scatter_init(s, params->v[0], params->v[1], params->v[3]);
    s->factor = params->v[2];
}

static void
bollinger_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct scatter *s = state;
    double price = bar_source(bar, s->source);
    double mean, deviation;
    if (!scatter_push(s, price, &mean, &deviation)) {
        for (int i = 0; i < PARAM_COUNT(bollinger_outputs); i++) {
            outputs[i] = NOT_AVAILABLE;
        }
        return;
    }
    double upper = mean + s->factor * deviation;
    double lower = mean - s->factor * deviation;
    outputs[0] = mean;
    outputs[1] = upper;
    outputs[2] = lower;
    outputs[3] = mean != 0 ? (upper - lower) / mean : NOT_AVAILABLE;
    outputs[4] = upper > lower ? (price - lower) / (upper - lower) : NOT_AVAILABLE;
}

const struct indicator_spec indicator_bollinger = {
    .name = "bollinger",
    .summary = "Bollinger bands, their width and where the price lies in them",
    .formula = "middle is the mean of the last `length` prices, upper and lower are `deviations` "
               "standard deviations (see stddev) away from it; width = (upper − lower) / middle; "
               "ratio = (price − lower) / (upper − lower), not available where the bands meet.",
    .params = bollinger_params,
    .param_count = PARAM_COUNT(bollinger_params),
    .outputs = bollinger_outputs,
    .output_count = PARAM_COUNT(bollinger_outputs),
    .size = sizeof(struct scatter),
    .init = bollinger_start,
    .push = bollinger_feed,
    .warmup = warmup_of_length,
};
