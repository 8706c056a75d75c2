/* The indicators against values that others published, on daily bars of theirs. The files are not
 * part of the project: where they are absent this says so and skips; a second program's values on
 * the golden series, below, are checked everywhere. */
#include "golden.h"

#include <string.h>
#include <zlib.h>

#define FOLDER SOURCE_DIR "/../shared/data/indicators/"
#define DAYS_MAX 600

static struct bar days[DAYS_MAX];
static int day_count;

static int read_days(void **state) {
    (void)state;
    FILE *file = fopen(FOLDER "default.csv", "r");
    char line[256];
    day_count = 0;
    while (file != NULL && day_count < DAYS_MAX && fgets(line, sizeof line, file) != NULL) {
        struct bar *day = &days[day_count];
        *day = (struct bar){.time_ms = day_count, .close_ms = day_count + 1};
        day_count += sscanf(
                         line, "%*[-0-9],%lf,%lf,%lf,%lf,%lf", &day->open, &day->high, &day->low,
                         &day->close, &day->volume
                     ) == 5;
    }
    if (file != NULL) {
        fclose(file);
    }
    return 0;
}

/* The values of one key, in order; NaN for null. */
static int read_values(const char *name, const char *key, double *values) {
    static char text[1 << 20];
    char path[512], pattern[64];
    snprintf(path, sizeof path, FOLDER "%s.standard.json.gz", name);
    gzFile file = gzopen(path, "rb");
    assert_non_null(file);
    int length = gzread(file, text, sizeof text - 1);
    gzclose(file);
    assert_true(length > 0);
    text[length] = '\0';
    int written = snprintf(pattern, sizeof pattern, "\"%s\": ", key);
    int count = 0;
    for (char *at = text; (at = strstr(at, pattern)) != NULL && count < DAYS_MAX; count++) {
        at += written;
        values[count] = strncmp(at, "null", 4) == 0 ? (double)NAN : strtod(at, NULL);
    }
    return count;
}

/* Output `output` from day `from` on; before it the definitions of the start differ. */
static void check(
    const char *name,
    const char *param,
    double value,
    int output,
    const char *file,
    const char *key,
    int from
) {
    static double out[DAYS_MAX * INDICATOR_OUTPUTS_MAX], expected[DAYS_MAX];
    if (day_count == 0) {
        print_message("SKIPPED: %sdefault.csv is absent, %s is not compared\n", FOLDER, name);
        skip();
    }
    const struct indicator_spec *spec = run_named(name, param, value, days, day_count, out);
    assert_int_equal(read_values(file, key, expected), day_count);
    for (int i = from; i < day_count; i++) {
        double got = out[i * spec->output_count + output];
        if (isnan(expected[i])) {
            assert_true(isnan(got));
        } else {
            assert_close(got, expected[i], 1e-9 * fabs(expected[i]));
        }
    }
}

static void test_rsi(void **state) {
    (void)state;
    check("rsi", NULL, 0, 0, "rsi", "rsi", 0);
}

static void test_sma(void **state) {
    (void)state;
    check("sma", NULL, 0, 0, "sma", "sma", 0);
}

static void test_bollinger(void **state) {
    (void)state;
    check("bollinger", NULL, 0, 0, "bb", "sma", 0);
    check("bollinger", NULL, 0, 1, "bb", "upperBand", 0);
    check("bollinger", NULL, 0, 2, "bb", "lowerBand", 0);
    check("bollinger", NULL, 0, 3, "bb", "width", 0);
    check("bollinger", NULL, 0, 4, "bb", "percentB", 0);
}

static void test_t3(void **state) {
    (void)state;
    check("t3", "length", 5, 0, "t3", "t3", 0);
}

static void test_adx(void **state) {
    (void)state;
    static double out[DAYS_MAX * INDICATOR_OUTPUTS_MAX], expected[DAYS_MAX];
    static const char *const keys[] = {"adx", "pdi", "mdi"};
    if (day_count == 0) {
        print_message("SKIPPED: %sdefault.csv is absent, adx is not compared\n", FOLDER);
        skip();
    }
    const struct indicator_spec *spec = indicator_find("adx");
    struct indicator_params params = {{14, 14}};
    run_indicator(spec, &params, days, day_count, out);
    for (int output = 0; output < 3; output++) {
        assert_int_equal(read_values("adx", keys[output], expected), day_count);
        for (int i = 0; i < day_count; i++) {
            double got = out[i * spec->output_count + output];
            if (isnan(expected[i])) {
                assert_true(isnan(got));
            } else {
                assert_close(got, expected[i], 1e-9 * expected[i]);
            }
        }
    }
}

/* Their ema starts at a mean of twenty days and their atr leaves the first day out: the weight of
 * that has gone under 1e-10 by these days. */
static void test_ema_when_the_start_is_forgotten(void **state) {
    (void)state;
    check("ema", NULL, 0, 0, "ema", "ema", 300);
}

static void test_atr_when_the_start_is_forgotten(void **state) {
    (void)state;
    check("atr", NULL, 0, 0, "atr", "atr", 400);
}

/* By a second program, straight from the definitions, on the golden series. */
static void test_second_program(void **state) {
    (void)state;
    static struct bar bars[GOLDEN_COUNT];
    static double out[3 * GOLDEN_COUNT];
    golden_fill(bars);
    run_named("rsi", NULL, 0, bars, GOLDEN_COUNT, out);
    assert_close(out[14], 66.96749892318218, 1e-9);
    assert_close(out[15], 65.54293151027204, 1e-9);
    assert_close(out[16], 67.1989922634935, 1e-9);
    assert_close(out[100], 56.613991813978764, 1e-9);
    assert_close(out[2999], 40.95075796776649, 1e-9);
    run_named("adx", NULL, 0, bars, GOLDEN_COUNT, out);
    assert_true(isnan(out[3 * 27 + 1]));
    assert_close(out[3 * 28 + 1], 35.993452574073906, 1e-9);
    assert_close(out[3 * 28 + 2], 8.093062745601655, 1e-9);
    assert_true(isnan(out[3 * 54]));
    assert_close(out[3 * 55], 47.06486627799783, 1e-9);
    assert_close(out[3 * 100], 46.49938863129643, 1e-9);
    assert_close(out[3 * 1499], 22.92641627135033, 1e-9);
    assert_close(out[3 * 2999 + 2], 27.3966152713965, 1e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rsi),
        cmocka_unit_test(test_sma),
        cmocka_unit_test(test_bollinger),
        cmocka_unit_test(test_t3),
        cmocka_unit_test(test_adx),
        cmocka_unit_test(test_ema_when_the_start_is_forgotten),
        cmocka_unit_test(test_atr_when_the_start_is_forgotten),
        cmocka_unit_test(test_second_program),
    };
    return cmocka_run_group_tests(tests, read_days, NULL);
}
