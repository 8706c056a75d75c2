/* people: what a person asks of the engine: orders, cancels, parameters, commands. The same way and
 * the same checks as a script's. */
#include "engine/engine_state.h"

int engine_order(
    struct engine *e,
    uint32_t owner,
    const struct order_request *request,
    const char *who,
    uint64_t *sequence,
    struct err *err
) {
    if (owner >= (uint32_t)e->activation_count) {
        return err_set(err, E_NOT_FOUND, "there is no such owner of orders");
    }
    struct activation *a = &e->activations[owner];
    if (a->bundle != NULL) {
        return err_set(
            err, E_STATE, "%s is a script's: a person's orders have an owner of their own", a->id
        );
    }
    *sequence = ++a->order_sequence;
    order_place_by(e, owner, *sequence, request, who);
    return 0;
}

int engine_cancel(
    struct engine *e, uint32_t activation, uint64_t sequence, const char *who, struct err *err
) {
    if (activation >= (uint32_t)e->activation_count ||
        order_find(e, activation, sequence) == NULL) {
        return err_set(err, E_NOT_OPEN, "the order is not open");
    }
    order_cancel_by(e, activation, sequence, who);
    return 0;
}

static struct event *
queue_call(struct engine *e, uint32_t activation, enum event_kind kind, struct err *err) {
    struct activation *a = &e->activations[activation];
    if (a->status != ACTIVATION_RUNNING && a->status != ACTIVATION_PAUSED) {
        err_set(err, E_STATE, "%s is %s", a->id, activation_status_name(a->status));
        return NULL;
    }
    struct event *event = queue_event(e, activation, kind);
    if (event == NULL) {
        err_set(err, E_LIMIT, "%s does not keep up", a->id);
    }
    return event;
}

int engine_command(
    struct engine *e,
    uint32_t activation,
    const char *command,
    const struct setting *args,
    int count,
    struct err *err
) {
    if ((e->activations[activation].handlers & (1u << EVENT_COMMAND)) == 0) {
        return err_set(err, E_NOT_FOUND, "the script has no commands");
    }
    struct event *event = queue_call(e, activation, EVENT_COMMAND, err);
    if (event == NULL) {
        return err->code;
    }
    event->u.call.command = command;
    event->u.call.settings = args;
    event->u.call.count = count;
    return 0;
}

int engine_adjust(
    struct engine *e,
    uint32_t activation,
    const struct setting *settings,
    int count,
    struct err *err
) {
    struct event *event = queue_call(e, activation, EVENT_PARAMS, err);
    if (event == NULL) {
        return err->code;
    }
    event->u.call.settings = settings;
    event->u.call.count = count;
    return 0;
}
