/* orders and order, and the objects they give, which read the guest's view when a field is asked
 * for. */
#include "script/api_classes.h"
#include "script/api_fields.h"
#include "script/api_order.h"

#include <string.h>

#define ORDER_FIELD(name, type, doc) ORDER_FIELD_##name,
enum { ORDER_FIELDS(ORDER_FIELD) };
#define FILTER_FIELD(name, type, doc) FILTER_FIELD_##name,
enum { FILTER_FIELDS(FILTER_FIELD) };

static const char *const position_sides[] = {"net", "long", "short"};

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

void objects_orders_push(lua_State *L, struct guest *g, int symbols) {
    object_kind_push(L, g, OBJECT_ORDER, &class_order, order_index, symbols);
}
