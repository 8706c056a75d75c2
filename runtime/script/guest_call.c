/* EVENT_PARAMS and EVENT_COMMAND: what a user asks of a running script. */
#include "script/api.h"
#include "script/guest_settings.h"
#include "script/settings_task.h"
#include "script/suggest.h"

#include <stdlib.h>
#include <string.h>

/* --- a change of parameters ----------------------------------------------------------------------
 */

static bool has_position(const struct view *v) {
    for (int i = 0; i < v->position_count; i++) {
        if (!decimal_is_zero(v->positions[i].position.quantity.d)) {
            return true;
        }
    }
    return false;
}

/* Parameters with when = 'flat' keep their values while a position is open. */
static int flat_check(lua_State *L) {
    struct settings_task *t = lua_touserdata(L, 1);
    struct guest *g = t->guest;
    struct schema schema;
    guest_ref_push(L, REF_SCRIPT);
    lua_pushliteral(L, "params");
    lua_rawget(L, 2);
    schema_read(L, 3, &t->context, &schema);
    schema_push_values(L, &schema, g->settings, g->setting_count, &t->context);
    struct setting *before = schema_texts(L, 4, &schema, t->context.arena);
    for (int i = 0; i < schema.count && before; i++) {
        const struct param *p = &schema.params[i];
        const char *now = settings_task_text(t, p->name);
        if (p->is_flat_only && now && strcmp(now, before[i].text) != 0) {
            problems_add(&t->problems, "%s may change only without a position", p->name);
        }
    }
    return 0;
}

void guest_change_params(struct guest *g, const struct event *event, struct done *out) {
    const struct setting *settings = event->u.call.settings;
    int count = event->u.call.count;
    int code = 0;
    if (g->L) {
        struct settings_task t;
        settings_task_begin(&t, g, out);
        t.settings = settings;
        t.setting_count = count;
        code = settings_task_check(&t, g->host->options.limits.handler_cpu_ns);
        if (code == 0 && has_position(&g->view)) {
            code = settings_task_run(&t, flat_check);
        }
        if (code != 0 && code != E_PARAMS) {
            guest_drop_sandbox(g);
        }
    }
    if (code == 0 && guest_settings_change(g, settings, count) != 0) {
        fault_set(&out->fault, E_MEMORY, "no memory for %d settings", count);
    }
}

/* --- commands -----------------------------------------------------------------------------------
 */

static const char *command_at(const void *list, int index) {
    const struct schema *commands = list;
    return index < commands->count ? commands->params[index].name : NULL;
}

static int param_name_compare(const void *a, const void *b) {
    const struct param *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* The names of M.commands (at index 3), for a suggestion. */
static void command_unknown(lua_State *L, struct settings_task *t) {
    struct param names[64];
    struct schema commands = {names, 0};
    if (lua_type(L, 3) == LUA_TTABLE) {
        lua_pushnil(L);
        while (lua_next(L, 3)) {
            if (lua_type(L, -2) == LUA_TSTRING && commands.count < 64) {
                names[commands.count++] = (struct param){.name = lua_tostring(L, -2)};
            }
            lua_pop(L, 1);
        }
    }
    char hint[80];
    qsort(names, (size_t)commands.count, sizeof *names, param_name_compare);
    suggest_text(t->command, command_at, &commands, hint, sizeof hint);
    problems_add(&t->problems, "unknown command '%.40s'%s", t->command, hint);
}

/* REF_ARGUMENT becomes the command's name, REF_ARGUMENT_2 the view of its arguments. */
static int command_make(lua_State *L) {
    struct settings_task *t = lua_touserdata(L, 1);
    struct schema schema;
    guest_ref_push(L, REF_SCRIPT);
    lua_pushliteral(L, "commands");
    lua_rawget(L, 2);
    if (lua_type(L, 3) == LUA_TTABLE) {
        lua_pushstring(L, t->command);
        lua_rawget(L, 3);
    } else {
        lua_pushnil(L);
    }
    if (lua_isnil(L, 4)) {
        command_unknown(L, t);
        return 0;
    }
    schema_read(L, 4, &t->context, &schema);
    schema_push_values(L, &schema, t->settings, t->setting_count, &t->context);
    if (t->problems.count > 0) {
        return 0;
    }
    params_push_view(L, 5, &schema);
    guest_ref_set(L, REF_ARGUMENT_2);
    lua_pushstring(L, t->command);
    guest_ref_set(L, REF_ARGUMENT);
    return 0;
}

/* Takes the answer off the stack, where there is one. */
static void command_answer(struct guest *g, struct done *out) {
    if (lua_type(g->L, -1) == LUA_TSTRING) {
        size_t length;
        const char *answer = lua_tolstring(g->L, -1, &length);
        out->answer = arena_copy(&g->host->arena, answer, length);
    }
    lua_pop(g->L, 1);
}

void guest_command(struct guest *g, const struct event *event, struct done *out) {
    if (!g->L) {
        fault_set(&out->fault, E_STATE, "the script is not running");
        return;
    }
    struct settings_task t;
    settings_task_begin(&t, g, out);
    t.settings = event->u.call.settings;
    t.setting_count = event->u.call.count;
    t.command = event->u.call.command;
    int code = settings_task_run(&t, command_make);
    if (code == E_PARAMS) {
        return;
    }
    if (code != 0) {
        guest_drop_sandbox(g);
        return;
    }
    if (!(g->handlers >> EVENT_COMMAND & 1)) {
        fault_set(&out->fault, E_NOT_FOUND, "the script has commands but no on_command");
        return;
    }
    view_begin(&g->view, &g->host->undo);
    g->event = event;
    g->phase = PHASE_EVENT;
    guest_set_now(g, event->now_ms);
    lua_pushvalue(g->L, REF_HANDLER + EVENT_COMMAND);
    lua_pushvalue(g->L, REF_SELF);
    guest_ref_push(g->L, REF_ARGUMENT);
    guest_ref_push(g->L, REF_ARGUMENT_2);
    if (guest_transact(g, 3, 1, g->host->options.limits.handler_cpu_ns, out) == 0) {
        command_answer(g, out);
    }
    g->event = NULL;
    g->phase = PHASE_IDLE;
}
