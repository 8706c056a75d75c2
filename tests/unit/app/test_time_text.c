/* Times as people write them. */
#include "app/time_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void parses(const char *text, int64_t wanted_ms) {
    int64_t time_ms = -1;
    assert_int_equal(time_text_parse(text, &time_ms), 0);
    assert_int_equal(time_ms, wanted_ms);
}

static void test_dates_and_times(void **state) {
    (void)state;
    parses("1970-01-01", 0);
    parses("2021-02-20", 1613779200000);
    parses("2021-02-20T12:30", 1613824200000);
    parses("2021-02-20 12:30", 1613824200000);
    parses("2021-02-20T12:30:15", 1613824215000);
    parses("2021-02-20T12:30:15Z", 1613824215000);
    parses("2020-02-29", 1582934400000);
}

static void test_milliseconds(void **state) {
    (void)state;
    parses("0", 0);
    parses("1613692800000", 1613692800000);
}

static void test_what_is_no_time(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "today",
        "12x",
        "-5",
        "2021-02",
        "2021-02-30",
        "2021-13-01",
        "2021-00-10",
        "2021-02-20T",
        "2021-02-20T25:00",
        "2021-02-20T12:61",
        "2021-02-20T12:30:15+01:00",
        "2021-02-20 noon",
        "99999999999999999999999999",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t time_ms;
        if (time_text_parse(texts[i], &time_ms) == 0) {
            fail_msg("'%s' was taken for a time", texts[i]);
        }
    }
}

static void test_format_is_the_way_back(void **state) {
    (void)state;
    char text[TIME_TEXT_MAX];
    assert_string_equal(time_text_format(1613824215000, text), "2021-02-20 12:30:15");
    assert_string_equal(time_text_format(0, text), "1970-01-01 00:00:00");
    for (int64_t time_ms = 0; time_ms < 4000000000000; time_ms += 98765432000) {
        parses(time_text_format(time_ms, text), time_ms);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates_and_times),
        cmocka_unit_test(test_milliseconds),
        cmocka_unit_test(test_what_is_no_time),
        cmocka_unit_test(test_format_is_the_way_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
