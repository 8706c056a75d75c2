/* script_check: looks at a script in another process: this one never parses a person's Lua. Blocks for some tens of
 * milliseconds, at most two seconds. */
#pragma once

#include "base/err.h"

#include <stddef.h>

/* Findings of `tradingboost check` about a script by name, or about a source text as a file of that name. 0, or why it
 * could not be tried. */
MUST_CHECK int script_check(
    const char *name, const char *source, size_t length,
    void (*finding)(void *to, const char *file, int line, bool is_error, const char *text),
    void *to, struct err *e
);
