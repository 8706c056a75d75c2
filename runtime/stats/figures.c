#include "stats/figures.h"

#include <math.h>
#include <string.h>

#define ALWAYS ((size_t)-1)

/* The rows of struct trade_figures, found at `path` inside `type`. */
#define TRADE_ROW(key, label, kind, type, member, defined_by)                                      \
    { "Trades", key, label, kind, offsetof(type, member), defined_by }
#define TRADE_ROWS(type, path)                                                                     \
    TRADE_ROW("trades", "Closed trades", FIGURE_COUNT, type, path trades, ALWAYS),                 \
        TRADE_ROW("win_rate_percent", "Win rate", FIGURE_PERCENT, type, path win_rate, ALWAYS),    \
        TRADE_ROW("net_profit", "Net profit", FIGURE_MONEY, type, path net_profit, ALWAYS),        \
        TRADE_ROW("gross_profit", "Gross profit", FIGURE_MONEY, type, path gross_profit, ALWAYS),  \
        TRADE_ROW("gross_loss", "Gross loss", FIGURE_MONEY, type, path gross_loss, ALWAYS),        \
        TRADE_ROW(                                                                                 \
            "profit_factor", "Profit factor", FIGURE_RATIO, type, path profit_factor, ALWAYS       \
        ),                                                                                         \
        TRADE_ROW(                                                                                 \
            "expectancy", "Expectancy", FIGURE_MONEY, type, path expectancy,                       \
            offsetof(type, path trades)                                                            \
        ),                                                                                         \
        TRADE_ROW(                                                                                 \
            "average_win", "Average win", FIGURE_MONEY, type, path average_win,                    \
            offsetof(type, path wins)                                                              \
        ),                                                                                         \
        TRADE_ROW(                                                                                 \
            "average_loss", "Average loss", FIGURE_MONEY, type, path average_loss,                 \
            offsetof(type, path losses)                                                            \
        ),                                                                                         \
        TRADE_ROW(                                                                                 \
            "largest_win", "Largest win", FIGURE_MONEY, type, path largest_win,                    \
            offsetof(type, path wins)                                                              \
        ),                                                                                         \
        TRADE_ROW(                                                                                 \
            "largest_loss", "Largest loss", FIGURE_MONEY, type, path largest_loss,                 \
            offsetof(type, path losses)                                                            \
        ),                                                                                         \
        TRADE_ROW(                                                                                 \
            "average_trade_ms", "Average duration", FIGURE_DURATION, type,                         \
            path average_duration_ms, offsetof(type, path trades)                                  \
        )

#define ROW(group, key, label, kind, member)                                                       \
    { group, key, label, kind, offsetof(struct figures, member), ALWAYS }

const struct figure_row figure_rows[] = {
    ROW("Result", "first_ms", "From", FIGURE_TIME, first_ms),
    ROW("Result", "last_ms", "To", FIGURE_TIME, last_ms),
    ROW("Result", "bars", "Bars", FIGURE_COUNT, bars),
    ROW("Result", "days", "Days", FIGURE_COUNT, days),
    ROW("Result", "equity_start", "Start balance", FIGURE_MONEY, equity_start),
    ROW("Result", "equity_end", "End equity", FIGURE_MONEY, equity_end),
    ROW("Result", "total_return_percent", "Total return", FIGURE_PERCENT, total_return),
    ROW("Result", "buy_and_hold_percent", "Buy and hold", FIGURE_PERCENT, buy_and_hold),
    ROW("Result", "cagr_percent", "CAGR", FIGURE_PERCENT, cagr),
    ROW("Result", "fees", "Fees paid", FIGURE_MONEY, fees),
    ROW("Result", "funding", "Funding", FIGURE_MONEY, funding),
    TRADE_ROWS(struct figures, all.),
    ROW("Trades", "open_trades", "Open trades", FIGURE_COUNT, open_trades),
    ROW("Trades", "open_net", "Booked by open trades", FIGURE_MONEY, open_net),
    ROW("Risk", "max_drawdown", "Max drawdown", FIGURE_MONEY, max_drawdown),
    ROW("Risk", "max_drawdown_percent", "Max drawdown", FIGURE_PERCENT, max_drawdown_ratio),
    ROW("Risk", "max_drawdown_peak_ms", "  from the peak of", FIGURE_TIME, max_drawdown_peak_ms),
    ROW("Risk", "max_drawdown_trough_ms", "  to", FIGURE_TIME, max_drawdown_trough_ms),
    ROW("Risk",
        "max_drawdown_duration_ms",
        "Longest drawdown",
        FIGURE_DURATION,
        max_drawdown_duration_ms),
    ROW("Risk", "volatility_percent", "Volatility", FIGURE_PERCENT, volatility),
    ROW("Risk", "sharpe", "Sharpe", FIGURE_RATIO, sharpe),
    ROW("Risk", "sortino", "Sortino", FIGURE_RATIO, sortino),
    ROW("Risk", "calmar", "Calmar", FIGURE_RATIO, calmar),
    ROW("Risk", "sqn", "SQN", FIGURE_RATIO, sqn),
    ROW("Risk", "kelly_percent", "Kelly", FIGURE_PERCENT, kelly),
    ROW("Risk", "exposure_percent", "Exposure", FIGURE_PERCENT, exposure),
    ROW("Risk", "time_in_market_percent", "Time in market", FIGURE_PERCENT, time_in_market),
};
const size_t figure_row_count = sizeof figure_rows / sizeof figure_rows[0];

const struct figure_row trade_rows[] = {
    TRADE_ROWS(struct trade_figures, ),
    TRADE_ROW("fees", "Fees paid", FIGURE_MONEY, struct trade_figures, fees, ALWAYS),
};
const size_t trade_row_count = sizeof trade_rows / sizeof trade_rows[0];

bool figure_is_defined(const struct figure_row *row, const void *figures) {
    const char *base = figures;
    if (row->defined_by != ALWAYS) {
        int64_t count;
        memcpy(&count, base + row->defined_by, sizeof count);
        return count != 0;
    }
    if (row->kind == FIGURE_TIME) {
        return figure_integer(row, figures) != 0;
    }
    if (row->kind == FIGURE_PERCENT || row->kind == FIGURE_RATIO) {
        double value;
        memcpy(&value, base + row->offset, sizeof value);
        return isfinite(value);
    }
    return true;
}

int64_t figure_integer(const struct figure_row *row, const void *figures) {
    int64_t value;
    memcpy(&value, (const char *)figures + row->offset, sizeof value);
    return value;
}

struct money figure_money(const struct figure_row *row, const void *figures) {
    struct money value;
    memcpy(&value, (const char *)figures + row->offset, sizeof value);
    return value;
}

double figure_value(const struct figure_row *row, const void *figures) {
    if (!figure_is_defined(row, figures)) {
        return (double)NAN;
    }
    switch (row->kind) {
    case FIGURE_MONEY:
        return decimal_to_double(figure_money(row, figures).d);
    case FIGURE_COUNT:
    case FIGURE_TIME:
    case FIGURE_DURATION:
        return (double)figure_integer(row, figures);
    case FIGURE_PERCENT:
    case FIGURE_RATIO:
        break;
    }
    double value;
    memcpy(&value, (const char *)figures + row->offset, sizeof value);
    return row->kind == FIGURE_PERCENT ? value * 100 : value;
}

const struct figure_row *figure_find(const char *key) {
    for (size_t i = 0; i < figure_row_count; i++) {
        if (strcmp(figure_rows[i].key, key) == 0) {
            return &figure_rows[i];
        }
    }
    return NULL;
}
