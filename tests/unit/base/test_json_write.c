/* JSON: its shape, numbers, escapes, and every misuse. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_write.h"
#include "base/text.h"

static struct buffer buffer;
static struct json_writer writer;

static int start(void **state) {
    (void)state;
    buffer_init(&buffer, 1 << 16);
    json_begin(&writer, &buffer);
    return 0;
}

static int stop(void **state) {
    (void)state;
    buffer_free(&buffer);
    return 0;
}

static void expect(const char *text) {
    assert_int_equal(json_end(&writer), 0);
    assert_string_equal(buffer.data, text);
}

static void objects_and_arrays_nest(void **state) {
    (void)state;
    json_object(&writer);
    json_key(&writer, "a");
    json_array(&writer);
    json_integer(&writer, 1);
    json_array(&writer);
    json_close(&writer);
    json_object(&writer);
    json_close(&writer);
    json_bool(&writer, false);
    json_close(&writer);
    json_key(&writer, "b");
    json_object(&writer);
    json_key(&writer, "c");
    json_null(&writer);
    json_key(&writer, "d");
    json_bool(&writer, true);
    json_close(&writer);
    json_key(&writer, "e");
    json_raw(&writer, "[1,2]", 5);
    json_close(&writer);
    expect("{\"a\":[1,[],{},false],\"b\":{\"c\":null,\"d\":true},\"e\":[1,2]}");
}

static void numbers_are_exact(void **state) {
    (void)state;
    struct decimal price;
    assert_int_equal(decimal_parse("0.000000000000000001", 20, &price), 0);
    json_array(&writer);
    json_integer(&writer, INT64_MIN);
    json_integer(&writer, INT64_MAX);
    json_decimal(&writer, price);
    json_decimal_text(&writer, price);
    json_double(&writer, 0.1);
    json_double(&writer, 0.1 + 0.2);
    json_double(&writer, -1.0);
    json_double(&writer, 1e300);
    json_double(&writer, 5e-324);
    json_double(&writer, 1.0 / 3);
    json_double(&writer, NAN);
    json_double(&writer, -INFINITY);
    json_close(&writer);
    expect("[-9223372036854775808,9223372036854775807,0.000000000000000001,"
           "\"0.000000000000000001\",0.1,0.30000000000000004,-1,1e+300,5e-324,0.3333333333333333,"
           "null,null]");
}

static void doubles_come_back(void **state) {
    (void)state;
    double x = DBL_MIN;
    for (int i = 0; i < 2000; i++) {
        buffer_clear(&buffer);
        json_append_double(&buffer, x);
        assert_true(strtod(buffer.data, NULL) == x);
        x *= -2.03;
        x = isfinite(x) ? x : DBL_MIN / 3;
    }
}

static void strings_are_escaped(void **state) {
    (void)state;
    json_array(&writer);
    json_string(&writer, "plain");
    json_string(&writer, "\"\\/\n\r\t\b\x7F\x1B[31m");
    json_string_of(&writer, "a\0b", 3);
    json_string(&writer, "Grüße, 取引 🚀");
    json_string(
        &writer, "\xC2\x9B"
                 "31m\xC2\xA0"
    );
    json_string(&writer, "");
    json_string(&writer, NULL);
    json_close(&writer);
    expect("[\"plain\",\"\\\"\\\\/\\n\\r\\t\\u0008\\u007f\\u001b[31m\",\"a\\u0000b\","
           "\"Grüße, 取引 🚀\",\"\\u009b31m\xC2\xA0\",\"\",null]");
}

/* Every byte at every place of texts of every length up to some words: the quick way is the slow.
 */
static void each_byte_is_escaped_wherever_it_is(void **state) {
    (void)state;
    for (size_t length = 1; length <= 20; length++) {
        for (size_t at = 0; at < length; at++) {
            for (int byte = 0; byte < 256; byte++) {
                char text[20];
                struct buffer slow;
                memset(text, 'x', sizeof text);
                text[at] = (char)byte;
                buffer_init(&slow, 256);
                json_append_quoted(&slow, text, length);
                buffer_clear(&buffer);
                json_begin(&writer, &buffer);
                json_string_of(&writer, text, length);
                assert_int_equal(buffer.length, slow.length);
                assert_memory_equal(buffer.data, slow.data, slow.length);
                buffer_free(&slow);
            }
        }
    }
}

static void bad_utf8_is_replaced_byte_by_byte(void **state) {
    (void)state;
    json_array(&writer);
    json_string(&writer, "a\xFFz");
    json_string(&writer, "\xC3");         /* cut off */
    json_string(&writer, "\xC0\xAF");     /* overlong */
    json_string(&writer, "\xED\xA0\x80"); /* a surrogate */
    json_string(&writer, "\x9B");         /* a stray continuation */
    json_close(&writer);
    expect("[\"a\xEF\xBF\xBDz\",\"\xEF\xBF\xBD\",\"\xEF\xBF\xBD\xEF\xBF\xBD\","
           "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\",\"\xEF\xBF\xBD\"]");
}

static void keys_are_escaped(void **state) {
    (void)state;
    json_object(&writer);
    json_key(&writer, "a\"b");
    json_integer(&writer, 1);
    json_close(&writer);
    expect("{\"a\\\"b\":1}");
}

static void a_value_alone_is_json(void **state) {
    (void)state;
    json_string(&writer, "x");
    expect("\"x\"");
}

static void utf8_lengths(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {
        {"a", 1},
        {"\xC2\x80", 2},
        {"\xDF\xBF", 2},
        {"\xE0\xA0\x80", 3},
        {"\xED\x9F\xBF", 3},
        {"\xEE\x80\x80", 3},
        {"\xF0\x90\x80\x80", 4},
        {"\xF4\x8F\xBF\xBF", 4},
        {"\x80", 0},
        {"\xC1\xBF", 0},
        {"\xE0\x9F\xBF", 0},
        {"\xED\xA0\x80", 0},
        {"\xF0\x8F\xBF\xBF", 0},
        {"\xF4\x90\x80\x80", 0},
        {"\xF5\x80\x80\x80", 0},
        {"\xE2\x82", 0},
        {"\xF0\x9F\x9A", 0},
        {"\xC3"
         "a",
         0},
        {"\xE2"
         "a\x82",
         0},
        {"\xE2\x82"
         "a",
         0},
        {"\xF0\x9F\x9A"
         "a",
         0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(text_utf8_length(cases[i].text, strlen(cases[i].text)), cases[i].length);
    }
}

static void misuse_is_told_at_the_end(void **state) {
    (void)state;
    assert_int_equal(json_end(&writer), E_STATE); /* nothing written */

    enum {
        VALUE_WITHOUT_KEY,
        KEY_IN_ARRAY,
        KEY_TWICE,
        CLOSE_AFTER_KEY,
        CLOSE_TOO_MUCH,
        OPEN,
        TWO_VALUES,
        KEY_OUTSIDE,
        COUNT
    };
    for (int i = 0; i < COUNT; i++) {
        buffer_clear(&buffer);
        json_begin(&writer, &buffer);
        if (i == KEY_IN_ARRAY) {
            json_array(&writer);
        } else if (i != TWO_VALUES && i != KEY_OUTSIDE) {
            json_object(&writer);
        }
        if (i == KEY_IN_ARRAY || i == KEY_TWICE || i == CLOSE_AFTER_KEY || i == KEY_OUTSIDE) {
            json_key(&writer, "a");
        }
        if (i == KEY_TWICE) {
            json_key(&writer, "b");
        }
        if (i == VALUE_WITHOUT_KEY || i == KEY_TWICE || i == TWO_VALUES) {
            json_integer(&writer, 1);
        }
        if (i == TWO_VALUES) {
            json_integer(&writer, 2);
        } else if (i != OPEN) {
            json_close(&writer);
        }
        if (i == CLOSE_TOO_MUCH) {
            json_close(&writer);
        }
        if (json_end(&writer) != E_STATE) {
            fail_msg("misuse %d goes through as %s", i, buffer.data);
        }
    }
}

static void depth_is_limited(void **state) {
    (void)state;
    for (int i = 0; i < JSON_DEPTH_MAX; i++) {
        json_array(&writer);
    }
    assert_int_equal(buffer.code, 0);
    json_array(&writer);
    assert_int_equal(buffer.code, E_STATE);
}

static void a_full_buffer_is_told(void **state) {
    (void)state;
    char memory[8];
    struct buffer small;
    buffer_init_fixed(&small, memory, sizeof memory);
    json_begin(&writer, &small);
    json_string(&writer, "0123456789");
    assert_int_equal(json_end(&writer), E_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(objects_and_arrays_nest, start, stop),
        cmocka_unit_test_setup_teardown(numbers_are_exact, start, stop),
        cmocka_unit_test_setup_teardown(doubles_come_back, start, stop),
        cmocka_unit_test_setup_teardown(strings_are_escaped, start, stop),
        cmocka_unit_test_setup_teardown(each_byte_is_escaped_wherever_it_is, start, stop),
        cmocka_unit_test_setup_teardown(bad_utf8_is_replaced_byte_by_byte, start, stop),
        cmocka_unit_test_setup_teardown(keys_are_escaped, start, stop),
        cmocka_unit_test_setup_teardown(a_value_alone_is_json, start, stop),
        cmocka_unit_test(utf8_lengths),
        cmocka_unit_test_setup_teardown(misuse_is_told_at_the_end, start, stop),
        cmocka_unit_test_setup_teardown(depth_is_limited, start, stop),
        cmocka_unit_test_setup_teardown(a_full_buffer_is_told, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
