/* activation_record: an activation with its account as one record, and a record as an activation.
 */
#include "engine/engine_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void setting_list_free(struct setting *settings, int count) {
    for (int i = 0; i < count; i++) {
        free((void *)(uintptr_t)settings[i].name);
        free((void *)(uintptr_t)settings[i].text);
    }
    free(settings);
}

struct setting *setting_list_copy(const struct setting *settings, int count) {
    struct setting *copy = calloc((size_t)(count > 0 ? count : 1), sizeof *copy);
    for (int i = 0; copy != NULL && i < count; i++) {
        copy[i].name = strdup(settings[i].name);
        copy[i].text = strdup(settings[i].text);
        copy[i].is_optional = settings[i].is_optional;
        if (copy[i].name == NULL || copy[i].text == NULL) {
            setting_list_free(copy, i + 1);
            return NULL;
        }
    }
    return copy;
}

int activation_keep_state(struct activation *a, const char *state, size_t length) {
    if (length > a->state_capacity) {
        char *grown = realloc(a->state, length);
        if (grown == NULL) {
            return E_MEMORY;
        }
        a->state = grown;
        a->state_capacity = length;
    }
    if (length > 0) {
        memcpy(a->state, state, length);
    }
    a->state_length = length;
    return 0;
}

void activation_fini(struct activation *a) {
    setting_list_free(a->params, a->param_count);
    setting_list_free(a->settings, a->setting_count);
    setting_list_free(a->settings_before, a->setting_before_count);
    free(a->user);
    free(a->currency);
    free(a->status_reason);
    free(a->finish_reason);
    free(a->state);
    free(a->previous_state);
    free(a->events);
    free(a->orders);
    free(a->positions);
}

/* --- to a record
 * ---------------------------------------------------------------------------------- */

/* What the account has and is. */
static void account_tell(const struct engine *e, struct record_activation *out) {
    const struct account *account = &e->accounts[out->account];
    out->is_hedge = account->is_hedge;
    out->is_isolated = account->is_isolated;
    out->ledger = account->ledger;
    out->leverage = account->leverage;
    out->leverage_count = e->symbol_count;
}

void activation_opened(
    struct engine *e,
    uint32_t index,
    const struct activation_options *o,
    const struct script_bundle *bundle,
    struct record_activation *out
) {
    *out = (struct record_activation){
        .activation = index,
        .user = o->user != NULL ? o->user : "system",
        .script_name = bundle != NULL ? bundle->name : "manual",
        .reason = "activated",
        .script_hash = bundle != NULL ? bundle->hash : 0,
        .settings = o->settings,
        .setting_count = o->setting_count,
        .currency = o->currency,
        .is_hedge = o->is_hedge,
        .is_manual = bundle == NULL,
        .keeps_slot = o->keeps_slot,
        .is_pinned = o->is_pinned,
        .opens_account = o->account == NULL,
        .account = o->account != NULL ? *o->account : account_choose(e, index),
        .seed = o->seed,
        .on_suspend = o->on_suspend,
        .status = bundle != NULL ? ACTIVATION_STARTING : ACTIVATION_RUNNING,
        .started_ms = e->now_ms,
        .last_event_ms = e->now_ms,
        .state = o->state,
        .state_length = o->state_length,
    };
    ledger_init(&out->ledger, o->balance);
    snprintf(out->id, sizeof out->id, "%s", o->id);
    if (o->request != NULL) {
        out->request = *o->request;
    }
    if (o->account != NULL) {
        account_tell(e, out);
    }
    if (index < (uint32_t)e->activation_count) {
        const struct activation *before = &e->activations[index];
        out->order_first = out->order_sequence = before->order_sequence;
        out->core_first = out->core_sequence = before->core_sequence;
    }
}

void activation_describe(struct engine *e, uint32_t index, struct record_activation *out) {
    const struct activation *a = &e->activations[index];
    *out = (struct record_activation){
        .activation = index,
        .user = a->user,
        .script_name = activation_name(e, index),
        .reason = a->status_reason,
        .script_hash = a->bundle != NULL ? a->bundle->hash : 0,
        .settings = a->settings,
        .setting_count = a->setting_count,
        .params = a->params,
        .param_count = a->param_count,
        .currency = a->currency,
        .is_manual = a->bundle == NULL,
        .keeps_slot = a->keeps_slot,
        .is_pinned = a->is_pinned,
        .has_started = a->has_started,
        .account = a->account,
        .seed = a->seed,
        .on_suspend = a->on_suspend,
        .status = a->status,
        .started_ms = a->started_ms,
        .last_event_ms = a->last_event_ms,
        .previous_hash = a->previous != NULL ? a->previous->hash : 0,
        .previous_state = a->previous_state,
        .previous_state_length = a->previous_state_length,
        .order_sequence = a->order_sequence,
        .core_sequence = a->core_sequence,
        .order_first = a->order_first,
        .core_first = a->core_first,
        .orders_asked = a->orders_asked,
        .orders_sent = a->orders_sent,
        .fault_count = a->fault_count,
        .state = a->state,
        .state_length = a->state_length,
        .orders = a->orders,
        .order_count = a->order_count,
        .positions = a->positions,
        .position_count = a->position_count,
        .timers = a->timers,
        .timer_count = a->timer_count,
    };
    account_tell(e, out);
    memcpy(out->id, a->id, sizeof out->id);
    memcpy(out->fault_times_ms, a->fault_times_ms, sizeof out->fault_times_ms);
}

/* --- from a record
 * -------------------------------------------------------------------------------- */

static int account_restore(struct engine *e, const struct record_activation *r, struct err *err) {
    if (r->account >= (uint32_t)e->options.activations_max) {
        return err_set(err, E_DATA, "an account %u that cannot be", r->account);
    }
    struct account *account = &e->accounts[r->account];
    bool is_anew = r->opens_account && r->account < (uint32_t)e->account_count;
    int code = is_anew ? account_clear(e, r->account) : 0;
    while (code == 0 && r->account >= (uint32_t)e->account_count) {
        code = account_clear(e, (uint32_t)e->account_count);
        e->account_count++;
    }
    if (code != 0) {
        return err_set(err, code, "no memory for an account");
    }
    account->ledger = r->ledger;
    account->is_hedge = r->is_hedge;
    account->is_isolated = r->is_isolated;
    for (int i = 0; i < r->leverage_count && i < e->options.symbols_max; i++) {
        if (account->leverage[i] != r->leverage[i]) { /* a second owner tells what is so already */
            account->leverage[i] = r->leverage[i];
            account->venue_leverage[i] = (struct venue_leverage){r->leverage[i], false};
        }
    }
    return account->user == NO_USER ? account_belongs(e, r->account, r->user, r->currency, err) : 0;
}

static int orders_restore(
    struct engine *e, struct activation *a, const struct record_activation *r, struct err *err
) {
    for (int i = 0; i < r->order_count; i++) {
        struct order *o = order_take(e, a);
        if (o == NULL) {
            return err_set(err, E_LIMIT, "%s has more live orders than engine.orders_max", r->id);
        }
        *o = *r->orders[i];
    }
    for (int i = 0; i < r->position_count; i++) {
        struct record_position *slot = activation_position_slot(
            e, r->activation, r->positions[i].symbol, r->positions[i].side
        );
        if (slot == NULL) {
            return err_set(err, E_LIMIT, "%s has more positions than symbols", r->id);
        }
        slot->position = r->positions[i].position;
    }
    return 0;
}

static int texts_restore(
    struct engine *e, struct activation *a, const struct record_activation *r, struct err *err
) {
    a->user = strdup(r->user);
    a->currency = strdup(r->currency);
    a->status_reason = strdup(r->reason != NULL ? r->reason : "");
    a->settings = setting_list_copy(r->settings, r->setting_count);
    a->setting_count = a->settings != NULL ? r->setting_count : 0;
    a->params = setting_list_copy(r->params, r->param_count);
    a->param_count = a->params != NULL ? r->param_count : 0;
    a->orders = malloc((size_t)e->options.orders_max * sizeof(struct order *));
    a->positions = calloc((size_t)e->options.symbols_max * 2, sizeof *a->positions);
    if (a->user == NULL || a->currency == NULL || a->status_reason == NULL || a->settings == NULL ||
        a->params == NULL || a->orders == NULL || a->positions == NULL ||
        activation_keep_state(a, r->state, r->state_length) != 0 ||
        edit_keep_previous(a, r->previous_state, r->previous_state_length) != 0) {
        return err_set(err, E_MEMORY, "no memory for an activation");
    }
    return 0;
}

/* The orders of one that is described anew, or whose place another gets, go back first. Its texts
 * stay until the end: the new one may be described with them. */
static void activation_clear(struct engine *e, struct activation *a, struct activation *before) {
    for (int i = 0; i < a->order_count; i++) {
        e->free_orders[e->free_order_count++] = a->orders[i];
    }
    *before = *a;
    activation_put_status(e, a, ACTIVATION_STARTING);
    *a = (struct activation){.account = a->account, .next_owner = a->next_owner};
}

static int activation_fill(
    struct engine *e,
    struct activation *a,
    const struct record_activation *r,
    const struct script_bundle *bundle,
    struct err *err
) {
    memcpy(a->id, r->id, sizeof a->id);
    a->bundle = bundle;
    a->previous = r->previous_hash != 0 ? script_find(e, r->previous_hash) : NULL;
    a->trial_left = a->previous != NULL ? EDIT_TRIAL_EVENTS : 0;
    a->seed = r->seed;
    activation_put_status(e, a, r->status);
    a->on_suspend = r->on_suspend;
    a->keeps_slot = r->keeps_slot;
    a->is_pinned = r->is_pinned;
    a->has_started = r->has_started;
    a->order_first = r->order_first;
    a->core_first = r->core_first;
    a->started_ms = r->started_ms;
    a->last_event_ms = r->last_event_ms;
    a->order_sequence = r->order_sequence;
    a->core_sequence = r->core_sequence;
    a->orders_asked = r->orders_asked;
    a->orders_sent = r->orders_sent;
    a->fault_count = r->fault_count;
    memcpy(a->fault_times_ms, r->fault_times_ms, sizeof a->fault_times_ms);
    bucket_fill(e, &a->rate, &e->options.limits.rate);
    int code = texts_restore(e, a, r, err);
    if (code != 0) {
        return code;
    }
    a->timer_count = r->timer_count;
    for (int i = 0; i < r->timer_count; i++) {
        a->timers[i] = r->timers[i];
        a->timers[i].is_queued = false;
    }
    return orders_restore(e, a, r, err);
}

int activation_restore(struct engine *e, const struct record_activation *r, struct err *err) {
    if (r->activation > (uint32_t)e->activation_count ||
        r->activation >= (uint32_t)e->options.activations_max) {
        return err_set(err, E_DATA, "an activation %u that cannot be", r->activation);
    }
    const struct script_bundle *bundle = r->is_manual ? NULL : script_find(e, r->script_hash);
    if (!r->is_manual && bundle == NULL) {
        return err_set(err, E_DATA, "the script of %s is not in the journal", r->id);
    }
    struct activation before = {0};
    struct activation *a = &e->activations[r->activation];
    bool is_append = r->activation == (uint32_t)e->activation_count;
    bool is_same = !is_append && strcmp(a->id, r->id) == 0;
    if (is_same && a->account != r->account) {
        return err_set(err, E_DATA, "%s changes its account", r->id);
    }
    if (!is_append && !is_same) {
        slot_leave(e, r->activation);
    }
    int code = account_restore(e, r, err);
    if (code != 0) {
        return code;
    }
    if (!is_append) {
        activation_clear(e, a, &before);
    }
    e->activation_count += is_append;
    if (!is_same) {
        owner_add(e, r->activation, r->account);
    }
    code = activation_fill(e, a, r, bundle, err);
    activation_fini(&before);
    if (code == 0 && r->request.is_given) {
        request_keep_activation(e, r->activation, &r->request);
    }
    return code;
}
