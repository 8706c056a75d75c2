/* sandbox: one Lua state that can harm nobody: own allocator with a hard cap, an allow-list of names
 * (docs/reference/script-api.md), CPU limit by a deadline, text only, the same results on every machine.
 *
 * The owner pushes a function and its arguments on the state and calls sandbox_call, the only place
 * in the program that enters Lua. After a fault of the kind deadline or memory the state is never
 * used again: the owner frees it and makes a new one. The JIT is off. No time is read here; one
 * thread; the owner frees. */
#pragma once

#include "script/message.h"

#include <lua.h>

struct deadline;
struct sandbox;

struct sandbox_options {
    size_t memory_max;       /* bytes */
    int pcall_depth_max;
    struct deadline *deadline; /* NULL: no CPU limit */
    uint64_t seed;           /* of math.random */
};

MUST_CHECK int sandbox_new(struct sandbox **out, const struct sandbox_options *options, struct err *e);
void sandbox_free(struct sandbox *s);

lua_State *sandbox_state(struct sandbox *s);
/* The sandbox of a state, for C functions called from it. */
struct sandbox *sandbox_of(lua_State *L);

/* Runs fn(ctx) with arguments in a protected call without a CPU limit: for the host's own set-up work
 * on the state (pushing tables may run out of memory). 0 or E_SCRIPT_MEMORY / E_SCRIPT with the fault filled. */
MUST_CHECK int sandbox_protect(struct sandbox *s, lua_CFunction fn, void *ctx, struct fault *fault);

/* Calls the function below `arguments` values on the stack, guarded by the deadline. On success the
 * results are on the stack; on a fault nothing is, and *fault says what, where and by which limit. */
MUST_CHECK int sandbox_call(
    struct sandbox *s, int arguments, int results, int64_t cpu_ns, struct fault *fault
);

/* Leaves what finds the line of a fault at the top of the stack, for good: calls need not fetch it. The owner leaves
 * it and all below it where it is. */
void sandbox_keep_handler(struct sandbox *s);

/* Raises from a C function of the API as a misuse by the script: position and text, code of the fault. */
int sandbox_raise(lua_State *L, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Loads the bundle's entry (compiled once per hash in this process, then from its own dump), with
 * `require` for its files and library modules, and leaves the value it returned on the stack. The file's
 * body runs under cpu_ns. */
MUST_CHECK int sandbox_load(
    struct sandbox *s, const struct script_bundle *bundle, int64_t cpu_ns, struct fault *fault
);

/* Makes the value on top of the stack a global that scripts may read, and pops it; inside a protected
 * call. Any other assignment to a global is refused. */
void sandbox_set_global(lua_State *L, const char *name);

/* Bytes in use and the highest since it was made. */
size_t sandbox_memory(const struct sandbox *s);
size_t sandbox_memory_peak(const struct sandbox *s);

/* --- self.state ---------------------------------------------------------------------------------- */

/* Encodes the table at index (plain data, 16 deep, no cycle, no metatable, finite
 * numbers, keys sorted) into bytes[0..capacity): its length in *length, or E_SCRIPT with a text that names the path
 * ("state.lots[3].price: a function cannot be kept"), E_QUOTA when it is larger than capacity. Never raises. */
MUST_CHECK int state_encode(lua_State *L, int index, char *bytes, size_t capacity, size_t *length, struct fault *fault);
/* Pushes the table back (call it inside sandbox_protect: it allocates). E_DATA for malformed bytes. */
MUST_CHECK int state_decode(lua_State *L, const char *bytes, size_t length, struct err *e);
/* The same value as text with sorted keys, for people and for comparing: "{lots={...}}". Returns the
 * length of the whole text, of which capacity - 1 bytes and a NUL are written; 0 for malformed bytes. */
size_t state_format(const char *bytes, size_t length, char *text, size_t capacity);
