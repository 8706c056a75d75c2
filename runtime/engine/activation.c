/* activation: the life of one running script: start, pause, faults, suspension, stop. */
#include "engine/engine_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS ((int64_t)3600000)

const char *activation_status_name(enum activation_status status) {
    static const char *const names[] = {
        "starting", "running", "paused", "stopping", "stopped", "suspended",
    };
    return names[status];
}

static bool status_is_end(enum activation_status status) {
    return status == ACTIVATION_STOPPED || status == ACTIVATION_SUSPENDED;
}

void activation_put_status(
    struct engine *e, struct activation *a, enum activation_status status
) {
    e->ended_count += (int)status_is_end(status) - (int)status_is_end(a->status);
    a->status = status;
}

void activation_set_status(
    struct engine *e, uint32_t activation, enum activation_status status, const char *reason
) {
    struct activation *a = &e->activations[activation];
    if (a->status == status) {
        return;
    }
    activation_put_status(e, a, status);
    a->has_started |= status == ACTIVATION_RUNNING;
    free(a->status_reason);
    a->status_reason = strdup(reason);
    struct record fact = {.kind = RECORD_STATUS, .activation = activation};
    fact.u.status.status = status;
    fact.u.status.reason = reason;
    journal_write(e, &fact);
    if (e->ports.sink.status != NULL) {
        struct status_record record = {activation, e->now_ms, status, reason};
        e->ports.sink.status(e->ports.sink.ctx, &record);
    }
}

int activation_open_in_host(struct engine *e, uint32_t index, struct err *err) {
    const struct activation *a = &e->activations[index];
    const struct account *account = &e->accounts[a->account];
    struct activation_open open = {
        .activation = index,
        .bundle = a->bundle,
        .settings = a->settings,
        .setting_count = a->setting_count,
        .state = a->state,
        .state_length = a->state_length,
        .seed = a->seed,
        .order_sequence = a->order_sequence,
        .account = {a->currency, account->ledger.balance, account->is_hedge, account->is_isolated},
        .leverage = 1,
        .orders = a->orders,
        .order_count = a->order_count,
        .positions = a->positions,
        .position_count = a->position_count,
        .leverages = account->leverage,
        .leverage_count = e->symbol_count,
    };
    memcpy(open.id, a->id, sizeof open.id);
    return e->ports.host.open(e->ports.host.ctx, &open, err);
}

int activation_begin(struct engine *e, uint32_t index, enum ready_why why, struct err *err) {
    int code = activation_open_in_host(e, index, err);
    if (code != 0) {
        return code;
    }
    queue_event(e, index, EVENT_START);
    activation_ready(e, index, why, false);
    return 0;
}

void activation_ready(struct engine *e, uint32_t index, enum ready_why why, bool first) {
    struct activation *a = &e->activations[index];
    if (e->is_catching_up) {
        a->is_behind = true;
        a->behind_why = why;
        return;
    }
    struct event *ready =
        first ? queue_event_first(e, index, EVENT_READY) : queue_event(e, index, EVENT_READY);
    if (ready != NULL) {
        ready->u.ready = why;
    }
}

void engine_catch_up_begin(struct engine *e) {
    e->is_catching_up = true;
}

void engine_catch_up_end(struct engine *e) {
    e->is_catching_up = false;
    for (uint32_t i = 0; i < (uint32_t)e->activation_count; i++) {
        struct activation *a = &e->activations[i];
        if (a->is_behind) {
            a->is_behind = false;
            activation_ready(e, i, a->behind_why, false);
        }
    }
}

static int activation_check(
    const struct engine *e, const struct activation_options *options, struct err *err
) {
    if (slot_choose(e) == NO_ACTIVATION) {
        return err_set(err, E_LIMIT, "more than %d activations", e->options.activations_max);
    }
    if (strlen(options->id) >= ACTIVATION_ID_MAX) {
        return err_set(err, E_ARGUMENT, "activation id %s is too long", options->id);
    }
    if (options->account != NULL && *options->account >= (uint32_t)e->account_count) {
        return err_set(err, E_NOT_FOUND, "there is no account %u", *options->account);
    }
    if (options->account != NULL && account_is_closed(e, *options->account)) {
        return err_set(err, E_STATE, "account %u is closed", *options->account);
    }
    for (int i = 0; i < e->activation_count; i++) {
        if (strcmp(e->activations[i].id, options->id) == 0) {
            return err_set(err, E_STATE, "there is an activation %s", options->id);
        }
    }
    return request_is_free(e, options->request, err);
}

int engine_next_account(const struct engine *e, uint32_t *account, struct err *err) {
    uint32_t slot = slot_choose(e);
    if (slot == NO_ACTIVATION) {
        return err_set(err, E_LIMIT, "more than %d activations", e->options.activations_max);
    }
    *account = account_choose(e, slot);
    return 0;
}

/* The host will not have it: it is over as one whose start failed. */
static void activation_refuse(struct engine *e, uint32_t index, const struct err *why) {
    struct event start = {.number = ++e->number, .activation = index, .kind = EVENT_START};
    struct fault fault = {.code = why->code};
    snprintf(fault.text, sizeof fault.text, "%s", why->msg);
    activation_fault(e, index, &start, &fault);
}

int engine_activate(
    struct engine *e,
    const struct activation_options *options,
    uint32_t *activation,
    struct err *err
) {
    int code = activation_check(e, options, err);
    if (code != 0) {
        return code;
    }
    const struct script_bundle *bundle = NULL;
    if (options->bundle != NULL) {
        bundle = script_keep(
            e, options->bundle, options->author != NULL ? options->author : "system", "activated"
        );
        if (bundle == NULL) {
            return err_set(err, E_MEMORY, "no memory for a script");
        }
    }
    uint32_t index = slot_choose(e);
    struct record record = {.kind = RECORD_ACTIVATION, .activation = index};
    struct record_activation *opened = &record.u.opened;
    activation_opened(e, index, options, bundle, opened);
    code = activation_restore(e, opened, err);
    if (code != 0) {
        return code;
    }
    journal_write(e, &record);
    *activation = index;
    code = bundle == NULL ? 0 : activation_begin(e, index, READY_ACTIVATED, err);
    if (code != 0) {
        activation_refuse(e, index, err);
    }
    return code;
}

static bool watcher_add(uint32_t **list, int *count, int *capacity, uint32_t activation) {
    for (int i = 0; i < *count; i++) {
        if ((*list)[i] == activation) {
            return true;
        }
    }
    if (*count == *capacity) {
        int grown = *capacity == 0 ? 4 : *capacity * 2;
        uint32_t *larger = realloc(*list, (size_t)grown * sizeof **list);
        if (larger == NULL) {
            return false;
        }
        *list = larger;
        *capacity = grown;
    }
    (*list)[(*count)++] = activation;
    return true;
}

static void watcher_remove(uint32_t *list, int *count, uint32_t activation) {
    int kept = 0;
    for (int i = 0; i < *count; i++) {
        if (list[i] != activation) {
            list[kept++] = list[i];
        }
    }
    *count = kept;
}

static bool series_is_wanted(
    const struct engine *e, const struct engine_series *series, const struct subscription *s
) {
    for (int i = 0; i < s->watch_count; i++) {
        const struct watch *w = &s->watches[i];
        int64_t timeframe_ms =
            w->timeframe_ms != 0 ? w->timeframe_ms : e->symbols[w->symbol].finest_ms;
        if (w->symbol == series->symbol && timeframe_ms == series->builder.timeframe_ms) {
            return true;
        }
    }
    return false;
}

static bool ticker_is_wanted(uint16_t symbol, const struct subscription *s) {
    for (int i = 0; i < s->ticker_count; i++) {
        if (s->tickers[i] == symbol) {
            return true;
        }
    }
    return false;
}

/* What it heard before and does not ask for any more: other parameters, another version. */
static void watches_drop(struct engine *e, uint32_t activation, const struct subscription *s) {
    for (int i = 0; i < e->series_count; i++) {
        struct engine_series *series = &e->series[i];
        if (!series_is_wanted(e, series, s)) {
            watcher_remove(series->watchers, &series->watcher_count, activation);
        }
    }
    for (int i = 0; i < e->symbol_count; i++) {
        struct engine_symbol *symbol = &e->symbols[i];
        if (!ticker_is_wanted((uint16_t)i, s)) {
            watcher_remove(symbol->ticker_watchers, &symbol->ticker_watcher_count, activation);
        }
    }
}

/* What the script wants to hear; the series exist, since its start made them. */
static int activation_subscribe(
    struct engine *e, uint32_t activation, const struct subscription *s, struct err *err
) {
    struct activation *a = &e->activations[activation];
    a->handlers = s->handlers;
    a->has_symbol = false;
    watches_drop(e, activation, s);
    for (int i = 0; i < s->watch_count; i++) {
        uint16_t symbol = s->watches[i].symbol;
        int64_t timeframe_ms = s->watches[i].timeframe_ms;
        uint16_t series;
        if (timeframe_ms == 0) {
            timeframe_ms = e->symbols[symbol].finest_ms;
        }
        int code = engine_series(e, symbol, timeframe_ms, &series, err);
        if (code != 0) {
            return code;
        }
        struct engine_series *watched = &e->series[series];
        if (!watcher_add(
                &watched->watchers, &watched->watcher_count, &watched->watcher_capacity, activation
            )) {
            return err_set(err, E_MEMORY, "no memory for a watch");
        }
        if (!a->has_symbol) {
            a->has_symbol = true;
            a->symbol = symbol;
        }
    }
    for (int i = 0; i < s->ticker_count; i++) {
        struct engine_symbol *watched = &e->symbols[s->tickers[i]];
        if (!watcher_add(
                &watched->ticker_watchers, &watched->ticker_watcher_count,
                &watched->ticker_watcher_capacity, activation
            )) {
            return err_set(err, E_MEMORY, "no memory for a watch");
        }
    }
    return 0;
}

static void activation_keep_params(struct activation *a, const struct done *done) {
    setting_list_free(a->params, a->param_count);
    a->params = setting_list_copy(done->params, done->param_count);
    a->param_count = a->params == NULL ? 0 : done->param_count;
}

void activation_started(struct engine *e, uint32_t activation, const struct done *done) {
    struct activation *a = &e->activations[activation];
    activation_keep_params(a, done);
    struct err err = {0};
    if (activation_subscribe(e, activation, &done->subscription, &err) != 0) {
        struct fault fault = {.code = err.code};
        snprintf(fault.text, sizeof fault.text, "%s", err.msg);
        activation_fault(e, activation, &a->events[a->event_first], &fault);
        return;
    }
    if (a->status == ACTIVATION_STARTING) {
        activation_set_status(e, activation, ACTIVATION_RUNNING, "started");
    }
}

int faults_within_hour(struct engine *e, struct activation *a) {
    int slots = ACTIVATION_FAULTS_KEPT;
    a->fault_times_ms[a->fault_count % slots] = e->now_ms;
    a->fault_count++;
    int within = 0;
    for (int i = 0; i < slots && i < a->fault_count; i++) {
        within += e->now_ms - a->fault_times_ms[i] < HOUR_MS;
    }
    return within;
}

void activation_suspend(struct engine *e, uint32_t activation, const char *reason) {
    switch (e->activations[activation].on_suspend) {
    case SUSPEND_KEEP:
        break;
    case SUSPEND_CANCEL:
        orders_cancel(e, activation, false);
        break;
    case SUSPEND_FLATTEN:
        orders_cancel(e, activation, false);
        orders_flatten(e, activation, "suspend");
        break;
    }
    activation_set_status(e, activation, ACTIVATION_SUSPENDED, reason);
}

/* A fault undoes the handler. The script starts anew from its last captured state, unless that is
 * what failed or it has failed too often. */
void activation_fault(
    struct engine *e, uint32_t activation, const struct event *event, const struct fault *fault
) {
    struct activation *a = &e->activations[activation];
    bool is_answer = (event->kind == EVENT_PARAMS || event->kind == EVENT_COMMAND) &&
                     (fault->code == E_PARAMS || fault->code == E_NOT_FOUND);
    if (is_answer) {
        return; /* a refusal of what a person sent: the script runs on */
    }
    if (event->kind == EVENT_START && settings_revert(e, activation)) {
        return; /* it could not begin with the new parameters: it goes on with the old ones */
    }
    if (event->kind != EVENT_EDIT && edit_roll_back(e, activation, event, fault)) {
        return;
    }
    if (event->kind == EVENT_TIMER) {
        timer_done(e, activation, event->u.timer);
    }
    if (event->kind == EVENT_START) {
        request_refused(e, activation, fault);
    }
    int faults = faults_within_hour(e, a);
    struct record fact = {.kind = RECORD_FAULT, .activation = activation};
    fact.u.fault.kind = event->kind;
    fact.u.fault.event_number = event->number;
    fact.u.fault.timer = event->kind == EVENT_TIMER ? event->u.timer : NULL;
    fact.u.fault.fault = *fault;
    fact.u.fault.is_counted = true;
    journal_write(e, &fact);
    bool is_last = faults >= e->options.faults_max || event->kind == EVENT_START ||
                   a->status == ACTIVATION_STOPPING;
    if (e->ports.sink.fault != NULL) {
        struct fault_record record = {
            event->number, activation,       e->now_ms, event->kind,
            fault,         e->fault_details, faults,    is_last,
        };
        e->ports.sink.fault(e->ports.sink.ctx, &record);
    }
    if (e->options.stop_on_fault) {
        e->has_failed = true;
    }
    if (is_last) {
        activation_suspend(e, activation, fault->text);
        return;
    }
    activation_ready(e, activation, READY_FAULT, true);
    queue_event_first(e, activation, EVENT_START);
}

void engine_pause(struct engine *e, uint32_t activation) {
    if (e->activations[activation].status == ACTIVATION_RUNNING) {
        activation_set_status(e, activation, ACTIVATION_PAUSED, "paused");
        orders_cancel(e, activation, true);
    }
}

void engine_resume(struct engine *e, uint32_t activation) {
    if (e->activations[activation].status == ACTIVATION_PAUSED) {
        activation_set_status(e, activation, ACTIVATION_RUNNING, "resumed");
    }
}

void engine_deactivate(
    struct engine *e, uint32_t activation, enum stop_why why, const char *reason
) {
    struct activation *a = &e->activations[activation];
    if (a->status != ACTIVATION_RUNNING && a->status != ACTIVATION_PAUSED) {
        return;
    }
    orders_cancel(e, activation, why != STOP_CLOSE);
    free(a->finish_reason);
    a->finish_reason = strdup(reason);
    a->closes_on_stop = why == STOP_CLOSE;
    a->keeps_on_stop = why == STOP_KEEP;
    a->has_heard_stop = true;
    activation_set_status(e, activation, ACTIVATION_STOPPING, reason);
    struct event *event = queue_event(e, activation, EVENT_STOP);
    if (event != NULL) {
        event->u.stop = why;
    }
}

bool activation_is_flat(const struct activation *a) {
    for (int i = 0; i < a->position_count; i++) {
        if (a->positions[i].position.quantity.d.v != 0) {
            return false;
        }
    }
    return true;
}

/* After a finish or a deactivation: whether nothing is left to wait for. What reduces may still
 * fill. */
static bool activation_is_over(const struct activation *a) {
    return a->keeps_on_stop || a->order_count == 0 || activation_is_flat(a);
}

void activation_settle(struct engine *e, uint32_t activation) {
    struct activation *a = &e->activations[activation];
    if (a->status != ACTIVATION_STOPPING || a->event_count > 0) {
        return;
    }
    if (a->closes_on_stop) {
        a->closes_on_stop = false;
        orders_cancel(e, activation, false);
        orders_flatten(e, activation, "deactivate");
        return;
    }
    if (!activation_is_over(a)) {
        return;
    }
    if (!a->has_heard_stop) {
        a->has_heard_stop = true;
        struct event *event = queue_event(e, activation, EVENT_STOP);
        if (event != NULL) {
            event->u.stop = STOP_FINISH;
        }
        return;
    }
    if (!a->keeps_on_stop) {
        orders_cancel(e, activation, false);
    }
    activation_set_status(
        e, activation, ACTIVATION_STOPPED, a->finish_reason != NULL ? a->finish_reason : ""
    );
}

struct record_position *activation_position_slot(
    struct engine *e, uint32_t activation, uint16_t symbol, enum position_side side
) {
    struct activation *a = &e->activations[activation];
    for (int i = 0; i < a->position_count; i++) {
        if (a->positions[i].symbol == symbol && a->positions[i].side == side) {
            return &a->positions[i];
        }
    }
    if (a->position_count == e->options.symbols_max * 2) {
        return NULL;
    }
    struct record_position *slot = &a->positions[a->position_count++];
    *slot = (struct record_position){.symbol = symbol, .side = side};
    return slot;
}

/* --- what is so ---------------------------------------------------------------------------------
 */

int engine_activation_count(const struct engine *e) {
    return e->activation_count;
}

const char *activation_id(const struct engine *e, uint32_t activation) {
    return e->activations[activation].id;
}

const char *activation_name(const struct engine *e, uint32_t activation) {
    const struct script_bundle *bundle = e->activations[activation].bundle;
    return bundle != NULL ? bundle->name : "manual";
}

enum activation_status activation_status(const struct engine *e, uint32_t activation) {
    return e->activations[activation].status;
}

uint32_t activation_account(const struct engine *e, uint32_t activation) {
    return e->activations[activation].account;
}

const struct setting *activation_params(const struct engine *e, uint32_t activation, int *count) {
    *count = e->activations[activation].param_count;
    return e->activations[activation].params;
}

const struct position *activation_position(
    const struct engine *e, uint32_t activation, uint16_t symbol, enum position_side side
) {
    static const struct position flat;
    const struct activation *a = &e->activations[activation];
    for (int i = 0; i < a->position_count; i++) {
        if (a->positions[i].symbol == symbol && a->positions[i].side == side) {
            return &a->positions[i].position;
        }
    }
    return &flat;
}

int activation_open_orders(const struct engine *e, uint32_t activation) {
    return e->activations[activation].order_count;
}
