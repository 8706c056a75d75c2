/* What workers say: believed only where it answers something that is out, and names what there is.
 */
#include "worker/pool_parts.h"

static bool symbol_is_known(const struct pool *p, uint16_t symbol) {
    return symbol < p->options.instruments_max && p->instruments[symbol].symbol[0] != '\0';
}

static bool ask_is_sound(const struct pool *p, const struct ask *ask) {
    switch (ask->kind) {
    case ASK_PLACE:
        return symbol_is_known(p, ask->symbol) && ask->u.request.symbol == ask->symbol;
    case ASK_LEVERAGE:
    case ASK_MARGIN_MODE:
        return symbol_is_known(p, ask->symbol);
    default:
        return true;
    }
}

static bool done_is_sound(const struct pool *p, const struct done *done) {
    const struct subscription *s = &done->subscription;
    if (done->ask_count > p->options.limits.asks_max ||
        done->state_length > p->options.limits.state_max) {
        return false;
    }
    for (int i = 0; i < done->ask_count; i++) {
        if (!ask_is_sound(p, &done->asks[i])) {
            return false;
        }
    }
    for (int i = 0; i < s->watch_count; i++) {
        if (!symbol_is_known(p, s->watches[i].symbol) || s->watches[i].timeframe_ms < 0) {
            return false;
        }
    }
    for (int i = 0; i < s->ticker_count; i++) {
        if (!symbol_is_known(p, s->tickers[i])) {
            return false;
        }
    }
    return true;
}

/* Whether something of that activation may come from that worker; what was closed meanwhile, or is
 * of the one that had its place, goes to nobody. */
static bool is_heard(struct pool *p, const struct pool_worker *w, uint32_t activation) {
    if (activation < (uint32_t)p->options.activations_max) {
        const struct pool_activation *a = &p->activations[activation];
        if (a->worker == w->index && (a->closing == 0 || a->closing_worker != w->index)) {
            return true;
        }
    }
    p->figures.ignored++;
    return false;
}

static void done_take(struct pool *p, struct pool_worker *w, const struct done *done) {
    if (!is_heard(p, w, done->activation)) {
        return;
    }
    struct pool_activation *a = &p->activations[done->activation];
    if (!a->is_out || a->number != done->number) {
        p->figures.ignored++;
        return;
    }
    if (!done_is_sound(p, done)) {
        worker_kill(p, w, "its answer names what there is not");
        return;
    }
    a->is_out = false;
    if (a->suspect_number == done->number) {
        a->suspect_number = 0;
    }
    w->out_count--;
    w->start_count -= event_is_start(a->kind);
    edit_end(p, w, done->activation, done->fault.code == 0);
    w->unanswered_ns = 0;
    w->failures = 0;
    p->figures.events_out--;
    p->handlers.done(p->handlers.ctx, done);
}

/* A worker waits for the reply, also where the activation was closed meanwhile. */
static void
request_take(struct pool *p, struct pool_worker *w, const struct series_request *request) {
    struct err e = {0};
    struct series_reply reply = {.series = UINT16_MAX};
    if (!is_heard(p, w, request->activation)) {
        reply.code = err_set(&e, E_NOT_FOUND, "the activation was closed");
    } else if (!p->activations[request->activation].is_out ||
               !event_is_start(p->activations[request->activation].kind)) {
        worker_kill(p, w, "it asks for a series outside a start");
        return;
    } else if (!symbol_is_known(p, request->symbol)) {
        reply.code = err_set(&e, E_UNKNOWN_SYMBOL, "there is no such symbol");
    } else {
        reply.code = p->handlers.series(
            p->handlers.ctx, request->symbol, request->timeframe_ms, request->number, &reply.series,
            &e
        );
    }
    reply.text = reply.code != 0 ? e.msg : NULL;
    worker_tell(p, w, p->out, message_encode_series_reply(&reply, p->out, p->message_max));
}

static void state_take(struct pool *p, struct pool_worker *w, const struct message_state *state) {
    if (!is_heard(p, w, state->activation) || !state->state) {
        return;
    }
    if (state->state_length > p->options.limits.state_max) {
        worker_kill(p, w, "a state is larger than allowed");
        return;
    }
    p->handlers.state(p->handlers.ctx, state);
}

static void close_take(struct pool *p, struct pool_worker *w, uint32_t activation) {
    if (activation < (uint32_t)p->options.activations_max) {
        struct pool_activation *a = &p->activations[activation];
        if (a->closing > 0 && a->closing_worker == w->index) {
            a->closing--;
            return;
        }
    }
    p->figures.ignored++;
}

static void message_take(struct pool *p, struct pool_worker *w, size_t length) {
    struct message m;
    struct err e = {0};
    arena_reset(&p->arena);
    if (message_decode(p->in, length, &p->arena, &m, &e) != 0) {
        worker_kill(p, w, "what it says cannot be read: %s", e.msg);
        return;
    }
    switch (m.kind) {
    case MESSAGE_DONE:
        done_take(p, w, &m.u.done);
        break;
    case MESSAGE_SERIES_REQUEST:
        request_take(p, w, &m.u.series_request);
        break;
    case MESSAGE_STATE:
        state_take(p, w, &m.u.state);
        break;
    case MESSAGE_CLOSE:
        close_take(p, w, m.u.close);
        break;
    default:
        worker_kill(p, w, "it sends messages of kind %d", m.kind);
        break;
    }
}

/* One that broke the protocol is not heard any more; one that hung is. */
int worker_hear(struct pool *p, struct pool_worker *w, int most) {
    int count = 0;
    while (count < most && (!w->was_killed || w->has_hung)) {
        size_t length;
        if (ring_read(&w->link.in, p->in, p->message_max, &length) != 0) {
            worker_kill(p, w, "its ring is damaged");
            break;
        }
        if (length == 0) {
            break;
        }
        message_take(p, w, length);
        count++;
    }
    if (count > 0 && !w->is_over && ring_has_made_space(&w->link.in)) {
        link_wake_other(&w->link);
    }
    return count;
}
