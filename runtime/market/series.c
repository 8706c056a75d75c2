#include "market/series.h"

/* Readers ask about the last few bars nearly always; beyond these a binary search is cheaper. */
#define NEAR_STEPS 8

static uint64_t series_oldest(const struct series *s) {
    return s->count > SERIES_CAPACITY ? s->count - SERIES_CAPACITY : 0;
}

void series_push(struct series *s, const struct bar *bar, uint64_t number) {
    uint64_t slot = s->count & (SERIES_CAPACITY - 1);
    s->bars[slot] = *bar;
    s->number[slot] = number;
    s->count++;
}

uint64_t series_known(const struct series *s, uint64_t number) {
    uint64_t oldest = series_oldest(s);
    uint64_t high = s->count; /* bars at high and later are not known */
    for (int step = 0; step < NEAR_STEPS && high > oldest; step++) {
        if (s->number[(high - 1) & (SERIES_CAPACITY - 1)] <= number) {
            return high;
        }
        high--;
    }
    uint64_t low = oldest; /* bars before low are known */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (s->number[middle & (SERIES_CAPACITY - 1)] <= number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool series_find_closed(
    const struct series *s, uint64_t known, int64_t time_ms, uint64_t *position
) {
    uint64_t oldest = series_oldest(s);
    uint64_t high = known < s->count ? known : s->count; /* bars at high and later close after */
    for (int step = 0; step < NEAR_STEPS && high > oldest; step++) {
        if (series_at(s, high - 1)->close_ms <= time_ms) {
            *position = high - 1;
            return true;
        }
        high--;
    }
    uint64_t low = oldest; /* bars before low have closed */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (series_at(s, middle)->close_ms <= time_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == oldest) {
        return false;
    }
    *position = low - 1;
    return true;
}
