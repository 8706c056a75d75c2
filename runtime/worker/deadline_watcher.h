/* deadline_watcher: ends handlers that run too long (script/deadline.h says how, this says when).
 *
 * A thread looks once a millisecond at the number of the handler that runs. Seen for the second
 * time, a handler has run for a while: the script thread is signalled and notes its CPU clock. From
 * when the limit has passed by the wall, it is signalled every millisecond, asks whether that
 * handler still runs and has used its CPU time since the note, and only then ends it; so neither a
 * handler that the system put aside nor the next one is hit. Ended at the limit + 1 to 2 ms of CPU.
 *
 * Time is CLOCK_MONOTONIC and the script thread's CPU clock. The signal is SIGURG, which does
 * nothing where nobody handles it. One watcher per script thread; start and stop it on that thread.
 */
#pragma once

#include "base/err.h"
#include "script/deadline.h"

struct deadline_watcher;

/* Watches d, on which only the calling thread runs handlers, from when it returns. d must outlive
 * the watcher. */
MUST_CHECK int
deadline_watcher_start(struct deadline_watcher **out, struct deadline *d, struct err *e);
/* No handler will run until it is woken: after a while it looks no more, so that a process that
 * waits costs nothing. Both are a store or two where they come often. The script thread's. */
void deadline_watcher_rest(struct deadline_watcher *w);
void deadline_watcher_wake(struct deadline_watcher *w);
/* Takes up to a millisecond. NULL is fine. */
void deadline_watcher_stop(struct deadline_watcher *w);
