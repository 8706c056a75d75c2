/* port: what the engine needs from outside and what it tells the outside, as structs of functions
 * that its owner fills. Live, paper, backtest and tests differ in nothing else.
 *
 * No port function may call back into the engine, except that host.event may answer by engine_done
 * before it returns. Times are the engine's event times. All on the engine's thread; the owner of a
 * port outlives the engine. */
#pragma once

#include "market/bar.h"
#include "script/message.h"
#include "trade/order.h"
#include "trade/position.h"
#include "trade/risk.h"

/* An order as a venue knows it: unique over the engine's life, never 0 for an order of ours. */
struct order_key {
    uint32_t activation;
    uint64_t sequence;
};

/* Where orders go. A call hands the request over; its outcome comes as a venue_report. An error
 * means that nothing was sent. */
struct venue_port {
    void *ctx;
    int (*submit
    )(void *ctx, uint32_t account, struct order_key key, const struct order *order, struct err *e);
    int (*cancel)(void *ctx, uint32_t account, struct order_key key, struct err *e);
    int (*amend
    )(void *ctx,
      uint32_t account,
      struct order_key key,
      struct price price,
      struct price stop,
      struct quantity quantity,
      struct err *e);
    int (*leverage)(void *ctx, uint32_t account, uint16_t symbol, int leverage, struct err *e);
    /* Asks what has become of an order; answered by engine_answer (engine/reconcile.h). NULL: this
     * venue's answers never fail to come. */
    int (*query
    )(void *ctx, uint32_t account, struct order_key key, const struct order *order, struct err *e);
};

#define NO_ACTIVATION UINT32_MAX

/* What a venue says. A report may come twice, late, or after one that is younger: what tells them
 * apart is fill_id and update, where the venue has them. */
struct venue_report {
    uint32_t account;
    /* Sequence 0: a fill that nobody asked for; of NO_ACTIVATION: by the venue itself (with a
     * reason: who holds that position bears it) or by somebody else on the account (without). */
    struct order_key key;
    struct order_event event;
    uint64_t fill_id; /* FILL: the venue's id of it within the symbol; 0: it never repeats itself */
    uint64_t update;  /* others: grows with each change of the order at the venue; 0: in order */
    /* Of every fill that has an id, and of one of no live order: */
    uint16_t symbol;
    enum order_side side;
    enum position_side position_side;
    const char *reason; /* "liquidation", "adl" … */
    /* Of an acceptance or amendment by the simulated venue: open of the first bar that the order
     * takes part in; 0: the next. */
    int64_t first_bar_ms;
};

/* The script host, a function call or a ring away. */
struct host_port_out { /* see research/host_face.h */
    void *ctx;
    int (*instrument)(void *ctx, uint16_t index, const struct instrument *i, struct err *e);
    int (*series)(void *ctx, uint16_t series, uint16_t symbol, int64_t timeframe_ms, struct err *e);
    void (*bar)(void *ctx, uint16_t series, uint64_t number, const struct bar *bar);
    int (*open)(void *ctx, const struct activation_open *open, struct err *e);
    void (*close)(void *ctx, uint32_t activation);
    void (*event)(void *ctx, const struct event *event); /* answered by engine_done, now or later */
};

/* The finest candles known of a symbol before the engine's start or now, oldest first. */
struct history_port {
    void *ctx;
    size_t (*candles)(void *ctx, uint16_t symbol, const struct candle **out);
};

/* What becomes of a script's orders when it is suspended. */
enum suspend_policy { SUSPEND_KEEP, SUSPEND_CANCEL, SUSPEND_FLATTEN };

/* --- what happens, for those who keep, show or count it ------------------------------------------
 */

struct fill_record {
    uint64_t number;
    uint32_t activation;
    uint32_t account;
    const struct order *order; /* after the fill; of an unasked fill a description */
    struct fill fill;
    struct position_change change;
    struct position position; /* after */
    struct money balance;     /* after */
    bool is_unasked;          /* of no live order */
};

enum order_step { STEP_ASKED, STEP_REFUSED, STEP_SENT, STEP_CHANGED };

struct order_record {
    uint64_t number;
    uint32_t activation;
    enum order_step step;
    const struct order *order;
    const char *file; /* of the script's line that asked; NULL where the core did */
    int line;
    const struct risk_verdict *verdict; /* REFUSED, SENT; else NULL */
};

struct signal_record {
    uint64_t number;
    uint32_t activation;
    int64_t time_ms;
    uint16_t symbol;
    const struct ask_signal *signal;
    const char *file;
    int line;
};

struct log_record {
    uint32_t activation;
    int64_t time_ms;
    enum ask_level level;
    bool is_notice; /* self:notify */
    const char *text;
    const char *file;
    int line;
};

struct fault_record {
    uint64_t number; /* of the event whose handler faulted */
    uint32_t activation;
    int64_t time_ms;
    enum event_kind kind;
    const struct fault *fault;
    const char *details; /* of E_PARAMS: every fault, where its text has no room; NULL */
    int faults; /* within the last hour, this one included */
    bool is_suspended;
};

enum activation_status {
    ACTIVATION_STARTING,
    ACTIVATION_RUNNING,
    ACTIVATION_PAUSED,
    ACTIVATION_STOPPING,
    ACTIVATION_STOPPED,
    ACTIVATION_SUSPENDED,
};

/* starting running paused stopping stopped suspended */
const char *activation_status_name(enum activation_status status);

struct status_record {
    uint32_t activation;
    int64_t time_ms;
    enum activation_status status;
    const char *reason;
};

/* A halt began or has ended: of an account, of a user, or of all (a runaway). */
struct halt_record {
    int64_t time_ms;
    enum risk_check check; /* which limit */
    uint32_t account;      /* NO_ACTIVATION: not of one account */
    const char *user;      /* NULL: of all */
    bool is_on;
    const char *message; /* "daily_loss: 512 >= 500" */
    const char *who;     /* "core", or who lifted it */
};

struct answer_record { /* to engine_adjust or engine_command */
    uint32_t activation;
    uint64_t number;     /* of the event: what the call returned */
    int code;            /* 0, or why it was refused */
    const char *text;    /* what on_command returned, or the refusal */
    int asks;            /* how many things the handler asked for */
};

enum edit_step { EDIT_TAKEN, EDIT_REFUSED, EDIT_ROLLED_BACK };

/* "taken" "refused" "rolled back" */
const char *edit_step_name(enum edit_step step);

struct edit_record { /* a version of a script took over, or did not */
    uint32_t activation;
    uint64_t number; /* of the event: what engine_edit returned; ROLLED_BACK: of the one that faulted */
    int64_t time_ms;
    enum edit_step step;
    uint64_t from_hash, to_hash; /* TAKEN, ROLLED_BACK: what ran before, what runs now */
    const char *who;
    const struct fault *fault; /* REFUSED, ROLLED_BACK: why */
};

struct sink_port { /* any function may be NULL */
    void *ctx;
    void (*fill)(void *ctx, const struct fill_record *record);
    void (*order)(void *ctx, const struct order_record *record);
    void (*signal)(void *ctx, const struct signal_record *record);
    void (*log)(void *ctx, const struct log_record *record);
    void (*fault)(void *ctx, const struct fault_record *record);
    void (*status)(void *ctx, const struct status_record *record);
    void (*answer)(void *ctx, const struct answer_record *record);
    void (*edit)(void *ctx, const struct edit_record *record);
    /* An activation that is over leaves its place to another, which will have its number. */
    void (*left)(void *ctx, uint32_t activation);
    void (*halt)(void *ctx, const struct halt_record *record);
};

/* Where facts are kept. NULL append: nowhere, and nothing waits for it (backtest). append copies
 * one encoded record (engine/record.h) and returns its sequence in the journal, 0 when it cannot be
 * kept: then nothing that would enlarge a position leaves any more. What is kept is durable when
 * the owner says so (engine_durable). */
struct journal_port {
    void *ctx;
    uint64_t (*append)(void *ctx, const char *bytes, size_t length);
};
