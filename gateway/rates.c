#include "gateway/rates.h"

#include "base/hash.h"

#include <stdlib.h>

#define BUCKETS 8192 /* a power of two */
#define NEIGHBOURS 8
#define MINUTE_NS ((int64_t)60 * 1000000000)

/* What was taken is kept as time: `full_ns` is when the bucket will be full again, so that an old
 * one needs no look to be so. */
struct bucket {
    uint64_t key; /* 0: nobody's */
    int64_t full_ns;
};

struct rates {
    struct rate_limits limits;
    uint64_t secret;
    uint64_t refused[RATE_COUNT];
    struct bucket buckets[BUCKETS];
};

int rates_new(
    struct rates **out, const struct rate_limits *limits, uint64_t secret, struct err *e
) {
    struct rates *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return err_set(e, E_MEMORY, "no memory to count requests");
    }
    r->limits = *limits;
    r->secret = secret;
    *out = r;
    return 0;
}

void rates_free(struct rates *r) {
    free(r);
}

/* The bucket of that key, or the fullest of its neighbours in its place. */
static struct bucket *bucket_find(struct rates *r, uint64_t key, int64_t now_ns) {
    struct bucket *fullest = NULL;
    for (uint64_t i = 0; i < NEIGHBOURS; i++) {
        struct bucket *b = &r->buckets[(key + i) & (BUCKETS - 1)];
        if (b->key == key) {
            return b;
        }
        if (fullest == NULL || b->full_ns < fullest->full_ns) {
            fullest = b;
        }
    }
    *fullest = (struct bucket){key, now_ns};
    return fullest;
}

int64_t
rates_take(struct rates *r, enum rate_kind kind, const void *who, size_t length, int64_t now_ns) {
    unsigned char letter = (unsigned char)kind;
    if (kind >= RATE_COUNT || r->limits.per_minute[kind] == 0) {
        return 0;
    }
    uint64_t key = hash_end(hash_add(hash_add(r->secret, &letter, 1), who, length)) | 1;
    struct bucket *b = bucket_find(r, key, now_ns);
    int64_t one_ns = MINUTE_NS / r->limits.per_minute[kind];
    int64_t full_ns = (b->full_ns > now_ns ? b->full_ns : now_ns) + one_ns;
    if (full_ns - now_ns > one_ns * r->limits.per_minute[kind]) {
        r->refused[kind]++;
        return full_ns - now_ns - one_ns * r->limits.per_minute[kind];
    }
    b->full_ns = full_ns;
    return 0;
}

int rates_limit(const struct rates *r, enum rate_kind kind) {
    return r->limits.per_minute[kind];
}

uint64_t rates_refused(const struct rates *r, enum rate_kind kind) {
    return r->refused[kind];
}

const char *rate_kind_name(enum rate_kind kind) {
    static const char *const names[] = {"address", "read", "change", "check"};
    return kind < RATE_COUNT ? names[kind] : "free";
}
