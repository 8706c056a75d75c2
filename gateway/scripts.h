/* scripts: what the routes of scripts share: finding one by the path, and its versions as the
 * tables tell them. One thread. */
#pragma once

#include "gateway/call.h"
#include "gateway/tables.h"

#define VERSION_MAX 17 /* 16 hexadecimal digits and the NUL */
#define VERSIONS_MAX 1000

/* The path's script, good until options.script_release; names are no paths. E_NOT_FOUND */
MUST_CHECK int script_of_path(struct call *c, const struct script_bundle **bundle, struct err *e);
/* The path's name and the version that is on the disk. E_NOT_FOUND */
MUST_CHECK int
script_current(struct call *c, char name[TOKEN_NAME_MAX], char version[VERSION_MAX], struct err *e);
void version_text(uint64_t hash, char text[VERSION_MAX]);
bool version_is_good(const char *text);

/* What the tables told of versions, in the call's arena: their items, newest first. */
MUST_CHECK int versions_told(
    struct call *c, const struct pending *p, const struct json_value **items, struct err *e
);
/* The one before a version in a list, or the newest where that is not in it; NULL: there is none.
 */
const struct json_value *version_before(const struct json_value *items, const char *version);
/* What became of a version that a request waits for (WAIT_EDIT). */
void script_change_heard(struct pending *p, const struct edit_record *record);
/* "" where it is absent. */
const char *member_text(const struct json_value *object, const char *name);
