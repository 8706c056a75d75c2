#include "app/run.h"

#include "app/instruments.h"
#include "app/run_edit.h"
#include "app/run_gateway.h"
#include "app/run_missed.h"
#include "app/run_sink.h"
#include "app/run_workers.h"
#include "gateway/gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURN_BARS 256 /* played before signals are looked at again */
#define TURN_NS 5000000 /* and not much longer than that, whatever a bar costs */
#define MILLISECOND_NS 1000000

static size_t row_after(const struct run *run, int64_t open_ms) {
    size_t row = 0;
    while (row < run->data.count && run->data.rows[row].bar.time_ms <= open_ms) {
        row++;
    }
    return row;
}

/* What was played before a restart. */
static size_t history_candles(void *ctx, uint16_t symbol, const struct candle **out) {
    const struct run *run = ctx;
    int64_t open_ms;
    *out = run->data.rows;
    return engine_last_bar(run->engine, symbol, &open_ms) ? row_after(run, open_ms) : 0;
}

/* --- making
 * ------------------------------------------------------------------------------------------ */

/* The first activation of the same script, whose source is read for all of them. */
static int source_of(const struct run *run, int activation) {
    int first = 0;
    while (strcmp(run->config->activations[first].script,
                  run->config->activations[activation].script) != 0) {
        first++;
    }
    return first;
}

/* What the configuration names and is not there is its fault, with its line. */
static int inputs_read(struct run *run, struct settings_faults *faults, struct err *e) {
    const struct config *c = run->config;
    struct err err = {0};
    if (instrument_find(c->symbol, &run->instrument, &err) != 0) {
        settings_fault(faults, 0, "feed.symbol", "%s", err.msg);
    }
    for (int i = 0; i < c->activation_count; i++) {
        const struct config_activation *a = &c->activations[i];
        bool is_read = run->sources[source_of(run, i)].path != NULL;
        if (!is_read &&
            script_source_read(a->script, c->limits.source_max, &run->sources[i], &err) != 0) {
            char path[64];
            snprintf(path, sizeof path, "activations[%d].script", i + 1);
            settings_fault(faults, a->line, path, "%s", err.msg);
        }
    }
    struct candle_file_options options = {0};
    int code = candle_file_load(c->feed_path, &options, &run->data, e);
    if (code == E_IO) {
        settings_fault(faults, 0, "feed.file", "%s", e->msg);
    }
    if (faults->count > 0) {
        return err_set(e, E_CONFIG, "%d faults", faults->count);
    }
    return code;
}

static int session_make(struct run *run, struct err *e) {
    const struct config *c = run->config;
    struct host_port_out workers;
    struct session_options options = {
        .face = FACE_DIRECT,
        .host = {.limits = c->limits, .capture = CAPTURE_ALWAYS, .deadline = &run->deadline},
        .engine = c->engine,
        .costs = c->costs,
    };
    if (run->is_kept) {
        options.journal = run_store_port(&run->store);
    }
    options.engine.symbols_max = 1;
    options.engine.limits = c->risk;
    options.engine.limits.feed_age_max_ms = 0; /* missing bars are the data's, not a dead feed */
    struct sink_port sink = run_sink(run);
    struct history_port history = {run, history_candles};
    if (c->workers > 0) {
        int made = run_workers_make(run, &workers, e);
        if (made != 0) {
            return made;
        }
        options.other_host = &workers;
    }
    int code = session_new(&run->session, &options, &sink, &history, e);
    if (code != 0) {
        return code;
    }
    run->engine = session_engine(run->session);
    run->view->engine = run->engine;
    engine_set_time(run->engine, run->data.rows[0].bar.time_ms);
    return 0;
}

/* The records of earlier processes; the feed goes on after the last bar among them. */
static int run_recover(struct run *run, bool *has_history, struct err *e) {
    run->is_recovering = true;
    int code = run_store_recover(&run->store, run->session, has_history, e);
    run->is_recovering = false;
    int64_t open_ms;
    if (code == 0 && engine_last_bar(run->engine, run->symbol, &open_ms)) {
        run->next = row_after(run, open_ms);
    }
    return code;
}

static int positions_adopt(struct run *run, struct err *e) {
    for (int i = 0; i < engine_activation_count(run->engine); i++) {
        const struct position *p =
            activation_position(run->engine, (uint32_t)i, run->symbol, POSITION_NET);
        int code = performance_adopt(&run->tallies[i].performance, run->symbol, POSITION_NET, p, e);
        if (code != 0) {
            return code;
        }
    }
    return 0;
}

static int activations_open(struct run *run, struct err *e) {
    const struct config *c = run->config;
    for (int i = engine_activation_count(run->engine); i < c->activation_count; i++) {
        const struct config_activation *a = &c->activations[i];
        struct activation_options options = {
            .id = a->id,
            .user = a->user,
            .bundle = &run->sources[source_of(run, i)].bundle,
            .settings = a->params,
            .setting_count = a->param_count,
            .currency = run->instrument.quote,
            .balance = a->balance,
            .seed = (uint64_t)a->seed,
            .on_suspend = (enum suspend_policy)a->on_suspend,
            .keeps_slot = true, /* it is known by its place in the configuration */
        };
        uint32_t index;
        int code = session_activate(run->session, &options, &index, e);
        if (code != 0) {
            return code;
        }
    }
    return 0;
}

bool run_hear(struct run *run, int wait_ms) {
    int messages = run->pool != NULL ? pool_poll(run->pool, wait_ms) : 0;
    if (messages > 0 && run->gateway != NULL) {
        gateway_look(run_gateway_of(run->gateway));
    }
    return (run->is_kept && run_store_turn(&run->store)) || messages > 0;
}

int run_settle(struct run *run, struct err *e) {
    while (session_settle(run->session) == PLAYER_WAITING) {
        run_hear(run, 1);
        if (run->is_kept && run->store.is_failed) {
            *e = run->store.failure;
            return e->code;
        }
    }
    return 0;
}

/* What was kept goes on as it was; what the configuration has besides is another run. */
static int restart_check(struct run *run, struct err *e) {
    int count = engine_activation_count(run->engine);
    int64_t open_ms;
    bool has_begun = engine_last_bar(run->engine, run->symbol, &open_ms);
    for (int i = 0; i < run->config->activation_count; i++) {
        if (i >= count && !has_begun) {
            break; /* it ended while it was starting: the rest is opened now */
        }
        if (i >= count ||
            strcmp(activation_id(run->engine, (uint32_t)i), run->config->activations[i].id) != 0) {
            return err_set(
                e, E_STATE,
                "%s keeps a run with other activations than this configuration: give another "
                "data_dir, or start anew with --fresh",
                run->options->data_dir
            );
        }
    }
    run_view_restart(run->view, run->data.rows[run->next > 0 ? run->next - 1 : 0].bar.close_ms);
    if (run->store.report.torn.code != 0) {
        run_view_warning(run->view, &run->store.report.torn);
    }
    if (run->next == run->data.count) {
        struct err over = {0};
        err_set(&over, 0, "all its candles were played before: run --fresh begins anew");
        run_view_warning(run->view, &over);
    }
    int code = positions_adopt(run, e);
    return code != 0 ? code : activations_open(run, e);
}

/* All that did not start, not the first only. */
static int starts_check(struct run *run, struct settings_faults *faults, struct err *e) {
    bool is_config = false;
    for (int i = 0; i < run->config->activation_count; i++) {
        const struct fault *fault = &run->tallies[i].fault;
        if (fault->code == 0) {
            continue;
        }
        char path[64];
        is_config = is_config || fault->code == E_PARAMS;
        snprintf(
            path, sizeof path, "activations[%d]%s", i + 1, fault->code == E_PARAMS ? ".params" : ""
        );
        settings_fault(faults, run->config->activations[i].line, path, "%s", fault->text);
    }
    if (faults->count == 0) {
        return 0;
    }
    return err_set(
        e, is_config ? E_CONFIG : E_SCRIPT, "%d activations did not start", faults->count
    );
}

static int orders_choose(struct run *run, struct err *e) {
    const char *id = run->options->orders_activation;
    run->orders_only = -1;
    for (int i = 0; id != NULL && i < run->config->activation_count; i++) {
        if (strcmp(run->config->activations[i].id, id) == 0) {
            run->orders_only = i;
        }
    }
    if (id != NULL && run->orders_only < 0) {
        return err_set(e, E_ARGUMENT, "--activation %s: the configuration has none of this id", id);
    }
    return run->options->orders_path != NULL
               ? orders_file_open(&run->orders, run->options->orders_path, e)
               : 0;
}

static int tallies_make(struct run *run, struct err *e) {
    size_t count = (size_t)run->config->activation_count;
    size_t tally_count = (size_t)run->config->engine.activations_max; /* HTTP adds activations */
    run->sources = calloc(count, sizeof *run->sources);
    run->tallies = calloc(tally_count, sizeof *run->tallies);
    if (run->sources == NULL || run->tallies == NULL) {
        return err_set(e, E_MEMORY, "no memory for the activations");
    }
    for (size_t i = 0; i < tally_count; i++) {
        struct money balance =
            i < count ? run->config->activations[i].balance : run->config->balance;
        performance_init(&run->tallies[i].performance, balance);
    }
    return 0;
}

static void wake_run(void *ctx) {
    struct run *run = ctx;
    loop_wake(run->loop);
}

static void store_state(void *ctx, bool is_failed, const struct err *reason) {
    struct run *run = ctx;
    struct err restored = {0};
    err_set(&restored, 0, "the journal can be written again");
    run_view_warning(run->view, is_failed ? reason : &restored);
}

static void store_warn(void *ctx, const struct err *reason) {
    struct run *run = ctx;
    run_view_warning(run->view, reason);
}

static void store_kept(void *ctx, uint64_t sequence) {
    struct run *run = ctx;
    if (run->gateway != NULL) {
        gateway_durable(run_gateway_of(run->gateway), sequence);
    }
}

static int store_make(struct run *run, struct err *e) {
    const char *data_dir = run->options->data_dir;
    if (data_dir == NULL || data_dir[0] == '\0') {
        return 0;
    }
    run->store.ctx = run;
    run->store.wake = wake_run;
    run->store.state = store_state;
    run->store.kept = store_kept;
    run->store.snapshot_every = (uint64_t)run->config->snapshot_every;
    run->store.lists_max = run->config->lists_max;
    run->store.snapshot_bytes_max = run->config->snapshot_bytes_max;
    run->store.warn = store_warn;
    run->store.segment_bytes = (size_t)run->config->segment_bytes;
    run->store.segments_kept = run->config->segments_kept;
    run->store.catches_up =
        run->config->while_down == FEED_MOVES_ON && !run->options->is_until_end;
    int code = run_store_open(&run->store, data_dir, e);
    if (code == 0 && run->options->is_fresh) {
        code = run_store_set_aside(data_dir, e);
    }
    run->is_kept = code == 0;
    return code;
}

/* HTTP, where the run is kept: tokens live in its folder. It hears the recovery, and answers when the
 * loop turns. */
static int gateway_make(struct run *run, struct settings_faults *faults, struct err *e) {
    const struct config *c = run->config;
    if (c->gateway_port == 0 || run->options->is_until_end) {
        return 0;
    }
    if (!run->is_kept) {
        settings_fault(
            faults, 0, "gateway.port", "HTTP needs a data_dir, where its tokens are: give one, or 0"
        );
        return err_set(e, E_CONFIG, "1 fault");
    }
    int code = run_gateway_open(&run->gateway, run, e);
    if (code == E_IO) {
        settings_fault(
            faults, 0, "gateway.port", "%s: end what uses it, or give another port, or 0 for no HTTP",
            e->msg
        );
        code = err_set(e, E_CONFIG, "1 fault");
    }
    return code;
}

/* The header of the view comes before the first lines of the scripts. */
static int run_start(struct run *run, struct settings_faults *faults, struct err *e) {
    int code = orders_choose(run, e);
    code = code != 0 ? code : deadline_watcher_start(&run->watcher, &run->deadline, e);
    code = code != 0 ? code : session_make(run, e);
    code = code != 0 ? code : gateway_make(run, faults, e);
    bool has_history = false;
    if (code == 0 && run->is_kept) {
        code = run_recover(run, &has_history, e);
    }
    if (code == 0 && engine_symbol_count(run->engine) == 0) {
        code =
            session_add_symbol(run->session, &run->instrument, run->data.bar_ms, &run->symbol, e);
    }
    if (code != 0) {
        return code;
    }
    run_view_begin(
        run->view, run->config, &run->instrument, &run->data, run->options->is_until_end
    );
    code = has_history ? restart_check(run, e) : activations_open(run, e);
    if (code == 0 && has_history && run->store.catches_up) {
        code = run_missed_play(run, e);
    }
    code = code != 0 ? code : run_settle(run, e);
    code = code != 0 ? code : starts_check(run, faults, e);
    run->has_started = code == 0;
    if (code == 0 && run->gateway != NULL) {
        gateway_ready(run_gateway_of(run->gateway), true);
        run_view_gateway(
            run->view, run->config->gateway_address, run_gateway_port(run->gateway)
        );
    }
    return code;
}

/* --- playing
 * ----------------------------------------------------------------------------------------- */

static void gateway_over(void *ctx) {
    struct run *run = ctx;
    loop_stop(run->loop);
}

/* Requests under way are answered before the loop stops. */
static void run_end(struct run *run, enum run_end end) {
    if (run->has_ended) {
        return;
    }
    run->has_ended = true;
    run->end = end;
    if (run->gateway != NULL) {
        run_gateway_stop(run->gateway, gateway_over, run);
    } else {
        loop_stop(run->loop);
    }
}

static void run_fail(struct run *run, const struct err *e) {
    run_keep_error(run, e);
    run_end(run, RUN_END_FAILED);
}

/* When the bar of a row closes on the scaled clock. */
static int64_t row_due_ns(const struct run *run, size_t row) {
    int64_t span_ms = run->data.rows[row].bar.close_ms - run->data.rows[run->first].bar.time_ms;
    double speed = decimal_to_double(run->config->speed);
    return run->origin_ns + (int64_t)((double)span_ms * MILLISECOND_NS / speed);
}

static bool is_anything_running(const struct run *run) {
    for (int i = 0; i < engine_activation_count(run->engine); i++) {
        enum activation_status status = activation_status(run->engine, (uint32_t)i);
        if (status != ACTIVATION_STOPPED && status != ACTIVATION_SUSPENDED) {
            return true;
        }
    }
    return false;
}

/* A bar is over: what was wrong in it, and whether anything is left to play for. */
static bool bar_end(struct run *run, struct err *err) {
    if (run->gateway != NULL && err->code == 0) {
        gateway_on_bar(run_gateway_of(run->gateway), run->symbol, &run->data.rows[run->next]);
    }
    run->next++;
    if (err->code == 0 && !run_view_is_heard(run->view)) {
        err_set(err, E_IO, "the output cannot be written any more");
    }
    if (err->code != 0 || run->err.code != 0) {
        run_fail(run, err);
        return false;
    }
    if (run->gateway == NULL && !is_anything_running(run)) {
        run_end(run, RUN_END_IDLE);
        return false;
    }
    return true;
}

/* Begins the next bar, or goes on with the one that waits; false when it waits (again) or the run
 * has ended. */
static bool bar_play(struct run *run) {
    struct err err = {0};
    enum player_status status =
        run->is_bar_out ? session_resume(run->session, &err)
                        : session_play(run->session, run->symbol, &run->data.rows[run->next], &err);
    run->is_bar_out = status == PLAYER_WAITING && err.code == 0;
    return !run->is_bar_out && bar_end(run, &err);
}

/* Between two bars: a turn may end with one that waits each time. */
static void snapshot_now_and_then(struct run *run) {
    struct err err = {0};
    if (run->is_kept && run_store_wants_snapshot(&run->store) &&
        run_store_snapshot(&run->store, &err) != 0) {
        run_view_warning(run->view, &err); /* the journal is whole without it */
    }
}

/* Plays what is due, up to a number of bars and some time, until one waits. */
static void run_turn(struct run *run) {
    int64_t now_ns = loop_now_ns(run->loop);
    bool is_until_end = run->options->is_until_end;
    for (int i = 0; i < TURN_BARS && run->next < run->data.count; i++) {
        bool is_due = is_until_end || row_due_ns(run, run->next) <= now_ns;
        if (!run->is_bar_out && (!is_due || run->has_ended)) {
            break;
        }
        if (!bar_play(run)) {
            break;
        }
        snapshot_now_and_then(run);
        if (loop_now_ns(run->loop) - now_ns > TURN_NS) {
            break; /* signals, HTTP and what is on the disk have waited */
        }
    }
    run_view_flush(run->view);
    if (run->has_ended || run->is_bar_out) {
        return; /* what it waits for wakes the loop */
    }
    if (run->next == run->data.count) {
        run_end(run, RUN_END_DATA);
    } else {
        loop_timer(run->loop, is_until_end ? now_ns : row_due_ns(run, run->next));
    }
}

/* Versions of scripts that were saved; a turn takes a few. */
static void edits_hand_on(struct run *run) {
    if (run->has_ended || !run_edit_is_pending(run->edit)) {
        return;
    }
    if (run_edit_turn(run->edit)) {
        loop_wake(run->loop);
    }
    if (run->gateway != NULL) {
        gateway_look(run_gateway_of(run->gateway)); /* who put it may wait */
    }
}

/* A turn, and another one soon where it has let something go on. */
static void run_go(struct run *run) {
    run_turn(run);
    edits_hand_on(run);
    if (run_hear(run, 0) && run->is_bar_out) {
        loop_wake(run->loop);
    }
}

void run_settle_between(struct run *run) {
    if (!run->is_bar_out) {
        session_settle(run->session);
    }
}

void run_nudge(struct run *run) {
    run_settle_between(run);
    loop_wake(run->loop); /* records are committed by the turn, many at once */
}

static void on_due(void *ctx) {
    run_go(ctx);
}

/* Workers have answered, or records are on the disk. */
static void on_woken(void *ctx) {
    struct run *run = ctx;
    run_hear(run, 0);
    if (run->is_bar_out) {
        run_go(run);
        return;
    }
    edits_hand_on(run);
    run_settle_between(run);
    run_hear(run, 0);
    if (run->gateway != NULL) {
        gateway_look(run_gateway_of(run->gateway)); /* the venue may have answered */
    }
    run_view_flush(run->view);
}

static void on_interrupted(void *ctx, int signal) {
    (void)signal;
    run_end(ctx, RUN_END_INTERRUPTED);
}

int run_prepare(
    struct run *run,
    const struct config *config,
    const struct run_options *options,
    struct run_view *view,
    struct settings_faults *faults,
    struct err *e
) {
    memset(run, 0, sizeof *run);
    run->config = config;
    run->options = options;
    run->view = view;
    run->orders_only = -1;
    /* First of all, so that no signal is lost: one that comes while things are read ends the run at
     * its first turn. */
    struct loop_handlers handlers = {run, on_due, on_interrupted, on_woken};
    int code = loop_new(&run->loop, &handlers, e);
    code = code != 0 ? code : tallies_make(run, e);
    code = code != 0 ? code : inputs_read(run, faults, e);
    code = code != 0 ? code : store_make(run, e);
    return code != 0 ? code : run_start(run, faults, e);
}

int run_play(struct run *run, struct err *e) {
    run_view_flush(run->view);
    run->origin_ns = loop_now_ns(run->loop);
    run->first = run->next < run->data.count ? run->next : 0;
    if (!run->options->is_until_end && run_edit_begin(&run->edit, run, e) != 0) {
        return e->code;
    }
    loop_timer(run->loop, run->origin_ns);
    loop_run(run->loop);
    if (run->err.code != 0) {
        *e = run->err;
    }
    return run->err.code;
}

int run_close(struct run *run, struct err *e) {
    int code = run->is_kept ? run_store_close(&run->store, e) : 0;
    run->is_kept = false;
    struct err second = {0};
    if (orders_file_close(&run->orders, &second) != 0 && code == 0) {
        *e = second;
        code = second.code;
    }
    return code;
}

void run_free(struct run *run) {
    struct err ignored;
    int count = run->config != NULL ? run->config->activation_count : 0;
    if (orders_file_close(&run->orders, &ignored) != 0) {
        /* It was told by run_close, or there was an earlier failure. */
    }
    if (run->is_kept && run_store_close(&run->store, &ignored) != 0) {
        /* There was an earlier failure. */
    }
    if (run->gateway != NULL && !gateway_has_stopped(run_gateway_of(run->gateway))) {
        run_end(run, RUN_END_FAILED); /* it did not come to its start */
        loop_run(run->loop);
    }
    run_gateway_free(run->gateway);
    run_edit_end(run->edit);
    loop_free(run->loop);
    session_free(run->session);
    pool_free(run->pool);
    deadline_watcher_stop(run->watcher);
    for (int i = 0; i < count; i++) {
        if (run->sources != NULL) {
            script_source_free(&run->sources[i]);
        }
    }
    for (int i = 0; run->tallies != NULL && i < run->config->engine.activations_max; i++) {
        performance_fini(&run->tallies[i].performance);
    }
    free(run->sources);
    free(run->tallies);
    candle_data_free(&run->data);
}
