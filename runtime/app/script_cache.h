/* script_cache: scripts that were read before, handed out again while the disk says that none of
 * their files has changed: an activation costs a look at each file instead of reading them all.
 *
 * What was changed less than a second before it was read is read again, because the disk's clock is
 * coarse: two changes within one of its ticks look the same. Time is the disk's and the machine's
 * wall clock. One thread; the owner frees. */
#pragma once

#include "app/script_files.h"

struct script_cache;

/* trust_ns: for how long the disk is not asked again about a script (monotonic clock). */
MUST_CHECK int script_cache_new(
    struct script_cache **out, size_t source_max, int64_t trust_ns, struct err *e
);
void script_cache_free(struct script_cache *c);
/* The script of that name as it is now, good until the next call; NULL when it has not been read
 * before, or may have changed. */
const struct script_source *script_cache_find(struct script_cache *c, const char *name);
/* Reads it, and keeps it. Errors as script_source_read; good until the next call. */
MUST_CHECK int script_cache_read(
    struct script_cache *c, const char *name, const struct script_source **out, struct err *e
);
