#include "stats/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CELL_MAX 80
#define LABEL_WIDTH 26
#define VALUE_WIDTH 20
#define LINE_WIDTH 78
#define DECIMALS_SHOWN 4
#define MINUTE_MS INT64_C(60000)
#define DAY_MINUTES 1440

/* "-1234567.8" as "-1,234,567.8000": grouped, and with exactly the decimals asked for. */
static void number_layout(const char *plain, int decimals, char out[CELL_MAX]) {
    size_t whole = strcspn(plain, ".");
    size_t length = strlen(plain);
    size_t n = 0;
    for (size_t i = 0; i < whole; i++) {
        bool has_digit_before = i > 0 && plain[i - 1] != '-';
        if (has_digit_before && (whole - i) % 3 == 0) {
            out[n++] = ',';
        }
        out[n++] = plain[i];
    }
    if (decimals > 0) {
        out[n++] = '.';
        for (int i = 0; i < decimals; i++) {
            size_t at = whole + 1 + (size_t)i;
            out[n++] = at < length ? plain[at] : '0';
        }
    }
    out[n] = '\0';
}

static void decimal_layout(struct decimal value, int decimals, char out[CELL_MAX]) {
    struct decimal step = {DECIMAL_ONE};
    for (int i = 0; i < decimals; i++) {
        step.v /= 10;
    }
    char plain[DECIMAL_TEXT_MAX];
    struct decimal rounded;
    bool fits = decimal_round_to(value, step, ROUND_NEAREST, &rounded) == 0;
    decimal_format(fits ? rounded : value, plain);
    number_layout(plain, decimals, out);
}

static void double_layout(double value, int decimals, char out[CELL_MAX]) {
    struct decimal exact;
    if (decimal_of_double(value, &exact) < 0) {
        snprintf(out, CELL_MAX, "%.6g", value);
        return;
    }
    decimal_layout(exact, decimals, out);
}

static void integer_layout(int64_t value, char out[CELL_MAX]) {
    decimal_layout(decimal_of_int(value), 0, out);
}

static void time_layout(int64_t time_ms, char out[CELL_MAX]) {
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm utc;
    if (gmtime_r(&seconds, &utc) == NULL || strftime(out, CELL_MAX, "%Y-%m-%d %H:%M", &utc) == 0) {
        snprintf(out, CELL_MAX, "%lld ms", (long long)time_ms);
    }
}

static void duration_layout(int64_t duration_ms, char out[CELL_MAX]) {
    long long minutes = (long long)(duration_ms / MINUTE_MS);
    if (minutes < DAY_MINUTES) {
        snprintf(out, CELL_MAX, "%lldh %02lldm", minutes / 60, minutes % 60);
    } else {
        long long rest = minutes % DAY_MINUTES;
        snprintf(
            out, CELL_MAX, "%lldd %02lldh %02lldm", minutes / DAY_MINUTES, rest / 60, rest % 60
        );
    }
}

static void figure_layout(const struct figure_row *row, const void *figures, char out[CELL_MAX]) {
    if (!figure_is_defined(row, figures)) {
        snprintf(out, CELL_MAX, "-");
        return;
    }
    switch (row->kind) {
    case FIGURE_COUNT:
        integer_layout(figure_integer(row, figures), out);
        break;
    case FIGURE_TIME:
        time_layout(figure_integer(row, figures), out);
        break;
    case FIGURE_DURATION:
        duration_layout(figure_integer(row, figures), out);
        break;
    case FIGURE_MONEY:
        decimal_layout(figure_money(row, figures).d, DECIMALS_SHOWN, out);
        break;
    case FIGURE_PERCENT:
    case FIGURE_RATIO:
        double_layout(figure_value(row, figures), DECIMALS_SHOWN, out);
        break;
    }
}

/* What stands behind the number, so that the numbers align before it. */
static const char *figure_unit(const struct figure_row *row, const void *figures) {
    if (!figure_is_defined(row, figures)) {
        return "";
    }
    return row->kind == FIGURE_PERCENT ? " %" : row->kind == FIGURE_TIME ? " UTC" : "";
}

static void head_text(const struct report *r, struct buffer *out) {
    buffer_appendf(out, "%s on %s, %s bars\n", r->strategy, r->symbol, r->timeframe);
    if (r->version != NULL) {
        buffer_appendf(out, "  version   %s\n", r->version);
    }
    char rows[CELL_MAX];
    integer_layout(r->data.rows, rows);
    buffer_appendf(out, "  data      %s: %s bars of %s\n", r->data.file, rows, r->data.bar);
    size_t column = LINE_WIDTH;
    for (size_t i = 0; i < r->setting_count; i++) {
        const struct report_setting *setting = &r->settings[i];
        size_t width = strlen(setting->name) + strlen(setting->value) + 2;
        if (column + width > LINE_WIDTH) {
            buffer_append_text(out, i == 0 ? "  settings " : "\n           ");
            column = 11;
        }
        buffer_appendf(out, " %s=%s", setting->name, setting->value);
        column += width;
    }
    buffer_append_text(out, r->setting_count > 0 ? "\n" : "");
}

static void figures_text(const struct figures *f, struct buffer *out) {
    const char *group = "";
    for (size_t i = 0; i < figure_row_count; i++) {
        const struct figure_row *row = &figure_rows[i];
        if (strcmp(group, row->group) != 0) {
            group = row->group;
            buffer_appendf(out, "\n%s\n", group);
        }
        char cell[CELL_MAX];
        figure_layout(row, f, cell);
        buffer_appendf(
            out, "  %-*s%*s%s\n", LABEL_WIDTH, row->label, VALUE_WIDTH, cell, figure_unit(row, f)
        );
    }
}

static void sides_text(const struct figures *f, struct buffer *out) {
    buffer_appendf(
        out, "\n%-*s%*s%*s\n", LABEL_WIDTH + 2, "Long and short", VALUE_WIDTH, "long", VALUE_WIDTH,
        "short"
    );
    for (size_t i = 0; i < trade_row_count; i++) {
        const struct figure_row *row = &trade_rows[i];
        char on_long[CELL_MAX];
        char on_short[CELL_MAX];
        figure_layout(row, &f->long_side, on_long);
        figure_layout(row, &f->short_side, on_short);
        buffer_appendf(
            out, "  %-*s%*s%*s%s\n", LABEL_WIDTH, row->label, VALUE_WIDTH, on_long, VALUE_WIDTH,
            on_short, row->kind == FIGURE_PERCENT ? " %" : ""
        );
    }
}

static void exits_text(const struct figures *f, struct buffer *out) {
    if (f->exit_count == 0) {
        return;
    }
    buffer_appendf(
        out, "\n%-*s%10s%10s%14s%16s\n", LABEL_WIDTH, "Exits by reason", "exits", "trades",
        "win rate %", "net profit"
    );
    for (size_t i = 0; i < f->exit_count; i++) {
        const struct exit_figures *row = &f->exits[i];
        char exits[CELL_MAX];
        char trades[CELL_MAX];
        char rate[CELL_MAX];
        char net[CELL_MAX];
        integer_layout(row->exits, exits);
        integer_layout(row->trades, trades);
        double_layout(100 * (double)row->wins / (double)row->exits, 2, rate);
        decimal_layout(row->net_profit.d, DECIMALS_SHOWN, net);
        buffer_appendf(
            out, "  %-*s%10s%10s%14s%16s\n", LABEL_WIDTH - 2, row->reason[0] ? row->reason : "-",
            exits, trades, rate, net
        );
    }
}

static void positions_text(const struct report *r, struct buffer *out) {
    if (r->position_count > 0) {
        buffer_append_text(out, "\nOpen at the end (not among the closed trades)\n");
    }
    for (size_t i = 0; i < r->position_count; i++) {
        const struct report_position *p = &r->positions[i];
        char quantity[DECIMAL_TEXT_MAX];
        char entry[CELL_MAX];
        char mark[CELL_MAX];
        char profit[CELL_MAX];
        char opened[CELL_MAX];
        decimal_format(decimal_abs(p->quantity.d), quantity);
        decimal_layout(p->entry.d, DECIMALS_SHOWN, entry);
        decimal_layout(p->mark.d, DECIMALS_SHOWN, mark);
        decimal_layout(p->unrealized.d, DECIMALS_SHOWN, profit);
        time_layout(p->opened_ms, opened);
        buffer_appendf(
            out, "  %s %s %s, entry %s, now %s, open profit %s, since %s UTC\n", p->symbol,
            decimal_sign(p->quantity.d) < 0 ? "short" : "long", quantity, entry, mark, profit,
            opened
        );
    }
}

static void warn_missing(const struct report_data *data, struct buffer *out) {
    char missing[CELL_MAX];
    char total[CELL_MAX];
    char gaps[CELL_MAX];
    char longest[CELL_MAX];
    char since[CELL_MAX];
    int64_t whole = data->rows + data->missing;
    integer_layout(data->missing, missing);
    integer_layout(whole, total);
    integer_layout(data->gaps, gaps);
    integer_layout(data->longest, longest);
    time_layout(data->longest_time_ms, since);
    buffer_appendf(
        out,
        "  ! %s of %s bars are missing from the data (%.2f %%), in %s gap%s;\n"
        "    the longest is %s bars from %s UTC; nothing was filled in\n",
        missing, total, 100 * (double)data->missing / (double)whole, gaps,
        data->gaps == 1 ? "" : "s", longest, since
    );
}

static void warnings_text(const struct report *r, struct buffer *out) {
    uint64_t refused = 0;
    for (int check = 0; check < RISK_CHECK_COUNT; check++) {
        refused += r->refused[check];
    }
    if (r->data.missing == 0 && refused == 0 && r->faults == 0) {
        return;
    }
    buffer_append_text(out, "\nWarnings\n");
    if (r->data.missing > 0) {
        warn_missing(&r->data, out);
    }
    for (int check = 0; check < RISK_CHECK_COUNT; check++) {
        if (r->refused[check] > 0) {
            char count[CELL_MAX];
            integer_layout((int64_t)r->refused[check], count);
            buffer_appendf(
                out, "  ! %s order%s refused by the check %s\n", count,
                r->refused[check] == 1 ? "" : "s", risk_check_name((enum risk_check)check)
            );
        }
    }
    if (r->faults > 0) {
        char count[CELL_MAX];
        integer_layout(r->faults, count);
        buffer_appendf(
            out, "  ! %s handler%s of the script failed and %s undone\n", count,
            r->faults == 1 ? "" : "s", r->faults == 1 ? "was" : "were"
        );
    }
}

int report_text(const struct report *r, struct buffer *out) {
    head_text(r, out);
    figures_text(r->figures, out);
    sides_text(r->figures, out);
    exits_text(r->figures, out);
    positions_text(r, out);
    warnings_text(r, out);
    buffer_appendf(out, "\n%.3f s of CPU", r->cpu_seconds);
    if (isfinite(r->bars_per_second) && r->bars_per_second > 0) {
        char speed[CELL_MAX];
        double_layout(r->bars_per_second, 0, speed);
        buffer_appendf(out, ", %s bars/s", speed);
    }
    buffer_append_text(out, "\n");
    return out->code;
}
