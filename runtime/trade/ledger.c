#include "trade/ledger.h"

void ledger_init(struct ledger *l, struct money start) {
    *l = (struct ledger){.start = start, .balance = start};
}

int ledger_book_fill(struct ledger *l, struct money realized, struct money fee) {
    struct ledger next = *l;
    int rc;
    if ((rc = decimal_add(l->realized.d, realized.d, &next.realized.d)) != 0 ||
        (rc = decimal_add(l->fees.d, fee.d, &next.fees.d)) != 0 ||
        (rc = decimal_add(l->balance.d, realized.d, &next.balance.d)) != 0 ||
        (rc = decimal_sub(next.balance.d, fee.d, &next.balance.d)) != 0) {
        return rc;
    }
    *l = next;
    return 0;
}

int ledger_book_funding(struct ledger *l, struct money amount) {
    struct ledger next = *l;
    int rc;
    if ((rc = decimal_add(l->funding.d, amount.d, &next.funding.d)) != 0 ||
        (rc = decimal_add(l->balance.d, amount.d, &next.balance.d)) != 0) {
        return rc;
    }
    *l = next;
    return 0;
}

int margin_of(struct price price, struct quantity quantity, int leverage, struct money *out) {
    if (leverage < 1) {
        return E_ARGUMENT;
    }
    struct decimal notional;
    int rc = decimal_mul(price.d, decimal_abs(quantity.d), ROUND_UP, &notional);
    return rc != 0 ? rc : decimal_div(notional, decimal_of_int(leverage), ROUND_UP, &out->d);
}
