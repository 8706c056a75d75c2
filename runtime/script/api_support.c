/* What the functions of the API share: the way in, refusals, arguments, options, objects. */
#include "market/timeframe.h"
#include "script/api.h"
#include "script/suggest.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *phase_name(unsigned phase) {
    switch (phase) {
    case PHASE_LOAD:
        return "while the file is loaded or its parameters are checked";
    case PHASE_START:
        return "in on_start";
    case PHASE_PARAMS:
        return "in on_params";
    case PHASE_STOP:
        return "in on_stop";
    default:
        return "in a handler after on_start";
    }
}

struct guest *api_enter(lua_State *L) {
    struct guest *g = lua_touserdata(L, lua_upvalueindex(1));
    const struct api_row *row = lua_touserdata(L, lua_upvalueindex(2));
    if (lua_type(L, 1) != LUA_TTABLE) {
        sandbox_raise(L, E_SCRIPT, "call it with a colon: self:%s(...)", row->name);
    }
    if (!(row->phases & g->phase)) {
        bool is_start_only = row->phases == PHASE_START;
        sandbox_raise(
            L, E_SCRIPT, "self:%s is not possible %s%s", row->name, phase_name(g->phase),
            is_start_only ? ": only in on_start" : ""
        );
    }
    return g;
}

const struct api_row *api_row_of(lua_State *L) {
    return lua_touserdata(L, lua_upvalueindex(2));
}

int api_refuse(lua_State *L, int code, const char *format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    lua_pushnil(L);
    lua_pushstring(L, err_name(code));
    lua_pushstring(L, text);
    return 3;
}

int api_misuse(lua_State *L, const char *format, ...) {
    char text[384];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return sandbox_raise(L, E_SCRIPT, "self:%s: %s", api_row_of(L)->name, text);
}

/* --- arguments ----------------------------------------------------------------------------------
 */

const char *api_text(lua_State *L, int index, const char *what) {
    if (lua_type(L, index) != LUA_TSTRING) {
        api_misuse(L, "%s must be a string, not %s", what, luaL_typename(L, index));
    }
    return lua_tostring(L, index);
}

double api_number(lua_State *L, int index, const char *what) {
    if (lua_type(L, index) != LUA_TNUMBER) {
        api_misuse(L, "%s must be a number, not %s", what, luaL_typename(L, index));
    }
    double x = lua_tonumber(L, index);
    if (!isfinite(x)) {
        api_misuse(L, "%s must be a finite number", what);
    }
    return x;
}

uint16_t api_symbol(lua_State *L, struct guest *g, int index) {
    if (lua_type(L, index) != LUA_TSTRING) {
        api_misuse(L, "symbol must be a string, not %s", luaL_typename(L, index));
    }
    const char *name = lua_tostring(L, index);
    if (name == g->symbol_name) {
        return g->symbol;
    }
    lua_pushvalue(L, index);
    lua_rawget(L, OBJECT_SYMBOLS);
    bool is_pinned = lua_isnumber(L, -1);
    uint16_t symbol = is_pinned ? (uint16_t)lua_tointeger(L, -1) : host_find_symbol(g->host, name);
    lua_pop(L, 1);
    if (is_pinned) {
        g->symbol = symbol;
        g->symbol_name = name;
    }
    return symbol;
}

int api_refuse_symbol(lua_State *L, const struct guest *g, int index) {
    char hint[80];
    const char *name = lua_tostring(L, index);
    suggest_text(name, host_symbol_at, g->host, hint, sizeof hint);
    return api_refuse(L, E_UNKNOWN_SYMBOL, "unknown symbol '%.40s'%s", name, hint);
}

void api_symbol_push(lua_State *L, const struct guest *g, int symbols_index, uint16_t symbol) {
    lua_rawgeti(L, symbols_index, symbol + 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushstring(L, g->host->instruments[symbol].symbol);
    }
}

int64_t api_timeframe(lua_State *L, int index) {
    struct err e;
    int64_t timeframe_ms = 0;
    if (timeframe_parse(api_text(L, index, "timeframe"), &timeframe_ms, &e) != 0) {
        api_misuse(L, "%s", e.msg);
    }
    return timeframe_ms;
}

/* --- options ------------------------------------------------------------------------------------
 */

static const char *field_at(const void *list, int index) {
    const struct api_class *class = list;
    return index < class->field_count ? class->fields[index].name : NULL;
}

static int field_find(const struct api_class *class, const char *name) {
    for (int i = 0; i < class->field_count; i++) {
        if (strcmp(class->fields[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

/* The unknown key of a table that sorts first, so that what is said does not hang on the order in
 * which a table keeps its keys; NULL when all are known. */
static const char *unknown_key(lua_State *L, int index, const struct api_class *class) {
    const char *unknown = NULL;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING) {
            api_misuse(L, "options are given by name, like { reason = '...' }");
        }
        const char *name = lua_tostring(L, -1);
        if (field_find(class, name) < 0 && (!unknown || strcmp(name, unknown) < 0)) {
            unknown = name;
        }
    }
    return unknown;
}

/* The value on top as the option of a field. */
static void option_take(lua_State *L, const struct api_field *field, struct api_option *option) {
    bool wants_number =
        strncmp(field->type, "number", 6) == 0 || strncmp(field->type, "integer", 7) == 0;
    bool wants_flag = strncmp(field->type, "boolean", 7) == 0;
    int wanted = wants_number ? LUA_TNUMBER : wants_flag ? LUA_TBOOLEAN : LUA_TSTRING;
    option->is_given = true;
    if (lua_type(L, -1) != wanted) {
        api_misuse(
            L, "%s must be a %s, not %s", field->name, lua_typename(L, wanted), luaL_typename(L, -1)
        );
    }
    if (wants_number) {
        option->number = api_number(L, -1, field->name);
    } else if (wants_flag) {
        option->flag = lua_toboolean(L, -1);
    } else {
        option->text = lua_tostring(L, -1);
    }
}

void api_options(
    lua_State *L,
    int index,
    const struct api_class *class,
    struct api_option options[API_OPTIONS_MAX]
) {
    memset(options, 0, API_OPTIONS_MAX * sizeof *options);
    if (lua_isnoneornil(L, index)) {
        return;
    }
    if (lua_type(L, index) != LUA_TTABLE) {
        api_misuse(L, "options must be a table, not %s", luaL_typename(L, index));
    }
    const char *unknown = unknown_key(L, index, class);
    if (unknown) {
        char hint[80];
        suggest_text(unknown, field_at, class, hint, sizeof hint);
        api_misuse(L, "unknown field '%.40s'%s", unknown, hint);
    }
    for (int i = 0; i < class->field_count; i++) {
        lua_pushstring(L, class->fields[i].name);
        lua_rawget(L, index);
        if (!lua_isnil(L, -1)) {
            option_take(L, &class->fields[i], &options[i]);
        }
        lua_pop(L, 1);
    }
}

int api_choice(
    lua_State *L, const char *field, const char *text, const char *const *names, int count
) {
    char all[160];
    size_t length = 0;
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], text) == 0) {
            return i;
        }
        length += (size_t)snprintf(
            all + length, sizeof all - length, "%s'%s'",
            i == 0           ? ""
            : i + 1 == count ? " or "
                             : ", ",
            names[i]
        );
    }
    return api_misuse(L, "%s must be %s, not '%.40s'", field, all, text);
}

/* --- objects ------------------------------------------------------------------------------------
 */

static int object_newindex(lua_State *L) {
    const struct api_class *class = lua_touserdata(L, lua_upvalueindex(1));
    return sandbox_raise(L, E_SCRIPT, "a %s is read-only", class->name);
}

static int object_tostring(lua_State *L) {
    const struct api_class *class = lua_touserdata(L, lua_upvalueindex(1));
    lua_pushstring(L, class->name);
    return 1;
}

/* The names of a class as strings of this sandbox: an array of their addresses that ends with NULL,
 * in a userdata whose environment keeps the strings. */
static void names_push(lua_State *L, const struct api_class *class) {
    const char **names = lua_newuserdata(L, ((size_t) class->field_count + 1) * sizeof *names);
    lua_createtable(L, class->field_count, 0);
    for (int i = 0; i < class->field_count; i++) {
        lua_pushstring(L, class->fields[i].name);
        names[i] = lua_tostring(L, -1);
        lua_rawseti(L, -2, i + 1);
    }
    names[class->field_count] = NULL;
    lua_setfenv(L, -2);
}

static void object_class_push(
    lua_State *L, struct guest *g, const struct api_class *class, lua_CFunction index, int symbols
) {
    lua_createtable(L, 0, 5);
    lua_pushlightuserdata(L, g);
    names_push(L, class);
    lua_pushvalue(L, symbols);
    lua_pushlightuserdata(L, (void *)(uintptr_t) class);
    lua_pushcclosure(L, index, 4);
    lua_setfield(L, -2, "__index");
    lua_pushlightuserdata(L, (void *)(uintptr_t) class);
    lua_pushcclosure(L, object_newindex, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushlightuserdata(L, (void *)(uintptr_t) class);
    lua_pushcclosure(L, object_tostring, 1);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
}

void object_kind_push(
    lua_State *L,
    struct guest *g,
    enum object_kind kind,
    const struct api_class *class,
    lua_CFunction index,
    int symbols
) {
    object_class_push(L, g, class, index, symbols);
    lua_rawseti(L, symbols, -(int)kind);
}

struct object *object_of_kind(lua_State *L, int symbols, enum object_kind kind) {
    struct object *object = lua_newuserdata(L, sizeof *object);
    *object = (struct object){0};
    lua_rawgeti(L, symbols, -(int)kind);
    lua_setmetatable(L, -2);
    return object;
}

static void field_copy(lua_State *L, int from, int to, const char *name) {
    lua_getfield(L, from, name);
    lua_setfield(L, to, name);
}

struct object *object_with_facts(lua_State *L, int symbols, enum object_kind kind) {
    struct object *object = lua_newuserdata(L, sizeof *object);
    int self = lua_gettop(L);
    *object = (struct object){0};
    lua_rawgeti(L, symbols, -(int)kind);
    lua_createtable(L, 0, 4); /* the object's own metatable */
    field_copy(L, self + 1, self + 2, "__newindex");
    field_copy(L, self + 1, self + 2, "__tostring");
    field_copy(L, self + 1, self + 2, "__metatable");
    lua_createtable(L, 0, 4); /* facts */
    lua_createtable(L, 0, 1); /* their metatable: the class's __index with this object behind it */
    lua_getfield(L, self + 1, "__index");
    int index = lua_gettop(L);
    lua_CFunction function = lua_tocfunction(L, index);
    for (int i = 1; i <= 4; i++) {
        lua_getupvalue(L, index, i);
    }
    lua_pushvalue(L, self);
    lua_pushcclosure(L, function, 5);
    lua_setfield(L, index - 1, "__index");
    lua_settop(L, index - 1);
    lua_setmetatable(L, -2);
    lua_setfield(L, self + 2, "__index");
    lua_setmetatable(L, self);
    lua_settop(L, self);
    return object;
}

void object_facts_push(lua_State *L, int index) {
    lua_getmetatable(L, index);
    lua_getfield(L, -1, "__index");
    lua_remove(L, -2);
}

int object_no_field(lua_State *L) {
    const struct api_class *class = lua_touserdata(L, OBJECT_CLASS);
    const char *name = lua_tostring(L, 2);
    char hint[80];
    if (!name) {
        return sandbox_raise(
            L, E_SCRIPT, "a %s has no field that is a %s", class->name, luaL_typename(L, 2)
        );
    }
    suggest_text(name, field_at, class, hint, sizeof hint);
    return sandbox_raise(L, E_SCRIPT, "a %s has no field '%.40s'%s", class->name, name, hint);
}

void push_price(lua_State *L, struct price price) {
    if (decimal_is_zero(price.d)) {
        lua_pushnil(L);
    } else {
        lua_pushnumber(L, decimal_to_double(price.d));
    }
}

void push_quantity(lua_State *L, struct quantity quantity) {
    lua_pushnumber(L, decimal_to_double(quantity.d));
}

void push_money(lua_State *L, struct money money) {
    lua_pushnumber(L, decimal_to_double(money.d));
}
