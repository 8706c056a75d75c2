/* fake: a script host and a venue that a test supplies behind the engine's ports. The host answers
 * every event with what the test's function asks; the venue keeps what it is sent and says only
 * what the test tells it to. */
#pragma once

#include "engine/engine.h"

#include <stdio.h>
#include <string.h>

#define FAKE_EVENTS_MAX 4096
#define FAKE_ASKS_MAX 16

struct fake_sent {
    char what; /* 's' submit, 'c' cancel, 'a' amend, 'l' leverage */
    uint32_t account;
    struct order_key key;
    struct order_request request;
    struct price price;
    struct quantity quantity;
    int leverage;
};

struct fake {
    struct engine *engine;
    struct event events[FAKE_EVENTS_MAX]; /* as they were sent */
    int event_count;
    struct fake_sent sent[256];
    int sent_count;
    int submit_code; /* what submit answers */
    int leverage_code;
    struct journal_port journal;
    int outbox_max; /* 0: the default */
    struct risk_limits limits; /* of the engine; burst 0: the defaults */
    int halts;
    struct halt_record last_halt;
    char last_halt_message[ORDER_MESSAGE_MAX];
    int answers, last_answer_code;
    int edits[3]; /* by step */
    struct edit_record last_edit;
    int opens, closes;
    uint64_t opened_hash;       /* of the last open */
    char opened_state[64];
    size_t opened_state_length;
    int faults_next; /* for the test's own use */
    bool holds; /* answers wait for fake_answer */
    int bars;
    int bars_known[64]; /* by series */
    /* Fills done for an event; asks is cleared before. */
    void (*handle)(struct fake *f, const struct event *event, struct done *done);
    struct ask asks[FAKE_ASKS_MAX];
    struct subscription subscription;
    int faults, fills, orders, signals, logs, statuses;
    char last_status_reason[64];
    enum activation_status last_status;
    struct order last_order;
    struct fill_record last_fill;
    int64_t step_count[4];
};

static inline struct ask *fake_ask(struct fake *f, struct done *done, enum ask_kind kind) {
    struct ask *ask = &f->asks[done->ask_count++];
    memset(ask, 0, sizeof *ask);
    ask->kind = kind;
    ask->file = "test.lua";
    ask->line = 7;
    done->asks = f->asks;
    return ask;
}

static inline struct decimal dec(const char *text) {
    struct decimal d;
    if (decimal_parse(text, strlen(text), &d) != 0) {
        fprintf(stderr, "bad decimal %s\n", text);
        __builtin_trap();
    }
    return d;
}

static inline struct ask *fake_place(
    struct fake *f,
    struct done *done,
    uint64_t sequence,
    enum order_side side,
    const char *quantity,
    const char *price,
    const char *reason
) {
    struct ask *ask = fake_ask(f, done, ASK_PLACE);
    ask->sequence = sequence;
    ask->u.request.side = side;
    ask->u.request.type = price == NULL ? ORDER_MARKET : ORDER_LIMIT;
    ask->u.request.quantity.d = dec(quantity);
    if (price != NULL) {
        ask->u.request.price.d = dec(price);
    }
    snprintf(ask->u.request.reason, sizeof ask->u.request.reason, "%s", reason);
    return ask;
}

static inline void fake_answer(struct fake *f, const struct event *event) {
    struct done done = {.number = event->number, .activation = event->activation};
    if (event->kind == EVENT_START || event->kind == EVENT_EDIT) {
        done.subscription = f->subscription;
    }
    if (f->handle != NULL) {
        f->handle(f, event, &done);
    }
    engine_done(f->engine, &done);
}

static inline int
fake_instrument(void *ctx, uint16_t i, const struct instrument *x, struct err *e) {
    (void)ctx, (void)i, (void)x, (void)e;
    return 0;
}
static inline int fake_series(void *ctx, uint16_t s, uint16_t symbol, int64_t ms, struct err *e) {
    (void)ctx, (void)s, (void)symbol, (void)ms, (void)e;
    return 0;
}
static inline void fake_bar(void *ctx, uint16_t series, uint64_t number, const struct bar *bar) {
    struct fake *f = ctx;
    (void)number, (void)bar;
    f->bars++;
    f->bars_known[series]++;
}
static inline int fake_open(void *ctx, const struct activation_open *open, struct err *e) {
    struct fake *f = ctx;
    (void)e;
    f->opens++;
    f->opened_hash = open->bundle->hash;
    f->opened_state_length = open->state_length;
    if (open->state_length > 0 && open->state_length <= sizeof f->opened_state) {
        memcpy(f->opened_state, open->state, open->state_length);
    }
    return 0;
}
static inline void fake_close(void *ctx, uint32_t activation) {
    (void)activation;
    ((struct fake *)ctx)->closes++;
}
static inline void fake_event(void *ctx, const struct event *event) {
    struct fake *f = ctx;
    f->events[f->event_count++ % FAKE_EVENTS_MAX] = *event;
    if (!f->holds) {
        fake_answer(f, event);
    }
}

static inline int fake_submit(
    void *ctx, uint32_t account, struct order_key key, const struct order *order, struct err *e
) {
    struct fake *f = ctx;
    if (f->submit_code != 0) {
        return err_set(e, f->submit_code, "the wire is cut");
    }
    f->sent[f->sent_count++] =
        (struct fake_sent){.what = 's', .account = account, .key = key, .request = order->request};
    return 0;
}
static inline int fake_cancel(void *ctx, uint32_t account, struct order_key key, struct err *e) {
    struct fake *f = ctx;
    (void)e;
    f->sent[f->sent_count++] = (struct fake_sent){.what = 'c', .account = account, .key = key};
    return 0;
}
static inline int fake_amend(
    void *ctx,
    uint32_t account,
    struct order_key key,
    struct price price,
    struct price stop,
    struct quantity quantity,
    struct err *e
) {
    struct fake *f = ctx;
    (void)stop, (void)e;
    f->sent[f->sent_count++] = (struct fake_sent){
        .what = 'a',
        .account = account,
        .key = key,
        .price = price,
        .quantity = quantity,
    };
    return 0;
}
static inline int
fake_leverage(void *ctx, uint32_t account, uint16_t symbol, int n, struct err *e) {
    struct fake *f = ctx;
    (void)symbol;
    if (f->leverage_code != 0) {
        return err_set(e, f->leverage_code, "not now");
    }
    f->sent[f->sent_count++] = (struct fake_sent){.what = 'l', .account = account, .leverage = n};
    return 0;
}

static inline void fake_on_fill(void *ctx, const struct fill_record *r) {
    struct fake *f = ctx;
    f->fills++;
    f->last_fill = *r;
}
static inline void fake_on_order(void *ctx, const struct order_record *r) {
    struct fake *f = ctx;
    f->orders++;
    f->step_count[r->step]++;
    f->last_order = *r->order;
}
static inline void fake_on_signal(void *ctx, const struct signal_record *r) {
    (void)r;
    ((struct fake *)ctx)->signals++;
}
static inline void fake_on_log(void *ctx, const struct log_record *r) {
    (void)r;
    ((struct fake *)ctx)->logs++;
}
static inline void fake_on_fault(void *ctx, const struct fault_record *r) {
    (void)r;
    ((struct fake *)ctx)->faults++;
}
static inline void fake_on_status(void *ctx, const struct status_record *r) {
    struct fake *f = ctx;
    f->statuses++;
    f->last_status = r->status;
    snprintf(f->last_status_reason, sizeof f->last_status_reason, "%s", r->reason);
}

static inline void fake_on_answer(void *ctx, const struct answer_record *r) {
    struct fake *f = ctx;
    f->answers++;
    f->last_answer_code = r->code;
}

static inline void fake_on_edit(void *ctx, const struct edit_record *r) {
    struct fake *f = ctx;
    f->edits[r->step]++;
    f->last_edit = *r;
}

static inline void fake_on_halt(void *ctx, const struct halt_record *r) {
    struct fake *f = ctx;
    f->halts++;
    f->last_halt = *r;
    snprintf(f->last_halt_message, sizeof f->last_halt_message, "%s", r->message);
}

static inline struct instrument fake_btc(void) {
    struct instrument i = {.symbol = "BTC-USDT-SWAP", .base = "BTC", .quote = "USDT"};
    i.kind = INSTRUMENT_PERPETUAL;
    i.tick.d = dec("0.1");
    i.lot.d = dec("0.0001");
    i.min_quantity.d = dec("0.0001");
    i.contract = dec("0.01");
    i.maintenance = dec("0.005");
    i.max_leverage = 125;
    i.can_stop = i.can_amend = i.can_post_only = i.can_reduce_only = i.can_hedge = true;
    return i;
}

/* An engine with one symbol at a last price of 50,000; the venue is the fake's unless one is given.
 */
static inline struct engine *
fake_engine(struct fake *f, const struct venue_port *venue, bool stop_on_fault) {
    struct engine_ports ports = {
        .host = {f, fake_instrument, fake_series, fake_bar, fake_open, fake_close, fake_event},
        .venue = {f, fake_submit, fake_cancel, fake_amend, fake_leverage, NULL},
        .sink =
            {f, fake_on_fill, fake_on_order, fake_on_signal, fake_on_log, fake_on_fault,
             fake_on_status, fake_on_answer, fake_on_edit, NULL, fake_on_halt},
    };
    ports.journal = f->journal;
    if (venue != NULL) {
        ports.venue = *venue;
    }
    struct engine_options options;
    engine_options_default(&options);
    options.stop_on_fault = stop_on_fault;
    options.outbox_max = f->outbox_max > 0 ? f->outbox_max : options.outbox_max;
    if (f->limits.rate.burst > 0) {
        options.limits = f->limits;
    }
    struct err err = {0};
    struct instrument btc = fake_btc();
    uint16_t symbol;
    struct engine *e = NULL;
    if (engine_new(&e, &options, &ports, &err) != 0) {
        __builtin_trap();
    }
    f->engine = e;
    engine_set_time(e, 1700000000000 - 1700000000000 % 3600000);
    if (engine_add_symbol(e, &btc, 60000, &symbol, &err) != 0) {
        __builtin_trap();
    }
    engine_price(e, symbol, (struct price){dec("50000")});
    f->subscription.watches[0] = (struct watch){symbol, 0};
    f->subscription.watch_count = 1;
    f->subscription.handlers = 0x3ff;
    return e;
}

static inline uint32_t fake_activate(struct fake *f, enum suspend_policy on_suspend) {
    static const struct script_bundle bundle = {.name = "test", .hash = 1};
    struct activation_options options = {
        .id = "t1",
        .bundle = &bundle,
        .currency = "USDT",
        .on_suspend = on_suspend,
    };
    options.balance.d = dec("10000");
    uint32_t activation = 0;
    struct err err = {0};
    if (engine_activate(f->engine, &options, &activation, &err) != 0) {
        __builtin_trap();
    }
    engine_pump(f->engine);
    return activation;
}

static inline void fake_report(struct fake *f, uint64_t sequence, struct order_event event) {
    struct venue_report report = {.account = 0, .key = {0, sequence}, .event = event};
    report.event.time_ms = engine_time(f->engine);
    engine_report(f->engine, &report);
    engine_pump(f->engine);
}

static inline struct order_event
fake_fill(const char *price, const char *quantity, const char *fee) {
    struct order_event event = {.kind = ORDER_EVENT_FILL};
    event.fill.price.d = dec(price);
    event.fill.quantity.d = dec(quantity);
    event.fill.fee.d = dec(fee);
    event.fill.time_ms = 1;
    return event;
}

/* The kinds of the events sent since `from`, one letter each: S R C T F O t P c X E. */
static inline const char *fake_kinds(const struct fake *f, int from) {
    static char text[FAKE_EVENTS_MAX + 1];
    int n = 0;
    for (int i = from; i < f->event_count; i++) {
        text[n++] = "SRCTFOtPcXE"[f->events[i].kind];
    }
    text[n] = '\0';
    return text;
}
