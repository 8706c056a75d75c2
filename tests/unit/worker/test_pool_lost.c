/* Workers that die, hang and fall behind: who is blamed, what is rebuilt, and that every event of
 * an innocent is handled once whatever happens to its worker. */
#include "unit/worker/crowd.h"

#include "base/random.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define HEAD                                                                                       \
    "local M = { api = 1, name = 'test', version = 1, params = {\n"                                \
    "  symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' },\n"                                 \
    "  timeframe = { type = 'timeframe', default = '1m' } } }\n"

static const char counter[] = HEAD "function M:on_candle(c)\n"
                                   "  self.state.n = (self.state.n or 0) + 1\n"
                                   "  self:log('%d %.0f', self.state.n, c.close)\n"
                                   "end\n"
                                   "return M\n";
/* Long at the first bar above 30000, and quick otherwise. */
static const char burner[] = HEAD "function M:on_candle(c)\n"
                                  "  if c.close > 30000 then while true do end end\n"
                                  "end\n"
                                  "return M\n";
static const struct script_file counter_file = {"init.lua", counter, sizeof counter - 1};
static const struct script_file burner_file = {"init.lua", burner, sizeof burner - 1};

#define MEMBERS 40
static int logged[MEMBERS];

static void sums_log(struct crowd *c, struct member *m, const struct done *done) {
    for (int i = 0; i < done->ask_count; i++) {
        int n = -1, close = -1;
        assert_int_equal(sscanf(done->asks[i].u.log.text, "%d %d", &n, &close), 2);
        logged[m - c->members]++;
        assert_int_equal(n, logged[m - c->members]);
        assert_int_equal(close, 20000 + n);
    }
}

static void counters_begin(struct crowd *c, struct pool_options *options) {
    memset(logged, 0, sizeof logged);
    crowd_begin(c, options);
    c->on_done = sums_log;
    for (int i = 0; i < c->count; i++) {
        crowd_add(c, i, &counter_file, 1);
    }
    crowd_settle(c);
}

static void counters_end(struct crowd *c, int rounds) {
    for (int i = 0; i < c->count; i++) {
        assert_int_equal(logged[i], rounds);
        assert_int_equal(c->members[i].faults, 0);
        assert_false(c->members[i].is_suspended);
    }
    crowd_end(c);
}

static void await_death(struct crowd *c, uint64_t deaths) {
    struct pool_figures figures;
    int64_t until_ns = crowd_clock_ns() + CROWD_WAIT_NS;
    do {
        pool_poll(c->pool, 20);
        pool_figures(c->pool, &figures);
        assert_true(crowd_clock_ns() < until_ns);
    } while (figures.deaths < deaths);
}

/* --- killed from outside ------------------------------------------------------------------------
 */

static void no_event_is_lost_or_doubled_by_kills(void **state) {
    (void)state;
    enum { ROUNDS = 60 };
    struct crowd c;
    struct random random;
    struct pool_figures figures;
    struct pool_options options = crowd_options(MEMBERS);
    counters_begin(&c, &options);
    random_seed(&random, 11);
    for (int i = 1; i <= ROUNDS; i++) {
        crowd_candle(&c, 20000 + i);
        for (uint64_t turns = random_below(&random, 4); turns > 0; turns--) {
            pool_poll(c.pool, 0);
        }
        int victim = (int)random_below(&random, 2);
        assert_true(pool_worker_pid(c.pool, victim) > 0);
        kill(pool_worker_pid(c.pool, victim), SIGKILL);
        await_death(&c, (uint64_t)i);
        crowd_settle(&c);
    }
    int losses = 0;
    for (int i = 0; i < c.count; i++) {
        losses += c.members[i].losses;
    }
    pool_figures(c.pool, &figures);
    assert_int_equal(figures.deaths, ROUNDS);
    assert_int_equal(figures.kills, 0);
    assert_true(losses >= ROUNDS);
    counters_end(&c, ROUNDS);
}

static void burner_begin(struct crowd *c, struct pool_options *options) {
    crowd_begin(c, options);
    for (int i = 0; i < c->count; i++) {
        crowd_add(c, i, i == 0 ? &burner_file : &counter_file, i == 0 ? 2 : 1);
    }
    crowd_settle(c);
    crowd_bar(c, 20001); /* the member's handler is quick once, so that it is known */
    crowd_send_candle(c, &c->members[0]);
    crowd_settle(c);
}

/* The burner's handler runs when this returns: nothing else is out, and its worker has had time. */
static void burner_send(struct crowd *c) {
    crowd_bar(c, 40000);
    crowd_send_candle(c, &c->members[0]);
    int64_t until_ns = crowd_clock_ns() + 60000000;
    while (crowd_clock_ns() < until_ns) {
        pool_poll(c->pool, 10);
    }
    assert_int_equal(c->out_count, 1);
}

static int suspended_of(const struct crowd *c) {
    int suspended = 0;
    for (int i = 0; i < c->count; i++) {
        suspended += c->members[i].is_suspended;
    }
    return suspended;
}

static struct pool_options patient_options(int count) {
    struct pool_options options = crowd_options(count);
    options.limits.handler_cpu_ns = 60000000000;
    options.hang_cpu_ns = 120000000000;
    options.hang_wall_ns = 120000000000;
    return options;
}

static void a_crash_is_the_fault_of_the_handler_that_ran(void **state) {
    static const int signals[] = {SIGSEGV, SIGSYS, SIGABRT};
    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct crowd c;
        struct pool_options options = patient_options(8);
        burner_begin(&c, &options);
        int worker = pool_worker_of(c.pool, 0);
        burner_send(&c);
        kill(pool_worker_pid(c.pool, worker), signals[i]);
        await_death(&c, 1);
        crowd_settle(&c);
        assert_true(c.members[0].is_suspended);
        assert_int_equal(suspended_of(&c), 1);
        assert_int_equal(c.members[0].fault.code, E_SCRIPT);
        assert_non_null(strstr(c.members[0].fault.text, "was ended by signal"));
        assert_int_equal(pool_worker_of(c.pool, 0), -1);
        for (int m = 1; m < c.count; m++) {
            assert_true(pool_worker_of(c.pool, (uint32_t)m) >= 0);
        }
        crowd_end(&c);
    }
}

static void one_kill_from_outside_is_no_proof_two_are(void **state) {
    (void)state;
    struct crowd c;
    struct pool_options options = patient_options(8);
    burner_begin(&c, &options);
    burner_send(&c);
    kill(pool_worker_pid(c.pool, pool_worker_of(c.pool, 0)), SIGKILL);
    await_death(&c, 1);
    assert_int_equal(suspended_of(&c), 0);
    assert_int_equal(c.members[0].losses, 1);
    int64_t until_ns = crowd_clock_ns() + 300000000; /* started again, and in the same event */
    while (crowd_clock_ns() < until_ns) {
        pool_poll(c.pool, 20);
    }
    assert_int_equal(c.out_count, 1);
    kill(pool_worker_pid(c.pool, pool_worker_of(c.pool, 0)), SIGKILL);
    await_death(&c, 2);
    crowd_settle(&c);
    assert_true(c.members[0].is_suspended);
    assert_int_equal(suspended_of(&c), 1);
    crowd_end(&c);
}

/* --- hanging ------------------------------------------------------------------------------------
 */

static void a_handler_that_no_deadline_ends_is_ended_by_the_watchdog(void **state) {
    (void)state;
    struct crowd c;
    struct pool_figures figures;
    struct pool_options options = patient_options(8);
    options.hang_cpu_ns = 100000000;
    burner_begin(&c, &options);
    burner_send(&c);
    await_death(&c, 1);
    crowd_settle(&c);
    pool_figures(c.pool, &figures);
    assert_int_equal(figures.kills, 1);
    assert_true(c.members[0].is_suspended);
    assert_int_equal(suspended_of(&c), 1);
    assert_int_equal(c.members[0].fault.code, E_DEADLINE);
    assert_non_null(strstr(c.members[0].fault.text, "no sign of life"));
    crowd_end(&c);
}

static int64_t worker_cpu_ns(const struct crowd *c, int worker) {
    clockid_t clock;
    struct timespec used;
    assert_int_equal(clock_getcpuclockid(pool_worker_pid(c->pool, worker), &clock), 0);
    assert_int_equal(clock_gettime(clock, &used), 0);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

/* One that waits looks at nothing, and looks again as soon as there is work. */
static void a_worker_that_waits_costs_nothing(void **state) {
    (void)state;
    struct crowd c;
    struct pool_figures figures;
    struct pool_options options = crowd_options(8);
    burner_begin(&c, &options);
    int worker = pool_worker_of(c.pool, 0);
    int64_t used_ns = INT64_MAX; /* first states are told, then nothing is to be done */
    for (int tries = 0; tries < 30 && used_ns >= 1000000; tries++) {
        int64_t before_ns = worker_cpu_ns(&c, worker);
        int64_t until_ns = crowd_clock_ns() + 300000000;
        while (crowd_clock_ns() < until_ns) {
            pool_poll(c.pool, 300);
        }
        used_ns = worker_cpu_ns(&c, worker) - before_ns;
    }
    assert_true(used_ns < 1000000);
    crowd_bar(&c, 40000);
    crowd_send_candle(&c, &c.members[0]);
    crowd_settle(&c);
    pool_figures(c.pool, &figures);
    assert_int_equal(figures.deaths, 0);
    assert_int_equal(c.members[0].fault.code, E_DEADLINE);
    crowd_end(&c);
}

static void a_worker_that_is_stopped_is_replaced(void **state) {
    (void)state;
    struct crowd c;
    struct pool_options options = crowd_options(MEMBERS);
    options.hang_wall_ns = 300000000;
    counters_begin(&c, &options);
    int victim = pool_worker_pid(c.pool, 0);
    for (int i = 1; i <= 3; i++) {
        crowd_candle(&c, 20000 + i);
        crowd_settle(&c);
    }
    kill(victim, SIGSTOP);
    crowd_candle(&c, 20004);
    crowd_settle(&c);
    assert_true(pool_worker_pid(c.pool, 0) != victim);
    counters_end(&c, 4);
}

/* --- falling behind -----------------------------------------------------------------------------
 */

/* More than the ring holds waits in the backlog and comes in order. */
static void what_a_full_ring_does_not_take_comes_later(void **state) {
    (void)state;
    struct crowd c;
    struct pool_figures figures;
    struct pool_options options = crowd_options(8);
    options.hang_wall_ns = 60000000000;
    counters_begin(&c, &options);
    kill(pool_worker_pid(c.pool, 0), SIGSTOP);
    for (int i = 1; i <= 30000; i++) {
        crowd_bar(&c, 20001);
    }
    crowd_candle(&c, 20001);
    pool_figures(c.pool, &figures);
    assert_true(figures.backlog > 100000);
    kill(pool_worker_pid(c.pool, 0), SIGCONT);
    crowd_settle(&c);
    pool_figures(c.pool, &figures);
    assert_int_equal(figures.deaths, 0);
    counters_end(&c, 1);
}

static void one_that_falls_too_far_behind_is_replaced(void **state) {
    (void)state;
    struct crowd c;
    struct pool_figures figures;
    struct pool_options options = crowd_options(8);
    options.backlog_max = (size_t)1 << 20;
    options.hang_wall_ns = 60000000000;
    counters_begin(&c, &options);
    kill(pool_worker_pid(c.pool, 0), SIGSTOP);
    for (int i = 1; i <= 60000; i++) {
        crowd_bar(&c, 20001);
        if (i % 1000 == 0) { /* the other one reads */
            pool_poll(c.pool, 1);
        }
    }
    crowd_candle(&c, 20001);
    await_death(&c, 1);
    crowd_settle(&c);
    pool_figures(c.pool, &figures);
    assert_int_equal(figures.kills, 1);
    counters_end(&c, 1);
}

/* --- starting -----------------------------------------------------------------------------------
 */

static void a_worker_that_cannot_start_is_told(void **state) {
    static const char *const programs[] = {"/bin/false", "/nowhere"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct pool *pool = NULL;
        struct err e = {0};
        struct pool_options options = crowd_options(4);
        struct pool_handlers handlers = {0};
        options.program = programs[i];
        assert_int_equal(pool_new(&pool, &options, &handlers, &e), E_IO);
        assert_non_null(strstr(e.msg, "worker"));
        assert_null(pool);
    }
}

int main(int argc, char **argv) {
    if (crowd_is_worker(argc, argv)) {
        return worker_main();
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_event_is_lost_or_doubled_by_kills),
        cmocka_unit_test(a_crash_is_the_fault_of_the_handler_that_ran),
        cmocka_unit_test(one_kill_from_outside_is_no_proof_two_are),
        cmocka_unit_test(a_handler_that_no_deadline_ends_is_ended_by_the_watchdog),
        cmocka_unit_test(a_worker_that_waits_costs_nothing),
        cmocka_unit_test(a_worker_that_is_stopped_is_replaced),
        cmocka_unit_test(what_a_full_ring_does_not_take_comes_later),
        cmocka_unit_test(one_that_falls_too_far_behind_is_replaced),
        cmocka_unit_test(a_worker_that_cannot_start_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
