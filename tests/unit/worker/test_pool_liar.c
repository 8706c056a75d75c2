/* The core beside workers that lie (worker_liar.c): it never crashes, never answers an event twice,
 * never believes a worker about what is another's, and names only what there is. */
#include "unit/worker/crowd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define MEMBERS 12
#define DEATHS 60
#define SECONDS_MAX 4

struct heard {
    struct pool *pool;
    uint64_t out[MEMBERS]; /* number of the event that is out */
    uint64_t number;
    int dones, losses, states;
    bool is_open[MEMBERS];
};

static void on_done(void *ctx, const struct done *done) {
    struct heard *h = ctx;
    assert_true(done->activation < MEMBERS);
    assert_true(done->number != 0 && h->out[done->activation] == done->number);
    h->out[done->activation] = 0;
    for (int i = 0; i < done->ask_count; i++) {
        if (done->asks[i].kind == ASK_PLACE) {
            assert_int_equal(done->asks[i].symbol, 0); /* there is no other */
            assert_int_equal(done->asks[i].u.request.symbol, 0);
        }
    }
    for (int i = 0; i < done->subscription.watch_count; i++) {
        assert_int_equal(done->subscription.watches[i].symbol, 0);
    }
    h->dones++;
}

static int on_series(
    void *ctx,
    uint16_t symbol,
    int64_t timeframe_ms,
    uint64_t number,
    uint16_t *series,
    struct err *e
) {
    (void)ctx;
    (void)number;
    (void)series;
    assert_int_equal(symbol, 0);
    return err_set(e, E_RANGE, "no series of %lld ms", (long long)timeframe_ms);
}

static void on_state(void *ctx, const struct message_state *state) {
    struct heard *h = ctx;
    assert_true(state->activation < MEMBERS);
    h->states++;
}

static void on_lost(void *ctx, uint32_t activation, bool is_culprit, const struct fault *fault) {
    struct heard *h = ctx;
    assert_true(activation < MEMBERS && h->is_open[activation]);
    assert_true(fault->code != 0 && fault->text[0] != '\0');
    assert_true(!is_culprit || h->out[activation] != 0);
    for (const char *c = fault->text; *c; c++) {
        assert_true(*c >= ' ' && *c < 127); /* its own words are cleaned */
    }
    h->is_open[activation] = false;
    h->out[activation] = 0;
    h->losses++;
}

static void open_and_send(struct heard *h) {
    static const struct script_file file = {"init.lua", "return {}", 9};
    static const struct script_bundle bundle = {"test", 1, &file, 1};
    struct err e = {0};
    for (uint32_t i = 0; i < MEMBERS; i++) {
        if (!h->is_open[i]) {
            struct activation_open open = {
                .activation = i, .id = "a", .bundle = &bundle, .account = {.currency = "USDT"}};
            assert_int_equal(pool_open(h->pool, &open, &e), 0);
            h->is_open[i] = true;
        }
        if (h->out[i] == 0) {
            struct event event = {
                .number = ++h->number,
                .activation = i,
                .kind = h->number % 3 ? EVENT_START : EVENT_CANDLE,
                .symbol = UINT16_MAX};
            h->out[i] = event.number;
            pool_event(h->pool, &event);
        }
    }
}

static void the_core_survives_what_workers_write(void **state) {
    (void)state;
    struct heard h = {0};
    struct err e = {0};
    struct pool_figures figures;
    struct instrument instrument = crowd_instrument();
    struct bar bar = {1, 60001, 1, 1, 1, 1, 1};
    struct pool_options options = crowd_options(MEMBERS);
    struct pool_handlers handlers = {&h, on_done, on_series, on_state, on_lost};
    options.program = LIAR;
    if (pool_new(&h.pool, &options, &handlers, &e) != 0) {
        /* A liar may be found out before both are up. */
        options.workers = 2;
        assert_int_equal(pool_new(&h.pool, &options, &handlers, &e), 0);
    }
    assert_int_equal(pool_instrument(h.pool, 0, &instrument, &e), 0);
    assert_int_equal(pool_series(h.pool, 0, 0, 60000, &e), 0);
    int64_t until_ns = crowd_clock_ns() + SECONDS_MAX * (int64_t)1000000000;
    do {
        open_and_send(&h);
        pool_bar(h.pool, 0, h.number + 1, &bar);
        pool_poll(h.pool, 2);
        pool_figures(h.pool, &figures);
        assert_true(figures.events_out >= 0 && figures.events_out <= MEMBERS);
        if (h.number % 50 == 0) {
            uint32_t closed = (uint32_t)(h.number / 50 % MEMBERS);
            pool_close(h.pool, closed);
            h.is_open[closed] = false;
            h.out[closed] = 0;
        }
    } while (figures.deaths < DEATHS && crowd_clock_ns() < until_ns);
    print_message(
        "%d answers, %d losses, %d states, %llu ignored, %llu deaths, %llu kills\n", h.dones,
        h.losses, h.states, (unsigned long long)figures.ignored, (unsigned long long)figures.deaths,
        (unsigned long long)figures.kills
    );
    assert_true(figures.deaths >= 4 && figures.kills > 0);
    assert_true(figures.ignored > 0 && h.losses > 0 && h.dones > 0);
    pool_free(h.pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_core_survives_what_workers_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
