/* view: the world of one activation as the events delivered so far have carried it, and what its
 * running handler has asked for on top: orders, positions, balance, leverage, timers.
 *
 * Events change it for good (view_fill, view_order). What a handler asks for marks it (view_place,
 * view_cancel …) under an undo log: view_begin before the handler, view_rollback when it faults.
 * Orders are kept while open, and the ended ones for 24 hours of event time. An order's figures
 * are those last asked for; an event that was under way when an amend or a cancel was asked does
 * not clear the mark. Times come in the events. One thread; the owner frees. */
#pragma once

#include "script/message.h"

#define VIEW_TIMERS_MAX 64

struct view_order {
    struct order order;                           /* figures and pending as the script sees them */
    bool asked_price, asked_stop, asked_quantity; /* which of them wait for an amendment */
    struct view_order *next;                      /* on the free list */
};

struct view_position {
    uint16_t symbol;
    enum position_side side;
    struct position position;
};

struct view_leverage {
    uint16_t symbol;
    int leverage;
};

struct view_timer {
    char name[TIMER_NAME_MAX];
    bool is_periodic;
};

struct view {
    struct money balance;
    bool is_hedge, is_isolated;
    int leverage;      /* of symbols not in the list */
    uint64_t sequence; /* of the last order asked */
    struct view_position *positions;
    int position_count, position_capacity;
    struct view_leverage *leverages;
    int leverage_count, leverage_capacity;
    struct view_order **orders; /* all, by sequence */
    int order_count, order_capacity;
    struct view_order **open; /* by sequence */
    int open_count, open_capacity;
    struct view_order **ended; /* ring, in the order of their ending */
    int ended_first, ended_count, ended_capacity;
    struct view_order *free_orders;
    struct view_timer timers[VIEW_TIMERS_MAX];
    int timer_count;
};

enum undo_kind { UNDO_PLACED, UNDO_ORDER, UNDO_LEVERAGE, UNDO_MARGIN_MODE };

struct undo_entry {
    enum undo_kind kind;
    struct view_order *order; /* PLACED, ORDER */
    struct view_order before; /* ORDER */
    uint16_t symbol;          /* LEVERAGE */
    int leverage;             /* LEVERAGE */
    bool is_isolated;         /* MARGIN_MODE */
};

struct undo { /* of the handler that runs; one a host */
    struct undo_entry *entries;
    int count, capacity;
    uint64_t sequence;
    bool has_timers; /* `timers` holds them as they were */
    struct view_timer timers[VIEW_TIMERS_MAX];
    int timer_count;
};

MUST_CHECK int undo_init(struct undo *u, int asks_max, struct err *e);
void undo_free(struct undo *u);

void view_init(struct view *v, const struct activation_open *open);
void view_free(struct view *v);
/* What it holds and has resting after a restart. */
MUST_CHECK int view_restore(struct view *v, const struct activation_open *open, struct err *e);

/* Events. E_MEMORY leaves the view without what could not be kept. */
MUST_CHECK int view_fill(struct view *v, const struct event_fill *fill, struct err *e);
MUST_CHECK int view_order(struct view *v, const struct event_order *event, struct err *e);
void view_timer_due(struct view *v, const char *name);

/* Asks of a handler. The caller has checked that there is room in the undo log (one entry an ask).
 */
void view_begin(struct view *v, struct undo *u);
void view_rollback(struct view *v, struct undo *u);
/* The next order, pending new, and its sequence; NULL without memory. */
struct view_order *view_place(
    struct view *v,
    struct undo *u,
    const char *activation_id,
    const struct order_request *request,
    int64_t now_ms
);
void view_cancel(struct undo *u, struct view_order *order);
/* The caller changes order->order.request after this. */
void view_amend(struct undo *u, struct view_order *order);
MUST_CHECK int view_set_leverage(struct view *v, struct undo *u, uint16_t symbol, int leverage);
void view_set_isolated(struct view *v, struct undo *u, bool is_isolated);
/* False when there are `max` others already. */
bool view_set_timer(struct view *v, struct undo *u, const char *name, bool is_periodic, int max);
bool view_drop_timer(struct view *v, struct undo *u, const char *name); /* false: not set */

/* Reading. */
struct view_order *view_find(const struct view *v, uint64_t sequence);
int view_leverage_of(const struct view *v, uint16_t symbol);
/* NULL: flat, nothing ever realised. */
const struct position *
view_position(const struct view *v, uint16_t symbol, enum position_side side);
/* The sum of the sides; its entry is that of the larger side of a hedge. */
MUST_CHECK int view_net_position(const struct view *v, uint16_t symbol, struct position *out);
static inline bool view_order_is_open(const struct view_order *o) {
    return !order_state_is_terminal(o->order.state);
}
