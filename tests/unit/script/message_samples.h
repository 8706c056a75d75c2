/* message_samples: one message of every kind and shape as bytes, for the tests of the codec. */
#pragma once

#include "script/message.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SAMPLE_BYTES 8192
#define SAMPLE_MAX 40

struct sample {
    char bytes[SAMPLE_BYTES];
    size_t length;
};

static inline struct order sample_order(void) {
    struct order o = {
        .sequence = 7,
        .id = "a1o7",
        .request =
            {
                .symbol = 3,
                .side = ORDER_SELL,
                .type = ORDER_STOP,
                .position_side = POSITION_SHORT,
                .time_in_force = TIF_FOK,
                .reduce_only = true,
                .is_whole_position = true,
                .quantity = {{DECIMAL_ONE / 3}},
                .price = {{-DECIMAL_ONE * 70000}},
                .stop = {{1}},
                .reason = "stop_loss",
                .tag = "tp1",
            },
        .state = ORDER_UNKNOWN,
        .pending = PENDING_CANCEL,
        .filled = {{5}},
        .average = {{DECIMAL_ONE}},
        .code = E_RISK,
        .message = "order_value: 2 > 1",
        .created_ms = -1,
        .updated_ms = INT64_MAX,
    };
    return o;
}

static inline size_t sample_event(enum event_kind kind, char *bytes) {
    static const struct setting settings[] = {
        {.name = "length", .text = "14"}, {.name = "amounts", .text = "", .is_optional = true}};
    static const struct script_file files[] = {{"init.lua", "return M", 8}};
    static const struct script_bundle edit = {"test", 77, files, 1};
    struct event event = {
        .number = 1ULL << 60,
        .activation = 9,
        .kind = kind,
        .now_ms = 1700000000000,
        .is_warmup = true,
        .symbol = UINT16_MAX,
        .last = {{DECIMAL_ONE * 5}},
    };
    switch (kind) {
    case EVENT_READY:
        event.u.ready = READY_FAULT;
        break;
    case EVENT_CANDLE:
        event.u.series = 12;
        break;
    case EVENT_TICKER:
        event.u.ticker = (struct event_ticker){1.5, NAN, -0.0, 1e300, INFINITY, 4};
        break;
    case EVENT_FILL:
        event.u.fill = (struct event_fill){
            .sequence = 7,
            .fill = {{{1}}, {{2}}, {{-3}}, LIQUIDITY_MAKER, 4},
            .is_final = true,
            .order = sample_order(),
            .position = {{{-7}}, {{8}}, {{9}}, {{10}}, 11},
            .balance = {{12}},
            .leverage = 125,
        };
        break;
    case EVENT_ORDER:
        event.u.order = (struct event_order){sample_order(), E_POST_ONLY_CROSSED};
        break;
    case EVENT_TIMER:
        strcpy(event.u.timer, "cooldown");
        break;
    case EVENT_PARAMS:
    case EVENT_COMMAND:
        event.u.call.settings = settings;
        event.u.call.count = 2;
        event.u.call.command = kind == EVENT_COMMAND ? "sell" : NULL;
        break;
    case EVENT_STOP:
        event.u.stop = STOP_SUSPEND;
        break;
    case EVENT_EDIT:
        event.u.edit = &edit;
        break;
    default:
        break;
    }
    return message_encode_event(&event, bytes, SAMPLE_BYTES);
}

static inline void sample_ask(enum ask_kind kind, struct ask *ask) {
    *ask = (struct ask){.kind = kind, .file = "rsi.lua", .line = 20, .symbol = 1, .sequence = 8};
    switch (kind) {
    case ASK_PLACE:
        ask->u.request = sample_order().request;
        break;
    case ASK_AMEND:
        ask->u.amend.has_stop = true;
        ask->u.amend.stop.d.v = 77;
        strcpy(ask->u.amend.reason, "trail");
        break;
    case ASK_LEVERAGE:
        ask->u.leverage = 10;
        break;
    case ASK_MARGIN_MODE:
        ask->u.is_isolated = true;
        break;
    case ASK_TIMER:
    case ASK_TIMER_CANCEL:
        strcpy(ask->u.timer.name, "idle");
        ask->u.timer.at_ms = 5;
        ask->u.timer.every_ms = 6;
        break;
    case ASK_SIGNAL:
        ask->u.signal =
            (struct ask_signal){"buy", "rsi", "", true, NAN, 2, {{"rsi", 29.5}, {"x", -0.0}}};
        break;
    case ASK_LOG:
    case ASK_NOTIFY:
        ask->u.log.level = ASK_WARN;
        ask->u.log.text = "a line";
        break;
    case ASK_FINISH:
        ask->u.finish = "enough";
        break;
    case ASK_CANCEL:
        break;
    }
}

static inline size_t sample_done(char *bytes) {
    static const struct setting params[] = {{.name = "a", .text = "1"}};
    struct ask asks[ASK_FINISH + 1];
    for (int i = 0; i <= ASK_FINISH; i++) {
        sample_ask((enum ask_kind)i, &asks[i]);
    }
    struct done done = {
        .number = 3,
        .activation = 2,
        .asks = asks,
        .ask_count = ASK_FINISH + 1,
        .state = "\1\0\2",
        .state_length = 3,
        .answer = "sold",
        .subscription =
            {.handlers = 5,
             .watches = {{1, 60000}, {2, 0}},
             .watch_count = 2,
             .tickers = {4},
             .ticker_count = 1},
        .params = params,
        .param_count = 1,
        .log_dropped = 3,
    };
    return message_encode_done(&done, bytes, SAMPLE_BYTES);
}

static inline const struct script_bundle *sample_bundle(void) {
    static const struct script_file files[] = {
        {"init.lua", "return {}\0--", 12}, {"lib/sizing.lua", "", 0}};
    static const struct script_bundle bundle = {"rsi", 0xABCDEF, files, 2};
    return &bundle;
}

static inline size_t sample_open(char *bytes) {
    static const struct setting settings[] = {{.name = "length", .text = "14"}};
    struct activation_open open = {
        .activation = 1,
        .id = "a1",
        .bundle = sample_bundle(),
        .settings = settings,
        .setting_count = 1,
        .seed = UINT64_MAX,
        .order_sequence = 41,
        .account = {"USDT", {{DECIMAL_ONE * 10000}}, true, true},
        .leverage = 3,
    };
    return message_encode_open(&open, bytes, SAMPLE_BYTES);
}

/* Fills samples and returns how many. */
static inline int samples_make(struct sample samples[SAMPLE_MAX]) {
    int n = 0;
    struct instrument instrument = {
        .symbol = "BTC-USDT-SWAP",
        .base = "BTC",
        .quote = "USDT",
        .kind = INSTRUMENT_PERPETUAL,
        .max_leverage = 125,
        .can_amend = true};
    struct bar bar = {1, 2, 3.5, 4, -5, NAN, 1e-300};
    struct done fault = {
        .number = 1,
        .fault = {.code = E_SCRIPT, .text = "x.lua:1: no", .file = "x.lua", .line = 1}};
    char *at = samples[n].bytes;
    samples[n++].length = message_encode_instrument(65535, &instrument, at, SAMPLE_BYTES);
    at = samples[n].bytes;
    samples[n++].length = message_encode_series(1, 2, 900000, at, SAMPLE_BYTES);
    at = samples[n].bytes;
    samples[n++].length = message_encode_bar(1, 99, &bar, at, SAMPLE_BYTES);
    at = samples[n].bytes;
    samples[n++].length = message_encode_close(77, at, SAMPLE_BYTES);
    at = samples[n].bytes;
    samples[n++].length = message_encode_done(&fault, at, SAMPLE_BYTES);
    at = samples[n].bytes;
    samples[n++].length = sample_done(at);
    at = samples[n].bytes;
    samples[n++].length = sample_open(at);
    struct message_bundle dropped = {.id = 5};
    struct message_bundle bundle = {.id = 6, .bundle = sample_bundle()};
    struct series_request request = {1, 2, 900000, 99};
    struct series_reply reply = {E_RANGE, UINT16_MAX, "too fine"};
    struct message_state state = {9, 8, "\1\0\2", 3};
    at = samples[n].bytes;
    samples[n++].length = message_encode_bundle(&dropped, at, SAMPLE_BYTES);
    at = samples[n].bytes;
    samples[n++].length = message_encode_bundle(&bundle, at, SAMPLE_BYTES);
    at = samples[n].bytes;
    samples[n++].length = message_encode_series_request(&request, at, SAMPLE_BYTES);
    at = samples[n].bytes;
    samples[n++].length = message_encode_series_reply(&reply, at, SAMPLE_BYTES);
    at = samples[n].bytes;
    samples[n++].length = message_encode_state(&state, at, SAMPLE_BYTES);
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        at = samples[n].bytes;
        samples[n++].length = sample_event((enum event_kind)kind, at);
    }
    return n;
}

/* Writes a decoded message again. */
static inline size_t sample_encode(const struct message *m, char *bytes, size_t capacity) {
    switch (m->kind) {
    case MESSAGE_INSTRUMENT:
        return message_encode_instrument(
            m->u.instrument.index, &m->u.instrument.instrument, bytes, capacity
        );
    case MESSAGE_SERIES:
        return message_encode_series(
            m->u.series.series, m->u.series.symbol, m->u.series.timeframe_ms, bytes, capacity
        );
    case MESSAGE_BAR:
        return message_encode_bar(m->u.bar.series, m->u.bar.number, &m->u.bar.bar, bytes, capacity);
    case MESSAGE_OPEN:
        return message_encode_open(&m->u.open, bytes, capacity);
    case MESSAGE_CLOSE:
        return message_encode_close(m->u.close, bytes, capacity);
    case MESSAGE_EVENT:
        return message_encode_event(&m->u.event, bytes, capacity);
    case MESSAGE_DONE:
        return message_encode_done(&m->u.done, bytes, capacity);
    case MESSAGE_BUNDLE:
        return message_encode_bundle(&m->u.bundle, bytes, capacity);
    case MESSAGE_SERIES_REQUEST:
        return message_encode_series_request(&m->u.series_request, bytes, capacity);
    case MESSAGE_SERIES_REPLY:
        return message_encode_series_reply(&m->u.series_reply, bytes, capacity);
    case MESSAGE_STATE:
        return message_encode_state(&m->u.state, bytes, capacity);
    }
    return 0;
}
