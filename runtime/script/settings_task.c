#include "script/settings_task.h"

#include <string.h>

void settings_task_begin(struct settings_task *t, struct guest *g, struct done *done) {
    *t = (struct settings_task){.guest = g, .done = done};
    problems_begin(&t->problems, &done->fault, &g->host->arena);
    t->context = (struct param_context){
        .arena = &g->host->arena,
        .instruments = g->host->instruments,
        .instrument_count = g->host->instrument_count,
        .problems = &t->problems,
    };
    t->settings = g->settings;
    t->setting_count = g->setting_count;
}

int settings_task_run(struct settings_task *t, lua_CFunction fn) {
    int code = sandbox_protect(t->guest->sandbox, fn, t, &t->done->fault);
    if (code == 0) {
        code = problems_end(&t->problems);
        t->done->answer = t->problems.all;
    }
    return code;
}

const char *settings_task_text(const struct settings_task *t, const char *name) {
    for (int i = 0; i < t->text_count; i++) {
        if (strcmp(t->texts[i].name, name) == 0) {
            return t->texts[i].text;
        }
    }
    return NULL;
}

int settings_task_make(lua_State *L) {
    struct settings_task *t = lua_touserdata(L, 1);
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
    struct settings_task *t = lua_touserdata(L, 1);
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

int settings_task_check(struct settings_task *t, int64_t cpu_ns) {
    struct guest *g = t->guest;
    int code = settings_task_run(t, settings_task_make);
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
    return settings_task_run(t, check_read);
}
