#include "store/journal_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES ((size_t)256 << 10)

void segment_reader_init(struct segment_reader *r, const struct disk *disk) {
    memset(r, 0, sizeof *r);
    r->disk = disk;
    r->file = -1;
}

void segment_reader_close(struct segment_reader *r) {
    if (r->file >= 0) {
        r->disk->close(r->disk->ctx, r->file);
    }
    r->file = -1;
    r->start = r->end = 0;
    r->offset = 0;
}

void segment_reader_free(struct segment_reader *r) {
    segment_reader_close(r);
    free(r->buffer);
    r->buffer = NULL;
    r->capacity = 0;
}

/* At least `need` bytes in the buffer, or all there are. */
static int reader_fill(struct segment_reader *r, size_t need, struct err *e) {
    if (r->end - r->start >= need) {
        return 0;
    }
    if (r->end > r->start) {
        memmove(r->buffer, r->buffer + r->start, r->end - r->start);
    }
    r->end -= r->start;
    r->start = 0;
    if (need > r->capacity) {
        size_t capacity = need > BUFFER_BYTES ? need : BUFFER_BYTES;
        char *grown = realloc(r->buffer, capacity);
        if (grown == NULL) {
            return err_set(e, E_MEMORY, "no memory to read %s", r->path);
        }
        r->buffer = grown;
        r->capacity = capacity;
    }
    int64_t n = disk_read_all(
        r->disk, r->file, r->buffer + r->end, r->capacity - r->end, r->offset + r->end
    );
    if (n < 0) {
        return disk_err(e, (int)n, "cannot be read", r->path);
    }
    r->end += (size_t)n;
    return 0;
}

int segment_reader_open_path(
    struct segment_reader *r, const char *path, struct file_header *header, struct err *e
) {
    segment_reader_close(r);
    snprintf(r->path, sizeof r->path, "%s", path);
    r->file = r->disk->open(r->disk->ctx, r->path, DISK_READ);
    if (r->file < 0) {
        return disk_err(e, r->file, "cannot be opened", r->path);
    }
    int code = reader_fill(r, FILE_HEADER_BYTES, e);
    if (code == 0 && file_header_read(r->buffer, r->end, header, e) != 0) {
        code = err_wrap(e, "%s: ", r->path);
    }
    if (code == 0) {
        segment_reader_skip(r, FILE_HEADER_BYTES);
    } else {
        segment_reader_close(r);
    }
    return code;
}

int segment_reader_open(
    struct segment_reader *r, const char *folder, const struct segment *segment, struct err *e
) {
    struct file_header header;
    char path[DISK_PATH_MAX];
    int code = segment_path(path, folder, segment, e);
    code = code != 0 ? code : segment_reader_open_path(r, path, &header, e);
    if (code == 0 && (header.kind != STORE_JOURNAL || header.index != segment->index ||
                      header.first != segment->first)) {
        code = err_set(e, E_DATA, "%s: its header is that of another file", r->path);
        segment_reader_close(r);
    }
    return code;
}

int segment_reader_peek(
    struct segment_reader *r, enum frame_state *state, struct frame *frame, struct err *e
) {
    for (size_t need = FRAME_HEADER_BYTES;;) {
        int code = reader_fill(r, need, e);
        if (code != 0) {
            return code;
        }
        size_t size = r->end - r->start;
        bool is_all = size < need;
        *state = frame_read(r->buffer + r->start, size, frame, &need);
        if (*state != FRAME_SHORT) {
            return 0;
        }
        if (is_all || size >= need) {
            *state = size == 0 ? FRAME_END : FRAME_BAD;
            return 0;
        }
    }
}

void segment_reader_skip(struct segment_reader *r, size_t bytes) {
    size_t held = r->end - r->start;
    size_t taken = bytes < held ? bytes : held;
    r->start += taken;
    r->offset += bytes;
    if (taken < bytes) {
        r->start = r->end = 0;
    }
}

void segment_reader_refresh(struct segment_reader *r) {
    r->start = r->end = 0;
}

int segment_reader_tail(
    struct segment_reader *r, uint64_t expected, bool *is_clean, uint64_t *damage, struct err *e
) {
    *is_clean = true;
    *damage = 0;
    for (;;) {
        int code = reader_fill(r, FRAME_HEADER_BYTES, e);
        size_t size = r->end - r->start;
        if (code != 0 || size == 0) {
            return code;
        }
        const char *at = r->buffer + r->start;
        size_t step = size < FRAME_ALIGN ? size : FRAME_ALIGN;
        static const char zeros[FRAME_ALIGN];
        *is_clean = *is_clean && memcmp(at, zeros, step) == 0;
        struct frame frame = {0};
        if (size >= FRAME_HEADER_BYTES) {
            frame_peek(at, &frame);
        }
        /* The cheap questions come first: a checksum may be over megabytes. */
        if (frame.length > 0 && frame.length <= FRAME_PAYLOAD_MAX && frame.sequence > expected &&
            frame.sequence - expected <= UINT32_MAX && frame.durable >= expected &&
            frame.durable < frame.sequence) {
            enum frame_state state;
            code = segment_reader_peek(r, &state, &frame, e);
            if (code == 0 && state == FRAME_GOOD) {
                *damage = frame.sequence;
            }
            if (code != 0 || state == FRAME_GOOD) {
                return code;
            }
        }
        segment_reader_skip(r, step);
    }
}
