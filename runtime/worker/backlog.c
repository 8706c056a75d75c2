#include "worker/backlog.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 4096

void backlog_init(struct backlog *b, size_t limit) {
    *b = (struct backlog){.limit = limit};
}

void backlog_free(struct backlog *b) {
    free(b->bytes);
    *b = (struct backlog){.limit = b->limit};
}

size_t backlog_size(const struct backlog *b) {
    return b->end - b->begin;
}

/* Room for that many bytes behind the end: what was taken in front is used again first. */
static int room_make(struct backlog *b, size_t need) {
    if (b->capacity - b->end >= need) {
        return 0;
    }
    size_t used = backlog_size(b);
    if (b->begin >= b->capacity / 2 && b->capacity - used >= need) {
        memmove(b->bytes, b->bytes + b->begin, used);
        b->begin = 0;
        b->end = used;
        return 0;
    }
    size_t capacity = b->capacity > 0 ? b->capacity : CAPACITY_FIRST;
    while (capacity - b->end < need) {
        capacity *= 2;
    }
    char *grown = realloc(b->bytes, capacity);
    if (!grown) {
        return E_MEMORY;
    }
    b->bytes = grown;
    b->capacity = capacity;
    return 0;
}

int backlog_add(struct backlog *b, const char *message, size_t length) {
    size_t need = sizeof length + length;
    if (length > b->limit || backlog_size(b) + need > b->limit) {
        return E_LIMIT;
    }
    int code = room_make(b, need);
    if (code != 0) {
        return code;
    }
    memcpy(b->bytes + b->end, &length, sizeof length);
    memcpy(b->bytes + b->end + sizeof length, message, length);
    b->end += need;
    return 0;
}

const char *backlog_first(const struct backlog *b, size_t *length) {
    if (b->begin == b->end) {
        return NULL;
    }
    memcpy(length, b->bytes + b->begin, sizeof *length);
    return b->bytes + b->begin + sizeof *length;
}

void backlog_drop_first(struct backlog *b) {
    size_t length;
    if (backlog_first(b, &length)) {
        b->begin += sizeof length + length;
    }
    if (b->begin == b->end) {
        b->begin = b->end = 0;
    }
}
