/* candle_row: one line of a candle file into a candle, or the sentence that says what is wrong
 * with it.
 *
 * The idea: the good line takes the short way through; what a bad one has (a carriage return, a NUL
 * byte, a time in seconds, swapped columns) is only looked for when it was refused. Pure, any
 * thread, no memory. */
#pragma once

#include "base/err.h"
#include "market/bar.h"

#include <stddef.h>
#include <stdint.h>

#define CANDLE_HEADER "timestamp_ms,open,high,low,close,volume"
#define CANDLE_LINE_MAX 512 /* bytes; a good line has about 60 */

struct candle_line {
    const char *file; /* for errors */
    int64_t number;   /* from 1 */
    const char *text; /* without its newline */
    size_t length;
};

/* The first line must be exactly CANDLE_HEADER. */
MUST_CHECK int candle_header_check(const struct candle_line *line, struct err *e);

/* Everything of *out but bar.close_ms, which needs the bar length. */
MUST_CHECK int candle_row_parse(const struct candle_line *line, struct candle *out, struct err *e);
