/* asks: what a handler asked for takes effect, in the order of asking. */
#include "base/fault_points.h"
#include "engine/engine_state.h"

#include <stdlib.h>
#include <string.h>

static void ask_place(struct engine *e, uint32_t activation, const struct ask *ask) {
    struct activation *a = &e->activations[activation];
    if (ask->sequence != a->order_sequence + 1 || ask->sequence > UINT32_MAX) {
        return; /* only the host's own count is an order of this activation */
    }
    CRASH_POINT(NUMBER_BEFORE);
    a->order_sequence = ask->sequence;
    CRASH_POINT(NUMBER_AFTER);
    a->orders_asked++;
    wire_ask(e, activation);
    order_place(e, activation, ask->sequence, &ask->u.request, ask->file, ask->line);
}

static void ask_amend(struct engine *e, uint32_t activation, const struct ask *ask) {
    e->activations[activation].orders_asked++;
    wire_ask(e, activation);
    order_amend(e, activation, ask);
}

static void ask_leverage(struct engine *e, uint32_t activation, const struct ask *ask) {
    struct activation *a = &e->activations[activation];
    if (e->accounts[a->account].leverage[ask->symbol] == ask->u.leverage) {
        return;
    }
    int code = e->is_recovering ? e->outcome->code
                                : leverage_ask(e, activation, ask->symbol, ask->u.leverage);
    if (code != 0) {
        outcome_refuse(e, code, "the leverage could not be set");
        a->has_failed_leverage = true;
        a->failed_leverage_symbol = ask->symbol;
    } else if (e->is_recovering) {
        leverage_take(e, a->account, ask->symbol, ask->u.leverage);
    }
}

static void ask_timer(struct engine *e, uint32_t activation, const struct ask *ask) {
    struct activation *a = &e->activations[activation];
    int i = 0;
    while (i < a->timer_count && strcmp(a->timers[i].name, ask->u.timer.name) != 0) {
        i++;
    }
    if (i == a->timer_count) {
        if (a->timer_count == ACTIVATION_TIMERS_MAX) {
            return;
        }
        a->timer_count++;
    }
    memcpy(a->timers[i].name, ask->u.timer.name, sizeof a->timers[i].name);
    a->timers[i].is_queued = false;
    a->timers[i].at_ms = ask->u.timer.at_ms;
    a->timers[i].every_ms = ask->u.timer.every_ms;
}

static void timer_remove(struct activation *a, int i) {
    memmove(
        &a->timers[i], &a->timers[i + 1], (size_t)(a->timer_count - i - 1) * sizeof a->timers[0]
    );
    a->timer_count--;
}

static void ask_timer_cancel(struct engine *e, uint32_t activation, const struct ask *ask) {
    struct activation *a = &e->activations[activation];
    for (int i = 0; i < a->timer_count; i++) {
        if (strcmp(a->timers[i].name, ask->u.timer.name) == 0) {
            timer_remove(a, i);
            return;
        }
    }
}

static void ask_signal(struct engine *e, uint32_t activation, const struct ask *ask) {
    if (e->ports.sink.signal != NULL) {
        struct signal_record record = {
            e->number, activation, e->now_ms, ask->symbol, &ask->u.signal, ask->file, ask->line,
        };
        e->ports.sink.signal(e->ports.sink.ctx, &record);
    }
}

static void ask_log(struct engine *e, uint32_t activation, const struct ask *ask) {
    if (e->ports.sink.log != NULL) {
        struct log_record record = {
            activation,      e->now_ms, ask->u.log.level, ask->kind == ASK_NOTIFY,
            ask->u.log.text, ask->file, ask->line,
        };
        e->ports.sink.log(e->ports.sink.ctx, &record);
    }
}

static void ask_finish(struct engine *e, uint32_t activation, const struct ask *ask) {
    struct activation *a = &e->activations[activation];
    if (a->status == ACTIVATION_STOPPING || a->status == ACTIVATION_STOPPED) {
        return;
    }
    free(a->finish_reason);
    a->finish_reason = strdup(ask->u.finish);
    activation_set_status(e, activation, ACTIVATION_STOPPING, ask->u.finish);
    orders_cancel(e, activation, true);
}

static void ask_apply(struct engine *e, uint32_t activation, const struct ask *ask) {
    switch (ask->kind) {
    case ASK_PLACE:
        ask_place(e, activation, ask);
        break;
    case ASK_CANCEL:
        wire_ask(e, activation);
        order_cancel(e, activation, ask->sequence);
        break;
    case ASK_AMEND:
        ask_amend(e, activation, ask);
        break;
    case ASK_LEVERAGE:
        ask_leverage(e, activation, ask);
        break;
    case ASK_MARGIN_MODE:
        e->accounts[e->activations[activation].account].is_isolated = ask->u.is_isolated;
        break;
    case ASK_TIMER:
        ask_timer(e, activation, ask);
        break;
    case ASK_TIMER_CANCEL:
        ask_timer_cancel(e, activation, ask);
        break;
    case ASK_SIGNAL:
        ask_signal(e, activation, ask);
        break;
    case ASK_LOG:
    case ASK_NOTIFY:
        ask_log(e, activation, ask);
        break;
    case ASK_FINISH:
        ask_finish(e, activation, ask);
        break;
    }
}

void asks_apply(struct engine *e, uint32_t activation, const struct done *done) {
    e->activations[activation].has_failed_leverage = false;
    e->quiet++; /* what the asks do is in the record of the handler */
    for (int i = 0; i < done->ask_count; i++) {
        if (!e->is_recovering) {
            outcome_begin(e, i);
        } else {
            e->outcome = &e->outcomes[i];
        }
        ask_apply(e, activation, &done->asks[i]);
    }
    e->outcome = NULL;
    e->quiet--;
}

/* The timer that is due and comes first: by time, then by name. */
static int timer_first_due(const struct engine *e, const struct activation *a) {
    int first = -1;
    for (int i = 0; i < a->timer_count; i++) {
        const struct record_timer *t = &a->timers[i];
        if (t->at_ms > e->now_ms || t->is_queued) {
            continue;
        }
        if (first < 0 || t->at_ms < a->timers[first].at_ms ||
            (t->at_ms == a->timers[first].at_ms && strcmp(t->name, a->timers[first].name) < 0)) {
            first = i;
        }
    }
    return first;
}

void engine_queue_timers(struct engine *e) {
    for (int index = 0; index < e->activation_count; index++) {
        struct activation *a = &e->activations[index];
        int i;
        while ((i = timer_first_due(e, a)) >= 0) {
            struct event *event = queue_event(e, (uint32_t)index, EVENT_TIMER);
            if (event == NULL) {
                break;
            }
            memcpy(event->u.timer, a->timers[i].name, sizeof event->u.timer);
            a->timers[i].is_queued = true;
        }
    }
}

/* A timer has come due for its script: it is over, or waits for its next time. */
void timer_done(struct engine *e, uint32_t activation, const char *name) {
    struct activation *a = &e->activations[activation];
    for (int i = 0; i < a->timer_count; i++) {
        struct record_timer *t = &a->timers[i];
        if (strcmp(t->name, name) != 0) {
            continue;
        }
        t->is_queued = false;
        if (t->every_ms > 0 && t->at_ms <= e->now_ms) {
            t->at_ms += ((e->now_ms - t->at_ms) / t->every_ms + 1) * t->every_ms;
        } else if (t->every_ms == 0) {
            timer_remove(a, i);
        }
        return;
    }
}
