#include "gateway/gateway_parts.h"

#include "gateway/scripts.h"
#include "gateway/shapes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define ARENA_BYTES ((size_t)2 << 20)
#define OUT_MAX ((size_t)8 << 20)
#define EVENT_MAX ((size_t)16 << 10)

/* --- the server's handlers
 * ------------------------------------------------------------------------ */

static void on_gone(void *ctx, struct http_exchange *stream) {
    struct gateway *g = ctx;
    events_gone(g->events, stream);
}

static void on_tick(void *ctx, int64_t now_ns) {
    struct gateway *g = ctx;
    struct err ignored;
    events_tick(g->events, now_ns);
    pending_look(g);
    pending_expire(g, now_ns);
    if (tokens_refresh(g->tokens, &ignored) != 0) {
        /* The file is half right: those who could call still can. `doctor` and the next start say
         * what is wrong. */
    }
}

static void on_stopped(void *ctx) {
    struct gateway *g = ctx;
    g->has_stopped = true;
    if (g->options.stopped != NULL) {
        g->options.stopped(g->options.ctx);
    }
}

/* --- making and ending
 * ---------------------------------------------------------------------------- */

static int parts_make(struct gateway *g, struct err *e) {
    uint64_t run = 0;
    if (getrandom(&run, sizeof run, 0) != (ssize_t)sizeof run) {
        return err_set(e, E_IO, "the system gives no random bytes");
    }
    g->arena_block = malloc(ARENA_BYTES);
    g->route_requests = calloc((size_t)route_count, sizeof *g->route_requests);
    if (g->arena_block == NULL || g->route_requests == NULL) {
        return err_set(e, E_MEMORY, "no memory for the gateway");
    }
    arena_init(&g->arena, g->arena_block, ARENA_BYTES);
    buffer_init(&g->out, OUT_MAX);
    buffer_init(&g->event, EVENT_MAX);
    int code = tokens_open(&g->tokens, g->options.data_dir, e);
    code = code != 0 ? code : directory_new(&g->directory, g->engine, e);
    code = code != 0 ? code : idempotency_new(&g->idempotency, &g->options.keys, e);
    code = code != 0 ? code : rates_new(&g->rates, &g->options.rates, run, e);
    code = code != 0 ? code : history_new(&g->history, e);
    code = code != 0 ? code : events_new(&g->events, run, e);
    return code;
}

static int server_make(struct gateway *g, struct err *e) {
    struct http_limits limits;
    http_limits_default(&limits);
    if (g->options.connections_max > 0) {
        limits.connections_max = g->options.connections_max;
    }
    struct http_handlers handlers = {
        .ctx = g,
        .request = gateway_request,
        .refusal = gateway_refusal,
        .gone = on_gone,
        .tick = on_tick,
        .stopped = on_stopped,
    };
    return http_server_new(
        &g->server, g->options.loop, g->options.address, g->options.port, &limits, &handlers, e
    );
}

int gateway_new(struct gateway **out, const struct gateway_options *options, struct err *e) {
    struct gateway *g = calloc(1, sizeof *g);
    if (g == NULL) {
        return err_set(e, E_MEMORY, "no memory for the gateway");
    }
    g->options = *options;
    g->engine = options->engine;
    int code = parts_make(g, e);
    code = code != 0 ? code : server_make(g, e);
    if (code != 0) {
        gateway_free(g);
        return code;
    }
    *out = g;
    return 0;
}

void gateway_free(struct gateway *g) {
    if (g == NULL) {
        return;
    }
    pending_free_all(g);
    http_server_free(g->server);
    events_free(g->events);
    history_free(g->history);
    idempotency_free(g->idempotency);
    rates_free(g->rates);
    directory_free(g->directory);
    tokens_free(g->tokens);
    buffer_free(&g->out);
    buffer_free(&g->event);
    free(g->route_requests);
    free(g->arena_block);
    free(g);
}

int gateway_port(const struct gateway *g) {
    return http_server_port(g->server);
}

void gateway_ready(struct gateway *g, bool is_ready) {
    g->is_ready = is_ready;
}

void gateway_stop(struct gateway *g) {
    g->is_ready = false;
    http_server_stop(g->server);
}

bool gateway_has_stopped(const struct gateway *g) {
    return g->has_stopped;
}

void gateway_durable(struct gateway *g, uint64_t sequence) {
    if (sequence > g->durable) {
        g->durable = sequence;
        pending_durable(g);
    }
}

void gateway_look(struct gateway *g) {
    pending_look(g);
}

/* --- what the engine tells
 * ------------------------------------------------------------------------ */

static const char *user_of(const struct gateway *g, uint32_t activation) {
    struct activation_view view;
    inspect_activation(g->engine, activation, &view);
    return view.user;
}

/* Begins an event's JSON where somebody would hear it. */
static bool event_begin(struct gateway *g, const char *user, struct json_writer *json) {
    if (!events_wanted(g->events, user)) {
        return false;
    }
    buffer_clear(&g->event);
    json_begin(json, &g->event);
    return true;
}

static void
event_send(struct gateway *g, const char *user, const char *kind, struct json_writer *json) {
    if (json_end(json) == 0) {
        events_tell(g->events, user, kind, g->event.data, g->event.length);
    }
}

void gateway_on_fill(struct gateway *g, const struct fill_record *record) {
    const char *user = user_of(g, record->activation);
    struct json_writer json;
    history_keep_fill(g->history, user, record);
    if (event_begin(g, user, &json)) {
        struct history_fill fill = {
            .activation = record->activation,
            .number = record->number,
            .is_unasked = record->is_unasked,
            .symbol = record->order->request.symbol,
            .side = record->order->request.side,
            .fill = record->fill,
            .filled = record->order->filled,
        };
        memcpy(fill.order_id, record->order->id, sizeof fill.order_id);
        memcpy(fill.reason, record->order->request.reason, sizeof fill.reason);
        shape_fill(&json, g, &fill);
        event_send(g, user, "fill", &json);
    }
}

void gateway_on_order(struct gateway *g, const struct order_record *record) {
    const char *user = user_of(g, record->activation);
    struct json_writer json;
    history_keep_order(g->history, user, record);
    if (event_begin(g, user, &json)) {
        shape_order(&json, g, record->activation, record->order);
        event_send(g, user, "order", &json);
    }
}

void gateway_on_signal(struct gateway *g, const struct signal_record *record) {
    const char *user = user_of(g, record->activation);
    struct json_writer json;
    const struct history_signal *signal = history_keep_signal(g->history, user, record);
    if (signal != NULL && event_begin(g, user, &json)) {
        shape_signal(&json, g, signal);
        event_send(g, user, "signal", &json);
    }
}

void gateway_on_log(struct gateway *g, const struct log_record *record) {
    static const char *const levels[] = {"info", "warn", "error"};
    const char *user = user_of(g, record->activation);
    struct json_writer json;
    if (event_begin(g, user, &json)) {
        json_object(&json);
        write_text(&json, "activation_id", activation_id(g->engine, record->activation));
        write_text(&json, "level", levels[record->level]);
        json_key(&json, "notice");
        json_bool(&json, record->is_notice);
        write_text(&json, "text", record->text);
        write_optional(&json, "file", record->file);
        json_key(&json, "line");
        json_integer(&json, record->line);
        write_time(&json, "timestamp", record->time_ms);
        json_close(&json);
        event_send(g, user, "log", &json);
    }
}

void gateway_on_fault(struct gateway *g, const struct fault_record *record) {
    const char *user = user_of(g, record->activation);
    struct json_writer json;
    pending_fault(
        g, record->activation, record->fault->code,
        record->details != NULL ? record->details : record->fault->text
    );
    if (event_begin(g, user, &json)) {
        json_object(&json);
        write_text(&json, "activation_id", activation_id(g->engine, record->activation));
        write_text(&json, "code", err_name(record->fault->code));
        write_text(&json, "text", record->fault->text);
        write_optional(&json, "file", record->fault->file);
        json_key(&json, "line");
        json_integer(&json, record->fault->line);
        json_key(&json, "faults");
        json_integer(&json, record->faults);
        json_key(&json, "suspended");
        json_bool(&json, record->is_suspended);
        write_time(&json, "timestamp", record->time_ms);
        json_close(&json);
        event_send(g, user, "fault", &json);
    }
}

void gateway_on_status(struct gateway *g, const struct status_record *record) {
    const char *user = user_of(g, record->activation);
    struct json_writer json;
    if (event_begin(g, user, &json)) {
        json_object(&json);
        write_text(&json, "activation_id", activation_id(g->engine, record->activation));
        write_text(&json, "status", activation_status_name(record->status));
        write_optional(&json, "status_reason", record->reason);
        write_time(&json, "timestamp", record->time_ms);
        json_close(&json);
        event_send(g, user, "status", &json);
    }
}

void gateway_on_edit(struct gateway *g, const struct edit_record *record) {
    static const char *const kinds[] = {"script.deployed", "script.refused", "script.rolled_back"};
    const char *user = user_of(g, record->activation);
    const struct fault *fault = record->fault;
    struct json_writer json;
    char from[VERSION_MAX], to[VERSION_MAX];
    pending_edited(g, record);
    if (!event_begin(g, user, &json)) {
        return;
    }
    version_text(record->from_hash, from);
    version_text(record->to_hash, to);
    json_object(&json);
    write_text(&json, "activation_id", activation_id(g->engine, record->activation));
    write_text(&json, "strategy", activation_name(g->engine, record->activation));
    write_text(&json, "from_version", from);
    write_text(&json, "version", to);
    write_optional(&json, "by", record->who);
    write_optional(&json, "code", fault != NULL ? err_name(fault->code) : NULL);
    write_optional(&json, "message", fault != NULL ? fault->text : NULL);
    write_optional(&json, "file", fault != NULL ? fault->file : NULL);
    json_key(&json, "line");
    if (fault != NULL && fault->line > 0) {
        json_integer(&json, fault->line);
    } else {
        json_null(&json);
    }
    write_time(&json, "timestamp", record->time_ms);
    json_close(&json);
    event_send(g, user, kinds[record->step], &json);
}

/* What is remembered of it would be taken for the next one's. */
void gateway_on_left(struct gateway *g, uint32_t activation) {
    history_forget(g->history, user_of(g, activation), activation);
    pending_left(g, activation);
    directory_clear(g->directory);
}

static void halt_tell(struct gateway *g, const char *user, const struct halt_record *record) {
    struct json_writer json;
    if (event_begin(g, user, &json)) {
        json_object(&json);
        write_text(&json, "user_id", user);
        if (record->account != NO_ACTIVATION) {
            write_account_id(&json, record->account);
        } else {
            write_optional(&json, "account_id", NULL);
        }
        write_text(&json, "check", risk_check_name(record->check));
        json_key(&json, "active");
        json_bool(&json, record->is_on);
        write_text(&json, "message", record->message);
        write_text(&json, "by", record->who);
        write_time(&json, "timestamp", record->time_ms);
        json_close(&json);
        event_send(g, user, "halt", &json);
    }
}

void gateway_on_halt(struct gateway *g, const struct halt_record *record) {
    if (record->user != NULL) {
        halt_tell(g, record->user, record);
        return;
    }
    for (int i = 0; i < engine_activation_count(g->engine); i++) {
        const char *user = user_of(g, (uint32_t)i);
        if (directory_first(g->directory, user) == i) { /* once to each user */
            halt_tell(g, user, record);
        }
    }
}

void gateway_on_bar(struct gateway *g, uint16_t symbol, const struct candle *candle) {
    history_keep_candle(g->history, symbol, candle);
}

void gateway_on_answer(struct gateway *g, const struct answer_record *record) {
    pending_answered(g, record);
}
