/* Reads what state_encode.c wrote, as a table or as text. The bytes may come from a file or a ring,
 * so everything is checked, also that they are the one encoding of their value. */
#include "script/sandbox_parts.h"
#include "script/state_tags.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct cursor {
    const unsigned char *at, *end;
};

struct text { /* bytes of the cursor's */
    const char *bytes;
    size_t length;
};

/* --- parts --------------------------------------------------------------------------------------
 */

static bool read_varint(struct cursor *c, uint64_t *out) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 63 && c->at < c->end; shift += 7) {
        unsigned char byte = *c->at++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *out = value;
            return byte != 0 || shift == 0;
        }
    }
    return false;
}

/* How many items follow; each takes a byte or more, which bounds what they may make us allocate. */
static bool read_count(struct cursor *c, uint64_t *out) {
    return read_varint(c, out) && *out <= (uint64_t)(c->end - c->at);
}

static bool read_whole(struct cursor *c, double *out) {
    uint64_t value;
    if (!read_varint(c, &value)) {
        return false;
    }
    *out = (double)((int64_t)(value >> 1) ^ -(int64_t)(value & 1));
    return fabs(*out) < STATE_WHOLE_LIMIT;
}

static bool read_double(struct cursor *c, double *out) {
    if (c->end - c->at < 8) {
        return false;
    }
    uint64_t image = 0;
    for (int i = 7; i >= 0; i--) {
        image = image << 8 | c->at[i];
    }
    c->at += 8;
    memcpy(out, &image, sizeof *out);
    return isfinite(*out) && !number_is_whole(*out);
}

static bool read_text(struct cursor *c, struct text *out) {
    uint64_t length;
    if (!read_count(c, &length)) {
        return false;
    }
    *out = (struct text){(const char *)c->at, (size_t)length};
    c->at += length;
    return true;
}

static bool read_tag(struct cursor *c, enum state_tag *out) {
    if (c->at == c->end) {
        return false;
    }
    *out = *c->at++;
    return true;
}

/* The key of pair i, which comes after *last and does not make an array of the table. */
static bool read_key(struct cursor *c, uint64_t i, uint64_t count, struct key *last) {
    enum state_tag tag;
    struct text text;
    struct key key = {.rank = KEY_NUMBER};
    if (!read_tag(c, &tag)) {
        return false;
    }
    if (tag == STATE_STRING && read_text(c, &text)) {
        key = (struct key){.rank = KEY_STRING, .text = text.bytes, .length = text.length};
    } else if (tag != STATE_WHOLE || !read_whole(c, &key.number)) {
        return false;
    }
    if (i > 0 && key_compare(last, &key) >= 0) {
        return false;
    }
    /* Ascending whole numbers from 1 to count are all there. */
    bool starts_at_1 = i == 0 ? key.rank == KEY_NUMBER && key.number == 1 : last->position == 1;
    bool ends_at_count = key.rank == KEY_NUMBER && key.number == (double)count;
    *last = key;
    last->position = starts_at_1;
    return !(i + 1 == count && starts_at_1 && ends_at_count);
}

static bool read_header(struct cursor *c, const char *bytes, size_t length) {
    *c = (struct cursor){(const unsigned char *)bytes, (const unsigned char *)bytes + length};
    return length >= 2 && *c->at++ == STATE_VERSION &&
           (*c->at == STATE_TABLE || *c->at == STATE_ARRAY);
}

/* --- as a table ---------------------------------------------------------------------------------
 */

static bool push_value(lua_State *L, struct cursor *c, int depth);

static bool push_array(lua_State *L, struct cursor *c, int depth) {
    uint64_t count;
    if (!read_count(c, &count) || count == 0) {
        return false;
    }
    lua_createtable(L, (int)count, 0);
    for (int i = 1; i <= (int)count; i++) {
        if (!push_value(L, c, depth)) {
            return false;
        }
        lua_rawseti(L, -2, i);
    }
    return true;
}

static bool push_table(lua_State *L, struct cursor *c, int depth) {
    uint64_t count;
    if (!read_count(c, &count)) {
        return false;
    }
    lua_createtable(L, 0, (int)count);
    struct key key;
    for (uint64_t i = 0; i < count; i++) {
        if (!read_key(c, i, count, &key)) {
            return false;
        }
        if (key.rank == KEY_NUMBER) {
            lua_pushnumber(L, key.number);
        } else {
            lua_pushlstring(L, key.text, key.length);
        }
        if (!push_value(L, c, depth)) {
            return false;
        }
        lua_rawset(L, -3);
    }
    return true;
}

static bool push_value(lua_State *L, struct cursor *c, int depth) {
    enum state_tag tag;
    struct text text;
    double x;
    if (!read_tag(c, &tag)) {
        return false;
    }
    switch (tag) {
    case STATE_FALSE:
    case STATE_TRUE:
        lua_pushboolean(L, tag == STATE_TRUE);
        return true;
    case STATE_WHOLE:
    case STATE_DOUBLE:
        if (!(tag == STATE_WHOLE ? read_whole(c, &x) : read_double(c, &x))) {
            return false;
        }
        lua_pushnumber(L, x);
        return true;
    case STATE_STRING:
        if (!read_text(c, &text)) {
            return false;
        }
        lua_pushlstring(L, text.bytes, text.length);
        return true;
    case STATE_TABLE:
    case STATE_ARRAY:
        if (depth == STATE_DEPTH_MAX) {
            return false;
        }
        luaL_checkstack(L, 8, "self.state");
        return tag == STATE_TABLE ? push_table(L, c, depth + 1) : push_array(L, c, depth + 1);
    default:
        return false;
    }
}

int state_decode(lua_State *L, const char *bytes, size_t length, struct err *e) {
    struct cursor c;
    int top = lua_gettop(L);
    if (!read_header(&c, bytes, length) || !push_value(L, &c, 0) || c.at != c.end) {
        lua_settop(L, top);
        return err_set(
            e, E_DATA, "not a state: wrong at byte %zu of %zu",
            length > 0 ? (size_t)(c.at - (const unsigned char *)bytes) : 0, length
        );
    }
    return 0;
}

/* --- as text ------------------------------------------------------------------------------------
 */

struct printer {
    char *text;
    size_t length, capacity; /* length counts on past the capacity */
};

static void print_bytes(struct printer *p, const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++, p->length++) {
        if (p->length + 1 < p->capacity) {
            p->text[p->length] = bytes[i];
        }
    }
}

static void print_text(struct printer *p, const char *text) {
    print_bytes(p, text, strlen(text));
}

static void print_number(struct printer *p, double x) {
    char text[NUMBER_TEXT_MAX];
    print_bytes(p, text, number_text(x, text));
}

static void print_string(struct printer *p, struct text text) {
    print_text(p, "\"");
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.bytes[i];
        char escape[8];
        if (byte < ' ' || byte == 127) {
            snprintf(escape, sizeof escape, "\\%03u", byte);
            print_text(p, escape);
            continue;
        }
        if (byte == '"' || byte == '\\') {
            print_text(p, "\\");
        }
        print_bytes(p, text.bytes + i, 1);
    }
    print_text(p, "\"");
}

static void print_key(struct printer *p, const struct key *key) {
    if (key->rank == KEY_STRING && is_plain_name(key->text, key->length)) {
        print_bytes(p, key->text, key->length);
    } else {
        print_text(p, "[");
        if (key->rank == KEY_STRING) {
            print_string(p, (struct text){key->text, key->length});
        } else {
            print_number(p, key->number);
        }
        print_text(p, "]");
    }
    print_text(p, "=");
}

static bool print_value(struct printer *p, struct cursor *c, int depth);

static bool print_table(struct printer *p, struct cursor *c, bool is_array, int depth) {
    uint64_t count;
    struct key key;
    if (depth == STATE_DEPTH_MAX || !read_count(c, &count) || (is_array && count == 0)) {
        return false;
    }
    print_text(p, "{");
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0) {
            print_text(p, ",");
        }
        if (!is_array) {
            if (!read_key(c, i, count, &key)) {
                return false;
            }
            print_key(p, &key);
        }
        if (!print_value(p, c, depth + 1)) {
            return false;
        }
    }
    print_text(p, "}");
    return true;
}

static bool print_value(struct printer *p, struct cursor *c, int depth) {
    enum state_tag tag;
    struct text text;
    double x;
    if (!read_tag(c, &tag)) {
        return false;
    }
    switch (tag) {
    case STATE_FALSE:
    case STATE_TRUE:
        print_text(p, tag == STATE_TRUE ? "true" : "false");
        return true;
    case STATE_WHOLE:
    case STATE_DOUBLE:
        if (!(tag == STATE_WHOLE ? read_whole(c, &x) : read_double(c, &x))) {
            return false;
        }
        print_number(p, x);
        return true;
    case STATE_STRING:
        if (!read_text(c, &text)) {
            return false;
        }
        print_string(p, text);
        return true;
    case STATE_TABLE:
    case STATE_ARRAY:
        return print_table(p, c, tag == STATE_ARRAY, depth);
    default:
        return false;
    }
}

size_t state_format(const char *bytes, size_t length, char *text, size_t capacity) {
    struct printer p = {.text = text, .capacity = capacity};
    struct cursor c;
    if (!read_header(&c, bytes, length) || !print_value(&p, &c, 0) || c.at != c.end) {
        p.length = 0;
    }
    if (capacity > 0) {
        text[p.length < capacity ? p.length : capacity - 1] = '\0';
    }
    return p.length;
}
