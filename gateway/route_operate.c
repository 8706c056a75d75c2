/* routes for those who keep the platform running: alive, ready, figures, the description. */
#include "gateway/router.h"
#include "gateway/shapes.h"

#include <inttypes.h>

int route_health(struct call *c, struct err *e) {
    (void)e;
    json_object(&c->json);
    write_text(&c->json, "status", "alive");
    write_text(&c->json, "version", c->g->options.version);
    json_close(&c->json);
    return 0;
}

int route_ready(struct call *c, struct err *e) {
    const struct tables_port *tables = &c->g->options.tables;
    char behind[160];
    bool is_down = engine_journal_is_down(c->engine);
    bool is_behind =
        tables->is_behind != NULL && tables->is_behind(tables->ctx, behind, sizeof behind);
    bool is_ready = c->g->is_ready && !is_down && !is_behind;
    (void)e;
    c->status = is_ready ? 200 : 503;
    json_object(&c->json);
    json_key(&c->json, "ready");
    json_bool(&c->json, is_ready);
    json_key(&c->json, "reasons");
    json_array(&c->json);
    if (!c->g->is_ready) {
        json_string(&c->json, "it is starting or stopping");
    }
    if (is_down) {
        json_string(&c->json, "the journal cannot be written");
    }
    if (is_behind) {
        json_string(&c->json, behind);
    }
    json_close(&c->json);
    json_close(&c->json);
    return 0;
}

int route_openapi(struct call *c, struct err *e) {
    (void)e;
    buffer_append(c->out, openapi_json, openapi_json_length);
    return 0;
}

/* --- figures
 * -------------------------------------------------------------------------------------- */

static void metric(struct buffer *out, const char *name, const char *type, const char *help) {
    buffer_appendf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void metric_value(
    struct buffer *out, const char *name, const char *type, const char *help, uint64_t value
) {
    metric(out, name, type, help);
    buffer_appendf(out, "%s %" PRIu64 "\n", name, value);
}

static void metrics_http(const struct call *c) {
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    const struct http_figures *h = http_server_figures(c->g->server);
    struct buffer *out = c->out;
    metric(out, "http_requests_total", "counter", "requests by route");
    for (int i = 0; i < route_count; i++) {
        buffer_appendf(
            out, "http_requests_total{method=\"%s\",route=\"%s\"} %" PRIu64 "\n",
            methods[routes[i].method], routes[i].path, c->g->route_requests[i]
        );
    }
    metric(out, "http_answers_total", "counter", "answers by the hundreds of their status");
    for (int i = 2; i < 6; i++) {
        buffer_appendf(
            out, "http_answers_total{status=\"%dxx\"} %" PRIu64 "\n", i, c->g->answers[i]
        );
    }
    metric_value(
        out, "http_heads_refused_total", "counter", "malformed requests", h->refused_heads
    );
    metric_value(
        out, "http_timeouts_total", "counter", "requests that came too slowly", h->timed_out
    );
    metric_value(
        out, "http_connections_refused_total", "counter", "connections over the limit",
        h->refused_connections
    );
    metric_value(out, "http_connections", "gauge", "connections now", (uint64_t)h->open);
    metric_value(
        out, "http_connections_most", "gauge", "the most there were", (uint64_t)h->open_most
    );
    metric(out, "http_rate_refused_total", "counter", "requests over a rate, by what was counted");
    for (int i = 0; i < RATE_COUNT; i++) {
        buffer_appendf(
            out, "http_rate_refused_total{rate=\"%s\"} %" PRIu64 "\n",
            rate_kind_name((enum rate_kind)i), rates_refused(c->g->rates, (enum rate_kind)i)
        );
    }
    metric_value(out, "sse_dropped_total", "counter", "readers too slow", h->streams_dropped);
    metric_value(
        out, "sse_readers", "gauge", "readers of events now",
        (uint64_t)events_reader_count(c->g->events)
    );
    metric_value(
        out, "http_answers_waiting", "gauge", "answers that wait for a script or the journal",
        (uint64_t)c->g->pending.count
    );
    metric_value(
        out, "idempotency_keys", "gauge", "keys kept",
        (uint64_t)idempotency_count(c->g->idempotency)
    );
    metric_value(
        out, "request_keys", "gauge", "things made under a key, found again after a restart",
        (uint64_t)engine_request_count(c->engine)
    );
    metric_value(out, "history_bytes", "gauge", "of the rings", history_bytes(c->g->history));
}

static void metrics_engine(const struct call *c) {
    struct buffer *out = c->out;
    uint64_t statuses[ACTIVATION_SUSPENDED + 1] = {0};
    uint64_t orders = 0;
    for (int i = 0; i < engine_activation_count(c->engine); i++) {
        statuses[activation_status(c->engine, (uint32_t)i)]++;
        orders += (uint64_t)activation_open_orders(c->engine, (uint32_t)i);
    }
    metric(out, "activations", "gauge", "activations by status");
    for (int i = 0; i <= ACTIVATION_SUSPENDED; i++) {
        buffer_appendf(
            out, "activations{status=\"%s\"} %" PRIu64 "\n",
            activation_status_name((enum activation_status)i), statuses[i]
        );
    }
    metric_value(out, "open_orders", "gauge", "live orders", orders);
    metric(out, "orders_refused_total", "counter", "orders refused, by the check");
    for (int i = 0; i < RISK_CHECK_COUNT; i++) {
        buffer_appendf(
            out, "orders_refused_total{check=\"%s\"} %" PRIu64 "\n",
            risk_check_name((enum risk_check)i), engine_refusals(c->engine)[i]
        );
    }
    metric_value(
        out, "journal_appended", "gauge", "sequence appended last", engine_appended(c->engine)
    );
    metric_value(out, "journal_durable", "gauge", "sequence known to be synced", c->g->durable);
    uint64_t asked, sent;
    inspect_requests(c->engine, &asked, &sent);
    metric_value(
        out, "venue_requests_asked", "gauge", "asked for and not refused, of this process", asked
    );
    metric_value(out, "venue_requests_sent", "gauge", "that left, of this process", sent);
    metric_value(
        out, "halts", "gauge", "limits of loss that hold", (uint64_t)inspect_halt_count(c->engine)
    );
    metric_value(
        out, "kill_switches", "gauge", "switches set", (uint64_t)inspect_kill_count(c->engine)
    );
}

/* What is held, by symbol. */
static void metrics_positions(const struct call *c) {
    metric(c->out, "active_positions", "gauge", "positions that are held");
    for (int symbol = 0; symbol < engine_symbol_count(c->engine); symbol++) {
        uint64_t count = 0;
        for (int i = 0; i < engine_activation_count(c->engine); i++) {
            for (int side = POSITION_NET; side <= POSITION_SHORT; side++) {
                const struct position *p = activation_position(
                    c->engine, (uint32_t)i, (uint16_t)symbol, (enum position_side)side
                );
                count += !decimal_is_zero(p->quantity.d);
            }
        }
        buffer_appendf(
            c->out, "active_positions{exchange=\"%s\",symbol=\"%s\"} %" PRIu64 "\n",
            c->g->options.venue, engine_instrument(c->engine, (uint16_t)symbol)->symbol, count
        );
    }
}

int route_metrics(struct call *c, struct err *e) {
    (void)e;
    c->content_type = "text/plain; version=0.0.4";
    metrics_http(c);
    metrics_engine(c);
    metrics_positions(c);
    if (c->g->options.metrics != NULL) {
        c->g->options.metrics(c->g->options.ctx, c->out);
    }
    return 0;
}
