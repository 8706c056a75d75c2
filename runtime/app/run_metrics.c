#include "app/run_metrics.h"

#include <inttypes.h>

#define NS_IN_SECOND 1e9

static void head(struct buffer *out, const char *name, const char *type, const char *help) {
    buffer_appendf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

struct figure {
    const char *name, *type, *help;
    uint64_t value;
};

static void figures_write(struct buffer *out, const struct figure *figures, size_t count) {
    for (size_t i = 0; i < count; i++) {
        head(out, figures[i].name, figures[i].type, figures[i].help);
        buffer_appendf(out, "%s %" PRIu64 "\n", figures[i].name, figures[i].value);
    }
}

#define FIGURES_WRITE(out, figures)                                                                \
    figures_write(out, figures, sizeof(figures) / sizeof((figures)[0]))

static void loop_write(const struct run *run, struct buffer *out) {
    struct loop_figures f;
    uint64_t below = 0;
    loop_figures(run->loop, &f);
    head(out, "loop_iteration_seconds", "histogram", "work of one turn of the loop, without waiting");
    for (int i = 0; i < LOOP_BUCKETS; i++) {
        below += f.counts[i];
        if (i < LOOP_BUCKETS - 1) {
            buffer_appendf(
                out, "loop_iteration_seconds_bucket{le=\"%g\"} %" PRIu64 "\n",
                (double)loop_bucket_ns(i) / NS_IN_SECOND, below
            );
        }
    }
    buffer_appendf(out, "loop_iteration_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", below);
    buffer_appendf(
        out, "loop_iteration_seconds_sum %.6f\n", (double)f.total_ns / NS_IN_SECOND
    );
    buffer_appendf(out, "loop_iteration_seconds_count %" PRIu64 "\n", below);
    head(out, "loop_iteration_most_seconds", "gauge", "the longest there was");
    buffer_appendf(out, "loop_iteration_most_seconds %.6f\n", (double)f.most_ns / NS_IN_SECOND);
}

static void store_write(const struct run *run, struct buffer *out) {
    struct store_figures f;
    store_figures(run->store.tables, &f);
    uint64_t lag = f.durable > f.applied ? f.durable - f.applied : 0;
    const struct figure figures[] = {
        {"store_up", "gauge", "whether the tables can be written", f.is_up},
        {"store_applied", "gauge", "sequence of the last record in the tables", f.applied},
        {"store_lag_records", "gauge", "durable records that are not in the tables yet", lag},
        {"store_records_total", "counter", "records applied", f.records},
        {"store_oddities_total", "counter", "records that no row could take", f.oddities},
        {"store_failures_total", "counter", "times the database was away", f.failures},
        {"store_rebuilds_total", "counter", "times the tables were written anew", f.rebuilds},
        {"store_lists_waiting", "gauge", "lists asked for and not answered", (uint64_t)f.waiting},
        {"store_lists_waiting_most", "gauge", "the most there were", (uint64_t)f.waiting_most},
        {"store_lists_total", "counter", "lists answered", f.answered},
        {"store_lists_late_total", "counter", "lists that took too long", f.late},
        {"store_database_bytes", "gauge", "of the database's file", (uint64_t)f.bytes},
        {"store_snapshot_bytes_waiting", "gauge", "of snapshots on their way", f.slice_bytes},
        {"store_snapshots_total", "counter", "snapshots written", f.snapshots},
        {"store_segments_archived_total", "counter", "segments put away", f.archived},
        {"store_segments_deleted_total", "counter", "archived segments deleted", f.deleted},
    };
    FIGURES_WRITE(out, figures);
    head(out, "snapshot_pause_most_seconds", "gauge", "the longest that one held up the loop");
    buffer_appendf(
        out, "snapshot_pause_most_seconds %.6f\n",
        (double)run->store.snapshot_pause_ns / NS_IN_SECOND
    );
}

static void journal_write(const struct run *run, struct buffer *out) {
    struct journal_figures f;
    journal_figures(run->store.journal, &f);
    const struct figure figures[] = {
        {"journal_records_total", "counter", "records made durable", f.records},
        {"journal_bytes_total", "counter", "bytes made durable", f.bytes},
        {"journal_syncs_total", "counter", "times the disk was waited for", f.syncs},
        {"journal_failures_total", "counter", "writes or syncs that failed", f.failures},
        {"journal_refused_total", "counter", "records that met a full buffer", f.refused},
        {"journal_buffer_most_bytes", "gauge", "the most that ever waited", f.buffer_most},
    };
    FIGURES_WRITE(out, figures);
}

void run_metrics(const struct run *run, struct buffer *out) {
    loop_write(run, out);
    if (run->store.journal != NULL) {
        journal_write(run, out);
    }
    if (run->store.tables != NULL) {
        store_write(run, out);
    }
}
