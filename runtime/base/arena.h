/* arena: memory for the length of one event. A pointer moves through one block that the owner
 * gave; reset takes everything back at once. It never grows: what does not fit is NULL, and the
 * caller answers E_MEMORY. The high-water mark says how much was ever needed at once.
 *
 * The block belongs to whoever gave it; what arena_alloc returned dies at the next reset. No time,
 * no locks: one thread an arena. */
#pragma once

#include <stddef.h>

struct arena {
    unsigned char *block;
    size_t size;
    size_t used;
    size_t most_used; /* since arena_init */
};

void arena_init(struct arena *arena, void *block, size_t size);

/* size bytes, not cleared, aligned for any type; NULL when they do not fit. */
void *arena_alloc(struct arena *arena, size_t size);

/* count × size bytes, all zero; NULL when they do not fit or the product overflows. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);

/* A copy of text[0..length) with a NUL behind it; NULL when it does not fit. */
char *arena_copy(struct arena *arena, const char *text, size_t length);

/* Everything allocated so far is gone. */
void arena_reset(struct arena *arena);
