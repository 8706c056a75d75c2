/* Versions of scripts change in workers while events run, beside refusals, closes and deaths. */
#include "unit/worker/crowd.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define VERSIONS 5

/* Counts candles in its state and says which version counts; the fifth is broken. */
static char texts[VERSIONS][512];
static struct script_file files[VERSIONS];
static struct script_bundle bundles[VERSIONS];

static void versions_make(void) {
    for (int i = 0; i < VERSIONS; i++) {
        snprintf(
            texts[i], sizeof texts[i],
            "local M = { api = 1, name = 'counter', version = 1, params = {\n"
            "  symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' },\n"
            "  timeframe = { type = 'timeframe', default = '1m' } } }\n"
            "function M:on_start() self.bars = self:candles(self.params.symbol, '%dm') %s end\n"
            "function M:on_candle(c)\n"
            "  self.state.n = (self.state.n or 0) + 1\n"
            "  self:log('%d %%d', self.state.n)\n"
            "end\n"
            "return M\n",
            i % 2 == 0 ? 1 : 5, i == VERSIONS - 1 ? "error('no')" : "", i
        );
        files[i] = (struct script_file){"init.lua", texts[i], strlen(texts[i])};
        bundles[i] = (struct script_bundle){"counter", (uint64_t)i + 1, &files[i], 1};
    }
}

struct counts {
    struct crowd crowd;
    int version[8]; /* that runs */
    int wanted[8];  /* whose edit is out */
    int candles[8]; /* handled */
    int taken, refused;
};

static void edit_note(struct counts *t, long i, const struct done *done) {
    if (done->fault.code != 0) {
        assert_int_equal(t->wanted[i], VERSIONS - 1);
        assert_true(done->runs_on);
        t->refused++;
        return;
    }
    assert_int_not_equal(t->wanted[i], VERSIONS - 1);
    assert_int_equal(done->subscription.watch_count, 1);
    t->version[i] = t->wanted[i];
    t->crowd.members[i].bundle = bundles[t->version[i]];
    t->taken++;
}

static void answer_note(struct crowd *c, struct member *m, const struct done *done) {
    struct counts *t = c->ctx;
    long i = m - c->members;
    int version = -1, n = -1;
    if (m->out.kind == EVENT_EDIT) {
        edit_note(t, i, done);
        t->wanted[i] = -1;
        return;
    }
    if (done->ask_count == 0) {
        return; /* a start */
    }
    assert_int_equal(done->ask_count, 1);
    assert_int_equal(sscanf(done->asks[0].u.log.text, "%d %d", &version, &n), 2);
    assert_int_equal(version, t->version[i]);
    assert_int_equal(n, ++t->candles[i]); /* none lost, none twice */
}

static void edit_send(struct counts *t, int i, int version) {
    struct crowd *c = &t->crowd;
    struct event event = crowd_event(c, EVENT_EDIT);
    event.u.edit = &bundles[version];
    t->wanted[i] = version;
    crowd_send(c, &c->members[i], event);
}

static void begin(struct counts *t) {
    struct pool_options options = crowd_options(8);
    memset(t, 0, sizeof *t);
    versions_make();
    crowd_begin(&t->crowd, &options);
    t->crowd.ctx = t;
    t->crowd.on_done = answer_note;
    for (int i = 0; i < 8; i++) {
        t->wanted[i] = -1;
        crowd_add(&t->crowd, i, &files[0], 1);
    }
    crowd_settle(&t->crowd);
    for (int i = 0; i < 8; i++) {
        if (!t->crowd.members[i].is_started) {
            fail_msg("%s", t->crowd.members[i].fault.text);
        }
    }
}

static void versions_change_between_events(void **state) {
    (void)state;
    static struct counts t;
    begin(&t);
    for (int turn = 1; turn <= 40; turn++) {
        crowd_candle(&t.crowd, 20000 + turn);
        crowd_settle(&t.crowd);
        for (int i = 0; i < 8; i++) {
            edit_send(&t, i, (turn + i) % VERSIONS);
        }
        crowd_settle(&t.crowd);
    }
    for (int i = 0; i < 8; i++) {
        assert_int_equal(t.candles[i], 40);
    }
    assert_int_equal(t.taken + t.refused, 320);
    assert_int_equal(t.refused, 64);
    /* All back to one version: the others are nobody's any more. */
    for (int i = 0; i < 8; i++) {
        edit_send(&t, i, 1);
    }
    crowd_settle(&t.crowd);
    crowd_candle(&t.crowd, 1);
    crowd_settle(&t.crowd);
    struct pool_figures figures;
    pool_figures(t.crowd.pool, &figures);
    assert_int_equal(figures.deaths, 0);
    assert_int_equal(figures.ignored, 0);
    assert_int_equal(figures.events_out, 0);
    crowd_end(&t.crowd);
}

/* Closed while the edit is out: the answer is for nobody, and the place is used again. */
static void an_edit_that_is_out_may_be_closed(void **state) {
    (void)state;
    static struct counts t;
    begin(&t);
    for (int turn = 0; turn < 60; turn++) {
        int i = turn % 8;
        edit_send(&t, i, turn % VERSIONS);
        pool_close(t.crowd.pool, (uint32_t)i);
        t.crowd.members[i].out.number = 0;
        t.crowd.out_count--;
        t.wanted[i] = -1;
        t.crowd.members[i].is_started = false;
        t.version[i] = 0;
        crowd_add(&t.crowd, i, &files[0], 1);
        crowd_settle(&t.crowd);
        assert_true(t.crowd.members[i].is_started);
    }
    struct pool_figures figures;
    pool_figures(t.crowd.pool, &figures);
    assert_int_equal(figures.deaths, 0);
    assert_int_equal(figures.events_out, 0);
    crowd_end(&t.crowd);
}

/* What was out when its worker died comes again, the edit too. */
static void an_edit_survives_its_worker(void **state) {
    (void)state;
    static struct counts t;
    begin(&t);
    for (int turn = 1; turn <= 10; turn++) {
        crowd_candle(&t.crowd, 20000 + turn);
        crowd_settle(&t.crowd);
        int worker = pool_worker_of(t.crowd.pool, 0);
        int pid = pool_worker_pid(t.crowd.pool, worker);
        assert_true(pid > 0);
        kill(pid, SIGSTOP); /* so that nothing is answered before it dies */
        for (int i = 0; i < 8; i++) {
            if (pool_worker_of(t.crowd.pool, (uint32_t)i) == worker) {
                edit_send(&t, i, turn % (VERSIONS - 1));
            }
        }
        kill(pid, SIGKILL);
        while (t.crowd.members[0].losses < turn) {
            pool_poll(t.crowd.pool, CROWD_TURN_MS);
        }
        crowd_settle(&t.crowd);
        assert_int_equal(t.version[0], turn % (VERSIONS - 1));
    }
    struct pool_figures figures;
    pool_figures(t.crowd.pool, &figures);
    assert_int_equal(figures.deaths, 10);
    assert_int_equal(figures.events_out, 0);
    crowd_end(&t.crowd);
}

int main(int argc, char **argv) {
    if (crowd_is_worker(argc, argv)) {
        return worker_main();
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_change_between_events),
        cmocka_unit_test(an_edit_that_is_out_may_be_closed),
        cmocka_unit_test(an_edit_survives_its_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
