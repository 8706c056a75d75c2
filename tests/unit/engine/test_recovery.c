/* Recovery: whatever the records up to a moment say is what the engine was at that moment. A script
 * that asks at random runs on the paper venue; after every bar a second engine is made of the
 * records alone and compared, field by field, through the snapshots of both. */
#include "unit/engine/fake.h"

#include "base/random.h"
#include "engine/player.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define HOUR ((int64_t)1699999200000)
#define JOURNAL_MAX ((size_t)64 << 20)

struct memory_journal {
    char *bytes;
    size_t length;
    size_t offsets[100000];
    uint64_t count;
    bool is_full;
};

static struct fake fake;
static struct memory_journal journal;
static struct random lots;

static uint64_t journal_append(void *ctx, const char *bytes, size_t length) {
    struct memory_journal *j = ctx;
    if (j->is_full || j->length + length > JOURNAL_MAX || j->count + 1 >= 100000) {
        return 0;
    }
    memcpy(j->bytes + j->length, bytes, length);
    j->offsets[j->count] = j->length;
    j->length += length;
    return ++j->count;
}

static size_t journal_size(const struct memory_journal *j, uint64_t i) {
    return (i + 1 < j->count ? j->offsets[i + 1] : j->length) - j->offsets[i];
}

/* --- a script that does everything at random
 * ------------------------------------------------------ */

static uint64_t script_sequence;

static void random_price(char *text, size_t size, double from, double to) {
    double price = from + (to - from) * random_fraction(&lots);
    snprintf(text, size, "%.1f", price);
}

static void ask_something(struct fake *f, struct done *done) {
    char price[32];
    switch (random_below(&lots, 8)) {
    case 0:
        fake_place(f, done, ++script_sequence, ORDER_BUY, "0.01", NULL, "buy");
        break;
    case 1:
        fake_place(f, done, ++script_sequence, ORDER_SELL, "0.02", NULL, "sell");
        break;
    case 2:
        random_price(price, sizeof price, 49500, 50000);
        fake_place(f, done, ++script_sequence, ORDER_BUY, "0.01", price, "limit");
        break;
    case 3:
        random_price(price, sizeof price, 10000, 11000); /* far outside: refused */
        fake_place(f, done, ++script_sequence, ORDER_BUY, "0.01", price, "refused");
        break;
    case 4:
        fake_ask(f, done, ASK_CANCEL)->sequence = random_below(&lots, script_sequence + 2);
        break;
    case 5: {
        struct ask *amend = fake_ask(f, done, ASK_AMEND);
        amend->sequence = random_below(&lots, script_sequence + 2);
        amend->u.amend.has_price = true;
        random_price(price, sizeof price, 49500, 50000);
        amend->u.amend.price.d = dec(price);
        break;
    }
    case 6: {
        struct ask *timer = fake_ask(f, done, ASK_TIMER);
        snprintf(
            timer->u.timer.name, sizeof timer->u.timer.name, "t%d", (int)random_below(&lots, 4)
        );
        timer->u.timer.at_ms = engine_time(f->engine) + (int64_t)random_below(&lots, 300000);
        timer->u.timer.every_ms = random_below(&lots, 2) == 0 ? 0 : 120000;
        break;
    }
    default: {
        struct ask *leverage = fake_ask(f, done, ASK_LEVERAGE);
        leverage->u.leverage = 1 + (int)random_below(&lots, 20);
        break;
    }
    }
}

static void random_handler(struct fake *f, const struct event *event, struct done *done) {
    static char state[32];
    if (event->kind == EVENT_START) {
        return;
    }
    if (event->kind == EVENT_CANDLE && random_below(&lots, 200) == 0) {
        done->fault.code = E_SCRIPT;
        return;
    }
    uint64_t count = random_below(&lots, 4);
    for (uint64_t i = 0; i < count; i++) {
        ask_something(f, done);
    }
    if (random_below(&lots, 3) == 0) {
        snprintf(state, sizeof state, "s%llu", (unsigned long long)random_next(&lots) % 50);
        done->state = state;
        done->state_length = strlen(state);
    }
}

/* --- two engines
 * ----------------------------------------------------------------------------------- */

struct dump {
    struct buffer text;
};

/* Number and time are those of the moment, not of the state. */
static void dump_record(void *ctx, const char *bytes, size_t length) {
    struct buffer *out = ctx;
    char block[1 << 16];
    struct arena arena;
    struct record record;
    struct err err = {0};
    arena_init(&arena, block, sizeof block);
    assert_int_equal(record_decode(bytes, length, &arena, &record, &err), 0);
    record.number = 0;
    record.now_ms = 0;
    if (record.kind == RECORD_ENGINE) {
        memset(
            record.u.engine.refusals, 0, sizeof record.u.engine.refusals
        ); /* counters of a process */
    }
    char again[1 << 16];
    size_t n = record_encode(&record, again, sizeof again);
    assert_true(n > 0);
    assert_int_equal(buffer_append(out, again, n), 0);
}

static void dump_engine(struct engine *e, struct buffer *out) {
    int position = 0;
    buffer_init(out, 1 << 24);
    while (engine_snapshot(e, &position, 3, dump_record, out)) {
    }
}

static struct engine *recovered(const struct memory_journal *j, uint64_t count) {
    static struct fake silent;
    memset(&silent, 0, sizeof silent);
    struct engine_options options;
    engine_options_default(&options);
    struct engine_ports ports = {
        .host =
            {&silent, fake_instrument, fake_series, fake_bar, fake_open, fake_close, fake_event},
    };
    struct engine *e = NULL;
    struct err err = {0};
    assert_int_equal(engine_new(&e, &options, &ports, &err), 0);
    engine_recover_begin(e);
    for (uint64_t i = 0; i < count; i++) {
        int code = engine_recover(e, j->bytes + j->offsets[i], journal_size(j, i), &err);
        if (code != 0) {
            print_error("record %llu: %s\n", (unsigned long long)i, err.msg);
        }
        assert_int_equal(code, 0);
    }
    assert_int_equal(silent.event_count, 0); /* no script ran */
    return e;
}

/* One activation as text: what differs stands out. */
static void tell(void *ctx, const char *bytes, size_t length) {
    const char *whose = ctx;
    char block[1 << 16];
    struct arena arena;
    struct record r;
    struct err err = {0};
    arena_init(&arena, block, sizeof block);
    if (record_decode(bytes, length, &arena, &r, &err) != 0 || r.kind != RECORD_ACTIVATION) {
        return;
    }
    const struct record_activation *a = &r.u.opened;
    print_message(
        "%s: status %d asked %llu sent %llu faults %d state %zu reason %s timers %d last %lld\n",
        whose, a->status, (unsigned long long)a->orders_asked, (unsigned long long)a->orders_sent,
        a->fault_count, a->state_length, a->reason, a->timer_count, (long long)a->last_event_ms
    );
    for (int i = 0; i < a->order_count; i++) {
        const struct order *o = a->orders[i];
        print_message(
            "  %s state %d pending %d queued %llu code %d %s updated %lld\n", o->id, o->state,
            o->pending, (unsigned long long)o->queued, o->code, o->message, (long long)o->updated_ms
        );
    }
    for (int i = 0; i < a->timer_count; i++) {
        print_message(
            "  timer %s at %lld every %lld\n", a->timers[i].name, (long long)a->timers[i].at_ms,
            (long long)a->timers[i].every_ms
        );
    }
}

static void tell_difference(struct engine *live, struct engine *again) {
    int position = 0;
    while (engine_snapshot(live, &position, 3, tell, "live")) {
    }
    position = 0;
    while (engine_snapshot(again, &position, 3, tell, "again")) {
    }
}

static void compare(struct engine *live) {
    struct buffer a, b;
    struct engine *again = recovered(&journal, journal.count);
    dump_engine(live, &a);
    dump_engine(again, &b);
    if (a.length != b.length || memcmp(a.data, b.data, a.length) != 0) {
        tell_difference(live, again);
        fail_msg("what the records say is not what is so");
    }
    buffer_free(&a);
    buffer_free(&b);
    engine_free(again);
}

static struct candle random_candle(int minute, double *price) {
    char texts[4][32];
    double open = *price;
    double close = open * (1 + 0.004 * (random_fraction(&lots) - 0.5));
    double high = (open > close ? open : close) * (1 + 0.002 * random_fraction(&lots));
    double low = (open < close ? open : close) * (1 - 0.002 * random_fraction(&lots));
    const double values[] = {open, high, low, close};
    struct candle candle = {.bar = {.time_ms = HOUR + minute * 60000}};
    struct price *exact[] = {&candle.open, &candle.high, &candle.low, &candle.close};
    for (int i = 0; i < 4; i++) {
        snprintf(texts[i], sizeof texts[i], "%.1f", values[i]);
        exact[i]->d = dec(texts[i]);
    }
    candle.bar.close_ms = candle.bar.time_ms + 60000;
    candle.bar.open = strtod(texts[0], NULL);
    candle.bar.high = strtod(texts[1], NULL);
    candle.bar.low = strtod(texts[2], NULL);
    candle.bar.close = strtod(texts[3], NULL);
    *price = candle.bar.close;
    return candle;
}

static struct paper *paper;
static struct player *player;
static struct instrument btc;

static void world_open(uint64_t seed) {
    memset(&fake, 0, sizeof fake);
    journal.length = 0;
    journal.count = 0;
    journal.is_full = false;
    random_seed(&lots, seed);
    script_sequence = 0;
    struct match_costs costs = {dec("0.0005"), dec("0.0002"), dec("0.0005")};
    struct err err = {0};
    btc = fake_btc();
    struct money balance = {dec("10000")};
    assert_int_equal(paper_new(&paper, 4, 64, &costs, &err), 0);
    assert_int_equal(paper_open_account(paper, 0, &btc, 1, balance, false, &err), 0);
    fake.journal = (struct journal_port){&journal, journal_append};
    struct venue_port port = paper_port(paper);
    fake_engine(&fake, &port, false);
    fake.handle = random_handler;
    fake_activate(&fake, SUSPEND_CANCEL);
    assert_int_equal(player_new(&player, fake.engine, paper, &err), 0);
}

static void world_close(void) {
    player_free(player);
    engine_free(fake.engine);
    paper_free(paper);
}

static void play(struct candle candle) {
    struct err err = {0};
    player_begin(player, 0, &candle);
    enum player_status status;
    while ((status = player_step(player, &err)) == PLAYER_WAITING) {
        engine_durable(fake.engine, engine_appended(fake.engine));
    }
    if (status == PLAYER_FAILED) {
        print_error("%s\n", err.msg);
    }
    assert_int_equal(status, PLAYER_DONE);
}

static void records_are_the_state(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        world_open(seed);
        double price = 50000;
        for (int minute = 0; minute < 60; minute++) {
            play(random_candle(minute, &price));
            compare(fake.engine);
        }
        assert_true(fake.fills > 3);
        world_close();
    }
}

static void keep(void *ctx, const char *bytes, size_t length) {
    assert_true(journal_append(ctx, bytes, length) > 0);
}

static void a_snapshot_is_the_state(void **state) {
    (void)state;
    world_open(77);
    double price = 50000;
    for (int minute = 0; minute < 200; minute++) {
        play(random_candle(minute, &price));
    }
    static struct memory_journal snapshot;
    snapshot.bytes = malloc(JOURNAL_MAX);
    assert_non_null(snapshot.bytes);
    int position = 0;
    struct buffer a, b;
    while (engine_snapshot(fake.engine, &position, 1, keep, &snapshot)) {
    }
    struct engine *again = recovered(&snapshot, snapshot.count);
    dump_engine(fake.engine, &a);
    dump_engine(again, &b);
    assert_int_equal(a.length, b.length);
    assert_memory_equal(a.data, b.data, a.length);
    buffer_free(&a);
    buffer_free(&b);
    engine_free(again);
    free(snapshot.bytes);
    world_close();
}

/* --- what waits for the disk
 * ------------------------------------------------------------------------ */

static void buy_when_ready(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_READY) {
        fake_place(f, done, 1, ORDER_BUY, "0.01", NULL, "entry");
    } else if (event->kind == EVENT_CANDLE) {
        fake_ask(f, done, ASK_CANCEL)->sequence = 1;
    }
}

static void an_order_leaves_after_its_sync(void **state) {
    (void)state;
    memset(&fake, 0, sizeof fake);
    journal.length = journal.count = 0;
    fake.journal = (struct journal_port){&journal, journal_append};
    fake_engine(&fake, NULL, false);
    fake.handle = buy_when_ready;
    fake_activate(&fake, SUSPEND_KEEP);
    assert_int_equal(fake.sent_count, 0);
    assert_false(engine_is_idle(fake.engine));
    engine_durable(fake.engine, engine_appended(fake.engine) - 1);
    assert_int_equal(fake.sent_count, 0);
    engine_durable(fake.engine, engine_appended(fake.engine));
    assert_int_equal(fake.sent_count, 1);
    fake_report(&fake, 1, (struct order_event){.kind = ORDER_EVENT_ACCEPTED});
    engine_queue_candles(fake.engine, (const uint16_t[]){0}, 1);
    engine_pump(fake.engine);
    engine_pump(fake.engine);
    assert_int_equal(fake.sent_count, 2); /* nothing but a cancel: it does not wait */
    assert_int_equal(fake.sent[1].what, 'c');
    engine_free(fake.engine);
}

static void without_a_journal_nothing_leaves(void **state) {
    (void)state;
    memset(&fake, 0, sizeof fake);
    journal.length = journal.count = 0;
    fake.journal = (struct journal_port){&journal, journal_append};
    fake_engine(&fake, NULL, false);
    fake.handle = buy_when_ready;
    journal.is_full = true;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    assert_int_equal(fake.sent_count, 0);
    assert_true(engine_journal_is_down(fake.engine));
    assert_int_equal(fake.last_order.state, ORDER_REJECTED);
    assert_int_equal(fake.last_order.code, E_IO);
    assert_int_equal(activation_open_orders(fake.engine, a), 0);
    journal.is_full = false;
    engine_journal_restored(fake.engine);
    assert_false(engine_journal_is_down(fake.engine));
    engine_free(fake.engine);
}

/* --- kill switches and people
 * ----------------------------------------------------------------------- */

static void limits_when_ready(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_READY) {
        fake_place(f, done, 1, ORDER_BUY, "0.01", "49000", "rest");
        fake_place(f, done, 2, ORDER_BUY, "0.02", NULL, "entry");
    } else if (event->kind == EVENT_CANDLE) {
        fake_place(f, done, 3, ORDER_BUY, "0.01", NULL, "late");
    }
}

static void a_kill_switch_stops_cancels_and_flattens(void **state) {
    (void)state;
    memset(&fake, 0, sizeof fake);
    fake_engine(&fake, NULL, false);
    fake.handle = limits_when_ready;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    fake_report(&fake, 2, fake_fill("50000", "0.02", "0"));
    struct err err = {0};
    assert_int_equal(engine_kill(fake.engine, KILL_USER, "system", true, "admin", "test", &err), 0);
    assert_int_equal(fake.sent[2].what, 'c');
    assert_int_equal(fake.sent[3].what, 's');
    assert_string_equal(fake.sent[3].request.reason, "kill");
    int sent = fake.sent_count;
    engine_queue_candles(fake.engine, (const uint16_t[]){0}, 1);
    engine_pump(fake.engine);
    assert_int_equal(fake.sent_count, sent); /* blocked */
    assert_int_equal(engine_refusals(fake.engine)[RISK_KILL_SWITCH], 1);
    assert_int_equal(engine_unkill(fake.engine, KILL_USER, "system", "admin", &err), 0);
    assert_int_not_equal(engine_unkill(fake.engine, KILL_USER, "system", "admin", &err), 0);
    (void)a;
    engine_free(fake.engine);
}

static void orders_by_people_have_their_own_owner(void **state) {
    (void)state;
    memset(&fake, 0, sizeof fake);
    fake_engine(&fake, NULL, false);
    uint32_t script = fake_activate(&fake, SUSPEND_KEEP);
    uint32_t account = activation_account(fake.engine, script);
    struct activation_options manual = {
        .id = "m1",
        .user = "ann",
        .account = &account,
        .currency = "USDT",
    };
    uint32_t owner;
    uint64_t sequence;
    struct err err = {0};
    assert_int_equal(engine_activate(fake.engine, &manual, &owner, &err), 0);
    struct order_request request = {.side = ORDER_BUY, .type = ORDER_MARKET};
    request.quantity.d = dec("0.05");
    snprintf(request.reason, sizeof request.reason, "manual");
    assert_int_not_equal(engine_order(fake.engine, script, &request, "ann", &sequence, &err), 0);
    assert_int_equal(engine_order(fake.engine, owner, &request, "ann", &sequence, &err), 0);
    assert_int_equal(fake.sent[0].key.activation, owner);
    struct venue_report report = {
        .account = account,
        .key = {owner, sequence},
        .event = fake_fill("50000", "0.05", "1"),
    };
    engine_report(fake.engine, &report);
    assert_true(
        activation_position(fake.engine, owner, 0, POSITION_NET)->quantity.d.v == dec("0.05").v
    );
    assert_true(activation_position(fake.engine, script, 0, POSITION_NET)->quantity.d.v == 0);
    assert_true(account_ledger(fake.engine, account)->balance.d.v == dec("9999").v);
    engine_free(fake.engine);
}

static int journal_make(void **state) {
    (void)state;
    journal.bytes = malloc(JOURNAL_MAX);
    return journal.bytes == NULL ? -1 : 0;
}

static int journal_drop(void **state) {
    (void)state;
    free(journal.bytes);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_the_state),
        cmocka_unit_test(a_snapshot_is_the_state),
        cmocka_unit_test(an_order_leaves_after_its_sync),
        cmocka_unit_test(without_a_journal_nothing_leaves),
        cmocka_unit_test(a_kill_switch_stops_cancels_and_flattens),
        cmocka_unit_test(orders_by_people_have_their_own_owner),
    };
    return cmocka_run_group_tests(tests, journal_make, journal_drop);
}
