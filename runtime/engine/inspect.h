/* inspect: views of what the engine holds, for those who show it: nothing here changes anything.
 *
 * A view borrows from the engine and is good until the engine is driven again. Figures that have to
 * be computed (open profit, liquidation price) are computed when asked for, at the last prices.
 * The engine's thread; no time; no memory. */
#pragma once

#include "engine/engine.h"

struct activation_view {
    const char *id, *user, *script, *currency;
    uint64_t script_hash; /* 0: the owner of orders by people */
    bool is_manual, is_killed;
    bool is_in_trial; /* its version took over a moment ago, and goes again when it faults */
    bool is_pinned;   /* keeps its version */
    bool has_started; /* its script has, once */
    uint32_t account;
    enum activation_status status;
    const char *status_reason; /* "" before the first */
    enum suspend_policy on_suspend;
    int64_t started_ms, last_event_ms;
    int faults, order_count, position_count;
    const struct setting *settings; /* as given */
    int setting_count;
    const struct setting *params; /* as the script's start reported them */
    int param_count;
    bool has_symbol; /* it watches one */
    uint16_t symbol;
};

void inspect_activation(const struct engine *e, uint32_t activation, struct activation_view *out);
/* Live orders, oldest first: index 0 to order_count − 1. */
const struct order *inspect_order(const struct engine *e, uint32_t activation, int index);
/* 0 to position_count − 1; flat ones are among them. */
const struct record_position *
inspect_position(const struct engine *e, uint32_t activation, int index);
/* The bundle that runs; NULL for the owner of orders by people. */
const struct script_bundle *inspect_bundle(const struct engine *e, uint32_t activation);

struct position_view {
    struct price mark; /* 0: no price yet, and then what follows is 0, too */
    struct money unrealized, margin;
    struct price liquidation; /* 0: none */
    int leverage;
};
/* What does not fit a decimal is 0. */
void inspect_position_figures(
    const struct engine *e,
    uint32_t activation,
    const struct record_position *position,
    struct position_view *out
);

struct account_view {
    const struct ledger *ledger;
    struct money equity, free;
    const struct loss_watch *loss, *user_loss; /* and of all accounts of its user */
    bool is_hedge, is_isolated;
    bool has_figures; /* false: equity and free could not be computed */
};
int inspect_account_count(const struct engine *e);
void inspect_account(const struct engine *e, uint32_t account, struct account_view *out);

/* The symbol of that name; −1 when there is none. */
int inspect_symbol(const struct engine *e, const char *name);
int64_t inspect_finest_ms(const struct engine *e, uint16_t symbol);
/* false before the first price. */
bool inspect_ticker(const struct engine *e, uint16_t symbol, struct price *last, int64_t *time_ms);

/* The number given last; an event queued a moment ago has it. */
uint64_t inspect_number(const struct engine *e);
/* Whether the event of that number is answered, or will not be sent any more. */
bool inspect_is_over(const struct engine *e, uint32_t activation, uint64_t number);

/* Halts by losses that are in force. */
int inspect_halt_count(const struct engine *e);
/* Requests to venues since the process began: asked for by anybody and not refused, and left. */
void inspect_requests(const struct engine *e, uint64_t *asked, uint64_t *sent);

struct kill_view {
    enum kill_scope scope;
    const char *id;
};
int inspect_kill_count(const struct engine *e);
struct kill_view inspect_kill(const struct engine *e, int index);
