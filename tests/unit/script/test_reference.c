/* The generated files in the repository are what the tables say now. With REFERENCE_WRITE=1 in the
 * environment they are written instead of compared. */
#include "script/api.h"
#include "script/reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)256 * 1024)

static void compare_or_write(const char *path, void (*append)(struct buffer *)) {
    struct buffer wanted;
    char name[512];
    buffer_init(&wanted, FILE_MAX);
    append(&wanted);
    assert_int_equal(wanted.code, 0);
    snprintf(name, sizeof name, "%s/%s", SOURCE_DIR, path);
    bool is_writing = getenv("REFERENCE_WRITE") != NULL;
    FILE *file = fopen(name, is_writing ? "wb" : "rb");
    if (!file) {
        fail_msg("%s is missing: run this test with REFERENCE_WRITE=1", path);
    }
    if (is_writing) {
        assert_int_equal(fwrite(wanted.data, 1, wanted.length, file), wanted.length);
    } else {
        char *found = calloc(1, FILE_MAX);
        assert_non_null(found);
        size_t length = fread(found, 1, FILE_MAX, file);
        if (length != wanted.length || memcmp(found, wanted.data, length) != 0) {
            fail_msg("%s is out of date: run this test with REFERENCE_WRITE=1", path);
        }
        free(found);
    }
    fclose(file);
    buffer_free(&wanted);
}

static void types_are_up_to_date(void **state) {
    (void)state;
    compare_or_write("lua/types/strategy.lua", reference_types);
}

static void the_api_page_is_up_to_date(void **state) {
    (void)state;
    compare_or_write("docs/reference/script-api.md", reference_script_api);
}

static void the_indicators_page_is_up_to_date(void **state) {
    (void)state;
    compare_or_write("docs/reference/indicators.md", reference_indicators);
}

/* Every function and field is documented, and in the types. */
static void every_row_is_told(void **state) {
    (void)state;
    struct buffer types;
    buffer_init(&types, FILE_MAX);
    reference_types(&types);
    assert_int_equal(types.code, 0);
    for (int i = 0; i < api_row_count; i++) {
        char line[96];
        snprintf(line, sizeof line, "\nfunction strategy:%s(", api_rows[i].name);
        assert_non_null(strstr(types.data, line));
        assert_true(strlen(api_rows[i].doc) > 10);
        assert_int_equal(api_rows[i].since, 1);
        assert_true(api_rows[i].phases != 0);
    }
    for (int i = 0; i < EVENT_HANDLER_COUNT; i++) {
        assert_true(strlen(api_handlers[i].doc) > 10);
    }
    buffer_free(&types);
}

/* No function of the API without a test that calls it. */
static void every_row_is_tested(void **state) {
    (void)state;
    char name[512];
    char *text = calloc(1, FILE_MAX);
    assert_non_null(text);
    snprintf(name, sizeof name, "%s/tests/unit/script/test_api.c", SOURCE_DIR);
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    assert_true(fread(text, 1, FILE_MAX - 1, file) > 0);
    fclose(file);
    for (int i = 0; i < api_row_count; i++) {
        char call[96];
        snprintf(call, sizeof call, "self:%s", api_rows[i].name);
        if (!strstr(text, call)) {
            fail_msg("no test calls %s", call);
        }
    }
    free(text);
}

static void a_small_buffer_says_so(void **state) {
    (void)state;
    struct buffer small;
    buffer_init(&small, 100);
    reference_types(&small);
    assert_int_equal(small.code, E_LIMIT);
    buffer_free(&small);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_up_to_date),
        cmocka_unit_test(the_api_page_is_up_to_date),
        cmocka_unit_test(the_indicators_page_is_up_to_date),
        cmocka_unit_test(every_row_is_told),
        cmocka_unit_test(every_row_is_tested),
        cmocka_unit_test(a_small_buffer_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
