#include "script/sandbox_parts.h"
#include "script/suggest.h"

#include <string.h>

/* --- pairs, next --------------------------------------------------------------------------------
 */

/* Upvalue 1 is n; a field set to nil meanwhile is passed over, as in Lua. */
static int array_iterate(lua_State *L) {
    int n = (int)lua_tointeger(L, lua_upvalueindex(1));
    for (int i = (int)lua_tointeger(L, 2) + 1; i <= n; i++) {
        lua_rawgeti(L, 1, i);
        if (!lua_isnil(L, -1)) {
            lua_pushinteger(L, i);
            lua_insert(L, -2);
            return 2;
        }
        lua_pop(L, 1);
    }
    lua_pushnil(L);
    return 1;
}

/* Upvalue 1 is the array of keys, 2 how many are done. */
static int keys_iterate(lua_State *L) {
    int i = (int)lua_tointeger(L, lua_upvalueindex(2));
    for (;;) {
        lua_rawgeti(L, lua_upvalueindex(1), ++i);
        if (lua_isnil(L, -1)) {
            return 1;
        }
        lua_pushvalue(L, -1);
        lua_rawget(L, 1);
        if (!lua_isnil(L, -1)) {
            lua_pushinteger(L, i);
            lua_replace(L, lua_upvalueindex(2));
            return 2;
        }
        lua_pop(L, 2);
    }
}

static int base_pairs(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    int n = ordered_keys(L, 1);
    if (lua_isnil(L, 2)) {
        lua_pushinteger(L, n);
        lua_pushcclosure(L, array_iterate, 1);
    } else {
        lua_pushinteger(L, 0);
        lua_pushcclosure(L, keys_iterate, 2);
    }
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

static int base_next(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 2);
    ordered_next(L, 1);
    if (lua_isnil(L, -1)) {
        return 1;
    }
    lua_pushvalue(L, -1);
    lua_rawget(L, 1);
    return 2;
}

/* --- pcall --------------------------------------------------------------------------------------
 */

static int base_pcall(lua_State *L) {
    struct sandbox *s = sandbox_at(L);
    luaL_checkany(L, 1);
    if (s->pcall_depth >= s->options.pcall_depth_max) {
        return sandbox_raise(L, E_QUOTA, "pcall is nested over %d deep", s->pcall_depth);
    }
    int depth = s->depth;
    int pcall_depth = s->pcall_depth++;
    int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    s->depth = depth;
    s->pcall_depth = pcall_depth;
    /* The two limits end the handler whoever catches them. */
    if (status != 0 && (s->memory.refused > 0 || sandbox_is_expired(s))) {
        return lua_error(L);
    }
    lua_pushboolean(L, status == 0);
    lua_insert(L, 1);
    return lua_gettop(L);
}

/* --- metatables, text ---------------------------------------------------------------------------
 */

static int base_getmetatable(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE); /* those of strings and handles are nobody's business */
    if (!luaL_getmetafield(L, 1, "__metatable") && !lua_getmetatable(L, 1)) {
        lua_pushnil(L);
    }
    return 1;
}

/* Weak tables show when the collector ran, and finalizers run where no deadline is. */
static void metatable_check(lua_State *L, const char *field) {
    lua_pushstring(L, field);
    lua_rawget(L, 2);
    if (!lua_isnil(L, -1)) {
        sandbox_raise(L, E_SCRIPT, "setmetatable: %s is not there", field);
    }
    lua_pop(L, 1);
}

static int base_setmetatable(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argcheck(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table expected");
    lua_settop(L, 2);
    if (luaL_getmetafield(L, 1, "__metatable")) {
        return sandbox_raise(L, E_SCRIPT, "setmetatable: this metatable is protected");
    }
    if (lua_istable(L, 2)) {
        metatable_check(L, "__gc");
        metatable_check(L, "__mode");
    }
    lua_setmetatable(L, 1);
    return 1;
}

const char *value_text(lua_State *L, int index, size_t *length) {
    int type = lua_type(L, index);
    if (type != LUA_TSTRING && luaL_getmetafield(L, index, "__tostring")) {
        lua_pushvalue(L, index);
        sandbox_callback(L, 1, 1);
        if (lua_type(L, -1) != LUA_TSTRING) {
            sandbox_raise(L, E_SCRIPT, "__tostring must return a string");
        }
        return lua_tolstring(L, -1, length);
    }
    switch (type) {
    case LUA_TNUMBER:
    case LUA_TSTRING:
        lua_pushvalue(L, index);
        break;
    case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
        break;
    default:
        lua_pushstring(L, lua_typename(L, type)); /* an address would differ from run to run */
        break;
    }
    return lua_tolstring(L, -1, length);
}

static int base_tostring(lua_State *L) {
    size_t length;
    luaL_checkany(L, 1);
    value_text(L, 1, &length);
    return 1;
}

/* --- names that are not there -------------------------------------------------------------------
 */

struct absent {
    const char *name;
    const char *instead;
};

static const struct absent absents[] = {
    {"print", "self:log(text, …) writes a line"},
    {"os", "self.now is the time of the event in ms, the module time has its fields"},
    {"io", "a script has no files; self.state keeps data, self:log writes lines"},
    {"debug", "self:log shows values, an error names its line"},
    {"coroutine", "handlers run to completion; self:timer calls back later"},
    {"xpcall", "pcall is there"},
    {"load", "code is in files, reached by require"},
    {"loadstring", "code is in files, reached by require"},
    {"loadfile", "code is in files, reached by require"},
    {"dofile", "code is in files, reached by require"},
    {"package", "require './file' reaches the script's own files"},
    {"module", "a file returns its table"},
    {"ffi", "numbers and tables do"},
    {"jit", "code is interpreted"},
    {"setfenv", "functions take what they need as arguments"},
    {"getfenv", "functions take what they need as arguments"},
    {"rawget", "plain reading does"},
    {"rawset", "plain assignment does"},
    {"rawequal", "== does"},
    {"newproxy", "tables do"},
    {"collectgarbage", "memory is collected without asking"},
    {"gcinfo", "memory is collected without asking"},
    {"_G", "globals are not a table here; declare local"},
    {"_VERSION", "it is Lua 5.1 as LuaJIT runs it"},
    {"string.match", "string.find(text, what, 1, true), split, trim and starts"},
    {"string.gmatch", "string.split(text, separator)"},
    {"string.gsub", "string.split and table.concat"},
    {"string.dump", "code is in files, reached by require"},
    {"math.randomseed", "the seed comes with the activation"},
    {"table.foreach", "for key, value in pairs(t) do"},
    {"table.foreachi", "for i, value in ipairs(t) do"},
    {"table.getn", "#t"},
    {"table.maxn", "#t"},
    {"table.move", "a loop"},
    {"table.pack", "{…}"},
    {"table.unpack", "unpack"},
};

static const char *absent_instead(const char *name) {
    for (size_t i = 0; i < sizeof absents / sizeof absents[0]; i++) {
        if (strcmp(name, absents[i].name) == 0) {
            return absents[i].instead;
        }
    }
    return NULL;
}

/* A name_at over an array of keys on the stack; strings come in one order, so suggestions do too.
 */
static const char *names_at(const void *list, int index) {
    lua_State *L = *(lua_State *const *)list;
    lua_rawgeti(L, 3, index + 1);
    const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    lua_pop(L, 1); /* the table keeps it */
    return name;
}

/* __index of globals and libraries: upvalue 1 is what stands before the name ("string." or ""). */
static int missing_index(lua_State *L) {
    if (lua_type(L, 2) != LUA_TSTRING) {
        return sandbox_raise(L, E_SCRIPT, "a library has names, not %s", luaL_typename(L, 2));
    }
    const char *before = lua_tostring(L, lua_upvalueindex(1));
    const char *name = lua_tostring(L, 2);
    lua_pushfstring(L, "%s%s", before, name);
    const char *instead = absent_instead(lua_tostring(L, -1));
    if (instead) {
        return sandbox_raise(L, E_SCRIPT, "%s%s is not there: %s", before, name, instead);
    }
    lua_settop(L, 2);
    ordered_keys(L, 1);
    char near[96];
    suggest_text(name, names_at, &L, near, sizeof near);
    if (before[0] != '\0') {
        return sandbox_raise(L, E_SCRIPT, "%s%.80s is not there%s", before, name, near);
    }
    return sandbox_raise(L, E_SCRIPT, "'%.80s' was never declared%s", name, near);
}

static int missing_newindex(lua_State *L) {
    const char *before = lua_tostring(L, lua_upvalueindex(1));
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
    if (before[0] != '\0') {
        return sandbox_raise(L, E_SCRIPT, "%s%.80s: libraries are not for writing", before, name);
    }
    return sandbox_raise(
        L, E_SCRIPT, "global '%.80s' was never declared: write local %.80s", name, name
    );
}

void library_guard(lua_State *L, const char *name) {
    lua_createtable(L, 0, 3);
    lua_pushfstring(L, name[0] ? "%s." : "%s", name);
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, missing_index, 1);
    lua_setfield(L, -3, "__index");
    lua_pushcclosure(L, missing_newindex, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}

/* --- opening ------------------------------------------------------------------------------------
 */

void library_set(lua_State *L, const luaL_Reg *functions) {
    for (; functions->name; functions++) {
        lua_pushcfunction(L, functions->func);
        lua_setfield(L, -2, functions->name);
    }
}

void library_copy(lua_State *L, int from, const char *const *names) {
    for (; *names; names++) {
        lua_getfield(L, from, *names);
        lua_setfield(L, -2, *names);
    }
}

void library_base(lua_State *L, int lua) {
    static const char *const kept[] = {
        "assert", "error", "ipairs", "select", "tonumber", "type", "unpack", NULL,
    };
    static const luaL_Reg ours[] = {
        {"getmetatable", base_getmetatable},
        {"next", base_next},
        {"pairs", base_pairs},
        {"pcall", base_pcall},
        {"setmetatable", base_setmetatable},
        {"tostring", base_tostring},
        {NULL, NULL},
    };
    library_copy(L, lua, kept);
    library_set(L, ours);
}
