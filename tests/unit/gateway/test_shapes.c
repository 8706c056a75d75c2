#include "gateway/shapes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void time_check(int64_t time_ms) {
    char text[ISO_TIME_MAX];
    char expected[64];
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t n = strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(expected + n, sizeof expected - n, ".%03dZ", (int)(time_ms % 1000));
    iso_time(time_ms, text);
    assert_string_equal(text, expected);
}

static void test_times(void **state) {
    (void)state;
    for (int64_t day = 0; day < 60000; day++) {
        time_check(day * 86400000 + day % 86400 * 1000 + day % 1000);
    }
    time_check(951782399999); /* the last of 2000-02-28 and the first of the leap day */
    time_check(951782400000);
    time_check(4107542399999); /* 2100 has none */
    time_check(4107542400000);
}

static void test_zero_is_null(void **state) {
    struct json_writer json;
    struct buffer out;
    (void)state;
    buffer_init(&out, 1000);
    json_begin(&json, &out);
    json_object(&json);
    write_time(&json, "a", 0);
    write_time(&json, "b", 1);
    write_price(&json, "c", (struct price){0});
    write_optional(&json, "d", "");
    write_account_id(&json, 7);
    json_close(&json);
    assert_int_equal(json_end(&json), 0);
    assert_string_equal(
        out.data, "{\"a\":null,\"b\":\"1970-01-01T00:00:00.001Z\",\"c\":null,\"d\":null,"
                  "\"account_id\":\"paper7\"}"
    );
    buffer_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_zero_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
