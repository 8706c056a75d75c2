/* accounts: the end of one. It is over when its owner of orders by people has stopped: that is a
 * record like any other, and nothing is opened in it or ordered for it any more. */
#include "engine/engine_state.h"

#include <stdio.h>

static bool is_active(const struct activation *a) {
    return a->bundle != NULL && a->status != ACTIVATION_STOPPED &&
           a->status != ACTIVATION_SUSPENDED;
}

bool account_is_closed(const struct engine *e, uint32_t account) {
    for (uint32_t i = e->accounts[account].first_owner; i != NO_ACTIVATION;
         i = e->activations[i].next_owner) {
        const struct activation *a = &e->activations[i];
        if (a->bundle == NULL && a->status == ACTIVATION_STOPPED) {
            return true;
        }
    }
    return false;
}

static int owner_check(const struct activation *a, struct err *err) {
    if (is_active(a)) {
        return err_set(
            err, E_STATE, "%s is %s in it: deactivate it first", a->id,
            activation_status_name(a->status)
        );
    }
    if (a->order_count > 0) {
        return err_set(
            err, E_STATE, "%d orders of %s are open in it: cancel them first", a->order_count, a->id
        );
    }
    if (!activation_is_flat(a)) {
        return err_set(err, E_HAS_POSITION, "%s holds a position in it: close it first", a->id);
    }
    return 0;
}

int account_close_check(const struct engine *e, uint32_t account, struct err *err) {
    if (account >= (uint32_t)e->account_count || account_is_closed(e, account)) {
        return err_set(err, E_NOT_FOUND, "there is no such account");
    }
    int code = 0;
    for (uint32_t i = e->accounts[account].first_owner; i != NO_ACTIVATION && code == 0;
         i = e->activations[i].next_owner) {
        code = owner_check(&e->activations[i], err);
    }
    for (int i = 0; i < e->accounts[account].outside_count && code == 0; i++) {
        if (e->accounts[account].outside[i].position.quantity.d.v != 0) {
            code = err_set(err, E_HAS_POSITION, "a position that is nobody's here is on it");
        }
    }
    return code;
}

int engine_close_account(struct engine *e, uint32_t owner, const char *who, struct err *err) {
    char reason[96];
    if (owner >= (uint32_t)e->activation_count || e->activations[owner].bundle != NULL) {
        return err_set(err, E_NOT_FOUND, "there is no such owner of orders");
    }
    int code = account_close_check(e, e->activations[owner].account, err);
    if (code != 0) {
        return code;
    }
    snprintf(reason, sizeof reason, "account closed by %.64s", who);
    activation_set_status(e, owner, ACTIVATION_STOPPED, reason);
    engine_record_audit(e, who, "account_closed", e->activations[owner].id, "");
    return 0;
}
