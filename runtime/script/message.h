/* message: what the engine and a script host say to each other, and how it is written as bytes.
 *
 *   engine → host   instrument, series, bar, open, event, close
 *   host → engine   done (the answer to an event: what the handler asked, or its fault)
 *
 * and between a core and a worker process, where a call cannot return a value or share memory:
 *
 *   core → worker   bundle (a version of a script, sent once and named by `open`), bundle drop,
 *                   series reply
 *   worker → core   series request (while it handles EVENT_START), state (captured later than the
 *                   answer it belongs to)
 *
 * One protocol, whether the host is a function call away (backtest) or behind a ring in another
 * process: message_encode and message_decode are exact inverses, little-endian, and begin with
 * MESSAGE_VERSION. The world a handler sees is that of its event: bars known at its number, and
 * positions, orders and balance as the events delivered so far have carried them.
 * Time is in the messages. Texts are borrowed from the sender until the call returns; a decoded
 * message borrows from the bytes or the arena it was decoded with. Pure. */
#pragma once

#include "base/arena.h"
#include "market/bar.h"
#include "market/instrument.h"
#include "trade/order.h"
#include "trade/position.h"

#include <stddef.h>
#include <stdint.h>

#define MESSAGE_VERSION 1

#define WATCH_MAX 16         /* (symbol, timeframe) pairs an activation may watch */
#define SIGNAL_NUMBERS_MAX 16
#define TIMER_NAME_MAX 32
#define FAULT_TEXT_MAX 512
#define ACTIVATION_ID_MAX 22 /* [A-Za-z0-9], the NUL included: order ids begin with it */

/* --- scripts and parameters --------------------------------------------------------------------- */

struct script_file {
    const char *path; /* within the script: "init.lua", "exits.lua"; a library module: "lib/sizing.lua" */
    const char *text;
    size_t length;
};

struct script_bundle { /* one version of a script with the library modules it may require */
    const char *name;    /* "hyperrsi": what the traces call it */
    uint64_t hash;       /* over paths and texts; the key of the compiled dump */
    const struct script_file *files; /* files[0] is the entry */
    int count;
};

struct setting { /* a parameter as text, as a person types it: "true", "0.5", "5m", "100,200" (list), "BTC:50,ETH:20" (map) */
    const char *name;
    const char *text;
    bool is_optional; /* passed over without a word where the script declares no such parameter */
};

struct account_facts {
    const char *currency;
    struct money balance; /* realised */
    bool is_hedge;        /* position mode */
    bool is_isolated;     /* margin mode */
};

struct record_position { /* one position of an activation */
    uint16_t symbol;
    enum position_side side;
    struct position position;
};

/* Opens an activation in the host: no script runs yet. */
struct activation_open {
    uint32_t activation; /* index in the engine, reused only after close */
    char id[ACTIVATION_ID_MAX];
    const struct script_bundle *bundle;
    const struct setting *settings;
    int setting_count;
    const char *state; /* captured self.state, encoded; NULL: empty */
    size_t state_length;
    uint64_t seed;           /* of math.random */
    uint64_t order_sequence; /* of the last order asked before; 0 at first */
    struct account_facts account;
    int leverage; /* set at the account before; 1 */
    /* What it holds and has resting after a restart; none at first. */
    struct order **orders;
    int order_count;
    const struct record_position *positions;
    int position_count;
    const int *leverages; /* by symbol */
    int leverage_count;
};

/* --- events ------------------------------------------------------------------------------------- */

/* Handlers, in the order of the reference; the bit of a handler is 1 << event kind. Those behind
 * EVENT_HANDLER_COUNT have none. */
enum event_kind {
    EVENT_START, /* fresh sandbox, file body, params, on_start */
    EVENT_READY,
    EVENT_CANDLE,
    EVENT_TICKER,
    EVENT_FILL,
    EVENT_ORDER,
    EVENT_TIMER,
    EVENT_PARAMS,
    EVENT_COMMAND,
    EVENT_STOP,
    EVENT_HANDLER_COUNT,
    EVENT_EDIT = EVENT_HANDLER_COUNT, /* another version of the script takes over, or is refused */
    EVENT_KIND_COUNT,
};

/* Makes a sandbox: may take start_cpu_ns, and asks for series. */
static inline bool event_is_start(enum event_kind kind) {
    return kind == EVENT_START || kind == EVENT_EDIT;
}

enum ready_why { READY_ACTIVATED, READY_RESTARTED, READY_EDITED, READY_PARAMS, READY_FAULT };
enum stop_why { STOP_KEEP, STOP_CLOSE, STOP_FINISH, STOP_SUSPEND };

struct event_ticker {
    double last, bid, ask, open, high, low;
};

struct event_fill { /* the fill, and what the books say after it */
    uint64_t sequence; /* of the order; 0: nobody asked for it (liquidation …), then `order` says what is known */
    struct fill fill;
    bool is_final;
    struct order order; /* after the fill */
    struct position position;
    struct money balance;
    int leverage;
};

struct event_order { /* an order changed, or an ask on it was refused */
    struct order order; /* after the change */
    int code;           /* of a rejection or refusal, else 0 */
};

struct event {
    uint64_t number; /* one order of events over the whole engine, from 1 */
    uint32_t activation;
    enum event_kind kind;
    int64_t now_ms;
    bool is_warmup;
    bool is_paused;     /* asks that could enlarge a position are refused (`paused`) */
    uint16_t symbol;    /* of `last`; UINT16_MAX: no price comes with it */
    struct price last;  /* last price of that symbol as of this event */
    union {
        uint16_t series; /* CANDLE: its newest bar known at `number` */
        struct event_ticker ticker;
        struct event_fill fill;
        struct event_order order;
        char timer[TIMER_NAME_MAX];
        enum ready_why ready;
        enum stop_why stop;
        const struct script_bundle *edit;
        struct {
            const struct setting *settings; /* PARAMS: the new ones; COMMAND: its arguments */
            int count;
            const char *command;
        } call;
    } u;
};

/* --- done --------------------------------------------------------------------------------------- */

enum ask_kind {
    ASK_PLACE,
    ASK_CANCEL,
    ASK_AMEND,
    ASK_LEVERAGE,
    ASK_MARGIN_MODE,
    ASK_TIMER,
    ASK_TIMER_CANCEL,
    ASK_SIGNAL,
    ASK_LOG,
    ASK_NOTIFY,
    ASK_FINISH,
};

enum ask_level { ASK_INFO, ASK_WARN, ASK_ERROR };

struct ask_signal {
    const char *side, *kind, *reason;
    bool is_accepted;
    double price; /* NaN: none */
    int number_count;
    struct {
        const char *name;
        double value;
    } numbers[SIGNAL_NUMBERS_MAX];
};

struct ask {
    enum ask_kind kind;
    const char *file; /* of the script's line that asked */
    int line;
    uint16_t symbol;
    uint64_t sequence; /* PLACE: the new order's, the next of the activation; CANCEL, AMEND: which */
    union {
        struct order_request request; /* PLACE: rounded to the instrument's steps */
        struct {
            bool has_price, has_stop, has_quantity;
            struct price price, stop;
            struct quantity quantity;
            char reason[ORDER_REASON_MAX];
            char tag[ORDER_TAG_MAX];
        } amend;
        int leverage;
        bool is_isolated;
        struct {
            char name[TIMER_NAME_MAX];
            int64_t at_ms;    /* first time it comes due */
            int64_t every_ms; /* 0: once */
        } timer;
        struct ask_signal signal;
        struct {
            enum ask_level level;
            const char *text;
        } log; /* LOG, NOTIFY */
        const char *finish;
    } u;
};

struct fault {
    int code; /* E_SCRIPT, E_DEADLINE, E_SCRIPT_MEMORY, E_QUOTA, E_PARAMS, E_SYNTAX … ; 0: none */
    char text[FAULT_TEXT_MAX]; /* "strategies/rsi.lua:12: attempt to …" */
    char file[64];
    int line; /* 0: unknown */
};

struct watch {
    uint16_t symbol;
    int64_t timeframe_ms; /* 0: the finest the data has */
};

struct subscription { /* START: what the activation wants to hear */
    uint32_t handlers; /* bit 1 << kind for every handler the script defines */
    struct watch watches[WATCH_MAX];
    int watch_count;
    uint16_t tickers[WATCH_MAX];
    int ticker_count;
};

struct done {
    uint64_t number;
    uint32_t activation;
    struct fault fault; /* with a code nothing below holds, but EVENT_START's parameters and answer */
    const struct ask *asks;
    int ask_count;
    const char *state; /* captured self.state, encoded; NULL: not captured for this event */
    size_t state_length;
    bool runs_on; /* EDIT with a fault: the version from before was not touched */
    /* COMMAND: what on_command returned. With E_PARAMS: every fault, where the fault's text has no
     * room for all. Else NULL. */
    const char *answer;
    struct subscription subscription; /* START, EDIT */
    const struct setting *params;     /* START, EDIT: every parameter's value as text, in the order of their names */
    int param_count;
    int log_dropped; /* lines over the limit of a minute */
};

/* --- between processes -------------------------------------------------------------------------- */

/* A version of a script under a number; an `open` whose bundle has no files means the one whose
 * number is its hash. */
struct message_bundle {
    uint32_t id;
    const struct script_bundle *bundle; /* NULL: it is not needed any more */
};

struct series_request { /* host_port.series as a message */
    uint32_t activation; /* whose start asks */
    uint16_t symbol;
    int64_t timeframe_ms;
    uint64_t number;
};

struct series_reply {
    int code; /* 0: the series and its bars were told before */
    uint16_t series;
    const char *text; /* of an error; else NULL */
};

struct message_state { /* self.state after the event with that number */
    uint32_t activation;
    uint64_t number;
    const char *state;
    size_t state_length;
};

/* --- bytes -------------------------------------------------------------------------------------- */

/* Encode appends one message to bytes[0..capacity) and returns its length, 0 when it does not fit.
 * Decode reads one back; texts and arrays come from the arena. Every malformed input is E_DATA or
 * E_VERSION, never undefined behaviour (tests/fuzz/fuzz_message.c). */
size_t message_encode_instrument(uint16_t index, const struct instrument *i, char *bytes, size_t capacity);
size_t message_encode_series(uint16_t series, uint16_t symbol, int64_t timeframe_ms, char *bytes, size_t capacity);
size_t message_encode_bar(uint16_t series, uint64_t number, const struct bar *bar, char *bytes, size_t capacity);
size_t message_encode_open(const struct activation_open *open, char *bytes, size_t capacity);
size_t message_encode_close(uint32_t activation, char *bytes, size_t capacity);
size_t message_encode_event(const struct event *event, char *bytes, size_t capacity);
size_t message_encode_done(const struct done *done, char *bytes, size_t capacity);
size_t message_encode_bundle(const struct message_bundle *bundle, char *bytes, size_t capacity);
size_t message_encode_series_request(const struct series_request *request, char *bytes, size_t capacity);
size_t message_encode_series_reply(const struct series_reply *reply, char *bytes, size_t capacity);
size_t message_encode_state(const struct message_state *state, char *bytes, size_t capacity);

enum message_kind {
    MESSAGE_INSTRUMENT = 1,
    MESSAGE_SERIES,
    MESSAGE_BAR,
    MESSAGE_OPEN,
    MESSAGE_CLOSE,
    MESSAGE_EVENT,
    MESSAGE_DONE,
    MESSAGE_BUNDLE,
    MESSAGE_SERIES_REQUEST,
    MESSAGE_SERIES_REPLY,
    MESSAGE_STATE,
};

struct message {
    enum message_kind kind;
    union {
        struct {
            uint16_t index;
            struct instrument instrument;
        } instrument;
        struct {
            uint16_t series, symbol;
            int64_t timeframe_ms;
        } series;
        struct {
            uint16_t series;
            uint64_t number;
            struct bar bar;
        } bar;
        struct activation_open open;
        uint32_t close;
        struct event event;
        struct done done;
        struct message_bundle bundle;
        struct series_request series_request;
        struct series_reply series_reply;
        struct message_state state;
    } u;
};

/* To whom an event is and of which kind, from the first bytes of its message: false for any other. */
#define MESSAGE_EVENT_HEAD 18
bool message_event_head(
    const char *bytes, size_t length, uint32_t *activation, enum event_kind *kind
);

MUST_CHECK int message_decode(
    const char *bytes, size_t length, struct arena *arena, struct message *out, struct err *e
);
