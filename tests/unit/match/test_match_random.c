/* 20,000 random bars with random orders, cancels and amendments, also in answer to fills: the venue
 * does what the naive reading of the model does, and its books add up. Idle bars are left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/match/naive.h"
#include "unit/match/venue.h"

#define BARS 20000
#define RESTING_MAX 40

struct game {
    struct match *match;
    struct naive *naive;
    uint64_t random;
    uint64_t next_key;
    int64_t price; /* in ticks */
    int fills, liquidations, cancels, idle;
    struct decimal held; /* sum of signed fills */
};

static uint32_t below(struct game *g, uint32_t n) {
    g->random ^= g->random << 13;
    g->random ^= g->random >> 7;
    g->random ^= g->random << 17;
    return (uint32_t)(g->random >> 33) % n;
}

static int64_t around(struct game *g, int64_t spread) {
    return (int64_t)below(g, (uint32_t)(2 * spread + 1)) - spread;
}

static struct price ticks(int64_t n) {
    return (struct price){{(int128)n * (DECIMAL_ONE / 10)}};
}

static struct order_request random_request(struct game *g) {
    struct order_request r = {.side = (enum order_side)below(g, 2)};
    uint32_t kind = below(g, 10);
    r.type = kind < 2 ? ORDER_MARKET : kind < 7 ? ORDER_LIMIT : ORDER_STOP;
    r.quantity.d.v = (int128)(1 + below(g, 50)) * (DECIMAL_ONE / 1000);
    r.reduce_only = below(g, 3) == 0;
    r.is_whole_position = below(g, 8) == 0;
    r.post_only = below(g, 6) == 0;
    r.time_in_force = below(g, 6) == 0 ? TIF_IOC : below(g, 12) == 0 ? TIF_FOK : TIF_GTC;
    struct price level = ticks(g->price + around(g, 60));
    if (r.type == ORDER_LIMIT) {
        r.price = level;
    } else if (r.type == ORDER_STOP) {
        r.stop = level;
    }
    if (r.is_whole_position) {
        r.quantity.d.v = 0;
    }
    return r;
}

static uint64_t random_open_key(struct game *g) {
    uint64_t keys[NAIVE_MAX];
    uint32_t count = 0;
    for (int i = 0; i < g->naive->count; i++) {
        if (g->naive->orders[i].is_open) {
            keys[count++] = g->naive->orders[i].key;
        }
    }
    return count == 0 || below(g, 20) == 0 ? 1 + below(g, 1000) : keys[below(g, count)];
}

static int open_count(const struct game *g) {
    int count = 0;
    for (int i = 0; i < g->naive->count; i++) {
        count += g->naive->orders[i].is_open;
    }
    return count;
}

static void expect(struct game *g, enum match_report_kind kind, uint64_t key) {
    struct match_report answer;
    assert_true(match_answer(g->match, &answer));
    assert_int_equal(answer.kind, kind);
    assert_int_equal(answer.order_key, key);
    assert_false(match_answer(g->match, &answer));
}

static void act(struct game *g) {
    uint32_t what = below(g, 10);
    if (what < 6) {
        if (open_count(g) < RESTING_MAX) {
            struct order_request r = random_request(g);
            uint64_t key = g->next_key++;
            must(match_submit(g->match, key, &r, NULL));
            expect(g, MATCH_ACCEPTED, key);
            naive_submit(g->naive, key, &r);
        }
    } else if (what < 8) {
        uint64_t key = random_open_key(g);
        must(match_cancel(g->match, key, NULL));
        bool is_open = naive_cancel(g->naive, key);
        expect(g, is_open ? MATCH_CANCELED : MATCH_CANCEL_REFUSED, key);
    } else {
        uint64_t key = random_open_key(g);
        struct price level = ticks(g->price + around(g, 60));
        struct quantity quantity = {{(int128)(1 + below(g, 50)) * (DECIMAL_ONE / 1000)}};
        must(match_amend(g->match, key, level, level, quantity, NULL));
        bool is_open = naive_amend(g->naive, key, level, quantity);
        expect(g, is_open ? MATCH_AMENDED : MATCH_AMEND_REFUSED, key);
    }
}

static struct candle random_candle(struct game *g, int64_t time_ms) {
    g->price += around(g, below(g, 30) == 0 ? 100 : 2); /* a gap now and then */
    int64_t open = g->price;
    int64_t close = open + around(g, 15);
    int64_t top = open > close ? open : close, bottom = open > close ? close : open;
    g->price = close < 700 ? 1000 : close > 1300 ? 1000 : close;
    struct candle c = {
        ticks(open), ticks(top + below(g, 10)), ticks(bottom - below(g, 10)), ticks(close), {0},
    };
    c.bar.time_ms = time_ms;
    return c;
}

static void
compare_reports(struct game *g, const struct match_report *a, const struct match_report *b) {
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->order_key, b->order_key);
    assert_int_equal(a->code, b->code);
    if (a->kind == MATCH_CANCELED) {
        g->cancels++;
        return;
    }
    g->fills++;
    g->liquidations += a->kind == MATCH_LIQUIDATED;
    assert_int_equal(a->side, b->side);
    assert_true(a->fill.price.d.v == b->fill.price.d.v);
    assert_true(a->fill.quantity.d.v == b->fill.quantity.d.v);
    assert_true(a->fill.fee.d.v == b->fill.fee.d.v);
    assert_int_equal(a->fill.liquidity, b->fill.liquidity);
    assert_int_equal(a->fill.time_ms, b->fill.time_ms);
    g->held.v += a->side == ORDER_BUY ? a->fill.quantity.d.v : -a->fill.quantity.d.v;
}

static void compare_books(struct game *g) {
    const struct position *p = match_position(g->match, 0, POSITION_NET);
    const struct ledger *l = match_ledger(g->match);
    assert_true(p->quantity.d.v == g->held.v);
    assert_true(p->entry.d.v == g->naive->position.entry.d.v);
    assert_true(l->balance.d.v == l->start.d.v + l->realized.d.v - l->fees.d.v + l->funding.d.v);
    assert_true(l->realized.d.v == p->realized.d.v);
    assert_true(l->fees.d.v == p->fees.d.v);
    assert_true(l->balance.d.v == g->naive->ledger.balance.d.v);
}

static void play_bar(struct game *g, int64_t time_ms) {
    struct candle c = random_candle(g, time_ms);
    struct match_report found, expected;
    struct err e = {0};
    bool is_idle = match_is_idle(g->match, 0, &c);
    naive_begin(g->naive, &c);
    if (is_idle) {
        assert_false(naive_next(g->naive, &expected));
        g->idle++;
        return;
    }
    match_begin(g->match, 0, &c);
    while (match_next(g->match, &found, &e)) {
        assert_true(naive_next(g->naive, &expected));
        compare_reports(g, &found, &expected);
        for (uint32_t n = below(g, 3) == 0 ? below(g, 3) : 0; n > 0; n--) {
            act(g);
        }
    }
    assert_int_equal(e.code, 0);
    assert_false(naive_next(g->naive, &expected));
    struct money open;
    must(position_unrealized(match_position(g->match, 0, POSITION_NET), c.close, &open));
    bool is_flat = match_position(g->match, 0, POSITION_NET)->quantity.d.v == 0;
    assert_true(is_flat || match_ledger(g->match)->balance.d.v + open.d.v >= 0);
}

/* With a small balance the account goes again and again; then money is put in, as funding. */
static void play(const char *balance, uint64_t seed, int liquidations_min) {
    struct game g = {.random = seed, .next_key = 100000, .price = 1000};
    struct instrument in = venue_instrument();
    struct match_costs costs = venue_costs();
    struct money start = cash_of(balance);
    g.naive = calloc(1, sizeof *g.naive);
    assert_non_null(g.naive);
    g.naive->costs = costs;
    g.naive->maintenance = in.maintenance;
    g.naive->part = NAIVE_OVER;
    ledger_init(&g.naive->ledger, start);
    must(match_new(&g.match, &in, 1, RESTING_MAX, &costs, start, false, NULL));
    for (int i = 0; i < BARS; i++) {
        for (uint32_t n = below(&g, 2) == 0 ? below(&g, 4) : 0; n > 0; n--) {
            act(&g);
        }
        if (decimal_compare(match_ledger(g.match)->balance.d, dec("0.05")) < 0) {
            must(match_book_funding(g.match, start, NULL));
            must(ledger_book_funding(&g.naive->ledger, start));
        }
        play_bar(&g, i * INT64_C(60000));
        compare_books(&g);
    }
    assert_true(g.fills > 2000);
    assert_true(g.cancels > 500);
    assert_true(g.idle > 500);
    assert_true(g.liquidations >= liquidations_min);
    print_message(
        "%d fills, %d cancels by the venue, %d liquidations, %d idle bars\n", g.fills, g.cancels,
        g.liquidations, g.idle
    );
    match_free(g.match);
    free(g.naive);
}

static void the_venue_does_what_the_model_says(void **state) {
    (void)state;
    play("100000", UINT64_C(0x9E3779B97F4A7C15), 0);
}

static void so_it_does_when_accounts_go(void **state) {
    (void)state;
    play("0.2", UINT64_C(0xD1B54A32D192ED03), 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_venue_does_what_the_model_says),
        cmocka_unit_test(so_it_does_when_accounts_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
