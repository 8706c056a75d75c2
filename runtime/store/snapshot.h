/* snapshot: the whole state after one record, so that a start need not read the journal from its
 * beginning. It is opaque slices, one frame each (store/frame.h), and a last frame that counts
 * them; snapshot-SEQUENCE.snap in the journal's folder gets its name when all of it is synced.
 *
 * The two newest are kept: when the newest is broken, the older one and the records since do. A
 * snapshot may be committed only after the journal has made its sequence durable. Any one thread;
 * the writer's memory is freed by commit and abort. */
#pragma once

#include "store/journal_read.h"

#define SNAPSHOTS_KEPT 2

struct snapshot_writer;

MUST_CHECK int snapshot_begin(
    struct snapshot_writer **out,
    const struct disk *disk,
    const char *folder,
    uint64_t sequence,
    struct err *e
);
/* A slice of 1 to FRAME_PAYLOAD_MAX bytes. After an error only abort is left. */
MUST_CHECK int
snapshot_write(struct snapshot_writer *writer, const void *bytes, size_t length, struct err *e);
/* Syncs, names, and removes what is older than the two newest. Frees in either case. */
MUST_CHECK int snapshot_commit(struct snapshot_writer *writer, struct err *e);
uint64_t snapshot_sequence(const struct snapshot_writer *writer);
void snapshot_abort(struct snapshot_writer *writer);

struct snapshot_report {
    uint64_t sequence; /* of the one that was read; 0: there is none, begin with an empty state */
    uint64_t slices;
    int broken;            /* newer ones that were passed over */
    struct err last_fault; /* what is wrong with the last of them */
};

/* Finds the newest whole one, and only then hands out its slices in order. A callback that returns
 * a code ends the reading with it. */
MUST_CHECK int snapshot_read(
    const struct disk *disk,
    const char *folder,
    void *ctx,
    int (*take)(void *ctx, const char *bytes, size_t length, struct err *e),
    struct snapshot_report *report,
    struct err *e
);

/* The slices of one; E_DATA where it ends being whole, after those before were handed out. */
MUST_CHECK int snapshot_slices(
    const struct disk *disk,
    const char *folder,
    uint64_t sequence,
    void *ctx,
    int (*take)(void *ctx, const char *bytes, size_t length, struct err *e),
    uint64_t *slices,
    struct err *e
);
/* 0, or what is wrong with that one. */
MUST_CHECK int snapshot_check(
    const struct disk *disk, const char *folder, uint64_t sequence, uint64_t *slices, struct err *e
);

#define SNAPSHOT_LIST_MAX 64

/* Sequences of the named snapshots, newest first; the count or a code. */
MUST_CHECK int snapshot_list(
    const struct disk *disk, const char *folder, uint64_t out[SNAPSHOT_LIST_MAX], struct err *e
);
MUST_CHECK int
snapshot_path(char path[DISK_PATH_MAX], const char *folder, uint64_t sequence, struct err *e);
