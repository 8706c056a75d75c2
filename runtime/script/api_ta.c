/* ta: the indicators with private state, fed by hand. ta.ema{ length = 5 } makes one; :push gives
 * the value after one more number or bar, :feed pushes the last n values of a handle. The object
 * holds the indicator's whole state and dies with the sandbox. */
#include "script/api.h"
#include "script/handle.h"

#include <math.h>
#include <string.h>

struct ta { /* the indicator's state follows */
    const struct indicator_spec *spec;
    double outputs[INDICATOR_OUTPUTS_MAX];
    int64_t pushed;
};

#define STATE_OFFSET ((sizeof(struct ta) + 15) & ~(size_t)15)

static int ta_index(lua_State *L);

static struct ta *ta_self(lua_State *L, const char *method) {
    if (lua_type(L, 1) == LUA_TUSERDATA && lua_getmetatable(L, 1)) {
        lua_rawgeti(L, -1, 1);
        bool is_ta = lua_touserdata(L, -1) == (void *)(uintptr_t)ta_index;
        lua_pop(L, 2);
        if (is_ta) {
            return lua_touserdata(L, 1);
        }
    }
    sandbox_raise(L, E_SCRIPT, "call it with a colon: object:%s(...)", method);
    return NULL;
}

static void ta_take(struct ta *ta, const struct bar *bar) {
    double inputs[INDICATOR_INPUTS_MAX];
    for (int i = 0; i < INDICATOR_INPUTS_MAX; i++) {
        inputs[i] = NAN;
    }
    ta->spec->push((char *)ta + STATE_OFFSET, bar, inputs, ta->outputs);
    ta->pushed++;
}

static int push_output(lua_State *L, double value) {
    if (isnan(value)) {
        lua_pushnil(L);
    } else {
        lua_pushnumber(L, value);
    }
    return 1;
}

/* A number is a bar that only ever had this price. */
static struct bar bar_of_number(const struct ta *ta, double x) {
    return (struct bar){
        .time_ms = ta->pushed,
        .close_ms = ta->pushed + 1,
        .open = x,
        .high = x,
        .low = x,
        .close = x,
    };
}

static double bar_field(lua_State *L, const char *name, bool is_required) {
    lua_getfield(L, 2, name);
    double x = lua_tonumber(L, -1);
    bool is_number = lua_type(L, -1) == LUA_TNUMBER && isfinite(x);
    if (!is_number && (is_required || !lua_isnil(L, -1))) {
        sandbox_raise(L, E_SCRIPT, "a bar needs open, high, low and close as finite numbers");
    }
    lua_pop(L, 1);
    return x;
}

static int ta_push(lua_State *L) {
    struct ta *ta = ta_self(L, "push");
    struct bar bar;
    int type = lua_type(L, 2);
    if (type == LUA_TNUMBER && isfinite(lua_tonumber(L, 2))) {
        bar = bar_of_number(ta, lua_tonumber(L, 2));
    } else if (type == LUA_TTABLE || type == LUA_TUSERDATA) {
        bar = bar_of_number(ta, bar_field(L, "close", true));
        bar.open = bar_field(L, "open", true);
        bar.high = bar_field(L, "high", true);
        bar.low = bar_field(L, "low", true);
        bar.volume = bar_field(L, "volume", false);
    } else {
        return sandbox_raise(L, E_SCRIPT, "push takes a finite number or a bar");
    }
    ta_take(ta, &bar);
    return push_output(L, ta->outputs[0]);
}

static int ta_feed(lua_State *L) {
    struct ta *ta = ta_self(L, "feed");
    const struct handle *handle = handle_check(L, 2);
    double n = lua_tonumber(L, 3);
    if (!handle || !(n >= 0 && n <= SERIES_HISTORY) || n != floor(n)) {
        return sandbox_raise(L, E_SCRIPT, "feed takes a handle and how many of its last bars");
    }
    const struct event *event = handle->guest->event;
    uint64_t known = event ? series_known(handle->series, event->number) : 0;
    uint64_t count = (uint64_t)n < known ? (uint64_t)n : known;
    for (uint64_t position = known - count; position < known; position++) {
        if (!handle->instance) {
            ta_take(ta, series_at(handle->series, position));
            continue;
        }
        double value = indicator_value(handle->instance, handle->output, position);
        if (!isnan(value)) {
            struct bar bar = bar_of_number(ta, value);
            ta_take(ta, &bar);
        }
    }
    return push_output(L, ta->outputs[0]);
}

/* object.upper: a named output after the last push. */
static int ta_index(lua_State *L) {
    const struct ta *ta = lua_touserdata(L, 1);
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    if (strcmp(name, "push") == 0) {
        lua_pushcfunction(L, ta_push);
        return 1;
    }
    if (strcmp(name, "feed") == 0) {
        lua_pushcfunction(L, ta_feed);
        return 1;
    }
    for (int i = 0; i < ta->spec->output_count; i++) {
        if (strcmp(ta->spec->outputs[i], name) == 0) {
            return push_output(L, ta->outputs[i]);
        }
    }
    return sandbox_raise(L, E_SCRIPT, "%s has no output '%.40s'", ta->spec->name, name);
}

static int ta_newindex(lua_State *L) {
    return sandbox_raise(L, E_SCRIPT, "a ta object is read-only");
}

/* ta.NAME(params): upvalues are the indicator and the metatable. */
static int ta_make(lua_State *L) {
    const struct indicator_spec *spec = lua_touserdata(L, lua_upvalueindex(1));
    struct indicator_params params;
    indicator_params_read(L, 1, spec, &params);
    struct ta *ta = lua_newuserdata(L, STATE_OFFSET + spec->size);
    memset(ta, 0, STATE_OFFSET + spec->size);
    ta->spec = spec;
    for (int i = 0; i < INDICATOR_OUTPUTS_MAX; i++) {
        ta->outputs[i] = NAN;
    }
    spec->init((char *)ta + STATE_OFFSET, &params, 60000);
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_setmetatable(L, -2);
    return 1;
}

static int ta_missing(lua_State *L) {
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    indicator_named(L, name);
    return sandbox_raise(L, E_SCRIPT, "%s reads other timeframes: take self:indicator", name);
}

void api_ta_push(lua_State *L, struct guest *g) {
    (void)g;
    lua_createtable(L, 0, indicator_count());
    int ta = lua_gettop(L);
    lua_createtable(L, 1, 3);
    lua_pushcfunction(L, ta_index);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, ta_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pushlightuserdata(L, (void *)(uintptr_t)ta_index);
    lua_rawseti(L, -2, 1);
    for (int i = 0; i < indicator_count(); i++) {
        if (indicator_at(i)->inputs) {
            continue; /* reads other timeframes, which a private one has not */
        }
        lua_pushlightuserdata(L, (void *)(uintptr_t)indicator_at(i));
        lua_pushvalue(L, -2);
        lua_pushcclosure(L, ta_make, 2);
        lua_setfield(L, ta, indicator_at(i)->name);
    }
    lua_pop(L, 1);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, ta_missing);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, ta);
}
