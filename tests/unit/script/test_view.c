/* The view of an activation: what events change for good, and what a handler's asks mark until it
 * faults or the world answers. */
#include "script/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS ((int64_t)3600000)

struct world {
    struct view view;
    struct undo undo;
};

static void world_begin(struct world *w) {
    struct activation_open open = {.leverage = 2, .order_sequence = 10};
    struct err e;
    view_init(&w->view, &open);
    assert_int_equal(undo_init(&w->undo, 16, &e), 0);
    view_begin(&w->view, &w->undo);
}

static void world_end(struct world *w) {
    undo_free(&w->undo);
    view_free(&w->view);
}

static struct order_request request(int64_t price) {
    struct order_request r = {.type = ORDER_LIMIT};
    r.price.d = decimal_of_int(price);
    r.quantity.d = decimal_of_int(1);
    return r;
}

static struct view_order *place(struct world *w, int64_t price) {
    struct order_request r = request(price);
    struct view_order *o = view_place(&w->view, &w->undo, "a0", &r, 0);
    assert_non_null(o);
    return o;
}

static void tell(struct world *w, const struct order *order, int code) {
    struct event_order event = {*order, code};
    struct err e;
    assert_int_equal(view_order(&w->view, &event, &e), 0);
}

/* The engine's answer to a placed order. */
static struct order opened(uint64_t sequence, int64_t price) {
    struct order o = {.sequence = sequence, .request = request(price), .state = ORDER_OPEN};
    snprintf(o.id, sizeof o.id, "a0o%d", (int)sequence);
    return o;
}

static void a_placed_order_is_pending_and_counts_on(void **state) {
    (void)state;
    struct world w;
    world_begin(&w);
    struct view_order *o = place(&w, 100);
    assert_string_equal(o->order.id, "a0o11");
    assert_int_equal(o->order.pending, PENDING_NEW);
    assert_int_equal(w.view.open_count, 1);
    assert_ptr_equal(view_find(&w.view, 11), o);
    assert_null(view_find(&w.view, 12));
    struct order now = opened(11, 100);
    tell(&w, &now, 0);
    assert_int_equal(o->order.pending, PENDING_NONE);
    assert_int_equal(o->order.state, ORDER_OPEN);
    world_end(&w);
}

static void a_rollback_takes_everything_back(void **state) {
    (void)state;
    struct world w;
    world_begin(&w);
    struct view_order *kept = place(&w, 100);
    view_set_timer(&w.view, &w.undo, "kept", true, 5);
    view_begin(&w.view, &w.undo);
    place(&w, 200);
    place(&w, 300);
    view_cancel(&w.undo, kept);
    view_amend(&w.undo, kept);
    kept->order.request.price.d = decimal_of_int(7);
    assert_int_equal(view_set_leverage(&w.view, &w.undo, 3, 50), 0);
    view_set_isolated(&w.view, &w.undo, true);
    assert_true(view_set_timer(&w.view, &w.undo, "new", false, 5));
    assert_true(view_drop_timer(&w.view, &w.undo, "kept"));
    view_rollback(&w.view, &w.undo);
    assert_int_equal(w.view.sequence, 11);
    assert_int_equal(w.view.open_count, 1);
    assert_int_equal(w.view.order_count, 1);
    assert_int_equal(kept->order.pending, PENDING_NEW);
    assert_true(kept->order.request.price.d.v == decimal_of_int(100).v);
    assert_int_equal(view_leverage_of(&w.view, 3), 2);
    assert_false(w.view.is_isolated);
    assert_int_equal(w.view.timer_count, 1);
    assert_string_equal(w.view.timers[0].name, "kept");
    assert_int_equal(place(&w, 1)->order.sequence, 12);
    world_end(&w);
}

static void an_event_under_way_leaves_the_mark(void **state) {
    (void)state;
    struct world w;
    world_begin(&w);
    struct view_order *o = place(&w, 100);
    struct order now = opened(11, 100);
    tell(&w, &now, 0);
    view_begin(&w.view, &w.undo);
    view_amend(&w.undo, o);
    o->asked_price = true;
    o->order.request.price.d = decimal_of_int(110);

    now.state = ORDER_PARTIALLY_FILLED; /* a fill from before the amendment reached the venue */
    now.filled.d = decimal_of_int(0);
    tell(&w, &now, 0);
    assert_int_equal(o->order.pending, PENDING_AMEND);
    assert_true(o->order.request.price.d.v == decimal_of_int(110).v);
    assert_int_equal(o->order.state, ORDER_PARTIALLY_FILLED);

    now.request = request(110); /* the amendment holds */
    tell(&w, &now, 0);
    assert_int_equal(o->order.pending, PENDING_NONE);
    world_end(&w);
}

static void a_refused_amendment_brings_the_old_figures_back(void **state) {
    (void)state;
    struct world w;
    world_begin(&w);
    struct view_order *o = place(&w, 100);
    struct order now = opened(11, 100);
    tell(&w, &now, 0);
    view_begin(&w.view, &w.undo);
    view_amend(&w.undo, o);
    o->asked_price = true;
    o->order.request.price.d = decimal_of_int(110);
    tell(&w, &now, E_RISK);
    assert_int_equal(o->order.pending, PENDING_NONE);
    assert_true(o->order.request.price.d.v == decimal_of_int(100).v);
    world_end(&w);
}

static void a_cancel_waits_for_its_end(void **state) {
    (void)state;
    struct world w;
    world_begin(&w);
    struct view_order *o = place(&w, 100);
    struct order now = opened(11, 100);
    tell(&w, &now, 0);
    view_cancel(&w.undo, o);
    tell(&w, &now, 0);
    assert_int_equal(o->order.pending, PENDING_CANCEL);
    assert_int_equal(w.view.open_count, 1);
    tell(&w, &now, E_VENUE); /* the cancel was refused */
    assert_int_equal(o->order.pending, PENDING_NONE);
    view_cancel(&w.undo, o);
    now.state = ORDER_CANCELED;
    tell(&w, &now, 0);
    assert_int_equal(o->order.pending, PENDING_NONE);
    assert_int_equal(w.view.open_count, 0);
    assert_ptr_equal(view_find(&w.view, 11), o);
    world_end(&w);
}

static void ended_orders_are_kept_for_a_day(void **state) {
    (void)state;
    struct world w;
    world_begin(&w);
    for (uint64_t i = 1; i <= 40; i++) {
        struct order now = opened(i, 100);
        now.state = ORDER_FILLED;
        now.updated_ms = (int64_t)i * HOUR_MS;
        tell(&w, &now, 0);
    }
    assert_null(view_find(&w.view, 15));
    assert_non_null(view_find(&w.view, 16));
    assert_non_null(view_find(&w.view, 40));
    assert_int_equal(w.view.order_count, 25);
    assert_int_equal(w.view.sequence, 40);
    world_end(&w);
}

static void many_orders_stay_in_order(void **state) {
    (void)state;
    struct world w;
    world_begin(&w);
    uint64_t seed = 7;
    for (int round = 0; round < 3000; round++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t sequence = 1 + (seed >> 33) % 300;
        struct order now = opened(sequence, 100);
        struct view_order *seen = view_find(&w.view, sequence);
        now.updated_ms = round * 60000;
        now.state = seen && !view_order_is_open(seen) ? seen->order.state
                    : (seed >> 20) % 2                ? ORDER_OPEN
                                                      : ORDER_CANCELED;
        tell(&w, &now, 0);
        int open = 0;
        for (int i = 0; i < w.view.order_count; i++) {
            assert_true(
                i == 0 || w.view.orders[i - 1]->order.sequence < w.view.orders[i]->order.sequence
            );
            open += view_order_is_open(w.view.orders[i]);
        }
        assert_int_equal(open, w.view.open_count);
        assert_int_equal(w.view.order_count - open, w.view.ended_count);
    }
    world_end(&w);
}

static void a_late_fill_of_an_ended_order_is_taken(void **state) {
    (void)state;
    struct world w;
    struct err e;
    world_begin(&w);
    struct order now = opened(1, 100);
    now.state = ORDER_CANCELED;
    tell(&w, &now, 0);
    struct event_fill fill = {.sequence = 1, .order = now, .leverage = 7};
    fill.order.filled.d = decimal_of_int(1);
    fill.position.quantity.d = decimal_of_int(1);
    fill.balance.d = decimal_of_int(99);
    assert_int_equal(view_fill(&w.view, &fill, &e), 0);
    assert_true(view_find(&w.view, 1)->order.filled.d.v == DECIMAL_ONE);
    assert_int_equal(w.view.open_count, 0);
    assert_int_equal(w.view.ended_count, 1);
    assert_true(view_position(&w.view, 0, POSITION_NET)->quantity.d.v == DECIMAL_ONE);
    assert_true(w.view.balance.d.v == decimal_of_int(99).v);
    assert_int_equal(view_leverage_of(&w.view, 0), 7);
    assert_int_equal(view_leverage_of(&w.view, 1), 2);
    world_end(&w);
}

static void a_fill_nobody_asked_for_makes_no_order(void **state) {
    (void)state;
    struct world w;
    struct err e;
    world_begin(&w);
    struct event_fill fill = {.sequence = 0, .leverage = 1};
    fill.order.request.symbol = 2;
    fill.position.quantity.d = decimal_of_int(-3);
    assert_int_equal(view_fill(&w.view, &fill, &e), 0);
    assert_int_equal(w.view.order_count, 0);
    assert_true(view_position(&w.view, 2, POSITION_NET)->quantity.d.v < 0);
    assert_null(view_position(&w.view, 1, POSITION_NET));
    world_end(&w);
}

static void the_net_of_a_hedge_is_the_sum(void **state) {
    (void)state;
    struct world w;
    struct err e;
    struct position net;
    world_begin(&w);
    struct event_fill fill = {.leverage = 1};
    fill.order.request.position_side = POSITION_LONG;
    fill.position.quantity.d = decimal_of_int(5);
    fill.position.entry.d = decimal_of_int(100);
    fill.position.realized.d = decimal_of_int(1);
    assert_int_equal(view_fill(&w.view, &fill, &e), 0);
    fill.order.request.position_side = POSITION_SHORT;
    fill.position.quantity.d = decimal_of_int(-2);
    fill.position.entry.d = decimal_of_int(200);
    assert_int_equal(view_fill(&w.view, &fill, &e), 0);
    assert_int_equal(view_net_position(&w.view, 0, &net), 0);
    assert_true(net.quantity.d.v == decimal_of_int(3).v);
    assert_true(net.entry.d.v == decimal_of_int(100).v);
    assert_true(net.realized.d.v == decimal_of_int(2).v);
    fill.position.quantity.d = decimal_of_int(-5);
    assert_int_equal(view_fill(&w.view, &fill, &e), 0);
    assert_int_equal(view_net_position(&w.view, 0, &net), 0);
    assert_true(net.entry.d.v == 0);
    world_end(&w);
}

static void a_timer_that_came_due_is_gone_unless_periodic(void **state) {
    (void)state;
    struct world w;
    world_begin(&w);
    view_set_timer(&w.view, &w.undo, "once", false, 2);
    view_set_timer(&w.view, &w.undo, "often", true, 2);
    assert_false(view_set_timer(&w.view, &w.undo, "third", true, 2));
    assert_true(view_set_timer(&w.view, &w.undo, "once", false, 2));
    view_timer_due(&w.view, "once");
    view_timer_due(&w.view, "often");
    assert_int_equal(w.view.timer_count, 1);
    assert_false(view_drop_timer(&w.view, &w.undo, "once"));
    assert_true(view_drop_timer(&w.view, &w.undo, "often"));
    world_end(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_placed_order_is_pending_and_counts_on),
        cmocka_unit_test(a_rollback_takes_everything_back),
        cmocka_unit_test(an_event_under_way_leaves_the_mark),
        cmocka_unit_test(a_refused_amendment_brings_the_old_figures_back),
        cmocka_unit_test(a_cancel_waits_for_its_end),
        cmocka_unit_test(ended_orders_are_kept_for_a_day),
        cmocka_unit_test(many_orders_stay_in_order),
        cmocka_unit_test(a_late_fill_of_an_ended_order_is_taken),
        cmocka_unit_test(a_fill_nobody_asked_for_makes_no_order),
        cmocka_unit_test(the_net_of_a_hedge_is_the_sum),
        cmocka_unit_test(a_timer_that_came_due_is_gone_unless_periodic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
