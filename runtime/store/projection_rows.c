#include "base/json_write.h"
#include "store/projection_parts.h"
#include "store/state_text.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* --- documents -----------------------------------------------------------------------------------
 */

const char *settings_text(struct buffer *out, const struct setting *settings, int count) {
    struct json_writer json;
    buffer_clear(out);
    json_begin(&json, out);
    json_object(&json);
    for (int i = 0; i < count; i++) {
        json_key(&json, settings[i].name);
        json_string(&json, settings[i].text);
    }
    json_close(&json);
    return json_end(&json) == 0 ? out->data : "{}";
}

static const char *files_text(struct buffer *out, const struct script_bundle *bundle) {
    struct json_writer json;
    buffer_clear(out);
    json_begin(&json, out);
    json_array(&json);
    for (int i = 0; i < bundle->count; i++) {
        json_object(&json);
        json_key(&json, "path");
        json_string(&json, bundle->files[i].path);
        json_key(&json, "text");
        json_string_of(&json, bundle->files[i].text, bundle->files[i].length);
        json_close(&json);
    }
    json_close(&json);
    return json_end(&json) == 0 ? out->data : "[]";
}

static void hash_text(uint64_t hash, char text[17]) {
    snprintf(text, 17, "%016llx", (unsigned long long)hash);
}

/* --- market --------------------------------------------------------------------------------------
 */

static int symbol_apply(struct projection *p, const struct record *r, struct err *e) {
    const struct instrument *i = &r->u.symbol.instrument;
    int code = projection_keep_symbol(p, r->u.symbol.symbol, i->symbol, e);
    if (code != 0) {
        return code;
    }
    return database_run(
        p->database,
        "INSERT OR REPLACE INTO market_symbols (symbol_index, exchange, symbol, base, quote, kind,"
        " tick, lot, min_quantity, max_leverage, finest_ms)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        VALUES(
            value_integer(r->u.symbol.symbol), value_text(p->options.exchange),
            value_text(i->symbol), value_text(i->base), value_text(i->quote),
            value_text(i->kind == INSTRUMENT_SPOT ? "spot" : "perpetual"), value_decimal(i->tick.d),
            value_decimal(i->lot.d), value_decimal(i->min_quantity.d),
            value_integer(i->max_leverage), value_integer(r->u.symbol.finest_ms)
        ),
        e
    );
}

static int bar_apply(struct projection *p, const struct record *r, struct err *e) {
    const struct candle *c = &r->u.bar.candle;
    if (p->is_snapshot || p->is_anew) {
        return 0; /* it keeps the last price only */
    }
    return database_run(
        p->database,
        "INSERT OR REPLACE INTO market_candles (exchange, symbol, timeframe_ms, open_ms, open, "
        "high,"
        " low, close, volume) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        VALUES(
            value_text(p->options.exchange), value_text(projection_symbol(p, r->u.bar.symbol)),
            value_integer(c->bar.close_ms - c->bar.time_ms), value_integer(c->bar.time_ms),
            value_decimal(c->open.d), value_decimal(c->high.d), value_decimal(c->low.d),
            value_decimal(c->close.d), value_real(c->bar.volume)
        ),
        e
    );
}

/* --- scripts and activations ---------------------------------------------------------------------
 */

static int script_apply(struct projection *p, const struct record *r, struct err *e) {
    char hash[17];
    hash_text(r->u.script.bundle.hash, hash);
    return database_run(
        p->database,
        "INSERT INTO scripts_versions (id, owner, name, hash, author, reason, files, created_ms)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (owner, name, hash) DO NOTHING",
        VALUES(
            row_id(p), value_text(r->u.script.owner), value_text(r->u.script.bundle.name),
            value_text(hash), value_text(r->u.script.author), value_text(r->u.script.reason),
            value_text(files_text(&p->text, &r->u.script.bundle)), value_integer(r->now_ms)
        ),
        e
    );
}

int state_write(
    struct projection *p,
    const struct who *who,
    const char *state,
    size_t length,
    int64_t now_ms,
    struct err *e
) {
    if (state == NULL || p->is_identity_only) {
        return 0;
    }
    buffer_clear(&p->text);
    bool is_text = length > 0 && state_text(state, length, &p->text) == 0;
    return database_run(
        p->database,
        "INSERT OR REPLACE INTO strategy_state (activation_id, user_id, strategy, state, bytes,"
        " updated_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        VALUES(
            value_text(who->id), value_text(who->user), value_text(who->strategy),
            value_text(is_text ? p->text.data : NULL), value_blob(state, length),
            value_integer(now_ms)
        ),
        e
    );
}

static const char activation_sql[] =
    "INSERT INTO strategy_activations (id, activation_id, activation_index, user_id, account_id,"
    " strategy, version, is_manual, is_hedge, status, status_reason, settings, params, faults,"
    " started_ms, last_event_ms, order_first, core_first)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)"
    " ON CONFLICT (activation_id) DO UPDATE SET activation_index = ?3, version = ?7, status = ?10,"
    " status_reason = ?11, settings = ?12, params = ?13, faults = ?14, last_event_ms = ?16";

static int opened_apply(struct projection *p, const struct record *r, struct err *e) {
    const struct record_activation *a = &r->u.opened;
    struct who who = {
        .user = (char *)(uintptr_t)a->user,
        .strategy = (char *)(uintptr_t)a->script_name,
        .account = a->account,
        .is_manual = a->is_manual,
        .is_hedge = a->is_hedge,
        .order_first = a->order_first,
        .core_first = a->core_first,
    };
    char hash[17];
    memcpy(who.id, a->id, sizeof who.id);
    hash_text(a->script_hash, hash);
    const struct who *before = projection_who(p, a->activation);
    bool is_same = before != NULL && strcmp(before->id, a->id) == 0;
    int code = projection_keep_who(p, a->activation, &who, e);
    if (code == 0 && a->opens_account && !is_same) {
        code = account_begin(p, a->account, e);
    }
    if (code != 0) {
        return code;
    }
    code = database_run(
        p->database, activation_sql,
        VALUES(
            row_id(p), value_text(a->id), value_integer(a->activation), value_text(a->user),
            value_integer(a->account), value_text(a->script_name), value_text(hash),
            value_integer(a->is_manual), value_integer(a->is_hedge),
            value_text(activation_status_name(a->status)), value_text(a->reason),
            value_text(settings_text(&p->text, a->settings, a->setting_count)),
            value_text(settings_text(&p->text2, a->params, a->param_count)),
            value_integer(a->fault_count), value_integer(a->started_ms),
            value_integer(a->last_event_ms), value_count(a->order_first),
            value_count(a->core_first)
        ),
        e
    );
    if (code != 0 || p->is_identity_only) {
        return code;
    }
    code = p->is_anew ? orders_begin_anew(p, &who, r->now_ms, e) : 0;
    code = code != 0 ? code : state_write(p, &who, a->state, a->state_length, r->now_ms, e);
    return code != 0 ? code : orders_apply_opened(p, r, &who, e);
}

int status_write(
    struct projection *p,
    const struct who *who,
    enum activation_status status,
    const char *reason,
    struct err *e
) {
    return database_run(
        p->database,
        "UPDATE strategy_activations SET status = ?2, status_reason = ?3 WHERE activation_id = ?1",
        VALUES(value_text(who->id), value_text(activation_status_name(status)), value_text(reason)),
        e
    );
}

int version_write(
    struct projection *p, const struct who *who, uint64_t script_hash, struct err *e
) {
    char hash[17];
    hash_text(script_hash, hash);
    return database_run(
        p->database, "UPDATE strategy_activations SET version = ?2 WHERE activation_id = ?1",
        VALUES(value_text(who->id), value_text(hash)), e
    );
}

static int
trial_apply(struct projection *p, const struct record *r, const struct who *who, struct err *e) {
    if (!r->u.trial.is_rolled_back) {
        return 0;
    }
    int code = version_write(p, who, r->u.trial.script_hash, e);
    return code != 0 ? code
                     : state_write(
                           p, who, r->u.trial.state, r->u.trial.state_length, r->now_ms, e
                       );
}

static int
settings_apply(struct projection *p, const struct record *r, const struct who *who, struct err *e) {
    char hash[17];
    hash_text(r->u.settings.script_hash, hash);
    return database_run(
        p->database,
        "UPDATE strategy_activations SET settings = ?2, version = ?3 WHERE activation_id = ?1",
        VALUES(
            value_text(who->id),
            value_text(settings_text(&p->text, r->u.settings.settings, r->u.settings.setting_count)
            ),
            value_text(hash)
        ),
        e
    );
}

static int
fault_apply(struct projection *p, const struct record *r, const struct who *who, struct err *e) {
    static const char *const events[] = {"start", "ready", "candle", "ticker",  "fill",
                                         "order", "timer", "params", "command", "stop"};
    const struct fault *f = &r->u.fault.fault;
    int code = database_run(
        p->database,
        "INSERT INTO strategy_faults (id, activation_id, user_id, code, message, file, line, event,"
        " time_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        VALUES(
            row_id(p), value_text(who->id), value_text(who->user), value_text(err_name(f->code)),
            value_text(f->text), value_text(f->file), value_integer(f->line),
            value_text(events[r->u.fault.kind]), value_integer(r->now_ms)
        ),
        e
    );
    if (code != 0 || !r->u.fault.is_counted) {
        return code;
    }
    return database_run(
        p->database, "UPDATE strategy_activations SET faults = faults + 1 WHERE activation_id = ?1",
        VALUES(value_text(who->id)), e
    );
}

/* --- switches and audit --------------------------------------------------------------------------
 */

static const char switch_sql[] =
    "INSERT INTO oms_switches (kind, scope, target, is_on, who, reason, time_ms)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (kind, scope, target) DO UPDATE SET"
    " is_on = ?4, who = ?5, reason = ?6, time_ms = ?7 WHERE NOT ?8";

/* Who set it and why is known where it was set before. */
static const char switch_anew_sql[] =
    "INSERT INTO oms_switches (kind, scope, target, is_on, who, reason, time_ms)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (kind, scope, target) DO UPDATE SET"
    " is_on = ?4, who = iif(is_on = 0, ?5, who), reason = iif(is_on = 0, ?6, reason),"
    " time_ms = iif(is_on = 0, ?7, time_ms) WHERE NOT ?8";

static int switch_write(
    struct projection *p,
    const struct record *r,
    const char *kind,
    const char *scope,
    const char *target,
    bool is_on,
    const char *who,
    const char *reason,
    struct err *e
) {
    return database_run(
        p->database, p->is_anew ? switch_anew_sql : switch_sql,
        VALUES(
            value_text(kind), value_text(scope), value_text(target), value_integer(is_on),
            value_text(who), value_text(reason), value_integer(r->now_ms),
            value_integer(p->is_snapshot)
        ),
        e
    );
}

static int kill_apply(struct projection *p, const struct record *r, struct err *e) {
    static const char *const scopes[] = {"global", "venue", "user", "activation"};
    return switch_write(
        p, r, "kill", scopes[r->u.kill.scope], r->u.kill.id, r->u.kill.is_on, r->u.kill.who,
        r->u.kill.reason, e
    );
}

/* Of an account or, where no account is named, of a user. */
static int halt_apply(struct projection *p, const struct record *r, struct err *e) {
    bool is_user = r->u.halt.account == UINT32_MAX;
    enum risk_check check = risk_check_of_loss(is_user, r->u.halt.which);
    struct loss_halt halt = {r->u.halt.is_on, r->u.halt.value, r->u.halt.limit};
    char account[16], reason[ORDER_MESSAGE_MAX];
    snprintf(account, sizeof account, "%u", r->u.halt.account);
    risk_halt_message(check, &halt, reason);
    return switch_write(
        p, r, risk_check_name(check), is_user ? "user" : "account",
        is_user ? r->u.halt.user : account, r->u.halt.is_on, r->u.halt.who, reason, e
    );
}

/* SHA-256 over the hash before and the lengths and bytes of the texts, in hexadecimal. */
static int chain_hash(
    const char *previous, int64_t time_ms, const char *const texts[4], char out[65], struct err *e
) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool is_fine = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
                   EVP_DigestUpdate(md, previous, strlen(previous)) == 1 &&
                   EVP_DigestUpdate(md, &time_ms, sizeof time_ms) == 1;
    for (int i = 0; is_fine && i < 4; i++) {
        uint64_t length = strlen(texts[i]);
        is_fine = EVP_DigestUpdate(md, &length, sizeof length) == 1 &&
                  EVP_DigestUpdate(md, texts[i], length) == 1;
    }
    is_fine = is_fine && EVP_DigestFinal_ex(md, digest, NULL) == 1;
    EVP_MD_CTX_free(md);
    for (int i = 0; is_fine && i < 32; i++) {
        snprintf(out + 2 * (ptrdiff_t)i, 3, "%02x", digest[i]);
    }
    return is_fine ? 0 : err_set(e, E_MEMORY, "the audit log cannot be hashed");
}

static int audit_apply(struct projection *p, const struct record *r, struct err *e) {
    const char *const texts[4] = {
        r->u.audit.who, r->u.audit.what, r->u.audit.before, r->u.audit.after};
    char previous[65], hash[65];
    sqlite3_stmt *rows;
    int code = database_select(
        p->database, "SELECT hash FROM audit_log ORDER BY id DESC LIMIT 1", NULL, 0, &rows, e
    );
    if (code != 0) {
        return code;
    }
    code = database_next(p->database, rows, e);
    snprintf(previous, sizeof previous, "%s", code == 1 ? row_text(rows, 0) : "");
    database_done(rows);
    code = code < 0 ? code : chain_hash(previous, r->now_ms, texts, hash, e);
    if (code != 0) {
        return code;
    }
    return database_run(
        p->database,
        "INSERT INTO audit_log (id, who, what, before, after, previous_hash, hash, time_ms)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        VALUES(
            row_id(p), value_text(texts[0]), value_text(texts[1]), value_text(texts[2]),
            value_text(texts[3]), value_text(previous), value_text(hash), value_integer(r->now_ms)
        ),
        e
    );
}

/* --- all -----------------------------------------------------------------------------------------
 */

static int
who_apply(struct projection *p, const struct record *r, const struct who *who, struct err *e) {
    switch (r->kind) {
    case RECORD_STATUS:
        return status_write(p, who, r->u.status.status, r->u.status.reason, e);
    case RECORD_SETTINGS:
        return settings_apply(p, r, who, e);
    case RECORD_DONE:
        return done_write(p, r, who, e);
    case RECORD_FAULT:
        return fault_apply(p, r, who, e);
    case RECORD_STATE:
        return state_write(p, who, r->u.state.state, r->u.state.length, r->now_ms, e);
    case RECORD_TRIAL:
        return trial_apply(p, r, who, e);
    case RECORD_ORDER:
        return orders_apply_order(p, r, e);
    default:
        return orders_apply_change(p, r, e);
    }
}

int projection_apply(struct projection *p, const struct record *r, struct err *e) {
    const struct who *who = projection_who(p, r->activation);
    switch (r->kind) {
    case RECORD_SYMBOL:
        return symbol_apply(p, r, e);
    case RECORD_SCRIPT:
        return script_apply(p, r, e);
    case RECORD_ACTIVATION:
        return opened_apply(p, r, e);
    case RECORD_STATUS:
    case RECORD_SETTINGS:
    case RECORD_DONE:
    case RECORD_FAULT:
    case RECORD_STATE:
    case RECORD_TRIAL:
    case RECORD_ORDER:
    case RECORD_CANCEL:
    case RECORD_AMEND:
        if (who == NULL) {
            p->figures.oddities++;
            return 0;
        }
        return who_apply(p, r, who, e);
    case RECORD_REPORT:
        return orders_apply_report(p, r, e);
    case RECORD_ACCOUNT:
        return account_apply(p, r, e);
    case RECORD_BAR:
        return bar_apply(p, r, e);
    case RECORD_KILL:
        return kill_apply(p, r, e);
    case RECORD_HALT:
        return halt_apply(p, r, e);
    case RECORD_AUDIT:
        return audit_apply(p, r, e);
    default:
        return 0; /* no row is made of it */
    }
}
