#include "store/journal_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void journal_options_default(struct journal_options *options) {
    *options = (struct journal_options){
        .disk = &disk_system,
        .segment_bytes = (size_t)64 << 20,
        .buffer_bytes = (size_t)16 << 20,
        .record_bytes = (size_t)1 << 20,
        .retry_ns = 1000000000,
        .is_threaded = true,
    };
}

static int options_check(const struct journal_options *o, struct err *e) {
    size_t frame = frame_bytes(o->record_bytes);
    if (o->buffer_bytes == 0 || (o->buffer_bytes & (o->buffer_bytes - 1)) != 0) {
        return err_set(e, E_ARGUMENT, "the journal's buffer must be a power of two");
    }
    if (o->record_bytes == 0 || o->record_bytes > FRAME_PAYLOAD_MAX ||
        frame > o->buffer_bytes / 4 || frame + FILE_HEADER_BYTES > o->segment_bytes) {
        return err_set(
            e, E_ARGUMENT, "a record of %zu bytes is too long for the journal's buffer or segments",
            o->record_bytes
        );
    }
    return 0;
}

/* --- appending -----------------------------------------------------------------------------------
 */

int journal_reserve(struct journal *journal, size_t length, char **room, struct err *e) {
    if (length == 0 || length > journal->options.record_bytes) {
        return err_set(
            e, E_ARGUMENT, "a journal record has 1 to %zu bytes, not %zu",
            journal->options.record_bytes, length
        );
    }
    uint64_t head = atomic_load_explicit(&journal->head, memory_order_relaxed);
    uint64_t at = head & (journal->capacity - 1);
    size_t bytes = frame_bytes(length);
    uint64_t skipped = at + bytes > journal->capacity ? journal->capacity - at : 0;
    uint64_t used = head - atomic_load_explicit(&journal->freed, memory_order_acquire);
    if (used + skipped + bytes > journal->capacity) {
        atomic_fetch_add(&journal->refused, 1);
        return err_set(
            e, E_LIMIT, "%" PRIu64 " bytes of the journal wait for the disk: its buffer is full",
            used
        );
    }
    if (skipped > 0) {
        uint32_t mark = RING_WRAP;
        memcpy(journal->ring + at, &mark, sizeof mark);
    }
    journal->reserved = head + skipped;
    *room = journal->ring + (journal->reserved & (journal->capacity - 1)) + FRAME_HEADER_BYTES;
    return 0;
}

uint64_t journal_put(struct journal *journal, size_t length) {
    uint64_t sequence = atomic_load_explicit(&journal->last, memory_order_relaxed) + 1;
    char *frame = journal->ring + (journal->reserved & (journal->capacity - 1));
    frame_start(frame, sequence, length);
    uint64_t head = journal->reserved + frame_bytes(length);
    atomic_store_explicit(&journal->last, sequence, memory_order_relaxed);
    atomic_store_explicit(&journal->head, head, memory_order_release);
    uint64_t used = head - atomic_load_explicit(&journal->freed, memory_order_relaxed);
    if (used > atomic_load_explicit(&journal->buffer_most, memory_order_relaxed)) {
        atomic_store_explicit(&journal->buffer_most, used, memory_order_relaxed);
    }
    if (used > journal->capacity / 2) {
        journal_commit(journal);
    }
    return sequence;
}

int journal_append(
    struct journal *journal, const void *bytes, size_t length, uint64_t *sequence, struct err *e
) {
    char *room;
    int code = journal_reserve(journal, length, &room, e);
    if (code == 0) {
        memcpy(room, bytes, length);
        *sequence = journal_put(journal, length);
    }
    return code;
}

void journal_commit(struct journal *journal) {
    uint64_t head = atomic_load_explicit(&journal->head, memory_order_relaxed);
    if (atomic_load_explicit(&journal->committed, memory_order_relaxed) == head) {
        return;
    }
    atomic_store(&journal->committed, head);
    if (atomic_load(&journal->is_waiting)) {
        pthread_mutex_lock(&journal->lock);
        pthread_cond_signal(&journal->work);
        pthread_mutex_unlock(&journal->lock);
    }
}

/* --- hearing -------------------------------------------------------------------------------------
 */

void journal_poll(struct journal *journal) {
    const struct journal_options *o = &journal->options;
    uint64_t durable = atomic_load(&journal->durable);
    if (durable != journal->told_durable) {
        journal->told_durable = durable;
        if (o->durable != NULL) {
            o->durable(o->ctx, durable);
        }
    }
    if (atomic_load(&journal->changes) == journal->told_change) {
        return;
    }
    pthread_mutex_lock(&journal->lock);
    journal->told_change = atomic_load(&journal->changes);
    struct err reason = journal->reason;
    enum journal_state state = (enum journal_state)atomic_load(&journal->state);
    pthread_mutex_unlock(&journal->lock);
    if (o->state != NULL) {
        o->state(o->ctx, state, &reason);
    }
}

int journal_wait(struct journal *journal, uint64_t sequence, struct err *e) {
    if (sequence > journal_last(journal)) {
        return err_set(e, E_STATE, "there is no record %" PRIu64 " yet", sequence);
    }
    journal_commit(journal);
    if (!journal->has_thread) {
        writer_step(journal);
    }
    pthread_mutex_lock(&journal->lock);
    while (journal->has_thread && atomic_load(&journal->durable) < sequence &&
           atomic_load(&journal->state) == JOURNAL_OK) {
        pthread_cond_wait(&journal->done, &journal->lock);
    }
    int code = 0;
    if (atomic_load(&journal->durable) < sequence) {
        code = err_set(e, E_IO, "%s", journal->reason.msg);
    }
    pthread_mutex_unlock(&journal->lock);
    return code;
}

void journal_step(struct journal *journal) {
    writer_step(journal);
}

uint64_t journal_last(const struct journal *journal) {
    return atomic_load(&journal->last);
}

uint64_t journal_durable(const struct journal *journal) {
    return atomic_load(&journal->durable);
}

enum journal_state journal_state_now(const struct journal *journal) {
    return (enum journal_state)atomic_load(&journal->state);
}

void journal_figures(const struct journal *journal, struct journal_figures *out) {
    struct journal *j = (struct journal *)(uintptr_t)journal; /* the lock is no part of the value */
    pthread_mutex_lock(&j->lock);
    *out = j->figures;
    pthread_mutex_unlock(&j->lock);
    out->segments = j->segment_index;
    out->refused = atomic_load(&j->refused);
    out->buffer_most = atomic_load(&j->buffer_most);
}

/* --- opening and closing -------------------------------------------------------------------------
 */

static void journal_free(struct journal *j) {
    pthread_cond_destroy(&j->work);
    pthread_cond_destroy(&j->done);
    pthread_mutex_destroy(&j->lock);
    free(j->ring);
    free(j);
}

static struct journal *journal_make(const struct journal_options *options) {
    struct journal *j = calloc(1, sizeof *j);
    if (j == NULL) {
        return NULL;
    }
    j->options = *options;
    snprintf(j->folder, sizeof j->folder, "%s", options->folder);
    j->segment.file = -1;
    j->capacity = options->buffer_bytes;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&j->work, &monotonic);
    pthread_cond_init(&j->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&j->lock, NULL);
    j->ring = malloc(j->capacity);
    if (j->ring == NULL) {
        journal_free(j);
        return NULL;
    }
    return j;
}

static int torn_cut(struct journal *j, const struct journal_report *report, struct err *e) {
    const struct disk *disk = j->options.disk;
    char path[DISK_PATH_MAX];
    if (!report->has_segment) {
        return 0;
    }
    int code = segment_path(path, j->folder, &report->segment, e);
    if (code != 0) {
        return code;
    }
    int file = disk->open(disk->ctx, path, DISK_WRITE);
    if (file < 0) {
        return disk_err(e, file, "cannot be opened", path);
    }
    int status = disk->truncate(disk->ctx, file, report->segment_end);
    status = status == 0 ? disk->sync(disk->ctx, file) : status;
    disk->close(disk->ctx, file);
    return status != 0 ? disk_err(e, status, "cannot be cut", path) : 0;
}

struct rewriting {
    struct journal *journal;
    char *frame; /* of journal_read's longest record */
};

static int tail_take(void *ctx, const struct journal_record *record, struct err *e) {
    struct rewriting *w = ctx;
    size_t bytes = frame_bytes(record->length);
    frame_start(w->frame, record->sequence, record->length);
    memcpy(w->frame + FRAME_HEADER_BYTES, record->bytes, record->length);
    frame_seal(w->frame, atomic_load(&w->journal->durable));
    return segment_write(w->journal, w->frame, bytes, e);
}

/* Begins a segment with what was read but is not proven to be on the disk. It may have been told
 * durable, so it must be all there before the new name overrules the old file. */
static int tail_rewrite(struct journal *j, const struct journal_report *report, struct err *e) {
    struct rewriting w = {j, malloc(frame_bytes(FRAME_PAYLOAD_MAX))};
    struct journal_report again;
    int code = w.frame != NULL ? segment_make(j, e) : err_set(e, E_MEMORY, "no memory to begin");
    if (code == 0 && report->durable < report->last) {
        code =
            journal_read(j->options.disk, j->folder, report->durable + 1, &w, tail_take, &again, e);
    }
    free(w.frame);
    code = code != 0 ? code : segment_name(j, e);
    if (code != 0) {
        return code;
    }
    atomic_store(&j->durable, report->last);
    j->written_last = j->told_durable = report->last;
    char path[DISK_PATH_MAX];
    if (report->has_segment && report->segment_end == FILE_HEADER_BYTES &&
        segment_path(path, j->folder, &report->segment, e) == 0) {
        (void)j->options.disk->remove(j->options.disk->ctx, path);
    }
    return 0;
}

static int journal_begin(struct journal *j, const struct journal_report *report, struct err *e) {
    const struct disk *disk = j->options.disk;
    int status = disk->make_directory(disk->ctx, j->folder);
    if (status != 0) {
        return disk_err(e, status, "cannot be made", j->folder);
    }
    atomic_store(&j->last, report->last);
    atomic_store(&j->durable, report->durable);
    j->segment_index = report->segment_index;
    int code = torn_cut(j, report, e);
    code = code != 0 ? code : tail_rewrite(j, report, e);
    if (code == 0 && j->options.is_threaded) {
        code = journal_thread_start(j, e);
    }
    return code;
}

int journal_open(
    struct journal **out,
    const struct journal_options *options,
    const struct journal_report *report,
    struct err *e
) {
    int code = options_check(options, e);
    if (code != 0) {
        return code;
    }
    struct journal *j = journal_make(options);
    if (j == NULL) {
        return err_set(e, E_MEMORY, "no memory for the journal's buffer");
    }
    code = journal_begin(j, report, e);
    if (code != 0) {
        journal_abandon(j);
        return code;
    }
    *out = j;
    return 0;
}

static void thread_end(struct journal *j) {
    if (!j->has_thread) {
        return;
    }
    pthread_mutex_lock(&j->lock);
    atomic_store(&j->is_ending, true);
    pthread_cond_signal(&j->work);
    pthread_mutex_unlock(&j->lock);
    pthread_join(j->thread, NULL);
    j->has_thread = false;
}

int journal_close(struct journal *journal, struct err *e) {
    thread_end(journal);
    journal->retry_at_ns = INT64_MIN; /* the last chance is now */
    writer_step(journal);
    int code = 0;
    uint64_t last = journal_last(journal), durable = journal_durable(journal);
    if (durable < last) {
        code = err_set(
            e, E_IO, "records %" PRIu64 " to %" PRIu64 " are not durable: %s", durable + 1, last,
            journal->reason.msg
        );
    }
    segment_end(journal);
    journal_free(journal);
    return code;
}

void journal_abandon(struct journal *journal) {
    thread_end(journal);
    if (journal->segment.file >= 0) {
        journal->options.disk->close(journal->options.disk->ctx, journal->segment.file);
    }
    journal_free(journal);
}
