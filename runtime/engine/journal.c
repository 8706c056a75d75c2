/* journal: facts on their way into the journal, and what may only leave after them. */
#include "base/fault_points.h"
#include "engine/engine_state.h"

#include <stdio.h>
#include <string.h>

bool journal_is_on(const struct engine *e) {
    return e->ports.journal.append != NULL && !e->is_recovering;
}

/* What was pushed while the record was made belongs to it. A record that cannot be kept takes the
 * requests back: nothing leaves that is not written. */
static void outbox_stamp(struct engine *e, uint64_t sequence, bool needs_sync) {
    for (int i = e->outbox_count - 1; i >= 0; i--) {
        struct outbox_item *item = &e->outbox[(e->outbox_first + i) % e->outbox_max];
        if (item->sequence != UINT64_MAX) {
            return;
        }
        item->sequence = sequence;
        item->needs_sync = needs_sync;
    }
}

/* Cancels leave without a record: they take no risk. */
static void item_take_back(struct engine *e, const struct outbox_item *item) {
    if (item->what == 'l') {
        leverage_take_back(e, item);
    } else if (item->what != 'c') {
        wire_settle(e, item->key.activation);
        order_not_sent(e, item, E_IO, "the journal cannot be written");
    } else if (order_find(e, item->key.activation, item->key.sequence) != NULL) {
        struct outbox_item *kept =
            &e->outbox[(e->outbox_first + e->outbox_count) % e->outbox_max];
        *kept = *item;
        kept->sequence = 0;
        kept->needs_sync = false;
        e->outbox_count++;
    } else {
        wire_settle(e, item->key.activation);
    }
}

/* From that place on all that takes risk. What stays moves up. */
static void outbox_take_back(struct engine *e, int from) {
    int count = e->outbox_count;
    e->outbox_count = from;
    for (int i = from; i < count; i++) {
        struct outbox_item item = e->outbox[(e->outbox_first + i) % e->outbox_max];
        item_take_back(e, &item);
    }
}

static int outbox_unwritten(const struct engine *e) {
    int i = e->outbox_count;
    while (i > 0 && e->outbox[(e->outbox_first + i - 1) % e->outbox_max].sequence == UINT64_MAX) {
        i--;
    }
    return i;
}

void journal_write(struct engine *e, struct record *record) {
    if (!journal_is_on(e) || e->quiet > 0) {
        return;
    }
    if (e->has_hole) {
        outbox_take_back(e, outbox_unwritten(e));
        return;
    }
    record->number = e->number;
    record->now_ms = e->now_ms;
    size_t length = record_encode(record, e->record_bytes, RECORD_BYTES_MAX);
    CRASH_POINT(RECORD_BEFORE);
    uint64_t sequence =
        length == 0 ? 0 : e->ports.journal.append(e->ports.journal.ctx, e->record_bytes, length);
    if (sequence == 0) {
        e->is_journal_down = e->has_hole = true;
        outbox_take_back(e, outbox_unwritten(e));
        return;
    }
    CRASH_POINT(RECORD_AFTER);
    e->appended = sequence;
    outbox_stamp(e, sequence, record_needs_sync(record));
}

/* --- outcomes
 * ------------------------------------------------------------------------------------- */

struct ask_outcome *outcome_begin(struct engine *e, int index) {
    struct ask_outcome *o = &e->outcomes[index];
    *o = (struct ask_outcome){.figures = &e->figures[(size_t)index * RISK_CHECK_COUNT]};
    e->outcome = o;
    return o;
}

void outcome_set(struct engine *e, const struct risk_verdict *verdict) {
    struct ask_outcome *o = e->outcome;
    if (o == NULL || e->is_recovering) {
        return;
    }
    o->is_refused = !verdict->passed;
    o->code = verdict->passed ? 0 : verdict->code;
    memcpy(o->message, verdict->message, sizeof o->message);
    o->figure_count = verdict->count;
    memcpy(o->figures, verdict->figures, (size_t)verdict->count * sizeof *o->figures);
}

void outcome_refuse(struct engine *e, int code, const char *message) {
    if (e->outcome != NULL && !e->is_recovering) {
        e->outcome->is_refused = true;
        e->outcome->code = code;
        snprintf(e->outcome->message, sizeof e->outcome->message, "%s", message);
    }
}

/* --- outbox
 * --------------------------------------------------------------------------------------- */

static int order_send(
    const struct engine *e, const struct outbox_item *item, const struct order *o, struct err *err
) {
    const struct venue_port *v = &e->ports.venue;
    CRASH_POINT(SEND_BEFORE);
    int code = v->submit(v->ctx, item->account, item->key, o, err);
    CRASH_POINT(SEND_AFTER);
    return code;
}

static int item_send(struct engine *e, const struct outbox_item *item, struct err *err) {
    const struct venue_port *v = &e->ports.venue;
    switch (item->what) {
    case 's': {
        CRASH_POINT(FRAME_BEFORE);
        const struct order *o = order_find(e, item->key.activation, item->key.sequence);
        CRASH_POINT(FRAME_AFTER);
        return o == NULL ? 0 : order_send(e, item, o, err);
    }
    case 'c':
        return v->cancel(v->ctx, item->account, item->key, err);
    default:
        return v->amend(
            v->ctx, item->account, item->key, item->price, item->stop, item->quantity, err
        );
    }
}

static void item_hand_over(struct engine *e, const struct outbox_item *item) {
    struct err err = {0};
    uint32_t activation = item->key.activation;
    if (item->what == 'l') {
        leverage_hand_over(e, item);
        return;
    }
    if (item->is_blocked) {
        wire_settle(e, activation);
        order_blocked(e, item);
        return;
    }
    enum wire_verdict verdict = wire_judge(e, item, err.msg);
    struct order *o = order_find(e, activation, item->key.sequence);
    bool never_left = o != NULL && item->what == 's' && order_watch(e, o)->sent_ms == 0;
    if (verdict == WIRE_OVER || (verdict == WIRE_UNASKED && !never_left)) {
        return; /* it changes nothing in the books */
    }
    int code = verdict == WIRE_GOES ? item_send(e, item, &err) : E_RISK;
    o = order_find(e, activation, item->key.sequence);
    if (code != 0) {
        order_not_sent(e, item, code, err.msg);
    } else if (o != NULL) {
        order_watch(e, o)->sent_ms = e->now_ms;
    }
}

void outbox_push(struct engine *e, const struct outbox_item *item) {
    if (e->is_recovering) {
        wire_settle(e, item->key.activation);
        return; /* the venue is asked what became of it when recovery is over */
    }
    if (!journal_is_on(e)) {
        item_hand_over(e, item);
        return;
    }
    if (e->outbox_count == e->outbox_max) {
        wire_settle(e, item->key.activation);
        order_not_sent(e, item, E_LIMIT, "too many requests wait for the journal");
        return;
    }
    struct outbox_item *slot = &e->outbox[(e->outbox_first + e->outbox_count) % e->outbox_max];
    *slot = *item;
    slot->sequence = UINT64_MAX;
    e->outbox_count++;
}

/* In order: a cancel needs no sync of its own, but does not overtake. */
void outbox_flush(struct engine *e) {
    while (e->outbox_count > 0) {
        struct outbox_item item = e->outbox[e->outbox_first];
        bool is_written = item.sequence != UINT64_MAX;
        if (!is_written || (item.needs_sync && item.sequence > e->durable)) {
            return;
        }
        e->outbox_first = (e->outbox_first + 1) % e->outbox_max;
        e->outbox_count--;
        item_hand_over(e, &item);
    }
}

void engine_durable(struct engine *e, uint64_t sequence) {
    if (sequence > e->durable) {
        CRASH_POINT(DURABLE_BEFORE);
        e->durable = sequence;
        outbox_flush(e);
        CRASH_POINT(DURABLE_AFTER);
    }
}

uint64_t engine_appended(const struct engine *e) {
    return e->appended;
}

bool engine_journal_is_down(const struct engine *e) {
    return e->is_journal_down;
}

void engine_journal_failed(struct engine *e) {
    e->is_journal_down = true;
    outbox_take_back(e, 0);
    outbox_flush(e);
}

static void anew_count(void *ctx, const char *bytes, size_t length) {
    (void)bytes, (void)length;
    ++*(uint32_t *)ctx;
}

static void anew_append(void *ctx, const char *bytes, size_t length) {
    struct engine *e = ctx;
    uint64_t sequence =
        e->has_hole ? 0 : e->ports.journal.append(e->ports.journal.ctx, bytes, length);
    e->has_hole = sequence == 0;
    e->appended = sequence == 0 ? e->appended : sequence;
}

/* Where a record is missing, what is so is written anew: what came after the hole was never
 * written, and recovery reads over it. */
void engine_journal_restored(struct engine *e) {
    if (e->has_hole) {
        int position = 0;
        struct record record = {.kind = RECORD_ANEW, .activation = UINT32_MAX};
        while (engine_snapshot(e, &position, 16, anew_count, &record.u.anew.count)) {
        }
        position = 0;
        e->has_hole = false;
        journal_write(e, &record);
        while (engine_snapshot(e, &position, 16, anew_append, e)) {
        }
    }
    e->is_journal_down = e->has_hole;
}

void engine_record_audit(
    struct engine *e, const char *who, const char *what, const char *before, const char *after
) {
    struct record record = {.kind = RECORD_AUDIT, .activation = UINT32_MAX};
    record.u.audit.who = who;
    record.u.audit.what = what;
    record.u.audit.before = before;
    record.u.audit.after = after;
    journal_write(e, &record);
}

void engine_begin(struct engine *e, const char *program, int64_t wall_ms) {
    struct record record = {.kind = RECORD_BEGIN, .activation = UINT32_MAX};
    record.u.begin.program = program;
    record.u.begin.wall_ms = wall_ms;
    journal_write(e, &record);
}

void engine_bar_over(struct engine *e, uint16_t symbol, const struct candle *candle) {
    e->symbols[symbol].last_bar_ms = candle->bar.time_ms;
    e->symbols[symbol].mark = candle->close;
    losses_see_bar(e, candle);
    if (!journal_is_on(e)) {
        return;
    }
    struct record record = {.kind = RECORD_BAR, .activation = UINT32_MAX};
    record.u.bar.symbol = symbol;
    record.u.bar.candle = *candle;
    journal_write(e, &record);
}
