#include "engine/record.h"

#include "script/message_codec.h"

#include <limits.h>

static const char *const kind_names[] = {
    [RECORD_BEGIN] = "begin",   [RECORD_SYMBOL] = "symbol",
    [RECORD_SCRIPT] = "script", [RECORD_ACTIVATION] = "activation",
    [RECORD_STATUS] = "status", [RECORD_SETTINGS] = "settings",
    [RECORD_DONE] = "done",     [RECORD_FAULT] = "fault",
    [RECORD_STATE] = "state",   [RECORD_ORDER] = "order",
    [RECORD_CANCEL] = "cancel", [RECORD_AMEND] = "amend",
    [RECORD_REPORT] = "report", [RECORD_BAR] = "bar",
    [RECORD_KILL] = "kill",     [RECORD_HALT] = "halt",
    [RECORD_AUDIT] = "audit",   [RECORD_ENGINE] = "engine",
    [RECORD_ACCOUNT] = "account", [RECORD_ANEW] = "anew",
    [RECORD_RECONCILED] = "reconciled", [RECORD_REQUESTS] = "requests",
    [RECORD_LEVERAGE] = "leverage", [RECORD_TRIAL] = "trial",
    [RECORD_DAY] = "day",       [RECORD_LOSS] = "loss",
};

const char *record_kind_name(enum record_kind kind) {
    size_t count = sizeof kind_names / sizeof kind_names[0];
    return (size_t)kind < count && kind_names[kind] != NULL ? kind_names[kind] : "?";
}

/* A code of the error table, 0 included. */
static void codec_code(struct codec *c, int *code) {
    codec_int(c, code, 1 - (int)E_INDEX_COUNT, 0);
}

/* A text that is never NULL. */
static void codec_word(struct codec *c, const char **text) {
    const char *empty = "";
    codec_text(c, c->is_writing && *text == NULL ? &empty : text);
    if (!c->is_writing && c->code == 0 && *text == NULL) {
        codec_fail(c, E_DATA);
    }
}

static void codec_outcome(struct codec *c, struct ask_outcome *o) {
    codec_bool(c, &o->is_refused);
    codec_code(c, &o->code);
    codec_chars(c, o->message, sizeof o->message);
    struct risk_figure *figures = codec_array(c, o->figures, &o->figure_count, sizeof *o->figures);
    for (int i = 0; i < o->figure_count && c->code == 0; i++) {
        CODEC_ENUM(c, &figures[i].check, RISK_CHECK_COUNT - 1);
        codec_bool(c, &figures[i].passed);
        codec_bool(c, &figures[i].exempt);
        codec_decimal(c, &figures[i].value);
        codec_decimal(c, &figures[i].limit);
    }
    if (!c->is_writing) {
        o->figures = figures;
    }
}

static void codec_record_done(struct codec *c, struct record *r) {
    CODEC_ENUM(c, &r->u.done.kind, EVENT_KIND_COUNT - 1);
    codec_u64(c, &r->u.done.event_number);
    codec_text(c, &r->u.done.timer);
    codec_done(c, &r->u.done.done);
    int count = r->u.done.done.ask_count;
    struct ask_outcome *outcomes =
        codec_array(c, r->u.done.outcomes, &count, sizeof *r->u.done.outcomes);
    if (c->code == 0 && count != r->u.done.done.ask_count) {
        codec_fail(c, E_DATA);
    }
    for (int i = 0; i < count && c->code == 0; i++) {
        codec_outcome(c, &outcomes[i]);
    }
    if (!c->is_writing) {
        r->u.done.outcomes = outcomes;
    }
    if (c->code == 0 && r->u.done.kind == EVENT_EDIT) {
        codec_u64(c, &r->u.done.script_hash);
        codec_word(c, &r->u.done.who);
    }
}

static void codec_report(struct codec *c, struct venue_report *v) {
    codec_u32(c, &v->account);
    codec_u32(c, &v->key.activation);
    codec_u64(c, &v->key.sequence);
    CODEC_ENUM(c, &v->event.kind, ORDER_EVENT_UNKNOWN);
    codec_i64(c, &v->event.time_ms);
    codec_fill(c, &v->event.fill);
    codec_bool(c, &v->event.is_final);
    codec_decimal(c, &v->event.price.d);
    codec_decimal(c, &v->event.stop.d);
    codec_decimal(c, &v->event.quantity.d);
    codec_code(c, &v->event.code);
    codec_text(c, &v->event.message);
    codec_u16(c, &v->symbol);
    CODEC_ENUM(c, &v->side, ORDER_SELL);
    CODEC_ENUM(c, &v->position_side, POSITION_SHORT);
    codec_text(c, &v->reason);
    codec_u64(c, &v->fill_id);
    codec_u64(c, &v->update);
    codec_i64(c, &v->first_bar_ms);
}

static void codec_request_key(struct codec *c, struct request_key *k) {
    codec_bool(c, &k->is_given);
    if (!k->is_given) {
        return;
    }
    codec_u64(c, &k->user);
    codec_u64(c, &k->high);
    codec_u64(c, &k->low);
    codec_u64(c, &k->content);
    codec_u16(c, &k->item);
    codec_i64(c, &k->wall_ms);
}

static void codec_requests(struct codec *c, struct record *r) {
    codec_bool(c, &r->u.requests.is_first);
    struct request_made *made =
        codec_array(c, r->u.requests.made, &r->u.requests.count, sizeof *made);
    for (int i = 0; i < r->u.requests.count && c->code == 0; i++) {
        codec_request_key(c, &made[i].key);
        codec_u32(c, &made[i].activation);
        codec_chars(c, made[i].activation_id, sizeof made[i].activation_id);
        codec_bool(c, &made[i].is_order);
        if (made[i].is_order) {
            codec_order(c, &made[i].order);
        }
        codec_code(c, &made[i].code);
        codec_chars(c, made[i].message, sizeof made[i].message);
    }
    if (!c->is_writing) {
        r->u.requests.made = made;
    }
}

/* --- activations
 * ---------------------------------------------------------------------------------- */

static void codec_timers(struct codec *c, struct record_activation *a) {
    struct record_timer *all = codec_array(c, a->timers, &a->timer_count, sizeof *all);
    for (int i = 0; i < a->timer_count && c->code == 0; i++) {
        codec_chars(c, all[i].name, sizeof all[i].name);
        codec_i64(c, &all[i].at_ms);
        codec_i64(c, &all[i].every_ms);
    }
    if (!c->is_writing) {
        a->timers = all;
    }
    if (c->code == 0 && a->timer_count > ACTIVATION_TIMERS_MAX) {
        codec_fail(c, E_DATA);
    }
}

static void codec_account(struct codec *c, struct record_activation *a) {
    codec_decimal(c, &a->ledger.start.d);
    codec_decimal(c, &a->ledger.realized.d);
    codec_decimal(c, &a->ledger.fees.d);
    codec_decimal(c, &a->ledger.funding.d);
    codec_decimal(c, &a->ledger.balance.d);
    int *leverage = codec_array(c, a->leverage, &a->leverage_count, sizeof *leverage);
    for (int i = 0; i < a->leverage_count && c->code == 0; i++) {
        codec_int(c, &leverage[i], 1, INT_MAX);
    }
    if (!c->is_writing) {
        a->leverage = leverage;
    }
}

static void codec_opened(struct codec *c, struct record_activation *a) {
    codec_u32(c, &a->activation);
    codec_chars(c, a->id, sizeof a->id);
    codec_word(c, &a->user);
    codec_word(c, &a->script_name);
    codec_word(c, &a->reason);
    codec_u64(c, &a->script_hash);
    codec_settings(c, &a->settings, &a->setting_count);
    codec_settings(c, &a->params, &a->param_count);
    codec_word(c, &a->currency);
    codec_bool(c, &a->is_hedge);
    codec_bool(c, &a->is_isolated);
    codec_bool(c, &a->is_manual);
    codec_bool(c, &a->keeps_slot);
    codec_bool(c, &a->is_pinned);
    codec_bool(c, &a->has_started);
    codec_bool(c, &a->opens_account);
    codec_request_key(c, &a->request);
    codec_u32(c, &a->account);
    codec_u64(c, &a->seed);
    CODEC_ENUM(c, &a->on_suspend, SUSPEND_FLATTEN);
    CODEC_ENUM(c, &a->status, ACTIVATION_SUSPENDED);
    codec_i64(c, &a->started_ms);
    codec_i64(c, &a->last_event_ms);
    codec_u64(c, &a->previous_hash);
    codec_blob(c, &a->previous_state, &a->previous_state_length);
    codec_u64(c, &a->order_sequence);
    codec_u64(c, &a->core_sequence);
    codec_u64(c, &a->orders_asked);
    codec_u64(c, &a->orders_sent);
    codec_u64(c, &a->order_first);
    codec_u64(c, &a->core_first);
    codec_int(c, &a->fault_count, 0, INT_MAX);
    for (int i = 0; i < ACTIVATION_FAULTS_KEPT; i++) {
        codec_i64(c, &a->fault_times_ms[i]);
    }
    codec_blob(c, &a->state, &a->state_length);
    codec_order_list(c, &a->orders, &a->order_count);
    codec_position_list(c, &a->positions, &a->position_count);
    codec_timers(c, a);
    codec_account(c, a);
}

static void codec_engine(struct codec *c, struct record *r) {
    for (int i = 0; i < RISK_CHECK_COUNT; i++) {
        codec_u64(c, &r->u.engine.refusals[i]);
    }
    int count = r->u.engine.symbol_count;
    struct price *last = codec_array(c, r->u.engine.last, &count, sizeof *last);
    int64_t *last_ms = codec_array(c, r->u.engine.last_ms, &count, sizeof *last_ms);
    for (int i = 0; i < count && c->code == 0; i++) {
        codec_decimal(c, &last[i].d);
        codec_i64(c, &last_ms[i]);
    }
    if (!c->is_writing) {
        r->u.engine.last = last;
        r->u.engine.last_ms = last_ms;
        r->u.engine.symbol_count = count;
    }
}

static void codec_outside(struct codec *c, struct record *r) {
    codec_u32(c, &r->u.account.account);
    codec_position_list(c, &r->u.account.outside, &r->u.account.outside_count);
    struct record_fill_id *ids =
        codec_array(c, r->u.account.fill_ids, &r->u.account.fill_id_count, sizeof *ids);
    for (int i = 0; i < r->u.account.fill_id_count && c->code == 0; i++) {
        codec_u64(c, &ids[i].id);
        codec_i64(c, &ids[i].time_ms);
        codec_u16(c, &ids[i].symbol);
    }
    if (!c->is_writing) {
        r->u.account.fill_ids = ids;
    }
    codec_i64(c, &r->u.account.complete_ms);
}

static void codec_halt(struct codec *c, struct record *r) {
    CODEC_ENUM(c, &r->u.halt.which, LOSS_LIMIT_COUNT - 1);
    codec_u32(c, &r->u.halt.account);
    codec_word(c, &r->u.halt.user);
    codec_word(c, &r->u.halt.currency);
    codec_bool(c, &r->u.halt.is_on);
    codec_decimal(c, &r->u.halt.value);
    codec_decimal(c, &r->u.halt.limit);
    codec_decimal(c, &r->u.halt.from.d);
    codec_word(c, &r->u.halt.who);
}

static void codec_candle(struct codec *c, struct candle *candle) {
    codec_decimal(c, &candle->open.d);
    codec_decimal(c, &candle->high.d);
    codec_decimal(c, &candle->low.d);
    codec_decimal(c, &candle->close.d);
    codec_bar(c, &candle->bar);
}

/* --- all
 * ------------------------------------------------------------------------------------------ */

static void codec_payload(struct codec *c, struct record *r) {
    switch (r->kind) {
    case RECORD_BEGIN:
        codec_word(c, &r->u.begin.program);
        codec_i64(c, &r->u.begin.wall_ms);
        break;
    case RECORD_SYMBOL:
        codec_u16(c, &r->u.symbol.symbol);
        codec_instrument(c, &r->u.symbol.instrument);
        codec_i64(c, &r->u.symbol.finest_ms);
        break;
    case RECORD_SCRIPT:
        codec_bundle(c, &r->u.script.bundle);
        codec_word(c, &r->u.script.owner);
        codec_word(c, &r->u.script.author);
        codec_word(c, &r->u.script.reason);
        break;
    case RECORD_ACTIVATION:
        codec_opened(c, &r->u.opened);
        break;
    case RECORD_STATUS:
        CODEC_ENUM(c, &r->u.status.status, ACTIVATION_SUSPENDED);
        codec_word(c, &r->u.status.reason);
        break;
    case RECORD_SETTINGS:
        codec_settings(c, &r->u.settings.settings, &r->u.settings.setting_count);
        codec_u64(c, &r->u.settings.script_hash);
        break;
    case RECORD_DONE:
        codec_record_done(c, r);
        break;
    case RECORD_FAULT:
        CODEC_ENUM(c, &r->u.fault.kind, EVENT_KIND_COUNT - 1);
        codec_u64(c, &r->u.fault.event_number);
        codec_text(c, &r->u.fault.timer);
        codec_fault(c, &r->u.fault.fault);
        codec_bool(c, &r->u.fault.is_counted);
        break;
    case RECORD_STATE:
        codec_blob(c, &r->u.state.state, &r->u.state.length);
        break;
    case RECORD_ORDER:
        codec_u64(c, &r->u.order.sequence);
        codec_request(c, &r->u.order.request);
        codec_outcome(c, &r->u.order.outcome);
        codec_word(c, &r->u.order.who);
        codec_request_key(c, &r->u.order.request_key);
        break;
    case RECORD_CANCEL:
    case RECORD_AMEND:
        codec_u64(c, &r->u.change.sequence);
        codec_request(c, &r->u.change.request);
        codec_outcome(c, &r->u.change.outcome);
        codec_word(c, &r->u.change.who);
        break;
    case RECORD_REPORT:
        codec_report(c, &r->u.report);
        break;
    case RECORD_BAR:
        codec_u16(c, &r->u.bar.symbol);
        codec_candle(c, &r->u.bar.candle);
        break;
    case RECORD_KILL:
        CODEC_ENUM(c, &r->u.kill.scope, KILL_ACTIVATION);
        codec_word(c, &r->u.kill.id);
        codec_bool(c, &r->u.kill.is_on);
        codec_word(c, &r->u.kill.who);
        codec_word(c, &r->u.kill.reason);
        break;
    case RECORD_HALT:
        codec_halt(c, r);
        break;
    case RECORD_DAY:
        codec_i64(c, &r->u.day.day);
        break;
    case RECORD_LOSS:
        codec_u32(c, &r->u.loss.account);
        codec_word(c, &r->u.loss.user);
        codec_word(c, &r->u.loss.currency);
        codec_decimal(c, &r->u.loss.peak.d);
        codec_decimal(c, &r->u.loss.day_start.d);
        break;
    case RECORD_AUDIT:
        codec_word(c, &r->u.audit.who);
        codec_word(c, &r->u.audit.what);
        codec_word(c, &r->u.audit.before);
        codec_word(c, &r->u.audit.after);
        break;
    case RECORD_ENGINE:
        codec_engine(c, r);
        break;
    case RECORD_ACCOUNT:
        codec_outside(c, r);
        break;
    case RECORD_RECONCILED:
        codec_u32(c, &r->u.account.account);
        codec_i64(c, &r->u.account.complete_ms);
        break;
    case RECORD_TRIAL:
        codec_bool(c, &r->u.trial.is_rolled_back);
        codec_word(c, &r->u.trial.reason);
        codec_u64(c, &r->u.trial.script_hash);
        codec_blob(c, &r->u.trial.state, &r->u.trial.state_length);
        break;
    case RECORD_ANEW:
        codec_u32(c, &r->u.anew.count);
        break;
    case RECORD_REQUESTS:
        codec_requests(c, r);
        break;
    case RECORD_LEVERAGE:
        codec_u32(c, &r->u.leverage.account);
        codec_u16(c, &r->u.leverage.symbol);
        codec_int(c, &r->u.leverage.known, 1, INT_MAX);
        codec_int(c, &r->u.leverage.wanted, 0, INT_MAX);
        codec_code(c, &r->u.leverage.code);
        break;
    default:
        codec_fail(c, E_DATA);
        break;
    }
}

static void codec_record(struct codec *c, struct record *r) {
    uint8_t version = RECORD_VERSION;
    uint8_t kind = (uint8_t)r->kind;
    codec_u8(c, &version);
    if (c->code == 0 && version != RECORD_VERSION) {
        codec_fail(c, E_VERSION);
    }
    codec_u8(c, &kind);
    r->kind = (enum record_kind)kind;
    codec_u64(c, &r->number);
    codec_i64(c, &r->now_ms);
    codec_u32(c, &r->activation);
    if (c->code == 0) {
        codec_payload(c, r);
    }
}

size_t record_encode(const struct record *record, char *bytes, size_t capacity) {
    struct codec c = {.is_writing = true, .out = bytes, .length = capacity};
    codec_record(&c, (struct record *)(uintptr_t)record);
    return c.code == 0 ? c.position : 0;
}

int record_decode(
    const char *bytes, size_t length, struct arena *arena, struct record *out, struct err *e
) {
    struct codec c = {.in = bytes, .length = length, .arena = arena};
    memset(out, 0, sizeof *out);
    codec_record(&c, out);
    if (c.code == 0 && c.position != length) {
        codec_fail(&c, E_DATA);
    }
    return c.code == 0 ? 0 : err_set(e, c.code, "a record of %zu bytes cannot be read", length);
}

static bool ask_needs_sync(const struct ask *ask, const struct ask_outcome *outcome) {
    bool is_sent =
        ask->kind == ASK_PLACE || ask->kind == ASK_AMEND || ask->kind == ASK_LEVERAGE;
    return is_sent && !outcome->is_refused;
}

bool record_needs_sync(const struct record *record) {
    switch (record->kind) {
    case RECORD_ORDER:
        return !record->u.order.outcome.is_refused;
    case RECORD_AMEND:
        return !record->u.change.outcome.is_refused;
    case RECORD_DONE:
        for (int i = 0; i < record->u.done.done.ask_count; i++) {
            if (ask_needs_sync(&record->u.done.done.asks[i], &record->u.done.outcomes[i])) {
                return true;
            }
        }
        return false;
    default:
        return false;
    }
}
