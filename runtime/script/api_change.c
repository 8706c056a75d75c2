/* cancel, cancel_all, amend, leverage, margin_mode. */
#include "script/api_classes.h"
#include "script/api_fields.h"
#include "script/api_order.h"
#include "trade/sizing.h"

#include <string.h>

#define AMEND_FIELD(name, type, doc) AMEND_FIELD_##name,
enum { AMEND_FIELDS(AMEND_FIELD) };

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
    int code = order_refusal(g, false);
    if (code != 0 || !cancel_ask(L, g, o)) {
        return order_refuse(L, code ? code : E_QUOTA);
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
    int code = order_refusal(g, false);
    int count = 0;
    for (int i = 0; i < g->view.open_count; i++) {
        const struct order *o = &g->view.open[i]->order;
        count += o->pending != PENDING_CANCEL && order_matches(o, symbol, filter);
    }
    if (code == 0 && count > g->host->options.limits.asks_max - g->host->ask_count) {
        code = E_QUOTA;
    }
    if (code != 0) {
        return order_refuse(L, code);
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
    order_check_prices(L, r);
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
    int code = order_refusal(g, !r.reduce_only);
    if (code != 0) {
        return order_refuse(L, code);
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
        return order_refuse(L, E_QUOTA);
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
    int code = order_refusal(g, false);
    if (code != 0) {
        return order_refuse(L, code);
    }
    if (view_leverage_of(&g->view, symbol) != (int)n) {
        struct ask *ask = ask_new(L, g, ASK_LEVERAGE);
        if (!ask) {
            return order_refuse(L, E_QUOTA);
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
    int code = order_refusal(g, false);
    if (code != 0) {
        return order_refuse(L, code);
    }
    if (g->view.is_isolated != is_isolated) {
        if (has_position(g, symbol)) {
            return api_refuse(L, E_HAS_POSITION, "the mode cannot change while a position is open");
        }
        struct ask *ask = ask_new(L, g, ASK_MARGIN_MODE);
        if (!ask) {
            return order_refuse(L, E_QUOTA);
        }
        ask->symbol = symbol;
        ask->u.is_isolated = is_isolated;
        view_set_isolated(&g->view, &g->host->undo, is_isolated);
    }
    lua_pushboolean(L, true);
    return 1;
}
