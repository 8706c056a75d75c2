#include "base/json_write.h"

#include "base/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN_MAX 120 /* bytes of a text that goes out in one append with what stands around it */

/* Which of eight bytes are a control, a quote, a backslash or no ASCII: not 0 where any is. A byte
 * below n borrows from its top bit in w − n…n; nothing borrows where none is. */
static inline uint64_t marks_of(uint64_t w) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t quote = w ^ (ones * '"');
    uint64_t slash = w ^ (ones * '\\');
    uint64_t found = w | (w + ones) | ((w - ones * 0x20) & ~w) | ((quote - ones) & ~quote) |
                     ((slash - ones) & ~slash);
    return found & (ones * 0x80);
}

/* Copies eight bytes; their marks. */
static inline uint64_t word_copy(char *to, const char *from) {
    uint64_t word;
    memcpy(&word, from, sizeof word);
    memcpy(to, &word, sizeof word);
    return marks_of(word);
}

/* Copies up to seven bytes, in the middle of others that have no marks. */
static inline uint64_t rest_copy(char *to, const char *from, size_t length) {
    uint64_t word = UINT64_C(0x6161616161616161);
    char *bytes = (char *)&word;
    for (size_t i = 0; i < length; i++) {
        bytes[i] = to[i] = from[i];
    }
    return marks_of(word);
}

size_t json_quote_plain(char *to, const char *text, size_t length) {
    uint64_t marks = 0;
    size_t at = 0;
    to[0] = '"';
    for (; at + 8 <= length; at += 8) {
        marks |= word_copy(to + 1 + at, text + at);
    }
    if (at < length) { /* the last word again, where there is one: it overlaps */
        marks |= length >= 8 ? word_copy(to + 1 + length - 8, text + length - 8)
                             : rest_copy(to + 1, text, length);
    }
    to[length + 1] = '"';
    return marks == 0 ? length + 2 : 0;
}

static void misuse(struct json_writer *writer) {
    if (writer->buffer->code == 0) {
        writer->buffer->code = E_STATE;
    }
}

/* What stands before a value; false when no value may stand here. */
static bool value_begin(struct json_writer *writer) {
    bool in_object = writer->depth > 0 && writer->closers[writer->depth - 1] == '}';
    if (in_object != writer->has_key || (writer->depth == 0 && writer->has_members)) {
        misuse(writer);
        return false;
    }
    if (writer->has_members && !writer->has_key) {
        buffer_append(writer->buffer, ",", 1);
    }
    writer->has_members = true;
    writer->has_key = false;
    return true;
}

void json_begin(struct json_writer *writer, struct buffer *buffer) {
    *writer = (struct json_writer){.buffer = buffer};
}

int json_end(struct json_writer *writer) {
    if (writer->depth > 0 || !writer->has_members) {
        misuse(writer);
    }
    return writer->buffer->code;
}

static void json_open(struct json_writer *writer, const char *opener, char closer) {
    if (writer->depth == JSON_DEPTH_MAX) {
        misuse(writer);
        return;
    }
    if (value_begin(writer)) {
        buffer_append(writer->buffer, opener, 1);
        writer->closers[writer->depth++] = closer;
        writer->has_members = false;
    }
}

void json_object(struct json_writer *writer) {
    json_open(writer, "{", '}');
}

void json_array(struct json_writer *writer) {
    json_open(writer, "[", ']');
}

void json_close(struct json_writer *writer) {
    if (writer->depth == 0 || writer->has_key) {
        misuse(writer);
        return;
    }
    buffer_append(writer->buffer, &writer->closers[--writer->depth], 1);
    writer->has_members = true;
}

void json_key(struct json_writer *writer, const char *key) {
    bool in_object = writer->depth > 0 && writer->closers[writer->depth - 1] == '}';
    if (!in_object || writer->has_key) {
        misuse(writer);
        return;
    }
    char piece[PLAIN_MAX + 4];
    piece[0] = ',';
    size_t begin = writer->has_members ? 1 : 0;
    size_t length = strlen(key);
    size_t quoted = length <= PLAIN_MAX ? json_quote_plain(piece + begin, key, length) : 0;
    if (quoted > 0) {
        piece[begin + quoted] = ':';
        buffer_append(writer->buffer, piece, begin + quoted + 1);
    } else {
        buffer_append(writer->buffer, piece, begin);
        json_append_quoted(writer->buffer, key, strlen(key));
        buffer_append(writer->buffer, ":", 1);
    }
    writer->has_members = true;
    writer->has_key = true;
}

void json_raw(struct json_writer *writer, const char *text, size_t length) {
    if (value_begin(writer)) {
        buffer_append(writer->buffer, text, length);
    }
}

void json_null(struct json_writer *writer) {
    json_raw(writer, "null", 4);
}

void json_bool(struct json_writer *writer, bool value) {
    json_raw(writer, value ? "true" : "false", value ? 4 : 5);
}

void json_integer(struct json_writer *writer, int64_t value) {
    char text[24];
    int length = snprintf(text, sizeof text, "%lld", (long long)value);
    json_raw(writer, text, (size_t)length);
}

void json_double(struct json_writer *writer, double value) {
    if (!isfinite(value)) {
        json_null(writer);
    } else if (value_begin(writer)) {
        json_append_double(writer->buffer, value);
    }
}

void json_decimal(struct json_writer *writer, struct decimal value) {
    char text[DECIMAL_TEXT_MAX];
    size_t length = decimal_format(value, text);
    json_raw(writer, text, length);
}

void json_decimal_text(struct json_writer *writer, struct decimal value) {
    char text[DECIMAL_TEXT_MAX];
    size_t length = decimal_format(value, text);
    json_string_of(writer, text, length);
}

void json_string(struct json_writer *writer, const char *text) {
    if (text == NULL) {
        json_null(writer);
    } else {
        json_string_of(writer, text, strlen(text));
    }
}

void json_string_of(struct json_writer *writer, const char *text, size_t length) {
    if (value_begin(writer)) {
        json_append_quoted(writer->buffer, text, length);
    }
}

static void escape_append(struct buffer *buffer, unsigned code) {
    switch (code) {
    case '"':
        buffer_append(buffer, "\\\"", 2);
        break;
    case '\\':
        buffer_append(buffer, "\\\\", 2);
        break;
    case '\n':
        buffer_append(buffer, "\\n", 2);
        break;
    case '\r':
        buffer_append(buffer, "\\r", 2);
        break;
    case '\t':
        buffer_append(buffer, "\\t", 2);
        break;
    default:
        buffer_appendf(buffer, "\\u%04x", code);
        break;
    }
}

void json_append_escaped(struct buffer *buffer, const char *text, size_t length) {
    size_t plain = 0; /* start of what needs no escape and is not appended yet */
    size_t at = 0;
    while (at < length) {
        unsigned code = (unsigned char)text[at];
        if (code >= 0x20 && code < 0x7F && code != '"' && code != '\\') {
            at++;
            continue; /* most of it */
        }
        size_t step = text_utf8_length(text + at, length - at);
        if (step == 2 && code == 0xC2) {
            code = (unsigned char)text[at + 1]; /* U+0080 to U+00BF: the second byte is the code */
        }
        bool is_control = code < 0x20 || (code >= 0x7F && code < 0xA0 && step > 0);
        bool is_marked = step == 1 && (code == '"' || code == '\\');
        if (step > 0 && !is_control && !is_marked) {
            at += step;
            continue;
        }
        buffer_append(buffer, text + plain, at - plain);
        if (step > 0) {
            escape_append(buffer, code);
            at += step;
        } else {
            buffer_append(buffer, "\xEF\xBF\xBD", 3);
            at++;
        }
        plain = at;
    }
    buffer_append(buffer, text + plain, length - plain);
}

void json_append_quoted(struct buffer *buffer, const char *text, size_t length) {
    char piece[PLAIN_MAX + 2];
    size_t quoted = length <= PLAIN_MAX ? json_quote_plain(piece, text, length) : 0;
    if (quoted > 0) {
        buffer_append(buffer, piece, quoted);
        return;
    }
    buffer_append(buffer, "\"", 1);
    json_append_escaped(buffer, text, length);
    buffer_append(buffer, "\"", 1);
}

void json_append_double(struct buffer *buffer, double value) {
    /* Fifteen digits tell apart all doubles but the tiniest ones, which have fewer bits. */
    char text[40];
    for (int digits = fabs(value) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    buffer_append_text(buffer, text);
}
