/* run_gateway: HTTP beside a run: what the gateway asks of the program (scripts, activations, what waits), and
 * its place in the run's turns. The loop's thread; run_gateway_stop begins the end, the loop goes on until it is over. */
#pragma once

#include "app/run.h"

struct run_gateway;

/* Listens as the configuration says. E_IO names the port that is taken. */
MUST_CHECK int run_gateway_open(struct run_gateway **out, struct run *run, struct err *e);
int run_gateway_port(const struct run_gateway *g);
/* The gateway itself, for the sink; NULL without one. */
struct gateway *run_gateway_of(struct run_gateway *g);
/* Takes no more requests; `over` is called when what is under way has been answered. */
void run_gateway_stop(struct run_gateway *g, void (*over)(void *ctx), void *ctx);
void run_gateway_free(struct run_gateway *g);
