/* journal: facts on their way into the journal, and what may only leave after them. */
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

static void outbox_take_back(struct engine *e) {
    while (e->outbox_count > 0) {
        int last = (e->outbox_first + e->outbox_count - 1) % e->outbox_max;
        struct outbox_item item = e->outbox[last];
        if (item.sequence != UINT64_MAX) {
            return;
        }
        e->outbox_count--;
        order_not_sent(e, &item, E_IO, "the journal cannot be written");
    }
}

void journal_write(struct engine *e, struct record *record) {
    if (!journal_is_on(e) || e->quiet > 0) {
        return;
    }
    record->number = e->number;
    record->now_ms = e->now_ms;
    size_t length = record_encode(record, e->record_bytes, RECORD_BYTES_MAX);
    uint64_t sequence =
        length == 0 ? 0 : e->ports.journal.append(e->ports.journal.ctx, e->record_bytes, length);
    e->is_journal_down = sequence == 0;
    if (sequence == 0) {
        outbox_take_back(e);
        return;
    }
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

static int item_send(struct engine *e, const struct outbox_item *item, struct err *err) {
    const struct venue_port *v = &e->ports.venue;
    switch (item->what) {
    case 's': {
        const struct order *o = order_find(e, item->key.activation, item->key.sequence);
        return o == NULL ? 0 : v->submit(v->ctx, item->account, item->key, o, err);
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
    int code = item_send(e, item, &err);
    if (code != 0) {
        order_not_sent(e, item, code, err.msg);
    }
}

void outbox_push(struct engine *e, const struct outbox_item *item) {
    if (e->is_recovering) {
        return; /* the venue is asked what became of it when recovery is over */
    }
    if (!journal_is_on(e)) {
        item_hand_over(e, item);
        return;
    }
    if (e->outbox_count == e->outbox_max) {
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
        e->durable = sequence;
        outbox_flush(e);
    }
}

uint64_t engine_appended(const struct engine *e) {
    return e->appended;
}

bool engine_journal_is_down(const struct engine *e) {
    return e->is_journal_down;
}

void engine_journal_restored(struct engine *e) {
    e->is_journal_down = false;
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
    accounts_watch(e);
    if (!journal_is_on(e)) {
        return;
    }
    struct record record = {.kind = RECORD_BAR, .activation = UINT32_MAX};
    record.u.bar.symbol = symbol;
    record.u.bar.candle = *candle;
    journal_write(e, &record);
}
