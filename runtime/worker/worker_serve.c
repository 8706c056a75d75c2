/* What comes from the core: taken, put aside, handled. */
#include "worker/worker_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOOD_MIN 3        /* events handled well before an activation is served among the first */
#define SLOW_NS 500000    /* a handler that takes longer is served last for as many events */
#define SIGNAL_EVERY 64   /* answers before the core is woken in the middle of a burst */
#define WAIT_NS 100000000 /* of a sign of life while a start waits for the core */
#define BUNDLE_REST 4096

/* --- scripts ------------------------------------------------------------------------------------
 */

static struct kept_bundle *bundle_find(struct worker *w, uint64_t id) {
    for (int i = 0; i < w->bundle_count; i++) {
        if (w->bundles[i].id == id) {
            return &w->bundles[i];
        }
    }
    return NULL;
}

static void bundle_drop(struct worker *w, uint32_t id) {
    struct kept_bundle *kept = bundle_find(w, id);
    if (kept) {
        free(kept->block);
        *kept = w->bundles[--w->bundle_count];
    }
}

/* Read once more, into memory of its own: an element of eight bytes becomes at most 64 with what
 * keeps it aligned. */
static void bundle_keep(struct worker *w, const char *bytes, size_t length) {
    size_t size = length * 8 + BUNDLE_REST;
    struct arena arena;
    struct message m;
    struct err e = {0};
    void *block = malloc(size);
    if (w->bundle_count == w->bundle_capacity) {
        int capacity = w->bundle_capacity > 0 ? w->bundle_capacity * 2 : 16;
        struct kept_bundle *grown = realloc(w->bundles, (size_t)capacity * sizeof *grown);
        if (!grown) {
            worker_fail(w, "no memory for scripts");
        }
        w->bundles = grown;
        w->bundle_capacity = capacity;
    }
    if (!block) {
        worker_fail(w, "no memory for a script");
    }
    arena_init(&arena, block, size);
    if (message_decode(bytes, length, &arena, &m, &e) != 0) {
        worker_fail(w, "%s", e.msg);
    }
    w->bundles[w->bundle_count++] =
        (struct kept_bundle){.id = m.u.bundle.id, .block = block, .bundle = m.u.bundle.bundle};
}

/* An activation that cannot be opened answers its start with a fault: it is not open. */
static void open_take(struct worker *w, struct activation_open *open) {
    struct err e;
    const struct kept_bundle *kept = bundle_find(w, open->bundle->hash);
    if (open->activation >= (uint32_t)w->link.memory->options.activations_max || !kept) {
        worker_fail(w, "an activation without a script");
    }
    open->bundle = kept->bundle;
    w->manners[open->activation] = (struct manners){.stale = w->manners[open->activation].stale};
    if (host_open(w->host, open, &e) != 0) {
        host_close(w->host, open->activation);
    }
}

/* Its events that still wait are of nobody now. The echo tells the core that nothing more of it
 * will come. */
static void close_take(struct worker *w, uint32_t activation) {
    if (activation >= (uint32_t)w->link.memory->options.activations_max) {
        worker_fail(w, "no such activation is closed");
    }
    host_close(w->host, activation);
    w->manners[activation].stale += w->manners[activation].later;
    w->manners[activation].later = 0;
    worker_send(w, message_encode_close(activation, w->answer, w->message_max));
}

/* --- market -------------------------------------------------------------------------------------
 */

/* False when it is not a message about the market. */
static bool market_take(struct worker *w, const struct message *m) {
    struct err e = {0};
    int code = 0;
    switch (m->kind) {
    case MESSAGE_INSTRUMENT:
        code = host_instrument(w->host, m->u.instrument.index, &m->u.instrument.instrument, &e);
        break;
    case MESSAGE_SERIES:
        code = host_series(
            w->host, m->u.series.series, m->u.series.symbol, m->u.series.timeframe_ms, &e
        );
        break;
    case MESSAGE_BAR:
        host_bar(w->host, m->u.bar.series, m->u.bar.number, &m->u.bar.bar);
        break;
    default:
        return false;
    }
    if (code != 0) {
        worker_fail(w, "%s", e.msg);
    }
    return true;
}

static void
message_read(struct worker *w, int depth, const char *bytes, size_t length, struct message *m) {
    struct err e = {0};
    arena_reset(&w->arenas[depth]);
    if (message_decode(bytes, length, &w->arenas[depth], m, &e) != 0) {
        worker_fail(w, "%s", e.msg);
    }
}

static size_t ring_take(struct worker *w, char *bytes) {
    size_t length;
    if (ring_read(&w->link.in, bytes, w->message_max, &length) != 0) {
        worker_fail(w, "the core's ring is damaged");
    }
    if (length > 0 && ring_has_made_space(&w->link.in)) {
        link_wake_other(&w->link);
    }
    return length;
}

/* Until the reply: the market comes in, everything else waits. */
int worker_series(
    void *ctx,
    uint16_t symbol,
    int64_t timeframe_ms,
    uint64_t number,
    uint16_t *series,
    struct err *e
) {
    struct worker *w = ctx;
    struct series_request request = {w->starting, symbol, timeframe_ms, number};
    struct message m;
    worker_send(w, message_encode_series_request(&request, w->answer, w->message_max));
    worker_signal(w);
    for (;;) {
        size_t length = ring_take(w, w->bytes[1]);
        if (length == 0) {
            worker_beat(w);
            if (ring_sleep(&w->link.in)) {
                worker_wait(w, worker_now_ns(w) + WAIT_NS);
                ring_awake(&w->link.in);
            }
            continue;
        }
        int kind = length > 1 ? w->bytes[1][1] : 0;
        if (kind == MESSAGE_SERIES_REPLY || kind == MESSAGE_SERIES || kind == MESSAGE_BAR ||
            kind == MESSAGE_INSTRUMENT) {
            message_read(w, 1, w->bytes[1], length, &m);
            if (!market_take(w, &m)) {
                break;
            }
        } else if (backlog_add(&w->skipped, w->bytes[1], length) != 0) {
            worker_fail(w, "no memory for messages that wait");
        }
    }
    *series = m.u.series_reply.series;
    return m.u.series_reply.code == 0 ? 0
                                      : err_set(
                                            e, m.u.series_reply.code, "%s",
                                            m.u.series_reply.text ? m.u.series_reply.text : ""
                                        );
}

/* --- events -------------------------------------------------------------------------------------
 */

static void answer_send(struct worker *w, const struct done *done) {
    size_t length = message_encode_done(done, w->answer, w->message_max);
    if (length == 0) {
        struct done broken = {.number = done->number, .activation = done->activation};
        broken.fault.code = E_LIMIT;
        snprintf(broken.fault.text, sizeof broken.fault.text, "the answer cannot be read");
        length = message_encode_done(&broken, w->answer, w->message_max);
    }
    worker_send(w, length);
    if (w->unsignalled >= SIGNAL_EVERY) {
        worker_signal(w);
    }
}

static void manners_note(struct worker *w, const struct done *done, int64_t taken_ns) {
    struct manners *m = &w->manners[done->activation];
    if (done->fault.code != 0 || taken_ns > SLOW_NS) {
        m->good = 0;
    } else if (m->good < GOOD_MIN) {
        m->good++;
    }
    if (done->state) {
        m->told = done->number;
    }
    if (!w->is_untold) {
        w->is_untold = true;
        w->untold_ns = w->now_ns;
    }
}

/* The version is named by its number. */
static const struct event *
edit_resolve(struct worker *w, const struct event *event, struct event *out) {
    const struct kept_bundle *kept = bundle_find(w, event->u.edit->hash);
    if (!kept) {
        worker_fail(w, "an edit without a script");
    }
    *out = *event;
    out->u.edit = kept->bundle;
    return out;
}

static void event_handle(struct worker *w, const struct event *event) {
    struct link_slot *slot = &w->link.memory->slot;
    struct done done;
    atomic_store_explicit(&slot->activation, event->activation, memory_order_relaxed);
    atomic_store_explicit(&slot->number, event->number, memory_order_release);
    worker_beat(w);
    int64_t begin_ns = worker_now_ns(w);
    w->starting = event->activation;
    struct event named;
    if (event->kind == EVENT_EDIT) {
        event = edit_resolve(w, event, &named);
    }
    host_event(w->host, event, &done);
    w->event_ns = worker_now_ns(w);
    w->has_captures = w->is_busy = true;
    manners_note(w, &done, w->event_ns - begin_ns);
    answer_send(w, &done);
    atomic_store_explicit(&slot->number, 0, memory_order_release);
    worker_beat(w);
}

static void
event_take(struct worker *w, const struct event *event, const char *bytes, size_t length) {
    if (event->activation >= (uint32_t)w->link.memory->options.activations_max) {
        worker_fail(w, "an event of no activation");
    }
    struct manners *m = &w->manners[event->activation];
    if (m->good == GOOD_MIN && m->later == 0) {
        event_handle(w, event);
        return;
    }
    if (backlog_add(&w->later, bytes, length) != 0) {
        worker_fail(w, "no memory for events that wait");
    }
    m->later++;
}

static bool later_handle(struct worker *w) {
    size_t length;
    struct message m;
    const char *bytes = backlog_first(&w->later, &length);
    if (!bytes) {
        return false;
    }
    message_read(w, 0, bytes, length, &m);
    backlog_drop_first(&w->later);
    w->later_naps = 0;
    struct manners *manners = &w->manners[m.u.event.activation];
    if (manners->stale > 0) {
        manners->stale--;
        return true;
    }
    manners->later--;
    worker_signal(w);
    event_handle(w, &m.u.event);
    return true;
}

static void message_take(struct worker *w, const char *bytes, size_t length) {
    struct message m;
    message_read(w, 0, bytes, length, &m);
    switch (m.kind) {
    case MESSAGE_EVENT:
        event_take(w, &m.u.event, bytes, length);
        break;
    case MESSAGE_OPEN:
        open_take(w, &m.u.open);
        break;
    case MESSAGE_CLOSE:
        close_take(w, m.u.close);
        break;
    case MESSAGE_BUNDLE:
        if (m.u.bundle.bundle) {
            bundle_keep(w, bytes, length);
        } else {
            bundle_drop(w, m.u.bundle.id);
        }
        break;
    default:
        if (!market_take(w, &m)) {
            worker_fail(w, "a message of kind %d to a worker", m.kind);
        }
        break;
    }
}

/* What was skipped came before what is in the ring. Bytes that wait are copied first: handling one
 * may add others. */
bool worker_step(struct worker *w) {
    size_t length;
    const char *skipped = backlog_first(&w->skipped, &length);
    if (skipped) {
        memcpy(w->bytes[0], skipped, length);
        backlog_drop_first(&w->skipped);
    } else {
        length = ring_take(w, w->bytes[0]);
        if (length > 0) {
            worker_look_ahead(w);
            w->is_in_burst = true;
        }
    }
    if (length > 0) {
        message_take(w, w->bytes[0], length);
        return true;
    }
    worker_signal(w);
    if ((!w->is_in_burst || w->later_naps >= LATER_NAPS_MAX) && later_handle(w)) {
        return true;
    }
    if (w->has_captures && worker_now_ns(w) - w->event_ns >= CAPTURE_AFTER_NS) {
        w->has_captures = host_capture_pending(w->host);
        return true;
    }
    return false;
}
