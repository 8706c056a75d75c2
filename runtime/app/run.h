/* run: the activations of a configuration on recorded candles: a session fed by the loop, as fast
 * as the configuration's clock says or as fast as it can.
 *
 * A bar is released when its close time has passed on the scaled clock. Everything that happens
 * goes to the view as it happens, and to the orders file where one is wanted. Trading sees the
 * candles' time only; the machine's clock decides when a bar is released. One thread; run_free ends
 * everything that run_prepare made. */
#pragma once

#include "app/config.h"
#include "app/run_store.h"
#include "app/run_view.h"
#include "app/script_files.h"
#include "loop/loop.h"
#include "research/candle_file.h"
#include "research/session.h"
#include "script/deadline.h"
#include "stats/orders_file.h"
#include "worker/deadline_watcher.h"
#include "worker/pool.h"

enum run_end { RUN_END_DATA, RUN_END_INTERRUPTED, RUN_END_IDLE, RUN_END_FAILED };

struct run_options {
    bool is_until_end;             /* as fast as possible */
    const char *orders_path;       /* NULL: none */
    const char *orders_activation; /* the only one in the orders file; NULL: all */
    const char *data_dir;          /* where the run is kept; NULL: nowhere */
    bool is_fresh;                 /* what is kept there is set aside */
};

struct run_edit;
struct run_gateway;

struct run {
    const struct run_options *options;
    const struct config *config;
    struct instrument instrument;
    struct candle_data data;
    struct script_source *sources; /* of each activation whose script no earlier one has */
    struct run_tally *tallies;     /* of each activation */
    struct deadline deadline;
    struct deadline_watcher *watcher;
    struct session *session;
    struct engine *engine; /* the session's */
    uint16_t symbol;
    struct run_view *view;
    struct run_store store;
    bool is_kept;       /* there is a store */
    bool is_recovering; /* what is told was told before */
    bool is_bar_out;    /* a bar is being played and waits for workers or the disk */
    struct run_edit *edit;       /* NULL: scripts are not watched */
    struct run_gateway *gateway; /* NULL: no HTTP */
    struct pool *pool;  /* script workers; NULL: scripts run in this process */
    struct loop *loop;
    struct orders_file orders;
    int orders_only; /* activation; −1: all */
    bool has_started;
    bool has_ended;
    size_t next;  /* row to be played */
    size_t first; /* the one this process began with: its open is when the clock begins */
    int64_t origin_ns;
    enum run_end end;
    struct err err;
};

/* Reads what the configuration names and starts its activations. E_CONFIG with the faults listed
 * (the configuration's fault), or another code with *e. */
MUST_CHECK int run_prepare(
    struct run *run,
    const struct config *config,
    const struct run_options *options,
    struct run_view *view,
    struct settings_faults *faults,
    struct err *e
);
/* What waits is let go on: answers of workers, records that became durable, a disk that fails or is
 * well again; whether there was anything. */
bool run_hear(struct run *run, int wait_ms);
/* Until nothing waits: before the loop turns. */
MUST_CHECK int run_settle(struct run *run, struct err *e);
/* Something was changed from outside (HTTP): what waits in the engine is let go on, in this turn. */
void run_nudge(struct run *run);
/* What was asked for between bars, until it waits for a worker or the disk. */
void run_settle_between(struct run *run);
/* Plays until the candles end, a signal comes, or nothing runs any more. */
MUST_CHECK int run_play(struct run *run, struct err *e);
/* The orders file is complete only when this says so. */
MUST_CHECK int run_close(struct run *run, struct err *e);
void run_free(struct run *run);
