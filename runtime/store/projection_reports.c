#include "engine/order_id.h"
#include "engine/report.h"
#include "store/projection_parts.h"

#include <stdio.h>

#define FILL_ID_MAX 96

/* --- fills ---------------------------------------------------------------------------------------
 */

static const char fill_sql[] =
    "INSERT INTO oms_order_fills (id, fill_id, order_id, activation_id, user_id, symbol, side,"
    " quantity, price, fee, fee_asset, liquidity, reason, time_ms, exchange_fill_id, account_id,"
    " owner) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
    " ON CONFLICT (exchange_fill_id) DO NOTHING";

static const char quote_sql[] = "SELECT quote FROM market_symbols WHERE symbol_index = ?1";

static int quote_read(struct projection *p, uint16_t symbol, char quote[16], struct err *e) {
    sqlite3_stmt *rows;
    int code = database_select(p->database, quote_sql, VALUES(value_integer(symbol)), &rows, e);
    if (code != 0) {
        return code;
    }
    code = database_next(p->database, rows, e);
    snprintf(quote, 16, "%s", code == 1 ? row_text(rows, 0) : "");
    database_done(rows);
    return code < 0 ? code : 0;
}

static const char known_sql[] = "SELECT 1 FROM oms_order_fills WHERE fill_id = ?1";

/* What HTTP calls it: by the order and what that has filled by then; else by whose it is and the
 * number of the record, which some share. */
static int fill_name(
    struct projection *p,
    const struct who *who,
    const struct order *filled,
    int64_t row,
    char id[FILL_ID_MAX],
    struct err *e
) {
    char quantity[DECIMAL_TEXT_MAX];
    if (filled != NULL) {
        decimal_format(filled->filled.d, quantity);
        snprintf(id, FILL_ID_MAX, "%s-%s", filled->id, quantity);
    } else {
        snprintf(id, FILL_ID_MAX, "%s-n%llu", who->id, (unsigned long long)p->number);
    }
    sqlite3_stmt *rows;
    int code = database_select(p->database, known_sql, VALUES(value_text(id)), &rows, e);
    if (code != 0) {
        return code;
    }
    code = database_next(p->database, rows, e);
    database_done(rows);
    if (code == 1) {
        snprintf(id, FILL_ID_MAX, "%s-r%lld", who->id, (long long)row);
    }
    return code < 0 ? code : 0;
}

struct fill_row {
    const struct venue_report *report;
    const struct order *filled; /* the live order, after the fill; NULL: none */
    const char *order_id;       /* NULL: nobody asked for it */
    uint16_t symbol;
    enum order_side side;
    const char *reason;
};

static int
fill_write(struct projection *p, const struct who *who, const struct fill_row *f, struct err *e) {
    const struct fill *fill = &f->report->event.fill;
    char quote[16], id[FILL_ID_MAX], venue_id[96], account[40];
    struct database_value row = row_id(p);
    int code = quote_read(p, f->symbol, quote, e);
    code = code != 0 ? code : fill_name(p, who, f->filled, row.integer, id, e);
    if (code != 0) {
        return code;
    }
    snprintf(account, sizeof account, "%s%u", p->options.exchange, who->account);
    /* One fill may be shared by many; the venue's id of it is told apart by whose part it is. */
    snprintf(
        venue_id, sizeof venue_id, "%s:%s:%llu", who->id, projection_symbol(p, f->symbol),
        (unsigned long long)f->report->fill_id
    );
    return database_run(
        p->database, fill_sql,
        VALUES(
            row, value_text(id), value_text(f->order_id), value_text(who->id),
            value_text(who->user), value_text(projection_symbol(p, f->symbol)),
            value_text(order_side_name(f->side)), value_decimal(fill->quantity.d),
            value_decimal(fill->price.d), value_decimal(fill->fee.d), value_text(quote),
            value_text(liquidity_name(fill->liquidity)), value_text(f->reason),
            value_integer(fill->time_ms), value_text(f->report->fill_id > 0 ? venue_id : NULL),
            value_text(account), value_text(who_owner(who))
        ),
        e
    );
}

/* A fill that no live order asked for. */
static int report_unasked(
    struct projection *p,
    const struct who *who,
    const struct venue_report *report,
    const char *order_id,
    struct err *e
) {
    if (report->event.kind != ORDER_EVENT_FILL) {
        return 0;
    }
    const char *reason = report->reason != NULL ? report->reason : "late";
    struct fill_row row = {
        .report = report,
        .order_id = order_id,
        .symbol = report->symbol,
        .side = report->side,
        .reason = reason,
    };
    int code = fill_write(p, who, &row, e);
    return code != 0 ? code
                     : position_book(
                           p, who, report->symbol, report->side, report->position_side,
                           &report->event.fill, reason, e
                       );
}

/* --- fills of nobody's order ---------------------------------------------------------------------
 */

static struct who outside_who(const struct projection *p, uint32_t account) {
    static char nobody[] = "";
    struct who who = {.user = nobody, .strategy = nobody, .account = account, .is_outside = true};
    for (uint32_t i = 0; i < p->who_count; i++) {
        const struct who *one = projection_who(p, i);
        who.is_hedge |= one != NULL && one->account == account && one->is_hedge;
    }
    snprintf(who.id, sizeof who.id, "account%u", account);
    return who;
}

/* What the venue closes by force is closed for those who hold it, in the order of the engine. */
static int report_forced(struct projection *p, struct venue_report *rest, struct err *e) {
    int code = 0;
    for (uint32_t i = 0; code == 0 && i < p->who_count && rest->event.fill.quantity.d.v > 0; i++) {
        const struct who *who = projection_who(p, i);
        struct position held;
        if (who == NULL || who->account != rest->account) {
            continue;
        }
        enum position_side side = who->is_hedge ? rest->position_side : POSITION_NET;
        code = position_read(p, who, rest->symbol, side, &held, e);
        bool is_closed = rest->side == ORDER_SELL ? held.quantity.d.v > 0 : held.quantity.d.v < 0;
        if (code != 0 || !is_closed) {
            continue;
        }
        struct venue_report share;
        if (report_share(rest, (struct quantity){decimal_abs(held.quantity.d)}, &share) != 0) {
            p->figures.oddities++;
            return 0;
        }
        code = report_unasked(p, who, &share, NULL, e);
    }
    return code;
}

static int
report_of_account(struct projection *p, const struct venue_report *report, struct err *e) {
    struct venue_report rest = *report;
    if (report->event.kind != ORDER_EVENT_FILL) {
        return 0;
    }
    int code = report->reason != NULL ? report_forced(p, &rest, e) : 0;
    if (code != 0 || rest.event.fill.quantity.d.v <= 0) {
        return code;
    }
    struct who who = outside_who(p, report->account);
    rest.reason = report->reason != NULL ? report->reason : "outside";
    return report_unasked(p, &who, &rest, NULL, e);
}

/* Of an order of who had the place before: that is over, but money has moved in the account. */
static int
report_of_before(struct projection *p, const struct venue_report *report, struct err *e) {
    struct venue_report outside = *report;
    outside.reason = NULL;
    return report_of_account(p, &outside, e);
}

int account_begin(struct projection *p, uint32_t account, struct err *e) {
    return database_run(
        p->database, "DELETE FROM position_positions WHERE account_id = ?1 AND owner = 'outside'",
        VALUES(value_integer(account)), e
    );
}

int account_apply(struct projection *p, const struct record *r, struct err *e) {
    struct who who = outside_who(p, r->u.account.account);
    int code = 0;
    for (int i = 0; !p->is_identity_only && code == 0 && i < r->u.account.outside_count; i++) {
        const struct record_position *held = &r->u.account.outside[i];
        code = position_write(p, &who, held->symbol, held->side, &held->position, r->now_ms, e);
    }
    return code;
}

/* --- reports on orders ---------------------------------------------------------------------------
 */

static const char *event_name(enum order_event_kind kind) {
    static const char *const names[] = {
        [ORDER_EVENT_ACCEPTED] = "accepted",
        [ORDER_EVENT_FILL] = "fill",
        [ORDER_EVENT_CANCELED] = "canceled",
        [ORDER_EVENT_REJECTED] = "rejected",
        [ORDER_EVENT_EXPIRED] = "expired",
        [ORDER_EVENT_AMENDED] = "amended",
        [ORDER_EVENT_AMEND_REFUSED] = "amend_refused",
        [ORDER_EVENT_CANCEL_REFUSED] = "cancel_refused",
        [ORDER_EVENT_UNKNOWN] = "unknown",
    };
    return names[kind];
}

static int order_change(
    struct projection *p,
    const struct who *who,
    struct order *o,
    const struct venue_report *report,
    struct err *e
) {
    struct order_event event = report->event;
    bool is_fill = event.kind == ORDER_EVENT_FILL;
    report_prepare(o, &event, report->fill_id > 0);
    if (order_apply(o, &event, NULL) != 0) {
        p->figures.oddities += is_fill; /* the engine stops on such a fill; the rest is too late */
        return 0;
    }
    int code = order_row_write(p, who, o, who_owner(who), e);
    if (code == 0 && is_fill) {
        const struct order_request *r = &o->request;
        struct fill_row row = {report, o, o->id, r->symbol, r->side, r->reason};
        code = fill_write(p, who, &row, e);
        code = code != 0
                   ? code
                   : position_book(
                         p, who, r->symbol, r->side, r->position_side, &event.fill, r->reason, e
                     );
    }
    struct step s = {
        .name = event_name(report->event.kind),
        .who = "venue",
        .order = o,
        .code = report->event.code,
        .message = report->event.message,
        .time_ms = report->event.time_ms,
    };
    return code != 0 ? code : step_write(p, who, &s, e);
}

/* A fill of an order that has ended: booked, and the order's own figures where they can. */
static int order_late(
    struct projection *p,
    const struct who *who,
    struct order *o,
    const struct venue_report *report,
    struct err *e
) {
    if (report->event.kind != ORDER_EVENT_FILL) {
        return 0;
    }
    int code = 0;
    if (order_apply(o, &report->event, NULL) == 0) {
        code = order_row_write(p, who, o, who_owner(who), e);
    }
    return code != 0 ? code : report_unasked(p, who, report, o->id, e);
}

int orders_apply_report(struct projection *p, const struct record *r, struct err *e) {
    const struct venue_report *report = &r->u.report;
    if (report->key.activation == NO_ACTIVATION) {
        return report_of_account(p, report, e);
    }
    const struct who *who = projection_who(p, report->key.activation);
    if (who == NULL) {
        p->figures.oddities++;
        return 0;
    }
    uint64_t sequence = report->key.sequence;
    if (sequence != 0 && !order_id_is_own(sequence, who->order_first, who->core_first)) {
        return report_of_before(p, report, e);
    }
    struct order o;
    bool is_there = false;
    int code = 0;
    if (sequence != 0) {
        code = order_row_read(p, who, sequence, &o, &is_there, e);
    }
    if (code < 0 || !is_there) {
        return code < 0 ? code : report_unasked(p, who, report, NULL, e);
    }
    return order_state_is_terminal(o.state) ? order_late(p, who, &o, report, e)
                                            : order_change(p, who, &o, report, e);
}
