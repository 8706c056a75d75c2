/* Runs one handler as a transaction: what it asked for stands when it returns, and nothing of it
 * when it faults. */
#include "script/api.h"

#include <stdlib.h>
#include <string.h>

void guest_drop_sandbox(struct guest *g) {
    sandbox_free(g->sandbox);
    g->sandbox = NULL;
    g->L = NULL;
    g->symbol_name = NULL;
    g->handlers = 0;
    g->is_capture_pending = false;
    guest_watch_forget(g);
}

static int state_keep(struct guest *g, const char *state, size_t length) {
    if (g->state && length == g->state_length && memcmp(g->state, state, length) == 0) {
        return 0;
    }
    if (length > g->state_capacity) {
        char *grown = realloc(g->state, length);
        if (!grown) {
            return E_MEMORY;
        }
        g->state = grown;
        g->state_capacity = length;
    }
    memcpy(g->state, state, length);
    g->state_length = length;
    g->state_number = g->handled_number;
    return 0;
}

/* The state is only read, and its encoder allocates nothing in Lua. */
int guest_capture(struct guest *g, struct fault *fault) {
    struct host *h = g->host;
    size_t length = 0;
    lua_pushvalue(g->L, REF_SELF);
    lua_pushvalue(g->L, REF_KEY_STATE);
    lua_rawget(g->L, -2);
    int code =
        state_encode(g->L, lua_gettop(g->L), h->state, h->options.limits.state_max, &length, fault);
    lua_pop(g->L, 2);
    g->is_capture_pending = false;
    if (code == 0 && state_keep(g, h->state, length) != 0) {
        code = fault_set(fault, E_MEMORY, "no memory to keep a state of %zu bytes", length);
    }
    return code;
}

static bool wants_capture(const struct guest *g) {
    return g->host->options.capture == CAPTURE_ALWAYS || g->host->ask_count > 0;
}

static void transaction_undo(struct guest *g) {
    view_rollback(&g->view, &g->host->undo);
    g->host->ask_count = 0;
    guest_drop_sandbox(g);
}

int guest_transact(struct guest *g, int arguments, int results, int64_t cpu_ns, struct done *out) {
    struct host *h = g->host;
    int code = sandbox_call(g->sandbox, arguments, results, cpu_ns, &out->fault);
    g->handled_number = out->number;
    if (code == 0 && wants_capture(g)) {
        code = guest_capture(g, &out->fault);
        out->state = g->state;
        out->state_length = g->state_length;
    }
    if (code != 0) {
        transaction_undo(g);
        out->state = NULL;
        out->state_length = 0;
        return code;
    }
    if (h->options.capture == CAPTURE_DEFERRED && !wants_capture(g)) {
        guest_capture_later(g);
    }
    out->asks = h->asks;
    out->ask_count = h->ask_count;
    out->log_dropped = h->log_dropped;
    return 0;
}

/* A text of the event as a string of the sandbox. */
static int argument_make(lua_State *L) {
    lua_pushstring(L, lua_touserdata(L, 1));
    guest_ref_set(L, REF_ARGUMENT);
    return 0;
}

/* Puts what the handler gets on the stack; how many values, or −1 with the fault filled. */
static int handler_arguments(struct guest *g, const struct event *event, struct fault *fault) {
    switch (event->kind) {
    case EVENT_READY:
        guest_ref_push(g->L, REF_READY + (int)event->u.ready);
        return 1;
    case EVENT_CANDLE: {
        uint16_t symbol = g->host->series[event->u.series].symbol;
        if (symbol != g->candle_symbol) {
            candle_set_symbol(g, symbol);
        }
        lua_pushvalue(g->L, REF_CANDLE);
        return 1;
    }
    case EVENT_TICKER:
        lua_pushvalue(g->L, REF_TICKER);
        return 1;
    case EVENT_FILL:
        lua_pushvalue(g->L, REF_FILL);
        return 1;
    case EVENT_ORDER:
        lua_pushvalue(g->L, REF_ORDER);
        return 1;
    case EVENT_TIMER:
        if (sandbox_protect(g->sandbox, argument_make, (void *)(uintptr_t)event->u.timer, fault)) {
            return -1;
        }
        guest_ref_push(g->L, REF_ARGUMENT);
        return 1;
    case EVENT_STOP:
        guest_ref_push(g->L, REF_STOP + (int)event->u.stop);
        return 1;
    default:
        return 0;
    }
}

/* self.now: the field is there since guest_prepare, so that setting it allocates nothing. */
void guest_set_now(struct guest *g, int64_t now_ms) {
    lua_pushvalue(g->L, REF_KEY_NOW);
    lua_pushnumber(g->L, (double)now_ms);
    lua_rawset(g->L, REF_API);
}

void guest_handle(struct guest *g, const struct event *event, struct done *out) {
    lua_State *L = g->L;
    if (!L || !(g->handlers >> event->kind & 1)) {
        return;
    }
    view_begin(&g->view, &g->host->undo);
    g->event = event;
    g->phase = api_handlers[event->kind].phase;
    guest_set_now(g, event->now_ms);
    bool is_watched = g->host->notes && guest_watch_begin(g, event->kind);
    lua_pushvalue(L, REF_HANDLER + (int)event->kind);
    lua_pushvalue(L, REF_SELF);
    int arguments = handler_arguments(g, event, &out->fault);
    if (arguments < 0) {
        transaction_undo(g);
    } else {
        int64_t cpu_ns = g->host->options.limits.handler_cpu_ns;
        (void)!guest_transact(g, arguments + 1, 0, cpu_ns, out);
    }
    if (is_watched) {
        guest_watch_end(g, event->kind);
    }
    g->event = NULL;
    g->phase = PHASE_IDLE;
}
