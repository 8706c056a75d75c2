/* run_snapshot: snapshots of a run, taken in a turn of the loop and written beside it. */
#include "app/run_store.h"

#include <time.h>

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

bool run_store_wants_snapshot(const struct run_store *s) {
    return s->journal != NULL && !s->is_failed && !engine_journal_is_down(s->engine) &&
           s->snapshot_pending == 0 &&
           journal_last(s->journal) >= s->snapshot_sequence + s->snapshot_every;
}

struct snapshotting {
    struct store *tables;
    struct err *err;
};

static void slice_take(void *ctx, const char *bytes, size_t length) {
    struct snapshotting *to = ctx;
    if (to->err->code == 0 && store_snapshot_slice(to->tables, bytes, length, to->err) != 0) {
        return; /* kept in err */
    }
}

/* The engine is copied here, in one go, since it must not move meanwhile; the thread of the tables
 * has the disk to wait for. */
static int slices_take(struct run_store *s, uint64_t sequence, struct err *e) {
    struct snapshotting to = {s->tables, e};
    int position = 0;
    int code = store_snapshot_begin(s->tables, sequence, e);
    if (code != 0) {
        return code;
    }
    e->code = 0;
    while (engine_snapshot(s->engine, &position, 256, slice_take, &to)) {
    }
    return e->code;
}

int run_store_snapshot(struct run_store *s, struct err *e) {
    int64_t begun_ns = now_ns();
    uint64_t sequence = journal_last(s->journal);
    int code = slices_take(s, sequence, e);
    int64_t pause_ns = now_ns() - begun_ns;
    s->snapshot_pause_ns = pause_ns > s->snapshot_pause_ns ? pause_ns : s->snapshot_pause_ns;
    s->snapshot_sequence = sequence; /* one that fails is not tried again at once */
    s->snapshot_pending = code == 0 ? sequence : 0;
    return code;
}

static void on_snapshot(void *ctx, const struct store_answer *answer) {
    struct run_store *s = ctx;
    s->snapshot_pending = 0;
    s->is_snapshot_asked = false;
    if (answer->code != 0 && answer->code != E_INTERRUPTED && s->warn != NULL) {
        s->warn(s->ctx, answer->err); /* the journal is whole without it */
    }
}

/* It counts when the records that it stands for are on the disk, and not if they were lost. */
void run_store_snapshot_end(struct run_store *s) {
    struct err err = {0};
    if (s->snapshot_pending == 0 || s->is_snapshot_asked) {
        return;
    }
    if (s->is_failed || engine_journal_is_down(s->engine)) {
        s->snapshot_pending = 0; /* the next one takes its place */
    } else if (s->durable >= s->snapshot_pending) {
        s->is_snapshot_asked = true;
        if (store_snapshot_commit(s->tables, on_snapshot, s, &err) != 0) {
            struct store_answer failed = {.code = err.code, .err = &err};
            on_snapshot(s, &failed);
        }
    }
}
