/* What the functions that ask for orders and for changes of them share. */
#include "script/api_order.h"

#include <string.h>

struct decimal option_decimal(lua_State *L, const struct api_option *option, const char *name) {
    struct decimal d;
    if (decimal_of_double(option->number, &d) != 0) {
        api_misuse(L, "%s is out of range", name);
    }
    return d;
}

/* A price or a trigger: over zero where it is given. */
struct price option_price(lua_State *L, const struct api_option *option, const char *name) {
    if (!option->is_given) {
        return (struct price){{0}};
    }
    struct price price = {option_decimal(L, option, name)};
    if (decimal_sign(price.d) <= 0) {
        api_misuse(L, "%s must be over 0", name);
    }
    return price;
}

struct decimal option_amount(lua_State *L, const struct api_option *option, const char *name) {
    struct decimal d = option->is_given ? option_decimal(L, option, name) : (struct decimal){0};
    if (decimal_sign(d) < 0) {
        api_misuse(L, "%s must not be negative", name);
    }
    return d;
}

void option_copy(
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

/* Why nothing can be asked of this symbol now; 0: it can. */
int order_refusal(const struct guest *g, bool could_enlarge) {
    if (g->event->is_warmup) {
        return E_WARMUP;
    }
    return g->event->is_paused && could_enlarge ? E_PAUSED : 0;
}

int order_refuse(lua_State *L, int code) {
    switch (code) {
    case E_WARMUP:
        return api_refuse(L, code, "this bar was missed: nothing can be ordered on it");
    case E_PAUSED:
        return api_refuse(L, code, "paused: only what reduces a position is taken");
    default:
        return api_refuse(L, code, "more asks or open orders than the limit allows");
    }
}

/* What was rounded down to nothing. */
void order_check_prices(lua_State *L, const struct order_request *r) {
    bool is_below = (r->type == ORDER_LIMIT && decimal_is_zero(r->price.d)) ||
                    (r->type == ORDER_STOP && decimal_is_zero(r->stop.d));
    if (is_below) {
        api_misuse(L, "the price is below one tick");
    }
}
