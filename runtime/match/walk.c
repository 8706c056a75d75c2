/* The walk through one bar: four phases, each of which plays what is next and says whether anything
 * was. Every call starts its search again at the head of the queue, since the owner may have
 * changed the book in between; the nearest triggers keep that from costing anything on most bars.
 */
#include "match/book.h"

/* What a step of a phase answers: an error code < 0, nothing left in the phase, or a report. */
enum { STEP_NOTHING = 0, STEP_REPORT = 1 };

static void report_order(
    const struct match *m,
    struct match_report *out,
    enum match_report_kind kind,
    const struct resting *o
) {
    *out = (struct match_report){
        .kind = kind,
        .fill.time_ms = m->time_ms,
        .order_key = o->key,
        .symbol = o->symbol,
        .side = (enum order_side)o->side,
        .position_side = (enum position_side)o->position_side,
        .price = {{o->price}},
        .stop = {{o->stop}},
        .quantity = {{o->quantity}},
    };
}

static int walk_cancel(
    struct match *m, int32_t slot, int code, const char *message, struct match_report *out
) {
    report_order(m, out, MATCH_CANCELED, &m->slots[slot]);
    out->code = code;
    out->message = message;
    book_remove(m, slot);
    return STEP_REPORT;
}

/* Books a trade into the venue's position and ledger; nothing changes when it does not fit. */
static int walk_book(
    struct match *m, enum position_side position_side, enum order_side side, struct fill *fill
) {
    struct book *b = m->book;
    struct position *position = &b->positions[position_side], next = *position;
    struct position_change change;
    struct money notional;
    struct decimal rate =
        fill->liquidity == LIQUIDITY_MAKER ? m->costs.fee_maker : m->costs.fee_taker;
    int rc;
    if ((rc = money_of(fill->price, fill->quantity, &notional)) != 0 ||
        (rc = decimal_mul(notional.d, rate, ROUND_NEAREST, &fill->fee.d)) != 0 ||
        (rc = position_apply(&next, side, fill, &change)) != 0 ||
        (rc = ledger_book_fill(&m->ledger, change.realized, fill->fee)) != 0) {
        return rc;
    }
    *position = next;
    if (m->book_count > 1) {
        book_mark_others_stale(m, b);
    }
    if (book_refresh_liquidation(m, b) != 0) {
        b->is_stale = true; /* the trade stands; the next step says what does not fit */
    }
    return 0;
}

static int walk_fill(
    struct match *m,
    int32_t slot,
    struct price price,
    enum liquidity liquidity,
    struct match_report *out
) {
    const struct resting *o = &m->slots[slot];
    int128 quantity = o->quantity;
    if (o->reduces) {
        int128 held = book_reducible(m->book, o);
        if (held == 0) {
            return walk_cancel(m, slot, E_NOTHING_TO_REDUCE, "there is nothing to reduce", out);
        }
        quantity = o->is_whole_position || held < quantity ? held : quantity;
    }
    report_order(m, out, MATCH_FILLED, o);
    out->quantity.d.v = quantity;
    out->fill = (struct fill){
        .price = price,
        .quantity = {{quantity}},
        .liquidity = liquidity,
        .time_ms = m->time_ms,
    };
    int rc = walk_book(m, out->position_side, out->side, &out->fill);
    if (rc != 0) {
        return rc;
    }
    book_remove(m, slot);
    return STEP_REPORT;
}

static int
walk_fill_worsened(struct match *m, int32_t slot, struct price price, struct match_report *out) {
    bool is_buy = m->slots[slot].side == ORDER_BUY;
    struct price worse;
    int rc = decimal_mul(price.d, is_buy ? m->factor_up : m->factor_down, ROUND_NEAREST, &worse.d);
    return rc != 0 ? rc : walk_fill(m, slot, worse, LIQUIDITY_TAKER, out);
}

/* Closes the position that loses, and dooms the orders that belonged to it. */
static int walk_liquidate(struct match *m, struct price price, struct match_report *out) {
    struct book *b = m->book;
    enum position_side side = POSITION_NET;
    if (m->hedge) {
        side = b->liquidation_is_below ? POSITION_LONG : POSITION_SHORT;
    }
    int128 held = b->positions[side].quantity.d.v;
    *out = (struct match_report){
        .kind = MATCH_LIQUIDATED,
        .symbol = m->symbol,
        .side = held > 0 ? ORDER_SELL : ORDER_BUY,
        .position_side = side,
        .price = price,
        .quantity = {{held > 0 ? held : -held}},
        .message = "liquidation",
    };
    out->fill = (struct fill){
        .price = price,
        .quantity = out->quantity,
        .liquidity = LIQUIDITY_TAKER,
        .time_ms = m->time_ms,
    };
    int rc = walk_book(m, side, out->side, &out->fill);
    if (rc != 0) {
        return rc;
    }
    for (int type = 0; type < 3; type++) {
        for (int32_t i = b->queues[type].head; i != SLOT_NONE; i = m->slots[i].next) {
            struct resting *o = &m->slots[i];
            if (o->position_side == side && o->doom == 0) {
                o->doom = o->reduces ? E_NOTHING_TO_REDUCE : E_INSUFFICIENT_MARGIN;
                m->doomed++;
            }
        }
    }
    return STEP_REPORT;
}

static struct price walk_liquidation_price(const struct match *m) {
    struct decimal price = {m->book->liquidation};
    return (struct price){decimal_min(decimal_max(price, m->low.d), m->high.d)};
}

/* The orders of a position that was liquidated, all before anything else goes on. */
static int walk_doomed(struct match *m, struct match_report *out) {
    for (int type = 0; type < 3; type++) {
        for (int32_t i = m->book->queues[type].head; i != SLOT_NONE; i = m->slots[i].next) {
            if (m->slots[i].doom != 0) {
                return walk_cancel(m, i, m->slots[i].doom, "its position was liquidated", out);
            }
        }
    }
    return STEP_NOTHING;
}

static bool stop_is_reached(const struct resting *o, int128 high, int128 low) {
    return o->side == ORDER_BUY ? high >= o->stop : low <= o->stop;
}

static int32_t walk_find_stop_at_open(const struct match *m) {
    const struct book *b = m->book;
    int128 open = m->open.d.v;
    if (open < b->buy_stop_min && open > b->sell_stop_max) {
        return SLOT_NONE;
    }
    int32_t i = b->queues[ORDER_STOP].head;
    while (i != SLOT_NONE && !stop_is_reached(&m->slots[i], open, open)) {
        i = m->slots[i].next;
    }
    return i;
}

static bool limit_is_passed(const struct resting *o, int128 high, int128 low) {
    return o->side == ORDER_BUY ? low < o->price : high > o->price;
}

/* Orders in their first bar are the last in their queue. */
static int32_t walk_first_fresh_limit(const struct match *m) {
    int32_t fresh = SLOT_NONE, i = m->book->queues[ORDER_LIMIT].tail;
    while (i != SLOT_NONE && m->slots[i].first_bar == m->book->bar) {
        fresh = i;
        i = m->slots[i].previous;
    }
    return fresh;
}

/* A limit in its first bar takes an open that is better than its price; what must not take or must
 * not rest ends here. */
static int walk_limits_at_open(struct match *m, struct match_report *out) {
    int128 open = m->open.d.v;
    if (m->book->fresh == 0) {
        return STEP_NOTHING;
    }
    for (int32_t i = walk_first_fresh_limit(m); i != SLOT_NONE; i = m->slots[i].next) {
        const struct resting *o = &m->slots[i];
        if (limit_is_passed(o, open, open)) {
            return o->post_only
                       ? walk_cancel(m, i, E_POST_ONLY_CROSSED, "post-only would take", out)
                       : walk_fill(m, i, m->open, LIQUIDITY_TAKER, out);
        }
        if (o->is_immediate) {
            return walk_cancel(m, i, 0, "immediate or cancel: the open is not better", out);
        }
    }
    return STEP_NOTHING;
}

static int walk_open(struct match *m, struct match_report *out) {
    int32_t slot = m->book->queues[ORDER_MARKET].head;
    if (slot == SLOT_NONE) {
        slot = walk_find_stop_at_open(m);
    }
    if (slot != SLOT_NONE) {
        return walk_fill_worsened(m, slot, m->open, out);
    }
    int step = walk_limits_at_open(m, out);
    if (step == STEP_NOTHING && book_liquidates_at(m->book, m->open.d.v)) {
        return walk_liquidate(m, m->open, out);
    }
    return step;
}

/* On the way to its trigger the price would first meet the liquidation. */
static bool stop_is_beyond_liquidation(const struct book *b, const struct resting *o) {
    if (b->liquidation == 0 || b->liquidation_is_below != (o->side == ORDER_SELL)) {
        return false;
    }
    return b->liquidation_is_below ? o->stop < b->liquidation : o->stop > b->liquidation;
}

static int walk_stops(struct match *m, struct match_report *out) {
    const struct book *b = m->book;
    int128 high = m->high.d.v, low = m->low.d.v;
    if (high >= b->buy_stop_min || low <= b->sell_stop_max) {
        for (int32_t i = b->queues[ORDER_STOP].head; i != SLOT_NONE; i = m->slots[i].next) {
            const struct resting *o = &m->slots[i];
            if (o->first_bar <= b->bar && stop_is_reached(o, high, low) &&
                !stop_is_beyond_liquidation(b, o)) {
                return walk_fill_worsened(m, i, (struct price){{o->stop}}, out);
            }
        }
    }
    if (book_liquidates_at(b, b->liquidation_is_below ? low : high)) {
        return walk_liquidate(m, walk_liquidation_price(m), out);
    }
    return STEP_NOTHING;
}

static int walk_limits(struct match *m, struct match_report *out) {
    const struct book *b = m->book;
    int128 high = m->high.d.v, low = m->low.d.v;
    if (low >= b->buy_limit_max && high <= b->sell_limit_min) {
        return STEP_NOTHING;
    }
    for (int32_t i = b->queues[ORDER_LIMIT].head; i != SLOT_NONE; i = m->slots[i].next) {
        const struct resting *o = &m->slots[i];
        if (o->first_bar <= b->bar && limit_is_passed(o, high, low)) {
            return walk_fill(m, i, (struct price){{o->price}}, LIQUIDITY_MAKER, out);
        }
    }
    return STEP_NOTHING;
}

/* What the limits have opened must not end the bar with an account that is gone. */
static int walk_close(struct match *m, struct match_report *out) {
    m->book->mark = m->close;
    if (book_liquidates_at(m->book, m->close.d.v)) {
        return walk_liquidate(m, walk_liquidation_price(m), out);
    }
    return STEP_NOTHING;
}

typedef int (*phase_function)(struct match *m, struct match_report *out);

static const phase_function phases[PHASE_DONE] = {
    [PHASE_OPEN] = walk_open,
    [PHASE_STOPS] = walk_stops,
    [PHASE_LIMITS] = walk_limits,
    [PHASE_CLOSE] = walk_close,
};

void match_begin(struct match *m, uint16_t symbol, const struct candle *candle) {
    struct book *b = &m->books[symbol];
    m->book = b;
    m->symbol = symbol;
    m->open = candle->open;
    m->high = candle->high;
    m->low = candle->low;
    m->close = candle->close;
    m->time_ms = candle->bar.time_ms;
    m->phase = PHASE_OPEN;
    b->bar++;
    b->fresh = b->waiting;
    b->waiting = 0;
    b->is_stale = b->is_stale || b->needs_mark;
}

bool match_next(struct match *m, struct match_report *out, struct err *e) {
    e->code = E_OK;
    int rc = STEP_NOTHING;
    if (m->phase != PHASE_DONE && m->book->is_stale) {
        rc = book_refresh(m, m->book);
    }
    if (rc == STEP_NOTHING && m->doomed > 0) {
        rc = walk_doomed(m, out);
    }
    while (rc == STEP_NOTHING && m->phase != PHASE_DONE) {
        rc = phases[m->phase](m, out);
        if (rc == STEP_NOTHING) {
            m->phase++;
        }
    }
    if (rc < 0) {
        m->phase = PHASE_DONE;
        err_set(e, rc, "match: the arithmetic of a fill does not fit");
    }
    return rc == STEP_REPORT;
}

bool match_is_at_open(const struct match *m) {
    return m->phase == PHASE_OPEN;
}

bool match_is_idle(const struct match *m, uint16_t symbol, const struct candle *candle) {
    const struct book *b = &m->books[symbol];
    return b->waiting == 0 && !b->is_stale && !b->needs_mark && candle->low.d.v >= b->low_trigger &&
           candle->high.d.v <= b->high_trigger;
}
