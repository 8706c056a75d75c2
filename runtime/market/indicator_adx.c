/* How directed prices move: adx, and the state GRID makes of it: adx_state. */
#include "market/average.h"
#include "market/indicator_family.h"

#include <math.h>

#define DI_PARAM                                                                                   \
    { "di", PARAM_INTEGER, 28, 1, LENGTH_MAX, "bars of the directional indicators" }
#define ADX_PARAM                                                                                  \
    { "length", PARAM_INTEGER, 28, 1, LENGTH_MAX, "bars of the average of DX" }

struct direction {
    double adx, plus, minus; /* NaN while not available */
};

struct adx {
    bool has_previous;
    double high, low, close; /* of the bar before */
    struct wilder range, plus, minus, index;
};

static void adx_init(struct adx *s, double di, double length) {
    *s = (struct adx){0};
    wilder_init(&s->range, (int)di);
    wilder_init(&s->plus, (int)di);
    wilder_init(&s->minus, (int)di);
    wilder_init(&s->index, (int)length);
}

static void adx_move(struct adx *s, const struct bar *bar) {
    double up = bar->high - s->high;
    double down = s->low - bar->low;
    wilder_push(&s->range, true_range(bar, s->close));
    wilder_push(&s->plus, up > down && up > 0 ? up : 0);
    wilder_push(&s->minus, down > up && down > 0 ? down : 0);
}

static struct direction adx_push(struct adx *s, const struct bar *bar) {
    struct direction d = {NOT_AVAILABLE, NOT_AVAILABLE, NOT_AVAILABLE};
    if (s->has_previous) {
        adx_move(s, bar);
    }
    s->has_previous = true;
    s->high = bar->high;
    s->low = bar->low;
    s->close = bar->close;
    if (!wilder_is_ready(&s->range)) {
        return d;
    }
    double range = s->range.value;
    d.plus = range > 0 ? 100 * s->plus.value / range : 0;
    d.minus = range > 0 ? 100 * s->minus.value / range : 0;
    double both = d.plus + d.minus;
    wilder_push(&s->index, both > 0 ? 100 * fabs(d.plus - d.minus) / both : 0);
    if (wilder_is_ready(&s->index)) {
        d.adx = s->index.value;
    }
    return d;
}

static const struct indicator_param adx_params[] = {DI_PARAM, ADX_PARAM};
static const char *const adx_outputs[] = {"adx", "plus_di", "minus_di"};

static void adx_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    adx_init(state, params->v[0], params->v[1]);
}

static void adx_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct direction d = adx_push(state, bar);
    outputs[0] = d.adx;
    outputs[1] = d.plus;
    outputs[2] = d.minus;
}

static int adx_warmup(const struct indicator_params *params) {
    return (int)params->v[0] + (int)params->v[1];
}

const struct indicator_spec indicator_adx = {
    .name = "adx",
    .summary = "Wilder's directional index and its two indicators",
    .formula = "Of each bar from the second on: the true range, the move of the high upwards if "
               "that is the larger and positive, that of the low downwards likewise. Wilder's "
               "averages of these over `di` bars, seeded with plain means; plus_di and minus_di "
               "are 100 × average move / average range. DX = 100 × |difference| / sum, 0 where "
               "both are 0; adx is Wilder's average of DX over `length` bars, seeded likewise.",
    .params = adx_params,
    .param_count = PARAM_COUNT(adx_params),
    .outputs = adx_outputs,
    .output_count = PARAM_COUNT(adx_outputs),
    .size = sizeof(struct adx),
    .init = adx_start,
    .push = adx_feed,
    .warmup = adx_warmup,
};

static const struct indicator_param adx_state_params[] = {
    DI_PARAM,
    ADX_PARAM,
    {"threshold", PARAM_NUMBER, 20, 0, 100, "ADX below which there is no trend"},
    {"range", PARAM_INTEGER, 50, 1, LENGTH_MAX, "bars of the lowest low and highest high"},
    {"range_move", PARAM_NUMBER, 0.1, 0, 1, "move away from them that ends a trend, a fraction"},
};

struct adx_state {
    struct adx adx;
    double threshold, range_move;
    double recent[3];          /* ADX one, two and three bars before */
    struct direction previous; /* one bar before */
    int state;
    int range, next, count;
    double highs[LENGTH_MAX], lows[LENGTH_MAX];
};

static void
adx_state_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)timeframe_ms;
    struct adx_state *s = state;
    *s = (struct adx_state){
        .threshold = params->v[2],
        .range = (int)params->v[3],
        .range_move = params->v[4],
        .recent = {NOT_AVAILABLE, NOT_AVAILABLE, NOT_AVAILABLE},
        .previous = {NOT_AVAILABLE, NOT_AVAILABLE, NOT_AVAILABLE},
    };
    adx_init(&s->adx, params->v[0], params->v[1]);
}

static void adx_state_note_extremes(struct adx_state *s, const struct bar *bar) {
    s->highs[s->next] = bar->high;
    s->lows[s->next] = bar->low;
    s->next = s->next + 1 == s->range ? 0 : s->next + 1;
    s->count += s->count < s->range;
}

/* Has the price come far back from the extreme that the trend had reached? */
static bool adx_state_has_turned(const struct adx_state *s, double close) {
    if (s->count < s->range) {
        return false;
    }
    double highest = s->highs[0], lowest = s->lows[0];
    for (int i = 1; i < s->range; i++) {
        highest = s->highs[i] > highest ? s->highs[i] : highest;
        lowest = s->lows[i] < lowest ? s->lows[i] : lowest;
    }
    return s->state < 0 ? close >= (1 + s->range_move) * lowest
                        : close <= (1 - s->range_move) * highest;
}

/* Later rules see what earlier ones did. Comparisons with a value that is not available are
 * false. */
static void adx_state_judge(struct adx_state *s, struct direction d, double close) {
    bool crosses_up = s->previous.plus <= s->previous.minus && d.plus > d.minus;
    bool crosses_down = s->previous.minus <= s->previous.plus && d.minus > d.plus;
    bool rises = d.adx > s->recent[0] && s->recent[0] > s->recent[1];
    if (crosses_up || crosses_down) {
        s->state = crosses_up ? 1 : -1;
    } else if (s->state != 0 && rises) {
        s->state = s->state > 0 ? 2 : -2;
    }
    if ((s->state == 2 || s->state == -2) && adx_state_has_turned(s, close)) {
        s->state = 0;
    }
    bool fades = s->recent[0] >= s->threshold && d.adx < s->threshold;
    bool falls = d.adx > s->threshold && d.adx < s->recent[0] && s->recent[0] < s->recent[1] &&
                 s->recent[1] < s->recent[2];
    if (fades || falls) {
        s->state = 0;
    }
}

static void
adx_state_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct adx_state *s = state;
    struct direction d = adx_push(&s->adx, bar);
    adx_state_note_extremes(s, bar);
    if (!isnan(d.adx) && !isnan(s->recent[0])) {
        adx_state_judge(s, d, bar->close);
    }
    s->recent[2] = s->recent[1];
    s->recent[1] = s->recent[0];
    s->recent[0] = d.adx;
    s->previous = d;
    outputs[0] = s->state;
}

const struct indicator_spec indicator_adx_state = {
    .name = "adx_state",
    .summary = "trend by ADX: 2 and −2 strong, 1 and −1 fresh, 0 none",
    .formula = "Starts at 0 and is kept from bar to bar, once the ADX of this bar and of the one "
               "before exist; on each bar in this order: plus_di crossing above minus_di makes 1, "
               "minus_di above plus_di −1; without a cross, a state other than 0 becomes ±2 when "
               "the ADX has risen twice; −2 ends (0) at a close of 1 + range_move times the lowest "
               "low of `range` bars or more, 2 at one of 1 − range_move times the highest high or "
               "less; any state ends when the ADX crosses below the threshold, or has fallen three "
               "times while above it.",
    .params = adx_state_params,
    .param_count = PARAM_COUNT(adx_state_params),
    .outputs = output_state,
    .output_count = 1,
    .size = sizeof(struct adx_state),
    .init = adx_state_start,
    .push = adx_state_feed,
    .warmup = warmup_of_first,
};
