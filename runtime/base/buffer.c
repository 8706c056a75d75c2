#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256

/* What data points to before there is memory; capacity 0 says that nobody may write to it. */
static char nothing[1];

void buffer_init(struct buffer *buffer, size_t limit) {
    *buffer = (struct buffer){.data = nothing, .limit = limit};
}

void buffer_init_fixed(struct buffer *buffer, char *memory, size_t size) {
    memory[0] = '\0';
    *buffer =
        (struct buffer){.data = memory, .capacity = size, .limit = size - 1, .borrowed = true};
}

/* Room for length more bytes and a NUL. */
static int buffer_reserve(struct buffer *buffer, size_t length) {
    if (buffer->code != 0) {
        return buffer->code;
    }
    if (length > buffer->limit - buffer->length) {
        return buffer->code = E_LIMIT;
    }
    size_t needed = buffer->length + length + 1;
    if (needed <= buffer->capacity) {
        return 0;
    }
    size_t capacity = buffer->capacity * 2;
    if (capacity < FIRST_CAPACITY) {
        capacity = FIRST_CAPACITY;
    }
    if (capacity < needed) {
        capacity = needed;
    }
    char *data = realloc(buffer->capacity == 0 ? NULL : buffer->data, capacity);
    if (data == NULL) {
        return buffer->code = E_MEMORY;
    }
    buffer->data = data;
    buffer->data[buffer->length] = '\0';
    buffer->capacity = capacity;
    return 0;
}

int buffer_append(struct buffer *buffer, const char *text, size_t length) {
    int rc = buffer_reserve(buffer, length);
    if (rc != 0 || length == 0) {
        return rc;
    }
    memcpy(buffer->data + buffer->length, text, length);
    buffer->length += length;
    buffer->data[buffer->length] = '\0';
    return 0;
}

int buffer_append_text(struct buffer *buffer, const char *text) {
    return buffer_append(buffer, text, strlen(text));
}

int buffer_appendf(struct buffer *buffer, const char *format, ...) {
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    int rc = length < 0 ? E_ARGUMENT : buffer_reserve(buffer, (size_t)length);
    if (rc == 0) {
        vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
    return rc;
}

void buffer_truncate(struct buffer *buffer, size_t length) {
    if (length < buffer->length) {
        buffer->length = length;
        buffer->data[length] = '\0';
    }
    buffer->code = 0;
}

void buffer_clear(struct buffer *buffer) {
    buffer_truncate(buffer, 0);
}

void buffer_free(struct buffer *buffer) {
    if (buffer->borrowed) {
        buffer_clear(buffer);
        return;
    }
    if (buffer->capacity > 0) {
        free(buffer->data);
    }
    buffer_init(buffer, buffer->limit);
}
