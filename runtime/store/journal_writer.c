#include "store/journal_parts.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#define SECOND_NS INT64_C(1000000000)
#define IDLE_NS (SECOND_NS / 4) /* the writer looks around by itself, whatever was forgotten */

char *ring_frame(const struct journal *j, uint64_t *position, uint64_t end) {
    if (*position == end) {
        return NULL;
    }
    uint64_t at = *position & (j->capacity - 1);
    uint32_t mark;
    memcpy(&mark, j->ring + at, sizeof mark);
    if (mark == RING_WRAP) {
        *position += j->capacity - at;
        at = 0;
    }
    return j->ring + at;
}

/* --- telling -------------------------------------------------------------------------------------
 */

static void state_set(struct journal *j, enum journal_state state, const struct err *reason) {
    pthread_mutex_lock(&j->lock);
    j->reason = *reason;
    j->figures.failures += state == JOURNAL_FAILED ? 1 : 0;
    atomic_store(&j->state, (int)state);
    atomic_fetch_add(&j->changes, 1);
    pthread_cond_broadcast(&j->done);
    pthread_mutex_unlock(&j->lock);
    if (j->options.wake != NULL) {
        j->options.wake(j->options.ctx);
    }
}

static void writer_fail(struct journal *j, const struct err *reason) {
    segment_end(j);
    j->written = atomic_load(&j->freed);
    j->written_last = atomic_load(&j->durable);
    j->retry_at_ns = j->options.disk->now_ns(j->options.disk->ctx) + j->options.retry_ns;
    /* The same failure once a second is told once. */
    if (atomic_load(&j->state) == JOURNAL_OK) {
        state_set(j, JOURNAL_FAILED, reason);
    } else {
        pthread_mutex_lock(&j->lock);
        j->figures.failures++;
        pthread_mutex_unlock(&j->lock);
    }
}

static void durable_tell(struct journal *j, int64_t sync_ns, uint64_t bytes) {
    uint64_t before = atomic_load(&j->durable);
    atomic_store(&j->freed, j->written);
    uint64_t us = (uint64_t)sync_ns / 1000;
    int bucket = us == 0 ? 0 : 64 - __builtin_clzll(us);
    pthread_mutex_lock(&j->lock);
    struct journal_figures *f = &j->figures;
    f->syncs++;
    f->records += j->written_last - before;
    f->bytes += bytes;
    f->sync_ns += (uint64_t)sync_ns;
    f->sync_most_ns = (uint64_t)sync_ns > f->sync_most_ns ? (uint64_t)sync_ns : f->sync_most_ns;
    f->sync_counts[bucket < SYNC_BUCKETS ? bucket : SYNC_BUCKETS - 1]++;
    atomic_store(&j->durable, j->written_last);
    pthread_cond_broadcast(&j->done);
    pthread_mutex_unlock(&j->lock);
    if (j->options.wake != NULL) {
        j->options.wake(j->options.ctx);
    }
}

/* --- writing -------------------------------------------------------------------------------------
 */

static int writer_sync(struct journal *j, struct err *e) {
    const struct disk *disk = j->options.disk;
    uint64_t bytes = j->segment.end - j->segment.durable_end;
    int64_t begin = disk->now_ns(disk->ctx);
    int code = segment_sync(j, e);
    if (code == 0) {
        durable_tell(j, disk->now_ns(disk->ctx) - begin, bytes);
    }
    return code;
}

static int writer_rotate(struct journal *j, struct err *e) {
    int code = j->segment.end > j->segment.durable_end ? writer_sync(j, e) : 0;
    if (code == 0) {
        segment_end(j);
        code = segment_begin(j, e);
    }
    return code;
}

static int run_flush(struct journal *j, char *run, size_t size, uint64_t position, struct err *e) {
    if (size == 0) {
        return 0;
    }
    int code = segment_write(j, run, size, e);
    if (code == 0) {
        j->written = position;
    }
    return code;
}

/* Writes the frames up to `end`, neighbours in one write, into as many segments as it takes. */
static int writer_write(struct journal *j, uint64_t end, struct err *e) {
    char *run = NULL;
    size_t size = 0;
    int code = 0;
    for (uint64_t position = j->written;;) {
        uint64_t before = position;
        char *frame = ring_frame(j, &position, end);
        if (frame == NULL) {
            return run_flush(j, run, size, position, e);
        }
        size_t bytes = frame_bytes(frame_length(frame));
        bool is_full = j->segment.end + size + bytes > j->options.segment_bytes;
        if (frame != run + size || is_full) {
            code = run_flush(j, run, size, before, e);
            if (code == 0 && is_full) {
                code = writer_rotate(j, e);
            }
            if (code != 0) {
                return code;
            }
            run = frame;
            size = 0;
        }
        frame_seal(frame, atomic_load(&j->durable));
        j->written_last = frame_sequence(frame);
        size += bytes;
        position += bytes;
    }
}

void writer_step(struct journal *j) {
    struct err err = {0};
    bool has_failed = atomic_load(&j->state) == JOURNAL_FAILED;
    if (has_failed) {
        if (j->options.disk->now_ns(j->options.disk->ctx) < j->retry_at_ns) {
            return;
        }
        if (segment_begin(j, &err) != 0) {
            writer_fail(j, &err);
            return;
        }
    }
    uint64_t end = atomic_load_explicit(&j->head, memory_order_acquire);
    if (end != j->written) {
        int code = writer_write(j, end, &err);
        if (code != 0 || writer_sync(j, &err) != 0) {
            writer_fail(j, &err);
            return;
        }
    }
    if (has_failed) {
        state_set(j, JOURNAL_OK, &(struct err){0});
    }
}

/* --- the thread ----------------------------------------------------------------------------------
 */

static void work_wait(struct journal *j) {
    int64_t wait_ns = IDLE_NS;
    bool has_failed = atomic_load(&j->state) == JOURNAL_FAILED;
    if (has_failed) {
        wait_ns = j->retry_at_ns - j->options.disk->now_ns(j->options.disk->ctx);
    }
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t at = until.tv_sec * SECOND_NS + until.tv_nsec + (wait_ns > 0 ? wait_ns : 0);
    until = (struct timespec){.tv_sec = at / SECOND_NS, .tv_nsec = at % SECOND_NS};
    pthread_mutex_lock(&j->lock);
    /* journal_commit stores `committed` before it asks is_waiting; here the order is the other way,
     * so that one of the two sees the other. */
    atomic_store(&j->is_waiting, true);
    bool has_work = atomic_load(&j->committed) > j->written;
    if (!atomic_load(&j->is_ending) && (has_failed || !has_work)) {
        pthread_cond_timedwait(&j->work, &j->lock, &until);
    }
    atomic_store(&j->is_waiting, false);
    pthread_mutex_unlock(&j->lock);
}

static void *thread_main(void *ctx) {
    struct journal *j = ctx;
    while (!atomic_load(&j->is_ending)) {
        work_wait(j);
        writer_step(j);
    }
    return NULL;
}

int journal_thread_start(struct journal *j, struct err *e) {
    /* Signals belong to the loop; and a write over RLIMIT_FSIZE is an error, not the end. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&j->thread, NULL, thread_main, j);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status != 0) {
        return err_set(e, E_MEMORY, "no thread for the journal: %s", strerror(status));
    }
    pthread_setname_np(j->thread, "journal"); /* for top and ps, which then tell them apart */
    j->has_thread = true;
    return 0;
}
