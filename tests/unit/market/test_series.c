/* series: the ring of bars as of an event and as of a time, before and after it wraps. */
#include "market/series.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define STEP_MS 60000

static struct series series; /* 290 KB: not for the stack */

static int begin(void **state) {
    (void)state;
    memset(&series, 0, sizeof series);
    series.timeframe_ms = STEP_MS;
    return 0;
}

/* Bar i opens at i minutes, closes at i + 1 and became known by event 10 × i. */
static void push_bars(uint64_t count) {
    for (uint64_t i = series.count, end = series.count + count; i < end; i++) {
        struct bar bar = {
            .time_ms = (int64_t)i * STEP_MS,
            .close_ms = (int64_t)(i + 1) * STEP_MS,
            .close = (double)i,
        };
        series_push(&series, &bar, 10 * i);
    }
}

static void test_an_empty_series_knows_nothing(void **state) {
    (void)state;
    uint64_t position = 77;
    assert_int_equal(series_known(&series, UINT64_MAX), 0);
    assert_false(series_find_closed(&series, 0, INT64_MAX, &position));
    assert_false(series_find_closed(&series, UINT64_MAX, INT64_MAX, &position));
    assert_int_equal(position, 77);
}

static void test_known_counts_bars_up_to_the_event(void **state) {
    (void)state;
    push_bars(1000);
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(series_known(&series, 10 * i), i + 1);
        assert_int_equal(series_known(&series, 10 * i + 9), i + 1);
    }
    assert_int_equal(series_known(&series, UINT64_MAX), 1000);
}

static void test_bars_of_one_event_are_known_together(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct bar bar = {.time_ms = i * STEP_MS, .close_ms = (i + 1) * STEP_MS};
        series_push(&series, &bar, i < 15 ? 5 : 6);
    }
    assert_int_equal(series_known(&series, 4), 0);
    assert_int_equal(series_known(&series, 5), 15);
    assert_int_equal(series_known(&series, 6), 20);
}

static void test_find_closed_never_sees_a_bar_that_closes_later(void **state) {
    (void)state;
    push_bars(1000);
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t position = 0;
        int64_t close_ms = (int64_t)(i + 1) * STEP_MS;
        assert_true(series_find_closed(&series, 1000, close_ms, &position));
        assert_int_equal(position, i);
        if (i > 0) {
            assert_true(series_find_closed(&series, 1000, close_ms - 1, &position));
            assert_int_equal(position, i - 1);
        }
    }
    uint64_t position = 0;
    assert_false(series_find_closed(&series, 1000, STEP_MS - 1, &position));
}

static void test_find_closed_is_limited_to_the_known_bars(void **state) {
    (void)state;
    push_bars(100);
    uint64_t position = 0;
    assert_true(series_find_closed(&series, 40, INT64_MAX, &position));
    assert_int_equal(position, 39);
    assert_false(series_find_closed(&series, 0, INT64_MAX, &position));
}

static void test_the_ring_forgets_the_oldest(void **state) {
    (void)state;
    push_bars(SERIES_CAPACITY + 500);
    uint64_t position = 0;
    for (uint64_t i = 500; i < series.count; i++) {
        assert_true(series_at(&series, i)->close == (double)i);
        assert_int_equal(series_known(&series, 10 * i), i + 1);
        assert_true(series_find_closed(&series, series.count, (int64_t)(i + 1) * STEP_MS, &position)
        );
        assert_int_equal(position, i);
    }
    /* Bar 499 is gone: nothing that had closed by then is held. */
    assert_false(series_find_closed(&series, series.count, 500 * STEP_MS, &position));
    assert_false(series_find_closed(&series, 300, INT64_MAX, &position));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_an_empty_series_knows_nothing, begin),
        cmocka_unit_test_setup(test_known_counts_bars_up_to_the_event, begin),
        cmocka_unit_test_setup(test_bars_of_one_event_are_known_together, begin),
        cmocka_unit_test_setup(test_find_closed_never_sees_a_bar_that_closes_later, begin),
        cmocka_unit_test_setup(test_find_closed_is_limited_to_the_known_bars, begin),
        cmocka_unit_test_setup(test_the_ring_forgets_the_oldest, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
