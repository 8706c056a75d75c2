#include "script/data_file.h"

#include "base/arena.h"

#include <lauxlib.h>
#include <lua.h>
#include <luajit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_MAX ((size_t)8 << 20)
#define INSTRUCTIONS_MAX 5000000
#define TREE_BYTES_BASE ((size_t)64 << 10)
#define TREE_BYTES_A_BYTE 64 /* "1," is two bytes of text and one entry */
#define PATH_BYTES 256

struct allowance {
    size_t used;
};

struct loading {
    const char *name;
    const char *text;
    size_t length;
    struct arena arena;
    struct data_value root;
    char path[PATH_BYTES];
    struct err err; /* of the copying; the state's own errors are raised */
};

static void *capped_alloc(void *ctx, void *old, size_t old_size, size_t size) {
    struct allowance *allowance = ctx;
    if (size == 0) {
        allowance->used -= old_size;
        free(old);
        return NULL;
    }
    if (size > old_size && size - old_size > MEMORY_MAX - allowance->used) {
        return NULL;
    }
    void *block = realloc(old, size);
    if (block != NULL) {
        allowance->used += size - old_size;
    }
    return block;
}

static void on_count(lua_State *L, lua_Debug *where) {
    lua_getinfo(L, "Sl", where);
    luaL_error(
        L, "%s:%d: more than %d instructions: a data file only lists values", where->short_src,
        where->currentline, INSTRUCTIONS_MAX
    );
}

/* --- what the text may not do
 * ----------------------------------------------------------------------- */

static int name_read(lua_State *L) {
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    return luaL_error(
        L, "there is no name '%s' in a data file (a text is written in quotes: '%s')", name, name
    );
}

static int name_written(lua_State *L) {
    return luaL_error(L, "a data file makes no names: it is one `return { ... }`");
}

/* No name is nil by accident: `level = debug` without quotes would leave the setting out. */
static void names_forbid(lua_State *L) {
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, name_read);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, name_written);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, LUA_GLOBALSINDEX);
}

/* --- copying out
 * ------------------------------------------------------------------------------------ */

static int copy_failed(struct loading *g, int code, const char *what) {
    const char *path = g->path[0] == '.' ? g->path + 1 : g->path;
    return err_set(&g->err, code, "%s: %s%s%s", g->name, path, path[0] != '\0' ? ": " : "", what);
}

static int copy_value(lua_State *L, struct loading *g, int depth, struct data_value *out);

/* The key at index −2 of the stack. */
static int copy_key(lua_State *L, struct loading *g, struct data_entry *entry) {
    if (lua_type(L, -2) == LUA_TSTRING) {
        size_t length;
        const char *key = lua_tolstring(L, -2, &length);
        if (strlen(key) != length) {
            return copy_failed(g, E_CONFIG, "a name holds a zero byte");
        }
        entry->key = arena_copy(&g->arena, key, length);
        return entry->key != NULL ? 0 : copy_failed(g, E_LIMIT, "it is too much data");
    }
    if (lua_type(L, -2) == LUA_TNUMBER) {
        double index = lua_tonumber(L, -2);
        if (index >= 1 && index <= (double)INT32_MAX && index == (double)(int32_t)index) {
            entry->index = (int32_t)index;
            return 0;
        }
    }
    return copy_failed(g, E_CONFIG, "a key must be a name or a place in a list");
}

static size_t path_extend(struct loading *g, const struct data_entry *entry) {
    size_t length = strlen(g->path);
    if (entry->key != NULL) {
        snprintf(g->path + length, sizeof g->path - length, ".%s", entry->key);
    } else {
        snprintf(g->path + length, sizeof g->path - length, "[%lld]", (long long)entry->index);
    }
    return length;
}

static int by_place(const void *a, const void *b) {
    const struct data_entry *x = a;
    const struct data_entry *y = b;
    if (x->key == NULL || y->key == NULL) {
        return x->key != NULL   ? 1
               : y->key != NULL ? -1
                                : (x->index > y->index) - (x->index < y->index);
    }
    return strcmp(x->key, y->key);
}

static int list_check(struct loading *g, const struct data_value *table) {
    for (int i = 0; i < table->count && table->entries[i].key == NULL; i++) {
        if (table->entries[i].index != i + 1) {
            char what[64];
            snprintf(what, sizeof what, "place %d of the list is empty", i + 1);
            return copy_failed(g, E_CONFIG, what);
        }
    }
    return 0;
}

/* The table on top of the stack. */
static int copy_table(lua_State *L, struct loading *g, int depth, struct data_value *out) {
    if (depth == DATA_DEPTH_MAX) {
        return copy_failed(g, E_CONFIG, "tables are nested too deep, or in themselves");
    }
    luaL_checkstack(L, 4, "tables are nested too deep");
    int count = 0;
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        count++;
    }
    out->entries = arena_alloc_array(&g->arena, (size_t)count + 1, sizeof *out->entries);
    if (out->entries == NULL) {
        return copy_failed(g, E_LIMIT, "it is too much data");
    }
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        struct data_entry *entry = &out->entries[out->count];
        if (copy_key(L, g, entry) != 0) {
            return g->err.code;
        }
        size_t length = path_extend(g, entry);
        if (copy_value(L, g, depth + 1, &entry->value) != 0) {
            return g->err.code;
        }
        g->path[length] = '\0';
        out->count++;
    }
    qsort(out->entries, (size_t)out->count, sizeof *out->entries, by_place);
    return list_check(g, out);
}

/* The value on top of the stack; it stays there. */
static int copy_value(lua_State *L, struct loading *g, int depth, struct data_value *out) {
    char what[96];
    switch (lua_type(L, -1)) {
    case LUA_TBOOLEAN:
        out->kind = DATA_BOOLEAN;
        out->boolean = lua_toboolean(L, -1) != 0;
        return 0;
    case LUA_TNUMBER:
        out->kind = DATA_NUMBER;
        out->number = lua_tonumber(L, -1);
        return 0;
    case LUA_TSTRING: {
        size_t length;
        const char *text = lua_tolstring(L, -1, &length);
        if (strlen(text) != length) {
            return copy_failed(g, E_CONFIG, "a text holds a zero byte");
        }
        out->kind = DATA_TEXT;
        out->text = arena_copy(&g->arena, text, length);
        return out->text != NULL ? 0 : copy_failed(g, E_LIMIT, "it is too much data");
    }
    case LUA_TTABLE:
        out->kind = DATA_TABLE;
        return copy_table(L, g, depth, out);
    default:
        snprintf(what, sizeof what, "a %s is not data", luaL_typename(L, -1));
        return copy_failed(g, E_CONFIG, what);
    }
}

/* --- loading
 * ---------------------------------------------------------------------------------------- */

static int load_protected(lua_State *L) {
    struct loading *g = lua_touserdata(L, 1);
    char chunk[PATH_BYTES];
    snprintf(chunk, sizeof chunk, "@%s", g->name);
    names_forbid(L);
    if (luaL_loadbufferx(L, g->text, g->length, chunk, "t") != 0) {
        return lua_error(L);
    }
    lua_sethook(L, on_count, LUA_MASKCOUNT, INSTRUCTIONS_MAX);
    lua_call(L, 0, 1);
    lua_sethook(L, NULL, 0, 0);
    if (lua_type(L, -1) != LUA_TTABLE) {
        err_set(&g->err, E_CONFIG, "%s: it must return one table: return { ... }", g->name);
        return 0;
    }
    copy_value(L, g, 0, &g->root);
    return 0;
}

static int state_run(struct loading *g, struct err *e) {
    struct allowance allowance = {0};
    lua_State *L = lua_newstate(capped_alloc, &allowance);
    if (L == NULL) {
        return err_set(e, E_MEMORY, "no memory to read %s", g->name);
    }
    luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF); /* hooks do not fire in traces */
    int status = lua_cpcall(L, load_protected, g);
    if (status == LUA_ERRMEM) {
        err_set(
            &g->err, E_LIMIT, "%s: it needs more than %zu bytes of memory", g->name, MEMORY_MAX
        );
    } else if (status != 0) {
        const char *what = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "unreadable";
        err_set(&g->err, E_CONFIG, "%s", what);
    }
    lua_close(L);
    if (g->err.code != 0) {
        *e = g->err;
    }
    return g->err.code;
}

int data_text_load(
    const char *name, const char *text, size_t length, struct data_file *out, struct err *e
) {
    *out = (struct data_file){0};
    if (length > DATA_TEXT_MAX) {
        return err_set(e, E_LIMIT, "%s: it is larger than %zu bytes", name, DATA_TEXT_MAX);
    }
    size_t size = TREE_BYTES_BASE + length * TREE_BYTES_A_BYTE;
    void *memory = malloc(size);
    struct loading *g = calloc(1, sizeof *g);
    if (memory == NULL || g == NULL) {
        free(memory);
        free(g);
        return err_set(e, E_MEMORY, "no memory to read %s", name);
    }
    g->name = name;
    g->text = text;
    g->length = length;
    arena_init(&g->arena, memory, size);
    int code = state_run(g, e);
    if (code != 0) {
        free(memory);
    } else {
        out->root = g->root;
        out->memory = memory;
        data_lines_find(text, length, &out->root);
    }
    free(g);
    return code;
}

void data_file_free(struct data_file *file) {
    free(file->memory);
    *file = (struct data_file){0};
}

const struct data_value *data_find(const struct data_value *table, const char *key) {
    for (int i = 0; i < table->count; i++) {
        const struct data_entry *entry = &table->entries[i];
        if (entry->key != NULL && strcmp(entry->key, key) == 0) {
            return &entry->value;
        }
    }
    return NULL;
}
