#include "gateway/json_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static _Alignas(16) char block[1 << 20];

static int read_text(const char *text, const struct json_value **out, struct err *e) {
    static struct arena arena;
    arena_init(&arena, block, sizeof block);
    return json_read(text, strlen(text), &arena, out, e);
}

static void test_values(void **state) {
    const struct json_value *v;
    struct err e;
    (void)state;
    assert_int_equal(
        read_text(
            " {\"a\": [1, -2.50, 1e+3, true, false, null, \"x\"], \"b\": {}, \"c\": []}\n", &v, &e
        ),
        0
    );
    assert_int_equal(v->kind, JSON_OBJECT);
    assert_int_equal(v->count, 3);
    const struct json_value *a = json_member(v, "a");
    assert_int_equal(a->count, 7);
    assert_string_equal(a->first->next->text, "-2.50");
    assert_string_equal(a->first->next->next->text, "1e+3");
    assert_int_equal(json_member(v, "b")->kind, JSON_OBJECT);
    assert_null(json_member(v, "d"));
}

static void test_strings(void **state) {
    const struct json_value *v;
    struct err e;
    (void)state;
    assert_int_equal(
        read_text("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\xC3\xA9\"", &v, &e), 0
    );
    assert_string_equal(v->text, "\"\\/\b\f\n\r\t\xC3\xA9\xF0\x9F\x98\x80\xC3\xA9");
}

static void test_refused(void **state) {
    static const char *const texts[] = {
        "",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\" 1}",
        "[1 2]",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "NaN",
        "Infinity",
        "-Infinity",
        "nul",
        "truex",
        "'a'",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"",
        "\"a\nb\"",
        "\"\x80\"",
        "\"\xC0\x80\"",
        "1 2",
        "{\"a\":1}}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "// c\n1",
        "[1]//",
        "\"\\",
    };
    const struct json_value *v;
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (read_text(texts[i], &v, &e) != E_SYNTAX) {
            fail_msg("%s was not refused", texts[i]);
        }
        assert_true(strlen(e.msg) > 0);
    }
}

static void test_depth(void **state) {
    const struct json_value *v;
    struct err e;
    char text[64];
    (void)state;
    memset(text, '[', 16);
    memset(text + 16, ']', 16);
    text[32] = '\0';
    assert_int_equal(read_text(text, &v, &e), 0);
    memset(text, '[', 17);
    memset(text + 17, ']', 17);
    text[34] = '\0';
    assert_int_equal(read_text(text, &v, &e), E_SYNTAX);
}

static void test_bounds(void **state) {
    const struct json_value *v;
    struct err e;
    char *text = malloc(1 << 20);
    (void)state;
    assert_non_null(text);
    int n = sprintf(text, "{");
    for (int i = 0; i <= JSON_READ_MEMBERS_MAX; i++) {
        n += sprintf(text + n, "%s\"k%d\":1", i > 0 ? "," : "", i);
    }
    sprintf(text + n, "}");
    assert_int_equal(read_text(text, &v, &e), E_SYNTAX);
    memset(text, '1', 1 << 19);
    for (int i = 1; i < 1 << 19; i += 2) {
        text[i] = ',';
    }
    text[0] = '[';
    strcpy(text + (1 << 19) - 1, "1]");
    text[1] = '1';
    assert_int_equal(read_text(text, &v, &e), E_MEMORY);
    free(text);
}

/* Whatever is cut off is refused, not read beyond. */
static void test_every_prefix(void **state) {
    static const char text[] = "{\"a\":[1.5e-3,\"\\u00e9\\n\",{\"b\":null}],\"c\":true}";
    (void)state;
    for (size_t n = 0; n < sizeof text - 1; n++) {
        const struct json_value *v;
        struct err e;
        struct arena arena;
        char *copy = malloc(n + 1);
        assert_non_null(copy);
        memcpy(copy, text, n);
        arena_init(&arena, block, sizeof block);
        assert_int_equal(json_read(copy, n, &arena, &v, &e), E_SYNTAX);
        free(copy);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),  cmocka_unit_test(test_strings),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_bounds),  cmocka_unit_test(test_every_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
