/* handle: what self:indicator and self:candles give a script: a userdata that reads values or bars
 * as of the event that is handled. It lives in the sandbox, whose guest outlives it; series and
 * instance are the host's. Internal to the API. */
#pragma once

#include "script/guest.h"

struct handle {
    struct guest *guest;
    const struct series *series;
    const struct indicator_instance *instance; /* NULL: candles */
    int output;
};

/* The handle at an index; NULL when it is something else. Does not raise. */
const struct handle *handle_check(lua_State *L, int index);

/* Pushes a new one like *value; from a function of the API, whose upvalues it uses. */
struct handle *handle_push(lua_State *L, const struct handle *value);

/* indicator_args.c: indicators by name and their parameters from a table; both raise. */
const struct indicator_spec *indicator_named(lua_State *L, const char *name);
void indicator_params_read(
    lua_State *L, int index, const struct indicator_spec *spec, struct indicator_params *params
);
