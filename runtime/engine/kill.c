/* kill: the switch that stops new orders at once, in four scopes; it cancels what rests and, if
 * told, closes what is held. Closing orders of the core pass it. */
#include "engine/engine_state.h"

#include <stdio.h>
#include <string.h>

static bool kill_covers(const struct engine *e, const struct kill_switch *k, uint32_t activation) {
    const struct activation *a = &e->activations[activation];
    switch (k->scope) {
    case KILL_GLOBAL:
        return true;
    case KILL_VENUE:
        return strcmp(k->id, e->options.venue_name) == 0;
    case KILL_USER:
        return a->user != NULL && strcmp(k->id, a->user) == 0;
    case KILL_ACTIVATION:
        return strcmp(k->id, a->id) == 0;
    }
    return true;
}

bool kill_holds(const struct engine *e, uint32_t activation) {
    for (int i = 0; i < e->kill_count; i++) {
        if (kill_covers(e, &e->kills[i], activation)) {
            return true;
        }
    }
    return false;
}

static bool kill_has_room(const struct engine *e, enum kill_scope scope) {
    return e->kill_count < KILL_SWITCHES_MAX + (scope == KILL_GLOBAL);
}

static int kill_index(const struct engine *e, enum kill_scope scope, const char *id) {
    for (int i = 0; i < e->kill_count; i++) {
        if (e->kills[i].scope == scope && strcmp(e->kills[i].id, id) == 0) {
            return i;
        }
    }
    return -1;
}

void kill_set(struct engine *e, enum kill_scope scope, const char *id, bool is_on) {
    int i = kill_index(e, scope, id);
    if (is_on && i < 0 && kill_has_room(e, scope)) {
        struct kill_switch *k = &e->kills[e->kill_count++];
        k->scope = scope;
        snprintf(k->id, sizeof k->id, "%s", id);
    } else if (!is_on && i >= 0) {
        e->kills[i] = e->kills[--e->kill_count];
    }
}

void kill_carry_out(
    struct engine *e,
    enum kill_scope scope,
    const char *id,
    bool flatten,
    const char *who,
    const char *reason
) {
    kill_set(e, scope, id, true);
    struct record record = {.kind = RECORD_KILL, .activation = UINT32_MAX};
    record.u.kill.scope = scope;
    record.u.kill.id = id;
    record.u.kill.is_on = true;
    record.u.kill.who = who;
    record.u.kill.reason = reason;
    journal_write(e, &record);
    struct kill_switch covers = {.scope = scope};
    snprintf(covers.id, sizeof covers.id, "%s", id);
    for (int i = 0; i < e->activation_count; i++) {
        if (kill_covers(e, &covers, (uint32_t)i)) {
            orders_cancel(e, (uint32_t)i, false);
            if (flatten) {
                orders_flatten(e, (uint32_t)i, "kill");
            }
        }
    }
}

int engine_kill(
    struct engine *e,
    enum kill_scope scope,
    const char *id,
    bool flatten,
    const char *who,
    const char *reason,
    struct err *err
) {
    if (kill_index(e, scope, id) < 0 && !kill_has_room(e, scope)) {
        return err_set(err, E_LIMIT, "more than %d kill switches are set", KILL_SWITCHES_MAX);
    }
    kill_carry_out(e, scope, id, flatten, who, reason);
    return 0;
}

int engine_unkill(
    struct engine *e, enum kill_scope scope, const char *id, const char *who, struct err *err
) {
    if (kill_index(e, scope, id) < 0) {
        return err_set(err, E_NOT_FOUND, "no such kill switch is set");
    }
    if (e->is_journal_down) {
        return err_set(err, E_IO, "the journal cannot be written: the kill switch stays");
    }
    kill_set(e, scope, id, false);
    struct record record = {.kind = RECORD_KILL, .activation = UINT32_MAX};
    record.u.kill.scope = scope;
    record.u.kill.id = id;
    record.u.kill.who = who;
    record.u.kill.reason = "taken back";
    journal_write(e, &record);
    return 0;
}
