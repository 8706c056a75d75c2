/* guest: one activation inside the host, and the host's own structs; shared by the source files of
 * the host and the API, seen by nobody else.
 *
 * A guest lives from host_open to host_close. Its sandbox is made by EVENT_START and dropped by any
 * fault; its view and its last captured state stay. While a handler runs, `event` and `phase` say
 * what it may see and ask; the asks collect in the host, which runs one handler at a time.
 * Time is that of the event. One thread; host.c frees. */
#pragma once

#include "base/arena.h"
#include "market/indicator_set.h"
#include "market/series.h"
#include "script/footprint.h"
#include "script/host.h"
#include "script/sandbox.h"
#include "script/view.h"

#include <lua.h>

#define NO_INDEX UINT16_MAX

/* When a function of the API may be called. */
enum phase {
    PHASE_IDLE = 0,
    PHASE_LOAD = 1,   /* the file's body, M.check */
    PHASE_START = 2,  /* on_start */
    PHASE_PARAMS = 4, /* on_params */
    PHASE_EVENT = 8,  /* on_ready, on_candle … on_command */
    PHASE_STOP = 16,  /* on_stop */
};

struct bundle { /* a copy shared by the guests of one version */
    struct script_bundle bundle;
    char *texts;
    int users;
    struct bundle *next;
};

struct market_series {
    struct series *series; /* NULL: not told yet */
    uint16_t symbol;
    int64_t timeframe_ms;
};

/* What every event touches comes first: with thousands of guests nothing of the next is in a cache. */
struct guest {
    struct host *host;
    struct sandbox *sandbox; /* NULL: not started, or a fault ended it */
    lua_State *L;
    const struct event *event; /* whose handler runs */
    unsigned phase;
    uint32_t handlers;
    uint32_t activation;
    uint16_t symbol;        /* that of symbol_name */
    uint16_t candle_symbol; /* which the candle's facts name; NO_INDEX: none yet */
    const char *symbol_name; /* the one last named: a string that the sandbox keeps */
    uint64_t handled_number; /* of the event whose handler ran last */
    bool is_capture_pending; /* CAPTURE_DEFERRED: the state after that one is still to be captured */
    int capture_code;        /* it could not be captured: told with the next event */
    struct view view;

    struct fault *capture_fault; /* capture_code in words; NULL without memory for them */
    char *state;                 /* last captured */
    size_t state_length, state_capacity;
    uint64_t state_number; /* of the event after which it first was so */
    int64_t log_minute;
    int log_lines; /* of that minute */
    int indicator_count;
    char id[ACTIVATION_ID_MAX];
    char currency[16];
    struct bundle *bundle;
    int version; /* M.version of the script that was adopted last; 0: none yet */
    struct setting *settings; /* owned, with their texts */
    int setting_count;
    struct setting
        *settings_before; /* of a change that no EVENT_START has proved yet; NULL: none */
    int setting_before_count;
    uint64_t seed;
    struct subscription subscription;
    struct guest_footprint { /* of its candles, of its tickers */
        struct footprint footprint;
        int rest; /* events until another one is watched */
    } footprints[2];
};

struct host {
    struct host_options options;
    struct host_port port;
    struct instrument *instruments; /* an empty symbol: not told */
    int instrument_count;           /* one past the highest told */
    struct market_series *series;
    struct indicator_set *indicators;
    struct guest **guests;
    struct bundle *bundles;
    char **files; /* names of script files in asks; kept as long as the host */
    int file_count, file_capacity;

    struct arena arena; /* texts of the event that is handled */
    void *arena_block;
    struct ask *asks;
    int ask_count;
    int log_dropped;
    struct undo undo;
    char *state; /* where a state is encoded before it is kept */
    uint32_t *pending; /* CAPTURE_DEFERRED: whose state may be to be captured, a ring */
    bool *is_pending;  /* whether an activation is in it */
    int pending_first, pending_count;
    struct footprint_notes *notes; /* NULL: nothing is fetched ahead */
    int watch_rest;                /* handlers until one may be watched */
};

/* Values of a sandbox that the host keeps at hand, in the registry. */
enum guest_ref {
    REF_HANDLER = 1, /* + event kind */
    REF_SELF = REF_HANDLER + EVENT_HANDLER_COUNT,
    REF_API,
    REF_KEY_NOW,
    REF_KEY_STATE,
    REF_CANDLE,
    REF_TICKER,
    REF_FILL,
    REF_ORDER,
    REF_SLOT_END, /* those before it are at the bottom of the stack too, at the same index */
    REF_SCRIPT = REF_SLOT_END, /* M */
    REF_SYMBOLS,               /* the API's table of symbols and objects */
    REF_ARGUMENT,              /* of the function to be called */
    REF_ARGUMENT_2,
    REF_READY,                              /* + ready_why: its name */
    REF_STOP = REF_READY + READY_FAULT + 1, /* + stop_why: its name */
    REF_END = REF_STOP + STOP_SUSPEND + 1,
};

/* Neither allocates: every reference has a value since guest_prepare. */
static inline void guest_ref_push(lua_State *L, int ref) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, -1000 - ref);
}
static inline void guest_ref_set(lua_State *L, int ref) { /* pops the value */
    lua_rawseti(L, LUA_REGISTRYINDEX, -1000 - ref);
}

/* guest_lua.c: the Lua side of a guest. */
/* Makes API, self and arguments before the script is loaded. */
MUST_CHECK int guest_prepare(struct guest *g, struct fault *fault);
/* Checks and binds the script's table (REF_SCRIPT) and finds its handlers. */
MUST_CHECK int guest_adopt(struct guest *g, struct fault *fault);
/* Makes self.state from the captured bytes. */
MUST_CHECK int guest_restore(struct guest *g, struct fault *fault);
int fault_set(struct fault *fault, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* self.state = M.migrate(self.state, from_version), where the script has it. */
MUST_CHECK int guest_migrate(struct guest *g, int from_version, struct fault *fault);

/* guest_start.c */
void guest_start(struct guest *g, const struct event *event, struct done *out);
/* A fresh sandbox with the guest's bundle, started; from_version: whose state is taken over, 0:
 * this version's own. The sandbox is not dropped by a fault. */
MUST_CHECK int
guest_start_run(struct guest *g, const struct event *event, int from_version, struct done *out);
/* What a start that went well says. */
void guest_start_tell(struct guest *g, struct done *out);
/* guest_edit.c */
void guest_edit(struct guest *g, const struct event *event, struct done *out);
/* guest_call.c */
void guest_change_params(struct guest *g, const struct event *event, struct done *out);
void guest_command(struct guest *g, const struct event *event, struct done *out);

/* guest_handle.c */
/* Runs the event's handler, where there is one, as a transaction. */
void guest_handle(struct guest *g, const struct event *event, struct done *out);
/* The function and its arguments are on the stack: calls it and captures the state, or undoes all.
 */
MUST_CHECK int
guest_transact(struct guest *g, int arguments, int results, int64_t cpu_ns, struct done *out);
void guest_drop_sandbox(struct guest *g);
void guest_set_now(struct guest *g, int64_t now_ms);
/* Captures self.state into the guest. 0, or the fault. */
MUST_CHECK int guest_capture(struct guest *g, struct fault *fault);

/* host_fetch.c */
MUST_CHECK int fetch_init(struct host *h);
void fetch_free(struct host *h);
/* Whether the handler that is about to be called is to be watched; then the end is told, too. The
 * host has notes. */
bool guest_watch_begin(struct guest *g, enum event_kind kind);
void guest_watch_end(struct guest *g, enum event_kind kind);
void guest_watch_forget(struct guest *g); /* its sandbox is gone */

/* host_capture.c */
MUST_CHECK int capture_init(struct host *h);
void capture_free(struct host *h);
/* The handler asked for nothing: its state is captured later. */
void guest_capture_later(struct guest *g);
/* Captures what is pending; a failure drops the sandbox and is kept for the next event. */
void guest_capture_now(struct guest *g);
/* Whether a failure was kept, which is then the event's; a start makes it void. */
bool guest_capture_failed(struct guest *g, const struct event *event, struct fault *fault);

/* host_bundle.c */
/* The host's copy of a bundle, shared by all that are equal; NULL without memory. */
struct bundle *host_bundle_take(struct host *h, const struct script_bundle *source);
void host_bundle_drop(struct host *h, struct bundle *bundle); /* may be NULL */

/* asks.c */
/* The next ask with its kind and the line of the script filled; NULL when the quota is used up. */
struct ask *ask_new(lua_State *L, struct guest *g, enum ask_kind kind);

/* host_market.c: what a guest sees of the market. */
uint16_t host_find_symbol(const struct host *h, const char *symbol); /* NO_INDEX: unknown */
const char *host_symbol_at(const void *host, int index); /* a name_at: for suggestions */
/* The series of a symbol and timeframe, which the engine is asked for when it is not there yet. */
MUST_CHECK int host_series_open(
    struct host *h,
    uint16_t symbol,
    int64_t timeframe_ms,
    uint64_t number,
    uint16_t *series,
    struct err *e
);
/* Asks for on_candle; false when there are too many. */
bool guest_watch(struct guest *g, uint16_t symbol, int64_t timeframe_ms);
/* Last price of a symbol as of the event; 0 when there is none. */
struct price guest_last_price(const struct guest *g, uint16_t symbol);
/* Equity and free margin as of the event. */
MUST_CHECK int guest_equity(const struct guest *g, struct money *equity, struct money *free_margin);
