/* Risk: one case for each check that refuses, with its sentence, and one beside it that passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trade/risk.h"
#include "unit/trade/figures.h"

/* An order that passes everything: a limit buy of 0.01 BTC at 50,000 in an account of 10,000. */
struct scene {
    struct instrument instrument;
    struct order_request request;
    struct position position;
    struct risk_limits limits;
    struct loss_watch loss, user_loss;
    struct risk_facts facts;
    struct risk_verdict verdict;
};

static void scene_set(struct scene *s) {
    memset(s, 0, sizeof *s);
    s->instrument.tick = price_of("0.1");
    s->instrument.lot = size_of("0.0001");
    s->instrument.min_quantity = size_of("0.001");
    s->instrument.max_quantity = size_of("100");
    s->instrument.min_notional = cash_of("100");
    s->instrument.max_leverage = 50;
    s->request.type = ORDER_LIMIT;
    s->request.quantity = size_of("0.01");
    s->request.price = price_of("50000");
    risk_limits_default(&s->limits);
    s->limits.order_value_max = cash_of("1000000");
    s->limits.position_value_max = cash_of("5000000");
    loss_watch_init(&s->loss, cash_of("10000"));
    loss_watch_init(&s->user_loss, cash_of("20000"));
    s->facts = (struct risk_facts){
        .instrument = &s->instrument,
        .request = &s->request,
        .reference = price_of("50000"),
        .position = &s->position,
        .increases = true,
        .equity = cash_of("10000"),
        .free_margin = cash_of("10000"),
        .enlarges_with_others = true,
        .loss = &s->loss,
        .user_loss = &s->user_loss,
        .user_equity = cash_of("20000"),
        .orders_asked = 1,
        .leverage = 10,
        .rate_tokens = 500,
        .user_rate_tokens = 500,
        .venue_rate_tokens = 500,
        .same_order_age_ms = -1,
        .is_running = true,
    };
}

static void check(struct scene *s) {
    risk_check_order(&s->limits, &s->facts, &s->verdict);
}

static void expect_pass(struct scene *s, int line) {
    check(s);
    if (!s->verdict.passed) {
        fail_msg("line %d: %s", line, s->verdict.message);
    }
    assert_int_equal(s->verdict.code, 0);
    assert_int_equal(s->verdict.count, RISK_CHECK_COUNT);
    assert_string_equal(s->verdict.message, "");
}

static void
expect_refusal(struct scene *s, enum risk_check failed, int code, const char *message, int line) {
    check(s);
    if (s->verdict.passed || s->verdict.failed != failed || s->verdict.code != code ||
        strcmp(s->verdict.message, message) != 0) {
        fail_msg("line %d: %s", line, s->verdict.passed ? "passed" : s->verdict.message);
    }
    assert_int_equal(s->verdict.count, (int)failed + 1);
    assert_false(s->verdict.figures[failed].passed);
}

#define assert_pass(s) expect_pass(s, __LINE__)
#define assert_refused(s, failed, code, message) expect_refusal(s, failed, code, message, __LINE__)

static void a_plain_order_passes_all(void **state) {
    (void)state;
    struct scene s;
    scene_set(&s);
    assert_pass(&s);
    for (int i = 0; i < RISK_CHECK_COUNT; i++) {
        assert_true(s.verdict.figures[i].passed);
        assert_int_equal(s.verdict.figures[i].check, i);
    }
    assert_figure(s.verdict.figures[RISK_ORDER_VALUE].value, "500");
    assert_figure(s.verdict.figures[RISK_MARGIN].value, "50");
    assert_figure(s.verdict.figures[RISK_MARGIN].limit, "10000");
}

static void states_and_symbols(void **state) {
    (void)state;
    struct scene s;
    scene_set(&s);
    s.facts.is_running = false;
    s.request.reduce_only = true; /* not exempt */
    assert_refused(&s, RISK_RUNNING, E_RISK, "activation_running: 0 < 1");
    s.facts.is_running = true;
    s.facts.is_killed = true;
    assert_refused(&s, RISK_KILL_SWITCH, E_RISK, "kill_switch: 1 > 0");
    s.facts.is_killed = false;
    s.facts.instrument = NULL;
    assert_refused(&s, RISK_SYMBOL, E_UNKNOWN_SYMBOL, "symbol_allowed: 0 < 1");
}

static void figures_are_positive(void **state) {
    (void)state;
    struct scene s;
    scene_set(&s);
    s.request.quantity = size_of("-1");
    assert_refused(&s, RISK_POSITIVE, E_RISK, "finite_positive: -1 <= 0");
    scene_set(&s);
    s.request.price.d.v = 0;
    assert_refused(&s, RISK_POSITIVE, E_RISK, "finite_positive: 0 <= 0");
    scene_set(&s);
    s.request.type = ORDER_STOP;
    s.request.price.d.v = 0;
    assert_refused(&s, RISK_POSITIVE, E_RISK, "finite_positive: 0 <= 0");
    s.request.stop = price_of("51000");
    assert_pass(&s);
    s.request.is_whole_position = true;
    s.request.quantity.d.v = 0;
    s.facts.increases = false;
    assert_pass(&s);
}

static void steps_minimum_maximum(void **state) {
    (void)state;
    struct scene s;
    scene_set(&s);
    s.request.price = price_of("50000.05");
    assert_refused(&s, RISK_TICK_LOT, E_RISK, "tick_and_lot: 50000.05 is not a multiple of 0.1");
    scene_set(&s);
    s.request.quantity = size_of("0.01001");
    assert_refused(&s, RISK_TICK_LOT, E_RISK, "tick_and_lot: 0.01001 is not a multiple of 0.0001");
    scene_set(&s);
    s.request.quantity = size_of("0.0009");
    assert_refused(&s, RISK_MINIMUM, E_BELOW_MINIMUM, "minimum: 0.0009 < 0.001");
    s.request.quantity = size_of("0.0015");
    assert_refused(&s, RISK_MINIMUM, E_BELOW_MINIMUM, "minimum: 75 < 100");
    s.request.reduce_only = true;
    s.request.side = ORDER_SELL;
    s.facts.increases = false;
    assert_pass(&s);
    scene_set(&s);
    s.request.quantity = size_of("100.1");
    assert_refused(&s, RISK_MAXIMUM, E_ABOVE_MAXIMUM, "maximum: 100.1 > 100");
    s.instrument.max_quantity.d.v = 0;
    s.limits = (struct risk_limits){0};
    s.facts.free_margin = cash_of("1000000");
    assert_pass(&s);
}

static void feed_and_collar(void **state) {
    (void)state;
    struct scene s;
    scene_set(&s);
    s.facts.reference_age_ms = 180001;
    assert_refused(&s, RISK_FEED, E_RISK, "feed_fresh: 180001 > 180000");
    s.limits.feed_age_max_ms = 0;
    assert_pass(&s);
    scene_set(&s);
    s.request.price = price_of("60000");
    assert_pass(&s); /* exactly the collar */
    s.request.price = price_of("60000.1");
    assert_refused(&s, RISK_COLLAR, E_RISK, "price_collar: 0.200002 > 0.2");
    s.request.price = price_of("39999.9");
    assert_refused(&s, RISK_COLLAR, E_RISK, "price_collar: 0.200002 > 0.2");
    s.facts.reference.d.v = 0;
    assert_refused(&s, RISK_FEED, E_RISK, "feed_fresh: no reference price, limit 180000");
    s.limits.feed_age_max_ms = 0;
    assert_refused(&s, RISK_COLLAR, E_RISK, "price_collar: no reference price, limit 0.2");
}

static void values_of_order_position_and_account(void **state) {
    (void)state;
    struct scene s;
    scene_set(&s);
    s.request.quantity = size_of("24");
    assert_refused(&s, RISK_ORDER_VALUE, E_RISK, "order_value: 1200000 > 1000000");
    scene_set(&s);
    s.position.quantity = size_of("99.995");
    assert_refused(&s, RISK_POSITION, E_RISK, "position_limit: 5000250 > 5000000");
    s.position.quantity = size_of("-200"); /* over the limit, on its way out */
    s.facts.exposure = cash_of("30000000");
    assert_pass(&s);
    scene_set(&s);
    s.facts.exposure = cash_of("19999501");
    assert_refused(&s, RISK_EXPOSURE, E_RISK, "exposure_limit: 20000001 > 20000000");
    s.facts.exposure = cash_of("19999500");
    assert_pass(&s);
}

static void leverage_and_margin(void **state) {
    (void)state;
    struct scene s;
    scene_set(&s);
    s.facts.leverage = 51;
    assert_refused(&s, RISK_LEVERAGE, E_RISK, "leverage: 51 > 50");
    s.facts.leverage = 0;
    assert_refused(&s, RISK_LEVERAGE, E_RISK, "leverage: 0 > 50");
    scene_set(&s);
    s.facts.free_margin = cash_of("49.99");
    assert_refused(&s, RISK_MARGIN, E_INSUFFICIENT_MARGIN, "free_margin: 50 > 49.99");
    s.facts.free_margin = cash_of("50");
    assert_pass(&s);
    s.position.quantity = size_of("-0.006"); /* only what turns needs margin */
    s.facts.free_margin = cash_of("20");
    assert_pass(&s);
    s.facts.free_margin = cash_of("19.9");
    assert_refused(&s, RISK_MARGIN, E_INSUFFICIENT_MARGIN, "free_margin: 20 > 19.9");
}

static void counts_and_rates(void **state) {
    (void)state;
    struct scene s;
    scene_set(&s);
    s.facts.open_orders = 200;
    assert_refused(&s, RISK_OPEN_ORDERS, E_RISK, "open_orders: 201 > 200");
    s.facts.is_amendment = true;
    assert_pass(&s);
    s.facts.rate_tokens = 0;
    assert_refused(&s, RISK_RATE, E_RISK, "order_rate: 0 < 1");
    scene_set(&s);
    s.facts.same_order_age_ms = 999;
    assert_refused(&s, RISK_DUPLICATE, E_RISK, "duplicate: 999 < 1000");
    s.facts.is_amendment = true;
    assert_pass(&s);
    s.facts.is_amendment = false;
    s.facts.same_order_age_ms = 1000;
    assert_pass(&s);
    s.facts.orders_asked = 3;
    s.facts.orders_sent = 2;
    assert_pass(&s);
    s.facts.orders_sent = 3;
    assert_refused(&s, RISK_SENT_VS_ASKED, E_RISK, "sent_against_asked: 4 > 3");
}

static void rates_of_users_and_venues(void **state) {
    (void)state;
    struct scene s;
    scene_set(&s);
    s.facts.user_rate_tokens = s.facts.venue_rate_tokens = 0;
    assert_pass(&s); /* off */
    s.limits.user_rate = (struct rate_limit){10, 20};
    assert_refused(&s, RISK_USER_RATE, E_RISK, "user_order_rate: 0 < 1");
    s.facts.user_rate_tokens = 1;
    s.limits.venue_rate = (struct rate_limit){10, 20};
    assert_refused(&s, RISK_VENUE_RATE, E_RISK, "venue_order_rate: 0 < 1");
}

static void losses(void **state) {
    (void)state;
    struct scene s;
    scene_set(&s);
    s.limits.daily_loss_max = cash_of("500");
    s.facts.equity = cash_of("9500");
    assert_refused(&s, RISK_DAILY_LOSS, E_RISK, "daily_loss: 500 >= 500");
    s.facts.enlarges_with_others = false; /* who has lost must get out */
    assert_pass(&s);
    assert_figure(s.verdict.figures[RISK_DAILY_LOSS].value, "500");
    s.facts.enlarges_with_others = true;
    s.facts.equity = cash_of("9500.01");
    assert_pass(&s);
    s.limits.drawdown_max = dec("0.1");
    s.loss.peak = cash_of("11000");
    assert_refused(&s, RISK_DRAWDOWN, E_RISK, "drawdown: 0.136362727272727273 >= 0.1");
    s.loss.peak.d.v = 0; /* cannot be computed */
    assert_refused(&s, RISK_DRAWDOWN, E_RISK, "drawdown: 0 >= 0.1");
}

static void losses_of_a_user(void **state) {
    (void)state;
    struct scene s;
    scene_set(&s);
    s.limits.user_daily_loss_max = cash_of("1000");
    s.facts.user_equity = cash_of("18999");
    assert_refused(&s, RISK_USER_DAILY_LOSS, E_RISK, "user_daily_loss: 1001 >= 1000");
    s.limits.user_daily_loss_max.d.v = 0;
    s.limits.user_drawdown_max = dec("0.05");
    assert_refused(&s, RISK_USER_DRAWDOWN, E_RISK, "user_drawdown: 0.05005 >= 0.05");
    s.facts.user_loss = NULL; /* cannot be computed */
    assert_refused(&s, RISK_USER_DRAWDOWN, E_RISK, "user_drawdown: 0 >= 0.05");
}

static void a_halt_holds_with_the_figures_it_began_with(void **state) {
    (void)state;
    struct scene s;
    scene_set(&s); /* the limit is off by now, and the loss made good */
    s.loss.halts[LOSS_DAILY] = (struct loss_halt){true, dec("512.5"), dec("500")};
    assert_refused(&s, RISK_DAILY_LOSS, E_RISK, "daily_loss: 512.5 >= 500");
    s.facts.enlarges_with_others = false;
    assert_pass(&s);
    s.facts.enlarges_with_others = true;
    s.request.reduce_only = true;
    s.request.side = ORDER_SELL;
    s.facts.increases = false;
    assert_pass(&s);
}

static void reduce_only_is_exempt_where_the_table_says_so(void **state) {
    (void)state;
    struct scene s;
    scene_set(&s);
    s.request.side = ORDER_SELL;
    s.request.reduce_only = true;
    s.request.price = price_of("90000");
    s.request.quantity = size_of("100");
    s.position.quantity = size_of("100");
    s.facts.increases = false;
    s.facts.reference_age_ms = 999999999;
    s.facts.free_margin = cash_of("-1");
    s.facts.same_order_age_ms = 0;
    s.limits.daily_loss_max = cash_of("1");
    s.facts.equity = cash_of("1");
    assert_pass(&s);
    for (int i = RISK_FEED; i <= RISK_MARGIN; i++) {
        assert_true(s.verdict.figures[i].exempt);
    }
    assert_true(s.verdict.figures[RISK_DUPLICATE].exempt);
    assert_true(s.verdict.figures[RISK_DAILY_LOSS].exempt);
    assert_false(s.verdict.figures[RISK_OPEN_ORDERS].exempt);
}

static void reduce_only_is_honoured(void **state) {
    (void)state;
    struct scene s;
    scene_set(&s);
    s.request.reduce_only = true;
    s.facts.increases = false;
    s.position.quantity = size_of("1");
    assert_refused(&s, RISK_REDUCE_ONLY, E_RISK, "reduce_only: 0.01 enlarges 1");
    s.position.quantity.d.v = 0; /* the entry is still on its way */
    assert_pass(&s);
    s.facts.increases = true;
    assert_refused(&s, RISK_REDUCE_ONLY, E_RISK, "reduce_only: 0.01 enlarges 0");
}

static void what_cannot_be_computed_refuses(void **state) {
    (void)state;
    struct scene s;
    scene_set(&s);
    s.request.type = ORDER_MARKET;
    s.request.price.d.v = 0;
    s.facts.reference.d.v = 0;
    s.limits.feed_age_max_ms = 0;
    s.limits.collar.v = 0;
    assert_refused(&s, RISK_MINIMUM, E_BELOW_MINIMUM, "minimum: 0 < 100");
    s.instrument.min_notional.d.v = 0;
    assert_refused(&s, RISK_ORDER_VALUE, E_RISK, "order_value: no reference price, limit 1000000");
    s.limits.order_value_max.d.v = s.limits.position_value_max.d.v = 0;
    s.limits.exposure_max.d.v = 0;
    assert_refused(
        &s, RISK_MARGIN, E_INSUFFICIENT_MARGIN, "free_margin: no reference price, limit 10000"
    );
    scene_set(&s);
    s.facts.position = NULL;
    assert_refused(&s, RISK_POSITION, E_RISK, "position_limit: 0 > 5000000");
    scene_set(&s);
    s.instrument.max_quantity.d.v = 0;
    s.request.quantity = size_of("100000000000000000000");
    s.request.price = price_of("50000");
    assert_refused(&s, RISK_MINIMUM, E_BELOW_MINIMUM, "minimum: 0 < 100");
}

static void names_are_those_of_the_table(void **state) {
    (void)state;
    assert_string_equal(risk_check_name(RISK_RUNNING), "activation_running");
    assert_string_equal(risk_check_name(RISK_SENT_VS_ASKED), "sent_against_asked");
    assert_string_equal(risk_check_name(RISK_CHECK_COUNT), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_order_passes_all),
        cmocka_unit_test(states_and_symbols),
        cmocka_unit_test(figures_are_positive),
        cmocka_unit_test(steps_minimum_maximum),
        cmocka_unit_test(feed_and_collar),
        cmocka_unit_test(values_of_order_position_and_account),
        cmocka_unit_test(leverage_and_margin),
        cmocka_unit_test(counts_and_rates),
        cmocka_unit_test(rates_of_users_and_venues),
        cmocka_unit_test(losses),
        cmocka_unit_test(losses_of_a_user),
        cmocka_unit_test(a_halt_holds_with_the_figures_it_began_with),
        cmocka_unit_test(reduce_only_is_exempt_where_the_table_says_so),
        cmocka_unit_test(reduce_only_is_honoured),
        cmocka_unit_test(what_cannot_be_computed_refuses),
        cmocka_unit_test(names_are_those_of_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
