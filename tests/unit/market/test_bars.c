/* bars: bars of longer timeframes from minutes, with all that a real file does to them. */
#include "market/bars.h"
#include "market/timeframe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FIRST_MS ((int64_t)1700006400000) /* midnight */
#define BARS_MAX 64

static struct bar_builder builder;
static struct bar closed[BARS_MAX]; /* what came out, in order */
static bool waited[BARS_MAX];       /* by expire, not by its own last minute */
static int closed_count;

static void begin_at(int64_t timeframe_ms) {
    bar_builder_init(&builder, timeframe_ms);
    closed_count = 0;
}

/* The minute that opens `minute` minutes after midnight, at prices that name it. */
static void play(int64_t minute, double open, double high, double low, double close) {
    struct bar finest = {
        .time_ms = FIRST_MS + minute * MINUTE_MS,
        .close_ms = FIRST_MS + (minute + 1) * MINUTE_MS,
        .open = open,
        .high = high,
        .low = low,
        .close = close,
        .volume = 2,
    };
    waited[closed_count] = true;
    closed_count += bar_builder_expire(&builder, finest.time_ms, &closed[closed_count]);
    waited[closed_count] = false;
    closed_count += bar_builder_push(&builder, &finest, &closed[closed_count]);
}

static void play_flat(int64_t minute, double price) {
    play(minute, price, price, price, price);
}

static void test_a_bar_is_its_minutes(void **state) {
    (void)state;
    begin_at(5 * MINUTE_MS);
    play(0, 10, 11, 9, 10.5);
    play(1, 10.5, 14, 10, 12);
    play(2, 12, 12, 7, 8);
    play(3, 8, 9, 8, 9);
    assert_int_equal(closed_count, 0);
    play(4, 9, 10, 9, 9.5);
    assert_int_equal(closed_count, 1);
    assert_false(waited[0]);
    assert_int_equal(closed[0].time_ms, FIRST_MS);
    assert_int_equal(closed[0].close_ms, FIRST_MS + 5 * MINUTE_MS);
    assert_true(closed[0].open == 10 && closed[0].high == 14);
    assert_true(closed[0].low == 7 && closed[0].close == 9.5);
    assert_true(closed[0].volume == 10);
}

static void test_an_incomplete_first_bar_is_dropped(void **state) {
    (void)state;
    begin_at(5 * MINUTE_MS);
    for (int minute = 2; minute < 10; minute++) {
        play_flat(minute, minute);
    }
    assert_int_equal(closed_count, 1);
    assert_int_equal(closed[0].time_ms, FIRST_MS + 5 * MINUTE_MS);
    assert_true(closed[0].open == 5 && closed[0].close == 9);
}

static void test_a_first_bar_without_its_end_is_dropped_by_expire_too(void **state) {
    (void)state;
    begin_at(5 * MINUTE_MS);
    play_flat(3, 3);
    play_flat(7, 7); /* the next bar misses its opening minute but lies within the data */
    play_flat(9, 9);
    assert_int_equal(closed_count, 1);
    assert_int_equal(closed[0].time_ms, FIRST_MS + 5 * MINUTE_MS);
    assert_true(closed[0].open == 7 && closed[0].close == 9);
}

static void test_a_missing_last_minute_closes_when_the_next_arrives(void **state) {
    (void)state;
    begin_at(5 * MINUTE_MS);
    for (int minute = 0; minute < 4; minute++) {
        play_flat(minute, minute);
    }
    struct bar out;
    assert_false(bar_builder_expire(&builder, FIRST_MS + 5 * MINUTE_MS - 1, &out));
    play_flat(6, 6);
    assert_int_equal(closed_count, 1);
    assert_true(waited[0]);
    assert_true(closed[0].close == 3);
    assert_int_equal(closed[0].close_ms, FIRST_MS + 5 * MINUTE_MS);
    assert_false(bar_builder_expire(&builder, FIRST_MS + 6 * MINUTE_MS, &out));
}

static void test_a_bar_without_minutes_does_not_exist(void **state) {
    (void)state;
    begin_at(5 * MINUTE_MS);
    for (int minute = 0; minute < 5; minute++) {
        play_flat(minute, minute);
    }
    play_flat(17, 17);
    play_flat(19, 19);
    assert_int_equal(closed_count, 2);
    assert_int_equal(closed[1].time_ms, FIRST_MS + 15 * MINUTE_MS);
    assert_true(closed[1].open == 17 && closed[1].volume == 4);
}

static void test_equal_timeframes_pass_through(void **state) {
    (void)state;
    begin_at(MINUTE_MS);
    for (int minute = 3; minute < 9; minute++) {
        play_flat(minute, minute);
        assert_int_equal(closed_count, minute - 2);
        assert_int_equal(closed[minute - 3].time_ms, FIRST_MS + minute * MINUTE_MS);
    }
}

static void test_every_timeframe_covers_the_day(void **state) {
    (void)state;
    for (int i = 3; i < TIMEFRAME_COUNT; i++) {
        int64_t timeframe_ms = timeframe_ms_at(i);
        bar_builder_init(&builder, timeframe_ms);
        int count = 0;
        for (int minute = 0; minute < 2 * 1440; minute++) {
            struct bar finest = {
                .time_ms = FIRST_MS + minute * MINUTE_MS,
                .close_ms = FIRST_MS + (minute + 1) * MINUTE_MS,
                .volume = 1,
            };
            struct bar out;
            assert_false(bar_builder_expire(&builder, finest.time_ms, &out));
            if (bar_builder_push(&builder, &finest, &out)) {
                assert_int_equal(out.time_ms, FIRST_MS + count * timeframe_ms);
                assert_int_equal(out.close_ms, finest.close_ms);
                assert_true(out.volume == (double)(timeframe_ms / MINUTE_MS));
                count++;
            }
        }
        assert_int_equal(count, 2 * 1440 * MINUTE_MS / timeframe_ms);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bar_is_its_minutes),
        cmocka_unit_test(test_an_incomplete_first_bar_is_dropped),
        cmocka_unit_test(test_a_first_bar_without_its_end_is_dropped_by_expire_too),
        cmocka_unit_test(test_a_missing_last_minute_closes_when_the_next_arrives),
        cmocka_unit_test(test_a_bar_without_minutes_does_not_exist),
        cmocka_unit_test(test_equal_timeframes_pass_through),
        cmocka_unit_test(test_every_timeframe_covers_the_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
