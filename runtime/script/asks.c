/* The list of what the running handler has asked for. */
#include "script/api.h"

#include <stdlib.h>
#include <string.h>

#define FILES_MAX 4096
#define LEVELS_MAX 24

/* A copy of a file's name that lives as long as the host. */
static const char *host_file(struct host *h, const char *name) {
    for (int i = 0; i < h->file_count; i++) {
        if (strcmp(h->files[i], name) == 0) {
            return h->files[i];
        }
    }
    if (h->file_count == FILES_MAX) {
        return "?";
    }
    if (h->file_count == h->file_capacity) {
        int capacity = h->file_capacity ? h->file_capacity * 2 : 16;
        char **files = realloc(h->files, (size_t)capacity * sizeof *files);
        if (!files) {
            return "?";
        }
        h->files = files;
        h->file_capacity = capacity;
    }
    char *copy = strdup(name);
    if (!copy) {
        return "?";
    }
    h->files[h->file_count++] = copy;
    return copy;
}

static bool is_library(const char *source) {
    const char *name = source[0] == '@' || source[0] == '=' ? source + 1 : source;
    return strncmp(name, "lib/", 4) == 0;
}

/* The innermost line of the script itself: what a library module asks is asked by its caller. */
static void ask_locate(lua_State *L, struct host *h, struct ask *ask) {
    lua_Debug record;
    ask->file = "?";
    ask->line = 0;
    for (int level = 1; level < LEVELS_MAX && lua_getstack(L, level, &record); level++) {
        if (lua_getinfo(L, "Sl", &record) && record.currentline > 0 && !is_library(record.source)) {
            ask->file = host_file(h, record.short_src);
            ask->line = record.currentline;
            return;
        }
    }
}

struct ask *ask_new(lua_State *L, struct guest *g, enum ask_kind kind) {
    struct host *h = g->host;
    if (h->ask_count == h->options.limits.asks_max) {
        return NULL;
    }
    struct ask *ask = &h->asks[h->ask_count++];
    memset(ask, 0, sizeof *ask);
    ask->kind = kind;
    ask_locate(L, h, ask);
    return ask;
}
