/* indicator_set: the indicators of one host, each computed once however many ask for it.
 *
 * An instance is (series, spec, parameters), found or made by indicator_set_open. Its values lie in
 * a ring parallel to that of its series, so that a reader can look up the value at any bar that is
 * still held. One that is made late replays the bars that its series holds, at most
 * SERIES_HISTORY, and is then equal to one that was fed them as they came. Where an indicator reads
 * others of longer or shorter timeframes, those are instances of the same set on the series of
 * their timeframe, read as of the open of the bar that is fed.
 *
 * Series are only read; they must outlive the set. Memory is taken when an instance is made, never
 * by a push, and freed with the set. No clock: time is that of the bars. One thread. */
#pragma once

#include "market/indicator.h"
#include "market/series.h"

struct indicator_set;

struct indicator_instance {
    const struct indicator_spec *spec;
    struct indicator_params params;
    const struct series *series;
    uint64_t first; /* position of the first bar it was fed */
    uint64_t fed;   /* one past the last */
    int input_count;
    int input_output[INDICATOR_INPUTS_MAX];
    struct indicator_instance *inputs[INDICATOR_INPUTS_MAX];
    struct indicator_instance *next; /* of the same series, in order of making */
    void *state;
    double *history; /* SERIES_CAPACITY rows of spec->output_count values */
};

/* Finds the series of another timeframe of the same symbol; NULL when there is none. */
struct series_source {
    struct series *(*series_of)(void *ctx, int64_t timeframe_ms);
    void *ctx;
};

struct indicator_set *indicator_set_new(void); /* NULL without memory */
void indicator_set_free(struct indicator_set *set);

/* The instance of that series with equal parameters, or a new one that has replayed the series'
 * bars. E_NOT_FOUND, naming indicator and timeframe, where an input's series does not exist;
 * E_MEMORY. The source is not kept; it may be NULL for an indicator without inputs. */
MUST_CHECK int indicator_set_open(
    struct indicator_set *set,
    const struct series *series,
    const struct indicator_spec *spec,
    const struct indicator_params *params,
    const struct series_source *source,
    struct indicator_instance **instance,
    struct err *e
);

/* Feeds all instances of that series what was pushed to it since they were last fed. A series that
 * nobody reads costs a look into a table. At most SERIES_CAPACITY bars may have come since. */
void indicator_set_push(struct indicator_set *set, const struct series *series);

/* The value at the bar at that position of the series; NaN where it is not available: before the
 * warm-up, not yet fed, or no longer held. */
static inline double
indicator_value(const struct indicator_instance *instance, int output, uint64_t position) {
    if (position < instance->first || position >= instance->fed ||
        instance->fed - position > SERIES_CAPACITY) {
        return __builtin_nan("");
    }
    uint64_t row = position & (SERIES_CAPACITY - 1);
    return instance->history[row * (uint64_t)instance->spec->output_count + (uint64_t)output];
}
