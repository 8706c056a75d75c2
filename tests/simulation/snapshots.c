/* snapshots: now and then all that is so goes into a file of its own, and a boot begins with it. */
#include "simulation/world.h"

#include "engine/engine_state.h"
#include "store/archive.h"

static void slice_write(void *ctx, const char *bytes, size_t length) {
    struct world *w = ctx;
    struct err err = {0};
    if (w->snapshot != NULL && snapshot_write(w->snapshot, bytes, length, &err) != 0) {
        trace(w, "snapshot fails: %s", err.msg);
        snapshot_end(w);
    }
}

/* While a record is missing, what is so is not what the records say. */
static void snapshot_try(struct world *w) {
    struct err err = {0};
    uint64_t sequence = engine_appended(w->engine);
    if (sequence == 0 || w->engine->has_hole ||
        snapshot_begin(&w->snapshot, &w->disk_port, FOLDER, sequence, &err) != 0) {
        w->snapshot = NULL;
        return;
    }
    int position = 0;
    while (engine_snapshot(w->engine, &position, 2, slice_write, w)) {
    }
}

/* What no start needs any more is put away, and deleted soon after. */
static void segments_archive(struct world *w) {
    struct archive_keep keep = {.segments = 1};
    struct archive_report report;
    struct err err = {0};
    uint64_t passed = journal_durable(w->journal);
    int code =
        journal_archive(&w->disk_port, FOLDER, passed, &keep, now_ms(w) * 1000000, &report, &err);
    if (code != 0) {
        trace(w, "archiving fails: %s", err.msg);
        return;
    }
    w->figures.archived += (uint64_t)report.archived;
}

void snapshot_turn(struct world *w) {
    struct err err = {0};
    if (w->snapshot == NULL) {
        if (chance(&w->plan_random, 0.1)) {
            snapshot_try(w);
        }
        return;
    }
    uint64_t sequence = snapshot_sequence(w->snapshot);
    if (journal_durable(w->journal) >= sequence) {
        struct snapshot_writer *writer = w->snapshot;
        w->snapshot = NULL;
        int code = snapshot_commit(writer, &err);
        w->figures.snapshots += code == 0;
        trace(w, "snapshot %llu: %d %s", (unsigned long long)sequence, code, err.msg);
        segments_archive(w);
    }
}

void snapshot_end(struct world *w) {
    if (w->snapshot != NULL) {
        snapshot_abort(w->snapshot);
    }
    w->snapshot = NULL;
}

static int slice_take(void *ctx, const char *bytes, size_t length, struct err *e) {
    struct world *w = ctx;
    return engine_recover(w->engine, bytes, length, e);
}

uint64_t snapshot_recover(struct world *w) {
    struct snapshot_report report = {0};
    struct err err = {0};
    if (snapshot_read(&w->disk_port, FOLDER, w, slice_take, &report, &err) != 0) {
        sim_fail(w, "a snapshot cannot be read: %s", err.msg);
    }
    if (report.broken > 0) {
        sim_fail(w, "%d snapshots are broken: %s", report.broken, report.last_fault.msg);
    }
    return report.sequence;
}
