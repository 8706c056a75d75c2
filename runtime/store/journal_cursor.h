/* journal_cursor: a reader that follows a journal while it grows, from one record to the next, up
 * to what is durable. It reads the files, so that a reader that is away for a while costs no
 * memory. One thread a cursor; a record's bytes are borrowed until the next call. */
#pragma once

#include "store/journal_read.h"

struct journal_cursor {
    const struct disk *disk;
    char folder[DISK_PATH_MAX];
    struct segment_reader reader;
    struct segment segment;
    uint64_t next;  /* sequence of the record that comes next */
    size_t pending; /* bytes of the frame that was handed out last */
};

void journal_cursor_init(struct journal_cursor *c, const struct disk *disk, const char *folder);
void journal_cursor_free(struct journal_cursor *c);

/* The next record will be `next`, or the oldest kept when that is newer (c->next says which). No
 * journal yet is no error. */
MUST_CHECK int journal_cursor_seek(struct journal_cursor *c, uint64_t next, struct err *e);

/* *is_there is false when the next record is behind `durable`. E_DATA: it is damaged or missing. */
MUST_CHECK int journal_cursor_next(
    struct journal_cursor *c,
    uint64_t durable,
    struct journal_record *record,
    bool *is_there,
    struct err *e
);
