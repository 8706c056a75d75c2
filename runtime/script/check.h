/* check: what can be said about a script before it trades.
 *
 * check_sources looks at the text without running it: syntax, names that nothing declares, names
 * the sandbox does not have, names of the API that are misspelt or taken, handlers that would never
 * be called. check_start runs the file and on_start in a sandbox, without data, and looks at what
 * it returned: api, name, version, params, commands. The names come from where they are made (the
 * allow-list of a sandbox, the table of the API), so that nothing is listed twice. A field that the
 * script itself sets anywhere is known. No time; one thread; the caller frees the list. */
#pragma once

#include "market/instrument.h"
#include "script/message.h"

#include <stdbool.h>

struct deadline;

#define CHECK_TEXT_MAX 320
#define CHECK_FINDINGS_MAX 200

enum check_level { CHECK_WARNING, CHECK_ERROR };

struct check_finding {
    int file; /* index in the bundle */
    int line; /* 0: of the file as a whole */
    enum check_level level;
    char text[CHECK_TEXT_MAX];
};

struct check_findings { /* sorted by file and line when a check returns */
    struct check_finding *list;
    int count;
    int omitted; /* over CHECK_FINDINGS_MAX */
    int errors, warnings;
    bool is_broken; /* a file does not compile: there is nothing to run */
};

void check_findings_free(struct check_findings *findings);

/* Adds what it finds in the script's own files; files of the library are only looked through for
 * names. 0, or E_MEMORY. */
MUST_CHECK int
check_sources(const struct script_bundle *bundle, struct check_findings *findings, struct err *e);

/* Runs the script up to the end of on_start with its default parameters, on a host that knows the
 * instruments. deadline may be NULL. 0, or why it could not be tried. */
MUST_CHECK int check_start(
    const struct script_bundle *bundle,
    const struct instrument *instruments,
    int instrument_count,
    struct deadline *deadline,
    struct check_findings *findings,
    struct err *e
);
