#include "gateway/directory.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096

struct user_row {
    struct user_row *next; /* of the bucket */
    int first, last;       /* activations */
    char user[];
};

struct activation_row {
    int next_of_user, next_of_id; /* −1: the last */
};

struct directory {
    const struct engine *engine;
    struct activation_row *rows;
    int count, capacity;
    struct user_row *users[BUCKETS];
    int ids[BUCKETS];
};

int directory_new(struct directory **out, const struct engine *engine, struct err *e) {
    struct directory *d = calloc(1, sizeof *d);
    if (d == NULL) {
        return err_set(e, E_MEMORY, "no memory for a directory");
    }
    d->engine = engine;
    for (int i = 0; i < BUCKETS; i++) {
        d->ids[i] = -1;
    }
    *out = d;
    return 0;
}

void directory_clear(struct directory *d) {
    for (int i = 0; i < BUCKETS; i++) {
        struct user_row *next;
        for (struct user_row *u = d->users[i]; u != NULL; u = next) {
            next = u->next;
            free(u);
        }
        d->users[i] = NULL;
        d->ids[i] = -1;
    }
    d->count = 0;
}

void directory_free(struct directory *d) {
    if (d != NULL) {
        directory_clear(d);
        free(d->rows);
    }
    free(d);
}

static unsigned bucket_of(const char *text) {
    return (unsigned)(hash_of(text, strlen(text)) % BUCKETS);
}

static struct user_row *user_find(const struct directory *d, const char *user) {
    for (struct user_row *u = d->users[bucket_of(user)]; u != NULL; u = u->next) {
        if (strcmp(u->user, user) == 0) {
            return u;
        }
    }
    return NULL;
}

static struct user_row *user_take(struct directory *d, const char *user) {
    struct user_row *u = user_find(d, user);
    size_t length = strlen(user) + 1;
    if (u != NULL || (u = malloc(sizeof *u + length)) == NULL) {
        return u;
    }
    memcpy(u->user, user, length);
    u->first = u->last = -1;
    u->next = d->users[bucket_of(user)];
    d->users[bucket_of(user)] = u;
    return u;
}

static bool row_add(struct directory *d) {
    struct activation_view view;
    if (d->count == d->capacity) {
        int capacity = d->capacity == 0 ? 64 : d->capacity * 2;
        struct activation_row *rows = realloc(d->rows, (size_t)capacity * sizeof *rows);
        if (rows == NULL) {
            return false;
        }
        d->rows = rows;
        d->capacity = capacity;
    }
    inspect_activation(d->engine, (uint32_t)d->count, &view);
    struct user_row *u = user_take(d, view.user);
    if (u == NULL) {
        return false;
    }
    unsigned bucket = bucket_of(view.id);
    d->rows[d->count] = (struct activation_row){-1, d->ids[bucket]};
    d->ids[bucket] = d->count;
    if (u->last >= 0) {
        d->rows[u->last].next_of_user = d->count;
    } else {
        u->first = d->count;
    }
    u->last = d->count++;
    return true;
}

static void directory_refresh(struct directory *d) {
    while (d->count < engine_activation_count(d->engine) && row_add(d)) {
        /* one more */
    }
}

int directory_first(struct directory *d, const char *user) {
    directory_refresh(d);
    const struct user_row *u = user_find(d, user);
    return u != NULL ? u->first : -1;
}

int directory_next(const struct directory *d, int activation) {
    return d->rows[activation].next_of_user;
}

int directory_find(struct directory *d, const char *id) {
    directory_refresh(d);
    int i = d->ids[bucket_of(id)];
    while (i >= 0 && strcmp(activation_id(d->engine, (uint32_t)i), id) != 0) {
        i = d->rows[i].next_of_id;
    }
    return i;
}
