/* Rounding at the border, quantities from values and shares, and the minimum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trade/sizing.h"
#include "unit/trade/figures.h"

static struct instrument swap(void) {
    struct instrument in = {.symbol = "BTC-USDT-SWAP", .kind = INSTRUMENT_PERPETUAL};
    in.tick = price_of("0.1");
    in.lot = size_of("0.0001");
    in.min_quantity = size_of("0.0001");
    in.min_notional = cash_of("5");
    return in;
}

static struct order_request
rounded(enum order_side side, const char *price, const char *stop, const char *quantity) {
    struct instrument in = swap();
    struct order_request r = {.side = side, .type = ORDER_LIMIT};
    r.price = price_of(price);
    r.stop = price_of(stop);
    r.quantity = size_of(quantity);
    assert_int_equal(sizing_round_request(&r, &in), 0);
    return r;
}

static void prices_move_away_from_the_market(void **state) {
    (void)state;
    struct order_request r = rounded(ORDER_BUY, "100.19", "100.149", "0.00029");
    assert_figure(r.price.d, "100.1");
    assert_figure(r.stop.d, "100.1");
    assert_figure(r.quantity.d, "0.0002");
    r = rounded(ORDER_SELL, "100.11", "100.15", "0.00005");
    assert_figure(r.price.d, "100.2");
    assert_figure(r.stop.d, "100.2"); /* a tie goes up */
    assert_figure(r.quantity.d, "0");
}

static void a_millionth_of_a_step_is_the_multiple(void **state) {
    (void)state;
    struct order_request r = rounded(ORDER_BUY, "100.19999999", "0", "0.00029999999999");
    assert_figure(r.price.d, "100.2");
    assert_figure(r.quantity.d, "0.0003");
    r = rounded(ORDER_SELL, "100.10000001", "0", "0.0002999");
    assert_figure(r.price.d, "100.1");
    assert_figure(r.quantity.d, "0.0002");
    r = rounded(ORDER_SELL, "100.101", "0", "0.1"); /* a hundredth is not */
    assert_figure(r.price.d, "100.2");
}

static void rounding_that_fails_changes_nothing(void **state) {
    (void)state;
    struct instrument in = swap();
    in.lot.d.v = 0;
    struct order_request r = {.price = price_of("100.19")}, before = r;
    assert_int_not_equal(sizing_round_request(&r, &in), 0);
    assert_memory_equal(&r, &before, sizeof r);
}

static void a_value_is_spent_at_limit_stop_or_last(void **state) {
    (void)state;
    struct instrument in = swap();
    struct order_request r = {.price = price_of("50000"), .stop = price_of("40000")};
    assert_int_equal(sizing_fill_quantity(&r, &in, cash_of("1000"), price_of("46000")), 0);
    assert_figure(r.quantity.d, "0.02");
    r.price.d.v = 0;
    assert_int_equal(sizing_fill_quantity(&r, &in, cash_of("1000"), price_of("46000")), 0);
    assert_figure(r.quantity.d, "0.025");
    r.stop.d.v = 0;
    assert_int_equal(sizing_fill_quantity(&r, &in, cash_of("1000"), price_of("46000")), 0);
    assert_figure(r.quantity.d, "0.0217");
    assert_int_equal(sizing_fill_quantity(&r, &in, cash_of("1000"), (struct price){0}), E_ARGUMENT);
}

static void a_share_goes_down_to_the_lot(void **state) {
    (void)state;
    struct instrument in = swap();
    struct quantity out;
    assert_int_equal(sizing_share(size_of("0.0043"), dec("0.5"), &in, &out), 0);
    assert_figure(out.d, "0.0021");
    assert_int_equal(sizing_share(size_of("-0.0043"), dec("1"), &in, &out), 0);
    assert_figure(out.d, "0.0043");
    assert_int_equal(sizing_share(size_of("0.0003"), dec("0.333333333333"), &in, &out), 0);
    assert_figure(out.d, "0.0001");
    assert_int_equal(sizing_share(size_of("0.0003"), dec("0.333"), &in, &out), 0);
    assert_figure(out.d, "0");
    assert_int_equal(sizing_share(size_of("1"), dec("0"), &in, &out), E_RANGE);
    assert_int_equal(sizing_share(size_of("1"), dec("1.0001"), &in, &out), E_RANGE);
}

static void the_minimum_names_its_figures(void **state) {
    (void)state;
    struct instrument in = swap();
    struct err e = {0};
    struct order_request r = {.type = ORDER_MARKET, .quantity = size_of("0.0001")};
    struct price last = price_of("46000");
    assert_int_equal(sizing_check_minimum(&r, &in, last, &e), E_BELOW_MINIMUM);
    assert_string_equal(e.msg, "value 4.6 is below the minimum 5");
    r.reduce_only = true;
    assert_int_equal(sizing_check_minimum(&r, &in, last, &e), 0);
    r.quantity.d.v = 0;
    assert_int_equal(sizing_check_minimum(&r, &in, last, &e), E_BELOW_MINIMUM);
    assert_string_equal(e.msg, "quantity 0 is below the minimum 0.0001");
    r.is_whole_position = true;
    assert_int_equal(sizing_check_minimum(&r, &in, last, &e), 0);
    r = (struct order_request){.quantity = size_of("0.0002")};
    assert_int_equal(sizing_check_minimum(&r, &in, last, &e), 0);
    r.quantity = size_of("100000000000");
    assert_int_equal(sizing_check_minimum(&r, &in, price_of("100000000000"), &e), E_OVERFLOW);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prices_move_away_from_the_market),
        cmocka_unit_test(a_millionth_of_a_step_is_the_multiple),
        cmocka_unit_test(rounding_that_fails_changes_nothing),
        cmocka_unit_test(a_value_is_spent_at_limit_stop_or_last),
        cmocka_unit_test(a_share_goes_down_to_the_lot),
        cmocka_unit_test(the_minimum_names_its_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
