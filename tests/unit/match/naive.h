/* naive: the fill model once more, read straight off its description, slow and without any
 * cleverness: one array of orders in the order of submission, each question answered by looking at
 * all of them. One symbol, one-way, no more than the randomised test needs. cmocka.h comes first.
 */
#pragma once

#include "match/match.h"

#define NAIVE_MAX 4096

struct naive_order {
    bool is_open;
    uint64_t key;
    struct order_request r;
    int first_bar;
};

struct naive {
    struct naive_order orders[NAIVE_MAX]; /* the order of the array is that of submission */
    int count;
    int bar; /* the one being played, or played last */
    enum { NAIVE_OPEN, NAIVE_INSIDE_STOPS, NAIVE_INSIDE_LIMITS, NAIVE_CLOSE, NAIVE_OVER } part;
    struct candle candle;
    struct match_costs costs;
    struct decimal maintenance;
    struct position position;
    struct ledger ledger;
    uint64_t dooming[NAIVE_MAX]; /* keys that the venue cancels next */
    int dooming_count, doomed;
};

static inline void must(int rc) {
    assert_int_equal(rc, 0);
}

static inline struct naive_order *naive_find(struct naive *n, uint64_t key) {
    for (int i = 0; i < n->count; i++) {
        if (n->orders[i].is_open && n->orders[i].key == key) {
            return &n->orders[i];
        }
    }
    return NULL;
}

static inline void naive_submit(struct naive *n, uint64_t key, const struct order_request *r) {
    if (n->count == NAIVE_MAX) { /* forget what has ended */
        int kept = 0;
        for (int i = 0; i < n->count; i++) {
            if (n->orders[i].is_open) {
                n->orders[kept++] = n->orders[i];
            }
        }
        n->count = kept;
    }
    assert_true(n->count < NAIVE_MAX);
    n->orders[n->count++] = (struct naive_order){
        .is_open = true,
        .key = key,
        .r = *r,
        .first_bar = n->part == NAIVE_OPEN ? n->bar : n->bar + 1,
    };
}

static inline bool naive_cancel(struct naive *n, uint64_t key) {
    struct naive_order *o = naive_find(n, key);
    if (o != NULL) {
        o->is_open = false;
    }
    return o != NULL;
}

static inline bool
naive_amend(struct naive *n, uint64_t key, struct price level, struct quantity quantity) {
    struct naive_order *o = naive_find(n, key);
    for (int i = n->doomed; i < n->dooming_count; i++) {
        if (n->dooming[i] == key) {
            return false;
        }
    }
    if (o == NULL) {
        return false;
    }
    struct order_request r = o->r;
    if (r.type == ORDER_LIMIT) {
        r.price = level;
    } else if (r.type == ORDER_STOP) {
        r.stop = level;
    }
    if (!r.is_whole_position) {
        r.quantity = quantity;
    }
    o->is_open = false;
    naive_submit(n, key, &r);
    return true;
}

static inline void naive_begin(struct naive *n, const struct candle *candle) {
    n->candle = *candle;
    n->bar++;
    n->part = NAIVE_OPEN;
}

/* balance + open profit <= maintenance × |quantity| × price */
static inline bool naive_is_gone_at(const struct naive *n, struct decimal price) {
    struct decimal move, profit, cushion, notional, kept;
    struct decimal size = decimal_abs(n->position.quantity.d);
    if (size.v == 0) {
        return false;
    }
    must(decimal_sub(price, n->position.entry.d, &move));
    must(decimal_mul(move, n->position.quantity.d, ROUND_NEAREST, &profit));
    must(decimal_add(n->ledger.balance.d, profit, &cushion));
    must(decimal_mul(size, price, ROUND_NEAREST, &notional));
    must(decimal_mul(notional, n->maintenance, ROUND_NEAREST, &kept));
    return decimal_compare(cushion, kept) <= 0;
}

static inline void naive_book(
    struct naive *n,
    enum order_side side,
    struct decimal price,
    struct decimal quantity,
    enum liquidity liquidity,
    struct match_report *out
) {
    struct fill fill = {{price}, {quantity}, {{0}}, liquidity, n->candle.bar.time_ms};
    struct decimal rate = liquidity == LIQUIDITY_MAKER ? n->costs.fee_maker : n->costs.fee_taker;
    struct money notional;
    struct position_change change;
    must(money_of(fill.price, fill.quantity, &notional));
    must(decimal_mul(notional.d, rate, ROUND_NEAREST, &fill.fee.d));
    must(position_apply(&n->position, side, &fill, &change));
    must(ledger_book_fill(&n->ledger, change.realized, fill.fee));
    out->side = side;
    out->fill = fill;
}

static inline bool naive_trade(
    struct naive *n,
    struct naive_order *o,
    struct decimal price,
    bool is_worsened,
    enum liquidity liquidity,
    struct match_report *out
) {
    struct decimal quantity = o->r.quantity.d, one = decimal_of_int(1), factor;
    *out = (struct match_report){.kind = MATCH_FILLED, .order_key = o->key};
    o->is_open = false;
    if (o->r.reduce_only || o->r.is_whole_position) {
        bool is_closing = decimal_sign(n->position.quantity.d) == (o->r.side == ORDER_BUY ? -1 : 1);
        struct decimal held = decimal_abs(n->position.quantity.d);
        if (!is_closing) {
            out->kind = MATCH_CANCELED;
            out->code = E_NOTHING_TO_REDUCE;
            return true;
        }
        quantity = o->r.is_whole_position ? held : decimal_min(held, quantity);
    }
    if (is_worsened) {
        must(
            o->r.side == ORDER_BUY ? decimal_add(one, n->costs.slippage, &factor)
                                   : decimal_sub(one, n->costs.slippage, &factor)
        );
        must(decimal_mul(price, factor, ROUND_NEAREST, &price));
    }
    naive_book(n, o->r.side, price, quantity, liquidity, out);
    return true;
}

static inline bool
naive_liquidate(struct naive *n, struct decimal price, struct match_report *out) {
    enum order_side side = n->position.quantity.d.v > 0 ? ORDER_SELL : ORDER_BUY;
    *out = (struct match_report){.kind = MATCH_LIQUIDATED};
    naive_book(n, side, price, decimal_abs(n->position.quantity.d), LIQUIDITY_TAKER, out);
    n->dooming_count = n->doomed = 0;
    for (int type = 0; type < 3; type++) {
        for (int i = 0; i < n->count; i++) {
            if (n->orders[i].is_open && n->orders[i].r.type == (enum order_type)type) {
                n->dooming[n->dooming_count++] = n->orders[i].key;
            }
        }
    }
    return true;
}

/* The price at which the account is gone, inside the bar. */
static inline struct decimal naive_gone_price(const struct naive *n) {
    struct price out;
    must(position_liquidation_price(&n->position, n->ledger.balance, n->maintenance, &out));
    return decimal_min(decimal_max(out.d, n->candle.low.d), n->candle.high.d);
}

static inline bool naive_open_part(struct naive *n, struct match_report *out) {
    struct decimal open = n->candle.open.d;
    for (int i = 0; i < n->count; i++) {
        struct naive_order *o = &n->orders[i];
        if (o->is_open && o->r.type == ORDER_MARKET) {
            return naive_trade(n, o, open, true, LIQUIDITY_TAKER, out);
        }
    }
    for (int i = 0; i < n->count; i++) {
        struct naive_order *o = &n->orders[i];
        if (o->is_open && o->r.type == ORDER_STOP &&
            (o->r.side == ORDER_BUY ? open.v >= o->r.stop.d.v : open.v <= o->r.stop.d.v)) {
            return naive_trade(n, o, open, true, LIQUIDITY_TAKER, out);
        }
    }
    for (int i = 0; i < n->count; i++) {
        struct naive_order *o = &n->orders[i];
        if (!o->is_open || o->r.type != ORDER_LIMIT || o->first_bar != n->bar) {
            continue;
        }
        bool is_better = o->r.side == ORDER_BUY ? open.v < o->r.price.d.v : open.v > o->r.price.d.v;
        if (is_better && !o->r.post_only) {
            return naive_trade(n, o, open, false, LIQUIDITY_TAKER, out);
        }
        if (is_better || o->r.time_in_force != TIF_GTC) {
            o->is_open = false;
            *out = (struct match_report){.kind = MATCH_CANCELED, .order_key = o->key};
            out->code = is_better ? E_POST_ONLY_CROSSED : 0;
            return true;
        }
    }
    return naive_is_gone_at(n, open) && naive_liquidate(n, open, out);
}

static inline bool naive_stops_part(struct naive *n, struct match_report *out) {
    struct decimal high = n->candle.high.d, low = n->candle.low.d;
    bool is_long = n->position.quantity.d.v > 0;
    bool is_gone = naive_is_gone_at(n, is_long ? low : high);
    for (int i = 0; i < n->count; i++) {
        struct naive_order *o = &n->orders[i];
        bool is_buy = o->r.side == ORDER_BUY;
        if (!o->is_open || o->r.type != ORDER_STOP || o->first_bar > n->bar ||
            (is_buy ? high.v < o->r.stop.d.v : low.v > o->r.stop.d.v)) {
            continue;
        }
        if (is_gone && is_buy != is_long) { /* on the way to it the account may be gone */
            struct decimal gone = naive_gone_price(n);
            if (is_buy ? o->r.stop.d.v > gone.v : o->r.stop.d.v < gone.v) {
                continue;
            }
        }
        return naive_trade(n, o, o->r.stop.d, true, LIQUIDITY_TAKER, out);
    }
    return is_gone && naive_liquidate(n, naive_gone_price(n), out);
}

static inline bool naive_limits_part(struct naive *n, struct match_report *out) {
    for (int i = 0; i < n->count; i++) {
        struct naive_order *o = &n->orders[i];
        if (o->is_open && o->r.type == ORDER_LIMIT && o->first_bar <= n->bar &&
            (o->r.side == ORDER_BUY ? n->candle.low.d.v < o->r.price.d.v
                                    : n->candle.high.d.v > o->r.price.d.v)) {
            return naive_trade(n, o, o->r.price.d, false, LIQUIDITY_MAKER, out);
        }
    }
    return false;
}

static inline bool naive_next(struct naive *n, struct match_report *out) {
    while (n->doomed < n->dooming_count) {
        struct naive_order *o = naive_find(n, n->dooming[n->doomed++]);
        if (o != NULL) {
            o->is_open = false;
            *out = (struct match_report){.kind = MATCH_CANCELED, .order_key = o->key};
            out->code = o->r.reduce_only || o->r.is_whole_position ? E_NOTHING_TO_REDUCE
                                                                   : E_INSUFFICIENT_MARGIN;
            return true;
        }
    }
    if (n->part == NAIVE_OPEN && naive_open_part(n, out)) {
        return true;
    }
    if (n->part == NAIVE_OPEN) {
        n->part = NAIVE_INSIDE_STOPS;
    }
    if (n->part == NAIVE_INSIDE_STOPS && naive_stops_part(n, out)) {
        return true;
    }
    if (n->part == NAIVE_INSIDE_STOPS) {
        n->part = NAIVE_INSIDE_LIMITS;
    }
    if (n->part == NAIVE_INSIDE_LIMITS && naive_limits_part(n, out)) {
        return true;
    }
    if (n->part != NAIVE_OVER) {
        n->part = NAIVE_CLOSE;
    }
    if (n->part == NAIVE_CLOSE && naive_is_gone_at(n, n->candle.close.d)) {
        return naive_liquidate(n, naive_gone_price(n), out);
    }
    n->part = NAIVE_OVER;
    return false;
}
