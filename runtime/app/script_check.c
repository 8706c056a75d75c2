#include "app/script_check.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_BYTES ((size_t)256 << 10)
#define WAIT_MS 2000

/* The source as a file of its own, in a folder of its own. */
static int source_write(
    const char *name, const char *source, size_t length, char path[PATH_MAX], struct err *e
) {
    char folder[] = "/tmp/tradingboost-check-XXXXXX";
    if (mkdtemp(folder) == NULL) {
        return err_set(e, E_IO, "no folder for a check: %s", strerror(errno));
    }
    snprintf(path, PATH_MAX, "%s/%.64s.lua", folder, name);
    FILE *f = fopen(path, "wb");
    bool is_written = f != NULL && fwrite(source, 1, length, f) == length;
    if (f != NULL && fclose(f) != 0) {
        is_written = false;
    }
    return is_written ? 0 : err_set(e, E_IO, "%s: %s", path, strerror(errno));
}

static void source_remove(char *path) {
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
}

static int check_spawn(const char *what, int *out_fd, pid_t *pid, struct err *e) {
    int pipes[2];
    if (pipe(pipes) != 0) {
        return err_set(e, E_IO, "no pipe for a check: %s", strerror(errno));
    }
    char *arguments[] = {
        (char *)(uintptr_t) "tradingboost", (char *)(uintptr_t) "check", (char *)(uintptr_t)what,
        NULL,
    };
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, pipes[0]);
    int failed = posix_spawn(pid, "/proc/self/exe", &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(pipes[1]);
    if (failed != 0) {
        close(pipes[0]);
        return err_set(e, E_IO, "a check could not be started: %s", strerror(failed));
    }
    *out_fd = pipes[0];
    return 0;
}

/* All it prints; whether it came to its end in time. */
static bool output_read(int fd, char *text, size_t *length) {
    *length = 0;
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, WAIT_MS) <= 0) {
            return false;
        }
        ssize_t n = read(fd, text + *length, OUTPUT_BYTES - 1 - *length);
        if (n <= 0) {
            text[*length] = '\0';
            return n == 0;
        }
        *length += (size_t)n;
    }
}

/* "path:line: error: text" */
static void finding_read(
    char *line, void (*finding)(void *, const char *, int, bool, const char *), void *to
) {
    char *kind = strstr(line, ": error: ");
    bool is_error = kind != NULL;
    kind = is_error ? kind : strstr(line, ": warning: ");
    if (kind == NULL) {
        return;
    }
    *kind = '\0';
    const char *text = kind + (is_error ? strlen(": error: ") : strlen(": warning: "));
    char *number = strrchr(line, ':');
    int at = number != NULL ? (int)strtol(number + 1, NULL, 10) : 0;
    if (at > 0) {
        *number = '\0';
    }
    const char *file = strrchr(line, '/');
    finding(to, file != NULL ? file + 1 : line, at, is_error, text);
}

int script_check(
    const char *name, const char *source, size_t length,
    void (*finding)(void *to, const char *file, int line, bool is_error, const char *text),
    void *to, struct err *e
) {
    char path[PATH_MAX];
    int fd = -1;
    pid_t pid = 0;
    char *text = malloc(OUTPUT_BYTES);
    int code = text == NULL ? err_set(e, E_MEMORY, "no memory for a check") : 0;
    if (code == 0 && source != NULL) {
        code = source_write(name, source, length, path, e);
    }
    code = code != 0 ? code : check_spawn(source != NULL ? path : name, &fd, &pid, e);
    if (code == 0) {
        size_t size;
        bool is_whole = output_read(fd, text, &size);
        close(fd);
        if (!is_whole) {
            kill(pid, SIGKILL);
            code = err_set(e, E_DEADLINE, "the check took longer than %d ms", WAIT_MS);
        }
        waitpid(pid, NULL, 0);
    }
    char *rest = text;
    char *line;
    while (code == 0 && (line = strsep(&rest, "\n")) != NULL) {
        finding_read(line, finding, to);
    }
    if (source != NULL && fd >= 0) {
        source_remove(path);
    }
    free(text);
    return code;
}
