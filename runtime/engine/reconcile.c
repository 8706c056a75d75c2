#include "engine/engine_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIFFERING_MAX 3
#define ASK_FIRST_MS ((int64_t)1000)
#define ASK_SLOWEST_MS ((int64_t)60000)
#define FILLS_MARGIN_MS ((int64_t)60000)

struct order_watch *order_watch(const struct engine *e, const struct order *o) {
    return &e->watches[o - e->order_pool];
}

/* --- one order
 * ------------------------------------------------------------------------------------ */

static void order_event_report(
    struct engine *e,
    uint32_t activation,
    const struct order *o,
    const struct order_event *event,
    uint64_t update
) {
    struct venue_report report = {
        .account = e->activations[activation].account,
        .key = {activation, o->sequence},
        .event = *event,
        .update = update > order_watch(e, o)->update ? update : 0,
    };
    report.event.time_ms = e->now_ms;
    engine_report(e, &report);
}

/* An order that has ended at the venue; its fills are booked. */
static void order_found_ended(
    struct engine *e, uint32_t activation, struct order *o, const struct venue_order *v
) {
    static const enum order_event_kind kinds[] = {
        [ORDER_CANCELED] = ORDER_EVENT_CANCELED,
        [ORDER_REJECTED] = ORDER_EVENT_REJECTED,
        [ORDER_EXPIRED] = ORDER_EVENT_EXPIRED,
        [ORDER_FILLED] = ORDER_EVENT_AMENDED, /* to what has filled: it is complete then */
    };
    struct order_event event = {
        .kind = kinds[v->state],
        .code = v->code,
        .message = v->message,
        .price = v->request.price,
        .stop = v->request.stop,
        .quantity = v->filled,
    };
    order_event_report(e, activation, o, &event, v->update);
}

static void order_found_live(
    struct engine *e, uint32_t activation, struct order *o, const struct venue_order *v
) {
    bool wants_cancel = o->pending == PENDING_CANCEL;
    uint64_t sequence = o->sequence;
    if (o->state == ORDER_UNKNOWN || o->state == ORDER_NEW) {
        order_event_report(
            e, activation, o, &(struct order_event){.kind = ORDER_EVENT_ACCEPTED}, 0
        );
    }
    bool differs = o->request.price.d.v != v->request.price.d.v ||
                   o->request.stop.d.v != v->request.stop.d.v ||
                   o->request.quantity.d.v != v->request.quantity.d.v;
    if (differs) {
        struct order_event event = {
            .kind = ORDER_EVENT_AMENDED,
            .price = v->request.price,
            .stop = v->request.stop,
            .quantity = v->request.quantity,
        };
        order_event_report(e, activation, o, &event, v->update);
    }
    o = order_find(e, activation, sequence);
    if (o != NULL && wants_cancel) {
        o->pending = PENDING_NONE;
        wire_ask(e, activation);
        order_cancel_by(e, activation, sequence, "core");
    }
}

static void order_found(
    struct engine *e,
    uint32_t activation,
    struct order *o,
    const struct venue_order *v,
    int64_t asked_ms
) {
    const struct order_watch *w = order_watch(e, o);
    bool is_settled = w->sent_ms > 0 && asked_ms >= w->sent_ms + SETTLE_MS;
    bool is_over = order_state_is_terminal(v->state);
    if (v->update < w->update || v->filled.d.v != o->filled.d.v || !(is_settled || is_over)) {
        return; /* older than what is known, or its fills come first, or a request is under way */
    }
    if (is_over) {
        order_found_ended(e, activation, o, v);
    } else {
        order_found_live(e, activation, o, v);
    }
}

/* The venue does not know it, and had time to. */
static void order_not_found(struct engine *e, uint32_t activation, struct order *o) {
    bool has_lived = o->queued > 0 || o->filled.d.v > 0;
    struct order_event event = {
        .kind = has_lived ? ORDER_EVENT_CANCELED : ORDER_EVENT_REJECTED,
        .code = E_NOT_FOUND,
        .message = has_lived ? "the venue has lost it" : "it never reached the venue",
    };
    order_event_report(e, activation, o, &event, 0);
}

void engine_answer(struct engine *e, const struct venue_answer *answer) {
    uint32_t activation = answer->key.activation;
    for (int i = 0; i < answer->fill_count; i++) {
        engine_report(e, &answer->fills[i]);
    }
    struct order *o = order_find(e, activation, answer->key.sequence);
    if (o == NULL) {
        return;
    }
    const struct order_watch *w = order_watch(e, o);
    bool is_settled = w->sent_ms > 0 && answer->asked_ms >= w->sent_ms + SETTLE_MS;
    if (answer->is_found) {
        order_found(e, activation, o, &answer->order, answer->asked_ms);
    } else if (o->state == ORDER_UNKNOWN && is_settled) {
        order_not_found(e, activation, o);
    }
}

static void order_ask(struct engine *e, uint32_t activation, const struct order *o) {
    const struct venue_port *v = &e->ports.venue;
    struct order_watch *w = order_watch(e, o);
    if (e->now_ms < w->next_ms || v->query == NULL) {
        return;
    }
    int64_t delay_ms = ASK_FIRST_MS << (w->attempts < 6 ? w->attempts : 6);
    w->attempts++;
    w->next_ms = e->now_ms + (delay_ms < ASK_SLOWEST_MS ? delay_ms : ASK_SLOWEST_MS);
    struct err err = {0};
    /* A question that could not be put is put again when its time comes. */
    (void)v->query(
        v->ctx, e->activations[activation].account, (struct order_key){activation, o->sequence}, o,
        &err
    );
}

void engine_ask_again(struct engine *e) {
    for (uint32_t i = 0; i < (uint32_t)e->activation_count; i++) {
        struct activation *a = &e->activations[i];
        for (int j = 0; j < a->order_count; j++) {
            struct order *o = a->orders[j];
            const struct order_watch *w = order_watch(e, o);
            bool is_late = o->state != ORDER_UNKNOWN && o->pending != PENDING_NONE &&
                           w->sent_ms > 0 && e->now_ms >= w->sent_ms + REQUEST_MS;
            if (is_late && e->ports.venue.query != NULL) {
                struct order_event unknown = {.kind = ORDER_EVENT_UNKNOWN};
                order_event_report(e, i, o, &unknown, 0);
            }
            if (o->state == ORDER_UNKNOWN) {
                order_ask(e, i, o);
            }
        }
    }
}

/* --- a whole account
 * ------------------------------------------------------------------------------ */

void engine_doubt(struct engine *e, uint32_t account) {
    e->accounts[account].is_in_doubt = true;
}

bool engine_is_in_doubt(const struct engine *e, uint32_t account) {
    return e->accounts[account].is_in_doubt;
}

int64_t engine_fills_since(const struct engine *e, uint32_t account) {
    int64_t since_ms = e->accounts[account].complete_ms - FILLS_MARGIN_MS;
    return since_ms > 0 ? since_ms : 0;
}

void activation_hold(struct engine *e, uint32_t activation) {
    struct activation *a = &e->activations[activation];
    a->is_held = activation_runs(a);
    for (int i = 0; i < a->order_count; i++) {
        struct order *o = a->orders[i];
        order_watch(e, o)->sent_ms = e->now_ms;
        if (o->pending != PENDING_NONE && o->state != ORDER_UNKNOWN) {
            order_event_report(
                e, activation, o, &(struct order_event){.kind = ORDER_EVENT_UNKNOWN}, 0
            );
        }
    }
}

static bool key_is_listed(const struct venue_truth *truth, struct order_key key) {
    for (int i = 0; i < truth->order_count; i++) {
        const struct order_key *listed = &truth->orders[i].key;
        if (listed->activation == key.activation && listed->sequence == key.sequence) {
            return true;
        }
    }
    return false;
}

static void
orders_missing(struct engine *e, const struct venue_truth *truth, struct reconcile_result *result) {
    for (uint32_t i = 0; i < (uint32_t)e->activation_count; i++) {
        struct activation *a = &e->activations[i];
        for (int j = 0; a->account == truth->account && j < a->order_count; j++) {
            struct order *o = a->orders[j];
            struct order_watch *w = order_watch(e, o);
            bool is_young = w->sent_ms == 0 || truth->asked_ms < w->sent_ms + SETTLE_MS;
            if (is_young || key_is_listed(truth, (struct order_key){i, o->sequence})) {
                continue;
            }
            result->missing++;
            w->attempts = 0;
            w->next_ms = e->now_ms;
            if (o->state != ORDER_UNKNOWN) {
                order_event_report(e, i, o, &(struct order_event){.kind = ORDER_EVENT_UNKNOWN}, 0);
            }
        }
    }
}

/* The next number of an owner who is not at work: a script that runs counts its orders itself. */
static bool order_is_unheard_of(const struct engine *e, const struct venue_order *v) {
    if (v->key.activation >= (uint32_t)e->activation_count) {
        return false;
    }
    const struct activation *a = &e->activations[v->key.activation];
    bool is_at_work = a->bundle != NULL && activation_runs(a) && !a->is_held;
    return !is_at_work && v->key.sequence > a->order_sequence && v->key.sequence < CORE_SEQUENCE;
}

/* With our id, but never recorded by us: it is ours from now on. */
static int order_adopt(struct engine *e, const struct venue_order *v, struct err *err) {
    uint32_t activation = v->key.activation;
    struct activation *a = &e->activations[activation];
    struct ask_outcome outcome = {0};
    struct ask_outcome *outer = e->outcome;
    struct record record = {.kind = RECORD_ORDER, .activation = activation};
    record.u.order.sequence = v->key.sequence;
    record.u.order.request = v->request;
    record.u.order.who = "venue";
    if (a->order_count == e->options.orders_max) {
        return err_set(err, E_LIMIT, "%s has no room for an order found at the venue", a->id);
    }
    a->orders_asked++;
    wire_ask(e, activation);
    a->order_sequence = v->key.sequence;
    e->outcome = &outcome;
    bool was_recovering = e->is_recovering;
    e->is_recovering = true; /* as recovery will: it is there, nothing is checked or sent */
    order_place(e, activation, v->key.sequence, &v->request, NULL, 0);
    e->is_recovering = was_recovering;
    e->outcome = outer;
    journal_write(e, &record);
    struct order *o = order_find(e, activation, v->key.sequence);
    order_event_report(
        e, activation, o, &(struct order_event){.kind = ORDER_EVENT_ACCEPTED}, v->update
    );
    order_watch(e, o)->sent_ms = e->now_ms;
    if (!activation_runs(a) && a->bundle != NULL) {
        wire_ask(e, activation);
        order_cancel_by(e, activation, v->key.sequence, "core");
    }
    return 0;
}

/* Over in our books and open at the venue (or in a list of the venue's that is old): its cancel
 * does no harm. */
static void order_stray(struct engine *e, uint32_t account, struct order_key key) {
    struct err err = {0};
    (void)e->ports.venue.cancel(e->ports.venue.ctx, account, key, &err);
}

static void order_listed(
    struct engine *e,
    const struct venue_truth *truth,
    const struct venue_order *v,
    struct reconcile_result *result
) {
    if (v->key.activation >= (uint32_t)e->activation_count) {
        result->foreign++;
        return;
    }
    struct order *o = order_find(e, v->key.activation, v->key.sequence);
    if (o != NULL) {
        order_found(e, v->key.activation, o, v, truth->asked_ms);
        return;
    }
    result->stray++;
    order_stray(e, truth->account, v->key);
}

static int owned_quantity(
    const struct engine *e,
    uint32_t account,
    uint16_t symbol,
    enum position_side side,
    struct decimal *sum
) {
    const struct account *a = &e->accounts[account];
    int code = 0;
    *sum = (struct decimal){0};
    for (int i = 0; i < e->activation_count && code == 0; i++) {
        if (e->activations[i].account == account) {
            const struct position *p = activation_position(e, (uint32_t)i, symbol, side);
            code = decimal_add(*sum, p->quantity.d, sum);
        }
    }
    for (int i = 0; i < a->outside_count && code == 0; i++) {
        if (a->outside[i].symbol == symbol && a->outside[i].side == side) {
            code = decimal_add(*sum, a->outside[i].position.quantity.d, sum);
        }
    }
    return code;
}

static struct decimal
held_quantity(const struct venue_truth *truth, uint16_t symbol, enum position_side side) {
    for (int i = 0; i < truth->holding_count; i++) {
        if (truth->holdings[i].symbol == symbol && truth->holdings[i].side == side) {
            return truth->holdings[i].quantity.d;
        }
    }
    return (struct decimal){0};
}

static void positions_compare(
    const struct engine *e, const struct venue_truth *truth, struct reconcile_result *result
) {
    for (uint16_t symbol = 0; symbol < e->symbol_count; symbol++) {
        for (int side = POSITION_NET; side <= POSITION_SHORT; side++) {
            struct decimal owned;
            struct decimal held = held_quantity(truth, symbol, (enum position_side)side);
            int code = owned_quantity(e, truth->account, symbol, (enum position_side)side, &owned);
            if (code == 0 && owned.v == held.v) {
                continue;
            }
            if (result->differences++ == 0) {
                char ours[DECIMAL_TEXT_MAX], theirs[DECIMAL_TEXT_MAX];
                decimal_format(owned, ours);
                decimal_format(held, theirs);
                snprintf(
                    result->text, sizeof result->text, "%s %s: the venue holds %s, the books %s",
                    e->symbols[symbol].instrument.symbol,
                    position_side_name((enum position_side)side), theirs, ours
                );
            }
        }
    }
}

/* Strategies that waited for their account since the restart. */
static int account_release(struct engine *e, uint32_t account, struct err *err) {
    if (leverages_again(e, account) != 0) {
        return 0; /* the venue cannot be asked: the next reconciliation tries again */
    }
    e->accounts[account].is_in_doubt = false;
    for (uint32_t i = 0; i < (uint32_t)e->activation_count; i++) {
        struct activation *a = &e->activations[i];
        if (a->account == account && a->is_held) {
            a->is_held = false;
            int code = activation_runs(a) ? activation_begin(e, i, READY_RESTARTED, err) : 0;
            if (code != 0) {
                return code;
            }
        }
    }
    return 0;
}

/* The list went on from where the last one ended: no fill is missing before its newest. What comes
 * by message proves nothing: others may have been lost before it. */
static void
fills_take(struct engine *e, const struct venue_truth *truth, struct reconcile_result *result) {
    struct account *account = &e->accounts[truth->account];
    struct record record = {.kind = RECORD_RECONCILED, .activation = UINT32_MAX};
    int64_t newest_ms = account->complete_ms;
    for (int i = 0; i < truth->fill_count; i++) {
        const struct venue_report *fill = &truth->fills[i];
        int64_t at_ms = fill->event.fill.time_ms;
        newest_ms = at_ms > newest_ms ? at_ms : newest_ms;
        if (!fill_is_booked(e, fill)) {
            result->fills++;
            engine_report(e, fill);
        }
    }
    if (newest_ms > account->complete_ms) {
        account->complete_ms = newest_ms;
        record.u.account.account = truth->account;
        record.u.account.complete_ms = newest_ms;
        journal_write(e, &record);
    }
}

int engine_reconcile(
    struct engine *e,
    const struct venue_truth *truth,
    struct reconcile_result *result,
    struct err *err
) {
    *result = (struct reconcile_result){0};
    if (truth->account >= (uint32_t)e->account_count) {
        return err_set(err, E_NOT_FOUND, "there is no account %u", truth->account);
    }
    for (int i = 0; i < truth->order_count; i++) {
        if (order_is_unheard_of(e, &truth->orders[i])) {
            result->adopted++;
            int code = order_adopt(e, &truth->orders[i], err);
            if (code != 0) {
                return code;
            }
        }
    }
    fills_take(e, truth, result);
    for (int i = 0; i < truth->order_count; i++) {
        order_listed(e, truth, &truth->orders[i], result);
    }
    orders_missing(e, truth, result);
    positions_compare(e, truth, result);
    struct account *account = &e->accounts[truth->account];
    if (result->differences > 0) {
        account->differing++;
        account->is_in_doubt |= account->differing >= DIFFERING_MAX;
        return 0;
    }
    account->differing = 0;
    return account->is_in_doubt ? account_release(e, truth->account, err) : 0;
}
