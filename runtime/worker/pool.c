#include "worker/pool_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define ARENA_BYTES ((size_t)8 << 20)
#define BACKLOG_USUAL ((size_t)64 << 20)
#define HANG_REST_NS ((int64_t)50000000)
#define HANG_WALL_NS ((int64_t)2000000000)
#define START_WAIT_NS ((int64_t)10000000000)
#define HEAR_MOST 2048 /* messages of one worker before the others have their turn */
#define EPOLL_EVENTS 64
#define TIMER_PLACE UINT64_MAX

/* Under sanitizers everything is slower; so are the limits of handlers (TRADINGBOOST_LIMIT_FACTOR).
 */
#define SLOWNESS (TRADINGBOOST_LIMIT_FACTOR > 1 ? 10 : 1)

int64_t pool_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --- life ---------------------------------------------------------------------------------------
 */

static void options_complete(struct pool_options *o) {
    int64_t longest_ns = o->limits.handler_cpu_ns > o->limits.start_cpu_ns
                             ? o->limits.handler_cpu_ns
                             : o->limits.start_cpu_ns;
    if (o->worker_activations_max <= 0) {
        o->worker_activations_max = POOL_ACTIVATIONS_MAX;
    }
    if (o->hang_cpu_ns <= 0) {
        o->hang_cpu_ns = (longest_ns + HANG_REST_NS) * TRADINGBOOST_LIMIT_FACTOR;
    }
    if (o->hang_wall_ns <= 0) {
        o->hang_wall_ns = HANG_WALL_NS * SLOWNESS;
    }
    if (o->backlog_max == 0) {
        o->backlog_max = BACKLOG_USUAL;
    }
    o->workers = o->workers > POOL_WORKERS_MIN ? o->workers : POOL_WORKERS_MIN;
}

static int pool_allocate(struct pool *p, struct err *e) {
    size_t activations = (size_t)p->options.activations_max;
    p->message_max = ring_message_max(link_ring_bytes(&p->options.limits));
    p->activations = calloc(activations, sizeof *p->activations);
    p->scripts = calloc(activations * 2, sizeof *p->scripts);
    p->lost = calloc(activations, sizeof *p->lost);
    p->out = malloc(p->message_max);
    p->in = malloc(p->message_max);
    p->arena_block = malloc(ARENA_BYTES);
    bool is_complete = p->activations && p->scripts && p->lost && p->out && p->in && p->arena_block;
    if (market_init(p) != 0 || !is_complete) {
        return err_set(e, E_MEMORY, "no memory for the script workers");
    }
    arena_init(&p->arena, p->arena_block, ARENA_BYTES);
    for (size_t i = 0; i < activations; i++) {
        p->activations[i].worker = p->activations[i].closing_worker = -1;
        p->activations[i].edit = -1;
    }
    return 0;
}

static int pool_watch_start(struct pool *p, struct err *e) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = TIMER_PLACE};
    p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    p->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (p->epoll_fd < 0 || p->timer_fd < 0 ||
        epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, p->timer_fd, &event) != 0) {
        return err_set(e, E_IO, "watching script workers: %s", strerror(errno));
    }
    return 0;
}

static int worker_add(struct pool *p, struct err *e) {
    if (p->worker_count == POOL_WORKERS_MAX) {
        return err_set(e, E_LIMIT, "more than %d script workers", POOL_WORKERS_MAX);
    }
    struct pool_worker *w = &p->workers[p->worker_count];
    *w = (struct pool_worker){.index = p->worker_count, .pid_fd = -1};
    w->link = (struct link){.memory_fd = -1, .wake_other = -1, .wake_self = -1};
    w->script_users = calloc((size_t)p->options.activations_max * 2, sizeof *w->script_users);
    backlog_init(&w->backlog, p->options.backlog_max);
    if (!w->script_users) {
        return err_set(e, E_MEMORY, "no memory for a script worker");
    }
    p->worker_count++;
    return worker_spawn(p, w, e);
}

/* The first ones must show that this machine lets them be confined. */
static int workers_await(struct pool *p, struct err *e) {
    int64_t until_ns = pool_now_ns() + START_WAIT_NS * SLOWNESS;
    int confined = 0;
    while (confined < p->worker_count) {
        pool_poll(p, 10);
        if (p->figures.deaths > 0 || pool_now_ns() > until_ns) {
            return err_set(
                e, E_IO, "a script worker could not start%s%s",
                p->figures.deaths > 0 ? ": " : " in time", p->death
            );
        }
        confined = 0;
        for (int i = 0; i < p->worker_count; i++) {
            confined += atomic_load(&p->workers[i].link.memory->slot.is_confined) != 0;
        }
    }
    return 0;
}

int pool_new(
    struct pool **out,
    const struct pool_options *options,
    const struct pool_handlers *handlers,
    struct err *e
) {
    struct pool *p = calloc(1, sizeof *p);
    if (!p) {
        return err_set(e, E_MEMORY, "no memory for the script workers");
    }
    p->options = *options;
    p->handlers = *handlers;
    p->epoll_fd = p->timer_fd = -1;
    options_complete(&p->options);
    int code = pool_allocate(p, e);
    code = code != 0 ? code : pool_watch_start(p, e);
    for (int i = 0; i < p->options.workers && code == 0; i++) {
        code = worker_add(p, e);
    }
    code = code != 0 ? code : workers_await(p, e);
    if (code != 0) {
        pool_free(p);
        return code;
    }
    *out = p;
    return 0;
}

void pool_free(struct pool *p) {
    if (!p) {
        return;
    }
    for (int i = 0; i < p->worker_count; i++) {
        worker_end(p, &p->workers[i]);
        backlog_free(&p->workers[i].backlog);
        free(p->workers[i].script_users);
    }
    for (int i = 0; p->scripts && i < p->script_count; i++) {
        free(p->scripts[i].bytes);
    }
    market_free(p);
    if (p->timer_fd >= 0) {
        close(p->timer_fd);
    }
    if (p->epoll_fd >= 0) {
        close(p->epoll_fd);
    }
    free(p->arena_block);
    free(p->in);
    free(p->out);
    free(p->lost);
    free(p->scripts);
    free(p->activations);
    free(p);
}

/* --- turning ------------------------------------------------------------------------------------
 */

int pool_descriptor(const struct pool *p) {
    return p->epoll_fd;
}

static void event_note(struct pool *p, uint64_t place, bool *has_died) {
    uint64_t ticks;
    if (place == TIMER_PLACE) {
        if (read(p->timer_fd, &ticks, sizeof ticks) == (ssize_t)sizeof ticks) {
            watch_tick(p);
        }
        return;
    }
    struct pool_worker *w = &p->workers[place / 2];
    if (!w->is_alive) {
        return;
    }
    if (place % 2 == 0) {
        link_awake(&w->link);
    } else {
        has_died[w->index] = true;
    }
}

/* Says that the core will sleep; what came in between wakes it at once. */
static void workers_sleep(struct pool *p) {
    const uint64_t one = 1;
    for (int i = 0; i < p->worker_count; i++) {
        struct pool_worker *w = &p->workers[i];
        if (w->is_alive && !w->was_killed && !ring_sleep(&w->link.in)) {
            ssize_t written = write(w->link.wake_self, &one, sizeof one);
            (void)written;
        }
    }
}

int pool_poll(struct pool *p, int timeout_ms) {
    struct epoll_event events[EPOLL_EVENTS];
    bool has_died[POOL_WORKERS_MAX] = {false};
    int heard = 0;
    if (p->is_polling) {
        return 0; /* called by a handler: the turn that called it goes on */
    }
    p->is_polling = true;
    int count = epoll_wait(p->epoll_fd, events, EPOLL_EVENTS, timeout_ms);
    for (int i = 0; i < count; i++) {
        event_note(p, events[i].data.u64, has_died);
    }
    for (int i = 0; i < p->worker_count; i++) {
        struct pool_worker *w = &p->workers[i];
        if (w->is_alive) {
            ring_awake(&w->link.in);
            heard += worker_hear(p, w, HEAR_MOST);
            worker_flush(p, w);
        }
        if (has_died[i]) {
            worker_bury(p, w);
        }
    }
    workers_sleep(p);
    p->is_polling = false;
    return heard;
}

/* --- activations --------------------------------------------------------------------------------
 */

/* The one with the fewest, a living one first; one with an unconfirmed close of the same place
 * keeps it. A new one when all are full; NULL with *e. */
static struct pool_worker *
worker_choose(struct pool *p, const struct pool_activation *a, struct err *e) {
    struct pool_worker *best = NULL;
    if (a->closing > 0) {
        return &p->workers[a->closing_worker];
    }
    for (int i = 0; i < p->worker_count; i++) {
        struct pool_worker *w = &p->workers[i];
        if (w->open_count >= p->options.worker_activations_max || w->is_over) {
            continue;
        }
        bool is_better = !best || (w->is_alive && !best->is_alive) ||
                         (w->is_alive == best->is_alive && w->open_count < best->open_count);
        best = is_better ? w : best;
    }
    if (!best && worker_add(p, e) == 0) {
        best = &p->workers[p->worker_count - 1];
    }
    return best;
}

static int open_check(const struct pool *p, const struct activation_open *open, struct err *e) {
    size_t source = 0;
    if (open->activation >= (uint32_t)p->options.activations_max) {
        return err_set(e, E_LIMIT, "more than %d activations", p->options.activations_max);
    }
    if (p->activations[open->activation].worker >= 0) {
        return err_set(e, E_STATE, "activation %u is open already", open->activation);
    }
    if (!open->bundle || open->bundle->count < 1 || open->id[0] == '\0') {
        return err_set(e, E_ARGUMENT, "activation %s has no id or no script", open->id);
    }
    for (int i = 0; i < open->bundle->count; i++) {
        source += open->bundle->files[i].length;
    }
    if (source > p->options.limits.source_max) {
        return err_set(
            e, E_QUOTA, "the script has %zu bytes, the limit is %zu", source,
            p->options.limits.source_max
        );
    }
    return 0;
}

int pool_open(void *pool, const struct activation_open *open, struct err *e) {
    struct pool *p = pool;
    int code = open_check(p, open, e);
    if (code != 0) {
        return code;
    }
    struct pool_activation *a = &p->activations[open->activation];
    struct pool_worker *w = worker_choose(p, a, e);
    if (!w) {
        return e->code;
    }
    int script = script_take(p, open->bundle);
    if (script < 0) {
        return err_set(e, E_MEMORY, "no memory for a script");
    }
    struct script_bundle named = {.name = "", .hash = (uint64_t)script};
    struct activation_open message = *open;
    message.bundle = &named;
    script_use(p, w, (uint32_t)script);
    size_t length = message_encode_open(&message, p->out, p->message_max);
    if (length == 0) {
        script_leave(p, w, (uint32_t)script);
        script_drop(p, (uint32_t)script);
        return err_set(e, E_QUOTA, "activation %s is larger than a message", open->id);
    }
    worker_tell(p, w, p->out, length);
    a->worker = w->index;
    a->script = (uint32_t)script;
    a->is_out = false;
    w->open_count++;
    return 0;
}

void pool_close(void *pool, uint32_t activation) {
    struct pool *p = pool;
    if (pool_worker_of(p, activation) < 0) {
        return;
    }
    struct pool_activation *a = &p->activations[activation];
    struct pool_worker *w = &p->workers[a->worker];
    worker_tell(p, w, p->out, message_encode_close(activation, p->out, p->message_max));
    edit_end(p, w, activation, false);
    script_leave(p, w, a->script);
    script_drop(p, a->script);
    if (a->is_out) {
        w->out_count--;
        w->start_count -= event_is_start(a->kind);
        p->figures.events_out--;
    }
    w->open_count--;
    a->closing_worker = w->index;
    a->closing++;
    a->worker = -1;
    a->is_out = false;
    a->suspect_number = 0;
}

/* An event that cannot be sent is answered with a fault. */
static void event_refuse(struct pool *p, const struct event *event, int code, const char *text) {
    struct done done = {.number = event->number, .activation = event->activation};
    done.runs_on = event->kind == EVENT_EDIT && code != E_NOT_FOUND;
    done.fault.code = code;
    snprintf(done.fault.text, sizeof done.fault.text, "%s", text);
    p->handlers.done(p->handlers.ctx, &done);
}

void pool_event(void *pool, const struct event *event) {
    struct pool *p = pool;
    char text[64];
    if (pool_worker_of(p, event->activation) < 0) {
        snprintf(text, sizeof text, "activation %u is not open", event->activation);
        event_refuse(p, event, E_NOT_FOUND, text);
        return;
    }
    struct pool_activation *a = &p->activations[event->activation];
    struct pool_worker *w = &p->workers[a->worker];
    struct event named = *event;
    struct script_bundle version = {.name = ""};
    if (event->kind == EVENT_EDIT) {
        int script = edit_begin(p, w, event->activation, event->u.edit);
        if (script < 0) {
            event_refuse(p, event, E_MEMORY, "no memory for a script");
            return;
        }
        version.hash = (uint64_t)script;
        named.u.edit = &version;
    }
    size_t length = message_encode_event(&named, p->out, p->message_max);
    if (length == 0) {
        event_refuse(p, event, E_LIMIT, "the event is larger than a message");
        return;
    }
    a->is_out = true;
    a->kind = event->kind;
    a->number = event->number;
    w->out_count++;
    w->start_count += event_is_start(event->kind);
    p->figures.events_out++;
    worker_tell(p, w, p->out, length);
    watch_begin(p);
}

/* --- looking ------------------------------------------------------------------------------------
 */

void pool_figures(const struct pool *p, struct pool_figures *out) {
    *out = p->figures;
}

int pool_worker_pid(const struct pool *p, int worker) {
    return worker < p->worker_count && p->workers[worker].is_alive ? p->workers[worker].pid : -1;
}

int pool_worker_of(const struct pool *p, uint32_t activation) {
    return activation < (uint32_t)p->options.activations_max ? p->activations[activation].worker
                                                             : -1;
}
