#include "base/log.h"
#include "store/store_parts.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND_NS INT64_C(1000000000)
#define IDLE_NS (SECOND_NS / 20) /* how far the tables may lag when nobody asks */
#define STEP_RECORDS 500

static int64_t now_ns(const struct store *s) {
    return s->options.disk->now_ns(s->options.disk->ctx);
}

/* --- the database --------------------------------------------------------------------------------
 */

static void database_drop(struct store *s) {
    if (s->projection != NULL) {
        struct projection_figures f;
        projection_figures(s->projection, &f);
        s->records += f.records;
        s->oddities += f.oddities;
    }
    projection_close(s->projection);
    database_close(s->database);
    s->projection = NULL;
    s->database = NULL;
}

static void failure_note(struct store *s, const struct err *err) {
    pthread_mutex_lock(&s->lock);
    bool is_new = s->figures.is_up || strncmp(s->figures.reason, err->msg, 255) != 0;
    s->figures.is_up = false;
    s->figures.failures++;
    snprintf(s->figures.reason, sizeof s->figures.reason, "%.255s", err->msg);
    pthread_mutex_unlock(&s->lock);
    if (is_new) {
        log_warn("store", "the tables wait", log_err(err));
    }
    database_drop(s);
    s->retry_at_ns = now_ns(s) + s->options.retry_ns;
}

static int database_get(struct store *s, struct err *e) {
    if (s->projection != NULL) {
        return 0;
    }
    struct projection_options options = {
        .disk = s->options.disk,
        .folder = s->folder,
        .exchange = s->options.exchange,
    };
    int code = database_open(&s->database, s->database_path, e);
    return code != 0 ? code : projection_open(&s->projection, s->database, &options, e);
}

static void success_note(struct store *s) {
    struct projection_figures f;
    struct err ignored;
    int64_t bytes;
    bool has_bytes = database_bytes(s->database, &bytes, &ignored) == 0;
    projection_figures(s->projection, &f);
    pthread_mutex_lock(&s->lock);
    bool is_new = !s->figures.is_up;
    s->figures.bytes = has_bytes ? bytes : s->figures.bytes;
    s->figures.is_up = true;
    s->figures.reason[0] = '\0';
    s->figures.applied = projection_cursor(s->projection);
    s->figures.records = s->records + f.records;
    s->figures.oddities = s->oddities + f.oddities;
    pthread_mutex_unlock(&s->lock);
    if (is_new) {
        log_info(
            "store", "the tables are there",
            log_integer("applied", (int64_t)projection_cursor(s->projection))
        );
    }
}

static bool job_is_late(const struct job *job) {
    return job->late_ns != INT64_MAX && now_ns(job->store) >= job->late_ns;
}

/* Tables of another journal, or of one that was cut, say what never was. */
static int tables_rebuild(struct store *s, const struct err *why, struct err *e) {
    log_warn("store", "the tables are written anew", log_err(why));
    pthread_mutex_lock(&s->lock);
    s->figures.rebuilds++;
    pthread_mutex_unlock(&s->lock);
    return projection_reset(s->projection, e);
}

/* Somebody waits: tables that are far behind must not keep the thread to themselves. */
static bool is_wanted(struct store *s) {
    pthread_mutex_lock(&s->lock);
    bool is_wanted = s->asked.first != NULL || s->is_ending;
    pthread_mutex_unlock(&s->lock);
    return is_wanted;
}

/* Up to `until`, and to what is durable, or for nobody (NULL) until somebody asks; false when the database is away, or the job is late. */
static bool tables_follow(struct store *s, uint64_t until, struct job *job) {
    struct err err = {0};
    if (s->projection == NULL && now_ns(s) < s->retry_at_ns) {
        return false;
    }
    /* Before the journal's end is known, tables that are ahead of it cannot be told. */
    bool is_behind = atomic_load(&s->is_told);
    int code = database_get(s, &err);
    for (bool was_reset = false; code == 0 && is_behind;) {
        code = projection_step(
            s->projection, atomic_load(&s->durable), STEP_RECORDS, &is_behind, &err
        );
        if (code == E_STATE && !was_reset) {
            struct err why = err;
            was_reset = true;
            code = tables_rebuild(s, &why, &err);
            is_behind = true;
        }
        if (code == 0) {
            success_note(s);
            is_behind = is_behind && projection_cursor(s->projection) < until &&
                        (job != NULL || !is_wanted(s));
        }
        if (code == 0 && is_behind && job != NULL && job_is_late(job)) {
            return false;
        }
    }
    if (code != 0) {
        failure_note(s, &err);
        return false;
    }
    return true;
}

/* --- jobs ----------------------------------------------------------------------------------------
 */

static int watch_late(void *ctx) {
    return job_is_late(ctx);
}

static void query_late(struct job *job) {
    job->code = err_set(&job->err, E_BUSY, "the tables are behind, or too much is asked of them");
}

static void query_do(struct store *s, struct job *job) {
    if (job_is_late(job)) {
        query_late(job);
        return;
    }
    /* What was durable when it was asked is in the answer. */
    uint64_t until = job->query.behind > 0 ? job->query.behind : UINT64_MAX;
    if (!tables_follow(s, until, job)) {
        if (s->projection != NULL) {
            query_late(job);
            return;
        }
        pthread_mutex_lock(&s->lock);
        job->code = err_set(&job->err, E_IO, "the tables are away: %s", s->figures.reason);
        pthread_mutex_unlock(&s->lock);
        return;
    }
    database_watch(s->database, watch_late, job);
    job->code = query_run(s->database, &job->query, &job->body, &job->err);
    database_watch(s->database, NULL, NULL);
}

static void snapshot_end(struct store *s) {
    if (s->snapshot != NULL) {
        snapshot_abort(s->snapshot);
        s->snapshot = NULL;
    }
}

static int snapshot_do(struct store *s, const struct job *job, struct err *e) {
    int code;
    switch (job->kind) {
    case JOB_BEGIN:
        snapshot_end(s);
        return snapshot_begin(&s->snapshot, s->options.disk, s->folder, job->sequence, e);
    case JOB_SLICE:
        return s->snapshot == NULL ? err_set(e, E_STATE, "a slice of no snapshot")
                                   : snapshot_write(s->snapshot, job->bytes, job->length, e);
    default:
        if (s->snapshot == NULL) {
            return err_set(e, E_STATE, "an end of no snapshot");
        }
        if (snapshot_sequence(s->snapshot) > atomic_load(&s->durable)) {
            return err_set(e, E_STATE, "a snapshot of a record that is not durable");
        }
        code = snapshot_commit(s->snapshot, e);
        s->snapshot = NULL;
        return code;
    }
}

static void snapshot_job(struct store *s, struct job *job) {
    if (job->kind == JOB_BEGIN) {
        s->snapshot_code = 0;
    }
    if (s->snapshot_code == 0) {
        s->snapshot_code = snapshot_do(s, job, &s->snapshot_err);
    }
    if (s->snapshot_code != 0) {
        snapshot_end(s);
        job->code = s->snapshot_code;
        job->err = s->snapshot_err;
    }
}

static struct job *job_take(struct store *s) {
    pthread_mutex_lock(&s->lock);
    struct job *job = job_pop(&s->asked);
    pthread_mutex_unlock(&s->lock);
    return job;
}

static void job_done(struct store *s, struct job *job) {
    pthread_mutex_lock(&s->lock);
    s->slice_bytes -= job->length;
    s->figures.snapshots += job->kind == JOB_COMMIT && job->code == 0;
    job_push(&s->answered, job);
    pthread_mutex_unlock(&s->lock);
}

static bool query_must_wait(const struct store *s, const struct job *job) {
    return job->kind == JOB_QUERY && job->query.behind > atomic_load(&s->durable) &&
           !job_is_late(job);
}

/* Requests for what became durable meanwhile, and those that are late. */
static bool held_do(struct store *s) {
    struct job_list held = s->held;
    bool has_answers = false;
    struct job *job;
    s->held = (struct job_list){0};
    while ((job = job_pop(&held)) != NULL) {
        if (query_must_wait(s, job)) {
            job_push(&s->held, job);
            continue;
        }
        query_do(s, job);
        job_done(s, job);
        has_answers = true;
    }
    return has_answers;
}

static void jobs_do(struct store *s) {
    bool has_answers = held_do(s);
    struct job *job;
    while ((job = job_take(s)) != NULL) {
        if (query_must_wait(s, job)) {
            job_push(&s->held, job);
            continue;
        }
        if (job->kind == JOB_QUERY) {
            query_do(s, job);
        } else {
            snapshot_job(s, job);
        }
        job_done(s, job);
        has_answers = true;
    }
    atomic_store(&s->is_held, s->held.first != NULL);
    if (has_answers && s->options.wake != NULL) {
        s->options.wake(s->options.ctx);
    }
}

static void archive_look(struct store *s) {
    struct archive_report report;
    struct err err;
    if (now_ns(s) < s->archive_at_ns || s->options.utc_ns == NULL) {
        return;
    }
    pthread_mutex_lock(&s->lock);
    uint64_t passed = s->figures.applied;
    pthread_mutex_unlock(&s->lock);
    if (passed == 0) {
        return; /* what the tables have is not known yet: the look is not over */
    }
    s->archive_at_ns = now_ns(s) + s->options.archive_ns;
    int code = journal_archive(
        s->options.disk, s->folder, passed, &s->options.keep, s->options.utc_ns(s->options.ctx),
        &report, &err
    );
    pthread_mutex_lock(&s->lock);
    s->figures.archived += (uint64_t)report.archived;
    s->figures.deleted += (uint64_t)report.deleted;
    pthread_mutex_unlock(&s->lock);
    if (code != 0) {
        log_warn("store", "old segments could not be put away", log_err(&err));
    } else if (report.archived + report.deleted > 0) {
        log_info(
            "store", "old segments were put away", log_integer("archived", report.archived),
            log_integer("deleted", report.deleted)
        );
    }
}

void store_work(struct store *s) {
    jobs_do(s);
    (void)tables_follow(s, UINT64_MAX, NULL);
    archive_look(s);
}

void store_work_end(struct store *s) {
    snapshot_end(s);
    database_drop(s);
}

/* --- the thread ----------------------------------------------------------------------------------
 */

static bool held_is_due(const struct store *s) {
    for (const struct job *job = s->held.first; job != NULL; job = job->next) {
        if (!query_must_wait(s, job)) {
            return true;
        }
    }
    return false;
}

static bool work_wait(struct store *s) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t at = until.tv_sec * SECOND_NS + until.tv_nsec + IDLE_NS;
    until = (struct timespec){.tv_sec = at / SECOND_NS, .tv_nsec = at % SECOND_NS};
    pthread_mutex_lock(&s->lock);
    if (!s->is_ending && s->asked.first == NULL && !held_is_due(s)) {
        pthread_cond_timedwait(&s->work, &s->lock, &until);
    }
    bool is_ending = s->is_ending;
    pthread_mutex_unlock(&s->lock);
    return !is_ending;
}

static void *thread_main(void *ctx) {
    struct store *s = ctx;
    do {
        store_work(s);
    } while (work_wait(s));
    return NULL;
}

int store_thread_start(struct store *s, struct err *e) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&s->thread, NULL, thread_main, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status != 0) {
        return err_set(e, E_MEMORY, "no thread for the store: %s", strerror(status));
    }
    pthread_setname_np(s->thread, "tables");
    s->has_thread = true;
    return 0;
}
