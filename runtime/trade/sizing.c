#include "trade/sizing.h"

int sizing_round_request(struct order_request *request, const struct instrument *instrument) {
    struct decimal tick = instrument->tick.d;
    enum rounding away = request->side == ORDER_BUY ? ROUND_DOWN : ROUND_UP;
    struct order_request next = *request;
    int rc = decimal_snap_to(request->price.d, tick, away, &next.price.d);
    if (rc == 0) {
        rc = decimal_snap_to(request->stop.d, tick, ROUND_NEAREST, &next.stop.d);
    }
    if (rc == 0) {
        rc = decimal_snap_to(request->quantity.d, instrument->lot.d, ROUND_DOWN, &next.quantity.d);
    }
    if (rc == 0) {
        *request = next;
    }
    return rc;
}

struct price sizing_price(const struct order_request *request, struct price reference) {
    if (request->price.d.v != 0) {
        return request->price;
    }
    return request->stop.d.v != 0 ? request->stop : reference;
}

int sizing_fill_quantity(
    struct order_request *request,
    const struct instrument *instrument,
    struct money value,
    struct price reference
) {
    struct price price = sizing_price(request, reference);
    return quantity_of_value(value, price, instrument->lot, &request->quantity);
}

int sizing_share(
    struct quantity held,
    struct decimal share,
    const struct instrument *instrument,
    struct quantity *out
) {
    if (share.v <= 0 || share.v > DECIMAL_ONE) {
        return E_RANGE;
    }
    struct decimal all = decimal_abs(held.d), part;
    if (share.v == DECIMAL_ONE) {
        out->d = all;
        return 0;
    }
    int rc = decimal_mul(all, share, ROUND_NEAREST, &part);
    return rc != 0 ? rc : decimal_snap_to(part, instrument->lot.d, ROUND_DOWN, &out->d);
}

static int
sizing_say_below(const char *what, struct decimal found, struct decimal minimum, struct err *e) {
    char found_text[DECIMAL_TEXT_MAX], minimum_text[DECIMAL_TEXT_MAX];
    decimal_format(found, found_text);
    decimal_format(minimum, minimum_text);
    return err_set(
        e, E_BELOW_MINIMUM, "%s %s is below the minimum %s", what, found_text, minimum_text
    );
}

int sizing_check_minimum(
    const struct order_request *request,
    const struct instrument *instrument,
    struct price reference,
    struct err *e
) {
    if (request->is_whole_position) {
        return 0;
    }
    struct decimal least = request->reduce_only
                               ? instrument->lot.d
                               : decimal_max(instrument->min_quantity.d, instrument->lot.d);
    if (decimal_compare(request->quantity.d, least) < 0) {
        return sizing_say_below("quantity", request->quantity.d, least, e);
    }
    if (request->reduce_only || instrument->min_notional.d.v == 0) {
        return 0;
    }
    struct money notional;
    int rc = money_of(sizing_price(request, reference), request->quantity, &notional);
    if (rc != 0) {
        return err_set(e, rc, "the value of the order does not fit");
    }
    if (decimal_compare(notional.d, instrument->min_notional.d) < 0) {
        return sizing_say_below("value", notional.d, instrument->min_notional.d, e);
    }
    return 0;
}
