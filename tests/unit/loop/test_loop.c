/* The loop counts what its turns cost: work, and not waiting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "loop/loop.h"

#define MILLISECOND ((int64_t)1000000)
#define WORK (20 * MILLISECOND)
#define WAIT (400 * MILLISECOND)

static struct {
    struct loop *loop;
    int dues, wakes;
} s;

static void work(int64_t ns) {
    int64_t until_ns = loop_now_ns(s.loop) + ns;
    while (loop_now_ns(s.loop) < until_ns) {
    }
}

static void on_due(void *ctx) {
    (void)ctx;
    if (++s.dues == 1) {
        work(WORK);
        loop_timer(s.loop, loop_now_ns(s.loop) + WAIT);
        loop_wake(s.loop);
    } else {
        loop_stop(s.loop);
    }
}

static void on_interrupted(void *ctx, int signal) {
    (void)ctx;
    (void)signal;
}

static void on_woken(void *ctx) {
    (void)ctx;
    s.wakes++;
}

static void turns_are_counted_without_their_waiting(void **state) {
    (void)state;
    struct loop_handlers handlers = {NULL, on_due, on_interrupted, on_woken};
    struct loop_figures figures;
    struct err err = {0};
    assert_int_equal(loop_new(&s.loop, &handlers, &err), 0);
    int64_t begun_ns = loop_now_ns(s.loop);
    loop_timer(s.loop, begun_ns + MILLISECOND);
    loop_run(s.loop);
    int64_t all_ns = loop_now_ns(s.loop) - begun_ns;
    loop_figures(s.loop, &figures);
    uint64_t count = 0;
    for (int i = 0; i < LOOP_BUCKETS; i++) {
        count += figures.counts[i];
        assert_true(i == 0 || loop_bucket_ns(i) > loop_bucket_ns(i - 1));
    }
    assert_int_equal(s.dues, 2);
    assert_true(s.wakes >= 1 && count >= 2);
    assert_true(figures.most_ns >= WORK && figures.total_ns >= figures.most_ns);
    /* The wait between the two is in no turn. */
    assert_true(figures.total_ns <= all_ns - WAIT + 50 * MILLISECOND);
    loop_free(s.loop);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_are_counted_without_their_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
