/* market: prices that walk, and the bars they leave. */
#include "simulation/world.h"

#include "engine/engine_state.h"

static void instrument_make(struct instrument *i, const char *symbol, const char *base) {
    *i = (struct instrument){.quote = "USDT"};
    snprintf(i->symbol, sizeof i->symbol, "%s", symbol);
    snprintf(i->base, sizeof i->base, "%s", base);
    i->kind = INSTRUMENT_PERPETUAL;
    i->tick.d = dec("0.1");
    i->lot.d = dec("0.0001");
    i->min_quantity.d = dec("0.0001");
    i->contract = dec("0.01");
    i->maintenance = dec("0.005");
    i->max_leverage = 125;
    i->can_stop = i->can_amend = i->can_post_only = i->can_reduce_only = i->can_hedge = true;
}

static struct price price_of(int64_t tenths) {
    return (struct price){{(int128)tenths * (DECIMAL_ONE / 10)}};
}

static int64_t tenths_of(struct price p) {
    return (int64_t)(p.d.v / (DECIMAL_ONE / 10));
}

static void price_heard(struct world *w, struct task *t) {
    struct price p = t->u.market.price;
    double last = decimal_to_double(p.d);
    engine_price(w->engine, t->u.market.symbol, p);
    struct event_ticker ticker = {last, last, last, last, last, last};
    engine_queue_tickers(w->engine, t->u.market.symbol, &ticker);
    process_turn(w);
}

static void price_moves(struct world *w, struct task *t) {
    uint16_t symbol = t->u.market.symbol;
    int64_t now = tenths_of(w->prices[symbol]);
    int64_t most = now / (w->is_real ? 400 : 800) + 1;
    w->prices[symbol] = price_of(now + between(&w->venue_random, -most, most));
    struct candle *c = &w->minute[symbol];
    c->close = w->prices[symbol];
    c->high.d = decimal_max(c->high.d, c->close.d);
    c->low.d = decimal_min(c->low.d, c->close.d);
    c->bar.volume += 1;
    venue_price(w, symbol);
    if (w->process != 0 && w->is_link_up && !w->is_link_dead) {
        struct task *heard = task_add_here(w, between(&w->random, MS_US, 40 * MS_US), price_heard);
        heard->u.market.symbol = symbol;
        heard->u.market.price = w->prices[symbol];
    }
    task_add(w, between(&w->venue_random, 500 * MS_US, 4 * SECOND_US), price_moves)
        ->u.market.symbol = symbol;
}

/* --- bars ----------------------------------------------------------------------------------------
 */

static void minute_begin(struct world *w, uint16_t symbol) {
    struct price p = w->prices[symbol];
    int64_t open_ms = now_ms(w) - now_ms(w) % 60000;
    w->minute[symbol] = (struct candle){
        .open = p,
        .high = p,
        .low = p,
        .close = p,
        .bar = {.time_ms = open_ms, .close_ms = open_ms + 60000},
    };
}

static void candle_fill(struct candle *c) {
    c->bar.open = decimal_to_double(c->open.d);
    c->bar.high = decimal_to_double(c->high.d);
    c->bar.low = decimal_to_double(c->low.d);
    c->bar.close = decimal_to_double(c->close.d);
}

static void minute_end(struct world *w, uint16_t symbol) {
    struct candle *c = &w->minute[symbol];
    candle_fill(c);
    w->candles[symbol][w->candle_count] = *c;
}

/* As the player does it, but live: whatever is out. */
static void bar_play(struct world *w, uint16_t symbol, const struct candle *candle) {
    struct engine *e = w->engine;
    const struct engine_symbol *s = &e->symbols[symbol];
    uint16_t closed[TIMEFRAME_COUNT];
    int count = 0;
    engine_bar_over(e, symbol, candle);
    for (int i = 0; i < s->series_count; i++) {
        struct bar built;
        if (bar_builder_push(&e->series[s->series[i]].builder, &candle->bar, &built)) {
            engine_feed_bar(e, s->series[i], &built);
            closed[count++] = s->series[i];
        }
    }
    for (int i = count - 1; i >= 0; i--) {
        engine_queue_candles(e, &closed[i], 1);
    }
}

static void bar_heard(struct world *w, struct task *t) {
    uint16_t symbol = t->u.market.symbol;
    if (w->fed[symbol] == t->u.market.index) {
        w->fed[symbol]++;
        bar_play(w, symbol, &w->candles[symbol][t->u.market.index]);
        process_turn(w);
    }
}

static void minutes_turn(struct world *w, struct task *t) {
    (void)t;
    if (w->candle_count == CANDLES_MAX) {
        return;
    }
    int64_t delay = between(&w->random, 20 * MS_US, 300 * MS_US);
    for (uint16_t i = 0; i < SYMBOLS; i++) {
        minute_end(w, i);
        minute_begin(w, i);
        if (w->process != 0) {
            struct task *heard = task_add_here(w, delay, bar_heard);
            heard->u.market.symbol = i;
            heard->u.market.index = w->candle_count;
        }
    }
    w->candle_count++;
    task_add(w, 60 * SECOND_US, minutes_turn);
}

static size_t history(void *ctx, uint16_t symbol, const struct candle **out) {
    struct world *w = ctx;
    *out = w->candles[symbol];
    w->fed[symbol] = w->candle_count;
    return (size_t)w->candle_count;
}

struct history_port market_history(struct world *w) {
    return (struct history_port){w, history};
}

/* What was before the first start: for scripts that look back. */
static void past_make(struct world *w, uint16_t symbol) {
    struct price last = w->prices[symbol];
    for (int i = 0; i < CANDLES_BEFORE; i++) {
        struct candle *c = &w->candles[symbol][i];
        int64_t now = tenths_of(last), most = now / 300;
        struct price next = price_of(now + between(&w->venue_random, -most, most));
        struct price up = price_of(tenths_of(last) + most), down = price_of(tenths_of(last) - most);
        c->open = last;
        c->close = next;
        c->high = up;
        c->low = down;
        c->bar.time_ms = START_MS - (int64_t)(CANDLES_BEFORE - i) * 60000;
        c->bar.close_ms = c->bar.time_ms + 60000;
        c->bar.volume = 1;
        candle_fill(c);
        last = next;
    }
    w->prices[symbol] = last;
}

void market_begin(struct world *w) {
    instrument_make(&w->instruments[0], "BTC-USDT-SWAP", "BTC");
    instrument_make(&w->instruments[1], "ETH-USDT-SWAP", "ETH");
    w->prices[0] = price_of(500000);
    w->prices[1] = price_of(30000);
    for (uint16_t i = 0; i < SYMBOLS && w->is_real; i++) {
        past_make(w, i);
        w->candle_count = CANDLES_BEFORE;
    }
    for (uint16_t i = 0; i < SYMBOLS; i++) {
        minute_begin(w, i);
        task_add(w, SECOND_US, price_moves)->u.market.symbol = i;
    }
    task_add(w, 60 * SECOND_US, minutes_turn);
}
