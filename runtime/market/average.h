/* average: moving averages as recursions, each a small struct that takes one number and gives the
 * average after it. Indicators are made of them. Pure. */
#pragma once

#include "market/ring.h"

#include <stdbool.h>

/* Exponential: the first number is the seed, then it moves by 2 / (length + 1) of the distance. */
struct ema {
    double weight;
    double value;
    bool has_begun;
};

void ema_init(struct ema *a, int length);

static inline double ema_push(struct ema *a, double x) {
    if (a->has_begun) {
        a->value += a->weight * (x - a->value);
    } else {
        a->value = x;
        a->has_begun = true;
    }
    return a->value;
}

/* Jurik's, phase 50, power 2, as published for TradingView. The first `length` values given out
 * are the mean so far, while the recursion already runs. */
struct jma {
    double beta, alpha;
    double e0, e1, e2, value;
    double sum;
    int length, count;
};

void jma_init(struct jma *a, int length);
double jma_push(struct jma *a, double x);

/* Weights the last seven numbers by a rational quadratic kernel. */
#define RQ_TAPS 7

struct rq {
    struct ring ring;
    double numbers[2 * RQ_TAPS];
    double weights[RQ_TAPS]; /* by lag */
};

void rq_init(struct rq *a);
double rq_push(struct rq *a, double x);

/* Tillson's: six exponential averages in a chain, mixed by the volume factor. */
struct t3 {
    struct ema chain[6];
    double mix[4]; /* of the third to sixth */
};

void t3_init(struct t3 *a, int length, double factor);
double t3_push(struct t3 *a, double x);

/* Chande's: an exponential average whose step is scaled by the momentum of the last nine moves. */
#define VIDYA_MOVES 9

struct vidya {
    double weight, value, previous;
    struct ring ring;
    double moves[2 * VIDYA_MOVES];
    bool has_begun;
};

void vidya_init(struct vidya *a, int length);
double vidya_push(struct vidya *a, double x);

/* Wilder's: the mean of the first `length` numbers, then (value × (length - 1) + x) / length. */
struct wilder {
    int length;
    int count; /* of numbers taken, up to length; below it the value is their sum */
    double value;
};

static inline void wilder_init(struct wilder *a, int length) {
    *a = (struct wilder){.length = length};
}

static inline bool wilder_is_ready(const struct wilder *a) {
    return a->count == a->length;
}

static inline void wilder_push(struct wilder *a, double x) {
    if (a->count == a->length) {
        a->value = (a->value * (a->length - 1) + x) / a->length;
        return;
    }
    a->value += x;
    a->count++;
    if (a->count == a->length) {
        a->value /= a->length;
    }
}
