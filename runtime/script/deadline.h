/* deadline: how a handler that does not end is ended.
 *
 * The host says when a handler begins and ends by one atomic store each (the CPU clock is not read);
 * a watcher thread looks once a millisecond and, when the same handler has been running too long,
 * signals the script thread; the signal handler asks again whether that handler is still the one
 * running and whether its CPU time has passed, and then sets a hook that raises at every instruction,
 * so that pcall cannot swallow it. The watcher lives in worker/; this is the face the script room
 * needs, handed in by app. One struct per script thread. */
#pragma once

#include <lua.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct deadline {
    /* Even: nothing runs. Odd: the handler with that number runs. Written by the script thread only. */
    _Atomic uint64_t running;
    _Atomic int64_t limit_ns;       /* CPU limit of the handler that runs */
    _Atomic(lua_State *) state;     /* whose hook is to be set */
    _Atomic uint64_t expired;       /* `running` of the handler that the signal ended; 0: none */
};

static inline void deadline_arm(struct deadline *d, lua_State *L, int64_t limit_ns) {
    atomic_store_explicit(&d->state, L, memory_order_relaxed);
    atomic_store_explicit(&d->limit_ns, limit_ns, memory_order_relaxed);
    uint64_t running = atomic_load_explicit(&d->running, memory_order_relaxed);
    atomic_store_explicit(&d->running, running + 1, memory_order_release);
}

/* Returns whether the handler was ended by the deadline. The caller clears the hook afterwards, always:
 * the signal may land between the last instruction and this store. */
static inline bool deadline_disarm(struct deadline *d) {
    uint64_t running = atomic_load_explicit(&d->running, memory_order_relaxed);
    atomic_store_explicit(&d->running, running + 1, memory_order_release);
    return atomic_load_explicit(&d->expired, memory_order_relaxed) == running;
}

/* Ends the handler with that number, if it is the one that runs: what the signal handler on the
 * script thread calls. Safe to repeat, and to be repeated: a hook may have been overwritten. */
void deadline_expire(struct deadline *d, uint64_t running);

/* Whether the handler that runs is to end: long loops in C functions ask it. Script thread only. */
static inline bool deadline_is_expired(const struct deadline *d) {
    return atomic_load_explicit(&d->expired, memory_order_relaxed) ==
               atomic_load_explicit(&d->running, memory_order_relaxed) &&
           atomic_load_explicit(&d->expired, memory_order_relaxed) != 0;
}
