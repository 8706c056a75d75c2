/* units: price, quantity and money as distinct types around the decimal, so that the compiler
 * refuses to swap them, and the few operations that cross from one to another. Pure. */
#pragma once

#include "base/decimal.h"

struct price { /* quote currency per one base unit */
    struct decimal d;
};
struct quantity { /* base units; never negative except where a signed position says so */
    struct decimal d;
};
struct money { /* quote currency */
    struct decimal d;
};

/* price × quantity, rounded to nearest at the 18th decimal where it needs more. */
MUST_CHECK int money_of(struct price price, struct quantity quantity, struct money *out);
/* floor(value / price / lot) × lot, exactly. E_ARGUMENT when price or lot is not positive. */
MUST_CHECK int quantity_of_value(
    struct money value, struct price price, struct quantity lot, struct quantity *out
);
