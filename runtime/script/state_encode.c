/* Writes self.state: a walk that reads raw fields only, so that no metamethod runs, and that is at
 * the same time the check of its shape. What it needs of Lua's memory it takes inside a protected
 * call. */
#include "script/sandbox_parts.h"
#include "script/state_tags.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PAIRS_ON_STACK 32

struct step {         /* of the path to the value that is written */
    const char *text; /* NULL: a number */
    size_t length;
    double number;
};

/* The keys of the table last sorted, as lua_next gave them, and their order: records of one kind
 * have the same (strings of Lua are equal when their addresses are). */
struct shape {
    int count;
    const char *texts[PAIRS_ON_STACK];
    unsigned char order[PAIRS_ON_STACK];
};

struct encoder {
    lua_State *L;
    unsigned char *bytes;
    size_t length, capacity;
    int depth;
    struct step path[STATE_DEPTH_MAX];
    const void *tables[STATE_DEPTH_MAX]; /* from self.state down to the one that is written */
    struct fault *fault;
    struct shape shape;
};

/* --- refusing -----------------------------------------------------------------------------------
 */

bool number_is_whole(double x) {
    return fabs(x) < STATE_WHOLE_LIMIT && x == (double)(int64_t)x && !(x == 0 && signbit(x));
}

bool is_plain_name(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!is_letter && !(i > 0 && c >= '0' && c <= '9')) {
            return false;
        }
    }
    return length > 0;
}

static size_t step_text(const struct step *step, char *text, size_t capacity) {
    char number[NUMBER_TEXT_MAX];
    int length = step->length < 40 ? (int)step->length : 40;
    int n;
    if (!step->text) {
        number_text(step->number, number);
        n = snprintf(text, capacity, "[%s]", number);
    } else if (is_plain_name(step->text, step->length)) {
        n = snprintf(text, capacity, ".%.*s", length, step->text);
    } else {
        n = snprintf(text, capacity, "[\"%.*s\"]", length, step->text);
    }
    return (size_t)n < capacity ? (size_t)n : capacity - 1;
}

/* Always false, so that callers return it. */
__attribute__((format(printf, 3, 4))) static bool
refuse(struct encoder *w, int code, const char *format, ...) {
    char text[FAULT_TEXT_MAX] = "state";
    size_t length = strlen(text);
    for (int i = 0; i < w->depth; i++) {
        length += step_text(&w->path[i], text + length, sizeof text - length);
    }
    length += (size_t)snprintf(text + length, sizeof text - length, ": ");
    if (length < sizeof text) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(text + length, sizeof text - length, format, arguments);
        va_end(arguments);
    }
    fault_from_text(w->fault, code, text, strlen(text));
    w->fault->file[0] = '\0'; /* a path with a colon in it is no position */
    w->fault->line = 0;
    return false;
}

static bool refuse_size(struct encoder *w) {
    w->depth = 0; /* it is the whole that is too large */
    return refuse(w, E_QUOTA, "larger than %zu KiB", w->capacity / 1024);
}

/* --- bytes --------------------------------------------------------------------------------------
 */

static bool put(struct encoder *w, const void *bytes, size_t length) {
    if (length > w->capacity - w->length) {
        return refuse_size(w);
    }
    memcpy(w->bytes + w->length, bytes, length);
    w->length += length;
    return true;
}

static size_t varint_write(unsigned char *out, uint64_t value) {
    size_t n = 0;
    for (; value >= 0x80; value >>= 7) {
        out[n++] = (unsigned char)(value | 0x80);
    }
    out[n++] = (unsigned char)value;
    return n;
}

static bool put_tagged(struct encoder *w, enum state_tag tag, uint64_t value) {
    unsigned char bytes[12];
    bytes[0] = (unsigned char)tag;
    return put(w, bytes, 1 + varint_write(bytes + 1, value));
}

static bool put_string(struct encoder *w, const char *text, size_t length) {
    if (length >= 0x80 || length + 2 > w->capacity - w->length) {
        return put_tagged(w, STATE_STRING, length) && put(w, text, length);
    }
    unsigned char *out = w->bytes + w->length;
    out[0] = STATE_STRING;
    out[1] = (unsigned char)length;
    memcpy(out + 2, text, length);
    w->length += length + 2;
    return true;
}

static bool put_whole(struct encoder *w, double x) {
    int64_t value = (int64_t)x;
    return put_tagged(w, STATE_WHOLE, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

static bool put_number(struct encoder *w, double x) {
    if (!isfinite(x)) {
        return refuse(w, E_SCRIPT, "a number that is not finite cannot be kept");
    }
    if (number_is_whole(x)) {
        return put_whole(w, x);
    }
    unsigned char bytes[9] = {STATE_DOUBLE};
    uint64_t image;
    memcpy(&image, &x, sizeof image);
    for (int i = 0; i < 8; i++) {
        bytes[1 + i] = (unsigned char)(image >> (8 * i));
    }
    return put(w, bytes, sizeof bytes);
}

/* --- tables -------------------------------------------------------------------------------------
 */

static bool write_value(struct encoder *w, int index);

/* Whether the keys are 1, 2, 3 … in the order of lua_next; *count how many. */
static bool table_is_array(lua_State *L, int table, int *count) {
    *count = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        ++*count;
        if (lua_type(L, -2) != LUA_TNUMBER || lua_tonumber(L, -2) != *count) {
            lua_pop(L, 2);
            return false;
        }
    }
    return *count > 0;
}

static bool write_array(struct encoder *w, int table, int count) {
    if (!put_tagged(w, STATE_ARRAY, (uint64_t)count)) {
        return false;
    }
    struct step *step = &w->path[w->depth - 1];
    step->text = NULL;
    for (int i = 1; i <= count; i++) {
        step->number = i;
        lua_rawgeti(w->L, table, i);
        if (!write_value(w, lua_gettop(w->L))) {
            return false;
        }
        lua_pop(w->L, 1);
    }
    return true;
}

static bool read_key(struct encoder *w, int index, struct key *key) {
    bool is_known = key_read(w->L, index, key) && key->rank != KEY_BOOLEAN;
    if (is_known && key->rank == KEY_NUMBER) {
        is_known = fabs(key->number) < STATE_WHOLE_LIMIT && key->number == floor(key->number);
    }
    if (!is_known) {
        w->depth--;
        return refuse(
            w, E_SCRIPT, "keys are strings or whole numbers, not %s",
            lua_type(w->L, index) == LUA_TNUMBER ? "fractions" : luaL_typename(w->L, index)
        );
    }
    return true;
}

/* Writes the key and makes it the last step of the path. */
static bool write_key(struct encoder *w, const struct key *key) {
    struct step *step = &w->path[w->depth - 1];
    if (key->rank == KEY_NUMBER) {
        *step = (struct step){.number = key->number};
        return put_whole(w, key->number);
    }
    *step = (struct step){.text = key->text, .length = key->length};
    return put_string(w, key->text, key->length);
}

/* Up to PAIRS_ON_STACK pairs are left on the stack while they are sorted. -1: there are more. */
static int pairs_push(struct encoder *w, int table, struct key *keys, bool *is_refused) {
    lua_State *L = w->L;
    int base = lua_gettop(L);
    int n = 0;
    *is_refused = false;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        if (n == PAIRS_ON_STACK) {
            lua_settop(L, base);
            return -1;
        }
        if (!read_key(w, -2, &keys[n])) {
            *is_refused = true;
            return 0;
        }
        keys[n++].position = lua_gettop(L);
        lua_pushvalue(L, -2);
    }
    return n;
}

static bool shape_fits(const struct shape *shape, const struct key *keys, int n) {
    bool fits = shape->count == n;
    for (int i = 0; fits && i < n; i++) {
        fits = keys[i].rank == KEY_STRING && keys[i].text == shape->texts[i];
    }
    return fits;
}

static void shape_sort(struct shape *shape, const struct key *keys, int n) {
    shape->count = n;
    for (int i = 0; i < n; i++) {
        shape->texts[i] = keys[i].rank == KEY_STRING ? keys[i].text : NULL;
        int j = i;
        for (; j > 0 && key_compare(&keys[shape->order[j - 1]], &keys[i]) > 0; j--) {
            shape->order[j] = shape->order[j - 1];
        }
        shape->order[j] = (unsigned char)i;
    }
}

static bool write_few(struct encoder *w, struct key *keys, int n) {
    unsigned char order[PAIRS_ON_STACK]; /* a copy: the tables inside have shapes too */
    if (!shape_fits(&w->shape, keys, n)) {
        shape_sort(&w->shape, keys, n);
    }
    memcpy(order, w->shape.order, sizeof order);
    if (!put_tagged(w, STATE_TABLE, (uint64_t)n)) {
        return false;
    }
    for (int i = 0; i < n; i++) {
        const struct key *key = &keys[order[i]];
        if (!write_key(w, key) || !write_value(w, key->position)) {
            return false;
        }
    }
    return true;
}

/* Any number of pairs: values are looked up by key. */
static bool write_many(struct encoder *w, int table) {
    lua_State *L = w->L;
    int count = 0;
    size_t least = 0; /* what they will take: no memory for keys in vain */
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        count++;
        least += 3 + (lua_type(L, -2) == LUA_TSTRING ? lua_objlen(L, -2) : 0);
    }
    if (least > w->capacity - w->length) {
        return refuse_size(w);
    }
    struct key *keys = lua_newuserdata(L, (size_t)count * sizeof *keys);
    int n = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        if (!read_key(w, -2, &keys[n++])) {
            return false;
        }
    }
    keys_sort(L, keys, n);
    if (!put_tagged(w, STATE_TABLE, (uint64_t)n)) {
        return false;
    }
    for (int i = 0; i < n; i++) {
        if (keys[i].rank == KEY_NUMBER) {
            lua_pushnumber(L, keys[i].number);
        } else {
            lua_pushlstring(L, keys[i].text, keys[i].length);
        }
        lua_rawget(L, table);
        if (!write_key(w, &keys[i]) || !write_value(w, lua_gettop(L))) {
            return false;
        }
        lua_pop(L, 1);
    }
    return true;
}

static bool write_fields(struct encoder *w, int table) {
    int count;
    if (table_is_array(w->L, table, &count)) {
        return write_array(w, table, count);
    }
    struct key keys[PAIRS_ON_STACK];
    bool is_refused;
    count = pairs_push(w, table, keys, &is_refused);
    if (is_refused) {
        return false;
    }
    return count < 0 ? write_many(w, table) : write_few(w, keys, count);
}

static bool write_table(struct encoder *w, int table) {
    lua_State *L = w->L;
    const void *self = lua_topointer(L, table);
    for (int i = 0; i < w->depth; i++) {
        if (w->tables[i] == self) {
            return refuse(w, E_SCRIPT, "a table inside itself cannot be kept");
        }
    }
    if (w->depth == STATE_DEPTH_MAX) {
        return refuse(w, E_SCRIPT, "deeper than %d tables", STATE_DEPTH_MAX);
    }
    if (lua_getmetatable(L, table)) {
        return refuse(w, E_SCRIPT, "a table with a metatable cannot be kept");
    }
    luaL_checkstack(L, 3 * PAIRS_ON_STACK, "self.state");
    int top = lua_gettop(L);
    w->tables[w->depth++] = self;
    bool is_written = write_fields(w, table);
    if (is_written) {
        w->depth--;
        lua_settop(L, top);
    }
    return is_written;
}

static bool write_value(struct encoder *w, int index) {
    lua_State *L = w->L;
    unsigned char tag;
    size_t length;
    const char *text;
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        tag = lua_toboolean(L, index) ? STATE_TRUE : STATE_FALSE;
        return put(w, &tag, 1);
    case LUA_TNUMBER:
        return put_number(w, lua_tonumber(L, index));
    case LUA_TSTRING:
        text = lua_tolstring(L, index, &length);
        return put_string(w, text, length);
    case LUA_TTABLE:
        return write_table(w, index);
    case LUA_TUSERDATA:
        return refuse(w, E_SCRIPT, "a handle cannot be kept");
    default:
        return refuse(w, E_SCRIPT, "a %s cannot be kept", luaL_typename(L, index));
    }
}

/* --- the face -----------------------------------------------------------------------------------
 */

/* Arguments: the table, the encoder. */
static int encode(lua_State *L) {
    struct encoder *w = lua_touserdata(L, 2);
    unsigned char version = STATE_VERSION;
    if (lua_type(L, 1) != LUA_TTABLE) {
        refuse(w, E_SCRIPT, "a table expected, not a %s", luaL_typename(L, 1));
    } else if (put(w, &version, 1)) {
        write_value(w, 1);
    }
    return 0;
}

void state_encode_open(lua_State *L) {
    lua_pushcfunction(L, encode);
    sandbox_at(L)->ref_encode = luaL_ref(L, LUA_REGISTRYINDEX);
}

int state_encode(
    lua_State *L, int index, char *bytes, size_t capacity, size_t *length, struct fault *fault
) {
    struct sandbox *s = sandbox_at(L);
    struct encoder w = {
        .L = L, .bytes = (unsigned char *)bytes, .capacity = capacity, .fault = fault};
    fault->code = 0;
    if (sandbox_protect_kept(s, s->ref_encode, index, &w) != 0) {
        static const char text[] = "self.state: no memory to write it";
        fault_from_text(fault, E_SCRIPT_MEMORY, text, sizeof text - 1);
    }
    *length = fault->code ? 0 : w.length;
    return fault->code;
}
