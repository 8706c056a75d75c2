/* gate: every order passes here before it is recorded: the facts that the risk checks look at are
 * collected, and the verdict is taken. */
#include "engine/engine_state.h"

#include <string.h>

static enum position_side
request_position_side(const struct account *account, const struct order_request *request) {
    return account->is_hedge ? request->position_side : POSITION_NET;
}

static const struct position *
owned(const struct engine *e, uint32_t activation, const struct order_request *request) {
    const struct account *account = &e->accounts[e->activations[activation].account];
    return activation_position(
        e, activation, request->symbol, request_position_side(account, request)
    );
}

/* Whether the order could enlarge the position (or turn it). */
bool order_enlarges(
    const struct engine *e, uint32_t activation, const struct order_request *request
) {
    if (request->reduce_only || request->is_whole_position) {
        return false;
    }
    int128 held = owned(e, activation, request)->quantity.d.v;
    if (held == 0 || (held > 0) == (request->side == ORDER_BUY)) {
        return true;
    }
    int128 size = held > 0 ? held : -held;
    return request->quantity.d.v > size;
}

static bool is_plain_on_side(
    const struct account *account, const struct order *o, const struct order_request *request
) {
    return o->request.symbol == request->symbol && o->request.side == request->side &&
           !o->request.reduce_only && !o->request.is_whole_position &&
           request_position_side(account, &o->request) == request_position_side(account, request);
}

bool order_enlarges_with_others(
    const struct engine *e,
    uint32_t activation,
    const struct order_request *request,
    const struct order *self,
    int others
) {
    if (request->reduce_only || request->is_whole_position) {
        return false;
    }
    if (order_enlarges(e, activation, request)) {
        return true;
    }
    const struct activation *a = &e->activations[activation];
    struct decimal left = decimal_abs(owned(e, activation, request)->quantity.d);
    int code = decimal_sub(left, request->quantity.d, &left);
    for (int i = 0; i < others && code == 0; i++) {
        const struct order *o = a->orders[i];
        if (o == self || !is_plain_on_side(&e->accounts[a->account], o, request)) {
            continue;
        }
        struct decimal most = decimal_max(o->request.quantity.d, o->asked.quantity.d);
        code = decimal_sub(left, most, &left);
        code = code != 0 ? code : decimal_add(left, o->filled.d, &left);
    }
    if (self != NULL && code == 0) {
        code = decimal_add(left, self->filled.d, &left);
    }
    return code != 0 || left.v < 0;
}

static struct price order_reference(const struct engine *e, const struct order_request *request) {
    if (request->price.d.v > 0) {
        return request->price;
    }
    return request->stop.d.v > 0 ? request->stop : e->symbols[request->symbol].last;
}

/* Adds price × |quantity| to a sum. */
static int add_notional(struct money *sum, struct price price, struct quantity quantity) {
    struct money value;
    int code = money_of(price, (struct quantity){decimal_abs(quantity.d)}, &value);
    return code != 0 ? code : decimal_add(sum->d, value.d, &sum->d);
}

/* Sums over the account's positions and resting orders that enlarge, leaving out one order. */
struct account_sums {
    struct money unrealized;
    struct money exposure;
    struct money margin;
};

static int sum_positions(
    const struct engine *e,
    const struct account *account,
    const struct activation *a,
    struct account_sums *sums
) {
    for (int i = 0; i < a->position_count; i++) {
        const struct record_position *p = &a->positions[i];
        if (p->position.quantity.d.v == 0) {
            continue;
        }
        struct price last = e->symbols[p->symbol].last;
        struct quantity size = {decimal_abs(p->position.quantity.d)};
        struct money value;
        if (position_unrealized(&p->position, last, &value) != 0 ||
            decimal_add(sums->unrealized.d, value.d, &sums->unrealized.d) != 0 ||
            add_notional(&sums->exposure, last, size) != 0 ||
            margin_of(p->position.entry, size, account->leverage[p->symbol], &value) != 0 ||
            decimal_add(sums->margin.d, value.d, &sums->margin.d) != 0) {
            return E_OVERFLOW;
        }
    }
    return 0;
}

static int sum_orders(
    const struct engine *e,
    uint32_t activation,
    const struct order *left_out,
    struct account_sums *sums
) {
    const struct activation *a = &e->activations[activation];
    const struct account *account = &e->accounts[a->account];
    for (int i = 0; i < a->order_count; i++) {
        const struct order *o = a->orders[i];
        bool is_gone = o->pending == PENDING_CANCEL && e->options.is_prompt_venue;
        if (o == left_out || is_gone || !order_enlarges(e, activation, &o->request)) {
            continue;
        }
        struct order_request request = o->request;
        if (o->pending == PENDING_AMEND && e->options.is_prompt_venue) {
            request.price = o->asked.price;
            request.stop = o->asked.stop;
            request.quantity = o->asked.quantity;
        }
        struct price price = order_reference(e, &request);
        struct quantity rest = request.quantity;
        struct money margin;
        if (decimal_sub(rest.d, o->filled.d, &rest.d) != 0 ||
            add_notional(&sums->exposure, price, rest) != 0 ||
            margin_of(price, rest, account->leverage[o->request.symbol], &margin) != 0 ||
            decimal_add(sums->margin.d, margin.d, &sums->margin.d) != 0) {
            return E_OVERFLOW;
        }
    }
    return 0;
}

static int account_sums(
    const struct engine *e, uint32_t index, const struct order *left_out, struct account_sums *sums
) {
    memset(sums, 0, sizeof *sums);
    const struct account *account = &e->accounts[index];
    for (uint32_t i = account->first_owner; i != NO_ACTIVATION; i = e->activations[i].next_owner) {
        if (sum_positions(e, account, &e->activations[i], sums) != 0 ||
            sum_orders(e, i, left_out, sums) != 0) {
            return E_OVERFLOW;
        }
    }
    return 0;
}

const struct ledger *account_ledger(const struct engine *e, uint32_t account) {
    return &e->accounts[account].ledger;
}

/* Asked for at every bar: of the sums it needs only the open profit. */
int account_equity(const struct engine *e, uint32_t index, struct money *out) {
    const struct account *account = &e->accounts[index];
    struct decimal equity = account->ledger.balance.d;
    for (uint32_t i = account->first_owner; i != NO_ACTIVATION; i = e->activations[i].next_owner) {
        const struct activation *a = &e->activations[i];
        for (int j = 0; j < a->position_count; j++) {
            const struct record_position *p = &a->positions[j];
            struct money value;
            if (position_unrealized(&p->position, e->symbols[p->symbol].last, &value) != 0 ||
                decimal_add(equity, value.d, &equity) != 0) {
                return E_OVERFLOW;
            }
        }
    }
    out->d = equity;
    return 0;
}

int account_free(const struct engine *e, uint32_t index, struct money *out) {
    struct account_sums sums;
    struct decimal equity;
    if (account_sums(e, index, NULL, &sums) != 0 ||
        decimal_add(e->accounts[index].ledger.balance.d, sums.unrealized.d, &equity) != 0) {
        return E_OVERFLOW;
    }
    return decimal_sub(equity, sums.margin.d, &out->d);
}

int account_venue_leverage(const struct engine *e, uint32_t account, uint16_t symbol) {
    return e->accounts[account].venue_leverage[symbol].known;
}

int account_leverage(const struct engine *e, uint32_t account, uint16_t symbol) {
    return e->accounts[account].leverage[symbol];
}

static bool request_is_same(const struct order_request *a, const struct order_request *b) {
    return a->symbol == b->symbol && a->side == b->side && a->type == b->type &&
           a->position_side == b->position_side && a->quantity.d.v == b->quantity.d.v &&
           a->price.d.v == b->price.d.v && a->stop.d.v == b->stop.d.v;
}

static int64_t same_order_age_ms(
    const struct engine *e, const struct activation *a, const struct order_request *request
) {
    int64_t age = -1;
    for (size_t i = 0; i < sizeof a->recent / sizeof a->recent[0]; i++) {
        if (a->recent[i].time_ms > 0 && request_is_same(&a->recent[i].request, request)) {
            int64_t this_age = e->now_ms - a->recent[i].time_ms;
            age = age < 0 || this_age < age ? this_age : age;
        }
    }
    return age;
}

/* What the core closes does not wait for a rate. */
static void facts_add_rates(
    struct engine *e, struct activation *a, const struct order *o, struct risk_facts *facts
) {
    const struct risk_limits *limits = &e->options.limits;
    struct engine_user *user = &e->users[e->accounts[a->account].user];
    facts->rate_tokens = facts->user_rate_tokens = facts->venue_rate_tokens = 1;
    if (o->sequence < CORE_SEQUENCE) {
        facts->rate_tokens = bucket_tokens(e, &a->rate, &limits->rate);
        facts->user_rate_tokens = bucket_tokens(e, &user->rate, &limits->user_rate);
        facts->venue_rate_tokens = bucket_tokens(e, &e->venue_rate, &limits->venue_rate);
    }
}

/* Without a figure no order: every check that looks at money refuses. */
static void facts_add_money(
    struct engine *e, const struct account *account, const struct order *o, struct risk_facts *facts
) {
    const struct risk_limits *limits = &e->options.limits;
    uint32_t index = (uint32_t)(account - e->accounts);
    struct account_sums sums;
    if (account_sums(e, index, o, &sums) != 0 ||
        decimal_add(account->ledger.balance.d, sums.unrealized.d, &facts->equity.d) != 0 ||
        decimal_sub(facts->equity.d, sums.margin.d, &facts->free_margin.d) != 0) {
        facts->reference.d.v = 0;
    }
    facts->exposure = sums.exposure;
    facts->loss = &account->loss;
    facts->user_loss = &e->users[account->user].loss;
    bool is_user_limited = limits->user_daily_loss_max.d.v != 0 || limits->user_drawdown_max.v != 0;
    if (is_user_limited && user_equity(e, account->user, &facts->user_equity) != 0) {
        facts->user_loss = NULL;
    }
}

/* A suspended script's answer may be on its way still. */
static bool owner_may_ask(const struct activation *a, const struct order *o) {
    bool is_suspended = a->status == ACTIVATION_SUSPENDED && o->sequence < CORE_SEQUENCE;
    return a->status != ACTIVATION_STOPPED && !is_suspended;
}

void gate_check(
    struct engine *e,
    uint32_t activation,
    const struct order_request *request,
    const struct order *o,
    bool is_amendment,
    struct risk_verdict *verdict
) {
    struct activation *a = &e->activations[activation];
    const struct account *account = &e->accounts[a->account];
    const struct engine_symbol *symbol = &e->symbols[request->symbol];
    struct risk_facts facts = {
        .instrument = &symbol->instrument,
        .request = request,
        .reference = symbol->last,
        .reference_age_ms = e->now_ms - symbol->last_ms,
        .position = owned(e, activation, request),
        .increases = order_enlarges(e, activation, request),
        .enlarges_with_others =
            order_enlarges_with_others(e, activation, request, o, a->order_count),
        .leverage = account->leverage[request->symbol],
        .open_orders = a->order_count - 1,
        .same_order_age_ms = same_order_age_ms(e, a, request),
        .is_running = owner_may_ask(a, o),
        .is_killed = o->sequence < CORE_SEQUENCE && kill_holds(e, activation),
        .is_amendment = is_amendment,
        .orders_sent = a->orders_sent,
        .orders_asked = a->orders_asked,
    };
    facts_add_rates(e, a, o, &facts);
    facts_add_money(e, account, o, &facts);
    risk_check_order(&e->options.limits, &facts, verdict);
}

void gate_take(
    struct engine *e,
    uint32_t activation,
    const struct order_request *request,
    const struct order *o
) {
    struct activation *a = &e->activations[activation];
    if (o->sequence < CORE_SEQUENCE) {
        const struct risk_limits *limits = &e->options.limits;
        bucket_take(&a->rate, &limits->rate);
        bucket_take(&e->users[e->accounts[a->account].user].rate, &limits->user_rate);
        bucket_take(&e->venue_rate, &limits->venue_rate);
    }
    a->orders_sent++;
    int slots = (int)(sizeof a->recent / sizeof a->recent[0]);
    a->recent[a->recent_next].request = *request;
    a->recent[a->recent_next].time_ms = e->now_ms;
    a->recent_next = (a->recent_next + 1) % slots;
}

int engine_account_count(const struct engine *e) {
    return e->account_count;
}

bool account_is_hedge(const struct engine *e, uint32_t account) {
    return e->accounts[account].is_hedge;
}

struct price engine_last_price(const struct engine *e, uint16_t symbol) {
    return e->symbols[symbol].last;
}

/* Owners hold the same way or against each other; the entry is that of the sum of their fills only
 * where they do not oppose, which is all that a paper account with one script and a person can be
 * asked for. */
static int position_add(struct position *sum, const struct position *p) {
    struct fill as_fill = {
        .price = p->entry,
        .quantity = {decimal_abs(p->quantity.d)},
        .time_ms = p->opened_ms,
    };
    struct position_change change;
    if (p->quantity.d.v == 0) {
        return 0;
    }
    return position_apply(sum, p->quantity.d.v > 0 ? ORDER_BUY : ORDER_SELL, &as_fill, &change);
}

int account_position(
    const struct engine *e,
    uint32_t account,
    uint16_t symbol,
    enum position_side side,
    struct position *out
) {
    const struct position *only = NULL;
    int owners = 0;
    memset(out, 0, sizeof *out);
    for (uint32_t i = e->accounts[account].first_owner; i != NO_ACTIVATION;
         i = e->activations[i].next_owner) {
        const struct position *p = activation_position(e, i, symbol, side);
        if (position_add(out, p) != 0) {
            return E_OVERFLOW;
        }
        owners++;
        only = p;
    }
    if (owners == 1) {
        *out = *only; /* what it has realised and paid, too */
    }
    return 0;
}
