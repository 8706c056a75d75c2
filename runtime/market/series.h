/* series: the last bars of one symbol and timeframe, newest last, in a ring, each stamped with the
 * number of the engine event that made it known, so that a reader can look as of an earlier event.
 * Fixed size, no pointers inside (it may live in shared memory); one writer. Pure. */
#pragma once

#include "market/bar.h"

#include <stdint.h>

#define SERIES_HISTORY 3000  /* bars back that a reader may ask for */
#define SERIES_CAPACITY 4096 /* a power of two, more than SERIES_HISTORY + what one instant adds   \
                              */

struct series {
    int64_t timeframe_ms;
    uint64_t count; /* bars ever pushed; the newest is bars[(count - 1) % SERIES_CAPACITY] */
    uint64_t number[SERIES_CAPACITY];
    struct bar bars[SERIES_CAPACITY];
};

static inline const struct bar *series_at(const struct series *s, uint64_t position) {
    return &s->bars[position & (SERIES_CAPACITY - 1)];
}

/* Appends; bars come in ascending time. */
void series_push(struct series *s, const struct bar *bar, uint64_t number);

/* How many bars (from the first ever pushed) were known at an event's number: the newest of them is
 * at position result - 1. Cheap for recent numbers. */
uint64_t series_known(const struct series *s, uint64_t number);

/* Of the first `known` bars, the position of the last with close_ms <= time_ms, and true; false
 * when none is held. */
bool series_find_closed(
    const struct series *s, uint64_t known, int64_t time_ms, uint64_t *position
);
