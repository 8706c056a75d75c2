#include "script/footprint_parts.h"

#include <stdlib.h>

#define CALLS_MAX 64     /* noted of one handler: one that recurses is not worth more */
#define FRAME_SLOTS 96   /* of the frames that are looked at */
#define STATE_BYTES 512  /* of the interpreter's state, what all code touches */
#define SANDBOX_HEAD 128 /* of the struct, what every call touches first */

struct footprint_notes *footprint_notes_new(void) {
    return calloc(1, sizeof(struct footprint_notes));
}

void footprint_notes_free(struct footprint_notes *n) {
    free(n);
}

/* --- watching -----------------------------------------------------------------------------------
 */

static void value_note(struct footprint_notes *n, uint64_t value) {
    unsigned tag = tag_of(value);
    if (tag != TYPE_TABLE && tag != TYPE_USERDATA) {
        return;
    }
    for (int i = 0; i < n->value_count; i++) {
        if (n->values[i] == value) {
            return;
        }
    }
    if (n->value_count < VALUES_MAX) {
        n->values[n->value_count++] = value;
    }
}

static void function_note(struct footprint_notes *n, const void *function) {
    for (int i = 0; i < n->function_count; i++) {
        if (n->functions[i] == function) {
            return;
        }
    }
    if (n->function_count < FUNCTIONS_MAX) {
        n->functions[n->function_count++] = function;
    }
}

/* The slots from the first watched one to the end, which is not beyond the stack's. */
static const char *frames_of(const struct footprint_notes *n, size_t *size) {
    const char *state = (const char *)n->sandbox->L;
    const char *stack = address_at(state, STATE_STACK);
    size_t first = (size_t)n->first;
    size_t count = count_at(state, STATE_STACK_COUNT);
    count = count > first ? count - first : 0;
    count = count < FRAME_SLOTS ? count : FRAME_SLOTS;
    *size = holds(n, stack + first * sizeof(uint64_t), count * sizeof(uint64_t))
                ? count * sizeof(uint64_t)
                : 0;
    return stack + first * sizeof(uint64_t);
}

static int slot_at(const lua_State *L, ptrdiff_t field) {
    const char *state = (const char *)L;
    return (int
    )((address_at(state, field) - address_at(state, STATE_STACK)) / (ptrdiff_t)sizeof(uint64_t));
}

static void frames_note(struct footprint_notes *n, int end) {
    size_t size;
    const char *frames = frames_of(n, &size);
    for (int slot = n->first; slot < end && size > 0; slot++, size -= sizeof(uint64_t)) {
        value_note(n, word_at(frames, (ptrdiff_t)((size_t)(slot - n->first) * sizeof(uint64_t))));
    }
}

static void on_call(lua_State *L, lua_Debug *record) {
    struct footprint_notes *n = sandbox_at(L)->notes;
    if (!n || ++n->calls >= CALLS_MAX) {
        lua_sethook(L, NULL, 0, 0);
        return;
    }
    if (lua_getinfo(L, "f", record)) {
        function_note(n, lua_topointer(L, -1));
        lua_pop(L, 1);
    }
    frames_note(n, slot_at(L, STATE_TOP));
}

/* Compares with values of which the C API tells the same. */
static bool layout_matches(struct sandbox *s, const struct footprint_notes *n) {
    lua_State *L = s->L;
    const char *key = s->index_key - STRING_TEXT;
    double number = 1234.5;
    bool is_same =
        sizeof(void *) == sizeof(uint64_t) && is_object(n, key, TYPE_STRING, STRING_TEXT);
    lua_pushnumber(L, number);
    is_same =
        is_same && holds(n, (const char *)L, STATE_SIZE) &&
        slot_at(L, STATE_TOP) < (int)count_at((const char *)L, STATE_STACK_COUNT) &&
        memcmp(address_at((const char *)L, STATE_TOP) - sizeof number, &number, sizeof number) == 0;
    lua_pop(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, s->ref_raised); /* a string: its metatable has an __index */
    if (is_same && lua_getmetatable(L, -1)) {
        const char *table = lua_topointer(L, -1);
        struct nodes nodes;
        bool has_nodes = is_object(n, table, TYPE_TABLE, TABLE_SIZE) && nodes_of(n, table, &nodes);
        const char *node = has_nodes ? node_find(&nodes, key) : NULL;
        is_same = node && is_object(n, address_of(word_at(node, 0)), TYPE_TABLE, TABLE_SIZE);
        lua_pop(L, 1);
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, s->ref_locate);
    const char *function = lua_topointer(L, -1);
    lua_CFunction address = lua_tocfunction(L, -1);
    is_same = is_same && is_object(n, function, TYPE_FUNCTION, FUNCTION_C_VALUES) &&
              byte_at(function, FUNCTION_IS_C) != 0 &&
              memcmp(function + FUNCTION_C, &address, sizeof address) == 0;
    lua_pop(L, 2);
    return is_same;
}

bool footprint_watch(struct sandbox *s, struct footprint_notes *n) {
    static enum { UNKNOWN, MATCHES, DIFFERS } layout; /* one interpreter a process */
    n->sandbox = s;
    if (layout == UNKNOWN) {
        layout = layout_matches(s, n) ? MATCHES : DIFFERS;
    }
    if (layout == DIFFERS) {
        return false;
    }
    n->first = slot_at(s->L, STATE_TOP);
    n->calls = n->function_count = n->value_count = n->key_count = 0;
    n->base = (const char *)((uintptr_t)s->L & ~(uintptr_t)(FOOTPRINT_LINE - 1)) -
              WINDOW_LINES / 2 * FOOTPRINT_LINE;
    s->notes = n;
    lua_sethook(s->L, on_call, LUA_MASKCALL, 0);
    return true;
}

void footprint_note(struct sandbox *s, int index) {
    struct footprint_notes *n = s->notes;
    const char *text = lua_type(s->L, index) == LUA_TSTRING ? lua_tostring(s->L, index) : NULL;
    if (text && is_object(n, text - STRING_TEXT, TYPE_STRING, STRING_TEXT)) {
        key_note(n, text - STRING_TEXT);
    } else if (lua_type(s->L, index) == LUA_TTABLE) {
        value_note(
            n, ~(uint64_t)TYPE_TABLE << 47 | (uint64_t)(uintptr_t)lua_topointer(s->L, index)
        );
    }
}

/* What is left of the frames tells what their last functions had in hand. */
static void stack_add(struct footprint_notes *n) {
    size_t size;
    const char *frames = frames_of(n, &size);
    const char *stack = address_at((const char *)n->sandbox->L, STATE_STACK);
    frames_note(n, n->first + (int)(size / sizeof(uint64_t)));
    while (size > 0 && word_at(frames, (ptrdiff_t)(size - sizeof(uint64_t))) == UINT64_MAX) {
        size -= sizeof(uint64_t); /* nil: never used */
    }
    lines_add(n, stack, (size_t)(frames - stack) + size + 1);
}

static void lines_take(struct footprint_notes *n, struct footprint *out) {
    int count = 0;
    for (size_t i = 0; i < WINDOW_LINES / 64; i++) {
        for (uint64_t bits = n->lines[i]; bits != 0 && count < FOOTPRINT_LINES_MAX;
             bits &= bits - 1) {
            out->lines[count++] = (uint16_t)(i * 64 + (size_t)__builtin_ctzll(bits));
        }
        n->lines[i] = 0;
    }
    out->base = n->base;
    out->count = (uint16_t)count;
}

void footprint_make(struct sandbox *s, struct footprint *out) {
    struct footprint_notes *n = s->notes;
    s->notes = NULL;
    lines_add(n, (const char *)s->L, STATE_BYTES);
    lines_add(n, (const char *)s, SANDBOX_HEAD);
    lines_add(
        n, (const char *)&s->options,
        offsetof(struct sandbox, where_file) - offsetof(struct sandbox, options)
    );
    stack_add(n);
    key_note(n, s->index_key - STRING_TEXT);
    for (int i = 0; i < n->function_count; i++) {
        function_add(n, n->functions[i]);
    }
    for (int i = 0; i < n->function_count; i++) {
        upvalues_add(n, n->functions[i]);
    }
    for (int i = 0; i < n->value_count; i++) {
        value_add(n, n->values[i], LOOKUP_DEPTH);
    }
    lines_take(n, out);
}
