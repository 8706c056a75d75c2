/* secret: a key or password that has no printable form. It lives in pages of its own, kept out of
 * core dumps and, where the system allows it, out of swap, and is overwritten before they go back.
 * Its bytes are had only by secret_reveal, a word to search for in a review.
 *
 * The owner calls secret_free; a struct secret of zeros is empty and may be freed. Not copied by
 * assignment: two owners would free one memory. No time; one thread a secret. */
#pragma once

#include "base/err.h"

#include <stddef.h>

struct secret {
    void *hidden;
    size_t length;
};

/* Copies bytes[0..length), which stay the caller's to wipe. E_MEMORY, with *out empty. */
MUST_CHECK int secret_make(struct secret *out, const void *bytes, size_t length);

/* The bytes, with a NUL behind them; they live as long as the secret. */
const char *secret_reveal(const struct secret *secret);

/* In a time that depends on the lengths only. */
bool secret_equal(const struct secret *secret, const void *bytes, size_t length);

/* Wipes and empties it. */
void secret_free(struct secret *secret);

/* Overwrites memory that held a secret; no compiler leaves it out. */
void secret_wipe(void *bytes, size_t length);
