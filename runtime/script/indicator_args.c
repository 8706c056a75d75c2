/* An indicator's name and parameters as a script gives them. */
#include "market/timeframe.h"
#include "script/handle.h"
#include "script/suggest.h"

#include <lauxlib.h>

#include <math.h>
#include <string.h>

static const char *const source_names[] = {"open", "high", "low", "close"};

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

/* Sets the parameter of a name to the value on top. */
static void param_take(
    lua_State *L,
    const struct indicator_spec *spec,
    const char *name,
    struct indicator_params *params
) {
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

static bool is_param(const struct indicator_spec *spec, const char *name) {
    for (int i = 0; i < spec->param_count; i++) {
        if (strcmp(spec->params[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The unknown key that sorts first; NULL when all are parameters. */
static const char *unknown_param(lua_State *L, int index, const struct indicator_spec *spec) {
    const char *unknown = NULL;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING) {
            sandbox_raise(L, E_SCRIPT, "parameters of %s are given by name", spec->name);
        }
        const char *name = lua_tostring(L, -1);
        if (!is_param(spec, name) && (!unknown || strcmp(name, unknown) < 0)) {
            unknown = name;
        }
    }
    return unknown;
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
    const char *unknown = unknown_param(L, index, spec);
    if (unknown) {
        param_take(L, spec, unknown, params); /* says what there is */
    }
    for (int i = 0; i < spec->param_count; i++) {
        lua_pushstring(L, spec->params[i].name);
        lua_rawget(L, index);
        if (!lua_isnil(L, -1)) {
            param_take(L, spec, spec->params[i].name, params);
        }
        lua_pop(L, 1);
    }
}
