#include "script/sandbox_parts.h"

/* The position of insert and remove, from 1 to `last`: LuaJIT would loop over 2^31 of them. */
static int position_check(lua_State *L, int argument, int last) {
    double position = luaL_checknumber(L, argument);
    luaL_argcheck(L, position >= 1 && position <= last, argument, "position out of bounds");
    return (int)position;
}

static int table_insert(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    int n = (int)lua_objlen(L, 1);
    int position = n + 1;
    if (lua_gettop(L) == 3) {
        position = position_check(L, 2, n + 1);
    } else if (lua_gettop(L) != 2) {
        return luaL_error(L, "wrong number of arguments to 'insert'");
    }
    for (int i = n; i >= position; i--) {
        lua_rawgeti(L, 1, i);
        lua_rawseti(L, 1, i + 1);
    }
    lua_rawseti(L, 1, position);
    return 0;
}

static int table_remove(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    int n = (int)lua_objlen(L, 1);
    int position = lua_isnoneornil(L, 2) ? n : position_check(L, 2, n + 1);
    if (position == 0 || position > n) {
        return 0;
    }
    lua_rawgeti(L, 1, position);
    for (int i = position; i < n; i++) {
        lua_rawgeti(L, 1, i + 1);
        lua_rawseti(L, 1, i);
    }
    lua_pushnil(L);
    lua_rawseti(L, 1, n);
    return 1;
}

/* --- sort ---------------------------------------------------------------------------------------
 * A merge sort: equal elements keep their order, n log n comparisons whatever the comparator says,
 * and nothing of the table changes if it raises. What is sorted are copies no script can reach. */

enum { SORT_TABLE = 1, SORT_LESS, SORT_FROM, SORT_TO, SORT_LEFT, SORT_RIGHT };

/* Whether the right head is to come before the left one. */
static bool sort_right_first(lua_State *L, bool has_less) {
    if (!has_less) {
        return lua_lessthan(L, SORT_RIGHT, SORT_LEFT);
    }
    lua_pushvalue(L, SORT_LESS);
    lua_pushvalue(L, SORT_RIGHT);
    lua_pushvalue(L, SORT_LEFT);
    lua_call(L, 2, 1);
    bool is_less = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return is_less;
}

static void sort_fetch(lua_State *L, int from, int index, int slot) {
    lua_rawgeti(L, from, index);
    lua_replace(L, slot);
}

static void sort_copy(lua_State *L, int from, int first, int end, int to, int at) {
    for (; first < end; first++) {
        lua_rawgeti(L, from, first);
        lua_rawseti(L, to, at++);
    }
}

/* [low, middle) and [middle, high) of from are in order; so is [low, high) of to, afterwards. */
static void
sort_merge(lua_State *L, int from, int to, int low, int middle, int high, bool has_less) {
    int left = low;
    int right = middle;
    int at = low;
    if (left < middle && right < high) {
        sort_fetch(L, from, left, SORT_LEFT);
        sort_fetch(L, from, right, SORT_RIGHT);
    }
    while (left < middle && right < high) {
        if (sort_right_first(L, has_less)) {
            lua_pushvalue(L, SORT_RIGHT);
            if (++right < high) {
                sort_fetch(L, from, right, SORT_RIGHT);
            }
        } else {
            lua_pushvalue(L, SORT_LEFT);
            if (++left < middle) {
                sort_fetch(L, from, left, SORT_LEFT);
            }
        }
        lua_rawseti(L, to, at++);
        if (at % 1024 == 0) {
            sandbox_poll(L);
        }
    }
    sort_copy(L, from, left, middle, to, at);
    sort_copy(L, from, right, high, to, at + (middle - left));
}

static int table_sort(lua_State *L) {
    struct sandbox *s = sandbox_at(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    bool has_less = !lua_isnoneornil(L, 2);
    if (has_less) {
        luaL_checktype(L, 2, LUA_TFUNCTION);
    }
    if (s->depth >= CALLBACK_DEPTH_MAX) {
        return sandbox_raise(L, E_SCRIPT, "sort is nested over %d deep", s->depth);
    }
    s->depth++;
    lua_settop(L, SORT_LESS);
    int n = (int)lua_objlen(L, 1);
    lua_createtable(L, n, 0);
    lua_createtable(L, n, 0);
    lua_settop(L, SORT_RIGHT);
    sort_copy(L, SORT_TABLE, 1, n + 1, SORT_FROM, 1);
    int from = SORT_FROM;
    int to = SORT_TO;
    for (int width = 1; width < n; width *= 2) {
        for (int low = 1; low <= n; low += 2 * width) {
            int middle = low + width <= n + 1 ? low + width : n + 1;
            int high = middle + width <= n + 1 ? middle + width : n + 1;
            sort_merge(L, from, to, low, middle, high, has_less);
        }
        int merged = to;
        to = from;
        from = merged;
    }
    sort_copy(L, from, 1, n + 1, SORT_TABLE, 1);
    s->depth--;
    return 0;
}

void library_table(lua_State *L, int lua) {
    static const char *const kept[] = {"concat", NULL}; /* stops at the first nil */
    static const luaL_Reg ours[] = {
        {"insert", table_insert}, {"remove", table_remove}, {"sort", table_sort}, {NULL, NULL}};
    lua_createtable(L, 0, 4);
    lua_getfield(L, lua, "table");
    lua_pushvalue(L, -2);
    library_copy(L, lua_gettop(L) - 1, kept);
    library_set(L, ours);
    lua_pop(L, 2);
}
