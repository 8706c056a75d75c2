#include "research/backtest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROGRESS_BARS 4096
#define STATE_TEXT_MAX ((size_t)256 << 10)

struct backtest {
    const struct backtest_options *options;
    struct backtest_result *result;
    struct session *session;
    struct engine *engine; /* the session's */
    uint16_t symbol;
    uint32_t activation;
    size_t first; /* rows played: first to end − 1 */
    size_t end;
    struct orders_file orders;
    struct equity_file equity;
    /* The equity of the bar before, valid while the account is flat and its balance unchanged. */
    struct money flat_balance;
    double flat_value;
    struct err err; /* of a sink function */
    int fault_code; /* of the last fault */
};

/* --- what the engine tells
 * ------------------------------------------------------------------------ */

static void keep_error(struct backtest *b, const struct err *e) {
    if (b->err.code == 0) {
        b->err = *e;
    }
}

static void on_fill(void *ctx, const struct fill_record *record) {
    struct backtest *b = ctx;
    struct err err = {0};
    const struct order_request *request = &record->order->request;
    struct performance_fill fill = {
        .symbol = request->symbol,
        .position_side = request->position_side,
        .side = request->side,
        .fill = &record->fill,
        .change = &record->change,
        .reason = request->reason,
    };
    b->result->fills++;
    if (performance_on_fill(&b->result->performance, &fill, &err) != 0) {
        keep_error(b, &err);
    }
    if (b->orders.csv.stream != NULL &&
        orders_file_write(
            &b->orders, b->options->instrument->symbol, request->side, request->type, &record->fill,
            request->reason, &err
        ) != 0) {
        keep_error(b, &err);
    }
    if (b->options->listener.fill != NULL) {
        b->options->listener.fill(b->options->listener.ctx, record);
    }
}

static void on_order(void *ctx, const struct order_record *record) {
    struct backtest *b = ctx;
    b->result->orders += record->step == STEP_SENT;
    if (b->options->listener.order != NULL) {
        b->options->listener.order(b->options->listener.ctx, record);
    }
}

static void on_signal(void *ctx, const struct signal_record *record) {
    struct backtest *b = ctx;
    b->result->signals++;
    b->result->signals_accepted += record->signal->is_accepted;
    if (b->options->listener.signal != NULL) {
        b->options->listener.signal(b->options->listener.ctx, record);
    }
}

static void on_log(void *ctx, const struct log_record *record) {
    struct backtest *b = ctx;
    if (b->options->listener.log != NULL) {
        b->options->listener.log(b->options->listener.ctx, record);
    }
}

static void on_fault(void *ctx, const struct fault_record *record) {
    struct backtest *b = ctx;
    b->result->faults++;
    b->fault_code = record->fault->code;
    snprintf(b->result->fault_text, sizeof b->result->fault_text, "%s", record->fault->text);
    if (b->options->listener.fault != NULL) {
        b->options->listener.fault(b->options->listener.ctx, record);
    }
}

static void on_status(void *ctx, const struct status_record *record) {
    struct backtest *b = ctx;
    b->result->status = record->status;
    snprintf(b->result->status_reason, sizeof b->result->status_reason, "%s", record->reason);
    if (b->options->listener.status != NULL) {
        b->options->listener.status(b->options->listener.ctx, record);
    }
}

/* The rows before the first one played. */
static size_t history_candles(void *ctx, uint16_t symbol, const struct candle **out) {
    const struct backtest *b = ctx;
    (void)symbol;
    *out = b->options->data->rows;
    return b->first;
}

/* --- making
 * --------------------------------------------------------------------------------------- */

static size_t row_at_or_after(const struct candle_data *data, int64_t time_ms) {
    size_t low = 0, high = data->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (data->rows[middle].bar.time_ms < time_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int range_choose(struct backtest *b, struct err *e) {
    const struct backtest_options *o = b->options;
    b->first = o->from_ms > 0 ? row_at_or_after(o->data, o->from_ms) : 0;
    b->end = o->to_ms > 0 ? row_at_or_after(o->data, o->to_ms) : o->data->count;
    if (b->first >= b->end) {
        return err_set(e, E_RANGE, "no bars between --from and --to");
    }
    return 0;
}

static int engine_make(struct backtest *b, struct err *e) {
    const struct backtest_options *o = b->options;
    struct session_options options = {
        .face = o->face,
        .host = {.limits = o->host_limits, .capture = CAPTURE_WHEN_ASKED, .deadline = o->deadline},
        .costs = o->costs,
        .seed = o->seed,
    };
    engine_options_default(&options.engine);
    options.engine.symbols_max = 1;
    options.engine.activations_max = 1;
    options.engine.series_max = 16;
    options.engine.stop_on_fault = !o->keep_going;
    options.engine.limits = o->limits;
    struct sink_port sink = {
        .ctx = b,
        .fill = on_fill,
        .order = on_order,
        .signal = on_signal,
        .log = on_log,
        .fault = on_fault,
        .status = on_status,
    };
    struct history_port history = {b, history_candles};
    return session_new(&b->session, &options, &sink, &history, e);
}

static int script_start(struct backtest *b, struct err *e) {
    const struct backtest_options *o = b->options;
    b->engine = session_engine(b->session);
    engine_set_time(b->engine, o->data->rows[b->first].bar.time_ms);
    int code = session_add_symbol(b->session, o->instrument, o->data->bar_ms, &b->symbol, e);
    struct activation_options activation = {
        .id = "bt1",
        .bundle = o->bundle,
        .settings = o->settings,
        .setting_count = o->setting_count,
        .currency = o->instrument->quote,
        .balance = o->balance,
        .seed = o->seed,
        .on_suspend = SUSPEND_KEEP,
    };
    if (b->first > 0) {
        engine_price(b->engine, b->symbol, o->data->rows[b->first - 1].close);
    }
    if (code == 0) {
        code = session_activate(b->session, &activation, &b->activation, e);
    }
    if (code != 0) {
        return code;
    }
    session_settle(b->session);
    if (b->result->status != ACTIVATION_RUNNING || b->result->faults > 0) {
        return err_set(e, b->fault_code, "%s", b->result->fault_text);
    }
    return 0;
}

/* --- the run
 * -------------------------------------------------------------------------------------- */

static int bar_sample(struct backtest *b, const struct candle *candle, struct err *e) {
    const struct position *position =
        activation_position(b->engine, b->activation, b->symbol, POSITION_NET);
    struct performance_bar bar = {
        .time_ms = candle->bar.time_ms,
        .close_ms = candle->bar.close_ms,
        .open = candle->bar.open,
        .close = candle->bar.close,
    };
    const struct ledger *ledger = account_ledger(b->engine, 0);
    if (position->quantity.d.v == 0) {
        if (ledger->balance.d.v != b->flat_balance.d.v) {
            b->flat_balance = ledger->balance;
            b->flat_value = decimal_to_double(ledger->balance.d);
        }
        bar.equity = b->flat_balance;
        bar.equity_value = b->flat_value;
    } else {
        if (account_equity(b->engine, 0, &bar.equity) != 0) {
            return err_set(e, E_OVERFLOW, "the equity is out of range");
        }
        bar.equity_value = decimal_approximate(bar.equity.d);
        double quantity = decimal_approximate(position->quantity.d);
        bar.exposed_value = (quantity < 0 ? -quantity : quantity) * candle->bar.close;
    }
    int code = performance_on_bar(&b->result->performance, &bar, e);
    if (code == 0 && b->equity.csv.stream != NULL) {
        code = equity_file_write(
            &b->equity, candle->bar.close_ms, bar.equity, ledger->balance, position->quantity, e
        );
    }
    return code;
}

static int bars_play(struct backtest *b, struct err *e) {
    const struct backtest_options *o = b->options;
    for (size_t i = b->first; i < b->end; i++) {
        const struct candle *candle = &o->data->rows[i];
        enum player_status status = session_play(b->session, b->symbol, candle, e);
        if (e->code != 0) {
            return e->code;
        }
        b->result->bars++;
        if (bar_sample(b, candle, e) != 0) {
            return e->code;
        }
        if (b->err.code != 0) {
            *e = b->err;
            return e->code;
        }
        if (status == PLAYER_FAILED) {
            b->result->has_failed = true;
            return 0;
        }
        if ((i & (PROGRESS_BARS - 1)) == 0) {
            if (o->on_progress != NULL) {
                o->on_progress(o->ctx, i - b->first, b->end - b->first);
            }
            if (o->is_interrupted != NULL && o->is_interrupted(o->ctx)) {
                b->result->is_interrupted = true;
                return 0;
            }
        }
    }
    return 0;
}

static double cpu_seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int params_keep(struct backtest *b, struct err *e) {
    int count = 0;
    const struct setting *params = activation_params(b->engine, b->activation, &count);
    b->result->params = calloc((size_t)(count > 0 ? count : 1), sizeof *b->result->params);
    if (b->result->params == NULL) {
        return err_set(e, E_MEMORY, "no memory for the result");
    }
    for (int i = 0; i < count; i++) {
        b->result->params[i].name = strdup(params[i].name);
        b->result->params[i].text = strdup(params[i].text);
    }
    b->result->param_count = count;
    return 0;
}

/* The state at the end must still be of a shape that can be kept (docs/reference/script-api.md). */
static void state_keep(struct backtest *b) {
    struct backtest_result *r = b->result;
    if (r->status == ACTIVATION_SUSPENDED) {
        return;
    }
    size_t length = 0;
    struct err err = {0};
    const char *bytes = host_state(session_host(b->session), b->activation, &length, &err);
    if (bytes == NULL) {
        r->faults++;
        r->has_failed = true;
        snprintf(r->fault_text, sizeof r->fault_text, "%s", err.msg);
        return;
    }
    r->state = malloc(STATE_TEXT_MAX);
    if (r->state != NULL) {
        state_format(bytes, length, r->state, STATE_TEXT_MAX);
    }
}

static int result_finish(struct backtest *b, struct err *e) {
    struct backtest_result *r = b->result;
    memcpy(r->refusals, engine_refusals(b->engine), sizeof r->refusals);
    r->position = *activation_position(b->engine, b->activation, b->symbol, POSITION_NET);
    r->last = b->options->data->rows[b->first + (size_t)(r->bars > 0 ? r->bars - 1 : 0)].close;
    if (!r->has_failed) {
        state_keep(b);
    }
    int code = params_keep(b, e);
    return code != 0 ? code
                     : performance_figures(&r->performance, &b->options->figures, &r->figures, e);
}

static int files_open(struct backtest *b, struct err *e) {
    int code = 0;
    if (b->options->orders_path != NULL) {
        code = orders_file_open(&b->orders, b->options->orders_path, e);
    }
    if (code == 0 && b->options->equity_path != NULL) {
        code = equity_file_open(&b->equity, b->options->equity_path, e);
    }
    return code;
}

/* Both are closed whatever happened; the first failure is told. */
static int files_close(struct backtest *b, int code, struct err *e) {
    struct err closing = {0};
    if (orders_file_close(&b->orders, &closing) != 0 && code == 0) {
        *e = closing;
        code = closing.code;
    }
    if (equity_file_close(&b->equity, &closing) != 0 && code == 0) {
        *e = closing;
        code = closing.code;
    }
    return code;
}

static int backtest_body(struct backtest *b, struct err *e) {
    int code = range_choose(b, e);
    if (code == 0) {
        code = engine_make(b, e);
    }
    if (code == 0) {
        code = script_start(b, e);
    }
    if (code == 0) {
        code = files_open(b, e);
    }
    if (code != 0) {
        return code;
    }
    double begin = cpu_seconds_now();
    code = bars_play(b, e);
    b->result->cpu_seconds = cpu_seconds_now() - begin;
    if (code == 0) {
        code = result_finish(b, e);
    }
    return files_close(b, code, e);
}

int backtest_run(
    const struct backtest_options *options, struct backtest_result *result, struct err *e
) {
    struct backtest b = {.options = options, .result = result};
    memset(result, 0, sizeof *result);
    e->code = 0;
    performance_init(&result->performance, options->balance);
    int code = backtest_body(&b, e);
    session_free(b.session);
    return code;
}

void backtest_result_free(struct backtest_result *result) {
    performance_fini(&result->performance);
    for (int i = 0; i < result->param_count; i++) {
        free((void *)(uintptr_t)result->params[i].name);
        free((void *)(uintptr_t)result->params[i].text);
    }
    free(result->params);
    free(result->state);
    memset(result, 0, sizeof *result);
}
