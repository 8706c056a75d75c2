/* json.decode: text as plain data. null is nil: a field with it is absent. Raises for what is no
 * JSON, deeper than JSON_DEPTH_MAX or longer than JSON_TEXT_MAX. */
#include "script/sandbox_parts.h"

#include <math.h>
#include <string.h>

struct reader {
    lua_State *L;
    const char *start, *at, *end;
};

static int read_fail(struct reader *r, const char *what) {
    return sandbox_raise(
        r->L, E_SCRIPT, "json.decode: %s at byte %zu", what, (size_t)(r->at - r->start) + 1
    );
}

static void skip_space(struct reader *r) {
    while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at != '\0') {
        r->at++;
    }
}

static bool take(struct reader *r, char c) {
    skip_space(r);
    if (r->at < r->end && *r->at == c) {
        r->at++;
        return true;
    }
    return false;
}

static void read_word(struct reader *r, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0) {
        read_fail(r, "unknown word");
    }
    r->at += length;
}

/* --- strings ------------------------------------------------------------------------------------
 */

static unsigned read_hex4(struct reader *r) {
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        char c = r->at < r->end ? *r->at : '\0';
        unsigned digit = 0;
        if (c >= '0' && c <= '9') {
            digit = (unsigned)(c - '0');
        } else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
            digit = (unsigned)((c | 32) - 'a') + 10;
        } else {
            read_fail(r, "four hexadecimal digits expected");
        }
        value = value * 16 + digit;
        r->at++;
    }
    return value;
}

static size_t utf8_put(char *out, unsigned c) {
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* After "\u". */
static size_t read_unicode(struct reader *r, char *out) {
    unsigned c = read_hex4(r);
    if (c >= 0xD800 && c <= 0xDBFF && r->end - r->at >= 2 && r->at[0] == '\\' && r->at[1] == 'u') {
        r->at += 2;
        unsigned low = read_hex4(r);
        if (low < 0xDC00 || low > 0xDFFF) {
            read_fail(r, "half of a surrogate pair");
        }
        return utf8_put(out, 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00));
    }
    if (c >= 0xD800 && c <= 0xDFFF) {
        read_fail(r, "half of a surrogate pair");
    }
    return utf8_put(out, c);
}

/* After a backslash; what it stands for is never longer than how it is written. */
static size_t read_escape(struct reader *r, char *out) {
    static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    char c = r->at < r->end ? *r->at++ : '\0';
    if (c == 'u') {
        return read_unicode(r, out);
    }
    for (const char *known = escapes; *known; known += 2) {
        if (known[0] == c) {
            out[0] = known[1];
            return 1;
        }
    }
    read_fail(r, "unknown escape");
    return 0;
}

/* The closing quote from here; *is_plain: there is nothing to unescape. */
static const char *string_end(struct reader *r, bool *is_plain) {
    *is_plain = true;
    for (const char *at = r->at; at < r->end; at++) {
        if (*at == '"') {
            return at;
        }
        if ((unsigned char)*at < ' ') {
            r->at = at;
            read_fail(r, "a control character in a string");
        }
        if (*at == '\\') {
            *is_plain = false;
            at++;
        }
    }
    read_fail(r, "a string without its end");
    return NULL;
}

/* After the opening quote. Pushes the string. */
static void read_string(struct reader *r) {
    bool is_plain;
    const char *end = string_end(r, &is_plain);
    if (is_plain) {
        lua_pushlstring(r->L, r->at, (size_t)(end - r->at));
        r->at = end + 1;
        return;
    }
    char *text = lua_newuserdata(r->L, (size_t)(end - r->at));
    size_t length = 0;
    while (r->at < end) {
        char c = *r->at++;
        if (c == '\\') {
            length += read_escape(r, text + length);
        } else {
            text[length++] = c;
        }
    }
    r->at = end + 1;
    lua_pushlstring(r->L, text, length);
    lua_replace(r->L, -2);
}

/* --- numbers ------------------------------------------------------------------------------------
 */

static void skip_digits(struct reader *r) {
    const char *start = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9') {
        r->at++;
    }
    if (r->at == start) {
        read_fail(r, "a digit expected");
    }
}

static void read_number(struct reader *r) {
    const char *start = r->at;
    if (*r->at == '-') {
        r->at++;
    }
    if (r->at < r->end && *r->at == '0') {
        r->at++;
    } else {
        skip_digits(r);
    }
    if (r->at < r->end && *r->at == '.') {
        r->at++;
        skip_digits(r);
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-')) {
            r->at++;
        }
        skip_digits(r);
    }
    lua_pushlstring(r->L, start, (size_t)(r->at - start));
    double x = lua_tonumber(r->L, -1); /* by LuaJIT: exact, and the same in every locale */
    if (!isfinite(x)) {
        read_fail(r, "a number out of range");
    }
    lua_pop(r->L, 1);
    lua_pushnumber(r->L, x);
}

/* --- values -------------------------------------------------------------------------------------
 */

static void read_value(struct reader *r, int depth);

static void read_array(struct reader *r, int depth) {
    lua_newtable(r->L);
    if (take(r, ']')) {
        return;
    }
    for (int i = 1;; i++) {
        read_value(r, depth);
        lua_rawseti(r->L, -2, i);
        if (i % 1024 == 0) {
            sandbox_poll(r->L);
        }
        if (take(r, ']')) {
            return;
        }
        if (!take(r, ',')) {
            read_fail(r, "',' or ']' expected");
        }
    }
}

static void read_object(struct reader *r, int depth) {
    lua_newtable(r->L);
    if (take(r, '}')) {
        return;
    }
    for (;;) {
        if (!take(r, '"')) {
            read_fail(r, "a name in quotes expected");
        }
        read_string(r);
        if (!take(r, ':')) {
            read_fail(r, "':' expected");
        }
        read_value(r, depth);
        lua_rawset(r->L, -3);
        if (take(r, '}')) {
            return;
        }
        if (!take(r, ',')) {
            read_fail(r, "',' or '}' expected");
        }
    }
}

static void read_value(struct reader *r, int depth) {
    if (depth > JSON_DEPTH_MAX) {
        read_fail(r, "nested too deep");
    }
    luaL_checkstack(r->L, 8, "json.decode");
    skip_space(r);
    switch (r->at < r->end ? *r->at : '\0') {
    case '{':
        r->at++;
        read_object(r, depth + 1);
        break;
    case '[':
        r->at++;
        read_array(r, depth + 1);
        break;
    case '"':
        r->at++;
        read_string(r);
        break;
    case 't':
        read_word(r, "true");
        lua_pushboolean(r->L, true);
        break;
    case 'f':
        read_word(r, "false");
        lua_pushboolean(r->L, false);
        break;
    case 'n':
        read_word(r, "null");
        lua_pushnil(r->L);
        break;
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        read_number(r);
        break;
    default:
        read_fail(r, "a value expected");
    }
}

int json_decode(lua_State *L) {
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    if (length > JSON_TEXT_MAX) {
        return sandbox_raise(L, E_SCRIPT, "json.decode: over %d KiB", JSON_TEXT_MAX / 1024);
    }
    struct reader r = {.L = L, .start = text, .at = text, .end = text + length};
    read_value(&r, 0);
    skip_space(&r);
    if (r.at != r.end) {
        return read_fail(&r, "more than one value");
    }
    return 1;
}
