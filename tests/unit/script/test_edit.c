/* Another version takes over between two events, or leaves the one that runs as it was. */
#include "host_harness.h"

#define HEAD(version) "local M = { api = 1, name = 'test', version = " #version " }\n"
#define TAIL "return M\n"

/* Counts candles in its state and in a field that does not survive. */
static const char counter[] =
    HEAD(1) "M.params = { step = { type = 'integer', default = 1, min = 1, max = 9 },\n"
            "  symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' },\n"
            "  timeframe = { type = 'timeframe', default = '15m' } }\n"
            "function M:on_start() self.seen = 0 end\n"
            "function M:on_candle(c)\n"
            "  self.state.n = (self.state.n or 0) + self.params.step\n"
            "  self.seen = self.seen + 1\n"
            "  self:log('one %d %d', self.state.n, self.seen)\n"
            "end\n" TAIL;

static const struct done *harness_edit(struct harness *h, const char *text) {
    static struct script_file file;
    static struct script_bundle bundle;
    struct event event = harness_event(h, EVENT_EDIT);
    file = (struct script_file){"init.lua", text, strlen(text)};
    bundle = (struct script_bundle){"test", 0, &file, 1};
    for (const char *c = text; *c; c++) {
        bundle.hash = bundle.hash * 31 + (unsigned char)*c;
    }
    event.u.edit = &bundle;
    return harness_send(h, &event);
}

static void logs(const struct done *done, const char *text) {
    harness_sound(done);
    assert_int_equal(done->ask_count, 1);
    assert_int_equal(done->asks[0].kind, ASK_LOG);
    assert_string_equal(done->asks[0].u.log.text, text);
}

static void counter_open(struct harness *h) {
    harness_open(h, counter);
    harness_start(h);
    logs(harness_candle(h, 100), "one 1 1");
    logs(harness_candle(h, 101), "one 2 2");
}

static void the_next_event_is_of_the_new_version(void **state) {
    (void)state;
    struct harness h;
    counter_open(&h);
    const struct done *done = harness_edit(
        &h, HEAD(1) "M.params = { symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' },\n"
                    "  timeframe = { type = 'timeframe', default = '15m' } }\n"
                    "function M:on_start() self.sma = self:indicator('sma', self.params.symbol,\n"
                    "  self.params.timeframe, { length = 2 }) end\n"
                    "function M:on_candle(c)\n"
                    "  self.state.n = self.state.n + 10\n"
                    "  self:log('two %d %s %.1f', self.state.n, tostring(self.seen), self.sma[1])\n"
                    "end\n"
                    "function M:on_timer(name) end\n" TAIL
    );
    harness_sound(done);
    assert_int_equal(
        done->subscription.handlers,
        UINT32_C(1) << EVENT_START | UINT32_C(1) << EVENT_CANDLE | UINT32_C(1) << EVENT_TIMER
    );
    assert_int_equal(done->subscription.watch_count, 1);
    assert_int_equal(done->param_count, 2);
    assert_true(done->state_length > 0);
    /* The indicator has the bars of before the edit. */
    logs(harness_candle(&h, 102), "two 12 nil 100.5");
    harness_close(&h);
}

/* Refused with that, the old version goes on, its own fields too. */
static void refused(const char *text, int code, const char *part) {
    struct harness h;
    counter_open(&h);
    const struct done *done = harness_edit(&h, text);
    harness_faults(done, code, part);
    assert_true(done->runs_on);
    assert_null(done->state);
    logs(harness_candle(&h, 102), "one 3 3");
    harness_close(&h);
}

static void what_fails_before_it_runs_leaves_the_old_one(void **state) {
    (void)state;
    refused("local M = {", E_SYNTAX, "test.lua:1:");
    refused("error('no')", E_SCRIPT, "test.lua:1: no");
    refused(HEAD(1) "function M:on_start() self.x.y = 1 end\n" TAIL, E_SCRIPT, "test.lua:2:");
    refused(
        HEAD(2) "function M.migrate(s, from) error('from ' .. from) end\n" TAIL, E_SCRIPT,
        "test.lua:2: from 1"
    );
    refused(
        HEAD(2) "function M.migrate(s, from) return from end\n" TAIL, E_SCRIPT,
        "must return the new state, a table, not a number"
    );
    refused(HEAD(2) "M.migrate = 5\n" TAIL, E_SCRIPT, "M.migrate must be a function");
    refused(HEAD(2) "function M.migrate(s, from) s.f = print return s end\n" TAIL, E_SCRIPT, "");
    refused("return { api = 2, name = 'test', version = 1 }", E_VERSION, "M.api must be 1");
    refused("", E_SCRIPT, "must return its table");
}

static void a_refused_parameter_leaves_the_old_one(void **state) {
    (void)state;
    static const struct setting settings[] = {{.name = "step", .text = "5"}};
    struct harness h;
    harness_host(&h, CAPTURE_ALWAYS);
    harness_open_as(&h, 0, counter, settings, 1, false);
    harness_start(&h);
    logs(harness_candle(&h, 100), "one 5 1");
    const struct done *done = harness_edit(
        &h,
        HEAD(1) "M.params = { step = { type = 'integer', default = 1, min = 1, max = 4 } }\n" TAIL
    );
    harness_faults(done, E_PARAMS, "step");
    assert_true(done->runs_on);
    logs(harness_candle(&h, 102), "one 10 2");
    harness_close(&h);
}

static void a_higher_version_migrates_the_state(void **state) {
    (void)state;
    struct harness h;
    counter_open(&h);
    const struct done *done = harness_edit(
        &h, HEAD(3
            ) "M.params = { symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' },\n"
              "  timeframe = { type = 'timeframe', default = '15m' } }\n"
              "function M.migrate(s, from) return { count = s.n, from = from } end\n"
              "function M:on_candle(c)\n"
              "  self:log('%d %d %s', self.state.count, self.state.from, tostring(self.state.n))\n"
              "end\n" TAIL
    );
    harness_sound(done);
    logs(harness_candle(&h, 102), "2 1 nil");
    /* The same number does not migrate again, nor does a lower one. */
    done = harness_edit(
        &h, HEAD(3) "M.params = { symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' },\n"
                    "  timeframe = { type = 'timeframe', default = '15m' } }\n"
                    "function M.migrate(s, from) error('again') end\n"
                    "function M:on_candle(c) self:log('%d', self.state.count) end\n" TAIL
    );
    harness_sound(done);
    logs(harness_candle(&h, 103), "2");
    harness_close(&h);
}

/* The state of before migrate is what an edit that fails later leaves. */
static void a_start_that_fails_after_migrate_undoes_it(void **state) {
    (void)state;
    refused(
        HEAD(2) "function M.migrate(s, from) return { lost = true } end\n"
                "function M:on_start() error('no start') end\n" TAIL,
        E_SCRIPT, "no start"
    );
}

static void one_that_faulted_hands_over_its_last_state(void **state) {
    (void)state;
    struct harness h;
    counter_open(&h);
    harness_sound(harness_edit(
        &h, HEAD(1) "M.params = { symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' },\n"
                    "  timeframe = { type = 'timeframe', default = '15m' } }\n"
                    "function M:on_candle(c) self.state.n = 99 error('bad') end\n" TAIL
    ));
    harness_faults(harness_candle(&h, 102), E_SCRIPT, "bad");
    const struct done *done = harness_edit(&h, "local M = {");
    harness_faults(done, E_SYNTAX, "test.lua:1:");
    assert_false(done->runs_on); /* there is no sandbox that could */
    harness_sound(harness_edit(&h, counter));
    logs(harness_candle(&h, 103), "one 3 1");
    harness_close(&h);
}

static void many_edits_leave_no_memory_behind(void **state) {
    (void)state;
    struct harness h;
    char text[sizeof counter + 32];
    counter_open(&h);
    for (int i = 0; i < 300; i++) {
        snprintf(text, sizeof text, "-- %d\n%s", i, counter);
        if (i % 3 == 2) {
            text[40] = '=';
        }
        const struct done *done = harness_edit(&h, text);
        assert_true(i % 3 == 2 ? done->fault.code == E_SYNTAX : done->fault.code == 0);
    }
    logs(harness_candle(&h, 103), "one 3 1");
    harness_close(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_event_is_of_the_new_version),
        cmocka_unit_test(what_fails_before_it_runs_leaves_the_old_one),
        cmocka_unit_test(a_refused_parameter_leaves_the_old_one),
        cmocka_unit_test(a_higher_version_migrates_the_state),
        cmocka_unit_test(a_start_that_fails_after_migrate_undoes_it),
        cmocka_unit_test(one_that_faulted_hands_over_its_last_state),
        cmocka_unit_test(many_edits_leave_no_memory_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
