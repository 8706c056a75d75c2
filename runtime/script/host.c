#include "script/api.h"
#include "script/guest.h"

#include "script/guest_settings.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES ((size_t)1024 * 1024) /* texts of one event: logs, signals, parameters */

void host_limits_default(struct host_limits *limits) {
    *limits = (struct host_limits){
        .memory_max = (size_t)2 * 1024 * 1024,
        .handler_cpu_ns = 5 * INT64_C(1000000),
        .start_cpu_ns = 50 * INT64_C(1000000),
        .pcall_depth_max = 200,
        .asks_max = 256,
        .open_orders_max = 200,
        .indicators_max = 64,
        .timers_max = 32,
        .log_lines_per_minute = 50,
        .state_max = (size_t)64 * 1024,
        .source_max = (size_t)256 * 1024,
    };
}

/* --- life ---------------------------------------------------------------------------------------
 */

static int host_allocate(struct host *h, struct err *e) {
    const struct host_options *o = &h->options;
    h->instruments = calloc((size_t)o->instruments_max, sizeof *h->instruments);
    h->series = calloc((size_t)o->series_max, sizeof *h->series);
    h->guests = calloc((size_t)o->activations_max, sizeof *h->guests);
    h->asks = calloc((size_t)o->limits.asks_max, sizeof *h->asks);
    h->state = malloc(o->limits.state_max);
    h->arena_block = malloc(ARENA_BYTES);
    h->indicators = indicator_set_new();
    bool has_parts = capture_init(h) == 0 && fetch_init(h) == 0;
    bool is_complete = has_parts && h->instruments && h->series && h->guests && h->asks &&
                       h->state && h->arena_block && h->indicators;
    if (!is_complete) {
        return err_set(e, E_MEMORY, "no memory for a script host");
    }
    arena_init(&h->arena, h->arena_block, ARENA_BYTES);
    return undo_init(&h->undo, o->limits.asks_max, e);
}

int host_new(
    struct host **out,
    const struct host_options *options,
    const struct host_port *port,
    struct err *e
) {
    if (options->instruments_max > NO_INDEX || options->series_max > NO_INDEX) {
        return err_set(e, E_ARGUMENT, "more than %d instruments or series", NO_INDEX);
    }
    struct host *h = calloc(1, sizeof *h);
    if (!h) {
        return err_set(e, E_MEMORY, "no memory for a script host");
    }
    h->options = *options;
    h->port = *port;
    int code = host_allocate(h, e);
    if (code != 0) {
        host_free(h);
        return code;
    }
    *out = h;
    return 0;
}

void host_free(struct host *h) {
    if (!h) {
        return;
    }
    for (int i = 0; h->guests && i < h->options.activations_max; i++) {
        host_close(h, (uint32_t)i);
    }
    indicator_set_free(h->indicators);
    for (int i = 0; h->series && i < h->options.series_max; i++) {
        free(h->series[i].series);
    }
    for (int i = 0; i < h->file_count; i++) {
        free(h->files[i]);
    }
    undo_free(&h->undo);
    capture_free(h);
    fetch_free(h);
    free(h->files);
    free(h->arena_block);
    free(h->state);
    free(h->asks);
    free(h->guests);
    free(h->series);
    free(h->instruments);
    free(h);
}

/* --- market -------------------------------------------------------------------------------------
 */

int host_instrument(struct host *h, uint16_t index, const struct instrument *i, struct err *e) {
    if (index >= h->options.instruments_max) {
        return err_set(e, E_LIMIT, "more than %d instruments", h->options.instruments_max);
    }
    h->instruments[index] = *i;
    if (index >= h->instrument_count) {
        h->instrument_count = index + 1;
    }
    return 0;
}

int host_series(
    struct host *h, uint16_t series, uint16_t symbol, int64_t timeframe_ms, struct err *e
) {
    if (series >= h->options.series_max) {
        return err_set(e, E_LIMIT, "more than %d series", h->options.series_max);
    }
    if (symbol >= h->instrument_count || timeframe_ms <= 0) {
        return err_set(e, E_ARGUMENT, "series %d of an unknown symbol", series);
    }
    struct market_series *s = &h->series[series];
    if (s->series) {
        return err_set(e, E_STATE, "series %d is there already", series);
    }
    s->series = calloc(1, sizeof *s->series);
    if (!s->series) {
        return err_set(e, E_MEMORY, "no memory for a series");
    }
    s->series->timeframe_ms = timeframe_ms;
    s->symbol = symbol;
    s->timeframe_ms = timeframe_ms;
    return 0;
}

void host_bar(struct host *h, uint16_t series, uint64_t number, const struct bar *bar) {
    if (series < h->options.series_max && h->series[series].series) {
        series_push(h->series[series].series, bar, number);
        indicator_set_push(h->indicators, h->series[series].series);
    }
}

/* --- activations --------------------------------------------------------------------------------
 */

static int open_check(const struct host *h, const struct activation_open *open, struct err *e) {
    size_t source = 0;
    if (open->activation >= (uint32_t)h->options.activations_max) {
        return err_set(e, E_LIMIT, "more than %d activations", h->options.activations_max);
    }
    if (h->guests[open->activation]) {
        return err_set(e, E_STATE, "activation %u is open already", open->activation);
    }
    size_t length = strnlen(open->id, sizeof open->id);
    if (length == 0 || length == sizeof open->id) {
        return err_set(
            e, E_ARGUMENT, "an activation needs an id of 1 to %d letters", ACTIVATION_ID_MAX - 1
        );
    }
    if (!open->bundle || open->bundle->count < 1) {
        return err_set(e, E_ARGUMENT, "activation %s has no script", open->id);
    }
    for (int i = 0; i < open->bundle->count; i++) {
        source += open->bundle->files[i].length;
    }
    if (source > h->options.limits.source_max) {
        return err_set(
            e, E_QUOTA, "the script has %zu bytes, the limit is %zu", source,
            h->options.limits.source_max
        );
    }
    return 0;
}

static int guest_fill(struct host *h, struct guest *g, const struct activation_open *open) {
    g->bundle = host_bundle_take(h, open->bundle);
    if (!g->bundle || settings_copy(open->settings, open->setting_count, &g->settings) != 0) {
        return E_MEMORY;
    }
    g->setting_count = open->setting_count;
    if (open->state && open->state_length > 0) {
        g->state = malloc(open->state_length);
        if (!g->state) {
            return E_MEMORY;
        }
        memcpy(g->state, open->state, open->state_length);
        g->state_length = g->state_capacity = open->state_length;
    }
    return 0;
}

int host_open(struct host *h, const struct activation_open *open, struct err *e) {
    int code = open_check(h, open, e);
    if (code != 0) {
        return code;
    }
    struct guest *g = calloc(1, sizeof *g);
    if (!g) {
        return err_set(e, E_MEMORY, "no memory for an activation");
    }
    g->host = h;
    g->activation = open->activation;
    g->seed = open->seed;
    memcpy(g->id, open->id, sizeof g->id);
    if (open->account.currency) {
        strncpy(g->currency, open->account.currency, sizeof g->currency - 1);
    }
    view_init(&g->view, open);
    h->guests[open->activation] = g;
    if (guest_fill(h, g, open) != 0) {
        host_close(h, open->activation);
        return err_set(e, E_MEMORY, "no memory for an activation");
    }
    int restored = view_restore(&g->view, open, e);
    if (restored != 0) {
        host_close(h, open->activation);
    }
    return restored;
}

static struct guest *guest_of(const struct host *h, uint32_t activation) {
    return activation < (uint32_t)h->options.activations_max ? h->guests[activation] : NULL;
}

void host_close(struct host *h, uint32_t activation) {
    struct guest *g = guest_of(h, activation);
    if (!g) {
        return;
    }
    guest_drop_sandbox(g);
    host_bundle_drop(h, g->bundle);
    view_free(&g->view);
    free(g->settings);
    free(g->settings_before);
    free(g->capture_fault);
    free(g->state);
    free(g);
    h->guests[activation] = NULL;
}

/* --- events -------------------------------------------------------------------------------------
 */

/* Everything but what other fields say is there: a whole struct is much to clear for each event. */
static void done_begin(struct done *out, const struct event *event) {
    out->number = event->number;
    out->activation = event->activation;
    out->fault.code = 0;
    out->fault.text[0] = '\0';
    out->fault.file[0] = '\0';
    out->fault.line = 0;
    out->asks = NULL;
    out->ask_count = 0;
    out->state = NULL;
    out->state_length = 0;
    out->runs_on = false;
    out->answer = NULL;
    out->subscription.handlers = 0;
    out->subscription.watch_count = 0;
    out->subscription.ticker_count = 0;
    out->params = NULL;
    out->param_count = 0;
    out->log_dropped = 0;
}

static bool event_is_known(const struct host *h, const struct event *event) {
    switch (event->kind) {
    case EVENT_CANDLE:
        return event->u.series < h->options.series_max && h->series[event->u.series].series &&
               series_known(h->series[event->u.series].series, event->number) > 0;
    case EVENT_TICKER:
        return event->symbol < h->instrument_count;
    case EVENT_FILL:
        return event->u.fill.order.request.symbol < h->instrument_count;
    case EVENT_ORDER:
        return event->u.order.order.request.symbol < h->instrument_count;
    default:
        return true;
    }
}

/* What an event says holds, whatever becomes of its handler. */
static int guest_observe(struct guest *g, const struct event *event, struct done *out) {
    struct err e;
    int code = 0;
    switch (event->kind) {
    case EVENT_FILL:
        code = view_fill(&g->view, &event->u.fill, &e);
        if (code == 0 && g->L) {
            positions_refresh(g, event->u.fill.order.request.symbol);
        }
        break;
    case EVENT_ORDER:
        code = view_order(&g->view, &event->u.order, &e);
        break;
    case EVENT_TIMER:
        view_timer_due(&g->view, event->u.timer);
        break;
    default:
        break;
    }
    return code ? fault_set(&out->fault, code, "%s", e.msg) : 0;
}

void host_event(struct host *h, const struct event *event, struct done *out) {
    done_begin(out, event);
    arena_reset(&h->arena);
    h->ask_count = 0;
    h->log_dropped = 0;
    struct guest *g = guest_of(h, event->activation);
    if (!g) {
        fault_set(&out->fault, E_NOT_FOUND, "activation %u is not open", event->activation);
        return;
    }
    if (!event_is_known(h, event)) {
        fault_set(&out->fault, E_DATA, "an event of a symbol or series that was not told");
        return;
    }
    guest_capture_now(g);
    if (guest_observe(g, event, out) != 0) {
        return;
    }
    if (guest_capture_failed(g, event, &out->fault)) {
        return;
    }
    switch (event->kind) {
    case EVENT_START:
        guest_start(g, event, out);
        break;
    case EVENT_PARAMS:
        guest_change_params(g, event, out);
        break;
    case EVENT_COMMAND:
        guest_command(g, event, out);
        break;
    case EVENT_EDIT:
        guest_edit(g, event, out);
        break;
    default:
        guest_handle(g, event, out);
        break;
    }
}

const char *host_state(struct host *h, uint32_t activation, size_t *length, struct err *e) {
    struct guest *g = guest_of(h, activation);
    struct fault fault;
    if (!g) {
        err_set(e, E_NOT_FOUND, "activation %u is not open", activation);
        return NULL;
    }
    if (g->L && guest_capture(g, &fault) != 0) {
        err_set(e, fault.code, "%s", fault.text);
        return NULL;
    }
    *length = g->state_length;
    return g->state ? g->state : "";
}
