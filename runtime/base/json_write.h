/* json_write: JSON into a buffer, compact, in the order it is told.
 *
 * The writer puts the commas and the colons; the caller opens, closes and names. Misuse (a value
 * without its key, a key in an array, a wrong close, deeper than JSON_DEPTH_MAX) is a mistake of
 * the program: it sets buffer->code to E_STATE like any other failure, and buffer.code is asked
 * once at the end through json_end. Strings that are not UTF-8 get U+FFFD for each bad byte, so
 * that the output is always JSON. The buffer is the caller's. No time, one thread. */
#pragma once

#include "base/buffer.h"
#include "base/decimal.h"

#include <stdint.h>

#define JSON_DEPTH_MAX 32

struct json_writer {
    struct buffer *buffer;
    int depth;
    bool has_members; /* a comma comes before the next one */
    bool has_key;     /* a key was written, its value was not */
    char closers[JSON_DEPTH_MAX];
};

/* Writes one value (usually an object) at the end of the buffer. */
void json_begin(struct json_writer *writer, struct buffer *buffer);
/* 0, or what went wrong anywhere since json_begin; E_STATE when something is still open. */
MUST_CHECK int json_end(struct json_writer *writer);

void json_object(struct json_writer *writer);
void json_array(struct json_writer *writer);
/* Ends the innermost object or array. */
void json_close(struct json_writer *writer);

void json_key(struct json_writer *writer, const char *key);

void json_null(struct json_writer *writer);
void json_bool(struct json_writer *writer, bool value);
void json_integer(struct json_writer *writer, int64_t value);
/* The shortest text that reads back as the same double; null for NaN and infinities. */
void json_double(struct json_writer *writer, double value);
/* The exact value as a number, digit for digit. */
void json_decimal(struct json_writer *writer, struct decimal value);
/* The exact value as a string, for readers that would turn a number into a double. */
void json_decimal_text(struct json_writer *writer, struct decimal value);
/* A string; NULL is null. */
void json_string(struct json_writer *writer, const char *text);
void json_string_of(struct json_writer *writer, const char *text, size_t length);
/* A value that is JSON already, as it is. */
void json_raw(struct json_writer *writer, const char *text, size_t length);

/* Appends text[0..length) escaped, and between quotes, without a writer around it. Control
 * characters of every kind (C0, DEL, C1) are escaped: the text may end on a terminal. */
void json_append_escaped(struct buffer *buffer, const char *text, size_t length);
void json_append_quoted(struct buffer *buffer, const char *text, size_t length);
/* Copies a text that needs no escape between quotes into length + 2 bytes, without a NUL, and says how
 * many; 0 where it needs one. */
size_t json_quote_plain(char *to, const char *text, size_t length);
/* Appends the shortest text that reads back as the same double; value must be finite. */
void json_append_double(struct buffer *buffer, double value);
