/* position, balance, account, orders, order, instrument, and the objects they give. An object holds
 * no figures: it reads the guest's view when a field is asked for. */
#include "script/api_classes.h"
#include "script/api_fields.h"
#include "script/api_order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POSITION_FIELD(name, type, doc) POSITION_FIELD_##name,
enum { POSITION_FIELDS(POSITION_FIELD) };
#define BALANCE_FIELD(name, type, doc) BALANCE_FIELD_##name,
enum { BALANCE_FIELDS(BALANCE_FIELD) };
#define ACCOUNT_FIELD(name, type, doc) ACCOUNT_FIELD_##name,
enum { ACCOUNT_FIELDS(ACCOUNT_FIELD) };
#define ORDER_FIELD(name, type, doc) ORDER_FIELD_##name,
enum { ORDER_FIELDS(ORDER_FIELD) };
#define INSTRUMENT_FIELD(name, type, doc) INSTRUMENT_FIELD_##name,
enum { INSTRUMENT_FIELDS(INSTRUMENT_FIELD) };
#define CAN_FIELD(name, type, doc) CAN_FIELD_##name,
enum { CAN_FIELDS(CAN_FIELD) };
#define FILTER_FIELD(name, type, doc) FILTER_FIELD_##name,
enum { FILTER_FIELDS(FILTER_FIELD) };

/* --- position -----------------------------------------------------------------------------------
 */

/* What the object stands for: a side of a hedge, or the net, of which a side sees its own
 * direction. */
static void position_read(
    lua_State *L, const struct guest *g, const struct object *object, struct position *out
) {
    const struct view *v = &g->view;
    const struct position *held;
    *out = (struct position){0};
    if (v->is_hedge && object->side == POSITION_NET) {
        if (view_net_position(v, object->symbol, out) != 0) {
            sandbox_raise(L, E_OVERFLOW, "the sum of the positions is out of range");
        }
        return;
    }
    held = view_position(v, object->symbol, v->is_hedge ? object->side : POSITION_NET);
    if (!held) {
        return;
    }
    *out = *held;
    int sign = decimal_sign(held->quantity.d);
    bool is_other_side =
        (object->side == POSITION_LONG && sign < 0) || (object->side == POSITION_SHORT && sign > 0);
    if (is_other_side) {
        out->quantity = (struct quantity){{0}};
        out->entry = (struct price){{0}};
    }
}

static void
position_push_figure(lua_State *L, const struct guest *g, const struct object *object, int field) {
    struct position p;
    struct money unrealized;
    position_read(L, g, object, &p);
    switch (field) {
    case POSITION_FIELD_quantity:
        lua_pushnumber(L, decimal_to_double(decimal_abs(p.quantity.d)));
        break;
    case POSITION_FIELD_entry_price:
        push_price(L, p.entry);
        break;
    case POSITION_FIELD_unrealized:
        if (position_unrealized(&p, guest_last_price(g, object->symbol), &unrealized) != 0) {
            sandbox_raise(L, E_OVERFLOW, "the open profit is out of range");
        }
        push_money(L, unrealized);
        break;
    case POSITION_FIELD_realized:
        push_money(L, p.realized);
        break;
    default:
        lua_pushinteger(L, view_leverage_of(&g->view, object->symbol));
        break;
    }
}

/* 1 long, −1 short, 0 flat: what handlers ask most. */
static int position_sign(lua_State *L, const struct guest *g, const struct object *object) {
    if (!g->view.is_hedge && object->side == POSITION_NET) {
        const struct position *held = view_position(&g->view, object->symbol, POSITION_NET);
        return held ? decimal_sign(held->quantity.d) : 0;
    }
    struct position p;
    position_read(L, g, object, &p);
    return decimal_sign(p.quantity.d);
}

static int position_index(lua_State *L) {
    const struct guest *g = object_guest(L);
    const struct object *object = object_self(L);
    position_push_figure(L, g, object, object_field(L));
    return 1;
}

/* Sets which way the position at the top of the stack is held, as facts of the object. */
static void position_set_facts(lua_State *L, const struct guest *g) {
    static const char *const names[] = {"is_flat", "is_long", "is_short"};
    static const int signs[] = {0, 1, -1};
    int sign = position_sign(L, g, lua_touserdata(L, -1));
    object_facts_push(L, -1);
    for (int i = 0; i < 3; i++) {
        lua_pushboolean(L, sign == signs[i]);
        lua_setfield(L, -2, names[i]);
    }
    lua_pop(L, 1);
}

static int position_key(int symbol, int side) {
    return -(OBJECT_KIND_COUNT + symbol * 3 + side);
}

void positions_refresh(struct guest *g, uint16_t symbol) {
    lua_State *L = g->L;
    guest_ref_push(L, REF_SYMBOLS);
    for (int side = POSITION_NET; side <= POSITION_SHORT; side++) {
        lua_rawgeti(L, -1, position_key(symbol, side));
        if (!lua_isnil(L, -1)) {
            position_set_facts(L, g);
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static const char *const position_sides[] = {"net", "long", "short"};

int api_position(lua_State *L) {
    struct guest *g = api_enter(L);
    uint16_t symbol = api_symbol(L, g, 2);
    if (symbol == NO_INDEX) {
        return api_refuse_symbol(L, g, 2);
    }
    int side = POSITION_NET;
    if (!lua_isnoneornil(L, 3)) {
        side = api_choice(L, "side", api_text(L, 3, "side"), position_sides, 3);
    }
    /* One object a symbol and side, kept behind the kinds of objects. */
    int key = position_key(symbol, side);
    lua_rawgeti(L, OBJECT_SYMBOLS, key);
    if (lua_isnil(L, -1)) {
        struct object *object = object_with_facts(L, OBJECT_SYMBOLS, OBJECT_POSITION);
        object->symbol = symbol;
        object->side = (uint8_t)side;
        position_set_facts(L, g);
        lua_pushvalue(L, -1);
        lua_rawseti(L, OBJECT_SYMBOLS, key);
    }
    return 1;
}

/* --- balance and account ------------------------------------------------------------------------
 */

static int balance_index(lua_State *L) {
    struct guest *g = object_guest(L);
    int field = object_field(L);
    struct money equity = g->view.balance;
    struct money free_margin = equity;
    if (field != BALANCE_FIELD_balance && guest_equity(g, &equity, &free_margin) != 0) {
        sandbox_raise(L, E_OVERFLOW, "the equity is out of range");
    }
    push_money(L, field == BALANCE_FIELD_free ? free_margin : equity);
    return 1;
}

static int account_index(lua_State *L) {
    const struct guest *g = object_guest(L);
    switch (object_field(L)) {
    case ACCOUNT_FIELD_currency:
        lua_pushstring(L, g->currency);
        break;
    case ACCOUNT_FIELD_position_mode:
        lua_pushstring(L, g->view.is_hedge ? "hedge" : "net");
        break;
    default:
        lua_pushstring(L, g->view.is_isolated ? "isolated" : "cross");
        break;
    }
    return 1;
}

int api_balance(lua_State *L) {
    api_enter(L);
    object_of_kind(L, OBJECT_SYMBOLS, OBJECT_BALANCE);
    return 1;
}

int api_account(lua_State *L) {
    api_enter(L);
    object_of_kind(L, OBJECT_SYMBOLS, OBJECT_ACCOUNT);
    return 1;
}

/* --- orders -------------------------------------------------------------------------------------
 */

static void order_push_figures(lua_State *L, const struct order *o, int field) {
    switch (field) {
    case ORDER_FIELD_price:
        push_price(L, o->request.price);
        break;
    case ORDER_FIELD_stop:
        push_price(L, o->request.stop);
        break;
    case ORDER_FIELD_quantity:
        push_quantity(L, o->request.quantity);
        break;
    case ORDER_FIELD_filled:
        push_quantity(L, o->filled);
        break;
    case ORDER_FIELD_average:
        push_price(L, o->average);
        break;
    default:
        lua_pushnumber(L, (double)o->updated_ms);
        break;
    }
}

static void push_name(lua_State *L, const char *name) {
    if (name[0]) {
        lua_pushstring(L, name);
    } else {
        lua_pushnil(L);
    }
}

static void
order_push_field(lua_State *L, const struct guest *g, const struct order *o, int code, int field) {
    switch (field) {
    case ORDER_FIELD_id:
        lua_pushstring(L, o->id);
        break;
    case ORDER_FIELD_symbol:
        api_symbol_push(L, g, OBJECT_SYMBOLS, o->request.symbol);
        break;
    case ORDER_FIELD_side:
        lua_pushstring(L, order_side_name(o->request.side));
        break;
    case ORDER_FIELD_position_side:
        lua_pushstring(L, position_side_name(o->request.position_side));
        break;
    case ORDER_FIELD_type:
        lua_pushstring(L, order_type_name(o->request.type));
        break;
    case ORDER_FIELD_reduce_only:
        lua_pushboolean(L, o->request.reduce_only);
        break;
    case ORDER_FIELD_state:
        lua_pushstring(L, order_state_name(o->state));
        break;
    case ORDER_FIELD_pending:
        push_name(L, order_pending_name(o->pending));
        break;
    case ORDER_FIELD_code:
        push_name(L, code ? err_name(code) : "");
        break;
    case ORDER_FIELD_message:
        lua_pushstring(L, o->message);
        break;
    case ORDER_FIELD_reason:
        lua_pushstring(L, o->request.reason);
        break;
    case ORDER_FIELD_tag:
        lua_pushstring(L, o->request.tag);
        break;
    default:
        order_push_figures(L, o, field);
        break;
    }
}

static int order_index(lua_State *L) {
    const struct guest *g = object_guest(L);
    const struct object *object = lua_touserdata(L, 1);
    int field = object_field(L);
    if (object->sequence == 0) {
        if (!g->event || g->event->kind != EVENT_ORDER) {
            sandbox_raise(
                L, E_SCRIPT, "the order of an on_order is over with it: copy what you keep"
            );
        }
        const struct event_order *event = &g->event->u.order;
        const struct view_order *seen = view_find(&g->view, event->order.sequence);
        order_push_field(L, g, seen ? &seen->order : &event->order, event->code, field);
        return 1;
    }
    const struct view_order *o = view_find(&g->view, object->sequence);
    if (!o) {
        sandbox_raise(L, E_SCRIPT, "this order ended more than 24 hours ago");
    }
    order_push_field(L, g, &o->order, o->order.code, field);
    return 1;
}

bool order_matches(const struct order *o, uint16_t symbol, const struct api_option filter[]) {
    const struct order_request *r = &o->request;
    const struct api_option *side = &filter[FILTER_FIELD_side];
    const struct api_option *position_side = &filter[FILTER_FIELD_position_side];
    const struct api_option *tag = &filter[FILTER_FIELD_tag];
    return r->symbol == symbol &&
           (!side->is_given || strcmp(order_side_name(r->side), side->text) == 0) &&
           (!position_side->is_given ||
            strcmp(position_side_name(r->position_side), position_side->text) == 0) &&
           (!tag->is_given || strcmp(r->tag, tag->text) == 0);
}

void order_filter(lua_State *L, int index, struct api_option filter[API_OPTIONS_MAX]) {
    static const char *const sides[] = {"buy", "sell"};
    api_options(L, index, &class_filter, filter);
    if (filter[FILTER_FIELD_side].is_given) {
        api_choice(L, "side", filter[FILTER_FIELD_side].text, sides, 2);
    }
    if (filter[FILTER_FIELD_position_side].is_given) {
        const char *side = filter[FILTER_FIELD_position_side].text;
        api_choice(L, "position_side", side, position_sides, 3);
    }
}

int api_orders(lua_State *L) {
    struct guest *g = api_enter(L);
    uint16_t symbol = api_symbol(L, g, 2);
    if (symbol == NO_INDEX) {
        return api_refuse_symbol(L, g, 2);
    }
    struct api_option filter[API_OPTIONS_MAX];
    order_filter(L, 3, filter);
    lua_createtable(L, g->view.open_count, 0);
    int count = 0;
    for (int i = 0; i < g->view.open_count; i++) {
        const struct order *o = &g->view.open[i]->order;
        if (order_matches(o, symbol, filter)) {
            object_of_kind(L, OBJECT_SYMBOLS, OBJECT_ORDER)->sequence = o->sequence;
            lua_rawseti(L, -2, ++count);
        }
    }
    return 1;
}

struct view_order *order_of_id(const struct guest *g, const char *id) {
    size_t prefix = strlen(g->id);
    if (strncmp(id, g->id, prefix) != 0 || id[prefix] != 'o') {
        return NULL;
    }
    uint64_t sequence = 0;
    const char *digit = id + prefix + 1;
    if (*digit < '1' || *digit > '9' || strlen(digit) > 19) {
        return NULL;
    }
    for (; *digit; digit++) {
        if (*digit < '0' || *digit > '9') {
            return NULL;
        }
        sequence = sequence * 10 + (uint64_t)(*digit - '0');
    }
    return view_find(&g->view, sequence);
}

int api_order(lua_State *L) {
    struct guest *g = api_enter(L);
    const char *id = api_text(L, 2, "id");
    const struct view_order *o = order_of_id(g, id);
    if (!o) {
        return api_refuse(L, E_NOT_FOUND, "no order '%.40s' of this activation", id);
    }
    object_of_kind(L, OBJECT_SYMBOLS, OBJECT_ORDER)->sequence = o->order.sequence;
    return 1;
}

/* --- instrument ---------------------------------------------------------------------------------
 */

static int can_index(lua_State *L) {
    const struct guest *g = object_guest(L);
    const struct object *object = lua_touserdata(L, 1);
    const struct instrument *i = &g->host->instruments[object->symbol];
    const bool can[] = {
        [CAN_FIELD_stop] = i->can_stop,           [CAN_FIELD_amend] = i->can_amend,
        [CAN_FIELD_post_only] = i->can_post_only, [CAN_FIELD_reduce_only] = i->can_reduce_only,
        [CAN_FIELD_hedge] = i->can_hedge,
    };
    lua_pushboolean(L, can[object_field(L)]);
    return 1;
}

/* The methods have the upvalues of the class, and the kind's metatable to know their object by. */
static const struct instrument *instrument_self(lua_State *L, const char *method) {
    bool is_instrument = false;
    if (lua_type(L, 1) == LUA_TUSERDATA && lua_getmetatable(L, 1)) {
        lua_rawgeti(L, OBJECT_SYMBOLS, -(int)OBJECT_INSTRUMENT);
        is_instrument = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
    }
    if (!is_instrument) {
        sandbox_raise(L, E_SCRIPT, "call it with a colon: instrument:%s(...)", method);
    }
    const struct guest *g = object_guest(L);
    const struct object *object = lua_touserdata(L, 1);
    return &g->host->instruments[object->symbol];
}

static struct decimal argument_decimal(lua_State *L, int index, const char *method) {
    struct decimal x;
    double number = lua_tonumber(L, index);
    if (lua_type(L, index) != LUA_TNUMBER || decimal_of_double(number, &x) != 0) {
        sandbox_raise(L, E_SCRIPT, "instrument:%s takes a finite number", method);
    }
    return x;
}

static int instrument_lots(lua_State *L) {
    const struct instrument *i = instrument_self(L, "lots");
    struct decimal x = argument_decimal(L, 2, "lots");
    int64_t lots;
    if (decimal_snap_to(x, i->lot.d, ROUND_DOWN, &x) != 0 ||
        decimal_steps(x, i->lot.d, &lots) != 0) {
        sandbox_raise(L, E_OVERFLOW, "instrument:lots: the quantity is out of range");
    }
    lua_pushnumber(L, (double)lots);
    return 1;
}

static int instrument_quantity(lua_State *L) {
    const struct instrument *i = instrument_self(L, "quantity");
    struct decimal n = argument_decimal(L, 2, "quantity");
    struct decimal quantity;
    if (n.v % DECIMAL_ONE != 0) {
        sandbox_raise(L, E_SCRIPT, "instrument:quantity takes whole lots");
    }
    if (decimal_mul(n, i->lot.d, ROUND_DOWN, &quantity) != 0) {
        sandbox_raise(L, E_OVERFLOW, "instrument:quantity: out of range");
    }
    lua_pushnumber(L, decimal_to_double(quantity));
    return 1;
}

static int instrument_round_price(lua_State *L) {
    static const char *const names[] = {"down", "up", "nearest"};
    static const enum rounding roundings[] = {ROUND_DOWN, ROUND_UP, ROUND_NEAREST};
    const struct instrument *i = instrument_self(L, "round_price");
    struct decimal x = argument_decimal(L, 2, "round_price");
    const char *how = lua_type(L, 3) == LUA_TSTRING ? lua_tostring(L, 3) : "";
    for (int n = 0; n < 3; n++) {
        if (strcmp(how, names[n]) == 0) {
            if (decimal_snap_to(x, i->tick.d, roundings[n], &x) != 0) {
                sandbox_raise(L, E_OVERFLOW, "instrument:round_price: out of range");
            }
            lua_pushnumber(L, decimal_to_double(x));
            return 1;
        }
    }
    return sandbox_raise(L, E_SCRIPT, "instrument:round_price goes 'down', 'up' or 'nearest'");
}

static void push_method(lua_State *L, lua_CFunction method) {
    lua_pushvalue(L, OBJECT_GUEST);
    lua_pushvalue(L, OBJECT_NAMES);
    lua_pushvalue(L, OBJECT_SYMBOLS);
    lua_pushcclosure(L, method, 3);
}

static void instrument_push_steps(lua_State *L, const struct instrument *i, int field) {
    const struct decimal steps[] = {
        [INSTRUMENT_FIELD_tick] = i->tick.d,
        [INSTRUMENT_FIELD_lot] = i->lot.d,
        [INSTRUMENT_FIELD_min_quantity] = i->min_quantity.d,
        [INSTRUMENT_FIELD_min_notional] = i->min_notional.d,
        [INSTRUMENT_FIELD_contract] = i->contract,
    };
    lua_pushnumber(L, decimal_to_double(steps[field]));
}

static int instrument_index(lua_State *L) {
    const struct guest *g = object_guest(L);
    const struct object *object = lua_touserdata(L, 1);
    const struct instrument *i = &g->host->instruments[object->symbol];
    int field = object_field(L);
    switch (field) {
    case INSTRUMENT_FIELD_symbol:
        lua_pushstring(L, i->symbol);
        break;
    case INSTRUMENT_FIELD_base:
        lua_pushstring(L, i->base);
        break;
    case INSTRUMENT_FIELD_quote:
        lua_pushstring(L, i->quote);
        break;
    case INSTRUMENT_FIELD_max_leverage:
        lua_pushinteger(L, i->max_leverage);
        break;
    case INSTRUMENT_FIELD_kind:
        lua_pushstring(L, i->kind == INSTRUMENT_SPOT ? "spot" : "perpetual");
        break;
    case INSTRUMENT_FIELD_can:
        object_of_kind(L, OBJECT_SYMBOLS, OBJECT_CAN)->symbol = object->symbol;
        break;
    case INSTRUMENT_FIELD_lots:
        push_method(L, instrument_lots);
        break;
    case INSTRUMENT_FIELD_quantity:
        push_method(L, instrument_quantity);
        break;
    case INSTRUMENT_FIELD_round_price:
        push_method(L, instrument_round_price);
        break;
    default:
        instrument_push_steps(L, i, field);
        break;
    }
    return 1;
}

int api_instrument(lua_State *L) {
    struct guest *g = api_enter(L);
    uint16_t symbol = api_symbol(L, g, 2);
    if (symbol == NO_INDEX) {
        return api_refuse_symbol(L, g, 2);
    }
    object_of_kind(L, OBJECT_SYMBOLS, OBJECT_INSTRUMENT)->symbol = symbol;
    return 1;
}

/* --- metatables ---------------------------------------------------------------------------------
 */

void objects_read_push(lua_State *L, struct guest *g, int symbols) {
    static const struct {
        enum object_kind kind;
        const struct api_class *class;
        lua_CFunction index;
    } kinds[] = {
        {OBJECT_POSITION, &class_position, position_index},
        {OBJECT_BALANCE, &class_balance, balance_index},
        {OBJECT_ACCOUNT, &class_account, account_index},
        {OBJECT_ORDER, &class_order, order_index},
        {OBJECT_INSTRUMENT, &class_instrument, instrument_index},
        {OBJECT_CAN, &class_can, can_index},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        object_class_push(L, g, kinds[i].class, kinds[i].index, symbols);
        lua_rawseti(L, symbols, -(int)kinds[i].kind);
    }
}
