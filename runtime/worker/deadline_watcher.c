#include "worker/deadline_watcher.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOOK_NS 1000000
#define WATCH_SIGNAL SIGURG
#define RESTING_LOOKS 50 /* in a row without work before it looks no more */

struct deadline_watcher {
    struct deadline *deadline;
    pthread_t script_thread;
    pthread_t thread;
    atomic_bool is_looking, is_stopping;
    _Atomic uint32_t is_resting; /* the script thread waits; a futex */
    _Atomic uint32_t is_parked;  /* and so does this one */
    _Atomic uint64_t suspect;    /* the handler that a signal is about */
    /* The script thread's, in its signal handler only: */
    uint64_t noted; /* the handler whose CPU time was noted */
    int64_t noted_cpu_ns;
};

/* Of the thread that runs scripts; the signal handler finds it without asking anybody. */
static _Thread_local struct deadline_watcher *_Atomic current;

static int64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* On the script thread, between two of its instructions: what it reads of `running` stays true. */
static void on_signal(int number) {
    struct deadline_watcher *w = atomic_load_explicit(&current, memory_order_relaxed);
    (void)number;
    if (!w) {
        return;
    }
    int saved_errno = errno;
    struct deadline *d = w->deadline;
    uint64_t running = atomic_load_explicit(&d->running, memory_order_relaxed);
    if (running % 2 == 1 && running == atomic_load(&w->suspect)) {
        int64_t cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        if (w->noted != running) {
            w->noted = running;
            w->noted_cpu_ns = cpu_ns;
        } else if (cpu_ns - w->noted_cpu_ns >= atomic_load_explicit(&d->limit_ns, memory_order_relaxed)) {
            deadline_expire(d, running);
        }
    }
    errno = saved_errno;
}

static void futex_call(_Atomic uint32_t *word, int operation, uint32_t value) {
    syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

/* Either it sees that the rest is over, or the script thread sees that it is parked. */
static void park(struct deadline_watcher *w) {
    atomic_store(&w->is_parked, 1);
    while (atomic_load(&w->is_resting) != 0) {
        futex_call(&w->is_resting, FUTEX_WAIT, 1);
    }
    atomic_store(&w->is_parked, 0);
}

static void *watch(void *ctx) {
    struct deadline_watcher *w = ctx;
    struct deadline *d = w->deadline;
    uint64_t seen = 0;
    int64_t seen_ns = 0;
    bool is_noted = false;
    int rests = 0;
    const struct timespec look = {.tv_nsec = LOOK_NS};
    atomic_store(&w->is_looking, true);
    while (!atomic_load_explicit(&w->is_stopping, memory_order_relaxed)) {
        uint64_t running = atomic_load_explicit(&d->running, memory_order_acquire);
        if (running % 2 == 1) {
            int64_t now_ns = clock_ns(CLOCK_MONOTONIC);
            if (running != seen) {
                seen = running;
                seen_ns = now_ns;
                is_noted = false;
            } else if (!is_noted || now_ns - seen_ns >= atomic_load(&d->limit_ns)) {
                atomic_store(&w->suspect, running);
                is_noted = pthread_kill(w->script_thread, WATCH_SIGNAL) == 0;
            }
        }
        rests = atomic_load_explicit(&w->is_resting, memory_order_relaxed) ? rests + 1 : 0;
        if (rests < RESTING_LOOKS) {
            clock_nanosleep(CLOCK_MONOTONIC, 0, &look, NULL);
        } else {
            park(w);
            rests = 0;
        }
    }
    return NULL;
}

/* Signals are for the other threads: this one only looks. */
static int thread_start(struct deadline_watcher *w) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&w->thread, NULL, watch, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status == 0) {
        pthread_setname_np(w->thread, "watcher");
    }
    return status;
}

int deadline_watcher_start(struct deadline_watcher **out, struct deadline *d, struct err *e) {
    struct deadline_watcher *w = calloc(1, sizeof *w);
    if (!w) {
        return err_set(e, E_MEMORY, "no memory for the deadline watcher");
    }
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (sigaction(WATCH_SIGNAL, &action, NULL) != 0) {
        free(w);
        return err_set(e, E_IO, "the signal of the deadline watcher: %s", strerror(errno));
    }
    w->deadline = d;
    w->script_thread = pthread_self();
    atomic_store(&current, w);
    int status = thread_start(w);
    if (status != 0) {
        atomic_store(&current, NULL);
        free(w);
        return err_set(e, E_IO, "the thread of the deadline watcher: %s", strerror(status));
    }
    while (!atomic_load(&w->is_looking)) {
        sched_yield(); /* what a thread does to begin is forbidden to a confined process */
    }
    *out = w;
    return 0;
}

void deadline_watcher_rest(struct deadline_watcher *w) {
    atomic_store_explicit(&w->is_resting, 1, memory_order_relaxed);
}

void deadline_watcher_wake(struct deadline_watcher *w) {
    atomic_store(&w->is_resting, 0);
    if (atomic_load(&w->is_parked) != 0) {
        futex_call(&w->is_resting, FUTEX_WAKE, 1);
    }
}

void deadline_watcher_stop(struct deadline_watcher *w) {
    if (!w) {
        return;
    }
    deadline_watcher_wake(w);
    atomic_store(&w->is_stopping, true);
    pthread_join(w->thread, NULL);
    atomic_store(&current, NULL); /* a signal still on its way finds nothing */
    free(w);
}
