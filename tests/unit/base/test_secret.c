/* Secrets: kept, compared, wiped; their pages do not outlive them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/secret.h"

static void keeps_its_own_copy(void **state) {
    (void)state;
    char typed[] = "hunter2";
    struct secret secret;
    assert_int_equal(secret_make(&secret, typed, strlen(typed)), 0);
    secret_wipe(typed, sizeof typed);
    for (size_t i = 0; i < sizeof typed; i++) {
        assert_int_equal(typed[i], 0);
    }
    assert_string_equal(secret_reveal(&secret), "hunter2");
    assert_int_equal(secret.length, 7);
    secret_free(&secret);
}

static void compares(void **state) {
    (void)state;
    struct secret secret;
    assert_int_equal(secret_make(&secret, "abc", 3), 0);
    assert_true(secret_equal(&secret, "abc", 3));
    assert_false(secret_equal(&secret, "abd", 3));
    assert_false(secret_equal(&secret, "Abc", 3));
    assert_false(secret_equal(&secret, "ab", 2));
    assert_false(secret_equal(&secret, "abcd", 4));
    secret_free(&secret);
}

static void free_empties_and_returns_the_page(void **state) {
    (void)state;
    struct secret secret;
    assert_int_equal(secret_make(&secret, "abc", 3), 0);
    void *page = secret.hidden;
    unsigned char resident;
    assert_int_equal(mincore(page, 1, &resident), 0);
    secret_free(&secret);
    assert_null(secret.hidden);
    assert_int_equal(secret.length, 0);
    assert_int_equal(mincore(page, 1, &resident), -1);
    assert_int_equal(errno, ENOMEM);
    secret_free(&secret);
}

static void empty_and_impossible(void **state) {
    (void)state;
    struct secret nothing = {0};
    assert_string_equal(secret_reveal(&nothing), "");
    assert_true(secret_equal(&nothing, "", 0));
    assert_false(secret_equal(&nothing, "x", 1));
    secret_free(&nothing);

    struct secret secret;
    assert_int_equal(secret_make(&secret, "", 0), 0);
    assert_string_equal(secret_reveal(&secret), "");
    secret_free(&secret);
    assert_int_equal(secret_make(&secret, "x", SIZE_MAX), E_MEMORY);
    assert_null(secret.hidden);
    assert_int_equal(secret_make(&secret, "x", SIZE_MAX / 2), E_MEMORY);
    assert_null(secret.hidden);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_its_own_copy),
        cmocka_unit_test(compares),
        cmocka_unit_test(free_empties_and_returns_the_page),
        cmocka_unit_test(empty_and_impossible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
