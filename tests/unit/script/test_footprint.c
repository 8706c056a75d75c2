/* Footprints: what a handler touched is among the lines, what it did not is not, and watching
 * changes nothing of what a script does. */
#include "host_harness.h"

#include "script/footprint.h"

#include <lauxlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define IS_SCATTERED true
#else
#define IS_SCATTERED false
#endif

/* The tables of 200 fields lie far from one another. */
static const char script[] =
    "local M = { api = 1, name = 'test', version = 1 }\n"
    "local function far() local t = {} for i = 1, 200 do t['k' .. i] = i end return t end\n"
    "M.between = far()\n"
    "M.hot = { values = { 1, 2, 3 } }\n"
    "function M.hot.sum(t, more) return t.values[1] + more end\n"
    "M.cold = { values = { 1, 2, 3 } }\n"
    "M.between2 = far()\n"
    "function M.cold.sum(t, more) return t.values[2] + more end\n"
    "M.between3 = far()\n"
    "local hot, cold = M.hot, M.cold\n"
    "function M.handle(n) local f = n == 0 and cold or hot return f:sum(n) end\n"
    "function M.deep(n) if n > 0 then return 1 + M.deep(n - 1) end return 0 end\n"
    "function M.fail() local t = hot.values return t.x.y end\n"
    "function M.bomb() local s = 'xxxxxxxxxx' while true do s = s .. s end end\n"
    "function M.many() local n = 0 for i = 1, 300 do local f = function() n = n + 1 end f() end "
    "return n end\n"
    "return M\n";

static struct sandbox *sandbox;
static struct footprint_notes *notes;
static struct footprint footprint;

static int sandbox_make(void **state) {
    (void)state;
    struct err e;
    struct fault fault;
    struct sandbox_options options = {.memory_max = (size_t)2 << 20, .pcall_depth_max = 200};
    struct script_file file = {"init.lua", script, sizeof script - 1};
    struct script_bundle bundle = {"test", 0, &file, 1};
    notes = footprint_notes_new();
    assert_non_null(notes);
    assert_int_equal(sandbox_new(&sandbox, &options, &e), 0);
    assert_int_equal(sandbox_load(sandbox, &bundle, 0, &fault), 0);
    return 0;
}

static int sandbox_drop(void **state) {
    (void)state;
    sandbox_free(sandbox);
    footprint_notes_free(notes);
    return 0;
}

static int call_watched(const char *name, double argument, struct fault *fault) {
    lua_State *L = sandbox_state(sandbox);
    lua_getfield(L, 1, name);
    lua_pushnumber(L, argument);
    assert_true(footprint_watch(sandbox, notes));
    footprint_note(sandbox, 1);
    int code = sandbox_call(sandbox, 1, 0, 0, fault);
    footprint_make(sandbox, &footprint);
    assert_true(footprint.count > 10);
    assert_true(footprint.count <= FOOTPRINT_LINES_MAX);
    for (int i = 1; i < footprint.count; i++) {
        assert_true(footprint.lines[i] > footprint.lines[i - 1]);
    }
    return code;
}

static bool has_address(const void *address) {
    uintptr_t line = ((uintptr_t)address - (uintptr_t)footprint.base) / FOOTPRINT_LINE;
    for (int i = 0; i < footprint.count; i++) {
        if (footprint.lines[i] == line) {
            return true;
        }
    }
    return false;
}

/* Of M.a.b, or of M.a. */
static const void *object_of(const char *a, const char *b) {
    lua_State *L = sandbox_state(sandbox);
    lua_getfield(L, 1, a);
    if (b) {
        lua_getfield(L, -1, b);
        lua_remove(L, -2);
    }
    const void *object = lua_topointer(L, -1);
    lua_pop(L, 1);
    return object;
}

static void what_runs_is_among_the_lines(void **state) {
    (void)state;
    struct fault fault;
    if (IS_SCATTERED) {
        print_message("SKIP: this allocator scatters a sandbox over more than a window of lines\n");
        skip();
    }
    assert_int_equal(call_watched("handle", 1, &fault), 0);
    assert_true(has_address(object_of("handle", NULL)));
    assert_true(has_address(object_of("hot", NULL)));
    assert_true(has_address(object_of("hot", "sum")));
    assert_true(has_address(object_of("hot", "values")));
    assert_true(has_address(sandbox));
    assert_true(has_address(sandbox_state(sandbox)));
    assert_false(has_address(object_of("cold", "sum")));
    assert_int_equal(call_watched("handle", 0, &fault), 0);
    assert_true(has_address(object_of("cold", "sum")));
    footprint_fetch(&footprint);
}

static void what_is_too_much_is_left_out(void **state) {
    (void)state;
    struct fault fault;
    assert_int_equal(call_watched("deep", 5000, &fault), 0);
    assert_int_equal(call_watched("many", 0, &fault), 0);
    lua_gc(sandbox_state(sandbox), LUA_GCCOLLECT, 0);
    assert_int_equal(call_watched("handle", 1, &fault), 0);
    assert_true(IS_SCATTERED || has_address(object_of("hot", "sum")));
}

static void a_watched_call_may_fail(void **state) {
    (void)state;
    struct fault fault;
    assert_int_equal(call_watched("fail", 0, &fault), E_SCRIPT);
    assert_non_null(strstr(fault.text, "test.lua:13:"));
    assert_int_equal(call_watched("handle", 1, &fault), 0);
    assert_int_equal(call_watched("bomb", 0, &fault), E_SCRIPT_MEMORY);
}

/* --- in a host ----------------------------------------------------------------------------------
 */

#define HANDLERS                                                                                   \
    "local M = { api = 1, name = 'test', version = 1 }\n"                                          \
    "function M:on_start() self:watch('BTC-USDT-SWAP', '15m') end\n"                               \
    "function M:on_candle(c)\n"                                                                    \
    "  local s = self.state s.n = (s.n or 0) + 1\n"                                                \
    "  s.text = string.format('%d %s', s.n, c.symbol)\n"                                           \
    "  if s.n % 3 == 0 then self:log('n %d', s.n) end\n"                                           \
    "  if s.n % 50 == 0 then error('every fiftieth') end\n"                                        \
    "  if s.n % 7 == 0 then self:buy(c.symbol, { quantity = 0.01 }) end\n"                         \
    "end\n"                                                                                        \
    "return M\n"

/* After a fault the script is started anew. */
static size_t
answer_of(struct harness *h, int candle, char *bytes, size_t capacity, bool *is_fault) {
    const struct done *done = harness_candle(h, 100 + candle % 9);
    size_t length = message_encode_done(done, bytes, capacity);
    *is_fault = done->fault.code != 0;
    if (*is_fault) {
        harness_start(h);
    }
    return length;
}

static void answers_are_the_same(void **state) {
    (void)state;
    static struct harness plain, ahead;
    static char a[65536], b[65536];
    static const char text[] = HANDLERS;
    harness_host_with(&plain, CAPTURE_DEFERRED, false);
    harness_host_with(&ahead, CAPTURE_DEFERRED, true);
    harness_open_as(&plain, 0, text, NULL, 0, false);
    harness_open_as(&ahead, 0, text, NULL, 0, false);
    harness_start(&plain);
    harness_start(&ahead);
    int faults = 0;
    for (int i = 0; i < 300; i++) {
        host_fetch_soon(ahead.host, 0, EVENT_CANDLE);
        host_fetch(ahead.host, 0, EVENT_CANDLE);
        host_fetch(ahead.host, 3, EVENT_TICKER); /* not open */
        host_fetch_soon(ahead.host, UINT32_MAX, EVENT_FILL);
        bool is_fault, has_faulted;
        size_t length = answer_of(&plain, i, a, sizeof a, &has_faulted);
        assert_int_equal(answer_of(&ahead, i, b, sizeof b, &is_fault), length);
        assert_memory_equal(a, b, length);
        faults += has_faulted;
        host_capture_pending(plain.host);
        host_capture_pending(ahead.host);
    }
    assert_true(faults > 0);
    harness_close(&plain);
    harness_close(&ahead);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_runs_is_among_the_lines, sandbox_make, sandbox_drop),
        cmocka_unit_test_setup_teardown(what_is_too_much_is_left_out, sandbox_make, sandbox_drop),
        cmocka_unit_test_setup_teardown(a_watched_call_may_fail, sandbox_make, sandbox_drop),
        cmocka_unit_test(answers_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
