/* loop: the one event loop of the process: a clock, a timer and the signals that end a run.
 *
 * A thin face over libuv, so that no other room sees its handles. Time is the machine's monotonic
 * clock, in nanoseconds since some moment in the past. Everything happens on the thread that calls
 * loop_run; the owner frees. */
#pragma once

#include "base/err.h"

#include <stdint.h>

struct loop;

struct loop_handlers { /* called from loop_run */
    void *ctx;
    void (*due)(void *ctx);                     /* the timer's time has come */
    void (*interrupted)(void *ctx, int signal); /* SIGINT or SIGTERM */
    void (*woken)(void *ctx
    ); /* after loop_wake, or when a watched descriptor is readable; may be NULL */
};

struct uv_loop_s;

MUST_CHECK int loop_new(struct loop **out, const struct loop_handlers *handlers, struct err *e);
void loop_free(struct loop *loop);

int64_t loop_now_ns(const struct loop *loop);

/* Sets the one timer; an earlier setting is replaced. A time that has passed is due at the next
 * turn, after signals were looked at. */
void loop_timer(struct loop *loop, int64_t at_ns);

/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* What the turns cost, from the first on: the time in which the loop did not wait for anything. */
#define LOOP_BUCKETS 10

struct loop_figures {
    uint64_t counts[LOOP_BUCKETS]; /* up to loop_bucket_ns(i), longer ones in the last */
    int64_t total_ns, most_ns;
};

int64_t loop_bucket_ns(int bucket);
void loop_figures(const struct loop *loop, struct loop_figures *out);

/* From any thread: `woken` is called soon; several wakes may be one call. */
void loop_wake(struct loop *loop);
/* Calls `woken` while the descriptor is readable; one at a time, until loop_free. */
MUST_CHECK int loop_watch(struct loop *loop, int descriptor, struct err *e);
/* For rooms that bring handles of their own (the gateway). */
struct uv_loop_s *loop_uv(struct loop *loop);
