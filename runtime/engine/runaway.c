/* runaway: more than anybody wants. An activation that goes on asking when its bucket is empty is
 * suspended; a request on its way to the wire that nobody asked for, or that left before, is a bug
 * of our own: it does not leave, and everything is halted. */
#include "engine/engine_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAUSE_MS ((int64_t)1000) /* without a refusal: a new beginning */

/* --- token buckets -------------------------------------------------------------------------------
 */

void bucket_fill(const struct engine *e, struct token_bucket *b, const struct rate_limit *limit) {
    b->time_ms = e->now_ms;
    b->millitokens = (int64_t)limit->burst * 1000;
}

void bucket_take(struct token_bucket *b, const struct rate_limit *limit) {
    b->millitokens -= limit->per_second > 0 ? 1000 : 0;
}

int bucket_tokens(struct engine *e, struct token_bucket *b, const struct rate_limit *limit) {
    int64_t most = (int64_t)limit->burst * 1000;
    int64_t elapsed_ms = e->now_ms - b->time_ms;
    int64_t full_ms = most / (limit->per_second > 0 ? limit->per_second : 1);
    int64_t refill = elapsed_ms >= full_ms ? most : elapsed_ms * limit->per_second;
    b->time_ms = e->now_ms;
    b->millitokens = b->millitokens + refill > most ? most : b->millitokens + refill;
    return (int)(b->millitokens / 1000);
}

/* Refused again and again, for a second or as often as the bucket holds orders: it will not stop by
 * itself. At one instant, too: a script that answers each refusal with an order would never end. */
void rate_refused(struct engine *e, uint32_t activation) {
    const struct risk_limits *limits = &e->options.limits;
    struct activation *a = &e->activations[activation];
    if (a->refused_count == 0 || e->now_ms - a->refused_last_ms > PAUSE_MS) {
        a->refused_first_ms = e->now_ms;
        a->refused_count = 0;
    }
    a->refused_last_ms = e->now_ms;
    a->refused_count++;
    bool is_long = e->now_ms - a->refused_first_ms >= limits->rate_suspend_ms ||
                   a->refused_count > limits->rate.burst;
    if (limits->rate_suspend_ms > 0 && is_long && a->bundle != NULL) {
        a->suspend_due = "order_rate: it goes on asking faster than its limit lets it";
        e->has_suspensions = true;
    }
}

/* --- the wire ------------------------------------------------------------------------------------
 */

void wire_ask(struct engine *e, uint32_t activation) {
    e->activations[activation].wire_asked++;
    e->wire_asked++;
}

void wire_settle(struct engine *e, uint32_t activation) {
    e->activations[activation].wire_asked--;
    e->wire_asked--;
}

/* All that is not the core's own is refused from this moment on; the rest comes with the pump. */
static void runaway_found(
    struct engine *e, const char *id, uint64_t sent, uint64_t asked, char message[ORDER_MESSAGE_MAX]
) {
    snprintf(
        message, ORDER_MESSAGE_MAX, "%s: %" PRIu64 " > %" PRIu64 " requests of %s",
        risk_check_name(RISK_SENT_VS_ASKED), sent, asked, id
    );
    if (!e->is_runaway_due) {
        memcpy(e->runaway, message, ORDER_MESSAGE_MAX);
        e->is_runaway_due = true;
        kill_set(e, KILL_GLOBAL, "", true);
    }
}

/* Whether the order, as the request would have it, takes risk that a halt forbids by now. */
static bool is_risky(struct engine *e, const struct outbox_item *item) {
    struct activation *a = &e->activations[item->key.activation];
    int i = 0;
    while (i < a->order_count && a->orders[i]->sequence != item->key.sequence) {
        i++;
    }
    if (i == a->order_count) {
        return false;
    }
    const struct order *o = a->orders[i];
    struct order_request wanted = o->request;
    if (item->what == 'a') {
        wanted.price = item->price;
        wanted.stop = item->stop;
        wanted.quantity = item->quantity;
    } else if (o->pending == PENDING_CANCEL) {
        return true; /* it was taken back before it left */
    }
    return order_enlarges_with_others(e, item->key.activation, &wanted, o, i);
}

/* A new order, or one that is changed, which a switch or a halt has overtaken on its way. */
static bool
is_overtaken(struct engine *e, const struct outbox_item *item, char message[ORDER_MESSAGE_MAX]) {
    if (item->key.sequence < CORE_SEQUENCE && kill_holds(e, item->key.activation)) {
        snprintf(message, ORDER_MESSAGE_MAX, "%s: 1 > 0", risk_check_name(RISK_KILL_SWITCH));
        return true;
    }
    return loss_halt_holds(e, item->key.activation, message) && is_risky(e, item);
}

enum wire_verdict
wire_judge(struct engine *e, const struct outbox_item *item, char message[ORDER_MESSAGE_MAX]) {
    struct activation *a = &e->activations[item->key.activation];
    const struct order *o = order_find(e, item->key.activation, item->key.sequence);
    if (a->wire_sent >= a->wire_asked) {
        runaway_found(e, a->id, a->wire_sent + 1, a->wire_asked, message);
        return WIRE_UNASKED;
    }
    if (item->what == 's' && o != NULL && order_watch(e, o)->sent_ms > 0) {
        runaway_found(e, o->id, 2, 1, message);
        return WIRE_UNASKED;
    }
    if (o == NULL || (item->what != 'c' && is_overtaken(e, item, message))) {
        wire_settle(e, item->key.activation);
        return o == NULL ? WIRE_OVER : WIRE_REFUSED;
    }
    a->wire_sent++;
    e->wire_sent++;
    return WIRE_GOES;
}

void runaway_halt(struct engine *e) {
    e->is_runaway_due = false;
    if (e->ports.sink.halt != NULL) {
        struct halt_record told = {
            .time_ms = e->now_ms,
            .check = RISK_SENT_VS_ASKED,
            .account = NO_ACTIVATION,
            .is_on = true,
            .message = e->runaway,
            .who = "core",
        };
        e->ports.sink.halt(e->ports.sink.ctx, &told);
    }
    kill_carry_out(e, KILL_GLOBAL, "", false, "core", e->runaway);
    outbox_flush(e);
}
