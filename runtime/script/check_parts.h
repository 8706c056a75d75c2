/* check_parts: what the two files of the look at a script's text share: the walk over its files
 * (check.c) and the rules (check_rules.c). Internal to check. */
#pragma once

#include "script/check_names.h"

struct sandbox;

struct name_list { /* for suggestions; what it points at is owned elsewhere */
    const char **names;
    int count;
};

struct check {
    const struct script_bundle *bundle;
    struct check_findings *findings;
    struct check_names names;
    struct sandbox *sandbox;  /* asked which names are there */
    struct name_list visible; /* globals, then the locals of the file that is checked */
    struct name_list own;     /* the API's names, then those the script gives itself */
    int global_count;
    int file;
    struct words script; /* the local that the entry returns */
    bool is_dynamic;     /* some fields have names that only a run would tell */
    bool has_lost_way;
    bool is_out_of_memory;
};

/* A name_at over a struct name_list. */
const char *check_listed(const void *list, int index);
/* Whether the base is the script's own table, by the name it has in the entry file. */
bool check_is_script(const struct check *c, const struct sight *s);
/* Whether a global, or with a base a name of a library, is there; if not, text says what a script
 * would be told. */
bool check_is_there(struct check *c, struct words base, struct words name, char *text, size_t size);
/* Whether that says what to use instead. */
bool check_has_substitute(const char *text);
/* check_rules.c: adds what is wrong with a sight to the findings. */
void check_judge(void *ctx, const struct sight *s);
