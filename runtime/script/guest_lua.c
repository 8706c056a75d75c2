/* The Lua side of a guest: its API and self, the script's table, self.state. What allocates runs
 * inside sandbox_protect. */
#include "script/api.h"
#include "script/suggest.h"

#include <stdarg.h>
#include <stdio.h>
#include <lauxlib.h>
#include <string.h>

struct task { /* what a protected function is given */
    struct guest *guest;
    struct fault *fault;
};

int fault_set(struct fault *fault, int code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
    fault->code = code;
    fault->file[0] = '\0';
    fault->line = 0;
    return code;
}

/* --- before the script is loaded ----------------------------------------------------------------
 */

static void names_prepare(lua_State *L) {
    static const char *const ready[] = {"activated", "restarted", "edited", "params", "fault"};
    static const char *const stop[] = {"keep", "close", "finish", "suspend"};
    for (int i = 0; i <= READY_FAULT; i++) {
        lua_pushstring(L, ready[i]);
        guest_ref_set(L, REF_READY + i);
    }
    for (int i = 0; i <= STOP_SUSPEND; i++) {
        lua_pushstring(L, stop[i]);
        guest_ref_set(L, REF_STOP + i);
    }
}

static int prepare(lua_State *L) {
    struct guest *g = lua_touserdata(L, 1);
    for (int ref = 0; ref < REF_END; ref++) {
        lua_pushboolean(L, false);
        guest_ref_set(L, ref);
    }
    names_prepare(L);
    lua_pushliteral(L, "now");
    guest_ref_set(L, REF_KEY_NOW);
    lua_pushliteral(L, "state");
    guest_ref_set(L, REF_KEY_STATE);
    api_push(L, g);
    guest_ref_set(L, REF_API);
    lua_createtable(L, 0, 16);
    lua_pushstring(L, g->id);
    lua_setfield(L, -2, "id");
    guest_ref_set(L, REF_SELF);
    api_ta_push(L, g);
    sandbox_set_global(L, "ta");
    return 0;
}

int guest_prepare(struct guest *g, struct fault *fault) {
    return sandbox_protect(g->sandbox, prepare, g, fault);
}

/* --- the script's table -------------------------------------------------------------------------
 */

static bool has_field(lua_State *L, int table, const char *name, int type) {
    lua_pushstring(L, name);
    lua_rawget(L, table);
    bool is_there = type == LUA_TNONE ? !lua_isnil(L, -1) : lua_type(L, -1) == type;
    lua_pop(L, 1);
    return is_there;
}

static int script_check(lua_State *L, struct guest *g, int script, struct fault *fault) {
    if (lua_type(L, script) != LUA_TTABLE) {
        return fault_set(
            fault, E_SCRIPT, "the script must return its table: end it with `return M`"
        );
    }
    if (lua_getmetatable(L, script)) {
        return fault_set(fault, E_SCRIPT, "the script's table may not have a metatable");
    }
    lua_getfield(L, script, "api");
    if (lua_type(L, -1) != LUA_TNUMBER || lua_tonumber(L, -1) != 1) {
        return fault_set(fault, E_VERSION, "M.api must be 1, the script API of this program");
    }
    if (!has_field(L, script, "name", LUA_TSTRING)) {
        return fault_set(fault, E_SCRIPT, "M.name must be a string");
    }
    lua_getfield(L, script, "version");
    double version = lua_tonumber(L, -1);
    bool is_whole = version >= 1 && version < 1e9 && version == (double)(int)version;
    if (lua_type(L, -1) != LUA_TNUMBER || !is_whole) {
        return fault_set(fault, E_SCRIPT, "M.version must be a whole number from 1");
    }
    g->version = (int)version;
    const char *name;
    for (int i = 0; (name = api_name_at(NULL, i)) != NULL; i++) {
        if (strcmp(name, "params") != 0 && has_field(L, script, name, LUA_TNONE)) {
            return fault_set(fault, E_SCRIPT, "the script defines '%s', a name of the API", name);
        }
    }
    return 0;
}

static int handlers_find(lua_State *L, struct guest *g, int script, struct fault *fault) {
    g->handlers = 0;
    for (int kind = 0; kind < EVENT_HANDLER_COUNT; kind++) {
        lua_pushstring(L, api_handlers[kind].name);
        lua_rawget(L, script);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            continue;
        }
        if (lua_type(L, -1) != LUA_TFUNCTION) {
            return fault_set(fault, E_SCRIPT, "M.%s must be a function", api_handlers[kind].name);
        }
        g->handlers |= UINT32_C(1) << kind;
        guest_ref_set(L, REF_HANDLER + kind);
    }
    return 0;
}

/* Sets a metatable that the script can neither see nor change on the table at an index; next: where
 * a name is looked up that is not in it, 0: nowhere. */
static void set_lookup(lua_State *L, int table, int next) {
    lua_createtable(L, 0, 2);
    if (next != 0) {
        lua_pushvalue(L, next);
        lua_setfield(L, -2, "__index");
    }
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, table);
}

static int adopt(lua_State *L) {
    struct task *task = lua_touserdata(L, 1);
    guest_ref_push(L, REF_SCRIPT);
    guest_ref_push(L, REF_API);
    guest_ref_push(L, REF_SELF);
    if (script_check(L, task->guest, 2, task->fault) != 0 ||
        handlers_find(L, task->guest, 2, task->fault) != 0) {
        return 0;
    }
    /* self, then the API, then the script: as if the script came first, since it defines no name of
     * the API, and one table less on the way to what is called most. */
    set_lookup(L, 4, 3);
    set_lookup(L, 3, 2);
    set_lookup(L, 2, 0);
    return 0;
}

int guest_adopt(struct guest *g, struct fault *fault) {
    struct task task = {g, fault};
    fault->code = 0;
    int code = sandbox_protect(g->sandbox, adopt, &task, fault);
    return code ? code : fault->code;
}

/* --- self.state ---------------------------------------------------------------------------------
 */

static int restore(lua_State *L) {
    struct task *task = lua_touserdata(L, 1);
    struct guest *g = task->guest;
    guest_ref_push(L, REF_SELF);
    if (g->state_length == 0) {
        lua_createtable(L, 0, 0);
    } else {
        struct err e;
        int code = state_decode(L, g->state, g->state_length, &e);
        if (code != 0) {
            fault_set(task->fault, code, "the kept state cannot be read: %s", e.msg);
            return 0;
        }
    }
    lua_setfield(L, 2, "state");
    return 0;
}

int guest_restore(struct guest *g, struct fault *fault) {
    struct task task = {g, fault};
    fault->code = 0;
    int code = sandbox_protect(g->sandbox, restore, &task, fault);
    return code ? code : fault->code;
}

static int migrate_find(lua_State *L) {
    struct task *task = lua_touserdata(L, 1);
    guest_ref_push(L, REF_SCRIPT);
    lua_pushliteral(L, "migrate");
    lua_rawget(L, 2);
    if (!lua_isnil(L, 3) && lua_type(L, 3) != LUA_TFUNCTION) {
        fault_set(task->fault, E_SCRIPT, "M.migrate must be a function");
    }
    guest_ref_set(L, REF_ARGUMENT);
    return 0;
}

static int migrate_take(lua_State *L) {
    struct task *task = lua_touserdata(L, 1);
    guest_ref_push(L, REF_ARGUMENT);
    if (lua_type(L, 2) != LUA_TTABLE) {
        fault_set(
            task->fault, E_SCRIPT, "M.migrate must return the new state, a table, not a %s",
            luaL_typename(L, 2)
        );
        return 0;
    }
    guest_ref_push(L, REF_SELF);
    lua_pushvalue(L, 2);
    lua_setfield(L, 3, "state");
    return 0;
}

int guest_migrate(struct guest *g, int from_version, struct fault *fault) {
    struct task task = {g, fault};
    lua_State *L = g->L;
    fault->code = 0;
    int code = sandbox_protect(g->sandbox, migrate_find, &task, fault);
    if (code != 0 || fault->code != 0) {
        return code != 0 ? code : fault->code;
    }
    guest_ref_push(L, REF_ARGUMENT);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return 0;
    }
    guest_ref_push(L, REF_SELF);
    guest_ref_push(L, REF_KEY_STATE);
    lua_rawget(L, -2);
    lua_remove(L, -2);
    lua_pushinteger(L, from_version);
    code = sandbox_call(g->sandbox, 2, 1, g->host->options.limits.start_cpu_ns, fault);
    if (code != 0) {
        return code;
    }
    guest_ref_set(L, REF_ARGUMENT);
    code = sandbox_protect(g->sandbox, migrate_take, &task, fault);
    return code != 0 ? code : fault->code;
}
