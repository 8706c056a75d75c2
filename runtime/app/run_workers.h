/* run_workers: the processes that run a run's scripts, and what they answer, on its way into the
 * engine. The loop's thread, which is woken by their descriptor; run_free ends the pool. */
#pragma once

#include "app/run.h"

/* Makes run->pool; *port is what the engine has for a host then. */
MUST_CHECK int run_workers_make(struct run *run, struct host_port_out *port, struct err *e);
