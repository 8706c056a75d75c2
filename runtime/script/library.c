/* Which names a script finds. Lua's own libraries are opened into a table that is thrown away, and
 * what the allow-list names is taken from it; so a name that LuaJIT adds one day is not there.
 *
 * The tables are plain ones, made afresh for every sandbox, so that `math.floor` costs what it
 * costs in Lua; a proxy would cost more than the function. A script can overwrite an existing
 * field, and harms itself only: one state serves one activation, and no C of ours calls what is in
 * them. New names are refused, in libraries as among the globals. */
#include "script/sandbox_parts.h"

#include <lualib.h>

static void original_open(lua_State *L, const char *name, lua_CFunction open) {
    lua_pushcfunction(L, open);
    lua_pushstring(L, name);
    lua_call(L, 1, 0);
}

/* ("x"):upper() finds our table, and nobody finds the metatable. */
static void string_metatable(lua_State *L, int string) {
    lua_pushliteral(L, "");
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, string);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

void library_open(lua_State *L) {
    original_open(L, "", luaopen_base);
    original_open(L, LUA_MATHLIBNAME, luaopen_math);
    original_open(L, LUA_STRLIBNAME, luaopen_string);
    original_open(L, LUA_TABLIBNAME, luaopen_table);
    lua_pushvalue(L, LUA_GLOBALSINDEX);
    int lua = lua_gettop(L);
    lua_createtable(L, 0, 32);
    library_base(L, lua);
    library_math(L, lua);
    library_guard(L, "math");
    lua_setfield(L, -2, "math");
    library_table(L, lua);
    library_guard(L, "table");
    lua_setfield(L, -2, "table");
    library_bit(L);
    library_guard(L, "bit");
    lua_setfield(L, -2, "bit");
    library_json(L);
    library_guard(L, "json");
    lua_setfield(L, -2, "json");
    library_string(L, lua);
    library_guard(L, "string");
    string_metatable(L, lua_gettop(L));
    lua_setfield(L, -2, "string");
    library_guard(L, "");
    lua_replace(L, LUA_GLOBALSINDEX);
    lua_pushnil(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_settop(L, 0);
}

void sandbox_set_global(lua_State *L, const char *name) {
    lua_pushstring(L, name);
    lua_insert(L, -2);
    lua_rawset(L, LUA_GLOBALSINDEX);
}
