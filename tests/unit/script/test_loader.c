#include "unit/script/snippet.h"

#include <stdlib.h>

#define FILE_OF(path, text)                                                                        \
    { path, text, sizeof(text) - 1 }
#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

static int load(
    struct sandbox *s,
    const struct script_file *files,
    int count,
    uint64_t hash,
    struct fault *fault
) {
    struct script_bundle bundle = {"hyperrsi", hash, files, count};
    return sandbox_load(s, &bundle, 50000000, fault);
}

static void faults(const struct script_file *files, int count, int code, const char *text) {
    struct sandbox *s = snippet_sandbox(NULL);
    struct fault fault = {0};
    assert_int_equal(load(s, files, count, 0, &fault), code);
    assert_string_equal(fault.text, text);
    sandbox_free(s);
}

static void files_reach_each_other(void **state) {
    (void)state;
    static const struct script_file files[] = {
        FILE_OF(
            "init.lua", "local exits = require './exits'\nlocal sizing = require 'sizing'\n"
                        "assert(require './exits' == exits)\nassert(require './nothing' == true)\n"
                        "return { exits = exits, sizing = sizing, later = function() return "
                        "require './sub/late' end }"
        ),
        FILE_OF("exits.lua", "return { n = 1, sizing = require 'sizing' }"),
        FILE_OF("sub/late.lua", "return 'late'"),
        FILE_OF("nothing.lua", "local x = 1"),
        FILE_OF("lib/sizing.lua", "return { name = 'sizing' }"),
    };
    struct sandbox *s = snippet_sandbox(NULL);
    struct fault fault = {0};
    assert_int_equal(load(s, files, COUNT(files), 11, &fault), 0);
    lua_State *L = sandbox_state(s);
    lua_getfield(L, -1, "exits");
    lua_getfield(L, -1, "sizing");
    lua_getfield(L, 1, "sizing");
    assert_true(lua_rawequal(L, -1, -2)); /* one module, one table */
    lua_getfield(L, 1, "later");
    assert_int_equal(sandbox_call(s, 0, 1, 1000000, &fault), 0);
    assert_string_equal(lua_tostring(L, -1), "late");
    sandbox_free(s);
}

static void faults_name_the_file(void **state) {
    (void)state;
    static const struct script_file broken[] = {
        FILE_OF("init.lua", "return require './exits'"),
        FILE_OF("exits.lua", "\n\nlocal x = nil + 1\nreturn x"),
    };
    struct sandbox *s = snippet_sandbox(NULL);
    struct fault fault = {0};
    assert_int_equal(load(s, broken, 2, 0, &fault), E_SCRIPT);
    assert_string_equal(
        fault.text, "hyperrsi/exits.lua:3: attempt to perform arithmetic on a nil value"
    );
    assert_string_equal(fault.file, "hyperrsi/exits.lua");
    assert_int_equal(fault.line, 3);
    sandbox_free(s);
    /* a file that nobody asks for is compiled all the same */
    static const struct script_file unread[] = {
        FILE_OF("init.lua", "return 1"), FILE_OF("lib/x.lua", "\nreturn return")};
    faults(unread, 2, E_SYNTAX, "lib/x.lua:2: unexpected symbol near 'return'");
}

static void wrong_names_are_told(void **state) {
    (void)state;
    static const struct script_file near[] = {
        FILE_OF("init.lua", "local x = require './exit'"), FILE_OF("exits.lua", "return 1")};
    faults(
        near, 2, E_SCRIPT,
        "hyperrsi/init.lua:1: require './exit': there is no such file, did "
        "you mean './exits'?"
    );
    static const char *const names[] = {
        "../init", "./../exits", "/etc/passwd", "lib/x", "", "./", "init.lua",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[96];
        snprintf(text, sizeof text, "local x = require '%s'", names[i]);
        snippet_faults(text, E_SCRIPT, "there is no such file");
    }
    snippet_faults("local x = require(nil)", E_SCRIPT, "bad argument #1 to 'require'");
}

static void cycles_are_refused(void **state) {
    (void)state;
    static const struct script_file cycle[] = {
        FILE_OF("init.lua", "local x = require './a' return x"),
        FILE_OF("a.lua", "local x = require './b' return x"),
        FILE_OF("b.lua", "local x = require './a' return x"),
    };
    faults(cycle, 3, E_SCRIPT, "hyperrsi/b.lua:1: require './a': it is loading already, a cycle");
    static const struct script_file self[] = {FILE_OF("init.lua", "local x = require './init'")};
    faults(self, 1, E_SCRIPT, "hyperrsi.lua:1: require './init': it is loading already, a cycle");
}

static void only_text_is_loaded(void **state) {
    (void)state;
    static const struct script_file code[] = {FILE_OF("init.lua", "\033LJ\2\2")};
    faults(code, 1, E_SYNTAX, "hyperrsi.lua: compiled code; scripts are text");
    static const struct script_file hidden[] = {FILE_OF("init.lua", "\xEF\xBB\xBF\033LJ\2\2")};
    struct sandbox *s = snippet_sandbox(NULL);
    struct fault fault = {0};
    assert_int_equal(load(s, hidden, 1, 0, &fault), E_SYNTAX);
    sandbox_free(s);
    snippet_faults("return 1LL", E_SYNTAX, "numbers that end in LL, ULL or i are not there");
    snippet_faults("return 2i", E_SYNTAX, "numbers that end in LL, ULL or i are not there");
    static const struct script_file wrong[] = {FILE_OF("init.txt", "return 1")};
    faults(wrong, 1, E_SCRIPT, "init.txt: not a path of a Lua file");
    faults(wrong, 0, E_SCRIPT, "hyperrsi: a script without a file");
}

/* The hash alone decides: with the same one the second text is never compiled. */
static void code_is_compiled_once(void **state) {
    (void)state;
    static const struct script_file first[] = {FILE_OF("init.lua", "return 1")};
    static const struct script_file second[] = {FILE_OF("init.lua", "return 2")};
    struct sandbox *s = snippet_sandbox(NULL);
    struct fault fault = {0};
    assert_int_equal(load(s, first, 1, 77, &fault), 0);
    assert_int_equal(load(s, second, 1, 77, &fault), 0);
    assert_int_equal(lua_tointeger(sandbox_state(s), -1), 1);
    assert_int_equal(load(s, second, 1, 0, &fault), 0); /* 0: not kept */
    assert_int_equal(lua_tointeger(sandbox_state(s), -1), 2);
    for (uint64_t hash = 1000; hash < 1064; hash++) { /* as many as the cache holds: 77 is gone */
        lua_settop(sandbox_state(s), 0);
        assert_int_equal(load(s, first, 1, hash, &fault), 0);
    }
    assert_int_equal(load(s, second, 1, 77, &fault), 0);
    assert_int_equal(lua_tointeger(sandbox_state(s), -1), 2);
    sandbox_free(s);
}

/* A sandbox keeps its files when the cache has forgotten them. */
static void code_outlives_the_cache(void **state) {
    (void)state;
    static const struct script_file files[] = {
        FILE_OF("init.lua", "return function() return require './late' end"),
        FILE_OF("late.lua", "return 42"),
    };
    static const struct script_file other[] = {FILE_OF("init.lua", "return 1")};
    struct sandbox *s = snippet_sandbox(NULL);
    struct sandbox *t = snippet_sandbox(NULL);
    struct fault fault = {0};
    assert_int_equal(load(s, files, 2, 5000, &fault), 0);
    for (uint64_t hash = 6000; hash < 6100; hash++) {
        assert_int_equal(load(t, other, 1, hash, &fault), 0);
        lua_settop(sandbox_state(t), 0);
    }
    assert_int_equal(sandbox_call(s, 0, 1, 1000000, &fault), 0);
    assert_int_equal(lua_tointeger(sandbox_state(s), -1), 42);
    sandbox_free(t);
    sandbox_free(s);
}

static void deep_sources_fail_cleanly(void **state) {
    (void)state;
    size_t length = 200000;
    char *text = malloc(length + 1);
    static const char *const openings[] = {"(", "{", "not ", "a(", "function() ", "do "};
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        size_t n = strlen(openings[i]);
        for (size_t at = 0; at + n <= length; at += n) {
            memcpy(text + at, openings[i], n);
            text[at + n] = '\0';
        }
        struct script_file file = {"init.lua", text, strlen(text)};
        struct sandbox *s = snippet_sandbox(NULL);
        struct fault fault = {0};
        assert_int_equal(load(s, &file, 1, 0, &fault), E_SYNTAX);
        sandbox_free(s);
    }
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_reach_each_other),  cmocka_unit_test(faults_name_the_file),
        cmocka_unit_test(wrong_names_are_told),    cmocka_unit_test(cycles_are_refused),
        cmocka_unit_test(only_text_is_loaded),     cmocka_unit_test(code_is_compiled_once),
        cmocka_unit_test(code_outlives_the_cache), cmocka_unit_test(deep_sources_fail_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
