/* doctor: what the figures of a machine mean for the program: one table of checks, each of which
 * judges facts (app/machine) and says what was found, what is needed and what to do.
 *
 * ok: as it should be. warn: it runs, but slower, less safe, or not for long. fail: `run` will not
 * work. No time, no I/O: the facts are the caller's, and so are the rows. */
#pragma once

#include "app/machine.h"

enum doctor_state { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL };

struct doctor_row {
    const char *name;
    const char *needed;
    enum doctor_state state;
    char found[256];
    char advice[512]; /* "" when all is well */
};

struct doctor_check {
    const char *name; /* NULL ends the table */
    const char *needed;
    void (*judge)(const struct machine *machine, struct doctor_row *row);
};

extern const struct doctor_check doctor_checks[];

/* "ok", "warn", "fail" */
const char *doctor_state_name(enum doctor_state state);
void doctor_judge(
    const struct doctor_check *check, const struct machine *machine, struct doctor_row *row
);
