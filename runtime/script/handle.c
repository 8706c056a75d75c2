/* Handles: userdata that read values and bars as of the event that is handled, never the newest. */
#include "script/handle.h"

#include "script/api.h"
#include "script/suggest.h"

#include <math.h>

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

struct handle *handle_push(lua_State *L, const struct handle *value) {
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
