/* engine_state: the engine's own structs, shared by its source files only. */
#pragma once

#include "engine/engine.h"
#include "engine/order_id.h"
#include "engine/reconcile.h"
#include "engine/record.h"
#include "market/bars.h"
#include "market/timeframe.h"

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
    struct price mark; /* close of the last bar that was recorded: what recovery knows, too */
    int64_t last_bar_ms; /* open of the last bar that was recorded; −1: none */
    uint32_t *ticker_watchers;
    int ticker_watcher_count;
    int ticker_watcher_capacity;
};

struct token_bucket {
    int64_t time_ms;
    int64_t millitokens;
};

struct activation {
    char id[ACTIVATION_ID_MAX];
    char *user;
    char *currency;
    const struct script_bundle *bundle; /* the engine's copy; NULL: the owner of orders by people */
    const struct script_bundle *previous; /* of a version in its trial: the one before; NULL */
    char *previous_state;                 /* of before the edit */
    size_t previous_state_length;
    int trial_left; /* events until the one before is forgotten */
    struct setting *settings;           /* as given; owned texts */
    int setting_count;
    struct setting *settings_before; /* of a change that no start has proved yet; NULL: none */
    int setting_before_count;
    uint64_t seed;
    enum activation_status status;
    char *status_reason;
    enum suspend_policy on_suspend;
    uint32_t account;
    uint32_t next_owner; /* of the same account; NO_ACTIVATION: it is the last */
    int64_t started_ms;
    int64_t last_event_ms;
    char *state; /* self.state as captured last */
    size_t state_length;
    size_t state_capacity;
    bool is_killed;
    bool keeps_slot, is_pinned;
    bool has_started; /* it ran, once */
    bool is_held; /* after a restart: opened when its account has been reconciled */
    bool is_behind; /* its on_ready waits for the end of what was missed */
    enum ready_why behind_why;
    uint32_t handlers; /* bit of each handler the script has */
    uint16_t symbol;   /* the first it watches: whose price comes with events of no symbol */
    bool has_symbol;

    struct event *events; /* ring */
    int event_capacity;
    int event_first;
    int event_count;
    bool is_waiting; /* events[event_first] is with the host */
    bool is_ready;   /* on the ready list */
    const char *suspend_due; /* why, with the next pump; NULL: nothing. Static */

    struct order **orders; /* live, oldest first; the pointers are stable */
    int order_count;
    uint64_t order_sequence; /* last of the script's */
    uint64_t core_sequence;  /* last of the core's */
    uint64_t order_first, core_first; /* up to these they are of who had the place before */
    uint64_t orders_asked, orders_sent; /* ever; sent: those that passed the gate */
    uint64_t wire_asked, wire_sent; /* requests of this process: asked for and not refused; left */
    struct token_bucket rate;
    int64_t refused_first_ms, refused_last_ms; /* by the rate, without a pause */
    int refused_count;
    struct {
        struct order_request request;
        int64_t time_ms;
    } recent[8]; /* young orders, for the duplicate check */
    int recent_next;

    struct record_position *positions;
    int position_count;

    struct record_timer timers[ACTIVATION_TIMERS_MAX];
    int timer_count;

    int64_t fault_times_ms[ACTIVATION_FAULTS_KEPT];
    int fault_count;     /* ever */
    char *finish_reason; /* of STOPPING */
    bool keeps_on_stop;  /* STOPPING: over with on_stop, reducing orders stay */
    bool has_heard_stop;
    bool has_failed_leverage; /* in the handler whose asks are applied: orders after it wait in vain
                               */
    uint16_t failed_leverage_symbol;
    bool closes_on_stop;    /* STOPPING: cancel all and close after on_stop */
    struct setting *params; /* owned texts */
    int param_count;
};

struct venue_leverage { /* by symbol */
    int known;     /* that holds at the venue */
    bool is_asked; /* account.leverage was recorded and the venue's word is not */
};

struct engine_user { /* with the accounts in one currency: money of two cannot be summed */
    char *name, *currency; /* NULL: it has no account any more, and another may take its place */
    struct loss_watch loss;
    struct token_bucket rate;
    uint32_t first_account;
    bool is_told; /* of the snapshot that is made */
};

#define NO_ACCOUNT UINT32_MAX
#define NO_USER UINT32_MAX

struct account {
    struct ledger ledger;
    uint32_t user; /* its first owner's; NO_USER: nobody owns it */
    uint32_t next_of_user;     /* NO_ACCOUNT: it is the last */
    struct loss_watch loss;
    bool is_due; /* its losses are looked at with the next pump */
    bool is_hedge;
    bool is_isolated;
    int *leverage; /* by symbol, as asked for */
    struct venue_leverage *venue_leverage;
    uint32_t first_owner; /* its activations in the order of their numbers; NO_ACTIVATION: none */

    bool is_in_doubt;
    int differing; /* reconciliations in a row that found differences */
    struct record_position *outside; /* of others on the account; symbols_max × 2 */
    int outside_count;
    struct record_fill_id *fill_ids; /* ring of those booked last; NULL before the first */
    int fill_id_count, fill_id_next;
    int64_t complete_ms; /* the venue's time up to which no fill is missing */
};

#define FILL_IDS_MAX 1024
#define SETTLE_MS ((int64_t)6000)   /* a venue's books lag behind its messages by less */
#define REQUEST_MS ((int64_t)30000) /* without an answer a request's outcome is unknown */

/* What is known of a live order beside its own figures; not kept: after a restart the venue is
 * asked anyway. */
struct order_watch {
    int64_t sent_ms;  /* of the last request that left; 0: none has */
    int64_t asked_ms; /* the venue, what became of it */
    int64_t next_ms;  /* asked again */
    int attempts;
    uint64_t update; /* the venue's, of the last report applied */
};

/* A request to a venue that waits for its record to be durable. */
struct outbox_item {
    char what; /* 's' submit, 'c' cancel, 'a' amend, 'l' leverage */
    bool needs_sync;
    bool is_blocked; /* the leverage that was asked before it failed */
    uint64_t sequence; /* of its record; UINT64_MAX: not written yet */
    uint32_t account;
    struct order_key key;
    struct price price, stop; /* amend */
    struct quantity quantity;
    uint16_t symbol; /* leverage; its key has no sequence */
    int leverage;
};

struct engine_script { /* a version that runs, ran before one in its trial, or is to run */
    struct script_bundle bundle;
    bool is_recorded; /* else it was not accepted yet */
    bool is_used;     /* by the sweep */
    char *owner, *author, *reason;
};

struct kill_switch {
    enum kill_scope scope;
    char id[64]; /* a venue or a user; empty: global */
};

#define KILL_SWITCHES_MAX 64

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
    int ended_count; /* of activations that are stopped or suspended: whose places may go to others */
    struct account *accounts;
    int account_count;
    struct engine_user *users;
    int user_count;

    int64_t day, day_end_ms; /* UTC; −1 and 0 before the first time */
    uint32_t *due;           /* accounts that are due */
    int due_count;
    int halt_count; /* in force, of accounts and users */
    bool has_loss_limits; /* any is set */
    bool is_price_new;
    int64_t watched_ms;
    struct token_bucket venue_rate;
    uint64_t wire_asked, wire_sent;  /* of all activations, also those that are gone */
    char runaway[ORDER_MESSAGE_MAX]; /* what was found */
    bool is_runaway_due;             /* halts all with the next pump */

    uint32_t *ready; /* ring of activations with something to send */
    int ready_first;
    int ready_count;
    int outstanding; /* events waiting or out */
    bool has_suspensions;

    struct order *order_pool; /* free list through `free_orders` */
    struct order **free_orders;
    int free_order_count;
    struct order_watch *watches; /* one an order of the pool */

    uint64_t refusals[RISK_CHECK_COUNT];

    /* The journal (journal.c). */
    char *record_bytes;
    struct ask_outcome *outcomes; /* one an ask of the answer that is applied */
    struct risk_figure *figures;  /* RISK_CHECK_COUNT an outcome */
    int outcome_count, outcomes_max;
    struct ask_outcome *outcome; /* of the ask that is applied; recovery reads it */
    const char *fault_details;   /* of the answer that is a fault: fault_record.details */
    int quiet;                   /* > 0: what happens is part of a record that comes */
    bool is_recovering;
    bool is_catching_up; /* bars that were missed are played */
    void *recovery_block;
    struct buffer anew; /* records of a RECORD_ANEW whose last has not been read yet */
    uint32_t anew_left;
    bool is_journal_down;
    bool has_hole; /* a record was lost: nothing more is written until all is written anew */
    uint64_t appended, durable; /* sequences in the journal */
    struct outbox_item *outbox; /* ring */
    int outbox_first, outbox_count, outbox_max;

    struct engine_script **scripts;
    int script_count, script_capacity;
    int script_sweep_at; /* count at which those that nobody uses are dropped */
    struct kill_switch kills[KILL_SWITCHES_MAX + 1]; /* there is always room for the global one */
    int kill_count;

    struct requests *requests;         /* request.c; NULL before the first */
    const struct request_key *request; /* of the order that is placed; NULL: none */
};

/* queue.c */
/* A slot at the end of the activation's queue with kind, number, time and price filled; NULL when
 * it is full (the activation is suspended then: it does not keep up). */
struct event *queue_event(struct engine *e, uint32_t activation, enum event_kind kind);
/* The same at the front, behind the event that is out. */
struct event *queue_event_first(struct engine *e, uint32_t activation, enum event_kind kind);
void queue_set_price(struct engine *e, struct event *event, uint16_t symbol, struct price last);

/* journal.c */
/* Fills in number and time, and appends; nothing without a journal, in recovery, or inside another
 * record. */
void journal_write(struct engine *e, struct record *record);
bool journal_is_on(const struct engine *e);
/* The next outcome, for the ask that is applied. */
struct ask_outcome *outcome_begin(struct engine *e, int index);
void outcome_set(struct engine *e, const struct risk_verdict *verdict);
void outcome_refuse(struct engine *e, int code, const char *message);
/* Hands a request to the venue: at once, or when its record is durable. */
void outbox_push(struct engine *e, const struct outbox_item *item);
void outbox_flush(struct engine *e);

/* engine.c */
MUST_CHECK int symbol_open_in_host(struct engine *e, uint16_t symbol, struct err *err);

/* recovery.c */
bool activation_runs(const struct activation *a);

/* request.c */
/* E_STATE: its key has made something. NULL: it has none. */
MUST_CHECK int
request_is_free(const struct engine *e, const struct request_key *key, struct err *err);
void request_keep_activation(struct engine *e, uint32_t activation, const struct request_key *key);
/* Under engine.request, where there is one. */
void request_keep_order(struct engine *e, uint32_t activation, const struct order *o);
void request_order_over(struct engine *e, uint32_t activation, const struct order *o);
/* The activation could not start. */
void request_refused(struct engine *e, uint32_t activation, const struct fault *fault);
void requests_describe(
    const struct engine *e, void (*emit)(void *ctx, struct record *record), void *ctx
);
MUST_CHECK int requests_restore(struct engine *e, const struct record *record);
void requests_free(struct engine *e);

/* slots.c */
/* Where the next activation goes; NO_ACTIVATION: nowhere. */
uint32_t slot_choose(const struct engine *e);
/* The account of its own that one in that place gets. */
uint32_t account_choose(const struct engine *e, uint32_t slot);
/* Whether others than `but` own it (NO_ACTIVATION: whether anybody does). */
bool account_is_used(const struct engine *e, uint32_t account, uint32_t but);
/* The owners of an account in the order of their numbers. */
void owner_add(struct engine *e, uint32_t activation, uint32_t account);
/* As if it had never been used. */
MUST_CHECK int account_clear(struct engine *e, uint32_t index);
/* Nothing outside knows the activation in that place any more. */
void slot_leave(struct engine *e, uint32_t index);
/* Whether an order of that number is of who has the place now. */
bool sequence_is_own(const struct activation *a, uint64_t sequence);

/* scripts.c */
const struct script_bundle *script_keep(
    struct engine *e, const struct script_bundle *bundle, const char *author, const char *reason
);
/* The same without its record: it may be refused. NULL without memory. */
const struct script_bundle *script_hold(
    struct engine *e, const struct script_bundle *bundle, const char *author, const char *reason
);
/* Writes the record of one that was held. */
void script_record(struct engine *e, const struct script_bundle *bundle);
const struct script_bundle *script_find(const struct engine *e, uint64_t hash);
const char *script_author(const struct script_bundle *bundle); /* one of the engine's */
/* Drops versions that nobody runs or goes back to, when they have become many. */
void scripts_sweep(struct engine *e);
/* Marks those that an activation runs or goes back to. */
void scripts_note_use(struct engine *e);
void scripts_free(struct engine *e);

/* loss_halts.c, loss_record.c, loss_subject.c: limits of loss. A day and the peaks count at marks, so that recovery finds the same;
 * what is lost now counts at the last prices. */
void losses_follow_day(struct engine *e); /* the time has moved */
void day_begin(struct engine *e, int64_t day);
void losses_see_bar(struct engine *e, const struct candle *candle);
void losses_are_due(struct engine *e, uint32_t account); /* it traded, or was refused for them */
void losses_watch(struct engine *e); /* with the pump */
MUST_CHECK int user_equity(const struct engine *e, uint32_t user, struct money *out);
/* Whether a halt holds for the activation; `message` says which. */
bool loss_halt_holds(const struct engine *e, uint32_t activation, char message[ORDER_MESSAGE_MAX]);
MUST_CHECK int loss_apply(struct engine *e, const struct record *r, struct err *err);
MUST_CHECK int halt_apply(struct engine *e, const struct record *r, struct err *err);
/* Records of all that is watched and of the halts in force. */
void losses_emit(struct engine *e, void (*emit)(void *ctx, struct record *record), void *ctx);
/* −1: there is none. */
int user_find(const struct engine *e, const char *name, const char *currency);
/* The account's first owner brings its user; the last takes it away. */
void account_leaves(struct engine *e, uint32_t account);
MUST_CHECK int account_belongs(
    struct engine *e, uint32_t account, const char *name, const char *currency, struct err *err
);

/* runaway.c */
/* Somebody asked for one request to a venue; it leaves, or is settled: refused, taken back. */
void wire_ask(struct engine *e, uint32_t activation);
void wire_settle(struct engine *e, uint32_t activation);
enum wire_verdict {
    WIRE_GOES,
    WIRE_OVER,    /* its order has ended meanwhile */
    WIRE_REFUSED, /* overtaken by a switch or a halt: `message` says which */
    WIRE_UNASKED, /* nobody asked for it: a runaway */
};
/* Right before the wire. */
enum wire_verdict wire_judge(
    struct engine *e, const struct outbox_item *item, char message[ORDER_MESSAGE_MAX]
);
void runaway_halt(struct engine *e); /* with the pump */
int bucket_tokens(struct engine *e, struct token_bucket *b, const struct rate_limit *limit);
void bucket_take(struct token_bucket *b, const struct rate_limit *limit);
void bucket_fill(const struct engine *e, struct token_bucket *b, const struct rate_limit *limit);
void rate_refused(struct engine *e, uint32_t activation);

/* kill.c */
bool kill_holds(const struct engine *e, uint32_t activation);
void kill_set(struct engine *e, enum kill_scope scope, const char *id, bool is_on);
/* Sets, records, cancels and closes. */
void kill_carry_out(
    struct engine *e,
    enum kill_scope scope,
    const char *id,
    bool flatten,
    const char *who,
    const char *reason
);

/* activation.c */
bool activation_is_flat(const struct activation *a);
int activation_keep_state(struct activation *a, const char *state, size_t length);
int faults_within_hour(struct engine *e, struct activation *a); /* counts one more */
/* Opens it in the host and queues start and ready. */
MUST_CHECK int
activation_begin(struct engine *e, uint32_t index, enum ready_why why, struct err *err);
/* Queues ready, which comes after what was missed; `first`: before all that waits. */
void activation_ready(struct engine *e, uint32_t index, enum ready_why why, bool first);

MUST_CHECK int activation_open_in_host(struct engine *e, uint32_t index, struct err *err);

/* edit.c */
/* The event's version has started: it runs from now on, for its trial. */
MUST_CHECK int edit_take(struct engine *e, uint32_t activation, const struct script_bundle *to);
void edit_tell(
    struct engine *e,
    uint32_t activation,
    uint64_t number,
    enum edit_step step,
    const struct script_bundle *from,
    const struct script_bundle *to,
    const char *who,
    const struct fault *fault
);
/* A fault in a trial: the version before takes over again and gets the event. False: no trial. */
bool edit_roll_back(
    struct engine *e, uint32_t activation, const struct event *event, const struct fault *fault
);
void edit_restore_previous(struct activation *a);
MUST_CHECK int edit_keep_previous(struct activation *a, const char *state, size_t length);
void edit_trial_end(struct activation *a);
/* One more event handled: a trial ends after EDIT_TRIAL_EVENTS. */
void edit_event_handled(struct engine *e, uint32_t activation);

/* people.c */
void settings_changed(struct engine *e, uint32_t activation, const struct event *event);
/* False: there is nothing to go back to. */
bool settings_revert(struct engine *e, uint32_t activation);
void settings_proved(struct activation *a);
void answer_tell(struct engine *e, const struct event *event, const struct done *done);

/* activation_record.c: an activation and its account as a record, and back. */
void activation_opened(
    struct engine *e,
    uint32_t index,
    const struct activation_options *options,
    const struct script_bundle *bundle,
    struct record_activation *out
);
void activation_describe(struct engine *e, uint32_t index, struct record_activation *out);
MUST_CHECK int
activation_restore(struct engine *e, const struct record_activation *r, struct err *err);
void activation_fini(struct activation *a);
struct setting *setting_list_copy(const struct setting *settings, int count);
void setting_list_free(struct setting *settings, int count);
/* Without a record, and without telling anybody. */
void activation_put_status(
    struct engine *e, struct activation *a, enum activation_status status
);
void activation_set_status(
    struct engine *e, uint32_t activation, enum activation_status status, const char *reason
);
void activation_fault(
    struct engine *e, uint32_t activation, const struct event *event, const struct fault *fault
);
void activation_started(struct engine *e, uint32_t activation, const struct done *done);
/* With its orders treated as its setting says. */
void activation_suspend(struct engine *e, uint32_t activation, const char *reason);
/* STOPPING ends when nothing is left to wait for. */
void activation_settle(struct engine *e, uint32_t activation);
struct record_position *activation_position_slot(
    struct engine *e, uint32_t activation, uint16_t symbol, enum position_side side
);

/* asks.c */
void timer_done(struct engine *e, uint32_t activation, const char *name);
void asks_apply(struct engine *e, uint32_t activation, const struct done *done);

/* leverage.c */
/* 0: it is on its way (or set, where nothing is kept). */
MUST_CHECK int leverage_ask(struct engine *e, uint32_t activation, uint16_t symbol, int leverage);
/* The wish alone, as its record has it. */
void leverage_take(struct engine *e, uint32_t account, uint16_t symbol, int leverage);
void leverage_hand_over(struct engine *e, const struct outbox_item *item);
void leverage_take_back(struct engine *e, const struct outbox_item *item);
/* An order that waited for a leverage that failed. */
void order_blocked(struct engine *e, const struct outbox_item *item);
/* After a restart, before anything else is sent: what the venue has not answered is asked again.
 * E_IO: it cannot be asked now. */
MUST_CHECK int leverages_again(struct engine *e, uint32_t account);
/* As if the venue had answered all. */
void leverages_forget(struct engine *e);
void leverage_describe(
    const struct engine *e, uint32_t account, uint16_t symbol, struct record *out
);
MUST_CHECK int leverage_apply(struct engine *e, const struct record *record, struct err *err);

/* orders.c */
void order_place(
    struct engine *e,
    uint32_t activation,
    uint64_t sequence,
    const struct order_request *request,
    const char *file,
    int line
);
/* A venue could not be handed a request. */
void order_not_sent(
    struct engine *e, const struct outbox_item *item, int code, const char *message
);
/* An order, or a cancel, of the core or of a person: with a record of its own. */
void order_place_by(
    struct engine *e,
    uint32_t activation,
    uint64_t sequence,
    const struct order_request *request,
    const char *who,
    const struct request_key *key
);
void order_cancel_by(struct engine *e, uint32_t activation, uint64_t sequence, const char *who);
void order_cancel(struct engine *e, uint32_t activation, uint64_t sequence);
void order_amend(struct engine *e, uint32_t activation, const struct ask *ask);
/* By a person: with a record of its own. What the checks said is in *outcome, whose figures are the
 * caller's. */
void order_amend_by(
    struct engine *e,
    uint32_t activation,
    struct order *o,
    const struct order_request *wanted,
    const char *who,
    struct ask_outcome *outcome
);
/* The record of it again. */
void order_amended(struct engine *e, uint32_t activation, struct record *record);
struct order *order_take(struct engine *e, struct activation *a);
struct order *order_find(struct engine *e, uint32_t activation, uint64_t sequence);
/* Cancels resting orders: all, or only those that could enlarge a position. */
void orders_cancel(struct engine *e, uint32_t activation, bool only_enlarging);
/* Market orders of the core that close every position of the activation. */
void orders_flatten(struct engine *e, uint32_t activation, const char *reason);
bool order_enlarges(
    const struct engine *e, uint32_t activation, const struct order_request *request
);

/* The same, when what is live before its place in the owner's orders has traded, too. */
bool order_enlarges_with_others(
    const struct engine *e,
    uint32_t activation,
    const struct order_request *request,
    const struct order *self,
    int others
);
/* Cancels resting orders that could enlarge a position, alone or with those before them. */
void orders_cancel_risky(struct engine *e, uint32_t activation);
/* A fill of no live order, borne by the report's activation. */
void fill_unasked(struct engine *e, const struct venue_report *report, const char *reason);

/* heard.c */
bool fill_is_booked(const struct engine *e, const struct venue_report *report);
/* Whether it was heard before; a fill's id is noted by asking. */
bool report_is_old(struct engine *e, const struct venue_report *report);
/* A fill of NO_ACTIVATION. */
void fill_of_account(struct engine *e, const struct venue_report *report);
void account_describe(const struct engine *e, uint32_t index, struct record *out);
MUST_CHECK int account_complete(struct engine *e, const struct record *record, struct err *err);
MUST_CHECK int account_take(struct engine *e, const struct record *record, struct err *err);

/* reconcile.c */
struct order_watch *order_watch(const struct engine *e, const struct order *o);
/* After a restart of an account in doubt: its requests under way are unknown. */
void activation_hold(struct engine *e, uint32_t activation);

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
void gate_take(
    struct engine *e,
    uint32_t activation,
    const struct order_request *request,
    const struct order *o
);
