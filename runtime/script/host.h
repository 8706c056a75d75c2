/* host: runs scripts for an engine: the sandboxes, the market as they may see it, and for every
 * activation its view (orders, positions, balance as the events have carried them).
 *
 * The engine tells it instruments, series and bars (fed to all indicators before any handler runs),
 * opens activations and sends events; the answer to an event is one struct done. A handler is a
 * transaction: if it faults, its asks are dropped, the view is as before, and the sandbox is made
 * anew from the last captured state when the engine sends EVENT_START again.
 * Time is in the events; memory is the host's, bounded by its options; one thread. */
#pragma once

#include "script/message.h"

struct host;
struct deadline; /* script/deadline.h: the watcher handed in by the owner */

struct host_limits { /* each has a setting of the same name */
    size_t memory_max;          /* bytes a sandbox, 2 MiB */
    int64_t handler_cpu_ns;     /* 5 ms */
    int64_t start_cpu_ns;       /* 50 ms, for the file's body and on_start */
    int pcall_depth_max;        /* 200 */
    int asks_max;               /* a handler, 256 */
    int open_orders_max;        /* 200 */
    int indicators_max;         /* 64 */
    int timers_max;             /* 32 */
    int log_lines_per_minute;   /* 50 */
    size_t state_max;           /* 64 KiB encoded */
    size_t source_max;          /* 256 KiB a bundle */
};

/* What a host asks of its engine, synchronously, while it handles EVENT_START: a series of a symbol
 * with its history. The engine answers by host_series and host_bar calls before it returns the
 * index. E_UNKNOWN_SYMBOL, or E_RANGE with a sentence when the timeframe is finer than the data. */
struct host_port {
    void *ctx;
    int (*series)(
        void *ctx, uint16_t symbol, int64_t timeframe_ms, uint64_t number, uint16_t *series,
        struct err *e
    );
    uint64_t (*random)(void *ctx); /* not used by scripts: seeds come with the activation; may be NULL */
};

/* When self.state is captured. WHEN_ASKED (backtest): after handlers that asked for something. ALWAYS:
 * after every handler. DEFERRED (worker): after handlers that asked, and otherwise by
 * host_capture_pending or before the same sandbox's next event; what cannot be captured then is the
 * fault of that next event. */
enum state_capture { CAPTURE_WHEN_ASKED, CAPTURE_ALWAYS, CAPTURE_DEFERRED };

struct host_options {
    struct host_limits limits;
    enum state_capture capture;
    bool fetch_ahead; /* host_fetch will be called: notes what handlers touch */
    struct deadline *deadline; /* borrowed; NULL: no CPU limit (replay) */
    int activations_max;
    int instruments_max;
    int series_max;
};

void host_limits_default(struct host_limits *limits);

MUST_CHECK int host_new(
    struct host **out, const struct host_options *options, const struct host_port *port, struct err *e
);
void host_free(struct host *h);

MUST_CHECK int host_instrument(struct host *h, uint16_t index, const struct instrument *i, struct err *e);
MUST_CHECK int host_series(
    struct host *h, uint16_t series, uint16_t symbol, int64_t timeframe_ms, struct err *e
);
void host_bar(struct host *h, uint16_t series, uint64_t number, const struct bar *bar);

MUST_CHECK int host_open(struct host *h, const struct activation_open *open, struct err *e);
void host_close(struct host *h, uint32_t activation);

/* Runs the event's handler. What *out points at is the host's until the next call. An event whose
 * handler is absent only updates the view. */
void host_event(struct host *h, const struct event *event, struct done *out);

/* Captures self.state of an activation now (end of a run). NULL with *e when it cannot be captured. */
const char *host_state(struct host *h, uint32_t activation, size_t *length, struct err *e);

/* An event of that kind to that activation comes after the next (soon), comes next: fetches what it
 * will touch into the caches. Any number does no harm. */
void host_fetch_soon(const struct host *h, uint32_t activation, enum event_kind kind);
void host_fetch(const struct host *h, uint32_t activation, enum event_kind kind);

/* CAPTURE_DEFERRED: captures one state that is still to be captured; false when none is. */
bool host_capture_pending(struct host *h);
/* The state captured last and the number of the event after which it first was so; NULL: none, or
 * not open. */
const char *
host_captured(const struct host *h, uint32_t activation, uint64_t *number, size_t *length);
