/* bench_engine: from the asking for an order to its record in the journal's buffer: the checks, the
 * books, the encoding, the copy; no disk. By a person (engine_order) and by a script (an event,
 * whose answer asks), alone and beside 1,000 other activations. Batches of 32 are timed; between
 * them, not timed, they are made durable, handed over, accepted and canceled. The best batch of a
 * round, the middle of the rounds: another program's time is no part of it. Prints one object of
 * JSON. Usage: bench_engine FOLDER [person | script]; the folder is made and left empty. With a
 * word it places COUNTED orders that way and prints nothing, for callgrind.lua. */
#include "bench/bench.h"
#include "engine/engine.h"
#include "store/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH 32
#define BATCHES 601
#define COUNTED_BATCHES 50 /* callgrind.lua divides by 50 × 32 */
#define CROWD 1000
#define START_MS INT64_C(1700000040000)

struct bench {
    struct engine *engine;
    struct journal *journal;
    uint16_t symbol, series;
    uint32_t person, script;
    struct order_key sent[BATCH];
    int sent_count;
    struct order_request request;
    uint64_t asked; /* by the script */
    bool is_asking;
    int64_t now_ms;
};

/* --- ports
 * ---------------------------------------------------------------------------------------- */

static int on_instrument(void *ctx, uint16_t index, const struct instrument *i, struct err *e) {
    (void)ctx, (void)index, (void)i, (void)e;
    return 0;
}

static int on_series(void *ctx, uint16_t series, uint16_t symbol, int64_t ms, struct err *e) {
    struct bench *b = ctx;
    (void)symbol, (void)ms, (void)e;
    b->series = series;
    return 0;
}

static void on_bar(void *ctx, uint16_t series, uint64_t number, const struct bar *bar) {
    (void)ctx, (void)series, (void)number, (void)bar;
}

static int on_open(void *ctx, const struct activation_open *open, struct err *e) {
    (void)ctx, (void)open, (void)e;
    return 0;
}

static void on_close(void *ctx, uint32_t activation) {
    (void)ctx, (void)activation;
}

static void price_step(struct bench *b) {
    b->request.price.d.v += DECIMAL_ONE / 10; /* no order is the same as the last */
    if (b->request.price.d.v > (int128)49900 * DECIMAL_ONE) {
        b->request.price.d.v = (int128)49000 * DECIMAL_ONE;
    }
}

/* The host: a script that watches the symbol, and answers a candle with one order. */
static void on_event(void *ctx, const struct event *event) {
    struct bench *b = ctx;
    struct done done = {.number = event->number, .activation = event->activation};
    struct ask ask;
    if (event->kind == EVENT_START) {
        done.subscription.handlers = 1u << EVENT_CANDLE;
        done.subscription.watches[0].symbol = b->symbol;
        done.subscription.watch_count = event->activation == b->script ? 1 : 0;
    } else if (event->kind == EVENT_CANDLE && b->is_asking) {
        price_step(b);
        ask =
            (struct ask){.kind = ASK_PLACE, .sequence = ++b->asked, .file = "init.lua", .line = 7};
        ask.u.request = b->request;
        done.asks = &ask;
        done.ask_count = 1;
    }
    engine_done(b->engine, &done);
}

static int on_submit(
    void *ctx, uint32_t account, struct order_key key, const struct order *order, struct err *e
) {
    struct bench *b = ctx;
    (void)account, (void)order, (void)e;
    b->sent[b->sent_count++] = key;
    return 0;
}

static uint64_t on_append(void *ctx, const char *bytes, size_t length) {
    struct bench *b = ctx;
    struct err err;
    uint64_t sequence = 0;
    return journal_append(b->journal, bytes, length, &sequence, &err) == 0 ? sequence : 0;
}

static void on_durable(void *ctx, uint64_t sequence) {
    struct bench *b = ctx;
    engine_durable(b->engine, sequence);
}

/* --- making
 * --------------------------------------------------------------------------------------- */

static void journal_begin(struct bench *b, const char *folder) {
    struct journal_options options;
    struct journal_report report = {0};
    struct err err;
    journal_options_default(&options);
    options.folder = folder;
    options.is_threaded = false;
    options.ctx = b;
    options.durable = on_durable;
    if (journal_open(&b->journal, &options, &report, &err) != 0) {
        bench_fail("journal", &err);
    }
}

static struct instrument bitcoin(void) {
    return (struct instrument){
        .symbol = "BTC-USDT-SWAP",
        .base = "BTC",
        .quote = "USDT",
        .kind = INSTRUMENT_PERPETUAL,
        .tick = {{DECIMAL_ONE / 10}},
        .lot = {{DECIMAL_ONE / 10000}},
        .min_quantity = {{DECIMAL_ONE / 10000}},
        .contract = {DECIMAL_ONE / 100},
        .maintenance = {DECIMAL_ONE / 200},
        .max_leverage = 125,
        .can_stop = true,
        .can_amend = true,
        .can_post_only = true,
        .can_reduce_only = true,
        .can_hedge = true,
    };
}

static uint32_t activate(struct bench *b, const char *id, bool is_script) {
    static const struct script_bundle bundle = {.name = "bench", .hash = 1};
    struct activation_options options = {
        .id = id,
        .user = "alice",
        .author = "alice",
        .bundle = is_script ? &bundle : NULL,
        .currency = "USDT",
        .balance = {decimal_of_int(100000)},
    };
    struct err err;
    uint32_t activation;
    if (engine_activate(b->engine, &options, &activation, &err) != 0) {
        bench_fail("activate", &err);
    }
    return activation;
}

static void bench_begin(struct bench *b, const char *folder, int crowd) {
    struct engine_options options;
    struct engine_ports ports = {
        .host = {b, on_instrument, on_series, on_bar, on_open, on_close, on_event},
        .venue = {.ctx = b, .submit = on_submit},
        .journal = {b, on_append},
    };
    struct instrument instrument = bitcoin();
    struct err err;
    memset(b, 0, sizeof *b);
    journal_begin(b, folder);
    engine_options_default(&options);
    options.symbols_max = 1;
    options.activations_max = crowd + 2;
    options.orders_max = 2 * BATCH;
    b->script = 1; /* the second that is made; its start asks what it watches */
    b->now_ms = START_MS;
    if (engine_new(&b->engine, &options, &ports, &err) != 0) {
        bench_fail("engine", &err);
    }
    engine_set_time(b->engine, b->now_ms);
    if (engine_add_symbol(b->engine, &instrument, 60000, &b->symbol, &err) != 0) {
        bench_fail("symbol", &err);
    }
    b->person = activate(b, "person", false);
    b->script = activate(b, "script", true);
    for (int i = 0; i < crowd; i++) {
        char id[ACTIVATION_ID_MAX];
        snprintf(id, sizeof id, "other%d", i);
        activate(b, id, true);
    }
    engine_pump(b->engine);
    b->request = (struct order_request){
        .symbol = b->symbol,
        .type = ORDER_LIMIT,
        .quantity = {{DECIMAL_ONE / 1000}},
        .price = {decimal_of_int(49000)},
        .reason = "bench",
    };
}

static void bench_end(struct bench *b, const char *folder) {
    struct err err;
    if (journal_close(b->journal, &err) != 0) {
        bench_fail("close", &err);
    }
    engine_free(b->engine);
    bench_folder_empty(folder);
}

/* --- batches
 * -------------------------------------------------------------------------------------- */

/* Ten seconds later, so that the limit of the rate is none. */
static void batch_begin(struct bench *b) {
    b->now_ms += 10000;
    engine_set_time(b->engine, b->now_ms);
    engine_price(b->engine, b->symbol, (struct price){decimal_of_int(50000)});
    b->sent_count = 0;
}

static void batch_report(struct bench *b, enum order_event_kind kind) {
    for (int i = 0; i < b->sent_count; i++) {
        struct venue_report report = {
            .account = activation_account(b->engine, b->sent[i].activation),
            .key = b->sent[i],
            .event = {.kind = kind, .time_ms = b->now_ms},
        };
        engine_report(b->engine, &report);
    }
    engine_pump(b->engine);
}

static void batch_end(struct bench *b) {
    journal_commit(b->journal);
    journal_step(b->journal);
    journal_poll(b->journal);
    if (b->sent_count != BATCH) {
        fprintf(stderr, "bench_engine: %d of %d orders left\n", b->sent_count, BATCH);
        exit(1);
    }
    batch_report(b, ORDER_EVENT_ACCEPTED);
    batch_report(b, ORDER_EVENT_CANCELED);
}

/* callgrind.lua counts the instructions of these two. */
__attribute__((noinline)) static void orders_by_person(struct bench *b) {
    struct err err;
    uint64_t sequence;
    for (int i = 0; i < BATCH; i++) {
        price_step(b);
        if (engine_order(b->engine, b->person, &b->request, "alice", &sequence, &err) != 0) {
            bench_fail("order", &err);
        }
    }
}

__attribute__((noinline)) static void orders_by_script(struct bench *b) {
    b->is_asking = true;
    for (int i = 0; i < BATCH; i++) {
        engine_queue_candles(b->engine, &b->series, 1);
        engine_pump(b->engine);
    }
    b->is_asking = false;
}

static int64_t batch_time_ns(struct bench *b, void (*orders)(struct bench *b)) {
    batch_begin(b);
    int64_t begin_ns = bench_now_ns();
    orders(b);
    int64_t took_ns = bench_now_ns() - begin_ns;
    batch_end(b);
    return took_ns / BATCH;
}

static void measure(const char *folder, int crowd, const char *suffix) {
    static int64_t person[BATCHES], script[BATCHES];
    struct bench b;
    bench_begin(&b, folder, crowd);
    for (int i = 0; i < BATCHES; i++) {
        person[i] = batch_time_ns(&b, orders_by_person);
        script[i] = batch_time_ns(&b, orders_by_script);
    }
    printf(
        "\"person%s_us\":%.2f,\"script%s_us\":%.2f", suffix,
        bench_quantile_us(person, BATCHES, 0.5), suffix, bench_quantile_us(script, BATCHES, 0.5)
    );
    bench_end(&b, folder);
}

static void count(const char *folder, void (*orders)(struct bench *b)) {
    struct bench b;
    bench_begin(&b, folder, 0);
    for (int i = 0; i < COUNTED_BATCHES; i++) {
        batch_begin(&b);
        orders(&b);
        batch_end(&b);
    }
    bench_end(&b, folder);
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: bench_engine FOLDER [person | script]\n");
        return 2;
    }
    if (argc == 3) {
        count(argv[1], strcmp(argv[2], "person") == 0 ? orders_by_person : orders_by_script);
    } else {
        printf("{");
        measure(argv[1], 0, "");
        printf(",");
        measure(argv[1], CROWD, "_crowd");
        printf("}\n");
    }
    return rmdir(argv[1]);
}
