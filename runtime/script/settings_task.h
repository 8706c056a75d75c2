/* settings_task: making values of settings in a guest's sandbox: of its parameters or of a command.
 *
 * A task goes through protected functions, collects what is wrong in the fault of the answer, and
 * leaves values in the references REF_ARGUMENT and REF_ARGUMENT_2. It lives on the stack for one
 * event; its texts are in the arena of the event. Internal to the host. */
#pragma once

#include "script/guest.h"
#include "script/params.h"

struct settings_task {
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

/* A task about the guest's own settings, whose faults go to done->fault. */
void settings_task_begin(struct settings_task *t, struct guest *g, struct done *done);
/* Runs fn(task) protected; 0, its problems as E_PARAMS, or the fault of the sandbox. */
MUST_CHECK int settings_task_run(struct settings_task *t, lua_CFunction fn);
/* For settings_task_run: REF_ARGUMENT becomes the view of the values, REF_ARGUMENT_2 M.check or
 * false. */
int settings_task_make(lua_State *L);
/* Makes the values and asks M.check about them. */
MUST_CHECK int settings_task_check(struct settings_task *t, int64_t cpu_ns);
/* The text of a value that was made; NULL: there is no such parameter. */
const char *settings_task_text(const struct settings_task *t, const char *name);
