/* The line that GRID draws its levels around: centre. */
#include "market/average.h"
#include "market/indicator_family.h"

#include <math.h>

static const struct indicator_param centre_params[] = {
    LENGTH_PARAM(20),
    {"smoothing", PARAM_INTEGER, 5, 1, LENGTH_MAX, "length of the exponential average at the end"},
};

struct centre {
    bool has_begun;
    double fast, slow;
    double previous;
    struct ema smooth;
    struct ring ring;
    double moves[2 * LENGTH_MAX];
};

static void centre_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    struct centre *s = state;
    *s = (struct centre){.ring = {.length = (int)params->v[0]}};
    ema_init(&s->smooth, (int)params->v[1]);
}

/* How straight the way of the last `length` moves was, 0 to 1. */
static double centre_efficiency(struct centre *s, double move) {
    const double *oldest = ring_push(&s->ring, s->moves, move);
    int count = s->ring.count;
    if (count < s->ring.length) {
        return 0;
    }
    double net = 0, path = 0;
    for (int i = 0; i < count; i++) {
        net += oldest[i];
        path += fabs(oldest[i]);
    }
    return path > 0 ? fabs(net) / path : 0;
}

static void centre_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct centre *s = state;
    double price = bar->close;
    if (s->has_begun) {
        double efficiency = centre_efficiency(s, price - s->previous);
        s->fast += efficiency * (price - s->fast);
        s->slow += efficiency / 2 * (s->fast - s->slow);
    } else {
        s->has_begun = true;
        s->fast = price;
        s->slow = price;
    }
    s->previous = price;
    outputs[0] = ema_push(&s->smooth, s->slow);
}

const struct indicator_spec indicator_centre = {
    .name = "centre",
    .summary = "adaptive centre line of closes, which follows straight moves only",
    .formula =
        "er = |close − close `length` bars ago| / the sum of |moves| between them, 0 for the "
        "first `length` bars and where nothing moved. fast moves by er of the distance to "
        "the close, slow by er / 2 of the distance to fast, both start at the first close; "
        "the value is the exponential average of slow over `smoothing` bars.",
    .params = centre_params,
    .param_count = PARAM_COUNT(centre_params),
    .outputs = output_value,
    .output_count = 1,
    .size = sizeof(struct centre),
    .init = centre_start,
    .push = centre_feed,
    .warmup = warmup_of_first,
};
