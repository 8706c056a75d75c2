/* The facts of symbols from config/instruments.lua. */
#include "app/instruments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void decimal_is(struct decimal value, const char *text) {
    char formatted[DECIMAL_TEXT_MAX];
    decimal_format(value, formatted);
    assert_string_equal(formatted, text);
}

static void test_perpetual(void **state) {
    (void)state;
    struct instrument i;
    struct err e = {0};
    assert_int_equal(instrument_find("BTC-USDT-SWAP", &i, &e), 0);
    assert_string_equal(i.symbol, "BTC-USDT-SWAP");
    assert_string_equal(i.base, "BTC");
    assert_string_equal(i.quote, "USDT");
    assert_int_equal(i.kind, INSTRUMENT_PERPETUAL);
    decimal_is(i.tick.d, "0.1");
    decimal_is(i.lot.d, "0.0001");
    decimal_is(i.min_quantity.d, "0.0001");
    decimal_is(i.max_quantity.d, "0");
    decimal_is(i.contract, "0.01");
    decimal_is(i.maintenance, "0.005");
    assert_int_equal(i.max_leverage, 125);
    assert_true(i.can_hedge && i.can_stop && i.can_reduce_only);
}

static void test_spot(void **state) {
    (void)state;
    struct instrument i;
    struct err e = {0};
    assert_int_equal(instrument_find("BTC-USDT", &i, &e), 0);
    assert_int_equal(i.kind, INSTRUMENT_SPOT);
    assert_int_equal(i.max_leverage, 1);
    assert_false(i.can_hedge);
}

static void test_all_that_the_demo_and_the_guide_name(void **state) {
    (void)state;
    static const char *const symbols[] = {"ETH-USDT-SWAP", "SOL-USDT-SWAP", "ETH-USDT", "BTC-USD"};
    for (size_t k = 0; k < sizeof symbols / sizeof symbols[0]; k++) {
        struct instrument i;
        struct err e = {0};
        if (instrument_find(symbols[k], &i, &e) != 0) {
            fail_msg("%s", e.msg);
        }
        assert_true(i.tick.d.v > 0 && i.lot.d.v > 0 && i.min_quantity.d.v >= i.lot.d.v);
    }
}

static void test_unknown_symbol(void **state) {
    (void)state;
    struct instrument i;
    struct err e = {0};
    assert_int_equal(instrument_find("BTC-USDT-SWAB", &i, &e), E_UNKNOWN_SYMBOL);
    assert_non_null(strstr(e.msg, "did you mean 'BTC-USDT-SWAP'?"));
    assert_non_null(strstr(e.msg, "config/instruments.lua"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_perpetual),
        cmocka_unit_test(test_spot),
        cmocka_unit_test(test_all_that_the_demo_and_the_guide_name),
        cmocka_unit_test(test_unknown_symbol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
