#include "match/book.h"

static int128 int128_max(int128 a, int128 b) {
    return a > b ? a : b;
}

static int128 int128_min(int128 a, int128 b) {
    return a < b ? a : b;
}

int32_t book_find(const struct match *m, uint64_t key) {
    for (int32_t i = 0; i < m->slot_top; i++) {
        if (m->keys[i] == key) {
            return i;
        }
    }
    return SLOT_NONE;
}

static void book_set_triggers(struct book *b) {
    int128 low = int128_max(b->buy_limit_max, b->sell_stop_max + 1);
    int128 high = int128_min(b->sell_limit_min, b->buy_stop_min - 1);
    if (b->liquidation != 0 && b->liquidation_is_below) {
        low = int128_max(low, b->liquidation + 1);
    } else if (b->liquidation != 0) {
        high = int128_min(high, b->liquidation - 1);
    }
    b->low_trigger = low;
    b->high_trigger = high;
}

static void book_widen(struct book *b, const struct resting *order) {
    bool is_buy = order->side == ORDER_BUY;
    if (order->type == ORDER_LIMIT && is_buy) {
        b->buy_limit_max = int128_max(b->buy_limit_max, order->price);
    } else if (order->type == ORDER_LIMIT) {
        b->sell_limit_min = int128_min(b->sell_limit_min, order->price);
    } else if (order->type == ORDER_STOP && is_buy) {
        b->buy_stop_min = int128_min(b->buy_stop_min, order->stop);
    } else if (order->type == ORDER_STOP) {
        b->sell_stop_max = int128_max(b->sell_stop_max, order->stop);
    }
}

/* True when the order's level is the one that its trigger was taken from. */
static bool book_is_nearest(const struct book *b, const struct resting *order) {
    bool is_buy = order->side == ORDER_BUY;
    if (order->type == ORDER_LIMIT) {
        return order->price == (is_buy ? b->buy_limit_max : b->sell_limit_min);
    }
    return order->type == ORDER_STOP &&
           order->stop == (is_buy ? b->buy_stop_min : b->sell_stop_max);
}

static void queue_append(struct match *m, struct queue *q, int32_t slot) {
    struct resting *order = &m->slots[slot];
    order->next = SLOT_NONE;
    order->previous = q->tail;
    if (q->tail == SLOT_NONE) {
        q->head = slot;
    } else {
        m->slots[q->tail].next = slot;
    }
    q->tail = slot;
}

static void queue_unlink(struct match *m, struct queue *q, int32_t slot) {
    struct resting *order = &m->slots[slot];
    if (order->previous == SLOT_NONE) {
        q->head = order->next;
    } else {
        m->slots[order->previous].next = order->next;
    }
    if (order->next == SLOT_NONE) {
        q->tail = order->previous;
    } else {
        m->slots[order->next].previous = order->previous;
    }
}

static void book_join(struct match *m, int32_t slot) {
    struct resting *order = &m->slots[slot];
    struct book *b = &m->books[order->symbol];
    bool joins_now = m->phase == PHASE_OPEN && m->book == b;
    order->first_bar = joins_now ? b->bar : b->bar + 1;
    *(joins_now ? &b->fresh : &b->waiting) += 1;
    queue_append(m, &b->queues[order->type], slot);
    book_widen(b, order);
    book_set_triggers(b);
}

static void book_leave(struct match *m, int32_t slot) {
    struct resting *order = &m->slots[slot];
    struct book *b = &m->books[order->symbol];
    if (order->first_bar > b->bar) {
        b->waiting--;
    } else if (order->first_bar == b->bar) {
        b->fresh--;
    }
    queue_unlink(m, &b->queues[order->type], slot);
    b->is_stale = b->is_stale || book_is_nearest(b, order);
}

int32_t book_insert(struct match *m, const struct resting *order) {
    int32_t slot = m->free_head;
    if (slot != SLOT_NONE) {
        m->free_head = m->slots[slot].next;
    } else {
        slot = m->slot_top++;
    }
    m->slots[slot] = *order;
    m->keys[slot] = order->key;
    book_join(m, slot);
    return slot;
}

void book_remove(struct match *m, int32_t slot) {
    struct resting *order = &m->slots[slot];
    if (order->doom != 0) {
        m->doomed--;
    }
    book_leave(m, slot);
    m->keys[slot] = 0;
    order->next = m->free_head;
    m->free_head = slot;
}

void book_requeue(struct match *m, int32_t slot, const struct resting *next) {
    book_leave(m, slot);
    m->slots[slot] = *next;
    book_join(m, slot);
}

int128 book_reducible(const struct book *b, const struct resting *order) {
    int128 held = b->positions[order->position_side].quantity.d.v;
    int128 closes = order->side == ORDER_SELL ? held : -held;
    return closes > 0 ? closes : 0;
}

bool book_has_position(const struct book *b) {
    return b->positions[POSITION_NET].quantity.d.v != 0 ||
           b->positions[POSITION_LONG].quantity.d.v != 0 ||
           b->positions[POSITION_SHORT].quantity.d.v != 0;
}

/* Adds open profit − maintenance of a symbol at its mark to *sum. */
static int book_add_cushion(const struct book *b, struct decimal *sum) {
    for (int side = 0; side < 3; side++) {
        const struct position *p = &b->positions[side];
        if (p->quantity.d.v == 0) {
            continue;
        }
        struct money open, notional;
        struct decimal kept = {0};
        struct quantity held = {decimal_abs(p->quantity.d)};
        int rc = position_unrealized(p, b->mark, &open);
        if (rc == 0 && b->instrument.kind == INSTRUMENT_PERPETUAL) {
            rc = money_of(b->mark, held, &notional);
            rc = rc != 0 ? rc
                         : decimal_mul(notional.d, b->instrument.maintenance, ROUND_NEAREST, &kept);
        }
        if (rc != 0 || (rc = decimal_add(*sum, open.d, sum)) != 0 ||
            (rc = decimal_sub(*sum, kept, sum)) != 0) {
            return rc;
        }
    }
    return 0;
}

int book_refresh_liquidation(struct match *m, struct book *b) {
    b->liquidation = 0;
    b->needs_mark = m->book_count > 1 && book_has_position(b);
    if (b->instrument.kind != INSTRUMENT_PERPETUAL || !book_has_position(b)) {
        book_set_triggers(b);
        return 0;
    }
    struct money balance = m->ledger.balance;
    for (int i = 0; i < m->book_count; i++) {
        int rc = &m->books[i] == b ? 0 : book_add_cushion(&m->books[i], &balance.d);
        if (rc != 0) {
            return rc;
        }
    }
    const struct position *a = &b->positions[m->hedge ? POSITION_LONG : POSITION_NET];
    const struct position *other = m->hedge ? &b->positions[POSITION_SHORT] : NULL;
    struct price price;
    int rc = position_pair_liquidation_price(
        a, other, balance, b->instrument.maintenance, &price, &b->liquidation_is_below
    );
    if (rc == 0) {
        b->liquidation = price.d.v;
        book_set_triggers(b);
    }
    return rc;
}

int book_refresh(struct match *m, struct book *b) {
    b->buy_limit_max = b->sell_stop_max = 0;
    b->sell_limit_min = b->buy_stop_min = PRICE_NEVER_HIGH;
    for (int type = ORDER_LIMIT; type <= ORDER_STOP; type++) {
        for (int32_t i = b->queues[type].head; i != SLOT_NONE; i = m->slots[i].next) {
            book_widen(b, &m->slots[i]);
        }
    }
    int rc = book_refresh_liquidation(m, b);
    b->is_stale = rc != 0;
    return rc;
}

void book_mark_others_stale(struct match *m, const struct book *changed) {
    for (int i = 0; i < m->book_count; i++) {
        struct book *b = &m->books[i];
        b->is_stale = b->is_stale || (b != changed && book_has_position(b));
    }
}
