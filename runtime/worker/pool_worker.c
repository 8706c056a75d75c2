/* One worker as the core sees it: its process, and the way to it. */
#include "worker/pool_parts.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- telling ------------------------------------------------------------------------------------
 */

void worker_kill(struct pool *p, struct pool_worker *w, const char *format, ...) {
    if (w->is_over || !w->is_alive) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(w->trouble, sizeof w->trouble, format, arguments);
    va_end(arguments);
    w->is_over = true;
    w->was_killed = true;
    p->figures.kills++;
    kill(w->pid, SIGKILL);
}

static void wake_if_asleep(struct pool_worker *w) {
    if (ring_must_wake(&w->link.out)) {
        link_wake_other(&w->link);
    }
}

/* Until nothing waits or the worker is to say when there is space. */
void worker_flush(struct pool *p, struct pool_worker *w) {
    size_t length = 0;
    const char *message;
    if (w->is_over || !w->is_alive) {
        return;
    }
    while ((message = backlog_first(&w->backlog, &length)) != NULL) {
        int code = ring_write(&w->link.out, message, length);
        if (code == 0) {
            backlog_drop_first(&w->backlog);
        } else if (code != E_LIMIT) {
            worker_kill(p, w, "its ring is damaged");
            return;
        } else if (ring_await_space(&w->link.out, length)) {
            break;
        }
    }
    wake_if_asleep(w);
}

void worker_tell(struct pool *p, struct pool_worker *w, const char *message, size_t length) {
    if (w->is_over) {
        return; /* what is lost with it is told at its burial */
    }
    int code = E_LIMIT;
    if (w->is_alive && backlog_size(&w->backlog) == 0) {
        code = ring_write(&w->link.out, message, length);
    }
    if (code == 0) {
        wake_if_asleep(w);
        return;
    }
    if (code != E_LIMIT) {
        worker_kill(p, w, "its ring is damaged");
        return;
    }
    if (backlog_add(&w->backlog, message, length) != 0) {
        worker_kill(
            p, w, "it has not read for so long that %zu bytes wait", backlog_size(&w->backlog)
        );
        return;
    }
    size_t waiting = backlog_size(&w->backlog);
    p->figures.backlog = waiting > p->figures.backlog ? waiting : p->figures.backlog;
    worker_flush(p, w);
}

/* A worker that is still to be started hears of the market when it is. */
void worker_tell_all(struct pool *p, const char *message, size_t length) {
    for (int i = 0; i < p->worker_count; i++) {
        if (p->workers[i].is_alive) {
            worker_tell(p, &p->workers[i], message, length);
        }
    }
}

/* --- processes ----------------------------------------------------------------------------------
 */

static int epoll_add(struct pool *p, int fd, uint64_t what, struct err *e) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = what};
    if (epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        return err_set(e, E_IO, "watching a worker: %s", strerror(errno));
    }
    return 0;
}

/* Its own group, so that Ctrl-C at a terminal is the core's alone. Nothing of the core's
 * environment, but large pages for the heap: sandboxes lie all over it. */
static int process_start(struct pool *p, struct pool_worker *w, struct err *e) {
    char name[] = "tradingboost";
    char command[] = "worker";
    char *arguments[] = {name, command, NULL};
    char pages[] = "GLIBC_TUNABLES=glibc.malloc.hugetlb=1";
    char *environment[] = {pages, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, w->link.wake_other, LINK_WAKE_WORKER);
    posix_spawn_file_actions_adddup2(&actions, w->link.wake_self, LINK_WAKE_CORE);
    posix_spawn_file_actions_adddup2(&actions, w->link.memory_fd, LINK_MEMORY);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
    );
    const char *program = p->options.program ? p->options.program : "/proc/self/exe";
    int status = posix_spawn(&w->pid, program, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (status != 0) {
        w->pid = 0;
        return err_set(e, E_IO, "starting a script worker: %s", strerror(status));
    }
    w->pid_fd = pidfd_open(w->pid, 0);
    return w->pid_fd < 0 ? err_set(e, E_IO, "watching a worker: %s", strerror(errno)) : 0;
}

/* What waits was meant for the one before it and follows the market. */
static void worker_first_words(struct pool *p, struct pool_worker *w) {
    struct backlog waiting = w->backlog;
    size_t length;
    const char *message;
    backlog_init(&w->backlog, waiting.limit);
    market_tell(p, w);
    while ((message = backlog_first(&waiting, &length)) != NULL) {
        worker_tell(p, w, message, length);
        backlog_drop_first(&waiting);
    }
    backlog_free(&waiting);
}

int worker_spawn(struct pool *p, struct pool_worker *w, struct err *e) {
    struct link_options options = {
        .limits = p->options.limits,
        .activations_max = p->options.activations_max,
        .instruments_max = p->options.instruments_max,
        .series_max = p->options.series_max,
        .sandboxes_max = p->options.worker_activations_max,
        .ring_bytes = link_ring_bytes(&p->options.limits),
        .core_pid = getpid(),
    };
    uint64_t place = (uint64_t)w->index * 2;
    w->pid_fd = -1;
    int code = link_new(&w->link, &options, e);
    code = code != 0 ? code : process_start(p, w, e);
    code = code != 0 ? code : epoll_add(p, w->link.wake_self, place, e);
    code = code != 0 ? code : epoll_add(p, w->pid_fd, place + 1, e);
    if (code != 0) {
        worker_end(p, w);
        return code;
    }
    w->is_alive = true;
    w->is_over = w->was_killed = w->has_hung = false;
    w->trouble[0] = '\0';
    w->beat = 0;
    w->beat_cpu_ns = w->quiet_ns = w->unanswered_ns = 0;
    w->born_ns = pool_now_ns();
    p->figures.workers++;
    worker_first_words(p, w);
    return 0;
}

void worker_end(struct pool *p, struct pool_worker *w) {
    if (w->pid > 0) {
        kill(w->pid, SIGKILL);
        waitpid(w->pid, NULL, 0);
    }
    if (w->pid_fd >= 0) {
        close(w->pid_fd);
    }
    link_free(&w->link);
    p->figures.workers -= w->is_alive;
    w->pid = 0;
    w->pid_fd = -1;
    w->is_alive = w->is_over = false;
}
