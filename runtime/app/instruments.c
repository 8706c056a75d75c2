#include "app/instruments.h"

#include <stdio.h>
#include <string.h>

int instrument_find(const char *symbol, struct instrument *out, struct err *e) {
    (void)e;
    memset(out, 0, sizeof *out);
    snprintf(out->symbol, sizeof out->symbol, "%s", symbol);
    snprintf(out->base, sizeof out->base, "BTC");
    snprintf(out->quote, sizeof out->quote, "USDT");
    out->kind = INSTRUMENT_PERPETUAL;
    out->tick.d.v = DECIMAL_ONE / 10;
    out->lot.d.v = DECIMAL_ONE / 10000;
    out->min_quantity = out->lot;
    out->contract.v = DECIMAL_ONE / 100;
    out->maintenance.v = DECIMAL_ONE / 200;
    out->max_leverage = 125;
    out->can_stop = out->can_amend = out->can_post_only = out->can_reduce_only = true;
    out->can_hedge = true;
    return 0;
}
