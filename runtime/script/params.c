#include "script/params.h"

#include "script/sandbox.h"
#include "script/suggest.h"

#include <lauxlib.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- problems -----------------------------------------------------------------------------------
 */

void problems_begin(struct problems *p, struct fault *fault, struct arena *arena) {
    *p = (struct problems){.fault = fault, .arena = arena};
    fault->code = 0;
    fault->text[0] = '\0';
    fault->file[0] = '\0';
    fault->line = 0;
}

/* The longer text begins with what the short one has. */
static void problems_add_long(struct problems *p, const char *text, size_t length) {
    if (p->all == NULL) {
        p->all = p->arena != NULL ? arena_alloc(p->arena, PROBLEMS_TEXT_MAX) : NULL;
        if (p->all == NULL) {
            return;
        }
        memcpy(p->all, p->fault->text, p->length + 1);
        p->all_length = p->length;
    }
    if (p->all_length + length + 3 <= PROBLEMS_TEXT_MAX) {
        p->all_length += (size_t)snprintf(
            p->all + p->all_length, PROBLEMS_TEXT_MAX - p->all_length, "%s%s",
            p->all_length > 0 ? "; " : "", text
        );
    }
}

void problems_add(struct problems *p, const char *format, ...) {
    char text[FAULT_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t size = n < (int)sizeof text ? (size_t)n : sizeof text - 1;
    const size_t room_for_end = 24; /* "; and 123 more" */
    p->count++;
    if (p->omitted > 0 || p->length + size + 2 + room_for_end >= FAULT_TEXT_MAX) {
        p->omitted++;
        problems_add_long(p, text, size);
        return;
    }
    p->length += (size_t)snprintf(
        p->fault->text + p->length, FAULT_TEXT_MAX - p->length, "%s%s", p->length ? "; " : "", text
    );
}

int problems_end(struct problems *p) {
    if (p->count == 0) {
        return 0;
    }
    if (p->omitted > 0) {
        snprintf(
            p->fault->text + p->length, FAULT_TEXT_MAX - p->length, "%sand %d more",
            p->length ? "; " : "", p->omitted
        );
    }
    p->fault->code = E_PARAMS;
    return E_PARAMS;
}

/* --- schema -------------------------------------------------------------------------------------
 */

static const char *const field_names[] = {
    "type", "of", "default", "min", "max", "values", "help", "group", "show", "when",
};
#define FIELD_COUNT ((int)(sizeof field_names / sizeof *field_names))

static const char *field_at(const void *unused, int index) {
    (void)unused;
    return index < FIELD_COUNT ? field_names[index] : NULL;
}

static const char *type_at(const void *unused, int index) {
    (void)unused;
    return index < TYPE_COUNT ? param_type_name((enum param_type)index) : NULL;
}

static const char *param_at(const void *list, int index) {
    const struct schema *schema = list;
    return index < schema->count ? schema->params[index].name : NULL;
}

const struct param *schema_find(const struct schema *schema, const char *name) {
    for (int i = 0; i < schema->count; i++) {
        if (strcmp(schema->params[i].name, name) == 0) {
            return &schema->params[i];
        }
    }
    return NULL;
}

static const char *keep(struct param_context *c, const char *text) {
    const char *copy = arena_copy(c->arena, text, strlen(text));
    if (!copy) {
        problems_add(c->problems, "the parameters are too large");
        return "";
    }
    return copy;
}

/* Pushes a field of the table at index (not relative to the top) without asking a metatable, whose
 * code would run here without a deadline. */
static void raw_field(lua_State *L, int index, const char *name) {
    lua_pushstring(L, name);
    lua_rawget(L, index);
}

/* A text field of the definition at index, "" where it is absent. */
static const char *
field_text(lua_State *L, int index, const char *param, const char *field, struct param_context *c) {
    const char *text = "";
    raw_field(L, index, field);
    if (lua_type(L, -1) == LUA_TSTRING) {
        text = keep(c, lua_tostring(L, -1));
    } else if (!lua_isnil(L, -1)) {
        problems_add(c->problems, "params.%s.%s must be a string", param, field);
    }
    lua_pop(L, 1);
    return text;
}

static bool field_number(
    lua_State *L,
    int index,
    const char *param,
    const char *field,
    double *out,
    struct param_context *c
) {
    raw_field(L, index, field);
    bool is_given = !lua_isnil(L, -1);
    if (is_given && lua_type(L, -1) != LUA_TNUMBER) {
        problems_add(c->problems, "params.%s.%s must be a number", param, field);
    }
    *out = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return is_given;
}

static enum param_type
field_type(lua_State *L, int index, const char *param, const char *field, struct param_context *c) {
    const char *text = field_text(L, index, param, field, c);
    for (int i = 0; i < TYPE_COUNT; i++) {
        if (strcmp(param_type_name((enum param_type)i), text) == 0) {
            return (enum param_type)i;
        }
    }
    char hint[80];
    problems_add(
        c->problems, "params.%s.%s: unknown type '%.24s'%s", param, field, text,
        suggest_text(text, type_at, NULL, hint, sizeof hint)
    );
    return TYPE_TEXT;
}

/* Of several unknown fields the one that sorts first is named. */
static void read_fields_known(lua_State *L, int index, const char *param, struct param_context *c) {
    const char *unknown = NULL;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        bool is_known = false;
        for (int i = 0; i < FIELD_COUNT; i++) {
            is_known |= strcmp(field_names[i], name) == 0;
        }
        if (!is_known && (!unknown || strcmp(name, unknown) < 0)) {
            unknown = name;
        }
        lua_pop(L, 1);
    }
    if (unknown) {
        char hint[80];
        problems_add(
            c->problems, "params.%s: unknown field '%.24s'%s", param, unknown,
            suggest_text(unknown, field_at, NULL, hint, sizeof hint)
        );
    }
}

static void read_values(lua_State *L, int index, struct param *p, struct param_context *c) {
    raw_field(L, index, "values");
    int count = lua_type(L, -1) == LUA_TTABLE ? (int)lua_objlen(L, -1) : 0;
    const char **values = arena_alloc_array(c->arena, (size_t)count, sizeof *values);
    for (int i = 0; i < count && values; i++) {
        lua_rawgeti(L, -1, i + 1);
        if (lua_type(L, -1) == LUA_TSTRING) {
            values[p->value_count++] = keep(c, lua_tostring(L, -1));
        } else {
            problems_add(c->problems, "params.%s.values must be strings", p->name);
        }
        lua_pop(L, 1);
    }
    p->values = values;
    lua_pop(L, 1);
    bool wants_values = p->type == TYPE_ENUM || p->of == TYPE_ENUM;
    if (wants_values && p->value_count == 0) {
        problems_add(c->problems, "params.%s: an enum needs values", p->name);
    }
}

static int setting_compare(const void *a, const void *b) {
    const struct setting *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* show = { use_sl = true }: names of other parameters with the values that make this one matter. */
static void read_show(lua_State *L, int index, struct param *p, struct param_context *c) {
    struct setting show[8];
    raw_field(L, index, "show");
    if (lua_type(L, -1) == LUA_TTABLE) {
        lua_pushnil(L);
        while (lua_next(L, -2)) {
            bool is_flag = lua_type(L, -1) == LUA_TBOOLEAN;
            if (lua_type(L, -2) == LUA_TSTRING && p->show_count < 8 &&
                (is_flag || lua_isstring(L, -1))) {
                lua_pushvalue(L, -1);
                const char *text =
                    is_flag ? (lua_toboolean(L, -1) ? "true" : "false") : lua_tostring(L, -1);
                show[p->show_count++] =
                    (struct setting){.name = keep(c, lua_tostring(L, -3)), .text = keep(c, text)};
                lua_pop(L, 1);
            } else {
                problems_add(c->problems, "params.%s.show must be like { use_sl = true }", p->name);
            }
            lua_pop(L, 1);
        }
    } else if (!lua_isnil(L, -1)) {
        problems_add(c->problems, "params.%s.show must be like { use_sl = true }", p->name);
    }
    lua_pop(L, 1);
    qsort(show, (size_t)p->show_count, sizeof *show, setting_compare);
    struct setting *kept = arena_alloc_array(c->arena, (size_t)p->show_count, sizeof *kept);
    if (kept && p->show_count > 0) {
        memcpy(kept, show, (size_t)p->show_count * sizeof *kept);
    }
    p->show = kept;
    p->show_count = kept ? p->show_count : 0;
}

static void read_default(lua_State *L, int index, struct param *p, struct param_context *c) {
    raw_field(L, index, "default");
    if (!lua_isnil(L, -1)) {
        char allowed[256];
        p->standard = param_format(L, lua_gettop(L), p, c->arena);
        if (!p->standard) {
            problems_add(
                c->problems, "params.%s.default must be %s", p->name,
                param_allowed(p, allowed, sizeof allowed)
            );
            p->standard = "";
        }
    }
    lua_pop(L, 1);
}

/* The definition on top of the stack. */
static void param_read(lua_State *L, struct param *p, struct param_context *c) {
    int index = lua_gettop(L);
    read_fields_known(L, index, p->name, c);
    p->type = field_type(L, index, p->name, "type", c);
    p->of = p->type;
    if (p->type == TYPE_LIST || p->type == TYPE_MAP) {
        p->of = field_type(L, index, p->name, "of", c);
        if (p->of == TYPE_LIST || p->of == TYPE_MAP) {
            problems_add(c->problems, "params.%s: lists and maps hold single values", p->name);
            p->of = TYPE_TEXT;
        }
    }
    p->has_min = field_number(L, index, p->name, "min", &p->min, c);
    p->has_max = field_number(L, index, p->name, "max", &p->max, c);
    p->help = field_text(L, index, p->name, "help", c);
    p->group = field_text(L, index, p->name, "group", c);
    const char *when = field_text(L, index, p->name, "when", c);
    p->is_flat_only = strcmp(when, "flat") == 0;
    if (when[0] && !p->is_flat_only) {
        problems_add(c->problems, "params.%s.when can only be 'flat'", p->name);
    }
    read_values(L, index, p, c);
    read_show(L, index, p, c);
    read_default(L, index, p, c);
}

static int param_compare(const void *a, const void *b) {
    const struct param *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static void show_check(const struct schema *schema, struct param_context *c) {
    for (int i = 0; i < schema->count; i++) {
        const struct param *p = &schema->params[i];
        for (int n = 0; n < p->show_count; n++) {
            if (!schema_find(schema, p->show[n].name)) {
                char hint[80];
                problems_add(
                    c->problems, "params.%s.show: no parameter '%.40s'%s", p->name, p->show[n].name,
                    suggest_text(p->show[n].name, param_at, schema, hint, sizeof hint)
                );
            }
        }
    }
}

static void schema_names(lua_State *L, int index, struct schema *out, struct param_context *c) {
    bool is_malformed = false;
    bool is_long = false;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        bool is_named = lua_type(L, -2) == LUA_TSTRING && lua_objlen(L, -2) < PARAM_NAME_MAX;
        if (!is_named || lua_type(L, -1) != LUA_TTABLE) {
            is_malformed = true;
        } else if (out->count < PARAMS_MAX) {
            out->params[out->count++] = (struct param){.name = keep(c, lua_tostring(L, -2))};
        } else {
            is_long = true;
        }
        lua_pop(L, 1);
    }
    if (is_malformed) {
        problems_add(c->problems, "params must be like NAME = { type = '...', default = ... }");
    }
    if (is_long) {
        problems_add(c->problems, "more than %d parameters", PARAMS_MAX);
    }
}

void schema_read(lua_State *L, int index, struct param_context *c, struct schema *out) {
    *out = (struct schema){0};
    if (lua_isnil(L, index)) {
        return;
    }
    if (lua_type(L, index) != LUA_TTABLE) {
        problems_add(c->problems, "params must be a table");
        return;
    }
    out->params = arena_alloc_array(c->arena, PARAMS_MAX, sizeof *out->params);
    if (!out->params) {
        problems_add(c->problems, "the parameters are too large");
        return;
    }
    schema_names(L, index, out, c);
    qsort(out->params, (size_t)out->count, sizeof *out->params, param_compare);
    for (int i = 0; i < out->count; i++) {
        raw_field(L, index, out->params[i].name);
        param_read(L, &out->params[i], c);
        lua_pop(L, 1);
    }
    show_check(out, c);
}

/* --- values -------------------------------------------------------------------------------------
 */

static const struct setting *
setting_find(const struct setting *settings, int count, const char *name) {
    for (int i = 0; i < count; i++) {
        if (strcmp(settings[i].name, name) == 0) {
            return &settings[i];
        }
    }
    return NULL;
}

static void settings_check_names(
    const struct schema *schema, const struct setting *settings, int count, struct param_context *c
) {
    for (int i = 0; i < count; i++) {
        if (!settings[i].is_optional && !schema_find(schema, settings[i].name)) {
            char hint[80];
            problems_add(
                c->problems, "unknown parameter '%.40s'%s", settings[i].name,
                suggest_text(settings[i].name, param_at, schema, hint, sizeof hint)
            );
        }
    }
}

void schema_push_values(
    lua_State *L,
    const struct schema *schema,
    const struct setting *settings,
    int count,
    struct param_context *c
) {
    settings_check_names(schema, settings, count, c);
    lua_createtable(L, 0, schema->count);
    for (int i = 0; i < schema->count; i++) {
        const struct param *p = &schema->params[i];
        const struct setting *setting = setting_find(settings, count, p->name);
        const char *text = setting ? setting->text : p->standard;
        if (!text) {
            char allowed[256];
            problems_add(
                c->problems, "%s needs a value: %s", p->name,
                param_allowed(p, allowed, sizeof allowed)
            );
        } else if (param_push(L, p, text, c)) {
            lua_setfield(L, -2, p->name);
        }
    }
}

struct setting *
schema_texts(lua_State *L, int index, const struct schema *schema, struct arena *arena) {
    struct setting *settings =
        arena_alloc_array(arena, (size_t)schema->count + 1, sizeof *settings);
    for (int i = 0; i < schema->count && settings; i++) {
        const struct param *p = &schema->params[i];
        raw_field(L, index, p->name);
        const char *text = param_format(L, lua_gettop(L), p, arena);
        lua_pop(L, 1);
        const char *name = arena_copy(arena, p->name, strlen(p->name));
        if (!text || !name) {
            return NULL;
        }
        settings[i] = (struct setting){.name = name, .text = text};
    }
    return settings;
}

/* --- the view of a script ------------------------------------------------------------------------
 */

static int view_newindex(lua_State *L) {
    return sandbox_raise(L, E_SCRIPT, "parameters are read-only: copy what you change");
}

/* The nth name of the table of names that view_missing has as upvalue. */
static int view_missing(lua_State *L) {
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    struct param params[PARAMS_MAX];
    struct schema schema = {params, 0};
    int count = (int)lua_objlen(L, lua_upvalueindex(1));
    for (int i = 0; i < count && i < PARAMS_MAX; i++) {
        lua_rawgeti(L, lua_upvalueindex(1), i + 1);
        params[schema.count++] = (struct param){.name = lua_tostring(L, -1)};
        lua_pop(L, 1);
    }
    char hint[80];
    suggest_text(name, param_at, &schema, hint, sizeof hint);
    return sandbox_raise(L, E_SCRIPT, "unknown parameter '%.40s'%s", name, hint);
}

void params_push_view(lua_State *L, int index, const struct schema *schema) {
    lua_createtable(L, 0, 1);
    lua_createtable(L, schema->count, 0);
    for (int i = 0; i < schema->count; i++) {
        lua_pushstring(L, schema->params[i].name);
        lua_rawseti(L, -2, i + 1);
    }
    lua_pushcclosure(L, view_missing, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, index);

    lua_createtable(L, 0, 0);
    lua_createtable(L, 0, 3);
    lua_pushvalue(L, index);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, view_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}
