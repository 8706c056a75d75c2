/* The host as the engine sees it: start, handlers as transactions, settings, commands, state. */
#include "host_harness.h"
#include "script/sandbox.h"

#include <math.h>
#include <time.h>

static char *read_text(const char *path) {
    char name[512];
    snprintf(name, sizeof name, "%s/%s", SOURCE_DIR, path);
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    char *text = calloc(1, 65536);
    assert_non_null(text);
    size_t n = fread(text, 1, 65535, file);
    fclose(file);
    assert_true(n > 0);
    return text;
}

/* Falls and rises so that the RSI passes both limits. */
static double wave(int i) {
    int phase = i % 80;
    return 20000 + 25.0 * (phase < 40 ? -phase : phase - 80);
}

static void rsi_buys_and_closes(void **state) {
    (void)state;
    struct harness h;
    char *text = read_text("strategies/rsi.lua");
    harness_open(&h, text);
    const struct done *done = harness_start(&h);
    assert_int_equal(
        done->subscription.handlers, UINT32_C(1) << EVENT_START | UINT32_C(1) << EVENT_CANDLE
    );
    assert_int_equal(done->subscription.watch_count, 1);
    assert_int_equal(done->subscription.watches[0].timeframe_ms, 15 * MINUTE_MS);
    assert_int_equal(done->param_count, 6);
    assert_string_equal(done->params[0].name, "invest");
    assert_string_equal(done->params[0].text, "100");
    int buys = 0, closes = 0;
    for (int i = 0; i < 400; i++) {
        done = harness_candle(&h, wave(i));
        harness_sound(done);
        if (done->ask_count == 0) {
            continue;
        }
        assert_int_equal(done->ask_count, 1);
        struct ask ask = done->asks[0];
        assert_int_equal(ask.kind, ASK_PLACE);
        assert_string_equal(ask.file, "test.lua");
        assert_true(ask.line > 10);
        bool is_buy = ask.u.request.side == ORDER_BUY;
        buys += is_buy;
        closes += !is_buy;
        assert_int_equal(ask.sequence, buys + closes);
        assert_int_equal(ask.u.request.reduce_only, !is_buy);
        struct event fill = harness_fill_event(&h, &ask, "20000", is_buy ? "0.005" : "0");
        harness_sound(harness_send(&h, &fill));
    }
    assert_true(buys > 2);
    assert_true(buys - closes <= 1 && closes > 1);
    harness_close(&h);
    free(text);
}

static void rsi_is_quick(void **state) {
    (void)state;
    struct harness h;
    char *text = read_text("strategies/rsi.lua");
    harness_open(&h, text);
    harness_start(&h);
    for (int i = 0; i < 100; i++) {
        harness_candle(&h, 20000 + (i % 2));
    }
    struct event event = harness_candle_event(&h, 20001);
    struct timespec begin, end;
    const int rounds = 200000;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    for (int i = 0; i < rounds; i++) {
        harness_send(&h, &event);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    double ns =
        ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) /
        rounds;
    print_message("a bar of rsi.lua: %.0f ns\n", ns);
    harness_sound(&h.done);
    assert_true(ns < 5000.0 * TRADINGBOOST_LIMIT_FACTOR);
    harness_close(&h);
    free(text);
}

/* --- transactions -------------------------------------------------------------------------------
 */

#define HEAD "local M = { api = 1, name = 'x', version = 1 }\nlocal S = 'BTC-USDT-SWAP'\n"

static void a_fault_undoes_the_handler(void **state) {
    (void)state;
    struct harness h;
    harness_open(
        &h, HEAD "function M:on_ready(why)\n"
                 "  local s = self.state\n"
                 "  if why == 'restarted' then\n"
                 "    s.count = 100 self:buy(S, { quantity = 1, reason = 'lost' })\n"
                 "    self:leverage(S, 9) self:timer('lost', { after = 1 })\n"
                 "    error('stop here')\n"
                 "  end\n"
                 "  s.count = (s.count or 0) + 1\n"
                 "  s.last = self:buy(S, { quantity = 1, reason = 'n' .. s.count })\n"
                 "  if self:position(S).leverage ~= 1 then error('leverage') end\n"
                 "end\nreturn M"
    );
    harness_start(&h);
    struct event event = harness_event(&h, EVENT_READY);
    harness_sound(harness_send(&h, &event));
    assert_string_equal(h.done.asks[0].u.request.reason, "n1");
    assert_int_equal(h.done.asks[0].sequence, 1);
    assert_non_null(h.done.state);

    event.u.ready = READY_RESTARTED;
    event.number = ++h.number;
    harness_faults(harness_send(&h, &event), E_SCRIPT, ":8: stop here");
    assert_null(h.done.state);
    assert_int_equal(h.done.fault.line, 8);

    event.u.ready = READY_ACTIVATED; /* before a new start nothing runs */
    harness_sound(harness_send(&h, &event));
    assert_int_equal(h.done.ask_count, 0);

    harness_start(&h);
    harness_sound(harness_send(&h, &event));
    assert_string_equal(h.done.asks[0].u.request.reason, "n2");
    assert_int_equal(h.done.asks[0].sequence, 2);
    harness_close(&h);
}

static void a_fill_stands_though_its_handler_faults(void **state) {
    (void)state;
    struct harness h;
    harness_open(
        &h, HEAD "function M:on_ready()\n"
                 "  if self:position(S).is_flat then self:buy(S, { quantity = 1, reason = 'r' })\n"
                 "  else self:close(S, { reason = 'out' }) end\n"
                 "end\n"
                 "function M:on_fill(f) error(f.order_id .. ' ' .. f.quantity) end\nreturn M"
    );
    harness_start(&h);
    harness_sound(harness_run(&h, EVENT_READY));
    struct ask ask = h.done.asks[0];
    struct event fill = harness_fill_event(&h, &ask, "20000", "1");
    harness_faults(harness_send(&h, &fill), E_SCRIPT, "a0o1 1");
    harness_start(&h);
    harness_sound(harness_run(&h, EVENT_READY));
    assert_string_equal(h.done.asks[0].u.request.reason, "out");
    harness_close(&h);
}

static void a_state_that_cannot_be_kept_is_a_fault(void **state) {
    (void)state;
    struct harness h;
    harness_open(
        &h, HEAD "function M:on_ready()\n"
                 "  self.state.lots = { { price = function() end } }\n"
                 "  self:buy(S, { quantity = 1, reason = 'r' })\n"
                 "end\nreturn M"
    );
    harness_start(&h);
    harness_faults(harness_run(&h, EVENT_READY), E_SCRIPT, "state.lots[1].price");
    harness_close(&h);
}

static void state_is_captured_when_it_is_wanted(void **state) {
    (void)state;
    static const char text[] =
        HEAD "function M:on_ready() self.state.n = (self.state.n or 0) + 1 end\n"
             "return M";
    struct harness h;
    char formatted[64];
    struct err e;
    size_t length = 0;
    harness_open(&h, text);
    harness_start(&h);
    harness_sound(harness_run(&h, EVENT_READY));
    assert_null(h.done.state); /* it asked for nothing */
    const char *bytes = host_state(h.host, 0, &length, &e);
    assert_non_null(bytes);
    state_format(bytes, length, formatted, sizeof formatted);
    assert_string_equal(formatted, "{n=1}");
    assert_null(host_state(h.host, 3, &length, &e));
    assert_int_equal(e.code, E_NOT_FOUND);
    harness_close(&h);

    harness_host(&h, CAPTURE_ALWAYS);
    harness_open_as(&h, 0, text, NULL, 0, false);
    harness_start(&h);
    assert_non_null(h.done.state);
    harness_sound(harness_run(&h, EVENT_READY));
    state_format(h.done.state, h.done.state_length, formatted, sizeof formatted);
    assert_string_equal(formatted, "{n=1}");
    char kept[256];
    size_t kept_length = h.done.state_length;
    memcpy(kept, h.done.state, kept_length);
    harness_close(&h);

    harness_host(&h, CAPTURE_ALWAYS); /* as after a restart of the program */
    h.files[0] = (struct script_file){"init.lua", text, strlen(text)};
    h.bundle = (struct script_bundle){"test", 5, h.files, 1};
    struct activation_open open = {
        .activation = 2,
        .id = "b2",
        .bundle = &h.bundle,
        .state = kept,
        .state_length = kept_length,
        .order_sequence = 41,
    };
    assert_int_equal(host_open(h.host, &open, &e), 0);
    struct event event = harness_event(&h, EVENT_START);
    event.activation = 2;
    harness_sound(harness_send(&h, &event));
    event.kind = EVENT_READY;
    event.u.ready = READY_RESTARTED;
    harness_sound(harness_send(&h, &event));
    state_format(h.done.state, h.done.state_length, formatted, sizeof formatted);
    assert_string_equal(formatted, "{n=2}");
    harness_close(&h);
}

/* --- what handlers are given --------------------------------------------------------------------
 */

static void events_carry_their_fields(void **state) {
    (void)state;
    struct harness h;
    harness_open(
        &h, HEAD
        "local function same(a, b) if a ~= b then\n"
        "  error(tostring(a) .. ' is not ' .. tostring(b), 2) end end\n"
        "local kept\n"
        "function M:on_ready(why) same(why, 'edited') same(self.now, 1700000100000)\n"
        "  self:buy(S, { quantity = 1, price = 19000, reason = 'r', tag = 't' }) end\n"
        "function M:on_fill(f)\n"
        "  same(f.order_id, 'a0o1') same(f.symbol, S) same(f.side, 'buy') same(f.position_side, "
        "'net')\n"
        "  same(f.price, 19000) same(f.quantity, 1) same(f.fee, 0.05) same(f.fee_asset, 'USDT')\n"
        "  same(f.liquidity, 'taker') same(f.time, self.now) same(f.reason, 'r') same(f.tag, 't')\n"
        "  same(f.is_final, true) kept = f self:log('fill') end\n"
        "function M:on_order(o)\n"
        "  same(o.id, 'a0o1') same(o.symbol, S) same(o.side, 'buy') same(o.state, 'rejected')\n"
        "  same(o.position_side, 'net') same(o.type, 'limit') same(o.price, 19000)\n"
        "  same(o.stop, nil) same(o.quantity, 1) same(o.filled, 0) same(o.average, nil)\n"
        "  same(o.reduce_only, false) same(o.pending, nil) same(o.code, 'insufficient_margin')\n"
        "  same(o.message, 'free_margin: 1 < 2') same(o.reason, 'r') same(o.tag, 't')\n"
        "  same(o.time, 5) same(self:order(o.id).code, 'insufficient_margin')\n"
        "  assert(not pcall(function() return kept.price end)) self:log('order') end\n"
        "function M:on_ticker(t)\n"
        "  same(t.symbol, S) same(t.time, self.now) same(t.last, 5) same(t.bid, nil) same(t.ask, "
        "6)\n"
        "  same(t.open, 1) same(t.high, 2) same(t.low, 3) self:log('ticker') end\n"
        "function M:on_timer(name) same(name, 'idle') self:log('timer') end\n"
        "function M:on_stop(why) same(why, 'close') self:cancel_all(S) self:log('stop')\n"
        "  assert(not pcall(self.buy, self, S, { quantity = 1, reason = 'r' })) end\n"
        "return M"
    );
    harness_start(&h);
    struct event event = harness_event(&h, EVENT_READY);
    event.u.ready = READY_EDITED;
    harness_sound(harness_send(&h, &event));
    struct ask ask = h.done.asks[0];
    event = harness_fill_event(&h, &ask, "19000", "1");
    harness_sound(harness_send(&h, &event));
    assert_int_equal(h.done.ask_count, 1);

    struct order order = {
        .sequence = 1,
        .id = "a0o1",
        .request = ask.u.request,
        .state = ORDER_REJECTED,
        .code = E_INSUFFICIENT_MARGIN,
        .message = "free_margin: 1 < 2",
        .updated_ms = 5};
    event = harness_order_event(&h, &order, E_INSUFFICIENT_MARGIN);
    harness_sound(harness_send(&h, &event));
    assert_int_equal(h.done.ask_count, 1);

    event = harness_event(&h, EVENT_TICKER);
    event.symbol = 0;
    event.u.ticker = (struct event_ticker){5, (double)NAN, 6, 1, 2, 3};
    harness_sound(harness_send(&h, &event));
    assert_int_equal(h.done.ask_count, 1);
    event = harness_event(&h, EVENT_TIMER);
    strcpy(event.u.timer, "idle");
    harness_sound(harness_send(&h, &event));
    assert_int_equal(h.done.ask_count, 1);
    event = harness_event(&h, EVENT_STOP);
    event.u.stop = STOP_CLOSE;
    harness_sound(harness_send(&h, &event));
    assert_int_equal(h.done.ask_count, 1);
    harness_close(&h);
}

static void commands_have_arguments_and_an_answer(void **state) {
    (void)state;
    struct harness h;
    struct setting setting = {.name = "part", .text = "50"};
    harness_open(
        &h,
        HEAD "M.commands = { sell = { part = { type = 'percent', default = 100, max = 100 } } }\n"
             "function M:on_command(name, args)\n"
             "  self:buy(S, { quantity = args.part, reason = name })\n"
             "  return 'sold ' .. args.part end\nreturn M"
    );
    harness_start(&h);
    struct event event = harness_event(&h, EVENT_COMMAND);
    event.u.call.command = "sell";
    event.u.call.settings = &setting;
    event.u.call.count = 1;
    harness_sound(harness_send(&h, &event));
    assert_string_equal(h.done.answer, "sold 50");
    assert_int_equal(h.done.ask_count, 1);
    event.u.call.count = 0;
    harness_sound(harness_send(&h, &event));
    assert_string_equal(h.done.answer, "sold 100");
    event.u.call.count = 1;
    setting.text = "101";
    harness_faults(harness_send(&h, &event), E_PARAMS, "part must be a percentage of at most 100");
    event.u.call.command = "sel";
    harness_faults(harness_send(&h, &event), E_PARAMS, "did you mean 'sell'?");
    harness_close(&h);
}

/* --- what is refused ----------------------------------------------------------------------------
 */

static void a_script_that_is_none_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int code;
        const char *part;
    } cases[] = {
        {"return", E_SCRIPT, "return its table"},
        {"return 5", E_SCRIPT, "return its table"},
        {"return { name = 'x', version = 1 }", E_VERSION, "M.api must be 1"},
        {"return { api = 2, name = 'x', version = 1 }", E_VERSION, "M.api must be 1"},
        {"return { api = 1, version = 1 }", E_SCRIPT, "M.name"},
        {"return { api = 1, name = 'x', version = 1.5 }", E_SCRIPT, "M.version"},
        {"return { api = 1, name = 'x', version = 1, buy = 1 }", E_SCRIPT,
         "'buy', a name of the API"},
        {"return { api = 1, name = 'x', version = 1, now = 1 }", E_SCRIPT,
         "'now', a name of the API"},
        {"return { api = 1, name = 'x', version = 1, on_candle = 1 }", E_SCRIPT,
         "M.on_candle must be"},
        {"return setmetatable({ api = 1, name = 'x', version = 1 }, {})", E_SCRIPT, "metatable"},
        {"local M = {", E_SYNTAX, "test.lua:1"},
        {"error('in the body')", E_SCRIPT, "in the body"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct harness h;
        harness_open(&h, cases[i].text);
        harness_faults(harness_run(&h, EVENT_START), cases[i].code, cases[i].part);
        harness_close(&h);
    }
}

static void migrate_and_own_names_are_free(void **state) {
    (void)state;
    struct harness h;
    harness_open(
        &h, HEAD "M.limit = 3\nfunction M.migrate(state) return state end\n"
                 "function M:helper() return self.own + M.limit end\n"
                 "function M:on_ready()\n"
                 "  self.own = 4 assert(self:helper() == 7)\n"
                 "  assert(not pcall(setmetatable, self, {})) assert(getmetatable(self) == false)\n"
                 "  self.buy = 5 assert(self.buy == 5)\n"
                 "end\nreturn M"
    );
    harness_start(&h);
    harness_sound(harness_run(&h, EVENT_READY));
    harness_close(&h);
}

static void what_was_not_told_is_refused(void **state) {
    (void)state;
    struct harness h;
    struct err e;
    harness_open(&h, HEAD "function M:on_candle() end\nreturn M");
    struct event event = harness_event(&h, EVENT_CANDLE);
    event.u.series = 3;
    harness_faults(harness_send(&h, &event), E_DATA, "not told");
    event = harness_event(&h, EVENT_READY);
    event.activation = 3;
    harness_faults(harness_send(&h, &event), E_NOT_FOUND, "activation 3 is not open");
    event.activation = 77;
    harness_faults(harness_send(&h, &event), E_NOT_FOUND, "activation 77 is not open");
    struct instrument i = harness_instrument();
    assert_int_equal(host_instrument(h.host, 4, &i, &e), E_LIMIT);
    assert_int_equal(host_series(h.host, 9, 0, MINUTE_MS, &e), E_LIMIT);
    assert_int_equal(host_series(h.host, 0, 3, MINUTE_MS, &e), E_ARGUMENT);
    assert_int_equal(host_series(h.host, 0, 0, MINUTE_MS, &e), 0);
    assert_int_equal(host_series(h.host, 0, 0, MINUTE_MS, &e), E_STATE);
    struct activation_open open = {.activation = 0, .id = "a0", .bundle = &h.bundle};
    assert_int_equal(host_open(h.host, &open, &e), E_STATE);
    open.activation = 9;
    assert_int_equal(host_open(h.host, &open, &e), E_LIMIT);
    open.activation = 1;
    open.id[0] = '\0';
    assert_int_equal(host_open(h.host, &open, &e), E_ARGUMENT);
    strcpy(open.id, "a1");
    open.bundle = NULL;
    assert_int_equal(host_open(h.host, &open, &e), E_ARGUMENT);
    struct script_file large = {"init.lua", HEAD, (size_t)512 * 1024};
    struct script_bundle bundle = {"large", 1, &large, 1};
    open.bundle = &bundle;
    assert_int_equal(host_open(h.host, &open, &e), E_QUOTA);
    harness_close(&h);
}

static void activations_of_one_script_are_apart(void **state) {
    (void)state;
    static const char text[] = HEAD "local count = 0\nfunction M:on_ready() count = count + 1\n"
                                    "  self:log('%s %d', self.id, count) end\nreturn M";
    struct harness h;
    harness_open(&h, text);
    harness_open_as(&h, 1, text, NULL, 0, false);
    for (uint32_t i = 0; i < 2; i++) {
        struct event event = harness_event(&h, EVENT_START);
        event.activation = i;
        harness_sound(harness_send(&h, &event));
        event.kind = EVENT_READY;
        event.u.ready = READY_ACTIVATED;
        harness_sound(harness_send(&h, &event));
        assert_string_equal(h.done.asks[0].u.log.text, i == 0 ? "a0 1" : "a1 1");
        assert_int_equal(h.done.activation, i);
    }
    host_close(h.host, 0);
    host_close(h.host, 0);
    struct event event = harness_event(&h, EVENT_READY);
    event.activation = 1;
    event.u.ready = READY_ACTIVATED;
    harness_sound(harness_send(&h, &event));
    assert_string_equal(h.done.asks[0].u.log.text, "a1 2");
    harness_close(&h);
}

static void memory_has_its_limit(void **state) {
    (void)state;
    struct harness h;
    harness_open(
        &h, HEAD "function M:on_ready()\n"
                 "  local t = {} for i = 1, 1e7 do t[i] = { i } end\nend\nreturn M"
    );
    harness_start(&h);
    harness_faults(harness_run(&h, EVENT_READY), E_SCRIPT_MEMORY, "2048 KiB");
    harness_start(&h);
    harness_close(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsi_buys_and_closes),
        cmocka_unit_test(rsi_is_quick),
        cmocka_unit_test(a_fault_undoes_the_handler),
        cmocka_unit_test(a_fill_stands_though_its_handler_faults),
        cmocka_unit_test(a_state_that_cannot_be_kept_is_a_fault),
        cmocka_unit_test(state_is_captured_when_it_is_wanted),
        cmocka_unit_test(events_carry_their_fields),
        cmocka_unit_test(commands_have_arguments_and_an_answer),
        cmocka_unit_test(a_script_that_is_none_is_refused),
        cmocka_unit_test(migrate_and_own_names_are_free),
        cmocka_unit_test(what_was_not_told_is_refused),
        cmocka_unit_test(activations_of_one_script_are_apart),
        cmocka_unit_test(memory_has_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
