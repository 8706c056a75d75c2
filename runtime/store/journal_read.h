/* journal_read: the records of a journal folder in order, and what is wrong with it.
 *
 * A folder holds segments, INDEX-FIRST.journal, those all readers have passed under archive/. Where
 * a segment begins, the one before it ends: what lies behind was written again after a failure (or
 * is the torn end of a crash) and does not count. Only the last segment may end in the middle of a
 * frame: that end is reported, never an error. Anything else (a bad checksum, a missing record) is
 * E_DATA, and says file, offset, sequence and what a person can do.
 *
 * Reading changes nothing on the disk and asks no clock. One thread; a record's bytes are borrowed
 * until the callback returns. */
#pragma once

#include "store/disk.h"
#include "store/frame.h"

#include <stdbool.h>

#define SEGMENT_SUFFIX ".journal"
#define ARCHIVE_FOLDER "archive"
#define SEGMENTS_MAX 65536

struct journal_record {
    uint64_t sequence; /* from 1, without gaps */
    const char *bytes;
    size_t length;
};

struct segment {
    uint64_t index, first;
    bool is_archived;
};

/* The segments of a folder in order. */
struct segment_list {
    struct segment *segments;
    size_t count, capacity;
};

struct journal_report {
    uint64_t oldest;        /* first sequence there is; 0: no record */
    uint64_t last;          /* last sequence there is; 0: none ever was */
    uint64_t durable;       /* up to here the journal itself proves that records were synced */
    uint64_t segment_index; /* highest there is, 0: none */
    /* The last segment: */
    bool has_segment;
    struct segment segment;
    uint64_t segment_end; /* behind its last good frame */
    struct err torn;      /* with a code where the end is no whole frame, and a sentence about it */
    uint64_t records, bytes; /* handed out */
};

MUST_CHECK int segment_list_read(
    const struct disk *disk, const char *folder, struct segment_list *out, struct err *e
);
void segment_list_free(struct segment_list *list);
MUST_CHECK int segment_path(
    char path[DISK_PATH_MAX], const char *folder, const struct segment *segment, struct err *e
);

/* Hands out the records from `from` on (0: from the oldest kept); a callback that returns a code
 * ends the reading with it. E_DATA also when `from` is older than the oldest kept, or newer than
 * the one behind the last. A folder that is not there is an empty journal. */
MUST_CHECK int journal_read(
    const struct disk *disk,
    const char *folder,
    uint64_t from,
    void *ctx,
    int (*take)(void *ctx, const struct journal_record *record, struct err *e),
    struct journal_report *report,
    struct err *e
);

/* --- between the files of this room -------------------------------------------------------------
 */

/* One segment, frame by frame, with a buffer of its own. */
struct segment_reader {
    const struct disk *disk;
    char path[DISK_PATH_MAX];
    int file; /* -1: closed */
    char *buffer;
    size_t capacity, start, end; /* what is read and not handed out lies at buffer[start..end) */
    uint64_t offset;             /* in the file, of buffer[start] */
};

void segment_reader_init(struct segment_reader *r, const struct disk *disk);
void segment_reader_free(struct segment_reader *r);
/* Opens and checks the header; the next frame is the first. E_DATA, E_VERSION: a bad header. */
MUST_CHECK int segment_reader_open(
    struct segment_reader *r, const char *folder, const struct segment *segment, struct err *e
);
/* The same for any file with a header of ours. */
MUST_CHECK int segment_reader_open_path(
    struct segment_reader *r, const char *path, struct file_header *header, struct err *e
);
void segment_reader_close(struct segment_reader *r);
/* *state is never FRAME_SHORT: a frame that the file's end cuts is bad. Does not move. */
MUST_CHECK int segment_reader_peek(
    struct segment_reader *r, enum frame_state *state, struct frame *frame, struct err *e
);
/* Behind the frame that was peeked and good, or over `bytes` when none was. */
void segment_reader_skip(struct segment_reader *r, size_t bytes);
/* Forgets what was read ahead, for a file that has grown. */
void segment_reader_refresh(struct segment_reader *r);
/* Looks through all that is left behind record `expected` - 1: *is_clean says that it is zeros,
 * *damage names a record that was written after `expected` had been synced (0: none). */
MUST_CHECK int segment_reader_tail(
    struct segment_reader *r, uint64_t expected, bool *is_clean, uint64_t *damage, struct err *e
);
