/* What the next events will touch is fetched while this one is handled. */
#include "worker/worker_parts.h"

/* A core that writes past the position looked at was read past it (worker_series): begin anew. */
static void ahead_shift(struct ahead *a, uint64_t reader) {
    if (a->count == 0 || a->position - reader > UINT64_MAX / 2) {
        a->count = 0;
        a->position = reader;
        return;
    }
    a->count--;
    for (int i = 0; i < a->count; i++) {
        a->next[i] = a->next[i + 1];
    }
}

void worker_look_ahead(struct worker *w) {
    struct ahead *a = &w->ahead;
    char head[MESSAGE_EVENT_HEAD];
    size_t length;
    ahead_shift(a, w->link.in.position);
    while (a->count < AHEAD &&
           (length = ring_look(&w->link.in, &a->position, head, sizeof head)) > 0) {
        struct coming *c = &a->next[a->count++];
        c->is_event = message_event_head(head, length, &c->activation, &c->kind);
        if (c->is_event) {
            host_fetch_soon(w->host, c->activation, c->kind);
        }
    }
    if (a->count > 0 && a->next[0].is_event) {
        host_fetch(w->host, a->next[0].activation, a->next[0].kind);
    }
}
