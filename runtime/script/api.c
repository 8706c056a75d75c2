/* The script API as data: the functions and fields of self, and the handlers. */
#include "script/api_classes.h"

#include <string.h>

#define ANY (PHASE_START | PHASE_PARAMS | PHASE_EVENT | PHASE_STOP)
#define ASK (PHASE_EVENT)
#define END (PHASE_EVENT | PHASE_STOP)

const struct api_row api_rows[] = {
    {"indicator", api_indicator, PHASE_START, 1,
     "name: indicator_name, symbol: string, timeframe: timeframe, params: table?", "indicator",
     "Values of an indicator: h[0] at the last closed bar, h[1] one bar before, up to 3,000 back; "
     "h.upper[0] a named output; nil while it warms up. Two that are equal are computed once."},
    {"candles", api_candles, PHASE_START, 1, "symbol: string, timeframe: timeframe", "candles",
     "The bars of a symbol: s[0].close of the last closed one, #s how many there are."},
    {"watch", api_watch, PHASE_START, 1, "symbol: string, timeframe: timeframe|\"finest\"", "",
     "Delivers on_candle for these bars; 'finest' is the finest the data has. The parameters named "
     "symbol and timeframe are watched without asking."},
    {"watch_ticker", api_watch_ticker, PHASE_START, 1, "symbol: string", "",
     "Delivers on_ticker for this symbol."},

    {"position", api_position, ANY, 1, "symbol: string, side: (\"net\"|\"long\"|\"short\")?",
     "position",
     "What this activation holds; without a side the net. It always shows the present."},
    {"balance", api_balance, ANY, 1, "", "balance", "The money of this activation."},
    {"account", api_account, ANY, 1, "", "account", "How its account is set."},
    {"orders", api_orders, ANY, 1, "symbol: string, filter: order_filter?", "order[]",
     "Own open orders, oldest first. One whose cancel is pending is among them."},
    {"order", api_order, ANY, 1, "id: string", "order?, code?, string?",
     "An own order by its id, ended ones of the last 24 hours too."},
    {"instrument", api_instrument, ANY, 1, "symbol: string", "instrument?, code?, string?",
     "The facts of a symbol."},

    {"place", api_place, ASK, 1, "symbol: string, o: place_options", "string?, code?, string?",
     "Asks for an order and returns its id at once; what becomes of it arrives in on_order and "
     "on_fill."},
    {"buy", api_buy, ASK, 1, "symbol: string, o: place_options", "string?, code?, string?",
     "place with side = 'buy'."},
    {"sell", api_sell, ASK, 1, "symbol: string, o: place_options", "string?, code?, string?",
     "place with side = 'sell'."},
    {"close", api_close, END, 1, "symbol: string, o: close_options", "string?, code?, string?",
     "Closes the own position or a share of it, reduce-only: at market, or by a resting order for "
     "whatever the position is when it trades."},
    {"cancel", api_cancel, END, 1, "id: string", "true?, code?, string?",
     "Asks to cancel an open order. Live it can lose the race: then the fill arrives all the "
     "same."},
    {"cancel_all", api_cancel_all, END, 1, "symbol: string, filter: order_filter?",
     "integer?, code?, string?", "Asks to cancel all open orders like this; how many they are."},
    {"amend", api_amend, ASK, 1, "id: string, o: amend_options", "true?, code?, string?",
     "Asks to change an open order; its id stays. Where it is refused, an on_order brings code and "
     "the old figures."},
    {"leverage", api_leverage, ASK, 1, "symbol: string, n: integer", "true?, code?, string?",
     "Asks for a leverage; orders asked after it wait for it. What is already set costs nothing."},
    {"margin_mode", api_margin_mode, ASK, 1, "symbol: string, mode: \"cross\"|\"isolated\"",
     "true?, code?, string?", "Asks for a margin mode; refused while a position is open."},

    {"timer", api_timer, ASK, 1, "name: string, o: timer_options", "true?, code?, string?",
     "Sets a timer: on_timer(name) when it comes due. A name is one timer; timers survive "
     "restarts."},
    {"cancel_timer", api_cancel_timer, END, 1, "name: string", "true?, code?, string?",
     "Takes a timer back; one that is not set does no harm."},
    {"signal", api_signal, END, 1, "s: signal", "true?, code?, string?",
     "Records an evaluated signal, accepted or blocked."},
    {"log", api_log, ANY, 1, "text: string, ...: any", "",
     "Writes a line into the log; with more arguments text is a format (%s %d %.2f)."},
    {"warn", api_warn, ANY, 1, "text: string, ...: any", "", "The same as a warning."},
    {"notify", api_notify, END, 1, "text: string, o: notify_options?", "true?, code?, string?",
     "Sends a notice to the user."},
    {"finish", api_finish, ASK, 1, "reason: string", "true?, code?, string?",
     "Ends this activation: what is open and reduces may still fill."},
};
const int api_row_count = sizeof api_rows / sizeof *api_rows;

const struct api_value api_values[] = {
    {"params", "params", "the parameters, read-only; an unknown name raises"},
    {"state", "table", "plain data: the only thing that survives a restart"},
    {"now", "integer", "time of the event that is handled, ms; it never goes back"},
    {"id", "string", "of the activation"},
};
const int api_value_count = sizeof api_values / sizeof *api_values;

const struct api_handler api_handlers[EVENT_HANDLER_COUNT] = {
    [EVENT_START] =
        {"on_start", PHASE_START, "",
         "Activation, restart, new version, after a fault, after a change of "
         "parameters: indicators, candles and watches are made here. No orders."},
    [EVENT_READY] =
        {"on_ready", PHASE_EVENT,
         "why: \"activated\"|\"restarted\"|\"edited\"|\"params\"|\"fault\"",
         "The first handler after on_start that may ask."},
    [EVENT_CANDLE] =
        {"on_candle", PHASE_EVENT, "c: candle", "A bar of a watched timeframe closed."},
    [EVENT_TICKER] = {"on_ticker", PHASE_EVENT, "t: ticker", "The price moved."},
    [EVENT_FILL] = {"on_fill", PHASE_EVENT, "f: fill", "A fill of an own order was booked."},
    [EVENT_ORDER] =
        {"on_order", PHASE_EVENT, "o: order",
         "An own order changed state, or an ask on it was refused."},
    [EVENT_TIMER] = {"on_timer", PHASE_EVENT, "name: string", "A timer came due."},
    [EVENT_PARAMS] =
        {"on_params", PHASE_PARAMS, "old: params",
         "The parameters were changed; between on_start and on_ready."},
    [EVENT_COMMAND] =
        {"on_command", PHASE_EVENT, "name: string, args: table",
         "A user called a command of M.commands; a text returned is the answer."},
    [EVENT_STOP] =
        {"on_stop", PHASE_STOP, "why: \"keep\"|\"close\"|\"finish\"|\"suspend\"",
         "The last call; it may still cancel and close."},
};

const char *api_name_at(const void *unused, int index) {
    (void)unused;
    if (index < api_row_count) {
        return api_rows[index].name;
    }
    index -= api_row_count;
    return index < api_value_count ? api_values[index].name : NULL;
}

/* The table of symbols: name → index, index + 1 → name, −kind → metatable of a kind of objects. */
static void symbols_push(lua_State *L, struct guest *g) {
    const struct host *h = g->host;
    lua_createtable(L, h->instrument_count, h->instrument_count + 2 * OBJECT_KIND_COUNT);
    int symbols = lua_gettop(L);
    for (int i = 0; i < h->instrument_count; i++) {
        if (h->instruments[i].symbol[0]) {
            lua_pushstring(L, h->instruments[i].symbol);
            lua_pushvalue(L, -1);
            lua_rawseti(L, symbols, i + 1);
            lua_pushinteger(L, i);
            lua_rawset(L, symbols);
        }
    }
    lua_getfield(L, LUA_GLOBALSINDEX, "string");
    lua_getfield(L, -1, "format");
    lua_rawseti(L, symbols, -(int)OBJECT_FORMAT);
    lua_pop(L, 1);
    objects_read_push(L, g, symbols);
    objects_orders_push(L, g, symbols);
    objects_instrument_push(L, g, symbols);
    objects_market_push(L, g, symbols);
    objects_event_push(L, g, symbols);
}

void api_push(lua_State *L, struct guest *g) {
    lua_createtable(L, 0, api_row_count + 2);
    symbols_push(L, g);
    int symbols = lua_gettop(L);
    event_arguments_prepare(L, symbols);
    g->candle_symbol = NO_INDEX;
    for (int i = 0; i < api_row_count; i++) {
        lua_pushlightuserdata(L, g);
        lua_pushlightuserdata(L, (void *)(uintptr_t)&api_rows[i]);
        lua_pushvalue(L, symbols);
        lua_pushcclosure(L, api_rows[i].fn, 3);
        lua_setfield(L, symbols - 1, api_rows[i].name);
    }
    lua_pop(L, 1);
    lua_pushnumber(L, 0);
    lua_setfield(L, -2, "now");
}
