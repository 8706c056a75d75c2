/* position: what one owner holds of a symbol on one side, and what it has earned.
 *
 * quantity is signed (long > 0). The average entry is weighted by additions, unchanged by
 * reductions, and the fill's price after a turn; fees are not in it.
 * Exact, pure, single owner. */
#pragma once

#include "trade/order.h"

struct position {
    struct quantity quantity;  /* signed */
    struct price entry;        /* average; 0 when flat */
    struct money realized;     /* sum of closed profit, without fees */
    struct money fees;         /* paid */
    int64_t opened_ms;         /* fill that opened it from flat or turned it; 0 when flat */
};

struct position_change {
    struct quantity closed;  /* how much of the fill reduced the position, >= 0 */
    struct quantity opened;  /* how much enlarged it, >= 0 */
    struct money realized;   /* of the closed part, without fees */
    struct price entry_before;
};

/* Books a fill. *change says what it did. */
MUST_CHECK int position_apply(
    struct position *p, enum order_side side, const struct fill *fill, struct position_change *change
);
/* (mark − entry) × quantity; 0 when flat. */
MUST_CHECK int position_unrealized(const struct position *p, struct price mark, struct money *out);
/* The price at which balance + open profit = maintenance × |quantity| × price (cross margin), 0 when
 * there is none above zero. `balance` is realised. */
MUST_CHECK int position_liquidation_price(
    const struct position *p, struct money balance, struct decimal maintenance, struct price *out
);
/* The same for the positions of one symbol together (hedge mode holds a long and a short; one may be
 * NULL or flat). *is_below says on which side the danger lies: prices at or below *out, else at or
 * above. When every price is one at which the account is gone, *out is the smallest price there is. */
MUST_CHECK int position_pair_liquidation_price(
    const struct position *a, const struct position *b, struct money balance,
    struct decimal maintenance, struct price *out, bool *is_below
);
