/* recovery: records back into state. Facts are applied by the functions that made them, with the
 * ports of host and venue silent; no script runs. */
#include "base/fault_points.h"
#include "engine/engine_state.h"

#include <stdlib.h>
#include <string.h>

#define RECOVERY_ARENA ((size_t)8 << 20)
#define ANEW_BYTES_MAX ((size_t)1 << 30)
#define PROCESS_NUMBERS_BITS 32 /* more than a process lives to use; there is room for 2^21 starts
                                   below 2^53, up to where JSON readers count */

void engine_recover_begin(struct engine *e) {
    e->is_recovering = true;
    e->quiet++;
}

static int apply_symbol(struct engine *e, const struct record *r, struct err *err) {
    if (r->u.symbol.symbol < e->symbol_count) {
        return 0; /* told again by a snapshot or a later process */
    }
    if (r->u.symbol.symbol != e->symbol_count || e->symbol_count == e->options.symbols_max) {
        return err_set(err, E_DATA, "symbol %u is out of order", r->u.symbol.symbol);
    }
    e->symbols[e->symbol_count++] = (struct engine_symbol){
        .instrument = r->u.symbol.instrument,
        .finest_ms = r->u.symbol.finest_ms,
        .last_bar_ms = -1,
    };
    return 0;
}

static int apply_done(struct engine *e, struct record *r) {
    struct activation *a = &e->activations[r->activation];
    struct done *done = &r->u.done.done;
    a->last_event_ms = r->now_ms;
    if (r->u.done.kind == EVENT_EDIT) {
        const struct script_bundle *to = script_find(e, r->u.done.script_hash);
        if (to == NULL || edit_take(e, r->activation, to) != 0) {
            return E_DATA;
        }
    }
    if (r->u.done.kind == EVENT_START || r->u.done.kind == EVENT_EDIT) {
        setting_list_free(a->params, a->param_count);
        a->params = setting_list_copy(done->params, done->param_count);
        a->param_count = a->params != NULL ? done->param_count : 0;
    }
    if (r->u.done.timer != NULL) {
        timer_done(e, r->activation, r->u.done.timer);
    }
    if (done->state != NULL && activation_keep_state(a, done->state, done->state_length) != 0) {
        return E_MEMORY;
    }
    struct ask_outcome *live = e->outcomes;
    e->outcomes = (struct ask_outcome *)(uintptr_t)r->u.done.outcomes;
    asks_apply(e, r->activation, done);
    e->outcomes = live;
    return 0;
}

static void apply_order(struct engine *e, struct record *r) {
    struct activation *a = &e->activations[r->activation];
    if (r->u.order.sequence >= CORE_SEQUENCE) {
        a->core_sequence = r->u.order.sequence - CORE_SEQUENCE;
    } else if (r->u.order.sequence > a->order_sequence) {
        a->order_sequence = r->u.order.sequence;
    }
    a->orders_asked++;
    wire_ask(e, r->activation);
    e->outcome = &r->u.order.outcome;
    e->request = r->u.order.request_key.is_given ? &r->u.order.request_key : NULL;
    order_place(e, r->activation, r->u.order.sequence, &r->u.order.request, NULL, 0);
    e->request = NULL;
    e->outcome = NULL;
}

static int apply_settings(struct engine *e, const struct record *r) {
    struct activation *a = &e->activations[r->activation];
    setting_list_free(a->settings, a->setting_count);
    a->settings = setting_list_copy(r->u.settings.settings, r->u.settings.setting_count);
    a->setting_count = a->settings != NULL ? r->u.settings.setting_count : 0;
    const struct script_bundle *bundle = script_find(e, r->u.settings.script_hash);
    a->bundle = bundle != NULL ? bundle : a->bundle;
    return a->settings != NULL ? 0 : E_MEMORY;
}

static void apply_engine(struct engine *e, const struct record *r) {
    memcpy(e->refusals, r->u.engine.refusals, sizeof e->refusals);
    for (int i = 0; i < r->u.engine.symbol_count && i < e->symbol_count; i++) {
        e->symbols[i].last = r->u.engine.last[i];
        e->symbols[i].last_ms = r->u.engine.last_ms[i];
    }
}

static void anew_begin(struct engine *e, uint32_t count) {
    buffer_free(&e->anew);
    buffer_init(&e->anew, ANEW_BYTES_MAX);
    e->anew_left = count;
}

static bool record_is_of_activation(const struct record *r) {
    return r->kind == RECORD_STATUS || r->kind == RECORD_SETTINGS || r->kind == RECORD_DONE ||
           r->kind == RECORD_FAULT || r->kind == RECORD_STATE || r->kind == RECORD_ORDER ||
           r->kind == RECORD_CANCEL || r->kind == RECORD_AMEND || r->kind == RECORD_REPORT ||
           r->kind == RECORD_TRIAL;
}

static int record_apply(struct engine *e, struct record *r, struct err *err) {
    bool has_activation = record_is_of_activation(r) && r->activation != NO_ACTIVATION;
    struct activation *a = has_activation ? &e->activations[r->activation] : NULL;
    switch (r->kind) {
    case RECORD_SYMBOL:
        return apply_symbol(e, r, err);
    case RECORD_SCRIPT:
        return script_keep(e, &r->u.script.bundle, r->u.script.author, r->u.script.reason) != NULL
                   ? 0
                   : E_MEMORY;
    case RECORD_ACTIVATION:
        return activation_restore(e, &r->u.opened, err);
    case RECORD_STATUS:
        activation_set_status(e, r->activation, r->u.status.status, r->u.status.reason);
        return 0;
    case RECORD_SETTINGS:
        return apply_settings(e, r);
    case RECORD_DONE:
        return apply_done(e, r);
    case RECORD_FAULT:
        if (r->u.fault.timer != NULL) {
            timer_done(e, r->activation, r->u.fault.timer);
        }
        if (r->u.fault.kind == EVENT_START) {
            request_refused(e, r->activation, &r->u.fault.fault);
        }
        if (r->u.fault.is_counted) {
            faults_within_hour(e, a);
        }
        return 0;
    case RECORD_STATE:
        return activation_keep_state(a, r->u.state.state, r->u.state.length);
    case RECORD_ORDER:
        apply_order(e, r);
        return 0;
    case RECORD_CANCEL:
        wire_ask(e, r->activation);
        order_cancel(e, r->activation, r->u.change.sequence);
        return 0;
    case RECORD_AMEND:
        order_amended(e, r->activation, r);
        return 0;
    case RECORD_REPORT:
        engine_report(e, &r->u.report);
        return e->has_failed ? err_set(err, E_STATE, "a report that cannot be booked") : 0;
    case RECORD_BAR:
        if (r->u.bar.symbol >= e->symbol_count) {
            return err_set(err, E_DATA, "a bar of an unknown symbol");
        }
        engine_price(e, r->u.bar.symbol, r->u.bar.candle.close);
        e->symbols[r->u.bar.symbol].last_bar_ms = r->u.bar.candle.bar.time_ms;
        e->symbols[r->u.bar.symbol].mark = r->u.bar.candle.close;
        losses_see_bar(e, &r->u.bar.candle);
        return 0;
    case RECORD_KILL:
        kill_set(e, r->u.kill.scope, r->u.kill.id, r->u.kill.is_on);
        return 0;
    case RECORD_TRIAL:
        if (r->u.trial.is_rolled_back) {
            edit_restore_previous(a);
        } else {
            edit_trial_end(a);
        }
        return 0;
    case RECORD_ENGINE:
        apply_engine(e, r);
        return 0;
    case RECORD_ACCOUNT:
        return account_take(e, r, err);
    case RECORD_RECONCILED:
        return account_complete(e, r, err);
    case RECORD_REQUESTS:
        return requests_restore(e, r);
    case RECORD_LEVERAGE:
        return leverage_apply(e, r, err);
    case RECORD_ANEW:
        anew_begin(e, r->u.anew.count);
        return 0;
    case RECORD_HALT:
        return halt_apply(e, r, err);
    case RECORD_LOSS:
        return loss_apply(e, r, err);
    case RECORD_DAY:
        day_begin(e, r->u.day.day);
        return 0;
    case RECORD_BEGIN:
    case RECORD_AUDIT:
        return 0;
    }
    return err_set(err, E_DATA, "a record of an unknown kind");
}

/* --- all anew ------------------------------------------------------------------------------------
 */

static int recover_one(struct engine *e, const char *bytes, size_t length, struct err *err);

static int anew_apply(struct engine *e, struct err *err) {
    int code = 0;
    leverages_forget(e); /* only what waits is told again */
    for (size_t at = 0; at < e->anew.length && code == 0;) {
        uint32_t length;
        memcpy(&length, e->anew.data + at, sizeof length);
        at += sizeof length;
        code = recover_one(e, e->anew.data + at, length, err);
        at += length;
    }
    anew_begin(e, 0);
    return code;
}

static int anew_take(struct engine *e, const char *bytes, size_t length, struct err *err) {
    uint32_t size = (uint32_t)length;
    e->anew_left--;
    if (buffer_append(&e->anew, (const char *)&size, sizeof size) != 0 ||
        buffer_append(&e->anew, bytes, length) != 0) {
        return err_set(err, e->anew.code, "no memory for all that was written anew");
    }
    return e->anew_left == 0 ? anew_apply(e, err) : 0;
}

/* What was begun and not ended by a process that is gone. */
static void anew_drop(struct engine *e) {
    if (e->anew_left > 0) {
        struct record record = {.kind = RECORD_ANEW, .activation = UINT32_MAX};
        journal_write(e, &record);
    }
    anew_begin(e, 0);
}

int engine_recover(struct engine *e, const char *bytes, size_t length, struct err *err) {
    bool is_marker = length > 1 && bytes[1] == RECORD_ANEW;
    return e->anew_left > 0 && !is_marker ? anew_take(e, bytes, length, err)
                                          : recover_one(e, bytes, length, err);
}

static int recover_one(struct engine *e, const char *bytes, size_t length, struct err *err) {
    if (e->recovery_block == NULL) {
        e->recovery_block = malloc(RECOVERY_ARENA);
        if (e->recovery_block == NULL) {
            return err_set(err, E_MEMORY, "no memory for recovery");
        }
    }
    struct arena arena;
    struct record record;
    arena_init(&arena, e->recovery_block, RECOVERY_ARENA);
    int code = record_decode(bytes, length, &arena, &record, err);
    if (code != 0) {
        return code;
    }
    bool is_of_account = record.kind == RECORD_REPORT && record.activation == NO_ACTIVATION;
    if (record_is_of_activation(&record) && !is_of_account &&
        record.activation >= (uint32_t)e->activation_count) {
        return err_set(err, E_DATA, "a record of activation %u, which is not", record.activation);
    }
    e->number = record.number > e->number ? record.number : e->number;
    engine_set_time(e, record.now_ms);
    return record_apply(e, &record, err);
}

static int by_queue(const void *a, const void *b) {
    const struct order *const *x = a, *const *y = b;
    if ((*x)->queued != (*y)->queued) {
        return (*x)->queued < (*y)->queued ? -1 : 1;
    }
    return (*x)->sequence < (*y)->sequence ? -1 : (*x)->sequence > (*y)->sequence;
}

/* Live orders as the venue had them; those it never answered come last: they are handed over anew.
 */
static int orders_to_venue(
    struct engine *e,
    uint32_t index,
    void (*venue_order)(void *ctx, uint32_t account, struct order_key key, const struct order *o),
    void *ctx
) {
    struct activation *a = &e->activations[index];
    struct order **sorted = malloc(sizeof(struct order *) * (size_t)(a->order_count + 1));
    if (sorted == NULL) {
        return E_MEMORY;
    }
    memcpy(sorted, a->orders, sizeof(struct order *) * (size_t)a->order_count);
    for (int i = 0; i < a->order_count; i++) {
        if (sorted[i]->queued == 0) {
            sorted[i]->queued = UINT64_MAX;
        }
    }
    qsort(sorted, (size_t)a->order_count, sizeof sorted[0], by_queue);
    for (int i = 0; i < a->order_count; i++) {
        struct order_key key = {index, sorted[i]->sequence};
        if (sorted[i]->queued == UINT64_MAX) {
            sorted[i]->queued = 0;
        }
        venue_order(ctx, a->account, key, sorted[i]);
    }
    free(sorted);
    return 0;
}

/* The core and people may have asked to cancel what was not yet handed over. */
static void cancels_again(struct engine *e, uint32_t index) {
    struct activation *a = &e->activations[index];
    for (int i = 0; i < a->order_count; i++) {
        if (a->orders[i]->pending == PENDING_CANCEL) {
            a->orders[i]->pending = PENDING_NONE;
            wire_ask(e, index);
            order_cancel_by(e, index, a->orders[i]->sequence, "core");
        } else if (a->orders[i]->pending == PENDING_AMEND) {
            a->orders[i]->pending = PENDING_NONE;
        }
    }
}

/* The process before may have used, and shown, numbers beyond its last record: this one begins where
 * it never came to. */
static void numbers_begin(struct engine *e) {
    e->number = ((e->number >> PROCESS_NUMBERS_BITS) + 1) << PROCESS_NUMBERS_BITS;
}

bool activation_runs(const struct activation *a) {
    return a->bundle != NULL && a->status != ACTIVATION_STOPPED &&
           a->status != ACTIVATION_SUSPENDED;
}

int engine_recover_end(
    struct engine *e,
    void (*venue_order)(void *ctx, uint32_t account, struct order_key key, const struct order *o),
    void *ctx,
    struct err *err
) {
    e->is_recovering = false;
    e->quiet--;
    if (e->recovery_block != NULL) {
        numbers_begin(e);
    }
    free(e->recovery_block);
    e->recovery_block = NULL;
    anew_drop(e);
    losses_follow_day(e);
    for (int i = 0; i < e->symbol_count; i++) {
        int code = symbol_open_in_host(e, (uint16_t)i, err);
        if (code != 0) {
            return code;
        }
    }
    for (uint32_t i = 0; i < (uint32_t)e->account_count; i++) {
        if (!engine_is_in_doubt(e, i) && leverages_again(e, i) != 0) {
            return err_set(err, E_IO, "the leverages of account %u cannot be set", i);
        }
    }
    for (uint32_t i = 0; i < (uint32_t)e->activation_count; i++) {
        if (venue_order != NULL && orders_to_venue(e, i, venue_order, ctx) != 0) {
            return err_set(err, E_MEMORY, "no memory for recovery");
        }
        if (engine_is_in_doubt(e, e->activations[i].account)) {
            activation_hold(e, i);
            continue;
        }
        cancels_again(e, i);
        if (activation_runs(&e->activations[i])) {
            int code = activation_begin(e, i, READY_RESTARTED, err);
            if (code != 0) {
                return code;
            }
        }
    }
    return 0;
}

bool engine_last_bar(const struct engine *e, uint16_t symbol, int64_t *open_ms) {
    if (symbol >= e->symbol_count || e->symbols[symbol].last_bar_ms < 0) {
        return false;
    }
    *open_ms = e->symbols[symbol].last_bar_ms;
    return true;
}

/* --- snapshots
 * ------------------------------------------------------------------------------------ */

struct emission {
    struct engine *engine;
    void (*emit)(void *ctx, const char *bytes, size_t length);
    void *ctx;
};

static void emit_record(void *ctx, struct record *record) {
    struct emission *to = ctx;
    struct engine *e = to->engine;
    record->number = e->number;
    record->now_ms = e->now_ms;
    size_t length = record_encode(record, e->record_bytes, RECORD_BYTES_MAX);
    if (length > 0) {
        to->emit(to->ctx, e->record_bytes, length);
    }
}

static void snapshot_head(struct emission *to) {
    struct engine *e = to->engine;
    struct record day = {.kind = RECORD_DAY, .activation = UINT32_MAX};
    day.u.day.day = e->day;
    emit_record(to, &day);
    for (uint16_t i = 0; i < e->symbol_count; i++) {
        struct record record = {.kind = RECORD_SYMBOL, .activation = UINT32_MAX};
        record.u.symbol.symbol = i;
        record.u.symbol.instrument = e->symbols[i].instrument;
        record.u.symbol.finest_ms = e->symbols[i].finest_ms;
        emit_record(to, &record);
    }
    scripts_note_use(e);
    for (int i = 0; i < e->script_count; i++) {
        if (!e->scripts[i]->is_used) {
            continue;
        }
        struct record record = {.kind = RECORD_SCRIPT, .activation = UINT32_MAX};
        record.u.script.bundle = e->scripts[i]->bundle;
        record.u.script.owner = e->scripts[i]->owner;
        record.u.script.author = e->scripts[i]->author;
        record.u.script.reason = e->scripts[i]->reason;
        emit_record(to, &record);
    }
    for (int i = 0; i < e->kill_count; i++) {
        struct record record = {.kind = RECORD_KILL, .activation = UINT32_MAX};
        record.u.kill.scope = e->kills[i].scope;
        record.u.kill.id = e->kills[i].id;
        record.u.kill.is_on = true;
        emit_record(to, &record);
    }
}

static void snapshot_leverages(struct emission *to, uint32_t account) {
    struct engine *e = to->engine;
    for (uint16_t i = 0; i < e->symbol_count; i++) {
        struct record record = {.kind = RECORD_LEVERAGE, .activation = UINT32_MAX};
        leverage_describe(e, account, i, &record);
        if (record.u.leverage.wanted > 0) {
            emit_record(to, &record);
        }
    }
}

static void snapshot_bars(struct emission *to) {
    struct engine *e = to->engine;
    for (uint16_t i = 0; i < e->symbol_count; i++) {
        if (e->symbols[i].last_bar_ms < 0) {
            continue;
        }
        struct record bar = {.kind = RECORD_BAR, .activation = UINT32_MAX};
        bar.u.bar.symbol = i;
        bar.u.bar.candle.close = e->symbols[i].mark;
        bar.u.bar.candle.bar.time_ms = e->symbols[i].last_bar_ms;
        emit_record(to, &bar);
    }
}

/* Last prices come behind the marks, and what losses count from behind both, which move it. */
static void snapshot_tail(struct emission *to) {
    struct engine *e = to->engine;
    struct price last[256];
    int64_t last_ms[256];
    snapshot_bars(to);
    struct record record = {.kind = RECORD_ENGINE, .activation = UINT32_MAX};
    memcpy(record.u.engine.refusals, e->refusals, sizeof e->refusals);
    int count = e->symbol_count < 256 ? e->symbol_count : 256;
    for (int i = 0; i < count; i++) {
        last[i] = e->symbols[i].last;
        last_ms[i] = e->symbols[i].last_ms;
    }
    record.u.engine.last = last;
    record.u.engine.last_ms = last_ms;
    record.u.engine.symbol_count = count;
    emit_record(to, &record);
    losses_emit(e, emit_record, to);
    for (uint32_t i = 0; i < (uint32_t)e->account_count; i++) {
        struct record account = {.kind = RECORD_ACCOUNT, .activation = UINT32_MAX};
        if (!account_is_used(e, i, NO_ACTIVATION)) {
            continue; /* it is nobody's until it is another's */
        }
        account_describe(e, i, &account);
        emit_record(to, &account);
        snapshot_leverages(to, i);
    }
    requests_describe(e, emit_record, to);
}

bool engine_snapshot(
    struct engine *e,
    int *position,
    int count,
    void (*emit)(void *ctx, const char *bytes, size_t length),
    void *ctx
) {
    struct emission to = {e, emit, ctx};
    if (*position == 0) {
        snapshot_head(&to);
    }
    for (int n = 0; n < count && *position < e->activation_count; n++, (*position)++) {
        struct record record = {.kind = RECORD_ACTIVATION, .activation = (uint32_t)*position};
        CRASH_POINT(SNAPSHOT_BEFORE);
        activation_describe(e, (uint32_t)*position, &record.u.opened);
        CRASH_POINT(SNAPSHOT_AFTER);
        emit_record(&to, &record);
    }
    if (*position < e->activation_count) {
        return true;
    }
    snapshot_tail(&to);
    return false;
}
