/* instrument, and the object it gives: facts, and exact arithmetic in lots and ticks. */
#include "script/api_classes.h"
#include "script/api_fields.h"

#include <string.h>

#define INSTRUMENT_FIELD(name, type, doc) INSTRUMENT_FIELD_##name,
enum { INSTRUMENT_FIELDS(INSTRUMENT_FIELD) };
#define CAN_FIELD(name, type, doc) CAN_FIELD_##name,
enum { CAN_FIELDS(CAN_FIELD) };

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

void objects_instrument_push(lua_State *L, struct guest *g, int symbols) {
    object_kind_push(L, g, OBJECT_INSTRUMENT, &class_instrument, instrument_index, symbols);
    object_kind_push(L, g, OBJECT_CAN, &class_can, can_index, symbols);
}
