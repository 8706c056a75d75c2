/* EVENT_START, EVENT_PARAMS and EVENT_COMMAND: what reads a schema and makes values of settings. */
#include "market/timeframe.h"
#include "script/api.h"
#include "script/guest_settings.h"
#include "script/params.h"
#include "script/suggest.h"

#include <stdlib.h>
#include <string.h>

/* What the protected functions of this file are given. */
struct task {
    struct guest *guest;
    struct done *done;
    struct problems problems;
    struct param_context context;
    const struct setting *settings;
    int setting_count;
    const char *command; /* NULL: the parameters of the script */
    bool has_check;
    struct setting *texts; /* made: every value as text */
    int text_count;
};

static void task_begin(struct task *t, struct guest *g, struct done *done) {
    *t = (struct task){.guest = g, .done = done};
    problems_begin(&t->problems, &done->fault);
    t->context = (struct param_context){
        .arena = &g->host->arena,
        .instruments = g->host->instruments,
        .instrument_count = g->host->instrument_count,
        .problems = &t->problems,
    };
    t->settings = g->settings;
    t->setting_count = g->setting_count;
}

/* Runs fn(task) protected; 0, its problems as E_PARAMS, or the fault of the sandbox. */
static int task_run(struct task *t, lua_CFunction fn) {
    int code = sandbox_protect(t->guest->sandbox, fn, t, &t->done->fault);
    return code ? code : problems_end(&t->problems);
}

/* --- parameters ---------------------------------------------------------------------------------
 */

/* REF_ARGUMENT becomes the view of the values; REF_ARGUMENT_2 M.check, or false. */
static int params_make(lua_State *L) {
    struct task *t = lua_touserdata(L, 1);
    struct schema schema;
    guest_ref_push(L, REF_SCRIPT);
    lua_pushliteral(L, "params");
    lua_rawget(L, 2);
    schema_read(L, 3, &t->context, &schema);
    schema_push_values(L, &schema, t->settings, t->setting_count, &t->context);
    if (t->problems.count > 0) {
        return 0;
    }
    t->texts = schema_texts(L, 4, &schema, t->context.arena);
    t->text_count = schema.count;
    if (!t->texts) {
        problems_add(&t->problems, "the parameters are too large");
        return 0;
    }
    params_push_view(L, 4, &schema);
    guest_ref_set(L, REF_ARGUMENT);
    lua_pushliteral(L, "check");
    lua_rawget(L, 2);
    t->has_check = lua_type(L, -1) == LUA_TFUNCTION;
    if (!t->has_check) {
        lua_pushboolean(L, false);
    }
    guest_ref_set(L, REF_ARGUMENT_2);
    return 0;
}

/* The list that M.check returned, in REF_ARGUMENT_2. */
static int check_read(lua_State *L) {
    struct task *t = lua_touserdata(L, 1);
    guest_ref_push(L, REF_ARGUMENT_2);
    if (lua_isnil(L, 2) || lua_isboolean(L, 2)) {
        return 0;
    }
    if (lua_type(L, 2) != LUA_TTABLE) {
        problems_add(&t->problems, "M.check must return a list of texts");
        return 0;
    }
    int count = (int)lua_objlen(L, 2);
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(L, 2, i);
        problems_add(&t->problems, "%s", lua_isstring(L, -1) ? lua_tostring(L, -1) : "(no text)");
        lua_pop(L, 1);
    }
    return 0;
}

/* Makes the values of t->settings and asks M.check. */
static int params_check(struct task *t, int64_t cpu_ns) {
    struct guest *g = t->guest;
    int code = task_run(t, params_make);
    if (code != 0 || !t->has_check) {
        return code;
    }
    g->phase = PHASE_LOAD;
    guest_ref_push(g->L, REF_ARGUMENT_2);
    guest_ref_push(g->L, REF_ARGUMENT);
    code = sandbox_call(g->sandbox, 1, 1, cpu_ns, &t->done->fault);
    g->phase = PHASE_IDLE;
    if (code != 0) {
        return code;
    }
    if (lua_isnil(g->L, -1)) {
        lua_pop(g->L, 1);
        return 0;
    }
    guest_ref_set(g->L, REF_ARGUMENT_2);
    return task_run(t, check_read);
}

/* self.params = the values just made. */
static int params_set(lua_State *L) {
    guest_ref_push(L, REF_SELF);
    guest_ref_push(L, REF_ARGUMENT);
    lua_setfield(L, -2, "params");
    return 0;
}

/* --- start --------------------------------------------------------------------------------------
 */

static int start_load(struct guest *g, struct fault *fault) {
    const struct host_limits *limits = &g->host->options.limits;
    struct sandbox_options options = {
        .memory_max = limits->memory_max,
        .pcall_depth_max = limits->pcall_depth_max,
        .deadline = g->host->options.deadline,
        .seed = g->seed,
    };
    struct err e;
    guest_drop_sandbox(g);
    int code = sandbox_new(&g->sandbox, &options, &e);
    if (code != 0) {
        return fault_set(fault, code, "%s", e.msg);
    }
    g->L = sandbox_state(g->sandbox);
    code = guest_prepare(g, fault);
    if (code == 0) {
        code = sandbox_load(g->sandbox, &g->bundle->bundle, limits->start_cpu_ns, fault);
    }
    if (code == 0) {
        guest_ref_set(g->L, REF_SCRIPT);
        code = guest_adopt(g, fault);
    }
    return code;
}

/* The references that every handler needs go to the bottom of the stack: fetching them there is the
 * cheapest there is. */
static void slots_fill(struct guest *g) {
    lua_settop(g->L, 0);
    for (int ref = REF_HANDLER; ref < REF_SLOT_END; ref++) {
        guest_ref_push(g->L, ref);
    }
}

static const char *text_of(const struct task *t, const char *name) {
    for (int i = 0; i < t->text_count; i++) {
        if (strcmp(t->texts[i].name, name) == 0) {
            return t->texts[i].text;
        }
    }
    return NULL;
}

/* The parameters named symbol and timeframe are watched without asking, where they are of that
 * type. */
static int watch_params(struct task *t, const struct event *event) {
    struct guest *g = t->guest;
    const char *symbol_name = text_of(t, "symbol");
    const char *timeframe = text_of(t, "timeframe");
    uint16_t symbol = symbol_name ? host_find_symbol(g->host, symbol_name) : NO_INDEX;
    int64_t timeframe_ms;
    struct err e = {0};
    if (symbol == NO_INDEX || !timeframe || timeframe_parse(timeframe, &timeframe_ms, &e) != 0) {
        return 0;
    }
    uint16_t series;
    int code = host_series_open(g->host, symbol, timeframe_ms, event->number, &series, &e);
    if (code != 0) {
        return fault_set(&t->done->fault, code, "%s", e.msg);
    }
    guest_watch(g, symbol, timeframe_ms);
    return 0;
}

static int call_start(struct guest *g, const struct event *event, struct done *out) {
    int64_t cpu_ns = g->host->options.limits.start_cpu_ns;
    if (!(g->handlers >> EVENT_START & 1)) {
        return 0;
    }
    g->event = event;
    g->phase = PHASE_START;
    guest_set_now(g, event->now_ms);
    lua_pushvalue(g->L, REF_HANDLER + EVENT_START);
    lua_pushvalue(g->L, REF_SELF);
    return sandbox_call(g->sandbox, 1, 0, cpu_ns, &out->fault);
}

/* on_params(old): the values from before, made once more. */
static int call_params(struct guest *g, const struct event *event, struct done *out) {
    if (!g->settings_before || !(g->handlers >> EVENT_PARAMS & 1)) {
        return 0;
    }
    struct task old;
    task_begin(&old, g, out);
    old.settings = g->settings_before;
    old.setting_count = g->setting_before_count;
    int code = task_run(&old, params_make);
    if (code != 0) {
        return code;
    }
    g->event = event;
    g->phase = PHASE_PARAMS;
    lua_pushvalue(g->L, REF_HANDLER + EVENT_PARAMS);
    lua_pushvalue(g->L, REF_SELF);
    guest_ref_push(g->L, REF_ARGUMENT);
    return sandbox_call(g->sandbox, 2, 0, g->host->options.limits.handler_cpu_ns, &out->fault);
}

static int start_run(struct guest *g, const struct event *event, struct done *out) {
    struct task t;
    int code = start_load(g, &out->fault);
    if (code != 0) {
        return code;
    }
    task_begin(&t, g, out);
    code = params_check(&t, g->host->options.limits.start_cpu_ns);
    out->params = t.texts;
    out->param_count = t.text_count;
    if (code == 0) {
        code = sandbox_protect(g->sandbox, params_set, NULL, &out->fault);
    }
    if (code == 0) {
        code = guest_restore(g, &out->fault);
    }
    if (code == 0) {
        slots_fill(g);
        code = watch_params(&t, event);
    }
    if (code == 0) {
        code = call_start(g, event, out);
    }
    if (code == 0) {
        code = call_params(g, event, out);
    }
    if (code == 0 && g->host->options.capture == CAPTURE_ALWAYS) {
        code = guest_capture(g, &out->fault);
        out->state = g->state;
        out->state_length = g->state_length;
    }
    return code;
}

void guest_start(struct guest *g, const struct event *event, struct done *out) {
    g->subscription = (struct subscription){0};
    g->indicator_count = 0;
    view_begin(&g->view, &g->host->undo);
    int code = start_run(g, event, out);
    g->event = NULL;
    g->phase = PHASE_IDLE;
    if (code != 0) {
        guest_settings_settle(g, false);
        view_rollback(&g->view, &g->host->undo);
        guest_drop_sandbox(g);
        out->state = NULL;
        out->state_length = 0;
        return;
    }
    guest_settings_settle(g, true);
    g->subscription.handlers = g->handlers;
    out->subscription = g->subscription;
    out->asks = g->host->asks;
    out->ask_count = g->host->ask_count;
    out->log_dropped = g->host->log_dropped;
}

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
    struct task *t = lua_touserdata(L, 1);
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
        const char *now = text_of(t, p->name);
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
        struct task t;
        task_begin(&t, g, out);
        t.settings = settings;
        t.setting_count = count;
        code = params_check(&t, g->host->options.limits.handler_cpu_ns);
        if (code == 0 && has_position(&g->view)) {
            code = task_run(&t, flat_check);
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
static void command_unknown(lua_State *L, struct task *t) {
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
    struct task *t = lua_touserdata(L, 1);
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
    struct task t;
    task_begin(&t, g, out);
    t.settings = event->u.call.settings;
    t.setting_count = event->u.call.count;
    t.command = event->u.call.command;
    int code = task_run(&t, command_make);
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
