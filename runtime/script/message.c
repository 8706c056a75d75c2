#include "script/message_codec.h"

#include <limits.h>

/* --- events -------------------------------------------------------------------------------------
 */

static void codec_ticker(struct codec *c, struct event_ticker *t) {
    codec_double(c, &t->last);
    codec_double(c, &t->bid);
    codec_double(c, &t->ask);
    codec_double(c, &t->open);
    codec_double(c, &t->high);
    codec_double(c, &t->low);
}

static void codec_event_fill(struct codec *c, struct event_fill *f) {
    codec_u64(c, &f->sequence);
    codec_fill(c, &f->fill);
    codec_bool(c, &f->is_final);
    codec_order(c, &f->order);
    codec_position(c, &f->position);
    codec_decimal(c, &f->balance.d);
    codec_int(c, &f->leverage, 0, INT_MAX);
}

static void codec_event_payload(struct codec *c, struct event *event) {
    switch (event->kind) {
    case EVENT_READY:
        CODEC_ENUM(c, &event->u.ready, READY_FAULT);
        break;
    case EVENT_CANDLE:
        codec_u16(c, &event->u.series);
        break;
    case EVENT_TICKER:
        codec_ticker(c, &event->u.ticker);
        break;
    case EVENT_FILL:
        codec_event_fill(c, &event->u.fill);
        break;
    case EVENT_ORDER:
        codec_order(c, &event->u.order.order);
        codec_int(c, &event->u.order.code, 1 - (int)E_INDEX_COUNT, 0);
        break;
    case EVENT_TIMER:
        codec_chars(c, event->u.timer, sizeof event->u.timer);
        break;
    case EVENT_PARAMS:
    case EVENT_COMMAND:
        codec_settings(c, &event->u.call.settings, &event->u.call.count);
        codec_text(c, &event->u.call.command);
        if (c->code == 0 && event->kind == EVENT_COMMAND && !event->u.call.command) {
            codec_fail(c, E_DATA);
        }
        break;
    case EVENT_STOP:
        CODEC_ENUM(c, &event->u.stop, STOP_SUSPEND);
        break;
    case EVENT_EDIT:
        codec_bundle_optional(c, &event->u.edit);
        if (c->code == 0 && !event->u.edit) {
            codec_fail(c, E_DATA);
        }
        break;
    case EVENT_START:
    case EVENT_KIND_COUNT:
        break;
    }
}

/* MESSAGE_EVENT_HEAD bytes with the message's own two. */
static void codec_event_head(struct codec *c, struct event *event) {
    codec_u64(c, &event->number);
    codec_u32(c, &event->activation);
    CODEC_ENUM(c, &event->kind, EVENT_KIND_COUNT - 1);
}

static void codec_event(struct codec *c, struct event *event) {
    codec_event_head(c, event);
    codec_i64(c, &event->now_ms);
    codec_bool(c, &event->is_warmup);
    codec_bool(c, &event->is_paused);
    codec_u16(c, &event->symbol);
    codec_decimal(c, &event->last.d);
    codec_event_payload(c, event);
}

/* --- done ---------------------------------------------------------------------------------------
 */

void codec_fault(struct codec *c, struct fault *f) {
    codec_int(c, &f->code, 1 - (int)E_INDEX_COUNT, 0);
    codec_chars(c, f->text, sizeof f->text);
    codec_chars(c, f->file, sizeof f->file);
    codec_int(c, &f->line, 0, INT_MAX);
}

static void codec_subscription(struct codec *c, struct subscription *s) {
    codec_u32(c, &s->handlers);
    codec_int(c, &s->watch_count, 0, WATCH_MAX);
    for (int i = 0; i < s->watch_count && c->code == 0; i++) {
        codec_u16(c, &s->watches[i].symbol);
        codec_i64(c, &s->watches[i].timeframe_ms);
    }
    codec_int(c, &s->ticker_count, 0, WATCH_MAX);
    for (int i = 0; i < s->ticker_count && c->code == 0; i++) {
        codec_u16(c, &s->tickers[i]);
    }
}

void codec_done(struct codec *c, struct done *done) {
    codec_u64(c, &done->number);
    codec_u32(c, &done->activation);
    codec_fault(c, &done->fault);
    struct ask *asks = codec_array(c, done->asks, &done->ask_count, sizeof *asks);
    for (int i = 0; i < done->ask_count && c->code == 0; i++) {
        codec_ask(c, &asks[i]);
    }
    if (!c->is_writing) {
        done->asks = asks;
    }
    codec_blob(c, &done->state, &done->state_length);
    codec_bool(c, &done->runs_on);
    codec_text(c, &done->answer);
    codec_subscription(c, &done->subscription);
    codec_settings(c, &done->params, &done->param_count);
    codec_int(c, &done->log_dropped, 0, INT_MAX);
}

/* --- between processes --------------------------------------------------------------------------
 */

static void codec_message_bundle(struct codec *c, struct message_bundle *b) {
    codec_u32(c, &b->id);
    codec_bundle_optional(c, &b->bundle);
}

static void codec_series_request(struct codec *c, struct series_request *r) {
    codec_u32(c, &r->activation);
    codec_u16(c, &r->symbol);
    codec_i64(c, &r->timeframe_ms);
    codec_u64(c, &r->number);
}

static void codec_series_reply(struct codec *c, struct series_reply *r) {
    codec_int(c, &r->code, 1 - (int)E_INDEX_COUNT, 0);
    codec_u16(c, &r->series);
    codec_text(c, &r->text);
}

static void codec_state(struct codec *c, struct message_state *s) {
    codec_u32(c, &s->activation);
    codec_u64(c, &s->number);
    codec_blob(c, &s->state, &s->state_length);
}

/* --- messages -----------------------------------------------------------------------------------
 */

static void codec_payload(struct codec *c, struct message *m) {
    switch (m->kind) {
    case MESSAGE_INSTRUMENT:
        codec_u16(c, &m->u.instrument.index);
        codec_instrument(c, &m->u.instrument.instrument);
        break;
    case MESSAGE_SERIES:
        codec_u16(c, &m->u.series.series);
        codec_u16(c, &m->u.series.symbol);
        codec_i64(c, &m->u.series.timeframe_ms);
        break;
    case MESSAGE_BAR:
        codec_u16(c, &m->u.bar.series);
        codec_u64(c, &m->u.bar.number);
        codec_bar(c, &m->u.bar.bar);
        break;
    case MESSAGE_OPEN:
        codec_open(c, &m->u.open);
        break;
    case MESSAGE_CLOSE:
        codec_u32(c, &m->u.close);
        break;
    case MESSAGE_EVENT:
        codec_event(c, &m->u.event);
        break;
    case MESSAGE_DONE:
        codec_done(c, &m->u.done);
        break;
    case MESSAGE_BUNDLE:
        codec_message_bundle(c, &m->u.bundle);
        break;
    case MESSAGE_SERIES_REQUEST:
        codec_series_request(c, &m->u.series_request);
        break;
    case MESSAGE_SERIES_REPLY:
        codec_series_reply(c, &m->u.series_reply);
        break;
    case MESSAGE_STATE:
        codec_state(c, &m->u.state);
        break;
    }
}

static struct codec writing(char *bytes, size_t capacity, enum message_kind kind) {
    struct codec c = {.is_writing = true, .out = bytes, .length = capacity};
    uint8_t version = MESSAGE_VERSION;
    uint8_t wire_kind = (uint8_t)kind;
    codec_u8(&c, &version);
    codec_u8(&c, &wire_kind);
    return c;
}

static size_t written(const struct codec *c) {
    return c->code == 0 ? c->position : 0;
}

size_t message_encode_instrument(
    uint16_t index, const struct instrument *i, char *bytes, size_t capacity
) {
    struct codec c = writing(bytes, capacity, MESSAGE_INSTRUMENT);
    codec_u16(&c, &index);
    codec_instrument(&c, (struct instrument *)(uintptr_t)i);
    return written(&c);
}

size_t message_encode_series(
    uint16_t series, uint16_t symbol, int64_t timeframe_ms, char *bytes, size_t capacity
) {
    struct codec c = writing(bytes, capacity, MESSAGE_SERIES);
    codec_u16(&c, &series);
    codec_u16(&c, &symbol);
    codec_i64(&c, &timeframe_ms);
    return written(&c);
}

size_t message_encode_bar(
    uint16_t series, uint64_t number, const struct bar *bar, char *bytes, size_t capacity
) {
    struct codec c = writing(bytes, capacity, MESSAGE_BAR);
    codec_u16(&c, &series);
    codec_u64(&c, &number);
    codec_bar(&c, (struct bar *)(uintptr_t)bar);
    return written(&c);
}

size_t message_encode_open(const struct activation_open *open, char *bytes, size_t capacity) {
    struct codec c = writing(bytes, capacity, MESSAGE_OPEN);
    codec_open(&c, (struct activation_open *)(uintptr_t)open);
    return written(&c);
}

size_t message_encode_close(uint32_t activation, char *bytes, size_t capacity) {
    struct codec c = writing(bytes, capacity, MESSAGE_CLOSE);
    codec_u32(&c, &activation);
    return written(&c);
}

size_t message_encode_event(const struct event *event, char *bytes, size_t capacity) {
    struct codec c = writing(bytes, capacity, MESSAGE_EVENT);
    codec_event(&c, (struct event *)(uintptr_t)event);
    return written(&c);
}

size_t message_encode_done(const struct done *done, char *bytes, size_t capacity) {
    struct codec c = writing(bytes, capacity, MESSAGE_DONE);
    codec_done(&c, (struct done *)(uintptr_t)done);
    return written(&c);
}

size_t message_encode_bundle(const struct message_bundle *bundle, char *bytes, size_t capacity) {
    struct codec c = writing(bytes, capacity, MESSAGE_BUNDLE);
    struct message_bundle copy = *bundle;
    codec_message_bundle(&c, &copy);
    return written(&c);
}

size_t
message_encode_series_request(const struct series_request *request, char *bytes, size_t capacity) {
    struct codec c = writing(bytes, capacity, MESSAGE_SERIES_REQUEST);
    struct series_request copy = *request;
    codec_series_request(&c, &copy);
    return written(&c);
}

size_t message_encode_series_reply(const struct series_reply *reply, char *bytes, size_t capacity) {
    struct codec c = writing(bytes, capacity, MESSAGE_SERIES_REPLY);
    struct series_reply copy = *reply;
    codec_series_reply(&c, &copy);
    return written(&c);
}

size_t message_encode_state(const struct message_state *state, char *bytes, size_t capacity) {
    struct codec c = writing(bytes, capacity, MESSAGE_STATE);
    struct message_state copy = *state;
    codec_state(&c, &copy);
    return written(&c);
}

bool message_event_head(
    const char *bytes, size_t length, uint32_t *activation, enum event_kind *kind
) {
    struct codec c = {.in = bytes, .length = length};
    uint8_t version = 0;
    uint8_t message = 0;
    struct event event = {0};
    codec_u8(&c, &version);
    codec_u8(&c, &message);
    codec_event_head(&c, &event);
    *activation = event.activation;
    *kind = event.kind;
    return c.code == 0 && version == MESSAGE_VERSION && message == MESSAGE_EVENT;
}

int message_decode(
    const char *bytes, size_t length, struct arena *arena, struct message *out, struct err *e
) {
    struct codec c = {.in = bytes, .length = length, .arena = arena};
    uint8_t version = 0;
    uint8_t kind = 0;
    codec_u8(&c, &version);
    codec_u8(&c, &kind);
    if (c.code == 0 && version != MESSAGE_VERSION) {
        return err_set(
            e, E_VERSION, "a message of version %d, this is %d", version, MESSAGE_VERSION
        );
    }
    if (c.code != 0 || kind < MESSAGE_INSTRUMENT || kind > MESSAGE_STATE) {
        return err_set(e, E_DATA, "not a message: %zu bytes, kind %d", length, kind);
    }
    memset(out, 0, sizeof *out);
    out->kind = (enum message_kind)kind;
    codec_payload(&c, out);
    if (c.code == E_MEMORY) {
        return err_set(e, E_MEMORY, "a message of %zu bytes does not fit into its arena", length);
    }
    if (c.code == 0 && c.position != c.length) {
        codec_fail(&c, E_DATA);
    }
    if (c.code != 0) {
        return err_set(
            e, E_DATA, "a malformed message of kind %d, at byte %zu of %zu", kind, c.position,
            length
        );
    }
    return 0;
}
