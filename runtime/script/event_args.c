/* The arguments of handlers: one object of each kind in a sandbox, made once and reused, which
 * reads from the event that is handled. Outside its own handler it raises. */
#include "market/timeframe.h"
#include "script/api_classes.h"
#include "script/api_fields.h"

#include <math.h>

#define CANDLE_FIELD(name, type, doc) CANDLE_FIELD_##name,
enum { CANDLE_FIELDS(CANDLE_FIELD) };
#define TICKER_FIELD(name, type, doc) TICKER_FIELD_##name,
enum { TICKER_FIELDS(TICKER_FIELD) };
#define FILL_FIELD(name, type, doc) FILL_FIELD_##name,
enum { FILL_FIELDS(FILL_FIELD) };

static const struct event *event_of(lua_State *L, const struct guest *g, enum event_kind kind) {
    if (!g->event || g->event->kind != kind) {
        const struct api_class *class = lua_touserdata(L, OBJECT_CLASS);
        sandbox_raise(
            L, E_SCRIPT, "the %s of a handler is over with it: copy what you keep", class->name
        );
    }
    return g->event;
}

void candle_set_symbol(struct guest *g, uint16_t symbol) {
    lua_State *L = g->L;
    object_facts_push(L, REF_CANDLE);
    guest_ref_push(L, REF_SYMBOLS);
    lua_rawgeti(L, -1, symbol + 1);
    lua_setfield(L, -3, "symbol");
    lua_pop(L, 2);
    g->candle_symbol = symbol;
}

static int candle_index(lua_State *L) {
    const struct guest *g = object_guest(L);
    const struct event *event = event_of(L, g, EVENT_CANDLE);
    const struct market_series *series = &g->host->series[event->u.series];
    const struct bar *bar =
        series_at(series->series, series_known(series->series, event->number) - 1);
    switch (object_field(L)) {
    case CANDLE_FIELD_timeframe: /* the symbol is among the facts */
        lua_pushstring(L, timeframe_name(series->timeframe_ms));
        break;
    case CANDLE_FIELD_time:
        lua_pushnumber(L, (double)bar->time_ms);
        break;
    case CANDLE_FIELD_close_time:
        lua_pushnumber(L, (double)bar->close_ms);
        break;
    case CANDLE_FIELD_open:
        lua_pushnumber(L, bar->open);
        break;
    case CANDLE_FIELD_high:
        lua_pushnumber(L, bar->high);
        break;
    case CANDLE_FIELD_low:
        lua_pushnumber(L, bar->low);
        break;
    case CANDLE_FIELD_close:
        lua_pushnumber(L, bar->close);
        break;
    case CANDLE_FIELD_volume:
        lua_pushnumber(L, bar->volume);
        break;
    default:
        lua_pushboolean(L, event->is_warmup);
        break;
    }
    return 1;
}

/* A price of the data; nil where it has none. */
static void push_quote(lua_State *L, double price) {
    if (isnan(price)) {
        lua_pushnil(L);
    } else {
        lua_pushnumber(L, price);
    }
}

static int ticker_index(lua_State *L) {
    const struct guest *g = object_guest(L);
    const struct event *event = event_of(L, g, EVENT_TICKER);
    const struct event_ticker *t = &event->u.ticker;
    switch (object_field(L)) {
    case TICKER_FIELD_symbol:
        api_symbol_push(L, g, OBJECT_SYMBOLS, event->symbol);
        break;
    case TICKER_FIELD_time:
        lua_pushnumber(L, (double)event->now_ms);
        break;
    case TICKER_FIELD_last:
        push_quote(L, t->last);
        break;
    case TICKER_FIELD_bid:
        push_quote(L, t->bid);
        break;
    case TICKER_FIELD_ask:
        push_quote(L, t->ask);
        break;
    case TICKER_FIELD_open:
        push_quote(L, t->open);
        break;
    case TICKER_FIELD_high:
        push_quote(L, t->high);
        break;
    default:
        push_quote(L, t->low);
        break;
    }
    return 1;
}

static void fill_push_order(lua_State *L, const struct guest *g, const struct order *o, int field) {
    switch (field) {
    case FILL_FIELD_order_id:
        if (o->id[0]) {
            lua_pushstring(L, o->id);
        } else {
            lua_pushnil(L);
        }
        break;
    case FILL_FIELD_symbol:
        api_symbol_push(L, g, OBJECT_SYMBOLS, o->request.symbol);
        break;
    case FILL_FIELD_side:
        lua_pushstring(L, order_side_name(o->request.side));
        break;
    case FILL_FIELD_position_side:
        lua_pushstring(L, position_side_name(o->request.position_side));
        break;
    case FILL_FIELD_reason:
        lua_pushstring(L, o->request.reason);
        break;
    default:
        lua_pushstring(L, o->request.tag);
        break;
    }
}

static int fill_index(lua_State *L) {
    const struct guest *g = object_guest(L);
    const struct event_fill *f = &event_of(L, g, EVENT_FILL)->u.fill;
    int field = object_field(L);
    switch (field) {
    case FILL_FIELD_price:
        push_price(L, f->fill.price);
        break;
    case FILL_FIELD_quantity:
        push_quantity(L, f->fill.quantity);
        break;
    case FILL_FIELD_fee:
        push_money(L, f->fill.fee);
        break;
    case FILL_FIELD_fee_asset:
        lua_pushstring(L, g->currency);
        break;
    case FILL_FIELD_liquidity:
        lua_pushstring(L, liquidity_name(f->fill.liquidity));
        break;
    case FILL_FIELD_time:
        lua_pushnumber(L, (double)f->fill.time_ms);
        break;
    case FILL_FIELD_is_final:
        lua_pushboolean(L, f->is_final);
        break;
    default:
        fill_push_order(L, g, &f->order, field);
        break;
    }
    return 1;
}

void objects_event_push(lua_State *L, struct guest *g, int symbols) {
    object_kind_push(L, g, OBJECT_CANDLE_EVENT, &class_candle, candle_index, symbols);
    object_kind_push(L, g, OBJECT_TICKER_EVENT, &class_ticker, ticker_index, symbols);
    object_kind_push(L, g, OBJECT_FILL_EVENT, &class_fill, fill_index, symbols);
}

void event_arguments_prepare(lua_State *L, int symbols) {
    static const struct {
        int ref;
        enum object_kind kind;
    } arguments[] = {
        {REF_CANDLE, OBJECT_CANDLE_EVENT},
        {REF_TICKER, OBJECT_TICKER_EVENT},
        {REF_FILL, OBJECT_FILL_EVENT},
        {REF_ORDER, OBJECT_ORDER},
    };
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
        if (arguments[i].kind == OBJECT_CANDLE_EVENT) {
            object_with_facts(L, symbols, OBJECT_CANDLE_EVENT);
        } else {
            object_of_kind(L, symbols, arguments[i].kind);
        }
        guest_ref_set(L, arguments[i].ref);
    }
    lua_pushvalue(L, symbols);
    guest_ref_set(L, REF_SYMBOLS);
}
