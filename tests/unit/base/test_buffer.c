/* Buffer: growth, the limit, the failure that sticks, the borrowed kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"

static void grows_and_stays_terminated(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 100000);
    assert_string_equal(buffer.data, "");
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(buffer_appendf(&buffer, "%04d,", i), 0);
        assert_int_equal(buffer.data[buffer.length], '\0');
    }
    assert_int_equal(buffer.length, 50000);
    assert_int_equal(strncmp(buffer.data, "0000,0001,", 10), 0);
    assert_string_equal(buffer.data + 49995, "9999,");
    buffer_free(&buffer);
    assert_string_equal(buffer.data, "");
    assert_int_equal(buffer.length, 0);
}

static void failure_sticks_and_leaves_whole_appends(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 8);
    assert_int_equal(buffer_append_text(&buffer, "12345"), 0);
    assert_int_equal(buffer_append_text(&buffer, "6789"), E_LIMIT);
    assert_int_equal(buffer_append_text(&buffer, "6"), E_LIMIT);
    assert_int_equal(buffer_appendf(&buffer, "%d", 6), E_LIMIT);
    assert_int_equal(buffer_append(&buffer, "", 0), E_LIMIT);
    assert_string_equal(buffer.data, "12345");
    assert_int_equal(buffer.code, E_LIMIT);
    buffer_clear(&buffer);
    assert_int_equal(buffer.code, 0);
    assert_string_equal(buffer.data, "");
    assert_int_equal(buffer_appendf(&buffer, "%s", "12345678"), 0);
    assert_int_equal(buffer_appendf(&buffer, "%s", "9"), E_LIMIT);
    assert_string_equal(buffer.data, "12345678");
    buffer_free(&buffer);
}

/* The address sanitizer would end the program where malloc says NULL. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1";
}

static void memory_that_is_not_there_is_an_error(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, SIZE_MAX / 2);
    assert_int_equal(buffer_append(&buffer, "", 0), 0);
    assert_int_equal(buffer_append(&buffer, "x", SIZE_MAX / 2), E_MEMORY);
    assert_string_equal(buffer.data, "");
    buffer_free(&buffer);
}

static void bytes_may_be_zero(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 100);
    assert_int_equal(buffer_append(&buffer, "a\0b", 3), 0);
    assert_int_equal(buffer.length, 3);
    assert_memory_equal(buffer.data, "a\0b", 4);
    buffer_free(&buffer);
}

static void truncates(void **state) {
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 6);
    assert_int_equal(buffer_append_text(&buffer, "abcdef"), 0);
    assert_int_equal(buffer_append_text(&buffer, "g"), E_LIMIT);
    buffer_truncate(&buffer, 2);
    assert_string_equal(buffer.data, "ab");
    assert_int_equal(buffer_append_text(&buffer, "cdef"), 0);
    buffer_truncate(&buffer, 100);
    assert_string_equal(buffer.data, "abcdef");
    buffer_free(&buffer);
}

static void borrowed_memory_is_the_limit(void **state) {
    (void)state;
    char memory[9];
    memset(memory, 'x', sizeof memory);
    struct buffer buffer;
    buffer_init_fixed(&buffer, memory, 8);
    assert_ptr_equal(buffer.data, memory);
    assert_int_equal(buffer_append_text(&buffer, "1234567"), 0);
    assert_int_equal(buffer_append_text(&buffer, "8"), E_LIMIT);
    assert_string_equal(memory, "1234567");
    assert_int_equal(memory[8], 'x');
    buffer_free(&buffer);
    assert_string_equal(memory, "");
    assert_int_equal(buffer_append_text(&buffer, "again"), 0);
    assert_string_equal(memory, "again");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_stays_terminated),
        cmocka_unit_test(failure_sticks_and_leaves_whole_appends),
        cmocka_unit_test(memory_that_is_not_there_is_an_error),
        cmocka_unit_test(bytes_may_be_zero),
        cmocka_unit_test(truncates),
        cmocka_unit_test(borrowed_memory_is_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
