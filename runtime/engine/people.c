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
    return engine_order_once(e, owner, request, NULL, who, sequence, err);
}

int engine_order_once(
    struct engine *e,
    uint32_t owner,
    const struct order_request *request,
    const struct request_key *key,
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
    int code = request_is_free(e, key, err);
    if (code != 0) {
        return code;
    }
    *sequence = ++a->order_sequence;
    wire_ask(e, owner);
    order_place_by(e, owner, *sequence, request, who, key);
    return 0;
}

int engine_cancel(
    struct engine *e, uint32_t activation, uint64_t sequence, const char *who, struct err *err
) {
    if (activation >= (uint32_t)e->activation_count ||
        order_find(e, activation, sequence) == NULL) {
        return err_set(err, E_NOT_OPEN, "the order is not open");
    }
    wire_ask(e, activation);
    order_cancel_by(e, activation, sequence, who);
    return 0;
}

/* What keeps an order from being changed by a person; 0: nothing does. */
static int amendable_check(const struct activation *a, const struct order *o, struct err *err) {
    if (a->bundle != NULL) {
        return err_set(err, E_STATE, "%s is a script's: only the script changes it", o->id);
    }
    if (o->state == ORDER_UNKNOWN) {
        return err_set(err, E_STATE, "what became of %s is not known yet", o->id);
    }
    if (o->request.type == ORDER_MARKET) {
        return err_set(err, E_STATE, "%s is a market order: it has nothing to change", o->id);
    }
    if (o->pending != PENDING_NONE) {
        return err_set(
            err, E_STATE, "a request on %s (%s) is not answered yet", o->id,
            order_pending_name(o->pending)
        );
    }
    return 0;
}

int engine_amend(
    struct engine *e,
    uint32_t owner,
    uint64_t sequence,
    const struct order_figures *figures,
    const char *who,
    struct err *err
) {
    struct risk_figure checked[RISK_CHECK_COUNT];
    struct ask_outcome outcome = {.figures = checked};
    struct order *o =
        owner < (uint32_t)e->activation_count ? order_find(e, owner, sequence) : NULL;
    if (o == NULL) {
        return err_set(err, E_NOT_OPEN, "the order is not open");
    }
    int code = amendable_check(&e->activations[owner], o, err);
    if (code != 0) {
        return code;
    }
    struct order_request wanted = o->request;
    wanted.price = figures->price;
    wanted.stop = figures->stop;
    wanted.quantity = figures->quantity;
    wire_ask(e, owner);
    order_amend_by(e, owner, o, &wanted, who, &outcome);
    return outcome.is_refused ? err_set(err, outcome.code, "%s", outcome.message) : 0;
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

static int queue_settings(
    struct engine *e, uint32_t activation, enum event_kind kind, const char *command,
    const struct setting *settings, int count, uint64_t *number, struct err *err
) {
    struct event *event = queue_call(e, activation, kind, err);
    if (event == NULL) {
        return err->code;
    }
    event->u.call.command = command;
    event->u.call.settings = settings;
    event->u.call.count = count;
    *number = event->number;
    return 0;
}

int engine_command(
    struct engine *e, uint32_t activation, const char *command, const struct setting *args,
    int count, uint64_t *number, struct err *err
) {
    if ((e->activations[activation].handlers & (1u << EVENT_COMMAND)) == 0) {
        return err_set(err, E_NOT_FOUND, "the script has no commands");
    }
    return queue_settings(e, activation, EVENT_COMMAND, command, args, count, number, err);
}

int engine_adjust(
    struct engine *e, uint32_t activation, const struct setting *settings, int count,
    uint64_t *number, struct err *err
) {
    return queue_settings(e, activation, EVENT_PARAMS, NULL, settings, count, number, err);
}

/* --- what became of it ---------------------------------------------------------------------------- */

static void settings_record(struct engine *e, uint32_t activation) {
    const struct activation *a = &e->activations[activation];
    struct record record = {.kind = RECORD_SETTINGS, .activation = activation};
    record.u.settings.settings = a->settings;
    record.u.settings.setting_count = a->setting_count;
    record.u.settings.script_hash = a->bundle->hash;
    journal_write(e, &record);
}

static void start_anew(struct engine *e, uint32_t activation, enum ready_why why) {
    activation_ready(e, activation, why, true);
    queue_event_first(e, activation, EVENT_START);
}

/* The script has accepted them: it starts anew with them; if it cannot, the old ones come back. */
void settings_changed(struct engine *e, uint32_t activation, const struct event *event) {
    struct activation *a = &e->activations[activation];
    struct setting *copy = setting_list_copy(event->u.call.settings, event->u.call.count);
    if (copy == NULL) {
        return;
    }
    setting_list_free(a->settings_before, a->setting_before_count);
    a->settings_before = a->settings;
    a->setting_before_count = a->setting_count;
    a->settings = copy;
    a->setting_count = event->u.call.count;
    settings_record(e, activation);
    start_anew(e, activation, READY_PARAMS);
}

bool settings_revert(struct engine *e, uint32_t activation) {
    struct activation *a = &e->activations[activation];
    if (a->settings_before == NULL) {
        return false;
    }
    setting_list_free(a->settings, a->setting_count);
    a->settings = a->settings_before;
    a->setting_count = a->setting_before_count;
    a->settings_before = NULL;
    settings_record(e, activation);
    queue_event_first(e, activation, EVENT_START); /* its ready waits already */
    return true;
}

void settings_proved(struct activation *a) {
    setting_list_free(a->settings_before, a->setting_before_count);
    a->settings_before = NULL;
    a->setting_before_count = 0;
}

void answer_tell(struct engine *e, const struct event *event, const struct done *done) {
    if (e->ports.sink.answer != NULL) {
        bool has_text =
            done->answer != NULL && (done->fault.code == 0 || done->fault.code == E_PARAMS);
        struct answer_record record = {
            .activation = event->activation,
            .number = event->number,
            .code = done->fault.code,
            .text = has_text                ? done->answer
                    : done->fault.code != 0 ? done->fault.text
                                            : "",
            .asks = done->ask_count,
        };
        e->ports.sink.answer(e->ports.sink.ctx, &record);
    }
}
