/* gate: every order passes here before it is recorded: the facts that the risk checks look at are
 * collected, and the verdict is taken. */
#include "engine/engine_state.h"

#include <string.h>

#define DAY_MS ((int64_t)86400000)

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

/* At the end of a bar: the day's first equity and the highest, which the limits of loss count from.
 */
void accounts_watch(struct engine *e) {
    if (e->options.limits.daily_loss_max.d.v == 0 && e->options.limits.drawdown_max.v == 0) {
        return;
    }
    int64_t day = e->now_ms / DAY_MS;
    for (int i = 0; i < e->account_count; i++) {
        struct account *account = &e->accounts[i];
        struct money equity;
        if (account_equity(e, (uint32_t)i, &equity) != 0) {
            continue; /* no figure: the checks refuse by themselves */
        }
        if (account->day != day) {
            account->day = day;
            account->day_start_equity = equity;
        }
        account->equity_peak.d = decimal_max(account->equity_peak.d, equity.d);
    }
}

static int rate_tokens(struct engine *e, struct activation *a) {
    const struct risk_limits *limits = &e->options.limits;
    int64_t most = (int64_t)limits->rate_burst * 1000;
    int64_t elapsed_ms = e->now_ms - a->rate_time_ms;
    int64_t full_ms = most / (limits->rate_per_second > 0 ? limits->rate_per_second : 1);
    int64_t refill = elapsed_ms >= full_ms ? most : elapsed_ms * limits->rate_per_second;
    a->rate_time_ms = e->now_ms;
    a->rate_millitokens = a->rate_millitokens + refill > most ? most : a->rate_millitokens + refill;
    return (int)(a->rate_millitokens / 1000);
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

void gate_check(
    struct engine *e,
    uint32_t activation,
    const struct order_request *request,
    const struct order *o,
    bool is_amendment,
    struct risk_verdict *verdict
) {
    struct activation *a = &e->activations[activation];
    struct account *account = &e->accounts[a->account];
    const struct engine_symbol *symbol = &e->symbols[request->symbol];
    struct account_sums sums;
    struct risk_facts facts = {
        .instrument = &symbol->instrument,
        .request = request,
        .reference = symbol->last,
        .reference_age_ms = e->now_ms - symbol->last_ms,
        .position = owned(e, activation, request),
        .increases = order_enlarges(e, activation, request),
        .leverage = account->leverage[request->symbol],
        .open_orders = a->order_count - 1,
        .rate_tokens = rate_tokens(e, a),
        .same_order_age_ms = same_order_age_ms(e, a, request),
        .is_running = a->status != ACTIVATION_STOPPED,
        .is_killed = o->sequence < CORE_SEQUENCE && kill_holds(e, activation),
        .is_amendment = is_amendment,
        .orders_sent = a->orders_sent,
        .orders_asked = a->orders_asked,
    };
    if (account_sums(e, a->account, o, &sums) != 0 ||
        decimal_add(account->ledger.balance.d, sums.unrealized.d, &facts.equity.d) != 0 ||
        decimal_sub(facts.equity.d, sums.margin.d, &facts.free_margin.d) != 0) {
        facts.reference.d.v = 0; /* no figure, no order: every check of money refuses */
    }
    facts.exposure = sums.exposure;
    facts.equity_peak.d = decimal_max(account->equity_peak.d, facts.equity.d);
    facts.day_start_equity = account->day_start_equity;
    risk_check_order(&e->options.limits, &facts, verdict);
}

void gate_take(struct engine *e, uint32_t activation, const struct order_request *request) {
    struct activation *a = &e->activations[activation];
    a->rate_millitokens -= 1000;
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
