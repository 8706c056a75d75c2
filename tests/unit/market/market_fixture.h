/* market_fixture: one symbol with a series of every timeframe, fed with bars of the finest, as a
 * host does it: bars that end are pushed from the longest timeframe to the shortest, then all are
 * fed to the indicators. */
#pragma once

#include "golden.h"
#include "market/bars.h"
#include "market/indicator_set.h"
#include "market/timeframe.h"

#include <string.h>

struct market_fixture {
    struct indicator_set *set;
    struct series *series[TIMEFRAME_COUNT]; /* NULL: not kept */
    struct bar_builder builders[TIMEFRAME_COUNT];
    uint64_t number;
};

static inline struct series *market_fixture_series(void *ctx, int64_t timeframe_ms) {
    struct market_fixture *m = ctx;
    for (int i = 0; i < TIMEFRAME_COUNT; i++) {
        if (timeframe_ms_at(i) == timeframe_ms) {
            return m->series[i];
        }
    }
    return NULL;
}

/* Timeframes from `finest_ms` on. */
static inline void market_fixture_begin(struct market_fixture *m, int64_t finest_ms) {
    memset(m, 0, sizeof *m);
    m->set = indicator_set_new();
    assert_non_null(m->set);
    for (int i = 0; i < TIMEFRAME_COUNT; i++) {
        if (timeframe_ms_at(i) < finest_ms) {
            continue;
        }
        m->series[i] = calloc(1, sizeof *m->series[i]);
        assert_non_null(m->series[i]);
        m->series[i]->timeframe_ms = timeframe_ms_at(i);
        bar_builder_init(&m->builders[i], timeframe_ms_at(i));
    }
}

static inline void market_fixture_end(struct market_fixture *m) {
    indicator_set_free(m->set);
    for (int i = 0; i < TIMEFRAME_COUNT; i++) {
        free(m->series[i]);
    }
}

static inline void market_fixture_push(struct market_fixture *m, const struct bar *finest) {
    struct bar closed;
    m->number++;
    for (int i = TIMEFRAME_COUNT - 1; i >= 0; i--) {
        if (m->series[i] == NULL) {
            continue;
        }
        if (bar_builder_expire(&m->builders[i], finest->time_ms, &closed)) {
            series_push(m->series[i], &closed, m->number);
        }
        if (bar_builder_push(&m->builders[i], finest, &closed)) {
            series_push(m->series[i], &closed, m->number);
        }
    }
    for (int i = 0; i < TIMEFRAME_COUNT; i++) {
        if (m->series[i] != NULL) {
            indicator_set_push(m->set, m->series[i]);
        }
    }
}

static inline struct indicator_instance *market_fixture_open(
    struct market_fixture *m,
    int64_t timeframe_ms,
    const char *name,
    const char *param,
    double value
) {
    const struct indicator_spec *spec = indicator_find(name);
    struct series_source source = {market_fixture_series, m};
    struct indicator_params params;
    struct indicator_instance *instance = NULL;
    struct err e = {0};
    assert_non_null(spec);
    indicator_defaults(spec, &params);
    if (param != NULL) {
        assert_int_equal(indicator_param_set(spec, &params, param, value, &e), E_OK);
    }
    struct series *series = market_fixture_series(m, timeframe_ms);
    assert_int_equal(
        indicator_set_open(m->set, series, spec, &params, &source, &instance, &e), E_OK
    );
    return instance;
}
