/* From what was noted to lines of memory. */
#include "script/footprint_parts.h"

#define CODE_BYTES_MAX 512 /* of one function: a handler seldom runs through more */
#define CHAIN_MAX 8
#define WHOLE_NODES_MAX 4 /* tables as small are fetched as they are */
#define DISPATCH_FROM                                                                              \
    512 /* in the state, somewhere: a code address for each kind of instruction                    \
         */
#define DISPATCH_TO 8192
#define DISPATCH_COUNT 64
#define DISPATCH_RANGE 65536 /* they lie as near to one another */

/* --- collecting lines ---------------------------------------------------------------------------
 */

void lines_add(struct footprint_notes *n, const char *from, size_t size) {
    uintptr_t first = ((uintptr_t)from - (uintptr_t)n->base) / FOOTPRINT_LINE;
    uintptr_t last = ((uintptr_t)from + size - 1 - (uintptr_t)n->base) / FOOTPRINT_LINE;
    for (uintptr_t line = first; line <= last && line < WINDOW_LINES; line++) {
        n->lines[line / 64] |= UINT64_C(1) << line % 64;
    }
}

void key_note(struct footprint_notes *n, const char *string) {
    for (int i = 0; i < n->key_count; i++) {
        if (n->keys[i] == string) {
            return;
        }
    }
    if (n->key_count < KEYS_MAX) {
        n->keys[n->key_count++] = string;
        lines_add(n, string + OBJECT_TYPE, STRING_TEXT - OBJECT_TYPE);
    }
}

bool nodes_of(const struct footprint_notes *n, const char *table, struct nodes *out) {
    *out = (struct nodes){address_at(table, TABLE_NODES), count_at(table, TABLE_MASK)};
    return holds(n, out->first, ((size_t)out->mask + 1) * NODE_SIZE);
}

/* Behind a node in its chain; NULL at the end. */
static const char *node_next(const struct nodes *nodes, const char *node) {
    const char *next = address_at(node, NODE_NEXT);
    size_t offset = (size_t)((uintptr_t)next - (uintptr_t)nodes->first);
    return offset < ((size_t)nodes->mask + 1) * NODE_SIZE && offset % NODE_SIZE == 0 ? next : NULL;
}

static const char *node_first(const struct nodes *nodes, const char *key) {
    return nodes->first + (size_t)(count_at(key, STRING_ID) & nodes->mask) * NODE_SIZE;
}

const char *node_find(const struct nodes *nodes, const char *key) {
    const char *node = node_first(nodes, key);
    for (int i = 0; node && i < CHAIN_MAX; i++) {
        uint64_t found = word_at(node, NODE_KEY);
        if (address_of(found) == key && tag_of(found) == TYPE_STRING) {
            return node;
        }
        node = node_next(nodes, node);
    }
    return NULL;
}

/* The nodes that are passed on the way to one that was found. */
static void chain_add(
    struct footprint_notes *n, const struct nodes *nodes, const char *key, const char *found
) {
    const char *node = node_first(nodes, key);
    while (node && node != found) {
        lines_add(n, node, NODE_SIZE);
        node = node_next(nodes, node);
    }
    lines_add(n, found, NODE_SIZE);
}

static const char *index_key(const struct footprint_notes *n) {
    return n->sandbox->index_key - STRING_TEXT;
}

/* The table behind __index of a metatable, or NULL; whatever is there is added. */
static const char *
index_follow(struct footprint_notes *n, const char *object, ptrdiff_t offset, int depth) {
    const char *metatable = address_at(object, offset);
    struct nodes nodes;
    if (depth == 0 || !is_object(n, metatable, TYPE_TABLE, TABLE_SIZE) ||
        !nodes_of(n, metatable, &nodes)) {
        return NULL;
    }
    const char *node = node_find(&nodes, index_key(n));
    lines_add(n, metatable, TABLE_SIZE);
    if (!node) {
        return NULL;
    }
    chain_add(n, &nodes, index_key(n), node);
    uint64_t value = word_at(node, 0);
    const char *next = address_of(value);
    if (tag_of(value) == TYPE_TABLE && is_object(n, next, TYPE_TABLE, TABLE_SIZE)) {
        return next;
    }
    value_add(n, value, depth - 1);
    return NULL;
}

/* A table that is found in a table is gone from the frame before anybody looks. */
static void head_add(struct footprint_notes *n, uint64_t value) {
    if (tag_of(value) == TYPE_TABLE && holds(n, address_of(value), TABLE_SIZE)) {
        lines_add(n, address_of(value), TABLE_SIZE);
    }
}

/* A key in a table, or in one behind it. */
static void
key_add(struct footprint_notes *n, const struct nodes *nodes, int count, const char *key) {
    for (int t = 0; t < count; t++) {
        const char *node = node_find(&nodes[t], key);
        if (node) {
            chain_add(n, &nodes[t], key, node);
            head_add(n, word_at(node, 0));
            return;
        }
    }
}

static void table_add(struct footprint_notes *n, const char *table, int depth) {
    struct nodes nodes[LOOKUP_DEPTH];
    int count = 0;
    for (int level = depth; table && count < LOOKUP_DEPTH; level--) {
        if (!is_object(n, table, TYPE_TABLE, TABLE_SIZE) || !nodes_of(n, table, &nodes[count])) {
            break;
        }
        size_t size = ((size_t)nodes[count].mask + 1) * NODE_SIZE;
        lines_add(n, table, TABLE_SIZE);
        lines_add(n, nodes[count].first, size <= WHOLE_NODES_MAX * NODE_SIZE ? size : 1);
        if (count_at(table, TABLE_ARRAY_COUNT) > 0) {
            lines_add(n, address_at(table, TABLE_ARRAY), 1);
        }
        count++;
        table = level > 0 ? index_follow(n, table, TABLE_METATABLE, level) : NULL;
    }
    for (int i = 0; i < n->key_count; i++) {
        key_add(n, nodes, count, n->keys[i]);
    }
}

/* A function of C: itself, and the userdata among its upvalues, which it reads. */
static void function_c_add(struct footprint_notes *n, const char *function) {
    size_t count = byte_at(function, FUNCTION_UPVALUES);
    size_t size = FUNCTION_C_VALUES + count * sizeof(uint64_t);
    if (!holds(n, function, size)) {
        return;
    }
    lines_add(n, function, size);
    for (size_t i = 0; i < count; i++) {
        uint64_t value = word_at(function, (ptrdiff_t)(FUNCTION_C_VALUES + i * sizeof value));
        const char *userdata = address_of(value);
        if (tag_of(value) == TYPE_USERDATA &&
            is_object(n, userdata, TYPE_USERDATA, USERDATA_DATA)) {
            lines_add(n, userdata + USERDATA_DATA, FOOTPRINT_LINE);
        }
    }
}

static void constants_add(struct footprint_notes *n, const char *prototype) {
    const char *constants = address_at(prototype, PROTOTYPE_CONSTANTS);
    size_t objects = count_at(prototype, PROTOTYPE_OBJECT_COUNT) * sizeof(uint64_t);
    size_t numbers = count_at(prototype, PROTOTYPE_NUMBER_COUNT) * sizeof(uint64_t);
    if (numbers > 0 && holds(n, constants, numbers)) {
        lines_add(n, constants, numbers);
    }
    if (objects == 0 || !holds(n, constants - objects, objects)) {
        return;
    }
    lines_add(n, constants - objects, objects);
    for (const char *at = constants - objects; at < constants; at += sizeof(uint64_t)) {
        const char *string = address_at(at, 0);
        if (is_object(n, string, TYPE_STRING, STRING_TEXT)) {
            key_note(n, string);
        }
    }
}

/* Where the addresses for each kind of instruction lie in the state; 0: nowhere that is known. */
static size_t dispatch_place(const struct footprint_notes *n, const char *state) {
    static size_t place; /* the same in all states */
    int count = 0;
    for (size_t at = DISPATCH_FROM; place == 0 && at < DISPATCH_TO; at += sizeof(uint64_t)) {
        if (!holds(n, state + at, sizeof(uint64_t))) {
            return 0;
        }
        uint64_t distance =
            word_at(state, (ptrdiff_t)at) - word_at(state, (ptrdiff_t)(at - sizeof(uint64_t)));
        bool is_near = distance + DISPATCH_RANGE < 2 * DISPATCH_RANGE && distance != 0;
        count = is_near ? count + 1 : 0;
        if (count == DISPATCH_COUNT) {
            place = at - DISPATCH_COUNT * sizeof(uint64_t);
        }
    }
    return place;
}

void function_add(struct footprint_notes *n, const char *function) {
    if (!is_object(n, function, TYPE_FUNCTION, FUNCTION_C_VALUES)) {
        return;
    }
    if (byte_at(function, FUNCTION_IS_C) != 0) {
        function_c_add(n, function);
        return;
    }
    const char *prototype = address_at(function, FUNCTION_CODE) - PROTOTYPE_SIZE;
    lines_add(
        n, function, FUNCTION_LINKS + byte_at(function, FUNCTION_UPVALUES) * sizeof(uint64_t)
    );
    if (!is_object(n, prototype, TYPE_PROTOTYPE, PROTOTYPE_SIZE)) {
        return;
    }
    const char *code = prototype + PROTOTYPE_SIZE;
    const char *state = (const char *)n->sandbox->L;
    size_t length = count_at(prototype, PROTOTYPE_CODE_COUNT) * sizeof(uint32_t);
    size_t dispatch = dispatch_place(n, state);
    length = length < CODE_BYTES_MAX ? length : CODE_BYTES_MAX;
    lines_add(n, prototype + OBJECT_TYPE, PROTOTYPE_USED - OBJECT_TYPE);
    lines_add(n, code, length);
    for (size_t i = 0; dispatch > 0 && i < length && holds(n, code, length);
         i += sizeof(uint32_t)) {
        lines_add(n, state + dispatch + byte_at(code, (ptrdiff_t)i) * sizeof(uint64_t), 1);
    }
    constants_add(n, prototype);
}

void upvalues_add(struct footprint_notes *n, const char *function) {
    if (!is_object(n, function, TYPE_FUNCTION, FUNCTION_C_VALUES) ||
        byte_at(function, FUNCTION_IS_C) != 0) {
        return;
    }
    size_t count = byte_at(function, FUNCTION_UPVALUES);
    for (size_t i = 0; i < count && holds(n, function, FUNCTION_LINKS + (i + 1) * sizeof(uint64_t));
         i++) {
        const char *upvalue =
            address_at(function, (ptrdiff_t)(FUNCTION_LINKS + i * sizeof(uint64_t)));
        if (!holds(n, upvalue, UPVALUE_SIZE)) {
            continue;
        }
        const char *value = address_at(upvalue, UPVALUE_VALUE);
        lines_add(n, upvalue, UPVALUE_SIZE);
        if (holds(n, value, sizeof(uint64_t)) && tag_of(word_at(value, 0)) != TYPE_FUNCTION) {
            value_add(n, word_at(value, 0), 1);
        }
    }
}

void value_add(struct footprint_notes *n, uint64_t value, int depth) {
    const char *object = address_of(value);
    switch (tag_of(value)) {
    case TYPE_TABLE:
        table_add(n, object, depth);
        break;
    case TYPE_FUNCTION:
        function_add(n, object);
        break;
    case TYPE_USERDATA:
        if (is_object(n, object, TYPE_USERDATA, USERDATA_DATA)) {
            lines_add(n, object, USERDATA_DATA + sizeof(uint64_t) * 4);
            const char *next = index_follow(n, object, USERDATA_METATABLE, depth);
            if (next) {
                table_add(n, next, depth);
            }
        }
        break;
    default:
        break;
    }
}
