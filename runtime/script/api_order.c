/* place, buy, sell, close. */
#include "script/api_order.h"
#include "script/api_classes.h"
#include "script/api_fields.h"
#include "trade/sizing.h"

#define PLACE_FIELD(name, type, doc) PLACE_FIELD_##name,
enum { PLACE_FIELDS(PLACE_FIELD) };
#define CLOSE_FIELD(name, type, doc) CLOSE_FIELD_##name,
enum { CLOSE_FIELDS(CLOSE_FIELD) };

static const char *const sides[] = {"buy", "sell"};
static const char *const position_sides[] = {"net", "long", "short"};
static const char *const times_in_force[] = {"gtc", "ioc", "fok"};

/* --- reading ------------------------------------------------------------------------------------
 */

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
        return order_refuse(L, E_QUOTA);
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
    order_check_prices(L, r);
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
    int code = order_refusal(g, !request.reduce_only);
    if (code != 0) {
        return order_refuse(L, code);
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
    order_check_prices(L, r);
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
    int code = order_refusal(g, false);
    if (code != 0) {
        return order_refuse(L, code);
    }
    int results = close_size(L, g, &o[CLOSE_FIELD_share], &r);
    return results ? results : order_ask(L, g, &r);
}
