/* The order of events on candles, with the paper venue and a host supplied by the test; and one
 * hour with clock, host and venue behind ports that the test supplies. */
#include "unit/engine/fake.h"

#include "engine/player.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct fake fake;
static struct paper *paper;
static struct player *player;

#define HOUR ((int64_t)1699999200000) /* an open of every timeframe up to 1 h */

static struct candle
candle_at(int64_t time_ms, const char *o, const char *h, const char *l, const char *c) {
    struct candle candle = {.bar = {.time_ms = time_ms, .close_ms = time_ms + 60000, .volume = 1}};
    candle.open.d = dec(o);
    candle.high.d = dec(h);
    candle.low.d = dec(l);
    candle.close.d = dec(c);
    candle.bar.open = decimal_to_double(candle.open.d);
    candle.bar.high = decimal_to_double(candle.high.d);
    candle.bar.low = decimal_to_double(candle.low.d);
    candle.bar.close = decimal_to_double(candle.close.d);
    return candle;
}

static int setup(void **state) {
    (void)state;
    memset(&fake, 0, sizeof fake);
    struct match_costs costs = {dec("0.0005"), dec("0.0002"), dec("0.0005")};
    struct err err = {0};
    struct instrument btc = fake_btc();
    static struct instrument kept;
    kept = btc;
    struct money balance = {dec("10000")};
    assert_int_equal(paper_new(&paper, 4, 64, &costs, &err), 0);
    assert_int_equal(paper_open_account(paper, 0, &kept, 1, balance, false, &err), 0);
    struct venue_port port = paper_port(paper);
    fake_engine(&fake, &port, true);
    assert_int_equal(player_new(&player, fake.engine, paper, &err), 0);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    player_free(player);
    engine_free(fake.engine);
    paper_free(paper);
    return 0;
}

static void play(struct candle candle) {
    struct err err = {0};
    player_begin(player, 0, &candle);
    assert_int_equal(player_step(player, &err), PLAYER_DONE);
}

static void watch(int64_t first_ms, int64_t second_ms) {
    fake.subscription.watches[0] = (struct watch){0, first_ms};
    fake.subscription.watches[1] = (struct watch){0, second_ms};
    fake.subscription.watch_count = 2;
    fake.subscription.tickers[0] = 0;
    fake.subscription.ticker_count = 1;
}

static void one_instant_goes_ticker_longest_shortest_timer(void **state) {
    (void)state;
    watch(60000, 300000);
    fake_activate(&fake, SUSPEND_KEEP);
    for (int i = 0; i < 4; i++) {
        play(candle_at(HOUR + i * 60000, "50000", "50010", "49990", "50000"));
    }
    int from = fake.event_count;
    play(candle_at(HOUR + 240000, "50000", "50020", "49980", "50005"));
    assert_string_equal(fake_kinds(&fake, from), "TCC");
    assert_int_equal(fake.events[from + 1].u.series, 1); /* five minutes before one */
    assert_int_equal(fake.events[from + 2].u.series, 0);
    assert_true(fake.events[from].now_ms == HOUR + 300000);
    assert_true(fake.events[from].u.ticker.high == 50020);
    assert_true(fake.events[from].u.ticker.last == 50005);
}

static void a_gap_closes_before_the_next_bar_is_played(void **state) {
    (void)state;
    watch(300000, 900000);
    fake.subscription.ticker_count = 0;
    fake_activate(&fake, SUSPEND_KEEP);
    for (int i = 0; i < 4; i++) {
        play(candle_at(HOUR + i * 60000, "50000", "50010", "49990", "50000"));
    }
    int from = fake.event_count;
    play(candle_at(HOUR + 17 * 60000, "50000", "50010", "49990", "50000"));
    assert_string_equal(fake_kinds(&fake, from), "CC");
    assert_true(
        fake.events[from].now_ms == HOUR + 300000
    ); /* the five minutes that lack their last */
    assert_true(fake.events[from + 1].now_ms == HOUR + 900000); /* then the quarter hour */
}

static void buy_and_guard(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_CANDLE && f->sent_count == 0) {
        f->sent_count = 1; /* once */
        fake_place(f, done, 1, ORDER_BUY, "0.1", NULL, "entry");
    } else if (event->kind == EVENT_FILL && event->u.fill.sequence == 1) {
        struct ask *stop = fake_place(f, done, 2, ORDER_SELL, "0.1", NULL, "stop");
        stop->u.request.type = ORDER_STOP;
        stop->u.request.stop.d = dec("49500");
        stop->u.request.reduce_only = true;
    }
}

static void what_a_fill_at_the_open_places_guards_that_bar(void **state) {
    (void)state;
    fake.handle = buy_and_guard;
    fake_activate(&fake, SUSPEND_KEEP);
    play(candle_at(HOUR, "50000", "50010", "49990", "50000"));
    int from = fake.event_count;
    play(candle_at(HOUR + 60000, "50000", "50010", "49400", "49450"));
    /* entry's fill and end, the stop's acceptance, its fill and end, then the close */
    assert_string_equal(fake_kinds(&fake, from), "FOOFOC");
    assert_true(fake.events[from].now_ms == HOUR + 60000);
    assert_true(fake.events[from].u.fill.fill.price.d.v == dec("50025").v);
    assert_true(fake.events[from + 3].u.fill.fill.price.d.v == dec("49475.25").v);
    assert_int_equal(fake.fills, 2);
    assert_true(activation_position(fake.engine, 0, 0, POSITION_NET)->quantity.d.v == 0);
}

static void buy_too_much(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_CANDLE && f->sent_count == 0) {
        f->sent_count = 1;
        struct ask *leverage = fake_ask(f, done, ASK_LEVERAGE);
        leverage->u.leverage = 100;
        fake_place(f, done, 1, ORDER_BUY, "10", NULL, "entry");
    }
}

static void liquidation_is_told_and_books_agree(void **state) {
    (void)state;
    fake.handle = buy_too_much;
    fake_activate(&fake, SUSPEND_KEEP);
    play(candle_at(HOUR, "50000", "50010", "49990", "50000"));
    play(candle_at(HOUR + 60000, "50000", "50010", "49990", "50000"));
    int from = fake.event_count;
    play(candle_at(HOUR + 120000, "50000", "50000", "45000", "46000"));
    assert_string_equal(fake_kinds(&fake, from), "FC");
    assert_string_equal(fake.events[from].u.fill.order.request.reason, "liquidation");
    assert_true(account_ledger(fake.engine, 0)->balance.d.v >= 0);
    assert_true(account_ledger(fake.engine, 0)->balance.d.v == paper_ledger(paper, 0)->balance.d.v);
}

static void the_third_buys_too_much(struct fake *f, const struct event *event, struct done *done) {
    if (event->activation == 2) {
        buy_too_much(f, event, done);
    }
}

/* The account's number is no activation's: a person has orders in the one before it. */
static void a_liquidation_is_borne_by_who_holds_it(void **state) {
    (void)state;
    static struct instrument btc;
    btc = fake_btc();
    static const struct script_bundle bundle = {.name = "other", .hash = 2};
    struct money balance = {dec("10000")};
    struct err err = {0};
    uint32_t shared = activation_account(fake.engine, fake_activate(&fake, SUSPEND_KEEP));
    struct activation_options person = {.id = "m1", .account = &shared, .currency = "USDT"};
    struct activation_options other = {
        .id = "t2",
        .bundle = &bundle,
        .currency = "USDT",
        .balance = balance,
    };
    uint32_t owner;
    uint32_t buyer;
    fake.handle = the_third_buys_too_much;
    assert_int_equal(engine_activate(fake.engine, &person, &owner, &err), 0);
    assert_int_equal(paper_open_account(paper, 1, &btc, 1, balance, false, &err), 0);
    assert_int_equal(engine_activate(fake.engine, &other, &buyer, &err), 0);
    engine_pump(fake.engine);
    assert_int_equal(buyer, 2);
    assert_int_equal(activation_account(fake.engine, buyer), 1);
    play(candle_at(HOUR, "50000", "50010", "49990", "50000"));
    play(candle_at(HOUR + 60000, "50000", "50010", "49990", "50000"));
    assert_true(activation_position(fake.engine, buyer, 0, POSITION_NET)->quantity.d.v > 0);
    play(candle_at(HOUR + 120000, "50000", "50000", "45000", "46000"));
    assert_int_equal(fake.last_fill.activation, buyer);
    assert_true(activation_position(fake.engine, buyer, 0, POSITION_NET)->quantity.d.v == 0);
    assert_true(activation_position(fake.engine, owner, 0, POSITION_NET)->quantity.d.v == 0);
    assert_true(account_ledger(fake.engine, 1)->balance.d.v == paper_ledger(paper, 1)->balance.d.v);
}

static void a_fault_ends_the_run(struct fake *f, const struct event *event, struct done *done) {
    (void)f;
    if (event->kind == EVENT_CANDLE) {
        done->fault.code = E_SCRIPT;
    }
}

static void the_run_fails_with_the_script(void **state) {
    (void)state;
    fake.handle = a_fault_ends_the_run;
    fake_activate(&fake, SUSPEND_KEEP);
    struct candle candle = candle_at(HOUR, "50000", "50010", "49990", "50000");
    struct err err = {0};
    player_begin(player, 0, &candle);
    assert_int_equal(player_step(player, &err), PLAYER_FAILED);
    assert_int_equal(err.code, 0);
}

/* --- one hour
 * ------------------------------------------------------------------------------------- */

/* A venue of the test's own: it accepts at once and fills market orders one minute later. */
struct hour_venue {
    struct order_key waiting[64];
    struct order_request requests[64];
    int count;
};

static int hour_submit(
    void *ctx, uint32_t account, struct order_key key, const struct order *order, struct err *e
) {
    struct hour_venue *v = ctx;
    (void)account, (void)e;
    v->waiting[v->count] = key;
    v->requests[v->count++] = order->request;
    return 0;
}

static void trade_each_minute(struct fake *f, const struct event *event, struct done *done) {
    static uint64_t sequence;
    if (event->kind == EVENT_START) {
        sequence = 0;
    }
    if (event->kind == EVENT_CANDLE) {
        enum order_side side = sequence % 2 == 0 ? ORDER_BUY : ORDER_SELL;
        fake_place(f, done, ++sequence, side, "0.01", NULL, "minute");
    }
}

static uint64_t hour_hash(void) {
    static struct hour_venue venue;
    memset(&venue, 0, sizeof venue);
    memset(&fake, 0, sizeof fake);
    struct venue_port port = {&venue, hour_submit, fake_cancel, fake_amend, fake_leverage, NULL};
    fake_engine(&fake, &port, true);
    fake.handle = trade_each_minute;
    fake_activate(&fake, SUSPEND_KEEP);
    struct player *hour;
    struct err err = {0};
    assert_int_equal(player_new(&hour, fake.engine, NULL, &err), 0);
    for (int minute = 0; minute < 60; minute++) {
        struct candle candle = candle_at(HOUR + minute * 60000, "50000", "50010", "49990", "50000");
        engine_set_time(fake.engine, candle.bar.time_ms);
        for (int i = 0; i < venue.count; i++) {
            struct venue_report report = {.key = venue.waiting[i]};
            report.event = fake_fill("50000", "0.01", "0.25");
            engine_report(fake.engine, &report);
        }
        venue.count = 0;
        player_begin(hour, 0, &candle);
        assert_int_equal(player_step(hour, &err), PLAYER_DONE);
    }
    uint64_t hash = 1469598103934665603u;
    for (int i = 0; i < fake.event_count; i++) {
        hash =
            (hash ^ fake.events[i].number ^ (uint64_t)fake.events[i].kind << 32) * 1099511628211u;
    }
    assert_int_equal(fake.fills, 59);
    assert_true(account_ledger(fake.engine, 0)->fees.d.v == dec("14.75").v);
    assert_true(engine_time(fake.engine) == HOUR + 3600000);
    player_free(hour);
    engine_free(fake.engine);
    return hash;
}

static void an_hour_runs_on_ports_of_the_test(void **state) {
    (void)state;
    assert_true(hour_hash() == hour_hash());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            one_instant_goes_ticker_longest_shortest_timer, setup, teardown
        ),
        cmocka_unit_test_setup_teardown(
            a_gap_closes_before_the_next_bar_is_played, setup, teardown
        ),
        cmocka_unit_test_setup_teardown(
            what_a_fill_at_the_open_places_guards_that_bar, setup, teardown
        ),
        cmocka_unit_test_setup_teardown(liquidation_is_told_and_books_agree, setup, teardown),
        cmocka_unit_test_setup_teardown(a_liquidation_is_borne_by_who_holds_it, setup, teardown),
        cmocka_unit_test_setup_teardown(the_run_fails_with_the_script, setup, teardown),
        cmocka_unit_test(an_hour_runs_on_ports_of_the_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
