#include "app/commands.h"

#include "app/instruments.h"
#include "app/progress.h"
#include "app/script_files.h"
#include "app/time_text.h"
#include "market/timeframe.h"
#include "research/backtest.h"
#include "stats/report.h"
#include "worker/deadline_watcher.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_MAX ((size_t)4 << 20)
#define SETTINGS_MAX 128

struct backtest_command {
    const struct arguments *arguments;
    struct script_source source;
    struct candle_data data;
    struct instrument instrument;
    struct setting settings[SETTINGS_MAX];
    int setting_count;
    struct backtest_options options;
    struct deadline deadline;
    struct deadline_watcher *watcher;
    struct progress progress;
    bool is_quiet;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number) {
    (void)signal_number;
    interrupted = 1;
}

static bool is_interrupted(void *ctx) {
    (void)ctx;
    return interrupted != 0;
}

/* --- options
 * -------------------------------------------------------------------------------------- */

/* A decimal option that must be at least 0 (or more than 0). */
static int decimal_option(
    const struct arguments *a,
    const char *name,
    bool may_be_zero,
    struct decimal *out,
    struct err *e
) {
    const char *text = arguments_text(a, name);
    if (text == NULL) {
        return 0;
    }
    if (decimal_parse(text, strlen(text), out) != 0 || out->v < 0 ||
        (!may_be_zero && out->v == 0)) {
        return err_set(
            e, E_ARGUMENT, "--%s %s: it must be a number %s 0", name, text,
            may_be_zero ? "of at least" : "greater than"
        );
    }
    return 0;
}

static int
rate_option(const struct arguments *a, const char *name, struct decimal *out, struct err *e) {
    int code = decimal_option(a, name, true, out, e);
    if (code == 0 && out->v >= DECIMAL_ONE) {
        return err_set(
            e, E_ARGUMENT, "--%s %s: it is a fraction below 1 (0.0005 is 0.05 %%)", name,
            arguments_text(a, name)
        );
    }
    return code;
}

static int time_option(const struct arguments *a, const char *name, int64_t *out, struct err *e) {
    const char *text = arguments_text(a, name);
    if (text == NULL) {
        return 0;
    }
    if (time_text_parse(text, out) != 0) {
        return err_set(
            e, E_ARGUMENT,
            "--%s %s: times are written 2021-02-20, 2021-02-20T12:30 or in milliseconds UTC", name,
            text
        );
    }
    return 0;
}

static int instrument_options(struct backtest_command *c, struct err *e) {
    const struct arguments *a = c->arguments;
    struct instrument *i = &c->instrument;
    int code = instrument_find(arguments_text(a, "symbol"), i, e);
    if (code == 0) {
        code = decimal_option(a, "tick", false, &i->tick.d, e);
    }
    if (code == 0) {
        code = decimal_option(a, "lot", false, &i->lot.d, e);
    }
    if (code == 0 && arguments_has(a, "lot") && !arguments_has(a, "min")) {
        i->min_quantity = i->lot;
    }
    if (code == 0) {
        code = decimal_option(a, "min", false, &i->min_quantity.d, e);
    }
    if (code == 0 && decimal_compare(i->min_quantity.d, i->lot.d) < 0) {
        i->min_quantity = i->lot;
    }
    return code;
}

static int setting_add(
    struct backtest_command *c, const char *name, const char *text, bool is_optional, struct err *e
) {
    if (c->setting_count == SETTINGS_MAX) {
        return err_set(e, E_ARGUMENT, "more than %d parameters", SETTINGS_MAX);
    }
    c->settings[c->setting_count++] = (struct setting){name, text, is_optional};
    return 0;
}

/* --set NAME=VALUE; the name's end is marked in argv, which is ours. */
static int settings_options(struct backtest_command *c, struct err *e) {
    const struct arguments *a = c->arguments;
    int code = setting_add(c, "symbol", arguments_text(a, "symbol"), true, e);
    if (arguments_text(a, "timeframe") != NULL) {
        code = setting_add(c, "timeframe", arguments_text(a, "timeframe"), true, e);
    }
    for (int i = 0; code == 0 && i < a->value_count; i++) {
        if (strcmp(a->values[i].option->name, "set") != 0) {
            continue;
        }
        char *equals = strchr((char *)(uintptr_t)a->values[i].text, '=');
        if (equals == NULL || equals == a->values[i].text) {
            return err_set(e, E_ARGUMENT, "--set %s: write --set NAME=VALUE", a->values[i].text);
        }
        *equals = '\0';
        code = setting_add(c, a->values[i].text, equals + 1, false, e);
    }
    return code;
}

static int face_option(const struct arguments *a, enum host_face_kind *face, struct err *e) {
    static const char *const names[] = {
        [FACE_DIRECT] = "direct",
        [FACE_BYTES] = "bytes",
        [FACE_DELAYED] = "delayed",
    };
    const char *text = arguments_text(a, "host");
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *face = (enum host_face_kind)i;
            return 0;
        }
    }
    return err_set(e, E_ARGUMENT, "--host %s: direct, bytes or delayed", text);
}

static int options_read(struct backtest_command *c, struct err *e) {
    const struct arguments *a = c->arguments;
    struct backtest_options *o = &c->options;
    struct decimal risk_free = {0};
    c->is_quiet = arguments_has(a, "quiet");
    if (arguments_text(a, "data") == NULL) {
        return err_set(e, E_ARGUMENT, "--data FILE is missing: the candles to run on");
    }
    int code = instrument_options(c, e);
    code = code != 0 ? code : settings_options(c, e);
    code = code != 0 ? code : decimal_option(a, "balance", false, &o->balance.d, e);
    code = code != 0 ? code : rate_option(a, "fee-taker", &o->costs.fee_taker, e);
    code = code != 0 ? code : rate_option(a, "fee-maker", &o->costs.fee_maker, e);
    code = code != 0 ? code : rate_option(a, "slippage", &o->costs.slippage, e);
    code = code != 0 ? code : rate_option(a, "risk-free", &risk_free, e);
    code = code != 0 ? code : time_option(a, "from", &o->from_ms, e);
    code = code != 0 ? code : time_option(a, "to", &o->to_ms, e);
    code = code != 0 ? code : face_option(a, &o->face, e);
    o->figures.risk_free_rate = decimal_to_double(risk_free);
    o->seed = strtoull(arguments_text(a, "seed"), NULL, 10);
    o->keep_going = arguments_has(a, "keep-going");
    o->orders_path = arguments_text(a, "orders");
    o->equity_path = arguments_text(a, "equity");
    return code;
}

/* --- while it runs
 * -------------------------------------------------------------------------------- */

static void show_log(void *ctx, const struct log_record *record) {
    static const char *const levels[] = {"info", "warn", "error"};
    struct backtest_command *c = ctx;
    char time[TIME_TEXT_MAX];
    progress_clear(&c->progress);
    fprintf(
        stderr, "%s %s %s\n", time_text_format(record->time_ms, time), levels[record->level],
        record->text
    );
}

static void show_fault(void *ctx, const struct fault_record *record) {
    static const char *const handlers[EVENT_KIND_COUNT] = {
        "on_start", "on_ready", "on_candle", "on_ticker",  "on_fill",
        "on_order", "on_timer", "on_params", "on_command", "on_stop", "an edit",
    };
    struct backtest_command *c = ctx;
    char time[TIME_TEXT_MAX];
    if (record->kind == EVENT_START) {
        return; /* the run did not begin: the command's own error says it */
    }
    progress_clear(&c->progress);
    fprintf(
        stderr, "fault in %s at %s (event %llu): %s\n", handlers[record->kind],
        time_text_format(record->time_ms, time), (unsigned long long)record->number,
        record->fault->text
    );
}

static void show_progress(void *ctx, size_t done, size_t total) {
    struct backtest_command *c = ctx;
    progress_show(&c->progress, "bars", done, total);
}

/* --- the report
 * ----------------------------------------------------------------------------------- */

static int
report_print(struct backtest_command *c, const struct backtest_result *r, struct err *e) {
    bool json = arguments_has(c->arguments, "json");
    struct report_setting settings[SETTINGS_MAX];
    size_t setting_count = 0;
    char version[32];
    const char *timeframe = timeframe_name(c->data.bar_ms);
    for (int i = 0; i < r->param_count && setting_count < SETTINGS_MAX; i++) {
        settings[setting_count++] = (struct report_setting){r->params[i].name, r->params[i].text};
        if (strcmp(r->params[i].name, "timeframe") == 0) {
            timeframe = r->params[i].text;
        }
    }
    snprintf(version, sizeof version, "%016llx", (unsigned long long)c->source.bundle.hash);
    struct report_position open = {
        .symbol = c->instrument.symbol,
        .quantity = r->position.quantity,
        .entry = r->position.entry,
        .mark = r->last,
        .opened_ms = r->position.opened_ms,
    };
    if (position_unrealized(&r->position, r->last, &open.unrealized) != 0) {
        return err_set(e, E_OVERFLOW, "the open profit is out of range");
    }
    struct report report = {
        .strategy = c->source.bundle.name,
        .version = version,
        .symbol = c->instrument.symbol,
        .timeframe = timeframe,
        .settings = settings,
        .setting_count = setting_count,
        .data =
            {
                arguments_text(c->arguments, "data"),
                timeframe_name(c->data.bar_ms),
                (int64_t)c->data.count,
                c->data.missing,
                c->data.gap_count,
                c->data.longest.missing,
                c->data.longest.time_ms,
            },
        .figures = &r->figures,
        .positions = &open,
        .position_count = r->position.quantity.d.v != 0,
        .faults = r->faults,
        .cpu_seconds = r->cpu_seconds,
        .bars_per_second = r->cpu_seconds > 0 ? (double)r->bars / r->cpu_seconds : (double)NAN,
    };
    memcpy(report.refused, r->refusals, sizeof report.refused);
    struct buffer out;
    buffer_init(&out, REPORT_MAX);
    int code = json ? report_json(&report, &out) : report_text(&report, &out);
    if (code == 0 && fwrite(out.data, 1, out.length, stdout) != out.length) {
        code = E_IO;
    }
    if (json) {
        putchar('\n');
    }
    buffer_free(&out);
    if (code != 0 || fflush(stdout) != 0) {
        return err_set(e, E_IO, "the report could not be written");
    }
    return 0;
}

/* Says what the timeframe given does not do. */
static void timeframe_note(const struct backtest_command *c, const struct backtest_result *r) {
    if (!arguments_has(c->arguments, "timeframe") || c->is_quiet) {
        return;
    }
    for (int i = 0; i < r->param_count; i++) {
        if (strcmp(r->params[i].name, "timeframe") == 0) {
            return;
        }
    }
    fprintf(
        stderr, "note: %s has no parameter timeframe; --timeframe %s is not used\n",
        c->source.bundle.name, arguments_text(c->arguments, "timeframe")
    );
}

static int data_load(struct backtest_command *c, struct err *e) {
    struct candle_file_options options = {0};
    return candle_file_load(arguments_text(c->arguments, "data"), &options, &c->data, e);
}

static int backtest_execute(struct backtest_command *c, struct err *e) {
    struct backtest_options *o = &c->options;
    struct backtest_result result;
    int code = backtest_run(o, &result, e);
    progress_clear(&c->progress);
    if (code == 0 && !result.has_failed) {
        timeframe_note(c, &result);
        code = report_print(c, &result, e);
    }
    if (code == 0 && result.has_failed) {
        code = err_set(
            e, E_SCRIPT, "the run ended with a fault after %lld bars: %s", (long long)result.bars,
            result.fault_text
        );
    } else if (code == 0 && result.is_interrupted) {
        code = err_set(
            e, E_INTERRUPTED, "interrupted after %lld bars: the report is of these",
            (long long)result.bars
        );
    }
    backtest_result_free(&result);
    return code;
}

static int backtest_body(struct backtest_command *c, struct err *e) {
    struct backtest_options *o = &c->options;
    host_limits_default(&o->host_limits);
    risk_limits_default(&o->limits);
    o->limits.feed_age_max_ms = 0; /* missing bars are the data's, not a dead feed */
    int code = options_read(c, e);
    code = code != 0 ? code
                     : script_source_read(
                           c->arguments->positionals[0], o->host_limits.source_max, &c->source, e
                       );
    code = code != 0 ? code : data_load(c, e);
    code = code != 0 ? code : deadline_watcher_start(&c->watcher, &c->deadline, e);
    if (code != 0) {
        return code;
    }
    o->deadline = &c->deadline;
    o->bundle = &c->source.bundle;
    o->settings = c->settings;
    o->setting_count = c->setting_count;
    o->instrument = &c->instrument;
    o->data = &c->data;
    o->ctx = c;
    o->is_interrupted = is_interrupted;
    o->listener = (struct sink_port){.ctx = c, .fault = show_fault};
    if (!c->is_quiet) {
        o->listener.log = show_log;
        o->on_progress = show_progress;
    }
    return backtest_execute(c, e);
}

int command_backtest(const struct arguments *arguments) {
    struct backtest_command c = {.arguments = arguments};
    struct err err = {0};
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    progress_init(&c.progress);
    int code = backtest_body(&c, &err);
    deadline_watcher_stop(c.watcher);
    script_source_free(&c.source);
    candle_data_free(&c.data);
    if (code != 0) {
        fprintf(stderr, "tradingboost: %s\n", err.msg);
    }
    return code == 0                                ? EXIT_DONE
           : code == E_ARGUMENT || code == E_PARAMS ? EXIT_USAGE
                                                    : EXIT_FAILED;
}
