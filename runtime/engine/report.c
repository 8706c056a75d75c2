#include "engine/report.h"

/* A fill that ends the order, or is larger than what is left, while an amendment is under way: the
 * venue may have made it. */
static void fill_prepare(struct order *o, const struct order_event *event, bool has_id) {
    struct quantity filled;
    if (o->request.is_whole_position ||
        decimal_add(o->filled.d, event->fill.quantity.d, &filled.d) != 0 ||
        filled.d.v < o->request.quantity.d.v) {
        return;
    }
    bool is_under_way = o->pending == PENDING_AMEND || o->state == ORDER_UNKNOWN;
    bool may_be_more =
        !event->is_final && is_under_way && o->asked.quantity.d.v > o->request.quantity.d.v;
    if (may_be_more) {
        struct order_event unknown = {.kind = ORDER_EVENT_UNKNOWN, .time_ms = event->time_ms};
        if (order_apply(o, &unknown, NULL) == 0) {
            o->request.quantity = o->asked.quantity;
        }
    }
    if (filled.d.v > o->request.quantity.d.v && (is_under_way || has_id)) {
        o->request.quantity = filled;
    }
}

void report_prepare(struct order *o, struct order_event *event, bool has_id) {
    bool is_gone = event->code == E_NOT_OPEN || event->code == E_NOT_FOUND;
    if (event->kind == ORDER_EVENT_FILL) {
        fill_prepare(o, event, has_id);
    } else if (event->kind == ORDER_EVENT_AMENDED && o->state == ORDER_NEW) {
        struct order_event accepted = {.kind = ORDER_EVENT_ACCEPTED, .time_ms = event->time_ms};
        if (order_apply(o, &accepted, NULL) != 0) {
            return; /* and the amendment will say so, too */
        }
    } else if (event->kind == ORDER_EVENT_CANCEL_REFUSED && is_gone) {
        /* It has ended, and how is on the way, or was lost. */
        event->kind = ORDER_EVENT_UNKNOWN;
    }
}

int report_share(struct venue_report *rest, struct quantity most, struct venue_report *share) {
    struct fill *all = &rest->event.fill;
    struct fill *part = &share->event.fill;
    struct decimal ratio;
    *share = *rest;
    if (most.d.v < all->quantity.d.v) {
        part->quantity = most;
        if (decimal_div(most.d, all->quantity.d, ROUND_NEAREST, &ratio) != 0 ||
            decimal_mul(all->fee.d, ratio, ROUND_NEAREST, &part->fee.d) != 0) {
            return E_OVERFLOW;
        }
    }
    int code = decimal_sub(all->quantity.d, part->quantity.d, &all->quantity.d);
    return code != 0 ? code : decimal_sub(all->fee.d, part->fee.d, &all->fee.d);
}
