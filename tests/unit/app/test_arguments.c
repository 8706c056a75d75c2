/* The command line as a table: parsing, faults, help. */
#include "app/arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct option_spec options[] = {
    {"data", "FILE", NULL, "the candles", false},
    {"balance", "MONEY", "10000", "at the start", false},
    {"set", "NAME=VALUE", NULL, "a parameter", true},
    {"json", NULL, NULL, "as JSON", false},
    {0},
};

static const struct command_spec command = {
    .name = "play",
    .summary = "plays a file",
    .usage = "NAME [options]",
    .about = "About it.",
    .options = options,
    .positional_min = 1,
    .positional_max = 2,
    .examples = {"play rsi", "play rsi --json", "play rsi --data x", NULL},
};

#define WORDS(...) (char *[]){__VA_ARGS__}, (int)(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *))

static int parse(struct arguments *a, char **words, int count, struct err *e) {
    return arguments_parse(a, &command, count, words, e);
}

static void refuses(char **words, int count, const char *what) {
    struct arguments a;
    struct err e = {0};
    assert_int_equal(parse(&a, words, count, &e), E_ARGUMENT);
    if (strstr(e.msg, what) == NULL) {
        fail_msg("'%s' does not say '%s'", e.msg, what);
    }
}

static void test_values_and_positionals(void **state) {
    (void)state;
    struct arguments a;
    struct err e;
    assert_int_equal(parse(&a, WORDS("rsi", "--data", "x.csv", "--json", "more"), &e), 0);
    assert_int_equal(a.positional_count, 2);
    assert_string_equal(a.positionals[0], "rsi");
    assert_string_equal(a.positionals[1], "more");
    assert_string_equal(arguments_text(&a, "data"), "x.csv");
    assert_true(arguments_has(&a, "json"));
    assert_false(arguments_has(&a, "balance"));
    assert_string_equal(arguments_text(&a, "balance"), "10000");
    assert_null(arguments_text(&a, "set"));
    assert_null(arguments_text(&a, "nothing"));
}

static void test_equals_sign_and_last_value(void **state) {
    (void)state;
    struct arguments a;
    struct err e;
    assert_int_equal(parse(&a, WORDS("rsi", "--balance=5", "--balance=", "--set=a=1"), &e), 0);
    assert_string_equal(arguments_text(&a, "balance"), "");
    assert_string_equal(arguments_text(&a, "set"), "a=1");
}

static void test_dashes_end_options(void **state) {
    (void)state;
    struct arguments a;
    struct err e;
    assert_int_equal(parse(&a, WORDS("--", "--json", "-"), &e), 0);
    assert_int_equal(a.positional_count, 2);
    assert_false(arguments_has(&a, "json"));
}

static void test_help_wins(void **state) {
    (void)state;
    struct arguments a;
    struct err e;
    assert_int_equal(parse(&a, WORDS("--help"), &e), 0);
    assert_true(a.wants_help);
    assert_int_equal(parse(&a, WORDS("-h", "--nonsense"), &e), 0);
    assert_true(a.wants_help);
}

static void test_faults(void **state) {
    (void)state;
    refuses(WORDS("rsi", "--dta", "x"), "no option --dta, did you mean 'data'?");
    refuses(WORDS("rsi", "--data"), "--data needs a FILE");
    refuses(WORDS("rsi", "--json=yes"), "--json takes no value");
    refuses(WORDS("rsi", "-j"), "options begin with two dashes");
    refuses(WORDS("rsi", "two", "three"), "one word too many: three");
    refuses(WORDS("--json"), "usage: tradingboost play NAME");
}

static void test_too_many_options(void **state) {
    (void)state;
    char *words[ARGUMENT_VALUES_MAX + 2] = {"rsi"};
    for (int i = 1; i < ARGUMENT_VALUES_MAX + 2; i++) {
        words[i] = "--json";
    }
    refuses(words, ARGUMENT_VALUES_MAX + 2, "more than 256 options");
}

static void test_help_names_everything(void **state) {
    (void)state;
    struct buffer out;
    buffer_init(&out, 1 << 16);
    command_help(&command, &out);
    const struct command_spec commands[] = {command, {0}};
    program_help(commands, &out);
    program_reference(commands, &out);
    assert_int_equal(out.code, 0);
    assert_non_null(strstr(out.data, "--set NAME=VALUE"));
    assert_non_null(strstr(out.data, "at the start (default 10000)"));
    assert_non_null(strstr(out.data, "tradingboost play rsi --data x"));
    assert_non_null(strstr(out.data, "exit status: 0 done, 1 failed, 2 wrong use"));
    assert_non_null(strstr(out.data, "| `--balance MONEY` | at the start | 10000 |"));
    buffer_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_and_positionals),
        cmocka_unit_test(test_equals_sign_and_last_value),
        cmocka_unit_test(test_dashes_end_options),
        cmocka_unit_test(test_help_wins),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_too_many_options),
        cmocka_unit_test(test_help_names_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
