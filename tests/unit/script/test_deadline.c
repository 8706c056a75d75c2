/* The deadline: what runs too long is ended, what does not is not, and the limit is CPU time. */
#include "unit/script/snippet.h"

#include "script/deadline.h"
#include "worker/deadline_watcher.h"

#include <lauxlib.h>
#include <time.h>

#define LIMIT_NS 5000000

static int64_t cpu_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct bench {
    struct deadline deadline;
    struct deadline_watcher *watcher;
};

static int start(void **state) {
    static struct bench bench;
    struct err e;
    *state = &bench;
    return deadline_watcher_start(&bench.watcher, &bench.deadline, &e);
}

static int stop(void **state) {
    struct bench *bench = *state;
    deadline_watcher_stop(bench->watcher);
    return 0;
}

static void endless_loops_end(void **state) {
    struct bench *bench = *state;
    static const char *const loops[] = {
        "while true do end",
        "local function f() return f() end f()",
        "while true do pcall(function() while true do end end) end",
        "local t = setmetatable({}, {__index = function() while true do end end}) return t.x",
        "local t = {} for i = 1, 20000 do t[i] = i end while true do table.sort(t) end",
        "local t = {} for i = 1, 9000 do t['k' .. i] = i end while true do for k in pairs(t) do "
        "end end",
    };
    for (size_t i = 0; i < sizeof loops / sizeof loops[0]; i++) {
        struct sandbox *s = snippet_sandbox(&bench->deadline);
        struct fault fault = {0};
        int64_t before = cpu_ns();
        assert_int_equal(snippet_load(s, loops[i], &fault), E_DEADLINE);
        int64_t taken = cpu_ns() - before;
        assert_int_equal(fault.line, 1);
        assert_non_null(
            strstr(fault.text, "rsi.lua:1: the handler took longer than its 5 ms of CPU")
        );
        assert_true(taken >= (int64_t)LIMIT_NS * TRADINGBOOST_LIMIT_FACTOR);
        assert_true(taken < (int64_t)LIMIT_NS * TRADINGBOOST_LIMIT_FACTOR + 20000000);
        assert_int_equal(snippet_load(s, "return 1", &fault), E_STATE);
        sandbox_free(s);
    }
}

/* The script thread works through many short calls while a watcher looks: none is hit, and after
 * one that was ended the next sandbox is not. */
static void innocent_calls_are_not_hit(void **state) {
    struct bench *bench = *state;
    struct fault fault = {0};
    struct sandbox *s = snippet_sandbox(&bench->deadline);
    assert_int_equal(
        snippet_load(
            s, "return function() local x = 0 for i = 1, 20000 do x = x + i end return x end",
            &fault
        ),
        0
    );
    for (int i = 0; i < 20; i++) {
        struct sandbox *hostile = snippet_sandbox(&bench->deadline);
        assert_int_equal(snippet_load(hostile, "while true do end", &fault), E_DEADLINE);
        sandbox_free(hostile);
        for (int call = 0; call < 30; call++) {
            lua_pushvalue(sandbox_state(s), 1);
            assert_int_equal(sandbox_call(s, 0, 1, LIMIT_NS, &fault), 0);
            assert_int_equal(lua_gethookmask(sandbox_state(s)), 0);
            lua_settop(sandbox_state(s), 1);
        }
    }
    sandbox_free(s);
}

static int wait_aside(lua_State *L) {
    struct timespec left = {0};
    int64_t pause_ns = (int64_t)LIMIT_NS * TRADINGBOOST_LIMIT_FACTOR * 6;
    left.tv_sec = pause_ns / 1000000000;
    left.tv_nsec = pause_ns % 1000000000;
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) != 0) {
    }
    lua_pushboolean(L, true);
    return 1;
}

static int give_wait(lua_State *L) {
    lua_pushcfunction(L, wait_aside);
    sandbox_set_global(L, "wait_aside");
    return 0;
}

/* Six limits of wall time in which the thread does not run: as when the system put it aside. */
static void wall_time_is_not_counted(void **state) {
    struct bench *bench = *state;
    struct fault fault = {0};
    struct sandbox *s = snippet_sandbox(&bench->deadline);
    assert_int_equal(sandbox_protect(s, give_wait, NULL, &fault), 0);
    assert_int_equal(snippet_load(s, "local ok = wait_aside() return ok", &fault), 0);
    assert_true(lua_toboolean(sandbox_state(s), -1));
    sandbox_free(s);
}

static int spin_in_c(lua_State *L) {
    int64_t until = cpu_ns() + (int64_t)LIMIT_NS * TRADINGBOOST_LIMIT_FACTOR * 2 + 4000000;
    while (cpu_ns() < until) {
    }
    lua_pushboolean(L, true);
    return 1;
}

static int give_spin(lua_State *L) {
    lua_pushcfunction(L, spin_in_c);
    sandbox_set_global(L, "spin");
    return 0;
}

/* A C function is not interrupted: the deadline is taken on the way out, also out of the handler.
 */
static void deadlines_in_c_are_taken_on_the_way_out(void **state) {
    struct bench *bench = *state;
    static const char *const texts[] = {
        "local ok = spin() return ok", "return spin()", "pcall(spin) local x = 1 return x"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fault fault = {0};
        struct sandbox *s = snippet_sandbox(&bench->deadline);
        assert_int_equal(sandbox_protect(s, give_spin, NULL, &fault), 0);
        assert_int_equal(snippet_load(s, texts[i], &fault), E_DEADLINE);
        assert_int_equal(lua_gettop(sandbox_state(s)), 0);
        sandbox_free(s);
    }
}

/* Without a watcher: expiring what does not run does nothing. */
static void a_late_signal_does_nothing(void **state) {
    (void)state;
    struct deadline d = {0};
    struct fault fault = {0};
    struct sandbox *s = snippet_sandbox(&d);
    deadline_expire(&d, 0);
    deadline_expire(&d, 1);
    assert_int_equal(atomic_load(&d.expired), 0);
    assert_int_equal(snippet_load(s, "return 1", &fault), 0);
    deadline_expire(&d, 1); /* its number, but it has ended */
    assert_int_equal(lua_gethookmask(sandbox_state(s)), 0);
    assert_int_equal(snippet_load(s, "return 2", &fault), 0);
    assert_int_equal(atomic_load(&d.running), 4);
    sandbox_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(endless_loops_end, start, stop),
        cmocka_unit_test_setup_teardown(innocent_calls_are_not_hit, start, stop),
        cmocka_unit_test_setup_teardown(wall_time_is_not_counted, start, stop),
        cmocka_unit_test_setup_teardown(deadlines_in_c_are_taken_on_the_way_out, start, stop),
        cmocka_unit_test(a_late_signal_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
