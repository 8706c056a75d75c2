/* string: LuaJIT's functions whose cost is that of their result, behind checks where they could run
 * long, show an address or differ between machines; and plain find, split, trim and starts. */
#include "script/sandbox_parts.h"

#include <string.h>

/* --- format -------------------------------------------------------------------------------------
 */

static int digits_skip(const char *text, int at) {
    int start = at;
    while (text[at] >= '0' && text[at] <= '9') {
        at++;
    }
    return at - start > 2 ? -1 : at;
}

/* The length of the specification after '%', 0 when it is none of ours. */
static int spec_length(const char *text) {
    int at = 0;
    while (text[at] != '\0' && at < 5 && strchr("-+ #0", text[at])) {
        at++;
    }
    at = digits_skip(text, at);
    if (at >= 0 && text[at] == '.') {
        at = digits_skip(text, at + 1);
    }
    bool is_known = at >= 0 && text[at] != '\0' && strchr("diucoxXeEfgGaAqs%", text[at]);
    return is_known ? at + 1 : 0;
}

/* What a conversion of an integer would do with more differs between machines. */
static void whole_check(lua_State *L, int argument, double low, double high) {
    double x = luaL_checknumber(L, argument);
    luaL_argcheck(L, x >= low && x <= high, argument, "not a whole number in range");
}

static void format_argument(lua_State *L, int argument, char conversion) {
    size_t length;
    switch (conversion) {
    case 's':
        luaL_checkany(L, argument);
        if (lua_type(L, argument) != LUA_TSTRING && lua_type(L, argument) != LUA_TNUMBER) {
            value_text(L, argument, &length);
            lua_replace(L, argument);
        }
        break;
    case 'q':
        luaL_checkstring(L, argument);
        break;
    case 'c':
        whole_check(L, argument, 0, 255);
        break;
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        whole_check(L, argument, -9007199254740992.0, 9007199254740992.0);
        break;
    default:
        luaL_checknumber(L, argument);
        break;
    }
}

static int string_format(lua_State *L) {
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    int argument = 1;
    luaL_checkstack(L, 4, "format");
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '%') {
            continue;
        }
        int n = spec_length(text + i + 1);
        if (n == 0) {
            return sandbox_raise(L, E_SCRIPT, "string.format: unknown '%.8s'", text + i);
        }
        i += (size_t)n;
        if (text[i] != '%') {
            format_argument(L, ++argument, text[i]);
            luaL_checkstack(L, 4, "format");
        }
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* --- rep ----------------------------------------------------------------------------------------
 */

static int string_rep(lua_State *L) {
    size_t length;
    size_t between;
    luaL_checklstring(L, 1, &length);
    double count = luaL_checknumber(L, 2);
    luaL_optlstring(L, 3, "", &between);
    if (!(count >= 1) || length + between == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    if ((double)(length + between) * count > STRING_MAX) {
        return sandbox_raise(L, E_SCRIPT, "string.rep: the result would be over 1 MiB");
    }
    lua_settop(L, 3);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 3, 1);
    return 1;
}

/* --- plain searching ----------------------------------------------------------------------------
 */

/* find(text, what, from, true): memmem is linear, whatever the two texts are. */
static int string_find(lua_State *L) {
    size_t length;
    size_t what_length;
    const char *text = luaL_checklstring(L, 1, &length);
    const char *what = luaL_checklstring(L, 2, &what_length);
    double from = luaL_optnumber(L, 3, 1);
    if (!lua_toboolean(L, 4)) {
        return sandbox_raise(
            L, E_SCRIPT, "string.find: patterns are not there: string.find(text, what, 1, true)"
        );
    }
    if (from < 0) {
        from += (double)length + 1;
    }
    size_t start = from > 1 ? (from > (double)length + 1 ? length + 1 : (size_t)from - 1) : 0;
    const char *found =
        start <= length ? memmem(text + start, length - start, what, what_length) : NULL;
    if (!found) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, found - text + 1);
    lua_pushinteger(L, found - text + (ptrdiff_t)what_length);
    return 2;
}

/* As memmem; most separators are one character. */
static const char *separator_find(const char *text, size_t length, const char *what, size_t n) {
    return n == 1 ? memchr(text, what[0], length) : memmem(text, length, what, n);
}

static int string_split(lua_State *L) {
    size_t length;
    size_t separator_length;
    const char *text = luaL_checklstring(L, 1, &length);
    const char *separator = luaL_checklstring(L, 2, &separator_length);
    luaL_argcheck(L, separator_length > 0, 2, "an empty separator");
    const char *end = text + length;
    lua_newtable(L);
    for (int n = 1;; n++) {
        const char *next = separator_find(text, (size_t)(end - text), separator, separator_length);
        lua_pushlstring(L, text, (size_t)((next ? next : end) - text));
        lua_rawseti(L, 3, n);
        if (!next) {
            return 1;
        }
        text = next + separator_length;
        if (n % 1024 == 0) {
            sandbox_poll(L);
        }
    }
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int string_trim(lua_State *L) {
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    while (length > 0 && is_space(text[length - 1])) {
        length--;
    }
    while (length > 0 && is_space(text[0])) {
        text++;
        length--;
    }
    lua_pushlstring(L, text, length);
    return 1;
}

static int string_starts(lua_State *L) {
    size_t length;
    size_t what_length;
    const char *text = luaL_checklstring(L, 1, &length);
    const char *what = luaL_checklstring(L, 2, &what_length);
    lua_pushboolean(L, what_length <= length && memcmp(text, what, what_length) == 0);
    return 1;
}

/* --- opening ------------------------------------------------------------------------------------
 */

/* Ours on top of Lua's function of the same name, its upvalue. */
static void wrap(lua_State *L, int from, const char *name, lua_CFunction fn) {
    lua_getfield(L, from, name);
    lua_pushcclosure(L, fn, 1);
    lua_setfield(L, -2, name);
}

void library_string(lua_State *L, int lua) {
    static const char *const kept[] = {
        "byte", "char", "len", "lower", "reverse", "sub", "upper", NULL,
    };
    static const luaL_Reg ours[] = {
        {"find", string_find}, {"split", string_split},
        {"trim", string_trim}, {"starts", string_starts},
        {NULL, NULL},
    };
    lua_createtable(L, 0, 16);
    lua_getfield(L, lua, "string");
    int from = lua_gettop(L);
    lua_pushvalue(L, from - 1);
    library_copy(L, from, kept);
    library_set(L, ours);
    wrap(L, from, "format", string_format);
    wrap(L, from, "rep", string_rep);
    lua_pop(L, 2);
}
