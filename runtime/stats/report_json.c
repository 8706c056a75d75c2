#include "base/json_write.h"
#include "stats/report.h"

static void figure_json(struct json_writer *w, const struct figure_row *row, const void *figures) {
    json_key(w, row->key);
    if (!figure_is_defined(row, figures)) {
        json_null(w);
    } else if (row->kind == FIGURE_MONEY) {
        json_decimal(w, figure_money(row, figures).d);
    } else if (row->kind == FIGURE_PERCENT || row->kind == FIGURE_RATIO) {
        json_double(w, figure_value(row, figures));
    } else {
        json_integer(w, figure_integer(row, figures));
    }
}

static void figures_json(
    struct json_writer *w,
    const char *key,
    const struct figure_row *rows,
    size_t count,
    const void *figures
) {
    json_key(w, key);
    json_object(w);
    for (size_t i = 0; i < count; i++) {
        figure_json(w, &rows[i], figures);
    }
    json_close(w);
}

static void string_json(struct json_writer *w, const char *key, const char *value) {
    json_key(w, key);
    json_string(w, value);
}

static void integer_json(struct json_writer *w, const char *key, int64_t value) {
    json_key(w, key);
    json_integer(w, value);
}

static void decimal_json(struct json_writer *w, const char *key, struct decimal value) {
    json_key(w, key);
    json_decimal(w, value);
}

static void double_json(struct json_writer *w, const char *key, double value) {
    json_key(w, key);
    json_double(w, value);
}

static void settings_json(struct json_writer *w, const struct report *r) {
    json_key(w, "settings");
    json_object(w);
    for (size_t i = 0; i < r->setting_count; i++) {
        string_json(w, r->settings[i].name, r->settings[i].value);
    }
    json_close(w);
}

static void data_json(struct json_writer *w, const struct report_data *data) {
    json_key(w, "data");
    json_object(w);
    string_json(w, "file", data->file);
    string_json(w, "bar", data->bar);
    integer_json(w, "rows", data->rows);
    integer_json(w, "missing_bars", data->missing);
    integer_json(w, "gaps", data->gaps);
    integer_json(w, "longest_gap_bars", data->longest);
    json_key(w, "longest_gap_ms");
    if (data->longest > 0) {
        json_integer(w, data->longest_time_ms);
    } else {
        json_null(w);
    }
    json_close(w);
}

static void exits_json(struct json_writer *w, const struct figures *f) {
    json_key(w, "exits");
    json_array(w);
    for (size_t i = 0; i < f->exit_count; i++) {
        const struct exit_figures *row = &f->exits[i];
        json_object(w);
        string_json(w, "reason", row->reason);
        integer_json(w, "exits", row->exits);
        integer_json(w, "trades", row->trades);
        double_json(w, "win_rate_percent", 100 * (double)row->wins / (double)row->exits);
        decimal_json(w, "net_profit", row->net_profit.d);
        json_close(w);
    }
    json_close(w);
}

static void positions_json(struct json_writer *w, const struct report *r) {
    json_key(w, "open_positions");
    json_array(w);
    for (size_t i = 0; i < r->position_count; i++) {
        const struct report_position *p = &r->positions[i];
        json_object(w);
        string_json(w, "symbol", p->symbol);
        string_json(w, "side", decimal_sign(p->quantity.d) < 0 ? "short" : "long");
        decimal_json(w, "quantity", decimal_abs(p->quantity.d));
        decimal_json(w, "entry", p->entry.d);
        decimal_json(w, "mark", p->mark.d);
        decimal_json(w, "unrealized", p->unrealized.d);
        integer_json(w, "opened_ms", p->opened_ms);
        json_close(w);
    }
    json_close(w);
}

static void refused_json(struct json_writer *w, const struct report *r) {
    json_key(w, "refused");
    json_object(w);
    for (int check = 0; check < RISK_CHECK_COUNT; check++) {
        if (r->refused[check] > 0) {
            integer_json(w, risk_check_name((enum risk_check)check), (int64_t)r->refused[check]);
        }
    }
    json_close(w);
}

int report_json(const struct report *r, struct buffer *out) {
    struct json_writer writer;
    struct json_writer *w = &writer;
    json_begin(w, out);
    json_object(w);
    string_json(w, "strategy", r->strategy);
    string_json(w, "version", r->version);
    string_json(w, "symbol", r->symbol);
    string_json(w, "timeframe", r->timeframe);
    settings_json(w, r);
    data_json(w, &r->data);
    figures_json(w, "figures", figure_rows, figure_row_count, r->figures);
    figures_json(w, "long", trade_rows, trade_row_count, &r->figures->long_side);
    figures_json(w, "short", trade_rows, trade_row_count, &r->figures->short_side);
    exits_json(w, r->figures);
    positions_json(w, r);
    refused_json(w, r);
    integer_json(w, "faults", r->faults);
    double_json(w, "cpu_seconds", r->cpu_seconds);
    double_json(w, "bars_per_second", r->bars_per_second);
    json_close(w);
    return json_end(w);
}
