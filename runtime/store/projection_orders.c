#include "engine/order_id.h"
#include "store/projection_parts.h"

#include <stdio.h>
#include <string.h>

static const char step_sql[] =
    "INSERT INTO oms_order_steps (id, order_id, step, status, code, message, who, file, line,"
    " journal_sequence, time_ms, user_id, pending, filled_qty)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";

int step_write(struct projection *p, const struct who *who, const struct step *s, struct err *e) {
    return database_run(
        p->database, step_sql,
        VALUES(
            row_id(p), value_text(s->order->id), value_text(s->name),
            value_text(order_state_name(s->order->state)), value_integer(s->code),
            value_text(s->message != NULL ? s->message : ""), value_text(s->who),
            value_text(s->file), value_integer(s->line), value_count(p->sequence),
            value_integer(s->time_ms), value_text(who->user),
            value_integer((int64_t)s->order->pending), value_decimal(s->order->filled.d)
        ),
        e
    );
}

/* --- asked ---------------------------------------------------------------------------------------
 */

static int order_make(
    struct projection *p,
    const struct record *r,
    uint64_t sequence,
    const struct order_request *request,
    const struct ask_outcome *outcome,
    const struct step *asked,
    struct err *e
) {
    const struct who *who = projection_who(p, r->activation);
    struct order o = {
        .sequence = sequence,
        .request = *request,
        .pending = PENDING_NEW,
        .created_ms = r->now_ms,
        .updated_ms = r->now_ms,
    };
    order_id_write(who->id, sequence, o.id);
    if (outcome->is_refused) {
        struct order_event refused = {
            .kind = ORDER_EVENT_REJECTED,
            .time_ms = r->now_ms,
            .code = outcome->code,
            .message = outcome->message,
        };
        if (order_apply(&o, &refused, NULL) != 0) {
            p->figures.oddities++;
        }
    }
    int code = order_row_write(p, who, &o, who_owner(who), e);
    struct step s = *asked;
    s.order = &o;
    s.name = outcome->is_refused ? "refused" : "recorded";
    s.code = outcome->code;
    s.message = outcome->message;
    s.time_ms = r->now_ms;
    return code != 0 ? code : step_write(p, who, &s, e);
}

/* Something was asked about an order that is there. */
static int order_pend(
    struct projection *p,
    const struct record *r,
    uint64_t sequence,
    enum order_pending pending,
    const struct ask *amendment,
    const struct step *asked,
    struct err *e
) {
    const struct who *who = projection_who(p, r->activation);
    struct order o;
    bool is_there;
    int code = order_row_read(p, who, sequence, &o, &is_there, e);
    if (code < 0 || !is_there || order_state_is_terminal(o.state)) {
        return code < 0 ? code : 0;
    }
    struct step s = *asked;
    if (s.code != 0 && pending == PENDING_AMEND) {
        struct order_event refused = {
            .kind = ORDER_EVENT_AMEND_REFUSED,
            .time_ms = r->now_ms,
            .code = s.code,
            .message = s.message,
        };
        o.pending = PENDING_AMEND;
        p->figures.oddities += order_apply(&o, &refused, NULL) != 0;
        code = order_row_write(p, who, &o, who_owner(who), e);
    } else if (s.code == 0) {
        o.pending = pending;
        if (pending == PENDING_AMEND) {
            bool has_quantity = amendment == NULL || amendment->u.amend.has_quantity;
            struct quantity given =
                amendment == NULL ? r->u.change.request.quantity : amendment->u.amend.quantity;
            o.asked.quantity = has_quantity ? given : o.request.quantity;
        }
        if (amendment != NULL && amendment->u.amend.reason[0] != '\0') {
            memcpy(o.request.reason, amendment->u.amend.reason, sizeof o.request.reason);
        }
        if (amendment != NULL && amendment->u.amend.tag[0] != '\0') {
            memcpy(o.request.tag, amendment->u.amend.tag, sizeof o.request.tag);
        }
        code = order_row_write(p, who, &o, who_owner(who), e);
    }
    s.order = &o;
    s.time_ms = r->now_ms;
    return code < 0 ? code : step_write(p, who, &s, e);
}

static int ask_apply(
    struct projection *p,
    const struct record *r,
    const struct ask *ask,
    const struct ask_outcome *outcome,
    struct err *e
) {
    struct step s = {
        .who = "script",
        .file = ask->file,
        .line = ask->line,
        .code = outcome->is_refused ? outcome->code : 0,
        .message = outcome->message,
    };
    switch (ask->kind) {
    case ASK_PLACE:
        return order_make(p, r, ask->sequence, &ask->u.request, outcome, &s, e);
    case ASK_CANCEL:
        s.name = "cancel";
        return order_pend(p, r, ask->sequence, PENDING_CANCEL, NULL, &s, e);
    case ASK_AMEND:
        s.name = outcome->is_refused ? "amend_refused" : "amend";
        return order_pend(p, r, ask->sequence, PENDING_AMEND, ask, &s, e);
    default:
        return 0;
    }
}

int orders_apply_done(struct projection *p, const struct record *r, struct err *e) {
    const struct done *done = &r->u.done.done;
    int code = 0;
    for (int i = 0; code == 0 && i < done->ask_count; i++) {
        code = ask_apply(p, r, &done->asks[i], &r->u.done.outcomes[i], e);
    }
    return code;
}

int orders_apply_order(struct projection *p, const struct record *r, struct err *e) {
    struct step s = {.who = r->u.order.who};
    return order_make(p, r, r->u.order.sequence, &r->u.order.request, &r->u.order.outcome, &s, e);
}

int orders_apply_change(struct projection *p, const struct record *r, struct err *e) {
    const struct ask_outcome *outcome = &r->u.change.outcome;
    bool is_cancel = r->kind == RECORD_CANCEL;
    struct step s = {
        .who = r->u.change.who,
        .name = is_cancel             ? "cancel"
                : outcome->is_refused ? "amend_refused"
                                      : "amend",
        .code = outcome->is_refused ? outcome->code : 0,
        .message = outcome->message,
    };
    enum order_pending pending = is_cancel ? PENDING_CANCEL : PENDING_AMEND;
    return order_pend(p, r, r->u.change.sequence, pending, NULL, &s, e);
}

/* --- as they were --------------------------------------------------------------------------------
 */

int orders_apply_opened(
    struct projection *p, const struct record *r, const struct who *who, struct err *e
) {
    const struct record_activation *a = &r->u.opened;
    int code = 0;
    for (int i = 0; code == 0 && i < a->order_count; i++) {
        code = order_row_write(p, who, a->orders[i], who_owner(who), e);
    }
    for (int i = 0; code == 0 && i < a->position_count; i++) {
        const struct record_position *held = &a->positions[i];
        code = position_write(p, who, held->symbol, held->side, &held->position, r->now_ms, e);
    }
    return code;
}
