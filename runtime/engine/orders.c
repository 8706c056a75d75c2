/* orders: the way of an order from the ask to the venue, and back from the venue's reports into the
 * books and the script's events. */
#include "base/fault_points.h"
#include "engine/engine_state.h"
#include "engine/report.h"

#include <stdio.h>
#include <string.h>

struct order *order_find(struct engine *e, uint32_t activation, uint64_t sequence) {
    struct activation *a = &e->activations[activation];
    for (int i = a->order_count - 1; i >= 0; i--) {
        if (a->orders[i]->sequence == sequence) {
            return a->orders[i];
        }
    }
    return NULL;
}

struct order *order_take(struct engine *e, struct activation *a) {
    if (a->order_count == e->options.orders_max || e->free_order_count == 0) {
        return NULL;
    }
    struct order *o = e->free_orders[--e->free_order_count];
    *order_watch(e, o) = (struct order_watch){0};
    a->orders[a->order_count++] = o;
    return o;
}

static void order_give(struct engine *e, struct activation *a, struct order *o) {
    for (int i = 0; i < a->order_count; i++) {
        if (a->orders[i] == o) {
            memmove(
                &a->orders[i], &a->orders[i + 1],
                (size_t)(a->order_count - i - 1) * sizeof(struct order *)
            );
            a->order_count--;
            if (a->bundle == NULL) {
                request_order_over(e, (uint32_t)(a - e->activations), o);
            }
            e->free_orders[e->free_order_count++] = o;
            return;
        }
    }
}

static void order_tell(
    struct engine *e,
    uint32_t activation,
    enum order_step step,
    const struct order *o,
    const char *file,
    int line,
    const struct risk_verdict *verdict
) {
    if (e->ports.sink.order != NULL) {
        struct order_record record = {e->number, activation, step, o, file, line, verdict};
        e->ports.sink.order(e->ports.sink.ctx, &record);
    }
}

/* Tells the script what became of an order or of an ask on it. */
static void
order_queue_change(struct engine *e, uint32_t activation, const struct order *o, int code) {
    struct event *event = queue_event(e, activation, EVENT_ORDER);
    if (event != NULL) {
        queue_set_price(e, event, o->request.symbol, e->symbols[o->request.symbol].last);
        event->u.order.order = *o;
        event->u.order.code = code;
    }
}

static void order_build(
    const struct engine *e,
    const struct activation *a,
    uint64_t sequence,
    const struct order_request *request,
    struct order *o
) {
    *o = (struct order){
        .sequence = sequence,
        .request = *request,
        .state = ORDER_NEW,
        .pending = PENDING_NEW,
        .created_ms = e->now_ms,
        .updated_ms = e->now_ms,
    };
    order_id_write(a->id, o->sequence, o->id);
}

/* Ends an order that never rested: it was refused by a check, or could not be sent. */
static void order_refuse(
    struct engine *e, uint32_t activation, struct order *o, int code, const char *message
) {
    struct order_event refused = {
        .kind = ORDER_EVENT_REJECTED,
        .time_ms = e->now_ms,
        .code = code,
        .message = message,
    };
    if (order_apply(o, &refused, NULL) != 0) {
        o->state = ORDER_REJECTED;
    }
    order_queue_change(e, activation, o, code);
}

static void
order_is_refused_by(struct engine *e, uint32_t activation, enum risk_check check) {
    e->refusals[check]++;
    if (check == RISK_RATE) {
        rate_refused(e, activation);
    } else if (check == RISK_DAILY_LOSS || check == RISK_DRAWDOWN || check == RISK_USER_DAILY_LOSS ||
               check == RISK_USER_DRAWDOWN) {
        losses_are_due(e, e->activations[activation].account);
    }
}

/* Whether the order may go: what was recorded of it, or what the checks say now. */
static bool order_judge(
    struct engine *e,
    uint32_t activation,
    const struct order_request *request,
    const struct order *o,
    bool is_amendment,
    struct risk_verdict *verdict
) {
    struct activation *a = &e->activations[activation];
    if (e->is_recovering) {
        *verdict = (struct risk_verdict){
            .passed = !e->outcome->is_refused,
            .code = e->outcome->code,
        };
        memcpy(verdict->message, e->outcome->message, sizeof verdict->message);
    } else if (a->has_failed_leverage && a->failed_leverage_symbol == request->symbol) {
        *verdict = (struct risk_verdict){.code = E_LEVERAGE_FAILED};
        snprintf(verdict->message, sizeof verdict->message, "the leverage asked before it failed");
        outcome_refuse(e, E_LEVERAGE_FAILED, verdict->message);
    } else if (e->is_journal_down) {
        *verdict = (struct risk_verdict){.code = E_IO};
        snprintf(verdict->message, sizeof verdict->message, "the journal cannot be written");
        outcome_refuse(e, E_IO, verdict->message);
    } else if (journal_is_on(e) && e->outbox_count >= e->options.outbox_max) {
        *verdict = (struct risk_verdict){.code = E_LIMIT};
        snprintf(verdict->message, sizeof verdict->message, "too many requests wait for the journal");
        outcome_refuse(e, E_LIMIT, verdict->message);
    } else if (is_amendment && o->state == ORDER_UNKNOWN) {
        *verdict = (struct risk_verdict){.code = E_UNKNOWN};
        snprintf(verdict->message, sizeof verdict->message, "what became of it is not known yet");
        outcome_refuse(e, E_UNKNOWN, verdict->message);
    } else if (e->accounts[a->account].is_in_doubt && order_enlarges(e, activation, request)) {
        *verdict = (struct risk_verdict){.code = E_STATE};
        snprintf(verdict->message, sizeof verdict->message, "the account is being reconciled");
        outcome_refuse(e, E_STATE, verdict->message);
    } else {
        CRASH_POINT(CHECKS_BEFORE);
        gate_check(e, activation, request, o, is_amendment, verdict);
        CRASH_POINT(CHECKS_AFTER);
        outcome_set(e, verdict);
        if (!verdict->passed) {
            order_is_refused_by(e, activation, verdict->failed);
        }
    }
    if (verdict->passed) {
        gate_take(e, activation, request, o);
    }
    return verdict->passed;
}

void order_place(
    struct engine *e,
    uint32_t activation,
    uint64_t sequence,
    const struct order_request *request,
    const char *file,
    int line
) {
    struct activation *a = &e->activations[activation];
    struct order refused;
    struct order *o = order_take(e, a);
    if (o == NULL) {
        wire_settle(e, activation);
        order_build(e, a, sequence, request, &refused);
        outcome_refuse(e, E_LIMIT, "too many live orders");
        order_refuse(e, activation, &refused, E_LIMIT, "too many live orders");
        request_keep_order(e, activation, &refused);
        order_tell(e, activation, STEP_REFUSED, &refused, file, line, NULL);
        return;
    }
    order_build(e, a, sequence, request, o);
    struct risk_verdict verdict;
    if (!order_judge(e, activation, request, o, false, &verdict)) {
        wire_settle(e, activation);
        order_refuse(e, activation, o, verdict.code, verdict.message);
        request_keep_order(e, activation, o);
        order_tell(e, activation, STEP_REFUSED, o, file, line, &verdict);
        order_give(e, a, o);
        return;
    }
    request_keep_order(e, activation, o);
    order_tell(e, activation, STEP_SENT, o, file, line, &verdict);
    struct outbox_item item = {
        .what = 's',
        .account = a->account,
        .key = {activation, sequence},
    };
    outbox_push(e, &item);
}

void order_not_sent(
    struct engine *e, const struct outbox_item *item, int code, const char *message
) {
    static const enum order_event_kind kinds[] = {
        ['s'] = ORDER_EVENT_REJECTED,
        ['c'] = ORDER_EVENT_CANCEL_REFUSED,
        ['a'] = ORDER_EVENT_AMEND_REFUSED,
    };
    struct venue_report report = {
        .account = item->account,
        .key = item->key,
        .event =
            {
                .kind = kinds[(unsigned char)item->what],
                .time_ms = e->now_ms,
                .code = code,
                .message = message,
            },
    };
    engine_report(e, &report);
}

void order_place_by(
    struct engine *e,
    uint32_t activation,
    uint64_t sequence,
    const struct order_request *request,
    const char *who,
    const struct request_key *key
) {
    struct ask_outcome *outer = e->outcome;
    struct risk_figure figures[RISK_CHECK_COUNT];
    struct ask_outcome outcome = {.figures = figures};
    e->activations[activation].orders_asked++;
    e->outcome = &outcome;
    e->request = key;
    order_place(e, activation, sequence, request, NULL, 0);
    e->request = NULL;
    e->outcome = outer;
    struct record record = {.kind = RECORD_ORDER, .activation = activation};
    record.u.order.sequence = sequence;
    record.u.order.request = *request;
    record.u.order.outcome = outcome;
    record.u.order.who = who;
    if (key != NULL) {
        record.u.order.request_key = *key;
    }
    journal_write(e, &record);
}

void order_cancel_by(struct engine *e, uint32_t activation, uint64_t sequence, const char *who) {
    order_cancel(e, activation, sequence);
    struct record record = {.kind = RECORD_CANCEL, .activation = activation};
    record.u.change.sequence = sequence;
    record.u.change.who = who;
    journal_write(e, &record);
}

void order_cancel(struct engine *e, uint32_t activation, uint64_t sequence) {
    struct activation *a = &e->activations[activation];
    struct order *o = order_find(e, activation, sequence);
    if (o == NULL || o->pending == PENDING_CANCEL) {
        wire_settle(e, activation);
        return; /* it ended meanwhile: its on_order is on the way; or the cancel is */
    }
    o->pending = PENDING_CANCEL;
    struct outbox_item item = {
        .what = 'c',
        .account = a->account,
        .key = {activation, sequence},
    };
    outbox_push(e, &item);
}

/* Queues the refusal of an amendment: the old figures hold. */
static void amend_refuse(
    struct engine *e, uint32_t activation, struct order *o, int code, const char *message
) {
    struct order_event event = {
        .kind = ORDER_EVENT_AMEND_REFUSED,
        .time_ms = e->now_ms,
        .code = code,
        .message = message,
    };
    struct venue_report report = {
        .account = e->activations[activation].account,
        .key = {activation, o->sequence},
        .event = event,
    };
    if (o->pending == PENDING_NONE) {
        o->pending = PENDING_AMEND;
    }
    e->quiet++; /* part of the record of the ask */
    engine_report(e, &report);
    e->quiet--;
}

/* Checks the wanted figures and asks the venue for them. */
static void order_change(
    struct engine *e,
    uint32_t activation,
    struct order *o,
    const struct order_request *wanted,
    const char *file,
    int line
) {
    struct risk_verdict verdict;
    if (!order_judge(e, activation, wanted, o, true, &verdict)) {
        wire_settle(e, activation);
        amend_refuse(e, activation, o, verdict.code, verdict.message);
        return;
    }
    memcpy(o->request.reason, wanted->reason, sizeof o->request.reason);
    memcpy(o->request.tag, wanted->tag, sizeof o->request.tag);
    o->pending = PENDING_AMEND;
    o->asked = (struct order_figures){wanted->price, wanted->stop, wanted->quantity};
    order_tell(e, activation, STEP_SENT, o, file, line, &verdict);
    struct outbox_item item = {
        .what = 'a',
        .account = e->activations[activation].account,
        .key = {activation, o->sequence},
        .price = wanted->price,
        .stop = wanted->stop,
        .quantity = wanted->quantity,
    };
    outbox_push(e, &item);
}

void order_amend(struct engine *e, uint32_t activation, const struct ask *ask) {
    struct order *o = order_find(e, activation, ask->sequence);
    if (o == NULL) {
        wire_settle(e, activation);
        return;
    }
    struct order_request wanted = o->request;
    if (ask->u.amend.has_price) {
        wanted.price = ask->u.amend.price;
    }
    if (ask->u.amend.has_stop) {
        wanted.stop = ask->u.amend.stop;
    }
    if (ask->u.amend.has_quantity) {
        wanted.quantity = ask->u.amend.quantity;
    }
    if (ask->u.amend.reason[0] != '\0') {
        memcpy(wanted.reason, ask->u.amend.reason, sizeof wanted.reason);
    }
    if (ask->u.amend.tag[0] != '\0') {
        memcpy(wanted.tag, ask->u.amend.tag, sizeof wanted.tag);
    }
    order_change(e, activation, o, &wanted, ask->file, ask->line);
}

void order_amend_by(
    struct engine *e,
    uint32_t activation,
    struct order *o,
    const struct order_request *wanted,
    const char *who,
    struct ask_outcome *outcome
) {
    struct ask_outcome *outer = e->outcome;
    struct record record = {.kind = RECORD_AMEND, .activation = activation};
    e->activations[activation].orders_asked++;
    e->outcome = outcome;
    order_change(e, activation, o, wanted, NULL, 0);
    e->outcome = outer;
    record.u.change.sequence = o->sequence;
    record.u.change.request = *wanted;
    record.u.change.outcome = *outcome;
    record.u.change.who = who;
    journal_write(e, &record);
}

void order_amended(struct engine *e, uint32_t activation, struct record *record) {
    struct order *o = order_find(e, activation, record->u.change.sequence);
    e->activations[activation].orders_asked++;
    if (o != NULL) {
        wire_ask(e, activation);
        e->outcome = &record->u.change.outcome;
        order_change(e, activation, o, &record->u.change.request, NULL, 0);
        e->outcome = NULL;
    }
}

void orders_cancel(struct engine *e, uint32_t activation, bool only_enlarging) {
    struct activation *a = &e->activations[activation];
    for (int i = 0; i < a->order_count; i++) {
        const struct order *o = a->orders[i];
        if (!only_enlarging || order_enlarges(e, activation, &o->request)) {
            wire_ask(e, activation);
            order_cancel_by(e, activation, o->sequence, "core");
        }
    }
}

/* The youngest first: those that were there before them may stay. */
void orders_cancel_risky(struct engine *e, uint32_t activation) {
    struct activation *a = &e->activations[activation];
    for (int i = a->order_count - 1; i >= 0; i--) {
        const struct order *o = a->orders[i];
        if (o->sequence < CORE_SEQUENCE && o->pending != PENDING_CANCEL &&
            order_enlarges_with_others(e, activation, &o->request, o, i)) {
            wire_ask(e, activation);
            order_cancel_by(e, activation, o->sequence, "core");
        }
    }
}

void orders_flatten(struct engine *e, uint32_t activation, const char *reason) {
    struct activation *a = &e->activations[activation];
    for (int i = 0; i < a->position_count; i++) {
        const struct record_position *p = &a->positions[i];
        int sign = decimal_sign(p->position.quantity.d);
        if (sign == 0) {
            continue;
        }
        struct order_request request = {
            .symbol = p->symbol,
            .side = sign > 0 ? ORDER_SELL : ORDER_BUY,
            .type = ORDER_MARKET,
            .position_side = p->side,
            .reduce_only = true,
            .quantity = {decimal_abs(p->position.quantity.d)},
        };
        snprintf(request.reason, sizeof request.reason, "%s", reason);
        wire_ask(e, activation);
        order_place_by(e, activation, CORE_SEQUENCE + ++a->core_sequence, &request, "core", NULL);
    }
}

/* --- what the venue says
 * -------------------------------------------------------------------------- */

/* Books a fill into position and ledger. */
static int fill_book(
    struct engine *e,
    uint32_t activation,
    uint16_t symbol,
    enum order_side side,
    enum position_side position_side,
    const struct fill *fill,
    struct fill_record *record
) {
    struct activation *a = &e->activations[activation];
    struct account *account = &e->accounts[a->account];
    enum position_side kept = account->is_hedge ? position_side : POSITION_NET;
    struct record_position *slot = activation_position_slot(e, activation, symbol, kept);
    if (slot == NULL) {
        return E_LIMIT;
    }
    CRASH_POINT(FILL_APPLY_BEFORE);
    int code = position_apply(&slot->position, side, fill, &record->change);
    if (code == 0) {
        code = ledger_book_fill(&account->ledger, record->change.realized, fill->fee);
    }
    losses_are_due(e, a->account);
    CRASH_POINT(FILL_APPLY_AFTER);
    record->fill = *fill;
    record->position = slot->position;
    record->balance = account->ledger.balance;
    return code;
}

static void fill_tell(
    struct engine *e, uint32_t activation, const struct order *o, struct fill_record *record
) {
    record->number = e->number;
    record->activation = activation;
    record->account = e->activations[activation].account;
    record->order = o;
    CRASH_POINT(PUBLISH_BEFORE);
    if (e->ports.sink.fill != NULL) {
        e->ports.sink.fill(e->ports.sink.ctx, record);
    }
    CRASH_POINT(PUBLISH_AFTER);
}

static void fill_queue(
    struct engine *e,
    uint32_t activation,
    const struct order *o,
    uint64_t sequence,
    const struct fill_record *record
) {
    struct event *event = queue_event(e, activation, EVENT_FILL);
    if (event == NULL) {
        return;
    }
    queue_set_price(e, event, o->request.symbol, record->fill.price);
    event->u.fill = (struct event_fill){
        .sequence = sequence,
        .fill = record->fill,
        .is_final = order_state_is_terminal(o->state),
        .order = *o,
        .position = record->position,
        .balance = record->balance,
        .leverage = e->accounts[record->account].leverage[o->request.symbol],
    };
}

/* The sum is not to be had: nothing more is traded on books that are wrong. */
static void books_broken(struct engine *e, uint32_t activation, int code) {
    activation_set_status(e, activation, ACTIVATION_SUSPENDED, err_name(code));
    e->has_failed = true;
}

/* A fill of no live order: nobody asked for it (liquidation …), or its order has ended before it
 * came. It is booked all the same: the venue's word on money holds. */
void fill_unasked(struct engine *e, const struct venue_report *report, const char *reason) {
    uint32_t activation = report->key.activation;
    struct order described = {
        .sequence = report->key.sequence,
        .state = ORDER_FILLED,
        .filled = report->event.fill.quantity,
        .average = report->event.fill.price,
        .created_ms = e->now_ms,
        .updated_ms = e->now_ms,
        .request =
            {
                .symbol = report->symbol,
                .side = report->side,
                .position_side = report->position_side,
                .type = ORDER_MARKET,
                .quantity = report->event.fill.quantity,
            },
    };
    if (report->key.sequence != 0) {
        order_id_write(e->activations[activation].id, described.sequence, described.id);
    }
    snprintf(described.request.reason, sizeof described.request.reason, "%s", reason);
    struct fill_record record = {.is_unasked = true};
    int code = fill_book(
        e, activation, report->symbol, report->side, report->position_side, &report->event.fill,
        &record
    );
    if (code != 0) {
        books_broken(e, activation, code);
        return;
    }
    fill_tell(e, activation, &described, &record);
    fill_queue(e, activation, &described, 0, &record);
}

static void report_fill(
    struct engine *e, uint32_t activation, struct order *o, const struct venue_report *report
) {
    struct fill_record record = {0};
    int code = fill_book(
        e, activation, o->request.symbol, o->request.side, o->request.position_side,
        &report->event.fill, &record
    );
    if (code != 0) {
        books_broken(e, activation, code);
        return;
    }
    fill_tell(e, activation, o, &record);
    fill_queue(e, activation, o, o->sequence < CORE_SEQUENCE ? o->sequence : 0, &record);
}

static void report_write(struct engine *e, const struct venue_report *report) {
    if (journal_is_on(e)) {
        struct record record = {.kind = RECORD_REPORT, .activation = report->key.activation};
        record.u.report = *report;
        journal_write(e, &record);
    }
}

static void report_record(struct engine *e, const struct venue_report *report) {
    if (report->event.kind == ORDER_EVENT_FILL) {
        CRASH_POINT(FILL_RECORD_BEFORE);
        report_write(e, report);
        CRASH_POINT(FILL_RECORD_AFTER);
    } else {
        CRASH_POINT(ACK_RECORD_BEFORE);
        report_write(e, report);
        CRASH_POINT(ACK_RECORD_AFTER);
    }
}

static int ack_apply(struct order *o, const struct order_event *event) {
    CRASH_POINT(ACK_APPLY_BEFORE);
    int code = order_apply(o, event, NULL);
    CRASH_POINT(ACK_APPLY_AFTER);
    return code;
}

/* Of an order of who had the place before: that is over, but money has moved in the account. */
static void report_of_before(struct engine *e, const struct venue_report *report) {
    if (report->event.kind == ORDER_EVENT_FILL) {
        struct venue_report outside = *report;
        outside.key.activation = NO_ACTIVATION;
        outside.reason = NULL;
        fill_of_account(e, &outside);
    }
}

void engine_report(struct engine *e, const struct venue_report *report) {
    uint32_t activation = report->key.activation;
    if (report_is_old(e, report)) {
        return;
    }
    report_record(e, report);
    bool is_fill = report->event.kind == ORDER_EVENT_FILL;
    if (activation >= (uint32_t)e->activation_count) {
        fill_of_account(e, report);
        return;
    }
    if (report->key.sequence == 0) {
        fill_unasked(e, report, report->reason);
        return;
    }
    if (!sequence_is_own(&e->activations[activation], report->key.sequence)) {
        report_of_before(e, report);
        return;
    }
    struct order *o = order_find(e, activation, report->key.sequence);
    if (o == NULL) {
        if (is_fill) {
            fill_unasked(e, report, "late");
        }
        return; /* anything else of an ended order: nothing can change any more */
    }
    struct order_event event = report->event;
    report_prepare(o, &event, report->fill_id > 0);
    int code = is_fill ? order_apply(o, &event, NULL) : ack_apply(o, &event);
    if (code != 0) {
        if (is_fill) {
            books_broken(e, activation, code);
        }
        return;
    }
    if (report->update > 0) {
        order_watch(e, o)->update = report->update;
    }
    if (event.kind == ORDER_EVENT_ACCEPTED || event.kind == ORDER_EVENT_AMENDED) {
        o->queued = e->number;
        o->queued_ms = report->first_bar_ms > 0 ? report->first_bar_ms : e->now_ms;
    }
    if (is_fill) {
        report_fill(e, activation, o, report);
    }
    order_tell(e, activation, STEP_CHANGED, o, NULL, 0, NULL);
    bool is_own = o->sequence < CORE_SEQUENCE;
    if (is_own && (!is_fill || order_state_is_terminal(o->state))) {
        order_queue_change(e, activation, o, report->event.code);
    }
    if (order_state_is_terminal(o->state)) {
        order_give(e, &e->activations[activation], o);
    }
}
