/* heard: what a venue says, when it says it twice, too late or about nobody's order. */
#include "engine/engine_state.h"
#include "engine/report.h"

#include <stdlib.h>
#include <string.h>

/* --- what was heard before
 * ------------------------------------------------------------------------ */

bool fill_is_booked(const struct engine *e, const struct venue_report *report) {
    const struct account *account = &e->accounts[report->account];
    bool is_full = account->fill_id_count == FILL_IDS_MAX;
    int oldest = is_full ? account->fill_id_next : 0;
    if (is_full && report->event.fill.time_ms < account->fill_ids[oldest].time_ms) {
        return true; /* too old to be told: booked twice would be worse than a difference */
    }
    for (int i = 0; i < account->fill_id_count; i++) {
        if (account->fill_ids[i].id == report->fill_id &&
            account->fill_ids[i].symbol == report->symbol) {
            return true;
        }
    }
    return false;
}

static int fill_note(struct account *account, const struct record_fill_id *id) {
    if (account->fill_ids == NULL) {
        account->fill_ids = calloc(FILL_IDS_MAX, sizeof *account->fill_ids);
        if (account->fill_ids == NULL) {
            return E_MEMORY;
        }
    }
    account->fill_ids[account->fill_id_next] = *id;
    account->fill_id_next = (account->fill_id_next + 1) % FILL_IDS_MAX;
    account->fill_id_count += account->fill_id_count < FILL_IDS_MAX;
    return 0;
}

bool report_is_old(struct engine *e, const struct venue_report *report) {
    if (report->account >= (uint32_t)e->account_count) {
        return true;
    }
    if (report->event.kind == ORDER_EVENT_FILL) {
        struct account *account = &e->accounts[report->account];
        if (report->fill_id == 0) {
            return false;
        }
        if (fill_is_booked(e, report)) {
            return true;
        }
        struct record_fill_id id = {
            report->fill_id,
            report->event.fill.time_ms,
            report->symbol,
        };
        /* Without memory for it the fill is still booked; a repetition would be, too. */
        return fill_note(account, &id) != 0 && e->is_recovering;
    }
    if (report->key.activation >= (uint32_t)e->activation_count) {
        return true;
    }
    const struct order *o = order_find(e, report->key.activation, report->key.sequence);
    return o != NULL && report->update > 0 && report->update <= order_watch(e, o)->update;
}

/* --- fills of nobody's order
 * ---------------------------------------------------------------------- */

static struct position *
outside_slot(struct engine *e, struct account *account, uint16_t symbol, enum position_side side) {
    int most = e->options.symbols_max * 2;
    for (int i = 0; i < account->outside_count; i++) {
        if (account->outside[i].symbol == symbol && account->outside[i].side == side) {
            return &account->outside[i].position;
        }
    }
    if (account->outside == NULL) {
        account->outside = calloc((size_t)most, sizeof *account->outside);
    }
    if (account->outside == NULL || account->outside_count == most) {
        return NULL;
    }
    struct record_position *slot = &account->outside[account->outside_count++];
    *slot = (struct record_position){.symbol = symbol, .side = side};
    return &slot->position;
}

static int fill_outside(struct engine *e, const struct venue_report *report) {
    struct account *account = &e->accounts[report->account];
    enum position_side side = account->is_hedge ? report->position_side : POSITION_NET;
    struct position *held = outside_slot(e, account, report->symbol, side);
    struct position_change change;
    if (held == NULL) {
        return E_LIMIT;
    }
    int code = position_apply(held, report->side, &report->event.fill, &change);
    return code != 0 ? code
                     : ledger_book_fill(&account->ledger, change.realized, report->event.fill.fee);
}

/* Hands up to `most` of the fill to a holder and leaves the rest in *report. */
static int fill_share(
    struct engine *e, struct venue_report *report, uint32_t activation, struct quantity most
) {
    struct venue_report share;
    int code = report_share(report, most, &share);
    if (code == 0) {
        share.key.activation = activation;
        fill_unasked(e, &share, report->reason);
    }
    return code;
}

/* What the venue closes by force is closed for those who hold it. */
static int fill_forced(struct engine *e, struct venue_report *report) {
    const struct account *account = &e->accounts[report->account];
    enum position_side side = account->is_hedge ? report->position_side : POSITION_NET;
    for (int i = 0; i < e->activation_count && report->event.fill.quantity.d.v > 0; i++) {
        if (e->activations[i].account != report->account) {
            continue;
        }
        struct quantity held = activation_position(e, (uint32_t)i, report->symbol, side)->quantity;
        bool is_closed = report->side == ORDER_SELL ? held.d.v > 0 : held.d.v < 0;
        if (is_closed) {
            held.d = decimal_abs(held.d);
            int code = fill_share(e, report, (uint32_t)i, held);
            if (code != 0) {
                return code;
            }
        }
    }
    return 0;
}

void fill_of_account(struct engine *e, const struct venue_report *report) {
    struct venue_report rest = *report;
    int code = report->reason != NULL ? fill_forced(e, &rest) : 0;
    if (code == 0 && rest.event.fill.quantity.d.v > 0) {
        code = fill_outside(e, &rest);
    }
    e->has_failed |= code != 0;
}

void account_describe(const struct engine *e, uint32_t index, struct record *out) {
    struct account *account = &e->accounts[index];
    out->u.account.account = index;
    out->u.account.outside = account->outside;
    out->u.account.outside_count = account->outside_count;
    out->u.account.fill_ids = account->fill_ids;
    out->u.account.fill_id_count = account->fill_id_count;
    out->u.account.complete_ms = account->complete_ms;
    if (account->fill_id_count == FILL_IDS_MAX && account->fill_id_next > 0) {
        /* Oldest first: turned in place, since the ring's start means nothing. */
        struct record_fill_id turned[FILL_IDS_MAX];
        int behind = FILL_IDS_MAX - account->fill_id_next;
        memcpy(turned, account->fill_ids + account->fill_id_next, (size_t)behind * sizeof *turned);
        memcpy(turned + behind, account->fill_ids, (size_t)account->fill_id_next * sizeof *turned);
        memcpy(account->fill_ids, turned, sizeof turned);
        account->fill_id_next = 0;
    }
}

int account_complete(struct engine *e, const struct record *record, struct err *err) {
    if (record->u.account.account >= (uint32_t)e->account_count) {
        return err_set(err, E_DATA, "an account %u that is not", record->u.account.account);
    }
    e->accounts[record->u.account.account].complete_ms = record->u.account.complete_ms;
    return 0;
}

int account_take(struct engine *e, const struct record *record, struct err *err) {
    if (record->u.account.account >= (uint32_t)e->account_count) {
        return err_set(err, E_DATA, "an account %u that is not", record->u.account.account);
    }
    struct account *account = &e->accounts[record->u.account.account];
    account->outside_count = account->fill_id_count = account->fill_id_next = 0;
    account->complete_ms = record->u.account.complete_ms;
    for (int i = 0; i < record->u.account.outside_count; i++) {
        const struct record_position *p = &record->u.account.outside[i];
        struct position *held = outside_slot(e, account, p->symbol, p->side);
        if (held == NULL) {
            return err_set(err, E_LIMIT, "an account holds more than its symbols");
        }
        *held = p->position;
    }
    for (int i = 0; i < record->u.account.fill_id_count; i++) {
        if (fill_note(account, &record->u.account.fill_ids[i]) != 0) {
            return err_set(err, E_MEMORY, "no memory for the fills of an account");
        }
    }
    return 0;
}
