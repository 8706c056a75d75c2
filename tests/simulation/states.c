/* states: what was so after each record, to be compared with what recovery makes of the records. A
 * state is the engine's own snapshot, without the moment's number, time and prices. */
#include "simulation/world.h"

#include "base/hash.h"
#include "engine/engine_state.h"

static bool record_counts(const char *bytes) {
    enum record_kind kind = (enum record_kind)bytes[1];
    return kind != RECORD_ENGINE && kind != RECORD_BAR && kind != RECORD_SCRIPT;
}

/* Eight bytes a step: this is what the simulation spends its time with. */
static uint64_t hash_words(uint64_t hash, const char *bytes, size_t length) {
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
    }
    return hash_add(hash, bytes, length);
}

static void hash_record(void *ctx, const char *bytes, size_t length) {
    uint64_t *hash = ctx;
    if (record_counts(bytes)) {
        *hash = hash_add(*hash, bytes, 2);
        *hash = hash_words(*hash, bytes + 18, length - 18);
    }
}

static uint64_t state_hash(struct engine *e) {
    uint64_t hash = HASH_START;
    int position = 0;
    while (engine_snapshot(e, &position, OWNERS, hash_record, &hash)) {
    }
    return hash;
}

/* --- in words, for a person who looks for the difference -----------------------------------------
 */

static void order_tell(struct buffer *out, const struct order *o) {
    buffer_appendf(
        out,
        "  %s %s pending %d filled %.4f of %.4f at %.1f stop %.1f asked %.4f %.1f code %d queued "
        "%llu %lld updated %lld %s\n",
        o->id, order_state_name(o->state), o->pending, (double)o->filled.d.v / 1e18,
        (double)o->request.quantity.d.v / 1e18, (double)o->request.price.d.v / 1e18,
        (double)o->request.stop.d.v / 1e18, (double)o->asked.quantity.d.v / 1e18,
        (double)o->asked.price.d.v / 1e18, o->code, (unsigned long long)o->queued,
        (long long)o->queued_ms, (long long)o->updated_ms, o->message
    );
}

static void activation_tell(struct buffer *out, const struct record_activation *a) {
    buffer_appendf(
        out,
        "%s %s (%s) orders %llu core %llu asked %llu sent %llu faults %d state %.*s last %lld "
        "balance %.9f fees %.9f\n",
        a->id, activation_status_name(a->status), a->reason, (unsigned long long)a->order_sequence,
        (unsigned long long)a->core_sequence, (unsigned long long)a->orders_asked,
        (unsigned long long)a->orders_sent, a->fault_count, (int)a->state_length, a->state,
        (long long)a->last_event_ms, (double)a->ledger.balance.d.v / 1e18,
        (double)a->ledger.fees.d.v / 1e18
    );
    for (int i = 0; i < a->order_count; i++) {
        order_tell(out, a->orders[i]);
    }
    for (int i = 0; i < a->position_count; i++) {
        const struct record_position *p = &a->positions[i];
        buffer_appendf(
            out, "  holds %u %d %.4f at %.9f since %lld\n", p->symbol, p->side,
            (double)p->position.quantity.d.v / 1e18, (double)p->position.entry.d.v / 1e18,
            (long long)p->position.opened_ms
        );
    }
    for (int i = 0; i < a->timer_count; i++) {
        buffer_appendf(
            out, "  timer %s at %lld every %lld\n", a->timers[i].name,
            (long long)a->timers[i].at_ms, (long long)a->timers[i].every_ms
        );
    }
    for (int i = 0; i < a->leverage_count; i++) {
        buffer_appendf(out, "  leverage %d\n", a->leverage[i]);
    }
}

static void tell_record(void *ctx, const char *bytes, size_t length) {
    static char block[(size_t)1 << 20];
    struct arena arena;
    struct record r;
    struct err err = {0};
    arena_init(&arena, block, sizeof block);
    if (!record_counts(bytes) || record_decode(bytes, length, &arena, &r, &err) != 0) {
        return;
    }
    if (r.kind == RECORD_ACTIVATION) {
        activation_tell(ctx, &r.u.opened);
        return;
    }
    r.number = 0;
    r.now_ms = 0;
    record_format(&r, true, ctx);
    buffer_appendf(ctx, "\n");
}

static void state_tell(struct engine *e, struct buffer *out) {
    int position = 0;
    buffer_free(out);
    buffer_init(out, (size_t)1 << 22);
    while (engine_snapshot(e, &position, OWNERS, tell_record, out)) {
    }
}

static const char *line_next(const char **text, const char *end) {
    const char *line = *text;
    const char *stop = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;
    *text = stop != NULL ? stop + 1 : end;
    return line;
}

static void difference_print(const struct buffer *was, const struct buffer *is) {
    const char *a = was->data, *b = is->data;
    const char *a_end = a + was->length, *b_end = b + is->length;
    while (a < a_end || b < b_end) {
        const char *was_line = line_next(&a, a_end), *is_line = line_next(&b, b_end);
        int was_length = (int)(a - was_line), is_length = (int)(b - is_line);
        if (was_length != is_length || memcmp(was_line, is_line, (size_t)was_length) != 0) {
            printf("    was %.*s    is  %.*s", was_length, was_line, is_length, is_line);
        }
    }
}

/* --- noted and compared --------------------------------------------------------------------------
 */

void states_note(struct world *w) {
    uint64_t sequence = engine_appended(w->engine);
    if (w->engine->has_hole) {
        return; /* what is so is not what is written */
    }
    if (w->state_count > 0 && w->states[w->state_count - 1].sequence == sequence) {
        return;
    }
    if (w->state_count == w->state_capacity) {
        w->state_capacity = w->state_capacity == 0 ? 1024 : w->state_capacity * 2;
        w->states = realloc(w->states, (size_t)w->state_capacity * sizeof *w->states);
    }
    w->states[w->state_count].sequence = sequence;
    w->states[w->state_count++].hash = state_hash(w->engine);
    if (w->is_verbose) {
        w->told_state =
            w->told_state != NULL ? w->told_state : calloc(STATES_KEPT, sizeof *w->told_state);
        state_tell(w->engine, &w->told_state[sequence % STATES_KEPT]);
    }
}

void states_compare(struct world *w, uint64_t last) {
    while (w->state_count > 0 && w->states[w->state_count - 1].sequence > last) {
        w->state_count--; /* it never was */
    }
    if (w->state_count == 0 || w->states[w->state_count - 1].sequence != last) {
        return; /* in the middle of a turn: nothing to compare with */
    }
    w->figures.compared++;
    if (state_hash(w->engine) == w->states[w->state_count - 1].hash) {
        return;
    }
    if (w->is_verbose) {
        struct buffer now = {0};
        state_tell(w->engine, &now);
        difference_print(&w->told_state[last % STATES_KEPT], &now);
        buffer_free(&now);
    }
    sim_fail(
        w, "recovered state differs from the state after record %llu", (unsigned long long)last
    );
}

void states_free(struct world *w) {
    for (int i = 0; w->told_state != NULL && i < STATES_KEPT; i++) {
        buffer_free(&w->told_state[i]);
    }
    free(w->told_state);
    free(w->states);
}
