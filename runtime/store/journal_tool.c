#include "store/journal_tool.h"

#include "store/snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define COPY_BYTES 65536

/* --- verify --------------------------------------------------------------------------------------
 */

struct walk {
    uint64_t before; /* ends in front of this record */
    uint64_t last, records, bytes;
};

static int walk_take(void *ctx, const struct journal_record *record, struct err *e) {
    struct walk *w = ctx;
    w->last = record->sequence;
    w->records++;
    w->bytes += record->length;
    return record->sequence + 1 == w->before ? err_set(e, E_INTERRUPTED, "the next segment") : 0;
}

static int segment_verify(
    const struct disk *disk,
    const char *folder,
    const struct segment_list *list,
    size_t i,
    struct buffer *out,
    struct journal_verdict *verdict
) {
    const struct segment *s = &list->segments[i];
    struct walk walk = {.before = i + 1 < list->count ? list->segments[i + 1].first : UINT64_MAX};
    struct journal_report report;
    struct err err = {0};
    char path[DISK_PATH_MAX];
    int code = segment_path(path, folder, s, &err);
    buffer_appendf(out, "%s: ", path);
    if (code == 0 && walk.before == s->first) {
        buffer_append_text(out, "written again in the next\n");
        return 0;
    }
    code = code != 0 ? code : journal_read(disk, folder, s->first, &walk, walk_take, &report, &err);
    verdict->records += walk.records;
    verdict->bytes += walk.bytes;
    verdict->last = walk.records > 0 ? walk.last : verdict->last;
    verdict->oldest = verdict->oldest == 0 && walk.records > 0 ? s->first : verdict->oldest;
    if (walk.records > 0) {
        buffer_appendf(out, "records %" PRIu64 " to %" PRIu64, s->first, walk.last);
    } else {
        buffer_append_text(out, "no record");
    }
    if (code == E_DATA || code == E_VERSION) {
        verdict->faults++;
        verdict->cut_at = verdict->cut_at == 0 ? s->first + walk.records : verdict->cut_at;
        buffer_appendf(out, ", then: %s\n", err.msg);
        return 0;
    }
    if (code != 0 && code != E_INTERRUPTED) {
        buffer_appendf(out, ", then: %s\n", err.msg);
        return code;
    }
    bool is_torn = code == 0 && report.torn.code != 0;
    verdict->is_torn = verdict->is_torn || is_torn;
    buffer_appendf(out, "%s%s\n", is_torn ? ", then: " : "", is_torn ? report.torn.msg : "");
    return 0;
}

static int snapshots_verify(
    const struct disk *disk,
    const char *folder,
    struct buffer *out,
    struct journal_verdict *verdict,
    struct err *e
) {
    uint64_t sequences[SNAPSHOT_LIST_MAX];
    int count = snapshot_list(disk, folder, sequences, e);
    for (int i = count - 1; i >= 0; i--) {
        char path[DISK_PATH_MAX];
        struct err fault = {0};
        uint64_t slices;
        int code = snapshot_path(path, folder, sequences[i], e);
        if (code != 0) {
            return code;
        }
        code = snapshot_check(disk, folder, sequences[i], &slices, &fault);
        if (code == E_IO || code == E_MEMORY) {
            *e = fault;
            return code;
        }
        verdict->snapshots += code == 0;
        if (code == 0) {
            buffer_appendf(
                out, "%s: the state after record %" PRIu64 "%s\n", path, sequences[i],
                sequences[i] > verdict->last ? ", which the journal does not have" : ""
            );
            verdict->faults += sequences[i] > verdict->last;
        } else {
            buffer_appendf(out, "%s: broken, the older one is used: %s\n", path, fault.msg);
        }
    }
    return count < 0 ? count : 0;
}

int journal_verify(
    const struct disk *disk,
    const char *folder,
    struct buffer *out,
    struct journal_verdict *verdict,
    struct err *e
) {
    *verdict = (struct journal_verdict){0};
    struct segment_list list;
    int code = segment_list_read(disk, folder, &list, e);
    if (code == E_DATA) {
        verdict->faults = 1;
        buffer_appendf(out, "%s\n", e->msg);
        return 0;
    }
    verdict->segments = (int)list.count;
    for (size_t i = 0; code == 0 && i < list.count; i++) {
        code = segment_verify(disk, folder, &list, i, out, verdict);
        if (code != 0) {
            code = err_set(e, code, "%s could not be read to the end", folder);
        }
    }
    segment_list_free(&list);
    return code != 0 ? code : snapshots_verify(disk, folder, out, verdict, e);
}

/* --- cut -----------------------------------------------------------------------------------------
 */

struct cutting {
    const struct disk *disk;
    const char *folder;
    struct buffer *out;
};

static int aside_put(const struct cutting *c, const char *path, struct err *e) {
    char aside[DISK_PATH_MAX + 8];
    snprintf(aside, sizeof aside, "%s.cut", path);
    int status = c->disk->rename(c->disk->ctx, path, aside);
    if (status != 0) {
        return disk_err(e, status, "cannot be put aside", path);
    }
    buffer_appendf(c->out, "%s is now %s\n", path, aside);
    return 0;
}

static int bytes_copy(const struct cutting *c, int from, int to, struct err *e) {
    char bytes[COPY_BYTES];
    for (uint64_t offset = 0;;) {
        int64_t n = disk_read_all(c->disk, from, bytes, sizeof bytes, offset);
        int status = n > 0 ? disk_write_all(c->disk, to, bytes, (size_t)n, offset) : (int)n;
        if (status != 0) {
            return err_set(e, E_IO, "the segment cannot be copied: error %d", -status);
        }
        if (n == 0) {
            break;
        }
        offset += (uint64_t)n;
    }
    int status = c->disk->sync(c->disk->ctx, to);
    return status != 0 ? err_set(e, E_IO, "the copy cannot be synced: error %d", -status) : 0;
}

static int copy_make(const struct cutting *c, const char *path, int file, struct err *e) {
    char aside[DISK_PATH_MAX + 8];
    snprintf(aside, sizeof aside, "%s.cut", path);
    int status = c->disk->remove(c->disk->ctx, aside);
    int copy =
        status == 0 || status == -ENOENT ? c->disk->open(c->disk->ctx, aside, DISK_CREATE) : status;
    if (copy < 0) {
        return disk_err(e, copy, "cannot be made", aside);
    }
    int code = bytes_copy(c, file, copy, e);
    c->disk->close(c->disk->ctx, copy);
    if (code == 0) {
        buffer_appendf(c->out, "%s is kept as %s\n", path, aside);
    }
    return code;
}

static int segment_cut(
    const struct cutting *c, const struct segment *segment, uint64_t offset, struct err *e
) {
    char path[DISK_PATH_MAX];
    int code = segment_path(path, c->folder, segment, e);
    if (code != 0) {
        return code;
    }
    int file = c->disk->open(c->disk->ctx, path, DISK_WRITE);
    if (file < 0) {
        return disk_err(e, file, "cannot be opened", path);
    }
    code = copy_make(c, path, file, e);
    if (code == 0) {
        int status = c->disk->truncate(c->disk->ctx, file, offset);
        status = status != 0 ? status : c->disk->sync(c->disk->ctx, file);
        code = status != 0 ? disk_err(e, status, "cannot be cut", path) : 0;
    }
    c->disk->close(c->disk->ctx, file);
    if (code == 0) {
        buffer_appendf(c->out, "%s was cut at byte %" PRIu64 "\n", path, offset);
    }
    return code;
}

/* Where record `at` begins in its segment. */
static int offset_find(
    const struct cutting *c,
    const struct segment *segment,
    uint64_t at,
    uint64_t *offset,
    struct err *e
) {
    struct segment_reader r;
    segment_reader_init(&r, c->disk);
    int code = segment_reader_open(&r, c->folder, segment, e);
    for (uint64_t next = segment->first; code == 0 && next < at; next++) {
        enum frame_state state;
        struct frame frame;
        code = segment_reader_peek(&r, &state, &frame, e);
        if (code == 0 && (state != FRAME_GOOD || frame.sequence != next)) {
            code = err_set(
                e, state == FRAME_END ? E_NOT_FOUND : E_DATA,
                "%s: record %" PRIu64 " is %s, so the cut can be at %" PRIu64 " or before", r.path,
                next, state == FRAME_END ? "not there" : "damaged", next
            );
        }
        if (code == 0) {
            segment_reader_skip(&r, frame_bytes(frame.length));
        }
    }
    *offset = r.offset;
    segment_reader_free(&r);
    return code;
}

static int snapshots_cut(const struct cutting *c, uint64_t at, struct err *e) {
    uint64_t sequences[SNAPSHOT_LIST_MAX];
    int count = snapshot_list(c->disk, c->folder, sequences, e);
    for (int i = 0; i < count && sequences[i] >= at; i++) {
        char path[DISK_PATH_MAX];
        int code = snapshot_path(path, c->folder, sequences[i], e);
        code = code != 0 ? code : aside_put(c, path, e);
        if (code != 0) {
            return code;
        }
    }
    return count < 0 ? count : 0;
}

/* The last ones first: stopped at any point, what is left is a journal that can be cut again. */
static int
segments_cut(const struct cutting *c, const struct segment_list *list, uint64_t at, struct err *e) {
    size_t keep = list->count;
    while (keep > 0 && list->segments[keep - 1].first > at) {
        keep--;
    }
    if (keep == 0) {
        return err_set(
            e, E_NOT_FOUND, "%s: the journal has no record %" PRIu64 "%s", c->folder, at,
            list->count > 0 ? ": it begins later" : ""
        );
    }
    const struct segment *cut = &list->segments[keep - 1];
    uint64_t offset = 0;
    int code = cut->first < at ? offset_find(c, cut, at, &offset, e) : 0;
    keep -= cut->first == at ? 1 : 0;
    for (size_t i = list->count; code == 0 && i > keep; i--) {
        char path[DISK_PATH_MAX];
        code = segment_path(path, c->folder, &list->segments[i - 1], e);
        code = code != 0 ? code : aside_put(c, path, e);
    }
    return code == 0 && cut->first < at ? segment_cut(c, cut, offset, e) : code;
}

int journal_cut(
    const struct disk *disk, const char *folder, uint64_t at, struct buffer *out, struct err *e
) {
    struct cutting c = {disk, folder, out};
    struct segment_list list;
    int code = at == 0 ? err_set(e, E_ARGUMENT, "records are counted from 1") : 0;
    code = code != 0 ? code : segment_list_read(disk, folder, &list, e);
    if (code != 0) {
        return code;
    }
    code = segments_cut(&c, &list, at, e);
    segment_list_free(&list);
    code = code != 0 ? code : snapshots_cut(&c, at, e);
    int status = code == 0 ? disk->sync_directory(disk->ctx, folder) : 0;
    return status != 0 ? disk_err(e, status, "cannot be synced", folder) : code;
}
