/* pool: the core's side of the script workers: starts them, spreads activations over them, carries
 * messages both ways, and replaces a worker that dies or hangs.
 *
 * Its functions have the shape of the engine's host port, and what workers say comes back through
 * struct pool_handlers, called from pool_poll only (an event for nobody is answered at once).
 * Nothing blocks: what a full ring does not take waits in a bounded backlog, and a worker that lets
 * it overflow is ended. Instruments, series and the last bars of each are kept, so that a new
 * worker knows the market; its activations are opened anew by whoever hears that they were lost. A
 * worker is ended by SIGKILL when an event is out and it shows no sign of life for too long, by its
 * own CPU or by the wall, or when it breaks the protocol. What it wrote before it died counts.
 *
 * One descriptor tells that there is something to do: watch it in a loop and call
 * pool_poll(pool, 0), or let pool_poll wait. Time is CLOCK_MONOTONIC and the children's CPU clocks,
 * for the watchdog alone. One thread; the owner frees. */
#pragma once

#include "script/host.h"

#define POOL_WORKERS_MIN 2
#define POOL_ACTIVATIONS_MAX 1000 /* of one worker */

struct pool;

struct pool_options {
    struct host_limits limits;
    int workers; /* at first, at least POOL_WORKERS_MIN; more when these are full */
    int activations_max, instruments_max, series_max;
    /* 0: the usual. */
    int worker_activations_max; /* POOL_ACTIVATIONS_MAX */
    int64_t hang_cpu_ns;        /* without a sign of life: the longest limit of a handler + 50 ms */
    int64_t hang_wall_ns;       /* 2 s */
    size_t backlog_max;         /* bytes that may wait for a worker: 64 MiB */
    const char *program;        /* /proc/self/exe; run as `PROGRAM worker` without environment */
};

struct pool_handlers {
    void *ctx;
    void (*done)(void *ctx, const struct done *done);
    /* As host_port.series: pool_series and pool_bar are called before it returns. */
    int (*series
    )(void *ctx,
      uint16_t symbol,
      int64_t timeframe_ms,
      uint64_t number,
      uint16_t *series,
      struct err *e);
    /* self.state after an event without asks, at most once a second. */
    void (*state)(void *ctx, const struct message_state *state);
    /* Its worker is gone and the activation is not open any more; an event that is out will not be
     * answered. The culprit's handler ran when the worker crashed or hung; the fault says how. */
    void (*lost)(void *ctx, uint32_t activation, bool is_culprit, const struct fault *fault);
};

struct pool_figures {
    int workers;        /* alive */
    uint64_t deaths;    /* of workers, however */
    uint64_t kills;     /* of them by the pool */
    uint64_t ignored;   /* messages of workers that answered nothing */
    size_t backlog;     /* most bytes that waited for a worker */
    int64_t events_out; /* now */
};

/* Starts the workers and waits until each is confined: E_IO with the reason of the one that could
 * not. */
MUST_CHECK int pool_new(
    struct pool **out,
    const struct pool_options *options,
    const struct pool_handlers *handlers,
    struct err *e
);
/* Ends the workers; no handler is called. */
void pool_free(struct pool *p);

/* Becomes readable when pool_poll has something to do. */
int pool_descriptor(const struct pool *p);
/* Waits (−1: for ever) and handles what there is; how many messages came. */
int pool_poll(struct pool *p, int timeout_ms);

/* The host port; pool is a struct pool. */
MUST_CHECK int
pool_instrument(void *pool, uint16_t index, const struct instrument *i, struct err *e);
MUST_CHECK int
pool_series(void *pool, uint16_t series, uint16_t symbol, int64_t timeframe_ms, struct err *e);
void pool_bar(void *pool, uint16_t series, uint64_t number, const struct bar *bar);
/* E_LIMIT: no worker has room. */
MUST_CHECK int pool_open(void *pool, const struct activation_open *open, struct err *e);
void pool_close(void *pool, uint32_t activation);
void pool_event(void *pool, const struct event *event);

void pool_figures(const struct pool *p, struct pool_figures *out);
/* For those who look from outside: the process of a worker (0 .. workers), −1 when there is none,
 * and which worker has an activation, −1. */
int pool_worker_pid(const struct pool *p, int worker);
int pool_worker_of(const struct pool *p, uint32_t activation);
