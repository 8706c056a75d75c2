/* backlog: messages that wait for their turn, first in, first out, up to a limit of bytes: what the
 * core has for a worker whose ring is full, and what a worker keeps for later. It grows as needed
 * and keeps its memory. No time, one thread; the owner frees. */
#pragma once

#include "base/err.h"

#include <stddef.h>

struct backlog {
    char *bytes;
    size_t begin, end; /* what is used */
    size_t capacity, limit;
};

void backlog_init(struct backlog *b, size_t limit);
void backlog_free(struct backlog *b);
/* E_LIMIT, E_MEMORY: nothing was added. */
MUST_CHECK int backlog_add(struct backlog *b, const char *message, size_t length);
/* The oldest, valid until the next add; NULL when there is none. */
const char *backlog_first(const struct backlog *b, size_t *length);
void backlog_drop_first(struct backlog *b);
size_t backlog_size(const struct backlog *b);
