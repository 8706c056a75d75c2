/* indicator, candles, watch, watch_ticker, and the handles they give. A handle reads at the number
 * of the event that is handled, never at the newest data. */
#include "market/timeframe.h"
#include "script/api_classes.h"
#include "script/handle.h"
#include "script/suggest.h"

#include <math.h>
#include <string.h>

static const char *const source_names[] = {"open", "high", "low", "close"};

/* --- reading ------------------------------------------------------------------------------------
 */

static uint64_t handle_known(const struct handle *handle) {
    const struct event *event = handle->guest->event;
    return event ? series_known(handle->series, event->number) : 0;
}

/* The position of the bar n before the newest known; false when it is not held. */
static bool handle_position(const struct handle *handle, double n, uint64_t *position) {
    uint64_t known = handle_known(handle);
    if (!(n >= 0 && n <= SERIES_HISTORY)) {
        return false;
    }
    uint64_t back = (uint64_t)n;
    if ((double)back != n || back >= known) {
        return false;
    }
    *position = known - 1 - back;
    return handle->series->count - *position <= SERIES_CAPACITY;
}

static void push_value(lua_State *L, double value) {
    if (isnan(value)) {
        lua_pushnil(L);
    } else {
        lua_pushnumber(L, value);
    }
}

static void push_bar(lua_State *L, const struct bar *bar) {
    lua_createtable(L, 0, 7);
    lua_pushnumber(L, (double)bar->time_ms);
    lua_setfield(L, -2, "time");
    lua_pushnumber(L, (double)bar->close_ms);
    lua_setfield(L, -2, "close_time");
    lua_pushnumber(L, bar->open);
    lua_setfield(L, -2, "open");
    lua_pushnumber(L, bar->high);
    lua_setfield(L, -2, "high");
    lua_pushnumber(L, bar->low);
    lua_setfield(L, -2, "low");
    lua_pushnumber(L, bar->close);
    lua_setfield(L, -2, "close");
    lua_pushnumber(L, bar->volume);
    lua_setfield(L, -2, "volume");
}

static void handle_push_at(lua_State *L, const struct handle *handle, uint64_t position) {
    if (handle->instance) {
        push_value(L, indicator_value(handle->instance, handle->output, position));
    } else {
        push_bar(L, series_at(handle->series, position));
    }
}

static const char *output_at(const void *list, int index) {
    const struct indicator_spec *spec = list;
    return index < spec->output_count ? spec->outputs[index] : NULL;
}

static int handle_member(lua_State *L) {
    lua_getfenv(L, 1);
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    if (!lua_isnil(L, -1)) {
        return 1;
    }
    const struct handle *handle = lua_touserdata(L, 1);
    if (lua_type(L, 2) != LUA_TSTRING) {
        return sandbox_raise(L, E_SCRIPT, "a handle is read with a number of bars back, like [0]");
    }
    char hint[80] = "";
    const char *name = lua_tostring(L, 2);
    if (handle->instance) {
        suggest_text(name, output_at, handle->instance->spec, hint, sizeof hint);
        return sandbox_raise(
            L, E_SCRIPT, "%s has no output '%.40s'%s", handle->instance->spec->name, name, hint
        );
    }
    return sandbox_raise(L, E_SCRIPT, "candles have no '%.40s': read a bar, like [0].close", name);
}

static int handle_index(lua_State *L) {
    if (lua_type(L, 2) != LUA_TNUMBER) {
        return handle_member(L);
    }
    const struct handle *handle = lua_touserdata(L, 1);
    uint64_t position;
    if (handle_position(handle, lua_tonumber(L, 2), &position)) {
        handle_push_at(L, handle, position);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

const struct handle *handle_check(lua_State *L, int index) {
    if (lua_type(L, index) == LUA_TUSERDATA && lua_getmetatable(L, index)) {
        lua_rawgeti(L, -1, 1);
        bool is_handle = lua_touserdata(L, -1) == (void *)(uintptr_t)handle_index;
        lua_pop(L, 2);
        if (is_handle) {
            return lua_touserdata(L, index);
        }
    }
    return NULL;
}

static const struct handle *handle_self(lua_State *L, const char *method) {
    const struct handle *handle = handle_check(L, 1);
    if (!handle) {
        sandbox_raise(L, E_SCRIPT, "call it with a colon: handle:%s(...)", method);
    }
    if (lua_type(L, 2) != LUA_TNUMBER || !isfinite(lua_tonumber(L, 2))) {
        sandbox_raise(L, E_SCRIPT, "%s takes a number, not %s", method, luaL_typename(L, 2));
    }
    return handle;
}

static int handle_at(lua_State *L) {
    const struct handle *handle = handle_self(L, "at");
    double ms = lua_tonumber(L, 2);
    uint64_t known = handle_known(handle);
    uint64_t position;
    bool is_found =
        fabs(ms) < 9e15 && series_find_closed(handle->series, known, (int64_t)ms, &position);
    if (is_found && known - 1 - position <= SERIES_HISTORY) {
        handle_push_at(L, handle, position);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

static int handle_time(lua_State *L) {
    const struct handle *handle = handle_self(L, "time");
    uint64_t position;
    if (handle_position(handle, lua_tonumber(L, 2), &position)) {
        lua_pushnumber(L, (double)series_at(handle->series, position)->time_ms);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

static int handle_length(lua_State *L) {
    uint64_t known = handle_known(lua_touserdata(L, 1));
    lua_pushnumber(L, (double)(known < SERIES_HISTORY ? known : SERIES_HISTORY));
    return 1;
}

/* --- making -------------------------------------------------------------------------------------
 */

static int handle_newindex(lua_State *L) {
    return sandbox_raise(L, E_SCRIPT, "a handle is read-only");
}

static int handle_tostring(lua_State *L) {
    const struct handle *handle = lua_touserdata(L, 1);
    lua_pushstring(L, handle->instance ? handle->instance->spec->name : "candles");
    return 1;
}

static void handle_class_push(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"__index", handle_index},
        {"__len", handle_length},
        {"__newindex", handle_newindex},
        {"__tostring", handle_tostring},
        {NULL, NULL},
    };
    lua_createtable(L, 1, 5);
    for (const luaL_Reg *m = methods; m->name; m++) {
        lua_pushcfunction(L, m->func);
        lua_setfield(L, -2, m->name);
    }
    /* The mark by which handle_check knows a handle. */
    lua_pushlightuserdata(L, (void *)(uintptr_t)handle_index);
    lua_rawseti(L, -2, 1);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
}

void objects_market_push(lua_State *L, struct guest *g, int symbols) {
    (void)g;
    handle_class_push(L);
    lua_rawseti(L, symbols, -(int)OBJECT_HANDLE);
}

static struct handle *handle_push(lua_State *L, const struct handle *value) {
    struct handle *handle = lua_newuserdata(L, sizeof *handle);
    *handle = *value;
    lua_rawgeti(L, OBJECT_SYMBOLS, -(int)OBJECT_HANDLE);
    lua_setmetatable(L, -2);
    lua_createtable(L, 0, 4);
    lua_pushcfunction(L, handle_at);
    lua_setfield(L, -2, "at");
    lua_pushcfunction(L, handle_time);
    lua_setfield(L, -2, "time");
    lua_setfenv(L, -2);
    return handle;
}

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

static const char *spec_at(const void *unused, int index) {
    (void)unused;
    return index < indicator_count() ? indicator_at(index)->name : NULL;
}

const struct indicator_spec *indicator_named(lua_State *L, const char *name) {
    const struct indicator_spec *spec = indicator_find(name);
    if (!spec) {
        char hint[80];
        suggest_text(name, spec_at, NULL, hint, sizeof hint);
        sandbox_raise(L, E_NOT_FOUND, "there is no indicator '%.40s'%s", name, hint);
    }
    return spec;
}

/* A parameter's value as the number that the table of indicators wants. */
static double param_value(lua_State *L, const struct indicator_param *param) {
    int type = lua_type(L, -1);
    if (param->kind == PARAM_SOURCE && type == LUA_TSTRING) {
        for (int i = 0; i < 4; i++) {
            if (strcmp(source_names[i], lua_tostring(L, -1)) == 0) {
                return i;
            }
        }
        sandbox_raise(L, E_RANGE, "%s must be 'open', 'high', 'low' or 'close'", param->name);
    }
    if (param->kind == PARAM_TIMEFRAME && type == LUA_TSTRING) {
        struct err e;
        int64_t timeframe_ms = 0;
        if (strcmp(lua_tostring(L, -1), "auto") != 0 &&
            timeframe_parse(lua_tostring(L, -1), &timeframe_ms, &e) != 0) {
            sandbox_raise(L, E_RANGE, "%s: %s", param->name, e.msg);
        }
        return (double)timeframe_ms;
    }
    if (param->kind == PARAM_BOOLEAN && type == LUA_TBOOLEAN) {
        return lua_toboolean(L, -1);
    }
    bool wants_number = param->kind == PARAM_INTEGER || param->kind == PARAM_NUMBER;
    if (!wants_number || type != LUA_TNUMBER || !isfinite(lua_tonumber(L, -1))) {
        sandbox_raise(
            L, E_SCRIPT, "parameter %s cannot be a %s", param->name, luaL_typename(L, -1)
        );
    }
    return lua_tonumber(L, -1);
}

static void
param_take(lua_State *L, const struct indicator_spec *spec, struct indicator_params *params) {
    if (lua_type(L, -2) != LUA_TSTRING) {
        sandbox_raise(L, E_SCRIPT, "parameters of %s are given by name", spec->name);
    }
    const char *name = lua_tostring(L, -2);
    double value = 0;
    for (int i = 0; i < spec->param_count; i++) {
        if (strcmp(spec->params[i].name, name) == 0) {
            value = param_value(L, &spec->params[i]);
        }
    }
    struct err e;
    if (indicator_param_set(spec, params, name, value, &e) != 0) {
        sandbox_raise(L, e.code, "%s", e.msg);
    }
}

void indicator_params_read(
    lua_State *L, int index, const struct indicator_spec *spec, struct indicator_params *params
) {
    indicator_defaults(spec, params);
    if (lua_isnoneornil(L, index)) {
        return;
    }
    if (lua_type(L, index) != LUA_TTABLE) {
        sandbox_raise(L, E_SCRIPT, "parameters of %s must be a table", spec->name);
    }
    lua_pushnil(L);
    while (lua_next(L, index)) {
        param_take(L, spec, params);
        lua_pop(L, 1);
    }
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
