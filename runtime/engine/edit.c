/* edit: another version of a script takes over in a running activation, and goes again when it
 * faults in its trial. Position, orders, timers and settings are the activation's and stay; the
 * state is what migrate made of it, and that of before is kept for the way back. */
#include "engine/engine_state.h"

#include <stdlib.h>
#include <string.h>

const char *edit_step_name(enum edit_step step) {
    static const char *const names[] = {"taken", "refused", "rolled back"};
    return names[step];
}

int engine_edit(
    struct engine *e,
    uint32_t activation,
    const struct script_bundle *bundle,
    const char *who,
    const char *reason,
    uint64_t *number,
    struct err *err
) {
    struct activation *a = &e->activations[activation];
    if (a->bundle == NULL || (a->status != ACTIVATION_RUNNING && a->status != ACTIVATION_PAUSED)) {
        return err_set(err, E_STATE, "%s is %s", a->id, activation_status_name(a->status));
    }
    if (a->is_pinned) {
        return err_set(err, E_STATE, "%s is pinned to its version", a->id);
    }
    if (a->bundle->hash == bundle->hash) {
        return err_set(err, E_STATE, "%s runs this version already", a->id);
    }
    const struct script_bundle *held = script_hold(e, bundle, who, reason);
    if (held == NULL) {
        return err_set(err, E_MEMORY, "no memory for a script");
    }
    struct event *event = queue_event_first(e, activation, EVENT_EDIT);
    if (event == NULL) {
        return err_set(err, E_LIMIT, "%s does not keep up", a->id);
    }
    event->u.edit = held;
    *number = event->number;
    return 0;
}

void edit_tell(
    struct engine *e,
    uint32_t activation,
    uint64_t number,
    enum edit_step step,
    const struct script_bundle *from,
    const struct script_bundle *to,
    const char *who,
    const struct fault *fault
) {
    if (e->ports.sink.edit != NULL) {
        struct edit_record record = {
            .activation = activation,
            .number = number,
            .time_ms = e->now_ms,
            .step = step,
            .from_hash = from->hash,
            .to_hash = to->hash,
            .who = who,
            .fault = fault,
        };
        e->ports.sink.edit(e->ports.sink.ctx, &record);
    }
}

void edit_trial_end(struct activation *a) {
    free(a->previous_state);
    a->previous = NULL;
    a->previous_state = NULL;
    a->previous_state_length = 0;
    a->trial_left = 0;
}

int edit_keep_previous(struct activation *a, const char *state, size_t length) {
    char *copy = malloc(length + 1);
    if (copy == NULL) {
        return E_MEMORY;
    }
    if (length > 0) {
        memcpy(copy, state, length);
    }
    free(a->previous_state);
    a->previous_state = copy;
    a->previous_state_length = length;
    return 0;
}

int edit_take(struct engine *e, uint32_t activation, const struct script_bundle *to) {
    struct activation *a = &e->activations[activation];
    if (edit_keep_previous(a, a->state, a->state_length) != 0) {
        return E_MEMORY;
    }
    a->previous = a->bundle;
    a->bundle = to;
    a->trial_left = EDIT_TRIAL_EVENTS;
    scripts_sweep(e);
    return 0;
}

void edit_restore_previous(struct activation *a) {
    if (a->previous == NULL) {
        return;
    }
    a->bundle = a->previous;
    free(a->state);
    a->state = a->previous_state;
    a->state_length = a->previous_state_length;
    a->state_capacity = a->previous_state_length + 1;
    a->previous_state = NULL;
    edit_trial_end(a);
}

static void
trial_record(struct engine *e, uint32_t activation, bool is_rolled_back, const char *reason) {
    struct record record = {.kind = RECORD_TRIAL, .activation = activation};
    const struct activation *a = &e->activations[activation];
    record.u.trial.is_rolled_back = is_rolled_back;
    record.u.trial.reason = reason;
    record.u.trial.script_hash = a->bundle->hash;
    record.u.trial.state = is_rolled_back ? a->state : NULL;
    record.u.trial.state_length = is_rolled_back ? a->state_length : 0;
    journal_write(e, &record);
}

void edit_event_handled(struct engine *e, uint32_t activation) {
    struct activation *a = &e->activations[activation];
    if (a->trial_left > 0 && --a->trial_left == 0) {
        edit_trial_end(a);
        trial_record(e, activation, false, "");
    }
}

bool edit_roll_back(
    struct engine *e, uint32_t activation, const struct event *event, const struct fault *fault
) {
    struct activation *a = &e->activations[activation];
    if (a->trial_left == 0 || a->status == ACTIVATION_STOPPING) {
        return false;
    }
    const struct script_bundle *failed = a->bundle;
    const char *author = script_author(failed);
    edit_restore_previous(a);
    trial_record(e, activation, true, fault->text);
    edit_tell(e, activation, event->number, EDIT_ROLLED_BACK, failed, a->bundle, author, fault);
    e->ports.host.close(e->ports.host.ctx, activation);
    a->is_waiting = false; /* the event comes again, after start and ready */
    if (event->kind != EVENT_START) {
        activation_ready(e, activation, READY_EDITED, true);
        queue_event_first(e, activation, EVENT_START);
    }
    struct err err = {0};
    if (activation_open_in_host(e, activation, &err) != 0) {
        activation_suspend(e, activation, err.msg);
    }
    return true;
}
