/* footprint: the cache lines that a handler touched, so that they can be fetched before it runs
 * again.
 *
 * With thousands of activations nothing of the next one is in a cache, and an interpreter finds its
 * way link by link: about a hundred waits for memory one after the other are most of what an event
 * costs. Fetched together they cost a fifth of it. So now and then a handler is watched: a hook on
 * calls notes the functions that run and the objects in their frames, and from these the lines are
 * guessed: closures, byte code, constants, and the places of those constants in the tables.
 *
 * It is a guess, and nothing depends on it: fetching what is not there does no harm. For it the
 * interpreter's own structs are read, and their layout is no interface. It is compared with what
 * the C API says, once a process; where it differs nothing is watched. Nothing is written, nothing
 * is read but the sandbox's memory. No time; the host's thread; the owner frees the notes. */
#pragma once

#include "script/sandbox.h"

#define FOOTPRINT_LINE 64
#define FOOTPRINT_LINES_MAX 248

struct footprint {
    const char *base;
    uint16_t count;
    uint16_t lines[FOOTPRINT_LINES_MAX]; /* from base, ascending */
};

struct footprint_notes; /* of the handler that is watched: one of them serves a host */

struct footprint_notes *footprint_notes_new(void);
void footprint_notes_free(struct footprint_notes *n); /* NULL: nothing */

/* The next sandbox_call will be watched; false when it cannot be. */
bool footprint_watch(struct sandbox *s, struct footprint_notes *n);
/* A value on the stack that the host itself touches for that call: a table, a key of one. */
void footprint_note(struct sandbox *s, int index);
/* After that call; the sandbox is watched no more. */
void footprint_make(struct sandbox *s, struct footprint *out);

static inline void footprint_fetch(const struct footprint *f) {
    for (int i = 0; i < f->count; i++) {
        __builtin_prefetch(f->base + (size_t)f->lines[i] * FOOTPRINT_LINE);
    }
}
