/* report: what a finished run says to a person (text) and to a program (JSON).
 *
 * The idea: one plain struct goes in, and both forms walk the same tables of rows
 * (stats/figures.h), so that neither can tell what the other does not know. What weakens the result
 * (missing bars, refused orders, faults, a position still open) is listed as warnings beside it, at
 * the end, where one looks.
 *
 * JSON: money and quantities are exact numbers, percents are percents, times are milliseconds UTC,
 * what is not defined is null. Pure: everything is handed in and borrowed for the call. */
#pragma once

#include "base/buffer.h"
#include "stats/figures.h"
#include "trade/risk.h"

#include <stddef.h>
#include <stdint.h>

struct report_setting {
    const char *name;
    const char *value;
};

struct report_data { /* what was read, as the file had it */
    const char *file;
    const char *bar; /* timeframe of its rows: "1m" */
    int64_t rows;
    int64_t missing; /* bars that are not there, never filled */
    int64_t gaps;    /* runs of them */
    int64_t longest; /* bars of the longest run */
    int64_t longest_time_ms;
};

struct report_position { /* still open at the end */
    const char *symbol;
    struct quantity quantity; /* signed */
    struct price entry;
    struct price mark;
    struct money unrealized;
    int64_t opened_ms;
};

struct report {
    const char *strategy;
    const char *version; /* of the script, e.g. its hash; NULL: not told */
    const char *symbol;
    const char *timeframe;
    const struct report_setting *settings;
    size_t setting_count;
    struct report_data data;
    const struct figures *figures;
    const struct report_position *positions;
    size_t position_count;
    uint64_t refused[RISK_CHECK_COUNT]; /* orders refused, by the check that did */
    int64_t faults;                     /* handlers undone */
    double cpu_seconds;
    double bars_per_second; /* NaN or 0: not measured */
};

/* Append to the buffer; 0 or buffer->code. */
MUST_CHECK int report_text(const struct report *report, struct buffer *out);
MUST_CHECK int report_json(const struct report *report, struct buffer *out);
