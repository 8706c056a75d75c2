#include "simulation/venue.h"

#include "simulation/world.h"

#define VENUE_FEE_TAKER "0.0005"
#define VENUE_FEE_MAKER "0.0002"

static void must(int code) {
    if (code != 0) {
        fprintf(stderr, "the venue's arithmetic fails: %s\n", err_name(code));
        abort();
    }
}

const struct venue_version *venue_latest(const struct model_order *o) {
    return &o->versions[o->version_count - 1];
}

struct model_order *venue_find(struct world *w, struct order_key key) {
    struct venue_model *v = &w->venue;
    for (int i = v->order_count - 1; i >= 0; i--) {
        if (v->orders[i].key.activation == key.activation &&
            v->orders[i].key.sequence == key.sequence) {
            return &v->orders[i];
        }
    }
    return NULL;
}

const struct venue_version *venue_version_at(const struct model_order *o, int64_t at_us) {
    const struct venue_version *latest = NULL;
    for (int i = 0; !o->is_forgotten && i < o->version_count; i++) {
        if (o->versions[i].at_us <= at_us) {
            latest = &o->versions[i];
        }
    }
    return latest;
}

struct quantity venue_position_at(
    struct world *w, uint32_t account, uint16_t symbol, enum position_side side, int64_t at_us
) {
    struct venue_model *v = &w->venue;
    struct quantity q = v->positions[account][symbol][side];
    for (int i = v->fill_count - 1; i >= 0 && v->fills[i].at_us > at_us; i--) {
        const struct model_fill *f = &v->fills[i];
        enum position_side kept = v->is_hedge[account] ? f->position_side : POSITION_NET;
        if (f->account == account && f->symbol == symbol && kept == side) {
            int128 size = f->fill.quantity.d.v;
            q.d.v += f->side == ORDER_BUY ? -size : size;
        }
    }
    return q;
}

/* --- changes of an order -------------------------------------------------------------------------
 */

/* The next version, a copy of the last. */
static struct venue_version *version_add(struct world *w, struct model_order *o) {
    if (o->version_count == VERSIONS_MAX) {
        memmove(&o->versions[1], &o->versions[2], (VERSIONS_MAX - 2) * sizeof o->versions[0]);
        o->version_count--;
    }
    struct venue_version *next = &o->versions[o->version_count];
    *next = o->version_count > 0 ? o->versions[o->version_count - 1] : (struct venue_version){0};
    o->version_count++;
    next->at_us = w->now_us;
    next->update++;
    return next;
}

static void live_remove(struct world *w, const struct model_order *o) {
    struct venue_model *v = &w->venue;
    int index = (int)(o - v->orders);
    for (int i = 0; i < v->live_count; i++) {
        if (v->live[i] == index) {
            memmove(&v->live[i], &v->live[i + 1], (size_t)(v->live_count - i - 1) * sizeof(int));
            v->live_count--;
            return;
        }
    }
}

static void order_report(
    struct world *w,
    const struct model_order *o,
    enum order_event_kind kind,
    int code,
    struct venue_report *out
) {
    const struct venue_version *v = venue_latest(o);
    *out = (struct venue_report){
        .account = o->account,
        .key = o->key,
        .event =
            {
                .kind = kind,
                .time_ms = now_ms(w),
                .price = v->price,
                .stop = v->stop,
                .quantity = v->quantity,
                .code = code,
                .message = code != 0 ? "the venue says so" : NULL,
            },
        .update = v->update,
        .symbol = o->request.symbol,
        .side = o->request.side,
        .position_side = o->request.position_side,
    };
}

static void
order_tell(struct world *w, const struct model_order *o, enum order_event_kind kind, int code) {
    struct venue_report report;
    order_report(w, o, kind, code, &report);
    link_push(w, &report);
}

static void order_end(struct world *w, struct model_order *o, enum order_state state, int code) {
    version_add(w, o)->state = state;
    o->code = code;
    live_remove(w, o);
    order_tell(w, o, state == ORDER_EXPIRED ? ORDER_EVENT_EXPIRED : ORDER_EVENT_CANCELED, code);
}

/* --- fills ---------------------------------------------------------------------------------------
 */

void venue_fill_report(
    const struct world *w, const struct model_fill *f, struct venue_report *out
) {
    (void)w;
    *out = (struct venue_report){
        .account = f->account,
        .key = f->key,
        .event = {.kind = ORDER_EVENT_FILL, .time_ms = f->fill.time_ms, .fill = f->fill},
        .fill_id = f->id,
        .symbol = f->symbol,
        .side = f->side,
        .position_side = f->position_side,
        .reason = f->reason,
    };
}

static void fill_make(struct world *w, struct model_fill *f) {
    struct venue_model *v = &w->venue;
    if (v->fill_count == VENUE_FILLS_MAX) {
        sim_fail(w, "the venue has no room for more fills");
    }
    f->at_us = w->now_us;
    f->id = (uint64_t)v->fill_count + 1;
    f->fill.time_ms = now_ms(w);
    struct money value;
    struct decimal rate =
        dec(f->fill.liquidity == LIQUIDITY_MAKER ? VENUE_FEE_MAKER : VENUE_FEE_TAKER);
    must(money_of(f->fill.price, f->fill.quantity, &value));
    must(decimal_mul(value.d, rate, ROUND_NEAREST, &f->fill.fee.d));
    bool is_buy = f->side == ORDER_BUY;
    enum position_side kept = v->is_hedge[f->account] ? f->position_side : POSITION_NET;
    int128 size = f->fill.quantity.d.v;
    v->positions[f->account][f->symbol][kept].d.v += is_buy ? size : -size;
    v->cash[f->account].d.v += (is_buy ? -value.d.v : value.d.v) - f->fill.fee.d.v;
    v->fees[f->account].d.v += f->fill.fee.d.v;
    v->fills[v->fill_count++] = *f;
    w->figures.fills++;
}

/* How much a reducing order may still take, of the position as the venue has it. */
static int128 reducible(struct world *w, const struct model_order *o) {
    const struct venue_model *v = &w->venue;
    bool is_hedge = v->is_hedge[o->account];
    enum position_side kept = is_hedge ? o->request.position_side : POSITION_NET;
    int128 held = v->positions[o->account][o->request.symbol][kept].d.v;
    return o->request.side == ORDER_SELL ? (held > 0 ? held : 0) : (held < 0 ? -held : 0);
}

static bool order_reduces(const struct world *w, const struct model_order *o) {
    if (o->request.reduce_only || o->request.is_whole_position) {
        return true;
    }
    bool closes = o->request.side == ORDER_SELL ? o->request.position_side == POSITION_LONG
                                                : o->request.position_side == POSITION_SHORT;
    return w->venue.is_hedge[o->account] && closes;
}

/* Fills up to `most` of an order at a price, with its report. */
static void order_fill(
    struct world *w,
    struct model_order *o,
    int128 most,
    struct price price,
    enum liquidity liquidity
) {
    const struct venue_version *now = venue_latest(o);
    int128 left = now->quantity.d.v - now->filled.d.v;
    if (order_reduces(w, o)) {
        int128 room = reducible(w, o);
        if (room == 0) {
            order_end(w, o, ORDER_CANCELED, E_NOTHING_TO_REDUCE);
            return;
        }
        left = o->request.is_whole_position ? room : (left < room ? left : room);
    }
    int128 size = most < left && most > 0 ? most : left;
    struct model_fill f = {
        .account = o->account,
        .key = o->key,
        .symbol = o->request.symbol,
        .side = o->request.side,
        .position_side = o->request.position_side,
        .fill = {.price = price, .quantity = {{size}}, .liquidity = liquidity},
    };
    fill_make(w, &f);
    struct venue_version *next = version_add(w, o);
    next->filled.d.v += size;
    bool is_over = o->request.is_whole_position || next->filled.d.v >= next->quantity.d.v;
    next->state = is_over ? ORDER_FILLED : ORDER_PARTIALLY_FILLED;
    if (is_over) {
        live_remove(w, o);
    }
    struct venue_report report;
    venue_fill_report(w, &f, &report);
    report.event.is_final = is_over;
    link_push(w, &report);
}

static int128 slice(struct world *w, const struct model_order *o) {
    const struct venue_version *v = venue_latest(o);
    int64_t lots =
        (int64_t)((v->quantity.d.v - v->filled.d.v) / w->instruments[o->request.symbol].lot.d.v);
    if (lots <= 1 || chance(&w->venue_random, 0.6)) {
        return v->quantity.d.v - v->filled.d.v;
    }
    return between(&w->venue_random, 1, lots - 1) * w->instruments[o->request.symbol].lot.d.v;
}

/* What a market order, or a triggered stop, gets: all, a part, or a part and its end. */
static void order_take_liquidity(struct world *w, struct model_order *o) {
    struct price last = w->prices[o->request.symbol];
    order_fill(w, o, o->request.is_whole_position ? 0 : slice(w, o), last, LIQUIDITY_TAKER);
    enum order_state state = venue_latest(o)->state;
    if (state == ORDER_PARTIALLY_FILLED && chance(&w->venue_random, 0.3)) {
        order_end(w, o, ORDER_CANCELED, 0);
    }
}

static bool limit_crosses(const struct world *w, const struct model_order *o) {
    int128 last = w->prices[o->request.symbol].d.v;
    int128 price = venue_latest(o)->price.d.v;
    return o->request.side == ORDER_BUY ? last <= price : last >= price;
}

static bool stop_triggers(const struct world *w, const struct model_order *o) {
    int128 last = w->prices[o->request.symbol].d.v;
    int128 stop = venue_latest(o)->stop.d.v;
    return o->request.side == ORDER_BUY ? last >= stop : last <= stop;
}

static void order_play(struct world *w, struct model_order *o) {
    if (o->request.type == ORDER_MARKET || o->is_triggered) {
        order_take_liquidity(w, o);
    } else if (o->request.type == ORDER_STOP) {
        o->is_triggered = stop_triggers(w, o);
        if (o->is_triggered) {
            order_take_liquidity(w, o);
        }
    } else if (limit_crosses(w, o)) {
        order_fill(w, o, slice(w, o), venue_latest(o)->price, LIQUIDITY_MAKER);
    }
}

void venue_price(struct world *w, uint16_t symbol) {
    struct venue_model *v = &w->venue;
    for (int i = 0; i < v->live_count;) {
        int index = v->live[i];
        struct model_order *o = &v->orders[index];
        if (o->request.symbol == symbol) {
            order_play(w, o);
        }
        i += i < v->live_count && v->live[i] == index;
    }
}

/* --- requests ------------------------------------------------------------------------------------
 */

static void reply(
    struct world *w,
    const struct request *r,
    const struct model_order *o,
    enum order_event_kind kind,
    int code
) {
    struct venue_report report = {
        .account = r->account,
        .key = r->key,
        .event = {.kind = kind, .time_ms = now_ms(w), .code = code},
    };
    if (o != NULL) {
        order_report(w, o, kind, code, &report);
    }
    report.update = code == 0 ? report.update : 0;
    link_reply(w, r, &report);
}

static struct model_order *order_make(struct world *w, const struct request *r) {
    struct venue_model *v = &w->venue;
    if (v->order_count == VENUE_ORDERS_MAX) {
        sim_fail(w, "the venue has no room for more orders");
    }
    struct model_order *o = &v->orders[v->order_count++];
    *o = (struct model_order){.account = r->account, .key = r->key, .request = r->order};
    struct venue_version *first = version_add(w, o);
    first->state = ORDER_OPEN;
    first->price = r->order.price;
    first->stop = r->order.stop;
    first->quantity = r->order.quantity;
    return o;
}

static void request_submit(struct world *w, const struct request *r) {
    struct known_order *known = known_order(w, r->key);
    if (++known->submits > 1) {
        sim_fail(
            w, "order %u/%llu is at the venue twice", r->key.activation,
            (unsigned long long)r->key.sequence
        );
    }
    w->figures.orders++;
    struct model_order *o = order_make(w, r);
    bool crosses = r->order.post_only && r->order.type == ORDER_LIMIT && limit_crosses(w, o);
    bool has_nothing = order_reduces(w, o) && r->order.type == ORDER_MARKET && reducible(w, o) == 0;
    if (crosses || has_nothing || chance(&w->venue_random, w->faults.reject)) {
        int code = crosses ? E_POST_ONLY_CROSSED : has_nothing ? E_NOTHING_TO_REDUCE : E_VENUE;
        o->versions[0].state = ORDER_REJECTED;
        o->code = code;
        o->is_forgotten = chance(&w->venue_random, 0.5);
        reply(w, r, NULL, ORDER_EVENT_REJECTED, code);
        return;
    }
    w->venue.live[w->venue.live_count++] = (int)(o - w->venue.orders);
    order_tell(w, o, ORDER_EVENT_ACCEPTED, 0);
    reply(w, r, o, ORDER_EVENT_ACCEPTED, 0);
    order_play(w, o);
    if (r->order.time_in_force != TIF_GTC && !order_state_is_terminal(venue_latest(o)->state)) {
        order_end(w, o, ORDER_CANCELED, 0);
    }
}

static void request_change(struct world *w, const struct request *r) {
    struct model_order *o = venue_find(w, r->key);
    bool is_cancel = r->what == 'c';
    if (o == NULL || o->is_forgotten || order_state_is_terminal(venue_latest(o)->state)) {
        reply(
            w, r, NULL, is_cancel ? ORDER_EVENT_CANCEL_REFUSED : ORDER_EVENT_AMEND_REFUSED,
            E_NOT_OPEN
        );
        return;
    }
    if (is_cancel) {
        order_end(w, o, ORDER_CANCELED, 0);
        reply(w, r, o, ORDER_EVENT_CANCELED, 0);
        return;
    }
    const struct venue_version *now = venue_latest(o);
    int128 quantity = r->quantity.d.v > 0 ? r->quantity.d.v : now->quantity.d.v;
    if (o->is_triggered || (quantity <= now->filled.d.v && !o->request.is_whole_position) ||
        chance(&w->venue_random, w->faults.reject)) {
        reply(w, r, NULL, ORDER_EVENT_AMEND_REFUSED, E_VENUE);
        return;
    }
    struct venue_version *next = version_add(w, o);
    next->quantity.d.v = quantity;
    next->price = r->price.d.v > 0 ? r->price : next->price;
    next->stop = r->stop.d.v > 0 ? r->stop : next->stop;
    order_tell(w, o, ORDER_EVENT_AMENDED, 0);
    reply(w, r, o, ORDER_EVENT_AMENDED, 0);
    order_play(w, o);
}

void venue_request(struct world *w, const struct request *r) {
    if (r->what == 's') {
        request_submit(w, r);
    } else {
        request_change(w, r);
    }
}

int venue_leverage(struct world *w, uint32_t account, uint16_t symbol, int leverage) {
    struct venue_model *v = &w->venue;
    if (v->leverage[account][symbol] == leverage) {
        return 0;
    }
    for (int side = POSITION_NET; side <= POSITION_SHORT; side++) {
        if (v->positions[account][symbol][side].d.v != 0) {
            return E_HAS_POSITION;
        }
    }
    v->leverage[account][symbol] = leverage;
    return 0;
}

/* --- by itself -----------------------------------------------------------------------------------
 */

void venue_force(struct world *w) {
    struct venue_model *v = &w->venue;
    uint32_t account = (uint32_t)random_below(&w->venue_random, VENUE_ACCOUNTS);
    uint16_t symbol = (uint16_t)random_below(&w->venue_random, VENUE_SYMBOLS);
    int side = v->is_hedge[account] ? (int)between(&w->venue_random, POSITION_LONG, POSITION_SHORT)
                                    : POSITION_NET;
    int128 held = v->positions[account][symbol][side].d.v;
    int128 lot = w->instruments[symbol].lot.d.v;
    int64_t lots = (int64_t)((held > 0 ? held : -held) / lot);
    if (lots == 0) {
        return;
    }
    struct model_fill f = {
        .account = account,
        .key = {NO_ACTIVATION, 0},
        .symbol = symbol,
        .side = held > 0 ? ORDER_SELL : ORDER_BUY,
        .position_side = (enum position_side)side,
        .fill =
            {.price = w->prices[symbol], .quantity = {{between(&w->venue_random, 1, lots) * lot}}},
        .reason = chance(&w->venue_random, 0.5) ? "liquidation" : "adl",
    };
    fill_make(w, &f);
    trace(w, "venue: %s of account %u", f.reason, account);
    struct venue_report report;
    venue_fill_report(w, &f, &report);
    link_push(w, &report);
}

void venue_expire(struct world *w) {
    struct venue_model *v = &w->venue;
    if (v->live_count > 0) {
        struct model_order *o =
            &v->orders[v->live[random_below(&w->venue_random, (uint64_t)v->live_count)]];
        bool expires = chance(&w->venue_random, 0.5);
        trace(
            w, "venue: ends %u/%llu by itself", o->key.activation,
            (unsigned long long)o->key.sequence
        );
        order_end(w, o, expires ? ORDER_EXPIRED : ORDER_CANCELED, expires ? 0 : E_VENUE);
    }
}

void venue_manual(struct world *w) {
    struct venue_model *v = &w->venue;
    uint32_t account = (uint32_t)random_below(&w->venue_random, VENUE_ACCOUNTS);
    uint16_t symbol = (uint16_t)random_below(&w->venue_random, VENUE_SYMBOLS);
    bool is_hedge = v->is_hedge[account];
    struct model_fill f = {
        .account = account,
        .key = {NO_ACTIVATION, 0},
        .symbol = symbol,
        .side = is_hedge || chance(&w->venue_random, 0.5) ? ORDER_BUY : ORDER_SELL,
        .position_side = is_hedge ? POSITION_LONG : POSITION_NET,
        .fill =
            {
                .price = w->prices[symbol],
                .quantity = {{between(&w->venue_random, 1, 100) * w->instruments[symbol].lot.d.v}},
            },
    };
    fill_make(w, &f);
    trace(w, "venue: somebody trades on account %u", account);
    struct venue_report report;
    venue_fill_report(w, &f, &report);
    link_push(w, &report);
}

/* Resting orders are gone, and nobody is told. */
void venue_restart(struct world *w) {
    struct venue_model *v = &w->venue;
    trace(w, "venue: restarts and loses %d orders", v->live_count);
    for (int i = 0; i < v->live_count; i++) {
        struct model_order *o = &v->orders[v->live[i]];
        version_add(w, o)->state = ORDER_CANCELED;
        o->is_forgotten = chance(&w->venue_random, 0.5);
    }
    v->live_count = 0;
}
