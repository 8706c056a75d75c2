#include "market/average.h"

#include <math.h>

void ema_init(struct ema *a, int length) {
    *a = (struct ema){.weight = 2.0 / (length + 1)};
}

void jma_init(struct jma *a, int length) {
    double span = 0.45 * (length - 1);
    double beta = span / (span + 2);
    *a = (struct jma){.beta = beta, .alpha = beta * beta, .length = length};
}

double jma_push(struct jma *a, double x) {
    static const double phase_ratio = 2.0; /* of phase 50 */
    if (a->count == 0) {
        a->e0 = x;
        a->value = x;
    }
    double rest = 1 - a->alpha;
    a->e0 = rest * x + a->alpha * a->e0;
    a->e1 = (x - a->e0) * (1 - a->beta) + a->beta * a->e1;
    a->e2 = (a->e0 + phase_ratio * a->e1 - a->value) * rest * rest + a->alpha * a->alpha * a->e2;
    a->value += a->e2;
    if (a->count < a->length) {
        a->count++;
        a->sum += x;
        return a->sum / a->count;
    }
    return a->value;
}

void rq_init(struct rq *a) {
    static const double lookback = 30, relative_weight = 0.5;
    *a = (struct rq){.ring = {.length = RQ_TAPS}};
    for (int lag = 0; lag < RQ_TAPS; lag++) {
        double distance = lag * lag / (lookback * lookback * 2 * relative_weight);
        a->weights[lag] = 1 / sqrt(1 + distance);
    }
}

double rq_push(struct rq *a, double x) {
    const double *oldest = ring_push(&a->ring, a->numbers, x);
    int count = a->ring.count;
    double sum = 0, weights = 0;
    for (int lag = 0; lag < count; lag++) {
        sum += a->weights[lag] * oldest[count - 1 - lag];
        weights += a->weights[lag];
    }
    return sum / weights;
}

void t3_init(struct t3 *a, int length, double factor) {
    double square = factor * factor, cube = square * factor;
    *a = (struct t3){
        .mix =
            {1 + 3 * factor + cube + 3 * square, -6 * square - 3 * factor - 3 * cube,
             3 * square + 3 * cube, -cube},
    };
    for (int i = 0; i < 6; i++) {
        ema_init(&a->chain[i], length);
    }
}

double t3_push(struct t3 *a, double x) {
    double value = x, mixed = 0;
    for (int i = 0; i < 6; i++) {
        value = ema_push(&a->chain[i], value);
        if (i >= 2) {
            mixed += a->mix[i - 2] * value;
        }
    }
    return mixed;
}

void vidya_init(struct vidya *a, int length) {
    *a = (struct vidya){.weight = 2.0 / (length + 1), .ring = {.length = VIDYA_MOVES}};
}

double vidya_push(struct vidya *a, double x) {
    if (!a->has_begun) {
        a->has_begun = true;
        a->value = x;
        a->previous = x;
        return x;
    }
    const double *oldest = ring_push(&a->ring, a->moves, x - a->previous);
    a->previous = x;
    double net = 0, path = 0;
    for (int i = 0; i < a->ring.count; i++) {
        net += oldest[i];
        path += fabs(oldest[i]);
    }
    double momentum = path > 0 ? fabs(net) / path : 1;
    a->value += a->weight * momentum * (x - a->value);
    return a->value;
}
