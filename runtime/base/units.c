#include "base/units.h"

int money_of(struct price price, struct quantity quantity, struct money *out) {
    return decimal_mul(price.d, quantity.d, ROUND_NEAREST, &out->d);
}

/* Rounding down twice loses nothing: the lot is a whole number of 10^-18ths, and
 * floor(floor(x) / n) is floor(x / n) for every whole n. */
int quantity_of_value(
    struct money value, struct price price, struct quantity lot, struct quantity *out
) {
    if (decimal_sign(price.d) <= 0 || decimal_sign(lot.d) <= 0) {
        return E_ARGUMENT;
    }
    struct decimal quantity;
    int rc = decimal_div(value.d, price.d, ROUND_DOWN, &quantity);
    return rc != 0 ? rc : decimal_round_to(quantity, lot.d, ROUND_DOWN, &out->d);
}
