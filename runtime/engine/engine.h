/* engine: the one owner of all trading state. Inputs in (candles, venue reports, answers of
 * scripts, time), effects out through ports (engine/port.h); the same inputs give the same effects,
 * byte for byte.
 *
 * Everything that happens gets a number from one sequence. Each activation has a queue of events;
 * at most one of them is with the script host at a time, and what its handler asked for is applied
 * when the answer comes (engine_done), in the order of asking, before the next event is sent. The
 * engine reads no clock: engine_set_time says what time it is, and never goes back.
 * One thread; the owner of the engine drives it: input, engine_pump, answers, engine_pump …
 * until engine_is_idle. All memory is the engine's, bounded by its options. */
#pragma once

#include "engine/port.h"
#include "engine/reconcile.h"
#include "engine/record.h"
#include "trade/ledger.h"

struct engine;

struct engine_options {
    int symbols_max;
    int series_max;
    int activations_max;
    int orders_max;     /* live orders of one activation */
    int events_max;     /* waiting events of one activation */
    int faults_max;     /* within an hour, then suspended: 3 */
    bool stop_on_fault; /* backtest: the first fault ends the run */
    bool
        is_prompt_venue; /* cancels and amendments act at once (simulated): margin counts them so */
    int asks_max;        /* of one answer */
    int outbox_max;      /* orders and amendments that wait for the journal */
    int requests_max;    /* keys of requests that are remembered (engine/request.h) */
    int requests_of_user_max;
    int64_t request_ms; /* how long */
    const char *venue_name; /* of the kill switch's scope "venue"; borrowed */
    struct risk_limits limits;
};

struct engine_ports {
    struct host_port_out host;
    struct venue_port venue;
    struct sink_port sink;
    struct history_port history;
    struct journal_port journal;
};

void engine_options_default(struct engine_options *options);
MUST_CHECK int engine_new(
    struct engine **out,
    const struct engine_options *options,
    const struct engine_ports *ports,
    struct err *e
);
void engine_free(struct engine *e);

/* --- market -------------------------------------------------------------------------------------
 */

/* Adds a symbol whose finest bars have that length. */
MUST_CHECK int engine_add_symbol(
    struct engine *e,
    const struct instrument *instrument,
    int64_t finest_ms,
    uint16_t *index,
    struct err *err
);
const struct instrument *engine_instrument(const struct engine *e, uint16_t symbol);
int engine_symbol_count(const struct engine *e);

/* A series with its history, made when first asked for (the host's port during EVENT_START). */
MUST_CHECK int engine_series(
    struct engine *e, uint16_t symbol, int64_t timeframe_ms, uint16_t *series, struct err *err
);

/* --- activations --------------------------------------------------------------------------------
 */

struct activation_options {
    const char *id;                     /* [A-Za-z0-9], unique */
    const char *user;                   /* NULL: "system" */
    const char *author;                 /* who activates */
    const struct script_bundle *bundle; /* copied; NULL: the owner of orders by people */
    const uint32_t *account;            /* one that exists; NULL: one of its own */
    const struct setting *settings;
    int setting_count;
    const char *currency;
    struct money balance; /* of its own account */
    const struct request_key *request; /* that asked for it; NULL: none */
    bool is_pinned;  /* keeps its version: engine_edit refuses */
    bool keeps_slot; /* its place is never given to another when it is over */
    bool is_hedge;
    uint64_t seed;
    enum suspend_policy on_suspend;
    const char *state;
    size_t state_length;
};

/* The account of its own that the next activation gets. E_LIMIT */
MUST_CHECK int engine_next_account(const struct engine *e, uint32_t *account, struct err *err);
/* Opens it in the host and queues EVENT_START and EVENT_READY; the answer to the first tells
 * whether it runs (activation_status). */
MUST_CHECK int engine_activate(
    struct engine *e,
    const struct activation_options *options,
    uint32_t *activation,
    struct err *err
);
void engine_pause(struct engine *e, uint32_t activation);
void engine_resume(struct engine *e, uint32_t activation);
/* Queues EVENT_STOP; when it is answered the core cancels and closes as `why` says. */
void engine_deactivate(
    struct engine *e, uint32_t activation, enum stop_why why, const char *reason
);

/* --- people --------------------------------------------------------------------------------------
 */

/* An order by a person goes the way of a script's: the same checks, a record, the venue. The owner
 * is an activation without a script. *sequence is its number. A refusal is the order's state, not
 * an error. */
MUST_CHECK int engine_order(
    struct engine *e,
    uint32_t owner,
    const struct order_request *request,
    const char *who,
    uint64_t *sequence,
    struct err *err
);
/* The same under the key of a request, which must be new or have come to nothing
 * (engine_request_check, engine_request_find). */
MUST_CHECK int engine_order_once(
    struct engine *e,
    uint32_t owner,
    const struct order_request *request,
    const struct request_key *key,
    const char *who,
    uint64_t *sequence,
    struct err *err
);
/* E_NOT_OPEN when it is not live. */
MUST_CHECK int engine_cancel(
    struct engine *e, uint32_t activation, uint64_t sequence, const char *who, struct err *err
);
/* Other figures for a live order of a person: the same checks, a record, the venue. A refusal by a
 * check is recorded and changes nothing. E_NOT_OPEN, E_STATE (a script's, a market order, one with a
 * request under way), or the check's code. 0: asked for; what the venue says is in the order: its
 * figures, or the code of its refusal. */
MUST_CHECK int engine_amend(
    struct engine *e,
    uint32_t owner,
    uint64_t sequence,
    const struct order_figures *figures,
    const char *who,
    struct err *err
);
/* New parameters for a running activation: the script checks them; a refusal changes nothing. *number is the event's,
 * with which the sink's `answer` comes; the settings are borrowed until then. */
MUST_CHECK int engine_adjust(
    struct engine *e, uint32_t activation, const struct setting *settings, int count,
    uint64_t *number, struct err *err
);
/* E_NOT_FOUND when the script has no commands. command and args are borrowed until the answer. */
MUST_CHECK int engine_command(
    struct engine *e, uint32_t activation, const char *command, const struct setting *args,
    int count, uint64_t *number, struct err *err
);

/* Whether an account could be closed: E_STATE with what is active or open in it, E_HAS_POSITION,
 * E_NOT_FOUND when it is closed. */
MUST_CHECK int account_close_check(const struct engine *e, uint32_t account, struct err *err);
/* Closes the account whose owner of orders by people that is: a record, and nothing more happens in
 * it. Its place is given to another when all who were in it are over. */
MUST_CHECK int
engine_close_account(struct engine *e, uint32_t owner, const char *who, struct err *err);
bool account_is_closed(const struct engine *e, uint32_t account);

/* Another version of a running activation's script takes over before its next event, with position,
 * orders, timers and state as they are; what it refuses changes nothing. The sink's `edit` tells
 * what became of it: *number is the event's. In its first EDIT_TRIAL_EVENTS events a fault brings
 * the version before back, with the state of before. The bundle is copied. E_STATE: it does not
 * run, or runs that version. */
#define EDIT_TRIAL_EVENTS 20
MUST_CHECK int engine_edit(
    struct engine *e,
    uint32_t activation,
    const struct script_bundle *bundle,
    const char *who,
    const char *reason,
    uint64_t *number,
    struct err *err
);

/* Stops new orders at once and cancels what rests; with flatten closes what is held. */
MUST_CHECK int engine_kill(
    struct engine *e,
    enum kill_scope scope,
    const char *id,
    bool flatten,
    const char *who,
    const char *reason,
    struct err *err
);
MUST_CHECK int engine_unkill(
    struct engine *e, enum kill_scope scope, const char *id, const char *who, struct err *err
);

/* A person lifts the halts of a user (all his accounts together) or of an activation's account: the
 * losses count anew from now on. The other scopes have none. E_NOT_FOUND */
MUST_CHECK int engine_unhalt(
    struct engine *e, enum kill_scope scope, const char *id, const char *who, struct err *err
);

/* --- the journal ---------------------------------------------------------------------------------
 */

/* Records up to that sequence are on the disk: what waited for them leaves. */
void engine_durable(struct engine *e, uint64_t sequence);
/* Sequence of the last record appended: an answer that acknowledges waits for it to be durable. */
uint64_t engine_appended(const struct engine *e);
bool engine_journal_is_down(const struct engine *e);
/* Nothing becomes durable for now: what waits is refused, and so are new orders. */
void engine_journal_failed(struct engine *e);
/* It can be written again. Records that were lost meanwhile (append answered 0) are made good by
 * writing all that is so. That must fit into the journal at once: where it does not, the engine
 * stays down (engine_journal_is_down), and a restart is the way out. */
void engine_journal_restored(struct engine *e);
void engine_record_audit(
    struct engine *e, const char *who, const char *what, const char *before, const char *after
);
/* A process begins: a record of the program's version and the machine's time. After a recovery its
 * numbers begin anew beyond those of the process before; this record is durable before anything of
 * them is shown. */
void engine_begin(struct engine *e, const char *program, int64_t wall_ms);
/* A finest bar is over: where the feed goes on after a restart. */
void engine_bar_over(struct engine *e, uint16_t symbol, const struct candle *candle);

/* Recovery: records in their order, on a new engine without symbols or activations; no script runs,
 * no port is called but the sink's. */
void engine_recover_begin(struct engine *e);
MUST_CHECK int engine_recover(struct engine *e, const char *bytes, size_t length, struct err *err);
/* Recovery is over: activations that ran are opened in the host and started (READY_RESTARTED). Live
 * orders are handed to `venue_order` in their order at the venue, for a venue that is rebuilt from
 * them. */
MUST_CHECK int engine_recover_end(
    struct engine *e,
    void (*venue_order)(void *ctx, uint32_t account, struct order_key key, const struct order *o),
    void *ctx,
    struct err *err
);
/* Bars that closed while no process ran: between the two calls, the first before engine_recover_end,
 * they are played as any other, but their events are flagged (script-side `warmup`, where nothing can
 * be ordered), and on_ready comes after the last of them. */
void engine_catch_up_begin(struct engine *e);
void engine_catch_up_end(struct engine *e);
/* The last bar of a symbol that was recorded; false when there is none. */
bool engine_last_bar(const struct engine *e, uint16_t symbol, int64_t *open_ms);
/* All that is so, as records, handed to emit one by one; a slice from *position of at most count
 * activations; false when it was the last. */
bool engine_snapshot(
    struct engine *e,
    int *position,
    int count,
    void (*emit)(void *ctx, const char *bytes, size_t length),
    void *ctx
);

/* --- driving ------------------------------------------------------------------------------------
 */

/* now_ms never goes back; no handler runs by itself. */
void engine_set_time(struct engine *e, int64_t now_ms);
int64_t engine_time(const struct engine *e);

/* Sends every event that can be sent. */
void engine_pump(struct engine *e);
/* No event waits or is out. */
bool engine_is_idle(const struct engine *e);
/* The answer of the host to the event that is out. */
void engine_done(struct engine *e, const struct done *done);
void engine_report(struct engine *e, const struct venue_report *report);
/* The host of an activation is gone (its process died): it is opened and started anew from what was captured
 * last. The culprit's event is over as a fault; an innocent's comes again after on_start and on_ready. */
MUST_CHECK int engine_lost(
    struct engine *e, uint32_t activation, bool is_culprit, const struct fault *fault,
    struct err *err
);
/* self.state as captured between two answers. */
void engine_captured(struct engine *e, uint32_t activation, const char *state, size_t length);
/* stop_on_fault and a fault came: the run is over. The fault is in the sink's record. */
bool engine_has_failed(const struct engine *e);

/* A price of a symbol as of now: what last price, sizing and profit are computed with. */
void engine_price(struct engine *e, uint16_t symbol, struct price last);
/* Bars of a symbol that closed at one instant, the shortest first: fed to the host, before their
 * events are queued with engine_queue_candles (the longest first). */
void engine_feed_bar(struct engine *e, uint16_t series, const struct bar *bar);
void engine_queue_candles(struct engine *e, const uint16_t *series, int count);
void engine_queue_tickers(struct engine *e, uint16_t symbol, const struct event_ticker *ticker);
/* Queues the timers of all activations that are due at the engine's time. */
void engine_queue_timers(struct engine *e);

/* --- what is so ---------------------------------------------------------------------------------
 */

int engine_activation_count(const struct engine *e);
const char *activation_id(const struct engine *e, uint32_t activation);
const char *activation_name(const struct engine *e, uint32_t activation); /* of its script */
enum activation_status activation_status(const struct engine *e, uint32_t activation);
uint32_t activation_account(const struct engine *e, uint32_t activation);
/* Parameters as the script's start reported them. */
const struct setting *activation_params(const struct engine *e, uint32_t activation, int *count);
const struct position *activation_position(
    const struct engine *e, uint32_t activation, uint16_t symbol, enum position_side side
);
int activation_open_orders(const struct engine *e, uint32_t activation);
/* Counts of orders refused, by risk check. */
const uint64_t *engine_refusals(const struct engine *e);

const struct ledger *account_ledger(const struct engine *e, uint32_t account);
/* Balance + open profit at the last prices. E_OVERFLOW */
MUST_CHECK int account_equity(const struct engine *e, uint32_t account, struct money *out);
/* equity − margin of positions − margin of resting orders that enlarge. */
MUST_CHECK int account_free(const struct engine *e, uint32_t account, struct money *out);
/* As asked for; and as the venue has answered. */
int account_leverage(const struct engine *e, uint32_t account, uint16_t symbol);
int account_venue_leverage(const struct engine *e, uint32_t account, uint16_t symbol);
int engine_account_count(const struct engine *e);
bool account_is_hedge(const struct engine *e, uint32_t account);
/* The sum over its owners. E_OVERFLOW */
MUST_CHECK int account_position(
    const struct engine *e,
    uint32_t account,
    uint16_t symbol,
    enum position_side side,
    struct position *out
);
struct price engine_last_price(const struct engine *e, uint16_t symbol); /* 0: none yet */
