/* journal_tool: what an operator does with a journal that no process writes to: look, check, cut.
 *
 * verify and print change nothing and may be used beside a running process, whose last record may
 * then look torn. cut is for the owner of the data directory's lock. Text goes to a buffer of the
 * caller's; no time; one thread. */
#pragma once

#include "base/buffer.h"
#include "store/journal_read.h"

struct journal_verdict {
    uint64_t oldest, last, records, bytes;
    int segments, snapshots;
    int faults;      /* that keep a start from happening */
    bool is_torn;    /* the end is cut at the next start */
    uint64_t cut_at; /* of the first fault, where a cut would help; 0 */
};

/* A line for every segment and snapshot, one for what is wrong with it. An error is of the disk
 * only; what is wrong with the journal is in *verdict. */
MUST_CHECK int journal_verify(
    const struct disk *disk,
    const char *folder,
    struct buffer *out,
    struct journal_verdict *verdict,
    struct err *e
);

/* Drops record `at` and everything behind it. What is dropped stays beside the journal in files
 * that end in ".cut": later segments, snapshots of dropped records, and a copy of the segment that
 * is cut. E_NOT_FOUND when the journal has no such record, E_DATA when it is damaged before it. */
MUST_CHECK int journal_cut(
    const struct disk *disk, const char *folder, uint64_t at, struct buffer *out, struct err *e
);
