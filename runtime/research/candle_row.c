#include "research/candle_row.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define COLUMN_COUNT 6
#define SHOWN_MAX 80 /* bytes of a text that an error quotes */

/* Times outside these are not milliseconds of a market: 1973 to 2286. */
#define TIME_MS_MIN INT64_C(100000000000)
#define TIME_MS_MAX INT64_C(10000000000000)

struct field {
    const char *text;
    size_t length;
};

static const char *const column_names[COLUMN_COUNT] = {"timestamp_ms", "open",  "high",
                                                       "low",          "close", "volume"};

/* A text as an error may show it: cut, and one '?' for each byte that a terminal should not get. */
static const char *shown(const char *text, size_t length, char out[SHOWN_MAX + 4]) {
    size_t n = length < SHOWN_MAX ? length : SHOWN_MAX;
    for (size_t i = 0; i < n; i++) {
        out[i] = isprint((unsigned char)text[i]) ? text[i] : '?';
    }
    snprintf(out + n, 4, "%s", n < length ? "..." : "");
    return out;
}

static size_t fields_split(const struct candle_line *line, struct field *fields, size_t max) {
    const char *at = line->text;
    const char *end = at + line->length;
    size_t count = 0;
    for (;;) {
        const char *comma = at;
        while (comma < end && *comma != ',') {
            comma++;
        }
        if (count < max) {
            fields[count] = (struct field){at, (size_t)(comma - at)};
        }
        count++;
        if (comma == end) {
            return count;
        }
        at = comma + 1;
    }
}

#define LINE_FMT "%.200s line %lld: "
#define LINE_ARGS(line) (line)->file, (long long)(line)->number

/* What makes a whole line unreadable, whichever of its fields was refused first. */
static int line_fault(const struct candle_line *line, struct err *e) {
    if (line->length > 0 && line->text[line->length - 1] == '\r') {
        return err_set(
            e, E_DATA,
            LINE_FMT "ends with CR LF (a Windows line end), expected LF alone: convert it with "
                     "sed -i 's/\\r$//' FILE",
            LINE_ARGS(line)
        );
    }
    if (memchr(line->text, '\0', line->length) != NULL) {
        return err_set(
            e, E_DATA,
            LINE_FMT "has a NUL byte, expected plain text: the file is binary, UTF-16 or damaged: "
                     "export it as UTF-8 CSV or fetch it again",
            LINE_ARGS(line)
        );
    }
    if (line->length == 0) {
        return err_set(
            e, E_DATA, LINE_FMT "is empty, expected a row \"%s\": remove the line", LINE_ARGS(line),
            CANDLE_HEADER
        );
    }
    return 0;
}

static bool field_is(struct field field, const char *name) {
    return field.length == strlen(name) && memcmp(field.text, name, field.length) == 0;
}

/* The right names in another order: says the order, and the command that mends it. */
static int
header_reordered(const struct candle_line *line, const struct field *fields, struct err *e) {
    char command[64] = "";
    for (int wanted = 0; wanted < COLUMN_COUNT; wanted++) {
        int found = 0;
        while (found < COLUMN_COUNT && !field_is(fields[found], column_names[wanted])) {
            found++;
        }
        if (found == COLUMN_COUNT) {
            return 0;
        }
        size_t n = strlen(command);
        snprintf(command + n, sizeof command - n, "%s$%d", wanted > 0 ? "," : "", found + 1);
    }
    char text[SHOWN_MAX + 4];
    return err_set(
        e, E_DATA,
        LINE_FMT "the columns are in the wrong order: found \"%s\", expected \"%s\": reorder them "
                 "with awk -F, -v OFS=, '{print %s}' FILE",
        LINE_ARGS(line), shown(line->text, line->length, text), CANDLE_HEADER, command
    );
}

/* What else than a CSV the first bytes may be; NULL when nothing is recognised. */
static const char *header_guess(const struct candle_line *line) {
    static const struct {
        const char *bytes;
        size_t length;
        const char *advice;
    } kinds[] = {
        {"\xEF\xBB\xBF", 3,
         "it begins with a UTF-8 byte order mark: remove it with sed -i '1s/^\\xEF\\xBB\\xBF//' "
         "FILE"},
        {"\xFF\xFE", 2, "it is UTF-16: convert it with iconv -f UTF-16 -t UTF-8"},
        {"\xFE\xFF", 2, "it is UTF-16: convert it with iconv -f UTF-16 -t UTF-8"},
        {"PK\x03\x04", 4, "it is a zip archive: unpack it with unzip"},
        {"\x28\xB5\x2F\xFD", 4, "it is packed with zstd: unpack it with zstd -d"},
        {"\xFD"
         "7zXZ",
         5, "it is packed with xz: unpack it with xz -d"},
        {"BZh", 3, "it is packed with bzip2: unpack it with bzip2 -d"},
        {"PAR1", 4, "it is a Parquet file: export it as CSV"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (line->length >= kinds[i].length &&
            memcmp(line->text, kinds[i].bytes, kinds[i].length) == 0) {
            return kinds[i].advice;
        }
    }
    return NULL;
}

static int header_wrong(const struct candle_line *line, struct err *e) {
    char text[SHOWN_MAX + 4];
    struct field fields[COLUMN_COUNT];
    size_t count = fields_split(line, fields, COLUMN_COUNT);
    int code = count == COLUMN_COUNT ? header_reordered(line, fields, e) : 0;
    if (code < 0) {
        return code;
    }
    const char *advice = "rename or choose the columns so that this is the first line";
    if (isdigit((unsigned char)line->text[0])) {
        advice = "the header is missing: put it in as the first line";
    } else if (count == 1 && memchr(line->text, ';', line->length) != NULL) {
        advice = "the columns are separated by semicolons: use commas";
    } else if (count == 1 && memchr(line->text, '\t', line->length) != NULL) {
        advice = "the columns are separated by tabs: use commas";
    }
    return err_set(
        e, E_DATA, LINE_FMT "found the header \"%s\", expected \"%s\": %s", LINE_ARGS(line),
        shown(line->text, line->length, text), CANDLE_HEADER, advice
    );
}

int candle_header_check(const struct candle_line *line, struct err *e) {
    if (line->length == strlen(CANDLE_HEADER) &&
        memcmp(line->text, CANDLE_HEADER, line->length) == 0) {
        return 0;
    }
    const char *advice = header_guess(line);
    if (advice != NULL) {
        return err_set(
            e, E_DATA, LINE_FMT "expected the header \"%s\", but %s", LINE_ARGS(line),
            CANDLE_HEADER, advice
        );
    }
    int code = line_fault(line, e);
    return code < 0 ? code : header_wrong(line, e);
}

/* Names the unit that a number of this size most likely is in. */
static int time_out_of_range(const struct candle_line *line, struct field field, struct err *e) {
    const char *advice = "use UTC milliseconds";
    if (field.length >= 9 && field.length <= 11) {
        advice = "it looks like seconds: multiply by 1000";
    } else if (field.length >= 15 && field.length <= 16) {
        advice = "it looks like microseconds: divide by 1000";
    } else if (field.length >= 18 && field.length <= 19) {
        advice = "it looks like nanoseconds: divide by 1000000";
    }
    char text[SHOWN_MAX + 4];
    return err_set(
        e, E_DATA, LINE_FMT "timestamp_ms is %s, expected UTC milliseconds like 1613692800000: %s",
        LINE_ARGS(line), shown(field.text, field.length, text), advice
    );
}

static int time_unreadable(const struct candle_line *line, struct field field, struct err *e) {
    int code = line_fault(line, e);
    if (code < 0) {
        return code;
    }
    const char *advice = "write it as a whole number";
    if (field.length == 0) {
        advice = "the field is empty";
    } else if (field.length >= 8 && isdigit((unsigned char)field.text[0]) && strchr("-/:", field.text[4]) != NULL) {
        advice = "it looks like a date (ISO 8601): convert it to milliseconds since 1970 UTC";
    }
    char text[SHOWN_MAX + 4];
    return err_set(
        e, E_DATA,
        LINE_FMT "timestamp_ms is \"%s\", expected UTC milliseconds like 1613692800000: %s",
        LINE_ARGS(line), shown(field.text, field.length, text), advice
    );
}

static int
time_parse(const struct candle_line *line, struct field field, int64_t *time_ms, struct err *e) {
    uint64_t value = 0;
    for (size_t i = 0; i < field.length; i++) {
        unsigned digit = (unsigned char)field.text[i] - (unsigned)'0';
        if (digit > 9) {
            return time_unreadable(line, field, e);
        }
        value = value * 10 + digit;
    }
    if (field.length == 0) {
        return time_unreadable(line, field, e);
    }
    if (field.length > 19 || value < TIME_MS_MIN || value >= TIME_MS_MAX) {
        return time_out_of_range(line, field, e);
    }
    *time_ms = (int64_t)value;
    return 0;
}

static bool field_is_not_a_number(struct field field) {
    static const char *const words[] = {"nan",  "inf",  "-inf",      "infinity", "-infinity",
                                        "null", "none", "undefined", "n/a",      "na"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (field.length == strlen(words[i]) &&
            strncasecmp(field.text, words[i], field.length) == 0) {
            return true;
        }
    }
    return false;
}

static int number_wrong(
    const struct candle_line *line, int column, struct field field, int why, struct err *e
) {
    int code = line_fault(line, e);
    if (code < 0) {
        return code;
    }
    const char *expected =
        column == COLUMN_COUNT - 1 ? "a number of at least 0" : "a price above 0";
    const char *advice = "write a plain number with a dot, like 51552.61";
    if (field.length == 0) {
        advice = "the field is empty: fill it in, or leave the whole row out (it is then listed "
                 "as a gap)";
    } else if (field_is_not_a_number(field)) {
        advice = "leave the row out (it is then listed as a gap) or fetch it again";
    } else if (why == E_RANGE) {
        advice = "it has more than 18 decimals or is too large";
    } else if (why == 0) {
        advice = "the row is damaged: correct it, or leave it out (it is then listed as a gap)";
    }
    char text[SHOWN_MAX + 4];
    return err_set(
        e, E_DATA, LINE_FMT "%s is \"%s\", expected %s: %s", LINE_ARGS(line), column_names[column],
        shown(field.text, field.length, text), expected, advice
    );
}

static int price_parse(
    const struct candle_line *line,
    int column,
    struct field field,
    struct price *exact,
    double *as_double,
    struct err *e
) {
    int code = decimal_parse_double(field.text, field.length, &exact->d, as_double);
    if (code < 0 || decimal_sign(exact->d) <= 0) {
        return number_wrong(line, column, field, code, e);
    }
    return 0;
}

static int
volume_parse(const struct candle_line *line, struct field field, double *volume, struct err *e) {
    struct decimal exact;
    int code = decimal_parse_double(field.text, field.length, &exact, volume);
    if (code < 0 || decimal_sign(exact) < 0) {
        return number_wrong(line, COLUMN_COUNT - 1, field, code, e);
    }
    return 0;
}

static int prices_contradict(
    const struct candle_line *line,
    const struct field *fields,
    int column,
    const char *relation,
    int other,
    struct err *e
) {
    char text[SHOWN_MAX + 4];
    char other_text[SHOWN_MAX + 4];
    return err_set(
        e, E_DATA,
        LINE_FMT "%s %s is %s %s %s, expected low <= open, close <= high: correct or remove the "
                 "row, and check that the columns really are %s",
        LINE_ARGS(line), column_names[column],
        shown(fields[column].text, fields[column].length, text), relation, column_names[other],
        shown(fields[other].text, fields[other].length, other_text), CANDLE_HEADER
    );
}

static int prices_check(
    const struct candle_line *line,
    const struct field *fields,
    const struct candle *c,
    struct err *e
) {
    enum { OPEN = 1, HIGH, LOW, CLOSE };
    if (decimal_compare(c->high.d, c->low.d) < 0) {
        return prices_contradict(line, fields, HIGH, "below", LOW, e);
    }
    if (decimal_compare(c->open.d, c->high.d) > 0) {
        return prices_contradict(line, fields, OPEN, "above", HIGH, e);
    }
    if (decimal_compare(c->open.d, c->low.d) < 0) {
        return prices_contradict(line, fields, OPEN, "below", LOW, e);
    }
    if (decimal_compare(c->close.d, c->high.d) > 0) {
        return prices_contradict(line, fields, CLOSE, "above", HIGH, e);
    }
    if (decimal_compare(c->close.d, c->low.d) < 0) {
        return prices_contradict(line, fields, CLOSE, "below", LOW, e);
    }
    return 0;
}

static int count_wrong(const struct candle_line *line, size_t count, struct err *e) {
    int code = line_fault(line, e);
    if (code < 0) {
        return code;
    }
    char text[SHOWN_MAX + 4];
    return err_set(
        e, E_DATA, LINE_FMT "has %zu columns (\"%s\"), expected the %d of \"%s\": %s",
        LINE_ARGS(line), count, shown(line->text, line->length, text), COLUMN_COUNT, CANDLE_HEADER,
        count < COLUMN_COUNT ? "the row is cut off or a column is missing"
                             : "remove the others; numbers have no thousands separators"
    );
}

int candle_row_parse(const struct candle_line *line, struct candle *out, struct err *e) {
    struct field fields[COLUMN_COUNT];
    size_t count = fields_split(line, fields, COLUMN_COUNT);
    if (count != COLUMN_COUNT) {
        return count_wrong(line, count, e);
    }
    int code = time_parse(line, fields[0], &out->bar.time_ms, e);
    if (code == 0) {
        code = price_parse(line, 1, fields[1], &out->open, &out->bar.open, e);
    }
    if (code == 0) {
        code = price_parse(line, 2, fields[2], &out->high, &out->bar.high, e);
    }
    if (code == 0) {
        code = price_parse(line, 3, fields[3], &out->low, &out->bar.low, e);
    }
    if (code == 0) {
        code = price_parse(line, 4, fields[4], &out->close, &out->bar.close, e);
    }
    if (code == 0) {
        code = volume_parse(line, fields[5], &out->bar.volume, e);
    }
    return code < 0 ? code : prices_check(line, fields, out, e);
}
