/* CAPTURE_DEFERRED: states captured after the answers of a burst instead of before each of them. */
#include "script/guest.h"

#include <stdlib.h>

int capture_init(struct host *h) {
    size_t count = (size_t)h->options.activations_max;
    h->pending = calloc(count, sizeof *h->pending);
    h->is_pending = calloc(count, sizeof *h->is_pending);
    return h->pending && h->is_pending ? 0 : E_MEMORY;
}

void capture_free(struct host *h) {
    free(h->pending);
    free(h->is_pending);
}

void guest_capture_later(struct guest *g) {
    struct host *h = g->host;
    g->is_capture_pending = true;
    if (h->is_pending[g->activation]) {
        return;
    }
    int place = h->pending_first + h->pending_count;
    int most = h->options.activations_max;
    h->pending[place < most ? place : place - most] = g->activation;
    h->pending_count++;
    h->is_pending[g->activation] = true;
}

/* A handler without asks changed nothing but its state: there is nothing else to undo. */
void guest_capture_now(struct guest *g) {
    struct fault fault;
    if (!g->is_capture_pending || !g->L || guest_capture(g, &fault) == 0) {
        return;
    }
    guest_drop_sandbox(g);
    g->capture_code = fault.code;
    g->capture_fault = malloc(sizeof fault);
    if (g->capture_fault) {
        *g->capture_fault = fault;
    }
}

bool guest_capture_failed(struct guest *g, const struct event *event, struct fault *fault) {
    int code = g->capture_code;
    if (code == 0) {
        return false;
    }
    if (event->kind != EVENT_START) {
        if (g->capture_fault) {
            *fault = *g->capture_fault;
        } else {
            fault_set(fault, code, "self.state cannot be captured");
        }
    }
    g->capture_code = 0;
    free(g->capture_fault);
    g->capture_fault = NULL;
    return event->kind != EVENT_START;
}

bool host_capture_pending(struct host *h) {
    while (h->pending_count > 0) {
        uint32_t activation = h->pending[h->pending_first];
        struct guest *g = h->guests[activation];
        h->pending_first =
            h->pending_first + 1 < h->options.activations_max ? h->pending_first + 1 : 0;
        h->pending_count--;
        h->is_pending[activation] = false;
        if (g && g->is_capture_pending) {
            guest_capture_now(g);
            return true;
        }
    }
    return false;
}

const char *
host_captured(const struct host *h, uint32_t activation, uint64_t *number, size_t *length) {
    const struct guest *g =
        activation < (uint32_t)h->options.activations_max ? h->guests[activation] : NULL;
    if (!g || !g->state) {
        return NULL;
    }
    *number = g->state_number;
    *length = g->state_length;
    return g->state;
}
