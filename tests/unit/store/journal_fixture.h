/* journal_fixture: a journal on the memory disk without a thread, records whose bytes follow from
 * their sequence, and a reading that checks them. */
#pragma once

#include "memory_disk.h"
#include "store/journal.h"

#define FOLDER "data/journal"
#define SECOND INT64_C(1000000000)

struct fixture {
    struct memory_disk *m;
    struct journal *journal;
    struct journal_options options;
    struct journal_report report; /* of the last reading */
    struct err e;
    uint64_t expected; /* next record that a reading must hand out */
    uint64_t durable;  /* as told by journal_poll */
    int state_count;
    enum journal_state state;
    char reason[512];
    int wakes;
};

static inline size_t record_make(uint64_t sequence, char *out, size_t max) {
    struct random random;
    random_seed(&random, sequence);
    size_t length = 1 + (size_t)random_below(&random, max);
    for (size_t i = 0; i < length; i++) {
        out[i] = (char)random_next(&random);
    }
    return length;
}

static inline void on_durable(void *ctx, uint64_t sequence) {
    struct fixture *f = ctx;
    assert_true(sequence > f->durable);
    f->durable = sequence;
}

static inline void on_state(void *ctx, enum journal_state state, const struct err *reason) {
    struct fixture *f = ctx;
    f->state_count++;
    f->state = state;
    snprintf(f->reason, sizeof f->reason, "%s", reason->msg);
}

static inline void on_wake(void *ctx) {
    ((struct fixture *)ctx)->wakes++;
}

static inline void fixture_init(struct fixture *f, uint64_t seed) {
    memset(f, 0, sizeof *f);
    f->m = memory_disk_new(seed);
    journal_options_default(&f->options);
    f->options.folder = FOLDER;
    f->options.disk = &f->m->disk;
    f->options.segment_bytes = 4096;
    f->options.buffer_bytes = 8192;
    f->options.record_bytes = 200;
    f->options.is_threaded = false;
    f->options.ctx = f;
    f->options.wake = on_wake;
    f->options.durable = on_durable;
    f->options.state = on_state;
}

static inline void fixture_free(struct fixture *f) {
    if (f->journal != NULL) {
        journal_abandon(f->journal);
    }
    memory_disk_free(f->m);
}

static inline int record_check(void *ctx, const struct journal_record *record, struct err *e) {
    struct fixture *f = ctx;
    (void)e;
    char bytes[200];
    size_t length = record_make(record->sequence, bytes, sizeof bytes);
    assert_int_equal(record->sequence, f->expected);
    assert_int_equal(record->length, length);
    assert_memory_equal(record->bytes, bytes, length);
    f->expected++;
    return 0;
}

static inline int fixture_read(struct fixture *f, uint64_t from) {
    f->expected = from == 0 ? 1 : from;
    return journal_read(&f->m->disk, FOLDER, from, f, record_check, &f->report, &f->e);
}

/* Reads all of it and opens. */
static inline void fixture_open(struct fixture *f) {
    if (fixture_read(f, 0) != 0 || journal_open(&f->journal, &f->options, &f->report, &f->e) != 0) {
        fail_msg("%s", f->e.msg);
    }
    f->durable = journal_durable(f->journal);
    assert_int_equal(f->durable, f->report.last);
}

static inline int fixture_append(struct fixture *f, uint64_t *sequence) {
    char bytes[200];
    uint64_t next = journal_last(f->journal) + 1;
    size_t length = record_make(next, bytes, sizeof bytes);
    int code = journal_append(f->journal, bytes, length, sequence, &f->e);
    if (code == 0) {
        assert_int_equal(*sequence, next);
    }
    return code;
}

static inline void fixture_write(struct fixture *f, int count) {
    for (int i = 0; i < count; i++) {
        uint64_t sequence;
        assert_int_equal(fixture_append(f, &sequence), 0);
    }
    journal_step(f->journal);
    journal_poll(f->journal);
}

static inline void fixture_close(struct fixture *f) {
    assert_int_equal(journal_close(f->journal, &f->e), 0);
    f->journal = NULL;
}
