#include "engine/paper.h"

#include "base/fault_points.h"

#include <stdlib.h>

#define KEY_SHIFT 40 /* sequences stay below 2^40, activations below 2^22 */

struct paper {
    struct match **accounts;
    int account_count;
    int accounts_max;
    int orders_max;
    struct match_costs costs;
    uint64_t *asked; /* bit of each account that was asked something since its last answer */
    int first_asked; /* no word before it has a bit */
};

static size_t asked_words(int accounts_max) {
    return ((size_t)accounts_max + 63) / 64;
}

static void asked_set(struct paper *p, uint32_t account) {
    int word = (int)(account / 64);
    p->asked[word] |= (uint64_t)1 << (account % 64);
    p->first_asked = word < p->first_asked ? word : p->first_asked;
}

/* The first account that may have an answer; −1: none. */
static int asked_first(struct paper *p) {
    for (int words = (int)asked_words(p->accounts_max); p->first_asked < words; p->first_asked++) {
        uint64_t bits = p->asked[p->first_asked];
        if (bits != 0) {
            return p->first_asked * 64 + __builtin_ctzll(bits);
        }
    }
    return -1;
}

int paper_new(
    struct paper **out,
    int accounts_max,
    int orders_max,
    const struct match_costs *costs,
    struct err *e
) {
    struct paper *p = calloc(1, sizeof *p);
    struct match **accounts = calloc((size_t)accounts_max, sizeof *accounts);
    uint64_t *asked = calloc(asked_words(accounts_max), sizeof *asked);
    if (p == NULL || accounts == NULL || asked == NULL) {
        free(p);
        free(accounts);
        free(asked);
        return err_set(e, E_MEMORY, "no memory for the paper venue");
    }
    p->accounts = accounts;
    p->asked = asked;
    p->first_asked = (int)asked_words(accounts_max);
    p->accounts_max = accounts_max;
    p->orders_max = orders_max;
    p->costs = *costs;
    *out = p;
    return 0;
}

void paper_free(struct paper *p) {
    if (p == NULL) {
        return;
    }
    for (int i = 0; i < p->account_count; i++) {
        match_free(p->accounts[i]);
    }
    free(p->accounts);
    free(p->asked);
    free(p);
}

int paper_open_account(
    struct paper *p,
    uint32_t account,
    const struct instrument *instruments,
    int instrument_count,
    struct money balance,
    bool hedge,
    struct err *e
) {
    struct match *opened;
    if (account >= (uint32_t)p->accounts_max || account > (uint32_t)p->account_count) {
        return err_set(e, E_LIMIT, "more than %d paper accounts", p->accounts_max);
    }
    int code = match_new(
        &opened, instruments, instrument_count, p->orders_max, &p->costs, balance, hedge, e
    );
    if (code != 0) {
        return code;
    }
    if (account == (uint32_t)p->account_count) {
        p->account_count++;
    } else {
        match_free(p->accounts[account]);
    }
    p->accounts[account] = opened;
    return 0;
}

int paper_account_count(const struct paper *p) {
    return p->account_count;
}

static uint64_t key_pack(struct order_key key) {
    return key.sequence + ((uint64_t)key.activation << KEY_SHIFT);
}

/* Core sequences have bit 62 set, which the activation's bits never reach. */
static struct order_key key_unpack(uint64_t packed) {
    uint64_t core = packed & ((uint64_t)1 << 62);
    uint64_t rest = packed - core;
    struct order_key key = {
        .activation = (uint32_t)(rest >> KEY_SHIFT),
        .sequence = core + (rest & (((uint64_t)1 << KEY_SHIFT) - 1)),
    };
    return key;
}

static int paper_submit(
    void *ctx, uint32_t account, struct order_key key, const struct order *order, struct err *e
) {
    struct paper *p = ctx;
    asked_set(p, account);
    CRASH_POINT(SUBMIT_BEFORE);
    int code = match_submit(p->accounts[account], key_pack(key), &order->request, e);
    CRASH_POINT(SUBMIT_AFTER);
    return code;
}

static int paper_cancel(void *ctx, uint32_t account, struct order_key key, struct err *e) {
    struct paper *p = ctx;
    asked_set(p, account);
    return match_cancel(p->accounts[account], key_pack(key), e);
}

static int paper_amend(
    void *ctx,
    uint32_t account,
    struct order_key key,
    struct price price,
    struct price stop,
    struct quantity quantity,
    struct err *e
) {
    struct paper *p = ctx;
    asked_set(p, account);
    return match_amend(p->accounts[account], key_pack(key), price, stop, quantity, e);
}

static int
paper_leverage(void *ctx, uint32_t account, uint16_t symbol, int leverage, struct err *e) {
    struct paper *p = ctx;
    if (match_leverage(p->accounts[account], symbol) == leverage) {
        return 0; /* asked again */
    }
    for (int side = POSITION_NET; side <= POSITION_SHORT; side++) {
        const struct position *held =
            match_position(p->accounts[account], symbol, (enum position_side)side);
        if (held->quantity.d.v != 0) {
            return err_set(e, E_HAS_POSITION, "leverage changes only without a position");
        }
    }
    match_set_leverage(p->accounts[account], symbol, leverage);
    return 0;
}

struct venue_port paper_port(struct paper *p) {
    return (struct venue_port){
        p, paper_submit, paper_cancel, paper_amend, paper_leverage, NULL
    };
}

static enum order_event_kind event_kind_of(enum match_report_kind kind) {
    static const enum order_event_kind kinds[] = {
        [MATCH_ACCEPTED] = ORDER_EVENT_ACCEPTED,
        [MATCH_FILLED] = ORDER_EVENT_FILL,
        [MATCH_CANCELED] = ORDER_EVENT_CANCELED,
        [MATCH_REJECTED] = ORDER_EVENT_REJECTED,
        [MATCH_AMENDED] = ORDER_EVENT_AMENDED,
        [MATCH_AMEND_REFUSED] = ORDER_EVENT_AMEND_REFUSED,
        [MATCH_CANCEL_REFUSED] = ORDER_EVENT_CANCEL_REFUSED,
        [MATCH_LIQUIDATED] = ORDER_EVENT_FILL,
    };
    return kinds[kind];
}

static void
report_translate(uint32_t account, const struct match_report *from, struct venue_report *to) {
    *to = (struct venue_report){
        .account = account,
        .key = key_unpack(from->order_key),
        .event =
            {
                .kind = event_kind_of(from->kind),
                .time_ms = from->fill.time_ms,
                .fill = from->fill,
                .is_final = from->kind == MATCH_FILLED,
                .price = from->price,
                .stop = from->stop,
                .quantity = from->quantity,
                .code = from->code,
                .message = from->message,
            },
        .symbol = from->symbol,
        .side = from->side,
        .position_side = from->position_side,
    };
    if (from->kind == MATCH_LIQUIDATED) {
        to->reason = "liquidation";
        to->key.activation = NO_ACTIVATION; /* who holds it bears it */
    }
}

bool paper_has_answers(const struct paper *p) {
    return p->first_asked < (int)asked_words(p->accounts_max);
}

bool paper_answer(struct paper *p, struct venue_report *out) {
    int i;
    while ((i = asked_first(p)) >= 0) {
        struct match_report report;
        if (match_answer(p->accounts[i], &report)) {
            CRASH_POINT(ACK_READ_BEFORE);
            report_translate((uint32_t)i, &report, out);
            CRASH_POINT(ACK_READ_AFTER);
            return true;
        }
        p->asked[p->first_asked] &= ~((uint64_t)1 << (i % 64));
    }
    return false;
}

bool paper_begin(struct paper *p, uint32_t account, uint16_t symbol, const struct candle *candle) {
    struct match *m = p->accounts[account];
    if (match_is_idle(m, symbol, candle)) {
        return false;
    }
    match_begin(m, symbol, candle);
    return true;
}

bool paper_next(struct paper *p, uint32_t account, struct venue_report *out, struct err *e) {
    struct match_report report;
    if (!match_next(p->accounts[account], &report, e)) {
        return false;
    }
    CRASH_POINT(FILL_READ_BEFORE);
    report_translate(account, &report, out);
    CRASH_POINT(FILL_READ_AFTER);
    return true;
}

bool paper_is_at_open(const struct paper *p, uint32_t account) {
    return match_is_at_open(p->accounts[account]);
}

const struct position *
paper_position(const struct paper *p, uint32_t account, uint16_t symbol, enum position_side side) {
    return match_position(p->accounts[account], symbol, side);
}

const struct ledger *paper_ledger(const struct paper *p, uint32_t account) {
    return match_ledger(p->accounts[account]);
}

/* --- after a restart
 * ------------------------------------------------------------------------------ */

int paper_restore_account(
    struct paper *p, uint32_t account, const struct engine *e, struct err *err
) {
    if (account >= (uint32_t)p->account_count) {
        return err_set(err, E_STATE, "paper account %u is not open", account);
    }
    struct match *m = p->accounts[account];
    match_restore_account(m, account_ledger(e, account));
    for (uint16_t symbol = 0; symbol < engine_symbol_count(e); symbol++) {
        match_set_leverage(m, symbol, account_venue_leverage(e, account, symbol));
        for (int side = POSITION_NET; side <= POSITION_SHORT; side++) {
            struct position position;
            if (account_position(e, account, symbol, (enum position_side)side, &position) != 0) {
                return err_set(err, E_OVERFLOW, "the positions of account %u", account);
            }
            match_restore_position(
                m, symbol, (enum position_side)side, &position, engine_last_price(e, symbol)
            );
        }
    }
    return 0;
}

int paper_restore_order(
    struct paper *p,
    uint32_t account,
    struct order_key key,
    const struct order *o,
    bool is_fresh,
    struct err *e
) {
    if (o->state ==
        ORDER_NEW) { /* it was recorded and never left, or its answer was lost with it */
        return paper_submit(p, account, key, o, e);
    }
    struct order_request rest = o->request;
    rest.quantity = order_remaining(o);
    return match_restore_order(p->accounts[account], key_pack(key), &rest, is_fresh, e);
}
