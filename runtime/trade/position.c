#include "trade/position.h"

static int position_enlarge(struct position *p, int sign, const struct fill *fill) {
    struct decimal held = decimal_abs(p->quantity.d), total, before, added, sum;
    int rc = decimal_add(held, fill->quantity.d, &total);
    if (rc != 0) {
        return rc;
    }
    if (held.v == 0) {
        p->entry = fill->price;
        p->opened_ms = fill->time_ms;
    } else if (
        (rc = decimal_mul(p->entry.d, held, ROUND_NEAREST, &before)) != 0 ||
        (rc = decimal_mul(fill->price.d, fill->quantity.d, ROUND_NEAREST, &added)) != 0 ||
        (rc = decimal_add(before, added, &sum)) != 0 ||
        (rc = decimal_div(sum, total, ROUND_NEAREST, &p->entry.d)) != 0) {
        return rc;
    }
    p->quantity.d = sign > 0 ? total : decimal_negate(total);
    return 0;
}

/* Closes `closed` of the position at the fill's price. */
static int position_reduce(
    struct position *p, struct decimal closed, const struct fill *fill, struct money *realized
) {
    bool is_long = p->quantity.d.v > 0;
    struct decimal move, total;
    int rc = is_long ? decimal_sub(fill->price.d, p->entry.d, &move)
                     : decimal_sub(p->entry.d, fill->price.d, &move);
    if (rc != 0 || (rc = decimal_mul(move, closed, ROUND_NEAREST, &realized->d)) != 0 ||
        (rc = decimal_add(p->realized.d, realized->d, &total)) != 0) {
        return rc;
    }
    p->realized.d = total;
    p->quantity.d.v += is_long ? -closed.v : closed.v;
    if (p->quantity.d.v == 0) {
        p->entry.d.v = 0;
        p->opened_ms = 0;
    }
    return 0;
}

int position_apply(
    struct position *p,
    enum order_side side,
    const struct fill *fill,
    struct position_change *change
) {
    if (fill->quantity.d.v <= 0 || fill->price.d.v <= 0) {
        return E_ARGUMENT;
    }
    int sign = side == ORDER_BUY ? 1 : -1;
    struct position next = *p;
    struct position_change what = {.entry_before = p->entry};
    int rc = decimal_add(p->fees.d, fill->fee.d, &next.fees.d);
    if (rc != 0) {
        return rc;
    }
    struct fill rest = *fill;
    if (decimal_sign(p->quantity.d) == -sign) {
        what.closed.d = decimal_min(fill->quantity.d, decimal_abs(p->quantity.d));
        rc = position_reduce(&next, what.closed.d, fill, &what.realized);
        rest.quantity.d.v -= what.closed.d.v;
    }
    if (rc == 0 && rest.quantity.d.v > 0) {
        what.opened = rest.quantity;
        rc = position_enlarge(&next, sign, &rest);
    }
    if (rc == 0) {
        *p = next;
        *change = what;
    }
    return rc;
}

int position_unrealized(const struct position *p, struct price mark, struct money *out) {
    if (p->quantity.d.v == 0) {
        out->d.v = 0;
        return 0;
    }
    struct decimal move;
    int rc = decimal_sub(mark.d, p->entry.d, &move);
    return rc != 0 ? rc : decimal_mul(move, p->quantity.d, ROUND_NEAREST, &out->d);
}

/* Sums of the positions of one symbol: net and gross quantity, and what they cost (signed). */
struct holding {
    struct decimal net, gross, cost;
};

static int holding_add(struct holding *h, const struct position *p) {
    if (p == NULL || p->quantity.d.v == 0) {
        return 0;
    }
    struct decimal cost;
    int rc = decimal_mul(p->entry.d, p->quantity.d, ROUND_NEAREST, &cost);
    if (rc != 0 || (rc = decimal_add(h->cost, cost, &h->cost)) != 0 ||
        (rc = decimal_add(h->net, p->quantity.d, &h->net)) != 0) {
        return rc;
    }
    return decimal_add(h->gross, decimal_abs(p->quantity.d), &h->gross);
}

/* balance + net × price − cost = maintenance × gross × price, solved for the price. */
int position_pair_liquidation_price(
    const struct position *a,
    const struct position *b,
    struct money balance,
    struct decimal maintenance,
    struct price *out,
    bool *is_below
) {
    struct holding h = {0};
    struct decimal kept, slope, missing;
    int rc;
    if ((rc = holding_add(&h, a)) != 0 || (rc = holding_add(&h, b)) != 0 ||
        (rc = decimal_mul(maintenance, h.gross, ROUND_NEAREST, &kept)) != 0 ||
        (rc = decimal_sub(h.net, kept, &slope)) != 0 ||
        (rc = decimal_sub(h.cost, balance.d, &missing)) != 0) {
        return rc;
    }
    out->d.v = 0;
    *is_below = slope.v > 0;
    if (h.gross.v == 0 || slope.v == 0 || (slope.v > 0 && missing.v <= 0)) {
        return 0;
    }
    if (slope.v < 0 && missing.v >= 0) {
        out->d.v = 1;
        return 0;
    }
    rc = decimal_div(missing, slope, ROUND_NEAREST, &out->d);
    if (rc == E_OVERFLOW) { /* farther away than any price */
        out->d.v = 0;
        return 0;
    }
    return rc;
}

int position_liquidation_price(
    const struct position *p, struct money balance, struct decimal maintenance, struct price *out
) {
    bool is_below;
    return position_pair_liquidation_price(p, NULL, balance, maintenance, out, &is_below);
}
