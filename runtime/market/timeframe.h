/* timeframe: the lengths of bars that exist ("1m" … "1d"), in milliseconds, aligned to UTC. Pure.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define MINUTE_MS ((int64_t)60000)
#define TIMEFRAME_COUNT 12

/* 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d, in that order. */
int64_t timeframe_ms_at(int index);
const char *timeframe_name(int64_t timeframe_ms); /* "?" for a length that does not exist */
MUST_CHECK int timeframe_parse(const char *name, int64_t *timeframe_ms, struct err *e);

/* The open time of the bar that time_ms lies in (times are not negative). */
static inline int64_t timeframe_open(int64_t timeframe_ms, int64_t time_ms) {
    return time_ms - time_ms % timeframe_ms;
}
