/* script_files: reads a script from the disk into one bundle: a file NAME.lua, or a folder NAME
 * whose init.lua is the script, with the library modules of lua/ that any script may require.
 *
 * Names are looked up in ./strategies, then beside the program's own installation. Everything is
 * read at once and the version is the hash over all of it. No time; the caller frees. */
#pragma once

#include "script/message.h"

struct script_source {
    struct script_bundle bundle;
    char *path;    /* the file or folder it came from */
    char *library; /* the folder of the modules; NULL: there is none */
};

/* name_or_path: "rsi", "strategies/rsi.lua", "strategies/grid". E_NOT_FOUND names what was tried
 * and what is near; E_LIMIT when it is larger than source_max. */
MUST_CHECK int script_source_read(
    const char *name_or_path, size_t source_max, struct script_source *out, struct err *e
);
void script_source_free(struct script_source *source);
/* A number that changes when one of its files, or the files in its folders, are others; *newest_ns
 * is the last change, in the disk's time. False when something is gone. */
bool script_source_stamp(const struct script_source *source, uint64_t *stamp, int64_t *newest_ns);

/* A file that ships with the program: "config/instruments.lua" → a path that exists, or
 * E_NOT_FOUND. */
MUST_CHECK int shipped_path(const char *relative, char *out, size_t size, struct err *e);

/* Reads a whole file of at most size_max bytes; NUL-terminated; the caller frees *text. */
MUST_CHECK int
file_read(const char *path, size_t size_max, char **text, size_t *length, struct err *e);
