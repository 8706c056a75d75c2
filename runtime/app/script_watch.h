/* script_watch: tells that files of scripts were saved: folders are watched, and what changed has
 * to be quiet for a moment, so that a folder is never seen half edited.
 *
 * Only names that end in .lua and do not begin with a dot count: editors write others beside them.
 * A file that never comes to rest is told once a second. Time is the loop's; everything happens on
 * its thread. script_watch_end closes and frees; the loop has to turn once more. */
#pragma once

#include "base/err.h"

#define SCRIPT_WATCH_FOLDERS_MAX 128
#define SCRIPT_SETTLE_MS 100

struct script_watch;
struct uv_loop_s;

MUST_CHECK int script_watch_new(
    struct script_watch **out,
    struct uv_loop_s *loop,
    void (*changed)(void *ctx),
    void *ctx,
    struct err *e
);
/* A folder that is watched already is passed over. E_LIMIT, E_IO */
MUST_CHECK int script_watch_add(struct script_watch *w, const char *folder, struct err *e);
void script_watch_end(struct script_watch *w); /* may be NULL */
