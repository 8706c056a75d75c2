#include "base/json_write.h"
#include "store/projection_parts.h"

#include <math.h>
#include <string.h>

static const char *numbers_text(struct buffer *out, const struct ask_signal *signal) {
    struct json_writer json;
    buffer_clear(out);
    json_begin(&json, out);
    json_object(&json);
    for (int i = 0; i < signal->number_count; i++) {
        json_key(&json, signal->numbers[i].name);
        json_double(&json, signal->numbers[i].value);
    }
    json_close(&json);
    return json_end(&json) == 0 ? out->data : "{}";
}

static double number_find(const struct ask_signal *signal, const char *name) {
    for (int i = 0; i < signal->number_count; i++) {
        if (strcmp(signal->numbers[i].name, name) == 0) {
            return signal->numbers[i].value;
        }
    }
    return NAN;
}

static int signal_write(
    struct projection *p,
    const struct record *r,
    const struct who *who,
    const struct ask *ask,
    struct err *e
) {
    const struct ask_signal *s = &ask->u.signal;
    return database_run(
        p->database,
        "INSERT INTO strategy_signals (id, activation_id, user_id, strategy, symbol, timeframe,"
        " side, kind, accepted, reason, price, rsi, trend, details, time_ms) VALUES (?1, ?2, ?3, "
        "?4,"
        " ?5, (SELECT json_extract(params, '$.timeframe') FROM strategy_activations"
        "  WHERE activation_id = ?2), ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        VALUES(
            row_id(p), value_text(who->id), value_text(who->user), value_text(who->strategy),
            value_text(projection_symbol(p, ask->symbol)), value_text(s->side), value_text(s->kind),
            value_integer(s->is_accepted), value_text(s->reason), value_real(s->price),
            value_real(number_find(s, "rsi")), value_real(number_find(s, "trend")),
            value_text(numbers_text(&p->text, s)), value_integer(r->now_ms)
        ),
        e
    );
}

/* What a script has told, in its log or to the user. */
static int log_write(
    struct projection *p,
    const struct record *r,
    const struct who *who,
    const struct ask *ask,
    struct err *e
) {
    static const char *const levels[] = {"info", "warn", "error"};
    return database_run(
        p->database,
        "INSERT INTO strategy_logs (id, activation_id, user_id, level, is_notice, text, file, line,"
        " time_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        VALUES(
            row_id(p), value_text(who->id), value_text(who->user),
            value_text(levels[ask->u.log.level]), value_integer(ask->kind == ASK_NOTIFY),
            value_text(ask->u.log.text), value_text(ask->file), value_integer(ask->line),
            value_integer(r->now_ms)
        ),
        e
    );
}

static int
params_write(struct projection *p, const struct who *who, const struct done *done, struct err *e) {
    return database_run(
        p->database, "UPDATE strategy_activations SET params = ?2 WHERE activation_id = ?1",
        VALUES(
            value_text(who->id),
            value_text(settings_text(&p->text, done->params, done->param_count))
        ),
        e
    );
}

int done_write(struct projection *p, const struct record *r, const struct who *who, struct err *e) {
    const struct done *done = &r->u.done.done;
    int code = database_run(
        p->database, "UPDATE strategy_activations SET last_event_ms = ?2 WHERE activation_id = ?1",
        VALUES(value_text(who->id), value_integer(r->now_ms)), e
    );
    if (code == 0 && (r->u.done.kind == EVENT_START || done->param_count > 0)) {
        code = params_write(p, who, done, e);
    }
    if (code == 0 && r->u.done.kind == EVENT_EDIT) {
        code = version_write(p, who, r->u.done.script_hash, e);
    }
    code = code != 0 ? code : state_write(p, who, done->state, done->state_length, r->now_ms, e);
    for (int i = 0; code == 0 && i < done->ask_count; i++) {
        const struct ask *ask = &done->asks[i];
        if (ask->kind == ASK_SIGNAL) {
            code = signal_write(p, r, who, ask, e);
        } else if (ask->kind == ASK_LOG || ask->kind == ASK_NOTIFY) {
            code = log_write(p, r, who, ask, e);
        } else if (ask->kind == ASK_FINISH) {
            code = status_write(p, who, ACTIVATION_STOPPING, ask->u.finish, e);
        }
    }
    return code != 0 ? code : orders_apply_done(p, r, e);
}
