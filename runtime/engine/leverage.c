/* leverage: a script's wish goes the way of its orders: into its record, and to the venue when that
 * is durable, before the orders that were asked for after it. The venue's word is a record, too; a
 * wish without one is put again after a restart. */
#include "engine/engine_state.h"

static const char refused_text[] = "the leverage asked before it failed";

static bool leverage_is_in_outbox(const struct engine *e, uint32_t account, uint16_t symbol) {
    for (int i = 0; i < e->outbox_count; i++) {
        const struct outbox_item *item = &e->outbox[(e->outbox_first + i) % e->outbox_max];
        if (item->what == 'l' && item->account == account && item->symbol == symbol) {
            return true;
        }
    }
    return false;
}

static int leverage_tell_venue(
    struct engine *e, uint32_t account, uint16_t symbol, int leverage, struct err *err
) {
    return e->ports.venue.leverage(e->ports.venue.ctx, account, symbol, leverage, err);
}

/* What holds at the venue is known; a younger wish stays. */
static void leverage_settle(
    struct engine *e, uint32_t account, uint16_t symbol, int leverage, int code, bool has_younger
) {
    struct account *a = &e->accounts[account];
    a->venue_leverage[symbol] = (struct venue_leverage){leverage, has_younger};
    if (!has_younger) {
        a->leverage[symbol] = leverage;
    }
    struct record record = {.kind = RECORD_LEVERAGE, .activation = UINT32_MAX};
    leverage_describe(e, account, symbol, &record);
    record.u.leverage.code = code;
    journal_write(e, &record);
}

int leverage_ask(struct engine *e, uint32_t activation, uint16_t symbol, int leverage) {
    struct err err = {0};
    uint32_t account = e->activations[activation].account;
    if (e->is_journal_down) {
        return E_IO;
    }
    if (!journal_is_on(e)) {
        int code = leverage_tell_venue(e, account, symbol, leverage, &err);
        if (code == 0) {
            e->accounts[account].leverage[symbol] = leverage;
            e->accounts[account].venue_leverage[symbol].known = leverage;
        }
        return code;
    }
    if (e->outbox_count >= e->options.outbox_max) {
        return E_LIMIT;
    }
    leverage_take(e, account, symbol, leverage);
    struct outbox_item item = {
        .what = 'l',
        .account = account,
        .key = {activation, 0},
        .symbol = symbol,
        .leverage = leverage,
    };
    outbox_push(e, &item);
    return 0;
}

void leverage_take(struct engine *e, uint32_t account, uint16_t symbol, int leverage) {
    e->accounts[account].leverage[symbol] = leverage;
    e->accounts[account].venue_leverage[symbol].is_asked = true;
}

/* Orders of the same handler wait for it, and in vain. */
static void orders_block(struct engine *e, const struct outbox_item *failed) {
    for (int i = 0; i < e->outbox_count; i++) {
        struct outbox_item *item = &e->outbox[(e->outbox_first + i) % e->outbox_max];
        const struct order *o = order_find(e, item->key.activation, item->key.sequence);
        if (item->sequence == failed->sequence && item->what != 'c' && o != NULL &&
            item->key.activation == failed->key.activation && o->request.symbol == failed->symbol) {
            item->is_blocked = true;
        }
    }
}

void leverage_hand_over(struct engine *e, const struct outbox_item *item) {
    struct err err = {0};
    int known = e->accounts[item->account].venue_leverage[item->symbol].known;
    int code = leverage_tell_venue(e, item->account, item->symbol, item->leverage, &err);
    bool has_younger = leverage_is_in_outbox(e, item->account, item->symbol);
    if (code != 0) {
        orders_block(e, item);
    }
    known = code == 0 ? item->leverage : known;
    leverage_settle(e, item->account, item->symbol, known, code, has_younger);
}

void leverage_take_back(struct engine *e, const struct outbox_item *item) {
    int known = e->accounts[item->account].venue_leverage[item->symbol].known;
    leverage_settle(e, item->account, item->symbol, known, E_IO, false);
}

void order_blocked(struct engine *e, const struct outbox_item *item) {
    order_not_sent(e, item, E_LEVERAGE_FAILED, refused_text);
}

/* --- after a restart
 * ------------------------------------------------------------------------------ */

/* Orders that never left wait for it in vain; their scripts are not open yet and find that out in
 * on_ready. */
static void orders_refuse(struct engine *e, uint32_t account, uint16_t symbol) {
    for (uint32_t i = 0; i < (uint32_t)e->activation_count; i++) {
        struct activation *a = &e->activations[i];
        bool was_held = a->is_held;
        a->is_held = true;
        for (int j = a->order_count - 1; a->account == account && j >= 0; j--) {
            const struct order *o = a->orders[j];
            if (o->state == ORDER_NEW && o->queued == 0 && o->request.symbol == symbol) {
                struct outbox_item item = {
                    .what = 's', .account = account, .key = {i, o->sequence}};
                order_blocked(e, &item);
            }
        }
        a->is_held = was_held;
    }
}

int leverages_again(struct engine *e, uint32_t account) {
    for (uint16_t symbol = 0; symbol < e->symbol_count; symbol++) {
        const struct venue_leverage before = e->accounts[account].venue_leverage[symbol];
        int wanted = e->accounts[account].leverage[symbol];
        struct err err = {0};
        if (!before.is_asked || leverage_is_in_outbox(e, account, symbol)) {
            continue;
        }
        int code = leverage_tell_venue(e, account, symbol, wanted, &err);
        if (code == E_IO) {
            return code;
        }
        if (code != 0) {
            orders_refuse(e, account, symbol);
        }
        leverage_settle(e, account, symbol, code == 0 ? wanted : before.known, code, false);
    }
    return 0;
}

/* --- records
 * -------------------------------------------------------------------------------------- */

void leverages_forget(struct engine *e) {
    for (int i = 0; i < e->account_count; i++) {
        struct account *a = &e->accounts[i];
        for (int symbol = 0; symbol < e->symbol_count; symbol++) {
            a->venue_leverage[symbol] = (struct venue_leverage){a->leverage[symbol], false};
        }
    }
}

void leverage_describe(
    const struct engine *e, uint32_t account, uint16_t symbol, struct record *out
) {
    const struct account *a = &e->accounts[account];
    const struct venue_leverage *v = &a->venue_leverage[symbol];
    out->u.leverage.account = account;
    out->u.leverage.symbol = symbol;
    out->u.leverage.known = v->known;
    out->u.leverage.wanted = v->is_asked ? a->leverage[symbol] : 0;
}

int leverage_apply(struct engine *e, const struct record *record, struct err *err) {
    if (record->u.leverage.account >= (uint32_t)e->account_count ||
        record->u.leverage.symbol >= e->symbol_count) {
        return err_set(err, E_DATA, "a leverage of an unknown account or symbol");
    }
    struct account *a = &e->accounts[record->u.leverage.account];
    uint16_t symbol = record->u.leverage.symbol;
    int known = record->u.leverage.known, wanted = record->u.leverage.wanted;
    a->venue_leverage[symbol] = (struct venue_leverage){known, wanted > 0};
    a->leverage[symbol] = wanted > 0 ? wanted : known;
    return 0;
}
