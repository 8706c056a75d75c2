/* One value of a parameter: from text to Lua, from Lua to canonical text. */
#include "market/timeframe.h"
#include "script/params.h"
#include "script/suggest.h"

#include <lauxlib.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBERS_MAX 1024

static const char *const type_names[TYPE_COUNT] = {
    [TYPE_INTEGER] = "integer", [TYPE_NUMBER] = "number",   [TYPE_MONEY] = "money",
    [TYPE_PERCENT] = "percent", [TYPE_BOOLEAN] = "boolean", [TYPE_TEXT] = "text",
    [TYPE_ENUM] = "enum",       [TYPE_SYMBOL] = "symbol",   [TYPE_TIMEFRAME] = "timeframe",
    [TYPE_LIST] = "list",       [TYPE_MAP] = "map",
};

const char *param_type_name(enum param_type type) {
    return type_names[type];
}

/* --- what is allowed ----------------------------------------------------------------------------
 */

static size_t allowed_range(const struct param *param, char *text, size_t capacity) {
    int n = 0;
    if (param->has_min && param->has_max) {
        n = snprintf(text, capacity, " from %.15g to %.15g", param->min, param->max);
    } else if (param->has_min) {
        n = snprintf(text, capacity, " of at least %.15g", param->min);
    } else if (param->has_max) {
        n = snprintf(text, capacity, " of at most %.15g", param->max);
    }
    return (size_t)n;
}

static void allowed_values(const struct param *param, char *text, size_t capacity) {
    size_t length = (size_t)snprintf(text, capacity, "one of");
    for (int i = 0; i < param->value_count && length < capacity; i++) {
        length += (size_t
        )snprintf(text + length, capacity - length, "%s%s", i ? ", " : " ", param->values[i]);
    }
}

static void
allowed_scalar(const struct param *param, enum param_type type, char *text, size_t capacity) {
    text[0] = '\0';
    switch (type) {
    case TYPE_INTEGER:
    case TYPE_NUMBER:
    case TYPE_MONEY:
    case TYPE_PERCENT: {
        const char *what = type == TYPE_INTEGER   ? "a whole number"
                           : type == TYPE_MONEY   ? "an amount"
                           : type == TYPE_PERCENT ? "a percentage"
                                                  : "a number";
        size_t length = (size_t)snprintf(text, capacity, "%s", what);
        allowed_range(param, text + length, capacity - length);
        break;
    }
    case TYPE_BOOLEAN:
        snprintf(text, capacity, "true or false");
        break;
    case TYPE_ENUM:
        allowed_values(param, text, capacity);
        break;
    case TYPE_TIMEFRAME:
        snprintf(text, capacity, "one of 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d");
        break;
    case TYPE_SYMBOL:
        snprintf(text, capacity, "a known symbol");
        break;
    default:
        snprintf(text, capacity, "a text");
        break;
    }
}

const char *param_allowed(const struct param *param, char *text, size_t capacity) {
    char member[200];
    if (param->type == TYPE_LIST || param->type == TYPE_MAP) {
        allowed_scalar(param, param->of, member, sizeof member);
        snprintf(
            text, capacity,
            param->type == TYPE_LIST ? "a list (a,b,c), each %s" : "a map (a:1,b:2), each %s",
            member
        );
    } else {
        allowed_scalar(param, param->type, text, capacity);
    }
    return text;
}

/* --- text to value ------------------------------------------------------------------------------
 */

static bool number_of_text(const char *text, size_t length, double *out) {
    struct decimal exact;
    return decimal_parse_double(text, length, &exact, out) == 0;
}

static bool is_boolean(const char *text, size_t length, bool value) {
    const char *name = value ? "true" : "false";
    return length == strlen(name) && memcmp(text, name, length) == 0;
}

static const char *symbol_at(const void *list, int index) {
    const struct param_context *c = list;
    return index < c->instrument_count ? c->instruments[index].symbol : NULL;
}

static bool is_symbol(const struct param_context *c, const char *text, size_t length) {
    for (int i = 0; i < c->instrument_count; i++) {
        const char *symbol = c->instruments[i].symbol;
        if (length > 0 && strlen(symbol) == length && memcmp(symbol, text, length) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_in_range(const struct param *param, double value) {
    return (!param->has_min || value >= param->min) && (!param->has_max || value <= param->max);
}

static bool is_timeframe(const char *text, size_t length) {
    char name[8];
    int64_t ms;
    if (length >= sizeof name) {
        return false;
    }
    memcpy(name, text, length);
    name[length] = '\0';
    return timeframe_parse(name, &ms, NULL) == 0;
}

static bool is_enum(const struct param *param, const char *text, size_t length) {
    for (int i = 0; i < param->value_count; i++) {
        if (strlen(param->values[i]) == length && memcmp(param->values[i], text, length) == 0) {
            return true;
        }
    }
    return false;
}

/* Pushes a value that is no list or map; false when text is none of that type. */
static bool scalar_push(
    lua_State *L,
    const struct param *param,
    enum param_type type,
    const char *text,
    size_t length,
    const struct param_context *c
) {
    double number;
    switch (type) {
    case TYPE_INTEGER:
    case TYPE_NUMBER:
    case TYPE_MONEY:
    case TYPE_PERCENT:
        if (!number_of_text(text, length, &number) || !is_in_range(param, number) ||
            (type == TYPE_INTEGER && number != floor(number))) {
            return false;
        }
        lua_pushnumber(L, number);
        return true;
    case TYPE_BOOLEAN:
        if (!is_boolean(text, length, true) && !is_boolean(text, length, false)) {
            return false;
        }
        lua_pushboolean(L, is_boolean(text, length, true));
        return true;
    case TYPE_ENUM:
        if (!is_enum(param, text, length)) {
            return false;
        }
        break;
    case TYPE_SYMBOL:
        if (!is_symbol(c, text, length)) {
            return false;
        }
        break;
    case TYPE_TIMEFRAME:
        if (!is_timeframe(text, length)) {
            return false;
        }
        break;
    default:
        break;
    }
    lua_pushlstring(L, text, length);
    return true;
}

static void trim(const char **text, size_t *length) {
    while (*length > 0 && (*text)[0] == ' ') {
        (*text)++;
        (*length)--;
    }
    while (*length > 0 && (*text)[*length - 1] == ' ') {
        (*length)--;
    }
}

/* Puts one member, "value" or "name:value", into the table on top. */
static bool member_push(
    lua_State *L,
    const struct param *param,
    const char *text,
    size_t length,
    int index,
    const struct param_context *c
) {
    if (param->type == TYPE_LIST) {
        if (!scalar_push(L, param, param->of, text, length, c)) {
            return false;
        }
        lua_rawseti(L, -2, index);
        return true;
    }
    const char *colon = memchr(text, ':', length);
    if (!colon || colon == text) {
        return false;
    }
    const char *name = text;
    size_t name_length = (size_t)(colon - text);
    const char *value = colon + 1;
    size_t value_length = length - name_length - 1;
    trim(&name, &name_length);
    trim(&value, &value_length);
    lua_pushlstring(L, name, name_length);
    if (!scalar_push(L, param, param->of, value, value_length, c)) {
        lua_pop(L, 1);
        return false;
    }
    lua_rawset(L, -3);
    return true;
}

static bool members_push(
    lua_State *L, const struct param *param, const char *text, const struct param_context *c
) {
    lua_newtable(L);
    const char *all = text;
    size_t left = strlen(text);
    trim(&all, &left);
    for (int index = 1; left > 0 && index <= MEMBERS_MAX; index++) {
        const char *comma = memchr(all, ',', left);
        const char *member = all;
        size_t length = comma ? (size_t)(comma - all) : left;
        left -= comma ? length + 1 : length;
        all += comma ? length + 1 : length;
        trim(&member, &length);
        if (!member_push(L, param, member, length, index, c)) {
            lua_pop(L, 1);
            return false;
        }
    }
    return true;
}

bool param_push(
    lua_State *L, const struct param *param, const char *text, struct param_context *c
) {
    bool is_many = param->type == TYPE_LIST || param->type == TYPE_MAP;
    bool is_good = is_many ? members_push(L, param, text, c)
                           : scalar_push(L, param, param->type, text, strlen(text), c);
    if (!is_good) {
        char allowed[256];
        char hint[80] = "";
        if (param->type == TYPE_SYMBOL) {
            suggest_text(text, symbol_at, c, hint, sizeof hint);
        }
        problems_add(
            c->problems, "%s must be %s, not '%.40s'%s", param->name,
            param_allowed(param, allowed, sizeof allowed), text, hint
        );
    }
    return is_good;
}

/* --- value to text ------------------------------------------------------------------------------
 */

/* Appends the scalar at index; false when it is of another type or does not fit. */
static bool
scalar_format(lua_State *L, int index, enum param_type type, char *text, size_t *length) {
    size_t room = PARAM_TEXT_MAX - *length;
    char number[DECIMAL_TEXT_MAX];
    const char *written = NULL;
    size_t size = 0;
    struct decimal d;
    switch (type) {
    case TYPE_INTEGER:
    case TYPE_NUMBER:
    case TYPE_MONEY:
    case TYPE_PERCENT:
        if (lua_type(L, index) != LUA_TNUMBER ||
            decimal_of_double(lua_tonumber(L, index), &d) != 0) {
            return false;
        }
        size = decimal_format(d, number);
        written = number;
        break;
    case TYPE_BOOLEAN:
        if (lua_type(L, index) != LUA_TBOOLEAN) {
            return false;
        }
        written = lua_toboolean(L, index) ? "true" : "false";
        size = strlen(written);
        break;
    default:
        if (lua_type(L, index) != LUA_TSTRING) {
            return false;
        }
        written = lua_tolstring(L, index, &size);
        break;
    }
    if (size >= room || memchr(written, '\0', size)) {
        return false;
    }
    memcpy(text + *length, written, size);
    *length += size;
    return true;
}

static bool
list_format(lua_State *L, int index, const struct param *param, char *text, size_t *length) {
    size_t count = lua_objlen(L, index);
    for (size_t i = 1; i <= count && i <= MEMBERS_MAX; i++) {
        if (i > 1 && *length + 1 < PARAM_TEXT_MAX) {
            text[(*length)++] = ',';
        }
        lua_rawgeti(L, index, (int)i);
        bool is_good = scalar_format(L, lua_gettop(L), param->of, text, length);
        lua_pop(L, 1);
        if (!is_good) {
            return false;
        }
    }
    return true;
}

static int text_compare(const void *a, const void *b) {
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

static bool
map_format(lua_State *L, int index, const struct param *param, char *text, size_t *length) {
    const char *names[MEMBERS_MAX];
    size_t count = 0;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        if (lua_type(L, -2) != LUA_TSTRING || count == MEMBERS_MAX) {
            lua_pop(L, 2);
            return false;
        }
        names[count++] = lua_tostring(L, -2);
        lua_pop(L, 1);
    }
    qsort(names, count, sizeof *names, text_compare);
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(names[i]);
        if (*length + size + 2 >= PARAM_TEXT_MAX || strpbrk(names[i], ":,")) {
            return false;
        }
        *length += (size_t
        )snprintf(text + *length, PARAM_TEXT_MAX - *length, "%s%s:", i ? "," : "", names[i]);
        lua_pushstring(L, names[i]);
        lua_rawget(L, index);
        bool is_good = scalar_format(L, lua_gettop(L), param->of, text, length);
        lua_pop(L, 1);
        if (!is_good) {
            return false;
        }
    }
    return true;
}

const char *param_format(lua_State *L, int index, const struct param *param, struct arena *arena) {
    char text[PARAM_TEXT_MAX];
    size_t length = 0;
    bool is_good;
    if (param->type == TYPE_LIST || param->type == TYPE_MAP) {
        is_good = lua_type(L, index) == LUA_TTABLE &&
                  (param->type == TYPE_LIST ? list_format(L, index, param, text, &length)
                                            : map_format(L, index, param, text, &length));
    } else {
        is_good = scalar_format(L, index, param->type, text, &length);
    }
    return is_good ? arena_copy(arena, text, length) : NULL;
}
