/* candle_file: reads a file of candles for a backtest, and believes nothing it says.
 *
 * The idea: one pass over a CSV (plain or gzip, told apart by content) into one array, exact
 * decimals beside correctly rounded doubles. What is wrong is an error with file, line, what was
 * found, what was expected and what to do; what is missing is listed as a gap; nothing is ever
 * filled, sorted, dropped or repaired. The bar length is the smallest distance between two rows,
 * must be one of the timeframes, and every row must lie on its grid.
 * Time comes from the file only. Any thread; the caller frees with candle_data_free. */
#pragma once

#include "base/err.h"
#include "market/bar.h"

#include <stddef.h>
#include <stdint.h>

#define CANDLE_GAPS_LISTED 20
#define CANDLE_ROWS_MAX_DEFAULT ((int64_t)20000000)

/* A run of bars that are not in the file, between two that are. */
struct candle_gap {
    int64_t time_ms; /* open of the first missing bar */
    int64_t missing; /* how many bars in a row */
};

struct candle_data {
    struct candle *rows; /* oldest first, one bar length or more apart */
    size_t count;
    int64_t bar_ms;
    int64_t missing;           /* bars absent between the first row and the last */
    int64_t gap_count;         /* runs of them */
    struct candle_gap longest; /* the first of the longest; 0 bars when there is none */
    struct candle_gap gaps[CANDLE_GAPS_LISTED]; /* the first ones, min(gap_count, 20) of them */
};

struct candle_file_options {
    int64_t rows_max; /* more rows are E_LIMIT; 0: CANDLE_ROWS_MAX_DEFAULT */
    /* Called every few hundred kilobytes; may be NULL. bytes_total is 0 where it is not known. */
    void (*on_progress)(void *context, int64_t bytes_done, int64_t bytes_total);
    void *context;
};

/* Loads the file at path. options may be NULL. On failure *data is empty, *e says why: E_IO for
 * what the system refused, E_DATA for what the file says, E_LIMIT, E_MEMORY. */
MUST_CHECK int candle_file_load(
    const char *path,
    const struct candle_file_options *options,
    struct candle_data *data,
    struct err *e
);

/* The same from bytes in memory (plain or gzip); `name` stands for the file in errors. */
MUST_CHECK int candle_bytes_load(
    const char *name,
    const void *bytes,
    size_t length,
    const struct candle_file_options *options,
    struct candle_data *data,
    struct err *e
);

/* Frees the rows and empties *data; a second call does nothing. */
void candle_data_free(struct candle_data *data);
