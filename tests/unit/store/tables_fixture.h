/* tables_fixture: a real engine on the paper venue, whose script asks at random, writes a journal
 * on the memory disk, and tables in a folder of their own follow it. */
#pragma once

#include "unit/engine/fake.h"

#include "engine/player.h"
#include "engine/record.h"
#include "journal_fixture.h"
#include "store/database.h"

#include <unistd.h>

#define HOUR ((int64_t)1699999200000)

struct tables {
    struct fixture f;
    struct fake fake;
    struct paper *paper;
    struct player *player;
    struct random lots;
    uint64_t script_sequence;
    int minute;
    double price;
    bool is_full; /* the journal takes nothing */
    char folder[64], path[96];
};

static struct tables *tables_now; /* of the script's handler, which has no context */

static inline uint64_t tables_append(void *ctx, const char *bytes, size_t length) {
    struct tables *t = ctx;
    uint64_t sequence;
    if (t->is_full || journal_append(t->f.journal, bytes, length, &sequence, &t->f.e) != 0) {
        return 0;
    }
    journal_step(t->f.journal);
    return sequence;
}

static inline void script_signal(struct fake *f, struct done *done) {
    struct ask_signal *signal = &fake_ask(f, done, ASK_SIGNAL)->u.signal;
    signal->side = "long";
    signal->kind = "entry";
    signal->reason = "oversold";
    signal->is_accepted = random_below(&tables_now->lots, 2) == 0;
    signal->price = 50000.5;
    signal->number_count = 2;
    signal->numbers[0].name = "rsi";
    signal->numbers[0].value = 28.5;
    signal->numbers[1].name = "trend";
    signal->numbers[1].value = -1;
}

static inline void script_order(struct fake *f, struct done *done) {
    static const char *const reasons[] = {"entry_1", "entry_2", "tp_1", "stop"};
    struct tables *t = tables_now;
    char price[32];
    double at = t->price * (0.99 + 0.02 * random_fraction(&t->lots));
    enum order_side side = random_below(&t->lots, 2) == 0 ? ORDER_BUY : ORDER_SELL;
    snprintf(price, sizeof price, "%.1f", random_below(&t->lots, 10) == 0 ? 10000.0 : at);
    const char *limit = random_below(&t->lots, 3) == 0 ? NULL : price;
    const char *reason = reasons[random_below(&t->lots, 4)];
    struct ask *ask = fake_place(f, done, ++t->script_sequence, side, "0.01", limit, reason);
    snprintf(ask->u.request.tag, sizeof ask->u.request.tag, "%.5s", reason);
}

static inline void script_ask(struct fake *f, struct done *done) {
    struct tables *t = tables_now;
    char price[32];
    switch (random_below(&t->lots, 8)) {
    case 0:
        script_signal(f, done);
        break;
    case 5: {
        struct ask *told = fake_ask(f, done, ASK_NOTIFY);
        told->u.log.level = ASK_WARN;
        told->u.log.text = "look";
        break;
    }
    case 1:
        fake_ask(f, done, ASK_CANCEL)->sequence = random_below(&t->lots, t->script_sequence + 2);
        break;
    case 2: {
        struct ask *amend = fake_ask(f, done, ASK_AMEND);
        amend->sequence = random_below(&t->lots, t->script_sequence + 2);
        amend->u.amend.has_price = true;
        snprintf(price, sizeof price, "%.1f", t->price * 0.995);
        amend->u.amend.price.d = dec(price);
        break;
    }
    default:
        script_order(f, done);
    }
}

static inline void script_handle(struct fake *f, const struct event *event, struct done *done) {
    static const char states[2][9] = {
        {1, 6, 1, 5, 1, 'n', 3, 14, 0}, {1, 6, 1, 5, 1, 'n', 3, 8, 0}};
    struct tables *t = tables_now;
    if (event->kind == EVENT_START) {
        return;
    }
    if (event->kind == EVENT_CANDLE && random_below(&t->lots, 100) == 0) {
        done->fault.code = E_SCRIPT;
        snprintf(done->fault.text, sizeof done->fault.text, "it broke");
        return;
    }
    for (uint64_t i = random_below(&t->lots, 4); i > 0; i--) {
        script_ask(f, done);
    }
    if (random_below(&t->lots, 3) == 0) {
        done->state = states[random_below(&t->lots, 2)];
        done->state_length = 8;
    }
}

static inline void tables_journal(struct tables *t, uint64_t seed) {
    memset(t, 0, sizeof *t);
    tables_now = t;
    snprintf(t->folder, sizeof t->folder, "/tmp/test_tables_XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    snprintf(t->path, sizeof t->path, "%s/tables.db", t->folder);
    fixture_init(&t->f, seed);
    t->f.options.segment_bytes = (size_t)256 << 10;
    t->f.options.buffer_bytes = (size_t)512 << 10;
    t->f.options.record_bytes = (size_t)48 << 10;
    memset(&t->f.report, 0, sizeof t->f.report);
    assert_int_equal(journal_open(&t->f.journal, &t->f.options, &t->f.report, &t->f.e), 0);
    random_seed(&t->lots, seed);
    t->price = 50000;
    t->fake.journal = (struct journal_port){t, tables_append};
}

static inline void tables_init(struct tables *t, uint64_t seed) {
    struct match_costs costs = {dec("0.0005"), dec("0.0002"), dec("0.0005")};
    struct money balance = {dec("10000")};
    struct instrument btc = fake_btc();
    struct err err = {0};
    tables_journal(t, seed);
    assert_int_equal(paper_new(&t->paper, 4, 64, &costs, &err), 0);
    assert_int_equal(paper_open_account(t->paper, 0, &btc, 1, balance, false, &err), 0);
    struct venue_port port = paper_port(t->paper);
    fake_engine(&t->fake, &port, false);
    t->fake.handle = script_handle;
    fake_activate(&t->fake, SUSPEND_CANCEL);
    assert_int_equal(player_new(&t->player, t->fake.engine, t->paper, &err), 0);
}

/* Without the paper venue: the test says what the venue says. */
static inline void tables_init_bare(struct tables *t, uint64_t seed) {
    tables_journal(t, seed);
    fake_engine(&t->fake, NULL, false);
    fake_activate(&t->fake, SUSPEND_KEEP);
}

static inline void tables_free(struct tables *t) {
    char path[128];
    static const char *const ends[] = {"", "-wal", "-shm"};
    if (t->paper != NULL) {
        player_free(t->player);
        paper_free(t->paper);
    }
    engine_free(t->fake.engine);
    fixture_free(&t->f);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", t->path, ends[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(t->folder), 0);
}

static inline void price_set(struct price *exact, double *shown, double value) {
    char text[32];
    snprintf(text, sizeof text, "%.1f", value);
    exact->d = dec(text);
    *shown = strtod(text, NULL);
}

/* One more minute. */
static inline void tables_play(struct tables *t) {
    struct random *lots = &t->lots;
    double open = t->price, close = open * (1 + 0.004 * (random_fraction(lots) - 0.5));
    struct candle c = {.bar = {.time_ms = HOUR + t->minute * 60000}};
    price_set(&c.open, &c.bar.open, open);
    price_set(&c.close, &c.bar.close, close);
    price_set(
        &c.high, &c.bar.high, (open > close ? open : close) * (1 + 0.002 * random_fraction(lots))
    );
    price_set(
        &c.low, &c.bar.low, (open < close ? open : close) * (1 - 0.002 * random_fraction(lots))
    );
    c.bar.close_ms = c.bar.time_ms + 60000;
    t->price = c.bar.close;
    t->minute++;
    struct err err = {0};
    player_begin(t->player, 0, &c);
    enum player_status status;
    while ((status = player_step(t->player, &err)) == PLAYER_WAITING) {
        engine_durable(t->fake.engine, engine_appended(t->fake.engine));
    }
    assert_int_equal(status, PLAYER_DONE);
    engine_durable(t->fake.engine, engine_appended(t->fake.engine));
}

/* The first column of the first row as text. */
static inline const char *tables_ask(struct database *database, const char *sql) {
    static char text[256];
    sqlite3_stmt *rows;
    struct err err = {0};
    if (database_select_once(database, sql, NULL, 0, &rows, &err) != 0) {
        fail_msg("%s", err.msg);
    }
    int code = database_next(database, rows, &err);
    snprintf(text, sizeof text, "%s", code == 1 ? row_text(rows, 0) : "none");
    sqlite3_finalize(rows);
    return text;
}

static inline long tables_count(struct database *database, const char *sql) {
    return strtol(tables_ask(database, sql), NULL, 10);
}

/* Every row of every table as text, to compare two databases. */
static inline void tables_dump(struct database *database, struct buffer *out) {
    static const char *const tables[] = {
        "store_cursors",        "market_symbols",   "market_candles",   "scripts_versions",
        "strategy_activations", "strategy_state",   "strategy_signals", "strategy_faults",
        "oms_orders",           "oms_order_fills",  "oms_order_steps",  "oms_switches",
        "position_positions",   "position_history", "audit_log"};
    struct err err = {0};
    buffer_init(out, (size_t)64 << 20);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char sql[64];
        sqlite3_stmt *rows;
        snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY 1", tables[i]);
        assert_int_equal(database_select_once(database, sql, NULL, 0, &rows, &err), 0);
        while (database_next(database, rows, &err) == 1) {
            buffer_append_text(out, tables[i]);
            for (int c = 0; c < sqlite3_column_count(rows); c++) {
                buffer_appendf(out, "|%s", row_text(rows, c));
            }
            buffer_append_text(out, "\n");
        }
        sqlite3_finalize(rows);
    }
    assert_int_equal(out->code, 0);
}
