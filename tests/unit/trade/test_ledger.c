/* The ledger adds up, and refuses what does not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trade/ledger.h"
#include "unit/trade/figures.h"

static void balance_is_the_sum(void **state) {
    (void)state;
    struct ledger l;
    ledger_init(&l, cash_of("10000"));
    assert_int_equal(ledger_book_fill(&l, cash_of("-12.5"), cash_of("0.25")), 0);
    assert_int_equal(ledger_book_fill(&l, cash_of("40"), cash_of("-0.05")), 0); /* a rebate */
    assert_int_equal(ledger_book_funding(&l, cash_of("-1.7")), 0);
    assert_figure(l.start.d, "10000");
    assert_figure(l.realized.d, "27.5");
    assert_figure(l.fees.d, "0.2");
    assert_figure(l.funding.d, "-1.7");
    assert_figure(l.balance.d, "10025.6");
}

static void what_does_not_fit_changes_nothing(void **state) {
    (void)state;
    struct ledger l;
    ledger_init(&l, cash_of("160000000000000000000"));
    struct ledger before = l;
    assert_int_equal(
        ledger_book_fill(&l, cash_of("160000000000000000000"), cash_of("0")), E_OVERFLOW
    );
    assert_int_equal(ledger_book_funding(&l, cash_of("160000000000000000000")), E_OVERFLOW);
    assert_memory_equal(&l, &before, sizeof l);
}

static void margin_is_rounded_up(void **state) {
    (void)state;
    struct money out;
    assert_int_equal(margin_of(price_of("46342.1"), size_of("0.0043"), 10, &out), 0);
    assert_figure(out.d, "19.927103");
    assert_int_equal(margin_of(price_of("1"), size_of("1"), 3, &out), 0);
    assert_figure(out.d, "0.333333333333333334");
    assert_int_equal(margin_of(price_of("0.000000001"), size_of("0.0000000001"), 1, &out), 0);
    assert_figure(out.d, "0.000000000000000001");
    assert_int_equal(margin_of(price_of("2"), size_of("-3"), 2, &out), 0);
    assert_figure(out.d, "3");
    assert_int_equal(margin_of(price_of("1"), size_of("1"), 0, &out), E_ARGUMENT);
    assert_int_equal(
        margin_of(price_of("100000000000"), size_of("100000000000"), 1, &out), E_OVERFLOW
    );
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balance_is_the_sum),
        cmocka_unit_test(what_does_not_fit_changes_nothing),
        cmocka_unit_test(margin_is_rounded_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
