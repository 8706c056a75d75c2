/* sandbox_memory: the memory of one sandbox: a hard cap, and blocks that are cheap to get.
 *
 * Blocks up to 1 KiB come from regions by size class and go back to the list of their class; larger
 * ones come from malloc, linked, so that everything is returned by one call. Live bytes never
 * exceed `limit`, nor do the regions; so a sandbox holds at most twice its limit from the process,
 * and usually little more than what is live. When live bytes pass `soft`, `pressure` is told once,
 * for Lua's collector does not know of the cap. No time, one thread; the owner calls memory_end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMORY_CLASS_COUNT 65 /* of 16 bytes each: 16, 32, … 1024; class 0 is not used */

#define MEMORY_NOTICE ((size_t)200 * 1024)

struct memory_block;
struct memory_region;
struct memory_large;

struct sandbox_memory {
    size_t limit;
    size_t soft;
    size_t used; /* live bytes, each rounded to its class */
    size_t peak;
    size_t reserved;                            /* bytes in regions */
    uint64_t refused;                           /* allocations that did not fit */
    void (*pressure)(struct sandbox_memory *m); /* `soft` was passed; it sets a new one */
    void (*notice)(struct sandbox_memory *m);   /* a block of MEMORY_NOTICE or more, or a refusal */
    char *at, *end;                             /* what is left of the newest region */
    struct memory_region *regions;
    struct memory_large *larges;
    struct memory_block *free[MEMORY_CLASS_COUNT];
};

void memory_begin(struct sandbox_memory *m, size_t limit);
/* Returns everything to the process, also what was not freed. */
void memory_end(struct sandbox_memory *m);
/* Whether all of it lies in one piece of the sandbox's memory, in use or not. */
bool memory_holds(const struct sandbox_memory *m, const void *address, size_t size);
/* A lua_Alloc; `memory` is the struct sandbox_memory. */
void *memory_allocate(void *memory, void *block, size_t old_size, size_t size);
