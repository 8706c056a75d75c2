/* engine: its making and ending, and the market it shows to scripts. */
#include "engine/engine_state.h"

#include <stdlib.h>
#include <string.h>

void engine_options_default(struct engine_options *options) {
    *options = (struct engine_options){
        .symbols_max = 16,
        .series_max = 64,
        .activations_max = 16,
        .orders_max = 512,
        .events_max = 4096,
        .faults_max = 3,
        .is_prompt_venue = true,
        .asks_max = 256,
        .outbox_max = 4096,
        .requests_max = 20000,
        .requests_of_user_max = 2000,
        .request_ms = (int64_t)86400 * 1000,
        .venue_name = "paper",
    };
    risk_limits_default(&options->limits);
}

static int engine_allocate(struct engine *e) {
    const struct engine_options *o = &e->options;
    size_t order_count = (size_t)o->orders_max * (size_t)o->activations_max;
    e->symbols = calloc((size_t)o->symbols_max, sizeof *e->symbols);
    e->series = calloc((size_t)o->series_max, sizeof *e->series);
    e->activations = calloc((size_t)o->activations_max, sizeof *e->activations);
    e->accounts = calloc((size_t)o->activations_max, sizeof *e->accounts);
    e->users = calloc((size_t)o->activations_max, sizeof *e->users);
    e->due = calloc((size_t)o->activations_max, sizeof *e->due);
    e->ready = calloc((size_t)o->activations_max, sizeof *e->ready);
    e->order_pool = calloc(order_count, sizeof *e->order_pool);
    e->free_orders = calloc(order_count, sizeof(struct order *));
    e->watches = calloc(order_count, sizeof *e->watches);
    e->outcomes_max = o->asks_max;
    e->outcomes = calloc((size_t)o->asks_max, sizeof *e->outcomes);
    e->figures = calloc((size_t)o->asks_max * RISK_CHECK_COUNT, sizeof *e->figures);
    /* Cancels are never refused: there is room for one of every order. */
    e->outbox_max = o->outbox_max + (int)order_count;
    e->outbox = calloc((size_t)e->outbox_max, sizeof *e->outbox);
    e->record_bytes = malloc(RECORD_BYTES_MAX);
    if (e->outcomes == NULL || e->figures == NULL || e->outbox == NULL || e->record_bytes == NULL ||
        e->users == NULL || e->due == NULL) {
        return E_MEMORY;
    }
    e->day = -1;
    e->has_loss_limits = risk_watches_losses(&o->limits);
    bucket_fill(e, &e->venue_rate, &o->limits.venue_rate);
    if (e->symbols == NULL || e->series == NULL || e->activations == NULL || e->accounts == NULL ||
        e->ready == NULL || e->order_pool == NULL || e->free_orders == NULL || e->watches == NULL) {
        return E_MEMORY;
    }
    for (size_t i = 0; i < order_count; i++) {
        e->free_orders[i] = &e->order_pool[order_count - 1 - i];
    }
    e->free_order_count = (int)order_count;
    return 0;
}

int engine_new(
    struct engine **out,
    const struct engine_options *options,
    const struct engine_ports *ports,
    struct err *err
) {
    struct engine *e = calloc(1, sizeof *e);
    if (e == NULL) {
        return err_set(err, E_MEMORY, "no memory for the engine");
    }
    e->options = *options;
    e->ports = *ports;
    if (engine_allocate(e) != 0) {
        engine_free(e);
        return err_set(err, E_MEMORY, "no memory for the engine's tables");
    }
    *out = e;
    return 0;
}

void engine_free(struct engine *e) {
    if (e == NULL) {
        return;
    }
    for (int i = 0; i < e->activation_count; i++) {
        activation_fini(&e->activations[i]);
    }
    for (int i = 0; i < e->account_count; i++) {
        free(e->accounts[i].leverage);
        free(e->accounts[i].venue_leverage);
        free(e->accounts[i].outside);
        free(e->accounts[i].fill_ids);
    }
    for (int i = 0; i < e->user_count; i++) {
        free(e->users[i].name);
        free(e->users[i].currency);
    }
    free(e->users);
    free(e->due);
    scripts_free(e);
    requests_free(e);
    free(e->outcomes);
    free(e->figures);
    free(e->outbox);
    free(e->record_bytes);
    free(e->recovery_block);
    buffer_free(&e->anew);
    for (int i = 0; i < e->symbol_count; i++) {
        free(e->symbols[i].ticker_watchers);
    }
    for (int i = 0; i < e->series_count; i++) {
        free(e->series[i].watchers);
    }
    free(e->symbols);
    free(e->series);
    free(e->activations);
    free(e->accounts);
    free(e->ready);
    free(e->order_pool);
    free(e->free_orders);
    free(e->watches);
    free(e);
}

int engine_add_symbol(
    struct engine *e,
    const struct instrument *instrument,
    int64_t finest_ms,
    uint16_t *index,
    struct err *err
) {
    if (e->symbol_count == e->options.symbols_max) {
        return err_set(err, E_LIMIT, "more than %d symbols", e->options.symbols_max);
    }
    uint16_t symbol = (uint16_t)e->symbol_count;
    e->symbols[symbol] = (struct engine_symbol){
        .instrument = *instrument,
        .finest_ms = finest_ms,
        .last_bar_ms = -1,
    };
    e->symbol_count++;
    struct record record = {.kind = RECORD_SYMBOL, .activation = UINT32_MAX};
    record.u.symbol.symbol = symbol;
    record.u.symbol.instrument = *instrument;
    record.u.symbol.finest_ms = finest_ms;
    journal_write(e, &record);
    *index = symbol;
    return symbol_open_in_host(e, symbol, err);
}

int symbol_open_in_host(struct engine *e, uint16_t symbol, struct err *err) {
    const struct instrument *instrument = &e->symbols[symbol].instrument;
    int code = e->ports.host.instrument(e->ports.host.ctx, symbol, instrument, err);
    if (code == 0) {
        code = engine_series(
            e, symbol, e->symbols[symbol].finest_ms, &e->symbols[symbol].finest_series, err
        );
    }
    return code;
}

const struct instrument *engine_instrument(const struct engine *e, uint16_t symbol) {
    return &e->symbols[symbol].instrument;
}

int engine_symbol_count(const struct engine *e) {
    return e->symbol_count;
}

/* Runs the candles known before now through the new series' builder: bars of number 0 are known to
 * every event. */
static void series_replay(struct engine *e, uint16_t index) {
    struct engine_series *s = &e->series[index];
    const struct candle *candles = NULL;
    size_t count = 0;
    if (e->ports.history.candles != NULL) {
        count = e->ports.history.candles(e->ports.history.ctx, s->symbol, &candles);
    }
    for (size_t i = 0; i < count; i++) {
        struct bar closed;
        if (bar_builder_expire(&s->builder, candles[i].bar.time_ms, &closed)) {
            e->ports.host.bar(e->ports.host.ctx, index, 0, &closed);
        }
        if (bar_builder_push(&s->builder, &candles[i].bar, &closed)) {
            e->ports.host.bar(e->ports.host.ctx, index, 0, &closed);
        }
    }
    struct bar closed;
    if (bar_builder_expire(&s->builder, e->now_ms, &closed)) {
        e->ports.host.bar(e->ports.host.ctx, index, 0, &closed); /* its last bars are missing */
    }
}

int engine_series(
    struct engine *e, uint16_t symbol, int64_t timeframe_ms, uint16_t *series, struct err *err
) {
    struct engine_symbol *s = &e->symbols[symbol];
    for (int i = 0; i < s->series_count; i++) {
        if (e->series[s->series[i]].builder.timeframe_ms == timeframe_ms) {
            *series = s->series[i];
            return 0;
        }
    }
    if (timeframe_ms < s->finest_ms || timeframe_ms % s->finest_ms != 0) {
        return err_set(
            err, E_RANGE, "timeframe %s of %s cannot be built from the data's %s bars",
            timeframe_name(timeframe_ms), s->instrument.symbol, timeframe_name(s->finest_ms)
        );
    }
    if (s->series_count == TIMEFRAME_COUNT || e->series_count == e->options.series_max) {
        return err_set(err, E_LIMIT, "more than %d series", e->options.series_max);
    }
    uint16_t index = (uint16_t)e->series_count;
    int code = e->ports.host.series(e->ports.host.ctx, index, symbol, timeframe_ms, err);
    if (code != 0) {
        return code;
    }
    e->series_count++;
    e->series[index].symbol = symbol;
    bar_builder_init(&e->series[index].builder, timeframe_ms);
    int place = s->series_count++;
    while (place > 0 && e->series[s->series[place - 1]].builder.timeframe_ms > timeframe_ms) {
        s->series[place] = s->series[place - 1];
        place--;
    }
    s->series[place] = index;
    series_replay(e, index);
    *series = index;
    return 0;
}

void engine_set_time(struct engine *e, int64_t now_ms) {
    if (now_ms > e->now_ms) {
        e->now_ms = now_ms;
        losses_follow_day(e);
    }
}

int64_t engine_time(const struct engine *e) {
    return e->now_ms;
}

void engine_price(struct engine *e, uint16_t symbol, struct price last) {
    e->symbols[symbol].last = last;
    e->symbols[symbol].last_ms = e->now_ms;
    e->is_price_new = e->has_loss_limits;
}

/* Known to every event that is queued from now on, and to none that waits already. */
void engine_feed_bar(struct engine *e, uint16_t series, const struct bar *bar) {
    e->ports.host.bar(e->ports.host.ctx, series, e->number + 1, bar);
}

void engine_queue_candles(struct engine *e, const uint16_t *series, int count) {
    for (int i = 0; i < count; i++) {
        const struct engine_series *s = &e->series[series[i]];
        for (int j = 0; j < s->watcher_count; j++) {
            uint32_t activation = s->watchers[j];
            if ((e->activations[activation].handlers & (1u << EVENT_CANDLE)) == 0) {
                continue;
            }
            struct event *event = queue_event(e, activation, EVENT_CANDLE);
            if (event != NULL) {
                queue_set_price(e, event, s->symbol, e->symbols[s->symbol].last);
                event->u.series = series[i];
            }
        }
    }
}

void engine_queue_tickers(struct engine *e, uint16_t symbol, const struct event_ticker *ticker) {
    const struct engine_symbol *s = &e->symbols[symbol];
    for (int j = 0; j < s->ticker_watcher_count; j++) {
        uint32_t activation = s->ticker_watchers[j];
        if ((e->activations[activation].handlers & (1u << EVENT_TICKER)) == 0) {
            continue;
        }
        struct event *event = queue_event(e, activation, EVENT_TICKER);
        if (event != NULL) {
            queue_set_price(e, event, symbol, s->last);
            event->u.ticker = *ticker;
        }
    }
}

bool engine_has_failed(const struct engine *e) {
    return e->has_failed;
}

const uint64_t *engine_refusals(const struct engine *e) {
    return e->refusals;
}
