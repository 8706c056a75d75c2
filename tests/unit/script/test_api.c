/* What a script may call, seen from the script: the asks it makes, what is refused and what raises.
 */
#include "host_harness.h"

#include <math.h>

/* A script whose on_candle has this body, with an RSI and a watched symbol. */
#define SCRIPT(body)                                                                               \
    "local M = { api = 1, name = 'test', version = 1 }\n"                                          \
    "M.params = { symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' },\n"                      \
    "  timeframe = { type = 'timeframe', default = '15m' } }\n"                                    \
    "local S = 'BTC-USDT-SWAP'\n"                                                                  \
    "local function same(a, b) if a ~= b then\n"                                                   \
    "  error(tostring(a) .. ' is not ' .. tostring(b), 2) end end\n"                               \
    "function M:on_start()\n"                                                                      \
    "  self.rsi = self:indicator('rsi', S, '15m', { length = 5 })\n"                               \
    "  self.bands = self:indicator('bollinger', S, '15m')\n"                                       \
    "  self.bars = self:candles(S, '15m')\n"                                                       \
    "end\n"                                                                                        \
    "function M:on_candle(c)\n" body "\nend\nreturn M\n"

/* Runs the body once, after some bars at 20000. */
static const struct done *run_body(struct harness *h, const char *text, bool is_hedge) {
    harness_host(h, CAPTURE_WHEN_ASKED);
    harness_open_as(h, 0, text, NULL, 0, is_hedge);
    harness_start(h);
    for (int i = 0; i < 30; i++) {
        harness_bar(h, 20000);
    }
    return harness_candle(h, 20000);
}

static void expect_sound(const char *text) {
    struct harness h;
    harness_sound(run_body(&h, text, false));
    harness_close(&h);
}

static void expect_fault(const char *text, int code, const char *part) {
    struct harness h;
    harness_faults(run_body(&h, text, false), code, part);
    assert_int_equal(h.done.fault.line > 0, 1);
    harness_close(&h);
}

/* --- orders -------------------------------------------------------------------------------------
 */

static void orders_are_rounded_and_numbered(void **state) {
    (void)state;
    struct harness h;
    const struct done *done = run_body(
        &h,
        SCRIPT(
            "local id = self:buy(S, { value = 100, price = 20000.07, tag = 'x', reason = 'a' })\n"
            "same(id, 'a0o1')\n"
            "local o = self:order(id)\n"
            "same(o.pending, 'new') same(o.price, 20000) same(o.type, 'limit') same(o.tag, 'x')\n"
            "same(#self:orders(S), 1) same(self:orders(S)[1].id, id) same(o.state, 'new')\n"
            "same(self:sell(S, { quantity = 0.3, stop = 19999.95, reason = 'b',\n"
            "  reduce_only = true }), 'a0o2')\n"
            "same(self:place(S, { side = 'sell', quantity = 0.00019, price = 21000.01,\n"
            "  post_only = true, time_in_force = 'gtc', reason = 'c' }), 'a0o3')\n"
            "same(#self:orders(S, { side = 'sell' }), 2)\n"
            "same(#self:orders(S, { tag = 'x', position_side = 'net' }), 1)\n"
            "same(#self:orders('ETH-USDT-SWAP'), 0)"
        ),
        false
    );
    harness_sound(done);
    assert_int_equal(done->ask_count, 3);
    const struct order_request *r = &done->asks[0].u.request;
    assert_int_equal(r->type, ORDER_LIMIT);
    assert_true(r->price.d.v == d("20000").v);
    assert_true(r->quantity.d.v == d("0.005").v);
    assert_string_equal(r->reason, "a");
    assert_string_equal(done->asks[0].file, "test.lua");
    assert_int_equal(done->asks[0].line, 13);
    r = &done->asks[1].u.request;
    assert_int_equal(r->type, ORDER_STOP);
    assert_true(r->stop.d.v == d("20000").v);
    assert_true(r->quantity.d.v == d("0.3").v);
    assert_true(r->reduce_only);
    r = &done->asks[2].u.request;
    assert_true(r->price.d.v == d("21000.1").v);
    assert_true(r->quantity.d.v == d("0.0001").v);
    assert_true(r->post_only);
    assert_int_equal(done->asks[2].sequence, 3);
    assert_int_equal(done->asks[2].line, 20);
    harness_close(&h);
}

static void refusals_have_a_code(void **state) {
    (void)state;
    expect_sound(SCRIPT(
        "local function code(...) local id, code, text = ...\n"
        "  same(id, nil) assert(#text > 5) return code end\n"
        "same(code(self:buy(S, { quantity = 0.00009, reason = 'r' })), 'below_minimum')\n"
        "same(code(self:buy(S, { value = 1, reason = 'r' })), 'below_minimum')\n"
        "same(code(self:buy('BTC-USDT-SWAPP', { value = 100, reason = 'r' })), 'unknown_symbol')\n"
        "same(code(self:position('X')), 'unknown_symbol')\n"
        "same(code(self:close(S, { reason = 'r' })), 'no_position')\n"
        "same(code(self:cancel('a0o9')), 'not_open') same(code(self:cancel('b0o1')), 'not_open')\n"
        "same(code(self:cancel('a0o01')), 'not_open')\n"
        "same(code(self:amend('nonsense', { price = 1 })), 'not_open')\n"
        "same(code(self:order('a0o9')), 'not_found')"
    ));
}

static void misuse_raises(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {SCRIPT("self:buy(S, { value = 100 })"), "a reason is required"},
        {SCRIPT("self:buy(S, { value = 100, reason = '' })"), "a reason is required"},
        {SCRIPT("self:buy(S, { valu = 100, reason = 'r' })"), "did you mean 'value'?"},
        {SCRIPT("self:buy(S, { value = '100', reason = 'r' })"), "value must be a number"},
        {SCRIPT("self:buy(S, { value = 0/0, reason = 'r' })"), "finite"},
        {SCRIPT("self:buy(S, { value = -1, reason = 'r' })"), "must not be negative"},
        {SCRIPT("self:buy(S, { value = 1, quantity = 1, reason = 'r' })"),
         "either quantity or value"},
        {SCRIPT("self:buy(S, { reason = 'r' })"), "either quantity or value"},
        {SCRIPT("self:buy(S, { value = 1, price = 1, stop = 1, reason = 'r' })"), "exclude"},
        {SCRIPT("self:buy(S, { value = 1, price = 0, reason = 'r' })"), "over 0"},
        {SCRIPT("self:buy(S, { value = 100, price = 0.04, reason = 'r' })"), "below one tick"},
        {SCRIPT("self:buy(S, { value = 1, side = 'buy', reason = 'r' })"), "side is not for"},
        {SCRIPT("self:place(S, { value = 1, reason = 'r' })"), "side is required"},
        {SCRIPT("self:place(S, { side = 'by', value = 1, reason = 'r' })"), "'buy' or 'sell'"},
        {SCRIPT("self:buy(S, { value = 1, post_only = true, reason = 'r' })"), "with a price"},
        {SCRIPT("self:buy(S, { value = 1, position_side = 'long', reason = 'r' })"), "hedge mode"},
        {SCRIPT("self.buy(S, { value = 1, reason = 'r' })"), "with a colon"},
        {SCRIPT("self:buy(7, { value = 1, reason = 'r' })"), "symbol must be a string"},
        {SCRIPT("self:close(S, { share = 2, reason = 'r' })"), "share must be"},
        {SCRIPT("self:indicator('rsi', S, '15m')"), "not possible in a handler after on_start"},
        {SCRIPT("self:watch(S, '15m')"), "only in on_start"},
        {SCRIPT("self:leverage(S, 200)"), "from 1 to 125"},
        {SCRIPT("self:leverage(S, 1.5)"), "whole number"},
        {SCRIPT("self:margin_mode(S, 'x')"), "'cross' or 'isolated'"},
        {SCRIPT("self:timer('t', { after = 1, every = 2 })"), "one of after, at and every"},
        {SCRIPT("self:timer('', { after = 1 })"), "1 to 31 bytes"},
        {SCRIPT("self:timer('t', { every = 0 })"), "out of range"},
        {SCRIPT("self:signal{ symbol = S, x = 'text' }"), "x must be a number"},
        {SCRIPT("self:orders(S, { sid = 'buy' })"), "did you mean 'side'?"},
        {SCRIPT("return self:position(S).is_flatt"), "did you mean 'is_flat'?"},
        {SCRIPT("self:position(S).x = 1"), "read-only"},
        {SCRIPT("c.close = 1"), "read-only"},
        {SCRIPT("return c.clos"), "did you mean 'close'?"},
        {SCRIPT("self.rsi[1] = 1"), "read-only"},
        {SCRIPT("return self.bands.uper"), "did you mean 'upper'?"},
        {SCRIPT("return self.params.symbl"), "did you mean 'symbol'?"},
        {SCRIPT("self.params.symbol = 'x'"), "read-only"},
        {SCRIPT("self:instrument(S).round_price(1)"), "with a colon"},
        {SCRIPT("self:instrument(S):round_price(1, 'sideways')"), "'nearest'"},
        {SCRIPT("self:instrument(S):quantity(0.5)"), "whole lots"},
        {SCRIPT("self:finish()"), "must be a string"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_fault(cases[i][0], E_SCRIPT, cases[i][1]);
    }
}

static void a_value_needs_a_price(void **state) {
    (void)state;
    struct harness h;
    harness_open(
        &h, "local M = { api = 1, name = 'x', version = 1 }\n"
            "function M:on_ready()\n"
            "  local id, code = self:buy('ETH-USDT-SWAP', { value = 100, reason = 'r' })\n"
            "  assert(id == nil and code == 'wrong_state')\n"
            "end\nreturn M\n"
    );
    harness_start(&h);
    harness_sound(harness_run(&h, EVENT_READY));
    harness_close(&h);
}

static void warmup_and_pause_refuse(void **state) {
    (void)state;
    struct harness h;
    harness_open(
        &h, SCRIPT("self.state.buy = { select(2, self:buy(S, { value = 100, reason = 'r' })) }\n"
                   "self.state.sell = select(2, self:sell(S, { quantity = 1, reduce_only = true,\n"
                   "  price = 30000, reason = 'r' }))\n"
                   "self.state.cancel = select(2, self:cancel_all(S))\n"
                   "if c.warmup then same(self.state.buy[1], 'warmup')\n"
                   "  same(self.state.sell, 'warmup') same(self.state.cancel, 'warmup')\n"
                   "else same(self.state.buy[1], 'paused') same(self.state.sell, nil) end\n"
                   "self:log('it goes on')")
    );
    harness_start(&h);
    struct event event = harness_candle_event(&h, 20000);
    event.is_warmup = true;
    harness_sound(harness_send(&h, &event));
    assert_int_equal(h.done.ask_count, 1);
    event = harness_candle_event(&h, 20000);
    event.is_paused = true;
    harness_sound(harness_send(&h, &event));
    assert_int_equal(h.done.ask_count, 3);
    assert_int_equal(h.done.asks[0].kind, ASK_PLACE);
    assert_int_equal(h.done.asks[1].kind, ASK_CANCEL);
    harness_close(&h);
}

static void quotas_refuse(void **state) {
    (void)state;
    struct harness h;
    const struct done *done = run_body(
        &h,
        SCRIPT("local n = 0\n"
               "for i = 1, 300 do local id, code = self:buy(S, { quantity = 1, price = 1000 + i,\n"
               "  reason = 'r' }) if id then n = n + 1 else same(code, 'quota') end end\n"
               "same(n, 200)\n"
               "same(select(2, self:cancel_all(S)), 'quota')\n"
               "for i = 1, 60 do local ok, code = self:cancel('a0o' .. i)\n"
               "  if i > 56 then same(code, 'quota') else same(ok, true) end end"),
        false
    );
    harness_sound(done);
    assert_int_equal(done->ask_count, 256);
    harness_close(&h);
}

static void hedge_mode_names_its_side(void **state) {
    (void)state;
    struct harness h;
    harness_faults(
        run_body(&h, SCRIPT("self:buy(S, { value = 1, reason = 'r' })"), true), E_SCRIPT,
        "must be 'long' or 'short'"
    );
    harness_close(&h);
    const struct done *done = run_body(
        &h,
        SCRIPT(
            "same(self:account().position_mode, 'hedge')\n"
            "if not self.state.id then\n"
            "  self.state.id = self:sell(S, { value = 100, position_side = 'short', reason = 'r' "
            "})\n"
            "else same(self:position(S, 'short').is_short, true)\n"
            "  same(self:position(S, 'long').is_flat, true) same(self:position(S).is_short, true)\n"
            "  self:close(S, { position_side = 'short', stop = 21000, reason = 's' }) end"
        ),
        true
    );
    harness_sound(done);
    struct ask ask = done->asks[0];
    assert_int_equal(ask.u.request.position_side, POSITION_SHORT);
    struct event fill = harness_fill_event(&h, &ask, "20000", "-0.005");
    harness_sound(harness_send(&h, &fill));
    done = harness_candle(&h, 20001);
    harness_sound(done);
    assert_int_equal(done->ask_count, 1);
    assert_int_equal(done->asks[0].u.request.side, ORDER_BUY);
    assert_true(done->asks[0].u.request.is_whole_position);
    harness_close(&h);
}

static void the_net_of_a_hedge_earns_with_both_sides(void **state) {
    (void)state;
    struct harness h;
    const struct done *done = run_body(
        &h,
        SCRIPT("if not self.state.ids then\n"
               "  self.state.ids = { self:buy(S, { quantity = 3, position_side = 'long', reason = "
               "'r' }),\n"
               "    self:sell(S, { quantity = 1, position_side = 'short', reason = 'r' }) } return "
               "end\n"
               "local net = self:position(S)\n"
               "same(net.is_long, true) same(net.quantity, 2) same(net.unrealized, 3 * 100 - 1 * "
               "100)\n"
               "same(self:position(S, 'short').unrealized, -100) self:log('seen')"),
        true
    );
    harness_sound(done);
    struct ask asks[2] = {done->asks[0], done->asks[1]};
    struct event event = harness_fill_event(&h, &asks[0], "20000", "3");
    harness_sound(harness_send(&h, &event));
    event = harness_fill_event(&h, &asks[1], "20000", "-1");
    harness_sound(harness_send(&h, &event));
    done = harness_candle(&h, 20100);
    harness_sound(done);
    assert_int_equal(done->ask_count, 1);
    harness_close(&h);
}

/* --- a position and its orders
 * -------------------------------------------------------------------- */

/* Buys 0.005 at 20000 with leverage 3, then runs the second body. */
static void with_position(struct harness *h, const char *text) {
    const struct done *done = run_body(h, text, false);
    harness_sound(done);
    struct ask ask = done->asks[0];
    struct event fill = harness_fill_event(h, &ask, "20000", "0.005");
    harness_sound(harness_send(h, &fill));
}

#define AFTER_BUY(body)                                                                            \
    SCRIPT("if not self.state.id then\n"                                                           \
           "  self.state.id = self:buy(S, { value = 100, reason = 'r' }) return end\n" body)

static void a_position_is_read_from_the_events(void **state) {
    (void)state;
    struct harness h;
    with_position(
        &h, AFTER_BUY(
                "local p = self:position(S)\n"
                "same(p.is_long, true) same(p.is_flat, false) same(p.quantity, 0.005)\n"
                "same(p.entry_price, 20000) same(p.unrealized, 0.5) same(p.realized, 0)\n"
                "same(p.leverage, 3) same(self:position(S, 'short').is_flat, true)\n"
                "same(self:position(S, 'short').entry_price, nil)\n"
                "same(self:position(S, 'long').quantity, 0.005)\n"
                "local b = self:balance()\n"
                "same(b.balance, 9999.95) same(b.equity, 10000.45)\n"
                "assert(math.abs(b.free - (10000.45 - 100 / 3)) < 1e-9)\n"
                "same(self:account().currency, 'USDT') same(self:account().margin_mode, 'cross')\n"
                "same(self:order(self.state.id).state, 'filled')\n"
                "same(self:order(self.state.id).average, 20000) same(#self:orders(S), 0)\n"
                "self:buy(S, { quantity = 0.3, price = 10000, reason = 'r' })\n"
                "assert(math.abs(b.free - (10000.45 - 100 / 3 - 1000)) < 1e-9)"
            )
    );
    harness_sound(harness_candle(&h, 20100));
    harness_close(&h);
}

static void close_takes_a_share_or_all(void **state) {
    (void)state;
    struct harness h;
    with_position(
        &h, AFTER_BUY("self:close(S, { share = 0.5, reason = 'tp' })\n"
                      "self:close(S, { reason = 'all' })\n"
                      "self:close(S, { stop = 19000, reason = 'stop' })\n"
                      "self:close(S, { share = 0.5, price = 21000, reason = 'half' })\n"
                      "same(select(2, self:close(S, { share = 0.001, reason = 'dust' })),\n"
                      "  'below_minimum')\n"
                      "same(select(2, self:margin_mode(S, 'isolated')), 'has_position')")
    );
    const struct done *done = harness_candle(&h, 20100);
    harness_sound(done);
    assert_int_equal(done->ask_count, 4);
    assert_true(done->asks[0].u.request.quantity.d.v == d("0.0025").v);
    assert_int_equal(done->asks[0].u.request.side, ORDER_SELL);
    assert_true(done->asks[1].u.request.quantity.d.v == d("0.005").v);
    assert_true(done->asks[1].u.request.reduce_only);
    assert_false(done->asks[1].u.request.is_whole_position);
    assert_true(done->asks[2].u.request.is_whole_position);
    assert_int_equal(done->asks[2].u.request.type, ORDER_STOP);
    assert_false(done->asks[3].u.request.is_whole_position);
    assert_true(done->asks[3].u.request.quantity.d.v == d("0.0025").v);
    harness_close(&h);
}

static void amend_shows_what_was_asked(void **state) {
    (void)state;
    struct harness h;
    const struct done *done = run_body(
        &h,
        SCRIPT("local s = self.state\n"
               "if not s.id then s.id = self:buy(S, { quantity = 1, price = 100, reason = 'r' })\n"
               "  return end\n"
               "local o = self:order(s.id)\n"
               "if not s.amended then\n"
               "  s.amended = true same(o.pending, nil) same(o.state, 'open')\n"
               "  same(self:amend(s.id, { price = 110.04, quantity = 2 }), true)\n"
               "  same(o.price, 110) same(o.quantity, 2) same(o.pending, 'amend')\n"
               "  return end\n"
               "same(o.price, s.price or 110) same(o.pending, s.pending)\n"
               "if s.cancel then same(self:cancel(s.id), true) same(o.pending, 'cancel')\n"
               "  same(#self:orders(S), 1) same(select(2, self:amend(s.id, { price = 1 })),\n"
               "  'not_open') end"),
        false
    );
    harness_sound(done);
    struct order order = {
        .sequence = 1, .id = "a0o1", .request = done->asks[0].u.request, .state = ORDER_OPEN};
    struct event event = harness_order_event(&h, &order, 0);
    harness_sound(harness_send(&h, &event));
    done = harness_candle(&h, 20000);
    harness_sound(done);
    assert_int_equal(done->ask_count, 1);
    assert_int_equal(done->asks[0].kind, ASK_AMEND);
    assert_true(done->asks[0].u.amend.has_price && done->asks[0].u.amend.has_quantity);
    assert_false(done->asks[0].u.amend.has_stop);
    assert_true(done->asks[0].u.amend.price.d.v == d("110").v);
    harness_close(&h);
}

static void leverage_and_margin_mode_are_asked_once(void **state) {
    (void)state;
    struct harness h;
    const struct done *done = run_body(
        &h,
        SCRIPT(
            "same(self:leverage(S, 1), true) same(self:leverage(S, 5), true)\n"
            "same(self:leverage(S, 5), true) same(self:position(S).leverage, 5)\n"
            "same(self:position('ETH-USDT-SWAP').leverage, 1)\n"
            "same(self:margin_mode(S, 'cross'), true) same(self:margin_mode(S, 'isolated'), true)\n"
            "same(self:account().margin_mode, 'isolated')"
        ),
        false
    );
    harness_sound(done);
    assert_int_equal(done->ask_count, 2);
    assert_int_equal(done->asks[0].kind, ASK_LEVERAGE);
    assert_int_equal(done->asks[0].u.leverage, 5);
    assert_int_equal(done->asks[1].kind, ASK_MARGIN_MODE);
    assert_true(done->asks[1].u.is_isolated);
    harness_close(&h);
}

/* --- market -------------------------------------------------------------------------------------
 */

static void handles_read_the_past(void **state) {
    (void)state;
    expect_sound(SCRIPT(
        "same(#self.bars, 31) same(self.bars[0].close, 20000) same(self.bars[0].high, 20001)\n"
        "same(self.bars[30].time, 1700000100000) same(self.bars[31], nil)\n"
        "same(self.bars[0.5], nil) same(self.bars[-1], nil)\n"
        "same(self.bars:at(c.time).close_time, c.time) same(self.bars:at(0), nil)\n"
        "same(self.rsi:time(1), c.time - 900000) same(self.rsi:time(31), nil)\n"
        "same(self.rsi[3001], nil) same(self.bands[0], 20000) same(self.rsi[30], nil)\n"
        "same(self.bands:at(c.close_time), 20000) same(self.rsi.value[0], self.rsi[0])\n"
        "same(self.bands.upper[0], 20000) same(self.bands.lower[1], 20000)\n"
        "same(c.symbol, S) same(c.timeframe, '15m') same(c.close_time - c.time, 900000)\n"
        "same(c.open, 20000) same(c.low, 19999) same(c.volume, 2) same(c.warmup, false)\n"
        "same(self.now, c.close_time) same(self.id, 'a0') same(self.params.timeframe, '15m')"
    ));
}

static void the_newest_bar_is_that_of_the_event(void **state) {
    (void)state;
    struct harness h;
    harness_open(
        &h, SCRIPT("same(self.bars[0].close, 20000) same(#self.bars, 1) same(c.close, 20000)")
    );
    harness_start(&h);
    struct event event = harness_candle_event(&h, 20000);
    h.number++;
    harness_bar(&h, 30000); /* known to later events only */
    harness_sound(harness_send(&h, &event));
    harness_close(&h);
}

static void an_instrument_counts_exactly(void **state) {
    (void)state;
    expect_sound(SCRIPT(
        "local i = self:instrument(S)\n"
        "same(i.tick, 0.1) same(i.lot, 0.0001) same(i.min_quantity, 0.0001) same(i.symbol, S)\n"
        "same(i.min_notional, 0) same(i.contract, 0.01) same(i.base, 'BTC') same(i.quote, 'USDT')\n"
        "same(i.max_leverage, 125) same(i.kind, 'perpetual') same(i.can.stop, true)\n"
        "same(i.can.amend, true) same(i.can.post_only, true) same(i.can.reduce_only, true)\n"
        "same(i.can.hedge, true)\n"
        "same(i:lots(0.3 - 0.1), 2000) same(i:lots(0.00019), 1) same(i:quantity(2000), 0.2)\n"
        "same(i:round_price(0.25, 'down'), 0.2) same(i:round_price(0.25, 'up'), 0.3)\n"
        "same(i:round_price(0.25, 'nearest'), 0.3) same(i:round_price(0.3, 'down'), 0.3)"
    ));
}

static void starting_asks_for_what_is_there(void **state) {
    (void)state;
    static const struct {
        const char *line;
        int code;
        const char *part;
    } cases[] = {
        {"self:indicator('rsy', S, '15m')", E_NOT_FOUND, "did you mean 'rsi'?"},
        {"self:indicator('rsi', S, '15m', { lenght = 3 })", E_NOT_FOUND, "length"},
        {"self:indicator('rsi', S, '15m', { length = 0 })", E_RANGE, "length"},
        {"self:indicator('rsi', S, '15m', { length = 'x' })", E_SCRIPT, "length"},
        {"self:indicator('rsi', 'BTC-USD', '15m')", E_UNKNOWN_SYMBOL, "unknown symbol"},
        {"self:indicator('rsi', S, '7m')", E_SCRIPT, "7m"},
        {"self:candles(S, '3m')", E_RANGE, "3m"},
        {"self:watch(S, '3m')", E_RANGE, "3m"},
        {"self:buy(S, { value = 1, reason = 'r' })", E_SCRIPT, "not possible in on_start"},
        {"self:timer('t', { after = 1 })", E_SCRIPT, "not possible in on_start"},
        {"self:finish('x')", E_SCRIPT, "not possible in on_start"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        struct harness h;
        snprintf(
            text, sizeof text,
            "local M = { api = 1, name = 'x', version = 1 }\nlocal S = 'BTC-USDT-SWAP'\n"
            "function M:on_start()\n%s\nend\nreturn M",
            cases[i].line
        );
        harness_open(&h, text);
        harness_faults(harness_run(&h, EVENT_START), cases[i].code, cases[i].part);
        assert_int_equal(h.done.fault.line, 4);
        harness_close(&h);
    }
}

static void watches_are_subscribed(void **state) {
    (void)state;
    struct harness h;
    harness_open(
        &h, "local M = { api = 1, name = 'x', version = 1 }\n"
            "M.params = { symbol = { type = 'symbol', default = 'ETH-USDT-SWAP' },\n"
            "  timeframe = { type = 'timeframe', default = '15m' } }\n"
            "function M:on_start()\n"
            "  self:watch('ETH-USDT-SWAP', '15m') self:watch('BTC-USDT-SWAP', 'finest')\n"
            "  self:watch_ticker('BTC-USDT-SWAP') self:watch_ticker('BTC-USDT-SWAP')\n"
            "  self:log('started with %d', 1) self:warn('so it is')\n"
            "end\nfunction M:on_ticker() end\nreturn M"
    );
    const struct subscription *s = &harness_start(&h)->subscription;
    assert_int_equal(s->watch_count, 2);
    assert_int_equal(s->watches[0].symbol, 1);
    assert_int_equal(s->watches[1].timeframe_ms, 0);
    assert_int_equal(s->ticker_count, 1);
    assert_int_equal(s->tickers[0], 0);
    assert_int_equal(s->handlers, 1u << EVENT_START | 1u << EVENT_TICKER);
    assert_int_equal(h.done.ask_count, 2);
    assert_string_equal(h.done.asks[0].u.log.text, "started with 1");
    harness_close(&h);
}

static void ta_is_fed_by_hand(void **state) {
    (void)state;
    expect_sound(SCRIPT(
        "local a, b = ta.sma{ length = 3 }, ta.sma{ length = 3 }\n"
        "same(a:push(1), nil) same(a:push(2), nil) same(a:push(3), 2) same(a:push(6), 11 / 3)\n"
        "same(b:feed(self.bars, 5), 20000) same(a.value, 11 / 3)\n"
        "same(ta.sma{ length = 2 }:feed(self.bands.upper, 30), 20000)\n"
        "same(ta.atr{ length = 2 }:push(self.bars[0]), 2)\n"
        "assert(not pcall(a.push, a, 'x') and not pcall(a.push, 1, 1))\n"
        "assert(not pcall(function() return ta.smaa end))\n"
        "assert(not pcall(function() return a.lower end))\n"
        "assert(not pcall(ta.sma, { length = -1 })) assert(not pcall(a.feed, a, 1, 1))"
    ));
}

/* --- timers, signals, texts
 * ----------------------------------------------------------------------- */

static void timers_have_one_name_each(void **state) {
    (void)state;
    struct harness h;
    const struct done *done = run_body(
        &h,
        SCRIPT(
            "same(self:timer('a', { after = 1000 }), true)\n"
            "self:timer('a', { at = 5 }) self:timer('b', { every = 60000 })\n"
            "for i = 1, 30 do same(self:timer('t' .. i, { after = i }), true) end\n"
            "same(select(2, self:timer('one more', { after = 1 })), 'quota')\n"
            "same(self:cancel_timer('b'), true) same(self:timer('one more', { after = 1 }), true)"
        ),
        false
    );
    harness_sound(done);
    assert_int_equal(done->ask_count, 35);
    assert_int_equal(done->asks[0].u.timer.at_ms, h.now_ms + 1000);
    assert_int_equal(done->asks[1].u.timer.at_ms, 5);
    assert_int_equal(done->asks[2].u.timer.at_ms, h.now_ms + 60000);
    assert_int_equal(done->asks[2].u.timer.every_ms, 60000);
    assert_int_equal(done->asks[33].kind, ASK_TIMER_CANCEL);
    harness_close(&h);
}

static void a_signal_carries_its_numbers(void **state) {
    (void)state;
    struct harness h;
    const struct done *done = run_body(
        &h,
        SCRIPT("self:signal{ symbol = S, side = 'buy', kind = 'rsi', accepted = true, price = 5,\n"
               "  zeta = 2, alpha = 1 }\n"
               "self:signal{ symbol = S, reason = 'cooldown' }\n"
               "same(select(2, self:signal{ symbol = 'nope' }), 'unknown_symbol')"),
        false
    );
    harness_sound(done);
    assert_int_equal(done->ask_count, 2);
    const struct ask_signal *s = &done->asks[0].u.signal;
    assert_true(s->is_accepted);
    assert_int_equal(s->number_count, 2);
    assert_string_equal(s->numbers[0].name, "alpha");
    assert_true(s->price == 5);
    assert_true(isnan(done->asks[1].u.signal.price));
    assert_string_equal(done->asks[1].u.signal.side, "");
    harness_close(&h);
}

static void log_lines_have_a_limit(void **state) {
    (void)state;
    struct harness h;
    const struct done *done = run_body(
        &h,
        SCRIPT("for i = 1, 60 do self:log('line %d', i) end self:log('100%')\n"
               "same(self:notify('hello', { level = 'warn' }), true)\n"
               "assert(not pcall(self.notify, self, 'x', { level = 'loud' }))\n"
               "same(self:finish('enough'), true)"),
        false
    );
    harness_sound(done);
    assert_int_equal(done->ask_count, 52);
    assert_int_equal(done->log_dropped, 11);
    assert_string_equal(done->asks[49].u.log.text, "line 50");
    assert_int_equal(done->asks[50].kind, ASK_NOTIFY);
    assert_int_equal(done->asks[50].u.log.level, ASK_WARN);
    assert_string_equal(done->asks[51].u.finish, "enough");
    harness_sound(harness_candle(&h, 20000));
    assert_int_equal(h.done.ask_count, 52); /* another minute */
    harness_close(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_are_rounded_and_numbered),
        cmocka_unit_test(refusals_have_a_code),
        cmocka_unit_test(misuse_raises),
        cmocka_unit_test(a_value_needs_a_price),
        cmocka_unit_test(warmup_and_pause_refuse),
        cmocka_unit_test(quotas_refuse),
        cmocka_unit_test(hedge_mode_names_its_side),
        cmocka_unit_test(the_net_of_a_hedge_earns_with_both_sides),
        cmocka_unit_test(a_position_is_read_from_the_events),
        cmocka_unit_test(close_takes_a_share_or_all),
        cmocka_unit_test(amend_shows_what_was_asked),
        cmocka_unit_test(leverage_and_margin_mode_are_asked_once),
        cmocka_unit_test(handles_read_the_past),
        cmocka_unit_test(the_newest_bar_is_that_of_the_event),
        cmocka_unit_test(an_instrument_counts_exactly),
        cmocka_unit_test(starting_asks_for_what_is_there),
        cmocka_unit_test(watches_are_subscribed),
        cmocka_unit_test(ta_is_fed_by_hand),
        cmocka_unit_test(timers_have_one_name_each),
        cmocka_unit_test(a_signal_carries_its_numbers),
        cmocka_unit_test(log_lines_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
