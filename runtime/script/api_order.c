/* place, buy, sell, close, cancel, cancel_all, amend, leverage, margin_mode. */
#include "script/api_order.h"
#include "script/api_classes.h"
#include "script/api_fields.h"
#include "trade/sizing.h"

#include <string.h>

#define PLACE_FIELD(name, type, doc) PLACE_FIELD_##name,
enum { PLACE_FIELDS(PLACE_FIELD) };
#define CLOSE_FIELD(name, type, doc) CLOSE_FIELD_##name,
enum { CLOSE_FIELDS(CLOSE_FIELD) };
#define AMEND_FIELD(name, type, doc) AMEND_FIELD_##name,
enum { AMEND_FIELDS(AMEND_FIELD) };

static const char *const sides[] = {"buy", "sell"};
static const char *const position_sides[] = {"net", "long", "short"};
static const char *const times_in_force[] = {"gtc", "ioc", "fok"};

/* --- reading ------------------------------------------------------------------------------------
 */

static struct decimal
option_decimal(lua_State *L, const struct api_option *option, const char *name) {
    struct decimal d;
    if (decimal_of_double(option->number, &d) != 0) {
        api_misuse(L, "%s is out of range", name);
    }
    return d;
}

/* A price or a trigger: over zero where it is given. */
static struct price option_price(lua_State *L, const struct api_option *option, const char *name) {
    if (!option->is_given) {
        return (struct price){{0}};
    }
    struct price price = {option_decimal(L, option, name)};
    if (decimal_sign(price.d) <= 0) {
        api_misuse(L, "%s must be over 0", name);
    }
    return price;
}

static struct decimal
option_amount(lua_State *L, const struct api_option *option, const char *name) {
    struct decimal d = option->is_given ? option_decimal(L, option, name) : (struct decimal){0};
    if (decimal_sign(d) < 0) {
        api_misuse(L, "%s must not be negative", name);
    }
    return d;
}

static void option_copy(
    lua_State *L, const struct api_option *option, const char *name, char *text, size_t capacity
) {
    if (!option->is_given) {
        return;
    }
    size_t length = strlen(option->text);
    if (length >= capacity) {
        api_misuse(L, "%s has more than %zu bytes", name, capacity - 1);
    }
    memcpy(text, option->text, length + 1);
}

static void read_reason(
    lua_State *L,
    const struct api_option *reason,
    const struct api_option *tag,
    struct order_request *request
) {
    if (!reason->is_given || reason->text[0] == '\0') {
        api_misuse(L, "a reason is required, like { reason = 'oversold' }");
    }
    option_copy(L, reason, "reason", request->reason, sizeof request->reason);
    option_copy(L, tag, "tag", request->tag, sizeof request->tag);
}

/* Which position the order works on: the net, or in hedge mode the side that must be named. */
static enum position_side
read_position_side(lua_State *L, const struct guest *g, const struct api_option *option) {
    int side = POSITION_NET;
    if (option->is_given) {
        side = api_choice(L, "position_side", option->text, position_sides, 3);
    }
    if (g->view.is_hedge && side == POSITION_NET) {
        api_misuse(L, "in hedge mode position_side must be 'long' or 'short'");
    }
    if (!g->view.is_hedge && side != POSITION_NET) {
        api_misuse(L, "position_side '%s' needs an account in hedge mode", option->text);
    }
    return (enum position_side)side;
}

static void read_place(
    lua_State *L, const struct guest *g, const struct api_option *o, struct order_request *r
) {
    const struct api_option *price = &o[PLACE_FIELD_price];
    const struct api_option *stop = &o[PLACE_FIELD_stop];
    read_reason(L, &o[PLACE_FIELD_reason], &o[PLACE_FIELD_tag], r);
    if (price->is_given && stop->is_given) {
        api_misuse(L, "price (a limit) and stop (a trigger) exclude each other");
    }
    if (o[PLACE_FIELD_quantity].is_given == o[PLACE_FIELD_value].is_given) {
        api_misuse(L, "give either quantity or value");
    }
    r->price = option_price(L, price, "price");
    r->stop = option_price(L, stop, "stop");
    r->type = price->is_given ? ORDER_LIMIT : stop->is_given ? ORDER_STOP : ORDER_MARKET;
    r->quantity.d = option_amount(L, &o[PLACE_FIELD_quantity], "quantity");
    r->post_only = o[PLACE_FIELD_post_only].flag;
    r->reduce_only = o[PLACE_FIELD_reduce_only].flag;
    r->position_side = read_position_side(L, g, &o[PLACE_FIELD_position_side]);
    if (o[PLACE_FIELD_time_in_force].is_given) {
        const char *text = o[PLACE_FIELD_time_in_force].text;
        r->time_in_force =
            (enum time_in_force)api_choice(L, "time_in_force", text, times_in_force, 3);
    }
    if (r->type != ORDER_LIMIT && (r->post_only || r->time_in_force != TIF_GTC)) {
        api_misuse(L, "post_only and time_in_force belong to an order with a price");
    }
}

/* --- acting -------------------------------------------------------------------------------------
 */

/* Why nothing can be asked of this symbol now; 0: it can. */
static int refusal(const struct guest *g, bool could_enlarge) {
    if (g->event->is_warmup) {
        return E_WARMUP;
    }
    return g->event->is_paused && could_enlarge ? E_PAUSED : 0;
}

static int refuse(lua_State *L, int code) {
    switch (code) {
    case E_WARMUP:
        return api_refuse(L, code, "this bar was missed: nothing can be ordered on it");
    case E_PAUSED:
        return api_refuse(L, code, "paused: only what reduces a position is taken");
    default:
        return api_refuse(L, code, "more asks or open orders than the limit allows");
    }
}

/* Asks for the order of *request, whose figures are final, and pushes its id. */
static int order_ask(lua_State *L, struct guest *g, const struct order_request *request) {
    struct host *h = g->host;
    if (g->view.open_count >= h->options.limits.open_orders_max) {
        return api_refuse(
            L, E_QUOTA, "%d orders are open, more are not allowed", g->view.open_count
        );
    }
    struct ask *ask = ask_new(L, g, ASK_PLACE);
    if (!ask) {
        return refuse(L, E_QUOTA);
    }
    const struct view_order *o = view_place(&g->view, &h->undo, g->id, request, g->event->now_ms);
    if (!o) {
        h->ask_count--;
        return sandbox_raise(L, E_MEMORY, "no memory for one more order");
    }
    ask->symbol = request->symbol;
    ask->sequence = o->order.sequence;
    ask->u.request = *request;
    lua_pushstring(L, o->order.id);
    return 1;
}

/* What was rounded down to nothing. */
static void check_prices(lua_State *L, const struct order_request *r) {
    bool is_below = (r->type == ORDER_LIMIT && decimal_is_zero(r->price.d)) ||
                    (r->type == ORDER_STOP && decimal_is_zero(r->stop.d));
    if (is_below) {
        api_misuse(L, "the price is below one tick");
    }
}

static int order_size(
    lua_State *L, const struct guest *g, const struct api_option *value, struct order_request *r
) {
    const struct instrument *i = &g->host->instruments[r->symbol];
    struct price reference = guest_last_price(g, r->symbol);
    struct err e = {0};
    int code = sizing_round_request(r, i);
    if (code == 0 && value->is_given) {
        struct money money = {option_amount(L, value, "value")};
        if (decimal_is_zero(sizing_price(r, reference).d)) {
            return api_refuse(L, E_STATE, "there is no price yet to divide the value by");
        }
        code = sizing_fill_quantity(r, i, money, reference);
    }
    if (code != 0) {
        return api_misuse(L, "the order's figures are out of range");
    }
    check_prices(L, r);
    code = sizing_check_minimum(r, i, reference, &e);
    return code ? api_refuse(L, code, "%s", e.msg) : 0;
}

static int place(lua_State *L, int side) {
    struct guest *g = api_enter(L);
    struct api_option o[API_OPTIONS_MAX];
    struct order_request request = {.symbol = api_symbol(L, g, 2)};
    api_options(L, 3, &class_place, o);
    if (side < 0) {
        if (!o[PLACE_FIELD_side].is_given) {
            api_misuse(L, "side is required: 'buy' or 'sell'");
        }
        side = api_choice(L, "side", o[PLACE_FIELD_side].text, sides, 2);
    } else if (o[PLACE_FIELD_side].is_given) {
        api_misuse(L, "side is not for self:%s", sides[side]);
    }
    request.side = (enum order_side)side;
    read_place(L, g, o, &request);
    if (request.symbol == NO_INDEX) {
        return api_refuse_symbol(L, g, 2);
    }
    int code = refusal(g, !request.reduce_only);
    if (code != 0) {
        return refuse(L, code);
    }
    int results = order_size(L, g, &o[PLACE_FIELD_value], &request);
    return results ? results : order_ask(L, g, &request);
}

int api_place(lua_State *L) {
    return place(L, -1);
}

int api_buy(lua_State *L) {
    return place(L, ORDER_BUY);
}

int api_sell(lua_State *L) {
    return place(L, ORDER_SELL);
}

/* --- close --------------------------------------------------------------------------------------
 */

static int close_size(
    lua_State *L, const struct guest *g, const struct api_option *share, struct order_request *r
) {
    const struct instrument *i = &g->host->instruments[r->symbol];
    const struct position *p = view_position(&g->view, r->symbol, r->position_side);
    struct decimal part = share->is_given ? option_decimal(L, share, "share") : decimal_of_int(1);
    struct err e = {0};
    if (decimal_sign(part) <= 0 || decimal_compare(part, decimal_of_int(1)) > 0) {
        return api_misuse(L, "share must be over 0 and at most 1");
    }
    if (!p || decimal_is_zero(p->quantity.d)) {
        return api_refuse(L, E_NO_POSITION, "there is no position in %s to close", i->symbol);
    }
    r->side = decimal_sign(p->quantity.d) > 0 ? ORDER_SELL : ORDER_BUY;
    r->is_whole_position = r->type != ORDER_MARKET && decimal_compare(part, decimal_of_int(1)) == 0;
    int code = 0;
    if (!r->is_whole_position) {
        code = sizing_share(p->quantity, part, i, &r->quantity);
    }
    if (code == 0) {
        code = sizing_round_request(r, i);
    }
    if (code != 0) {
        return api_misuse(L, "the order's figures are out of range");
    }
    check_prices(L, r);
    code = sizing_check_minimum(r, i, guest_last_price(g, r->symbol), &e);
    return code ? api_refuse(L, code, "%s", e.msg) : 0;
}

int api_close(lua_State *L) {
    struct guest *g = api_enter(L);
    struct api_option o[API_OPTIONS_MAX];
    struct order_request r = {.symbol = api_symbol(L, g, 2), .reduce_only = true};
    api_options(L, 3, &class_close, o);
    read_reason(L, &o[CLOSE_FIELD_reason], &o[CLOSE_FIELD_tag], &r);
    r.price = option_price(L, &o[CLOSE_FIELD_price], "price");
    r.stop = option_price(L, &o[CLOSE_FIELD_stop], "stop");
    if (o[CLOSE_FIELD_price].is_given && o[CLOSE_FIELD_stop].is_given) {
        return api_misuse(L, "price (a limit) and stop (a trigger) exclude each other");
    }
    r.type = o[CLOSE_FIELD_price].is_given  ? ORDER_LIMIT
             : o[CLOSE_FIELD_stop].is_given ? ORDER_STOP
                                            : ORDER_MARKET;
    r.position_side = read_position_side(L, g, &o[CLOSE_FIELD_position_side]);
    if (r.symbol == NO_INDEX) {
        return api_refuse_symbol(L, g, 2);
    }
    int code = refusal(g, false);
    if (code != 0) {
        return refuse(L, code);
    }
    int results = close_size(L, g, &o[CLOSE_FIELD_share], &r);
    return results ? results : order_ask(L, g, &r);
}

/* --- cancel -------------------------------------------------------------------------------------
 */

/* Asks to cancel an open order; false without room. */
static bool cancel_ask(lua_State *L, struct guest *g, struct view_order *o) {
    if (o->order.pending == PENDING_CANCEL) {
        return true;
    }
    struct ask *ask = ask_new(L, g, ASK_CANCEL);
    if (ask) {
        ask->symbol = o->order.request.symbol;
        ask->sequence = o->order.sequence;
        view_cancel(&g->host->undo, o);
    }
    return ask != NULL;
}

int api_cancel(lua_State *L) {
    struct guest *g = api_enter(L);
    const char *id = api_text(L, 2, "id");
    struct view_order *o = order_of_id(g, id);
    if (!o || !view_order_is_open(o)) {
        return api_refuse(L, E_NOT_OPEN, "order '%.40s' is not open", id);
    }
    int code = refusal(g, false);
    if (code != 0 || !cancel_ask(L, g, o)) {
        return refuse(L, code ? code : E_QUOTA);
    }
    lua_pushboolean(L, true);
    return 1;
}

int api_cancel_all(lua_State *L) {
    struct guest *g = api_enter(L);
    uint16_t symbol = api_symbol(L, g, 2);
    struct api_option filter[API_OPTIONS_MAX];
    order_filter(L, 3, filter);
    if (symbol == NO_INDEX) {
        return api_refuse_symbol(L, g, 2);
    }
    int code = refusal(g, false);
    int count = 0;
    for (int i = 0; i < g->view.open_count; i++) {
        const struct order *o = &g->view.open[i]->order;
        count += o->pending != PENDING_CANCEL && order_matches(o, symbol, filter);
    }
    if (code == 0 && count > g->host->options.limits.asks_max - g->host->ask_count) {
        code = E_QUOTA;
    }
    if (code != 0) {
        return refuse(L, code);
    }
    for (int i = 0; i < g->view.open_count; i++) {
        if (order_matches(&g->view.open[i]->order, symbol, filter)) {
            cancel_ask(L, g, g->view.open[i]);
        }
    }
    lua_pushinteger(L, count);
    return 1;
}

/* --- amend --------------------------------------------------------------------------------------
 */

/* The request with the figures asked for, rounded; raises what cannot be meant. */
static void amend_read(
    lua_State *L, const struct guest *g, const struct api_option *o, struct order_request *r
) {
    if (o[AMEND_FIELD_price].is_given) {
        if (r->type != ORDER_LIMIT) {
            api_misuse(L, "only an order placed with a price has one to amend");
        }
        r->price = option_price(L, &o[AMEND_FIELD_price], "price");
    }
    if (o[AMEND_FIELD_stop].is_given) {
        if (r->type != ORDER_STOP) {
            api_misuse(L, "only an order placed with a stop has one to amend");
        }
        r->stop = option_price(L, &o[AMEND_FIELD_stop], "stop");
    }
    if (o[AMEND_FIELD_quantity].is_given) {
        if (r->is_whole_position) {
            api_misuse(L, "an order for the whole position has no quantity to amend");
        }
        r->quantity.d = option_amount(L, &o[AMEND_FIELD_quantity], "quantity");
    }
    option_copy(L, &o[AMEND_FIELD_reason], "reason", r->reason, sizeof r->reason);
    option_copy(L, &o[AMEND_FIELD_tag], "tag", r->tag, sizeof r->tag);
    if (sizing_round_request(r, &g->host->instruments[r->symbol]) != 0) {
        api_misuse(L, "the order's figures are out of range");
    }
    check_prices(L, r);
}

static void amend_ask(
    struct guest *g,
    struct ask *ask,
    struct view_order *order,
    const struct api_option *o,
    const struct order_request *r
) {
    ask->symbol = r->symbol;
    ask->sequence = order->order.sequence;
    ask->u.amend.has_price = o[AMEND_FIELD_price].is_given;
    ask->u.amend.has_stop = o[AMEND_FIELD_stop].is_given;
    ask->u.amend.has_quantity = o[AMEND_FIELD_quantity].is_given;
    ask->u.amend.price = r->price;
    ask->u.amend.stop = r->stop;
    ask->u.amend.quantity = r->quantity;
    memcpy(ask->u.amend.reason, r->reason, sizeof r->reason);
    memcpy(ask->u.amend.tag, r->tag, sizeof r->tag);
    view_amend(&g->host->undo, order);
    order->asked_price |= o[AMEND_FIELD_price].is_given;
    order->asked_stop |= o[AMEND_FIELD_stop].is_given;
    order->asked_quantity |= o[AMEND_FIELD_quantity].is_given;
    order->order.request = *r;
}

int api_amend(lua_State *L) {
    struct guest *g = api_enter(L);
    const char *id = api_text(L, 2, "id");
    struct api_option o[API_OPTIONS_MAX];
    api_options(L, 3, &class_amend, o);
    bool has_figure = o[AMEND_FIELD_price].is_given || o[AMEND_FIELD_stop].is_given ||
                      o[AMEND_FIELD_quantity].is_given;
    if (!has_figure) {
        return api_misuse(L, "give a price, a stop or a quantity");
    }
    struct view_order *order = order_of_id(g, id);
    if (!order || !view_order_is_open(order) || order->order.pending == PENDING_CANCEL) {
        return api_refuse(L, E_NOT_OPEN, "order '%.40s' is not open", id);
    }
    struct order_request r = order->order.request;
    amend_read(L, g, o, &r);
    int code = refusal(g, !r.reduce_only);
    if (code != 0) {
        return refuse(L, code);
    }
    struct err e = {0};
    code = sizing_check_minimum(
        &r, &g->host->instruments[r.symbol], guest_last_price(g, r.symbol), &e
    );
    if (code != 0) {
        return api_refuse(L, code, "%s", e.msg);
    }
    struct ask *ask = ask_new(L, g, ASK_AMEND);
    if (!ask) {
        return refuse(L, E_QUOTA);
    }
    amend_ask(g, ask, order, o, &r);
    lua_pushboolean(L, true);
    return 1;
}

/* --- leverage and margin mode -------------------------------------------------------------------
 */

int api_leverage(lua_State *L) {
    struct guest *g = api_enter(L);
    uint16_t symbol = api_symbol(L, g, 2);
    double n = api_number(L, 3, "leverage");
    if (symbol == NO_INDEX) {
        return api_refuse_symbol(L, g, 2);
    }
    int max = g->host->instruments[symbol].max_leverage;
    if (!(n >= 1 && n <= (max > 0 ? max : 1)) || n != (double)(int)n) {
        return api_misuse(L, "leverage must be a whole number from 1 to %d", max > 0 ? max : 1);
    }
    int code = refusal(g, false);
    if (code != 0) {
        return refuse(L, code);
    }
    if (view_leverage_of(&g->view, symbol) != (int)n) {
        struct ask *ask = ask_new(L, g, ASK_LEVERAGE);
        if (!ask) {
            return refuse(L, E_QUOTA);
        }
        ask->symbol = symbol;
        ask->u.leverage = (int)n;
        if (view_set_leverage(&g->view, &g->host->undo, symbol, (int)n) != 0) {
            g->host->ask_count--;
            return sandbox_raise(L, E_MEMORY, "no memory for a leverage");
        }
    }
    lua_pushboolean(L, true);
    return 1;
}

static bool has_position(const struct guest *g, uint16_t symbol) {
    for (int side = POSITION_NET; side <= POSITION_SHORT; side++) {
        const struct position *p = view_position(&g->view, symbol, (enum position_side)side);
        if (p && !decimal_is_zero(p->quantity.d)) {
            return true;
        }
    }
    return false;
}

int api_margin_mode(lua_State *L) {
    static const char *const modes[] = {"cross", "isolated"};
    struct guest *g = api_enter(L);
    uint16_t symbol = api_symbol(L, g, 2);
    bool is_isolated = api_choice(L, "mode", api_text(L, 3, "mode"), modes, 2) == 1;
    if (symbol == NO_INDEX) {
        return api_refuse_symbol(L, g, 2);
    }
    int code = refusal(g, false);
    if (code != 0) {
        return refuse(L, code);
    }
    if (g->view.is_isolated != is_isolated) {
        if (has_position(g, symbol)) {
            return api_refuse(L, E_HAS_POSITION, "the mode cannot change while a position is open");
        }
        struct ask *ask = ask_new(L, g, ASK_MARGIN_MODE);
        if (!ask) {
            return refuse(L, E_QUOTA);
        }
        ask->symbol = symbol;
        ask->u.is_isolated = is_isolated;
        view_set_isolated(&g->view, &g->host->undo, is_isolated);
    }
    lua_pushboolean(L, true);
    return 1;
}
