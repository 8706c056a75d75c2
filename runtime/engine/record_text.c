/* record_text: a record as a line for a person. */
#include "engine/record.h"

#include "market/timeframe.h"

static void put_decimal(struct buffer *out, const char *name, struct decimal d) {
    char text[DECIMAL_TEXT_MAX];
    decimal_format(d, text);
    buffer_appendf(out, " %s=%s", name, text);
}

static void put_request(struct buffer *out, const struct order_request *r) {
    buffer_appendf(
        out, " %s %s symbol=%u", order_side_name(r->side), order_type_name(r->type), r->symbol
    );
    put_decimal(out, "quantity", r->quantity.d);
    if (r->price.d.v != 0) {
        put_decimal(out, "price", r->price.d);
    }
    if (r->stop.d.v != 0) {
        put_decimal(out, "stop", r->stop.d);
    }
    buffer_appendf(
        out, "%s%s reason=%s", r->reduce_only ? " reduce_only" : "",
        r->is_whole_position ? " whole_position" : "", r->reason
    );
}

static void put_outcome(struct buffer *out, const struct ask_outcome *o, bool all) {
    if (o->is_refused) {
        buffer_appendf(out, " refused=%s", err_name(o->code));
    }
    for (int i = 0; all && i < o->figure_count; i++) {
        const struct risk_figure *f = &o->figures[i];
        buffer_appendf(out, "\n      %-20s %s", risk_check_name(f->check), f->passed ? "ok" : "NO");
        put_decimal(out, "found", f->value);
        put_decimal(out, "limit", f->limit);
    }
}

static void
put_ask(struct buffer *out, const struct ask *ask, const struct ask_outcome *outcome, bool all) {
    static const char *const names[] = {"place",  "cancel",       "amend",  "leverage",
                                        "margin", "timer",        "untime", "signal",
                                        "log",    "notification", "finish"};
    buffer_appendf(out, "\n    %s", names[ask->kind]);
    if (ask->file != NULL) {
        buffer_appendf(out, " %s:%d", ask->file, ask->line);
    }
    switch (ask->kind) {
    case ASK_PLACE:
        buffer_appendf(out, " #%llu", (unsigned long long)ask->sequence);
        put_request(out, &ask->u.request);
        break;
    case ASK_CANCEL:
    case ASK_AMEND:
        buffer_appendf(out, " #%llu", (unsigned long long)ask->sequence);
        break;
    case ASK_SIGNAL:
        buffer_appendf(
            out, " %s %s accepted=%d reason=%s", ask->u.signal.side, ask->u.signal.kind,
            ask->u.signal.is_accepted, ask->u.signal.reason
        );
        break;
    case ASK_LOG:
    case ASK_NOTIFY:
        buffer_appendf(out, " %s", ask->u.log.text);
        break;
    case ASK_LEVERAGE:
        buffer_appendf(out, " %d", ask->u.leverage);
        break;
    case ASK_TIMER:
    case ASK_TIMER_CANCEL:
        buffer_appendf(out, " %s", ask->u.timer.name);
        break;
    case ASK_FINISH:
        buffer_appendf(out, " %s", ask->u.finish);
        break;
    case ASK_MARGIN_MODE:
        break;
    }
    put_outcome(out, outcome, all);
}

static void put_done(struct buffer *out, const struct record *r, bool all) {
    static const char *const events[EVENT_KIND_COUNT] = {
        "start", "ready", "candle", "ticker", "fill", "order", "timer", "params", "command", "stop",
        "edit",
    };
    const struct done *done = &r->u.done.done;
    buffer_appendf(
        out, " %s event=%llu asks=%d state=%zu bytes", events[r->u.done.kind],
        (unsigned long long)r->u.done.event_number, done->ask_count, done->state_length
    );
    if (r->u.done.kind == EVENT_EDIT) {
        buffer_appendf(
            out, " hash=%016llx by=%s", (unsigned long long)r->u.done.script_hash, r->u.done.who
        );
    }
    for (int i = 0; i < done->ask_count; i++) {
        put_ask(out, &done->asks[i], &r->u.done.outcomes[i], all);
    }
}

static void put_report(struct buffer *out, const struct venue_report *v) {
    static const char *const kinds[] = {
        "accepted", "fill",          "canceled",       "rejected", "expired",
        "amended",  "amend_refused", "cancel_refused", "unknown",
    };
    buffer_appendf(out, " %s #%llu", kinds[v->event.kind], (unsigned long long)v->key.sequence);
    if (v->event.kind == ORDER_EVENT_FILL) {
        put_decimal(out, "quantity", v->event.fill.quantity.d);
        put_decimal(out, "price", v->event.fill.price.d);
        put_decimal(out, "fee", v->event.fill.fee.d);
    }
    if (v->event.code != 0) {
        buffer_appendf(out, " code=%s", err_name(v->event.code));
    }
}

static void put_whose(struct buffer *out, uint32_t account, const char *user) {
    if (account != UINT32_MAX) {
        buffer_appendf(out, " account=%u", account);
    } else {
        buffer_appendf(out, " user=%s", user);
    }
}

static void put_halt(struct buffer *out, const struct record *r) {
    bool is_user = r->u.halt.account == UINT32_MAX;
    buffer_appendf(
        out, " %s %s", risk_check_name(risk_check_of_loss(is_user, r->u.halt.which)),
        r->u.halt.is_on ? "on" : "off"
    );
    put_whose(out, r->u.halt.account, r->u.halt.user);
    put_decimal(out, "found", r->u.halt.value);
    put_decimal(out, "limit", r->u.halt.limit);
    put_decimal(out, "from", r->u.halt.from.d);
    buffer_appendf(out, " by=%s", r->u.halt.who);
}

static void put_payload(const struct record *r, bool all, struct buffer *out) {
    switch (r->kind) {
    case RECORD_BEGIN:
        buffer_appendf(out, " program=%s", r->u.begin.program);
        break;
    case RECORD_SYMBOL:
        buffer_appendf(
            out, " %u %s %s", r->u.symbol.symbol, r->u.symbol.instrument.symbol,
            timeframe_name(r->u.symbol.finest_ms)
        );
        break;
    case RECORD_SCRIPT:
        buffer_appendf(
            out, " %s hash=%016llx files=%d by=%s", r->u.script.bundle.name,
            (unsigned long long)r->u.script.bundle.hash, r->u.script.bundle.count,
            r->u.script.author
        );
        break;
    case RECORD_ACTIVATION:
        buffer_appendf(
            out, " %s user=%s script=%s orders=%d positions=%d timers=%d", r->u.opened.id,
            r->u.opened.user, r->u.opened.script_name, r->u.opened.order_count,
            r->u.opened.position_count, r->u.opened.timer_count
        );
        put_decimal(out, "balance", r->u.opened.ledger.balance.d);
        break;
    case RECORD_STATUS:
        buffer_appendf(
            out, " %s: %s", activation_status_name(r->u.status.status), r->u.status.reason
        );
        break;
    case RECORD_SETTINGS:
        for (int i = 0; i < r->u.settings.setting_count; i++) {
            buffer_appendf(
                out, " %s=%s", r->u.settings.settings[i].name, r->u.settings.settings[i].text
            );
        }
        break;
    case RECORD_DONE:
        put_done(out, r, all);
        break;
    case RECORD_FAULT:
        buffer_appendf(out, " %s: %s", err_name(r->u.fault.fault.code), r->u.fault.fault.text);
        break;
    case RECORD_STATE:
        buffer_appendf(out, " %zu bytes", r->u.state.length);
        break;
    case RECORD_ORDER:
        buffer_appendf(out, " by=%s", r->u.order.who);
        put_request(out, &r->u.order.request);
        put_outcome(out, &r->u.order.outcome, all);
        break;
    case RECORD_CANCEL:
    case RECORD_AMEND:
        buffer_appendf(
            out, " #%llu by=%s", (unsigned long long)r->u.change.sequence, r->u.change.who
        );
        put_outcome(out, &r->u.change.outcome, all);
        break;
    case RECORD_REPORT:
        put_report(out, &r->u.report);
        break;
    case RECORD_BAR:
        buffer_appendf(out, " symbol=%u", r->u.bar.symbol);
        put_decimal(out, "close", r->u.bar.candle.close.d);
        break;
    case RECORD_KILL:
        buffer_appendf(
            out, " %s scope=%d id=%s by=%s: %s", r->u.kill.is_on ? "on" : "off", r->u.kill.scope,
            r->u.kill.id, r->u.kill.who, r->u.kill.reason
        );
        break;
    case RECORD_HALT:
        put_halt(out, r);
        break;
    case RECORD_DAY:
        buffer_appendf(out, " %lld", (long long)r->u.day.day);
        break;
    case RECORD_LOSS:
        put_whose(out, r->u.loss.account, r->u.loss.user);
        put_decimal(out, "peak", r->u.loss.peak.d);
        put_decimal(out, "day_start", r->u.loss.day_start.d);
        break;
    case RECORD_AUDIT:
        buffer_appendf(
            out, " %s: %s (%s -> %s)", r->u.audit.who, r->u.audit.what, r->u.audit.before,
            r->u.audit.after
        );
        break;
    case RECORD_ENGINE:
        buffer_appendf(out, " symbols=%d", r->u.engine.symbol_count);
        break;
    case RECORD_RECONCILED:
        buffer_appendf(
            out, " account=%u fills to %lld", r->u.account.account,
            (long long)r->u.account.complete_ms
        );
        break;
    case RECORD_REQUESTS:
        buffer_appendf(out, " keys=%d", r->u.requests.count);
        break;
    case RECORD_LEVERAGE:
        buffer_appendf(
            out, " account=%u symbol=%u is %d", r->u.leverage.account, r->u.leverage.symbol,
            r->u.leverage.known
        );
        if (r->u.leverage.wanted > 0) {
            buffer_appendf(out, " wanted=%d", r->u.leverage.wanted);
        }
        if (r->u.leverage.code != 0) {
            buffer_appendf(out, " refused=%s", err_name(r->u.leverage.code));
        }
        break;
    case RECORD_TRIAL:
        buffer_appendf(
            out, " %s hash=%016llx%s%s", r->u.trial.is_rolled_back ? "rolled back" : "over",
            (unsigned long long)r->u.trial.script_hash, r->u.trial.is_rolled_back ? ": " : "",
            r->u.trial.reason
        );
        break;
    case RECORD_ANEW:
        buffer_appendf(out, " records=%u", r->u.anew.count);
        break;
    case RECORD_ACCOUNT:
        buffer_appendf(
            out, " account=%u outside=%d fills=%d", r->u.account.account,
            r->u.account.outside_count, r->u.account.fill_id_count
        );
        break;
    }
}

void record_format(const struct record *record, bool all, struct buffer *out) {
    buffer_appendf(
        out, "%lld %llu %s", (long long)record->now_ms, (unsigned long long)record->number,
        record_kind_name(record->kind)
    );
    if (record->activation != UINT32_MAX) {
        buffer_appendf(out, " a%u", record->activation);
    }
    put_payload(record, all, out);
}
