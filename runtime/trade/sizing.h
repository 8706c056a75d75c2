/* sizing: what turns a wish into an order that the venue can take: rounding to the instrument's
 * steps, quantities from a value or from a share of a position, and the test against the minimum.
 *
 * Shared by everything through which an order can be asked for, so that the same numbers give the
 * same order. What lies within a millionth of a step of a multiple is that multiple; otherwise a
 * quantity goes down, a buy price down, a sell price up, a trigger to the nearest tick, ties up.
 * Exact, pure, no memory. */
#pragma once

#include "market/instrument.h"
#include "trade/order.h"

/* Rounds price, stop and quantity in place; a quantity may become 0 (below the minimum, then). */
MUST_CHECK int
sizing_round_request(struct order_request *request, const struct instrument *instrument);

/* The price that an order is valued at: its limit, else its trigger, else the reference. */
struct price sizing_price(const struct order_request *request, struct price reference);

/* request->quantity = value / sizing_price, exactly, down to the lot. Round the prices first.
 * E_ARGUMENT when there is no price. */
MUST_CHECK int sizing_fill_quantity(
    struct order_request *request,
    const struct instrument *instrument,
    struct money value,
    struct price reference
);

/* |held| × share down to the lot; all of it when share is 1. E_RANGE when share is not in (0, 1].
 */
MUST_CHECK int sizing_share(
    struct quantity held,
    struct decimal share,
    const struct instrument *instrument,
    struct quantity *out
);

/* E_BELOW_MINIMUM with the figures when the order is smaller than the venue takes. What reduces is
 * held against the smallest quantity only, so that no rest of a position is stuck; an order of the
 * whole position has no quantity to test. */
MUST_CHECK int sizing_check_minimum(
    const struct order_request *request,
    const struct instrument *instrument,
    struct price reference,
    struct err *e
);
