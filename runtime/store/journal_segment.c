#include "base/fault_points.h"
#include "store/journal_parts.h"

#include <errno.h>
#include <string.h>

static int header_put(struct journal *j, struct segment_writer *s, struct err *e) {
    const struct disk *disk = j->options.disk;
    struct file_header header = {STORE_JOURNAL, s->segment.index, s->segment.first};
    char bytes[FILE_HEADER_BYTES];
    file_header_write(bytes, &header);
    int status = disk->allocate(disk->ctx, s->file, j->options.segment_bytes);
    if (status != 0 && status != -EOPNOTSUPP) {
        return disk_err(e, status, "no room can be set aside", s->path);
    }
    status = disk_write_all(disk, s->file, bytes, sizeof bytes, 0);
    return status != 0 ? disk_err(e, status, "cannot be written", s->path) : 0;
}

int segment_make(struct journal *j, struct err *e) {
    const struct disk *disk = j->options.disk;
    struct segment_writer *s = &j->segment;
    /* A number is used once, whatever becomes of its file. */
    s->segment = (struct segment){++j->segment_index, atomic_load(&j->durable) + 1, false};
    s->is_named = false;
    int code = disk_path(s->path, j->folder, SEGMENT_UNNAMED, e);
    if (code != 0) {
        return code;
    }
    int status = disk->remove(disk->ctx, s->path);
    if (status != 0 && status != -ENOENT) {
        return disk_err(e, status, "cannot be removed", s->path);
    }
    s->file = disk->open(disk->ctx, s->path, DISK_CREATE);
    if (s->file < 0) {
        return disk_err(e, s->file, "cannot be made", s->path);
    }
    s->end = s->durable_end = FILE_HEADER_BYTES;
    return header_put(j, s, e);
}

int segment_name(struct journal *j, struct err *e) {
    const struct disk *disk = j->options.disk;
    struct segment_writer *s = &j->segment;
    char path[DISK_PATH_MAX];
    int code = segment_path(path, j->folder, &s->segment, e);
    if (code != 0) {
        return code;
    }
    CRASH_POINT(SEGMENT_BEFORE);
    int status = disk->sync(disk->ctx, s->file);
    if (status == 0) {
        status = disk->rename(disk->ctx, s->path, path);
    }
    if (status == 0) {
        memcpy(s->path, path, sizeof path);
        status = disk->sync_directory(disk->ctx, j->folder);
    }
    if (status != 0) {
        return disk_err(e, status, "cannot be synced", s->path);
    }
    CRASH_POINT(SEGMENT_AFTER);
    s->is_named = true;
    s->durable_end = s->end;
    return 0;
}

int segment_begin(struct journal *j, struct err *e) {
    int code = segment_make(j, e);
    return code != 0 ? code : segment_name(j, e);
}

int segment_write(struct journal *j, const char *bytes, size_t size, struct err *e) {
    struct segment_writer *s = &j->segment;
    CRASH_POINT(WRITE_BEFORE);
    int status = disk_write_all(j->options.disk, s->file, bytes, size, s->end);
    CRASH_POINT(WRITE_AFTER);
    if (status != 0) {
        return disk_err(e, status, "cannot be written", s->path);
    }
    s->end += size;
    return 0;
}

int segment_sync(struct journal *j, struct err *e) {
    struct segment_writer *s = &j->segment;
    CRASH_POINT(SYNC_BEFORE);
    int status = j->options.disk->sync(j->options.disk->ctx, s->file);
    CRASH_POINT(SYNC_AFTER);
    if (status != 0) {
        return disk_err(e, status, "cannot be synced", s->path);
    }
    s->durable_end = s->end;
    return 0;
}

void segment_end(struct journal *j) {
    struct segment_writer *s = &j->segment;
    const struct disk *disk = j->options.disk;
    if (s->file < 0) {
        return;
    }
    bool is_empty = !s->is_named || s->durable_end == FILE_HEADER_BYTES;
    if (!is_empty && disk->truncate(disk->ctx, s->file, s->durable_end) == 0) {
        (void)disk->sync(disk->ctx, s->file);
    }
    disk->close(disk->ctx, s->file);
    if (is_empty) {
        (void)disk->remove(disk->ctx, s->path);
    }
    s->file = -1;
}
