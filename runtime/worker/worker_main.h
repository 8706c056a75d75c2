/* worker_main: the process that runs scripts: `tradingboost worker`, started by the core with three
 * descriptors (worker/link.h) and nothing else.
 *
 * It starts its deadline watcher, confines itself, and only then reads its first message. Bars and
 * openings are taken as they come; events are handled in the order in which they come, but those of
 * activations that are new, have faulted or were slow lately wait until the others of the burst
 * are answered (always in order within an activation). States are captured when all answers are
 * out, and told at most once a second where they changed.
 * Time is CLOCK_MONOTONIC, for the pace of states and for who is slow; scripts see that of their
 * events. One script thread; nothing is freed: the core ends the process. */
#pragma once

/* Never returns but with a reason not to start, as an exit status. */
int worker_main(void);
