#include "trade/loss.h"

void loss_watch_init(struct loss_watch *w, struct money equity) {
    *w = (struct loss_watch){.peak = equity, .day_start = equity};
}

int loss_deposit(struct loss_watch *w, struct money amount) {
    int code = decimal_add(w->peak.d, amount.d, &w->peak.d);
    return code != 0 ? code : decimal_add(w->day_start.d, amount.d, &w->day_start.d);
}

void loss_raise_peak(struct loss_watch *w, struct money equity) {
    w->peak.d = decimal_max(w->peak.d, equity.d);
}

void loss_begin(struct loss_watch *w, enum loss_limit which, struct money equity) {
    *(which == LOSS_DAILY ? &w->day_start : &w->peak) = equity;
}

int loss_figure(
    const struct loss_watch *w, enum loss_limit which, struct money equity, struct decimal *out
) {
    if (which == LOSS_DAILY) {
        return decimal_sub(w->day_start.d, equity.d, out);
    }
    struct decimal lost;
    if (w->peak.d.v <= 0) {
        return E_ARGUMENT;
    }
    /* Above the peak that was seen last, nothing is lost. */
    int code = decimal_sub(decimal_max(w->peak.d, equity.d), equity.d, &lost);
    return code != 0 ? code : decimal_div(lost, w->peak.d, ROUND_UP, out);
}

bool loss_is_halted(const struct loss_watch *w) {
    return w->halts[LOSS_DAILY].is_on || w->halts[LOSS_DRAWDOWN].is_on;
}
