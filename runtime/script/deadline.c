#include "script/deadline.h"

#include "script/sandbox_parts.h"

/* Stays set until sandbox_call clears it, and so raises again in whatever pcall caught it. */
static void deadline_hook(lua_State *L, lua_Debug *record) {
    (void)record;
    sandbox_raise_deadline(L);
}

void deadline_expire(struct deadline *d, uint64_t running) {
    if (atomic_load_explicit(&d->running, memory_order_relaxed) != running || running % 2 == 0) {
        return;
    }
    atomic_store_explicit(&d->expired, running, memory_order_relaxed);
    lua_State *L = atomic_load_explicit(&d->state, memory_order_relaxed);
    lua_sethook(L, deadline_hook, LUA_MASKCOUNT, 1);
}
