/* The shipped scripts on recorded candles, once in a host a function call away and once in worker
 * processes: what they did (fills as the orders file writes them, signals, logs, faults, status, in
 * their order) is equal to the byte, for each activation alone and for all at once. */
#include "app/instruments.h"
#include "app/script_files.h"
#include "research/candle_file.h"
#include "research/session.h"
#include "stats/orders_file.h"
#include "worker/deadline_watcher.h"
#include "worker/pool.h"
#include "worker/worker_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACTIVATIONS_MAX 16
#define SETTINGS_MAX 8
#define ROWS_MAX 12000
#define WAIT_MS 5000

struct part { /* one activation */
    const char *script;
    struct setting settings[SETTINGS_MAX];
    int setting_count;
};

struct trial {
    const struct candle_data *data;
    struct instrument instrument;
    const struct script_source *sources;
    int count;
    struct engine *engine;
    struct paper *paper;
    struct player *player;
    struct host_face *face; /* one of these two */
    struct pool *pool;
    uint16_t symbol;
    FILE *streams[ACTIVATIONS_MAX];
    char *texts[ACTIVATIONS_MAX];
    size_t lengths[ACTIVATIONS_MAX];
    int fills;
};

static struct deadline deadline;

static void die(const char *what, const struct err *e) {
    fprintf(stderr, "parity_workers: %s: %s\n", what, e->msg);
    exit(1);
}

static void must(int code, const char *what, const struct err *e) {
    if (code != 0) {
        die(what, e);
    }
}

/* --- what happens -------------------------------------------------------------------------------
 */

static void on_fill(void *ctx, const struct fill_record *r) {
    struct trial *t = ctx;
    struct err e;
    struct orders_file file = {.csv = {.stream = t->streams[r->activation]}};
    const struct order_request *request = &r->order->request;
    must(
        orders_file_write(
            &file, t->instrument.symbol, request->side, request->type, &r->fill, request->reason, &e
        ),
        "a fill", &e
    );
    t->fills++;
}

static void on_signal(void *ctx, const struct signal_record *r) {
    struct trial *t = ctx;
    fprintf(
        t->streams[r->activation], "signal %lld %s %s %s %d %a", (long long)r->time_ms,
        r->signal->side ? r->signal->side : "", r->signal->kind ? r->signal->kind : "",
        r->signal->reason ? r->signal->reason : "", r->signal->is_accepted, r->signal->price
    );
    for (int i = 0; i < r->signal->number_count; i++) {
        fprintf(
            t->streams[r->activation], " %s=%a", r->signal->numbers[i].name,
            r->signal->numbers[i].value
        );
    }
    fprintf(t->streams[r->activation], " %s:%d\n", r->file ? r->file : "", r->line);
}

static void on_log(void *ctx, const struct log_record *r) {
    struct trial *t = ctx;
    fprintf(
        t->streams[r->activation], "log %lld %s %s:%d\n", (long long)r->time_ms, r->text,
        r->file ? r->file : "", r->line
    );
}

static void on_fault(void *ctx, const struct fault_record *r) {
    struct trial *t = ctx;
    fprintf(t->streams[r->activation], "fault %d %s\n", (int)r->kind, r->fault->text);
}

static void on_status(void *ctx, const struct status_record *r) {
    struct trial *t = ctx;
    fprintf(t->streams[r->activation], "status %d %s\n", (int)r->status, r->reason);
}

static size_t no_history(void *ctx, uint16_t symbol, const struct candle **out) {
    (void)ctx;
    (void)symbol;
    *out = NULL;
    return 0;
}

/* --- the pool as the engine's host --------------------------------------------------------------
 */

static void on_done(void *ctx, const struct done *done) {
    struct trial *t = ctx;
    engine_done(t->engine, done);
}

static int on_series(
    void *ctx,
    uint16_t symbol,
    int64_t timeframe_ms,
    uint64_t number,
    uint16_t *series,
    struct err *e
) {
    struct trial *t = ctx;
    (void)number;
    return engine_series(t->engine, symbol, timeframe_ms, series, e);
}

static void on_state(void *ctx, const struct message_state *state) {
    (void)ctx;
    (void)state;
}

static void on_lost(void *ctx, uint32_t activation, bool is_culprit, const struct fault *fault) {
    (void)ctx;
    (void)is_culprit;
    fprintf(stderr, "parity_workers: activation %u is lost: %s\n", activation, fault->text);
    exit(1);
}

static struct host_port_out pool_port(struct trial *t, const struct host_options *host) {
    struct err e = {0};
    struct pool_options options = {
        .limits = host->limits,
        .workers = 2,
        .activations_max = host->activations_max,
        .instruments_max = host->instruments_max,
        .series_max = host->series_max,
    };
    struct pool_handlers handlers = {t, on_done, on_series, on_state, on_lost};
    must(pool_new(&t->pool, &options, &handlers, &e), "the workers", &e);
    return (struct host_port_out){
        t->pool, pool_instrument, pool_series, pool_bar, pool_open, pool_close, pool_event,
    };
}

/* --- a run --------------------------------------------------------------------------------------
 */

static void trial_make(struct trial *t, bool has_workers) {
    struct err e = {0};
    struct engine_options options;
    struct match_costs costs;
    struct host_options host = {.capture = CAPTURE_ALWAYS, .deadline = &deadline};
    engine_options_default(&options);
    options.symbols_max = 1;
    options.activations_max = ACTIVATIONS_MAX;
    options.series_max = 16;
    options.limits.feed_age_max_ms = 0;
    host_limits_default(&host.limits);
    host.activations_max = ACTIVATIONS_MAX;
    host.instruments_max = 1;
    host.series_max = 16;
    must(decimal_parse("0.0005", 6, &costs.fee_taker), "a fee", &e);
    must(decimal_parse("0.0002", 6, &costs.fee_maker), "a fee", &e);
    must(decimal_parse("0.0005", 6, &costs.slippage), "the slippage", &e);
    must(paper_new(&t->paper, ACTIVATIONS_MAX, options.orders_max, &costs, &e), "paper", &e);
    struct engine_ports ports = {
        .venue = paper_port(t->paper),
        .sink =
            {.ctx = t,
             .fill = on_fill,
             .signal = on_signal,
             .log = on_log,
             .fault = on_fault,
             .status = on_status},
        .history = {.ctx = t, .candles = no_history},
    };
    if (has_workers) {
        ports.host = pool_port(t, &host);
    } else {
        must(host_face_new(&t->face, FACE_DIRECT, &host, 1, &e), "a host", &e);
        ports.host = host_face_port(t->face);
    }
    must(engine_new(&t->engine, &options, &ports, &e), "an engine", &e);
    if (t->face) {
        host_face_set_engine(t->face, t->engine);
    }
    must(player_new(&t->player, t->engine, t->paper, &e), "a player", &e);
}

static void workers_await(struct trial *t) {
    if (!t->pool || pool_poll(t->pool, WAIT_MS) == 0) {
        struct pool_figures figures = {0};
        if (t->pool) {
            pool_figures(t->pool, &figures);
        }
        if (figures.events_out == 0) {
            fprintf(stderr, "parity_workers: the engine waits for nothing\n");
            exit(1);
        }
    }
}

static void trial_open(struct trial *t, const struct part *parts) {
    struct err e = {0};
    engine_set_time(t->engine, t->data->rows[0].bar.time_ms);
    must(
        engine_add_symbol(t->engine, &t->instrument, t->data->bar_ms, &t->symbol, &e), "the symbol",
        &e
    );
    for (int i = 0; i < t->count; i++) {
        char id[16];
        snprintf(id, sizeof id, "p%d", i + 1);
        struct activation_options activation = {
            .id = id,
            .bundle = &t->sources[i].bundle,
            .settings = parts[i].settings,
            .setting_count = parts[i].setting_count,
            .currency = t->instrument.quote,
            .seed = 1,
        };
        uint32_t index;
        must(decimal_parse("10000", 5, &activation.balance.d), "the balance", &e);
        must(
            paper_open_account(t->paper, (uint32_t)i, &t->instrument, 1, activation.balance, false, &e),
            "an account", &e
        );
        must(engine_activate(t->engine, &activation, &index, &e), "an activation", &e);
    }
    while (player_settle(t->player) == PLAYER_WAITING) {
        workers_await(t);
    }
}

static void trial_run(struct trial *t, const struct part *parts, bool has_workers) {
    struct err e = {0};
    for (int i = 0; i < t->count; i++) {
        t->streams[i] = open_memstream(&t->texts[i], &t->lengths[i]);
    }
    trial_make(t, has_workers);
    trial_open(t, parts);
    size_t rows = t->data->count < ROWS_MAX ? t->data->count : ROWS_MAX;
    for (size_t i = 0; i < rows; i++) {
        enum player_status status;
        player_begin(t->player, t->symbol, &t->data->rows[i]);
        while ((status = player_step(t->player, &e)) == PLAYER_WAITING) {
            workers_await(t);
        }
        must(e.code, "a bar", &e);
    }
    for (int i = 0; i < t->count; i++) {
        fclose(t->streams[i]);
    }
    player_free(t->player);
    engine_free(t->engine);
    paper_free(t->paper);
    host_face_free(t->face);
    pool_free(t->pool);
}

static int compare(
    const struct candle_data *data,
    const struct instrument *instrument,
    const struct part *parts,
    int count,
    const char *name
) {
    struct script_source sources[ACTIVATIONS_MAX];
    struct err e = {0};
    struct trial ways[2];
    int bad = 0;
    for (int i = 0; i < count; i++) {
        must(script_source_read(parts[i].script, 1 << 20, &sources[i], &e), parts[i].script, &e);
    }
    for (int way = 0; way < 2; way++) {
        ways[way] = (struct trial
        ){.data = data, .instrument = *instrument, .sources = sources, .count = count};
        trial_run(&ways[way], parts, way == 1);
    }
    for (int i = 0; i < count; i++) {
        bool is_equal = ways[0].lengths[i] == ways[1].lengths[i] &&
                        memcmp(ways[0].texts[i], ways[1].texts[i], ways[0].lengths[i]) == 0;
        if (!is_equal) {
            fprintf(stderr, "%s: %s %d differs\n", name, parts[i].script, i);
            bad++;
        }
        free(ways[0].texts[i]);
        free(ways[1].texts[i]);
        script_source_free(&sources[i]);
    }
    if (ways[0].fills < 4 * count) {
        fprintf(stderr, "%s: %d fills are too few to compare\n", name, ways[0].fills);
        bad++;
    }
    printf("%s: %d activations, %d fills\n", name, count, ways[0].fills);
    return bad;
}

static const struct part parts[] = {
    {"rsi", {{"timeframe", "1m", false}, {"length", "7", false}}, 2},
    {"rsi", {{"timeframe", "15m", false}}, 1},
    {"hyperrsi", {{"timeframe", "5m", false}}, 1},
    {"hyperrsi",
     {{"timeframe", "1m", false},
      {"use_sl", "true", false},
      {"sl_value", "1", false},
      {"trailing_start_point", "tp1", false}},
     4},
    {"grid", {{"timeframe", "1m", true}}, 1},
    {"grid",
     {{"direction", "long", false},
      {"grid_num", "40", false},
      {"leverage", "5", false},
      {"stop_loss", "5", false}},
     4},
};
#define PART_COUNT ((int)(sizeof parts / sizeof parts[0]))

int main(int argc, char **argv) {
    struct err e = {0};
    struct deadline_watcher *watcher;
    struct instrument instrument;
    int bad = 0;
    if (argc == 2 && strcmp(argv[1], "worker") == 0) {
        return worker_main();
    }
    must(deadline_watcher_start(&watcher, &deadline, &e), "the watcher", &e);
    must(instrument_find("BTC-USDT-SWAP", &instrument, &e), "the instrument", &e);
    for (int i = 1; i < argc; i++) {
        struct candle_data data;
        struct candle_file_options options = {0};
        if (access(argv[i], R_OK) != 0) {
            printf("%s: skipped, it is not here\n", argv[i]);
            continue;
        }
        must(candle_file_load(argv[i], &options, &data, &e), argv[i], &e);
        for (int p = 0; p < PART_COUNT; p++) {
            char name[160];
            snprintf(name, sizeof name, "%s, %s %d alone", argv[i], parts[p].script, p);
            bad += compare(&data, &instrument, &parts[p], 1, name);
        }
        bad += compare(&data, &instrument, parts, PART_COUNT, argv[i]);
        candle_data_free(&data);
    }
    deadline_watcher_stop(watcher);
    return bad > 0;
}
