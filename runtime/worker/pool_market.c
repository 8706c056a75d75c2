/* What every worker knows: instruments, series and their last bars, kept for workers to come. */
#include "worker/pool_parts.h"

#include <stdlib.h>

int market_init(struct pool *p) {
    p->instruments = calloc((size_t)p->options.instruments_max, sizeof *p->instruments);
    p->histories = calloc((size_t)p->options.series_max, sizeof *p->histories);
    return p->instruments && p->histories ? 0 : E_MEMORY;
}

void market_free(struct pool *p) {
    for (int i = 0; p->histories && i < p->options.series_max; i++) {
        free(p->histories[i].bars);
    }
    free(p->histories);
    free(p->instruments);
}

int pool_instrument(void *pool, uint16_t index, const struct instrument *i, struct err *e) {
    struct pool *p = pool;
    if (index >= p->options.instruments_max) {
        return err_set(e, E_LIMIT, "more than %d instruments", p->options.instruments_max);
    }
    p->instruments[index] = *i;
    worker_tell_all(p, p->out, message_encode_instrument(index, i, p->out, p->message_max));
    return 0;
}

int pool_series(void *pool, uint16_t series, uint16_t symbol, int64_t timeframe_ms, struct err *e) {
    struct pool *p = pool;
    if (series >= p->options.series_max) {
        return err_set(e, E_LIMIT, "more than %d series", p->options.series_max);
    }
    struct pool_history *h = &p->histories[series];
    bool is_known = symbol < p->options.instruments_max && p->instruments[symbol].symbol[0] != '\0';
    if (!is_known || timeframe_ms <= 0) {
        return err_set(e, E_ARGUMENT, "series %d of an unknown symbol", series);
    }
    if (h->is_there) {
        return err_set(e, E_STATE, "series %d is there already", series);
    }
    h->bars = calloc(POOL_HISTORY, sizeof *h->bars);
    if (!h->bars) {
        return err_set(e, E_MEMORY, "no memory for a series");
    }
    h->is_there = true;
    h->symbol = symbol;
    h->timeframe_ms = timeframe_ms;
    size_t length = message_encode_series(series, symbol, timeframe_ms, p->out, p->message_max);
    worker_tell_all(p, p->out, length);
    return 0;
}

void pool_bar(void *pool, uint16_t series, uint64_t number, const struct bar *bar) {
    struct pool *p = pool;
    if (series >= p->options.series_max || !p->histories[series].is_there) {
        return;
    }
    struct pool_history *h = &p->histories[series];
    h->bars[h->count % POOL_HISTORY] = (struct pool_bar){number, *bar};
    h->count++;
    worker_tell_all(p, p->out, message_encode_bar(series, number, bar, p->out, p->message_max));
}

static void history_tell(struct pool *p, struct pool_worker *w, uint16_t series) {
    const struct pool_history *h = &p->histories[series];
    uint64_t first = h->count > POOL_HISTORY ? h->count - POOL_HISTORY : 0;
    size_t length =
        message_encode_series(series, h->symbol, h->timeframe_ms, p->out, p->message_max);
    worker_tell(p, w, p->out, length);
    for (uint64_t i = first; i < h->count; i++) {
        const struct pool_bar *b = &h->bars[i % POOL_HISTORY];
        length = message_encode_bar(series, b->number, &b->bar, p->out, p->message_max);
        worker_tell(p, w, p->out, length);
    }
}

void market_tell(struct pool *p, struct pool_worker *w) {
    for (int i = 0; i < p->options.instruments_max; i++) {
        if (p->instruments[i].symbol[0] != '\0') {
            size_t length =
                message_encode_instrument((uint16_t)i, &p->instruments[i], p->out, p->message_max);
            worker_tell(p, w, p->out, length);
        }
    }
    for (int i = 0; i < p->options.series_max; i++) {
        if (p->histories[i].is_there) {
            history_tell(p, w, (uint16_t)i);
        }
    }
}
