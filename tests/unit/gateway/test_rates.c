/* How often somebody may ask, with times that the test makes up. */
#include "gateway/rates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECOND ((int64_t)1000000000)
#define BEGIN (1000 * SECOND)

static struct rates *rates;

static int make(void **state) {
    struct rate_limits limits = {
        .per_minute = {
            [RATE_ADDRESS] = 600,
            [RATE_READ] = 0,
            [RATE_CHANGE] = 6,
            [RATE_CHECK] = 60,
        }};
    struct err e = {0};
    (void)state;
    return rates_new(&rates, &limits, 0x1234567890abcdef, &e);
}

static int end(void **state) {
    (void)state;
    rates_free(rates);
    return 0;
}

static int64_t take(enum rate_kind kind, const char *who, int64_t at_ns) {
    return rates_take(rates, kind, who, strlen(who), at_ns);
}

static void test_a_minutes_worth_at_once_and_then_evenly(void **state) {
    (void)state;
    for (int i = 0; i < 6; i++) {
        assert_int_equal(take(RATE_CHANGE, "ann", BEGIN), 0);
    }
    assert_int_equal(take(RATE_CHANGE, "ann", BEGIN), 10 * SECOND);
    assert_int_equal(take(RATE_CHANGE, "ann", BEGIN + 4 * SECOND), 6 * SECOND);
    assert_int_equal(take(RATE_CHANGE, "ann", BEGIN + 10 * SECOND), 0);
    assert_int_equal(take(RATE_CHANGE, "ann", BEGIN + 10 * SECOND), 10 * SECOND);
    assert_int_equal(rates_refused(rates, RATE_CHANGE), 3);
    /* Idle for long: a minute's worth again, and not more. */
    for (int i = 0; i < 6; i++) {
        assert_int_equal(take(RATE_CHANGE, "ann", BEGIN + 1000 * SECOND), 0);
    }
    assert_int_not_equal(take(RATE_CHANGE, "ann", BEGIN + 1000 * SECOND), 0);
}

static void test_others_and_other_kinds_are_counted_apart(void **state) {
    (void)state;
    for (int i = 0; i < 6; i++) {
        assert_int_equal(take(RATE_CHANGE, "ann", BEGIN), 0);
    }
    assert_int_not_equal(take(RATE_CHANGE, "ann", BEGIN), 0);
    assert_int_equal(take(RATE_CHANGE, "bob", BEGIN), 0);
    assert_int_equal(take(RATE_CHECK, "ann", BEGIN), 0);
    assert_int_equal(take(RATE_ADDRESS, "ann", BEGIN), 0);
}

static void test_no_limit_and_what_is_free(void **state) {
    (void)state;
    for (int i = 0; i < 100000; i++) {
        assert_int_equal(take(RATE_READ, "ann", BEGIN), 0);
        assert_int_equal(take(RATE_FREE, "ann", BEGIN), 0);
    }
    assert_int_equal(rates_refused(rates, RATE_READ), 0);
}

/* A hundred thousand strangers take one request each; they never make the one who asks too much
 * pass more often than his share and the few times his bucket was forgotten. */
static void test_strangers_do_not_help(void **state) {
    (void)state;
    int passed = 0;
    for (int i = 0; i < 100000; i++) {
        char who[16];
        int64_t at_ns = BEGIN + i * (SECOND / 1000); /* 100 s in all */
        snprintf(who, sizeof who, "s%d", i);
        assert_int_equal(take(RATE_ADDRESS, who, at_ns), 0);
        passed += take(RATE_CHANGE, "ann", at_ns) == 0;
    }
    assert_in_range(passed, 6 + 9, 6 + 10); /* 6 at once, then one in ten seconds */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_minutes_worth_at_once_and_then_evenly, make, end),
        cmocka_unit_test_setup_teardown(test_others_and_other_kinds_are_counted_apart, make, end),
        cmocka_unit_test_setup_teardown(test_no_limit_and_what_is_free, make, end),
        cmocka_unit_test_setup_teardown(test_strangers_do_not_help, make, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
