#include "engine/inspect.h"

#include "engine/engine_state.h"

#include <string.h>

static const char *text_or_empty(const char *text) {
    return text != NULL ? text : "";
}

void inspect_activation(const struct engine *e, uint32_t activation, struct activation_view *out) {
    const struct activation *a = &e->activations[activation];
    *out = (struct activation_view){
        .id = a->id,
        .user = text_or_empty(a->user),
        .script = activation_name(e, activation),
        .currency = text_or_empty(a->currency),
        .script_hash = a->bundle != NULL ? a->bundle->hash : 0,
        .is_manual = a->bundle == NULL,
        .is_killed = kill_holds(e, activation),
        .is_in_trial = a->trial_left > 0,
        .has_started = a->has_started,
        .is_pinned = a->is_pinned,
        .account = a->account,
        .status = a->status,
        .status_reason = text_or_empty(a->status_reason),
        .on_suspend = a->on_suspend,
        .started_ms = a->started_ms,
        .last_event_ms = a->last_event_ms,
        .faults = a->fault_count,
        .order_count = a->order_count,
        .position_count = a->position_count,
        .settings = a->settings,
        .setting_count = a->setting_count,
        .params = a->params,
        .param_count = a->param_count,
        .has_symbol = a->has_symbol,
        .symbol = a->symbol,
    };
}

const struct order *inspect_order(const struct engine *e, uint32_t activation, int index) {
    return e->activations[activation].orders[index];
}

const struct record_position *
inspect_position(const struct engine *e, uint32_t activation, int index) {
    return &e->activations[activation].positions[index];
}

const struct script_bundle *inspect_bundle(const struct engine *e, uint32_t activation) {
    return e->activations[activation].bundle;
}

void inspect_position_figures(
    const struct engine *e,
    uint32_t activation,
    const struct record_position *p,
    struct position_view *out
) {
    const struct account *account = &e->accounts[e->activations[activation].account];
    const struct engine_symbol *s = &e->symbols[p->symbol];
    struct quantity size = {decimal_abs(p->position.quantity.d)};
    int leverage = account->leverage[p->symbol];
    *out = (struct position_view){.mark = s->last, .leverage = leverage > 0 ? leverage : 1};
    if (decimal_sign(s->last.d) <= 0 || decimal_is_zero(size.d)) {
        return;
    }
    if (position_unrealized(&p->position, s->last, &out->unrealized) != 0) {
        out->unrealized = (struct money){0};
    }
    if (margin_of(s->last, size, out->leverage, &out->margin) != 0) {
        out->margin = (struct money){0};
    }
    if (position_liquidation_price(
            &p->position, account->ledger.balance, s->instrument.maintenance, &out->liquidation
        ) != 0) {
        out->liquidation = (struct price){0};
    }
}

int inspect_account_count(const struct engine *e) {
    return e->account_count;
}

void inspect_account(const struct engine *e, uint32_t account, struct account_view *out) {
    const struct account *a = &e->accounts[account];
    *out = (struct account_view){
        .ledger = &a->ledger,
        .loss = &a->loss,
        .user_loss = a->user != NO_USER ? &e->users[a->user].loss : &a->loss,
        .is_hedge = a->is_hedge,
        .is_isolated = a->is_isolated,
    };
    out->has_figures =
        account_equity(e, account, &out->equity) == 0 && account_free(e, account, &out->free) == 0;
}

int inspect_symbol(const struct engine *e, const char *name) {
    for (int i = 0; i < e->symbol_count; i++) {
        if (strcmp(e->symbols[i].instrument.symbol, name) == 0) {
            return i;
        }
    }
    return -1;
}

int64_t inspect_finest_ms(const struct engine *e, uint16_t symbol) {
    return e->symbols[symbol].finest_ms;
}

bool inspect_ticker(const struct engine *e, uint16_t symbol, struct price *last, int64_t *time_ms) {
    *last = e->symbols[symbol].last;
    *time_ms = e->symbols[symbol].last_ms;
    return decimal_sign(last->d) > 0;
}

uint64_t inspect_number(const struct engine *e) {
    return e->number;
}

bool inspect_is_over(const struct engine *e, uint32_t activation, uint64_t number) {
    const struct activation *a = &e->activations[activation];
    for (int i = 0; i < a->event_count; i++) {
        if (a->events[(a->event_first + i) & (a->event_capacity - 1)].number == number) {
            return false;
        }
    }
    return true;
}

int inspect_halt_count(const struct engine *e) {
    return e->halt_count;
}

void inspect_requests(const struct engine *e, uint64_t *asked, uint64_t *sent) {
    *asked = e->wire_asked;
    *sent = e->wire_sent;
}

int inspect_kill_count(const struct engine *e) {
    return e->kill_count;
}

struct kill_view inspect_kill(const struct engine *e, int index) {
    return (struct kill_view){e->kills[index].scope, e->kills[index].id};
}
