/* risk: what is asked of every order before it is recorded. Each check is a row of one table, reads
 * the facts it is handed and answers with the figures it compared, so that a refusal can name them.
 * Fail closed: a figure that cannot be computed refuses. Pure: time and market come in the facts. */
#pragma once

#include "market/instrument.h"
#include "trade/ledger.h"
#include "trade/loss.h"

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
    X(USER_RATE, "user_order_rate", false)                                                         \
    X(VENUE_RATE, "venue_order_rate", false)                                                       \
    X(DUPLICATE, "duplicate", true)                                                                \
    X(DAILY_LOSS, "daily_loss", true)                                                              \
    X(DRAWDOWN, "drawdown", true)                                                                  \
    X(USER_DAILY_LOSS, "user_daily_loss", true)                                                    \
    X(USER_DRAWDOWN, "user_drawdown", true)                                                        \
    X(REDUCE_ONLY, "reduce_only", false)                                                           \
    X(SENT_VS_ASKED, "sent_against_asked", false)

enum risk_check {
#define X(name, wire, exempt) RISK_##name,
    RISK_CHECKS(X)
#undef X
    RISK_CHECK_COUNT,
};

struct rate_limit {
    int per_second; /* refill of the bucket; 0: off */
    int burst;      /* what it holds */
};

struct risk_limits { /* 0 switches a limit off */
    struct decimal collar;           /* fraction of the reference price, 0.2 */
    struct money order_value_max;    /* 2,000,000 */
    struct money position_value_max; /* per symbol, 10,000,000 */
    struct money exposure_max;       /* gross per account, 20,000,000 */
    int leverage_max;                /* 125 */
    int open_orders_max;             /* 200 */
    struct rate_limit rate;          /* of an activation: 50 a second, 500 at once */
    struct rate_limit user_rate;     /* of all of a user; off */
    struct rate_limit venue_rate;    /* of all; off */
    int64_t rate_suspend_ms;         /* of refusals by `rate`, then suspended; 1,000 */
    int64_t duplicate_ms;            /* 1,000 */
    int64_t feed_age_max_ms;         /* 180,000; 0 = off (data of a backtest has gaps) */
    struct money daily_loss_max;     /* of an account; 0 */
    struct decimal drawdown_max;     /* fraction of its peak equity, 0 */
    struct money user_daily_loss_max; /* of all accounts of a user; 0 */
    struct decimal user_drawdown_max; /* 0 */
    bool halt_flattens;              /* a halt closes what is held */
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
    bool enlarges_with_others;       /* or could, together with what else is live */
    struct money equity, free_margin, user_equity;
    const struct loss_watch *loss;      /* of the account */
    const struct loss_watch *user_loss; /* of all accounts of its user; NULL: not watched */
    int leverage;
    int open_orders;
    int rate_tokens, user_rate_tokens, venue_rate_tokens; /* whole ones left in the buckets */
    int64_t same_order_age_ms; /* age of the youngest order of equal symbol, side, type, price and quantity; −1: none */
    bool is_running, is_killed, is_amendment;
    uint64_t orders_sent, orders_asked; /* with this one asked for, and not sent yet */
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

/* The check of a limit of loss. */
enum risk_check risk_check_of_loss(bool is_user, enum loss_limit which);
/* What that check is held against; 0: off. */
struct decimal
risk_loss_limit(const struct risk_limits *limits, bool is_user, enum loss_limit which);
bool risk_watches_losses(const struct risk_limits *limits);
/* "daily_loss: 512 >= 500" */
void risk_halt_message(
    enum risk_check check, const struct loss_halt *halt, char message[ORDER_MESSAGE_MAX]
);

/* Makes the checks in order up to the first that fails. Reduce-only orders and those of the whole
 * position are exempt where the table says so (the figure says it, too, and counts as passed). */
void risk_check_order(
    const struct risk_limits *limits, const struct risk_facts *facts, struct risk_verdict *verdict
);
