/* risk: what is asked of every order before it is recorded. Each check is a row of one table, reads
 * the facts it is handed and answers with the figures it compared, so that a refusal can name them.
 * Fail closed: a figure that cannot be computed refuses. Pure: time and market come in the facts. */
#pragma once

#include "market/instrument.h"
#include "trade/ledger.h"

/* The order in which they are made. RISK_CHECK(name, wire name, exempt when reduce-only) */
#define RISK_CHECKS(X)                                                                             \
    X(RUNNING, "activation_running", false)                                                        \
    X(KILL_SWITCH, "kill_switch", false)                                                           \
    X(SYMBOL, "symbol_allowed", false)                                                             \
    X(POSITIVE, "finite_positive", false)                                                          \
    X(TICK_LOT, "tick_and_lot", false)                                                             \
    X(MINIMUM, "minimum", false)                                                                   \
    X(MAXIMUM, "maximum", false)                                                                   \
    X(FEED, "feed_fresh", true)                                                                    \
    X(COLLAR, "price_collar", true)                                                                \
    X(ORDER_VALUE, "order_value", true)                                                            \
    X(POSITION, "position_limit", true)                                                            \
    X(EXPOSURE, "exposure_limit", true)                                                            \
    X(LEVERAGE, "leverage", true)                                                                  \
    X(MARGIN, "free_margin", true)                                                                 \
    X(OPEN_ORDERS, "open_orders", false)                                                           \
    X(RATE, "order_rate", false)                                                                   \
    X(DUPLICATE, "duplicate", true)                                                                \
    X(DAILY_LOSS, "daily_loss", true)                                                              \
    X(DRAWDOWN, "drawdown", true)                                                                  \
    X(REDUCE_ONLY, "reduce_only", false)                                                           \
    X(SENT_VS_ASKED, "sent_against_asked", false)

enum risk_check {
#define X(name, wire, exempt) RISK_##name,
    RISK_CHECKS(X)
#undef X
    RISK_CHECK_COUNT,
};

struct risk_limits { /* 0 switches a limit off */
    struct decimal collar;           /* fraction of the reference price, 0.2 */
    struct money order_value_max;    /* 2,000,000 */
    struct money position_value_max; /* per symbol, 10,000,000 */
    struct money exposure_max;       /* gross per account, 20,000,000 */
    int leverage_max;                /* 125 */
    int open_orders_max;             /* 200 */
    int rate_per_second;             /* refill of the bucket, 50 */
    int rate_burst;                  /* 500 */
    int64_t duplicate_ms;            /* 1,000 */
    int64_t feed_age_max_ms;         /* 180,000; 0 = off (data of a backtest has gaps) */
    struct money daily_loss_max;     /* 0 */
    struct decimal drawdown_max;     /* fraction of peak equity, 0 */
};

/* Everything a check may look at, as of the ask. The position must be given (flat is a position):
 * what is missing refuses. */
struct risk_facts {
    const struct instrument *instrument; /* NULL: the symbol is not allowed */
    const struct order_request *request; /* rounded */
    struct price reference;              /* last price; 0: none */
    int64_t reference_age_ms;
    const struct position *position; /* of the side the order works on */
    bool increases;                  /* the order could enlarge the position */
    struct money exposure;           /* gross notional of all positions and resting orders that enlarge */
    struct money equity, free_margin, equity_peak, day_start_equity;
    int leverage;
    int open_orders;
    int rate_tokens; /* whole tokens left in the bucket of the narrowest scope */
    int64_t same_order_age_ms; /* age of the youngest order of equal symbol, side, type, price and quantity; −1: none */
    bool is_running, is_killed, is_amendment;
    uint64_t orders_sent, orders_asked;
};

struct risk_figure {
    enum risk_check check;
    bool passed;
    bool exempt;
    struct decimal value; /* what was found */
    struct decimal limit; /* what it was held against */
};

struct risk_verdict {
    bool passed;
    enum risk_check failed; /* the first that failed */
    int code;               /* E_RISK, E_INSUFFICIENT_MARGIN, E_BELOW_MINIMUM … */
    int count;              /* figures filled: all checks up to and including the first failure */
    struct risk_figure figures[RISK_CHECK_COUNT];
    char message[ORDER_MESSAGE_MAX]; /* "order_value: 1200000 > 1000000"; empty when passed */
};

/* The defaults are the figures above. */
void risk_limits_default(struct risk_limits *limits);
const char *risk_check_name(enum risk_check check); /* its name on the wire, "order_value" */

/* Makes the checks in order up to the first that fails. Reduce-only orders and those of the whole
 * position are exempt where the table says so (the figure says it, too, and counts as passed). */
void risk_check_order(
    const struct risk_limits *limits, const struct risk_facts *facts, struct risk_verdict *verdict
);
