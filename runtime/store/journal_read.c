#include "store/journal_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HOW_TO_RECOVER                                                                             \
    "Copy the folder away and see `tradingboost journal verify`; `tradingboost journal cut --at "  \
    "%" PRIu64 "` drops this record and all behind it"

struct reading {
    struct segment_reader reader;
    const char *folder;
    uint64_t from, expected;
    void *ctx;
    int (*take)(void *ctx, const struct journal_record *record, struct err *e);
    struct journal_report *report;
};

static int damage(const struct reading *r, struct err *e, const char *what) {
    return err_set(
        e, E_DATA, "%s: record %" PRIu64 " at byte %" PRIu64 ": %s. " HOW_TO_RECOVER,
        r->reader.path, r->expected, r->reader.offset, what, r->expected
    );
}

/* The next frame of the segment; *is_end when it ends here, which is an error before `limit`. */
static int
frame_next(struct reading *r, struct frame *frame, uint64_t limit, bool *is_end, struct err *e) {
    enum frame_state state;
    int code = segment_reader_peek(&r->reader, &state, frame, e);
    if (code != 0) {
        return code;
    }
    *is_end = state != FRAME_GOOD;
    if (state == FRAME_GOOD && frame->sequence != r->expected) {
        char text[96];
        snprintf(text, sizeof text, "record %" PRIu64 " is in its place", frame->sequence);
        return damage(r, e, text);
    }
    if (*is_end && limit != UINT64_MAX) {
        return damage(r, e, state == FRAME_END ? "it is missing" : "its checksum is wrong");
    }
    return 0;
}

static int frame_take(struct reading *r, const struct frame *frame, struct err *e) {
    struct journal_report *report = r->report;
    report->durable = frame->durable > report->durable ? frame->durable : report->durable;
    report->last = frame->sequence;
    if (frame->sequence < r->from) {
        return 0;
    }
    report->records++;
    report->bytes += frame->length;
    struct journal_record record = {frame->sequence, frame->payload, frame->length};
    return r->take != NULL ? r->take(r->ctx, &record, e) : 0;
}

static int tail_look(struct reading *r, struct err *e) {
    struct journal_report *report = r->report;
    report->segment_end = r->reader.offset;
    bool is_clean;
    uint64_t later;
    int code = segment_reader_tail(&r->reader, r->expected, &is_clean, &later, e);
    if (code != 0) {
        return code;
    }
    r->reader.offset = report->segment_end;
    if (later != 0) {
        char text[96];
        snprintf(text, sizeof text, "it is damaged, and record %" PRIu64 " follows", later);
        return damage(r, e, text);
    }
    if (!is_clean) {
        (void)err_set(
            &report->torn, E_DATA,
            "%s: record %" PRIu64 " at byte %" PRIu64 " was not written whole: it is cut",
            r->reader.path, r->expected, report->segment_end
        );
    }
    return 0;
}

/* limit: the first sequence of the next segment; UINT64_MAX in the last. */
static int
segment_read(struct reading *r, const struct segment *segment, uint64_t limit, struct err *e) {
    if (segment->first == limit) {
        return 0; /* all of it was written again */
    }
    int code = segment_reader_open(&r->reader, r->folder, segment, e);
    if (code != 0) {
        return code;
    }
    r->expected = segment->first;
    while (r->expected < limit) {
        struct frame frame;
        bool is_end;
        code = frame_next(r, &frame, limit, &is_end, e);
        if (code != 0) {
            return code;
        }
        if (is_end) {
            break;
        }
        code = frame_take(r, &frame, e);
        if (code != 0) {
            return code;
        }
        r->expected++;
        segment_reader_skip(&r->reader, frame_bytes(frame.length));
    }
    return limit == UINT64_MAX ? tail_look(r, e) : 0;
}

static int
start_find(const struct reading *r, const struct segment_list *list, size_t *start, struct err *e) {
    *start = 0;
    if (r->from == 0) {
        return 0;
    }
    uint64_t oldest = list->segments[0].first;
    if (r->from < oldest) {
        return err_set(
            e, E_DATA, "%s: records %" PRIu64 " to %" PRIu64 " are gone", r->folder, r->from,
            oldest - 1
        );
    }
    while (*start + 1 < list->count && list->segments[*start + 1].first <= r->from) {
        ++*start;
    }
    return 0;
}

static int segments_read(struct reading *r, const struct segment_list *list, struct err *e) {
    struct journal_report *report = r->report;
    const struct segment *last = &list->segments[list->count - 1];
    size_t start;
    int code = start_find(r, list, &start, e);
    report->has_segment = true;
    report->segment = *last;
    report->durable = last->first - 1;
    report->last = list->segments[start].first - 1;
    for (size_t i = start; code == 0 && i < list->count; i++) {
        bool is_last = i + 1 == list->count;
        uint64_t limit = is_last ? UINT64_MAX : list->segments[i + 1].first;
        code = segment_read(r, &list->segments[i], limit, e);
    }
    uint64_t oldest = list->segments[0].first;
    report->oldest = report->last >= oldest ? oldest : 0;
    return code;
}

int journal_read(
    const struct disk *disk,
    const char *folder,
    uint64_t from,
    void *ctx,
    int (*take)(void *ctx, const struct journal_record *record, struct err *e),
    struct journal_report *report,
    struct err *e
) {
    memset(report, 0, sizeof *report);
    struct reading r = {.folder = folder, .from = from, .ctx = ctx, .take = take, .report = report};
    struct segment_list list;
    int code = segment_list_read(disk, folder, &list, e);
    if (code != 0) {
        return code;
    }
    segment_reader_init(&r.reader, disk);
    report->segment_index = list.count > 0 ? list.segments[list.count - 1].index : 0;
    if (list.count > 0) {
        code = segments_read(&r, &list, e);
    }
    if (code == 0 && from > report->last + 1) {
        code = err_set(
            e, E_DATA, "%s: the journal ends with record %" PRIu64 ", %" PRIu64 " was looked for",
            folder, report->last, from
        );
    }
    segment_reader_free(&r.reader);
    segment_list_free(&list);
    return code;
}
