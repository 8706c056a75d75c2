/* Positions: averages, turns, open profit and where the account would be gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trade/position.h"
#include "unit/trade/figures.h"

static struct position_change
trade(struct position *p, enum order_side side, const char *quantity, const char *price) {
    static int64_t now_ms = 1000;
    struct fill fill = {
        .price = price_of(price),
        .quantity = size_of(quantity),
        .fee = cash_of("0.5"),
        .time_ms = now_ms++,
    };
    struct position_change change;
    assert_int_equal(position_apply(p, side, &fill, &change), 0);
    return change;
}

static void additions_weigh_the_average(void **state) {
    (void)state;
    struct position p = {0};
    struct position_change change = trade(&p, ORDER_BUY, "1", "100");
    assert_figure(change.opened.d, "1");
    assert_figure(change.closed.d, "0");
    int64_t opened_ms = p.opened_ms;
    change = trade(&p, ORDER_BUY, "3", "104");
    assert_figure(p.entry.d, "103");
    assert_figure(p.quantity.d, "4");
    assert_figure(change.entry_before.d, "100");
    assert_figure(p.fees.d, "1");
    assert_int_equal(p.opened_ms, opened_ms);
    assert_true(opened_ms > 0);
}

static void reductions_leave_the_average_and_realise(void **state) {
    (void)state;
    struct position p = {0};
    trade(&p, ORDER_BUY, "4", "103");
    struct position_change change = trade(&p, ORDER_SELL, "1.5", "110");
    assert_figure(change.realized.d, "10.5");
    assert_figure(change.closed.d, "1.5");
    assert_figure(change.opened.d, "0");
    assert_figure(p.entry.d, "103");
    assert_figure(p.quantity.d, "2.5");
    change = trade(&p, ORDER_SELL, "2.5", "101");
    assert_figure(change.realized.d, "-5");
    assert_figure(p.realized.d, "5.5");
    assert_figure(p.quantity.d, "0");
    assert_figure(p.entry.d, "0");
    assert_int_equal(p.opened_ms, 0);
}

static void a_turn_takes_the_price_of_the_fill(void **state) {
    (void)state;
    struct position p = {0};
    trade(&p, ORDER_SELL, "2", "100");
    assert_figure(p.quantity.d, "-2");
    int64_t opened_ms = p.opened_ms;
    struct position_change change = trade(&p, ORDER_BUY, "5", "90");
    assert_figure(change.realized.d, "20");
    assert_figure(change.closed.d, "2");
    assert_figure(change.opened.d, "3");
    assert_figure(p.quantity.d, "3");
    assert_figure(p.entry.d, "90");
    assert_true(p.opened_ms > opened_ms);
}

static void what_does_not_fit_changes_nothing(void **state) {
    (void)state;
    struct position p = {0};
    trade(&p, ORDER_BUY, "100000000000", "100");
    struct position before = p;
    struct position_change change = {0};
    struct fill fill = {.price = price_of("90000000000"), .quantity = size_of("90000000000")};
    assert_int_equal(position_apply(&p, ORDER_BUY, &fill, &change), E_OVERFLOW);
    assert_int_equal(position_apply(&p, ORDER_SELL, &fill, &change), E_OVERFLOW);
    fill.quantity.d.v = 0;
    assert_int_equal(position_apply(&p, ORDER_BUY, &fill, &change), E_ARGUMENT);
    assert_memory_equal(&p, &before, sizeof p);
}

static void open_profit(void **state) {
    (void)state;
    struct position p = {0};
    struct money out;
    assert_int_equal(position_unrealized(&p, price_of("5"), &out), 0);
    assert_figure(out.d, "0");
    trade(&p, ORDER_SELL, "2", "100");
    assert_int_equal(position_unrealized(&p, price_of("97.5"), &out), 0);
    assert_figure(out.d, "5");
    assert_int_equal(position_unrealized(&p, price_of("101"), &out), 0);
    assert_figure(out.d, "-2");
}

static void long_is_liquidated_below(void **state) {
    (void)state;
    struct position p = {0};
    struct price out;
    bool is_below;
    trade(&p, ORDER_BUY, "10", "100");
    /* 100 + 10 × (price − 100) = 0.1 × 10 × price: price = 900 / 9 */
    assert_int_equal(position_liquidation_price(&p, cash_of("100"), dec("0.1"), &out), 0);
    assert_figure(out.d, "100");
    assert_int_equal(
        position_pair_liquidation_price(&p, NULL, cash_of("190"), dec("0.1"), &out, &is_below), 0
    );
    assert_figure(out.d, "90");
    assert_true(is_below);
    /* a balance that pays for a price of 0 */
    assert_int_equal(position_liquidation_price(&p, cash_of("1000"), dec("0.1"), &out), 0);
    assert_figure(out.d, "0");
}

static void short_is_liquidated_above(void **state) {
    (void)state;
    struct position p = {0};
    struct price out;
    bool is_below;
    trade(&p, ORDER_SELL, "10", "100");
    /* 100 − 10 × (price − 100) = 0.1 × 10 × price: price = 1100 / 11 */
    assert_int_equal(
        position_pair_liquidation_price(&p, NULL, cash_of("210"), dec("0.1"), &out, &is_below), 0
    );
    assert_figure(out.d, "110");
    assert_false(is_below);
    /* an account that is gone at every price */
    assert_int_equal(position_liquidation_price(&p, cash_of("-2000"), dec("0.1"), &out), 0);
    assert_figure(out.d, "0.000000000000000001");
    p = (struct position){0};
    assert_int_equal(position_liquidation_price(&p, cash_of("10"), dec("0.1"), &out), 0);
    assert_figure(out.d, "0");
}

static void a_pair_is_liquidated_together(void **state) {
    (void)state;
    struct position a = {0}, b = {0};
    struct price out;
    bool is_below;
    trade(&a, ORDER_BUY, "10", "100");
    trade(&b, ORDER_SELL, "4", "100");
    /* 254 + 6 × (price − 100) = 0.1 × 14 × price: price = 346 / 4.6 */
    assert_int_equal(
        position_pair_liquidation_price(&a, &b, cash_of("254"), dec("0.1"), &out, &is_below), 0
    );
    assert_figure(out.d, "75.217391304347826087");
    assert_true(is_below);
    trade(
        &b, ORDER_SELL, "6", "100"
    ); /* nothing moves but the maintenance: 20 × 0.1 × price = 254 */
    assert_int_equal(
        position_pair_liquidation_price(&a, &b, cash_of("254"), dec("0.1"), &out, &is_below), 0
    );
    assert_figure(out.d, "127");
    assert_false(is_below);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(additions_weigh_the_average),
        cmocka_unit_test(reductions_leave_the_average_and_realise),
        cmocka_unit_test(a_turn_takes_the_price_of_the_fill),
        cmocka_unit_test(what_does_not_fit_changes_nothing),
        cmocka_unit_test(open_profit),
        cmocka_unit_test(long_is_liquidated_below),
        cmocka_unit_test(short_is_liquidated_above),
        cmocka_unit_test(a_pair_is_liquidated_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
