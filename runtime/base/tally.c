#include "base/tally.h"

#include <stdlib.h>

#define BUCKETS 1024 /* a power of two */

struct row {
    struct row *next; /* of the bucket */
    uint64_t number;
    int count;
};

struct tally {
    struct row *buckets[BUCKETS];
};

int tally_new(struct tally **out, struct err *e) {
    *out = calloc(1, sizeof **out);
    return *out != NULL ? 0 : err_set(e, E_MEMORY, "no memory to count");
}

void tally_free(struct tally *t) {
    for (int i = 0; t != NULL && i < BUCKETS; i++) {
        struct row *next;
        for (struct row *r = t->buckets[i]; r != NULL; r = next) {
            next = r->next;
            free(r);
        }
    }
    free(t);
}

static struct row **row_at(struct tally *t, uint64_t number) {
    struct row **at = &t->buckets[number & (BUCKETS - 1)];
    while (*at != NULL && (*at)->number != number) {
        at = &(*at)->next;
    }
    return at;
}

int tally_add(struct tally *t, uint64_t number) {
    struct row **at = row_at(t, number);
    if (*at == NULL) {
        *at = calloc(1, sizeof **at);
        if (*at == NULL) {
            return E_MEMORY;
        }
        (*at)->number = number;
    }
    (*at)->count++;
    return 0;
}

void tally_remove(struct tally *t, uint64_t number) {
    struct row **at = row_at(t, number);
    struct row *r = *at;
    if (--r->count == 0) {
        *at = r->next;
        free(r);
    }
}

int tally_of(const struct tally *t, uint64_t number) {
    const struct row *r = t->buckets[number & (BUCKETS - 1)];
    while (r != NULL && r->number != number) {
        r = r->next;
    }
    return r != NULL ? r->count : 0;
}
