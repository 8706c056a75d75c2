/* host_lost: a script host of another process is gone, or tells of a state between answers. */
#include "engine/engine_state.h"

#include <string.h>

/* The event that was out comes again after start and ready. */
static void event_hold(struct activation *a) {
    a->is_waiting = false;
}

static int innocent_again(struct engine *e, uint32_t index, struct err *err) {
    struct activation *a = &e->activations[index];
    event_hold(a);
    activation_ready(e, index, READY_RESTARTED, true);
    queue_event_first(e, index, EVENT_START);
    return activation_open_in_host(e, index, err);
}

int engine_lost(
    struct engine *e,
    uint32_t activation,
    bool is_culprit,
    const struct fault *fault,
    struct err *err
) {
    if (activation >= (uint32_t)e->activation_count) {
        return err_set(err, E_NOT_FOUND, "there is no activation %u", activation);
    }
    struct activation *a = &e->activations[activation];
    if (a->bundle == NULL || a->is_held || a->status == ACTIVATION_STOPPED ||
        a->status == ACTIVATION_SUSPENDED) {
        return 0; /* not open in a host */
    }
    if (!is_culprit || !a->is_waiting) {
        return innocent_again(e, activation, err);
    }
    int code = activation_open_in_host(e, activation, err);
    struct done done = {
        .number = a->events[a->event_first].number,
        .activation = activation,
        .fault = *fault,
    };
    engine_done(e, &done);
    return code;
}

void engine_captured(struct engine *e, uint32_t activation, const char *state, size_t length) {
    if (activation >= (uint32_t)e->activation_count) {
        return;
    }
    struct activation *a = &e->activations[activation];
    bool is_same = length == a->state_length && memcmp(state, a->state, length) == 0;
    if (is_same || activation_keep_state(a, state, length) != 0 || !journal_is_on(e)) {
        return;
    }
    struct record record = {.kind = RECORD_STATE, .activation = activation};
    record.u.state.state = state;
    record.u.state.length = length;
    journal_write(e, &record);
}
