/* json_read: the JSON of request bodies as a tree in an arena.
 *
 * Strict: one value and nothing behind it, UTF-8, no name twice in an object, no deeper than
 * JSON_READ_DEPTH_MAX. Numbers stay the text they were, so that money is exact; strings are
 * unescaped and end with a NUL (a \u0000 in them is refused, since everything behind it would be
 * lost to whoever reads them as C text). Pure; the tree dies with the arena. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#define JSON_READ_DEPTH_MAX 16
#define JSON_READ_MEMBERS_MAX 256 /* of an object: each name is compared with those before it */

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json_value {
    enum json_kind kind;
    const char *name; /* of a member of an object; else NULL */
    const char *text; /* STRING, NUMBER */
    size_t length;
    const struct json_value *first; /* ARRAY, OBJECT: members in their order */
    const struct json_value *next;
    int count;
};

/* E_SYNTAX with the place and what is wrong, E_MEMORY when the arena is full. */
MUST_CHECK int json_read(
    const char *text,
    size_t length,
    struct arena *arena,
    const struct json_value **out,
    struct err *e
);

/* The member of an object; NULL when there is none. */
const struct json_value *json_member(const struct json_value *object, const char *name);
/* "null", "boolean", "number", "string", "list", "object" */
const char *json_kind_name(enum json_kind kind);
