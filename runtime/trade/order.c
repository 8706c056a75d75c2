#include "trade/order.h"

#include <stdio.h>

#define EVENT_COUNT (ORDER_EVENT_UNKNOWN + 1)
#define STATE_COUNT (ORDER_UNKNOWN + 1)

/* What an event does to a state, where it does not simply name the next one. */
enum {
    NONE = -1, /* there is no such transition */
    KEEP = -2, /* the state stays */
    LIVE = -3, /* open, or partially filled when something has filled */
    FILL = -4, /* partially filled, or filled when the fill completes the order */
    HOLD = -5, /* filled when the fill completes the order, the state stays otherwise */
    LATE = -6, /* the fill is booked, the state stays for good */
};

/* clang-format off */
static const signed char transitions[EVENT_COUNT][STATE_COUNT] = {
    /*                              NEW             OPEN            PARTIALLY       FILLED CANCELED REJECTED EXPIRED UNKNOWN */
    [ORDER_EVENT_ACCEPTED]       = {ORDER_OPEN,     NONE,           NONE,           NONE,  NONE,    NONE,    NONE,   LIVE},
    [ORDER_EVENT_FILL]           = {FILL,           FILL,           FILL,           NONE,  LATE,    NONE,    LATE,   HOLD},
    [ORDER_EVENT_CANCELED]       = {ORDER_CANCELED, ORDER_CANCELED, ORDER_CANCELED, NONE,  NONE,    NONE,    NONE,   ORDER_CANCELED},
    [ORDER_EVENT_REJECTED]       = {ORDER_REJECTED, ORDER_REJECTED, NONE,           NONE,  NONE,    NONE,    NONE,   ORDER_REJECTED},
    [ORDER_EVENT_EXPIRED]        = {ORDER_EXPIRED,  ORDER_EXPIRED,  ORDER_EXPIRED,  NONE,  NONE,    NONE,    NONE,   ORDER_EXPIRED},
    [ORDER_EVENT_AMENDED]        = {NONE,           LIVE,           LIVE,           NONE,  NONE,    NONE,    NONE,   LIVE},
    [ORDER_EVENT_AMEND_REFUSED]  = {KEEP,           KEEP,           KEEP,           NONE,  NONE,    NONE,    NONE,   KEEP},
    [ORDER_EVENT_CANCEL_REFUSED] = {KEEP,           KEEP,           KEEP,           NONE,  NONE,    NONE,    NONE,   KEEP},
    [ORDER_EVENT_UNKNOWN]        = {ORDER_UNKNOWN,  ORDER_UNKNOWN,  ORDER_UNKNOWN,  NONE,  NONE,    NONE,    NONE,   KEEP},
};
/* clang-format on */

static const char *const event_names[EVENT_COUNT] = {
    "accepted", "fill",          "canceled",       "rejected", "expired",
    "amended",  "amend refused", "cancel refused", "unknown",
};

const char *order_state_name(enum order_state s) {
    static const char *const names[STATE_COUNT] = {
        "new", "open", "partially_filled", "filled", "canceled", "rejected", "expired", "unknown",
    };
    return (unsigned)s < STATE_COUNT ? names[s] : "";
}

const char *order_side_name(enum order_side s) {
    return s == ORDER_BUY ? "buy" : "sell";
}

const char *order_type_name(enum order_type t) {
    return t == ORDER_MARKET ? "market" : t == ORDER_LIMIT ? "limit" : "stop";
}

const char *order_pending_name(enum order_pending p) {
    static const char *const names[] = {"", "new", "amend", "cancel"};
    return (unsigned)p <= PENDING_CANCEL ? names[p] : "";
}

const char *position_side_name(enum position_side s) {
    return s == POSITION_LONG ? "long" : s == POSITION_SHORT ? "short" : "net";
}

const char *liquidity_name(enum liquidity l) {
    return l == LIQUIDITY_MAKER ? "maker" : "taker";
}

struct quantity order_remaining(const struct order *o) {
    int128 left = o->request.quantity.d.v - o->filled.d.v;
    return (struct quantity){{left > 0 ? left : 0}};
}

static int order_refuse(const struct order *o, const struct order_event *event, struct err *e) {
    return err_set(
        e, E_STATE, "order %s is %s: no transition by \"%s\"", o->id, order_state_name(o->state),
        event_names[event->kind]
    );
}

/* Books a fill into filled, average and, where the fill says so, the quantity. *o changes only when
 * everything is known to fit. */
static int order_book_fill(struct order *o, const struct order_event *event, struct err *e) {
    const struct fill *fill = &event->fill;
    if (fill->quantity.d.v <= 0 || fill->price.d.v <= 0) {
        return err_set(e, E_ARGUMENT, "order %s: a fill needs a price and a quantity", o->id);
    }
    bool may_exceed = o->request.is_whole_position;
    if (!may_exceed && fill->quantity.d.v > order_remaining(o).d.v) {
        return err_set(e, E_STATE, "order %s: the fill is larger than what is left", o->id);
    }
    struct decimal before, now, sum, filled, average;
    if (decimal_add(o->filled.d, fill->quantity.d, &filled) != 0 ||
        decimal_mul(o->average.d, o->filled.d, ROUND_NEAREST, &before) != 0 ||
        decimal_mul(fill->price.d, fill->quantity.d, ROUND_NEAREST, &now) != 0 ||
        decimal_add(before, now, &sum) != 0 ||
        decimal_div(sum, filled, ROUND_NEAREST, &average) != 0) {
        return err_set(e, E_OVERFLOW, "order %s: the fill does not fit", o->id);
    }
    o->average.d = o->filled.d.v == 0 ? fill->price.d : average;
    o->filled.d = filled;
    if (event->is_final || filled.v > o->request.quantity.d.v) {
        o->request.quantity.d = filled;
    }
    return 0;
}

static int order_amend(struct order *o, const struct order_event *event, struct err *e) {
    bool is_whole = o->request.is_whole_position;
    if (event->quantity.d.v < o->filled.d.v || (event->quantity.d.v == 0 && !is_whole)) {
        return err_set(e, E_STATE, "order %s: amended below what has filled", o->id);
    }
    o->request.price = event->price;
    o->request.stop = event->stop;
    o->request.quantity = event->quantity;
    return 0;
}

static bool order_is_complete(const struct order *o) {
    return o->filled.d.v > 0 && o->filled.d.v >= o->request.quantity.d.v;
}

static enum order_state order_next_state(const struct order *o, int transition) {
    switch (transition) {
    case LIVE:
    case FILL:
        if (order_is_complete(o)) {
            return ORDER_FILLED;
        }
        return o->filled.d.v > 0 ? ORDER_PARTIALLY_FILLED : ORDER_OPEN;
    case HOLD:
        return order_is_complete(o) ? ORDER_FILLED : o->state;
    case KEEP:
    case LATE:
        return o->state;
    default:
        return (enum order_state)transition;
    }
}

/* Which request of ours the event has answered. An unknown order that turns out to live has been
 * asked about, so nothing that was under way before counts. */
static enum order_pending
order_next_pending(const struct order *o, enum order_event_kind kind, enum order_state next) {
    if (order_state_is_terminal(next)) {
        return PENDING_NONE;
    }
    if (kind == ORDER_EVENT_ACCEPTED && o->state == ORDER_UNKNOWN) {
        return PENDING_NONE;
    }
    bool is_answered =
        (o->pending == PENDING_NEW && (kind == ORDER_EVENT_ACCEPTED || kind == ORDER_EVENT_FILL)) ||
        (o->pending == PENDING_AMEND &&
         (kind == ORDER_EVENT_AMENDED || kind == ORDER_EVENT_AMEND_REFUSED)) ||
        (o->pending == PENDING_CANCEL && kind == ORDER_EVENT_CANCEL_REFUSED);
    return is_answered ? PENDING_NONE : o->pending;
}

int order_apply(struct order *o, const struct order_event *event, struct err *e) {
    if ((unsigned)event->kind >= EVENT_COUNT) {
        return err_set(e, E_ARGUMENT, "order %s: no such event", o->id);
    }
    int transition = transitions[event->kind][o->state];
    if (transition == NONE || (event->kind == ORDER_EVENT_REJECTED && o->filled.d.v > 0)) {
        return order_refuse(o, event, e);
    }
    int rc = 0;
    if (event->kind == ORDER_EVENT_FILL) {
        rc = order_book_fill(o, event, e);
    } else if (event->kind == ORDER_EVENT_AMENDED) {
        rc = order_amend(o, event, e);
    }
    if (rc != 0 || transition == LATE) {
        return rc;
    }
    enum order_state next = order_next_state(o, transition);
    o->pending = order_next_pending(o, event->kind, next);
    o->state = next;
    o->code = event->code;
    o->updated_ms = event->time_ms;
    snprintf(o->message, sizeof o->message, "%s", event->message != NULL ? event->message : "");
    return 0;
}
