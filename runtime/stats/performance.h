/* performance: what a run has earned, recorded while it runs, and its figures at the end.
 *
 * The idea: the engine tells of every fill (with what it did to its position) and of every finest
 * bar (with the equity at its close); the recorder keeps sums, a line per closed trade, a value per
 * UTC day and a row per exit reason, and nothing per bar.
 *
 * A closed trade is a round trip: from the fill that opened a position from flat (or turned it) to
 * the one that brought it back to flat (or turned it again). What is added or taken off between
 * belongs to it, and it counts once. Positions are told apart by symbol and position side.
 * A trade's net profit is after fees and before funding, which is shown beside. Each exit carries
 * its share of the entry fees by quantity (the last one takes the rest), and the fee of a fill that
 * turns a position is split the same way, so that the sums agree to the last decimal:
 *   closed trades + open trades so far + open profit + funding = end equity − start equity.
 *
 * Money is exact, ratios are doubles; times come from the fills and bars; one thread; the struct is
 * the caller's and performance_fini frees what it grew. */
#pragma once

#include "stats/figures.h"
#include "trade/position.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PERFORMANCE_REASONS_MAX 256 /* exits for further reasons are added up as "(other)" */

struct performance_trade { /* closed */
    int64_t opened_ms;
    int64_t closed_ms;
    struct money net;
    struct money fees;
    uint16_t symbol;
    bool is_long;
};

struct performance_open { /* one position that is or was held */
    uint16_t symbol;
    enum position_side position_side;
    struct quantity quantity; /* signed */
    int64_t opened_ms;
    struct money net;        /* of its exits so far */
    struct money fees;       /* in net */
    struct money entry_fees; /* of what is still held, not in net yet */
};

struct performance_day {
    int64_t day; /* since 1970 */
    double equity;
};

struct performance {
    struct money start;
    struct money fees;
    struct money funding;

    struct performance_trade *trades;
    size_t trade_count, trade_capacity;
    struct performance_open *opens;
    size_t open_count, open_capacity;
    struct performance_day *days;
    size_t day_count, day_capacity;
    struct exit_figures *exits;
    size_t exit_count, exit_capacity;

    int64_t bars, bars_in_market;
    int64_t first_ms, last_ms;
    double first_price, last_price;
    double exposure_sum;
    struct money equity;

    struct money peak; /* highest equity so far */
    double peak_value;
    int64_t peak_ms; /* when it was last there */
    double depth_max;
    struct money depth_peak, depth_trough; /* of the deepest fall */
    int64_t depth_peak_ms, depth_trough_ms;
    int64_t fall_longest_ms;
};

struct performance_fill {
    uint16_t symbol;
    enum position_side position_side;
    enum order_side side;
    const struct fill *fill;
    const struct position_change *change;
    const char *reason;
};

struct performance_bar {
    int64_t time_ms;      /* open */
    int64_t close_ms;     /* open + the bar's length */
    double open, close;   /* of the symbol that buy and hold is measured on */
    struct money equity;  /* at the close, exact */
    double equity_value;  /* the same */
    double exposed_value; /* gross value of what is held at the close, >= 0 */
};

void performance_init(struct performance *p, struct money start);
void performance_fini(struct performance *p);

/* In the order in which they were booked. E_STATE when the fill does not fit what was told before.
 */
MUST_CHECK int
performance_on_fill(struct performance *p, const struct performance_fill *fill, struct err *e);
MUST_CHECK int performance_on_funding(struct performance *p, struct money amount, struct err *e);

/* What is held when the recording begins: its further fills fit. */
MUST_CHECK int performance_adopt(
    struct performance *p, uint16_t symbol, enum position_side side,
    const struct position *position, struct err *e
);

/* After a finest bar was played. */
MUST_CHECK int
performance_on_bar(struct performance *p, const struct performance_bar *bar, struct err *e);

/* The figures of everything told so far; may be asked more than once. figures->exits is the
 * recorder's and lives until the next fill or fini. */
MUST_CHECK int performance_figures(
    const struct performance *p,
    const struct figures_options *options,
    struct figures *figures,
    struct err *e
);
