/* json.encode: plain data as text, keys sorted, so that equal values give equal texts. */
#include "script/sandbox_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    lua_State *L;
    char *text; /* a userdata at stack index 2, so that an error frees it */
    size_t length, capacity;
};

static void writer_append(struct writer *w, const char *text, size_t length) {
    if (length > w->capacity - w->length) {
        size_t needed = w->length + length;
        if (needed > JSON_TEXT_MAX) {
            sandbox_raise(w->L, E_SCRIPT, "json.encode: over %d KiB", JSON_TEXT_MAX / 1024);
        }
        size_t capacity = needed * 2 < JSON_TEXT_MAX ? needed * 2 : JSON_TEXT_MAX;
        char *grown = lua_newuserdata(w->L, capacity);
        if (w->length > 0) {
            memcpy(grown, w->text, w->length);
        }
        lua_replace(w->L, 2);
        w->text = grown;
        w->capacity = capacity;
    }
    memcpy(w->text + w->length, text, length);
    w->length += length;
}

static void writer_string(struct writer *w, const char *text, size_t length) {
    static const char short_escapes[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    size_t start = 0;
    writer_append(w, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= ' ' && c != '"' && c != '\\' && c != 127) {
            continue;
        }
        writer_append(w, text + start, i - start);
        start = i + 1;
        char escape[8];
        int n = snprintf(escape, sizeof escape, "\\u%04x", c);
        for (const char *known = short_escapes; *known; known += 2) {
            if ((unsigned char)known[0] == c) {
                n = snprintf(escape, sizeof escape, "\\%c", known[1]);
            }
        }
        writer_append(w, escape, (size_t)n);
    }
    writer_append(w, text + start, length - start);
    writer_append(w, "\"", 1);
}

size_t number_text(double x, char text[NUMBER_TEXT_MAX]) {
    if (fabs(x) < 9007199254740992.0 && x == floor(x) && !(x == 0 && signbit(x))) {
        return (size_t)snprintf(text, NUMBER_TEXT_MAX, "%" PRId64, (int64_t)x);
    }
    int n = 0;
    for (int digits = 15; digits <= 17; digits++) {
        n = snprintf(text, NUMBER_TEXT_MAX, "%.*g", digits, x);
        if (strtod(text, NULL) == x) {
            break;
        }
    }
    return (size_t)n;
}

static void write_value(struct writer *w, int depth);

static void write_array(struct writer *w, int table, int n, int depth) {
    writer_append(w, "[", 1);
    for (int i = 1; i <= n; i++) {
        lua_rawgeti(w->L, table, i);
        if (i > 1) {
            writer_append(w, ",", 1);
        }
        write_value(w, depth);
    }
    writer_append(w, "]", 1);
}

/* The array of sorted keys is on top. */
static void write_object(struct writer *w, int table, int n, int depth) {
    lua_State *L = w->L;
    int keys = lua_gettop(L);
    writer_append(w, "{", 1);
    for (int i = 1; i <= n; i++) {
        size_t length;
        lua_rawgeti(L, keys, i);
        if (lua_type(L, -1) != LUA_TSTRING) {
            sandbox_raise(L, E_SCRIPT, "json.encode: keys are strings, or 1 to n");
        }
        const char *key = lua_tolstring(L, -1, &length);
        if (i > 1) {
            writer_append(w, ",", 1);
        }
        writer_string(w, key, length);
        writer_append(w, ":", 1);
        lua_rawget(L, table);
        write_value(w, depth);
    }
    writer_append(w, "}", 1);
}

static void write_table(struct writer *w, int depth) {
    lua_State *L = w->L;
    int table = lua_gettop(L);
    if (depth >= JSON_DEPTH_MAX) {
        sandbox_raise(L, E_SCRIPT, "json.encode: over %d tables deep", JSON_DEPTH_MAX);
    }
    luaL_checkstack(L, 16, "json.encode");
    sandbox_poll(L);
    int n = ordered_keys(L, table);
    if (lua_isnil(L, -1) && n > 0) {
        write_array(w, table, n, depth + 1);
    } else {
        write_object(w, table, n, depth + 1); /* an empty table is {} */
    }
    lua_settop(L, table);
}

/* Writes the value on top and pops it. */
static void write_value(struct writer *w, int depth) {
    lua_State *L = w->L;
    char number[NUMBER_TEXT_MAX];
    size_t length;
    const char *text;
    switch (lua_type(L, -1)) {
    case LUA_TNIL:
        writer_append(w, "null", 4);
        break;
    case LUA_TBOOLEAN:
        text = lua_toboolean(L, -1) ? "true" : "false";
        writer_append(w, text, strlen(text));
        break;
    case LUA_TNUMBER:
        if (!isfinite(lua_tonumber(L, -1))) {
            sandbox_raise(L, E_SCRIPT, "json.encode: a number that is not finite");
        }
        writer_append(w, number, number_text(lua_tonumber(L, -1), number));
        break;
    case LUA_TSTRING:
        text = lua_tolstring(L, -1, &length);
        writer_string(w, text, length);
        break;
    case LUA_TTABLE:
        write_table(w, depth);
        break;
    default:
        sandbox_raise(L, E_SCRIPT, "json.encode: a %s cannot be written", luaL_typename(L, -1));
    }
    lua_pop(L, 1);
}

static int json_encode(lua_State *L) {
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    lua_pushnil(L); /* where the text will be */
    struct writer w = {.L = L};
    lua_pushvalue(L, 1);
    write_value(&w, 0);
    lua_pushlstring(L, w.text, w.length);
    return 1;
}

void library_json(lua_State *L) {
    static const luaL_Reg ours[] = {{"encode", json_encode}, {"decode", json_decode}, {NULL, NULL}};
    lua_createtable(L, 0, 2);
    library_set(L, ours);
}
