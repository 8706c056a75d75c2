/* run_missed: the candles that closed while the process was down, where the feed does not wait for
 * it (feed.while_down): played at once, flagged, before the scripts are ready. How long it was down
 * says the last write to its journal. The loop's thread, before the loop turns. */
#pragma once

#include "app/run.h"

/* Between the recovery, which began to catch up, and the first turn. */
MUST_CHECK int run_missed_play(struct run *run, struct err *e);
