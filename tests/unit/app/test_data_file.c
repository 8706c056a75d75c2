/* A Lua file that is data: what is taken, what is refused, and the lines of both. */
#include "script/data_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void load(struct data_file *file, const char *text) {
    struct err e = {0};
    if (data_text_load("test.lua", text, strlen(text), file, &e) != 0) {
        fail_msg("%s", e.msg);
    }
}

static void refuses(const char *text, int code, const char *what) {
    struct data_file file;
    struct err e = {0};
    assert_int_equal(data_text_load("test.lua", text, strlen(text), &file, &e), code);
    if (strstr(e.msg, what) == NULL) {
        fail_msg("'%s' does not say '%s'", e.msg, what);
    }
    assert_null(file.memory);
}

static void test_values(void **state) {
    (void)state;
    struct data_file file;
    load(&file, "return { text = 'a', number = 0.1, yes = true, no = false, list = { 1, 'b' } }");
    assert_int_equal(file.root.kind, DATA_TABLE);
    assert_string_equal(data_find(&file.root, "text")->text, "a");
    assert_true(data_find(&file.root, "number")->number == 0.1);
    assert_true(data_find(&file.root, "yes")->boolean);
    assert_false(data_find(&file.root, "no")->boolean);
    const struct data_value *list = data_find(&file.root, "list");
    assert_int_equal(list->count, 2);
    assert_null(list->entries[0].key);
    assert_int_equal(list->entries[1].index, 2);
    assert_string_equal(list->entries[1].value.text, "b");
    assert_null(data_find(&file.root, "none"));
    data_file_free(&file);
}

static void test_order_of_entries(void **state) {
    (void)state;
    struct data_file file;
    load(&file, "return { zeta = 1, 'one', alpha = 2, 'two', ['10'] = 3 }");
    static const char *const keys[] = {NULL, NULL, "10", "alpha", "zeta"};
    assert_int_equal(file.root.count, 5);
    for (int i = 0; i < 5; i++) {
        if (keys[i] == NULL) {
            assert_null(file.root.entries[i].key);
        } else {
            assert_string_equal(file.root.entries[i].key, keys[i]);
        }
    }
    data_file_free(&file);
}

static void test_lines(void **state) {
    (void)state;
    struct data_file file;
    load(
        &file,
        "-- a comment\n--[[ a long\none ]]\nlocal fee = 0.1\nreturn {\n  a = 1, b = fee * 2,\n"
        "  ['c d'] = { -- {\n    [[\n]], x = '}',\n    { y = 2 },\n  },\n  e = (1 + 2) * 3;\n"
        "  f = 4\n}\n"
    );
    assert_int_equal(file.root.line, 5);
    assert_int_equal(data_find(&file.root, "a")->line, 6);
    assert_int_equal(data_find(&file.root, "b")->line, 6);
    const struct data_value *c = data_find(&file.root, "c d");
    assert_int_equal(c->line, 7);
    assert_int_equal(c->entries[0].value.line, 8);
    assert_int_equal(data_find(c, "x")->line, 9);
    assert_int_equal(c->entries[1].value.line, 10);
    assert_int_equal(data_find(&c->entries[1].value, "y")->line, 10);
    assert_int_equal(data_find(&file.root, "e")->line, 12);
    assert_int_equal(data_find(&file.root, "f")->line, 13);
    data_file_free(&file);
}

static void test_repeated_keys_are_marked(void **state) {
    (void)state;
    struct data_file file;
    load(&file, "return {\n a = 1,\n b = 2,\n a = 3 }");
    assert_true(data_find(&file.root, "a")->repeated);
    assert_int_equal(data_find(&file.root, "a")->line, 4);
    assert_false(data_find(&file.root, "b")->repeated);
    data_file_free(&file);
}

static void test_no_library(void **state) {
    (void)state;
    refuses("return { os.getenv('HOME') }", E_CONFIG, "test.lua:1: there is no name 'os'");
    refuses("return { level = debug }", E_CONFIG, "there is no name 'debug'");
    refuses("return { ('x'):rep(3) }", E_CONFIG, "test.lua:1:");
    refuses("x = 1 return {}", E_CONFIG, "a data file makes no names");
    refuses("return { pcall }", E_CONFIG, "there is no name 'pcall'");
}

static void test_what_is_not_data(void **state) {
    (void)state;
    refuses("return { a = { function() end } }", E_CONFIG, "a[1]: a function is not data");
    refuses("return 5", E_CONFIG, "it must return one table");
    refuses("", E_CONFIG, "it must return one table");
    refuses("return { 1, nil, 3 }", E_CONFIG, "place 2 of the list is empty");
    refuses("return { [1.5] = 1 }", E_CONFIG, "a key must be a name or a place in a list");
    refuses("return { [true] = 1 }", E_CONFIG, "a key must be a name or a place in a list");
    refuses("return { 'a\\0b' }", E_CONFIG, "a text holds a zero byte");
    refuses("local t = {} t.t = t return t", E_CONFIG, "nested too deep, or in themselves");
    refuses("return { a = ", E_CONFIG, "test.lua:1:");
    refuses("\033LJ\002", E_CONFIG, "");
}

static void test_limits(void **state) {
    (void)state;
    refuses("while true do end", E_CONFIG, "test.lua:1: more than 5000000 instructions");
    refuses("local function f() return f() end f()", E_CONFIG, "instructions");
    refuses("local s = 'x' while true do s = s .. s end", E_LIMIT, "bytes of memory");
    refuses("local t = {} local n = 1 while true do t[n] = {} n = n + 1 end", E_LIMIT, "of memory");
    refuses("local function f() return 1 + f() end f()", E_CONFIG, "stack overflow");
    /* Few words, much data: each level holds the one below ten times. */
    char text[1024] = "local t = { 1 } ";
    for (int i = 0; i < 9; i++) {
        strcat(text, "t = { t, t, t, t, t, t, t, t, t, t } ");
    }
    strcat(text, "return t");
    refuses(text, E_LIMIT, "too much data");
}

static void test_a_large_text_is_refused(void **state) {
    (void)state;
    struct data_file file;
    struct err e = {0};
    size_t length = DATA_TEXT_MAX + 1;
    char *text = malloc(length);
    memset(text, ' ', length);
    assert_int_equal(data_text_load("test.lua", text, length, &file, &e), E_LIMIT);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),     cmocka_unit_test(test_order_of_entries),
        cmocka_unit_test(test_lines),      cmocka_unit_test(test_repeated_keys_are_marked),
        cmocka_unit_test(test_no_library), cmocka_unit_test(test_what_is_not_data),
        cmocka_unit_test(test_limits),     cmocka_unit_test(test_a_large_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
