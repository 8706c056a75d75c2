/* check_names: the words a script uses as names, each once, with where it was met first, and the
 * list of findings. Internal to check. The owner frees. */
#pragma once

#include "script/check.h"
#include "script/check_parse.h"

struct check_name {
    const char *text;
    int file, line; /* met first */
    bool is_field;  /* written as a field, or a key of a table */
    bool is_own;    /* … of self or of the script's table, or defined as a function */
    bool is_read;   /* somewhere read as a field or called as a method */
    bool is_local;  /* a local of that file; the last one wins */
    int local_file, local_line;
};

struct check_names {
    struct check_name *list; /* in the order in which they were met */
    int count, capacity;
    int *slots; /* hash to index + 1 */
    int slot_count;
    char *texts;
    size_t text_length, text_capacity;
};

/* text_max: bytes of all names at most. E_MEMORY. */
MUST_CHECK int check_names_init(struct check_names *names, size_t text_max, struct err *e);
void check_names_free(struct check_names *names);
/* The entry of a name, made if need be; NULL without memory. */
struct check_name *
check_names_add(struct check_names *names, struct words name, int file, int line);
/* NULL: not met. */
const struct check_name *check_names_find(const struct check_names *names, struct words name);

void check_add(
    struct check_findings *findings,
    enum check_level level,
    int file,
    int line,
    const char *format,
    ...
) __attribute__((format(printf, 5, 6)));
void check_findings_sort(struct check_findings *findings);
