/* checks: what must be so, found out without the engine's own bookkeeping wherever possible. */
#include "simulation/world.h"

#include "engine/engine_state.h"

#define LEAVES_MS 1500 /* a slow sync and the turn after it; a disk that fails takes longer */

struct known_order *known_order(struct world *w, struct order_key key) {
    bool is_core = key.sequence >= CORE_SEQUENCE;
    uint64_t n = is_core ? key.sequence - CORE_SEQUENCE : key.sequence;
    if (key.activation >= OWNERS || n >= ORDERS_MAX) {
        sim_fail(w, "there is no room for order %u/%llu", key.activation, (unsigned long long)n);
    }
    return is_core ? &w->core[key.activation][n] : &w->known[key.activation][n];
}

/* --- records -------------------------------------------------------------------------------------
 */

static void order_asked(
    struct world *w, struct order_key key, const struct order_request *request, uint64_t sequence
) {
    uint32_t account = activation_account(w->engine, key.activation);
    known_order(w, key)->record = sequence;
    if (w->doubt_ms[account] > 0 && key.sequence < CORE_SEQUENCE &&
        order_enlarges(w->engine, key.activation, request)) {
        sim_fail(w, "account %u is in doubt and takes new risk", account);
    }
}

static bool is_of_loss(const struct ask_outcome *o) {
    enum risk_check check = o->figure_count > 0 ? o->figures[o->figure_count - 1].check : 0;
    return o->is_refused && check >= RISK_DAILY_LOSS && check <= RISK_USER_DRAWDOWN;
}

static void record_asks(struct world *w, const struct record *r, uint64_t sequence) {
    if (r->kind == RECORD_ORDER && !r->u.order.outcome.is_refused) {
        struct order_key key = {r->activation, r->u.order.sequence};
        order_asked(w, key, &r->u.order.request, sequence);
    }
    if (r->kind != RECORD_DONE) {
        return;
    }
    for (int i = 0; i < r->u.done.done.ask_count; i++) {
        w->figures.held_back += is_of_loss(&r->u.done.outcomes[i]);
        const struct ask *ask = &r->u.done.done.asks[i];
        if (ask->kind == ASK_PLACE && !r->u.done.outcomes[i].is_refused) {
            struct order_key key = {r->activation, ask->sequence};
            order_asked(w, key, &ask->u.request, sequence);
        }
        if (ask->kind == ASK_LEVERAGE && !r->u.done.outcomes[i].is_refused) {
            uint32_t account = activation_account(w->engine, r->activation);
            w->leverage_record[account][ask->symbol][ask->u.leverage] = sequence;
        }
    }
}

/* Every record is read back; those that ask for orders are remembered. */
void check_record(struct world *w, const char *bytes, size_t length, uint64_t sequence) {
    static char block[(size_t)1 << 20];
    struct arena arena;
    struct record record;
    struct err err = {0};
    enum record_kind kind = (enum record_kind)bytes[1];
    trace(
        w, "record %llu %s, %zu bytes", (unsigned long long)sequence, record_kind_name(kind), length
    );
    if (kind != RECORD_DONE && kind != RECORD_ORDER && kind != RECORD_HALT && kind != RECORD_DAY) {
        return;
    }
    arena_init(&arena, block, sizeof block);
    if (record_decode(bytes, length, &arena, &record, &err) != 0) {
        sim_fail(w, "a record that cannot be read: %s", err.msg);
    }
    record_asks(w, &record, sequence);
    halts_record(w, &record, sequence);
}

/* --- orders that leave ---------------------------------------------------------------------------
 */

static void check_limits(struct world *w, struct order_key key, const struct order *o) {
    const struct risk_limits *limits = &w->engine->options.limits;
    const struct activation *a = &w->engine->activations[key.activation];
    struct owner *owner = &w->owners[key.activation];
    if (key.sequence >= CORE_SEQUENCE) {
        return; /* what the core closes is not limited */
    }
    struct price price = o->request.price.d.v > 0 ? o->request.price : o->request.stop;
    struct money value;
    if (price.d.v > 0 && !o->request.reduce_only && !o->request.is_whole_position &&
        (money_of(price, o->request.quantity, &value) != 0 ||
         value.d.v > limits->order_value_max.d.v)) {
        sim_fail(w, "order %s is over the limit of value", o->id);
    }
    if (a->order_count > limits->open_orders_max + 1 + a->position_count) {
        sim_fail(w, "%s has %d orders open", a->id, a->order_count);
    }
    int64_t then = owner->submit_us[owner->submit_next];
    int64_t burst_us = (64 - limits->rate.burst - 2) * SECOND_US / limits->rate.per_second;
    if (then > 0 && w->now_us - then < burst_us - 2 * SECOND_US && w->now_us - then > 0 &&
        w->figures.crashes == 0) {
        sim_fail(w, "%s has sent 64 orders in %lld us", a->id, (long long)(w->now_us - then));
    }
    owner->submit_us[owner->submit_next] = w->now_us;
    owner->submit_next = (owner->submit_next + 1) % 64;
}

/* However often a person sends a request, the venue takes one order. */
static void check_request(struct world *w, struct order_key key, const struct order *o) {
    for (int i = 0; i < w->venue.order_count && o->request.tag[0] == 'k'; i++) {
        const struct model_order *other = &w->venue.orders[i];
        if (other->key.activation == key.activation && other->key.sequence != key.sequence &&
            venue_latest(other)->state != ORDER_REJECTED &&
            strcmp(other->request.tag, o->request.tag) == 0) {
            sim_fail(w, "request %s makes a second order, %s", o->request.tag, o->id);
        }
    }
}

void check_submit(struct world *w, struct order_key key, const struct order *o) {
    check_request(w, key, o);
    const struct known_order *known = known_order(w, key);
    if (known->record == 0) {
        sim_fail(w, "order %s leaves without an ask", o->id);
    }
    if (known->record > journal_durable(w->journal)) {
        sim_fail(w, "order %s leaves before its record is durable", o->id);
    }
    halts_check_leaves(w, key, &o->request);
    if (now_ms(w) - o->created_ms > LEAVES_MS) {
        sim_fail(
            w, "order %s leaves %lld ms after it was asked for", o->id,
            (long long)(now_ms(w) - o->created_ms)
        );
    }
    check_limits(w, key, o);
}

void check_leverage(struct world *w, uint32_t account, uint16_t symbol, int leverage) {
    uint64_t record = w->leverage_record[account][symbol][leverage];
    if (record == 0 || record > journal_durable(w->journal)) {
        sim_fail(
            w, "leverage %d of account %u leaves before its record is durable", leverage, account
        );
    }
}

/* What the engine has concluded, against what the venue knows. */
void check_conclusion(struct world *w, uint32_t activation, const struct order *o) {
    const struct model_order *m = venue_find(w, (struct order_key){activation, o->sequence});
    if (o->code != E_NOT_FOUND || m == NULL) {
        return;
    }
    enum order_state state = venue_latest(m)->state;
    if (!order_state_is_terminal(state) ||
        (o->state == ORDER_REJECTED && state != ORDER_REJECTED && !m->is_forgotten)) {
        sim_fail(
            w, "order %s is %s for not being found, and %s at the venue", o->id,
            order_state_name(o->state), order_state_name(state)
        );
    }
}

/* --- every step ----------------------------------------------------------------------------------
 */

void check_step(struct world *w) {
    const struct engine *e = w->engine;
    if (e->has_failed) {
        sim_fail(w, "the engine's books are broken");
    }
    if (e->outbox_count >= e->outbox_max || e->number < w->last_event_number) {
        sim_fail(
            w, "outbox %d, number %llu after %llu", e->outbox_count, (unsigned long long)e->number,
            (unsigned long long)w->last_event_number
        );
    }
    w->last_event_number = e->number;
    halts_check_step(w);
    for (int i = 0; i < e->activation_count; i++) {
        const struct activation *a = &e->activations[i];
        if (a->event_count > e->options.events_max || a->order_count > e->options.orders_max) {
            sim_fail(w, "%s has %d events and %d orders", a->id, a->event_count, a->order_count);
        }
        for (int j = 0; j < a->order_count; j++) {
            if (order_state_is_terminal(a->orders[j]->state)) {
                sim_fail(w, "order %s has ended and is live", a->orders[j]->id);
            }
        }
    }
}

/* --- after a crash -------------------------------------------------------------------------------
 */

static void
survived_one(struct world *w, struct known_order *known, int owner, int n, uint64_t last) {
    if (known->record <= last) {
        return;
    }
    if (known->submits > 0) {
        sim_fail(
            w, "order %d/%d is at the venue, and its record %llu is lost", owner, n,
            (unsigned long long)known->record
        );
    }
    known->record = 0; /* it never was */
}

void check_survived(struct world *w, uint64_t last) {
    if (last < w->told) {
        sim_fail(
            w, "record %llu was durable, and %llu is the last", (unsigned long long)w->told,
            (unsigned long long)last
        );
    }
    for (int i = 0; i < OWNERS; i++) {
        for (int j = 0; j < ORDERS_MAX; j++) {
            survived_one(w, &w->known[i][j], i, j, last);
            survived_one(w, &w->core[i][j], i, j, last);
        }
    }
    trace(
        w, "recovered %llu records, %llu were told durable", (unsigned long long)last,
        (unsigned long long)w->told
    );
}

/* --- at the end ----------------------------------------------------------------------------------
 */

/* What nobody of ours asked for, as the venue has it; false where it closed something by force,
 * which who held it has borne. */
static bool
foreign_sum(const struct world *w, uint32_t account, uint16_t symbol, int side, int128 *sum) {
    const struct venue_model *v = &w->venue;
    *sum = 0;
    for (int i = 0; i < v->fill_count; i++) {
        const struct model_fill *f = &v->fills[i];
        int kept = v->is_hedge[account] ? (int)f->position_side : POSITION_NET;
        if (f->account != account || f->symbol != symbol || kept != side ||
            f->key.activation != NO_ACTIVATION) {
            continue;
        }
        if (f->reason != NULL) {
            return false;
        }
        *sum += f->side == ORDER_BUY ? f->fill.quantity.d.v : -f->fill.quantity.d.v;
    }
    return true;
}

static const char *difference_of_position(struct world *w, uint32_t account) {
    static char text[200];
    const struct engine *e = w->engine;
    for (uint16_t symbol = 0; symbol < SYMBOLS; symbol++) {
        for (int side = POSITION_NET; side <= POSITION_SHORT; side++) {
            int128 sum = 0;
            for (int i = 0; i < e->activation_count; i++) {
                if (e->activations[i].account == account) {
                    sum += activation_position(e, (uint32_t)i, symbol, (enum position_side)side)
                               ->quantity.d.v;
                }
            }
            const struct account *a = &e->accounts[account];
            int128 outside = 0, foreign;
            for (int i = 0; i < a->outside_count; i++) {
                if (a->outside[i].symbol == symbol &&
                    a->outside[i].side == (enum position_side)side) {
                    outside += a->outside[i].position.quantity.d.v;
                }
            }
            if (foreign_sum(w, account, symbol, side, &foreign) && outside != foreign) {
                return "what others traded is not theirs in the books";
            }
            sum += outside;
            int128 held = w->venue.positions[account][symbol][side].d.v;
            if (sum != held) {
                snprintf(
                    text, sizeof text, "account %u symbol %u side %d: books %.4f, venue %.4f",
                    account, symbol, side, (double)sum / 1e18, (double)held / 1e18
                );
                return text;
            }
        }
    }
    return NULL;
}

/* Cash, fees, and the worth of everything at the venue's prices. Averages of entries are rounded at
 * the 18th decimal, once a fill. */
static const char *difference_of_money(struct world *w, uint32_t account) {
    static char text[200];
    struct engine *e = w->engine;
    struct money equity, open;
    int128 worth = w->venue.cash[account].d.v + dec("100000").v;
    for (uint16_t symbol = 0; symbol < SYMBOLS; symbol++) {
        engine_price(e, symbol, w->prices[symbol]);
        for (int side = POSITION_NET; side <= POSITION_SHORT; side++) {
            struct quantity q = w->venue.positions[account][symbol][side];
            struct money value;
            if (money_of(w->prices[symbol], q, &value) != 0) {
                return "the worth of a position does not fit";
            }
            worth += value.d.v;
        }
    }
    if (account_equity(e, account, &equity) != 0) {
        return "the equity does not fit";
    }
    const struct account *a = &e->accounts[account];
    for (int i = 0; i < a->outside_count; i++) {
        if (position_unrealized(&a->outside[i].position, w->prices[a->outside[i].symbol], &open) !=
            0) {
            return "the worth of others' does not fit";
        }
        equity.d.v += open.d.v;
    }
    int128 away = equity.d.v - worth;
    int128 fees = a->ledger.fees.d.v - w->venue.fees[account].d.v;
    int128 most = (int128)1000000000; /* 10^-9 */
    if (away > most || away < -most || fees != 0) {
        snprintf(
            text, sizeof text, "account %u: equity is %.12f away, fees %.12f", account,
            (double)away / 1e18, (double)fees / 1e18
        );
        return text;
    }
    return NULL;
}

static const char *difference_of_orders(struct world *w) {
    static char text[200];
    const struct engine *e = w->engine;
    int live = 0;
    for (int i = 0; i < e->activation_count; i++) {
        live += e->activations[i].order_count;
    }
    if (live != w->venue.live_count) {
        snprintf(text, sizeof text, "%d orders live, %d at the venue", live, w->venue.live_count);
        return text;
    }
    for (int i = 0; i < w->venue.live_count; i++) {
        const struct model_order *m = &w->venue.orders[w->venue.live[i]];
        const struct venue_version *v = venue_latest(m);
        const struct order *o = order_find(w->engine, m->key.activation, m->key.sequence);
        if (o == NULL || o->filled.d.v != v->filled.d.v || o->request.price.d.v != v->price.d.v ||
            o->request.stop.d.v != v->stop.d.v || o->request.quantity.d.v != v->quantity.d.v ||
            o->state == ORDER_UNKNOWN || o->pending != PENDING_NONE) {
            snprintf(
                text, sizeof text, "order %u/%llu is %s %s and at the venue %s", m->key.activation,
                (unsigned long long)m->key.sequence,
                o == NULL ? "over" : order_state_name(o->state),
                o == NULL ? "" : order_pending_name(o->pending), order_state_name(v->state)
            );
            return text;
        }
    }
    return NULL;
}

static const char *difference_of_leverage(const struct world *w, uint32_t account) {
    for (uint16_t symbol = 0; symbol < SYMBOLS; symbol++) {
        int venue = w->venue.leverage[account][symbol];
        if (account_leverage(w->engine, account, symbol) != (venue > 0 ? venue : 1)) {
            return "leverage";
        }
    }
    return NULL;
}

const char *check_difference(struct world *w) {
    const struct engine *e = w->engine;
    if (e == NULL) {
        return "there is no process";
    }
    if (!engine_is_idle(e)) {
        return "events wait";
    }
    const char *text = difference_of_orders(w);
    for (uint32_t i = 0; i < ACCOUNTS && text == NULL; i++) {
        text = engine_is_in_doubt(e, i) ? "an account is in doubt" : difference_of_position(w, i);
        text = text != NULL ? text : difference_of_money(w, i);
        text = text != NULL ? text : difference_of_leverage(w, i);
    }
    return text;
}

/* Every order that was asked for in this process has ended once, or lives. */
void check_end(struct world *w) {
    const char *text = check_difference(w);
    if (text != NULL) {
        sim_fail(w, "it does not converge: %s", text);
    }
    for (uint32_t i = 0; i < ACCOUNTS; i++) {
        const struct owner *o = &w->owners[i];
        bool hears = activation_runs(&w->engine->activations[i]);
        for (uint64_t n = o->from_sequence + 1; hears && n <= o->sequence; n++) {
            const struct known_order *known = &w->known[i][n];
            bool is_live = order_find(w->engine, i, n) != NULL;
            bool was_asked = n <= w->engine->activations[i].order_sequence;
            if (was_asked && known->terminals + is_live != 1) {
                sim_fail(
                    w, "order %u/%llu: %d ends, live %d", i, (unsigned long long)n,
                    known->terminals, is_live
                );
            }
        }
    }
}
