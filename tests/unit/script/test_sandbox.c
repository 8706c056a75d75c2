#include "unit/script/snippet.h"

#include <lauxlib.h>

/* --- the allow-list -----------------------------------------------------------------------------
 */

static void names_are_there(void **state) {
    (void)state;
    static const char *const names[] = {
        "assert",         "error",         "ipairs",       "next",         "pairs",
        "pcall",          "select",        "setmetatable", "getmetatable", "tonumber",
        "tostring",       "type",          "unpack",       "math.floor",   "math.random",
        "math.huge",      "table.insert",  "table.remove", "table.concat", "table.sort",
        "bit.band",       "json.encode",   "json.decode",  "string.byte",  "string.char",
        "string.find",    "string.format", "string.len",   "string.lower", "string.rep",
        "string.reverse", "string.sub",    "string.upper", "string.split", "string.trim",
        "string.starts",  "require",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[96];
        snprintf(text, sizeof text, "return %s ~= nil", names[i]);
        snippet_holds(text);
    }
}

static void names_are_absent(void **state) {
    (void)state;
    static const char *const names[] = {
        "os",
        "io",
        "debug",
        "package",
        "ffi",
        "jit",
        "coroutine",
        "xpcall",
        "load",
        "loadstring",
        "loadfile",
        "dofile",
        "module",
        "setfenv",
        "getfenv",
        "rawget",
        "rawset",
        "rawequal",
        "newproxy",
        "collectgarbage",
        "gcinfo",
        "print",
        "_G",
        "string.match",
        "string.gmatch",
        "string.gsub",
        "string.dump",
        "math.randomseed",
        "table.foreach",
        "table.foreachi",
        "table.getn",
        "table.maxn",
        "table.move",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[96];
        char with[96];
        snprintf(text, sizeof text, "return %s", names[i]);
        snprintf(with, sizeof with, "rsi.lua:1: %s is not there: ", names[i]);
        snippet_faults(text, E_SCRIPT, with);
    }
}

static void only_the_list_is_there(void **state) {
    (void)state;
    struct sandbox *s = snippet_sandbox(NULL);
    lua_State *L = sandbox_state(s);
    int count = 0;
    for (lua_pushnil(L); lua_next(L, LUA_GLOBALSINDEX); lua_pop(L, 1)) {
        count++;
    }
    assert_int_equal(count, 13 + 5);
    static const struct {
        const char *name;
        int count;
    } libraries[] = {{"math", 29}, {"table", 4}, {"bit", 12}, {"json", 2}, {"string", 13}};
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        lua_getglobal(L, libraries[i].name);
        count = 0;
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
            count++;
        }
        assert_int_equal(count, libraries[i].count);
    }
    sandbox_free(s);
}

static void globals_are_guarded(void **state) {
    (void)state;
    snippet_faults(
        "count = 1", E_SCRIPT, "rsi.lua:1: global 'count' was never declared: write local"
    );
    snippet_faults("return cont", E_SCRIPT, "'cont' was never declared");
    snippet_faults("return tostrng(1)", E_SCRIPT, "did you mean 'tostring'?");
    snippet_faults(
        "return math.flor(1)", E_SCRIPT, "math.flor is not there, did you mean 'floor'?"
    );
    snippet_faults("math.tau = 6", E_SCRIPT, "libraries are not for writing");
    snippet_faults("return string[1]", E_SCRIPT, "a library has names, not number");
    snippet_faults("return setmetatable(string, {})", E_SCRIPT, "protected");
    snippet_faults("return ('x'):match('x')", E_SCRIPT, "string.match is not there");
    snippet_faults("return getmetatable('x')", E_SCRIPT, "table expected, got string");
    snippet_holds("return getmetatable(string) == false and ('x'):upper() == 'X'");
}

/* --- faults -------------------------------------------------------------------------------------
 */

static void faults_say_where(void **state) {
    (void)state;
    struct sandbox *s = snippet_sandbox(NULL);
    struct fault fault;
    assert_int_equal(snippet_load(s, "local t\n\nreturn t.x", &fault), E_SCRIPT);
    assert_string_equal(fault.text, "rsi.lua:3: attempt to index local 't' (a nil value)");
    assert_string_equal(fault.file, "rsi.lua");
    assert_int_equal(fault.line, 3);
    assert_int_equal(snippet_load(s, "\nerror('plain', 0)", &fault), E_SCRIPT);
    assert_string_equal(fault.text, "rsi.lua:2: plain");
    assert_int_equal(snippet_load(s, "\n\nerror({})", &fault), E_SCRIPT);
    assert_string_equal(fault.text, "rsi.lua:3: an error that is a table");
    assert_int_equal(snippet_load(s, "error()", &fault), E_SCRIPT);
    assert_string_equal(fault.text, "rsi.lua:1: an error that is a nil");
    assert_int_equal(snippet_load(s, "local x = = 1", &fault), E_SYNTAX);
    assert_int_equal(fault.line, 1);
    assert_int_equal(
        snippet_load(s, "local function f()\n return 1 + f()\nend\nf()", &fault), E_SCRIPT
    );
    assert_string_equal(fault.text, "rsi.lua:2: stack overflow");
    assert_int_equal(snippet_load(s, "return 5", &fault), 0); /* and it goes on */
    assert_int_equal(lua_tointeger(sandbox_state(s), -1), 5);
    sandbox_free(s);
}

static void fault_texts_are_cut_whole(void **state) {
    (void)state;
    struct sandbox *s = snippet_sandbox(NULL);
    struct fault fault;
    assert_int_equal(
        snippet_load(s, "error('x\\1' .. ('\xC3\xA9'):rep(1000), 0)", &fault), E_SCRIPT
    );
    size_t length = strlen(fault.text);
    assert_true(length >= FAULT_TEXT_MAX - 20 && length < FAULT_TEXT_MAX);
    assert_int_equal((unsigned char)fault.text[length - 1], 0xA9);
    assert_non_null(strstr(fault.text, "rsi.lua:1: x?"));
    sandbox_free(s);
}

static int raise_quota(lua_State *L) {
    return sandbox_raise(L, E_QUOTA, "only %d of them", 3);
}

static int give_raiser(lua_State *L) {
    lua_pushcfunction(L, raise_quota);
    sandbox_set_global(L, "raise");
    return 0;
}

static void raised_codes_last(void **state) {
    (void)state;
    struct sandbox *s = snippet_sandbox(NULL);
    struct fault fault;
    assert_int_equal(sandbox_protect(s, give_raiser, NULL, &fault), 0);
    assert_int_equal(snippet_load(s, "\nraise()", &fault), E_QUOTA);
    assert_string_equal(fault.text, "rsi.lua:2: only 3 of them");
    assert_int_equal(fault.line, 2);
    /* caught and thrown again it is the same fault; another one is not */
    assert_int_equal(snippet_load(s, "local ok, e = pcall(raise) error(e, 0)", &fault), E_QUOTA);
    assert_int_equal(snippet_load(s, "pcall(raise) error('mine')", &fault), E_SCRIPT);
    assert_int_equal(snippet_load(s, "return pcall(raise)", &fault), 0);
    sandbox_free(s);
}

static int fail_at_once(lua_State *L) {
    return luaL_error(L, "%s", (const char *)lua_touserdata(L, 1));
}

static int eat_memory(lua_State *L) {
    while (lua_newuserdata(L, 4096)) {
        luaL_ref(L, LUA_REGISTRYINDEX);
    }
    return 0;
}

static void protected_work_fails_as_a_fault(void **state) {
    (void)state;
    struct sandbox *s = snippet_sandbox(NULL);
    struct fault fault;
    char text[] = "no luck";
    assert_int_equal(sandbox_protect(s, fail_at_once, text, &fault), E_SCRIPT);
    assert_string_equal(fault.text, "no luck");
    assert_int_equal(sandbox_protect(s, eat_memory, NULL, &fault), E_SCRIPT_MEMORY);
    assert_int_equal(lua_gettop(sandbox_state(s)), 0);
    sandbox_free(s);
}

/* --- calls --------------------------------------------------------------------------------------
 */

static void calls_pass_arguments_and_results(void **state) {
    (void)state;
    struct sandbox *s = snippet_sandbox(NULL);
    lua_State *L = sandbox_state(s);
    struct fault fault;
    lua_pushinteger(L, 99); /* what lies below stays */
    assert_int_equal(
        snippet_load(
            s, "return function(a, b) if not b then error('no b') end return b, a end", &fault
        ),
        0
    );
    lua_pushvalue(L, -1);
    lua_pushinteger(L, 1);
    lua_pushinteger(L, 2);
    assert_int_equal(sandbox_call(s, 2, 2, 1000000, &fault), 0);
    assert_int_equal(lua_gettop(L), 4);
    assert_int_equal(lua_tointeger(L, 3), 2);
    assert_int_equal(lua_tointeger(L, 4), 1);
    lua_settop(L, 2);
    lua_pushinteger(L, 1);
    assert_int_equal(sandbox_call(s, 1, 2, 1000000, &fault), E_SCRIPT);
    assert_int_equal(lua_gettop(L), 1);
    assert_int_equal(lua_tointeger(L, 1), 99);
    sandbox_free(s);
}

static void memory_ends_the_sandbox(void **state) {
    (void)state;
    struct sandbox *s = snippet_sandbox(NULL);
    struct fault fault;
    const char *text = "local t = {}\nwhile true do\nt[#t + 1] = ('x'):rep(1000) .. #t\nend";
    assert_int_equal(snippet_load(s, text, &fault), E_SCRIPT_MEMORY);
    assert_string_equal(fault.text, "rsi.lua:3: the script needs more memory than its 2048 KiB");
    assert_true(sandbox_memory_peak(s) <= (size_t)2 << 20);
    assert_true(sandbox_memory_peak(s) > (size_t)1 << 20);
    assert_int_equal(snippet_load(s, "return 1", &fault), E_STATE);
    sandbox_free(s);
}

static void pcall_does_not_hide_a_refusal(void **state) {
    (void)state;
    snippet_faults(
        "pcall(function() local s = ('x'):rep(1000000) s = s .. s .. s end) return 1",
        E_SCRIPT_MEMORY, "more memory"
    );
}

static void garbage_is_no_reason_to_refuse(void **state) {
    (void)state;
    /* 1.2 MiB live and 200 MiB of garbage in 2 MiB. */
    snippet_holds("local keep = {} for i = 1, 1200 do keep[i] = ('x'):rep(1000) .. i end "
                  "for i = 1, 20000 do local s = ('y'):rep(10000) .. i end return #keep == 1200");
}

static void pcall_nests_200_deep(void **state) {
    (void)state;
    static const char nest[] = "local function f(n) if n == 0 then return 0 end "
                               "local ok, depth = pcall(f, n - 1) "
                               "if not ok then error(depth, 0) end return depth + 1 end ";
    char text[256];
    snprintf(text, sizeof text, "%s return f(200) == 200", nest);
    snippet_holds(text);
    snprintf(text, sizeof text, "%s return f(201) == 201", nest);
    snippet_faults(text, E_QUOTA, "rsi.lua:1: pcall is nested over 200 deep");
    /* and the count comes down again with an error */
    snippet_holds("for i = 1, 1000 do pcall(function() pcall(error) error() end) end return true");
}

static void everything_is_returned(void **state) {
    (void)state;
    size_t before = 0;
    for (int i = 0; i < 20; i++) {
        struct sandbox *s = snippet_sandbox(NULL);
        struct fault fault;
        assert_int_equal(snippet_load(s, "return {1, 2, {3}}", &fault), 0);
        assert_true(i == 0 || sandbox_memory(s) == before); /* equal on every run */
        before = sandbox_memory(s);
        sandbox_free(s);
    }
    assert_true(before < 40 * 1024);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_there),
        cmocka_unit_test(names_are_absent),
        cmocka_unit_test(only_the_list_is_there),
        cmocka_unit_test(globals_are_guarded),
        cmocka_unit_test(faults_say_where),
        cmocka_unit_test(fault_texts_are_cut_whole),
        cmocka_unit_test(raised_codes_last),
        cmocka_unit_test(protected_work_fails_as_a_fault),
        cmocka_unit_test(calls_pass_arguments_and_results),
        cmocka_unit_test(memory_ends_the_sandbox),
        cmocka_unit_test(pcall_does_not_hide_a_refusal),
        cmocka_unit_test(garbage_is_no_reason_to_refuse),
        cmocka_unit_test(pcall_nests_200_deep),
        cmocka_unit_test(everything_is_returned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
