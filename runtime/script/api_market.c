/* indicator, candles, watch, watch_ticker. */
#include "script/api_classes.h"
#include "script/handle.h"
#include "script/suggest.h"

#include <string.h>

/* The series of a symbol and timeframe, asking the engine for it and its history; raises. */
static uint16_t series_open(lua_State *L, struct guest *g, uint16_t symbol, int64_t timeframe_ms) {
    uint16_t series = NO_INDEX;
    struct err e = {0};
    int code = host_series_open(g->host, symbol, timeframe_ms, g->event->number, &series, &e);
    if (code != 0) {
        sandbox_raise(L, code, "self:%s: %s", api_row_of(L)->name, e.msg);
    }
    return series;
}

static uint16_t symbol_known(lua_State *L, struct guest *g, int index) {
    uint16_t symbol = api_symbol(L, g, index);
    if (symbol == NO_INDEX) {
        char hint[80];
        const char *name = lua_tostring(L, index);
        suggest_text(name, host_symbol_at, g->host, hint, sizeof hint);
        sandbox_raise(
            L, E_UNKNOWN_SYMBOL, "self:%s: unknown symbol '%.40s'%s", api_row_of(L)->name, name,
            hint
        );
    }
    return symbol;
}

struct source_context {
    struct guest *guest;
    uint16_t symbol;
};

static struct series *source_series(void *ctx, int64_t timeframe_ms) {
    struct source_context *source = ctx;
    struct guest *g = source->guest;
    uint16_t series = NO_INDEX;
    struct err ignored;
    int code = host_series_open(
        g->host, source->symbol, timeframe_ms, g->event->number, &series, &ignored
    );
    return code == 0 ? g->host->series[series].series : NULL;
}

int api_indicator(lua_State *L) {
    struct guest *g = api_enter(L);
    const struct indicator_spec *spec = indicator_named(L, api_text(L, 2, "name"));
    uint16_t symbol = symbol_known(L, g, 3);
    int64_t timeframe_ms = api_timeframe(L, 4);
    struct indicator_params params;
    indicator_params_read(L, 5, spec, &params);
    if (g->indicator_count >= g->host->options.limits.indicators_max) {
        return sandbox_raise(L, E_QUOTA, "more than %d indicators", g->indicator_count);
    }

    struct err e = {0};
    struct source_context context = {g, symbol};
    struct series_source source = {source_series, &context};
    struct handle handle = {.guest = g};
    handle.series = g->host->series[series_open(L, g, symbol, timeframe_ms)].series;
    struct indicator_instance *instance = NULL;
    int code = indicator_set_open(
        g->host->indicators, handle.series, spec, &params, &source, &instance, &e
    );
    if (code != 0) {
        return sandbox_raise(L, code, "self:indicator: %s", e.msg);
    }
    handle.instance = instance;
    g->indicator_count++;

    handle_push(L, &handle);
    for (int i = 0; i < spec->output_count; i++) {
        lua_getfenv(L, -1);
        handle.output = i;
        handle_push(L, &handle);
        lua_setfield(L, -2, spec->outputs[i]);
        lua_pop(L, 1);
    }
    return 1;
}

int api_candles(lua_State *L) {
    struct guest *g = api_enter(L);
    uint16_t symbol = symbol_known(L, g, 2);
    int64_t timeframe_ms = api_timeframe(L, 3);
    struct handle handle = {.guest = g};
    handle.series = g->host->series[series_open(L, g, symbol, timeframe_ms)].series;
    handle_push(L, &handle);
    return 1;
}

int api_watch(lua_State *L) {
    struct guest *g = api_enter(L);
    uint16_t symbol = symbol_known(L, g, 2);
    bool is_finest = strcmp(api_text(L, 3, "timeframe"), "finest") == 0;
    int64_t timeframe_ms = is_finest ? 0 : api_timeframe(L, 3);
    if (!is_finest) {
        series_open(L, g, symbol, timeframe_ms);
    }
    if (!guest_watch(g, symbol, timeframe_ms)) {
        return sandbox_raise(L, E_QUOTA, "more than %d watches", WATCH_MAX);
    }
    return 0;
}

int api_watch_ticker(lua_State *L) {
    struct guest *g = api_enter(L);
    uint16_t symbol = symbol_known(L, g, 2);
    struct subscription *s = &g->subscription;
    for (int i = 0; i < s->ticker_count; i++) {
        if (s->tickers[i] == symbol) {
            return 0;
        }
    }
    if (s->ticker_count == WATCH_MAX) {
        return sandbox_raise(L, E_QUOTA, "more than %d watched tickers", WATCH_MAX);
    }
    s->tickers[s->ticker_count++] = symbol;
    return 0;
}
