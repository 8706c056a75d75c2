/* engine_state: the engine's own structs, shared by its source files only. */
#pragma once

#include "engine/engine.h"
#include "market/bars.h"
#include "market/timeframe.h"

#define ACTIVATION_TIMERS_MAX 32
#define CORE_SEQUENCE ((uint64_t)1 << 62) /* orders of the core count from here */

struct engine_series {
    uint16_t symbol;
    struct bar_builder builder;
    uint32_t *watchers; /* activations that get on_candle */
    int watcher_count;
    int watcher_capacity;
};

struct engine_symbol {
    struct instrument instrument;
    int64_t finest_ms;
    uint16_t finest_series;
    uint16_t series[TIMEFRAME_COUNT]; /* the shortest timeframe first */
    int series_count;
    struct price last; /* 0: none yet */
    int64_t last_ms;
    uint32_t *ticker_watchers;
    int ticker_watcher_count;
    int ticker_watcher_capacity;
};

struct owned_position {
    uint16_t symbol;
    enum position_side side;
    struct position position;
};

struct engine_timer {
    char name[TIMER_NAME_MAX];
    int64_t at_ms;
    int64_t every_ms;
};

struct activation {
    char id[ACTIVATION_ID_MAX];
    char *script_name;
    enum activation_status status;
    enum suspend_policy on_suspend;
    uint32_t account;
    uint32_t handlers; /* bit of each handler the script has */
    uint16_t symbol;   /* the first it watches: whose price comes with events of no symbol */
    bool has_symbol;

    struct event *events; /* ring */
    int event_capacity;
    int event_first;
    int event_count;
    bool is_waiting; /* events[event_first] is with the host */
    bool is_ready;   /* on the ready list */

    struct order **orders; /* live, oldest first; the pointers are stable */
    int order_count;
    uint64_t order_sequence; /* last of the script's */
    uint64_t core_sequence;  /* last of the core's */
    uint64_t orders_asked, orders_sent;
    int64_t rate_time_ms; /* token bucket */
    int64_t rate_millitokens;
    struct {
        struct order_request request;
        int64_t time_ms;
    } recent[8]; /* young orders, for the duplicate check */
    int recent_next;

    struct owned_position *positions;
    int position_count;

    struct engine_timer timers[ACTIVATION_TIMERS_MAX];
    int timer_count;

    int64_t fault_times_ms[16];
    int fault_count; /* ever */
    char *finish_reason;
    bool keeps_on_stop; /* STOPPING: over with on_stop, reducing orders stay */
    bool has_heard_stop;
    bool has_failed_leverage; /* in the handler whose asks are applied: orders after it wait in vain */
    uint16_t failed_leverage_symbol;
    bool closes_on_stop;    /* STOPPING: cancel all and close after on_stop */
    struct setting *params; /* owned texts */
    int param_count;
};

struct account {
    struct ledger ledger;
    struct money equity_peak;
    struct money day_start_equity;
    int64_t day;
    bool is_hedge;
    bool is_isolated;
    int *leverage; /* by symbol */
};

struct engine {
    struct engine_options options;
    struct engine_ports ports;
    uint64_t number;
    int64_t now_ms;
    bool has_failed;

    struct engine_symbol *symbols;
    int symbol_count;
    struct engine_series *series;
    int series_count;

    struct activation *activations;
    int activation_count;
    struct account *accounts; /* one an activation */

    uint32_t *ready; /* ring of activations with something to send */
    int ready_first;
    int ready_count;
    int outstanding; /* events waiting or out */

    struct order *order_pool; /* free list through `free_orders` */
    struct order **free_orders;
    int free_order_count;

    uint64_t refusals[RISK_CHECK_COUNT];
};

/* queue.c */
/* A slot at the end of the activation's queue with kind, number, time and price filled; NULL when
 * it is full (the activation is suspended then: it does not keep up). */
struct event *queue_event(struct engine *e, uint32_t activation, enum event_kind kind);
/* The same at the front, behind the event that is out. */
struct event *queue_event_first(struct engine *e, uint32_t activation, enum event_kind kind);
void queue_set_price(struct engine *e, struct event *event, uint16_t symbol, struct price last);

/* activation.c */
void activation_set_status(
    struct engine *e, uint32_t activation, enum activation_status status, const char *reason
);
void activation_fault(
    struct engine *e, uint32_t activation, const struct event *event, const struct fault *fault
);
void activation_started(struct engine *e, uint32_t activation, const struct done *done);
/* STOPPING ends when nothing is left to wait for. */
void activation_settle(struct engine *e, uint32_t activation);
struct owned_position *activation_position_slot(
    struct engine *e, uint32_t activation, uint16_t symbol, enum position_side side
);

/* asks.c */
void asks_apply(struct engine *e, uint32_t activation, const struct done *done);

/* orders.c */
void order_place(
    struct engine *e,
    uint32_t activation,
    uint64_t sequence,
    const struct order_request *request,
    const char *file,
    int line
);
void order_cancel(struct engine *e, uint32_t activation, uint64_t sequence);
void order_amend(struct engine *e, uint32_t activation, const struct ask *ask);
struct order *order_find(struct engine *e, uint32_t activation, uint64_t sequence);
/* Cancels resting orders: all, or only those that could enlarge a position. */
void orders_cancel(struct engine *e, uint32_t activation, bool only_enlarging);
/* Market orders of the core that close every position of the activation. */
void orders_flatten(struct engine *e, uint32_t activation, const char *reason);
bool order_enlarges(
    const struct engine *e, uint32_t activation, const struct order_request *request
);

/* gate.c: the facts the risk checks look at, and the verdict. `o` is the order that is asked for or
 * amended; it counts among the live ones already. */
void gate_check(
    struct engine *e,
    uint32_t activation,
    const struct order_request *request,
    const struct order *o,
    bool is_amendment,
    struct risk_verdict *verdict
);
void gate_take(struct engine *e, uint32_t activation, const struct order_request *request);
