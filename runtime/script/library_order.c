/* The order in which scripts see the keys of a table: never that of LuaJIT's hash, which differs
 * from one process to the next. */
#include "script/sandbox_parts.h"

#include <string.h>

#define KEYS_ON_STACK 64
#define POLL_EVERY 1024

int key_compare(const struct key *a, const struct key *b) {
    if (a->rank != b->rank) {
        return a->rank < b->rank ? -1 : 1;
    }
    if (a->rank != KEY_STRING) {
        return (a->number > b->number) - (a->number < b->number);
    }
    int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

bool key_read(lua_State *L, int index, struct key *key) {
    switch (lua_type(L, index)) {
    case LUA_TNUMBER:
        key->rank = KEY_NUMBER;
        key->number = lua_tonumber(L, index);
        return true;
    case LUA_TSTRING:
        key->rank = KEY_STRING;
        key->text = lua_tolstring(L, index, &key->length);
        return true;
    case LUA_TBOOLEAN:
        key->rank = KEY_BOOLEAN;
        key->number = lua_toboolean(L, index);
        return true;
    default:
        return false;
    }
}

static void key_check(lua_State *L, int index, struct key *key) {
    if (!key_read(L, index, key)) {
        sandbox_raise(
            L, E_SCRIPT, "a table whose keys are of type %s has no order to walk it in",
            luaL_typename(L, index)
        );
    }
}

static void key_sift(struct key *keys, int at, int count) {
    struct key key = keys[at];
    for (int child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && key_compare(&keys[child], &keys[child + 1]) < 0) {
            child++;
        }
        if (key_compare(&key, &keys[child]) >= 0) {
            break;
        }
        keys[at] = keys[child];
        at = child;
    }
    keys[at] = key;
}

static void keys_insertion_sort(struct key *keys, int count) {
    for (int i = 1; i < count; i++) {
        struct key key = keys[i];
        int j = i;
        for (; j > 0 && key_compare(&keys[j - 1], &key) > 0; j--) {
            keys[j] = keys[j - 1];
        }
        keys[j] = key;
    }
}

/* Keys are unique, so any sort gives the one order; a heap needs no memory and has no bad case. */
void keys_sort(lua_State *L, struct key *keys, int count) {
    if (count <= 16) {
        keys_insertion_sort(keys, count);
        return;
    }
    for (int i = count / 2 - 1; i >= 0; i--) {
        key_sift(keys, i, count);
    }
    for (int last = count - 1; last > 0; last--) {
        struct key top = keys[0];
        keys[0] = keys[last];
        keys[last] = top;
        key_sift(keys, 0, last);
        if (last % POLL_EVERY == 0) {
            sandbox_poll(L);
        }
    }
}

/* How many keys there are; *is_array: they came as 1, 2, 3 … */
static int keys_count(lua_State *L, int index, bool *is_array) {
    int count = 0;
    *is_array = true;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        count++;
        if (*is_array && !(lua_type(L, -2) == LUA_TNUMBER && lua_tonumber(L, -2) == count)) {
            *is_array = false;
        }
    }
    return count;
}

int ordered_keys(lua_State *L, int index) {
    bool is_array;
    luaL_checkstack(L, 8, "walking a table");
    int count = keys_count(L, index, &is_array);
    if (is_array) {
        lua_pushnil(L);
        return count;
    }
    struct key few[KEYS_ON_STACK];
    struct key *keys = few;
    if (count > KEYS_ON_STACK) {
        keys = lua_newuserdata(L, (size_t)count * sizeof *keys);
    } else {
        lua_pushnil(L);
    }
    lua_createtable(L, count, 0); /* by traversal */
    int n = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        key_check(L, -2, &keys[n]);
        keys[n].position = n + 1;
        n++;
        lua_pushvalue(L, -2);
        lua_rawseti(L, -4, n);
    }
    keys_sort(L, keys, n);
    lua_createtable(L, count, 0);
    for (int i = 0; i < n; i++) {
        lua_rawgeti(L, -2, keys[i].position);
        lua_rawseti(L, -2, i + 1);
    }
    lua_replace(L, -3); /* in the place of what held the keys; then drop the traversal */
    lua_pop(L, 1);
    return n;
}

void ordered_next(lua_State *L, int index) {
    bool has_after = !lua_isnil(L, -1);
    struct key after = {.rank = KEY_NUMBER};
    if (has_after) {
        key_check(L, -1, &after);
    }
    struct key best = {.rank = KEY_NUMBER};
    bool has_best = false;
    lua_pushnil(L); /* the best key's value */
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        struct key key = {.rank = KEY_NUMBER};
        key_check(L, -2, &key);
        if ((has_after && key_compare(&key, &after) <= 0) ||
            (has_best && key_compare(&key, &best) >= 0)) {
            continue;
        }
        best = key;
        has_best = true;
        lua_pushvalue(L, -2);
        lua_replace(L, -4);
    }
    lua_replace(L, -2);
}
