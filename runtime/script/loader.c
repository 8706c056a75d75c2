/* Compiles a bundle once per process and runs it in a sandbox.
 *
 * Users' text is only ever loaded as text (mode "t"), in a state of its own that runs nothing; what
 * sandboxes load (mode "b") is the dump we made of it. The dump keeps names and lines. A handler
 * may call require long after the cache has forgotten the bundle, so a sandbox holds its own
 * reference. */
#include "script/sandbox_parts.h"
#include "script/suggest.h"

#include <luajit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_MAX 64
#define COMPILE_MEMORY_MAX ((size_t)64 * 1024 * 1024)
#define SOURCE_MAX ((size_t)1024 * 1024) /* the last defence; the host's limit is settable */

struct code_file {
    char path[96];
    char require[96]; /* what a script writes to get it: "./exits", "sizing" */
    char chunk[160];  /* "@hyperrsi/exits.lua" */
    char *dump;
    size_t length, capacity;
};

struct code {
    uint64_t hash; /* 0: not in the cache */
    uint64_t used; /* when, for the eviction */
    int users;
    int count;
    struct code_file files[];
};

/* One script thread a process. */
static struct code *cache[CACHE_MAX];
static uint64_t cache_clock;

/* --- code ---------------------------------------------------------------------------------------
 */

void code_release(struct code *code) {
    if (!code || --code->users > 0) {
        return;
    }
    for (int i = 0; i < code->count; i++) {
        free(code->files[i].dump);
    }
    free(code);
}

static bool path_is_library(const char *path) {
    return strncmp(path, "lib/", 4) == 0;
}

/* "init.lua" of a script of one file is called by the script's name, as the file on disk is. */
static bool bundle_is_single(const struct script_bundle *bundle) {
    int own = 0;
    for (int i = 0; i < bundle->count; i++) {
        own += !path_is_library(bundle->files[i].path);
    }
    return own == 1;
}

static int file_name(struct code_file *file, const struct script_bundle *bundle, const char *path) {
    size_t length = strlen(path);
    if (length < 5 || length >= sizeof file->path || strcmp(path + length - 4, ".lua") != 0) {
        return -1;
    }
    bool is_library = path_is_library(path);
    bool is_entry = strcmp(path, bundle->files[0].path) == 0;
    const char *start = path + (is_library ? 4 : 0);
    int stem = (int)(strlen(start) - 4);
    snprintf(file->path, sizeof file->path, "%s", path);
    snprintf(file->require, sizeof file->require, "%s%.*s", is_library ? "" : "./", stem, start);
    if (is_library) {
        snprintf(file->chunk, sizeof file->chunk, "@%s", path);
    } else if (bundle_is_single(bundle) && is_entry) {
        snprintf(file->chunk, sizeof file->chunk, "@%.90s.lua", bundle->name);
    } else {
        snprintf(file->chunk, sizeof file->chunk, "@%.60s/%s", bundle->name, path);
    }
    return 0;
}

static int code_refuse(struct fault *fault, int code, const char *path, const char *why) {
    char text[FAULT_TEXT_MAX];
    int n = snprintf(text, sizeof text, "%.96s: %s", path, why);
    fault_from_text(fault, code, text, (size_t)n);
    return code;
}

static struct code *code_new(const struct script_bundle *bundle, struct fault *fault) {
    if (bundle->count < 1) {
        code_refuse(fault, E_SCRIPT, bundle->name, "a script without a file");
        return NULL;
    }
    size_t count = (size_t)bundle->count;
    struct code *code = calloc(1, sizeof *code + count * sizeof code->files[0]);
    if (!code) {
        code_refuse(fault, E_MEMORY, bundle->name, "no memory to compile it");
        return NULL;
    }
    code->users = 1;
    code->count = bundle->count;
    for (int i = 0; i < bundle->count; i++) {
        if (file_name(&code->files[i], bundle, bundle->files[i].path) != 0) {
            code_refuse(fault, E_SCRIPT, bundle->files[i].path, "not a path of a Lua file");
            code_release(code);
            return NULL;
        }
    }
    return code;
}

/* --- compiling ----------------------------------------------------------------------------------
 */

struct compilation {
    const struct script_bundle *bundle;
    struct code *code;
    struct fault *fault;
};

static int dump_write(lua_State *L, const void *bytes, size_t length, void *ctx) {
    struct code_file *file = ctx;
    (void)L;
    if (length > file->capacity - file->length) {
        size_t capacity = (file->length + length) * 2;
        char *grown = realloc(file->dump, capacity);
        if (!grown) {
            return -1;
        }
        file->dump = grown;
        file->capacity = capacity;
    }
    memcpy(file->dump + file->length, bytes, length);
    file->length += length;
    return 0;
}

/* LuaJIT's lexer opens the FFI for 1LL and 2i, whose values are no numbers to anything else here.
 */
static bool has_boxed_number(lua_State *L) {
    lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
    lua_getfield(L, -1, "ffi");
    bool is_open = !lua_isnil(L, -1);
    lua_pop(L, 2);
    return is_open;
}

static int file_compile(
    lua_State *L, const struct script_file *source, struct code_file *file, struct fault *fault
) {
    const char *name = file->chunk + 1;
    if (source->length > SOURCE_MAX) {
        return code_refuse(fault, E_QUOTA, name, "larger than 1 MiB");
    }
    if (source->length > 0 && source->text[0] == LUA_SIGNATURE[0]) {
        return code_refuse(fault, E_SYNTAX, name, "compiled code; scripts are text");
    }
    if (luaL_loadbufferx(L, source->text, source->length, file->chunk, "t") != 0) {
        size_t length;
        const char *text = lua_tolstring(L, -1, &length);
        fault_from_text(fault, E_SYNTAX, text ? text : name, text ? length : strlen(name));
        return E_SYNTAX;
    }
    if (has_boxed_number(L)) {
        return code_refuse(fault, E_SYNTAX, name, "numbers that end in LL, ULL or i are not there");
    }
    if (lua_dump(L, dump_write, file) != 0) {
        return code_refuse(fault, E_MEMORY, name, "no memory to keep it compiled");
    }
    lua_settop(L, 0);
    return 0;
}

static int compile(lua_State *L) {
    struct compilation *c = lua_touserdata(L, 1);
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "_LOADED");
    for (int i = 0; i < c->code->count && c->fault->code == 0; i++) {
        file_compile(L, &c->bundle->files[i], &c->code->files[i], c->fault);
    }
    return 0;
}

static struct code *code_compile(const struct script_bundle *bundle, struct fault *fault) {
    struct code *code = code_new(bundle, fault);
    if (!code) {
        return NULL;
    }
    struct sandbox_memory memory;
    memory_begin(&memory, COMPILE_MEMORY_MAX);
    lua_State *L = lua_newstate(memory_allocate, &memory);
    struct compilation c = {bundle, code, fault};
    if (!L || lua_cpcall(L, compile, &c) != 0) {
        code_refuse(fault, E_MEMORY, bundle->name, "no memory to compile it");
    }
    if (L) {
        lua_close(L);
    }
    memory_end(&memory);
    if (fault->code != 0) {
        code_release(code);
        return NULL;
    }
    return code;
}

/* --- cache --------------------------------------------------------------------------------------
 */

/* A reference to the bundle's code, compiled now if it must be. */
static struct code *code_get(const struct script_bundle *bundle, struct fault *fault) {
    int oldest = 0;
    for (int i = 0; i < CACHE_MAX; i++) {
        if (cache[i] && bundle->hash != 0 && cache[i]->hash == bundle->hash) {
            cache[i]->used = ++cache_clock;
            cache[i]->users++;
            return cache[i];
        }
        if (!cache[i] || (cache[oldest] && cache[i]->used < cache[oldest]->used)) {
            oldest = i;
        }
    }
    struct code *code = code_compile(bundle, fault);
    if (code && bundle->hash != 0) {
        code_release(cache[oldest]);
        cache[oldest] = code;
        code->hash = bundle->hash;
        code->used = ++cache_clock;
        code->users++;
    }
    return code;
}

/* --- require ------------------------------------------------------------------------------------
 */

static void file_push(lua_State *L, const struct code_file *file) {
    if (luaL_loadbufferx(L, file->dump, file->length, file->chunk, "b") != 0) {
        lua_error(L);
    }
}

static const char *require_at(const void *list, int index) {
    const struct code *code = list;
    return index < code->count ? code->files[index].require : NULL;
}

static int require_missing(lua_State *L, const struct code *code, const char *name) {
    char near[128];
    suggest_text(name, require_at, code, near, sizeof near);
    return sandbox_raise(L, E_SCRIPT, "require '%.80s': there is no such file%s", name, near);
}

/* require(name): upvalue 1 maps a name to what its file returned, false while it is loading. */
static int require(lua_State *L) {
    const char *name = luaL_checkstring(L, 1);
    const struct code *code = sandbox_at(L)->code;
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    lua_rawget(L, lua_upvalueindex(1));
    if (lua_isboolean(L, -1) && !lua_toboolean(L, -1)) {
        return sandbox_raise(L, E_SCRIPT, "require '%.80s': it is loading already, a cycle", name);
    }
    if (!lua_isnil(L, -1)) {
        return 1;
    }
    int i = 0;
    while (i < code->count && strcmp(code->files[i].require, name) != 0) {
        i++;
    }
    if (i == code->count) {
        return require_missing(L, code, name);
    }
    lua_pushvalue(L, 1);
    lua_pushboolean(L, false);
    lua_rawset(L, lua_upvalueindex(1));
    file_push(L, &code->files[i]);
    sandbox_callback(L, 0, 1);
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, true); /* a file that returns nothing is loaded all the same */
    }
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_rawset(L, lua_upvalueindex(1));
    return 1;
}

struct entry {
    const struct code *code;
    int reference;
};

static int entry_prepare(lua_State *L) {
    struct entry *entry = lua_touserdata(L, 1);
    const struct code_file *file = &entry->code->files[0];
    lua_newtable(L);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, file->require);
    lua_pushcclosure(L, require, 1);
    sandbox_set_global(L, "require");
    file_push(L, file);
    entry->reference = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

int sandbox_load(
    struct sandbox *s, const struct script_bundle *bundle, int64_t cpu_ns, struct fault *fault
) {
    fault->code = 0;
    struct code *code = code_get(bundle, fault);
    if (!code) {
        return fault->code;
    }
    code_release(s->code);
    s->code = code;
    struct entry entry = {.code = code};
    int status = sandbox_protect(s, entry_prepare, &entry, fault);
    if (status != 0) {
        return status;
    }
    lua_rawgeti(s->L, LUA_REGISTRYINDEX, entry.reference);
    luaL_unref(s->L, LUA_REGISTRYINDEX, entry.reference);
    return sandbox_call(s, 0, 1, cpu_ns, fault);
}
