/* lua/bracket.lua on the real API: stop and targets of a position through its whole life. */
#include "host_harness.h"

static const char script[] =
    "local bracket = require 'bracket'\n"
    "local M = { api = 1, name = 'x', version = 1 }\n"
    "local S = 'BTC-USDT-SWAP'\n"
    "function M:on_start() self.bars = self:candles(S, '15m') end\n"
    "function M:on_candle() self:buy(S, { quantity = 1, reason = 'entry' }) end\n"
    "function M:on_fill(f)\n"
    "  bracket.guard(self, f, { stop = 19000, take = { { 0.5, 21000 }, { 0.5, 22000 } } })\n"
    "end\n"
    "function M:on_order(o) bracket.on_order(self, o) end\n"
    "function M:on_ready() bracket.check(self) end\n"
    "return M\n";

static char *library_text;

static int setup(void **state) {
    (void)state;
    FILE *file = fopen(SOURCE_DIR "/lua/bracket.lua", "rb");
    library_text = calloc(1, 65536);
    if (!file || !library_text) {
        return -1;
    }
    size_t n = fread(library_text, 1, 65535, file);
    fclose(file);
    return n > 0 ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    free(library_text);
    return 0;
}

static void open_script(struct harness *h) {
    struct err e;
    harness_host(h, CAPTURE_ALWAYS);
    h->files[0] = (struct script_file){"init.lua", script, strlen(script)};
    h->files[1] = (struct script_file){"lib/bracket.lua", library_text, strlen(library_text)};
    h->bundle = (struct script_bundle){"test", 99, h->files, 2};
    struct activation_open open = {.id = "a0", .bundle = &h->bundle, .leverage = 1};
    open.account.currency = "USDT";
    open.account.balance.d = d("10000");
    assert_int_equal(host_open(h->host, &open, &e), 0);
    harness_start(h);
}

/* A fill of part of an order, after which the position is as given. */
static const struct done *
fill(struct harness *h, const struct order *order, const char *quantity, const char *position) {
    struct event event = harness_event(h, EVENT_FILL);
    struct event_fill *f = &event.u.fill;
    f->sequence = order->sequence;
    f->order = *order;
    f->fill.price.d = d("20000");
    f->fill.quantity.d = d(quantity);
    f->position.quantity.d = d(position);
    f->position.entry.d = d("20000");
    f->leverage = 1;
    const struct done *done = harness_send(h, &event);
    harness_sound(done);
    return done;
}

/* What the engine makes of a placed order: it rests. */
static struct order rests(struct harness *h, const struct ask *ask) {
    struct order order = {
        .sequence = ask->sequence, .request = ask->u.request, .state = ORDER_OPEN};
    snprintf(order.id, sizeof order.id, "a0o%d", (int)ask->sequence);
    struct event event = harness_order_event(h, &order, 0);
    harness_sound(harness_send(h, &event));
    assert_int_equal(h->done.ask_count, 0);
    return order;
}

struct position_orders {
    struct order entry, stop, first, second;
};

/* Buys 1 and fills all of it; stop and targets rest. */
static struct position_orders enter(struct harness *h) {
    struct position_orders o;
    struct ask asks[3];
    open_script(h);
    harness_sound(harness_candle(h, 20000));
    o.entry = (struct order
    ){.sequence = 1,
      .id = "a0o1",
      .request = h->done.asks[0].u.request,
      .state = ORDER_PARTIALLY_FILLED};
    const struct done *done = fill(h, &o.entry, "1", "1");
    assert_int_equal(done->ask_count, 3);
    memcpy(asks, done->asks, sizeof asks);
    o.stop = rests(h, &asks[0]);
    o.first = rests(h, &asks[1]);
    o.second = rests(h, &asks[2]);
    return o;
}

static void an_entry_is_guarded(void **state) {
    (void)state;
    struct harness h;
    struct position_orders o = enter(&h);
    assert_int_equal(o.stop.request.type, ORDER_STOP);
    assert_true(o.stop.request.is_whole_position && o.stop.request.reduce_only);
    assert_true(o.stop.request.stop.d.v == d("19000").v);
    assert_string_equal(o.stop.request.reason, "stop_loss");
    assert_int_equal(o.first.request.side, ORDER_SELL);
    assert_true(o.first.request.reduce_only);
    assert_true(o.first.request.quantity.d.v == d("0.5").v);
    assert_true(o.second.request.quantity.d.v == d("0.5").v);
    assert_true(o.second.request.price.d.v == d("22000").v);
    harness_close(&h);
}

static void another_part_makes_the_targets_larger(void **state) {
    (void)state;
    struct harness h;
    struct position_orders o = enter(&h);
    const struct done *done = fill(&h, &o.entry, "0.5001", "1.5001");
    assert_int_equal(done->ask_count, 2); /* the stop is for the whole position anyway */
    assert_int_equal(done->asks[0].kind, ASK_AMEND);
    assert_int_equal(done->asks[0].sequence, o.first.sequence);
    assert_true(done->asks[0].u.amend.quantity.d.v == d("0.75").v);
    assert_true(done->asks[1].u.amend.quantity.d.v == d("0.7501").v);
    harness_close(&h);
}

static void a_target_that_filled_leaves_the_rest(void **state) {
    (void)state;
    struct harness h;
    struct position_orders o = enter(&h);
    o.first.state = ORDER_FILLED;
    o.first.filled = o.first.request.quantity;
    assert_int_equal(fill(&h, &o.first, "0.5", "0.5")->ask_count, 0);
    struct event event = harness_order_event(&h, &o.first, 0);
    harness_sound(harness_send(&h, &event));
    assert_int_equal(h.done.ask_count, 0);
    /* An addition afterwards: both targets for what is held now. */
    const struct done *done = fill(&h, &o.entry, "1", "1.5");
    assert_int_equal(done->ask_count, 2);
    assert_int_equal(done->asks[0].kind, ASK_PLACE);
    assert_true(done->asks[0].u.request.quantity.d.v == d("0.75").v);
    assert_int_equal(done->asks[1].kind, ASK_AMEND);
    harness_close(&h);
}

static void a_flat_position_cancels_what_rests(void **state) {
    (void)state;
    struct harness h;
    struct position_orders o = enter(&h);
    o.stop.state = ORDER_FILLED;
    const struct done *done = fill(&h, &o.stop, "1", "0");
    assert_int_equal(done->ask_count, 2);
    assert_int_equal(done->asks[0].kind, ASK_CANCEL);
    assert_int_equal(done->asks[0].sequence, o.first.sequence);
    assert_int_equal(done->asks[1].sequence, o.second.sequence);
    harness_close(&h);
}

static void a_turn_guards_the_other_side(void **state) {
    (void)state;
    struct harness h;
    struct position_orders o = enter(&h);
    struct order sell = o.entry;
    sell.sequence = 0; /* nobody asked for it */
    sell.request.side = ORDER_SELL;
    const struct done *done = fill(&h, &sell, "2", "-1");
    assert_int_equal(done->ask_count, 6);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(done->asks[i].kind, ASK_CANCEL);
        assert_int_equal(done->asks[3 + i].kind, ASK_PLACE);
        assert_int_equal(done->asks[3 + i].u.request.side, ORDER_BUY);
    }
    harness_close(&h);
}

static void a_refused_stop_closes_at_market(void **state) {
    (void)state;
    struct harness h;
    struct position_orders o = enter(&h);
    o.stop.state = ORDER_REJECTED;
    o.stop.code = E_STOP_BEYOND;
    struct event event = harness_order_event(&h, &o.stop, E_STOP_BEYOND);
    harness_sound(harness_send(&h, &event));
    assert_int_equal(h.done.ask_count, 1);
    assert_int_equal(h.done.asks[0].u.request.type, ORDER_MARKET);
    assert_true(h.done.asks[0].u.request.quantity.d.v == d("1").v);
    harness_close(&h);
}

static void a_stop_that_somebody_canceled_rests_anew(void **state) {
    (void)state;
    struct harness h;
    struct position_orders o = enter(&h);
    o.stop.state = ORDER_CANCELED;
    struct event event = harness_order_event(&h, &o.stop, 0);
    harness_sound(harness_send(&h, &event));
    assert_int_equal(h.done.ask_count, 1);
    assert_int_equal(h.done.asks[0].u.request.type, ORDER_STOP);
    harness_close(&h);
}

static void a_restart_finds_its_orders(void **state) {
    (void)state;
    struct harness h;
    struct position_orders o = enter(&h);
    harness_start(&h);
    harness_sound(harness_run(&h, EVENT_READY));
    assert_int_equal(h.done.ask_count, 0);
    const struct done *done = fill(&h, &o.entry, "1", "2");
    assert_int_equal(done->ask_count, 2);
    assert_int_equal(done->asks[0].kind, ASK_AMEND);
    harness_close(&h);
}

static void wrong_plans_raise_where_they_are_written(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"{ take = { { 0.6, 1 }, { 0.6, 2 } } }", "more than 1"},
        {"{ take = { { 0, 1 } } }", "share over 0"},
        {"{ take = { { 0.5 } } }", "share over 0"},
        {"{ stop = 'x' }", "stop must be a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        struct harness h;
        struct err e;
        snprintf(
            text, sizeof text,
            "local bracket = require 'bracket'\n"
            "local M = { api = 1, name = 'x', version = 1 }\n"
            "function M:on_ready() bracket.guard(self, {}, %s) end\nreturn M",
            cases[i][0]
        );
        harness_host(&h, CAPTURE_ALWAYS);
        h.files[0] = (struct script_file){"init.lua", text, strlen(text)};
        h.files[1] = (struct script_file){"lib/bracket.lua", library_text, strlen(library_text)};
        h.bundle = (struct script_bundle){"test", 1000 + i, h.files, 2};
        struct activation_open open = {.id = "a0", .bundle = &h.bundle, .leverage = 1};
        assert_int_equal(host_open(h.host, &open, &e), 0);
        harness_start(&h);
        harness_faults(harness_run(&h, EVENT_READY), E_SCRIPT, cases[i][1]);
        assert_string_equal(h.done.fault.file, "test.lua");
        assert_int_equal(h.done.fault.line, 3);
        harness_close(&h);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_is_guarded),
        cmocka_unit_test(another_part_makes_the_targets_larger),
        cmocka_unit_test(a_target_that_filled_leaves_the_rest),
        cmocka_unit_test(a_flat_position_cancels_what_rests),
        cmocka_unit_test(a_turn_guards_the_other_side),
        cmocka_unit_test(a_refused_stop_closes_at_market),
        cmocka_unit_test(a_stop_that_somebody_canceled_rests_anew),
        cmocka_unit_test(a_restart_finds_its_orders),
        cmocka_unit_test(wrong_plans_raise_where_they_are_written),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
