/* routes of strategies: activate, and what is asked of an activation that runs. */
#include "gateway/once.h"
#include "gateway/owners.h"
#include "gateway/router.h"
#include "gateway/shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const policies[] = {"keep", "cancel", "flatten", NULL};

static bool name_is_plain(const char *name) {
    return token_name_is_good(name) && strchr(name, '.') == NULL;
}

/* --- activate
 * ------------------------------------------------------------------------------------- */

struct activate_request {
    const char *user, *account_id, *symbol, *timeframe;
    int on_suspend;
    struct setting *settings;
    int setting_count;
    bool has_account, is_pinned;
    uint32_t account;
};

static void
setting_add(struct call *c, struct activate_request *r, const char *name, const char *text) {
    for (int i = 0; i < r->setting_count; i++) {
        if (strcmp(r->settings[i].name, name) == 0) {
            call_fault(c, name, "is given twice: beside params and in it");
            return;
        }
    }
    if (text != NULL) {
        r->settings[r->setting_count++] =
            (struct setting){.name = name, .text = text, .is_optional = true};
    }
}

static int activate_read(struct call *c, struct activate_request *r, struct err *e) {
    static const char *const names[] = {"user_id",   "account_id", "exchange", "symbol",
                                        "timeframe", "mode",       "channel",  "on_suspend",
                                        "params",    NULL};
    static const char *const modes[] = {"paper", NULL};
    static const char *const channels[] = {"latest", "pinned", NULL};
    const char *const venues[] = {c->g->options.venue, NULL};
    body_names(c, names);
    r->user = body_user(c);
    r->account_id = body_text(c, "account_id", false);
    body_choice(c, "exchange", venues, 0, true);
    r->symbol = body_text(c, "symbol", true);
    r->timeframe = body_text(c, "timeframe", false);
    body_choice(c, "mode", modes, 0, true);
    r->is_pinned = body_choice(c, "channel", channels, 0, false) == 1;
    r->on_suspend = body_choice(c, "on_suspend", policies, SUSPEND_KEEP, false);
    r->settings = body_settings(c, "params", &r->setting_count);
    if (r->settings != NULL) {
        setting_add(c, r, "symbol", r->symbol);
        setting_add(c, r, "timeframe", r->timeframe);
    }
    return call_faults(c, e);
}

/* What the body says fits what there is. */
static int activate_check(struct call *c, struct activate_request *r, struct err *e) {
    if (!call_may(c, r->user)) {
        return call_refuse(c, 403, "forbidden", e, "this is for another user");
    }
    if (inspect_symbol(c->engine, r->symbol) < 0) {
        return err_set(e, E_UNKNOWN_SYMBOL, "there is no symbol %.40s here", r->symbol);
    }
    if (r->account_id == NULL) {
        return 0;
    }
    r->has_account = true;
    int code = call_account(c, r->account_id, &r->account, e);
    if (code != 0 || strcmp(account_user(c->g, r->account), r->user) != 0) {
        return code != 0 ? code
                         : err_set(e, E_NOT_FOUND, "there is no account %.40s", r->account_id);
    }
    for (int i = directory_first(c->g->directory, r->user); i >= 0;
         i = directory_next(c->g->directory, i)) {
        struct activation_view view;
        inspect_activation(c->engine, (uint32_t)i, &view);
        bool is_active = view.status != ACTIVATION_STOPPED && view.status != ACTIVATION_SUSPENDED;
        if (!view.is_manual && is_active && view.account == r->account &&
            strcmp(activation_symbol(c->g, &view), r->symbol) == 0) {
            return err_set(e, E_STATE, "%s is active on %s in this account", view.id, r->symbol);
        }
    }
    return 0;
}

/* "NAME must be …", "unknown parameter 'NAME'": the name in it; else "params". */
static void fault_field(const char *text, char *field, size_t size) {
    static const char unknown[] = "unknown parameter '";
    bool is_unknown = strncmp(text, unknown, sizeof unknown - 1) == 0;
    const char *name = is_unknown ? text + sizeof unknown - 1 : text;
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    bool is_named = is_unknown || strncmp(name + n, " must ", 6) == 0 ||
                    strncmp(name + n, " needs ", 7) == 0 || strncmp(name + n, " may ", 5) == 0;
    if (n == 0 || n >= size || !is_named) {
        n = 0;
    }
    snprintf(field, size, "params%s%.*s", n > 0 ? "." : "", (int)n, name);
}

/* One fault of each part of a script's text about its parameters. */
static int params_refuse(struct call *c, const char *text, struct err *e) {
    const char *at = text;
    while (*at != '\0') {
        const char *end = strstr(at, "; ");
        size_t length = end != NULL ? (size_t)(end - at) : strlen(at);
        char part[512];
        char field[80];
        snprintf(part, sizeof part, "%.*s", (int)length, at);
        fault_field(part, field, sizeof field);
        call_fault(c, field, "%s", part);
        at += length + (end != NULL ? 2 : 0);
    }
    return err_set(e, E_PARAMS, "%s", text);
}

static int activate_finish(struct call *c, struct pending *p, struct err *e) {
    bool is_refused =
        p->is_gone || activation_status(c->engine, p->activation) == ACTIVATION_SUSPENDED;
    if (is_refused && p->has_answer) {
        return p->code == E_PARAMS ? params_refuse(c, p->text != NULL ? p->text : "", e)
                                   : err_set(e, p->code, "%s", p->text != NULL ? p->text : "");
    }
    c->status = 201;
    shape_activation(&c->json, c->g, p->activation);
    return 0;
}

static int activate_wait(struct call *c, uint32_t activation, struct err *e) {
    struct pending *p = pending_add(c, WAIT_START);
    if (p == NULL) {
        return err_set(e, E_MEMORY, "no memory to wait for the script");
    }
    p->activation = activation;
    p->finish = activate_finish;
    return 0;
}

static int activate_do(struct call *c, const struct activate_request *r, struct err *e) {
    char id[ACTIVATION_ID_MAX];
    const struct script_bundle *bundle;
    struct activation_options options = {
        .id = id,
        .user = r->user,
        .author = c->who->user,
        .account = r->has_account ? &r->account : NULL,
        .settings = r->settings,
        .setting_count = r->setting_count,
        .currency =
            engine_instrument(c->engine, (uint16_t)inspect_symbol(c->engine, r->symbol))->quote,
        .balance = c->g->options.balance,
        .on_suspend = (enum suspend_policy)r->on_suspend,
        .is_pinned = r->is_pinned,
        .request = once_key(c, 0),
    };
    int code = id_make(c, 'a', id, &options.seed, e);
    code = code != 0 ? code : pending_room(c->g, e);
    if (code != 0) {
        return code;
    }
    void *ctx = c->g->options.ctx;
    code = c->g->options.script_find(ctx, call_part(c, "name"), &bundle, e);
    if (code != 0) {
        return code;
    }
    uint32_t activation;
    options.bundle = bundle;
    code = c->g->options.activate(ctx, &options, &activation, e);
    c->g->options.script_release(ctx, bundle);
    if (code != 0) {
        return code;
    }
    return activate_wait(c, activation, e);
}

/* One that is over, and whose place is another's: what is still known of it. */
static void
gone_write(struct call *c, const struct activate_request *r, const struct request_view *made) {
    static const char *const nothing[] = {"status_reason", "started_at", "last_event_at"};
    struct json_writer *json = &c->json;
    json_object(json);
    write_text(json, "activation_id", made->activation_id);
    write_text(json, "user_id", r->user);
    write_text(json, "account_id", r->account_id != NULL ? r->account_id : "");
    write_text(json, "strategy", call_part(c, "name"));
    write_text(json, "version", "");
    write_text(json, "channel", r->is_pinned ? "pinned" : "latest");
    write_text(json, "exchange", c->g->options.venue);
    write_text(json, "symbol", r->symbol);
    write_optional(json, "timeframe", r->timeframe);
    write_text(json, "mode", "paper");
    write_text(json, "status", activation_status_name(ACTIVATION_STOPPED));
    json_key(json, "params");
    json_object(json);
    for (int i = 0; i < r->setting_count; i++) {
        write_text(json, r->settings[i].name, r->settings[i].text);
    }
    json_close(json);
    json_key(json, "faults");
    json_integer(json, 0);
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        write_text(json, nothing[i], NULL);
    }
    json_close(json);
}

/* What became of the activation that this request has made before. */
static int activate_again(
    struct call *c, const struct activate_request *r, const struct request_view *made, struct err *e
) {
    if (made->activation != NO_ACTIVATION &&
        activation_status(c->engine, made->activation) == ACTIVATION_STARTING) {
        return activate_wait(c, made->activation, e);
    }
    if (made->code != 0) {
        return made->code == E_PARAMS ? params_refuse(c, made->message, e)
                                      : err_set(e, made->code, "%s", made->message);
    }
    c->status = 201;
    c->is_acknowledgement = true;
    if (made->activation == NO_ACTIVATION) {
        gone_write(c, r, made);
    } else {
        shape_activation(&c->json, c->g, made->activation);
    }
    return 0;
}

int route_activate(struct call *c, struct err *e) {
    struct activate_request r = {0};
    if (!name_is_plain(call_part(c, "name"))) {
        return err_set(e, E_NOT_FOUND, "there is no such strategy");
    }
    struct request_view made;
    int code = activate_read(c, &r, e);
    if (code == 0 && once_made(c, 0, &made)) {
        return activate_again(c, &r, &made, e);
    }
    code = code != 0 ? code : activate_check(c, &r, e);
    return code != 0 ? code : activate_do(c, &r, e);
}

/* --- one that runs
 * -------------------------------------------------------------------------------- */

/* By user and symbol: the one that is active; else, when nothing else fits, one that is over. */
static int activation_search(
    struct call *c, const char *user, const char *symbol, uint32_t *activation, struct err *e
) {
    int found = -1;
    int over = -1;
    for (int i = directory_first(c->g->directory, user); i >= 0;
         i = directory_next(c->g->directory, i)) {
        struct activation_view view;
        inspect_activation(c->engine, (uint32_t)i, &view);
        if (view.is_manual || activation_is_refused(&view) ||
            strcmp(view.script, call_part(c, "name")) != 0 ||
            strcmp(activation_symbol(c->g, &view), symbol) != 0) {
            continue;
        }
        if (view.status == ACTIVATION_STOPPED || view.status == ACTIVATION_SUSPENDED) {
            over = i;
        } else if (found >= 0) {
            return err_set(
                e, E_STATE, "there are several of %s on %.40s: give activation_id", view.script,
                symbol
            );
        } else {
            found = i;
        }
    }
    found = found >= 0 ? found : over;
    if (found < 0) {
        return err_set(
            e, E_NOT_FOUND, "nothing of %.40s is active on %.40s", call_part(c, "name"), symbol
        );
    }
    *activation = (uint32_t)found;
    return 0;
}

/* The activation a body means: activation_id, or user_id and symbol. The body was read for faults
 * before; those of these fields come here. */
static int target_find(struct call *c, uint32_t *activation, struct err *e) {
    const char *id = body_text(c, "activation_id", false);
    const char *user = body_user(c);
    const char *symbol = body_text(c, "symbol", id == NULL);
    int code = call_faults(c, e);
    if (code != 0) {
        return code;
    }
    if (id == NULL) {
        return call_may(c, user) ? activation_search(c, user, symbol, activation, e)
                                 : call_refuse(c, 403, "forbidden", e, "this is for another user");
    }
    struct activation_view view;
    code = call_activation(c, id, activation, e);
    if (code != 0) {
        return code;
    }
    inspect_activation(c->engine, *activation, &view);
    bool fits = !view.is_manual && strcmp(view.script, call_part(c, "name")) == 0;
    return fits ? 0 : err_set(e, E_NOT_FOUND, "there is no activation %.40s", id);
}

static int status_refuse(const struct call *c, uint32_t activation, struct err *e) {
    return err_set(
        e, E_STATE, "%s is %s", activation_id(c->engine, activation),
        activation_status_name(activation_status(c->engine, activation))
    );
}

static bool is_active(const struct call *c, uint32_t activation) {
    enum activation_status status = activation_status(c->engine, activation);
    return status == ACTIVATION_RUNNING || status == ACTIVATION_PAUSED;
}

static int activation_answer(struct call *c, uint32_t activation) {
    call_acknowledge(c);
    shape_activation(&c->json, c->g, activation);
    return 0;
}

int route_deactivate(struct call *c, struct err *e) {
    static const char *const names[] = {"user_id", "symbol", "activation_id", "positions", NULL};
    static const char *const choices[] = {"keep", "close", NULL};
    uint32_t activation;
    body_names(c, names);
    int choice = body_choice(c, "positions", choices, 0, false);
    int code = target_find(c, &activation, e);
    if (code != 0) {
        return code;
    }
    if (!is_active(c, activation)) {
        return status_refuse(c, activation, e);
    }
    engine_deactivate(
        c->g->engine, activation, choice == 1 ? STOP_CLOSE : STOP_KEEP, "deactivated"
    );
    return activation_answer(c, activation);
}

static int pause_set(struct call *c, bool is_paused, struct err *e) {
    static const char *const names[] = {"user_id", "symbol", "activation_id", NULL};
    uint32_t activation;
    body_names(c, names);
    int code = target_find(c, &activation, e);
    if (code != 0) {
        return code;
    }
    if (!is_active(c, activation)) {
        return status_refuse(c, activation, e);
    }
    if (is_paused) {
        engine_pause(c->g->engine, activation);
    } else {
        engine_resume(c->g->engine, activation);
    }
    return activation_answer(c, activation);
}

int route_pause(struct call *c, struct err *e) {
    return pause_set(c, true, e);
}

int route_resume(struct call *c, struct err *e) {
    return pause_set(c, false, e);
}

/* --- asked of the script
 * -------------------------------------------------------------------------- */

struct kept_call { /* what the engine borrows until the script has answered */
    char *command;
    struct setting *settings;
    int count;
};

static void kept_free(void *kept) {
    struct kept_call *k = kept;
    for (int i = 0; i < k->count; i++) {
        free((void *)(uintptr_t)k->settings[i].name);
        free((void *)(uintptr_t)k->settings[i].text);
    }
    free(k->settings);
    free(k->command);
    free(k);
}

static bool kept_add(struct kept_call *k, const struct setting *from) {
    for (int i = 0; i < k->count; i++) {
        if (strcmp(k->settings[i].name, from->name) == 0) {
            char *text = strdup(from->text);
            free((void *)(uintptr_t)k->settings[i].text);
            k->settings[i].text = text;
            k->settings[i].is_optional = from->is_optional;
            return text != NULL;
        }
    }
    struct setting *slot = &k->settings[k->count++];
    slot->name = strdup(from->name);
    slot->text = strdup(from->text);
    slot->is_optional = from->is_optional;
    return slot->name != NULL && slot->text != NULL;
}

/* A copy of `base`, with what is in `over` in its place. */
static struct kept_call *
kept_make(const struct setting *base, int base_count, const struct setting *over, int over_count) {
    struct kept_call *k = calloc(1, sizeof *k);
    bool is_good = k != NULL;
    if (is_good) {
        k->settings = calloc((size_t)(base_count + over_count) + 1, sizeof *k->settings);
        is_good = k->settings != NULL;
    }
    for (int i = 0; is_good && i < base_count; i++) {
        is_good = kept_add(k, &base[i]);
    }
    for (int i = 0; is_good && i < over_count; i++) {
        is_good = kept_add(k, &over[i]);
    }
    if (!is_good && k != NULL) {
        kept_free(k);
    }
    return is_good ? k : NULL;
}

static int call_refused(struct call *c, const struct pending *p, struct err *e) {
    const char *text = p->text != NULL ? p->text : "";
    if (!p->has_answer || p->is_gone) {
        return err_set(e, E_STATE, "the script did not answer");
    }
    return p->code == E_PARAMS ? params_refuse(c, text, e) : err_set(e, p->code, "%s", text);
}

static int adjust_finish(struct call *c, struct pending *p, struct err *e) {
    if (!p->has_answer || p->code != 0 || p->is_gone) {
        return call_refused(c, p, e);
    }
    shape_activation(&c->json, c->g, p->activation);
    return 0;
}

static int command_finish(struct call *c, struct pending *p, struct err *e) {
    if (!p->has_answer || p->code != 0 || p->is_gone) {
        return call_refused(c, p, e);
    }
    c->status = 202;
    json_object(&c->json);
    write_text(&c->json, "activation_id", activation_id(c->engine, p->activation));
    write_optional(&c->json, "answer", p->text);
    json_key(&c->json, "asked");
    json_integer(&c->json, p->asks);
    json_close(&c->json);
    return 0;
}

/* Waits for the answer to the event of that number. */
static int call_wait(
    struct call *c,
    uint32_t activation,
    uint64_t number,
    struct kept_call *kept,
    int (*finish)(struct call *c, struct pending *p, struct err *e),
    struct err *e
) {
    struct pending *p = pending_add(c, WAIT_CALL);
    if (p == NULL) {
        /* The engine borrows it: better lost than freed under its hands. */
        return err_set(e, E_MEMORY, "no memory to wait for the script");
    }
    p->activation = activation;
    p->number = number;
    p->kept = kept;
    p->free_kept = kept_free;
    p->finish = finish;
    return 0;
}

int route_adjust(struct call *c, struct err *e) {
    static const char *const names[] = {"user_id", "symbol", "activation_id", "params", NULL};
    struct activation_view view;
    uint32_t activation;
    uint64_t number;
    int count;
    body_names(c, names);
    const struct setting *settings = body_settings(c, "params", &count);
    if (settings != NULL && count == 0) {
        call_fault(c, "params", "is needed");
    }
    int code = target_find(c, &activation, e);
    code = code != 0 ? code : pending_room(c->g, e);
    if (code != 0) {
        return code;
    }
    inspect_activation(c->engine, activation, &view);
    struct kept_call *kept = kept_make(view.settings, view.setting_count, settings, count);
    if (kept == NULL) {
        return err_set(e, E_MEMORY, "no memory for the parameters");
    }
    code = engine_adjust(c->g->engine, activation, kept->settings, kept->count, &number, e);
    if (code != 0) {
        kept_free(kept);
        return code;
    }
    engine_record_audit(c->g->engine, c->who->user, "adjust", "", view.id);
    return call_wait(c, activation, number, kept, adjust_finish, e);
}

int route_command(struct call *c, struct err *e) {
    static const char *const names[] = {"user_id", "symbol", "activation_id", "args", NULL};
    uint32_t activation;
    uint64_t number;
    int count;
    body_names(c, names);
    const struct setting *args = body_settings(c, "args", &count);
    int code = target_find(c, &activation, e);
    code = code != 0 ? code : pending_room(c->g, e);
    if (code != 0) {
        return code;
    }
    struct kept_call *kept = kept_make(args, count, NULL, 0);
    if (kept != NULL) {
        kept->command = strdup(call_part(c, "command"));
    }
    if (kept == NULL || kept->command == NULL) {
        return err_set(e, E_MEMORY, "no memory for the command");
    }
    code = engine_command(
        c->g->engine, activation, kept->command, kept->settings, kept->count, &number, e
    );
    if (code != 0) {
        kept_free(kept);
        return code;
    }
    return call_wait(c, activation, number, kept, command_finish, e);
}
