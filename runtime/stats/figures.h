/* figures: the performance figures of a run and the one table of their names, labels and kinds,
 * from which the text report, the JSON and the optimiser's "--by NAME" all read.
 *
 * A figure that is not defined (a Sharpe ratio of one day, an average win without a win) is NaN, or
 * a money row whose count is 0; it is shown as "-" and null, never as 0 or infinity.
 * Pure; a plain struct. */
#pragma once

#include "base/units.h"
#include "trade/order.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct figures_options {
    double risk_free_rate; /* a year, 0.04 = 4 % */
    double days_per_year;  /* for annualising daily returns; 0: 365 */
};

/* Of a set of closed trades (performance.h). A win earned more than 0 after fees, a loss less. */
struct trade_figures {
    int64_t trades, wins, losses;
    double win_rate;           /* wins / trades */
    struct money gross_profit; /* sum of the wins */
    struct money gross_loss;   /* sum of the losses, <= 0 */
    struct money net_profit;   /* their sum: after fees, before funding */
    double profit_factor;      /* gross profit / −gross loss */
    struct money expectancy;   /* net profit / trades */
    struct money average_win, average_loss;
    struct money largest_win, largest_loss;
    struct money fees; /* of these trades */
    int64_t average_duration_ms;
};

struct exit_figures {
    char reason[ORDER_REASON_MAX];
    int64_t exits;  /* fills that reduced a position for this reason */
    int64_t wins;   /* of them, with more than 0 after fees */
    int64_t trades; /* closed trades that ended with one of them */
    struct money net_profit;
};

struct figures {
    int64_t first_ms, last_ms; /* open of the first bar, close of the last */
    int64_t bars, days;        /* days: UTC days that had a bar */

    struct money equity_start, equity_end;
    double total_return; /* end equity / start − 1 */
    double buy_and_hold; /* last close / first open − 1 */
    double cagr;         /* by 365 days of the calendar */

    /* The deepest fall from a peak by percent, seen at the closes of finest bars. */
    struct money max_drawdown;
    double max_drawdown_ratio;
    int64_t max_drawdown_peak_ms, max_drawdown_trough_ms;
    int64_t max_drawdown_duration_ms; /* the longest time from a peak to the next, or to the end */

    /* Of daily UTC equity returns; the first day's counts from the start balance, and a day without
     * a bar is no return (the next one spans it). Annualised with √days_per_year. */
    double volatility; /* standard deviation, n − 1 */
    double sharpe;
    double sortino; /* against the root mean square of the returns below the risk-free rate */
    double calmar;  /* cagr / max_drawdown_ratio */

    double sqn;            /* √trades × mean / standard deviation of the trades' net profits */
    double kelly;          /* win rate − (1 − win rate) / (average win / average loss) */
    double exposure;       /* mean of position value / equity at the closes of bars */
    double time_in_market; /* bars that closed with a position / bars */

    struct money fees;    /* paid, open trades included */
    struct money funding; /* received > 0 */
    int64_t open_trades;
    struct money open_net; /* what open trades booked so far: partial exits − fees */

    struct trade_figures all, long_side, short_side;
    const struct exit_figures *exits; /* in the order of their first exit */
    size_t exit_count;
};

enum figure_kind {
    FIGURE_COUNT,    /* int64_t */
    FIGURE_TIME,     /* int64_t milliseconds since 1970; 0: none */
    FIGURE_DURATION, /* int64_t milliseconds */
    FIGURE_MONEY,    /* struct money */
    FIGURE_PERCENT,  /* double, shown × 100 */
    FIGURE_RATIO,    /* double */
};

/* One row: a member of struct figures (or of struct trade_figures, in trade_rows). */
struct figure_row {
    const char *group; /* heading in the text report */
    const char *key;   /* in JSON and for the optimiser; the unit is last */
    const char *label;
    enum figure_kind kind;
    size_t offset;
    size_t defined_by; /* offset of the int64_t that is 0 when the row is not defined */
};

extern const struct figure_row figure_rows[];
extern const size_t figure_row_count;
/* The subset that is also told for the long and for the short side. */
extern const struct figure_row trade_rows[];
extern const size_t trade_row_count;

/* The value behind a row; of the named kinds only. */
bool figure_is_defined(const struct figure_row *row, const void *figures);
int64_t figure_integer(const struct figure_row *row, const void *figures);
struct money figure_money(const struct figure_row *row, const void *figures);

/* Any kind as a double, as JSON shows it (percents × 100); NaN when it is not defined. */
double figure_value(const struct figure_row *row, const void *figures);

/* The row of a key; NULL when there is none. */
const struct figure_row *figure_find(const char *key);
