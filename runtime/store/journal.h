/* journal: the append-only file that is the truth. A record is opaque bytes and gets a sequence
 * number; it counts as durable once a sync of its file has succeeded, never before.
 *
 *   owner's thread   journal_append … journal_append, journal_commit   (copies, wakes the writer)
 *   writer's thread  writes what is there, one fdatasync for all of it, then calls `wake`
 *   owner's thread   journal_poll: what became durable, what failed, what recovered
 *
 * What is not durable stays in memory. After a failed write or sync nothing more of that file is
 * believed: the journal is `failed`, and once a second tries to begin a new segment, into which
 * everything that is not durable is written again in order; it is `recovered` when that has been
 * synced. Appending goes on meanwhile until the buffer is full (E_LIMIT): the owner must stop
 * making new risk on either.
 *
 * On start the records that a segment cannot prove to have been synced are written again, too: what
 * is read after a crash may be in the page cache only.
 * Time and files come from struct disk. All memory is the journal's, taken by journal_open. */
#pragma once

#include "store/journal_read.h"

struct journal;

enum journal_state { JOURNAL_OK, JOURNAL_FAILED };

struct journal_options {
    const char *folder; /* <data_dir>/journal; made when it is not there */
    const struct disk *disk;
    size_t segment_bytes; /* of a segment's file, preallocated */
    size_t buffer_bytes;  /* of what is not durable yet; a power of two */
    size_t record_bytes; /* of the longest record; at most a quarter of the buffer, and a segment */
    int64_t retry_ns;    /* after a failure */
    bool is_threaded;    /* false: the owner calls journal_step, and all happens on its thread */
    void *ctx;
    /* From the writer's thread, when journal_poll has something to tell; may be NULL. */
    void (*wake)(void *ctx);
    /* From journal_poll; either may be NULL. */
    void (*durable)(void *ctx, uint64_t sequence);
    void (*state)(void *ctx, enum journal_state state, const struct err *reason);
};

/* 64 MiB segments, 16 MiB of buffer, records to 1 MiB, retry after a second, a thread. */
void journal_options_default(struct journal_options *options);

/* Opens for appending after journal_read has read the folder to its end (from wherever) into
 * *report: cuts the torn end, begins a new segment and writes into it again what is not proven
 * durable. The first new record has sequence report->last + 1. */
MUST_CHECK int journal_open(
    struct journal **out,
    const struct journal_options *options,
    const struct journal_report *report,
    struct err *e
);

/* Writes what is left, cuts the unused end of the segment and frees. E_IO: not all is durable. */
int journal_close(struct journal *journal, struct err *e);
/* Frees and leaves the disk as it is, as a crash would: for tests and the simulation. */
void journal_abandon(struct journal *journal);

/* --- owner's thread ------------------------------------------------------------------------------
 */

/* Copies a record and gives it the next sequence. E_LIMIT: the buffer is full; E_ARGUMENT: empty or
 * longer than options.record_bytes. Nothing is written before journal_commit, unless half the
 * buffer is full. */
MUST_CHECK int journal_append(
    struct journal *journal, const void *bytes, size_t length, uint64_t *sequence, struct err *e
);
/* The same without a copy: room for up to `length` bytes, then how many of them were used and what
 * sequence they got. Between the two no other append. */
MUST_CHECK int journal_reserve(struct journal *journal, size_t length, char **room, struct err *e);
uint64_t journal_put(struct journal *journal, size_t length);

/* Lets the writer take what was appended: once at the end of a turn, so that one sync serves all.
 */
void journal_commit(struct journal *journal);

/* Calls `durable` and `state` for what changed since the last call. */
void journal_poll(struct journal *journal);

/* Commits and blocks until that record is durable. E_IO when the journal fails meanwhile; E_STATE
 * when there is no such record yet. */
MUST_CHECK int journal_wait(struct journal *journal, uint64_t sequence, struct err *e);

/* Not threaded: writes and syncs what there is, or retries when it is time. */
void journal_step(struct journal *journal);

/* --- any thread ----------------------------------------------------------------------------------
 */

uint64_t journal_last(const struct journal *journal);    /* sequence appended last; 0: none */
uint64_t journal_durable(const struct journal *journal); /* sequence known to be synced last */
enum journal_state journal_state_now(const struct journal *journal);

#define SYNC_BUCKETS 24 /* bucket i: syncs under 2^i microseconds that were not under 2^(i-1) */

struct journal_figures {
    uint64_t records, bytes; /* made durable */
    uint64_t syncs, failures, segments;
    uint64_t refused;     /* appends that met a full buffer */
    uint64_t buffer_most; /* bytes, the most there ever were */
    uint64_t sync_ns, sync_most_ns;
    uint64_t sync_counts[SYNC_BUCKETS];
};

void journal_figures(const struct journal *journal, struct journal_figures *out);
