/* api_order: orders of a guest by id and by filter, shared by the functions that read and those
 * that ask. Internal to the API. */
#pragma once

#include "script/api.h"

/* The order of an id as scripts hold it; NULL for a foreign or forged one. */
struct view_order *order_of_id(const struct guest *g, const char *id);

/* Reads the filter of orders and cancel_all at an index; raises. */
void order_filter(lua_State *L, int index, struct api_option filter[API_OPTIONS_MAX]);
bool order_matches(const struct order *o, uint16_t symbol, const struct api_option filter[]);
