/* timeframe: names, lengths and the grid that bars are aligned to. */
#include "market/timeframe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_names_and_lengths_are_one_table(void **state) {
    (void)state;
    for (int i = 0; i < TIMEFRAME_COUNT; i++) {
        int64_t ms = timeframe_ms_at(i);
        int64_t parsed = 0;
        struct err e = {0};
        assert_int_equal(timeframe_parse(timeframe_name(ms), &parsed, &e), E_OK);
        assert_int_equal(parsed, ms);
        if (i > 0) {
            assert_true(timeframe_ms_at(i - 1) < ms);
        }
    }
    assert_string_equal(timeframe_name(4 * 60 * MINUTE_MS), "4h");
    assert_string_equal(timeframe_name(7), "?");
}

static void test_an_unknown_name_is_refused_with_the_names(void **state) {
    (void)state;
    static const char *const wrong[] = {"", "5", "5M", "7m", "5m ", "1w"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t ms = 42;
        struct err e = {0};
        assert_int_equal(timeframe_parse(wrong[i], &ms, &e), E_SYNTAX);
        assert_int_equal(ms, 42);
        assert_non_null(strstr(e.msg, "15m"));
    }
}

static void test_bars_open_on_the_utc_grid(void **state) {
    (void)state;
    int64_t day = timeframe_ms_at(TIMEFRAME_COUNT - 1);
    assert_int_equal(timeframe_open(day, 1700006400000), 1700006400000);
    assert_int_equal(timeframe_open(day, 1700006399999), 1700006400000 - day);
    assert_int_equal(timeframe_open(5 * MINUTE_MS, 1700006700001), 1700006700000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_lengths_are_one_table),
        cmocka_unit_test(test_an_unknown_name_is_refused_with_the_names),
        cmocka_unit_test(test_bars_open_on_the_utc_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
