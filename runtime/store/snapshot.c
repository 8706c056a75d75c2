#include "store/snapshot.h"

#include "base/fault_points.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNNAMED "snapshot.new"
#define DIGITS 20

struct snapshot_writer {
    const struct disk *disk;
    char folder[DISK_PATH_MAX], path[DISK_PATH_MAX];
    int file;
    uint64_t sequence, end, slices;
    char *frame;
    size_t capacity;
};

int snapshot_path(char path[DISK_PATH_MAX], const char *folder, uint64_t sequence, struct err *e) {
    char name[64];
    snprintf(name, sizeof name, "snapshot-%020" PRIu64 ".snap", sequence);
    return disk_path(path, folder, name, e);
}

/* --- writing -------------------------------------------------------------------------------------
 */

static int writer_put(struct snapshot_writer *w, const void *bytes, size_t size, struct err *e) {
    int status = disk_write_all(w->disk, w->file, bytes, size, w->end);
    if (status != 0) {
        return disk_err(e, status, "cannot be written", w->path);
    }
    w->end += size;
    return 0;
}

static int frame_put(
    struct snapshot_writer *w, const void *bytes, size_t length, uint64_t count, struct err *e
) {
    size_t size = frame_bytes(length);
    if (size > w->capacity) {
        char *grown = realloc(w->frame, size);
        if (grown == NULL) {
            return err_set(e, E_MEMORY, "no memory for a slice of a snapshot");
        }
        w->frame = grown;
        w->capacity = size;
    }
    frame_start(w->frame, w->slices + 1, length);
    memcpy(w->frame + FRAME_HEADER_BYTES, bytes, length);
    frame_seal(w->frame, count);
    return writer_put(w, w->frame, size, e);
}

static int writer_begin(struct snapshot_writer *w, struct err *e) {
    int status = w->disk->remove(w->disk->ctx, w->path);
    if (status != 0 && status != -ENOENT) {
        return disk_err(e, status, "cannot be removed", w->path);
    }
    w->file = w->disk->open(w->disk->ctx, w->path, DISK_CREATE);
    if (w->file < 0) {
        return disk_err(e, w->file, "cannot be made", w->path);
    }
    struct file_header header = {STORE_SNAPSHOT, 0, w->sequence};
    char bytes[FILE_HEADER_BYTES];
    file_header_write(bytes, &header);
    return writer_put(w, bytes, sizeof bytes, e);
}

int snapshot_begin(
    struct snapshot_writer **out,
    const struct disk *disk,
    const char *folder,
    uint64_t sequence,
    struct err *e
) {
    struct snapshot_writer *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return err_set(e, E_MEMORY, "no memory for a snapshot");
    }
    w->disk = disk;
    w->file = -1;
    w->sequence = sequence;
    snprintf(w->folder, sizeof w->folder, "%s", folder);
    int code = sequence == 0 ? err_set(e, E_ARGUMENT, "a snapshot is of a record")
                             : disk_path(w->path, folder, UNNAMED, e);
    CRASH_POINT(SNAPSHOT_START_BEFORE);
    code = code != 0 ? code : writer_begin(w, e);
    CRASH_POINT(SNAPSHOT_START_AFTER);
    if (code != 0) {
        snapshot_abort(w);
        return code;
    }
    *out = w;
    return 0;
}

int snapshot_write(
    struct snapshot_writer *writer, const void *bytes, size_t length, struct err *e
) {
    if (length == 0 || length > FRAME_PAYLOAD_MAX) {
        return err_set(e, E_ARGUMENT, "a slice has 1 to %zu bytes", FRAME_PAYLOAD_MAX);
    }
    int code = frame_put(writer, bytes, length, 0, e);
    writer->slices += code == 0 ? 1 : 0;
    return code;
}

static int older_remove(const struct snapshot_writer *w, struct err *e) {
    uint64_t sequences[SNAPSHOT_LIST_MAX];
    int count = snapshot_list(w->disk, w->folder, sequences, e);
    for (int i = SNAPSHOTS_KEPT; i < count; i++) {
        char path[DISK_PATH_MAX];
        int code = snapshot_path(path, w->folder, sequences[i], e);
        int status = code == 0 ? w->disk->remove(w->disk->ctx, path) : 0;
        if (code != 0 || status != 0) {
            return code != 0 ? code : disk_err(e, status, "cannot be removed", path);
        }
    }
    return count < 0 ? count : 0;
}

static int writer_name(struct snapshot_writer *w, struct err *e) {
    char path[DISK_PATH_MAX];
    int code = snapshot_path(path, w->folder, w->sequence, e);
    if (code != 0) {
        return code;
    }
    int status = w->disk->sync(w->disk->ctx, w->file);
    if (status == 0) {
        CRASH_POINT(SNAPSHOT_RENAME_BEFORE);
        status = w->disk->rename(w->disk->ctx, w->path, path);
        CRASH_POINT(SNAPSHOT_RENAME_AFTER);
    }
    if (status == 0) {
        status = w->disk->sync_directory(w->disk->ctx, w->folder);
    }
    return status != 0 ? disk_err(e, status, "cannot be synced", path) : 0;
}

int snapshot_commit(struct snapshot_writer *writer, struct err *e) {
    if (writer->slices == 0) {
        snapshot_abort(writer);
        return err_set(e, E_STATE, "a snapshot without a slice");
    }
    /* Only the last frame has a count, in the place of `durable`. */
    int code = frame_put(writer, "end", 3, writer->slices, e);
    code = code != 0 ? code : writer_name(writer, e);
    if (code == 0) {
        writer->disk->close(writer->disk->ctx, writer->file);
        writer->file = -1;
        code = older_remove(writer, e);
    }
    snapshot_abort(writer);
    return code;
}

uint64_t snapshot_sequence(const struct snapshot_writer *writer) {
    return writer->sequence;
}

void snapshot_abort(struct snapshot_writer *writer) {
    if (writer->file >= 0) {
        writer->disk->close(writer->disk->ctx, writer->file);
        (void)writer->disk->remove(writer->disk->ctx, writer->path);
    }
    free(writer->frame);
    free(writer);
}

/* --- reading -------------------------------------------------------------------------------------
 */

struct listing {
    uint64_t *sequences;
    int count;
};

static void name_take(void *ctx, const char *name) {
    struct listing *l = ctx;
    uint64_t sequence = 0;
    size_t before = strlen("snapshot-");
    if (strncmp(name, "snapshot-", before) != 0 || strlen(name) != before + DIGITS + 5 ||
        strcmp(name + before + DIGITS, ".snap") != 0) {
        return;
    }
    for (size_t i = before; i < before + DIGITS; i++) {
        if (name[i] < '0' || name[i] > '9' ||
            __builtin_mul_overflow(sequence, UINT64_C(10), &sequence) ||
            __builtin_add_overflow(sequence, (uint64_t)(name[i] - '0'), &sequence)) {
            return;
        }
    }
    int at = l->count < SNAPSHOT_LIST_MAX ? l->count++ : SNAPSHOT_LIST_MAX - 1;
    for (; at > 0 && l->sequences[at - 1] < sequence; at--) {
        l->sequences[at] = l->sequences[at - 1];
    }
    l->sequences[at] = sequence;
}

int snapshot_list(
    const struct disk *disk, const char *folder, uint64_t out[SNAPSHOT_LIST_MAX], struct err *e
) {
    struct listing listing = {out, 0};
    int status = disk->list(disk->ctx, folder, &listing, name_take);
    if (status != 0 && status != -ENOENT) {
        return disk_err(e, status, "cannot be listed", folder);
    }
    return listing.count;
}

/* From the first slice to the last frame; with take NULL it only checks. */
static int slices_read(
    struct segment_reader *r,
    void *ctx,
    int (*take)(void *ctx, const char *bytes, size_t length, struct err *e),
    uint64_t *slices,
    struct err *e
) {
    for (*slices = 0;;) {
        enum frame_state state;
        struct frame frame;
        int code = segment_reader_peek(r, &state, &frame, e);
        if (code != 0) {
            return code;
        }
        if (state != FRAME_GOOD || frame.sequence != *slices + 1) {
            return err_set(
                e, E_DATA, "%s: slice %" PRIu64 " at byte %" PRIu64 " is %s", r->path, *slices + 1,
                r->offset, state == FRAME_END ? "missing" : "damaged"
            );
        }
        if (frame.durable != 0) {
            return frame.durable == *slices
                       ? 0
                       : err_set(e, E_DATA, "%s: its count of slices is wrong", r->path);
        }
        code = take != NULL ? take(ctx, frame.payload, frame.length, e) : 0;
        if (code != 0) {
            return code;
        }
        ++*slices;
        segment_reader_skip(r, frame_bytes(frame.length));
    }
}

static int
snapshot_open(struct segment_reader *r, const char *folder, uint64_t sequence, struct err *e) {
    struct file_header header;
    char path[DISK_PATH_MAX];
    int code = snapshot_path(path, folder, sequence, e);
    code = code != 0 ? code : segment_reader_open_path(r, path, &header, e);
    if (code == 0 && (header.kind != STORE_SNAPSHOT || header.first != sequence)) {
        code = err_set(e, E_DATA, "%s: its header is that of another file", path);
    }
    return code;
}

int snapshot_slices(
    const struct disk *disk,
    const char *folder,
    uint64_t sequence,
    void *ctx,
    int (*take)(void *ctx, const char *bytes, size_t length, struct err *e),
    uint64_t *slices,
    struct err *e
) {
    struct segment_reader r;
    segment_reader_init(&r, disk);
    int code = snapshot_open(&r, folder, sequence, e);
    code = code != 0 ? code : slices_read(&r, ctx, take, slices, e);
    segment_reader_free(&r);
    return code;
}

int snapshot_check(
    const struct disk *disk, const char *folder, uint64_t sequence, uint64_t *slices, struct err *e
) {
    return snapshot_slices(disk, folder, sequence, NULL, NULL, slices, e);
}

int snapshot_read(
    const struct disk *disk,
    const char *folder,
    void *ctx,
    int (*take)(void *ctx, const char *bytes, size_t length, struct err *e),
    struct snapshot_report *report,
    struct err *e
) {
    uint64_t sequences[SNAPSHOT_LIST_MAX];
    memset(report, 0, sizeof *report);
    int count = snapshot_list(disk, folder, sequences, e);
    int code = count < 0 ? count : 0;
    for (int i = 0; report->sequence == 0 && i < count; i++) {
        if (snapshot_check(disk, folder, sequences[i], &report->slices, e) == 0) {
            report->sequence = sequences[i];
        } else {
            report->last_fault = *e;
            report->broken++;
        }
    }
    if (report->sequence != 0) {
        code = snapshot_slices(disk, folder, report->sequence, ctx, take, &report->slices, e);
    }
    return code;
}
