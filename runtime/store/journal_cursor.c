#include "store/journal_cursor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void journal_cursor_init(struct journal_cursor *c, const struct disk *disk, const char *folder) {
    memset(c, 0, sizeof *c);
    c->disk = disk;
    snprintf(c->folder, sizeof c->folder, "%s", folder);
    segment_reader_init(&c->reader, disk);
}

void journal_cursor_free(struct journal_cursor *c) {
    segment_reader_free(&c->reader);
}

/* Opens the segment that holds c->next and walks up to it. */
static int segment_enter(struct journal_cursor *c, const struct segment *segment, struct err *e) {
    int code = segment_reader_open(&c->reader, c->folder, segment, e);
    c->segment = *segment;
    c->pending = 0;
    for (uint64_t at = segment->first; code == 0 && at < c->next; at++) {
        enum frame_state state;
        struct frame frame;
        code = segment_reader_peek(&c->reader, &state, &frame, e);
        if (code == 0 && (state != FRAME_GOOD || frame.sequence != at)) {
            code = err_set(e, E_DATA, "%s: record %" PRIu64 " is missing", c->reader.path, at);
        }
        if (code == 0) {
            segment_reader_skip(&c->reader, frame_bytes(frame.length));
        }
    }
    return code;
}

/* The last segment that begins at or before c->next; *is_found false when there is none newer than
 * the one that is open. */
static int segment_find(struct journal_cursor *c, bool *is_found, struct err *e) {
    struct segment_list list;
    *is_found = false;
    int code = segment_list_read(c->disk, c->folder, &list, e);
    if (code != 0) {
        return code;
    }
    if (list.count > 0 && list.segments[0].first > c->next) {
        c->next = list.segments[0].first;
    }
    size_t i = list.count;
    while (i > 0 && list.segments[i - 1].first > c->next) {
        i--;
    }
    bool is_newer = i > 0 && (c->reader.file < 0 || list.segments[i - 1].index > c->segment.index);
    if (is_newer) {
        *is_found = true;
        code = segment_enter(c, &list.segments[i - 1], e);
    }
    segment_list_free(&list);
    return code;
}

int journal_cursor_seek(struct journal_cursor *c, uint64_t next, struct err *e) {
    bool is_found;
    segment_reader_close(&c->reader);
    c->next = next > 0 ? next : 1;
    int code = segment_find(c, &is_found, e);
    if (code != 0) {
        segment_reader_close(&c->reader);
    }
    return code;
}

static int frame_at(struct journal_cursor *c, struct frame *frame, bool *is_good, struct err *e) {
    enum frame_state state = FRAME_END;
    *is_good = false;
    if (c->reader.file < 0) {
        return 0;
    }
    int code = segment_reader_peek(&c->reader, &state, frame, e);
    *is_good = code == 0 && state == FRAME_GOOD && frame->sequence == c->next;
    return code;
}

int journal_cursor_next(
    struct journal_cursor *c,
    uint64_t durable,
    struct journal_record *record,
    bool *is_there,
    struct err *e
) {
    *is_there = false;
    if (c->pending > 0) {
        segment_reader_skip(&c->reader, c->pending);
        c->pending = 0;
    }
    if (c->next > durable) {
        return 0;
    }
    struct frame frame;
    bool is_good;
    int code = frame_at(c, &frame, &is_good, e);
    if (code == 0 && !is_good) {
        /* What was read ahead may be older than the record. */
        segment_reader_refresh(&c->reader);
        code = frame_at(c, &frame, &is_good, e);
    }
    if (code == 0 && !is_good) {
        bool is_found;
        code = segment_find(c, &is_found, e);
        code = code != 0 ? code : frame_at(c, &frame, &is_good, e);
    }
    if (code == 0 && !is_good) {
        code = err_set(e, E_DATA, "%s: record %" PRIu64 " is missing", c->folder, c->next);
    }
    if (code != 0) {
        segment_reader_close(&c->reader); /* the next call looks for it anew */
        return code;
    }
    *record = (struct journal_record){frame.sequence, frame.payload, frame.length};
    *is_there = true;
    c->next++;
    c->pending = frame_bytes(frame.length);
    return 0;
}
