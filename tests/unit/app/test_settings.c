/* Rows against values: every kind, its bounds, and the sentences of its faults. */
#include "app/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct values {
    const char *name;
    int colour;
    bool is_on;
    int count;
    int64_t span_ms;
    size_t bytes;
    struct decimal share;
    const struct data_value *extra;
    int of_each;
    int workers;
};

#define AT(member) offsetof(struct values, member)

static const struct setting_row rows[] = {
    {"name", SETTING_TEXT, AT(name), NULL, NULL, NULL, "what it is called", {0}},
    {"paint.colour", SETTING_CHOICE, AT(colour), "green", NULL, NULL, "", {"red", "green", "blue"}},
    {"paint.is_on", SETTING_BOOLEAN, AT(is_on), "true", NULL, NULL, "", {0}},
    {"paint.count", SETTING_INTEGER, AT(count), "3", "1", "10", "", {0}},
    {"span_ms", SETTING_LONG, AT(span_ms), "1000", "0", NULL, "", {0}},
    {"bytes", SETTING_SIZE, AT(bytes), "65536", "1", "1073741824", "", {0}},
    {"share", SETTING_DECIMAL, AT(share), "0.5", "0", "1", "", {0}},
    {"extra", SETTING_DATA, AT(extra), "", NULL, NULL, "", {0}},
    {"workers", SETTING_INTEGER, AT(workers), "0", "0", "64", "", {"inline", "one"}},
    {"list[].of_each", SETTING_INTEGER, AT(of_each), "7", "0", "9", "", {0}},
    {0},
};

struct checked {
    struct data_file file;
    struct values values;
    struct settings_faults faults;
};

static void check(struct checked *c, const char *text) {
    struct err e = {0};
    memset(c, 0, sizeof *c);
    settings_faults_init(&c->faults, "t.lua");
    settings_default(rows, "", &c->values);
    if (data_text_load("t.lua", text, strlen(text), &c->file, &e) != 0) {
        fail_msg("%s", e.msg);
    }
    settings_check(rows, "", "", &c->file.root, &c->values, &c->faults);
    settings_missing(rows, "", "", 1, &c->values, &c->faults);
}

static void check_free(struct checked *c) {
    settings_faults_free(&c->faults);
    data_file_free(&c->file);
}

static void faults_are(const char *text, const char *wanted) {
    struct checked c;
    check(&c, text);
    assert_string_equal(c.faults.text.data, wanted);
    check_free(&c);
}

static void test_defaults(void **state) {
    (void)state;
    struct checked c;
    check(&c, "return { name = 'x' }");
    assert_int_equal(c.faults.count, 0);
    assert_int_equal(c.values.colour, 1);
    assert_true(c.values.is_on);
    assert_int_equal(c.values.count, 3);
    assert_int_equal(c.values.span_ms, 1000);
    assert_int_equal(c.values.bytes, 65536);
    assert_true(c.values.share.v == DECIMAL_ONE / 2);
    assert_null(c.values.extra);
    assert_int_equal(c.values.of_each, 0);
    check_free(&c);
}

static void test_values_are_taken(void **state) {
    (void)state;
    struct checked c;
    check(
        &c, "return { name = 'x', paint = { colour = 'blue', is_on = false, count = 10 },\n"
            "span_ms = 86400000000, bytes = 1, share = 0.1, extra = { 1 }, list = { {} } }"
    );
    assert_string_equal(c.faults.text.data, "");
    assert_int_equal(c.values.colour, 2);
    assert_false(c.values.is_on);
    assert_int_equal(c.values.count, 10);
    assert_int_equal(c.values.span_ms, 86400000000);
    assert_int_equal(c.values.bytes, 1);
    assert_true(c.values.share.v == DECIMAL_ONE / 10);
    assert_int_equal(c.values.extra->count, 1);
    check_free(&c);
}

static void test_a_number_may_have_words(void **state) {
    (void)state;
    struct checked c;
    check(&c, "return { name = 'x', workers = 'one' }");
    assert_int_equal(c.faults.count, 0);
    assert_int_equal(c.values.workers, 1);
    check_free(&c);
    check(&c, "return { name = 'x', workers = 'inline' }");
    assert_int_equal(c.values.workers, 0);
    check_free(&c);
    check(&c, "return { name = 'x', workers = 7 }");
    assert_int_equal(c.values.workers, 7);
    check_free(&c);
    faults_are(
        "return { name = 'x', workers = 'many' }",
        "t.lua:1: workers: 'many' is not a number; allowed: inline, one, 0 to 64\n"
    );
    faults_are(
        "return { name = 'x', workers = 65 }",
        "t.lua:1: workers: 65 is out of range; allowed: inline, one, 0 to 64\n"
    );
}

static void test_every_fault_is_listed(void **state) {
    (void)state;
    faults_are(
        "return {\n paint = {\n colour = 'gren', is_on = 'yes', count = 11 },\n"
        " span_ms = 1.5,\n share = 'half', bytes = true, nme = 'x', extra = 5, 7 }",
        "t.lua:5: the file: entry 1 has no name: write name = value\n"
        "t.lua:5: bytes: it must be a whole number, not a boolean\n"
        "t.lua:5: extra: it must be a table, not a number\n"
        "t.lua:5: nme: there is no such setting, did you mean 'name'?\n"
        "t.lua:3: paint.colour: 'gren' is not one of its values, did you mean 'green'?; allowed: "
        "red, green, blue\n"
        "t.lua:3: paint.count: 11 is out of range; allowed: 1 to 10\n"
        "t.lua:3: paint.is_on: it must be true or false, not a text\n"
        "t.lua:5: share: 'half' is not a number; allowed: 0 to 1\n"
        "t.lua:4: span_ms: 1.5 is not a whole number; allowed: 0 or more\n"
        "t.lua:1: name: it is missing: what it is called\n"
    );
}

static void test_sections_and_repetition(void **state) {
    (void)state;
    faults_are(
        "return { name = 'x', paint = 5 }",
        "t.lua:1: paint: it must be a table { ... }, not a number\n"
    );
    faults_are("return {\n name = 'x',\n name = 'y' }", "t.lua:3: name: it is given twice\n");
    faults_are(
        "return { name = 'x', share = 1/0 }",
        "t.lua:1: share: it is out of range; allowed: 0 to 1\n"
    );
    faults_are(
        "return { name = 'x', span_ms = 1e19 }",
        "t.lua:1: span_ms: 10000000000000000000 is out of range; allowed: 0 or more\n"
    );
    faults_are(
        "return { name = 'x', paint = { count = 2^60 } }",
        "t.lua:1: paint.count: 1152921504606847000 is out of range; allowed: 1 to 10\n"
    );
}

static void test_environment(void **state) {
    (void)state;
    struct checked c;
    char *environment[] = {
        "PATH=/bin",
        "TRADINGBOOST_PAINT_COUNT=9",
        "TRADINGBOOST_SHARE=0.25",
        "TRADINGBOOST_NAME=a=b",
        NULL,
    };
    check(&c, "return { name = 'x' }");
    settings_environment(rows, environment, &c.values, &c.faults);
    assert_string_equal(c.faults.text.data, "");
    assert_int_equal(c.values.count, 9);
    assert_true(c.values.share.v == DECIMAL_ONE / 4);
    assert_string_equal(c.values.name, "a=b");
    char *bad[] = {
        "TRADINGBOOST_PAINT_COUNT=many",
        "TRADINGBOOST_PAINT_COUNTS=1",
        "TRADINGBOOST_EXTRA=1",
        NULL,
    };
    settings_environment(rows, bad, &c.values, &c.faults);
    assert_string_equal(
        c.faults.text.data,
        "environment: TRADINGBOOST_PAINT_COUNT: 'many' is not a number; allowed: 1 to 10\n"
        "environment: TRADINGBOOST_PAINT_COUNTS: there is no such setting, did you mean "
        "TRADINGBOOST_PAINT_COUNT?\n"
        "environment: TRADINGBOOST_EXTRA: there is no such setting\n"
    );
    check_free(&c);
}

static void test_reference(void **state) {
    (void)state;
    struct buffer out;
    buffer_init(&out, 1 << 16);
    settings_describe(rows, &out);
    assert_non_null(strstr(out.data, "## paint\n"));
    assert_non_null(strstr(out.data, "| `paint.count` |  | `3` | 1 to 10 |"));
    assert_non_null(strstr(out.data, "| `name` | what it is called | must be given |  |"));
    buffer_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values_are_taken),
        cmocka_unit_test(test_a_number_may_have_words),
        cmocka_unit_test(test_every_fault_is_listed),
        cmocka_unit_test(test_sections_and_repetition),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
