/* hosts: what answers the engine's events: a handler that asks at random, or the real host with
 * shipped strategies. Answers come later, in any order between activations; some are faults. */
#include "simulation/world.h"

#include "app/script_files.h"
#include "engine/engine_state.h"
#include "script/host.h"

static struct ask asks[16];

/* --- asking at random ----------------------------------------------------------------------------
 */

static struct ask *ask_add(struct done *done, enum ask_kind kind) {
    struct ask *ask = &asks[done->ask_count++];
    memset(ask, 0, sizeof *ask);
    ask->kind = kind;
    ask->file = "sim.lua";
    ask->line = 1;
    done->asks = asks;
    return ask;
}

/* A price on the tick, up to `permille` thousandths away. */
static struct price price_near(struct world *w, uint16_t symbol, int64_t permille) {
    struct price p = w->engine->symbols[symbol].last;
    int128 away = p.d.v / 1000 * between(&w->host_random, -permille, permille);
    struct price out = p;
    if (decimal_round_to(
            (struct decimal){p.d.v + away}, w->instruments[symbol].tick.d, ROUND_NEAREST, &out.d
        ) != 0) {
        return p;
    }
    return out;
}

static void request_random(struct world *w, uint32_t account, struct order_request *r) {
    struct random *random = &w->host_random;
    *r = (struct order_request){.symbol = (uint16_t)random_below(random, SYMBOLS)};
    int64_t kind = between(random, 0, 9);
    r->side = chance(random, 0.5) ? ORDER_BUY : ORDER_SELL;
    r->type = kind < 3 ? ORDER_MARKET : kind < 8 ? ORDER_LIMIT : ORDER_STOP;
    r->quantity.d.v = between(random, 1, r->symbol == 0 ? 2000 : 20000) * w->instruments[0].lot.d.v;
    if (r->type == ORDER_LIMIT) {
        r->price = price_near(w, r->symbol, 6);
        r->post_only = chance(random, 0.2);
        r->time_in_force = !r->post_only && chance(random, 0.1) ? TIF_IOC : TIF_GTC;
    } else if (r->type == ORDER_STOP) {
        r->stop = price_near(w, r->symbol, 8);
    }
    if (w->venue.is_hedge[account]) {
        r->position_side = chance(random, 0.5) ? POSITION_LONG : POSITION_SHORT;
    }
    r->reduce_only = chance(random, 0.25);
    if (r->reduce_only && r->type == ORDER_STOP && chance(random, 0.5)) {
        r->is_whole_position = true;
        r->quantity.d.v = 0;
    }
    snprintf(r->reason, sizeof r->reason, "random");
}

static void ask_amend(struct world *w, struct done *done, const struct owner *o) {
    struct ask *ask = ask_add(done, ASK_AMEND);
    ask->sequence =
        o->sequence - random_below(&w->host_random, o->sequence < 6 ? o->sequence + 1 : 6);
    const struct order *order = order_find(w->engine, done->activation, ask->sequence);
    if (order == NULL) {
        done->ask_count--;
        return;
    }
    ask->symbol = order->request.symbol;
    if (order->request.type == ORDER_STOP) {
        ask->u.amend.has_stop = true;
        ask->u.amend.stop = price_near(w, ask->symbol, 8);
    } else {
        ask->u.amend.has_price = true;
        ask->u.amend.price = price_near(w, ask->symbol, 6);
    }
    if (chance(&w->host_random, 0.5) && !order->request.is_whole_position) {
        ask->u.amend.has_quantity = true;
        ask->u.amend.quantity.d.v = between(&w->host_random, 1, 3000) * w->instruments[0].lot.d.v;
    }
}

static void ask_random(struct world *w, struct done *done, struct owner *o) {
    struct random *random = &w->host_random;
    int64_t what = between(random, 0, 19);
    if (what < 9) {
        struct ask *ask = ask_add(done, ASK_PLACE);
        ask->sequence = ++o->sequence;
        request_random(w, activation_account(w->engine, done->activation), &ask->u.request);
        ask->symbol = ask->u.request.symbol;
    } else if (what < 13) {
        ask_add(done, ASK_CANCEL)->sequence =
            o->sequence - random_below(random, o->sequence < 8 ? o->sequence + 1 : 8);
    } else if (what < 16) {
        ask_amend(w, done, o);
    } else if (what < 18) {
        struct ask *ask = ask_add(done, ASK_TIMER);
        snprintf(ask->u.timer.name, sizeof ask->u.timer.name, "t%d", (int)random_below(random, 4));
        ask->u.timer.at_ms = now_ms(w) + between(random, 0, 30000);
        ask->u.timer.every_ms = chance(random, 0.3) ? 20000 : 0;
    } else if (what < 19) {
        struct ask *ask = ask_add(done, ASK_LEVERAGE);
        ask->symbol = (uint16_t)random_below(random, SYMBOLS);
        ask->u.leverage = (int)between(random, 1, 20);
    } else if (chance(random, 0.02)) {
        ask_add(done, ASK_FINISH)->u.finish = "enough";
    }
}

static void subscribe_all(struct done *done) {
    done->subscription.handlers = (1u << EVENT_HANDLER_COUNT) - 1;
    for (uint16_t i = 0; i < SYMBOLS; i++) {
        done->subscription.watches[i] = (struct watch){i, 0};
        done->subscription.tickers[i] = i;
    }
    done->subscription.watch_count = done->subscription.ticker_count = SYMBOLS;
}

static void random_answer(struct world *w, struct owner *o, struct done *done) {
    static char state[32];
    const struct event *event = &o->event;
    struct random *random = &w->host_random;
    if (event->kind == EVENT_START) {
        subscribe_all(done);
        return;
    }
    if (!w->is_quiet && chance(random, w->faults.host_fault)) {
        done->fault.code = E_SCRIPT;
        snprintf(done->fault.text, sizeof done->fault.text, "a fault");
        return;
    }
    int64_t count = event->kind == EVENT_TICKER ? between(random, -3, 2) : between(random, -1, 3);
    for (int64_t i = 0; i < count && !w->is_quiet; i++) {
        ask_random(w, done, o);
    }
    if (chance(random, 0.2)) {
        snprintf(state, sizeof state, "s%d", (int)random_below(random, 50));
        done->state = state;
        done->state_length = strlen(state);
    }
}

/* --- answering -----------------------------------------------------------------------------------
 */

static void answer(struct world *w, struct task *t) {
    struct owner *o = &w->owners[t->u.activation];
    struct done done = {.number = o->event_number, .activation = t->u.activation};
    o->is_waiting = false;
    if (w->is_real) {
        host_event(w->host, &o->event, &done);
    } else {
        random_answer(w, o, &done);
    }
    trace(
        w, "%s answers %d of %llu: %d asks, fault %d %s", activation_id(w->engine, t->u.activation),
        (int)o->event.kind, (unsigned long long)done.number, done.ask_count, done.fault.code,
        done.fault.text
    );
    engine_done(w->engine, &done);
    process_turn(w);
}

static void order_event_check(struct world *w, const struct event *event) {
    const struct order *o = &event->u.order.order;
    struct known_order *known = known_order(w, (struct order_key){event->activation, o->sequence});
    if (known->has_ended && known->ended != o->state) {
        sim_fail(
            w, "order %s was %s and is %s", o->id, order_state_name(known->ended),
            order_state_name(o->state)
        );
    }
    if (order_state_is_terminal(o->state)) {
        check_conclusion(w, event->activation, o);
        if (++known->terminals > 1) {
            sim_fail(w, "order %s has ended twice", o->id);
        }
        known->has_ended = true;
        known->ended = o->state;
    }
}

static void event_take(void *ctx, const struct event *event) {
    struct world *w = ctx;
    struct owner *o = &w->owners[event->activation];
    if (o->is_waiting) {
        sim_fail(
            w, "%s has an event and gets another", activation_id(w->engine, event->activation)
        );
    }
    /* After a fault the script starts anew in front of what already waits. */
    if (event->kind != EVENT_START && event->kind != EVENT_READY) {
        if (event->number <= o->last_number) {
            sim_fail(
                w, "event %llu after %llu", (unsigned long long)event->number,
                (unsigned long long)o->last_number
            );
        }
        o->last_number = event->number;
    }
    if (event->kind == EVENT_ORDER) {
        order_event_check(w, event);
    }
    o->is_waiting = true;
    o->event = *event;
    o->event_number = event->number;
    bool is_slow = chance(&w->host_random, w->faults.slow_answer);
    int64_t delay = is_slow ? between(&w->host_random, 0, 2 * SECOND_US)
                            : between(&w->host_random, 10, 3 * MS_US);
    task_add_here(w, delay, answer)->u.activation = event->activation;
}

static int open_take(void *ctx, const struct activation_open *open, struct err *e) {
    struct world *w = ctx;
    struct owner *o = &w->owners[open->activation];
    o->sequence = o->from_sequence = open->order_sequence;
    o->last_number = 0;
    trace(
        w, "opens %s: order %llu, %d live", open->id, (unsigned long long)open->order_sequence,
        open->order_count
    );
    return w->is_real ? host_open(w->host, open, e) : 0;
}

static void close_take(void *ctx, uint32_t activation) {
    struct world *w = ctx;
    if (w->is_real) {
        host_close(w->host, activation);
    }
}

static int instrument_take(void *ctx, uint16_t index, const struct instrument *i, struct err *e) {
    struct world *w = ctx;
    return w->is_real ? host_instrument(w->host, index, i, e) : 0;
}

static int
series_take(void *ctx, uint16_t s, uint16_t symbol, int64_t timeframe_ms, struct err *e) {
    struct world *w = ctx;
    return w->is_real ? host_series(w->host, s, symbol, timeframe_ms, e) : 0;
}

static void bar_take(void *ctx, uint16_t series, uint64_t number, const struct bar *bar) {
    struct world *w = ctx;
    if (w->is_real) {
        host_bar(w->host, series, number, bar);
    }
}

static int series_ask(
    void *ctx,
    uint16_t symbol,
    int64_t timeframe_ms,
    uint64_t number,
    uint16_t *series,
    struct err *e
) {
    struct world *w = ctx;
    (void)number;
    return engine_series(w->engine, symbol, timeframe_ms, series, e);
}

struct host_port_out host_make(struct world *w) {
    memset(w->owners, 0, sizeof w->owners);
    if (w->is_real) {
        struct host_options options = {
            .capture = CAPTURE_ALWAYS,
            .activations_max = OWNERS,
            .instruments_max = SYMBOLS,
            .series_max = 16,
        };
        struct host_port port = {.ctx = w, .series = series_ask};
        struct err err = {0};
        host_limits_default(&options.limits);
        if (host_new(&w->host, &options, &port, &err) != 0) {
            sim_fail(w, "no host: %s", err.msg);
        }
    }
    return (struct host_port_out){
        w, instrument_take, series_take, bar_take, open_take, close_take, event_take,
    };
}

void host_end(struct world *w) {
    if (w->host != NULL) {
        host_free(w->host);
    }
    w->host = NULL;
    for (int i = 0; i < OWNERS; i++) {
        for (int j = 0; j < ORDERS_MAX; j++) {
            w->known[i][j].terminals = 0;
            w->known[i][j].has_ended = w->core[i][j].has_ended = false;
            w->core[i][j].terminals = 0;
        }
    }
}

/* --- scripts -------------------------------------------------------------------------------------
 */

const struct script_bundle *host_bundle(struct world *w, int owner) {
    static const struct script_bundle nothing = {.name = "random", .hash = 1};
    static struct script_source sources[ACCOUNTS]; /* read once, for all worlds */
    static const char *const names[ACCOUNTS] = {"rsi", "grid", "hyperrsi"};
    if (!w->is_real) {
        return &nothing;
    }
    struct err err = {0};
    if (sources[owner].path == NULL &&
        script_source_read(names[owner], (size_t)256 << 10, &sources[owner], &err) != 0) {
        sim_fail(w, "no script: %s", err.msg);
    }
    return &sources[owner].bundle;
}

/* Settings that make them trade within minutes. */
const struct setting *host_settings(int owner, int *count) {
    static const struct setting rsi[] = {
        {"timeframe", "1m", false},  {"length", "3", false},    {"oversold", "48", false},
        {"overbought", "52", false}, {"invest", "1000", false},
    };
    static const struct setting grid[] = {
        {"levels_timeframe", "1m", false}, {"adx_timeframe", "1m", false},
        {"centre_length", "5", false},     {"min_gap", "0.001", false},
        {"reentry", "0.0005", false},      {"depth", "4", false},
        {"atr_floor", "0.0005", false},    {"band_step", "0.002", false},
        {"tp_long_min", "0.001", false},
    };
    static const struct setting hyperrsi[] = {
        {"timeframe", "1m", false}, {"rsi_length", "5", true}};
    static const struct setting *const all[ACCOUNTS] = {rsi, grid, hyperrsi};
    static const int counts[ACCOUNTS] = {
        sizeof rsi / sizeof *rsi,
        sizeof grid / sizeof *grid,
        sizeof hyperrsi / sizeof *hyperrsi,
    };
    *count = counts[owner];
    return all[owner];
}

/* --- people --------------------------------------------------------------------------------------
 */

/* Asks for the same until there is an answer: that leaves when the record is on the disk, and may
 * be lost on its way. */
static void person_orders(struct world *w, uint32_t owner) {
    struct person *p = &w->people[owner];
    struct request_view made;
    struct err err = {0};
    uint64_t sequence = 0;
    if (!p->is_asking) {
        p->is_asking = true;
        request_random(w, activation_account(w->engine, owner), &p->request);
        p->key = (struct request_key
        ){.is_given = true, .user = owner, .low = p->key.low + 1, .content = p->key.low + 100};
        snprintf(p->request.tag, sizeof p->request.tag, "k%llu", (unsigned long long)p->key.low);
    } else {
        w->figures.repeated++;
    }
    p->key.wall_ms = now_ms(w);
    int code = engine_request_check(w->engine, &p->key, 1, &err);
    if (code < 0) {
        sim_fail(w, "a request is not known again: %s", err.msg);
    }
    bool is_made = engine_request_find(w->engine, &p->key, &made);
    bool may_pass =
        is_made && made.order->state == ORDER_REJECTED &&
        (err_http_status(made.order->code) >= 500 || err_http_status(made.order->code) == 429);
    if (is_made && !may_pass) {
        w->figures.found++;
        sequence = made.order->sequence;
    } else {
        code = engine_order_once(w->engine, owner, &p->request, &p->key, "ann", &sequence, &err);
    }
    trace(w, "a person orders %u/%llu: %d", owner, (unsigned long long)sequence, code);
    bool is_durable = w->engine->durable >= engine_appended(w->engine);
    p->is_asking = !is_durable || chance(&w->host_random, 0.3);
}

static void person_acts(struct world *w, struct task *t) {
    uint32_t owner = t->u.activation;
    struct err err = {0};
    uint64_t sequence = 0;
    if (!w->is_quiet) {
        if (chance(&w->host_random, 0.6)) {
            person_orders(w, owner);
        } else if (w->engine->activations[owner].order_count > 0) {
            sequence = w->engine->activations[owner].orders[0]->sequence;
            int code = engine_cancel(w->engine, owner, sequence, "ann", &err);
            trace(w, "a person cancels %u/%llu: %d", owner, (unsigned long long)sequence, code);
        }
        process_turn(w);
    }
    task_add_here(w, between(&w->host_random, SECOND_US, 15 * SECOND_US), person_acts)
        ->u.activation = owner;
}

void host_started(struct world *w) {
    for (uint32_t i = ACCOUNTS; i < OWNERS; i++) {
        task_add_here(w, between(&w->host_random, SECOND_US, 15 * SECOND_US), person_acts)
            ->u.activation = i;
    }
}
