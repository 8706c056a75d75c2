/* loss: how much was lost since the day began and since the best moment, of one account or of all
 * accounts of a user, and whether that has halted it.
 *
 * Daily: equity when the UTC day began minus equity now. Drawdown: the fall from the highest equity
 * as a fraction of it. Equity has profit, open profit and fees in it. A halt is latched with the
 * figures that it was found with: it stays when the equity recovers. Pure; time is the caller's. */
#pragma once

#include "base/units.h"

enum loss_limit { LOSS_DAILY, LOSS_DRAWDOWN, LOSS_LIMIT_COUNT };

struct loss_halt {
    bool is_on;
    struct decimal value, limit; /* what was found, and held against what */
};

struct loss_watch {
    struct money peak;
    struct money day_start;
    struct loss_halt halts[LOSS_LIMIT_COUNT];
};

void loss_watch_init(struct loss_watch *w, struct money equity);
/* Money that was added, not earned. */
MUST_CHECK int loss_deposit(struct loss_watch *w, struct money amount);
void loss_raise_peak(struct loss_watch *w, struct money equity);
/* Counts from that equity on. */
void loss_begin(struct loss_watch *w, enum loss_limit which, struct money equity);
/* What a limit is held against. E_ARGUMENT: of a peak that is not above 0. */
MUST_CHECK int loss_figure(
    const struct loss_watch *w, enum loss_limit which, struct money equity, struct decimal *out
);
bool loss_is_halted(const struct loss_watch *w);
