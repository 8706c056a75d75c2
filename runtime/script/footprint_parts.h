/* footprint_parts: how the interpreter's objects lie in memory, and what footprint.c (what is
 * noted while a handler runs) and footprint_walk.c (which lines that means) share. */
#pragma once

#include "script/footprint.h"
#include "script/sandbox_parts.h"

#include <string.h>

#define FUNCTIONS_MAX 48
#define VALUES_MAX 48 /* every value is asked for every key: a script is not to make that long */
#define KEYS_MAX 96
#define LOOKUP_DEPTH 3 /* self, the API, the script */
#define WINDOW_LINES                                                                               \
    65536 /* a sandbox lies in little more than its size; half before its state                    \
           */

/* The interpreter's structs, as far as they matter here: 64-bit LuaJIT 2.1 with references of 64
 * bits. A value is a tag in the upper 17 bits over an address. */
enum {
    TYPE_STRING = 4,
    TYPE_PROTOTYPE = 7,
    TYPE_FUNCTION = 8,
    TYPE_TABLE = 11,
    TYPE_USERDATA = 12,
};

enum {
    OBJECT_TYPE = 9,
    STRING_ID = 12,
    STRING_TEXT = 24,
    USERDATA_METATABLE = 32,
    USERDATA_DATA = 48,
    TABLE_ARRAY = 16,
    TABLE_METATABLE = 32,
    TABLE_NODES = 40,
    TABLE_ARRAY_COUNT = 48,
    TABLE_MASK = 52,
    TABLE_SIZE = 64,
    NODE_KEY = 8,
    NODE_NEXT = 16,
    NODE_SIZE = 24,
    FUNCTION_IS_C = 10,
    FUNCTION_UPVALUES = 11,
    FUNCTION_CODE = 32,
    FUNCTION_LINKS = 40, /* a function of Lua: addresses of its upvalues */
    FUNCTION_C = 40,
    FUNCTION_C_VALUES = 48,
    UPVALUE_VALUE = 32,
    UPVALUE_SIZE = 40,
    PROTOTYPE_CODE_COUNT = 12,
    PROTOTYPE_CONSTANTS = 32, /* objects lie before it, numbers behind */
    PROTOTYPE_OBJECT_COUNT = 48,
    PROTOTYPE_NUMBER_COUNT = 52,
    PROTOTYPE_USED = 64,
    PROTOTYPE_SIZE = 104,
    STATE_TOP = 40,
    STATE_STACK = 56,
    STATE_STACK_COUNT = 88,
    STATE_SIZE = 96,
};

struct footprint_notes {
    struct sandbox *sandbox;
    int first; /* slot of the first frame that is watched */
    int calls;
    int function_count, value_count, key_count;
    const char *functions[FUNCTIONS_MAX];
    uint64_t values[VALUES_MAX]; /* tables and userdata */
    const char *keys[KEYS_MAX];
    const char *base; /* of the window of lines */
    uint64_t lines[WINDOW_LINES / 64];
};

/* --- reading the interpreter's memory -----------------------------------------------------------
 */

static inline uint64_t word_at(const char *object, ptrdiff_t offset) {
    uint64_t word;
    memcpy(&word, object + offset, sizeof word);
    return word;
}

static inline uint32_t count_at(const char *object, ptrdiff_t offset) {
    uint32_t count;
    memcpy(&count, object + offset, sizeof count);
    return count;
}

static inline unsigned byte_at(const char *object, ptrdiff_t offset) {
    return (unsigned char)object[offset];
}

/* The number is an address only where memory_holds says so. */
static inline const char *address_of(uint64_t word) {
    return (const char *)(uintptr_t)(word & ((UINT64_C(1) << 47) - 1));
}

static inline const char *address_at(const char *object, ptrdiff_t offset) {
    return address_of(word_at(object, offset));
}

static inline unsigned tag_of(uint64_t value) {
    return (unsigned)(~(value >> 47) & 0x1FFFF);
}

static inline bool holds(const struct footprint_notes *n, const char *address, size_t size) {
    return memory_holds(&n->sandbox->memory, address, size);
}

static inline bool
is_object(const struct footprint_notes *n, const char *object, unsigned type, size_t size) {
    return holds(n, object, size) && byte_at(object, OBJECT_TYPE) == type;
}

static inline bool is_string_value(const struct footprint_notes *n, uint64_t value) {
    return tag_of(value) == TYPE_STRING &&
           is_object(n, address_of(value), TYPE_STRING, STRING_TEXT);
}

/* footprint_walk.c */
void lines_add(struct footprint_notes *n, const char *from, size_t size);
void key_note(struct footprint_notes *n, const char *string);
struct nodes { /* of a table */
    const char *first;
    uint32_t mask;
};
bool nodes_of(const struct footprint_notes *n, const char *table, struct nodes *out);
const char *
node_find(const struct nodes *nodes, const char *key); /* NULL: it has not got the key */
void function_add(struct footprint_notes *n, const char *function);
/* What a function of Lua finds in its upvalues; the functions among them are noted when they run.
 */
void upvalues_add(struct footprint_notes *n, const char *function);
void value_add(struct footprint_notes *n, uint64_t value, int depth);
