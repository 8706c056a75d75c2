#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#define ALIGNMENT _Alignof(max_align_t)

void arena_init(struct arena *arena, void *block, size_t size) {
    *arena = (struct arena){.block = block, .size = size};
}

void *arena_alloc(struct arena *arena, size_t size) {
    /* The block may start anywhere, so it is the address that is aligned, not the offset. */
    uintptr_t at = (uintptr_t)arena->block + arena->used;
    size_t padding = (size_t)(-at & (ALIGNMENT - 1));
    size_t left = arena->size - arena->used;
    if (padding > left || size > left - padding) {
        return NULL;
    }
    void *out = arena->block + arena->used + padding;
    arena->used += padding + size;
    if (arena->used > arena->most_used) {
        arena->most_used = arena->used;
    }
    return out;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        return NULL;
    }
    void *out = arena_alloc(arena, total);
    return out == NULL ? NULL : memset(out, 0, total);
}

char *arena_copy(struct arena *arena, const char *text, size_t length) {
    if (length == SIZE_MAX) {
        return NULL;
    }
    char *out = arena_alloc(arena, length + 1);
    if (out == NULL) {
        return NULL;
    }
    if (length > 0) {
        memcpy(out, text, length);
    }
    out[length] = '\0';
    return out;
}

void arena_reset(struct arena *arena) {
    arena->used = 0;
}
