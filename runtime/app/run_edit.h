/* run_edit: scripts that are saved while they trade: the files that running activations came from
 * are watched, read anew when they have settled, and handed to the engine, which swaps each
 * activation between two events or keeps the version that runs.
 *
 * Many activations of one script are edited a few at a time, so that a turn of the loop stays
 * short. Time is the loop's; its thread; run_edit_end before the loop is freed. */
#pragma once

#include "base/err.h"
#include "engine/port.h"

struct run;
struct run_edit;

/* Watches from now on, and looks at once for what was saved while the run was down. */
MUST_CHECK int run_edit_begin(struct run_edit **out, struct run *run, struct err *e);
void run_edit_end(struct run_edit *edit); /* may be NULL */
/* Whether anything waits to be handed on. */
bool run_edit_is_pending(const struct run_edit *edit);
/* Hands on what waits, for at most two milliseconds; true when some are left. */
bool run_edit_turn(struct run_edit *edit);
/* Files of a script that somebody changes: they are written, and handed on like saved ones, with his
 * name and reason. *hash is the new version. E_STATE: its file is elsewhere, E_ARGUMENT, E_IO */
MUST_CHECK int run_edit_put(
    struct run_edit *edit,
    const char *name,
    const struct script_file *files,
    int count,
    const char *who,
    const char *reason,
    uint64_t *hash,
    struct err *e
);
/* What the sink heard. */
void run_edit_heard(struct run_edit *edit, const struct edit_record *record);
