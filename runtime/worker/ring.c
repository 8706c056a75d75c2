#include "worker/ring.h"

#include <string.h>

#define UNIT 8 /* messages lie at multiples of it; the first unit is the length */

static uint64_t space_of(size_t length) {
    return UNIT + (((uint64_t)length + UNIT - 1) & ~(uint64_t)(UNIT - 1));
}

size_t ring_message_max(size_t capacity) {
    return capacity - UNIT;
}

void ring_begin(struct byte_ring *r, struct ring_shared *shared, char *bytes, size_t capacity) {
    *r = (struct byte_ring){.shared = shared, .bytes = bytes, .capacity = capacity};
}

static void bytes_put(struct byte_ring *r, uint64_t position, const void *from, size_t length) {
    size_t at = (size_t)(position & (r->capacity - 1));
    size_t first = (size_t)r->capacity - at < length ? (size_t)r->capacity - at : length;
    memcpy(r->bytes + at, from, first);
    memcpy(r->bytes, (const char *)from + first, length - first);
}

static void bytes_take(const struct byte_ring *r, uint64_t position, void *to, size_t length) {
    size_t at = (size_t)(position & (r->capacity - 1));
    size_t first = (size_t)r->capacity - at < length ? (size_t)r->capacity - at : length;
    memcpy(to, r->bytes + at, first);
    memcpy((char *)to + first, r->bytes, length - first);
}

/* --- writing ------------------------------------------------------------------------------------
 */

/* The reader's cursor only grows, and not beyond what it has been given. */
static int space_look(struct byte_ring *r, uint64_t space) {
    if (r->capacity - (r->position - r->other) >= space) {
        return 0;
    }
    uint64_t read = atomic_load(&r->shared->read);
    if (read - r->other > r->position - r->other) {
        return E_DATA;
    }
    r->other = read;
    return r->capacity - (r->position - read) >= space ? 0 : E_LIMIT;
}

int ring_write(struct byte_ring *r, const char *message, size_t length) {
    if (length == 0 || length > ring_message_max((size_t)r->capacity)) {
        return E_ARGUMENT;
    }
    uint64_t space = space_of(length);
    int code = space_look(r, space);
    if (code != 0) {
        return code;
    }
    uint64_t header = length;
    bytes_put(r, r->position, &header, sizeof header);
    bytes_put(r, r->position + UNIT, message, length);
    r->position += space;
    atomic_store(&r->shared->written, r->position);
    return 0;
}

bool ring_must_wake(struct byte_ring *r) {
    return atomic_load(&r->shared->is_sleeping) != 0 &&
           atomic_exchange(&r->shared->is_sleeping, 0) != 0;
}

bool ring_await_space(struct byte_ring *r, size_t length) {
    atomic_store(&r->shared->wants_space, 1);
    if (space_look(r, space_of(length)) == E_LIMIT) {
        return true;
    }
    atomic_store(&r->shared->wants_space, 0);
    return false;
}

/* --- reading ------------------------------------------------------------------------------------
 */

int ring_read(struct byte_ring *r, char *out, size_t capacity, size_t *length) {
    *length = 0;
    if (r->other == r->position) {
        r->other = atomic_load(&r->shared->written);
    }
    uint64_t available = r->other - r->position;
    if (available == 0) {
        return 0;
    }
    if (available > r->capacity || available < 2 * UNIT || available % UNIT != 0) {
        return E_DATA;
    }
    uint64_t header;
    bytes_take(r, r->position, &header, sizeof header);
    if (header == 0 || header > capacity || header > available - UNIT) {
        return E_DATA;
    }
    uint64_t space = space_of((size_t)header);
    bytes_take(r, r->position + UNIT, out, (size_t)header);
    *length = (size_t)header;
    r->position += space;
    atomic_store(&r->shared->read, r->position);
    return 0;
}

size_t ring_look(struct byte_ring *r, uint64_t *position, void *out, size_t size) {
    if (r->other == *position) {
        r->other = atomic_load(&r->shared->written);
    }
    uint64_t available = r->other - *position;
    uint64_t header;
    if (available < 2 * UNIT || available > r->capacity) {
        return 0;
    }
    bytes_take(r, *position, &header, sizeof header);
    if (header == 0 || header > available - UNIT) {
        return 0;
    }
    size_t length = header < size ? (size_t)header : size;
    bytes_take(r, *position + UNIT, out, length);
    *position += space_of((size_t)header);
    return length;
}

bool ring_has_made_space(struct byte_ring *r) {
    return atomic_load(&r->shared->wants_space) != 0 &&
           atomic_exchange(&r->shared->wants_space, 0) != 0;
}

bool ring_sleep(struct byte_ring *r) {
    atomic_store(&r->shared->is_sleeping, 1);
    if (r->other == r->position && atomic_load(&r->shared->written) == r->position) {
        return true;
    }
    atomic_store(&r->shared->is_sleeping, 0);
    return false;
}

void ring_awake(struct byte_ring *r) {
    atomic_store(&r->shared->is_sleeping, 0);
}
