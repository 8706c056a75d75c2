/* bench_call: what guarding a handler costs: the same handler by a bare lua_pcall and by
 * sandbox_call with the watcher running, the best of several rounds; and a state of 40 lots
 * encoded. One line of JSON, for tests/bench/bench.lua. */
#include "script/deadline.h"
#include "script/sandbox.h"
#include "worker/deadline_watcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CALLS 1000000
#define ENCODINGS 5000
#define ROUNDS 9
#define LIMIT_NS 5000000

static const char script[] =
    "local M = { api = 1, name = 'bench', version = 1 }\n"
    "local average = 20000\n"
    "function M.on_candle(open, high, low, close)\n"
    "  average = average + (close - average) * 0.1\n"
    "  if close > average and high - low > open then return close end\n"
    "end\n"
    "M.state = { lots = {}, level = 7, total = 0.4, last = 'entry' }\n"
    "for i = 1, 40 do\n"
    "  M.state.lots[i] = { id = 'a1b2c3d4o' .. i, entry = 20000.1 + i, quantity = 0.0123, level = "
    "i,\n"
    "    target = 'a1b2c3d4o' .. 1000 + i, stop = 19000.5 + i, side = 'long', filled = true,\n"
    "    opened_ms = 1700000000000 + i, reason = 'grid entry at level ' .. i, fee = 0.0001 * i }\n"
    "end\n"
    "return M\n";

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void handler_push(lua_State *L, int i) {
    lua_pushvalue(L, 2);
    lua_pushnumber(L, 20000);
    lua_pushnumber(L, 20010 + i % 7);
    lua_pushnumber(L, 19990);
    lua_pushnumber(L, 20000 + i % 5);
}

static double raw_round(lua_State *L) {
    double begin = now_ns();
    for (int i = 0; i < CALLS; i++) {
        handler_push(L, i);
        if (lua_pcall(L, 4, 0, 0) != 0) {
            exit(1);
        }
    }
    return (now_ns() - begin) / CALLS;
}

static double guarded_round(struct sandbox *s) {
    struct fault fault;
    lua_State *L = sandbox_state(s);
    double begin = now_ns();
    for (int i = 0; i < CALLS; i++) {
        handler_push(L, i);
        if (sandbox_call(s, 4, 0, LIMIT_NS, &fault) != 0) {
            exit(1);
        }
    }
    return (now_ns() - begin) / CALLS;
}

static double encode_round(lua_State *L, size_t *length) {
    static char bytes[64 * 1024];
    struct fault fault;
    double begin = now_ns();
    for (int i = 0; i < ENCODINGS; i++) {
        if (state_encode(L, 3, bytes, sizeof bytes, length, &fault) != 0) {
            exit(1);
        }
    }
    return (now_ns() - begin) / ENCODINGS;
}

static void least(double *best, double value) {
    *best = *best == 0 || value < *best ? value : *best;
}

/* A sandbox with M, its handler and its state at 1, 2 and 3 of the stack. */
static struct sandbox *prepare(struct deadline *deadline) {
    struct sandbox *s;
    struct err e;
    struct fault fault;
    struct sandbox_options options = {
        .memory_max = (size_t)2 << 20, .pcall_depth_max = 200, .deadline = deadline};
    struct script_file file = {"init.lua", script, sizeof script - 1};
    struct script_bundle bundle = {"bench", 0, &file, 1};
    if (sandbox_new(&s, &options, &e) != 0) {
        fprintf(stderr, "%s\n", e.msg);
        exit(1);
    }
    if (sandbox_load(s, &bundle, LIMIT_NS, &fault) != 0) {
        fprintf(stderr, "%s\n", fault.text);
        exit(1);
    }
    lua_getfield(sandbox_state(s), 1, "on_candle");
    lua_getfield(sandbox_state(s), 1, "state");
    return s;
}

int main(void) {
    static struct deadline deadline;
    struct deadline_watcher *watcher;
    struct err e;
    if (deadline_watcher_start(&watcher, &deadline, &e) != 0) {
        fprintf(stderr, "%s\n", e.msg);
        return 1;
    }
    struct sandbox *s = prepare(&deadline);
    double raw_ns = 0;
    double guarded_ns = 0;
    double encode_ns = 0;
    size_t length = 0;
    for (int round = 0; round < ROUNDS; round++) {
        least(&raw_ns, raw_round(sandbox_state(s)));
        least(&guarded_ns, guarded_round(s));
        least(&encode_ns, encode_round(sandbox_state(s), &length));
    }
    printf(
        "{\"raw_ns\":%.1f,\"guarded_ns\":%.1f,\"added_ns\":%.1f,\"state_bytes\":%zu, "
        "\"state_encode_ns\":%.0f,\"sandbox_bytes\":%zu}\n",
        raw_ns, guarded_ns, guarded_ns - raw_ns, length, encode_ns, sandbox_memory(s)
    );
    sandbox_free(s);
    deadline_watcher_stop(watcher);
    return 0;
}
