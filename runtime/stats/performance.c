#include "stats/performance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)
#define ARRAY_FIRST 64

void performance_init(struct performance *p, struct money start) {
    memset(p, 0, sizeof *p);
    p->start = p->equity = p->peak = start;
    p->peak_value = decimal_to_double(start.d);
}

void performance_fini(struct performance *p) {
    free(p->trades);
    free(p->opens);
    free(p->days);
    free(p->exits);
    memset(p, 0, sizeof *p);
}

/* The array with room for one more element of `size` bytes, perhaps moved; NULL without memory,
 * with the old one untouched. */
static void *
array_reserve(void *array, size_t count, size_t *capacity, size_t size, struct err *e) {
    if (count < *capacity) {
        return array;
    }
    size_t grown = *capacity == 0 ? ARRAY_FIRST : 2 * *capacity;
    void *moved = realloc(array, grown * size);
    if (moved == NULL) {
        err_set(e, E_MEMORY, "performance: no memory for %zu entries", grown);
        return NULL;
    }
    *capacity = grown;
    return moved;
}

static int money_add(struct money *sum, struct money amount) {
    return decimal_add(sum->d, amount.d, &sum->d);
}

static int money_sub(struct money *sum, struct money amount) {
    return decimal_sub(sum->d, amount.d, &sum->d);
}

static int overflow(struct err *e) {
    return err_set(e, E_OVERFLOW, "performance: a sum of money left the range of a decimal");
}

/* amount × part / whole; all of it when they are equal. */
static int
money_share(struct money amount, struct quantity part, struct quantity whole, struct money *share) {
    if (decimal_compare(part.d, whole.d) == 0) {
        *share = amount;
        return 0;
    }
    int code = decimal_mul(amount.d, part.d, ROUND_NEAREST, &share->d);
    return code < 0 ? code : decimal_div(share->d, whole.d, ROUND_NEAREST, &share->d);
}

static int open_of(
    struct performance *p,
    const struct performance_fill *f,
    struct performance_open **out,
    struct err *e
) {
    for (size_t i = 0; i < p->open_count; i++) {
        struct performance_open *o = &p->opens[i];
        if (o->symbol == f->symbol && o->position_side == f->position_side) {
            *out = o;
            return 0;
        }
    }
    struct performance_open *opens =
        array_reserve(p->opens, p->open_count, &p->open_capacity, sizeof *opens, e);
    if (opens == NULL) {
        return E_MEMORY;
    }
    p->opens = opens;
    *out = &opens[p->open_count++];
    **out = (struct performance_open){.symbol = f->symbol, .position_side = f->position_side};
    return 0;
}

/* The row of a reason; when there are too many reasons, the row of the others. */
static int
exit_of(struct performance *p, const char *reason, struct exit_figures **out, struct err *e) {
    if (p->exit_count >= PERFORMANCE_REASONS_MAX - 1) {
        bool is_known = false;
        for (size_t i = 0; i < p->exit_count && !is_known; i++) {
            is_known = strcmp(p->exits[i].reason, reason) == 0;
        }
        reason = is_known ? reason : "(other)";
    }
    for (size_t i = 0; i < p->exit_count; i++) {
        if (strcmp(p->exits[i].reason, reason) == 0) {
            *out = &p->exits[i];
            return 0;
        }
    }
    struct exit_figures *exits =
        array_reserve(p->exits, p->exit_count, &p->exit_capacity, sizeof *exits, e);
    if (exits == NULL) {
        return E_MEMORY;
    }
    p->exits = exits;
    *out = &exits[p->exit_count++];
    **out = (struct exit_figures){.exits = 0};
    snprintf((*out)->reason, sizeof(*out)->reason, "%s", reason);
    return 0;
}

/* The position went back to flat: its line is written and it is ready for the next. */
static int trade_close(
    struct performance *p, struct performance_open *o, bool is_long, int64_t time_ms, struct err *e
) {
    struct performance_trade *trades =
        array_reserve(p->trades, p->trade_count, &p->trade_capacity, sizeof *trades, e);
    if (trades == NULL) {
        return E_MEMORY;
    }
    p->trades = trades;
    trades[p->trade_count++] = (struct performance_trade){
        .opened_ms = o->opened_ms,
        .closed_ms = time_ms,
        .net = o->net,
        .fees = o->fees,
        .symbol = o->symbol,
        .is_long = is_long,
    };
    *o = (struct performance_open){.symbol = o->symbol, .position_side = o->position_side};
    return 0;
}

static int exit_book(
    struct performance *p,
    struct performance_open *o,
    const struct performance_fill *f,
    struct money fee,
    struct err *e
) {
    struct exit_figures *row;
    int code = exit_of(p, f->reason, &row, e);
    if (code < 0) {
        return code;
    }
    struct quantity held = {decimal_abs(o->quantity.d)};
    struct money entry_fee;
    struct money net = f->change->realized;
    if (money_share(o->entry_fees, f->change->closed, held, &entry_fee) < 0 ||
        money_sub(&o->entry_fees, entry_fee) < 0 || money_sub(&net, fee) < 0 ||
        money_sub(&net, entry_fee) < 0 || money_add(&o->net, net) < 0 ||
        money_add(&o->fees, fee) < 0 || money_add(&o->fees, entry_fee) < 0 ||
        money_add(&row->net_profit, net) < 0) {
        return overflow(e);
    }
    bool is_long = decimal_sign(o->quantity.d) > 0;
    struct decimal left;
    if (decimal_sub(held.d, f->change->closed.d, &left) < 0) {
        return overflow(e);
    }
    o->quantity.d = is_long ? left : decimal_negate(left);
    row->exits++;
    row->wins += decimal_sign(net.d) > 0;
    if (!decimal_is_zero(left)) {
        return 0;
    }
    row->trades++;
    return trade_close(p, o, is_long, f->fill->time_ms, e);
}

static int entry_book(
    struct performance_open *o, const struct performance_fill *f, struct money fee, struct err *e
) {
    if (decimal_is_zero(o->quantity.d)) {
        o->opened_ms = f->fill->time_ms;
    }
    struct decimal added = f->change->opened.d;
    added = f->side == ORDER_BUY ? added : decimal_negate(added);
    if (decimal_add(o->quantity.d, added, &o->quantity.d) < 0 ||
        money_add(&o->entry_fees, fee) < 0) {
        return overflow(e);
    }
    return 0;
}

/* Does the change fit the position as the recorder knows it? */
static bool change_fits(const struct performance_open *o, const struct performance_fill *f) {
    const struct position_change *change = f->change;
    int held_sign = decimal_sign(o->quantity.d);
    int fill_sign = f->side == ORDER_BUY ? 1 : -1;
    int closed_sign = decimal_sign(change->closed.d);
    int opened_sign = decimal_sign(change->opened.d);
    if (closed_sign < 0 || opened_sign < 0 || closed_sign + opened_sign == 0) {
        return false;
    }
    if (closed_sign == 0) {
        return held_sign != -fill_sign;
    }
    int left = decimal_compare(decimal_abs(o->quantity.d), change->closed.d);
    return held_sign == -fill_sign && (opened_sign > 0 ? left == 0 : left >= 0);
}

int performance_on_fill(struct performance *p, const struct performance_fill *f, struct err *e) {
    struct performance_open *o;
    int code = open_of(p, f, &o, e);
    if (code < 0) {
        return code;
    }
    if (!change_fits(o, f)) {
        return err_set(
            e, E_STATE, "performance: a fill at %lld does not fit the position it changes",
            (long long)f->fill->time_ms
        );
    }
    struct money exit_fee = {{0}};
    struct money entry_fee = f->fill->fee;
    if (money_share(f->fill->fee, f->change->closed, f->fill->quantity, &exit_fee) < 0 ||
        money_sub(&entry_fee, exit_fee) < 0 || money_add(&p->fees, f->fill->fee) < 0) {
        return overflow(e);
    }
    if (decimal_sign(f->change->closed.d) > 0) {
        code = exit_book(p, o, f, exit_fee, e);
    }
    if (code == 0 && decimal_sign(f->change->opened.d) > 0) {
        code = entry_book(o, f, entry_fee, e);
    }
    return code;
}

int performance_on_funding(struct performance *p, struct money amount, struct err *e) {
    return money_add(&p->funding, amount) < 0 ? overflow(e) : 0;
}

/* The close of a bar that ends at midnight belongs to the day that ends there. */
static int day_sample(struct performance *p, int64_t close_ms, double equity, struct err *e) {
    int64_t day = (close_ms - 1) / DAY_MS;
    if (p->day_count > 0 && p->days[p->day_count - 1].day == day) {
        p->days[p->day_count - 1].equity = equity;
        return 0;
    }
    struct performance_day *days =
        array_reserve(p->days, p->day_count, &p->day_capacity, sizeof *days, e);
    if (days == NULL) {
        return E_MEMORY;
    }
    p->days = days;
    days[p->day_count++] = (struct performance_day){day, equity};
    return 0;
}

static void drawdown_sample(struct performance *p, const struct performance_bar *bar) {
    if (decimal_compare(bar->equity.d, p->peak.d) >= 0) {
        int64_t fall_ms = bar->close_ms - p->peak_ms;
        bool has_fallen = decimal_compare(p->equity.d, p->peak.d) < 0;
        if (has_fallen && fall_ms > p->fall_longest_ms) {
            p->fall_longest_ms = fall_ms;
        }
        p->peak = bar->equity;
        p->peak_value = bar->equity_value;
        p->peak_ms = bar->close_ms;
        return;
    }
    double depth = (p->peak_value - bar->equity_value) / p->peak_value;
    if (depth > p->depth_max) {
        p->depth_max = depth;
        p->depth_peak = p->peak;
        p->depth_peak_ms = p->peak_ms;
        p->depth_trough = bar->equity;
        p->depth_trough_ms = bar->close_ms;
    }
}

int performance_on_bar(struct performance *p, const struct performance_bar *bar, struct err *e) {
    if (p->bars == 0) {
        p->first_ms = p->peak_ms = bar->time_ms;
        p->first_price = bar->open;
    }
    p->bars++;
    p->last_ms = bar->close_ms;
    p->last_price = bar->close;
    if (bar->exposed_value > 0) {
        p->bars_in_market++;
        p->exposure_sum += bar->equity_value > 0 ? bar->exposed_value / bar->equity_value : 0;
    }
    drawdown_sample(p, bar);
    p->equity = bar->equity;
    return day_sample(p, bar->close_ms, bar->equity_value, e);
}

int performance_adopt(
    struct performance *p, uint16_t symbol, enum position_side side,
    const struct position *position, struct err *e
) {
    struct performance_open *open;
    struct performance_fill of = {.symbol = symbol, .position_side = side};
    if (position->quantity.d.v == 0) {
        return 0;
    }
    int code = open_of(p, &of, &open, e);
    if (code == 0) {
        open->quantity = position->quantity;
        open->opened_ms = position->opened_ms;
    }
    return code;
}
