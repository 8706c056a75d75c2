#include "gateway/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct history *h;

static int make(void **state) {
    struct err e;
    (void)state;
    return history_new(&h, &e);
}

static int drop(void **state) {
    (void)state;
    history_free(h);
    return 0;
}

static void keep_order(const char *user, uint64_t sequence, enum order_state state) {
    struct order order = {.sequence = sequence, .state = state};
    snprintf(order.id, sizeof order.id, "ao%d", (int)sequence);
    struct order_record record = {.activation = 1, .step = STEP_CHANGED, .order = &order};
    history_keep_order(h, user, &record);
}

struct seen {
    int count, most;
    uint64_t first, last;
};

static bool see_order(void *to, const struct history_order *o) {
    struct seen *s = to;
    s->first = s->count == 0 ? o->order.sequence : s->first;
    s->last = o->order.sequence;
    return ++s->count < s->most;
}

static bool see_step(void *to, const struct history_step *step) {
    struct seen *s = to;
    (void)step;
    return ++s->count < s->most;
}

static void test_orders(void **state) {
    struct history_source source = history_source_of(h);
    struct seen seen = {.most = 100000};
    (void)state;
    keep_order("alice", 1, ORDER_OPEN);
    keep_order("alice", 1, ORDER_FILLED);
    keep_order("bob", 2, ORDER_CANCELED);
    source.orders(source.ctx, "alice", see_order, &seen);
    assert_int_equal(seen.count, 1); /* ended ones only, and his own only */
    assert_int_equal(seen.first, 1);
    seen = (struct seen){.most = 100000};
    source.steps(source.ctx, "alice", "ao1", see_step, &seen);
    assert_int_equal(seen.count, 2);
    seen = (struct seen){.most = 100000};
    source.steps(source.ctx, "bob", "ao1", see_step, &seen);
    assert_int_equal(seen.count, 0);
    source.orders(source.ctx, "nobody", see_order, &seen);
    assert_int_equal(seen.count, 0);
}

/* The newest are kept, newest first, and no more than the bound. */
static void test_bound(void **state) {
    struct history_source source = history_source_of(h);
    struct seen seen = {.most = 100000};
    (void)state;
    for (int i = 1; i <= HISTORY_ORDERS_MAX + 10; i++) {
        keep_order("alice", (uint64_t)i, ORDER_FILLED);
    }
    size_t bytes = history_bytes(h);
    source.orders(source.ctx, "alice", see_order, &seen);
    assert_int_equal(seen.count, HISTORY_ORDERS_MAX);
    assert_int_equal(seen.first, HISTORY_ORDERS_MAX + 10);
    assert_int_equal(seen.last, 11);
    for (int i = 0; i < 5000; i++) {
        keep_order("alice", 1, ORDER_FILLED);
    }
    size_t full = history_bytes(h);
    for (int i = 0; i < 5000; i++) {
        keep_order("alice", 1, ORDER_FILLED);
    }
    assert_true(full >= bytes);
    assert_int_equal(history_bytes(h), full);
    seen = (struct seen){.most = 3};
    source.orders(source.ctx, "alice", see_order, &seen);
    assert_int_equal(seen.count, 3);
}

static void test_signals_are_cut(void **state) {
    char text[400];
    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct ask_signal signal = {.side = NULL, .kind = text, .reason = "r", .number_count = 1};
    signal.numbers[0].name = text;
    struct signal_record record = {.signal = &signal};
    const struct history_signal *kept = history_keep_signal(h, "alice", &record);
    assert_non_null(kept);
    assert_string_equal(kept->side, "");
    assert_int_equal(strlen(kept->kind), SIGNAL_TEXT_MAX - 1);
    assert_int_equal(strlen(kept->numbers[0].name), sizeof kept->numbers[0].name - 1);
}

static void test_candles(void **state) {
    (void)state;
    assert_int_equal(history_candle_count(h, 3), 0);
    for (int i = 0; i < HISTORY_CANDLES_MAX + 5; i++) {
        struct candle candle = {.bar = {.time_ms = i}};
        history_keep_candle(h, 3, &candle);
    }
    assert_int_equal(history_candle_count(h, 3), HISTORY_CANDLES_MAX);
    assert_int_equal(history_candle_count(h, 0), 0);
    assert_int_equal(history_candle(h, 3, 0)->bar.time_ms, 5);
    assert_int_equal(
        history_candle(h, 3, HISTORY_CANDLES_MAX - 1)->bar.time_ms, HISTORY_CANDLES_MAX + 4
    );
}

static void test_forget(void **state) {
    struct history_source source = history_source_of(h);
    struct seen seen = {.most = 100000};
    struct order order = {.sequence = 9, .state = ORDER_FILLED, .id = "bo9"};
    struct order_record record = {.activation = 2, .step = STEP_CHANGED, .order = &order};
    (void)state;
    for (int i = 0; i < HISTORY_ORDERS_MAX + 5; i++) {
        keep_order("alice", 1, ORDER_FILLED);
    }
    history_keep_order(h, "alice", &record);
    keep_order("alice", 1, ORDER_FILLED);
    history_forget(h, "alice", 1);
    history_forget(h, "nobody", 1);
    source.orders(source.ctx, "alice", see_order, &seen);
    assert_int_equal(seen.count, 1); /* the other activation's */
    assert_int_equal(seen.first, 9);
    keep_order("alice", 3, ORDER_FILLED);
    source.orders(source.ctx, "alice", see_order, &seen);
    assert_int_equal(seen.count, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_orders, make, drop),
        cmocka_unit_test_setup_teardown(test_bound, make, drop),
        cmocka_unit_test_setup_teardown(test_signals_are_cut, make, drop),
        cmocka_unit_test_setup_teardown(test_candles, make, drop),
        cmocka_unit_test_setup_teardown(test_forget, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
