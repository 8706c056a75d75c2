/* The walk over the files of a script: do they compile, which names do they make, what is wrong. */
#include "script/api.h"
#include "script/check_parts.h"
#include "script/sandbox_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_MAX ((size_t)64 << 20)

const char *check_listed(const void *list, int index) {
    const struct name_list *names = list;
    return index < names->count ? names->names[index] : NULL;
}

static bool is_file_of_library(const struct script_file *file) {
    return strncmp(file->path, "lib/", 4) == 0;
}

/* Whether the base is the script's own table, by the name it has in the entry file. */
bool check_is_script(const struct check *c, const struct sight *s) {
    return c->file == 0 && s->base == BASE_LOCAL && c->script.text != NULL &&
           s->base_name.length == c->script.length &&
           memcmp(s->base_name.text, c->script.text, c->script.length) == 0;
}

/* --- what the sandbox has -----------------------------------------------------------------------
 */

struct question {
    struct words base; /* empty: a global */
    struct words name;
    bool is_there;
    bool is_library; /* base is a table */
};

/* Raises what a script would be told when it reads the name; a plain value has no fields to miss.
 */
static int ask(lua_State *L) {
    struct question *q = lua_touserdata(L, 1);
    lua_pushvalue(L, LUA_GLOBALSINDEX);
    if (q->base.length > 0) {
        lua_pushlstring(L, q->base.text, q->base.length);
        lua_rawget(L, -2);
        q->is_library = lua_type(L, -1) == LUA_TTABLE;
        if (!q->is_library) {
            return 0;
        }
    }
    lua_pushlstring(L, q->name.text, q->name.length);
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    q->is_there = !lua_isnil(L, -1);
    if (!q->is_there) {
        lua_pop(L, 1);
        lua_gettable(L, -2);
    }
    return 0;
}

/* Whether a name is there; if not, text says what a script would be told. */
bool check_is_there(
    struct check *c, struct words base, struct words name, char *text, size_t size
) {
    struct question q = {.base = base, .name = name};
    struct fault fault = {0};
    text[0] = '\0';
    if (sandbox_protect(c->sandbox, ask, &q, &fault) != 0) {
        snprintf(text, size, "%.*s", (int)size - 1, fault.text);
    }
    return q.is_there || text[0] == '\0';
}

bool check_has_substitute(const char *text) {
    return strstr(text, " is not there: ") != NULL;
}

static int globals_list(lua_State *L) {
    struct check *c = lua_touserdata(L, 1);
    api_ta_push(L, NULL);
    sandbox_set_global(L, "ta");
    lua_pushboolean(L, true);
    sandbox_set_global(L, "require");
    int count = ordered_keys(L, LUA_GLOBALSINDEX);
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        c->visible.names[c->visible.count++] = lua_tostring(L, -1); /* the globals keep it */
        lua_pop(L, 1);
    }
    c->global_count = c->visible.count;
    return 0;
}

/* --- syntax -------------------------------------------------------------------------------------
 */

static int load(lua_State *L) {
    const struct script_file *file = lua_touserdata(L, 1);
    /* Where LuaJIT's lexer would look for the FFI. */
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "_LOADED");
    if (luaL_loadbufferx(L, file->text, file->length, "=text", "t") != 0) {
        return lua_error(L);
    }
    return 0;
}

static bool has_boxed_number(struct check *c, const struct script_file *file) {
    struct lexer lexer;
    struct token token;
    lexer_begin(&lexer, file->text, file->length);
    do {
        lexer_next(&lexer, &token);
        if (token_is_boxed(&token)) {
            check_add(
                c->findings, CHECK_ERROR, c->file, token.line,
                "numbers that end in LL, ULL or i are not there"
            );
            return true;
        }
    } while (token.kind != TOKEN_END);
    return false;
}

static bool has_syntax(struct check *c, const struct script_file *file) {
    struct fault fault = {0};
    if (has_boxed_number(c, file)) {
        return false;
    }
    if (sandbox_protect(c->sandbox, load, (void *)(uintptr_t)file, &fault) == 0) {
        return true;
    }
    const char *text = fault.line > 0 ? strstr(fault.text, ": ") : NULL;
    check_add(c->findings, CHECK_ERROR, c->file, fault.line, "%s", text ? text + 2 : fault.text);
    return false;
}

/* --- first look: which names there are ----------------------------------------------------------
 */

static void note_field(struct check *c, const struct sight *s, struct check_name *name) {
    name->is_field = true;
    name->is_own = name->is_own || s->is_self || check_is_script(c, s);
    if (words_are(s->name, "__index") && !is_file_of_library(&c->bundle->files[c->file])) {
        c->is_dynamic = true;
    }
}

static void note(void *ctx, const struct sight *s) {
    struct check *c = ctx;
    if (s->kind == SIGHT_INDEX_WRITE) {
        c->is_dynamic = c->is_dynamic || s->is_self || check_is_script(c, s);
        return;
    }
    if (s->kind == SIGHT_POWER || s->kind == SIGHT_OPTION || s->kind == SIGHT_OPTIONS ||
        s->kind == SIGHT_GLOBAL_READ || s->kind == SIGHT_GLOBAL_WRITE) {
        return;
    }
    if (s->kind == SIGHT_RETURN) {
        c->script = c->file == 0 ? s->name : c->script;
        return;
    }
    struct check_name *name = check_names_add(&c->names, s->name, c->file, s->line);
    if (name == NULL) {
        c->is_out_of_memory = true;
    } else if (s->kind == SIGHT_LOCAL) {
        name->local_file = c->file;
        name->local_line = s->line;
        name->is_local = true;
    } else if (s->kind == SIGHT_METHOD_CALL || s->kind == SIGHT_FIELD_READ) {
        name->is_read = true;
    } else {
        note_field(c, s, name);
    }
}

static void look(struct check *c, int file, void (*on)(void *ctx, const struct sight *s)) {
    const struct script_file *f = &c->bundle->files[file];
    struct sighting sighting = {.ctx = c, .on = on};
    if (file == 0) {
        sighting.script = c->script;
    }
    c->file = file;
    c->has_lost_way = !check_parse(f->text, f->length, &sighting) || c->has_lost_way;
}

/* --- the whole ----------------------------------------------------------------------------------
 */

/* Lists for suggestions have room for every name there is. */
static bool lists_make(struct check *c) {
    struct fault fault = {0};
    size_t room = (size_t)c->names.count + 256;
    c->visible.names = calloc(room, sizeof *c->visible.names);
    c->own.names = calloc(room, sizeof *c->own.names);
    if (!c->visible.names || !c->own.names ||
        sandbox_protect(c->sandbox, globals_list, c, &fault) != 0) {
        return false;
    }
    const char *name;
    for (int i = 0; (name = api_name_at(NULL, i)) != NULL; i++) {
        c->own.names[c->own.count++] = name;
    }
    for (int i = 0; i < c->names.count; i++) {
        if (c->names.list[i].is_own) {
            c->own.names[c->own.count++] = c->names.list[i].text;
        }
    }
    return true;
}

static void locals_list(struct check *c, int file) {
    c->visible.count = c->global_count;
    for (int i = 0; i < c->names.count; i++) {
        if (c->names.list[i].is_local && c->names.list[i].local_file == file) {
            c->visible.names[c->visible.count++] = c->names.list[i].text;
        }
    }
}

static void check_files(struct check *c) {
    int count = c->bundle->count;
    for (int i = 0; i < count; i++) {
        c->file = i;
        if (!is_file_of_library(&c->bundle->files[i]) && !has_syntax(c, &c->bundle->files[i])) {
            c->findings->is_broken = true;
        }
    }
    if (c->findings->is_broken) {
        return;
    }
    /* The entry twice: only its end says which local is the script. */
    look(c, 0, note);
    for (int i = 0; i < count; i++) {
        look(c, i, note);
    }
    if (c->has_lost_way || c->is_out_of_memory || !lists_make(c)) {
        return;
    }
    for (int i = 0; i < count; i++) {
        if (!is_file_of_library(&c->bundle->files[i])) {
            look(c, i, note); /* so that its locals are the ones known */
            locals_list(c, i);
            look(c, i, check_judge);
        }
    }
}

int check_sources(
    const struct script_bundle *bundle, struct check_findings *findings, struct err *e
) {
    struct check c = {.bundle = bundle, .findings = findings};
    struct sandbox_options options = {.memory_max = MEMORY_MAX, .pcall_depth_max = 1};
    size_t text_max = 64;
    for (int i = 0; i < bundle->count; i++) {
        text_max += bundle->files[i].length * 2;
    }
    int code = check_names_init(&c.names, text_max, e);
    code = code != 0 ? code : sandbox_new(&c.sandbox, &options, e);
    if (code == 0) {
        check_files(&c);
        code = c.is_out_of_memory ? err_set(e, E_MEMORY, "no memory to check a script") : 0;
    }
    sandbox_free(c.sandbox);
    check_names_free(&c.names);
    free(c.visible.names);
    free(c.own.names);
    check_findings_sort(findings);
    return code;
}
