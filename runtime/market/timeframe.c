#include "market/timeframe.h"

#include <string.h>

static const struct {
    const char *name;
    int64_t ms;
} timeframes[TIMEFRAME_COUNT] = {
    {"1m", MINUTE_MS},       {"3m", 3 * MINUTE_MS},    {"5m", 5 * MINUTE_MS},
    {"15m", 15 * MINUTE_MS}, {"30m", 30 * MINUTE_MS},  {"1h", 60 * MINUTE_MS},
    {"2h", 120 * MINUTE_MS}, {"4h", 240 * MINUTE_MS},  {"6h", 360 * MINUTE_MS},
    {"8h", 480 * MINUTE_MS}, {"12h", 720 * MINUTE_MS}, {"1d", 1440 * MINUTE_MS},
};

int64_t timeframe_ms_at(int index) {
    return timeframes[index].ms;
}

const char *timeframe_name(int64_t timeframe_ms) {
    for (int i = 0; i < TIMEFRAME_COUNT; i++) {
        if (timeframes[i].ms == timeframe_ms) {
            return timeframes[i].name;
        }
    }
    return "?";
}

int timeframe_parse(const char *name, int64_t *timeframe_ms, struct err *e) {
    for (int i = 0; i < TIMEFRAME_COUNT; i++) {
        if (strcmp(timeframes[i].name, name) == 0) {
            *timeframe_ms = timeframes[i].ms;
            return E_OK;
        }
    }
    return err_set(
        e, E_SYNTAX,
        "there is no timeframe \"%.20s\": use 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h or 1d", name
    );
}
