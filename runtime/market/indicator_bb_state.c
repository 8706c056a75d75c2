/* Whether prices are squeezed together or bursting apart, by the width of Bollinger bands:
 * bb_state. */
#include "market/indicator_family.h"
#include "market/ring.h"

#include <math.h>

enum {
    SHORT_LENGTH = 15,
    LONG_LENGTH = 60,
    MEAN_LENGTH = 100,
    PIVOT_RIGHT = 10,
    WIDTH_LEFT = 20,
    LONG_WIDTH_LEFT = 30,
    LONG_WIDTHS = LONG_WIDTH_LEFT + 1 + PIVOT_RIGHT,
    PIVOTS_KEPT = 50,
};

static const double BAND_DEVIATIONS = 1.5;
static const double FLOOR_WIDTH = 5; /* stands in for a mean of no pivots */
static const double PIVOT_SHARE = 0.7;

struct pivots { /* first in, first out; their mean is taken when one comes in */
    int next, count;
    double mean;
    double values[PIVOTS_KEPT];
};

struct bb_state {
    int state;
    bool may_squeeze;
    bool has_begun;
    double previous_width[3]; /* one, two and three bars before; NaN: not available */
    double previous_buzz;
    struct ring closes_ring, widths_ring, long_widths_ring;
    struct pivots highs, lows, long_lows;
    double closes[2 * LONG_LENGTH];
    double widths[2 * MEAN_LENGTH]; /* available ones only: they come without a hole */
    double long_widths[2 * LONG_WIDTHS];
};

struct bb_bar {               /* what one bar shows */
    double width, long_width; /* NaN: not available */
    double ratio; /* where the close lies in the short band, 0 to 1; NaN where it has no width */
    double mean;  /* of the last widths */
    double buzz, squeeze, low_mean;
};

static void
bb_state_start(void *state, const struct indicator_params *params, int64_t timeframe_ms) {
    (void)params;
    (void)timeframe_ms;
    struct bb_state *s = state;
    *s = (struct bb_state){
        .may_squeeze = true,
        .previous_width = {NOT_AVAILABLE, NOT_AVAILABLE, NOT_AVAILABLE},
        .previous_buzz = NOT_AVAILABLE,
        .closes_ring = {.length = LONG_LENGTH},
        .widths_ring = {.length = MEAN_LENGTH},
        .long_widths_ring = {.length = LONG_WIDTHS},
    };
}

static void pivots_add(struct pivots *p, double value) {
    p->values[p->next] = value;
    p->next = p->next + 1 == PIVOTS_KEPT ? 0 : p->next + 1;
    p->count += p->count < PIVOTS_KEPT;
    p->mean = numbers_sum(p->values, p->count) / p->count;
}

static double pivots_mean(const struct pivots *p, double stand_in) {
    return p->count > 0 ? p->mean : stand_in;
}

/* Is v[0] above (below, with sign -1) every one of its neighbours, which must all be there? */
static bool is_pivot(const double *v, int left, int right, double sign) {
    double candidate = sign * v[0];
    for (int i = 1; i <= right; i++) {
        if (!(candidate > sign * v[i])) {
            return false;
        }
    }
    for (int i = 1; i <= left; i++) {
        if (!(candidate > sign * v[-i])) {
            return false;
        }
    }
    return true;
}

/* The width of the band in tenths of its middle. */
static double
band_width(struct moments m, int length, double close, double *middle, double *reach) {
    *middle = close + m.sum / length;
    *reach = BAND_DEVIATIONS * sqrt(moments_spread(m, length) / length);
    return 2 * *reach * 10 / *middle;
}

static void bb_state_measure(struct bb_state *s, double close, struct bb_bar *b) {
    const double *closes = ring_push(&s->closes_ring, s->closes, close);
    int count = s->closes_ring.count;
    b->width = NOT_AVAILABLE;
    b->long_width = NOT_AVAILABLE;
    b->ratio = NOT_AVAILABLE;
    if (count < SHORT_LENGTH) {
        return;
    }
    struct moments newest = numbers_moments(closes + count - SHORT_LENGTH, SHORT_LENGTH, close);
    double middle, reach;
    b->width = band_width(newest, SHORT_LENGTH, close, &middle, &reach);
    if (reach > 0) {
        b->ratio = (close - (middle - reach)) / (2 * reach);
    }
    if (count == LONG_LENGTH) {
        struct moments older = numbers_moments(closes, LONG_LENGTH - SHORT_LENGTH, close);
        newest.sum += older.sum;
        newest.squares += older.squares;
        b->long_width = band_width(newest, LONG_LENGTH, close, &middle, &reach);
    }
}

/* Keeps the widths and takes in the pivots that this bar confirms. */
static void bb_state_note_widths(struct bb_state *s, struct bb_bar *b) {
    const double *widths = ring_push(&s->widths_ring, s->widths, b->width);
    int count = s->widths_ring.count;
    b->mean = numbers_sum(widths, count) / count;
    if (count > WIDTH_LEFT + PIVOT_RIGHT) {
        const double *candidate = widths + count - 1 - PIVOT_RIGHT;
        if (*candidate > 0 && b->width > b->mean &&
            is_pivot(candidate, WIDTH_LEFT, PIVOT_RIGHT, 1)) {
            pivots_add(&s->highs, *candidate);
        }
        if (*candidate > 0 && b->width < b->mean &&
            is_pivot(candidate, WIDTH_LEFT, PIVOT_RIGHT, -1)) {
            pivots_add(&s->lows, *candidate);
        }
    }
    if (isnan(b->long_width)) {
        return;
    }
    const double *long_widths = ring_push(&s->long_widths_ring, s->long_widths, b->long_width);
    if (s->long_widths_ring.count == LONG_WIDTHS) {
        const double *candidate = long_widths + LONG_WIDTH_LEFT;
        if (*candidate > 0 && b->long_width < 1 &&
            is_pivot(candidate, LONG_WIDTH_LEFT, PIVOT_RIGHT, -1)) {
            pivots_add(&s->long_lows, *candidate);
        }
    }
}

static void bb_state_set_bounds(struct bb_state *s, struct bb_bar *b) {
    double high_stand_in = b->width > FLOOR_WIDTH ? b->width : FLOOR_WIDTH;
    double low_stand_in = b->width < FLOOR_WIDTH ? b->width : FLOOR_WIDTH;
    double long_stand_in = b->long_width < FLOOR_WIDTH ? b->long_width : FLOOR_WIDTH;
    b->buzz = PIVOT_SHARE * pivots_mean(&s->highs, high_stand_in);
    b->low_mean = pivots_mean(&s->lows, low_stand_in);
    b->squeeze = b->low_mean / PIVOT_SHARE;
    double long_squeeze = pivots_mean(&s->long_lows, long_stand_in) / PIVOT_SHARE;
    if (b->long_width > long_squeeze) {
        s->may_squeeze = false;
    } else if (b->long_width < long_squeeze) {
        s->may_squeeze = true;
    }
}

/* Later rules see what earlier ones did. Comparisons with a width that is not available are
 * false. */
static void bb_state_judge(struct bb_state *s, const struct bb_bar *b) {
    const double *previous = s->previous_width;
    if (previous[0] <= s->previous_buzz && b->width > b->buzz) {
        s->state = b->ratio > 0.5 ? 2 : b->ratio < 0.5 ? -2 : s->state;
    }
    if (b->width < b->squeeze && s->may_squeeze) {
        s->state = -1;
    }
    if (s->state == 2 && b->ratio < 0.2) {
        s->state = -2;
    }
    if (s->state == -2 && b->ratio > 0.8) {
        s->state = 2;
    }
    bool falls = b->width < previous[0] && b->width < previous[1] && b->width < previous[2];
    if ((s->state == 2 || s->state == -2) && falls) {
        s->state = 0;
    }
    if (s->state == -1 && b->width > b->low_mean && b->width > previous[0]) {
        s->state = 0;
    }
}

static void
bb_state_feed(void *state, const struct bar *bar, const double *inputs, double *outputs) {
    (void)inputs;
    struct bb_state *s = state;
    struct bb_bar b;
    bb_state_measure(s, bar->close, &b);
    if (!isnan(b.width)) {
        bb_state_note_widths(s, &b);
        bb_state_set_bounds(s, &b);
        if (!isnan(b.ratio)) {
            bb_state_judge(s, &b);
        }
        s->previous_width[2] = s->previous_width[1];
        s->previous_width[1] = s->previous_width[0];
        s->previous_width[0] = b.width;
        s->previous_buzz = b.buzz;
    }
    outputs[0] = s->state;
}

const struct indicator_spec indicator_bb_state = {
    .name = "bb_state",
    .summary = "2 bursting up, −2 bursting down, −1 squeezed, 0 none, by Bollinger band widths",
    .formula =
        "width = 10 (upper − lower) / middle of bands of 15 closes and 1.5 deviations, ratio = "
        "where the close lies in them, long width = the same of 60 closes, mean = that of the last "
        "100 widths. Pivots are lows and highs strictly beyond 20 (long width: 30) bars to the "
        "left "
        "and 10 to the right, known at the last of these. Kept, 50 each: highs above 0 known while "
        "width > mean, lows while width < mean, long lows while long width < 1. buzz = 0.7 × mean "
        "of highs (none: of the larger of width and 5), squeeze = mean of lows (none: the smaller "
        "of width and 5) / 0.7, long squeeze likewise. A squeeze is allowed from the start, and "
        "again when long width is under long squeeze, not when over. Starts at 0, kept from bar "
        "to bar; on each in this order: width crosses buzz upwards: 2 with ratio over 0.5, −2 "
        "under; width < squeeze, allowed: −1; 2 with ratio < 0.2: −2; −2 with ratio > 0.8: 2; "
        "±2 with width under each of the last three: 0; −1 with width above the mean of lows "
        "and the last width: 0. Settles after about 160 bars.",
    .outputs = output_state,
    .output_count = 1,
    .size = sizeof(struct bb_state),
    .init = bb_state_start,
    .push = bb_state_feed,
    .warmup = warmup_of_first,
};
