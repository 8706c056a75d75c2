#include "script/sandbox_parts.h"

#include <math.h>

/* random() in [0, 1), random(m) and random(m, n) whole numbers as in Lua; the seed is the
 * activation's. */
static int math_random(lua_State *L) {
    struct random *random = &sandbox_at(L)->random;
    if (lua_gettop(L) == 0) {
        lua_pushnumber(L, random_fraction(random));
        return 1;
    }
    double low = lua_gettop(L) == 1 ? 1 : luaL_checknumber(L, 1);
    double high = luaL_checknumber(L, lua_gettop(L) == 1 ? 1 : 2);
    double limit = 9007199254740992.0; /* 2^53: beyond it not every whole number is a double */
    if (!(low >= -limit && high <= limit && low == floor(low) && high == floor(high))) {
        return sandbox_raise(L, E_SCRIPT, "math.random: whole numbers within 2^53 expected");
    }
    if (high < low) {
        return sandbox_raise(L, E_SCRIPT, "math.random: the interval is empty");
    }
    uint64_t count = (uint64_t)((int64_t)high - (int64_t)low) + 1;
    lua_pushnumber(L, low + (double)random_below(random, count));
    return 1;
}

void library_math(lua_State *L, int lua) {
    static const char *const kept[] = {
        "abs",   "acos", "asin",  "atan", "atan2", "ceil", "cos",   "cosh", "deg", "exp",
        "floor", "fmod", "frexp", "huge", "ldexp", "log",  "log10", "max",  "min", "modf",
        "pi",    "pow",  "rad",   "sin",  "sinh",  "sqrt", "tan",   "tanh", NULL,
    };
    lua_createtable(L, 0, 32);
    lua_getfield(L, lua, "math");
    int from = lua_gettop(L);
    lua_pushvalue(L, from - 1);
    library_copy(L, from, kept);
    lua_pop(L, 2);
    lua_pushcfunction(L, math_random);
    lua_setfield(L, -2, "random");
}
