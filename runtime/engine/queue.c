/* queue: the waiting events of each activation, and their way to the host. */
#include "base/fault_points.h"
#include "engine/engine_state.h"

#include <stdlib.h>
#include <string.h>

#define EVENT_CAPACITY_FIRST 16 /* a power of two, and doubled */

static struct event *event_at(struct activation *a, int position) {
    return &a->events[(a->event_first + position) & (a->event_capacity - 1)];
}

static bool queue_grow(struct engine *e, struct activation *a) {
    int capacity = a->event_capacity == 0 ? EVENT_CAPACITY_FIRST : a->event_capacity * 2;
    if (capacity > e->options.events_max) {
        return false;
    }
    struct event *events = malloc((size_t)capacity * sizeof *events);
    if (events == NULL) {
        return false;
    }
    for (int i = 0; i < a->event_count; i++) {
        events[i] = *event_at(a, i);
    }
    free(a->events);
    a->events = events;
    a->event_capacity = capacity;
    a->event_first = 0;
    return true;
}

static void ready_push(struct engine *e, uint32_t index) {
    struct activation *a = &e->activations[index];
    if (a->is_ready || a->is_waiting || a->event_count == 0) {
        return;
    }
    a->is_ready = true;
    int place = e->ready_first + e->ready_count;
    e->ready[place < e->options.activations_max ? place : place - e->options.activations_max] =
        index;
    e->ready_count++;
}

static void
event_begin(struct engine *e, uint32_t activation, struct event *event, enum event_kind kind) {
    const struct activation *a = &e->activations[activation];
    event->number = ++e->number;
    event->activation = activation;
    event->kind = kind;
    event->now_ms = e->now_ms;
    event->is_warmup = e->is_catching_up && (kind == EVENT_CANDLE || kind == EVENT_TICKER ||
                                             kind == EVENT_FILL || kind == EVENT_ORDER ||
                                             kind == EVENT_TIMER);
    event->is_paused = a->status == ACTIVATION_PAUSED || a->status == ACTIVATION_STOPPING;
    event->symbol = UINT16_MAX;
    if (a->has_symbol) {
        queue_set_price(e, event, a->symbol, e->symbols[a->symbol].last);
    }
}

static bool queue_has_room(struct engine *e, uint32_t activation) {
    struct activation *a = &e->activations[activation];
    if (e->is_recovering || a->bundle == NULL || a->is_held) {
        return false; /* facts are applied without telling, what is held will be told when it is
                         opened; the owner of orders by people hears nothing */
    }
    if (a->event_count < a->event_capacity || queue_grow(e, a)) {
        return true;
    }
    /* Suspended with the next pump: now may be the middle of another record. */
    a->suspend_due = "too many events wait for it";
    e->has_suspensions = true;
    return false;
}

struct event *queue_event(struct engine *e, uint32_t activation, enum event_kind kind) {
    if (!queue_has_room(e, activation)) {
        return NULL;
    }
    struct activation *a = &e->activations[activation];
    struct event *event = event_at(a, a->event_count);
    a->event_count++;
    e->outstanding++;
    event_begin(e, activation, event, kind);
    ready_push(e, activation);
    return event;
}

struct event *queue_event_first(struct engine *e, uint32_t activation, enum event_kind kind) {
    if (!queue_has_room(e, activation)) {
        return NULL;
    }
    struct activation *a = &e->activations[activation];
    int position = a->is_waiting ? 1 : 0;
    for (int i = a->event_count; i > position; i--) {
        *event_at(a, i) = *event_at(a, i - 1);
    }
    a->event_count++;
    e->outstanding++;
    struct event *event = event_at(a, position);
    event_begin(e, activation, event, kind);
    ready_push(e, activation);
    return event;
}

void queue_set_price(struct engine *e, struct event *event, uint16_t symbol, struct price last) {
    (void)e;
    event->symbol = last.d.v > 0 ? symbol : UINT16_MAX;
    event->last = last;
}

/* Takes the first event off; the activation may send its next. */
static void queue_drop_first(struct engine *e, uint32_t activation) {
    struct activation *a = &e->activations[activation];
    a->event_first = (a->event_first + 1) & (a->event_capacity - 1);
    a->event_count--;
    a->is_waiting = false;
    e->outstanding--;
    ready_push(e, activation);
}

/* A stopped or suspended script hears nothing more; its books are already right. A timer that was
 * canceled after it was queued is not delivered. */
static bool event_is_wanted(const struct activation *a, const struct event *event) {
    if (a->status == ACTIVATION_STOPPED || a->status == ACTIVATION_SUSPENDED) {
        return false;
    }
    if (event->kind == EVENT_FILL || event->kind == EVENT_ORDER || event->kind == EVENT_START ||
        event->kind == EVENT_PARAMS) {
        return true; /* the host's view follows them, with a handler or without */
    }
    if (event->kind == EVENT_EDIT) {
        return a->status != ACTIVATION_STOPPING;
    }
    if (event->kind == EVENT_STOP && a->status == ACTIVATION_STOPPING) {
        return true; /* its answer ends the activation */
    }
    return (a->handlers & (1u << event->kind)) != 0;
}

/* A lost event ends a script: what it would do next is not what it would have done. So does a rate
 * that it does not keep. */
static void due_suspend(struct engine *e) {
    e->has_suspensions = false;
    for (uint32_t i = 0; i < (uint32_t)e->activation_count; i++) {
        struct activation *a = &e->activations[i];
        if (a->suspend_due != NULL && a->status != ACTIVATION_SUSPENDED &&
            a->status != ACTIVATION_STOPPED) {
            activation_suspend(e, i, a->suspend_due);
        }
        a->suspend_due = NULL;
    }
    outbox_flush(e);
}

void engine_pump(struct engine *e) {
    if (e->due_count > 0 || e->is_price_new) {
        losses_watch(e);
    }
    outbox_flush(e);
    if (e->is_runaway_due) {
        runaway_halt(e);
    }
    while (e->ready_count > 0 || e->has_suspensions) {
        if (e->has_suspensions) { /* in here, too: it may be what keeps this going */
            due_suspend(e);
            continue;
        }
        uint32_t index = e->ready[e->ready_first];
        e->ready_first = e->ready_first + 1 < e->options.activations_max ? e->ready_first + 1 : 0;
        e->ready_count--;
        struct activation *a = &e->activations[index];
        a->is_ready = false;
        const struct event *event = event_at(a, 0);
        if (event_is_wanted(a, event)) {
            a->is_waiting = true;
            e->ports.host.event(e->ports.host.ctx, event);
        } else {
            queue_drop_first(e, index);
        }
    }
    outbox_flush(e); /* cancels that were asked for just now wait for nothing */
}

bool engine_is_idle(const struct engine *e) {
    return e->outstanding == 0 && e->outbox_count == 0;
}

/* The state goes into the record only where it says something new. */
static bool state_is_new(const struct activation *a, const struct done *done) {
    return done->state != NULL && (done->state_length != a->state_length ||
                                   memcmp(done->state, a->state, done->state_length) != 0);
}

/* Most answers: the handler asked nothing and kept nothing, and its end changes nothing here. */
static bool done_is_quiet(enum event_kind kind, const struct done *done) {
    return done->fault.code == 0 && done->ask_count == 0 && done->state == NULL &&
           kind != EVENT_START && kind != EVENT_TIMER && kind != EVENT_PARAMS &&
           kind != EVENT_COMMAND && kind != EVENT_EDIT;
}

/* The new version has started. Its record comes with what it did. */
static void edit_apply(struct engine *e, const struct event *event, const struct done *done) {
    const struct script_bundle *from = e->activations[event->activation].bundle;
    const struct script_bundle *to = event->u.edit;
    if (edit_take(e, event->activation, to) != 0) {
        activation_suspend(e, event->activation, "no memory for its state");
        return;
    }
    script_record(e, to);
    activation_started(e, event->activation, done);
    activation_ready(e, event->activation, READY_EDITED, true);
    edit_tell(
        e, event->activation, event->number, EDIT_TAKEN, from, to, script_author(to), NULL
    );
}

static void done_apply(struct engine *e, const struct event *event, const struct done *done) {
    uint32_t activation = done->activation;
    struct activation *a = &e->activations[activation];
    if (done->ask_count > e->outcomes_max) {
        activation_set_status(e, activation, ACTIVATION_SUSPENDED, "too many asks in an answer");
        return;
    }
    if (event->kind == EVENT_START) {
        settings_proved(a);
        activation_started(e, activation, done);
    } else if (event->kind == EVENT_PARAMS) {
        settings_changed(e, activation, event);
    } else if (event->kind == EVENT_EDIT) {
        edit_apply(e, event, done);
    }
    if (event->kind == EVENT_TIMER) {
        timer_done(e, activation, event->u.timer);
    }
    bool is_new = state_is_new(a, done);
    if (is_new && activation_keep_state(a, done->state, done->state_length) != 0) {
        activation_set_status(e, activation, ACTIVATION_SUSPENDED, "no memory for its state");
    }
    asks_apply(e, activation, done);
    bool says_something =
        done->ask_count > 0 || is_new || event->kind == EVENT_TIMER || event->kind == EVENT_START ||
        event->kind == EVENT_EDIT;
    if (!says_something) {
        return;
    }
    a->last_event_ms = e->now_ms;
    if (!journal_is_on(e)) {
        return;
    }
    struct record record = {.kind = RECORD_DONE, .activation = activation};
    record.u.done.kind = event->kind;
    record.u.done.event_number = event->number;
    record.u.done.timer = event->kind == EVENT_TIMER ? event->u.timer : NULL;
    record.u.done.done = *done;
    if (!is_new) {
        record.u.done.done.state = NULL;
        record.u.done.done.state_length = 0;
    }
    record.u.done.outcomes = e->outcomes;
    if (event->kind == EVENT_EDIT) {
        record.u.done.script_hash = event->u.edit->hash;
        record.u.done.who = script_author(event->u.edit);
    }
    journal_write(e, &record);
}

static void done_take(struct engine *e, const struct event *waiting, const struct done *done) {
    /* A copy: what the asks bring about is queued, and may move the queue. */
    struct event event = *waiting;
    if (event.kind == EVENT_COMMAND || event.kind == EVENT_PARAMS) {
        answer_tell(e, &event, done);
    }
    if (event.kind == EVENT_EDIT && done->fault.code != 0) {
        edit_tell(
            e, done->activation, event.number, EDIT_REFUSED,
            e->activations[done->activation].bundle, event.u.edit, script_author(event.u.edit),
            &done->fault
        );
        scripts_sweep(e);
    }
    if (done->fault.code != 0 && !done->runs_on) {
        e->fault_details = done->fault.code == E_PARAMS ? done->answer : NULL;
        activation_fault(e, done->activation, &event, &done->fault);
        e->fault_details = NULL;
    } else if (done->fault.code == 0) {
        done_apply(e, &event, done);
    }
}

void engine_done(struct engine *e, const struct done *done) {
    if (done->activation >= (uint32_t)e->activation_count) {
        return;
    }
    struct activation *a = &e->activations[done->activation];
    if (!a->is_waiting || event_at(a, 0)->number != done->number) {
        return; /* an answer to nothing that is out: of a host that was replaced */
    }
    CRASH_POINT(ANSWER_BEFORE);
    if (done->fault.code == 0) {
        edit_event_handled(e, done->activation);
    }
    if (!done_is_quiet(event_at(a, 0)->kind, done)) {
        done_take(e, event_at(a, 0), done);
    }
    if (a->is_waiting) {
        queue_drop_first(e, done->activation);
    } /* else it comes again */
    activation_settle(e, done->activation);
    CRASH_POINT(ANSWER_AFTER);
}
