#include "worker/worker_main.h"

#include "worker/confine.h"
#include "worker/worker_parts.h"

#include <malloc.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS ((int64_t)1000000000)
#define STATES_NS SECOND_NS
#define NAP_NS 30000
#define LATER_NAP_NS 100000
#define STATES_LATE_NS (2 * SECOND_NS)
#define BEAT_NS (SECOND_NS / 10) /* while it waits for the core in the middle of something */
#define ARENA_BYTES ((size_t)4 << 20)
#define BACKLOG_MAX ((size_t)256 << 20)
#define MEMORY_REST ((size_t)1 << 30) /* program, stacks, rings, indicators */
#define EXIT_NOT_STARTED 70

#if defined(__SANITIZE_ADDRESS__)
#define HAS_MEMORY_LIMIT false /* its shadow is terabytes of address space */
#else
#define HAS_MEMORY_LIMIT true
#endif

int64_t worker_now_ns(struct worker *w) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    w->now_ns = (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
    return w->now_ns;
}

void worker_beat(struct worker *w) {
    struct link_slot *slot = &w->link.memory->slot;
    uint64_t beat = atomic_load_explicit(&slot->beat, memory_order_relaxed);
    atomic_store_explicit(&slot->beat, beat + 1, memory_order_relaxed);
}

void worker_fail(struct worker *w, const char *format, ...) {
    va_list arguments;
    if (w->link.memory) {
        va_start(arguments, format);
        vsnprintf(w->link.memory->slot.trouble, LINK_TROUBLE_MAX, format, arguments);
        va_end(arguments);
    }
    _exit(EXIT_NOT_STARTED);
}

/* --- waiting and sending ------------------------------------------------------------------------
 */

void worker_wait(struct worker *w, int64_t until_ns) {
    struct pollfd wake = {.fd = w->link.wake_self, .events = POLLIN};
    struct timespec timeout = {0};
    if (until_ns >= 0) {
        int64_t wait_ns = until_ns - worker_now_ns(w);
        wait_ns = wait_ns > 0 ? wait_ns : 0;
        timeout.tv_sec = wait_ns / SECOND_NS;
        timeout.tv_nsec = wait_ns % SECOND_NS;
    }
    if (ppoll(&wake, 1, until_ns >= 0 ? &timeout : NULL, NULL) > 0) {
        link_awake(&w->link);
    }
}

void worker_signal(struct worker *w) {
    if (w->unsignalled > 0) {
        w->unsignalled = 0;
        if (ring_must_wake(&w->link.out)) {
            link_wake_other(&w->link);
        }
    }
}

void worker_send(struct worker *w, size_t length) {
    int code;
    while ((code = ring_write(&w->link.out, w->answer, length)) == E_LIMIT) {
        worker_signal(w);
        worker_beat(w);
        if (ring_await_space(&w->link.out, length)) {
            worker_wait(w, worker_now_ns(w) + BEAT_NS);
        }
    }
    if (code != 0) {
        worker_fail(w, "a message to the core: %s", err_name(code));
    }
    w->unsignalled++;
}

/* Where states changed, the core gets the newest of each; it lasts until the next second. */
static void states_tell(struct worker *w) {
    int count = w->link.memory->options.activations_max;
    w->states_ns = worker_now_ns(w);
    w->is_untold = false;
    for (int i = 0; i < count; i++) {
        struct message_state state = {.activation = (uint32_t)i};
        state.state = host_captured(w->host, state.activation, &state.number, &state.state_length);
        if (!state.state || state.number <= w->manners[i].told) {
            continue;
        }
        size_t length = message_encode_state(&state, w->answer, w->message_max);
        if (length > 0) {
            worker_send(w, length);
            w->manners[i].told = state.number;
        }
    }
    worker_signal(w);
}

/* --- life ---------------------------------------------------------------------------------------
 */

static int worker_allocate(struct worker *w) {
    const struct link_options *o = &w->link.memory->options;
    w->message_max = ring_message_max((size_t)o->ring_bytes);
    w->answer = malloc(w->message_max);
    w->manners = calloc((size_t)o->activations_max, sizeof *w->manners);
    for (int i = 0; i < 2; i++) {
        void *block = malloc(ARENA_BYTES);
        w->bytes[i] = malloc(w->message_max);
        if (!block || !w->bytes[i]) {
            return E_MEMORY;
        }
        arena_init(&w->arenas[i], block, ARENA_BYTES);
    }
    backlog_init(&w->skipped, BACKLOG_MAX);
    backlog_init(&w->later, BACKLOG_MAX);
    return w->answer && w->manners ? 0 : E_MEMORY;
}

static size_t memory_max(const struct link_options *o) {
    size_t sandboxes = (size_t)o->sandboxes_max * o->limits.memory_max;
    return HAS_MEMORY_LIMIT ? sandboxes + MEMORY_REST : 0;
}

static int worker_begin(struct worker *w, struct err *e) {
    const struct link_options *o = &w->link.memory->options;
    struct host_options options = {
        .limits = o->limits,
        .capture = CAPTURE_DEFERRED,
        .fetch_ahead = true,
        .deadline = &w->deadline,
        .activations_max = o->activations_max,
        .instruments_max = o->instruments_max,
        .series_max = o->series_max,
    };
    struct host_port port = {.ctx = w, .series = worker_series};
    struct confine_options walls = {
        .read_fd = LINK_WAKE_WORKER,
        .write_fd = LINK_WAKE_CORE,
        .memory_max = memory_max(o),
        .parent = o->core_pid,
    };
    prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0); /* a nap is shorter than the usual slack */
    mallopt(M_ARENA_MAX, 1);                /* a second one would want memory protection changed */
    if (worker_allocate(w) != 0) {
        return err_set(e, E_MEMORY, "no memory for a worker");
    }
    int code = host_new(&w->host, &options, &port, e);
    code = code != 0 ? code : deadline_watcher_start(&w->watcher, &w->deadline, e);
    return code != 0 ? code : confine(&walls, e);
}

/* Until when it may sleep; −1: until something comes. */
static int64_t idle_until(const struct worker *w) {
    if (w->has_captures) {
        return w->event_ns + CAPTURE_AFTER_NS;
    }
    return w->is_untold ? w->states_ns + STATES_NS : -1;
}

/* In the middle of a burst it may be faster than the core. Going to sleep and being woken for each
 * event would cost both more than the event; and what the less well-behaved are to do now would let
 * wait those whose events are still to come. */
static bool worker_nap(struct worker *w) {
    bool has_later = w->is_in_burst && backlog_size(&w->later) > 0;
    if (!w->is_busy && !has_later) {
        w->is_in_burst = false;
        return false;
    }
    w->later_naps += has_later;
    worker_wait(w, worker_now_ns(w) + (has_later ? LATER_NAP_NS : NAP_NS));
    w->is_busy = w->is_in_burst = false;
    return true;
}

static void worker_idle(struct worker *w) {
    worker_signal(w);
    if (worker_nap(w)) {
        return;
    }
    if (!w->has_captures && w->is_untold && worker_now_ns(w) - w->states_ns >= STATES_NS) {
        states_tell(w);
        return;
    }
    if (ring_sleep(&w->link.in)) {
        deadline_watcher_rest(w->watcher);
        worker_wait(w, idle_until(w));
        deadline_watcher_wake(w->watcher);
        ring_awake(&w->link.in);
    }
}

int worker_main(void) {
    static struct worker worker;
    struct worker *w = &worker;
    struct err e = {0};
    if (link_open(&w->link, &e) != 0) {
        fprintf(stderr, "worker: %s\n", e.msg);
        return EXIT_NOT_STARTED;
    }
    if (worker_begin(w, &e) != 0) {
        worker_fail(w, "%s", e.msg);
    }
    atomic_store(&w->link.memory->slot.is_confined, 1);
    link_wake_other(&w->link);
    for (;;) {
        worker_beat(w);
        if (!worker_step(w)) {
            worker_idle(w);
        } else if (w->is_untold && w->now_ns - w->untold_ns >= STATES_LATE_NS) {
            states_tell(w); /* it is never idle */
        }
    }
}
