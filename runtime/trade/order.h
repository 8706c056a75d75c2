/* order: the life of one order as pure data: what was asked, and what has become of it.
 *
 *   new → open → partially_filled → filled | canceled | rejected | expired, and unknown between any.
 *
 * A terminal state never changes; a late fill of a canceled order is still booked. One function
 * (order_apply) makes every transition and refuses those that do not exist. Times are handed in;
 * no memory is allocated; single owner. */
#pragma once

#include "base/units.h"

#include <stdint.h>

#define ORDER_REASON_MAX 64
#define ORDER_TAG_MAX 48
#define ORDER_ID_MAX 33 /* at most 32 of [A-Za-z0-9] and the NUL */
#define ORDER_MESSAGE_MAX 160

enum order_side { ORDER_BUY, ORDER_SELL };
enum order_type { ORDER_MARKET, ORDER_LIMIT, ORDER_STOP }; /* a stop becomes a market order at its trigger */
enum position_side { POSITION_NET, POSITION_LONG, POSITION_SHORT };
enum time_in_force { TIF_GTC, TIF_IOC, TIF_FOK };
enum liquidity { LIQUIDITY_TAKER, LIQUIDITY_MAKER };
enum order_state {
    ORDER_NEW,
    ORDER_OPEN,
    ORDER_PARTIALLY_FILLED,
    ORDER_FILLED,
    ORDER_CANCELED,
    ORDER_REJECTED,
    ORDER_EXPIRED,
    ORDER_UNKNOWN,
};
enum order_pending { PENDING_NONE, PENDING_NEW, PENDING_AMEND, PENDING_CANCEL };

/* What is asked for. */
struct order_request {
    uint16_t symbol; /* index of the instrument in the engine's table */
    enum order_side side;
    enum order_type type;
    enum position_side position_side;
    enum time_in_force time_in_force;
    bool post_only;
    bool reduce_only;
    bool is_whole_position; /* close with stop or price: whatever the position is when it trades; quantity 0 */
    struct quantity quantity;
    struct price price; /* limit; 0 otherwise */
    struct price stop;  /* trigger; 0 otherwise */
    char reason[ORDER_REASON_MAX];
    char tag[ORDER_TAG_MAX];
};

struct order {
    uint64_t sequence; /* within its activation, from 1 */
    char id[ORDER_ID_MAX];
    struct order_request request; /* price, stop and quantity are those last accepted */
    enum order_state state;
    enum order_pending pending;
    struct quantity filled;
    struct price average; /* of its fills; 0 before the first */
    int code;             /* err code of a rejection, 0 otherwise */
    char message[ORDER_MESSAGE_MAX];
    int64_t created_ms;
    int64_t updated_ms;
    struct order_figures {
        struct price price, stop;
        struct quantity quantity;
    } asked; /* while an amendment is pending */
    uint64_t queued; /* engine number of its last acceptance or amendment: its place in the queue */
    int64_t queued_ms;
};

struct fill {
    struct price price;
    struct quantity quantity; /* > 0 */
    struct money fee;         /* > 0 is paid */
    enum liquidity liquidity;
    int64_t time_ms;
};

enum order_event_kind {
    ORDER_EVENT_ACCEPTED,
    ORDER_EVENT_FILL,
    ORDER_EVENT_CANCELED,
    ORDER_EVENT_REJECTED,
    ORDER_EVENT_EXPIRED,
    ORDER_EVENT_AMENDED,      /* the new price, stop, quantity hold */
    ORDER_EVENT_AMEND_REFUSED, /* the old ones hold; code says why */
    ORDER_EVENT_CANCEL_REFUSED,
    ORDER_EVENT_UNKNOWN, /* the outcome of a request is not known */
};

struct order_event {
    enum order_event_kind kind;
    int64_t time_ms;
    struct fill fill;              /* FILL */
    bool is_final;                 /* FILL: nothing more will come (a reduce-only order was capped at the
                                      position): the quantity becomes what has filled */
    struct price price, stop;      /* AMENDED */
    struct quantity quantity;      /* AMENDED: the total, what has filled included */
    int code;                      /* REJECTED, *_REFUSED, CANCELED for a reason of the venue's */
    const char *message;           /* borrowed; may be NULL */
};

static inline bool order_state_is_terminal(enum order_state s) {
    return s == ORDER_FILLED || s == ORDER_CANCELED || s == ORDER_REJECTED || s == ORDER_EXPIRED;
}

const char *order_state_name(enum order_state s); /* new open partially_filled filled canceled rejected expired unknown */
const char *order_side_name(enum order_side s);   /* buy sell */
const char *order_type_name(enum order_type t);   /* market limit stop */
const char *order_pending_name(enum order_pending p); /* "" new amend cancel */
const char *position_side_name(enum position_side s); /* net long short */
const char *liquidity_name(enum liquidity l);     /* taker maker */

/* Applies one event. E_STATE when the transition does not exist (the order is unchanged), E_OVERFLOW
 * from the arithmetic, E_ARGUMENT for a fill without price or quantity. A fill larger than what is left
 * is E_STATE, except for an order of the whole position (its quantity becomes what it filled). When a
 * fill completes the order its state is FILLED. A partial fill of an unknown order leaves it unknown:
 * what was asked about it is still not answered. A late fill of a canceled or expired order changes
 * filled and average only. `code` and `message` are those of the last event but for late fills. */
MUST_CHECK int order_apply(struct order *o, const struct order_event *event, struct err *e);

/* quantity − filled, never below 0. */
struct quantity order_remaining(const struct order *o);
