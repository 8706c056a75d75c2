/* run_store: what makes a run survive: the lock on its data directory, the journal behind the
 * engine's port, recovery at the start, snapshots now and then; and the tables that are made of the
 * journal beside it, in tradingboost.db.
 *
 * Records go to the journal as the engine makes them; a turn of the loop ends with run_store_turn,
 * so that one sync serves all of it. Time comes from the loop; the writer has a thread of its own
 * and wakes the loop through the function given. The loop's thread; run_store_close ends
 * everything. */
#pragma once

#include "engine/engine.h"
#include "research/session.h"
#include "store/journal.h"
#include "store/store.h"

struct run_store {
    const char *data_dir;
    char folder[DISK_PATH_MAX];
    int lock; /* -1: none */
    struct journal *journal;
    struct store *tables; /* NULL before recovery is over */
    char database[DISK_PATH_MAX];
    struct journal_report report;
    struct engine *engine;
    uint64_t snapshot_sequence; /* of the last one */
    uint64_t snapshot_pending;  /* of one whose file is not whole yet; 0: none */
    bool is_snapshot_asked;     /* its end was asked for */
    int64_t snapshot_pause_ns;  /* the longest that one has held up the loop */
    int64_t snapshot_bytes_max; /* of one on its way to the disk */
    uint64_t snapshot_every;    /* records; set before run_store_open, like segment_bytes */
    size_t segment_bytes;
    int segments_kept; /* of those that are archived */
    int lists_max;     /* that wait */
    uint64_t recovered; /* the last record of earlier processes */
    bool is_followed;   /* the tables have had it */
    uint64_t durable;
    bool has_history; /* something was recovered */
    bool catches_up;  /* the engine is left catching up then; set before run_store_recover */
    int64_t last_write_ns; /* to the journal by the process before, UTC; 0: not known */
    bool is_failed;
    struct err failure;
    void *ctx;
    void (*wake)(void *ctx); /* from the writer's thread */
    void (*state)(void *ctx, bool is_failed, const struct err *reason);
    void (*warn)(void *ctx, const struct err *reason); /* a snapshot failed; the run goes on */
    void (*kept)(void *ctx, uint64_t sequence); /* records up to it are on the disk */
};

/* Locks the directory. E_STATE names who holds it. */
MUST_CHECK int run_store_open(struct run_store *s, const char *data_dir, struct err *e);
/* The port for session_new; records before run_store_recover are not kept. */
struct journal_port run_store_port(struct run_store *s);
/* Applies what is kept to the session's new engine, and opens the journal for what comes.
 * *has_history: there was something; then symbols and activations are there already. */
MUST_CHECK int
run_store_recover(struct run_store *s, struct session *session, bool *has_history, struct err *e);
/* Commits what was appended, and tells the engine what has become durable, and what the disk does:
 * whether anything is new. */
bool run_store_turn(struct run_store *s);
/* Waits until all that was appended is durable (at most as long as the disk takes). */
MUST_CHECK int run_store_wait(struct run_store *s, struct err *e);
/* Takes a snapshot of the engine as it is; the engine must be idle. Its file is written meanwhile,
 * and counts from the turn on that finds its records durable. */
MUST_CHECK int run_store_snapshot(struct run_store *s, struct err *e);
bool run_store_wants_snapshot(const struct run_store *s);
/* Ends the one that is on its way when its records are durable. */
void run_store_snapshot_end(struct run_store *s);
/* Whether the tables have what earlier processes left; once they had they have it. */
bool run_store_is_followed(struct run_store *s, struct store_figures *figures);
MUST_CHECK int run_store_close(struct run_store *s, struct err *e);
/* Renames the directory's journal aside, so that a run begins anew. */
MUST_CHECK int run_store_set_aside(const char *data_dir, struct err *e);
