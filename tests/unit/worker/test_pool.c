/* The pool with real worker processes: what goes in and comes out, and who is lost when one dies.
 */
#include "unit/worker/crowd.h"

#include "script/sandbox.h"

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

/* --- states -------------------------------------------------------------------------------------
 */

#define HEAD                                                                                       \
    "local M = { api = 1, name = 'test', version = 1, params = {\n"                                \
    "  symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' },\n"                                 \
    "  timeframe = { type = 'timeframe', default = '1m' } } }\n"

static const char quiet[] =
    HEAD "function M:on_candle(c) self.state.n = (self.state.n or 0) + 1 end\n"
         "return M\n";
static const struct script_file quiet_file = {"init.lua", quiet, sizeof quiet - 1};

static void poll_until_states(struct crowd *c, uint64_t states) {
    int64_t until_ns = crowd_clock_ns() + CROWD_WAIT_NS;
    while (c->states < states) {
        pool_poll(c->pool, 50);
        assert_true(crowd_clock_ns() < until_ns);
    }
}

/* Two bursts within a second are one message, and it has the newest. */
static void states_without_asks_are_told_later(void **state) {
    (void)state;
    struct crowd c;
    struct pool_options options = crowd_options(1);
    crowd_begin(&c, &options);
    crowd_add(&c, 0, &quiet_file, 1);
    crowd_settle(&c);
    crowd_candle(&c, 20000);
    crowd_settle(&c);
    poll_until_states(&c, 1);
    size_t first_length = c.members[0].state_length;
    for (int i = 0; i < 20; i++) {
        crowd_candle(&c, 20000);
        crowd_settle(&c);
        pool_poll(c.pool, 0);
    }
    assert_int_equal(c.states, 1);
    poll_until_states(&c, 2);
    char shown[64];
    assert_true(
        state_format(c.members[0].state, c.members[0].state_length, shown, sizeof shown) > 0
    );
    assert_string_equal(shown, "{n=21}");
    assert_true(first_length > 0);
    crowd_end(&c);
}

/* --- starts -------------------------------------------------------------------------------------
 */

static const char several[] =
    "local M = { api = 1, name = 'several', version = 1 }\n"
    "function M:on_start()\n"
    "  self:watch('BTC-USDT-SWAP', '1m')\n"
    "  self.slow = self:indicator('ema', 'BTC-USDT-SWAP', '1h', { length = 5 })\n"
    "  self.quick = self:indicator('ema', 'BTC-USDT-SWAP', '5m', { length = 5 })\n"
    "end\n"
    "function M:on_candle(c) self:log('%s', tostring(self.quick[0])) end\n"
    "return M\n";
static const char too_fine[] = "local M = { api = 1, name = 'fine', version = 1 }\n"
                               "function M:on_start() self:watch('BTC-USDT-SWAP', '1m')\n"
                               "  for _, t in ipairs { '5m', '15m', '1h', '4h' } do\n"
                               "    self:watch('BTC-USDT-SWAP', t)\n"
                               "  end\n"
                               "end\n"
                               "function M:on_candle(c) end\n"
                               "return M\n";

static void a_start_gets_its_series_from_the_core(void **state) {
    (void)state;
    static const struct script_file file = {"init.lua", several, sizeof several - 1};
    static const struct script_file fine = {"init.lua", too_fine, sizeof too_fine - 1};
    struct crowd c;
    struct pool_options options = crowd_options(6);
    crowd_begin(&c, &options);
    for (int i = 0; i < 5; i++) { /* all at once: others wait while one asks */
        crowd_add(&c, i, &file, 1);
    }
    crowd_settle(&c);
    for (int i = 0; i < 5; i++) {
        if (!c.members[i].is_started) {
            fail_msg("%s", c.members[i].fault.text);
        }
    }
    assert_int_equal(c.series_count, 3);
    crowd_add(&c, 5, &fine, 2); /* more series than the crowd makes */
    crowd_settle(&c);
    assert_false(c.members[5].is_started);
    assert_int_equal(c.members[5].fault.code, E_RANGE);
    assert_non_null(strstr(c.members[5].fault.text, "cannot be built"));
    crowd_candle(&c, 20000);
    crowd_settle(&c);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(c.members[i].faults, 0);
        assert_int_equal(c.members[i].dones, 2);
    }
    crowd_end(&c);
}

/* --- opening and closing ------------------------------------------------------------------------
 */

static void a_place_is_used_again_after_close(void **state) {
    (void)state;
    struct crowd c;
    struct pool_figures figures;
    struct pool_options options = crowd_options(2);
    crowd_begin(&c, &options);
    for (int i = 0; i < 50; i++) {
        struct member *m = &c.members[0];
        m->is_started = false;
        crowd_add(&c, 0, i % 2 ? &counter_file : &quiet_file, (uint64_t)(i % 2));
        if (i % 3 == 0) { /* closed while its start is out: its answer is for nobody */
            pool_close(c.pool, 0);
            m->out.number = 0;
            c.out_count--;
            continue;
        }
        crowd_settle(&c);
        assert_true(m->is_started);
        pool_close(c.pool, 0);
    }
    pool_close(c.pool, 0); /* closed already */
    pool_close(c.pool, 99);
    pool_figures(c.pool, &figures);
    assert_int_equal(figures.events_out, 0);
    assert_int_equal(figures.deaths, 0);
    crowd_end(&c);
}

/* The worker asks for a series of an activation that is gone when the core reads it. */
static void a_start_that_waits_for_a_series_may_be_closed(void **state) {
    (void)state;
    static const struct script_file file = {"init.lua", several, sizeof several - 1};
    struct crowd c;
    struct pool_options options = crowd_options(2);
    crowd_begin(&c, &options);
    for (int i = 0; i < 3; i++) {
        c.members[0].is_started = false;
        crowd_add(&c, 0, &file, 1);
        int64_t until_ns = crowd_clock_ns() + 30000000;
        while (crowd_clock_ns() < until_ns) { /* its request comes, and is not read */
        }
        pool_close(c.pool, 0);
        c.members[0].out.number = 0;
        c.out_count--;
    }
    crowd_add(&c, 0, &file, 1);
    crowd_settle(&c);
    assert_true(c.members[0].is_started);
    crowd_end(&c);
}

static void what_cannot_be_opened_or_sent_is_told(void **state) {
    (void)state;
    struct crowd c;
    struct err e = {0};
    struct pool_options options = crowd_options(2);
    char *large = malloc(400000);
    assert_non_null(large);
    memset(large, ' ', 400000);
    struct script_file file = {"init.lua", large, 400000};
    struct script_bundle bundle = {"large", 3, &file, 1};
    struct activation_open open = {.id = "a", .bundle = &bundle, .account = {.currency = "USDT"}};
    crowd_begin(&c, &options);
    assert_int_equal(pool_open(c.pool, &open, &e), E_QUOTA);
    open.activation = 2;
    assert_int_equal(pool_open(c.pool, &open, &e), E_LIMIT);
    open.activation = 0;
    file.length = 10;
    assert_int_equal(pool_open(c.pool, &open, &e), 0);
    assert_int_equal(pool_open(c.pool, &open, &e), E_STATE);
    crowd_send(&c, &c.members[1], crowd_event(&c, EVENT_READY)); /* not open: answered at once */
    assert_int_equal(c.out_count, 0);
    assert_int_equal(c.members[1].fault.code, E_NOT_FOUND);
    crowd_end(&c);
    free(large);
}

/* Workers are added when all are full, and no more than that. */
static void full_workers_get_company(void **state) {
    (void)state;
    struct crowd c;
    struct pool_figures figures;
    struct pool_options options = crowd_options(7);
    options.worker_activations_max = 2;
    crowd_begin(&c, &options);
    for (int i = 0; i < 7; i++) {
        crowd_add(&c, i, &quiet_file, 1);
    }
    crowd_settle(&c);
    pool_figures(c.pool, &figures);
    assert_int_equal(figures.workers, 4);
    int used[4] = {0};
    for (int i = 0; i < 7; i++) {
        assert_true(c.members[i].is_started);
        used[pool_worker_of(c.pool, (uint32_t)i)]++;
    }
    for (int i = 0; i < 4; i++) {
        assert_true(used[i] >= 1 && used[i] <= 2);
    }
    crowd_end(&c);
}

/* --- manners ------------------------------------------------------------------------------------
 */

static int answered[8];
static int answered_count;

static void order_note(struct crowd *c, struct member *m, const struct done *done) {
    (void)done;
    if (answered_count < 8) {
        answered[answered_count++] = (int)(m - c->members);
    }
}

/* A worker that finds a whole burst before it. */
static void burst(struct crowd *c, const int *members, int count) {
    kill(pool_worker_pid(c->pool, 0), SIGSTOP);
    crowd_bar(c, 20000);
    answered_count = 0;
    for (int i = 0; i < count; i++) {
        crowd_send_candle(c, &c->members[members[i]]);
    }
    kill(pool_worker_pid(c->pool, 0), SIGCONT);
    crowd_settle(c);
    assert_int_equal(answered_count, count);
}

static void the_well_behaved_are_served_first(void **state) {
    (void)state;
    static const char bad[] = HEAD "function M:on_candle(c) error('no') end\nreturn M\n";
    static const struct script_file bad_file = {"init.lua", bad, sizeof bad - 1};
    static const int order[] = {0, 2, 4}; /* members of the first worker: new, bad, good */
    struct crowd c;
    struct pool_options options = crowd_options(6);
    crowd_begin(&c, &options);
    c.on_done = order_note;
    for (int i = 0; i < 6; i++) {
        crowd_add(&c, i, i == 2 ? &bad_file : &quiet_file, i == 2 ? 2 : 1);
    }
    crowd_settle(&c);
    for (int i = 0; i < 6; i += 2) {
        assert_int_equal(pool_worker_of(c.pool, (uint32_t)i), 0);
    }
    for (int i = 0; i < 3; i++) {
        crowd_bar(&c, 20000);
        crowd_send_candle(&c, &c.members[4]);
        crowd_settle(&c);
    }
    burst(&c, order, 3);
    assert_int_equal(answered[0], 4);
    assert_int_equal(answered[1], 0);
    assert_int_equal(answered[2], 2);
    crowd_end(&c);
}

int main(int argc, char **argv) {
    if (crowd_is_worker(argc, argv)) {
        return worker_main();
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_answered),
        cmocka_unit_test(states_without_asks_are_told_later),
        cmocka_unit_test(a_start_gets_its_series_from_the_core),
        cmocka_unit_test(a_place_is_used_again_after_close),
        cmocka_unit_test(a_start_that_waits_for_a_series_may_be_closed),
        cmocka_unit_test(what_cannot_be_opened_or_sent_is_told),
        cmocka_unit_test(full_workers_get_company),
        cmocka_unit_test(the_well_behaved_are_served_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
