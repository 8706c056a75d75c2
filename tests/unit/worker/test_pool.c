/* The pool with real worker processes: what goes in and comes out, and who is lost when one dies.
 */
#include "unit/worker/crowd.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const char counter[] = "local M = { api = 1, name = 'counter', version = 1, params = {\n"
                              "  symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' },\n"
                              "  timeframe = { type = 'timeframe', default = '1m' } } }\n"
                              "function M:on_candle(c)\n"
                              "  self.state.n = (self.state.n or 0) + 1\n"
                              "  self:log('%d %.0f', self.state.n, c.close)\n"
                              "end\n"
                              "return M\n";
static const struct script_file counter_file = {"init.lua", counter, sizeof counter - 1};

static void sums_log(struct crowd *c, struct member *m, const struct done *done) {
    int *logged = c->ctx;
    for (int i = 0; i < done->ask_count; i++) {
        int n = -1, close = -1;
        assert_int_equal(done->asks[i].kind, ASK_LOG);
        assert_int_equal(sscanf(done->asks[i].u.log.text, "%d %d", &n, &close), 2);
        logged[m - c->members]++;
        assert_int_equal(n, logged[m - c->members]);
        assert_int_equal(close, 20000 + n);
    }
}

static void events_are_answered(void **state) {
    (void)state;
    struct crowd c;
    int logged[8] = {0};
    struct pool_options options = crowd_options(8);
    crowd_begin(&c, &options);
    c.ctx = logged;
    c.on_done = sums_log;
    for (int i = 0; i < 8; i++) {
        crowd_add(&c, i, &counter_file, 1);
    }
    crowd_settle(&c);
    for (int i = 0; i < 8; i++) {
        if (!c.members[i].is_started) {
            fail_msg("%s", c.members[i].fault.text);
        }
    }
    assert_int_equal(c.timeframes[0], MINUTE_MS);
    for (int i = 1; i <= 20; i++) {
        crowd_candle(&c, 20000 + i);
        crowd_settle(&c);
    }
    for (int i = 0; i < 8; i++) {
        assert_int_equal(logged[i], 20);
    }
    crowd_end(&c);
}

int main(int argc, char **argv) {
    if (crowd_is_worker(argc, argv)) {
        return worker_main();
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
