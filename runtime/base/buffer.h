/* buffer: text that grows up to a limit, for reports, answers and files that are written whole.
 *
 * The first failure sticks: later appends do nothing, so that a writer may append all it has and
 * ask buffer.code once at the end. data is always NUL-terminated and never NULL, and holds whole
 * appends only. The memory is the buffer's until buffer_free; buffer_clear keeps it for the next
 * use. No time, one thread. */
#pragma once

#include "base/err.h"

#include <stddef.h>

struct buffer {
    char *data;
    size_t length; /* the NUL behind data is not counted */
    size_t capacity;
    size_t limit;  /* length never goes over it */
    bool borrowed; /* data is the caller's memory: it neither grows nor is freed */
    int code;      /* 0, or why appends are ignored: E_LIMIT, E_MEMORY */
};

void buffer_init(struct buffer *buffer, size_t limit);

/* Over size (> 0) bytes of the caller's, the NUL included: never allocates. */
void buffer_init_fixed(struct buffer *buffer, char *memory, size_t size);

/* Each returns 0 or buffer.code. */
int buffer_append(struct buffer *buffer, const char *text, size_t length);
int buffer_append_text(struct buffer *buffer, const char *text);
int buffer_appendf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes back what was appended behind length, and the error with it. */
void buffer_truncate(struct buffer *buffer, size_t length);

/* Empty and without an error, with its memory kept. */
void buffer_clear(struct buffer *buffer);

void buffer_free(struct buffer *buffer);
