/* record: what the journal keeps: facts, not inputs. Recovery applies records and never runs a
 * script; tables, explanations and the tool that prints the journal are made of them.
 *
 * What one handler did is one record (RECORD_DONE: its asks with what became of each, its state).
 * A record is written by one walk and read back by the same (script/message_codec.h):
 * little-endian, its own version first. The journal adds sequence and checksum. Texts are borrowed
 * from the engine while encoding, and from the arena after decoding. Pure. */
#pragma once

#include "base/buffer.h"
#include "engine/port.h"
#include "engine/request.h"

#define RECORD_VERSION 3
#define RECORD_BYTES_MAX ((size_t)1 << 20) /* a script with its sources is the largest */
#define ACTIVATION_TIMERS_MAX 32
#define ACTIVATION_FAULTS_KEPT 16

enum record_kind {
    RECORD_BEGIN = 1,  /* a process began */
    RECORD_SYMBOL,     /* a symbol was added */
    RECORD_SCRIPT,     /* a version of a script, with its sources */
    RECORD_ACTIVATION, /* opened, or all of it in a snapshot */
    RECORD_STATUS,     /* of an activation */
    RECORD_SETTINGS,   /* parameters of an activation changed */
    RECORD_DONE,       /* what a handler did */
    RECORD_FAULT,      /* a handler was undone */
    RECORD_STATE,      /* self.state, captured after an event without asks */
    RECORD_ORDER,      /* an order of the core or of a person was placed, or refused */
    RECORD_CANCEL,     /* the core or a person asked to cancel */
    RECORD_AMEND,      /* a person asked to amend */
    RECORD_REPORT,     /* what a venue said */
    RECORD_BAR,        /* a finest bar is over */
    RECORD_KILL,       /* a kill switch was set or taken back */
    RECORD_HALT,       /* a limit of loss stopped an account or a user, or does no longer */
    RECORD_AUDIT,      /* who changed what */
    RECORD_ENGINE,     /* counters, in a snapshot */
    RECORD_ACCOUNT,    /* what others hold on an account, and the fills booked last */
    RECORD_ANEW,       /* the next records say all that is so; none of them counts without the last */
    RECORD_TRIAL,      /* of a version is over: it stays, or the one before runs again */
    RECORD_RECONCILED, /* how far the fills of an account are known to be complete */
    RECORD_REQUESTS,   /* what keys of requests have made, in a snapshot */
    RECORD_LEVERAGE,   /* what the venue said to a leverage; in a snapshot: one that it has not answered */
    RECORD_DAY,        /* a UTC day began: what daily losses count from */
    RECORD_LOSS,       /* what losses of an account or a user count from, in a snapshot */
};

enum kill_scope { KILL_GLOBAL, KILL_VENUE, KILL_USER, KILL_ACTIVATION };

/* What became of one ask. */
struct ask_outcome {
    bool is_refused;
    int code; /* of the refusal */
    char message[ORDER_MESSAGE_MAX];
    int figure_count; /* of the risk checks that were made */
    struct risk_figure *figures;
};

struct record_timer {
    char name[TIMER_NAME_MAX];
    int64_t at_ms, every_ms;
    bool is_queued; /* its event waits or is out; not kept */
};

struct record_fill_id {
    uint64_t id;
    int64_t time_ms; /* the venue's */
    uint16_t symbol;
};

struct record_activation { /* all of an activation and its account */
    uint32_t activation;
    char id[ACTIVATION_ID_MAX];
    const char *user, *script_name, *reason;
    uint64_t script_hash;
    const struct setting *settings;
    int setting_count;
    const struct setting *params; /* resolved by the script's start */
    int param_count;
    const char *currency;
    bool is_hedge, is_isolated;
    bool is_manual; /* the account's owner of orders by people */
    bool keeps_slot, is_pinned, has_started;
    bool opens_account; /* it begins with this one */
    struct request_key request; /* that made it; is_given false: none */
    uint32_t account;
    uint64_t seed;
    enum suspend_policy on_suspend;
    enum activation_status status;
    int64_t started_ms, last_event_ms;
    uint64_t previous_hash; /* of the version before one in its trial; 0: none */
    const char *previous_state;
    size_t previous_state_length;
    uint64_t order_sequence, core_sequence, orders_asked, orders_sent;
    uint64_t order_first, core_first; /* numbers up to these are of who had the place before */
    int fault_count;
    int64_t fault_times_ms[ACTIVATION_FAULTS_KEPT];
    const char *state;
    size_t state_length;
    struct order **orders; /* live, oldest first */
    int order_count;
    const struct record_position *positions;
    int position_count;
    const struct record_timer *timers;
    int timer_count;
    struct ledger ledger;
    const int *leverage; /* by symbol */
    int leverage_count;
};

struct record {
    enum record_kind kind;
    uint64_t number; /* the engine's, when it was made */
    int64_t now_ms;
    uint32_t activation; /* UINT32_MAX: of none */
    union {
        struct {
            const char *program; /* version */
            int64_t wall_ms;
        } begin;
        struct {
            uint16_t symbol;
            struct instrument instrument;
            int64_t finest_ms;
        } symbol;
        struct {
            struct script_bundle bundle;
            const char *owner, *author, *reason;
        } script;
        struct record_activation opened;
        struct {
            enum activation_status status;
            const char *reason;
        } status;
        struct {
            const struct setting *settings;
            int setting_count;
            uint64_t script_hash; /* the version it follows from now on */
        } settings;
        struct {
            enum event_kind kind;
            uint64_t event_number;
            const char *timer;                  /* TIMER */
            struct done done;                   /* asks, state, params */
            const struct ask_outcome *outcomes; /* one an ask */
            uint64_t script_hash;               /* EDIT: the version that took over */
            const char *who;                    /* EDIT */
        } done;
        struct {
            bool is_rolled_back;
            const char *reason;
            uint64_t script_hash; /* of the version that runs from now on */
            const char *state;    /* ROLLED BACK: that of before, which holds again */
            size_t state_length;
        } trial;
        struct {
            enum event_kind kind;
            uint64_t event_number;
            const char *timer; /* TIMER: it is over all the same */
            struct fault fault;
            bool is_counted;
        } fault;
        struct {
            const char *state;
            size_t length;
        } state;
        struct {
            uint64_t sequence;
            struct order_request request;
            struct ask_outcome outcome;
            const char *who; /* "core", a user */
            struct request_key request_key;
        } order;
        struct {
            uint64_t sequence;
            struct order_request request; /* AMEND: the wanted one */
            struct ask_outcome outcome;
            const char *who;
        } change;
        struct venue_report report;
        struct {
            uint16_t symbol;
            struct candle candle;
        } bar;
        struct {
            enum kill_scope scope;
            const char *id;
            bool is_on;
            const char *who, *reason;
        } kill;
        struct {
            enum loss_limit which;
            uint32_t account; /* UINT32_MAX: of a user */
            const char *user, *currency;
            bool is_on;
            struct decimal value, limit;
            struct money from; /* off: what counts from now on */
            const char *who;
        } halt;
        struct {
            uint32_t account; /* UINT32_MAX: of a user */
            const char *user, *currency;
            struct money peak, day_start;
        } loss;
        struct {
            int64_t day; /* since 1970 */
        } day;
        struct {
            const char *who, *what, *before, *after;
        } audit;
        struct {
            uint64_t refusals[RISK_CHECK_COUNT];
            struct price *last; /* by symbol */
            int64_t *last_ms;
            int symbol_count;
        } engine;
        struct {
            uint32_t count; /* of records; 0: what was begun so does not count */
        } anew;
        struct {
            uint32_t account;
            const struct record_position *outside;
            int outside_count;
            const struct record_fill_id *fill_ids; /* oldest first */
            int fill_id_count;
            int64_t complete_ms;
        } account; /* RECONCILED: account and complete_ms alone */
        struct {
            bool is_first; /* what was known before does not count */
            struct request_made *made; /* oldest first */
            int count;
        } requests;
        struct {
            uint32_t account;
            uint16_t symbol;
            int known, wanted; /* holds at the venue; asked for and not answered, 0: nothing is */
            int code;          /* of the venue's answer */
        } leverage;
    } u;
};

const char *record_kind_name(enum record_kind kind);

/* Appends nothing when it does not fit: 0. */
size_t record_encode(const struct record *record, char *bytes, size_t capacity);
/* E_VERSION, E_DATA, E_MEMORY. */
MUST_CHECK int record_decode(
    const char *bytes, size_t length, struct arena *arena, struct record *out, struct err *e
);
/* One readable line (no newline) about a record; with `all` every field of asks and figures. */
void record_format(const struct record *record, bool all, struct buffer *out);
/* Whether an order, an amendment or a leverage leaves after this record: it must be synced before. */
bool record_needs_sync(const struct record *record);
