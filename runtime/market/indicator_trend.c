/* Trend of the order of three moving averages: cycle; and with the state of the bands of another
 * timeframe: trend_state. */
#include "market/average.h"
#include "market/indicator_family.h"
#include "market/timeframe.h"

#include <math.h>

enum cycle_kind { CYCLE_FAST, CYCLE_LONGER, CYCLE_SECOND };

#define CYCLE_LENGTH_PARAM                                                                         \
    {                                                                                              \
        "length", PARAM_INTEGER, 0, 0, LENGTH_MAX,                                                 \
            "own length L: T3 of L + 1, 2.6 L and 4.8 L bars; 0: the usual ones"                   \
    }

static const struct indicator_param cycle_params[] = {
    {"kind", PARAM_INTEGER, CYCLE_FAST, CYCLE_FAST, CYCLE_SECOND,
     "0: Jurik 5 10 20, smoothed; 1: T3 20 40 120; 2: VIDYA 3 9 21"},
    CYCLE_LENGTH_PARAM,
};

static const char *const cycle_outputs[] = {"bull", "bear"};

enum cycle_average { AVERAGE_JMA, AVERAGE_T3, AVERAGE_VIDYA };

struct cycle {
    enum cycle_average average;
    bool is_second;
    union {
        struct {
            struct jma jma;
            struct rq rq;
        } smooth[3];
        struct t3 t3[3];
        struct vidya vidya[3];
    } of;
};

static void cycle_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    static const int jma_lengths[3] = {5, 10, 20};
    static const int t3_lengths[3] = {20, 40, 120};
    static const int vidya_lengths[3] = {3, 9, 21};
    static const double t3_factor = 0.7;
    struct cycle *s = state;
    int kind = (int)params->v[0], own = (int)params->v[1];
    /* Tenths, half up: a product of a whole length never ends in five of them. */
    const int own_lengths[3] = {own + 1, (26 * own + 5) / 10, (48 * own + 5) / 10};
    *s = (struct cycle){.average = AVERAGE_T3, .is_second = kind == CYCLE_SECOND};
    if (kind == CYCLE_SECOND) {
        s->average = AVERAGE_VIDYA;
    } else if (kind == CYCLE_FAST && own == 0) {
        s->average = AVERAGE_JMA;
    }
    for (int i = 0; i < 3; i++) {
        switch (s->average) {
        case AVERAGE_JMA:
            jma_init(&s->of.smooth[i].jma, jma_lengths[i]);
            rq_init(&s->of.smooth[i].rq);
            break;
        case AVERAGE_T3:
            t3_init(&s->of.t3[i], own > 0 ? own_lengths[i] : t3_lengths[i], t3_factor);
            break;
        case AVERAGE_VIDYA:
            vidya_init(&s->of.vidya[i], vidya_lengths[i]);
            break;
        }
    }
}

static double cycle_average_push(struct cycle *s, int i, double close) {
    switch (s->average) {
    case AVERAGE_JMA:
        return rq_push(&s->of.smooth[i].rq, jma_push(&s->of.smooth[i].jma, close));
    case AVERAGE_T3:
        return t3_push(&s->of.t3[i], close);
    case AVERAGE_VIDYA:
        break;
    }
    return vidya_push(&s->of.vidya[i], close);
}

static void cycle_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct cycle *s = state;
    double a = cycle_average_push(s, 0, bar->close);
    double b = cycle_average_push(s, 1, bar->close);
    double c = cycle_average_push(s, 2, bar->close);
    bool bull, bear;
    if (s->is_second) {
        bull = (a > c && c > b) || (a > b && b > c) || (b > a && a > c);
        bear = (c > b && b > a) || (b > c && c > a) || (c > a && a > b);
    } else {
        bull = (a > b && b > c) || (b > a && a > c);
        bear = c > b && b > a;
    }
    outputs[0] = bull;
    outputs[1] = bear;
}

const struct indicator_spec indicator_cycle = {
    .name = "cycle",
    .summary = "trend by the order of three moving averages: bull and bear are 1 or 0",
    .formula = "a, b and c are the fast, middle and slow average of closes. Kinds 0 and 1: bull is "
               "a > b > c or b > a > c, bear is c > b > a. Kind 2: bull is a > c > b, a > b > c or "
               "b > a > c, bear is c > b > a, b > c > a or c > a > b. Kind 0 passes each through "
               "rq; a length of its own makes kinds 0 and 1 averages of T3 with factor 0.7.",
    .params = cycle_params,
    .param_count = PARAM_COUNT(cycle_params),
    .outputs = cycle_outputs,
    .output_count = PARAM_COUNT(cycle_outputs),
    .size = sizeof(struct cycle),
    .init = cycle_start,
    .push = cycle_feed,
    .warmup = warmup_of_first,
};

enum { TREND_LONGER, TREND_LENGTH, TREND_CYCLE_TIMEFRAME, TREND_BAND_TIMEFRAME };

static const struct indicator_param trend_params[] = {
    {"longer", PARAM_BOOLEAN, 0, 0, 1, "longer trend: T3 and a second cycle on 4h, without bands"},
    CYCLE_LENGTH_PARAM,
    {"cycle_timeframe", PARAM_TIMEFRAME, 0, 0, 1440 * MINUTE_MS, "of the averages; 0: by the bars"},
    {"band_timeframe", PARAM_TIMEFRAME, 0, 0, 1440 * MINUTE_MS, "of bb_state; 0: by the bars"},
};

struct trend {
    bool is_longer;
    int state;
};

static int64_t cycle_timeframe_of(int64_t timeframe_ms) {
    if (timeframe_ms <= 3 * MINUTE_MS) {
        return 15 * MINUTE_MS;
    }
    if (timeframe_ms <= 30 * MINUTE_MS) {
        return 30 * MINUTE_MS;
    }
    return timeframe_ms < 240 * MINUTE_MS ? 60 * MINUTE_MS : 480 * MINUTE_MS;
}

static int64_t band_timeframe_of(int64_t timeframe_ms) {
    if (timeframe_ms <= 3 * MINUTE_MS) {
        return 5 * MINUTE_MS;
    }
    return timeframe_ms <= 15 * MINUTE_MS ? 15 * MINUTE_MS : 60 * MINUTE_MS;
}

static int trend_inputs(
    const struct indicator_params *params,
    int64_t timeframe_ms,
    struct indicator_input out[INDICATOR_INPUTS_MAX]
) {
    bool is_longer = params->v[TREND_LONGER] != 0;
    int64_t cycle_ms = (int64_t)params->v[TREND_CYCLE_TIMEFRAME];
    int64_t band_ms = (int64_t)params->v[TREND_BAND_TIMEFRAME];
    struct indicator_input cycle = {
        .indicator = "cycle",
        .timeframe_ms = cycle_ms > 0 ? cycle_ms : cycle_timeframe_of(timeframe_ms),
        .params = {{is_longer ? CYCLE_LONGER : CYCLE_FAST, params->v[TREND_LENGTH]}},
    };
    out[0] = cycle;
    out[1] = cycle;
    out[1].output = 1;
    if (!is_longer) {
        out[2] = (struct indicator_input){
            .indicator = "bb_state",
            .timeframe_ms = band_ms > 0 ? band_ms : band_timeframe_of(timeframe_ms),
        };
        return 3;
    }
    cycle.timeframe_ms = 240 * MINUTE_MS;
    cycle.params = (struct indicator_params){{CYCLE_SECOND}};
    out[2] = cycle;
    out[3] = cycle;
    out[3].output = 1;
    return 4;
}

static void trend_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    struct trend *s = state;
    *s = (struct trend){.is_longer = params->v[TREND_LONGER] != 0};
}

static void trend_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)bar;
    struct trend *s = state;
    /* An input that is not available equals nothing. */
    bool bull = inputs[0] == 1, bear = inputs[1] == 1;
    bool may_rise, may_fall;
    if (s->is_longer) {
        bull = bull && inputs[2] == 1;
        bear = bear && inputs[3] == 1;
        may_rise = may_fall = true;
    } else {
        may_rise = inputs[2] == 2;
        may_fall = inputs[2] == -2;
    }
    if (bull && may_rise) {
        s->state = 2;
    }
    if (s->state == 2 && !bull) {
        s->state = 0;
    }
    if (bear && may_fall) {
        s->state = -2;
    }
    if (s->state == -2 && !bear) {
        s->state = 0;
    }
    outputs[0] = s->state;
}

const struct indicator_spec indicator_trend_state = {
    .name = "trend_state",
    .summary = "2 up, −2 down, 0 none: averages and bands of longer timeframes",
    .formula =
        "Reads cycle (bars up to 3m: on 15m, to 30m: 30m, under 4h: 1h, else 8h) and bb_state (to "
        "3m: on 5m, to 15m: 15m, else 1h) as of the open of the bar. Starts at 0, kept from bar "
        "to bar; on each in this order: bull with bb_state 2 makes 2; 2 without bull ends; bear "
        "with bb_state −2 makes −2; −2 without bear ends. `longer` takes kind 1 of cycle, needs "
        "kind 2 on 4h to agree and no bb_state.",
    .params = trend_params,
    .param_count = PARAM_COUNT(trend_params),
    .outputs = output_state,
    .output_count = 1,
    .size = sizeof(struct trend),
    .init = trend_start,
    .push = trend_feed,
    .inputs = trend_inputs,
    .warmup = warmup_of_first,
};
