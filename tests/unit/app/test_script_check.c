/* Checks of scripts in processes of their own: what they say, and how each way of not ending well
 * is told, while the loop goes on. The program is a shell script that a test writes. */
#include "app/script_check.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#define LONG_MS 60000

struct fixture {
    uv_loop_t loop;
    struct script_checks *checks;
    char folder[64], program[128];
    int findings, done, code, stopped;
    char last[128], why[128];
};

static struct fixture fixture;

static void on_finding(void *to, const char *file, int line, bool is_error, const char *text) {
    struct fixture *f = to;
    f->findings++;
    snprintf(f->last, sizeof f->last, "%s:%d:%s:%s", file, line, is_error ? "E" : "W", text);
}

static void on_done(void *to, int code, const char *why) {
    struct fixture *f = to;
    f->done++;
    f->code = code;
    snprintf(f->why, sizeof f->why, "%s", why);
}

static void on_stopped(void *ctx) {
    struct fixture *f = ctx;
    f->stopped++;
}

static void program_write(struct fixture *f, const char *text) {
    FILE *file = fopen(f->program, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", text);
    fclose(file);
    assert_int_equal(chmod(f->program, 0700), 0);
}

static int fixture_make(void **state) {
    struct fixture *f = &fixture;
    memset(f, 0, sizeof *f);
    snprintf(f->folder, sizeof f->folder, "/tmp/script-check-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->program, sizeof f->program, "%.60s/checker", f->folder);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    *state = f;
    return 0;
}

static int fixture_end(void **state) {
    struct fixture *f = *state;
    script_checks_free(f->checks);
    assert_int_equal(uv_loop_close(&f->loop), 0); /* no handle is left */
    unlink(f->program);
    assert_int_equal(rmdir(f->folder), 0);
    return 0;
}

static void checks_make(struct fixture *f, const char *program, int64_t time_max_ms) {
    struct err e = {0};
    struct script_checks_options options = {
        .loop = &f->loop,
        .at_once_max = 2,
        .time_max_ms = time_max_ms,
        .memory_max = (size_t)64 << 20,
        .source_max = 1024,
        .program = f->program,
    };
    program_write(f, program);
    assert_int_equal(script_checks_new(&f->checks, &options, &e), 0);
}

static int begin(struct fixture *f, const char *source, struct err *e) {
    struct script_check_listener listener = {f, on_finding, on_done};
    return script_check(
        f->checks, "grid", source, source != NULL ? strlen(source) : 0, &listener, e
    );
}

/* Until nothing is under way. */
static void run(struct fixture *f, const char *source) {
    struct err e = {0};
    assert_int_equal(begin(f, source, &e), 0);
    assert_int_equal(f->done, 0); /* never before it returns */
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(f->done, 1);
}

static void test_findings_come(void **state) {
    struct fixture *f = *state;
    checks_make(f, "printf 'W\\0a.lua\\0000\\0all\\0E\\0b.lua\\00012\\0a\\nb\\0.\\0'", LONG_MS);
    run(f, NULL);
    assert_int_equal(f->code, 0);
    assert_int_equal(f->findings, 2);
    assert_string_equal(f->last, "b.lua:12:E:a\nb");
}

static void test_it_gets_words_text_and_no_environment(void **state) {
    struct fixture *f = *state;
    setenv("CHECK_SECRET", "known", 1);
    checks_make(
        f,
        "printf 'W\\0%s\\0003\\0%s\\0.\\0' \"$1 $2 $3 $4 $5 $6\" \"${CHECK_SECRET-none} $(cat)\"",
        1500
    );
    run(f, "return 1");
    assert_string_equal(f->last, "checker grid text 1024 2 67108864:3:W:none return 1");
    f->done = 0;
    run(f, NULL);
    assert_string_equal(f->last, "checker grid stored 1024 2 67108864:3:W:none ");
}

static int64_t now_ms(void) {
    return (int64_t)(uv_hrtime() / 1000000);
}

static void on_beat(uv_timer_t *timer) {
    int *beats = timer->data;
    if (++*beats == 20) {
        uv_close((uv_handle_t *)timer, NULL);
    }
}

static bool process_lives(int pid) {
    char path[64], name[64];
    char letter = 'Z';
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return false;
    }
    bool is_read = fscanf(file, "%*d %63s %c", name, &letter) == 2;
    fclose(file);
    return is_read && letter != 'Z' && letter != 'X';
}

/* Neither the check nor a child of it outlives its time, and the loop turns meanwhile. */
static void test_a_hanging_one_is_ended(void **state) {
    struct fixture *f = *state;
    uv_timer_t timer;
    int beats = 0;
    char path[128];
    checks_make(
        f, "(sleep 60; echo) & echo $! > $(dirname $0)/pid; while :; do sleep 60; done", 300
    );
    uv_timer_init(&f->loop, &timer);
    timer.data = &beats;
    uv_timer_start(&timer, on_beat, 5, 5);
    int64_t begin_ms = now_ms();
    run(f, NULL);
    assert_true(now_ms() - begin_ms < 30000);
    assert_int_equal(f->code, E_DEADLINE);
    assert_string_equal(f->why, "the check took longer than 300 ms");
    assert_int_equal(beats, 20);
    snprintf(path, sizeof path, "%.60s/pid", f->folder);
    FILE *file = fopen(path, "r");
    int pid = 0;
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    unlink(path);
    /* It was killed: it is gone soon, or waits for whoever adopted it to notice. */
    int waits = 0;
    while (process_lives(pid) && waits++ < 5000) {
        usleep(1000);
    }
    assert_false(process_lives(pid));
}

static void test_one_that_talks_too_much_is_ended(void **state) {
    struct fixture *f = *state;
    checks_make(f, "while :; do printf 'W\\0a.lua\\0001\\0%01000d\\0' 1; done", LONG_MS);
    run(f, NULL);
    assert_int_equal(f->code, E_LIMIT);
    assert_int_equal(f->findings, 0);
}

static void test_one_that_dies_is_told(void **state) {
    struct fixture *f = *state;
    checks_make(f, "printf 'E\\0a.lua\\0001\\0seen\\0'; kill -SEGV $$", LONG_MS);
    run(f, NULL);
    assert_int_equal(f->code, E_SCRIPT);
    assert_non_null(strstr(f->why, "signal 11"));
}

static void test_one_whose_cpu_time_is_over_is_late(void **state) {
    struct fixture *f = *state;
    checks_make(f, "kill -XCPU $$", LONG_MS);
    run(f, NULL);
    assert_int_equal(f->code, E_DEADLINE);
}

static void test_one_that_cannot_look_says_why(void **state) {
    struct fixture *f = *state;
    checks_make(f, "printf 'X\\0there is no room\\0'; exit 1", LONG_MS);
    run(f, NULL);
    assert_int_equal(f->code, E_IO);
    assert_string_equal(f->why, "there is no room");
}

static void test_rubbish_is_no_answer(void **state) {
    struct fixture *f = *state;
    checks_make(f, "printf 'hello\\0world\\0'; exit 3", LONG_MS);
    run(f, NULL);
    assert_int_equal(f->code, E_SCRIPT);
    assert_non_null(strstr(f->why, "status 3"));
}

static void test_no_program_is_an_error_at_once(void **state) {
    struct fixture *f = *state;
    struct err e = {0};
    checks_make(f, "exit 0", LONG_MS);
    unlink(f->program);
    assert_int_equal(begin(f, NULL, &e), E_IO);
    assert_int_equal(f->done, 0);
}

static void test_too_many_are_refused_and_all_end_with_the_platform(void **state) {
    struct fixture *f = *state;
    struct err e = {0};
    checks_make(f, "sleep 60", LONG_MS);
    assert_int_equal(begin(f, NULL, &e), 0);
    assert_int_equal(begin(f, NULL, &e), 0);
    assert_int_equal(begin(f, NULL, &e), E_LIMIT);
    assert_string_equal(e.msg, "2 checks are under way: try again in a moment");
    script_checks_stop(f->checks, on_stopped, f);
    assert_int_equal(f->stopped, 0);
    assert_int_equal(begin(f, NULL, &e), E_INTERRUPTED);
    int64_t begin_ms = now_ms();
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_true(now_ms() - begin_ms < 30000);
    assert_int_equal(f->done, 2);
    assert_int_equal(f->code, E_INTERRUPTED);
    assert_int_equal(f->stopped, 1);
}

static void test_stopping_nothing_is_over_at_once(void **state) {
    struct fixture *f = *state;
    checks_make(f, "exit 0", LONG_MS);
    script_checks_stop(f->checks, on_stopped, f);
    assert_int_equal(f->stopped, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_findings_come, fixture_make, fixture_end),
        cmocka_unit_test_setup_teardown(
            test_it_gets_words_text_and_no_environment, fixture_make, fixture_end
        ),
        cmocka_unit_test_setup_teardown(test_a_hanging_one_is_ended, fixture_make, fixture_end),
        cmocka_unit_test_setup_teardown(
            test_one_that_talks_too_much_is_ended, fixture_make, fixture_end
        ),
        cmocka_unit_test_setup_teardown(test_one_that_dies_is_told, fixture_make, fixture_end),
        cmocka_unit_test_setup_teardown(
            test_one_whose_cpu_time_is_over_is_late, fixture_make, fixture_end
        ),
        cmocka_unit_test_setup_teardown(
            test_one_that_cannot_look_says_why, fixture_make, fixture_end
        ),
        cmocka_unit_test_setup_teardown(test_rubbish_is_no_answer, fixture_make, fixture_end),
        cmocka_unit_test_setup_teardown(
            test_no_program_is_an_error_at_once, fixture_make, fixture_end
        ),
        cmocka_unit_test_setup_teardown(
            test_too_many_are_refused_and_all_end_with_the_platform, fixture_make, fixture_end
        ),
        cmocka_unit_test_setup_teardown(
            test_stopping_nothing_is_over_at_once, fixture_make, fixture_end
        ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
