/* idempotency: a request that creates may be sent twice: with the same Idempotency-Key it is done
 * once, and the second gets the first one's answer again.
 *
 * These are the answers of this process, as they were given; what outlives it is in the engine
 * (gateway/once.h). A key belongs to the user who sent it, and to one path and body. It is
 * kept for as long as the limits say; no live key is ever thrown out for another: a user who has
 * too many is refused. Times are handed in; one thread; the owner frees. */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define IDEMPOTENCY_KEY_MAX 128
#define IDEMPOTENCY_BYTES_MAX ((size_t)32 << 20)

struct idempotency;

struct idempotency_limits {
    int keys_max;         /* of all */
    int keys_of_user_max; /* of one */
    int64_t kept_ns;
};

struct kept_answer {
    bool is_done; /* false: the first request is still under way */
    int status;
    const char *body;
    size_t length;
};

MUST_CHECK int
idempotency_new(struct idempotency **out, const struct idempotency_limits *limits, struct err *e);
void idempotency_free(struct idempotency *i);

/* Looks for the key, and notes it where it is new. 0 with *ticket of a new one (> 0); 1 with
 * *answer of a known one; E_ARGUMENT for a key that is none, E_STATE for the same key with another
 * request, E_LIMIT when there are too many. */
MUST_CHECK int idempotency_begin(
    struct idempotency *i,
    const char *user,
    const char *key,
    size_t key_length,
    uint64_t request, /* hash of path and body */
    int64_t now_ns,
    uint64_t *ticket,
    struct kept_answer *answer,
    struct err *e
);
/* What the request was answered with. */
void idempotency_done(
    struct idempotency *i, uint64_t ticket, int status, const char *body, size_t length
);
/* The request did nothing and may be tried again. */
void idempotency_forget(struct idempotency *i, uint64_t ticket);
int idempotency_count(const struct idempotency *i);
