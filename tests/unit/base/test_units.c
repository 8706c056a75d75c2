/* Units: the crossings between price, quantity and money, and the errors table they report with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/units.h"

static struct decimal dec(const char *text) {
    struct decimal out;
    if (decimal_parse(text, strlen(text), &out) != 0) {
        fail_msg("'%s' does not parse", text);
    }
    return out;
}

static void expect(struct decimal value, const char *text) {
    char formatted[DECIMAL_TEXT_MAX];
    decimal_format(value, formatted);
    assert_string_equal(formatted, text);
}

static void money_is_price_times_quantity(void **state) {
    (void)state;
    struct money out;
    assert_int_equal(
        money_of((struct price){dec("60123.7")}, (struct quantity){dec("0.0019")}, &out), 0
    );
    expect(out.d, "114.23503");
    assert_int_equal(
        money_of((struct price){dec("0.000000000000000001")}, (struct quantity){dec("0.5")}, &out),
        0
    );
    expect(out.d, "0.000000000000000001");
    assert_int_equal(
        money_of((struct price){dec("100000000000000000000")}, (struct quantity){dec("2")}, &out),
        E_OVERFLOW
    );
    expect(out.d, "0.000000000000000001");
}

static int quantity(const char *value, const char *price, const char *lot, struct quantity *out) {
    return quantity_of_value(
        (struct money){dec(value)}, (struct price){dec(price)}, (struct quantity){dec(lot)}, out
    );
}

static void quantity_is_whole_lots(void **state) {
    (void)state;
    struct quantity out;
    assert_int_equal(quantity("114.23503", "60123.7", "0.0001", &out), 0);
    expect(out.d, "0.0019");
    assert_int_equal(quantity("114.235029999999999999", "60123.7", "0.0001", &out), 0);
    expect(out.d, "0.0018");
    assert_int_equal(quantity("1", "3", "0.000000000000000001", &out), 0);
    expect(out.d, "0.333333333333333333");
    assert_int_equal(quantity("1", "60000", "1", &out), 0);
    expect(out.d, "0");
    assert_int_equal(quantity("-1", "3", "0.1", &out), 0);
    expect(out.d, "-0.4");
}

static void quantity_refuses(void **state) {
    (void)state;
    struct quantity out = {dec("7")};
    assert_int_equal(quantity("1", "0", "1", &out), E_ARGUMENT);
    assert_int_equal(quantity("1", "-1", "1", &out), E_ARGUMENT);
    assert_int_equal(quantity("1", "1", "0", &out), E_ARGUMENT);
    assert_int_equal(quantity("1", "1", "-1", &out), E_ARGUMENT);
    assert_int_equal(quantity("1000", "0.000000000000000001", "1", &out), E_OVERFLOW);
    expect(out.d, "7");
}

static void errors_are_told_and_found_by_name(void **state) {
    (void)state;
    struct err e = {0};
    assert_int_equal(err_set(&e, E_RANGE, "price %d", 7), E_RANGE);
    assert_int_equal(e.code, E_RANGE);
    assert_string_equal(e.msg, "price 7");
    assert_int_equal(err_wrap(&e, "line %d: ", 3), E_RANGE);
    assert_string_equal(e.msg, "line 3: price 7");
    assert_int_equal(err_set(NULL, E_STATE, "nobody listens"), E_STATE);
    for (int code = 0; code > -E_INDEX_COUNT; code--) {
        assert_int_equal(err_code_of(err_name(code)), code);
        assert_in_range(err_http_status(code), 200, 599);
    }
    assert_int_equal(err_code_of("no_such_error"), E_NOT_FOUND);
    assert_string_equal(err_name(-E_INDEX_COUNT), err_name(E_ARGUMENT));
    assert_string_equal(err_name(1), err_name(E_ARGUMENT));
    assert_true(err_may_retry(E_IO));
    assert_false(err_may_retry(E_RISK));
}

static void long_messages_are_cut(void **state) {
    (void)state;
    struct err e = {0};
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    err_set(&e, E_DATA, "%s", text);
    assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
    err_wrap(&e, "%s", "file: ");
    assert_int_equal(strlen(e.msg), sizeof e.msg - 1);
    assert_int_equal(strncmp(e.msg, "file: xxx", 9), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(money_is_price_times_quantity),
        cmocka_unit_test(quantity_is_whole_lots),
        cmocka_unit_test(quantity_refuses),
        cmocka_unit_test(errors_are_told_and_found_by_name),
        cmocka_unit_test(long_messages_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
