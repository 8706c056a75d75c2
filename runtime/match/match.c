#include "match/book.h"

#include <stdlib.h>

static void book_init(struct book *b, const struct instrument *instrument) {
    b->instrument = *instrument;
    b->leverage = 1;
    for (int type = 0; type < 3; type++) {
        b->queues[type] = (struct queue){SLOT_NONE, SLOT_NONE};
    }
    b->sell_limit_min = b->buy_stop_min = PRICE_NEVER_HIGH;
    b->low_trigger = 0;
    b->high_trigger = PRICE_NEVER_HIGH;
}

static int match_check_new(
    const struct instrument *instruments,
    int instrument_count,
    int orders_max,
    const struct match_costs *costs,
    struct err *e
) {
    if (instrument_count < 1 || instrument_count > UINT16_MAX || orders_max < 1) {
        return err_set(e, E_ARGUMENT, "match: needs at least one instrument and one order");
    }
    if (costs->slippage.v < 0 || costs->slippage.v >= DECIMAL_ONE) {
        return err_set(e, E_RANGE, "match: slippage must lie in [0, 1)");
    }
    for (int i = 0; i < instrument_count; i++) {
        if (instruments[i].tick.d.v <= 0 || instruments[i].lot.d.v <= 0) {
            return err_set(e, E_ARGUMENT, "match: %s has no tick or lot", instruments[i].symbol);
        }
    }
    return 0;
}

int match_new(
    struct match **out,
    const struct instrument *instruments,
    int instrument_count,
    int orders_max,
    const struct match_costs *costs,
    struct money balance,
    bool hedge,
    struct err *e
) {
    int rc = match_check_new(instruments, instrument_count, orders_max, costs, e);
    if (rc != 0) {
        return rc;
    }
    struct match *m = calloc(1, sizeof *m);
    if (m == NULL) {
        return err_set(e, E_MEMORY, "match: out of memory");
    }
    m->books = calloc((size_t)instrument_count, sizeof *m->books);
    /* Nothing of these is read before it is written: an account that trades little stays small. */
    m->slots = malloc((size_t)orders_max * sizeof *m->slots);
    m->keys = malloc((size_t)orders_max * sizeof *m->keys);
    m->answers = malloc(MATCH_ANSWERS_MAX * sizeof *m->answers);
    if (m->books == NULL || m->slots == NULL || m->keys == NULL || m->answers == NULL) {
        match_free(m);
        return err_set(e, E_MEMORY, "match: out of memory for %d orders", orders_max);
    }
    m->book_count = instrument_count;
    m->slot_count = orders_max;
    m->free_head = SLOT_NONE;
    m->hedge = hedge;
    m->costs = *costs;
    m->factor_up.v = DECIMAL_ONE + costs->slippage.v;
    m->factor_down.v = DECIMAL_ONE - costs->slippage.v;
    m->phase = PHASE_DONE;
    ledger_init(&m->ledger, balance);
    for (int i = 0; i < instrument_count; i++) {
        book_init(&m->books[i], &instruments[i]);
    }
    *out = m;
    return 0;
}

void match_free(struct match *m) {
    if (m != NULL) {
        free(m->answers);
        free(m->keys);
        free(m->slots);
        free(m->books);
        free(m);
    }
}

static struct match_report *
match_push_answer(struct match *m, enum match_report_kind kind, uint64_t key) {
    int at = (m->answer_head + m->answer_count) % MATCH_ANSWERS_MAX;
    m->answer_count++;
    m->answers[at] = (struct match_report){.kind = kind, .order_key = key};
    return &m->answers[at];
}

static void
match_answer_order(struct match *m, enum match_report_kind kind, const struct resting *o) {
    struct match_report *answer = match_push_answer(m, kind, o->key);
    answer->symbol = o->symbol;
    answer->side = (enum order_side)o->side;
    answer->position_side = (enum position_side)o->position_side;
    answer->price.d.v = o->price;
    answer->stop.d.v = o->stop;
    answer->quantity.d.v = o->quantity;
}

static void match_refuse(
    struct match *m, enum match_report_kind kind, uint64_t key, int code, const char *message
) {
    struct match_report *answer = match_push_answer(m, kind, key);
    answer->code = code;
    answer->message = message;
}

bool match_answer(struct match *m, struct match_report *out) {
    if (m->answer_count == 0) {
        return false;
    }
    *out = m->answers[m->answer_head];
    m->answer_head = (m->answer_head + 1) % MATCH_ANSWERS_MAX;
    m->answer_count--;
    if (m->answer_count == 0) {
        m->answer_head = 0;
    }
    return true;
}

static int match_check_room(const struct match *m, struct err *e) {
    if (m->answer_count == MATCH_ANSWERS_MAX) {
        return err_set(e, E_LIMIT, "match: %d answers wait to be read", MATCH_ANSWERS_MAX);
    }
    return 0;
}

/* The price that makes the order what it is: its limit or its trigger. */
static int128 resting_level(const struct resting *o) {
    return o->type == ORDER_LIMIT ? o->price : o->stop;
}

/* What is wrong with an order's figures; 0 and no message when nothing. */
static int
match_check_figures(const struct book *b, const struct resting *o, const char **message) {
    const struct instrument *in = &b->instrument;
    if (o->type != ORDER_MARKET && resting_level(o) <= 0) {
        *message = "a limit needs a price, a stop a trigger";
        return E_ARGUMENT;
    }
    if (o->type != ORDER_MARKET && resting_level(o) % in->tick.d.v != 0) {
        *message = "the price is not a multiple of the tick";
        return E_ARGUMENT;
    }
    if (o->is_whole_position) {
        return 0;
    }
    if (o->quantity <= 0 || o->quantity % in->lot.d.v != 0) {
        *message = "the quantity is not a positive multiple of the lot";
        return E_ARGUMENT;
    }
    if (!o->reduces && o->quantity < in->min_quantity.d.v) {
        *message = "the quantity is below the minimum";
        return E_BELOW_MINIMUM;
    }
    if (in->max_quantity.d.v != 0 && o->quantity > in->max_quantity.d.v) {
        *message = "the quantity is above the maximum";
        return E_ABOVE_MAXIMUM;
    }
    return 0;
}

static struct resting resting_of(
    const struct match *m, const struct book *b, uint64_t key, const struct order_request *r
) {
    bool closes_side = (r->position_side == POSITION_LONG && r->side == ORDER_SELL) ||
                       (r->position_side == POSITION_SHORT && r->side == ORDER_BUY);
    bool sells_spot = b->instrument.kind == INSTRUMENT_SPOT && r->side == ORDER_SELL;
    return (struct resting){
        .key = key,
        .price = r->type == ORDER_LIMIT ? r->price.d.v : 0,
        .stop = r->type == ORDER_STOP ? r->stop.d.v : 0,
        .quantity = r->is_whole_position ? 0 : r->quantity.d.v,
        .symbol = r->symbol,
        .side = (uint8_t)r->side,
        .type = (uint8_t)r->type,
        .position_side = (uint8_t)r->position_side,
        .post_only = r->post_only,
        .reduces =
            r->reduce_only || r->is_whole_position || (m->hedge && closes_side) || sells_spot,
        .is_whole_position = r->is_whole_position,
        .is_immediate = r->type == ORDER_LIMIT && r->time_in_force != TIF_GTC,
    };
}

int match_submit(
    struct match *m, uint64_t order_key, const struct order_request *request, struct err *e
) {
    int rc = match_check_room(m, e);
    if (rc != 0) {
        return rc;
    }
    if (order_key == 0 || book_find(m, order_key) != SLOT_NONE) {
        return err_set(e, E_ARGUMENT, "match: the key of an order is 0 or taken");
    }
    const struct book *b = match_book_of(m, request->symbol);
    const char *message = NULL;
    int code = 0;
    if (b == NULL) {
        match_refuse(m, MATCH_REJECTED, order_key, E_UNKNOWN_SYMBOL, "no such symbol");
        return 0;
    }
    struct resting order = resting_of(m, b, order_key, request);
    if (m->hedge != (request->position_side != POSITION_NET)) {
        code = E_ARGUMENT;
        message = m->hedge ? "hedge mode: the order must name its position side"
                           : "one-way mode: there are no position sides";
    } else if (m->free_head == SLOT_NONE && m->slot_top == m->slot_count) {
        code = E_LIMIT;
        message = "too many open orders";
    } else {
        code = match_check_figures(b, &order, &message);
    }
    if (code != 0) {
        match_refuse(m, MATCH_REJECTED, order_key, code, message);
        return 0;
    }
    int32_t slot = book_insert(m, &order);
    match_answer_order(m, MATCH_ACCEPTED, &m->slots[slot]);
    return 0;
}

int match_cancel(struct match *m, uint64_t order_key, struct err *e) {
    int rc = match_check_room(m, e);
    if (rc != 0) {
        return rc;
    }
    int32_t slot = order_key == 0 ? SLOT_NONE : book_find(m, order_key);
    if (slot == SLOT_NONE) {
        match_refuse(m, MATCH_CANCEL_REFUSED, order_key, E_NOT_OPEN, "the order is not open");
        return 0;
    }
    match_answer_order(m, MATCH_CANCELED, &m->slots[slot]);
    book_remove(m, slot);
    return 0;
}

int match_amend(
    struct match *m,
    uint64_t order_key,
    struct price price,
    struct price stop,
    struct quantity quantity,
    struct err *e
) {
    int rc = match_check_room(m, e);
    if (rc != 0) {
        return rc;
    }
    int32_t slot = order_key == 0 ? SLOT_NONE : book_find(m, order_key);
    if (slot == SLOT_NONE || m->slots[slot].doom != 0) {
        match_refuse(m, MATCH_AMEND_REFUSED, order_key, E_NOT_OPEN, "the order is not open");
        return 0;
    }
    struct resting next = m->slots[slot];
    if (next.type == ORDER_LIMIT && price.d.v != 0) {
        next.price = price.d.v;
    }
    if (next.type == ORDER_STOP && stop.d.v != 0) {
        next.stop = stop.d.v;
    }
    if (!next.is_whole_position && quantity.d.v != 0) {
        next.quantity = quantity.d.v;
    }
    const char *message = NULL;
    int code = match_check_figures(&m->books[next.symbol], &next, &message);
    if (code != 0) {
        match_refuse(m, MATCH_AMEND_REFUSED, order_key, code, message);
        return 0;
    }
    book_requeue(m, slot, &next);
    match_answer_order(m, MATCH_AMENDED, &m->slots[slot]);
    return 0;
}

int match_book_funding(struct match *m, struct money amount, struct err *e) {
    int rc = ledger_book_funding(&m->ledger, amount);
    if (rc != 0) {
        return err_set(e, rc, "match: the funding does not fit");
    }
    book_mark_others_stale(m, NULL);
    return 0;
}

const struct position *
match_position(const struct match *m, uint16_t symbol, enum position_side side) {
    return &m->books[symbol].positions[side];
}

const struct ledger *match_ledger(const struct match *m) {
    return &m->ledger;
}

void match_set_leverage(struct match *m, uint16_t symbol, int leverage) {
    struct book *b = match_book_of(m, symbol);
    if (b == NULL) {
        return;
    }
    int max = b->instrument.max_leverage;
    b->leverage = leverage < 1 ? 1 : max > 0 && leverage > max ? max : leverage;
}

int match_leverage(const struct match *m, uint16_t symbol) {
    return symbol < m->book_count ? m->books[symbol].leverage : 1;
}

/* --- after a restart ------------------------------------------------------------------------------ */

void match_restore_account(struct match *m, const struct ledger *ledger) {
    m->ledger = *ledger;
}

void match_restore_position(
    struct match *m, uint16_t symbol, enum position_side side, const struct position *position,
    struct price mark
) {
    struct book *b = match_book_of(m, symbol);
    if (b != NULL) {
        b->positions[side] = *position;
        b->mark = mark;
        b->is_stale = true;
        book_mark_others_stale(m, b);
    }
}

int match_restore_order(
    struct match *m, uint64_t order_key, const struct order_request *request, bool is_fresh,
    struct err *e
) {
    struct book *b = match_book_of(m, request->symbol);
    if (b == NULL || order_key == 0 || book_find(m, order_key) != SLOT_NONE ||
        (m->free_head == SLOT_NONE && m->slot_top == m->slot_count)) {
        return err_set(e, E_DATA, "match: an order cannot be restored");
    }
    struct resting order = resting_of(m, b, order_key, request);
    int32_t slot = book_insert(m, &order);
    if (!is_fresh) { /* it has seen a bar: its first is over */
        m->slots[slot].first_bar = 0;
        b->waiting--;
    }
    b->is_stale = true;
    return 0;
}
