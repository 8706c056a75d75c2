#include "store/journal_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDEX_DIGITS 8
#define FIRST_DIGITS 20

struct listing {
    struct segment_list *list;
    bool is_archived;
    int code;
};

static bool digits_read(const char *text, int count, uint64_t *out) {
    *out = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(*out, UINT64_C(10), out) ||
            __builtin_add_overflow(*out, (uint64_t)(text[i] - '0'), out)) {
            return false;
        }
    }
    return true;
}

static bool name_read(const char *name, struct segment *out) {
    return strlen(name) == INDEX_DIGITS + 1 + FIRST_DIGITS + strlen(SEGMENT_SUFFIX) &&
           digits_read(name, INDEX_DIGITS, &out->index) && name[INDEX_DIGITS] == '-' &&
           digits_read(name + INDEX_DIGITS + 1, FIRST_DIGITS, &out->first) &&
           strcmp(name + INDEX_DIGITS + 1 + FIRST_DIGITS, SEGMENT_SUFFIX) == 0 && out->index > 0 &&
           out->first > 0;
}

static void name_take(void *ctx, const char *name) {
    struct listing *l = ctx;
    struct segment segment = {.is_archived = l->is_archived};
    if (l->code != 0 || !name_read(name, &segment)) {
        return;
    }
    struct segment_list *list = l->list;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        struct segment *grown = realloc(list->segments, capacity * sizeof *grown);
        if (grown == NULL || capacity > SEGMENTS_MAX) {
            list->segments = grown != NULL ? grown : list->segments;
            l->code = E_MEMORY;
            return;
        }
        list->segments = grown;
        list->capacity = capacity;
    }
    list->segments[list->count++] = segment;
}

static int by_index(const void *a, const void *b) {
    uint64_t left = ((const struct segment *)a)->index;
    uint64_t right = ((const struct segment *)b)->index;
    return (left > right) - (left < right);
}

/* Where one begins before another of a lower index, a hand has mixed two journals. */
static int order_check(const struct segment_list *list, const char *folder, struct err *e) {
    for (size_t i = 1; i < list->count; i++) {
        const struct segment *a = &list->segments[i - 1], *b = &list->segments[i];
        if (a->index == b->index || a->first > b->first) {
            return err_set(
                e, E_DATA,
                "%s: segments %" PRIu64 " (from record %" PRIu64 ") and %" PRIu64
                " (from record %" PRIu64 ") are not of one journal",
                folder, a->index, a->first, b->index, b->first
            );
        }
    }
    return 0;
}

int segment_list_read(
    const struct disk *disk, const char *folder, struct segment_list *out, struct err *e
) {
    *out = (struct segment_list){0};
    char archive[DISK_PATH_MAX];
    int code = disk_path(archive, folder, ARCHIVE_FOLDER, e);
    const char *folders[] = {archive, folder};
    struct listing listing = {.list = out};
    for (int i = 0; code == 0 && i < 2; i++) {
        listing.is_archived = i == 0;
        int status = disk->list(disk->ctx, folders[i], &listing, name_take);
        if (status != 0 && status != -ENOENT) {
            code = disk_err(e, status, "cannot be listed", folders[i]);
        } else if (listing.code != 0) {
            code = err_set(e, listing.code, "%s: too many segments", folders[i]);
        }
    }
    if (code == 0 && out->count > 0) {
        qsort(out->segments, out->count, sizeof out->segments[0], by_index);
        code = order_check(out, folder, e);
    }
    if (code != 0) {
        segment_list_free(out);
    }
    return code;
}

void segment_list_free(struct segment_list *list) {
    free(list->segments);
    *list = (struct segment_list){0};
}

int segment_path(
    char path[DISK_PATH_MAX], const char *folder, const struct segment *segment, struct err *e
) {
    char name[64];
    snprintf(
        name, sizeof name, "%s%08" PRIu64 "-%020" PRIu64 SEGMENT_SUFFIX,
        segment->is_archived ? ARCHIVE_FOLDER "/" : "", segment->index, segment->first
    );
    return disk_path(path, folder, name, e);
}
