/* All scripts of tests/attacks at once in worker processes, beside innocents: each ends as its
 * header says, no worker dies of one, and the innocents' values are those of a run without them. */
#include "unit/script/attack_files.h"
#include "unit/worker/crowd.h"

#define CANDLES 40
#define INNOCENTS 24

/* What it logs stands on its state, the libraries that strings and tables share, an indicator. */
static const char innocent[] = "local M = { api = 1, name = 'innocent', version = 1, params = {\n"
                               "  symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' },\n"
                               "  timeframe = { type = 'timeframe', default = '15m' } } }\n"
                               "function M:on_start()\n"
                               "  self.average = self:indicator('ema', self.params.symbol, "
                               "self.params.timeframe, { length = 5 "
                               "})\n"
                               "end\n"
                               "function M:on_candle(c)\n"
                               "  local s = self.state\n"
                               "  s.n, s.sum = (s.n or 0) + 1, (s.sum or 0) + c.close\n"
                               "  s.list = s.list or {}\n"
                               "  s.list[#s.list + 1] = c.close\n"
                               "  table.sort(s.list)\n"
                               "  self:log('%d %.1f %s %.6f %s %s', s.n, s.sum, "
                               "tostring(s.list[#s.list]), self.average[0] or 0,\n"
                               "    ('x'):rep(3), tostring(math.random(1000)))\n"
                               "end\n"
                               "return M\n";
static const struct script_file innocent_file = {"init.lua", innocent, sizeof innocent - 1};

static char expected[CANDLES][160]; /* what an innocent logs at each candle */
static int heard[INNOCENTS];
static bool is_expecting;

/* The innocents are the first members. */
static void innocent_log(struct crowd *c, struct member *m, const struct done *done) {
    long index = m - c->members;
    if (index >= INNOCENTS || m->out.kind == EVENT_START || done->ask_count == 0) {
        return;
    }
    assert_int_equal(done->ask_count, 1);
    const char *text = done->asks[0].u.log.text;
    assert_true(heard[index] < CANDLES);
    if (is_expecting) {
        snprintf(expected[heard[index]], sizeof expected[0], "%s", text);
    }
    assert_string_equal(text, expected[heard[index]]);
    heard[index]++;
}

static void crowd_make(struct crowd *c, int count, int innocents) {
    struct pool_options options = crowd_options(count);
    struct err e;
    crowd_begin(c, &options);
    c->on_done = innocent_log;
    c->timeframes[0] = 15 * MINUTE_MS;
    c->timeframes[1] = MINUTE_MS;
    c->series_count = 2;
    assert_int_equal(pool_series(c->pool, 0, 0, c->timeframes[0], &e), 0);
    assert_int_equal(pool_series(c->pool, 1, 0, c->timeframes[1], &e), 0);
    memset(heard, 0, sizeof heard);
    for (int i = 0; i < innocents; i++) {
        crowd_add(c, i, &innocent_file, 1);
    }
    crowd_settle(c);
}

static double price_at(int i) {
    return 20000 + i * 7 % 40;
}

static void values_are_learnt(void) {
    struct crowd c;
    is_expecting = true;
    crowd_make(&c, 1, 1);
    for (int i = 0; i < CANDLES; i++) {
        crowd_candle(&c, price_at(i));
        crowd_settle(&c);
    }
    assert_int_equal(heard[0], CANDLES);
    is_expecting = false;
    crowd_end(&c);
}

static void
hostile_add(struct crowd *c, int index, const struct attack *a, struct script_file *file) {
    struct member *m = &c->members[index];
    *file = (struct script_file){"init.lua", a->text, a->length};
    m->bundle = (struct script_bundle){a->name, (uint64_t)index + 100, file, 1};
    crowd_open(c, m);
    crowd_send(c, m, crowd_event(c, EVENT_START));
}

/* Who has faulted is left alone; everybody else gets the event. */
static void everybody_hears(struct crowd *c, enum event_kind kind) {
    for (int i = 0; i < c->count; i++) {
        struct member *m = &c->members[i];
        if (!m->is_started || m->faults > 0) {
            continue;
        }
        if (kind == EVENT_CANDLE) {
            crowd_send_candle(c, m);
        } else {
            crowd_send(c, m, crowd_event(c, kind));
        }
    }
    crowd_settle(c);
}

static void workers_stand_it(void **state) {
    struct crowd c;
    struct pool_figures figures;
    struct script_file *files = calloc(ATTACKS_MAX, sizeof *files);
    int bad = 0;
    (void)state;
    assert_non_null(files);
    values_are_learnt();
    crowd_make(&c, INNOCENTS + attack_count, INNOCENTS);
    for (int i = 0; i < attack_count; i++) {
        hostile_add(&c, INNOCENTS + i, &attacks[i], &files[i]);
    }
    crowd_settle(&c);
    everybody_hears(&c, EVENT_READY);
    for (int i = 0; i < CANDLES; i++) {
        crowd_bar(&c, price_at(i));
        everybody_hears(&c, EVENT_CANDLE);
    }
    everybody_hears(&c, EVENT_READY); /* what a state did in the last candle is told */
    for (int i = 0; i < attack_count; i++) {
        const struct member *m = &c.members[INNOCENTS + i];
        bad += !attack_ends_as_said(&attacks[i], "a worker", m->fault.code, m->fault.text);
    }
    for (int i = 0; i < INNOCENTS; i++) {
        assert_int_equal(heard[i], CANDLES);
        assert_int_equal(c.members[i].faults, 0);
    }
    pool_figures(c.pool, &figures);
    assert_int_equal(figures.deaths, 0);
    assert_int_equal(figures.ignored, 0);
    print_message("%d attacks beside %d innocents\n", attack_count, INNOCENTS);
    assert_true(attack_count >= 150);
    assert_int_equal(bad, 0);
    crowd_end(&c);
    free(files);
}

static int group_begin(void **state) {
    (void)state;
    attacks_load();
    return 0;
}

static int group_end(void **state) {
    (void)state;
    attacks_unload();
    return 0;
}

int main(int argc, char **argv) {
    if (crowd_is_worker(argc, argv)) {
        return worker_main();
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_stand_it),
    };
    return cmocka_run_group_tests(tests, group_begin, group_end);
}
