#include "app/script_check.h"

#include "base/buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#define HANDLES 3

struct check { /* one that is under way */
    struct script_checks *checks;
    struct check *next;
    struct script_check_listener listener;
    pid_t pid;
    int exit_fd, out_fd;
    uv_poll_t exit, out;
    uv_timer_t timer;
    int open_handles;
    bool is_killed;
    int code; /* of why it was killed */
    char why[128];
    size_t length;
    char text[CHECK_OUTPUT_MAX];
};

struct script_checks {
    struct script_checks_options options;
    struct check *first;
    int count;
    bool is_stopping;
    void (*over)(void *ctx);
    void *over_ctx;
};

static void check_kill(struct check *k, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* It ends soon, and its end is told as any other: by its descriptor. */
static void check_kill(struct check *k, int code, const char *format, ...) {
    va_list arguments;
    if (k->is_killed) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(k->why, sizeof k->why, format, arguments);
    va_end(arguments);
    k->code = code;
    k->is_killed = true;
    kill(-k->pid, SIGKILL); /* its group: nothing of it stays */
}

/* --- what it says
 * --------------------------------------------------------------------------------- */

/* The next text that a NUL ends; NULL behind the last. */
static const char *text_next(const char **at, const char *end) {
    const char *text = *at;
    const char *stop = text < end ? memchr(text, '\0', (size_t)(end - text)) : NULL;
    *at = stop != NULL ? stop + 1 : end;
    return stop != NULL ? text : NULL;
}

/* Findings are "E" or "W", file, line, text; "." is the end and "X" the reason why there is none.
 * Whether it came to an end of its own. */
static bool findings_read(struct check *k, int *code, const char **why) {
    const char *at = k->text;
    const char *end = k->text + k->length;
    const char *kind;
    while ((kind = text_next(&at, end)) != NULL) {
        if (strcmp(kind, ".") == 0) {
            return true;
        }
        const char *file = text_next(&at, end);
        if (strcmp(kind, "X") == 0 && file != NULL) {
            *code = E_IO;
            *why = file;
            return true;
        }
        const char *line = text_next(&at, end);
        const char *text = text_next(&at, end);
        if (text == NULL || (strcmp(kind, "E") != 0 && strcmp(kind, "W") != 0)) {
            return false;
        }
        int number = (int)strtol(line, NULL, 10);
        k->listener.finding(k->listener.to, file, number, kind[0] == 'E', text);
    }
    return false;
}

static void check_tell(struct check *k, int status) {
    char text[128];
    const char *why = "";
    int code = 0;
    if (k->is_killed) {
        code = k->code;
        why = k->why;
    } else if (!findings_read(k, &code, &why)) {
        bool is_signal = WIFSIGNALED(status);
        bool is_late = is_signal && WTERMSIG(status) == SIGXCPU;
        code = is_late ? E_DEADLINE : E_SCRIPT;
        snprintf(
            text, sizeof text, "the check did not come to its end: %s %d",
            is_signal ? "signal" : "status", is_signal ? WTERMSIG(status) : WEXITSTATUS(status)
        );
        why = text;
    }
    k->listener.done(k->listener.to, code, why);
}

/* --- the end
 * -------------------------------------------------------------------------------------- */

static void checks_settle(struct script_checks *checks) {
    if (checks->is_stopping && checks->count == 0 && checks->over != NULL) {
        void (*over)(void *ctx) = checks->over;
        checks->over = NULL;
        over(checks->over_ctx);
    }
}

static void check_free(struct check *k) {
    if (k->exit_fd >= 0) {
        close(k->exit_fd);
    }
    if (k->out_fd >= 0) {
        close(k->out_fd);
    }
    free(k);
}

static void on_closed(uv_handle_t *handle) {
    struct check *k = handle->data;
    struct script_checks *checks = k->checks;
    if (--k->open_handles > 0) {
        return;
    }
    struct check **at = &checks->first;
    while (*at != k) {
        at = &(*at)->next;
    }
    *at = k->next;
    checks->count--;
    check_free(k);
    checks_settle(checks);
}

/* What is there to be read now; false: nothing more will come. */
static bool output_read(struct check *k) {
    for (;;) {
        ssize_t n = read(k->out_fd, k->text + k->length, sizeof k->text - k->length);
        if (n > 0) {
            k->length += (size_t)n;
        }
        if (k->length == sizeof k->text) {
            check_kill(k, E_LIMIT, "the check says more than %zu bytes", CHECK_OUTPUT_MAX);
            return false;
        }
        if (n <= 0) {
            return n < 0 && (errno == EAGAIN || errno == EINTR);
        }
    }
}

static void on_output(uv_poll_t *poll, int status, int events) {
    struct check *k = poll->data;
    (void)events;
    if (status != 0 || !output_read(k)) {
        uv_poll_stop(poll);
    }
}

static void on_late(uv_timer_t *timer) {
    struct check *k = timer->data;
    check_kill(
        k, E_DEADLINE, "the check took longer than %lld ms",
        (long long)k->checks->options.time_max_ms
    );
}

static void on_exit_(uv_poll_t *poll, int status, int events) {
    struct check *k = poll->data;
    int how = 0;
    (void)status;
    (void)events;
    if (waitpid(k->pid, &how, WNOHANG) == 0) {
        return;
    }
    output_read(k);
    check_tell(k, how);
    uv_close((uv_handle_t *)&k->exit, on_closed);
    uv_close((uv_handle_t *)&k->out, on_closed);
    uv_close((uv_handle_t *)&k->timer, on_closed);
}

/* --- the beginning
 * -------------------------------------------------------------------------------- */

/* A descriptor from which the text can be read; −1 with errno. */
static int source_descriptor(const char *source, size_t length) {
    int fd = memfd_create("source", MFD_CLOEXEC);
    size_t done = 0;
    while (fd >= 0 && done < length) {
        ssize_t n = write(fd, source + done, length - done);
        if (n <= 0) {
            close(fd);
            return -1;
        }
        done += (size_t)n;
    }
    if (fd >= 0) {
        lseek(fd, 0, SEEK_SET);
    }
    return fd;
}

/* In a group of its own, so that Ctrl-C at a terminal is the core's alone. */
static int process_spawn(
    struct check *k, const char *name, const char *kind, int in_fd, int out_fd, struct err *e
) {
    const struct script_checks_options *o = &k->checks->options;
    char words[5][24];
    char *environment[] = {NULL};
    snprintf(words[0], sizeof words[0], "%s", kind);
    snprintf(words[1], sizeof words[1], "%zu", o->source_max);
    snprintf(words[2], sizeof words[2], "%lld", (long long)(o->time_max_ms + 999) / 1000);
    snprintf(words[3], sizeof words[3], "%zu", o->memory_max);
    char *arguments[] = {
        (char *)(uintptr_t) "tradingboost",
        (char *)(uintptr_t) "checker",
        (char *)(uintptr_t)name,
        words[0],
        words[1],
        words[2],
        words[3],
        NULL,
    };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in_fd, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
    );
    const char *program = o->program != NULL ? o->program : "/proc/self/exe";
    int failed = posix_spawn(&k->pid, program, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failed == 0 ? 0 : err_set(e, E_IO, "a check cannot be started: %s", strerror(failed));
}

static int
process_start(
    struct check *k,
    const char *name,
    const char *kind,
    const char *source,
    size_t length,
    struct err *e
) {
    int pipes[2];
    int in_fd = source_descriptor(source, source != NULL ? length : 0);
    if (in_fd < 0 || pipe2(pipes, O_CLOEXEC | O_NONBLOCK) != 0) {
        int code = err_set(e, E_IO, "no descriptor for a check: %s", strerror(errno));
        if (in_fd >= 0) {
            close(in_fd);
        }
        return code;
    }
    k->out_fd = pipes[0];
    /* Its own end waits: a check that says much is not to lose words. */
    fcntl(pipes[1], F_SETFL, 0);
    int code = process_spawn(k, name, kind, in_fd, pipes[1], e);
    close(in_fd);
    close(pipes[1]);
    if (code != 0) {
        return code;
    }
    k->exit_fd = pidfd_open(k->pid, 0);
    if (k->exit_fd < 0) {
        code = err_set(e, E_IO, "a check cannot be watched: %s", strerror(errno));
        kill(k->pid, SIGKILL);
        waitpid(k->pid, NULL, 0);
    }
    return code;
}

/* From here on its end comes through the loop. */
static void check_watch(struct check *k) {
    struct script_checks *checks = k->checks;
    uv_poll_init(checks->options.loop, &k->exit, k->exit_fd);
    uv_poll_init(checks->options.loop, &k->out, k->out_fd);
    uv_timer_init(checks->options.loop, &k->timer);
    k->exit.data = k;
    k->out.data = k;
    k->timer.data = k;
    k->open_handles = HANDLES;
    uv_poll_start(&k->exit, UV_READABLE, on_exit_);
    uv_poll_start(&k->out, UV_READABLE, on_output);
    uv_update_time(checks->options.loop);
    uv_timer_start(&k->timer, on_late, (uint64_t)checks->options.time_max_ms, 0);
    k->next = checks->first;
    checks->first = k;
    checks->count++;
}

static int check_start_(
    struct script_checks *checks,
    const char *name,
    const char *kind,
    const char *source,
    size_t length,
    const struct script_check_listener *listener,
    struct err *e
) {
    if (checks->is_stopping) {
        return err_set(e, E_INTERRUPTED, "the platform stops");
    }
    if (checks->count >= checks->options.at_once_max) {
        return err_set(e, E_LIMIT, "%d checks are under way: try again in a moment", checks->count);
    }
    struct check *k = malloc(sizeof *k);
    if (k == NULL) {
        return err_set(e, E_MEMORY, "no memory for a check");
    }
    memset(k, 0, offsetof(struct check, text));
    k->checks = checks;
    k->listener = *listener;
    k->exit_fd = -1;
    k->out_fd = -1;
    int code = process_start(k, name, kind, source, length, e);
    if (code != 0) {
        check_free(k);
        return code;
    }
    check_watch(k);
    return 0;
}

int script_check(
    struct script_checks *checks,
    const char *name,
    const char *source,
    size_t length,
    const struct script_check_listener *listener,
    struct err *e
) {
    const char *kind = source != NULL ? "text" : "stored";
    return check_start_(checks, name, kind, source, length, listener, e);
}

/* Each as its path, its length ("-" where it goes) and its bytes, the first two ended by a NUL. */
int script_check_files(
    struct script_checks *checks,
    const char *name,
    const struct script_file *files,
    int count,
    const struct script_check_listener *listener,
    struct err *e
) {
    struct buffer text;
    buffer_init(&text, checks->options.source_max * 2);
    for (int i = 0; i < count; i++) {
        char length[24] = "-";
        if (files[i].text != NULL) {
            snprintf(length, sizeof length, "%zu", files[i].length);
        }
        buffer_append(&text, files[i].path, strlen(files[i].path) + 1);
        buffer_append(&text, length, strlen(length) + 1);
        buffer_append(&text, files[i].text, files[i].text != NULL ? files[i].length : 0);
    }
    int code = text.code != 0
                   ? err_set(e, E_QUOTA, "the files are larger than a script may be")
                   : check_start_(checks, name, "files", text.data, text.length, listener, e);
    buffer_free(&text);
    return code;
}

int script_checks_new(
    struct script_checks **out, const struct script_checks_options *options, struct err *e
) {
    struct script_checks *checks = calloc(1, sizeof *checks);
    if (checks == NULL) {
        return err_set(e, E_MEMORY, "no memory for checks of scripts");
    }
    checks->options = *options;
    *out = checks;
    return 0;
}

void script_checks_stop(struct script_checks *checks, void (*over)(void *ctx), void *ctx) {
    checks->is_stopping = true;
    checks->over = over;
    checks->over_ctx = ctx;
    for (struct check *k = checks->first; k != NULL; k = k->next) {
        check_kill(k, E_INTERRUPTED, "the platform stops");
    }
    checks_settle(checks);
}

void script_checks_free(struct script_checks *checks) {
    free(checks);
}
