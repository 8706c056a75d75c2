/* suggest: "did you mean …": the known name nearest to one that is not known. Pure. */
#pragma once

#include <stddef.h>

/* The nth name of a list, NULL after the last. */
typedef const char *(*name_at)(const void *list, int index);

/* The nearest name by edits (a swap of neighbours counts as one), NULL when none is near enough for a
 * person to have meant it. Of equals the first. */
const char *suggest(const char *word, name_at at, const void *list);

/* Writes ", did you mean 'x'?" or nothing; returns text. */
const char *suggest_text(
    const char *word, name_at at, const void *list, char *text, size_t capacity
);
