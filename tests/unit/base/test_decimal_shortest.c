/* Doubles from scripts become the decimal a person would write, against the C library's own digits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/decimal.h"
#include "base/random.h"

/* The shortest decimal, found the slow way: by the C library's printing and reading. */
static void doubles_become_their_shortest_decimal(void **state) {
    (void)state;
    static const double scales[] = {1, 10, 1000, 50000, 1e6, 1e9, 1e13};
    struct random random;
    random_seed(&random, 20261124);
    for (int i = 0; i < 200000; i++) {
        double x = random_fraction(&random) * scales[i % 7] + 0.1;
        char text[48];
        if (i % 3 == 0) {
            snprintf(text, sizeof text, "%.*g", (int)random_below(&random, 17) + 1, x);
            x = strtod(text, NULL);
        }
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(text, sizeof text, "%.*e", digits - 1, x);
            if (strtod(text, NULL) == x) {
                break;
            }
        }
        struct decimal expected, found;
        if (decimal_parse(text, strlen(text), &expected) != 0) {
            continue; /* more decimals than a decimal has */
        }
        assert_int_equal(decimal_of_double(x, &found), 0);
        assert_true(found.v == expected.v);
        assert_int_equal(decimal_of_double(-x, &found), 0);
        assert_true(found.v == -expected.v);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_become_their_shortest_decimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
