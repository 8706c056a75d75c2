/* What a candle file can say wrong: each case must name the line, the thing found and what to do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "research/candle_file.h"
#include "research/candle_row.h"

#include <stdio.h>
#include <string.h>

#define HEADER CANDLE_HEADER "\n"
#define ROW1 "1613692800000,100,102,99,101,5\n"
#define ROW2 "1613692860000,101,103,100,102,6\n"

struct bad {
    const char *text;
    size_t length; /* 0: strlen */
    const char *says[4];
};

static const struct bad bad_headers[] = {
    {"", 0, {"x.csv: is empty", CANDLE_HEADER}},
    {CANDLE_HEADER, 0, {"x.csv: has no rows"}},
    {HEADER, 0, {"x.csv: has no rows", "at least two rows"}},
    {HEADER ROW1, 0, {"x.csv: has one row"}},
    {"timestamp_ms,open,close,high,low,volume\n" ROW1,
     0,
     {"line 1: the columns are in the wrong order", "\"timestamp_ms,open,close,high,low,volume\"",
      CANDLE_HEADER, "{print $1,$2,$4,$5,$3,$6}"}},
    {"time,o,h,l,c,v\n" ROW1, 0, {"line 1: found the header \"time,o,h,l,c,v\"", CANDLE_HEADER}},
    {ROW1 ROW2, 0, {"line 1", "header is missing"}},
    {"timestamp_ms;open;high;low;close;volume\n", 0, {"line 1", "semicolons: use commas"}},
    {"timestamp_ms\topen\thigh\tlow\tclose\tvolume\n", 0, {"line 1", "tabs: use commas"}},
    {"timestamp_ms,open,high,low,close\n", 0, {"line 1: found the header"}},
    {" " HEADER, 0, {"line 1: found the header"}},
    {"\n" HEADER, 0, {"line 1: is empty"}},
    {CANDLE_HEADER "\r\n" ROW1, 0, {"line 1: ends with CR LF", "sed -i"}},
    {"\xEF\xBB\xBF" HEADER ROW1, 0, {"line 1", "byte order mark: remove it with sed"}},
    {"\xFF\xFEt\0i\0", 6, {"line 1", "UTF-16", "iconv"}},
    {"PK\x03\x04zip", 0, {"line 1", "zip archive"}},
    {"\x28\xB5\x2F\xFDzst", 0, {"zstd -d"}},
    {"\xFD"
     "7zXZ",
     0,
     {"xz -d"}},
    {"PAR1....", 0, {"Parquet"}},
    {"time\0stamp\n", 11, {"line 1: has a NUL byte"}},
};

static const struct bad bad_rows[] = {
    /* the shape of a line */
    {"1613692860000,101,103,100,102\n", 0, {"line 3: has 5 columns", "cut off"}},
    {"1613692860000,101,103,100,102,6,7\n", 0, {"line 3: has 7 columns", "remove the others"}},
    {"1613692860000,101,103,100,102,1,234\n", 0, {"7 columns", "no thousands separators"}},
    {"\n", 0, {"line 3: is empty"}},
    {"1613692860000,101,103,100,102,6\r\n", 0, {"line 3: ends with CR LF"}},
    {"1613692860000,101,1\0003,100,102,6\n", 32, {"line 3: has a NUL byte", "damaged"}},
    {"1613692860000,101,103", 0, {"line 3: has 3 columns", "\"1613692860000,101,103\""}},
    /* the time */
    {"1613692860,101,103,100,102,6\n",
     0,
     {"line 3: timestamp_ms is 1613692860", "seconds", "1000"}},
    {"1613692860000000,101,103,100,102,6\n", 0, {"line 3", "microseconds: divide by 1000"}},
    {"1613692860000000000,101,103,100,102,6\n", 0, {"line 3", "nanoseconds"}},
    {"161369286000000000000,101,103,100,102,6\n", 0, {"line 3", "use UTC milliseconds"}},
    {"0,101,103,100,102,6\n", 0, {"line 3: timestamp_ms is 0"}},
    {"2021-02-19T00:01:00Z,101,103,100,102,6\n", 0, {"\"2021-02-19T00:01:00Z\"", "ISO 8601"}},
    {"2021-02-19 00:01:00,101,103,100,102,6\n", 0, {"ISO 8601"}},
    {"1613692860000.0,101,103,100,102,6\n", 0, {"\"1613692860000.0\"", "whole number"}},
    {"-1613692860000,101,103,100,102,6\n", 0, {"\"-1613692860000\"", "whole number"}},
    {",101,103,100,102,6\n", 0, {"timestamp_ms is \"\"", "empty"}},
    {ROW1, 0, {"line 3: timestamp_ms 1613692800000", "time of the line before again"}},
    {"1613692740000,101,103,100,102,6\n", 0, {"line 3", "newest row comes first", "sort"}},
    {ROW2 "1613692800000,101,103,100,102,6\n", 0, {"line 4", "goes back in time"}},
    {ROW2 "1613692890000,101,103,100,102,6\n", 0, {"line 4: opens 30000 ms after", "1m 3m 5m"}},
    {"1613693220000,101,103,100,102,6\n", 0, {"line 3: opens 420000 ms after", "bar length"}},
    {ROW2 "1613692950001,101,103,100,102,6\n",
     0,
     {"line 4: timestamp_ms 1613692950001 lies 30001 ms past", "1m bar"}},
    /* the numbers */
    {"1613692860000,NaN,103,100,102,6\n", 0, {"line 3: open is \"NaN\"", "leave the row out"}},
    {"1613692860000,101,inf,100,102,6\n", 0, {"line 3: high is \"inf\"", "leave the row out"}},
    {"1613692860000,101,103,-Infinity,102,6\n", 0, {"low is \"-Infinity\"", "leave the row out"}},
    {"1613692860000,101,103,100,null,6\n", 0, {"close is \"null\"", "leave the row out"}},
    {"1613692860000,101,103,100,102,nan\n", 0, {"volume is \"nan\"", "at least 0"}},
    {"1613692860000,101,103,100,,6\n", 0, {"close is \"\"", "the field is empty"}},
    {"1613692860000,101,103,100,102,\n", 0, {"volume is \"\"", "the field is empty"}},
    {"1613692860000,abc,103,100,102,6\n",
     0,
     {"open is \"abc\"", "a price above 0", "plain number"}},
    {"1613692860000,101 ,103,100,102,6\n", 0, {"open is \"101 \"", "plain number"}},
    {"1613692860000,101,0x67,100,102,6\n", 0, {"high is \"0x67\""}},
    {"1613692860000,1\x1b[m,103,100,102,6\n", 0, {"open is \"1?[m\""}},
    {"1613692860000,0,103,100,102,6\n", 0, {"open is \"0\"", "a price above 0", "damaged"}},
    {"1613692860000,101,103,-100,102,6\n", 0, {"low is \"-100\"", "a price above 0"}},
    {"1613692860000,101,103,100,102,-6\n", 0, {"volume is \"-6\"", "at least 0"}},
    {"1613692860000,1e30,103,100,102,6\n", 0, {"open is \"1e30\"", "too large"}},
    {"1613692860000,101,103,0.0000000000000000001,102,6\n", 0, {"low is", "18 decimals"}},
    /* the prices of a bar among themselves */
    {"1613692860000,101,99,103,102,6\n", 0, {"line 3: high 99 is below low 103", CANDLE_HEADER}},
    {"1613692860000,104,103,100,102,6\n", 0, {"line 3: open 104 is above high 103"}},
    {"1613692860000,99.9,103,100,102,6\n", 0, {"line 3: open 99.9 is below low 100"}},
    {"1613692860000,101,103,100,103.1,6\n", 0, {"line 3: close 103.1 is above high 103"}},
    {"1613692860000,101,103,100,99,6\n", 0, {"line 3: close 99 is below low 100"}},
};

static void expect_refused(const char *text, size_t length, const struct bad *bad) {
    struct candle_data data;
    struct err e = {0};
    int code = candle_bytes_load("x.csv", text, length, NULL, &data, &e);
    if (code != E_DATA || e.code != E_DATA || strncmp(e.msg, "x.csv", 5) != 0) {
        fail_msg("code %d for %s: %s", code, text, e.msg);
    }
    assert_null(data.rows);
    for (size_t i = 0; i < 4 && bad->says[i] != NULL; i++) {
        if (strstr(e.msg, bad->says[i]) == NULL) {
            fail_msg("\"%s\" is not in: %s", bad->says[i], e.msg);
        }
    }
}

static void test_bad_headers_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_headers / sizeof bad_headers[0]; i++) {
        const struct bad *bad = &bad_headers[i];
        expect_refused(bad->text, bad->length > 0 ? bad->length : strlen(bad->text), bad);
    }
}

static void test_bad_rows_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_rows / sizeof bad_rows[0]; i++) {
        const struct bad *bad = &bad_rows[i];
        char text[1024];
        int head = snprintf(text, sizeof text, "%s", HEADER ROW1);
        size_t length = bad->length > 0 ? bad->length : strlen(bad->text);
        memcpy(text + head, bad->text, length);
        text[(size_t)head + length] = '\0';
        expect_refused(text, (size_t)head + length, bad);
    }
}

static void test_overlong_line_is_refused(void **state) {
    (void)state;
    static char text[4000];
    int head = snprintf(text, sizeof text, "%s", HEADER ROW1);
    memset(text + head, '1', sizeof text - (size_t)head);
    expect_refused(
        text, sizeof text, &(struct bad){.says = {"line 3: is longer than 512 bytes", "no CSV"}}
    );
    memset(text, 'x', sizeof text);
    expect_refused(text, sizeof text, &(struct bad){.says = {"line 1: is longer than 512 bytes"}});
}

static void test_one_line_is_exact(void **state) {
    (void)state;
    const char *text = "1613692800000,0.1,1e5,1e-7,51552.61000000,0";
    struct candle_line line = {"x.csv", 2, text, strlen(text)};
    struct candle c;
    struct err e;
    assert_int_equal(candle_row_parse(&line, &c, &e), 0);
    char shown[DECIMAL_TEXT_MAX];
    decimal_format(c.open.d, shown);
    assert_string_equal(shown, "0.1");
    decimal_format(c.low.d, shown);
    assert_string_equal(shown, "0.0000001");
    decimal_format(c.close.d, shown);
    assert_string_equal(shown, "51552.61");
    assert_true(c.bar.open == 0.1 && c.bar.high == 100000 && c.bar.low == 1e-7);
    assert_true(c.bar.close == 51552.61 && c.bar.volume == 0);
    assert_int_equal(c.bar.time_ms, 1613692800000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_headers_are_refused),
        cmocka_unit_test(test_bad_rows_are_refused),
        cmocka_unit_test(test_overlong_line_is_refused),
        cmocka_unit_test(test_one_line_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
