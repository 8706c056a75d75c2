#include "gateway/shapes.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static char *digits_write(char *to, int value, int count) {
    for (int i = count - 1; i >= 0; i--) {
        to[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return to + count;
}

/* The date of a day since 1970 in the calendar that was always so, by years from March on. */
static void civil_date(int64_t day, int *year, int *month, int *of_month) {
    int64_t shifted = day + 719468; /* from 0000-03-01 */
    int64_t era = shifted / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * of_year + 2) / 153;
    *of_month = (int)(of_year - (153 * shifted_month + 2) / 5 + 1);
    *month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

void iso_time(int64_t time_ms, char text[ISO_TIME_MAX]) {
    int64_t day = time_ms / 86400000;
    int in_day_ms = (int)(time_ms % 86400000);
    int year;
    int month;
    int of_month;
    char *at = text;
    civil_date(day, &year, &month, &of_month);
    at = digits_write(at, year, 4);
    *at++ = '-';
    at = digits_write(at, month, 2);
    *at++ = '-';
    at = digits_write(at, of_month, 2);
    *at++ = 'T';
    at = digits_write(at, in_day_ms / 3600000, 2);
    *at++ = ':';
    at = digits_write(at, in_day_ms / 60000 % 60, 2);
    *at++ = ':';
    at = digits_write(at, in_day_ms / 1000 % 60, 2);
    *at++ = '.';
    at = digits_write(at, in_day_ms % 1000, 3);
    *at++ = 'Z';
    *at = '\0';
}

void write_time(struct json_writer *json, const char *key, int64_t time_ms) {
    char text[ISO_TIME_MAX];
    json_key(json, key);
    if (time_ms <= 0) {
        json_null(json);
        return;
    }
    iso_time(time_ms, text);
    json_string(json, text);
}

void write_text(struct json_writer *json, const char *key, const char *text) {
    json_key(json, key);
    json_string(json, text);
}

void write_optional(struct json_writer *json, const char *key, const char *text) {
    write_text(json, key, text != NULL && text[0] != '\0' ? text : NULL);
}

void write_decimal(struct json_writer *json, const char *key, struct decimal value) {
    json_key(json, key);
    json_decimal_text(json, value);
}

void write_price(struct json_writer *json, const char *key, struct price price) {
    json_key(json, key);
    if (decimal_is_zero(price.d)) {
        json_null(json);
    } else {
        json_decimal_text(json, price.d);
    }
}

void write_account_id(struct json_writer *json, uint32_t account) {
    char text[24];
    snprintf(text, sizeof text, "paper%" PRIu32, account);
    write_text(json, "account_id", text);
}

const char *suspend_policy_name(enum suspend_policy policy) {
    static const char *const names[] = {"keep", "cancel", "flatten"};
    return names[policy];
}

const char *activation_symbol(const struct gateway *g, const struct activation_view *view) {
    if (view->has_symbol) {
        return engine_instrument(g->engine, view->symbol)->symbol;
    }
    for (int i = 0; i < view->setting_count; i++) {
        if (strcmp(view->settings[i].name, "symbol") == 0) {
            return view->settings[i].text;
        }
    }
    return "";
}

/* --- orders
 * --------------------------------------------------------------------------------------- */

static const char *symbol_name(const struct gateway *g, uint16_t symbol) {
    return symbol < engine_symbol_count(g->engine) ? engine_instrument(g->engine, symbol)->symbol
                                                   : "";
}

void shape_order(
    struct json_writer *json, const struct gateway *g, uint32_t activation, const struct order *o
) {
    struct activation_view view;
    const struct order_request *r = &o->request;
    inspect_activation(g->engine, activation, &view);
    json_object(json);
    write_text(json, "order_id", o->id);
    write_text(json, "client_id", o->id);
    write_text(json, "user_id", view.user);
    write_account_id(json, view.account);
    write_text(json, "owner", view.is_manual ? "manual" : view.id);
    write_text(json, "exchange", g->options.venue);
    write_text(json, "exchange_order_id", NULL);
    write_text(json, "symbol", symbol_name(g, r->symbol));
    write_text(json, "side", order_side_name(r->side));
    write_text(json, "order_type", order_type_name(r->type));
    write_text(json, "position_side", position_side_name(r->position_side));
    json_key(json, "reduce_only");
    json_bool(json, r->reduce_only || r->is_whole_position);
    json_key(json, "post_only");
    json_bool(json, r->post_only);
    write_decimal(json, "quantity", r->quantity.d);
    write_price(json, "price", r->price);
    write_price(json, "stop_price", r->stop);
    write_decimal(json, "filled_qty", o->filled.d);
    write_price(json, "average_price", o->average);
    write_text(json, "status", order_state_name(o->state));
    write_optional(json, "pending", order_pending_name(o->pending));
    write_text(json, "code", o->code != 0 ? err_name(o->code) : NULL);
    write_optional(json, "message", o->message);
    write_optional(json, "reason", r->reason);
    write_optional(json, "tag", r->tag);
    write_time(json, "created_at", o->created_ms);
    write_time(json, "updated_at", o->updated_ms);
    json_close(json);
}

void shape_fill(struct json_writer *json, const struct gateway *g, const struct history_fill *f) {
    struct activation_view view;
    char id[ORDER_ID_MAX + DECIMAL_TEXT_MAX + 2];
    char filled[DECIMAL_TEXT_MAX];
    inspect_activation(g->engine, f->activation, &view);
    /* What the order has filled by then: the same each time the fill is told. */
    if (!f->is_unasked) {
        decimal_format(f->filled.d, filled);
        snprintf(id, sizeof id, "%s-%s", f->order_id, filled);
    } else {
        snprintf(id, sizeof id, "%s-n%" PRIu64, view.id, f->number);
    }
    json_object(json);
    write_text(json, "fill_id", id);
    write_optional(json, "order_id", f->order_id);
    write_text(json, "user_id", view.user);
    write_account_id(json, view.account);
    write_text(json, "owner", view.is_manual ? "manual" : view.id);
    write_text(json, "symbol", symbol_name(g, f->symbol));
    write_text(json, "side", order_side_name(f->side));
    write_decimal(json, "filled_qty", f->fill.quantity.d);
    write_decimal(json, "fill_price", f->fill.price.d);
    write_decimal(json, "commission", f->fill.fee.d);
    write_text(json, "commission_asset", view.currency);
    write_text(json, "liquidity", liquidity_name(f->fill.liquidity));
    write_optional(json, "reason", f->reason);
    write_time(json, "timestamp", f->fill.time_ms);
    json_close(json);
}

void shape_step(struct json_writer *json, const struct history_step *s) {
    static const char *const names[] = {"recorded", "refused", "sent", "changed"};
    json_object(json);
    write_text(json, "step", names[s->step]);
    write_text(json, "status", order_state_name(s->state));
    write_optional(json, "pending", order_pending_name(s->pending));
    write_decimal(json, "filled_qty", s->filled.d);
    write_text(json, "code", s->code != 0 ? err_name(s->code) : NULL);
    write_optional(json, "message", s->message);
    write_text(json, "who", s->file[0] != '\0' ? "script" : NULL);
    write_optional(json, "file", s->file);
    json_key(json, "line");
    if (s->line > 0) {
        json_integer(json, s->line);
    } else {
        json_null(json);
    }
    write_time(json, "timestamp", s->time_ms);
    json_close(json);
}

/* --- signals
 * -------------------------------------------------------------------------------------- */

static void write_number(
    struct json_writer *json, const char *key, const struct history_signal *s, const char *name
) {
    json_key(json, key);
    for (int i = 0; i < s->number_count; i++) {
        if (strcmp(s->numbers[i].name, name) == 0) {
            json_double(json, s->numbers[i].value);
            return;
        }
    }
    json_null(json);
}

static void write_signal_price(struct json_writer *json, double price) {
    struct decimal exact;
    json_key(json, "price");
    if (isnan(price) || decimal_of_double(price, &exact) != 0) {
        json_null(json);
    } else {
        json_decimal_text(json, exact);
    }
}

void shape_signal(
    struct json_writer *json, const struct gateway *g, const struct history_signal *s
) {
    struct activation_view view;
    const char *timeframe = NULL;
    inspect_activation(g->engine, s->activation, &view);
    for (int i = 0; i < view.param_count; i++) {
        if (strcmp(view.params[i].name, "timeframe") == 0) {
            timeframe = view.params[i].text;
        }
    }
    json_object(json);
    write_text(json, "activation_id", view.id);
    write_text(json, "symbol", symbol_name(g, s->symbol));
    write_text(json, "timeframe", timeframe);
    write_optional(json, "side", s->side);
    write_optional(json, "kind", s->kind);
    json_key(json, "accepted");
    json_bool(json, s->is_accepted);
    write_optional(json, "reason", s->reason);
    write_signal_price(json, s->price);
    write_number(json, "rsi", s, "rsi");
    write_number(json, "trend", s, "trend");
    json_key(json, "details");
    json_object(json);
    for (int i = 0; i < s->number_count; i++) {
        json_key(json, s->numbers[i].name);
        json_double(json, s->numbers[i].value);
    }
    json_close(json);
    write_time(json, "timestamp", s->time_ms);
    json_close(json);
}

/* --- positions, activations, accounts
 * ------------------------------------------------------------- */

void position_id(
    const struct gateway *g,
    uint32_t activation,
    const struct record_position *p,
    char text[POSITION_ID_MAX]
) {
    snprintf(
        text, POSITION_ID_MAX, "%s.%s.%s", activation_id(g->engine, activation),
        symbol_name(g, p->symbol), position_side_name(p->side)
    );
}

/* What a net position is called by its sign. */
static const char *side_of(const struct record_position *p) {
    int sign = decimal_sign(p->position.quantity.d);
    return sign > 0                  ? "long"
           : sign < 0                ? "short"
           : p->side == POSITION_NET ? "flat"
                                     : position_side_name(p->side);
}

void shape_position(
    struct json_writer *json,
    const struct gateway *g,
    uint32_t activation,
    const struct record_position *p
) {
    struct activation_view view;
    struct position_view figures;
    char id[POSITION_ID_MAX];
    inspect_activation(g->engine, activation, &view);
    inspect_position_figures(g->engine, activation, p, &figures);
    position_id(g, activation, p, id);
    json_object(json);
    write_text(json, "position_id", id);
    write_text(json, "user_id", view.user);
    write_account_id(json, view.account);
    write_text(json, "owner", view.is_manual ? "manual" : view.id);
    write_text(json, "symbol", symbol_name(g, p->symbol));
    write_text(json, "side", side_of(p));
    write_decimal(json, "quantity", decimal_abs(p->position.quantity.d));
    write_price(json, "entry_price", p->position.entry);
    write_price(json, "mark_price", figures.mark);
    write_decimal(json, "unrealized_pnl", figures.unrealized.d);
    write_decimal(json, "realized_pnl", p->position.realized.d);
    write_decimal(json, "fees", p->position.fees.d);
    json_key(json, "leverage");
    json_integer(json, figures.leverage);
    write_decimal(json, "margin", figures.margin.d);
    write_price(json, "liquidation_price", figures.liquidation);
    write_time(json, "opened_at", p->position.opened_ms);
    json_close(json);
}

/* A text in quotes, and room for what stands behind it; NULL where it needs an escape, or has no
 * room. */
static char *quote_put(char *at, const char *end, const char *text) {
    size_t length = strlen(text);
    if ((size_t)(end - at) < length + 4) {
        return NULL;
    }
    size_t quoted = json_quote_plain(at, text, length);
    return quoted > 0 ? at + quoted : NULL;
}

/* The settings as one object in few steps: a status is asked often, and they are most of it. False
 * where a text needs an escape, or there is no room. */
static bool settings_write_plain(struct json_writer *json, const struct setting *list, int count) {
    char text[8192];
    const char *end = text + sizeof text;
    char *at = text;
    *at++ = '{';
    for (int i = 0; i < count; i++) {
        if (i > 0) {
            *at++ = ',';
        }
        at = quote_put(at, end, list[i].name);
        if (at == NULL) {
            return false;
        }
        *at++ = ':';
        at = quote_put(at, end, list[i].text);
        if (at == NULL) {
            return false;
        }
    }
    *at++ = '}';
    json_raw(json, text, (size_t)(at - text));
    return true;
}

static void write_params(struct json_writer *json, const struct activation_view *view) {
    /* What the script said it runs with; until it has, what was asked for. */
    const struct setting *list = view->param_count > 0 ? view->params : view->settings;
    int count = view->param_count > 0 ? view->param_count : view->setting_count;
    json_key(json, "params");
    if (settings_write_plain(json, list, count)) {
        return;
    }
    json_object(json);
    for (int i = 0; i < count; i++) {
        write_text(json, list[i].name, list[i].text);
    }
    json_close(json);
}

static const char *setting_of(const struct activation_view *view, const char *name) {
    for (int i = 0; i < view->param_count; i++) {
        if (strcmp(view->params[i].name, name) == 0) {
            return view->params[i].text;
        }
    }
    for (int i = 0; i < view->setting_count; i++) {
        if (strcmp(view->settings[i].name, name) == 0) {
            return view->settings[i].text;
        }
    }
    return NULL;
}

static void hex_write(uint64_t value, char text[20]) {
    for (int i = 15; i >= 0; i--) {
        text[i] = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
    text[16] = '\0';
}

void shape_activation(struct json_writer *json, const struct gateway *g, uint32_t activation) {
    struct activation_view view;
    char version[20];
    inspect_activation(g->engine, activation, &view);
    hex_write(view.script_hash, version);
    json_object(json);
    write_text(json, "activation_id", view.id);
    write_text(json, "user_id", view.user);
    write_account_id(json, view.account);
    write_text(json, "strategy", view.script);
    write_text(json, "version", version);
    json_key(json, "trial");
    json_bool(json, view.is_in_trial);
    write_text(json, "channel", view.is_pinned ? "pinned" : "latest");
    write_text(json, "exchange", g->options.venue);
    write_optional(json, "symbol", activation_symbol(g, &view));
    write_optional(json, "timeframe", setting_of(&view, "timeframe"));
    write_text(json, "mode", "paper");
    write_text(json, "status", activation_status_name(view.status));
    write_optional(json, "status_reason", view.status_reason);
    write_text(json, "on_suspend", suspend_policy_name(view.on_suspend));
    json_key(json, "killed");
    json_bool(json, view.is_killed);
    write_params(json, &view);
    json_key(json, "faults");
    json_integer(json, view.faults);
    json_key(json, "open_orders");
    json_integer(json, view.order_count);
    write_time(json, "started_at", view.started_ms);
    write_time(json, "last_event_at", view.last_event_ms);
    json_close(json);
}

static const char *account_currency(const struct gateway *g, uint32_t account, const char *user) {
    struct activation_view view;
    for (int i = directory_first(g->directory, user); i >= 0; i = directory_next(g->directory, i)) {
        inspect_activation(g->engine, (uint32_t)i, &view);
        if (view.account == account) {
            return view.currency;
        }
    }
    return "";
}

void shape_account(
    struct json_writer *json, const struct gateway *g, uint32_t account, const char *user
) {
    struct account_view view;
    inspect_account(g->engine, account, &view);
    json_object(json);
    write_account_id(json, account);
    write_text(json, "user_id", user);
    write_text(json, "exchange", g->options.venue);
    write_text(json, "mode", "paper");
    write_text(json, "currency", account_currency(g, account, user));
    write_decimal(json, "balance", view.ledger->balance.d);
    json_key(json, "equity");
    if (view.has_figures) {
        json_decimal_text(json, view.equity.d);
    } else {
        json_null(json);
    }
    json_key(json, "free");
    if (view.has_figures) {
        json_decimal_text(json, view.free.d);
    } else {
        json_null(json);
    }
    write_decimal(json, "fees", view.ledger->fees.d);
    write_decimal(json, "realized_pnl", view.ledger->realized.d);
    json_key(json, "positions_match");
    if (g->options.positions_match != NULL) {
        json_bool(json, g->options.positions_match(g->options.ctx, account));
    } else {
        json_null(json);
    }
    json_close(json);
}
