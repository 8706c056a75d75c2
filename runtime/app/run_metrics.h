/* run_metrics: figures of the program around the engine for /metrics: the loop, the journal and the
 * tables that follow it. Names and units are Prometheus's. The loop's thread. */
#pragma once

#include "app/run.h"

void run_metrics(const struct run *run, struct buffer *out);
