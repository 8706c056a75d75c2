#include "gateway/idempotency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct idempotency *table;
static const struct idempotency_limits limits = {
    .keys_max = 3000,
    .keys_of_user_max = 2000,
    .kept_ns = (int64_t)86400 * 1000000000,
};

static int make(void **state) {
    struct err e;
    (void)state;
    return idempotency_new(&table, &limits, &e);
}

static int drop(void **state) {
    (void)state;
    idempotency_free(table);
    return 0;
}

static int begin(
    const char *user,
    const char *key,
    uint64_t request,
    int64_t now_ns,
    uint64_t *ticket,
    struct kept_answer *answer
) {
    struct err e;
    return idempotency_begin(table, user, key, strlen(key), request, now_ns, ticket, answer, &e);
}

static void test_replay(void **state) {
    uint64_t ticket = 0;
    uint64_t other = 0;
    struct kept_answer answer;
    (void)state;
    assert_int_equal(begin("t", "k", 7, 0, &ticket, &answer), 0);
    assert_int_equal(begin("t", "k", 7, 1, &other, &answer), 1);
    assert_false(answer.is_done);
    idempotency_done(table, ticket, 201, "{}", 2);
    assert_int_equal(begin("t", "k", 7, 2, &other, &answer), 1);
    assert_true(answer.is_done);
    assert_int_equal(answer.status, 201);
    assert_string_equal(answer.body, "{}");
    assert_int_equal(begin("t", "k", 8, 3, &other, &answer), E_STATE);
    assert_int_equal(begin("u", "k", 8, 3, &other, &answer), 0); /* another's key */
    assert_true(other != ticket);
}

static void test_forget(void **state) {
    uint64_t ticket = 0;
    struct kept_answer answer;
    (void)state;
    assert_int_equal(begin("t", "k", 7, 0, &ticket, &answer), 0);
    idempotency_forget(table, ticket);
    assert_int_equal(idempotency_count(table), 0);
    assert_int_equal(begin("t", "k", 9, 0, &ticket, &answer), 0);
}

static void test_age(void **state) {
    uint64_t ticket = 0;
    struct kept_answer answer;
    (void)state;
    assert_int_equal(begin("t", "k", 7, 0, &ticket, &answer), 0);
    idempotency_done(table, ticket, 201, "", 0);
    assert_int_equal(begin("t", "k", 7, limits.kept_ns - 1, &ticket, &answer), 1);
    assert_int_equal(begin("t", "k", 7, limits.kept_ns, &ticket, &answer), 0);
    assert_int_equal(idempotency_count(table), 1);
}

static void test_bounds(void **state) {
    uint64_t ticket = 0;
    struct kept_answer answer;
    char key[32];
    (void)state;
    for (int i = 0; i < limits.keys_of_user_max; i++) {
        snprintf(key, sizeof key, "k%d", i);
        assert_int_equal(begin("t", key, 7, 0, &ticket, &answer), 0);
    }
    assert_int_equal(begin("t", "one more", 7, 0, &ticket, &answer), E_ARGUMENT);
    assert_int_equal(begin("t", "one-more", 7, 0, &ticket, &answer), E_LIMIT);
    assert_int_equal(begin("u", "one-more", 7, 0, &ticket, &answer), 0);
    assert_int_equal(begin("t", "k0", 7, 0, &ticket, &answer), 1); /* none was thrown out */
    for (int i = limits.keys_of_user_max + 1; i < limits.keys_max; i++) {
        snprintf(key, sizeof key, "k%d", i);
        assert_int_equal(begin("u", key, 7, 0, &ticket, &answer), 0);
    }
    assert_int_equal(begin("v", "one-more", 7, 0, &ticket, &answer), E_LIMIT);
}

static void test_keys(void **state) {
    uint64_t ticket = 0;
    struct kept_answer answer;
    char key[IDEMPOTENCY_KEY_MAX + 2];
    (void)state;
    memset(key, 'x', sizeof key);
    key[IDEMPOTENCY_KEY_MAX + 1] = '\0';
    assert_int_equal(begin("t", "", 7, 0, &ticket, &answer), E_ARGUMENT);
    assert_int_equal(begin("t", "a\tb", 7, 0, &ticket, &answer), E_ARGUMENT);
    assert_int_equal(begin("t", key, 7, 0, &ticket, &answer), E_ARGUMENT);
    key[IDEMPOTENCY_KEY_MAX] = '\0';
    assert_int_equal(begin("t", key, 7, 0, &ticket, &answer), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_replay, make, drop),
        cmocka_unit_test_setup_teardown(test_forget, make, drop),
        cmocka_unit_test_setup_teardown(test_age, make, drop),
        cmocka_unit_test_setup_teardown(test_bounds, make, drop),
        cmocka_unit_test_setup_teardown(test_keys, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
