/* kept: a journal in memory, an engine made of its records, and whether two engines are in the same
 * state (by their snapshots). */
#pragma once

#include "unit/engine/fake.h"

#include <stdlib.h>

#define KEPT_RECORDS_MAX 4096
#define KEPT_BYTES_MAX ((size_t)4 << 20)

struct kept {
    char bytes[KEPT_BYTES_MAX];
    size_t offsets[KEPT_RECORDS_MAX + 1];
    uint64_t count;
    bool is_full;
};

static inline uint64_t kept_append(void *ctx, const char *bytes, size_t length) {
    struct kept *k = ctx;
    size_t end = k->offsets[k->count];
    if (k->is_full || k->count == KEPT_RECORDS_MAX || end + length > KEPT_BYTES_MAX) {
        return 0;
    }
    memcpy(k->bytes + end, bytes, length);
    k->offsets[++k->count] = end + length;
    return k->count;
}

/* An engine of the first `count` records, still recovering. */
static inline struct engine *
kept_recover(struct fake *f, const struct kept *k, uint64_t count, const struct venue_port *venue) {
    struct engine_options options;
    engine_options_default(&options);
    if (f->limits.rate.burst > 0) {
        options.limits = f->limits;
    }
    struct engine_ports ports = {
        .host = {f, fake_instrument, fake_series, fake_bar, fake_open, fake_close, fake_event},
        .venue = *venue,
        .sink = {.ctx = f, .order = fake_on_order, .halt = fake_on_halt},
        .journal = f->journal,
    };
    struct err err = {0};
    struct engine *e = NULL;
    if (engine_new(&e, &options, &ports, &err) != 0) {
        __builtin_trap();
    }
    f->engine = e;
    engine_recover_begin(e);
    for (uint64_t i = 0; i < count; i++) {
        size_t length = k->offsets[i + 1] - k->offsets[i];
        if (engine_recover(e, k->bytes + k->offsets[i], length, &err) != 0) {
            fprintf(stderr, "record %d: %s\n", (int)i, err.msg);
            __builtin_trap();
        }
    }
    return e;
}

struct kept_state {
    char bytes[1 << 18];
    size_t length;
};

/* Without number and time of the moment, and without prices and counters of refusals. */
static inline void kept_state_add(void *ctx, const char *bytes, size_t length) {
    struct kept_state *s = ctx;
    enum record_kind kind = (enum record_kind)bytes[1];
    if (kind != RECORD_ENGINE && kind != RECORD_BAR && s->length + length < sizeof s->bytes) {
        memcpy(s->bytes + s->length, bytes + 18, length - 18);
        s->length += length - 18;
    }
}

static inline bool kept_is_same(struct engine *a, struct engine *b) {
    static struct kept_state states[2];
    struct engine *engines[] = {a, b};
    for (int i = 0; i < 2; i++) {
        int position = 0;
        states[i].length = 0;
        while (engine_snapshot(engines[i], &position, 4, kept_state_add, &states[i])) {
        }
    }
    return states[0].length == states[1].length &&
           memcmp(states[0].bytes, states[1].bytes, states[0].length) == 0;
}
