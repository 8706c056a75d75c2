/* api_order: orders of a guest by id and by filter, shared by the functions that read and those
 * that ask. Internal to the API. */
#pragma once

#include "script/api.h"

/* The order of an id as scripts hold it; NULL for a foreign or forged one. */
struct view_order *order_of_id(const struct guest *g, const char *id);

/* Reads the filter of orders and cancel_all at an index; raises. */
void order_filter(lua_State *L, int index, struct api_option filter[API_OPTIONS_MAX]);
bool order_matches(const struct order *o, uint16_t symbol, const struct api_option filter[]);

/* A price or a trigger: over zero where it is given, 0 where not; raises. */
struct price option_price(lua_State *L, const struct api_option *option, const char *name);
/* A quantity or a value, not negative; raises. */
struct decimal option_decimal(lua_State *L, const struct api_option *option, const char *name);
struct decimal option_amount(lua_State *L, const struct api_option *option, const char *name);
/* Copies the text where it is given; raises when it is too long. */
void option_copy(
    lua_State *L, const struct api_option *option, const char *name, char *text, size_t capacity
);
/* Raises for a price that was rounded down to nothing. */
void order_check_prices(lua_State *L, const struct order_request *r);

/* Why nothing can be asked now; 0: it can. */
int order_refusal(const struct guest *g, bool could_enlarge);
/* Says so: returns 3. */
int order_refuse(lua_State *L, int code);
