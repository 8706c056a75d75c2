/* archive: puts away the segments that nobody needs for a start: those that the older kept snapshot
 * and every reader have passed go to archive/, where tables can still be rebuilt from them, and are
 * deleted when they are neither among the newest nor young. The last segment always stays.
 *
 * One thread, that of whoever reads the journal's files while it grows. The time of day is given.
 */
#pragma once

#include "store/snapshot.h"

struct archive_keep {
    int segments; /* archived ones that stay at least; below 0: all */
    int days;     /* and those younger than this */
};

struct archive_report {
    int archived, deleted;
};

/* passed: the last sequence that all readers have done with. now_ns: UTC. */
MUST_CHECK int journal_archive(
    const struct disk *disk,
    const char *folder,
    uint64_t passed,
    const struct archive_keep *keep,
    int64_t now_ns,
    struct archive_report *report,
    struct err *e
);
