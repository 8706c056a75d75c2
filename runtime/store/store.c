#include "store/store_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_BYTES_MAX ((size_t)32 << 20)

void store_options_default(struct store_options *options) {
    *options = (struct store_options){
        .disk = &disk_system,
        .exchange = "paper",
        .keep = {.segments = 16, .days = 0},
        .requests_max = 256,
        .snapshot_bytes_max = (size_t)64 << 20,
        .retry_ns = 1000000000,
        .archive_ns = INT64_C(60000000000),
        .is_threaded = true,
    };
}

/* --- jobs ----------------------------------------------------------------------------------------
 */

void job_push(struct job_list *list, struct job *job) {
    job->next = NULL;
    if (list->last != NULL) {
        list->last->next = job;
    } else {
        list->first = job;
    }
    list->last = job;
}

struct job *job_pop(struct job_list *list) {
    struct job *job = list->first;
    if (job != NULL) {
        list->first = job->next;
        list->last = list->first != NULL ? list->last : NULL;
    }
    return job;
}

void job_free(struct job *job) {
    buffer_free(&job->body);
    free(job->bytes);
    free(job);
}

static int job_make(
    const struct store *store,
    enum job_kind kind,
    const void *bytes,
    size_t length,
    struct job **out,
    struct err *e
) {
    struct job *job = calloc(1, sizeof *job);
    char *copy = length > 0 ? malloc(length) : NULL;
    if (job == NULL || (length > 0 && copy == NULL)) {
        free(job);
        free(copy);
        return err_set(e, E_MEMORY, "no memory for a message to the store");
    }
    if (length > 0) {
        memcpy(copy, bytes, length);
    }
    job->kind = kind;
    job->store = store;
    job->bytes = copy;
    job->length = length;
    buffer_init(&job->body, ANSWER_BYTES_MAX);
    *out = job;
    return 0;
}

static int job_send(struct store *store, struct job *job, struct err *e) {
    struct store_figures *f = &store->figures;
    bool is_list = job->kind == JOB_QUERY;
    pthread_mutex_lock(&store->lock);
    bool is_full = is_list ? f->waiting == store->options.requests_max
                           : store->slice_bytes + job->length > store->options.snapshot_bytes_max;
    if (!is_full) {
        f->waiting += is_list;
        f->waiting_most = f->waiting > f->waiting_most ? f->waiting : f->waiting_most;
        store->slice_bytes += job->length;
        job_push(&store->asked, job);
        pthread_cond_signal(&store->work);
    }
    pthread_mutex_unlock(&store->lock);
    if (is_full) {
        job_free(job);
        return err_set(e, E_LIMIT, "too much waits for the store");
    }
    return 0;
}

int store_ask(
    struct store *store, const struct query *query, store_callback *answer, void *ctx, struct err *e
) {
    struct job *job = NULL;
    int code = job_make(store, JOB_QUERY, NULL, 0, &job, e);
    if (code != 0) {
        return code;
    }
    job->query = *query;
    job->late_ns = INT64_MAX;
    if (query->wait_ns > 0) {
        job->late_ns = store->options.disk->now_ns(store->options.disk->ctx) + query->wait_ns;
    }
    job->answer = answer;
    job->ctx = ctx;
    return job_send(store, job, e);
}

int store_snapshot_begin(struct store *store, uint64_t sequence, struct err *e) {
    struct job *job = NULL;
    int code = job_make(store, JOB_BEGIN, NULL, 0, &job, e);
    if (code != 0) {
        return code;
    }
    job->sequence = sequence;
    return job_send(store, job, e);
}

int store_snapshot_slice(struct store *store, const void *bytes, size_t length, struct err *e) {
    struct job *job = NULL;
    int code = job_make(store, JOB_SLICE, bytes, length, &job, e);
    return code != 0 ? code : job_send(store, job, e);
}

int store_snapshot_commit(struct store *store, store_callback *answer, void *ctx, struct err *e) {
    struct job *job = NULL;
    int code = job_make(store, JOB_COMMIT, NULL, 0, &job, e);
    if (code != 0) {
        return code;
    }
    job->answer = answer;
    job->ctx = ctx;
    return job_send(store, job, e);
}

void store_poll(struct store *store) {
    for (;;) {
        pthread_mutex_lock(&store->lock);
        struct job *job = job_pop(&store->answered);
        bool is_list = job != NULL && job->kind == JOB_QUERY;
        store->figures.waiting -= is_list;
        store->figures.answered += is_list;
        store->figures.late += is_list && job->code == E_BUSY;
        pthread_mutex_unlock(&store->lock);
        if (job == NULL) {
            return;
        }
        if (job->answer != NULL) {
            struct store_answer answer = {
                .code = job->code,
                .err = &job->err,
                .body = job->body.data,
                .length = job->body.length,
            };
            job->answer(job->ctx, &answer);
        }
        job_free(job);
    }
}

void store_step(struct store *store) {
    store_work(store);
}

void store_durable(struct store *store, uint64_t sequence) {
    atomic_store(&store->durable, sequence);
    atomic_store(&store->is_told, true);
    if (atomic_load(&store->is_held)) {
        pthread_mutex_lock(&store->lock);
        pthread_cond_signal(&store->work);
        pthread_mutex_unlock(&store->lock);
    }
}

void store_figures(const struct store *store, struct store_figures *out) {
    struct store *s = (struct store *)(uintptr_t)store; /* the lock is no part of the value */
    pthread_mutex_lock(&s->lock);
    *out = s->figures;
    out->slice_bytes = s->slice_bytes;
    pthread_mutex_unlock(&s->lock);
    out->durable = atomic_load(&s->durable);
}

/* --- life ----------------------------------------------------------------------------------------
 */

int store_open(struct store **out, const struct store_options *options, struct err *e) {
    if (strlen(options->database_path) >= DISK_PATH_MAX ||
        strlen(options->folder) >= DISK_PATH_MAX) {
        return err_set(e, E_ARGUMENT, "the path of the database or the journal is too long");
    }
    struct store *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return err_set(e, E_MEMORY, "no memory for the store");
    }
    s->options = *options;
    snprintf(s->database_path, sizeof s->database_path, "%s", options->database_path);
    snprintf(s->folder, sizeof s->folder, "%s", options->folder);
    s->options.folder = s->folder;
    s->options.database_path = s->database_path;
    s->retry_at_ns = INT64_MIN;
    s->archive_at_ns = INT64_MIN;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->work, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&s->lock, NULL);
    int code = options->is_threaded ? store_thread_start(s, e) : 0;
    if (code != 0) {
        store_close(s);
        return code;
    }
    *out = s;
    return 0;
}

void store_close(struct store *store) {
    if (store->has_thread) {
        pthread_mutex_lock(&store->lock);
        store->is_ending = true;
        pthread_cond_signal(&store->work);
        pthread_mutex_unlock(&store->lock);
        pthread_join(store->thread, NULL);
    }
    store_work_end(store);
    struct job *job = NULL;
    while ((job = job_pop(&store->held)) != NULL || (job = job_pop(&store->asked)) != NULL) {
        job->code = err_set(&job->err, E_INTERRUPTED, "the program ends");
        job_push(&store->answered, job);
    }
    store_poll(store);
    pthread_cond_destroy(&store->work);
    pthread_mutex_destroy(&store->lock);
    free(store);
}
