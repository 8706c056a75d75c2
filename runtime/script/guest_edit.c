/* EVENT_EDIT: another version of the script takes over between two events, with the state of the
 * one that runs. Whatever fails before it has started leaves that one as it was, its sandbox
 * included.
 */
#include "script/guest.h"

#include <stdlib.h>
#include <string.h>

struct running { /* what a version has beside what survives it */
    struct sandbox *sandbox;
    lua_State *L;
    uint32_t handlers;
    uint16_t symbol, candle_symbol;
    const char *symbol_name;
    int indicator_count;
    struct bundle *bundle;
    int version;
    struct subscription subscription;
    char *state; /* a copy: the new version's start keeps its own */
    size_t state_length;
};

static int running_take(struct guest *g, struct running *r) {
    *r = (struct running){
        .sandbox = g->sandbox,
        .L = g->L,
        .handlers = g->handlers,
        .symbol = g->symbol,
        .candle_symbol = g->candle_symbol,
        .symbol_name = g->symbol_name,
        .indicator_count = g->indicator_count,
        .bundle = g->bundle,
        .version = g->version,
        .subscription = g->subscription,
        .state = malloc(g->state_length + 1),
        .state_length = g->state_length,
    };
    if (r->state == NULL) {
        return E_MEMORY;
    }
    if (g->state_length > 0) {
        memcpy(r->state, g->state, g->state_length);
    }
    g->sandbox = NULL;
    g->L = NULL;
    g->handlers = 0;
    g->symbol_name = NULL;
    g->candle_symbol = NO_INDEX;
    g->indicator_count = 0;
    g->subscription = (struct subscription){0};
    return 0;
}

/* The new one goes, as if it had never been. */
static void running_restore(struct guest *g, const struct running *r) {
    guest_drop_sandbox(g);
    host_bundle_drop(g->host, g->bundle);
    g->sandbox = r->sandbox;
    g->L = r->L;
    g->handlers = r->handlers;
    g->symbol = r->symbol;
    g->candle_symbol = r->candle_symbol;
    g->symbol_name = r->symbol_name;
    g->indicator_count = r->indicator_count;
    g->bundle = r->bundle;
    g->version = r->version;
    g->subscription = r->subscription;
    if (r->state_length > 0) {
        memcpy(g->state, r->state, r->state_length); /* there was room for it before */
    }
    g->state_length = r->state_length;
}

static void running_drop(struct guest *g, const struct running *r) {
    sandbox_free(r->sandbox);
    host_bundle_drop(g->host, r->bundle);
}

static int edit_check(const struct guest *g, const struct event *event, struct fault *fault) {
    size_t source = 0;
    const struct script_bundle *b = event->u.edit;
    for (int i = 0; i < b->count; i++) {
        source += b->files[i].length;
    }
    if (b->count < 1 || source > g->host->options.limits.source_max) {
        return fault_set(
            fault, E_QUOTA, "the script has %d files and %zu bytes, the limit is %zu", b->count,
            source, g->host->options.limits.source_max
        );
    }
    return 0;
}

static int
edit_run(struct guest *g, const struct event *event, int from_version, struct done *out) {
    g->bundle = host_bundle_take(g->host, event->u.edit);
    if (g->bundle == NULL) {
        return fault_set(&out->fault, E_MEMORY, "no memory for a script");
    }
    view_begin(&g->view, &g->host->undo);
    int code = guest_start_run(g, event, from_version, out);
    g->event = NULL;
    g->phase = PHASE_IDLE;
    if (code != 0) {
        view_rollback(&g->view, &g->host->undo);
    }
    return code;
}

void guest_edit(struct guest *g, const struct event *event, struct done *out) {
    struct running before;
    if (edit_check(g, event, &out->fault) != 0) {
        out->runs_on = g->L != NULL;
        return;
    }
    if (g->L != NULL && guest_capture(g, &out->fault) != 0) {
        out->runs_on = true; /* what would be handed over cannot be kept */
        return;
    }
    if (running_take(g, &before) != 0) {
        out->runs_on = g->L != NULL;
        fault_set(&out->fault, E_MEMORY, "no memory for a state");
        return;
    }
    int from_version = before.version > 0 ? before.version : 1;
    if (edit_run(g, event, from_version, out) == 0) {
        running_drop(g, &before);
        guest_start_tell(g, out);
    } else {
        running_restore(g, &before);
        out->runs_on = g->L != NULL;
        out->state = NULL;
        out->state_length = 0;
        out->params = NULL;
        out->param_count = 0;
    }
    free(before.state);
}
