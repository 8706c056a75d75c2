/* Decimals against an independent reference: 100,000 random operands of every size, where the
 * reference multiplies digit by digit and divides bit by bit in 384-bit numbers. The seed is fixed,
 * so that a failure names its round. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"

#define LIMBS 12
#define ROUNDS 100000
#define LARGEST ((int128)(~(unsigned __int128)0 >> 1))

struct big {
    uint32_t limb[LIMBS]; /* least significant first */
};

static uint64_t random_state = 20240229;

static uint64_t random_next(void) {
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t x = random_state ^ (random_state >> 29);
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    return x ^ (x >> 32);
}

/* Any width from 1 to 127 bits, often next to a power of ten or two, either sign. */
static struct decimal random_decimal(void) {
    unsigned width = (unsigned)(random_next() % 127) + 1;
    unsigned __int128 bits = ((unsigned __int128)random_next() << 64) | random_next();
    bits >>= 128 - width;
    uint64_t kind = random_next() % 8;
    if (kind == 0) {
        bits = ((unsigned __int128)1 << (width - 1)) + random_next() % 3;
    } else if (kind == 1) {
        bits = 1;
        for (uint64_t tens = random_next() % 38; tens > 0; tens--) {
            bits *= 10;
        }
        bits = bits + random_next() % 3 - 1;
    } else if (kind == 2) {
        bits = (unsigned __int128)LARGEST - random_next() % 3;
    }
    int128 v = (int128)(bits & (unsigned __int128)LARGEST);
    return (struct decimal){random_next() & 1 ? -v : v};
}

static struct big big_of(int128 v) {
    unsigned __int128 magnitude = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
    struct big out = {{0}};
    for (int i = 0; i < 4; i++) {
        out.limb[i] = (uint32_t)(magnitude >> (32 * i));
    }
    return out;
}

static struct big big_multiply(struct big a, struct big b) {
    struct big out = {{0}};
    for (int i = 0; i < LIMBS; i++) {
        uint64_t carry = 0;
        for (int j = 0; i + j < LIMBS; j++) {
            uint64_t sum = (uint64_t)a.limb[i] * b.limb[j] + out.limb[i + j] + carry;
            out.limb[i + j] = (uint32_t)sum;
            carry = sum >> 32;
        }
        assert_true(carry == 0);
    }
    return out;
}

static int big_compare(const struct big *a, const struct big *b) {
    for (int i = LIMBS - 1; i >= 0; i--) {
        if (a->limb[i] != b->limb[i]) {
            return a->limb[i] < b->limb[i] ? -1 : 1;
        }
    }
    return 0;
}

static void big_subtract(struct big *a, const struct big *b) {
    uint64_t borrow = 0;
    for (int i = 0; i < LIMBS; i++) {
        uint64_t difference = (uint64_t)a->limb[i] - b->limb[i] - borrow;
        a->limb[i] = (uint32_t)difference;
        borrow = difference >> 63;
    }
}

static void big_double_plus(struct big *a, uint32_t bit) {
    for (int i = 0; i < LIMBS; i++) {
        uint32_t top = a->limb[i] >> 31;
        a->limb[i] = (a->limb[i] << 1) | bit;
        bit = top;
    }
}

static struct big big_divide(struct big a, struct big b, struct big *rest) {
    struct big quotient = {{0}};
    int top = LIMBS * 32 - 1;
    while (top > 0 && (a.limb[top / 32] >> (top % 32) & 1) == 0) {
        top--;
    }
    *rest = (struct big){{0}};
    for (int bit = top; bit >= 0; bit--) {
        big_double_plus(rest, a.limb[bit / 32] >> (bit % 32) & 1);
        big_double_plus(&quotient, 0);
        if (big_compare(rest, &b) >= 0) {
            big_subtract(rest, &b);
            quotient.limb[0] |= 1;
        }
    }
    return quotient;
}

static bool big_is_zero(const struct big *a) {
    struct big zero = {{0}};
    return big_compare(a, &zero) == 0;
}

/* ±numerator / divisor, rounded by the definitions in decimal.h, or E_OVERFLOW. */
static int reference_quotient(
    struct big numerator, struct big divisor, bool negative, enum rounding rounding, int128 *out
) {
    struct big rest;
    struct big quotient = big_divide(numerator, divisor, &rest);
    struct big twice = rest;
    big_double_plus(&twice, 0);
    int half = big_compare(&twice, &divisor);
    bool exact = big_is_zero(&rest);
    bool away = (rounding == ROUND_DOWN && negative && !exact) ||
                (rounding == ROUND_UP && !negative && !exact) ||
                (rounding == ROUND_NEAREST && (half > 0 || (half == 0 && !negative)));
    for (int i = 0; away && i < LIMBS; i++) {
        away = ++quotient.limb[i] == 0;
    }
    for (int i = 4; i < LIMBS; i++) {
        if (quotient.limb[i] != 0) {
            return E_OVERFLOW;
        }
    }
    if (quotient.limb[3] >> 31 != 0) {
        return E_OVERFLOW;
    }
    int128 v = 0;
    for (int i = 3; i >= 0; i--) {
        v = (v << 32) | quotient.limb[i];
    }
    *out = negative ? -v : v;
    return 0;
}

static void check(const char *what, int round, int rc, int128 v, int wanted_rc, int128 wanted) {
    if (rc != wanted_rc || (rc == 0 && v != wanted)) {
        fail_msg("%s differs in round %d: code %d, wanted %d", what, round, rc, wanted_rc);
    }
}

static void products_equal_the_reference(void **state) {
    (void)state;
    int overflows = 0;
    struct big one = big_of(DECIMAL_ONE);
    for (int i = 0; i < ROUNDS; i++) {
        struct decimal a = random_decimal();
        struct decimal b = random_decimal();
        enum rounding rounding = (enum rounding)(i % 4);
        struct decimal out = {0};
        int128 wanted = 0;
        int wanted_rc = reference_quotient(
            big_multiply(big_of(a.v), big_of(b.v)), one, (a.v < 0) != (b.v < 0), rounding, &wanted
        );
        int rc = decimal_mul(a, b, rounding, &out);
        check("product", i, rc, out.v, wanted_rc, wanted);
        overflows += rc == E_OVERFLOW;
    }
    assert_in_range(overflows, ROUNDS / 20, ROUNDS / 20 * 19);
}

static void quotients_equal_the_reference(void **state) {
    (void)state;
    int overflows = 0;
    struct big one = big_of(DECIMAL_ONE);
    for (int i = 0; i < ROUNDS; i++) {
        struct decimal a = random_decimal();
        struct decimal b = random_decimal();
        if (b.v == 0) {
            continue;
        }
        enum rounding rounding = (enum rounding)(i % 4);
        struct decimal out = {0};
        int128 wanted = 0;
        int wanted_rc = reference_quotient(
            big_multiply(big_of(a.v), one), big_of(b.v), (a.v < 0) != (b.v < 0), rounding, &wanted
        );
        int rc = decimal_div(a, b, rounding, &out);
        check("quotient", i, rc, out.v, wanted_rc, wanted);
        overflows += rc == E_OVERFLOW;
    }
    assert_in_range(overflows, ROUNDS / 20, ROUNDS / 20 * 19);
}

/* Just below k × 2^64 the first 64-bit digit leaves nearly the whole divisor, which random operands
 * never do: the guess of the second digit must not run over. */
static void quotients_below_a_full_digit(void **state) {
    (void)state;
    struct big one = big_of(DECIMAL_ONE);
    for (int i = 0; i < ROUNDS / 5; i++) {
        int128 b = (int128)1 << (65 + random_next() % 54);
        b += (int128)(random_next() >> (random_next() % 64)) + 1;
        struct big full = big_multiply(big_of(b), big_of((int128)(random_next() % 4 + 1) << 64));
        struct big rest;
        struct big quotient = big_divide(full, one, &rest);
        int128 a = 0;
        for (int limb = 3; limb >= 0; limb--) {
            a = (a << 32) | quotient.limb[limb];
        }
        enum rounding rounding = (enum rounding)(i % 4);
        struct decimal out = {0};
        int128 wanted = 0;
        int wanted_rc =
            reference_quotient(big_multiply(big_of(a), one), big_of(b), false, rounding, &wanted);
        int rc = decimal_div((struct decimal){a}, (struct decimal){b}, rounding, &out);
        check("full digit", i, rc, out.v, wanted_rc, wanted);
    }
}

static void sums_equal_the_reference(void **state) {
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        int128 a = random_decimal().v;
        int128 b = random_decimal().v;
        bool over = (b > 0 && a > LARGEST - b) || (b < 0 && a < -LARGEST - b);
        struct decimal out = {0};
        int rc = decimal_add((struct decimal){a}, (struct decimal){b}, &out);
        check("sum", i, rc, out.v, over ? E_OVERFLOW : 0, over ? 0 : a + b);
        rc = decimal_sub((struct decimal){a}, (struct decimal){-b}, &out);
        check("difference", i, rc, out.v, over ? E_OVERFLOW : 0, over ? 0 : a + b);
    }
}

static void multiples_equal_the_reference(void **state) {
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct decimal a = random_decimal();
        struct decimal step = decimal_abs(random_decimal());
        if (step.v == 0) {
            continue;
        }
        enum rounding rounding = (enum rounding)(i % 4);
        int128 steps = 0;
        int wanted_rc = reference_quotient(big_of(a.v), big_of(step.v), a.v < 0, rounding, &steps);
        int128 wanted = 0;
        if (wanted_rc == 0 &&
            (__builtin_mul_overflow(steps, step.v, &wanted) || wanted < -LARGEST)) {
            wanted_rc = E_OVERFLOW;
        }
        struct decimal out = {0};
        int rc = decimal_round_to(a, step, rounding, &out);
        check("multiple", i, rc, out.v, wanted_rc, wanted);
    }
}

/* value / price / lot in one exact division by price × lot. */
static void quantities_equal_the_reference(void **state) {
    (void)state;
    struct big one = big_of(DECIMAL_ONE);
    int fitting = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct money value = {random_decimal()};
        struct price price = {decimal_abs(random_decimal())};
        struct quantity lot = {decimal_abs(random_decimal())};
        struct quantity out;
        if (price.d.v == 0 || lot.d.v == 0 || quantity_of_value(value, price, lot, &out) != 0) {
            continue;
        }
        int128 lots = 0;
        int rc = reference_quotient(
            big_multiply(big_of(value.d.v), one), big_multiply(big_of(price.d.v), big_of(lot.d.v)),
            value.d.v < 0, ROUND_DOWN, &lots
        );
        check("quantity", i, 0, out.d.v, rc, lots * lot.d.v);
        fitting++;
    }
    assert_in_range(fitting, ROUNDS / 4, ROUNDS);
}

static void text_and_doubles_come_back(void **state) {
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        struct decimal a = random_decimal();
        char text[DECIMAL_TEXT_MAX];
        size_t length = decimal_format(a, text);
        struct decimal back = {0};
        double x = 0;
        int rc = decimal_parse_double(text, length, &back, &x);
        check("text", i, rc, back.v, 0, a.v);
        double wanted = strtod(text, NULL);
        if (!(x == wanted) || !(decimal_to_double(a) == wanted)) {
            fail_msg("the double of %s differs in round %d", text, i);
        }
    }
}

/* A double of at least 0.1 with its 17 digits has no more than 18 decimals: it must come back, and
 * one digit fewer must not. */
static void shortest_decimals_come_back(void **state) {
    (void)state;
    for (int i = 0; i < ROUNDS / 4; i++) {
        double x = (double)(random_next() >> 11) * 0x1p-53;
        static const double scales[] = {1.0, 1e3, 1e6, 1e9, 1e12, 1e18};
        x = (0.1 + x * 0.9) * scales[i % 6];
        if (i % 5 == 0) {
            char text[40];
            snprintf(text, sizeof text, "%.*g", i % 17 + 1, x);
            x = strtod(text, NULL);
        }
        x = random_next() & 1 ? -x : x;
        struct decimal out = {0};
        assert_int_equal(decimal_of_double(x, &out), 0);
        if (!(decimal_to_double(out) == x)) {
            fail_msg("%.17g does not come back in round %d", x, i);
        }
        char text[DECIMAL_TEXT_MAX];
        decimal_format(out, text);
        char shortest[64];
        int digits = 1;
        do {
            snprintf(shortest, sizeof shortest, "%.*g", digits++, x);
        } while (!(strtod(shortest, NULL) == x));
        struct decimal wanted = {0};
        assert_int_equal(decimal_parse(shortest, strlen(shortest), &wanted), 0);
        check("shortest", i, 0, out.v, 0, wanted.v);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_equal_the_reference),
        cmocka_unit_test(quotients_equal_the_reference),
        cmocka_unit_test(quotients_below_a_full_digit),
        cmocka_unit_test(sums_equal_the_reference),
        cmocka_unit_test(multiples_equal_the_reference),
        cmocka_unit_test(quantities_equal_the_reference),
        cmocka_unit_test(text_and_doubles_come_back),
        cmocka_unit_test(shortest_decimals_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
