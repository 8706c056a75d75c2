#include "base/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void each_number_has_its_count(void **state) {
    struct tally *t;
    struct err e = {0};
    (void)state;
    assert_int_equal(tally_new(&t, &e), 0);
    assert_int_equal(tally_of(t, 7), 0);
    for (uint64_t i = 0; i < 5000; i++) { /* several in a bucket */
        for (uint64_t n = 0; n <= i % 3; n++) {
            assert_int_equal(tally_add(t, i * 512), 0);
        }
    }
    for (uint64_t i = 0; i < 5000; i++) {
        assert_int_equal(tally_of(t, i * 512), (int)(i % 3) + 1);
        assert_int_equal(tally_of(t, i * 512 + 1), 0);
    }
    for (uint64_t i = 0; i < 5000; i += 2) {
        tally_remove(t, i * 512);
    }
    for (uint64_t i = 0; i < 5000; i++) {
        assert_int_equal(tally_of(t, i * 512), (int)(i % 3) + (int)(i % 2));
    }
    tally_free(t);
    tally_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_number_has_its_count)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
