/* Every script of tests/attacks does its worst, once in a bare sandbox and once in a host, and must
 * end as its header says: by which fault, with which words, or in peace; within its CPU limit,
 * within its memory, and without harm to the script that runs next. */
#include "unit/script/attack_files.h"
#include "unit/script/host_harness.h"

#include "script/deadline.h"
#include "script/sandbox.h"
#include "worker/deadline_watcher.h"

#include <time.h>

#define CANDLES 40
#define SLACK_NS 60000000 /* of a machine that others use too; a lost deadline is endless */

static struct deadline deadline;
static struct deadline_watcher *watcher;

/* --- reading ------------------------------------------------------------------------------------
 */

static int attacks_read(void **state) {
    struct err e;
    (void)state;
    attacks_load();
    return deadline_watcher_start(&watcher, &deadline, &e);
}

static int attacks_free(void **state) {
    (void)state;
    deadline_watcher_stop(watcher);
    attacks_unload();
    return 0;
}

/* --- judging ------------------------------------------------------------------------------------
 */

static int64_t cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool attack_judge(
    const struct attack *a,
    const char *where,
    const struct fault *fault,
    int64_t taken_ns,
    int64_t limit_ns
) {
    bool is_as_said = attack_ends_as_said(a, where, fault->code, fault->text);
    bool is_in_time = taken_ns < limit_ns * TRADINGBOOST_LIMIT_FACTOR + SLACK_NS;
    if (is_as_said && !is_in_time) {
        print_error("%s in %s: took %.1f ms\n", a->name, where, (double)taken_ns / 1e6);
    }
    return is_as_said && is_in_time;
}

/* --- in a bare sandbox --------------------------------------------------------------------------
 */

static void call_handler(struct sandbox *s, const char *name, double close, struct fault *fault) {
    lua_State *L = sandbox_state(s); /* 1: M, 2: self */
    lua_getfield(L, 1, name);
    if (!lua_isfunction(L, -1)) {
        lua_settop(L, 2);
        return;
    }
    lua_pushvalue(L, 2);
    lua_createtable(L, 0, 2);
    lua_pushnumber(L, close);
    lua_setfield(L, -2, "close");
    lua_pushstring(L, "BTC-USDT-SWAP");
    lua_setfield(L, -2, "symbol");
    if (sandbox_call(s, 2, 0, 5000000, fault) == 0) {
        lua_settop(L, 2);
    }
}

static bool run_bare(const struct attack *a) {
    struct sandbox *s;
    struct err e;
    struct fault fault = {0};
    struct sandbox_options options = {
        .memory_max = (size_t)2 << 20, .pcall_depth_max = 200, .deadline = &deadline, .seed = 1};
    struct script_file file = {"init.lua", a->text, a->length};
    struct script_bundle bundle = {a->name, 0, &file, 1};
    assert_int_equal(sandbox_new(&s, &options, &e), 0);
    int64_t begin = cpu_ns();
    if (sandbox_load(s, &bundle, 5000000, &fault) == 0) {
        lua_newtable(sandbox_state(s));
        call_handler(s, "on_start", 0, &fault);
        for (int i = 0; i < CANDLES && fault.code == 0; i++) {
            begin = cpu_ns();
            call_handler(s, "on_candle", 20000 + i, &fault);
        }
    }
    bool is_good = attack_judge(a, "a sandbox", &fault, cpu_ns() - begin, 5000000);
    assert_true(sandbox_memory_peak(s) <= options.memory_max);
    sandbox_free(s);
    return is_good;
}

/* --- in a host ----------------------------------------------------------------------------------
 */

static void host_begin(struct harness *h) {
    struct err e;
    struct host_options options = {
        .capture = CAPTURE_ALWAYS,
        .deadline = &deadline,
        .activations_max = 4,
        .instruments_max = 4,
        .series_max = 4,
    };
    struct host_port port = {.ctx = h, .series = harness_series};
    struct instrument i = harness_instrument();
    *h = (struct harness){.now_ms = HARNESS_START};
    host_limits_default(&options.limits);
    assert_int_equal(host_new(&h->host, &options, &port, &e), 0);
    assert_int_equal(host_instrument(h->host, 0, &i, &e), 0);
    assert_int_equal(host_series(h->host, 0, 0, MINUTE_MS, &e), 0);
    assert_int_equal(host_series(h->host, 1, 0, 15 * MINUTE_MS, &e), 0);
}

static void host_open_text(
    struct harness *h, uint32_t activation, struct script_bundle *bundle, struct err *e
) {
    struct activation_open open = {
        .activation = activation,
        .bundle = bundle,
        .account = {.currency = "USDT"},
        .leverage = 1,
    };
    open.account.balance.d = d("10000");
    snprintf(open.id, sizeof open.id, "a%u", activation);
    assert_int_equal(host_open(h->host, &open, e), 0);
}

static struct fault host_send(struct harness *h, uint32_t activation, enum event_kind kind) {
    struct event event = {0};
    if (kind == EVENT_CANDLE) {
        event = harness_candle_event(h, 20000);
    } else {
        event = harness_event(h, kind);
    }
    event.activation = activation;
    host_event(h->host, &event, &h->done);
    if (h->done.fault.code != 0) {
        assert_int_equal(h->done.ask_count, 0); /* nothing of it happened */
    }
    return h->done.fault;
}

/* A second activation trades on in the same host, before and after. */
static void host_innocent(struct harness *h) {
    assert_int_equal(host_send(h, 1, EVENT_CANDLE).code, 0);
    assert_int_equal(h->done.ask_count, 1);
    assert_int_equal(h->done.asks[0].kind, ASK_LOG);
}

static bool run_host(const struct attack *a) {
    static const char innocent[] = "local M = { api = 1, name = 'innocent', version = 1 }\n"
                                   "function M:on_candle(c) self:log('close %.1f', c.close) end\n"
                                   "return M\n";
    struct script_file files[2] = {
        {"init.lua", a->text, a->length}, {"init.lua", innocent, sizeof innocent - 1}};
    struct script_bundle hostile = {a->name, 0, &files[0], 1};
    struct script_bundle good = {"innocent", 1, &files[1], 1};
    struct harness h;
    struct err e = {0};
    host_begin(&h);
    host_open_text(&h, 0, &hostile, &e);
    host_open_text(&h, 1, &good, &e);
    assert_int_equal(host_send(&h, 1, EVENT_START).code, 0);
    host_innocent(&h);
    int64_t limit_ns = 50000000;
    int64_t begin = cpu_ns();
    struct fault fault = host_send(&h, 0, EVENT_START);
    if (fault.code == 0) {
        fault = host_send(&h, 0, EVENT_READY);
        limit_ns = 5000000;
    }
    for (int i = 0; i < CANDLES && fault.code == 0; i++) {
        begin = cpu_ns();
        fault = host_send(&h, 0, EVENT_CANDLE);
    }
    bool is_good = attack_judge(a, "a host", &fault, cpu_ns() - begin, limit_ns);
    host_innocent(&h);
    host_free(h.host);
    return is_good;
}

/* --- tests --------------------------------------------------------------------------------------
 */

static void sandboxes_stand_it(void **state) {
    (void)state;
    int bad = 0;
    int run = 0;
    for (int i = 0; i < attack_count; i++) {
        if (!attacks[i].needs_host) {
            bad += !run_bare(&attacks[i]);
            run++;
        }
    }
    print_message("%d attacks on a sandbox\n", run);
    assert_true(run >= 60);
    assert_int_equal(bad, 0);
}

static void hosts_stand_it(void **state) {
    (void)state;
    int bad = 0;
    for (int i = 0; i < attack_count; i++) {
        bad += !run_host(&attacks[i]);
    }
    print_message("%d attacks on a host\n", attack_count);
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sandboxes_stand_it),
        cmocka_unit_test(hosts_stand_it),
    };
    return cmocka_run_group_tests(tests, attacks_read, attacks_free);
}
