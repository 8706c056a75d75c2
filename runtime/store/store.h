/* store: the thread that owns the tables. It follows the journal into them, answers lists, writes
 * snapshots and puts old segments away; the loop hands it messages and never waits.
 *
 *   owner's thread   store_durable, store_ask, store_snapshot_… (copies, wakes the thread)
 *   store's thread   does them in order, projects between them, then calls `wake`
 *   owner's thread   store_poll: the answers
 *
 * A database that is missing, locked, full or damaged costs nothing but delay: the cursor waits, it
 * is tried again once a second, lists answer E_IO meanwhile. A list that takes too long ends with
 * E_BUSY, wherever it is then. Tables that are of another journal are
 * deleted and written anew. Times come from the options. All memory is the store's. */
#pragma once

#include "store/archive.h"
#include "store/disk.h"
#include "store/query.h"

struct store;

struct store_options {
    const char *database_path;
    const char *folder; /* of the journal */
    const struct disk *disk;
    const char *exchange;
    struct archive_keep keep;
    int requests_max;          /* lists that wait; more are E_LIMIT */
    size_t snapshot_bytes_max; /* slices that wait; more are E_LIMIT */
    int64_t retry_ns;          /* after a failure of the database */
    int64_t archive_ns;        /* between looks at old segments */
    bool is_threaded;          /* false: the owner calls store_step */
    void *ctx;
    int64_t (*utc_ns)(void *ctx);
    void (*wake)(void *ctx); /* from the store's thread; may be NULL */
};

/* 16 archived segments, 256 lists, 64 MiB of slices, retry after a second, archive each minute, a
 * thread. */
void store_options_default(struct store_options *options);

/* The database is opened by the thread: what is wrong with it is no error here. */
MUST_CHECK int store_open(struct store **out, const struct store_options *options, struct err *e);
/* What waits is answered with E_INTERRUPTED in the last store_poll, which this calls. */
void store_close(struct store *store);

/* How far the journal is durable. Any thread. Nothing is written to the tables before it was called
 * once, with journal_durable after journal_open. */
void store_durable(struct store *store, uint64_t sequence);

struct store_answer {
    int code; /* 0; E_ARGUMENT, E_IO, E_INTERRUPTED … with err */
    const struct err *err;
    const char *body; /* JSON of a list; "" otherwise */
    size_t length;
};

typedef void store_callback(void *ctx, const struct store_answer *answer);

/* Each is answered once, from store_poll. What query->behind names is in the answer, however long
 * that takes the journal and the tables, up to query->wait_ns. E_LIMIT: too much waits; then there
 * is no answer. */
MUST_CHECK int store_ask(
    struct store *store, const struct query *query, store_callback *answer, void *ctx, struct err *e
);

/* A snapshot in slices: begin, slices, commit. Only commit is answered; a failure before it is in
 * its answer. The sequence must be durable by then (E_STATE). */
MUST_CHECK int store_snapshot_begin(struct store *store, uint64_t sequence, struct err *e);
MUST_CHECK int
store_snapshot_slice(struct store *store, const void *bytes, size_t length, struct err *e);
MUST_CHECK int
store_snapshot_commit(struct store *store, store_callback *answer, void *ctx, struct err *e);

/* Calls the callbacks of what is done. Owner's thread. */
void store_poll(struct store *store);
/* Not threaded: does what there is to do. */
void store_step(struct store *store);

struct store_figures {
    bool is_up;       /* the database answers */
    uint64_t applied; /* last record in the tables */
    uint64_t durable; /* as told */
    uint64_t records, oddities, failures, rebuilds;
    uint64_t archived, deleted; /* segments */
    int waiting, waiting_most;  /* requests */
    uint64_t answered, late;    /* requests; those that were late are among the answered */
    uint64_t snapshots;         /* committed */
    size_t slice_bytes;         /* of a snapshot, that wait */
    int64_t bytes;              /* of the database */
    char reason[256];           /* why it is not up; "" */
};

/* Any thread. */
void store_figures(const struct store *store, struct store_figures *out);
