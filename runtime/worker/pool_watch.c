/* Who hangs, who died, and of what. */
#include "worker/pool_parts.h"

#include "base/log.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS ((int64_t)50000000)
#define TICK_MOST_NS (2 * TICK_NS) /* of a tick that came late: the core itself was away */
#define UNANSWERED_TIMES 5         /* alive, but answering nothing for so many times hang_wall_ns */
#define QUIET_LIFE_NS ((int64_t)1000000000)
#define RESPAWN_FIRST_NS ((int64_t)100000000)
#define RESPAWN_DOUBLINGS 6

/* --- hanging ------------------------------------------------------------------------------------
 */

static void timer_set(struct pool *p, int64_t every_ns) {
    struct itimerspec spec = {.it_interval.tv_nsec = every_ns, .it_value.tv_nsec = every_ns};
    timerfd_settime(p->timer_fd, 0, &spec, NULL);
    p->is_timer_set = every_ns > 0;
}

void watch_begin(struct pool *p) {
    if (!p->is_timer_set) {
        p->tick_ns = pool_now_ns();
        timer_set(p, TICK_NS);
    }
}

static int64_t worker_cpu_ns(const struct pool_worker *w) {
    clockid_t clock;
    struct timespec used = {0};
    if (clock_getcpuclockid(w->pid, &clock) == 0) {
        clock_gettime(clock, &used);
    }
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

/* Alive is who beats; useful, who also answers. */
static void worker_watch(struct pool *p, struct pool_worker *w, int64_t passed_ns) {
    uint64_t beat = atomic_load_explicit(&w->link.memory->slot.beat, memory_order_relaxed);
    bool has_work = w->out_count > 0 || backlog_size(&w->backlog) > 0;
    if (beat != w->beat || !has_work) {
        w->beat = beat;
        w->beat_cpu_ns = worker_cpu_ns(w);
        w->quiet_ns = 0;
    } else {
        w->quiet_ns += passed_ns;
    }
    w->unanswered_ns = w->out_count > 0 ? w->unanswered_ns + passed_ns : 0;
    int64_t cpu_ns = worker_cpu_ns(w) - w->beat_cpu_ns;
    bool is_quiet = w->quiet_ns > 0 &&
                    (cpu_ns > p->options.hang_cpu_ns || w->quiet_ns > p->options.hang_wall_ns);
    if (is_quiet) {
        w->has_hung = true;
        worker_kill(
            p, w, "no sign of life for %lld ms (%lld ms of CPU)",
            (long long)(w->quiet_ns / 1000000), (long long)(cpu_ns / 1000000)
        );
    } else if (w->unanswered_ns > UNANSWERED_TIMES * p->options.hang_wall_ns) {
        w->has_hung = true;
        worker_kill(p, w, "no answer for %lld ms", (long long)(w->unanswered_ns / 1000000));
    }
}

void watch_tick(struct pool *p) {
    int64_t now_ns = pool_now_ns();
    int64_t passed_ns = now_ns - p->tick_ns < TICK_MOST_NS ? now_ns - p->tick_ns : TICK_MOST_NS;
    bool is_needed = false;
    p->tick_ns = now_ns;
    for (int i = 0; i < p->worker_count; i++) {
        struct pool_worker *w = &p->workers[i];
        if (w->is_alive && !w->is_over) {
            worker_watch(p, w, passed_ns);
            is_needed = is_needed || w->out_count > 0 || backlog_size(&w->backlog) > 0;
        } else if (!w->is_alive) {
            struct err e;
            if (now_ns >= w->respawn_ns && worker_spawn(p, w, &e) != 0) {
                w->respawn_ns = now_ns + RESPAWN_FIRST_NS;
            }
            is_needed = true;
        }
    }
    if (!is_needed) {
        timer_set(p, 0);
    }
}

/* --- dying --------------------------------------------------------------------------------------
 */

/* Words of a worker may be anything. */
static void trouble_copy(char *out, size_t capacity, const char *words) {
    size_t i = 0;
    for (; i + 1 < capacity && i < LINK_TROUBLE_MAX; i++) {
        char c = words[i];
        if (c == '\0') {
            break;
        }
        out[i] = c >= ' ' && c < 127 ? c : '?';
    }
    out[i] = '\0';
}

/* How it ended, in words; whether by what it did itself. */
static bool death_describe(const struct pool_worker *w, int status, char *text, size_t size) {
    char words[LINK_TROUBLE_MAX];
    if (w->was_killed) {
        snprintf(text, size, "its worker was ended: %s", w->trouble);
        return true;
    }
    if (WIFEXITED(status)) {
        trouble_copy(words, sizeof words, w->link.memory->slot.trouble);
        snprintf(
            text, size, "its worker ended with status %d%s%s", WEXITSTATUS(status),
            words[0] ? ": " : "", words
        );
        return true;
    }
    int signal = WTERMSIG(status);
    snprintf(
        text, size, "its worker was ended by signal %d (%s)%s", signal, strsignal(signal),
        signal == SIGSYS ? ": a system call that no script needs" : ""
    );
    bool is_crash = signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE ||
                    signal == SIGABRT || signal == SIGSYS || signal == SIGTRAP;
    return is_crash;
}

/* The activation whose handler ran, as the slot says and as it can be; −1. One who was killed from
 * outside (by an operator, for want of memory) is only suspected at first: twice in the same event
 * is no accident. */
static int64_t culprit_find(struct pool *p, const struct pool_worker *w, bool is_crash) {
    const struct link_slot *slot = &w->link.memory->slot;
    uint64_t number = atomic_load(&slot->number);
    uint32_t activation = atomic_load(&slot->activation);
    if (number == 0 || activation >= (uint32_t)p->options.activations_max) {
        return -1;
    }
    struct pool_activation *a = &p->activations[activation];
    if (a->worker != w->index || !a->is_out || a->number != number) {
        return -1;
    }
    bool is_guilty = is_crash || a->suspect_number == number;
    a->suspect_number = number;
    return is_guilty ? (int64_t)activation : -1;
}

/* Everything of it is forgotten here before anybody is told. */
static int lost_collect(struct pool *p, struct pool_worker *w) {
    int count = 0;
    for (int i = 0; i < p->options.activations_max; i++) {
        struct pool_activation *a = &p->activations[i];
        if (a->closing_worker == w->index) {
            a->closing = 0;
        }
        if (a->worker != w->index) {
            continue;
        }
        p->figures.events_out -= a->is_out;
        w->script_users[a->script]--;
        script_drop(p, a->script);
        if (a->edit >= 0) {
            w->script_users[a->edit]--;
            script_drop(p, (uint32_t)a->edit);
            a->edit = -1;
        }
        a->worker = -1;
        a->is_out = false;
        p->lost[count++] = (uint32_t)i;
    }
    w->open_count = w->out_count = w->start_count = 0;
    return count;
}

static void worker_replace(struct pool *p, struct pool_worker *w) {
    struct err e;
    int64_t now_ns = pool_now_ns();
    w->failures = now_ns - w->born_ns < QUIET_LIFE_NS ? w->failures + 1 : 1;
    if (w->failures == 1 && worker_spawn(p, w, &e) == 0) {
        w->failures = 1;
        return;
    }
    int doublings = w->failures < RESPAWN_DOUBLINGS ? w->failures : RESPAWN_DOUBLINGS;
    w->respawn_ns = now_ns + (RESPAWN_FIRST_NS << doublings) / 2;
    watch_begin(p);
}

void worker_bury(struct pool *p, struct pool_worker *w) {
    int status = 0;
    struct fault fault = {0};
    while (worker_hear(p, w, 1024) > 0) {
    }
    if (waitpid(w->pid, &status, 0) == w->pid) {
        w->pid = 0;
    }
    bool is_crash = death_describe(w, status, fault.text, sizeof fault.text);
    snprintf(p->death, sizeof p->death, "%s", fault.text);
    fault.code = w->has_hung ? E_DEADLINE : E_SCRIPT;
    int64_t culprit = culprit_find(p, w, is_crash);
    worker_end(p, w);
    backlog_free(&w->backlog);
    p->figures.deaths++;
    int count = lost_collect(p, w);
    log_warn(
        "worker", "a script worker is gone", log_text("how", fault.text),
        log_integer("worker", w->index), log_integer("activations", count),
        log_integer("culprit", culprit)
    );
    worker_replace(p, w);
    for (int i = 0; i < count; i++) {
        p->handlers.lost(p->handlers.ctx, p->lost[i], p->lost[i] == culprit, &fault);
    }
}
