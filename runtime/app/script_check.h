/* script_check: what is wrong with a script, looked for in a process of its own: this one never
 * reads a person's Lua.
 *
 * The process gets an empty environment, a limit of memory and of CPU time, and the walls of a
 * script worker before it sees the text (app/command_checker.c); it is killed when its time is
 * over, when it says more than CHECK_OUTPUT_MAX, and when checks are stopped. A few run at once,
 * more are refused: a check is asked for by a person who can ask again. Nothing blocks. Time is the
 * loop's; one thread; the owner frees, after script_checks_stop has said that all are over. */
#pragma once

#include "base/err.h"
#include "script/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHECK_OUTPUT_MAX ((size_t)256 << 10)

struct script_checks;
struct uv_loop_s;

struct script_checks_options {
    struct uv_loop_s *loop;
    int at_once_max;
    int64_t time_max_ms;
    size_t memory_max;
    size_t source_max;   /* of a script with its library */
    const char *program; /* NULL: this one; run as `PROGRAM checker …` */
};

struct script_check_listener {
    void *to;
    /* line 0: of the file as a whole */
    void (*finding)(void *to, const char *file, int line, bool is_error, const char *text);
    /* Once, after the findings and never before script_check has returned: 0, or why it could not
     * be said (E_DEADLINE, E_LIMIT, E_INTERRUPTED, E_SCRIPT, E_IO). */
    void (*done)(void *to, int code, const char *why);
};

MUST_CHECK int script_checks_new(
    struct script_checks **out, const struct script_checks_options *options, struct err *e
);
/* Begins a check of the script of that name, with `source` in place of its first file where that is
 * not NULL. E_LIMIT when too many are under way. */
MUST_CHECK int script_check(
    struct script_checks *checks,
    const char *name,
    const char *source,
    size_t length,
    const struct script_check_listener *listener,
    struct err *e
);
/* The same with those files in place of, or beside, the stored ones; a text of NULL: without it. */
MUST_CHECK int script_check_files(
    struct script_checks *checks,
    const char *name,
    const struct script_file *files,
    int count,
    const struct script_check_listener *listener,
    struct err *e
);
/* Kills what is under way and takes no more; `over` is called when nothing is left, perhaps at
 * once. */
void script_checks_stop(struct script_checks *checks, void (*over)(void *ctx), void *ctx);
void script_checks_free(struct script_checks *checks);
