/* routes of the kill switch, and of halts, which a person lifts. Who stops his own may stop it; the
 * whole and a venue are for admins. */
#include "gateway/router.h"
#include "gateway/shapes.h"

#include <string.h>

static const char *const scopes[] = {"global", "venue", "user", "activation", NULL};

struct kill_request {
    enum kill_scope scope;
    const char *id;
    bool flatten;
    bool is_halt; /* what is lifted: the halts of a user or of an activation's account */
};

static int kill_allow(struct call *c, struct kill_request *k, struct err *e) {
    uint32_t activation;
    switch (k->scope) {
    case KILL_GLOBAL:
    case KILL_VENUE:
        if (!call_is_admin(c)) {
            return call_refuse(c, 403, "forbidden", e, "this needs the role admin");
        }
        if (k->scope == KILL_VENUE && strcmp(k->id, c->g->options.venue) != 0) {
            return err_set(e, E_NOT_FOUND, "there is no exchange %.40s here", k->id);
        }
        return 0;
    case KILL_USER:
        return call_may(c, k->id) ? 0
                                  : call_refuse(c, 403, "forbidden", e, "this is for another user");
    case KILL_ACTIVATION:
        break;
    }
    return call_activation(c, k->id, &activation, e);
}

static int kill_read(struct call *c, bool takes_flatten, struct kill_request *k, struct err *e) {
    static const char *const set_names[] = {"scope", "id", "flatten", NULL};
    static const char *const unset_names[] = {"scope", "id", "halt", NULL};
    body_names(c, takes_flatten ? set_names : unset_names);
    int scope = body_choice(c, "scope", scopes, -1, true);
    k->scope = scope >= 0 ? (enum kill_scope)scope : KILL_GLOBAL;
    k->id = body_text(c, "id", scope == KILL_VENUE || scope == KILL_ACTIVATION);
    k->flatten = takes_flatten && body_bool(c, "flatten", false);
    k->is_halt = !takes_flatten && body_bool(c, "halt", false);
    if (k->is_halt && (scope == KILL_GLOBAL || scope == KILL_VENUE)) {
        call_fault(c, "halt", "only a user or an activation is halted by losses");
    }
    if (scope == KILL_GLOBAL && k->id != NULL) {
        call_fault(c, "id", "belongs to a venue, a user or an activation");
    }
    if (scope == KILL_USER && k->id == NULL) {
        k->id = c->who->user;
    }
    int code = call_faults(c, e);
    if (code == 0 && scope == KILL_GLOBAL) {
        k->id = "";
    }
    return code != 0 ? code : kill_allow(c, k, e);
}

static int kill_answer(struct call *c, const struct kill_request *k, bool is_on) {
    call_acknowledge(c);
    json_object(&c->json);
    write_text(&c->json, "scope", scopes[k->scope]);
    write_optional(&c->json, "id", k->id);
    json_key(&c->json, "active");
    json_bool(&c->json, is_on);
    json_close(&c->json);
    return 0;
}

int route_kill(struct call *c, struct err *e) {
    struct kill_request k;
    int code = kill_read(c, true, &k, e);
    code =
        code != 0
            ? code
            : engine_kill(c->g->engine, k.scope, k.id, k.flatten, c->who->user, "asked by HTTP", e);
    return code != 0 ? code : kill_answer(c, &k, true);
}

int route_unkill(struct call *c, struct err *e) {
    struct kill_request k;
    int code = kill_read(c, false, &k, e);
    if (code == 0 && k.is_halt) {
        code = engine_unhalt(c->g->engine, k.scope, k.id, c->who->user, e);
    } else if (code == 0) {
        code = engine_unkill(c->g->engine, k.scope, k.id, c->who->user, e);
    }
    return code != 0 ? code : kill_answer(c, &k, false);
}
