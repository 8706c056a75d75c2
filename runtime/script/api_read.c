/* position, balance, account, and the objects they give. An object holds no figures: it reads the
 * guest's view when a field is asked for. */
#include "script/api_classes.h"
#include "script/api_fields.h"

#define POSITION_FIELD(name, type, doc) POSITION_FIELD_##name,
enum { POSITION_FIELDS(POSITION_FIELD) };
#define BALANCE_FIELD(name, type, doc) BALANCE_FIELD_##name,
enum { BALANCE_FIELDS(BALANCE_FIELD) };
#define ACCOUNT_FIELD(name, type, doc) ACCOUNT_FIELD_##name,
enum { ACCOUNT_FIELDS(ACCOUNT_FIELD) };

/* --- position -----------------------------------------------------------------------------------
 */

/* What the object stands for: a side of a hedge, or the net, of which a side sees its own
 * direction. E_OVERFLOW when the sum of the sides does not fit; never raises. */
static int position_read(const struct guest *g, const struct object *object, struct position *out) {
    const struct view *v = &g->view;
    *out = (struct position){0};
    if (v->is_hedge && object->side == POSITION_NET) {
        return view_net_position(v, object->symbol, out);
    }
    const struct position *held =
        view_position(v, object->symbol, v->is_hedge ? object->side : POSITION_NET);
    if (!held) {
        return 0;
    }
    *out = *held;
    int sign = decimal_sign(held->quantity.d);
    bool is_other_side =
        (object->side == POSITION_LONG && sign < 0) || (object->side == POSITION_SHORT && sign > 0);
    if (is_other_side) {
        out->quantity = (struct quantity){{0}};
        out->entry = (struct price){{0}};
    }
    return 0;
}

/* Open profit: of both sides together where the object is the net of a hedge. */
static int position_open_profit(
    const struct guest *g, const struct object *object, const struct position *p, struct money *out
) {
    struct price last = guest_last_price(g, object->symbol);
    if (!g->view.is_hedge || object->side != POSITION_NET) {
        return position_unrealized(p, last, out);
    }
    *out = (struct money){{0}};
    int code = 0;
    for (int side = POSITION_LONG; side <= POSITION_SHORT && code == 0; side++) {
        const struct position *held =
            view_position(&g->view, object->symbol, (enum position_side)side);
        struct money part = {{0}};
        if (held) {
            code = position_unrealized(held, last, &part);
        }
        if (code == 0) {
            code = decimal_add(out->d, part.d, &out->d);
        }
    }
    return code;
}

static void
position_push_figure(lua_State *L, const struct guest *g, const struct object *object, int field) {
    struct position p;
    struct money unrealized;
    if (position_read(g, object, &p) != 0) {
        sandbox_raise(L, E_OVERFLOW, "the sum of the positions is out of range");
    }
    switch (field) {
    case POSITION_FIELD_quantity:
        lua_pushnumber(L, decimal_to_double(decimal_abs(p.quantity.d)));
        break;
    case POSITION_FIELD_entry_price:
        push_price(L, p.entry);
        break;
    case POSITION_FIELD_unrealized:
        if (position_open_profit(g, object, &p, &unrealized) != 0) {
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
static int position_sign(const struct guest *g, const struct object *object) {
    if (!g->view.is_hedge && object->side == POSITION_NET) {
        const struct position *held = view_position(&g->view, object->symbol, POSITION_NET);
        return held ? decimal_sign(held->quantity.d) : 0;
    }
    struct position p;
    return position_read(g, object, &p) == 0 ? decimal_sign(p.quantity.d) : 0;
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
    int sign = position_sign(g, lua_touserdata(L, -1));
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

/* --- metatables --- */

void objects_read_push(lua_State *L, struct guest *g, int symbols) {
    object_kind_push(L, g, OBJECT_POSITION, &class_position, position_index, symbols);
    object_kind_push(L, g, OBJECT_BALANCE, &class_balance, balance_index, symbols);
    object_kind_push(L, g, OBJECT_ACCOUNT, &class_account, account_index, symbols);
}
