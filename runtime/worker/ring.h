/* ring: messages from one process to another through memory that both map: one writes, one reads.
 *
 * A message is a length and its bytes, at a multiple of 8; it may lie around the end of the memory.
 * Each side keeps its own cursor to itself and only publishes it: what the other side writes into
 * the shared memory is read once, checked against what is possible, and copied out before anybody
 * looks at it, so that no bytes at all can harm the reader (tests/fuzz/fuzz_ring.c). A full ring
 * is told to the writer, who decides; nothing is ever overwritten.
 * A side that has nothing to do says so in the memory before it sleeps, and only then need it be
 * woken: by whatever the owner uses. No time, no system calls, no memory of its own. */
#pragma once

#include "base/err.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct ring_shared {                       /* all zero at first */
    _Alignas(64) _Atomic uint64_t written; /* bytes ever; the writer's */
    _Atomic uint32_t wants_space;          /* the writer waits for the reader */
    _Alignas(64) _Atomic uint64_t read;    /* bytes ever; the reader's */
    _Atomic uint32_t is_sleeping;          /* the reader waits for the writer */
};

struct byte_ring { /* one side of it */
    struct ring_shared *shared;
    char *bytes;
    uint64_t capacity; /* a power of two */
    uint64_t position; /* own cursor */
    uint64_t other;    /* what is known of the other's */
};

/* The largest message that fits into a ring of that capacity. */
size_t ring_message_max(size_t capacity);
void ring_begin(struct byte_ring *r, struct ring_shared *shared, char *bytes, size_t capacity);

/* --- writing ------------------------------------------------------------------------------------
 */

/* 0; E_LIMIT: there is no space now; E_ARGUMENT: it never fits; E_DATA: the reader's cursor is
 * impossible. */
MUST_CHECK int ring_write(struct byte_ring *r, const char *message, size_t length);
/* After a write: whether the reader is to be woken. */
bool ring_must_wake(struct byte_ring *r);
/* The writer will wait for space: true when the reader will wake it, false when it is there now. */
bool ring_await_space(struct byte_ring *r, size_t length);

/* --- reading ------------------------------------------------------------------------------------
 */

/* Copies the next message out: its length in *length, 0 when there is none. E_DATA: what the writer
 * has written is not a message of at most capacity bytes. */
MUST_CHECK int ring_read(struct byte_ring *r, char *out, size_t capacity, size_t *length);
/* Looks at a message that is not to be read yet, from position (at first that of the reader) on: copies
 * its first bytes, at most `size`, and moves the position behind it. How many; 0: none is there. */
size_t ring_look(struct byte_ring *r, uint64_t *position, void *out, size_t size);
/* After a read: whether the writer waits for space and is to be woken. */
bool ring_has_made_space(struct byte_ring *r);
/* The reader will sleep: true when the writer will wake it, false when there is something to read.
 */
bool ring_sleep(struct byte_ring *r);
void ring_awake(struct byte_ring *r);
