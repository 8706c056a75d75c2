/* What a guest sees of the market and of its money, as of the event that is handled. */
#include "script/guest.h"

#include "market/timeframe.h"
#include "trade/ledger.h"
#include "trade/sizing.h"

#include <string.h>

uint16_t host_find_symbol(const struct host *h, const char *symbol) {
    for (int i = 0; i < h->instrument_count; i++) {
        if (strcmp(h->instruments[i].symbol, symbol) == 0 && symbol[0]) {
            return (uint16_t)i;
        }
    }
    return NO_INDEX;
}

const char *host_symbol_at(const void *host, int index) {
    const struct host *h = host;
    return index < h->instrument_count ? h->instruments[index].symbol : NULL;
}

static uint16_t series_find(const struct host *h, uint16_t symbol, int64_t timeframe_ms) {
    for (int i = 0; i < h->options.series_max; i++) {
        const struct market_series *s = &h->series[i];
        if (s->series && s->symbol == symbol && s->timeframe_ms == timeframe_ms) {
            return (uint16_t)i;
        }
    }
    return NO_INDEX;
}

int host_series_open(
    struct host *h,
    uint16_t symbol,
    int64_t timeframe_ms,
    uint64_t number,
    uint16_t *series,
    struct err *e
) {
    *series = series_find(h, symbol, timeframe_ms);
    if (*series != NO_INDEX) {
        return 0;
    }
    int code = h->port.series(h->port.ctx, symbol, timeframe_ms, number, series, e);
    if (code == 0 && (*series >= h->options.series_max || !h->series[*series].series)) {
        return err_set(e, E_STATE, "the engine did not tell the series");
    }
    return code;
}

bool guest_watch(struct guest *g, uint16_t symbol, int64_t timeframe_ms) {
    struct subscription *s = &g->subscription;
    for (int i = 0; i < s->watch_count; i++) {
        if (s->watches[i].symbol == symbol && s->watches[i].timeframe_ms == timeframe_ms) {
            return true;
        }
    }
    if (s->watch_count == WATCH_MAX) {
        return false;
    }
    s->watches[s->watch_count++] = (struct watch){symbol, timeframe_ms};
    return true;
}

/* The close of the newest bar of the finest series of a symbol, as of an event. */
static struct price finest_close(const struct host *h, uint16_t symbol, uint64_t number) {
    const struct market_series *finest = NULL;
    for (int i = 0; i < h->options.series_max; i++) {
        const struct market_series *s = &h->series[i];
        if (s->series && s->symbol == symbol &&
            (!finest || s->timeframe_ms < finest->timeframe_ms)) {
            finest = s;
        }
    }
    struct price price = {{0}};
    uint64_t known = finest ? series_known(finest->series, number) : 0;
    if (known == 0 ||
        decimal_of_double(series_at(finest->series, known - 1)->close, &price.d) != 0) {
        return (struct price){{0}};
    }
    return price;
}

struct price guest_last_price(const struct guest *g, uint16_t symbol) {
    const struct event *event = g->event;
    if (!event) {
        return (struct price){{0}};
    }
    if (event->symbol == symbol && decimal_sign(event->last.d) > 0) {
        return event->last;
    }
    return finest_close(g->host, symbol, event->number);
}

/* --- money --------------------------------------------------------------------------------------
 */

/* Whether an order could make the position it works on larger. */
static bool order_could_enlarge(const struct view *v, const struct order_request *r) {
    const struct position *p = view_position(v, r->symbol, r->position_side);
    if (r->reduce_only || r->is_whole_position) {
        return false;
    }
    int held = p ? decimal_sign(p->quantity.d) : 0;
    bool is_against = (r->side == ORDER_SELL && held > 0) || (r->side == ORDER_BUY && held < 0);
    return !is_against || decimal_compare(r->quantity.d, decimal_abs(p->quantity.d)) > 0;
}

static int add_margin(
    const struct guest *g,
    uint16_t symbol,
    struct price price,
    struct quantity quantity,
    struct money *sum
) {
    struct money margin;
    int code = margin_of(price, quantity, view_leverage_of(&g->view, symbol), &margin);
    return code ? code : decimal_add(sum->d, margin.d, &sum->d);
}

int guest_equity(const struct guest *g, struct money *equity, struct money *free_margin) {
    const struct view *v = &g->view;
    struct money margin = {{0}};
    *equity = v->balance;
    int code = 0;
    for (int i = 0; i < v->position_count && code == 0; i++) {
        const struct position *p = &v->positions[i].position;
        uint16_t symbol = v->positions[i].symbol;
        struct money unrealized;
        if (decimal_is_zero(p->quantity.d)) {
            continue;
        }
        code = position_unrealized(p, guest_last_price(g, symbol), &unrealized);
        if (code == 0) {
            code = decimal_add(equity->d, unrealized.d, &equity->d);
        }
        if (code == 0) {
            code = add_margin(g, symbol, p->entry, p->quantity, &margin);
        }
    }
    for (int i = 0; i < v->open_count && code == 0; i++) {
        const struct order *o = &v->open[i]->order;
        if (order_could_enlarge(v, &o->request)) {
            struct price price = sizing_price(&o->request, guest_last_price(g, o->request.symbol));
            code = add_margin(g, o->request.symbol, price, order_remaining(o), &margin);
        }
    }
    return code ? code : decimal_sub(equity->d, margin.d, &free_margin->d);
}
