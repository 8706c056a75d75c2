#include "app/run_view.h"

#include "app/time_text.h"
#include "base/json_write.h"
#include "engine/engine.h"
#include "market/timeframe.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 2048
#define MONEY_STEP (DECIMAL_ONE / 10000) /* what a person reads of money */
#define NANOSECONDS_A_MILLISECOND 1000000
#define DAY_SECONDS 86400.0

#define RED "31"
#define GREEN "32"
#define YELLOW "33"
#define CYAN "36"
#define DIM "2"

static int64_t data_clock(void *ctx) {
    const struct run_view *v = ctx;
    return v->now_ms * NANOSECONDS_A_MILLISECOND;
}

void run_view_init(struct run_view *v, FILE *out, const struct config *config) {
    *v = (struct run_view){.out = out, .config = config, .id_width = 10};
    bool is_terminal = isatty(fileno(out)) == 1;
    const char *no_colour = getenv("NO_COLOR");
    v->is_readable = config->log_format == LOG_FORMAT_READABLE ||
                     (config->log_format == LOG_FORMAT_AUTO && is_terminal);
    v->has_colour = is_terminal && (no_colour == NULL || no_colour[0] == '\0');
    for (int i = 0; i < config->activation_count; i++) {
        int length = (int)strlen(config->activations[i].id);
        v->id_width = length > v->id_width ? length : v->id_width;
    }
    struct log_settings settings = {
        .level = (enum log_level)config->log_level,
        .readable = v->is_readable,
        .clock = data_clock,
        .clock_context = v,
        .file = out,
    };
    log_start(&settings);
}

void run_view_flush(struct run_view *v) {
    fflush(v->out);
}

bool run_view_is_heard(const struct run_view *v) {
    return ferror(v->out) == 0;
}

/* --- a readable line
 * --------------------------------------------------------------------------------- */

struct view_line {
    char memory[LINE_BYTES];
    struct buffer text;
};

/* False where the level keeps the line out. */
static bool line_begin(
    struct run_view *v,
    struct view_line *line,
    enum log_level level,
    const char *id,
    const char *what,
    const char *colour
) {
    char time[TIME_TEXT_MAX];
    if (level < log_level()) {
        return false;
    }
    buffer_init_fixed(&line->text, line->memory, sizeof line->memory);
    buffer_appendf(
        &line->text, "%s  %-*s  %s%s%s%-9s%s  ", time_text_format(v->now_ms, time), v->id_width, id,
        v->has_colour ? "\033[" : "", v->has_colour ? colour : "", v->has_colour ? "m" : "", what,
        v->has_colour ? "\033[0m" : ""
    );
    return true;
}

static void line_escaped(struct view_line *line, const char *text) {
    json_append_escaped(&line->text, text, strlen(text));
}

static void line_end(struct run_view *v, struct view_line *line) {
    fwrite(line->text.data, 1, line->text.length, v->out);
    fputc('\n', v->out);
}

/* Four decimals, more only where nothing would be left. */
static const char *money_text(struct decimal value, char text[DECIMAL_TEXT_MAX]) {
    struct decimal rounded;
    struct decimal step = {MONEY_STEP};
    if (decimal_round_to(value, step, ROUND_NEAREST, &rounded) != 0 ||
        (rounded.v == 0 && value.v != 0)) {
        rounded = value;
    }
    decimal_format(rounded, text);
    return text;
}

static const char *exact_text(struct decimal value, char text[DECIMAL_TEXT_MAX]) {
    decimal_format(value, text);
    return text;
}

static const char *id_of(const struct run_view *v, uint32_t activation) {
    return activation_id(v->engine, activation);
}

static const char *symbol_of(const struct run_view *v, uint16_t symbol) {
    return engine_instrument(v->engine, symbol)->symbol;
}

static const char *side_of(const struct position *p) {
    return p->quantity.d.v > 0 ? "long" : p->quantity.d.v < 0 ? "short" : "flat";
}

/* --- fills and positions
 * ----------------------------------------------------------------------------- */

static void position_readable(struct run_view *v, const struct fill_record *r, const char *id) {
    struct view_line line;
    char quantity[DECIMAL_TEXT_MAX], entry[DECIMAL_TEXT_MAX], balance[DECIMAL_TEXT_MAX];
    const struct position *p = &r->position;
    if (!line_begin(v, &line, LOG_LEVEL_INFO, id, "position", CYAN)) {
        return;
    }
    buffer_appendf(&line.text, "%-5s", side_of(p));
    if (p->quantity.d.v != 0) {
        buffer_appendf(
            &line.text, " %s %s at %s", exact_text(decimal_abs(p->quantity.d), quantity),
            symbol_of(v, r->order->request.symbol), money_text(p->entry.d, entry)
        );
    }
    buffer_appendf(&line.text, "  balance %s", money_text(r->balance.d, balance));
    line_end(v, &line);
}

static void fill_readable(struct run_view *v, const struct fill_record *r, const char *id) {
    struct view_line line;
    char quantity[DECIMAL_TEXT_MAX], price[DECIMAL_TEXT_MAX], fee[DECIMAL_TEXT_MAX];
    char profit[DECIMAL_TEXT_MAX];
    const struct order_request *q = &r->order->request;
    const char *colour = q->side == ORDER_BUY ? GREEN : RED;
    if (!line_begin(v, &line, LOG_LEVEL_INFO, id, "fill", colour)) {
        return;
    }
    buffer_appendf(
        &line.text, "%-4s  %s %s at %s  %s %s  fee %s", order_side_name(q->side),
        exact_text(r->fill.quantity.d, quantity), symbol_of(v, q->symbol),
        exact_text(r->fill.price.d, price), order_type_name(q->type),
        liquidity_name(r->fill.liquidity), money_text(r->fill.fee.d, fee)
    );
    if (r->change.closed.d.v != 0) {
        buffer_appendf(&line.text, "  profit %s", money_text(r->change.realized.d, profit));
    }
    buffer_append_text(&line.text, "  ");
    line_escaped(&line, q->reason);
    line_end(v, &line);
}

void run_view_fill(struct run_view *v, const struct fill_record *r) {
    const struct order_request *q = &r->order->request;
    const char *id = id_of(v, r->activation);
    v->now_ms = r->fill.time_ms;
    if (v->is_readable) {
        fill_readable(v, r, id);
        position_readable(v, r, id);
        return;
    }
    log_info(
        "run", "fill", log_text("activation", id), log_text("order_id", r->order->id),
        log_text("symbol", symbol_of(v, q->symbol)), log_text("side", order_side_name(q->side)),
        log_text("type", order_type_name(q->type)), log_decimal("quantity", r->fill.quantity.d),
        log_decimal("price", r->fill.price.d), log_decimal("fee", r->fill.fee.d),
        log_text("liquidity", liquidity_name(r->fill.liquidity)),
        log_decimal("realized", r->change.realized.d), log_text("reason", q->reason),
        log_integer("number", (int64_t)r->number)
    );
    log_info(
        "run", "position", log_text("activation", id), log_text("symbol", symbol_of(v, q->symbol)),
        log_text("side", side_of(&r->position)), log_decimal("quantity", r->position.quantity.d),
        log_decimal("entry", r->position.entry.d), log_decimal("balance", r->balance.d)
    );
}

/* --- orders that came to nothing
 * --------------------------------------------------------------------- */

void run_view_order(struct run_view *v, const struct order_record *r) {
    bool is_refused = r->step == STEP_REFUSED;
    bool is_rejected = r->step == STEP_CHANGED && r->order->state == ORDER_REJECTED;
    if (!is_refused && !is_rejected) {
        return;
    }
    const struct order_request *q = &r->order->request;
    const char *id = id_of(v, r->activation);
    const char *why = is_refused && r->verdict != NULL ? r->verdict->message : r->order->message;
    const char *what = is_refused ? "refused" : "rejected";
    v->now_ms = engine_time(v->engine);
    if (!v->is_readable) {
        log_warn(
            "run", is_refused ? "order refused" : "order rejected", log_text("activation", id),
            log_text("order_id", r->order->id), log_text("symbol", symbol_of(v, q->symbol)),
            log_text("side", order_side_name(q->side)), log_text("type", order_type_name(q->type)),
            log_decimal("quantity", q->quantity.d), log_text("why", why),
            log_text("reason", q->reason), log_text("file", r->file), log_integer("line", r->line)
        );
        return;
    }
    struct view_line line;
    char quantity[DECIMAL_TEXT_MAX];
    if (line_begin(v, &line, LOG_LEVEL_WARN, id, what, YELLOW)) {
        buffer_appendf(
            &line.text, "%-4s  %s %s  %s  ", order_side_name(q->side),
            exact_text(q->quantity.d, quantity), symbol_of(v, q->symbol), order_type_name(q->type)
        );
        line_escaped(&line, q->reason);
        buffer_append_text(&line.text, ": ");
        line_escaped(&line, why);
        line_end(v, &line);
    }
}

/* --- what scripts say
 * -------------------------------------------------------------------------------- */

static void signal_json(const struct run_view *v, const struct signal_record *r) {
    struct log_field fields[10 + SIGNAL_NUMBERS_MAX];
    const struct ask_signal *s = r->signal;
    size_t count = 0;
    fields[count++] = log_text("activation", id_of(v, r->activation));
    fields[count++] = log_text("symbol", symbol_of(v, r->symbol));
    fields[count++] = log_text("side", s->side);
    fields[count++] = log_text("kind", s->kind);
    fields[count++] = log_bool("accepted", s->is_accepted);
    fields[count++] = log_text("reason", s->reason);
    fields[count++] = log_double("price", s->price);
    for (int i = 0; i < s->number_count; i++) {
        fields[count++] = log_double(s->numbers[i].name, s->numbers[i].value);
    }
    fields[count++] = log_text("file", r->file);
    fields[count++] = log_integer("line", r->line);
    log_line(LOG_LEVEL_INFO, "run", "signal", fields, count);
}

void run_view_signal(struct run_view *v, const struct signal_record *r) {
    const struct ask_signal *s = r->signal;
    struct view_line line;
    v->now_ms = r->time_ms;
    if (!v->is_readable) {
        signal_json(v, r);
        return;
    }
    const char *colour = s->is_accepted ? YELLOW : DIM;
    if (!line_begin(v, &line, LOG_LEVEL_INFO, id_of(v, r->activation), "signal", colour)) {
        return;
    }
    line_escaped(&line, s->side != NULL ? s->side : "");
    buffer_append_text(&line.text, " ");
    line_escaped(&line, s->kind != NULL ? s->kind : "");
    buffer_append_text(&line.text, s->is_accepted ? "  accepted" : "  blocked");
    if (s->reason != NULL && s->reason[0] != '\0') {
        buffer_append_text(&line.text, ": ");
        line_escaped(&line, s->reason);
    }
    if (s->price == s->price) {
        buffer_appendf(&line.text, "  price %.10g", s->price);
    }
    for (int i = 0; i < s->number_count; i++) {
        buffer_append_text(&line.text, "  ");
        line_escaped(&line, s->numbers[i].name);
        buffer_appendf(&line.text, " %.6g", s->numbers[i].value);
    }
    line_end(v, &line);
}

void run_view_log(struct run_view *v, const struct log_record *r) {
    static const enum log_level levels[] = {LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR};
    enum log_level level = levels[r->level];
    const char *what = r->is_notice ? "notice" : level == LOG_LEVEL_INFO ? "log" : "warning";
    struct view_line line;
    v->now_ms = r->time_ms;
    if (!v->is_readable) {
        log_write(
            level, "script", r->text, log_text("activation", id_of(v, r->activation)),
            log_bool("notice", r->is_notice), log_text("file", r->file),
            log_integer("line", r->line)
        );
    } else if (line_begin(
                   v, &line, level, id_of(v, r->activation), what,
                   level == LOG_LEVEL_INFO ? DIM : YELLOW
               )) {
        line_escaped(&line, r->text);
        line_end(v, &line);
    }
}

void run_view_fault(struct run_view *v, const struct fault_record *r) {
    struct view_line line;
    v->now_ms = r->time_ms;
    if (!v->is_readable) {
        log_error(
            "run", "fault", log_text("activation", id_of(v, r->activation)),
            log_text("code", err_name(r->fault->code)), log_text("error", r->fault->text),
            log_text("file", r->fault->file), log_integer("line", r->fault->line),
            log_integer("faults", r->faults), log_bool("suspended", r->is_suspended)
        );
    } else if (line_begin(v, &line, LOG_LEVEL_ERROR, id_of(v, r->activation), "fault", RED)) {
        line_escaped(&line, r->fault->text);
        buffer_appendf(
            &line.text, "  (%d within an hour%s)", r->faults,
            r->is_suspended ? ": suspended" : ", started anew"
        );
        line_end(v, &line);
    }
}

/* For a person the first digits tell versions apart. */
static void put_edit(struct buffer *out, const struct edit_record *r, const char *from, const char *to) {
    switch (r->step) {
    case EDIT_TAKEN:
        buffer_appendf(out, "version %.8s takes over from %.8s", to, from);
        break;
    case EDIT_REFUSED:
        buffer_appendf(out, "version %.8s is refused, %.8s runs on: ", to, from);
        break;
    case EDIT_ROLLED_BACK:
        buffer_appendf(out, "version %.8s is rolled back, %.8s runs again: ", from, to);
        break;
    }
}

void run_view_edit(struct run_view *v, const struct edit_record *r) {
    struct view_line line;
    char from[17], to[17];
    bool is_bad = r->step != EDIT_TAKEN;
    enum log_level level = is_bad ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO;
    snprintf(from, sizeof from, "%016" PRIx64, r->from_hash);
    snprintf(to, sizeof to, "%016" PRIx64, r->to_hash);
    v->now_ms = r->time_ms;
    if (!v->is_readable) {
        log_write(
            level, "run", "edit", log_text("activation", id_of(v, r->activation)),
            log_text("step", edit_step_name(r->step)), log_text("from", from), log_text("to", to),
            log_text("who", r->who), log_text("error", is_bad ? r->fault->text : ""),
            log_text("file", is_bad ? r->fault->file : ""),
            log_integer("line", is_bad ? r->fault->line : 0)
        );
    } else if (line_begin(
                   v, &line, level, id_of(v, r->activation), "edit", is_bad ? RED : CYAN
               )) {
        put_edit(&line.text, r, from, to);
        line_escaped(&line, is_bad ? r->fault->text : "");
        line_end(v, &line);
    }
}

void run_view_status(struct run_view *v, const struct status_record *r) {
    static const char *const names[] = {
        [ACTIVATION_STARTING] = "starting", [ACTIVATION_RUNNING] = "start",
        [ACTIVATION_PAUSED] = "pause",      [ACTIVATION_STOPPING] = "stopping",
        [ACTIVATION_STOPPED] = "stop",      [ACTIVATION_SUSPENDED] = "suspended",
    };
    struct view_line line;
    bool is_bad = r->status == ACTIVATION_SUSPENDED;
    const char *what = names[r->status];
    v->now_ms = r->time_ms;
    if (!v->is_readable) {
        log_write(
            is_bad ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "run", what,
            log_text("activation", id_of(v, r->activation)), log_text("reason", r->reason)
        );
    } else if (line_begin(
                   v, &line, is_bad ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, id_of(v, r->activation),
                   what, is_bad ? RED : CYAN
               )) {
        line_escaped(&line, r->reason);
        line_end(v, &line);
    }
}

/* --- the first lines and the last
 * -------------------------------------------------------------------- */

static void params_append(const struct config_activation *a, struct buffer *out) {
    for (int i = 0; i < a->param_count; i++) {
        if (!a->params[i].is_optional) {
            buffer_append_text(out, "  ");
            json_append_escaped(out, a->params[i].name, strlen(a->params[i].name));
            buffer_append_text(out, "=");
            json_append_escaped(out, a->params[i].text, strlen(a->params[i].text));
        }
    }
}

static void begin_readable(
    struct run_view *v,
    const struct config *c,
    const struct instrument *instrument,
    const struct candle_data *data,
    bool is_until_end
) {
    char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX], speed[DECIMAL_TEXT_MAX];
    char balance[DECIMAL_TEXT_MAX];
    fprintf(
        v->out, "Recorded candles, traded on paper.\n\n  candles     %s: %s, %zu bars of %s%s\n",
        c->feed_path, c->symbol, data->count, timeframe_name(data->bar_ms),
        data->missing > 0 ? ", some are missing" : ""
    );
    fprintf(
        v->out, "  time        %s to %s UTC\n", time_text_format(data->rows[0].bar.time_ms, from),
        time_text_format(data->rows[data->count - 1].bar.close_ms, to)
    );
    if (is_until_end) {
        fprintf(v->out, "  speed       as fast as possible\n");
    } else {
        fprintf(
            v->out, "  speed       %s times real time: a day takes %.3g s\n",
            exact_text(c->speed, speed), DAY_SECONDS / decimal_to_double(c->speed)
        );
    }
    for (int i = 0; i < c->activation_count; i++) {
        struct view_line line;
        const struct config_activation *a = &c->activations[i];
        buffer_init_fixed(&line.text, line.memory, sizeof line.memory);
        buffer_appendf(
            &line.text, "  %-*s  strategy %s, %s %s", v->id_width, a->id, a->script,
            money_text(a->balance.d, balance), instrument->quote
        );
        params_append(a, &line.text);
        line_end(v, &line);
    }
    fprintf(v->out, "\nCtrl-C stops it and prints a summary.\n\n");
}

void run_view_begin(
    struct run_view *v,
    const struct config *c,
    const struct instrument *instrument,
    const struct candle_data *data,
    bool is_until_end
) {
    v->now_ms = data->rows[0].bar.time_ms;
    if (v->is_readable) {
        begin_readable(v, c, instrument, data, is_until_end);
        return;
    }
    log_info(
        "run", "begin", log_text("candles", c->feed_path), log_text("symbol", c->symbol),
        log_text("timeframe", timeframe_name(data->bar_ms)),
        log_integer("bars", (int64_t)data->count), log_integer("missing", data->missing),
        log_integer("from_ms", data->rows[0].bar.time_ms),
        log_integer("to_ms", data->rows[data->count - 1].bar.close_ms),
        log_decimal("speed", c->speed), log_bool("until_end", is_until_end),
        log_text("stop", "SIGINT or SIGTERM")
    );
    for (int i = 0; i < c->activation_count; i++) {
        const struct config_activation *a = &c->activations[i];
        char memory[LINE_BYTES];
        struct buffer params;
        buffer_init_fixed(&params, memory, sizeof memory);
        params_append(a, &params);
        log_info(
            "run", "activation", log_text("activation", a->id), log_text("script", a->script),
            log_decimal("balance", a->balance.d), log_text("currency", instrument->quote),
            log_text("params", params.length > 2 ? params.data + 2 : "")
        );
    }
}

static void summary_row(const struct run_view *v, const struct run_tally *tally, uint32_t index) {
    char realized[DECIMAL_TEXT_MAX], fees[DECIMAL_TEXT_MAX], equity_text[DECIMAL_TEXT_MAX];
    char quantity[DECIMAL_TEXT_MAX], entry[DECIMAL_TEXT_MAX];
    uint32_t account = activation_account(v->engine, index);
    const struct ledger *ledger = account_ledger(v->engine, account);
    const struct position *p = activation_position(v->engine, index, 0, POSITION_NET);
    struct money equity = ledger->balance;
    bool has_equity = account_equity(v->engine, account, &equity) == 0;
    const char *note =
        activation_status(v->engine, index) == ACTIVATION_SUSPENDED ? "  suspended" : "";
    if (!v->is_readable) {
        log_info(
            "run", "summary", log_text("activation", id_of(v, index)),
            log_integer("fills", tally->fills),
            log_integer("closed_trades", (int64_t)tally->performance.trade_count),
            log_decimal("realized", ledger->realized.d), log_decimal("fees", ledger->fees.d),
            log_decimal("balance", ledger->balance.d), log_decimal("equity", equity.d),
            log_decimal("position", p->quantity.d), log_decimal("entry", p->entry.d),
            log_integer("open_orders", activation_open_orders(v->engine, index)),
            log_integer("faults", tally->faults)
        );
        return;
    }
    fprintf(
        v->out, "%-*s  %7lld  %7zu  %13s  %13s  %15s  %s", v->id_width, id_of(v, index),
        (long long)tally->fills, tally->performance.trade_count,
        money_text(ledger->realized.d, realized), money_text(ledger->fees.d, fees),
        has_equity ? money_text(equity.d, equity_text) : "?", side_of(p)
    );
    if (p->quantity.d.v != 0) {
        fprintf(
            v->out, " %s at %s", exact_text(decimal_abs(p->quantity.d), quantity),
            money_text(p->entry.d, entry)
        );
    }
    fprintf(v->out, "%s\n", note);
}

void run_view_restart(struct run_view *v, int64_t data_ms) {
    struct view_line line;
    v->now_ms = data_ms;
    if (!v->is_readable) {
        log_info("run", "restart", log_integer("data_ms", data_ms));
    } else if (line_begin(v, &line, LOG_LEVEL_INFO, "run", "restart", CYAN)) {
        line_escaped(&line, "goes on where it was kept");
        line_end(v, &line);
    }
}

void run_view_gateway(struct run_view *v, const char *address, int port) {
    struct view_line line;
    char text[96];
    if (!v->is_readable) {
        log_info("run", "gateway", log_text("address", address), log_integer("port", port));
    } else if (line_begin(v, &line, LOG_LEVEL_INFO, "run", "gateway", CYAN)) {
        snprintf(text, sizeof text, "HTTP on http://%s:%d", address, port);
        line_escaped(&line, text);
        line_end(v, &line);
    }
}

void run_view_halt(struct run_view *v, const struct halt_record *r) {
    struct view_line line;
    enum log_level level = r->is_on ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN;
    const char *what = r->is_on ? "halt" : "halt ends";
    const char *whose = r->user != NULL ? r->user : "everything";
    v->now_ms = r->time_ms;
    if (!v->is_readable) {
        log_write(
            level, "run", what, log_text("user", whose),
            log_integer("account", r->account == NO_ACTIVATION ? -1 : (int64_t)r->account),
            log_text("check", r->message), log_text("by", r->who)
        );
    } else if (line_begin(v, &line, level, whose, what, r->is_on ? RED : CYAN)) {
        line_escaped(&line, r->message);
        line_end(v, &line);
    }
}

void run_view_warning(struct run_view *v, const struct err *e) {
    struct view_line line;
    v->now_ms = v->engine != NULL ? engine_time(v->engine) : v->now_ms;
    if (!v->is_readable) {
        log_warn("run", "warning", log_err(e));
    } else if (line_begin(v, &line, LOG_LEVEL_WARN, "run", "warning", YELLOW)) {
        line_escaped(&line, e->msg);
        line_end(v, &line);
    }
}

void run_view_summary(struct run_view *v, const struct run_tally *tallies, const char *why) {
    char time[TIME_TEXT_MAX];
    v->now_ms = engine_time(v->engine);
    if (v->is_readable) {
        fprintf(
            v->out,
            "\nStopped at %s UTC of the data: %s.\n\n%-*s  %7s  %7s  %13s  %13s  %15s  %s\n",
            time_text_format(v->now_ms, time), why, v->id_width, "activation", "fills", "trades",
            "realized", "fees", "equity", "position"
        );
    } else {
        log_info("run", "end", log_text("why", why), log_integer("time_ms", v->now_ms));
    }
    for (int i = 0; i < engine_activation_count(v->engine); i++) {
        summary_row(v, &tallies[i], (uint32_t)i);
    }
    run_view_flush(v);
}
