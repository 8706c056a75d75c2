/* routes of the market: last prices and bars. */
#include "gateway/page.h"
#include "gateway/router.h"
#include "gateway/shapes.h"
#include "gateway/tables.h"

#include "market/timeframe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int symbol_take(struct call *c, uint16_t *symbol, struct err *e) {
    const char *name = call_part(c, "symbol");
    int index = inspect_symbol(c->engine, name);
    if (strcmp(call_part(c, "exchange"), c->g->options.venue) != 0) {
        return err_set(e, E_NOT_FOUND, "there is no exchange %.40s here", call_part(c, "exchange"));
    }
    if (index < 0) {
        return err_set(e, E_UNKNOWN_SYMBOL, "there is no symbol %.40s here", name);
    }
    *symbol = (uint16_t)index;
    return 0;
}

int route_ticker(struct call *c, struct err *e) {
    static const char *const names[] = {NULL};
    uint16_t symbol;
    struct price last;
    int64_t time_ms;
    query_names(c, names);
    int code = call_faults(c, e);
    code = code != 0 ? code : symbol_take(c, &symbol, e);
    if (code != 0) {
        return code;
    }
    bool has_price = inspect_ticker(c->engine, symbol, &last, &time_ms);
    json_object(&c->json);
    write_text(&c->json, "exchange", c->g->options.venue);
    write_text(&c->json, "symbol", call_part(c, "symbol"));
    write_price(&c->json, "last", last);
    write_time(&c->json, "timestamp", has_price ? time_ms : 0);
    json_close(&c->json);
    return 0;
}

/* --- bars
 * ----------------------------------------------------------------------------------------- */

struct grouped_bar { /* of a longer timeframe, exact */
    int64_t open_ms;
    bool is_closed;
    struct price open, high, low, close;
    double volume;
};

static void bar_write(struct call *c, const struct grouped_bar *bar) {
    struct decimal volume;
    json_object(&c->json);
    write_time(&c->json, "open_time", bar->open_ms);
    write_decimal(&c->json, "open", bar->open.d);
    write_decimal(&c->json, "high", bar->high.d);
    write_decimal(&c->json, "low", bar->low.d);
    write_decimal(&c->json, "close", bar->close.d);
    json_key(&c->json, "volume");
    if (decimal_of_double(bar->volume, &volume) == 0) {
        json_decimal_text(&c->json, volume);
    } else {
        json_null(&c->json);
    }
    json_key(&c->json, "closed");
    json_bool(&c->json, bar->is_closed);
    json_close(&c->json);
}

/* The bar that the candles down from *index belong to; moves *index below them. */
static void bar_group(
    const struct history *h,
    uint16_t symbol,
    int64_t timeframe_ms,
    int *index,
    struct grouped_bar *bar
) {
    const struct candle *last = history_candle(h, symbol, *index);
    *bar = (struct grouped_bar){
        .open_ms = timeframe_open(timeframe_ms, last->bar.time_ms),
        .high = last->high,
        .low = last->low,
        .close = last->close,
    };
    bar->is_closed = last->bar.close_ms >= bar->open_ms + timeframe_ms;
    for (; *index >= 0; --*index) {
        const struct candle *candle = history_candle(h, symbol, *index);
        if (candle->bar.time_ms < bar->open_ms) {
            return;
        }
        bar->open = candle->open;
        bar->high.d = decimal_max(bar->high.d, candle->high.d);
        bar->low.d = decimal_min(bar->low.d, candle->low.d);
        bar->volume += candle->bar.volume;
    }
}

/* A page of what the ring has; false where the page goes back to before its beginning. */
static bool
rings_candles(struct call *c, uint16_t symbol, int64_t timeframe_ms, struct page *page) {
    page_begin(page, c);
    int index = history_candle_count(c->g->history, symbol) - 1;
    while (index >= 0 && !page_is_over(page)) {
        struct grouped_bar bar;
        char key[24];
        bar_group(c->g->history, symbol, timeframe_ms, &index, &bar);
        bool is_cut =
            index < 0 && history_candle(c->g->history, symbol, 0)->bar.time_ms > bar.open_ms;
        snprintf(key, sizeof key, "%" PRId64, bar.open_ms);
        if (!is_cut && page_take(page, key)) {
            bar_write(c, &bar);
        }
    }
    return page_is_over(page);
}

int route_candles(struct call *c, struct err *e) {
    static const char *const names[] = {"limit", "cursor", NULL};
    int64_t timeframe_ms;
    uint16_t symbol;
    struct page page;
    query_names(c, names);
    int code = symbol_take(c, &symbol, e);
    if (code == 0 && timeframe_parse(call_part(c, "timeframe"), &timeframe_ms, e) != 0) {
        return err_set(e, E_NOT_FOUND, "there is no timeframe %.20s", call_part(c, "timeframe"));
    }
    if (code != 0) {
        return code;
    }
    if (timeframe_ms % inspect_finest_ms(c->engine, symbol) != 0) {
        return err_set(
            e, E_NOT_FOUND, "the finest bars of this symbol are %s",
            timeframe_name(inspect_finest_ms(c->engine, symbol))
        );
    }
    bool is_whole = rings_candles(c, symbol, timeframe_ms, &page);
    if (!is_whole && tables_are_kept(c->g)) {
        struct tables_ask ask = {
            .list = TABLES_CANDLES,
            .exchange = c->g->options.venue,
            .symbol = engine_instrument(c->engine, symbol)->symbol,
            .timeframe_ms = timeframe_ms,
            .finest_ms = inspect_finest_ms(c->engine, symbol),
        };
        return tables_list(c, &ask, e);
    }
    return page_end(&page, e);
}
