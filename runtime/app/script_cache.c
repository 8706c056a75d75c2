#include "app/script_cache.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SOURCES_MAX 32
#define SETTLED_NS INT64_C(1000000000)

struct kept_source {
    char *name; /* NULL: free */
    struct script_source source;
    uint64_t stamp;
    bool is_settled;   /* the stamp is of what was read */
    int64_t looked_ns; /* when the disk was asked last */
};

struct script_cache {
    size_t source_max;
    int64_t trust_ns;
    struct kept_source kept[SOURCES_MAX];
    int next; /* to be replaced */
};

int script_cache_new(
    struct script_cache **out, size_t source_max, int64_t trust_ns, struct err *e
) {
    struct script_cache *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return err_set(e, E_MEMORY, "no memory for scripts");
    }
    c->source_max = source_max;
    c->trust_ns = trust_ns;
    *out = c;
    return 0;
}

static void kept_clear(struct kept_source *k) {
    if (k->name != NULL) {
        free(k->name);
        script_source_free(&k->source);
    }
    *k = (struct kept_source){0};
}

void script_cache_free(struct script_cache *c) {
    if (c == NULL) {
        return;
    }
    for (int i = 0; i < SOURCES_MAX; i++) {
        kept_clear(&c->kept[i]);
    }
    free(c);
}

static struct kept_source *kept_find(struct script_cache *c, const char *name) {
    for (int i = 0; i < SOURCES_MAX; i++) {
        if (c->kept[i].name != NULL && strcmp(c->kept[i].name, name) == 0) {
            return &c->kept[i];
        }
    }
    return NULL;
}

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

const struct script_source *script_cache_find(struct script_cache *c, const char *name) {
    struct kept_source *k = kept_find(c, name);
    uint64_t stamp;
    int64_t newest_ns;
    if (k == NULL || !k->is_settled) {
        return NULL;
    }
    int64_t asked_ns = now_ns();
    if (asked_ns - k->looked_ns < c->trust_ns) {
        return &k->source;
    }
    if (!script_source_stamp(&k->source, &stamp, &newest_ns) || stamp != k->stamp) {
        return NULL;
    }
    k->looked_ns = asked_ns;
    return &k->source;
}

static struct kept_source *kept_slot(struct script_cache *c, const char *name) {
    struct kept_source *k = kept_find(c, name);
    if (k == NULL) {
        k = &c->kept[c->next];
        c->next = (c->next + 1) % SOURCES_MAX;
    }
    kept_clear(k);
    return k;
}

int script_cache_read(
    struct script_cache *c, const char *name, const struct script_source **out, struct err *e
) {
    struct timespec begin;
    struct kept_source *k = kept_slot(c, name);
    clock_gettime(CLOCK_REALTIME, &begin);
    int code = script_source_read(name, c->source_max, &k->source, e);
    if (code != 0) {
        return code;
    }
    k->name = strdup(name);
    if (k->name == NULL) {
        script_source_free(&k->source);
        return err_set(e, E_MEMORY, "no memory for a script");
    }
    int64_t begin_ns = (int64_t)begin.tv_sec * 1000000000 + begin.tv_nsec;
    int64_t newest_ns;
    k->is_settled =
        script_source_stamp(&k->source, &k->stamp, &newest_ns) && newest_ns < begin_ns - SETTLED_NS;
    *out = &k->source;
    return 0;
}
