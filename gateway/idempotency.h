/* idempotency: a request that creates may be sent twice: with the same Idempotency-Key it is done
 * once, and the second gets the first one's answer again.
 *
 * A key belongs to the token that sent it, and to one method, path and body. It is kept for 24
 * hours of the process's life; no live key is ever thrown out for another: a token that has too
 * many is refused. Times are handed in; one thread; the owner frees. */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define IDEMPOTENCY_KEY_MAX 128
#define IDEMPOTENCY_MAX 20000         /* keys of all */
#define IDEMPOTENCY_OF_TOKEN_MAX 2000 /* of one token */
#define IDEMPOTENCY_BYTES_MAX ((size_t)32 << 20)
#define IDEMPOTENCY_NS ((int64_t)86400 * 1000000000)

struct idempotency;

struct kept_answer {
    bool is_done; /* false: the first request is still under way */
    int status;
    const char *body;
    size_t length;
};

MUST_CHECK int idempotency_new(struct idempotency **out, struct err *e);
void idempotency_free(struct idempotency *i);

/* Looks for the key, and notes it where it is new. 0 with *ticket of a new one (> 0); 1 with
 * *answer of a known one; E_ARGUMENT for a key that is none, E_STATE for the same key with another
 * request, E_LIMIT when there are too many. */
MUST_CHECK int idempotency_begin(
    struct idempotency *i,
    const char *token,
    const char *key,
    size_t key_length,
    uint64_t request, /* hash of method, path and body */
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
