#include "store/archive.h"

#include "base/fault_points.h"

#define DAY_NS (INT64_C(86400) * 1000000000)

/* What a start from the oldest snapshot needs stays; without a snapshot that is everything. */
static int
passed_limit(const struct disk *disk, const char *folder, uint64_t *passed, struct err *e) {
    uint64_t sequences[SNAPSHOT_LIST_MAX];
    int count = snapshot_list(disk, folder, sequences, e);
    if (count < 0) {
        return count;
    }
    int used = count < SNAPSHOTS_KEPT ? count : SNAPSHOTS_KEPT;
    uint64_t oldest = used > 0 ? sequences[used - 1] : 0;
    *passed = oldest < *passed ? oldest : *passed;
    return 0;
}

static int segment_archive(
    const struct disk *disk, const char *folder, const struct segment *segment, struct err *e
) {
    char from[DISK_PATH_MAX], to[DISK_PATH_MAX], archive[DISK_PATH_MAX];
    struct segment archived = *segment;
    archived.is_archived = true;
    int code = segment_path(from, folder, segment, e);
    code = code != 0 ? code : segment_path(to, folder, &archived, e);
    code = code != 0 ? code : disk_path(archive, folder, ARCHIVE_FOLDER, e);
    if (code != 0) {
        return code;
    }
    int status = disk->make_directory(disk->ctx, archive);
    CRASH_POINT(ARCHIVE_BEFORE);
    status = status != 0 ? status : disk->rename(disk->ctx, from, to);
    CRASH_POINT(ARCHIVE_AFTER);
    status = status != 0 ? status : disk->sync_directory(disk->ctx, archive);
    status = status != 0 ? status : disk->sync_directory(disk->ctx, folder);
    return status != 0 ? disk_err(e, status, "cannot be archived", from) : 0;
}

/* 1: deleted, 0: it stays. */
static int segment_delete_old(
    const struct disk *disk,
    const char *folder,
    const struct segment *segment,
    int64_t before_ns,
    struct err *e
) {
    char path[DISK_PATH_MAX];
    int code = segment_path(path, folder, segment, e);
    if (code != 0) {
        return code;
    }
    int file = disk->open(disk->ctx, path, DISK_READ);
    if (file < 0) {
        return disk_err(e, file, "cannot be opened", path);
    }
    uint64_t size;
    int64_t modified_ns;
    int status = disk->facts(disk->ctx, file, &size, &modified_ns);
    disk->close(disk->ctx, file);
    if (status == 0 && modified_ns >= before_ns) {
        return 0;
    }
    CRASH_POINT(DELETE_BEFORE);
    status = status != 0 ? status : disk->remove(disk->ctx, path);
    CRASH_POINT(DELETE_AFTER);
    return status != 0 ? disk_err(e, status, "cannot be removed", path) : 1;
}

int journal_archive(
    const struct disk *disk,
    const char *folder,
    uint64_t passed,
    const struct archive_keep *keep,
    int64_t now_ns,
    struct archive_report *report,
    struct err *e
) {
    *report = (struct archive_report){0};
    struct segment_list list;
    int code = passed_limit(disk, folder, &passed, e);
    code = code != 0 ? code : segment_list_read(disk, folder, &list, e);
    if (code != 0) {
        return code;
    }
    int archived = 0;
    for (size_t i = 0; code == 0 && i + 1 < list.count; i++) {
        struct segment *s = &list.segments[i];
        if (!s->is_archived && list.segments[i + 1].first <= passed + 1) {
            code = segment_archive(disk, folder, s, e);
            s->is_archived = code == 0;
            report->archived += code == 0;
        }
        archived += s->is_archived;
    }
    int surplus = keep->segments < 0 ? 0 : archived - keep->segments;
    int64_t before_ns = now_ns - keep->days * DAY_NS;
    /* The oldest first, and none behind one that stays: the journal has no holes. */
    for (size_t i = 0; code == 0 && surplus > 0 && list.segments[i].is_archived; i++, surplus--) {
        int deleted = segment_delete_old(disk, folder, &list.segments[i], before_ns, e);
        code = deleted < 0 ? deleted : 0;
        report->deleted += deleted > 0;
        if (deleted <= 0) {
            break;
        }
    }
    segment_list_free(&list);
    return code;
}
