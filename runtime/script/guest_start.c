/* EVENT_START, and what EVENT_EDIT shares with it: a fresh sandbox, the script, its parameters and state, on_start and on_params. */
#include "market/timeframe.h"
#include "script/api.h"
#include "script/guest_settings.h"
#include "script/settings_task.h"

#include <string.h>

/* self.params = the values just made. */
static int params_set(lua_State *L) {
    guest_ref_push(L, REF_SELF);
    guest_ref_push(L, REF_ARGUMENT);
    lua_setfield(L, -2, "params");
    return 0;
}

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
    sandbox_keep_handler(g->sandbox);
}

/* The parameters named symbol and timeframe are watched without asking, where they are of that
 * type. */
static int watch_params(struct settings_task *t, const struct event *event) {
    struct guest *g = t->guest;
    const char *symbol_name = settings_task_text(t, "symbol");
    const char *timeframe = settings_task_text(t, "timeframe");
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
    struct settings_task old;
    settings_task_begin(&old, g, out);
    old.settings = g->settings_before;
    old.setting_count = g->setting_before_count;
    int code = settings_task_run(&old, settings_task_make);
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

int guest_start_run(
    struct guest *g, const struct event *event, int from_version, struct done *out
) {
    struct settings_task t;
    int code = start_load(g, &out->fault);
    if (code != 0) {
        return code;
    }
    settings_task_begin(&t, g, out);
    code = settings_task_check(&t, g->host->options.limits.start_cpu_ns);
    out->params = t.texts;
    out->param_count = t.text_count;
    if (code == 0) {
        code = sandbox_protect(g->sandbox, params_set, NULL, &out->fault);
    }
    if (code == 0) {
        code = guest_restore(g, &out->fault);
    }
    if (code == 0 && from_version > 0 && from_version < g->version) {
        code = guest_migrate(g, from_version, &out->fault);
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
    g->handled_number = event->number;
    bool is_captured = g->host->options.capture != CAPTURE_WHEN_ASKED || from_version > 0;
    if (code == 0 && is_captured) {
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
    int code = guest_start_run(g, event, 0, out);
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
    guest_start_tell(g, out);
}

void guest_start_tell(struct guest *g, struct done *out) {
    g->subscription.handlers = g->handlers;
    out->subscription = g->subscription;
    out->asks = g->host->asks;
    out->ask_count = g->host->ask_count;
    out->log_dropped = g->host->log_dropped;
}
