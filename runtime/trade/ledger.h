/* ledger: the money of one account: realised balance, fees and funding, margin in use.
 *
 * balance = start + realised profit − fees + funding, fees counted once; leverage never changes a
 * profit. Exact, pure, single owner. */
#pragma once

#include "trade/position.h"

struct ledger {
    struct money start;
    struct money realized; /* without fees */
    struct money fees;
    struct money funding; /* received > 0 */
    struct money balance; /* the sum of the above */
};

void ledger_init(struct ledger *l, struct money start);
MUST_CHECK int ledger_book_fill(struct ledger *l, struct money realized, struct money fee);
MUST_CHECK int ledger_book_funding(struct ledger *l, struct money amount);

/* notional / leverage, rounded up at the 18th decimal. leverage >= 1. */
MUST_CHECK int margin_of(
    struct price price, struct quantity quantity, int leverage, struct money *out
);
