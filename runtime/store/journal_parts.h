/* journal_parts: what the files of the journal share. Internal to journal.c (the owner's side),
 * journal_writer.c (the thread) and journal_segment.c (one file).
 *
 * The buffer is a ring of whole frames; positions only grow, and a frame never wraps: where one
 * does not fit behind the last, a mark (or too little room for one) sends the reader to the start.
 *
 *     freed ≤ written ≤ head,  head − freed ≤ capacity
 *
 * The owner moves head, the writer freed and written; what lies from freed on is not durable. */
#pragma once

#include "store/journal.h"

#include <pthread.h>
#include <stdatomic.h>

struct segment_writer { /* writer's thread */
    struct segment segment;
    char path[DISK_PATH_MAX];
    int file; /* -1: none */
    bool is_named;
    uint64_t end;         /* behind the last byte written */
    uint64_t durable_end; /* behind the last byte known to be synced */
};

struct journal {
    struct journal_options options;
    char folder[DISK_PATH_MAX];
    struct segment_writer segment;
    uint64_t segment_index; /* last one used */

    char *ring;
    uint64_t capacity;
    _Atomic uint64_t head, freed;
    uint64_t written;
    uint64_t written_last; /* sequence of the last frame written */

    /* owner's side */
    uint64_t reserved;     /* position of the frame that journal_reserve gave */
    uint64_t told_durable; /* by journal_poll */
    uint64_t told_change;

    _Atomic uint64_t last, durable;
    _Atomic int state;
    int64_t retry_at_ns;

    pthread_mutex_t lock;
    pthread_cond_t work, done;
    bool has_thread;
    pthread_t thread;
    _Atomic uint64_t committed; /* head as of the last journal_commit */
    _Atomic bool is_waiting, is_ending;
    _Atomic uint64_t changes; /* of state; with reason under the lock */
    struct err reason;

    struct journal_figures figures; /* under the lock, but for the two below */
    _Atomic uint64_t refused, buffer_most;
};

/* journal_segment.c. A file gets its name when its header, and what it overrules of the segment
 * before, is on the disk: a name there is says that all of it is there. */
#define SEGMENT_UNNAMED "segment.new"
MUST_CHECK int segment_make(struct journal *j, struct err *e);
MUST_CHECK int segment_name(struct journal *j, struct err *e);
MUST_CHECK int segment_begin(struct journal *j, struct err *e); /* both */
MUST_CHECK int segment_write(struct journal *j, const char *bytes, size_t size, struct err *e);
MUST_CHECK int segment_sync(struct journal *j, struct err *e);
/* Cuts what is not durable and closes, and removes a file with nothing in it; what the disk says to
 * that does not matter. */
void segment_end(struct journal *j);

/* journal_writer.c */
int journal_thread_start(struct journal *j, struct err *e);
/* Writes, or retries when it is time. */
void writer_step(struct journal *j);
/* The next frame from *position on, which moves over a wrap; NULL when there is none before end. */
char *ring_frame(const struct journal *j, uint64_t *position, uint64_t end);
#define RING_WRAP UINT32_MAX /* in place of a length */
