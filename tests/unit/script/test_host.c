/* The host as the engine sees it: start, handlers as transactions, settings, commands, state. */
#include "host_harness.h"

#include <time.h>

static char *read_text(const char *path) {
    char name[512];
    snprintf(name, sizeof name, "%s/%s", SOURCE_DIR, path);
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    char *text = calloc(1, 65536);
    assert_non_null(text);
    size_t n = fread(text, 1, 65535, file);
    fclose(file);
    assert_true(n > 0);
    return text;
}

/* Falls and rises so that the RSI passes both limits. */
static double wave(int i) {
    int phase = i % 80;
    return 20000 + 25.0 * (phase < 40 ? -phase : phase - 80);
}

static void rsi_buys_and_closes(void **state) {
    (void)state;
    struct harness h;
    char *text = read_text("strategies/rsi.lua");
    harness_open(&h, text);
    const struct done *done = harness_start(&h);
    assert_int_equal(
        done->subscription.handlers, UINT32_C(1) << EVENT_START | UINT32_C(1) << EVENT_CANDLE
    );
    assert_int_equal(done->subscription.watch_count, 1);
    assert_int_equal(done->subscription.watches[0].timeframe_ms, 15 * MINUTE_MS);
    assert_int_equal(done->param_count, 6);
    assert_string_equal(done->params[0].name, "invest");
    assert_string_equal(done->params[0].text, "100");
    int buys = 0, closes = 0;
    for (int i = 0; i < 400; i++) {
        done = harness_candle(&h, wave(i));
        harness_sound(done);
        if (done->ask_count == 0) {
            continue;
        }
        assert_int_equal(done->ask_count, 1);
        struct ask ask = done->asks[0];
        assert_int_equal(ask.kind, ASK_PLACE);
        assert_string_equal(ask.file, "test.lua");
        assert_true(ask.line > 10);
        bool is_buy = ask.u.request.side == ORDER_BUY;
        buys += is_buy;
        closes += !is_buy;
        assert_int_equal(ask.sequence, buys + closes);
        assert_int_equal(ask.u.request.reduce_only, !is_buy);
        struct event fill = harness_fill_event(&h, &ask, "20000", is_buy ? "0.005" : "0");
        harness_sound(harness_send(&h, &fill));
    }
    assert_true(buys > 2);
    assert_true(buys - closes <= 1 && closes > 1);
    harness_close(&h);
    free(text);
}

static void rsi_is_quick(void **state) {
    (void)state;
    struct harness h;
    char *text = read_text("strategies/rsi.lua");
    harness_open(&h, text);
    harness_start(&h);
    for (int i = 0; i < 100; i++) {
        harness_candle(&h, 20000 + (i % 2));
    }
    struct event event = harness_candle_event(&h, 20001);
    struct timespec begin, end;
    const int rounds = 200000;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    for (int i = 0; i < rounds; i++) {
        harness_send(&h, &event);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    double ns =
        ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) /
        rounds;
    print_message("a bar of rsi.lua: %.0f ns\n", ns);
    harness_sound(&h.done);
    assert_true(ns < 5000.0 * TRADINGBOOST_LIMIT_FACTOR);
    harness_close(&h);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsi_buys_and_closes),
        cmocka_unit_test(rsi_is_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
