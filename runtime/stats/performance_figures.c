/* The figures at the end of a run, from what the recorder kept. */
#include "stats/performance.h"

#include <math.h>
#include <string.h>

#define UNDEFINED ((double)NAN)
#define YEAR_MS (365.0 * 86400000.0)

/* The quotient, or NaN where there is none to tell. */
static double ratio(double numerator, double denominator) {
    double value = numerator / denominator;
    return denominator != 0 && isfinite(value) ? value : UNDEFINED;
}

static int money_average(struct money sum, int64_t count, struct money *average) {
    if (count == 0) {
        *average = (struct money){{0}};
        return 0;
    }
    return decimal_div(sum.d, decimal_of_int(count), ROUND_NEAREST, &average->d);
}

static int trade_count_in(struct trade_figures *t, const struct performance_trade *trade) {
    int sign = decimal_sign(trade->net.d);
    t->trades++;
    t->average_duration_ms += trade->closed_ms - trade->opened_ms;
    if (sign > 0) {
        t->wins++;
        t->largest_win.d = decimal_max(t->largest_win.d, trade->net.d);
    } else if (sign < 0) {
        t->losses++;
        t->largest_loss.d = decimal_min(t->largest_loss.d, trade->net.d);
    }
    struct money *side = sign > 0 ? &t->gross_profit : &t->gross_loss;
    int code = decimal_add(side->d, trade->net.d, &side->d);
    return code < 0 ? code : decimal_add(t->fees.d, trade->fees.d, &t->fees.d);
}

static int trade_finish(struct trade_figures *t) {
    t->win_rate = ratio((double)t->wins, (double)t->trades);
    t->profit_factor =
        ratio(decimal_to_double(t->gross_profit.d), -decimal_to_double(t->gross_loss.d));
    if (t->trades > 0) {
        t->average_duration_ms /= t->trades;
    }
    int code = decimal_add(t->gross_profit.d, t->gross_loss.d, &t->net_profit.d);
    if (code == 0) {
        code = money_average(t->net_profit, t->trades, &t->expectancy);
    }
    if (code == 0) {
        code = money_average(t->gross_profit, t->wins, &t->average_win);
    }
    return code < 0 ? code : money_average(t->gross_loss, t->losses, &t->average_loss);
}

static int trades_figure(const struct performance *p, struct figures *f) {
    int code = 0;
    for (size_t i = 0; i < p->trade_count && code == 0; i++) {
        const struct performance_trade *trade = &p->trades[i];
        code = trade_count_in(&f->all, trade);
        if (code == 0) {
            code = trade_count_in(trade->is_long ? &f->long_side : &f->short_side, trade);
        }
    }
    struct trade_figures *sets[] = {&f->all, &f->long_side, &f->short_side};
    for (size_t i = 0; i < 3 && code == 0; i++) {
        code = trade_finish(sets[i]);
    }
    return code;
}

static int opens_figure(const struct performance *p, struct figures *f) {
    int code = 0;
    for (size_t i = 0; i < p->open_count && code == 0; i++) {
        const struct performance_open *o = &p->opens[i];
        f->open_trades += !decimal_is_zero(o->quantity.d);
        code = decimal_add(f->open_net.d, o->net.d, &f->open_net.d);
        if (code == 0) {
            code = decimal_sub(f->open_net.d, o->entry_fees.d, &f->open_net.d);
        }
    }
    return code;
}

struct spread {
    double mean;
    double deviation; /* standard, n − 1 */
};

typedef double series_value(const struct performance *p, size_t i);

/* Values that are all the same deviate by exactly nothing, whatever the mean is rounded to. */
static struct spread spread_of(const struct performance *p, size_t count, series_value *value) {
    double sum = 0;
    bool differ = false;
    for (size_t i = 0; i < count; i++) {
        sum += value(p, i);
        differ = differ || value(p, i) != value(p, 0);
    }
    struct spread spread = {ratio(sum, (double)count), 0};
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        double off = value(p, i) - spread.mean;
        squares += off * off;
    }
    if (count < 2) {
        spread.deviation = UNDEFINED;
    } else if (differ) {
        spread.deviation = sqrt(squares / (double)(count - 1));
    }
    return spread;
}

static double trade_net(const struct performance *p, size_t i) {
    return decimal_to_double(p->trades[i].net.d);
}

static double day_return(const struct performance *p, size_t i) {
    double before = i == 0 ? decimal_to_double(p->start.d) : p->days[i - 1].equity;
    return before > 0 ? p->days[i].equity / before - 1 : UNDEFINED;
}

static void quality_figure(const struct performance *p, struct figures *f) {
    struct spread nets = spread_of(p, p->trade_count, trade_net);
    f->sqn = ratio(sqrt((double)p->trade_count) * nets.mean, nets.deviation);
    double payoff =
        ratio(decimal_to_double(f->all.average_win.d), -decimal_to_double(f->all.average_loss.d));
    f->kelly = f->all.win_rate - ratio(1 - f->all.win_rate, payoff);
}

static void daily_figure(
    const struct performance *p, const struct figures_options *options, struct figures *f
) {
    double year = options->days_per_year > 0 ? options->days_per_year : 365.0;
    double free_return = options->risk_free_rate / year;
    struct spread returns = spread_of(p, p->day_count, day_return);
    double below = 0;
    for (size_t i = 0; i < p->day_count; i++) {
        double excess = day_return(p, i) - free_return;
        below += excess < 0 ? excess * excess : 0;
    }
    double excess_a_year = (returns.mean - free_return) * year;
    double downside = sqrt(below / (double)p->day_count);
    f->volatility = returns.deviation * sqrt(year);
    f->sharpe = ratio(excess_a_year, f->volatility);
    f->sortino = p->day_count < 2 ? UNDEFINED : ratio(excess_a_year, downside * sqrt(year));
}

static int equity_figure(const struct performance *p, struct figures *f) {
    double start = decimal_to_double(p->start.d);
    double growth = ratio(decimal_to_double(p->equity.d), start);
    double years = (double)(p->last_ms - p->first_ms) / YEAR_MS;
    f->total_return = growth - 1;
    f->buy_and_hold = ratio(p->last_price, p->first_price) - 1;
    f->cagr = UNDEFINED;
    if (years > 0 && growth >= 0) {
        f->cagr = ratio(pow(growth, 1 / years), 1) - 1;
    }
    f->max_drawdown_ratio = p->bars > 0 ? p->depth_max : UNDEFINED;
    f->max_drawdown_peak_ms = p->depth_peak_ms;
    f->max_drawdown_trough_ms = p->depth_trough_ms;
    f->max_drawdown_duration_ms = p->fall_longest_ms;
    bool is_below = decimal_compare(p->equity.d, p->peak.d) < 0;
    if (is_below && p->last_ms - p->peak_ms > p->fall_longest_ms) {
        f->max_drawdown_duration_ms = p->last_ms - p->peak_ms;
    }
    f->calmar = ratio(f->cagr, f->max_drawdown_ratio);
    return decimal_sub(p->depth_peak.d, p->depth_trough.d, &f->max_drawdown.d);
}

int performance_figures(
    const struct performance *p,
    const struct figures_options *options,
    struct figures *f,
    struct err *e
) {
    memset(f, 0, sizeof *f);
    f->first_ms = p->first_ms;
    f->last_ms = p->last_ms;
    f->bars = p->bars;
    f->days = (int64_t)p->day_count;
    f->equity_start = p->start;
    f->equity_end = p->equity;
    f->fees = p->fees;
    f->funding = p->funding;
    f->exits = p->exits;
    f->exit_count = p->exit_count;
    f->exposure = ratio(p->exposure_sum, (double)p->bars);
    f->time_in_market = ratio((double)p->bars_in_market, (double)p->bars);
    if (trades_figure(p, f) < 0 || opens_figure(p, f) < 0 || equity_figure(p, f) < 0) {
        return err_set(e, E_OVERFLOW, "performance: a sum of money left the range of a decimal");
    }
    quality_figure(p, f);
    daily_figure(p, options, f);
    return 0;
}
