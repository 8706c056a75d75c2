/* Random numbers and hashes: known values, so that no version changes them, and their spread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/random.h"

static void the_sequence_is_the_published_one(void **state) {
    (void)state;
    /* The first outputs of xoshiro256** from the state 1, 2, 3, 4. */
    struct random random = {{1, 2, 3, 4}};
    static const uint64_t wanted[] = {
        UINT64_C(11520),
        UINT64_C(0),
        UINT64_C(1509978240),
        UINT64_C(1215971899390074240),
    };
    for (size_t i = 0; i < 4; i++) {
        assert_true(random_next(&random) == wanted[i]);
    }
    /* splitmix64 from 0. */
    random_seed(&random, 0);
    assert_true(random.state[0] == UINT64_C(0xE220A8397B1DCDAF));
    assert_true(random.state[1] == UINT64_C(0x6E789E6AA1B965F4));
}

static void the_seed_decides(void **state) {
    (void)state;
    struct random a;
    struct random b;
    struct random c;
    random_seed(&a, 42);
    random_seed(&b, 42);
    random_seed(&c, 43);
    int equal = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t x = random_next(&a);
        assert_true(x == random_next(&b));
        equal += x == random_next(&c);
    }
    assert_int_equal(equal, 0);
}

static void below_is_even_and_below(void **state) {
    (void)state;
    struct random random;
    random_seed(&random, 7);
    int counts[10] = {0};
    for (int i = 0; i < 100000; i++) {
        uint64_t x = random_below(&random, 10);
        assert_true(x < 10);
        counts[x]++;
    }
    for (int i = 0; i < 10; i++) {
        assert_in_range(counts[i], 9600, 10400);
    }
    /* Three quarters of 2^64: taken without drawing again, half of them would divide by three. */
    uint64_t count = UINT64_C(3) << 62;
    int by_three = 0;
    for (int i = 0; i < 10000; i++) {
        by_three += random_below(&random, count) % 3 == 0;
    }
    assert_in_range(by_three, 3130, 3530);
    assert_true(random_below(&random, 1) == 0);
}

static void fractions_fill_zero_to_one(void **state) {
    (void)state;
    struct random random;
    random_seed(&random, 7);
    double sum = 0;
    for (int i = 0; i < 100000; i++) {
        double x = random_fraction(&random);
        assert_true(x >= 0 && x < 1);
        sum += x;
    }
    assert_true(sum > 49500 && sum < 50500);
}

static void hashes_never_change(void **state) {
    (void)state;
    /* FNV-1a as published, before the last mixing. */
    assert_true(hash_add(HASH_START, "", 0) == UINT64_C(0xCBF29CE484222325));
    assert_true(hash_add(HASH_START, "a", 1) == UINT64_C(0xAF63DC4C8601EC8C));
    assert_true(hash_add(HASH_START, "foobar", 6) == UINT64_C(0x85944171F73967E8));
    assert_true(hash_of("foobar", 6) == hash_end(UINT64_C(0x85944171F73967E8)));
    assert_true(hash_end(0) == 0);
    assert_true(hash_end(1) == UINT64_C(0xB456BCFC34C2CB2C));
}

static void parts_hash_as_the_whole(void **state) {
    (void)state;
    uint64_t parts = hash_add(hash_add(HASH_START, "foo", 3), "bar", 3);
    assert_true(hash_end(parts) == hash_of("foobar", 6));
    assert_true(hash_of("ab", 2) != hash_of("ba", 2));
    assert_true(hash_of("a\0", 2) != hash_of("a", 1));
}

static void percents_are_even(void **state) {
    (void)state;
    int counts[10] = {0};
    for (int user = 0; user < 100000; user++) {
        char text[16];
        int length = snprintf(text, sizeof text, "%d", user);
        counts[hash_of(text, (size_t)length) % 100 / 10]++;
    }
    for (int i = 0; i < 10; i++) {
        assert_in_range(counts[i], 9600, 10400);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sequence_is_the_published_one),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(below_is_even_and_below),
        cmocka_unit_test(fractions_fill_zero_to_one),
        cmocka_unit_test(hashes_never_change),
        cmocka_unit_test(parts_hash_as_the_whole),
        cmocka_unit_test(percents_are_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
