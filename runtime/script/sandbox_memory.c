#include "script/sandbox_memory.h"

#include <stdlib.h>
#include <string.h>

#define STEP 16
#define SMALL_MAX ((MEMORY_CLASS_COUNT - 1) * STEP)
#define REGION_SIZE (32 * 1024)

struct memory_block {
    struct memory_block *next;
};

struct memory_region {
    struct memory_region *next;
    size_t size; /* also keeps what follows at a multiple of 16 */
};

struct memory_large {
    _Alignas(STEP) struct memory_large *previous, *next;
    size_t size; /* without this */
};

static size_t class_of(size_t size) {
    return (size + STEP - 1) / STEP;
}

static size_t cost_of(size_t size) {
    return size <= SMALL_MAX ? class_of(size) * STEP : size + sizeof(struct memory_large);
}

void memory_begin(struct sandbox_memory *m, size_t limit) {
    *m = (struct sandbox_memory){.limit = limit, .soft = SIZE_MAX};
}

void memory_end(struct sandbox_memory *m) {
    while (m->regions) {
        struct memory_region *next = m->regions->next;
        free(m->regions);
        m->regions = next;
    }
    while (m->larges) {
        struct memory_large *next = m->larges->next;
        free(m->larges);
        m->larges = next;
    }
    memory_begin(m, 0);
}

static void block_give(struct sandbox_memory *m, void *block, size_t class) {
    struct memory_block *b = block;
    b->next = m->free[class];
    m->free[class] = b;
}

/* Makes room for at least one block of the class; what is left of the old region goes to the lists.
 */
static int region_add(struct sandbox_memory *m) {
    if (m->reserved + REGION_SIZE > m->limit) {
        return -1;
    }
    struct memory_region *region = malloc(REGION_SIZE);
    if (!region) {
        return -1;
    }
    size_t left = (size_t)(m->end - m->at) / STEP;
    if (left > 0) {
        block_give(m, m->at, left);
    }
    region->next = m->regions;
    region->size = REGION_SIZE;
    m->regions = region;
    m->reserved += REGION_SIZE;
    m->at = (char *)region + sizeof *region;
    m->end = (char *)region + REGION_SIZE;
    return 0;
}

/* At the cap: a free block of a larger class is cut in two. */
static void *block_split(struct sandbox_memory *m, size_t class) {
    for (size_t larger = class + 1; larger < MEMORY_CLASS_COUNT; larger++) {
        struct memory_block *b = m->free[larger];
        if (b) {
            m->free[larger] = b->next;
            block_give(m, (char *)b + class * STEP, larger - class);
            return b;
        }
    }
    return NULL;
}

static void *small_take(struct sandbox_memory *m, size_t class) {
    struct memory_block *b = m->free[class];
    if (b) {
        m->free[class] = b->next;
        return b;
    }
    size_t size = class * STEP;
    if ((size_t)(m->end - m->at) < size && region_add(m) != 0) {
        return block_split(m, class);
    }
    void *block = m->at;
    m->at += size;
    return block;
}

static void *large_take(struct sandbox_memory *m, size_t size) {
    struct memory_large *large = malloc(sizeof *large + size);
    if (!large) {
        return NULL;
    }
    *large = (struct memory_large){.next = m->larges, .size = size};
    if (m->larges) {
        m->larges->previous = large;
    }
    m->larges = large;
    return large + 1;
}

static void large_give(struct sandbox_memory *m, void *block) {
    struct memory_large *large = (struct memory_large *)block - 1;
    if (large->next) {
        large->next->previous = large->previous;
    }
    if (large->previous) {
        large->previous->next = large->next;
    } else {
        m->larges = large->next;
    }
    free(large);
}

static void *large_resize(struct sandbox_memory *m, void *block, size_t size) {
    struct memory_large *large = realloc((struct memory_large *)block - 1, sizeof *large + size);
    if (!large) {
        return NULL;
    }
    large->size = size;
    if (large->next) {
        large->next->previous = large;
    }
    if (large->previous) {
        large->previous->next = large;
    } else {
        m->larges = large;
    }
    return large + 1;
}

static bool is_within(const void *address, size_t size, const void *block, size_t block_size) {
    uintptr_t offset = (uintptr_t)address - (uintptr_t)block;
    return offset <= block_size && size <= block_size - offset;
}

bool memory_holds(const struct sandbox_memory *m, const void *address, size_t size) {
    for (const struct memory_region *r = m->regions; r; r = r->next) {
        if (is_within(address, size, r + 1, r->size - sizeof *r)) {
            return true;
        }
    }
    for (const struct memory_large *l = m->larges; l; l = l->next) {
        if (is_within(address, size, l + 1, l->size)) {
            return true;
        }
    }
    return false;
}

static void *block_take(struct sandbox_memory *m, size_t size) {
    return size <= SMALL_MAX ? small_take(m, class_of(size)) : large_take(m, size);
}

static void *block_resize(struct sandbox_memory *m, void *block, size_t old_size, size_t size) {
    if (old_size > SMALL_MAX && size > SMALL_MAX) {
        return large_resize(m, block, size);
    }
    if (old_size <= SMALL_MAX && size <= SMALL_MAX && class_of(old_size) == class_of(size)) {
        return block;
    }
    void *moved = block_take(m, size);
    if (!moved) {
        return NULL;
    }
    memcpy(moved, block, old_size < size ? old_size : size);
    if (old_size > SMALL_MAX) {
        large_give(m, block);
    } else {
        block_give(m, block, class_of(old_size));
    }
    return moved;
}

static void *refuse(struct sandbox_memory *m) {
    m->refused++;
    if (m->notice) {
        m->notice(m);
    }
    return NULL;
}

void *memory_allocate(void *memory, void *block, size_t old_size, size_t size) {
    struct sandbox_memory *m = memory;
    size_t before = block ? cost_of(old_size) : 0;
    if (size == 0) {
        if (block && old_size > SMALL_MAX) {
            large_give(m, block);
        } else if (block && old_size > 0) {
            block_give(m, block, class_of(old_size));
        }
        m->used -= before;
        return NULL;
    }
    size_t after = cost_of(size);
    if (size >= MEMORY_NOTICE && size > old_size && m->notice) {
        m->notice(m);
    }
    if (size > m->limit || m->used - before + after > m->limit) {
        return refuse(m);
    }
    void *result =
        block && old_size > 0 ? block_resize(m, block, old_size, size) : block_take(m, size);
    if (!result) {
        /* Lua takes it for granted that a block can shrink: it keeps its old one, which later joins
         * the list of the smaller class (a large one stays linked until the end). */
        if (!block || size > old_size) {
            return refuse(m);
        }
        result = block;
    }
    m->used = m->used - before + after;
    if (m->used > m->peak) {
        m->peak = m->used;
    }
    if (m->used > m->soft && m->pressure) {
        m->pressure(m);
    }
    return result;
}
