/* Log: the two forms, levels, the handed-in clock, hostile text, cutting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

static char lines[3 * LOG_LINE_MAX];
static size_t lines_length;
static int64_t now_ns;

static int64_t clock_read(void *context) {
    return *(int64_t *)context;
}

static void sink_write(void *context, const char *line, size_t length) {
    assert_ptr_equal(context, lines);
    assert_true(lines_length + length < sizeof lines);
    memcpy(lines + lines_length, line, length);
    lines_length += length;
    lines[lines_length] = '\0';
}

static void start(enum log_level level, bool readable) {
    lines_length = 0;
    lines[0] = '\0';
    now_ns = INT64_C(1709210096789999999); /* 2024-02-29 12:34:56.789999999 */
    const struct log_settings settings = {
        .level = level,
        .readable = readable,
        .clock = clock_read,
        .clock_context = &now_ns,
        .sink = sink_write,
        .sink_context = lines,
    };
    log_start(&settings);
}

static void nothing_is_said_before_the_start(void **state) {
    (void)state;
    log_error("test", "nobody listens");
    assert_int_equal(log_level(), LOG_LEVEL_OFF);
}

static void a_line_is_one_object(void **state) {
    (void)state;
    start(LOG_LEVEL_INFO, false);
    struct err e;
    err_set(&e, E_IO, "disk \"a\" is full");
    struct decimal price;
    assert_int_equal(decimal_parse("60123.7", 7, &price), 0);
    log_info("engine", "order sent");
    log_warn(
        "engine", "order refused", log_text("order_id", "o1"), log_integer("user_id", -7),
        log_double("share", 0.25), log_decimal("price", price), log_bool("first", true),
        log_text("tag", NULL), log_err(&e)
    );
    assert_string_equal(
        lines, "{\"ts\":\"2024-02-29T12:34:56.789Z\",\"level\":\"info\",\"module\":\"engine\","
               "\"msg\":\"order sent\"}\n"
               "{\"ts\":\"2024-02-29T12:34:56.789Z\",\"level\":\"warn\",\"module\":\"engine\","
               "\"msg\":\"order refused\",\"order_id\":\"o1\",\"user_id\":-7,\"share\":0.25,"
               "\"price\":\"60123.7\",\"first\":true,\"tag\":null,\"code\":\"io_failed\","
               "\"error\":\"disk \\\"a\\\" is full\"}\n"
    );
}

static void a_terminal_gets_a_readable_line(void **state) {
    (void)state;
    start(LOG_LEVEL_DEBUG, true);
    struct err e;
    err_set(&e, E_IO, "disk is full");
    log_debug(
        "engine", "order refused", log_text("order_id", "o1"), log_text("tag", "a b"),
        log_text("empty", ""), log_text("none", NULL), log_integer("n", 3),
        log_decimal("price", decimal_of_int(-2)), log_bool("first", false), log_err(&e)
    );
    assert_string_equal(
        lines, "2024-02-29 12:34:56.789 debug engine: order refused  order_id=o1  tag=\"a b\"  "
               "empty=\"\"  none=null  n=3  price=-2  first=false  code=io_failed  "
               "error=\"disk is full\"\n"
    );
}

static void times_before_1970_are_right(void **state) {
    (void)state;
    start(LOG_LEVEL_INFO, true);
    now_ns = -1;
    log_info("m", "x");
    assert_int_equal(strncmp(lines, "1969-12-31 23:59:59.999 ", 24), 0);
}

static void levels_drop_lines(void **state) {
    (void)state;
    start(LOG_LEVEL_WARN, true);
    log_debug("m", "one");
    log_info("m", "two");
    assert_string_equal(lines, "");
    log_warn("m", "three");
    log_error("m", "four");
    assert_non_null(strstr(lines, "warn  m: three\n"));
    assert_non_null(strstr(lines, "error m: four\n"));
    log_set_level(LOG_LEVEL_OFF);
    size_t before = lines_length;
    log_error("m", "five");
    log_write(LOG_LEVEL_OFF, "m", "six");
    assert_int_equal(lines_length, before);
}

static void levels_have_names(void **state) {
    (void)state;
    enum log_level level = LOG_LEVEL_OFF;
    assert_int_equal(log_level_parse("debug", &level), 0);
    assert_int_equal(level, LOG_LEVEL_DEBUG);
    assert_int_equal(log_level_parse("off", &level), 0);
    assert_int_equal(level, LOG_LEVEL_OFF);
    assert_int_equal(log_level_parse("warn", &level), 0);
    assert_int_equal(log_level_parse("WARN", &level), E_NOT_FOUND);
    assert_int_equal(log_level_parse("", &level), E_NOT_FOUND);
    assert_int_equal(level, LOG_LEVEL_WARN);
}

static size_t count_of(char c) {
    size_t n = 0;
    for (size_t i = 0; i < lines_length; i++) {
        n += lines[i] == c;
    }
    return n;
}

static void hostile_text_forges_nothing(void **state) {
    (void)state;
    const char *hostile = "x\n{\"ts\":\"forged\"}\x1B[2J\x1B]0;t\x07\r\xC2\x9B"
                          "31m\xFF";
    for (int readable = 0; readable < 2; readable++) {
        start(LOG_LEVEL_INFO, readable != 0);
        log_info(hostile, hostile, log_text("tag", hostile), log_text("bare", "\x1B[31m"));
        assert_int_equal(count_of('\n'), 1);
        assert_int_equal(lines[lines_length - 1], '\n');
        for (size_t i = 0; i + 1 < lines_length; i++) {
            unsigned char byte = (unsigned char)lines[i];
            assert_true(byte >= 0x20 && byte != 0x7F && byte != 0xFF);
        }
        assert_null(strstr(lines, "\xC2\x9B"));
        assert_null(strstr(lines, "\"ts\":\"forged\""));
    }
}

static void long_text_is_cut_between_characters(void **state) {
    (void)state;
    char text[2 * LOG_TEXT_CUT];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memcpy(text + LOG_TEXT_CUT - 2, "€", 3); /* its third byte is past the cut */
    start(LOG_LEVEL_INFO, false);
    log_info("m", "x", log_text("tag", text));
    assert_int_equal(count_of('a'), LOG_TEXT_CUT - 2 + 1 /* "tag" */);
    assert_null(strstr(lines, "\xEF\xBF\xBD"));

    memcpy(text + LOG_TEXT_CUT - 3, "€a", 4); /* fits to the byte */
    start(LOG_LEVEL_INFO, false);
    log_info("m", "x", log_text("tag", text));
    assert_non_null(strstr(lines, "€\"}\n"));
}

static void a_line_too_long_says_that_it_is_cut(void **state) {
    (void)state;
    char text[LOG_TEXT_CUT + 1];
    memset(text, '\x01', sizeof text - 1); /* six bytes each once escaped */
    text[sizeof text - 1] = '\0';
    for (int readable = 0; readable < 2; readable++) {
        start(LOG_LEVEL_INFO, readable != 0);
        log_info(text, text, log_text("k1", "v1"), log_text("k2", text), log_text("k3", "v3"));
        assert_true(lines_length <= LOG_LINE_MAX);
        assert_int_equal(count_of('\n'), 1);
        assert_non_null(strstr(lines, "v1"));
        assert_null(strstr(lines, "k2"));
        assert_null(strstr(lines, "k3"));
        const char *end = readable ? "  k1=v1  cut=true\n" : ",\"k1\":\"v1\",\"cut\":true}\n";
        assert_string_equal(lines + lines_length - strlen(end), end);
    }
}

static void a_file_gets_whole_lines(void **state) {
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    start(LOG_LEVEL_INFO, true);
    const struct log_settings settings = {
        .level = LOG_LEVEL_INFO,
        .readable = true,
        .clock = clock_read,
        .clock_context = &now_ns,
        .file = file,
    };
    log_start(&settings);
    log_info("m", "one");
    log_info("m", "two");
    char text[200];
    rewind(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    fclose(file);
    start(LOG_LEVEL_OFF, true);
    assert_string_equal(
        text, "2024-02-29 12:34:56.789 info  m: one\n2024-02-29 12:34:56.789 info  m: two\n"
    );
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_said_before_the_start),
        cmocka_unit_test(a_line_is_one_object),
        cmocka_unit_test(a_terminal_gets_a_readable_line),
        cmocka_unit_test(times_before_1970_are_right),
        cmocka_unit_test(levels_drop_lines),
        cmocka_unit_test(levels_have_names),
        cmocka_unit_test(hostile_text_forges_nothing),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(a_line_too_long_says_that_it_is_cut),
        cmocka_unit_test(a_file_gets_whole_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
