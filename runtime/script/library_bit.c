/* bit: as LuaJIT's, but a number that has no 32 bits of its own (NaN, infinite, 2^53 and more),
 * whose result LuaJIT leaves open, is refused. */
#include "script/sandbox_parts.h"

#include <math.h>
#include <stdio.h>

static uint32_t bits_check(lua_State *L, int argument) {
    double x = luaL_checknumber(L, argument);
    if (!(fabs(x) < 9007199254740992.0)) {
        sandbox_raise(L, E_SCRIPT, "bit: %s has no 32 bits", lua_tostring(L, argument));
    }
    return (uint32_t)(int64_t)nearbyint(x);
}

static int bits_return(lua_State *L, uint32_t x) {
    lua_pushnumber(L, (double)(int32_t)x);
    return 1;
}

static int bit_tobit(lua_State *L) {
    return bits_return(L, bits_check(L, 1));
}

static int bit_bnot(lua_State *L) {
    return bits_return(L, ~bits_check(L, 1));
}

static int bit_band(lua_State *L) {
    uint32_t x = bits_check(L, 1);
    for (int i = lua_gettop(L); i > 1; i--) {
        x &= bits_check(L, i);
    }
    return bits_return(L, x);
}

static int bit_bor(lua_State *L) {
    uint32_t x = bits_check(L, 1);
    for (int i = lua_gettop(L); i > 1; i--) {
        x |= bits_check(L, i);
    }
    return bits_return(L, x);
}

static int bit_bxor(lua_State *L) {
    uint32_t x = bits_check(L, 1);
    for (int i = lua_gettop(L); i > 1; i--) {
        x ^= bits_check(L, i);
    }
    return bits_return(L, x);
}

static int bit_lshift(lua_State *L) {
    return bits_return(L, bits_check(L, 1) << (bits_check(L, 2) & 31));
}

static int bit_rshift(lua_State *L) {
    return bits_return(L, bits_check(L, 1) >> (bits_check(L, 2) & 31));
}

static int bit_arshift(lua_State *L) {
    uint32_t x = bits_check(L, 1);
    uint32_t n = bits_check(L, 2) & 31;
    uint32_t sign = x >> 31 && n > 0 ? ~(~UINT32_C(0) >> n) : 0;
    return bits_return(L, x >> n | sign);
}

static uint32_t rotate_left(uint32_t x, uint32_t n) {
    return x << (n & 31) | x >> (-n & 31);
}

static int bit_rol(lua_State *L) {
    return bits_return(L, rotate_left(bits_check(L, 1), bits_check(L, 2)));
}

static int bit_ror(lua_State *L) {
    return bits_return(L, rotate_left(bits_check(L, 1), -bits_check(L, 2)));
}

static int bit_bswap(lua_State *L) {
    return bits_return(L, __builtin_bswap32(bits_check(L, 1)));
}

/* tohex(x [, n]): the n lowest digits, 8 without n, upper case when n is negative. */
static int bit_tohex(lua_State *L) {
    uint32_t x = bits_check(L, 1);
    int32_t n = lua_isnoneornil(L, 2) ? 8 : (int32_t)bits_check(L, 2);
    char text[9];
    snprintf(text, sizeof text, n < 0 ? "%08X" : "%08x", (unsigned)x);
    uint32_t digits = n < 0 ? 0u - (uint32_t)n : (uint32_t)n;
    digits = digits < 8 ? digits : 8;
    lua_pushlstring(L, text + 8 - digits, digits);
    return 1;
}

void library_bit(lua_State *L) {
    static const luaL_Reg ours[] = {
        {"arshift", bit_arshift},
        {"band", bit_band},
        {"bnot", bit_bnot},
        {"bor", bit_bor},
        {"bswap", bit_bswap},
        {"bxor", bit_bxor},
        {"lshift", bit_lshift},
        {"rol", bit_rol},
        {"ror", bit_ror},
        {"rshift", bit_rshift},
        {"tobit", bit_tobit},
        {"tohex", bit_tohex},
        {NULL, NULL},
    };
    lua_createtable(L, 0, 12);
    library_set(L, ours);
}
