#include "loop/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <uv.h>

#define MILLISECOND_NS 1000000

static const int ending_signals[] = {SIGINT, SIGTERM};
#define SIGNAL_COUNT (sizeof ending_signals / sizeof ending_signals[0])

struct loop {
    uv_loop_t uv;
    uv_timer_t timer;
    uv_idle_t soon; /* a timer of 0 ms set from its own callback would never let signals in */
    uv_signal_t signals[SIGNAL_COUNT];
    uv_async_t wake;
    uv_poll_t watch;
    bool is_watching;
    uv_prepare_t turn; /* before each waiting */
    uint64_t turn_ns, idle_ns;
    struct loop_figures figures;
    struct loop_handlers handlers;
};

static void on_timer(uv_timer_t *timer) {
    struct loop *loop = timer->data;
    loop->handlers.due(loop->handlers.ctx);
}

static void on_soon(uv_idle_t *idle) {
    struct loop *loop = idle->data;
    uv_idle_stop(idle);
    loop->handlers.due(loop->handlers.ctx);
}

static void on_signal(uv_signal_t *handle, int signal) {
    struct loop *loop = handle->data;
    loop->handlers.interrupted(loop->handlers.ctx, signal);
}

static void on_wake(uv_async_t *wake) {
    struct loop *loop = wake->data;
    if (loop->handlers.woken != NULL) {
        loop->handlers.woken(loop->handlers.ctx);
    }
}

static void on_readable(uv_poll_t *watch, int status, int events) {
    struct loop *loop = watch->data;
    (void)events;
    if (status == 0 && loop->handlers.woken != NULL) {
        loop->handlers.woken(loop->handlers.ctx);
    }
}

/* --- what turns cost
 * ------------------------------------------------------------------------------ */

int64_t loop_bucket_ns(int bucket) {
    static const int64_t bounds_ns[LOOP_BUCKETS - 1] = {
        100000, 500000, 1000000, 5000000, 10000000, 50000000, 100000000, 500000000, 1000000000,
    };
    return bucket < LOOP_BUCKETS - 1 ? bounds_ns[bucket] : INT64_MAX;
}

static void on_turn(uv_prepare_t *turn) {
    struct loop *loop = turn->data;
    uint64_t now_ns = uv_hrtime();
    uint64_t idle_ns = uv_metrics_idle_time(&loop->uv);
    int64_t busy_ns = (int64_t)(now_ns - loop->turn_ns) - (int64_t)(idle_ns - loop->idle_ns);
    bool is_first = loop->turn_ns == 0;
    loop->turn_ns = now_ns;
    loop->idle_ns = idle_ns;
    if (is_first) {
        return;
    }
    int bucket = 0;
    while (busy_ns > loop_bucket_ns(bucket)) {
        bucket++;
    }
    loop->figures.counts[bucket]++;
    loop->figures.total_ns += busy_ns;
    loop->figures.most_ns = busy_ns > loop->figures.most_ns ? busy_ns : loop->figures.most_ns;
}

void loop_figures(const struct loop *loop, struct loop_figures *out) {
    *out = loop->figures;
}

int loop_new(struct loop **out, const struct loop_handlers *handlers, struct err *e) {
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) {
        return err_set(e, E_MEMORY, "no memory for the loop");
    }
    int status = uv_loop_init(&loop->uv);
    if (status != 0) {
        free(loop);
        return err_set(e, E_IO, "the loop could not be made: %s", uv_strerror(status));
    }
    loop->handlers = *handlers;
    uv_timer_init(&loop->uv, &loop->timer);
    loop->timer.data = loop;
    uv_idle_init(&loop->uv, &loop->soon);
    loop->soon.data = loop;
    uv_loop_configure(&loop->uv, UV_METRICS_IDLE_TIME);
    uv_prepare_init(&loop->uv, &loop->turn);
    loop->turn.data = loop;
    uv_prepare_start(&loop->turn, on_turn);
    uv_unref((uv_handle_t *)&loop->turn);
    uv_async_init(&loop->uv, &loop->wake, on_wake);
    loop->wake.data = loop;
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        uv_signal_init(&loop->uv, &loop->signals[i]);
        loop->signals[i].data = loop;
        int started = uv_signal_start(&loop->signals[i], on_signal, ending_signals[i]);
        status = status != 0 ? status : started;
    }
    if (status != 0) {
        loop_free(loop);
        return err_set(e, E_IO, "signals could not be caught: %s", uv_strerror(status));
    }
    *out = loop;
    return 0;
}

void loop_free(struct loop *loop) {
    if (loop == NULL) {
        return;
    }
    uv_close((uv_handle_t *)&loop->timer, NULL);
    uv_close((uv_handle_t *)&loop->soon, NULL);
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->turn, NULL);
    if (loop->is_watching) {
        uv_close((uv_handle_t *)&loop->watch, NULL);
    }
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        uv_close((uv_handle_t *)&loop->signals[i], NULL);
    }
    uv_run(&loop->uv, UV_RUN_DEFAULT); /* lets the closing happen */
    uv_loop_close(&loop->uv);
    free(loop);
}

int64_t loop_now_ns(const struct loop *loop) {
    (void)loop;
    return (int64_t)uv_hrtime();
}

void loop_timer(struct loop *loop, int64_t at_ns) {
    int64_t wait_ns = at_ns - (int64_t)uv_hrtime();
    uv_timer_stop(&loop->timer);
    uv_idle_stop(&loop->soon);
    if (wait_ns <= 0) {
        uv_idle_start(&loop->soon, on_soon);
        return;
    }
    /* Rounded up: a timer that fires early would only be set again. */
    uint64_t wait_ms = (uint64_t)(wait_ns + MILLISECOND_NS - 1) / MILLISECOND_NS;
    uv_update_time(&loop->uv);
    uv_timer_start(&loop->timer, on_timer, wait_ms, 0);
}

void loop_run(struct loop *loop) {
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop) {
    uv_timer_stop(&loop->timer);
    uv_idle_stop(&loop->soon);
    uv_stop(&loop->uv);
}

void loop_wake(struct loop *loop) {
    uv_async_send(&loop->wake);
}

int loop_watch(struct loop *loop, int descriptor, struct err *e) {
    int status = uv_poll_init(&loop->uv, &loop->watch, descriptor);
    if (status == 0) {
        loop->watch.data = loop;
        loop->is_watching = true;
        status = uv_poll_start(&loop->watch, UV_READABLE, on_readable);
    }
    return status == 0
               ? 0
               : err_set(e, E_IO, "a descriptor cannot be watched: %s", uv_strerror(status));
}

struct uv_loop_s *loop_uv(struct loop *loop) {
    return &loop->uv;
}
