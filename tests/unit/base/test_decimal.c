/* Decimals: hand cases for every rounding, overflow at every edge, text and doubles. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/decimal.h"

#define LARGEST "170141183460469231731.687303715884105727"

static struct decimal dec(const char *text) {
    struct decimal out;
    if (decimal_parse(text, strlen(text), &out) != 0) {
        fail_msg("'%s' does not parse", text);
    }
    return out;
}

static void expect(struct decimal value, const char *text) {
    char formatted[DECIMAL_TEXT_MAX];
    size_t length = decimal_format(value, formatted);
    assert_string_equal(formatted, text);
    assert_int_equal(length, strlen(text));
}

static void sums_are_exact(void **state) {
    (void)state;
    struct decimal out;
    assert_int_equal(decimal_add(dec("0.1"), dec("0.2"), &out), 0);
    expect(out, "0.3");
    assert_int_equal(decimal_sub(dec("1"), dec("1.000000000000000001"), &out), 0);
    expect(out, "-0.000000000000000001");
}

static void sums_overflow_at_both_edges(void **state) {
    (void)state;
    struct decimal largest = dec(LARGEST);
    struct decimal smallest = decimal_negate(largest);
    struct decimal ulp = {1};
    struct decimal out = dec("7");
    assert_int_equal(decimal_add(largest, ulp, &out), E_OVERFLOW);
    assert_int_equal(decimal_sub(smallest, ulp, &out), E_OVERFLOW);
    assert_int_equal(decimal_add(smallest, decimal_negate(ulp), &out), E_OVERFLOW);
    assert_int_equal(decimal_sub(largest, decimal_negate(ulp), &out), E_OVERFLOW);
    assert_int_equal(decimal_add(largest, largest, &out), E_OVERFLOW);
    assert_int_equal(decimal_add(smallest, smallest, &out), E_OVERFLOW);
    expect(out, "7");
    assert_int_equal(decimal_add(largest, smallest, &out), 0);
    expect(out, "0");
    assert_int_equal(decimal_sub(largest, ulp, &out), 0);
    assert_int_equal(decimal_add(out, ulp, &out), 0);
    expect(out, LARGEST);
}

struct rounding_case {
    const char *a;
    const char *b;
    const char *results[4]; /* down, up, to zero, nearest */
};

static void products_round_as_named(void **state) {
    (void)state;
    static const struct rounding_case cases[] = {
        {"60000.1", "0.0019", {"114.00019", "114.00019", "114.00019", "114.00019"}},
        {"0.000000000000000001", "0.5", {"0", "0.000000000000000001", "0", "0.000000000000000001"}},
        {"-0.000000000000000001", "0.5", {"-0.000000000000000001", "0", "0", "0"}},
        {"0.000000000000000003",
         "0.5",
         {"0.000000000000000001", "0.000000000000000002", "0.000000000000000001",
          "0.000000000000000002"}},
        {"-0.000000000000000003",
         "0.5",
         {"-0.000000000000000002", "-0.000000000000000001", "-0.000000000000000001",
          "-0.000000000000000001"}},
        {"0.000000000000000001", "0.499999999999999999", {"0", "0.000000000000000001", "0", "0"}},
        {"-0.000000000000000001",
         "0.500000000000000001",
         {"-0.000000000000000001", "0", "0", "-0.000000000000000001"}},
        {"100000000000",
         "1000000000",
         {"100000000000000000000", "100000000000000000000", "100000000000000000000",
          "100000000000000000000"}},
        {"-2", "-3", {"6", "6", "6", "6"}},
        {"0", "-3", {"0", "0", "0", "0"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int r = ROUND_DOWN; r <= ROUND_NEAREST; r++) {
            struct decimal out;
            enum rounding rounding = (enum rounding)r;
            assert_int_equal(decimal_mul(dec(cases[i].a), dec(cases[i].b), rounding, &out), 0);
            expect(out, cases[i].results[r]);
        }
    }
}

static void quotients_round_as_named(void **state) {
    (void)state;
    static const struct rounding_case cases[] = {
        {"1",
         "3",
         {"0.333333333333333333", "0.333333333333333334", "0.333333333333333333",
          "0.333333333333333333"}},
        {"-2",
         "3",
         {"-0.666666666666666667", "-0.666666666666666666", "-0.666666666666666666",
          "-0.666666666666666667"}},
        {"0.000000000000000001", "2", {"0", "0.000000000000000001", "0", "0.000000000000000001"}},
        {"-0.000000000000000001", "2", {"-0.000000000000000001", "0", "0", "0"}},
        {"114.00019", "60000.1", {"0.0019", "0.0019", "0.0019", "0.0019"}},
        {"1", LARGEST, {"0", "0.000000000000000001", "0", "0"}},
        {LARGEST, LARGEST, {"1", "1", "1", "1"}},
        {"-" LARGEST, "1", {"-" LARGEST, "-" LARGEST, "-" LARGEST, "-" LARGEST}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int r = ROUND_DOWN; r <= ROUND_NEAREST; r++) {
            struct decimal out;
            enum rounding rounding = (enum rounding)r;
            assert_int_equal(decimal_div(dec(cases[i].a), dec(cases[i].b), rounding, &out), 0);
            expect(out, cases[i].results[r]);
        }
    }
}

static void products_and_quotients_refuse(void **state) {
    (void)state;
    struct decimal out = dec("7");
    struct decimal largest = dec(LARGEST);
    struct decimal above_one = dec("1.000000000000000001");
    struct decimal below_one = dec("0.999999999999999999");
    assert_int_equal(decimal_div(dec("1"), dec("0"), ROUND_DOWN, &out), E_ARGUMENT);
    assert_int_equal(decimal_mul(largest, above_one, ROUND_DOWN, &out), E_OVERFLOW);
    assert_int_equal(decimal_mul(decimal_negate(largest), above_one, ROUND_UP, &out), E_OVERFLOW);
    assert_int_equal(decimal_mul(largest, largest, ROUND_DOWN, &out), E_OVERFLOW);
    assert_int_equal(decimal_mul(largest, dec("2"), ROUND_DOWN, &out), E_OVERFLOW);
    assert_int_equal(decimal_div(largest, below_one, ROUND_DOWN, &out), E_OVERFLOW);
    assert_int_equal(decimal_div(largest, dec("0.5"), ROUND_DOWN, &out), E_OVERFLOW);
    assert_int_equal(
        decimal_div(decimal_negate(largest), (struct decimal){1}, ROUND_UP, &out), E_OVERFLOW
    );
    expect(out, "7");
    /* 2^127 - 1 is odd: the half above the largest is out of range only when it is rounded away. */
    struct decimal half = {((int128)1 << 126)};
    struct decimal nearly_two = {2 * DECIMAL_ONE - 1};
    assert_int_equal(decimal_mul(half, dec("2"), ROUND_DOWN, &out), E_OVERFLOW);
    assert_int_equal(decimal_mul(half, nearly_two, ROUND_DOWN, &out), 0);
}

static void rounds_to_steps(void **state) {
    (void)state;
    static const struct rounding_case cases[] = {
        {"0.00195", "0.0001", {"0.0019", "0.002", "0.0019", "0.002"}},
        {"-0.00195", "0.0001", {"-0.002", "-0.0019", "-0.0019", "-0.0019"}},
        {"0.25", "0.1", {"0.2", "0.3", "0.2", "0.3"}},
        {"-0.25", "0.1", {"-0.3", "-0.2", "-0.2", "-0.2"}},
        {"0.249999999999999999", "0.1", {"0.2", "0.3", "0.2", "0.2"}},
        {"-0.250000000000000001", "0.1", {"-0.3", "-0.2", "-0.2", "-0.3"}},
        {"7", "2.5", {"5", "7.5", "5", "7.5"}},
        {"0", "0.1", {"0", "0", "0", "0"}},
        {"0.3", "0.1", {"0.3", "0.3", "0.3", "0.3"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int r = ROUND_DOWN; r <= ROUND_NEAREST; r++) {
            struct decimal out;
            enum rounding rounding = (enum rounding)r;
            assert_int_equal(decimal_round_to(dec(cases[i].a), dec(cases[i].b), rounding, &out), 0);
            expect(out, cases[i].results[r]);
        }
    }
    struct decimal out = dec("7");
    assert_int_equal(decimal_round_to(dec("1"), dec("0"), ROUND_UP, &out), E_ARGUMENT);
    assert_int_equal(decimal_round_to(dec("1"), dec("-1"), ROUND_UP, &out), E_ARGUMENT);
    assert_int_equal(decimal_round_to(dec(LARGEST), dec("1"), ROUND_UP, &out), E_OVERFLOW);
    assert_int_equal(decimal_round_to(dec("-" LARGEST), dec("1"), ROUND_DOWN, &out), E_OVERFLOW);
    assert_int_equal(
        decimal_round_to(
            dec("100000000000000000001"), dec("100000000000000000000"), ROUND_UP, &out
        ),
        E_OVERFLOW
    );
    expect(out, "7");
}

/* n × 0.1 + 0.2 and the like in doubles miss their multiple; snapped, none loses a step. */
static void snaps_what_doubles_miss(void **state) {
    (void)state;
    struct decimal out;
    struct decimal step = dec("0.1");
    for (int n = 0; n < 2000; n++) {
        double x = n * 0.1 + 0.2 - 0.1;
        struct decimal given;
        assert_int_equal(decimal_of_double(x, &given), 0);
        for (int r = ROUND_DOWN; r <= ROUND_NEAREST; r++) {
            assert_int_equal(decimal_snap_to(given, step, (enum rounding)r, &out), 0);
            struct decimal wanted;
            assert_int_equal(decimal_mul(decimal_of_int(n + 1), step, ROUND_NEAREST, &wanted), 0);
            assert_int_equal(decimal_compare(out, wanted), 0);
        }
    }
}

static void snap_grace_ends_at_a_millionth(void **state) {
    (void)state;
    static const struct rounding_case cases[] = {
        {"0.3000001", "0.1", {"0.3", "0.3", "0.3", "0.3"}},
        {"0.300000100000000001", "0.1", {"0.3", "0.4", "0.3", "0.3"}},
        {"0.2999999", "0.1", {"0.3", "0.3", "0.3", "0.3"}},
        {"0.299999899999999999", "0.1", {"0.2", "0.3", "0.2", "0.3"}},
        {"-0.2999999", "0.1", {"-0.3", "-0.3", "-0.3", "-0.3"}},
        {"-0.3000001", "0.1", {"-0.3", "-0.3", "-0.3", "-0.3"}},
        {"-0.300000100000000001", "0.1", {"-0.4", "-0.3", "-0.3", "-0.3"}},
        {"0.25", "0.1", {"0.2", "0.3", "0.2", "0.3"}},
        {"-0.25", "0.1", {"-0.3", "-0.2", "-0.2", "-0.2"}},
        {"0.0000000000000003",
         "0.000000000000000001",
         {"0.0000000000000003", "0.0000000000000003", "0.0000000000000003", "0.0000000000000003"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int r = ROUND_DOWN; r <= ROUND_NEAREST; r++) {
            struct decimal out;
            enum rounding rounding = (enum rounding)r;
            assert_int_equal(decimal_snap_to(dec(cases[i].a), dec(cases[i].b), rounding, &out), 0);
            expect(out, cases[i].results[r]);
        }
    }
    struct decimal out;
    assert_int_equal(decimal_snap_to(dec("1"), dec("0"), ROUND_UP, &out), E_ARGUMENT);
    assert_int_equal(decimal_snap_to(dec(LARGEST), dec("1"), ROUND_UP, &out), E_OVERFLOW);
}

static void counts_steps(void **state) {
    (void)state;
    int64_t steps = 7;
    assert_int_equal(decimal_steps(dec("0.00199"), dec("0.0001"), &steps), 0);
    assert_int_equal(steps, 19);
    assert_int_equal(decimal_steps(dec("-0.00191"), dec("0.0001"), &steps), 0);
    assert_int_equal(steps, -20);
    assert_int_equal(decimal_steps(dec("-0.002"), dec("0.0001"), &steps), 0);
    assert_int_equal(steps, -20);
    struct decimal ulp = {1};
    assert_int_equal(decimal_steps((struct decimal){INT64_MAX}, ulp, &steps), 0);
    assert_true(steps == INT64_MAX);
    assert_int_equal(decimal_steps((struct decimal){INT64_MIN}, ulp, &steps), 0);
    assert_true(steps == INT64_MIN);
    assert_int_equal(
        decimal_steps((struct decimal){(int128)INT64_MAX + 1}, ulp, &steps), E_OVERFLOW
    );
    assert_int_equal(
        decimal_steps((struct decimal){(int128)INT64_MIN - 1}, ulp, &steps), E_OVERFLOW
    );
    assert_int_equal(decimal_steps(dec("1"), dec("0"), &steps), E_ARGUMENT);
    assert_true(steps == INT64_MIN);
}

static void compares_and_signs(void **state) {
    (void)state;
    assert_int_equal(decimal_compare(dec("1"), dec("1.000")), 0);
    assert_int_equal(decimal_compare(dec("-1"), dec("0.5")), -1);
    assert_int_equal(decimal_compare(dec(LARGEST), dec("-" LARGEST)), 1);
    assert_int_equal(decimal_sign(dec("-0.000000000000000001")), -1);
    assert_int_equal(decimal_sign(dec("-0")), 0);
    assert_true(decimal_is_zero(dec("0.000")));
    expect(decimal_abs(dec("-" LARGEST)), LARGEST);
    expect(decimal_min(dec("-2"), dec("1")), "-2");
    expect(decimal_max(dec("-2"), dec("1")), "1");
    expect(decimal_of_int(INT64_MIN), "-9223372036854775808");
}

static void parses_and_formats(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"0", "0"},
        {"-0", "0"},
        {"0.0", "0"},
        {"-12.5", "-12.5"},
        {"0.0001", "0.0001"},
        {"1e-7", "0.0000001"},
        {"1E+3", "1000"},
        {"12.50e1", "125"},
        {"-2.5e-3", "-0.0025"},
        {"0012", "12"},
        {".5", "0.5"},
        {"5.", "5"},
        {"0e99999999999999999999", "0"},
        {"0e-99999999999999999999", "0"},
        {"123456789012345678", "123456789012345678"},
        {"18446744073709551616.000000000000000001", "18446744073709551616.000000000000000001"},
        {"0.000000000000000001", "0.000000000000000001"},
        {"0.0000000000000000010000000000000000000000000", "0.000000000000000001"},
        {"000000000000000000000000000000000000000000001.5", "1.5"},
        {"1000000000000000000000000e-24", "1"},
        {"1000000000000000000e-36", "0.000000000000000001"},
        {"0.00000000000000000000000000000000000000000123e44", "123"},
        {LARGEST, LARGEST},
        {"-" LARGEST, "-" LARGEST},
        {"170141183460469231731687303715884105727e-18", LARGEST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect(dec(cases[i][0]), cases[i][1]);
    }
}

static void parse_takes_exactly_the_length(void **state) {
    (void)state;
    struct decimal out;
    assert_int_equal(decimal_parse("12.345,6", 6, &out), 0);
    expect(out, "12.345");
    assert_int_equal(decimal_parse("12.345,6", 4, &out), 0);
    expect(out, "12.3");
    assert_int_equal(decimal_parse("12.345,6", 7, &out), E_SYNTAX);
    assert_int_equal(decimal_parse("1\0002", 3, &out), E_SYNTAX);
}

static void parse_refuses(void **state) {
    (void)state;
    static const char *const syntax[] = {
        "",     "-",     ".",    "-.",   "+1",    "--1", " 1",   "1 ",  "1,5",   "nan",
        "NaN",  "inf",   "-inf", "0x10", "1e",    "1e+", "e5",   ".e5", "1.2.3", "1..2",
        "1e5.", "1e--5", "1e5e", "٣",    "1_000", "1-",  "1e 5", "\t1", "1\n",   "infinity",
    };
    static const char *const range[] = {
        "0.0000000000000000001",
        "0.1234567890123456789",
        "1e-19",
        "15e-19",
        "1e21",
        "1e99999999999999999999",
        "-1e-99999999999999999999",
        "170141183460469231731.687303715884105728",
        "-170141183460469231731.687303715884105728",
        "170141183460469231732",
        "340282366920938463463.374607431768211457",
        "99999999999999999999999999999999999999999999999",
        "1.00000000000000000000000000000000000000000000000000000000000000000001",
        "10000000000000000000000000000000000000000000000000000000000000000001e-60",
    };
    for (size_t i = 0; i < sizeof syntax / sizeof *syntax; i++) {
        struct decimal out = dec("7");
        double x = 7;
        if (decimal_parse(syntax[i], strlen(syntax[i]), &out) != E_SYNTAX) {
            fail_msg("'%s' is not refused", syntax[i]);
        }
        assert_int_equal(decimal_parse_double(syntax[i], strlen(syntax[i]), &out, &x), E_SYNTAX);
        expect(out, "7");
    }
    for (size_t i = 0; i < sizeof range / sizeof *range; i++) {
        struct decimal out = dec("7");
        double x = 7;
        if (decimal_parse(range[i], strlen(range[i]), &out) != E_RANGE) {
            fail_msg("'%s' is not out of range", range[i]);
        }
        assert_int_equal(decimal_parse_double(range[i], strlen(range[i]), &out, &x), E_RANGE);
        expect(out, "7");
    }
}

static void parses_doubles_too(void **state) {
    (void)state;
    static const char *const cases[] = {
        "0",
        "-0",
        "0.1",
        "-0.3",
        "60123.7",
        "9007199254740993",
        "1e20",
        "123456e-3",
        "-1e-18",
        "0.30000000000000004",
        "1e5",
        "9007199254740992",
        "9007199254740993e-5",
        "18446744073709551615",
        LARGEST,
        "-" LARGEST,
        "5000000000.000000476837158203",
        "00000000000000000000000000.1",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal out;
        double x;
        assert_int_equal(decimal_parse_double(cases[i], strlen(cases[i]), &out, &x), 0);
        if (!(x == strtod(cases[i], NULL))) {
            fail_msg("'%s' reads as %.17g", cases[i], x);
        }
        assert_true(x == decimal_to_double(out));
        assert_int_equal(decimal_compare(out, dec(cases[i])), 0);
        assert_false(x == 0 && signbit(x));
    }
}

static void doubles_become_their_shortest_decimal(void **state) {
    (void)state;
    static const struct {
        double x;
        const char *text;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "0"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {-60123.7, "-60123.7"},
        {1e-8, "0.00000001"},
        {1e-9, "0.000000001"},
        {1.0 / 3, "0.3333333333333333"},
        {9999999.99999999, "9999999.99999999"},
        {12345678.12345678, "12345678.12345678"},
        {9007199254740993.0, "9007199254740992"},
        {1e20, "100000000000000000000"},
        {5e-19, "0.000000000000000001"},
        {-5e-19, "0"},
        {-6e-19, "-0.000000000000000001"},
        {4.9e-19, "0"},
        {1.2345678901234567e-10, "0.000000000123456789"},
        {5e-324, "0"},
        {1e-300, "0"},
        {1.7e20, "170000000000000000000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decimal out;
        assert_int_equal(decimal_of_double(cases[i].x, &out), 0);
        expect(out, cases[i].text);
    }
    struct decimal out = dec("7");
    assert_int_equal(decimal_of_double(NAN, &out), E_RANGE);
    assert_int_equal(decimal_of_double(INFINITY, &out), E_RANGE);
    assert_int_equal(decimal_of_double(-INFINITY, &out), E_RANGE);
    assert_int_equal(decimal_of_double(1.8e20, &out), E_RANGE);
    assert_int_equal(decimal_of_double(-1e300, &out), E_RANGE);
    expect(out, "7");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_exact),
        cmocka_unit_test(sums_overflow_at_both_edges),
        cmocka_unit_test(products_round_as_named),
        cmocka_unit_test(quotients_round_as_named),
        cmocka_unit_test(products_and_quotients_refuse),
        cmocka_unit_test(rounds_to_steps),
        cmocka_unit_test(snaps_what_doubles_miss),
        cmocka_unit_test(snap_grace_ends_at_a_millionth),
        cmocka_unit_test(counts_steps),
        cmocka_unit_test(compares_and_signs),
        cmocka_unit_test(parses_and_formats),
        cmocka_unit_test(parse_takes_exactly_the_length),
        cmocka_unit_test(parse_refuses),
        cmocka_unit_test(parses_doubles_too),
        cmocka_unit_test(doubles_become_their_shortest_decimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
