/* run_sink: what a run does with what its engine tells: counts it, shows it, hands it to the orders
 * file and to HTTP. What was told before a restart is not told again. The loop's thread; nothing is
 * kept beside the run. */
#pragma once

#include "app/run.h"
#include "engine/port.h"

struct sink_port run_sink(struct run *run);
/* The first error ends the run at the end of its bar. */
void run_keep_error(struct run *run, const struct err *e);
