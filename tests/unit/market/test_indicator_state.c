/* bb_state and adx_state: the runs that a second program, written straight from the definitions,
 * finds on the golden series, and the cases of the rules that it does not reach. */
#include "golden.h"

struct run {
    int bar;
    double state;
};

static struct bar bars[GOLDEN_COUNT];
static double out[GOLDEN_COUNT];

static int begin(void **state) {
    (void)state;
    golden_fill(bars);
    return 0;
}

/* Compares the first runs in `out`, and how often each of −2 … 2 is seen. */
static void check_runs(const struct run *runs, int count, int total, const int counts[5]) {
    int found = 0, seen[5] = {0};
    for (int i = 0; i < GOLDEN_COUNT; i++) {
        seen[(int)out[i] + 2]++;
        if (i > 0 && out[i] == out[i - 1]) {
            continue;
        }
        if (found < count) {
            assert_int_equal(i, runs[found].bar);
            assert_true(out[i] == runs[found].state);
        }
        found++;
    }
    assert_int_equal(found, total);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(seen[i], counts[i]);
    }
}

static void test_bb_state(void **state) {
    (void)state;
    static const struct run runs[] = {
        {0, 0},    {14, -1}, {113, 0}, {115, 2}, {124, 0},  {132, -1}, {135, 0},
        {138, -1}, {142, 0}, {144, 2}, {152, 0}, {156, -1}, {158, 0},  {161, -2},
    };
    static const int counts[5] = {322, 329, 2036, 0, 313};
    run_named("bb_state", NULL, 0, bars, GOLDEN_COUNT, out);
    check_runs(runs, 14, 332, counts);
}

static void test_adx_state(void **state) {
    (void)state;
    static const struct run runs[] = {{0, 0}, {1526, 1}, {1530, 2}, {1618, 0}};
    static const int counts[5] = {0, 0, 2908, 4, 88};
    run_named("adx_state", NULL, 0, bars, GOLDEN_COUNT, out);
    check_runs(runs, 4, 4, counts);
}

static void test_adx_state_with_other_parameters(void **state) {
    (void)state;
    static const struct run runs[] = {
        {0, 0},    {244, 1},  {247, 2}, {255, 0}, {263, -1}, {266, 1},  {269, 2},
        {276, -1}, {279, -2}, {336, 0}, {774, 1}, {776, -1}, {778, -2}, {805, 0},
    };
    static const int counts[5] = {223, 38, 2624, 44, 71};
    const struct indicator_spec *spec = indicator_find("adx_state");
    const struct indicator_params params = {{14, 14, 25, 50, 0.02}};
    run_indicator(spec, &params, bars, GOLDEN_COUNT, out);
    check_runs(runs, 14, 55, counts);
}

/* A price that stands still has bands without width: nothing is judged, nothing breaks, and the
 * state that was is kept. */
static void test_bb_state_is_kept_where_nothing_moves(void **state) {
    (void)state;
    static struct bar still[GOLDEN_COUNT];
    for (int i = 0; i < GOLDEN_COUNT; i++) {
        still[i] = bars[i];
        if (i > 120) { /* in a run of 2 */
            still[i].close = bars[120].close;
        }
    }
    run_named("bb_state", NULL, 0, still, GOLDEN_COUNT, out);
    assert_true(out[120] == 2);
    double kept = out[134]; /* the last bar whose band has a width is 133 */
    for (int i = 135; i < GOLDEN_COUNT; i++) {
        assert_true(out[i] == kept);
    }
}

static void test_adx_state_is_0_until_two_adx_exist(void **state) {
    (void)state;
    run_named("adx_state", "threshold", 0, bars, GOLDEN_COUNT, out);
    for (int i = 0; i <= 55; i++) {
        assert_true(out[i] == 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bb_state),
        cmocka_unit_test(test_adx_state),
        cmocka_unit_test(test_adx_state_with_other_parameters),
        cmocka_unit_test(test_bb_state_is_kept_where_nothing_moves),
        cmocka_unit_test(test_adx_state_is_0_until_two_adx_exist),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
