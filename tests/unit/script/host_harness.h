/* host_harness: a host with one symbol, the bars a test gives it, and one activation of a script
 * text. The series exist from the start; the port finds them. Everything is freed by harness_close.
 */
#pragma once

#include "market/timeframe.h"
#include "script/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HARNESS_START ((int64_t)1700000100000) /* a multiple of 15 minutes */

struct harness {
    struct host *host;
    struct script_file files[2];
    struct script_bundle bundle;
    uint64_t number;
    int64_t now_ms;
    struct done done;
    uint64_t bars;
};

static inline struct decimal d(const char *text) {
    struct decimal out;
    assert_int_equal(decimal_parse(text, strlen(text), &out), 0);
    return out;
}

static inline struct instrument harness_instrument(void) {
    struct instrument i = {
        .symbol = "BTC-USDT-SWAP",
        .base = "BTC",
        .quote = "USDT",
        .kind = INSTRUMENT_PERPETUAL,
        .max_leverage = 125,
        .can_stop = true,
        .can_amend = true,
        .can_post_only = true,
        .can_reduce_only = true,
        .can_hedge = true,
    };
    i.tick.d = d("0.1");
    i.lot.d = d("0.0001");
    i.min_quantity.d = d("0.0001");
    i.contract = d("0.01");
    i.maintenance = d("0.005");
    return i;
}

/* Series 0 is 1m, series 1 is 15m; finer is refused. */
static inline int harness_series(
    void *ctx,
    uint16_t symbol,
    int64_t timeframe_ms,
    uint64_t number,
    uint16_t *series,
    struct err *e
) {
    struct harness *h = ctx;
    (void)number;
    if (timeframe_ms == MINUTE_MS || timeframe_ms == 15 * MINUTE_MS) {
        *series = timeframe_ms == MINUTE_MS ? 0 : 1;
        return host_series(h->host, *series, symbol, timeframe_ms, e);
    }
    return err_set(e, E_RANGE, "timeframe %s cannot be built", timeframe_name(timeframe_ms));
}

static inline void
harness_host_with(struct harness *h, enum state_capture capture, bool fetch_ahead) {
    struct err e;
    struct host_options options = {
        .capture = capture,
        .fetch_ahead = fetch_ahead,
        .activations_max = 4,
        .instruments_max = 4,
        .series_max = 4,
    };
    struct host_port port = {.ctx = h, .series = harness_series};
    struct instrument i = harness_instrument();
    memset(h, 0, sizeof *h);
    h->now_ms = HARNESS_START;
    host_limits_default(&options.limits);
    assert_int_equal(host_new(&h->host, &options, &port, &e), 0);
    assert_int_equal(host_instrument(h->host, 0, &i, &e), 0);
    strcpy(i.symbol, "ETH-USDT-SWAP");
    assert_int_equal(host_instrument(h->host, 1, &i, &e), 0);
}

static inline void harness_host(struct harness *h, enum state_capture capture) {
    harness_host_with(h, capture, false);
}

static inline void harness_open_as(
    struct harness *h,
    uint32_t activation,
    const char *text,
    const struct setting *settings,
    int count,
    bool is_hedge
) {
    struct err e = {0};
    h->files[0] = (struct script_file){"init.lua", text, strlen(text)};
    h->bundle = (struct script_bundle){"test", 0, h->files, 1};
    for (const char *c = text; *c; c++) {
        h->bundle.hash = h->bundle.hash * 31 + (unsigned char)*c;
    }
    struct activation_open open = {
        .activation = activation,
        .bundle = &h->bundle,
        .settings = settings,
        .setting_count = count,
        .account = {.currency = "USDT", .is_hedge = is_hedge},
        .leverage = 1,
    };
    open.account.balance.d = d("10000");
    snprintf(open.id, sizeof open.id, "a%u", activation);
    assert_int_equal(host_open(h->host, &open, &e), 0);
}

static inline void harness_open(struct harness *h, const char *text) {
    harness_host(h, CAPTURE_WHEN_ASKED);
    harness_open_as(h, 0, text, NULL, 0, false);
}

static inline struct event harness_event(struct harness *h, enum event_kind kind) {
    struct event event = {
        .number = ++h->number,
        .kind = kind,
        .now_ms = h->now_ms,
        .symbol = UINT16_MAX,
    };
    return event;
}

static inline const struct done *harness_send(struct harness *h, const struct event *event) {
    host_event(h->host, event, &h->done);
    return &h->done;
}

static inline const struct done *harness_run(struct harness *h, enum event_kind kind) {
    struct event event = harness_event(h, kind);
    return harness_send(h, &event);
}

/* START, which must succeed. */
static inline const struct done *harness_start(struct harness *h) {
    const struct done *done = harness_run(h, EVENT_START);
    if (done->fault.code != 0) {
        fail_msg("start: %s", done->fault.text);
    }
    return done;
}

/* One more 15m bar that closes at a price, known to the events from now on. */
static inline void harness_bar(struct harness *h, double close) {
    struct bar bar = {
        .time_ms = HARNESS_START + (int64_t)h->bars * 15 * MINUTE_MS,
        .open = close,
        .high = close + 1,
        .low = close - 1,
        .close = close,
        .volume = 2,
    };
    bar.close_ms = bar.time_ms + 15 * MINUTE_MS;
    h->now_ms = bar.close_ms;
    h->bars++;
    host_bar(h->host, 1, h->number + 1, &bar);
}

static inline struct event harness_candle_event(struct harness *h, double close) {
    harness_bar(h, close);
    struct event event = harness_event(h, EVENT_CANDLE);
    char text[32];
    snprintf(text, sizeof text, "%.1f", close);
    event.u.series = 1;
    event.symbol = 0;
    event.last.d = d(text);
    return event;
}

static inline const struct done *harness_candle(struct harness *h, double close) {
    struct event event = harness_candle_event(h, close);
    return harness_send(h, &event);
}

static inline void harness_sound(const struct done *done) {
    if (done->fault.code != 0) {
        fail_msg("fault: %s", done->fault.text);
    }
}

static inline void harness_faults(const struct done *done, int code, const char *part) {
    assert_int_equal(done->fault.code, code);
    if (!strstr(done->fault.text, part)) {
        fail_msg("'%s' is not in: %s", part, done->fault.text);
    }
    assert_int_equal(done->ask_count, 0);
}

/* The fill that completes an order: position, balance and leverage as given. */
static inline struct event harness_fill_event(
    struct harness *h, const struct ask *ask, const char *price, const char *position
) {
    struct event event = harness_event(h, EVENT_FILL);
    struct event_fill *f = &event.u.fill;
    f->sequence = ask->sequence;
    f->fill.price.d = d(price);
    f->fill.quantity = ask->u.request.quantity;
    f->fill.fee.d = d("0.05");
    f->fill.time_ms = h->now_ms;
    f->is_final = true;
    f->order.sequence = ask->sequence;
    f->order.request = ask->u.request;
    f->order.state = ORDER_FILLED;
    f->order.filled = ask->u.request.quantity;
    f->order.average.d = d(price);
    f->order.updated_ms = h->now_ms;
    snprintf(f->order.id, sizeof f->order.id, "a0o%d", (int)ask->sequence);
    f->position.quantity.d = d(position);
    f->position.entry.d = decimal_is_zero(f->position.quantity.d) ? d("0") : d(price);
    f->balance.d = d("9999.95");
    f->leverage = 3;
    return event;
}

static inline struct event
harness_order_event(struct harness *h, const struct order *order, int code) {
    struct event event = harness_event(h, EVENT_ORDER);
    event.u.order.order = *order;
    event.u.order.code = code;
    return event;
}

static inline void harness_close(struct harness *h) {
    host_free(h->host);
}
