#include "research/candle_file.h"

#include "market/timeframe.h"
#include "research/candle_row.h"
#include "research/candle_source.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES ((size_t)256 * 1024)
#define ROWS_FIRST ((size_t)16384)
#define FIRST_ROW_LINE 2
#define BLAME_READS_MAX 4096 /* 1 GiB of text */

struct reader {
    struct candle_source source;
    struct candle_file_options options;
    struct candle_data *data;
    size_t capacity;
    int64_t line_number; /* lines read so far */
    int64_t step_ms;     /* the smallest distance between two rows so far; 0: none yet */
    size_t step_row;     /* the later of those two rows */
    char *text;          /* TEXT_BYTES */
    size_t text_length;
};

static int64_t row_line(size_t row) {
    return (int64_t)row + FIRST_ROW_LINE;
}

static int rows_reserve(struct reader *r, struct err *e) {
    struct candle_data *data = r->data;
    if ((int64_t)data->count >= r->options.rows_max) {
        return err_set(
            e, E_LIMIT, "%.200s line %lld: more than %lld rows: split the file or raise the limit",
            r->source.name, (long long)r->line_number, (long long)r->options.rows_max
        );
    }
    if (data->count < r->capacity) {
        return 0;
    }
    size_t capacity = r->capacity == 0 ? ROWS_FIRST : 2 * r->capacity;
    struct candle *rows = realloc(data->rows, capacity * sizeof *rows);
    if (rows == NULL) {
        return err_set(
            e, E_MEMORY, "%.200s: no memory for %zu rows: split the file", r->source.name, capacity
        );
    }
    data->rows = rows;
    r->capacity = capacity;
    return 0;
}

/* Rows must go forward in time; remembers the smallest step. */
static int row_follows(struct reader *r, struct err *e) {
    const struct candle *row = &r->data->rows[r->data->count];
    if (r->data->count == 0) {
        return 0;
    }
    int64_t step_ms = row->bar.time_ms - row[-1].bar.time_ms;
    if (step_ms <= 0) {
        const char *what = "goes back in time from the line before: sort the rows oldest first";
        if (step_ms == 0) {
            what = "is the time of the line before again: remove one of the two rows";
        } else if (r->data->count == 1) {
            what =
                "is older than the line before, the newest row comes first: sort the rows oldest "
                "first";
        }
        return err_set(
            e, E_DATA, "%.200s line %lld: timestamp_ms %lld %s", r->source.name,
            (long long)r->line_number, (long long)row->bar.time_ms, what
        );
    }
    if (r->step_ms == 0 || step_ms < r->step_ms) {
        r->step_ms = step_ms;
        r->step_row = r->data->count;
    }
    return 0;
}

static int line_take(struct reader *r, const char *text, size_t length, struct err *e) {
    struct candle_line line = {r->source.name, ++r->line_number, text, length};
    if (r->line_number < FIRST_ROW_LINE) {
        return candle_header_check(&line, e);
    }
    int code = rows_reserve(r, e);
    if (code == 0) {
        code = candle_row_parse(&line, &r->data->rows[r->data->count], e);
    }
    if (code == 0) {
        code = row_follows(r, e);
    }
    if (code == 0) {
        r->data->count++;
    }
    return code;
}

/* Takes every whole line of the text and keeps the rest for the next read. */
static int lines_take(struct reader *r, struct err *e) {
    const char *at = r->text;
    const char *end = at + r->text_length;
    const char *newline;
    while ((newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        int code = line_take(r, at, (size_t)(newline - at), e);
        if (code < 0) {
            return code;
        }
        at = newline + 1;
    }
    r->text_length = (size_t)(end - at);
    if (r->text_length > CANDLE_LINE_MAX) {
        return err_set(
            e, E_DATA,
            "%.200s line %lld: is longer than %d bytes, expected a row of about 60: it is no CSV "
            "of candles, or its line ends are missing",
            r->source.name, (long long)(r->line_number + 1), CANDLE_LINE_MAX
        );
    }
    memmove(r->text, at, r->text_length);
    return 0;
}

static int text_read(struct reader *r, struct err *e) {
    for (;;) {
        size_t got;
        int code = candle_source_read(
            &r->source, r->text + r->text_length, TEXT_BYTES - r->text_length, &got, e
        );
        if (code < 0) {
            return code;
        }
        if (got == 0) {
            return r->text_length > 0 ? line_take(r, r->text, r->text_length, e) : 0;
        }
        r->text_length += got;
        code = lines_take(r, e);
        if (code < 0) {
            return code;
        }
        if (r->options.on_progress != NULL) {
            r->options.on_progress(r->options.context, r->source.bytes_done, r->source.bytes_total);
        }
    }
}

/* A damaged archive can unpack to nonsense before its checksum is reached: then the archive is
 * what is wrong, not the line. How far to look is limited, for an archive can be a bomb. */
static int blame_archive(struct reader *r, int code, struct err *e) {
    if (code != E_DATA || !r->source.is_gzip) {
        return code;
    }
    struct err archive;
    size_t got = 1;
    for (int reads = 0; reads < BLAME_READS_MAX && got > 0; reads++) {
        int status = candle_source_read(&r->source, r->text, TEXT_BYTES, &got, &archive);
        if (status < 0) {
            *e = archive;
            return status;
        }
    }
    return code;
}

static int step_check(const struct reader *r, struct err *e) {
    const struct candle_data *data = r->data;
    if (data->count < 2) {
        return err_set(
            e, E_DATA,
            data->count == 0 ? "%.200s: has no rows, expected \"%s\" and at least two rows: is it "
                               "the right file?"
                             : "%.200s: has one row, expected \"%s\" and at least two rows, which "
                               "show the bar length",
            r->source.name, CANDLE_HEADER
        );
    }
    if (strcmp(timeframe_name(r->step_ms), "?") == 0) {
        return err_set(
            e, E_DATA,
            "%.200s line %lld: opens %lld ms after the line before, the smallest step of the file, "
            "expected a bar length of 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h or 1d: remove the row or "
            "aggregate the data",
            r->source.name, (long long)row_line(r->step_row), (long long)r->step_ms
        );
    }
    return 0;
}

static void gap_add(struct candle_data *data, int64_t time_ms, int64_t missing) {
    struct candle_gap gap = {time_ms, missing};
    if (data->gap_count < CANDLE_GAPS_LISTED) {
        data->gaps[data->gap_count] = gap;
    }
    data->gap_count++;
    data->missing += missing;
    if (missing > data->longest.missing) {
        data->longest = gap;
    }
}

/* The second look, when the bar length is known: every row on its grid, close times, gaps. */
static int rows_finish(struct reader *r, struct err *e) {
    int code = step_check(r, e);
    if (code < 0) {
        return code;
    }
    struct candle_data *data = r->data;
    int64_t bar_ms = data->bar_ms = r->step_ms;
    int64_t expected_ms = data->rows[0].bar.time_ms;
    for (size_t i = 0; i < data->count; i++) {
        struct bar *bar = &data->rows[i].bar;
        int64_t off_ms = bar->time_ms % bar_ms;
        if (off_ms != 0) {
            return err_set(
                e, E_DATA,
                "%.200s line %lld: timestamp_ms %lld lies %lld ms past the start of a %s bar, "
                "expected bars that open at whole multiples of %s UTC: correct the times",
                r->source.name, (long long)row_line(i), (long long)bar->time_ms, (long long)off_ms,
                timeframe_name(bar_ms), timeframe_name(bar_ms)
            );
        }
        if (bar->time_ms != expected_ms) {
            gap_add(data, expected_ms, (bar->time_ms - expected_ms) / bar_ms);
        }
        expected_ms = bar->close_ms = bar->time_ms + bar_ms;
    }
    return 0;
}

static int reader_run(struct reader *r, struct err *e) {
    r->text = malloc(TEXT_BYTES);
    if (r->text == NULL) {
        return err_set(e, E_MEMORY, "%.200s: no memory to read it", r->source.name);
    }
    int code = text_read(r, e);
    if (code < 0) {
        code = blame_archive(r, code, e);
    } else if (r->line_number == 0) {
        code = err_set(
            e, E_DATA,
            "%.200s: is empty, expected the header \"%s\" and rows: is it the right "
            "file?",
            r->source.name, CANDLE_HEADER
        );
    } else {
        code = rows_finish(r, e);
    }
    if (code < 0) {
        candle_data_free(r->data);
    }
    free(r->text);
    candle_source_close(&r->source);
    return code;
}

static void
reader_init(struct reader *r, const struct candle_file_options *options, struct candle_data *data) {
    memset(data, 0, sizeof *data);
    *r = (struct reader){.data = data};
    if (options != NULL) {
        r->options = *options;
    }
    if (r->options.rows_max == 0) {
        r->options.rows_max = CANDLE_ROWS_MAX_DEFAULT;
    }
}

int candle_file_load(
    const char *path,
    const struct candle_file_options *options,
    struct candle_data *data,
    struct err *e
) {
    struct reader r;
    reader_init(&r, options, data);
    int code = candle_source_open(&r.source, path, e);
    return code < 0 ? code : reader_run(&r, e);
}

int candle_bytes_load(
    const char *name,
    const void *bytes,
    size_t length,
    const struct candle_file_options *options,
    struct candle_data *data,
    struct err *e
) {
    struct reader r;
    reader_init(&r, options, data);
    int code = candle_source_open_bytes(&r.source, name, bytes, length, e);
    return code < 0 ? code : reader_run(&r, e);
}

void candle_data_free(struct candle_data *data) {
    free(data->rows);
    memset(data, 0, sizeof *data);
}
