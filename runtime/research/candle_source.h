/* candle_source: the bytes behind a candle file as plain text, whether the file is gzip or not.
 *
 * The idea: the first two bytes decide; gzip members are inflated in a row, and an end in the
 * middle of one, a wrong checksum or bytes behind the last one are errors. Blocking reads, no time,
 * one thread; the struct is the caller's, candle_source_close frees what it holds. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#define ZLIB_CONST /* its input is not written to */
#include <zlib.h>

struct candle_source {
    const char *name; /* of the file, for errors; borrowed */
    int fd;           /* -1: all input is in memory */
    bool is_gzip;
    bool is_inflating; /* inside a gzip member */
    bool is_input_over;
    z_stream inflater;
    unsigned char *buffer; /* of the file's bytes; NULL when they are the caller's */
    int64_t bytes_done;    /* of the file, as stored */
    int64_t bytes_total;   /* 0: not known */
};

MUST_CHECK int candle_source_open(struct candle_source *s, const char *path, struct err *e);
/* Reads from bytes that stay the caller's until close. */
MUST_CHECK int candle_source_open_bytes(
    struct candle_source *s, const char *name, const void *bytes, size_t length, struct err *e
);

/* Fills `to` with up to `size` bytes of text; *got is 0 only at the end. */
MUST_CHECK int
candle_source_read(struct candle_source *s, char *to, size_t size, size_t *got, struct err *e);

void candle_source_close(struct candle_source *s);
