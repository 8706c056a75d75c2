#include "gateway/call.h"
#include "gateway/scripts.h"

#include <stdlib.h>
#include <string.h>

int pending_room(const struct gateway *g, struct err *e) {
    return g->pending.count < PENDING_MAX
               ? 0
               : err_set(e, E_LIMIT, "too many requests wait for an answer");
}

struct pending *pending_add(struct call *c, enum pending_wait wait) {
    struct pending_list *list = &c->g->pending;
    struct pending *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return NULL;
    }
    p->exchange = c->exchange;
    p->route = c->route;
    p->wait = wait;
    p->ticket = c->ticket;
    p->late_ns = gateway_now_ns() + PENDING_NS;
    if (list->last != NULL) {
        list->last->next = p;
    } else {
        list->first = p;
    }
    list->last = p;
    list->count++;
    c->pending = p;
    return p;
}

struct pending *pending_take(struct gateway *g, enum pending_wait wait, uint64_t number) {
    struct pending *last = NULL;
    for (struct pending *p = g->pending.first; p != NULL; last = p, p = p->next) {
        if (p->wait != wait || p->number != number) {
            continue;
        }
        *(last != NULL ? &last->next : &g->pending.first) = p->next;
        g->pending.last = p->next == NULL ? last : g->pending.last;
        g->pending.count--;
        return p;
    }
    return NULL;
}

void pending_drop(struct pending *p) {
    if (p->free_kept != NULL) {
        p->free_kept(p->kept);
    }
    free(p->text);
    free(p->body);
    free(p);
}

/* --- looking
 * -------------------------------------------------------------------------------------- */

static bool amend_is_pending(const struct gateway *g, const struct pending *p) {
    struct activation_view view;
    inspect_activation(g->engine, p->activation, &view);
    for (int i = 0; i < view.order_count; i++) {
        const struct order *o = inspect_order(g->engine, p->activation, i);
        if (o->sequence == p->number) {
            return o->pending == PENDING_AMEND || o->state == ORDER_UNKNOWN;
        }
    }
    return false;
}

static bool is_due(const struct gateway *g, const struct pending *p) {
    switch (p->wait) {
    case WAIT_START:
        return p->is_gone ||
               activation_status(g->engine, p->activation) != ACTIVATION_STARTING;
    case WAIT_CALL:
        return p->is_gone || p->has_answer || inspect_is_over(g->engine, p->activation, p->number);
    case WAIT_CHECK:
        return p->has_answer;
    case WAIT_AMEND:
        return !amend_is_pending(g, p);
    case WAIT_EDIT:
        return p->has_answer || gateway_now_ns() >= p->due_ns;
    case WAIT_TABLES:
        return false;
    case WAIT_DURABLE:
        return p->sequence <= g->durable;
    }
    return true;
}

void pending_finish(struct gateway *g, struct pending *p) {
    struct err err = {0};
    struct call c = {
        .g = g,
        .engine = g->engine,
        .exchange = p->exchange,
        .route = p->route,
        .arena = &g->arena,
        .out = &g->out,
        .status = 200,
        .ticket = p->ticket,
        .is_acknowledgement = p->wait != WAIT_CHECK && p->wait != WAIT_TABLES,
    };
    arena_reset(&g->arena);
    buffer_clear(&g->out);
    json_begin(&c.json, &g->out);
    if (p->exchange == NULL) {
        return; /* it was given up */
    }
    int code = p->finish(&c, p, &err);
    if (code == 0 && c.pending != NULL) {
        return; /* it waits for another thing */
    }
    call_finish(&c, code, &err);
}

static void pending_leave(struct gateway *g, struct pending *p) {
    if (p->exchange == NULL) {
        return;
    }
    if (p->wait != WAIT_DURABLE) {
        pending_finish(g, p);
    } else {
        gateway_send(g, p->exchange, p->status, p->body, p->length, p->ticket);
    }
}

/* Takes what is due off the list, in its order, and lets it leave. */
static void pending_sweep(struct gateway *g, bool only_durable) {
    struct pending *due = NULL;
    struct pending **due_tail = &due;
    struct pending_list kept = {0};
    struct pending *next;
    for (struct pending *p = g->pending.first; p != NULL; p = next) {
        next = p->next;
        p->next = NULL;
        if ((!only_durable || p->wait == WAIT_DURABLE) && is_due(g, p)) {
            *due_tail = p;
            due_tail = &p->next;
            continue;
        }
        if (kept.last != NULL) {
            kept.last->next = p;
        } else {
            kept.first = p;
        }
        kept.last = p;
        kept.count++;
    }
    g->pending = kept;
    for (struct pending *p = due; p != NULL; p = next) {
        next = p->next;
        pending_leave(g, p);
        pending_drop(p);
    }
}

void pending_look(struct gateway *g) {
    if (g->pending.first != NULL) {
        pending_sweep(g, false);
    }
}

void pending_durable(struct gateway *g) {
    if (g->pending.first != NULL) {
        pending_sweep(g, true);
    }
}

/* --- what scripts answered
 * ------------------------------------------------------------------------ */

static void answer_keep(struct pending *p, int code, const char *text, int asks) {
    p->has_answer = true;
    p->code = code;
    p->text = text != NULL ? strdup(text) : NULL;
    p->asks = asks;
}

void pending_answered(struct gateway *g, const struct answer_record *record) {
    for (struct pending *p = g->pending.first; p != NULL; p = p->next) {
        if (p->wait == WAIT_CALL && p->activation == record->activation &&
            p->number == record->number && !p->has_answer) {
            answer_keep(p, record->code, record->text, record->asks);
        }
    }
}

void pending_edited(struct gateway *g, const struct edit_record *record) {
    for (struct pending *p = g->pending.first; p != NULL; p = p->next) {
        if (p->wait == WAIT_EDIT) {
            script_change_heard(p, record);
        }
    }
}

void pending_over(struct pending *p, int code, const char *text) {
    answer_keep(p, code, text, 0);
}

void pending_fault(struct gateway *g, uint32_t activation, int code, const char *text) {
    for (struct pending *p = g->pending.first; p != NULL; p = p->next) {
        if (p->wait == WAIT_START && p->activation == activation && !p->has_answer) {
            answer_keep(p, code, text, 0);
        }
    }
}

void pending_left(struct gateway *g, uint32_t activation) {
    for (struct pending *p = g->pending.first; p != NULL; p = p->next) {
        p->is_gone |= p->wait != WAIT_DURABLE && p->activation == activation;
    }
}

/* --- giving up
 * ------------------------------------------------------------------------------------ */

static void pending_give_up(struct gateway *g, struct pending *p) {
    if (p->exchange != NULL && p->wait == WAIT_TABLES) {
        gateway_send_error(g, p->exchange, E_BUSY, "the tables do not answer", 0);
        p->exchange = NULL;
    }
    if (p->exchange != NULL) {
        gateway_send_error(
            g, p->exchange, E_UNKNOWN, "it was asked for, and its outcome is not known yet",
            p->ticket
        );
        p->exchange = NULL;
    }
}

void pending_expire(struct gateway *g, int64_t now_ns) {
    struct pending **at = &g->pending.first;
    struct pending *last = NULL;
    while (*at != NULL) {
        struct pending *p = *at;
        bool is_late = now_ns >= p->late_ns;
        if (is_late) {
            pending_give_up(g, p);
        }
        bool is_borrowed =
            (p->wait == WAIT_CALL && !inspect_is_over(g->engine, p->activation, p->number)) ||
            (p->wait == WAIT_CHECK && !p->has_answer);
        if (!is_late || is_borrowed) {
            last = p;
            at = &p->next;
            continue;
        }
        *at = p->next;
        g->pending.count--;
        pending_drop(p);
    }
    g->pending.last = last;
}

void pending_free_all(struct gateway *g) {
    struct pending *next;
    for (struct pending *p = g->pending.first; p != NULL; p = next) {
        next = p->next;
        pending_drop(p);
    }
    g->pending = (struct pending_list){0};
}
