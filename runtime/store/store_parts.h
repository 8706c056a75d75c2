/* store_parts: what the two sides of the store share. Internal to store.c (the owner's) and
 * store_thread.c. */
#pragma once

#include "store/projection.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>

enum job_kind { JOB_QUERY, JOB_BEGIN, JOB_SLICE, JOB_COMMIT };

struct job {
    struct job *next;
    const struct store *store;
    enum job_kind kind;
    struct query query;
    uint64_t sequence;
    int64_t late_ns; /* QUERY; INT64_MAX: never */
    char *bytes;
    size_t length;
    store_callback *answer;
    void *ctx;
    int code;
    struct err err;
    struct buffer body;
};

struct job_list { /* first in, first out */
    struct job *first, *last;
};

void job_push(struct job_list *list, struct job *job);
struct job *job_pop(struct job_list *list);
void job_free(struct job *job);

struct store {
    struct store_options options;
    char database_path[DISK_PATH_MAX], folder[DISK_PATH_MAX];

    pthread_mutex_t lock;
    pthread_cond_t work;
    bool has_thread, is_ending;
    pthread_t thread;
    struct job_list asked, answered; /* under the lock */
    struct store_figures figures;    /* under the lock */
    size_t slice_bytes;              /* that wait; under the lock */
    _Atomic uint64_t durable;
    _Atomic bool is_told; /* durable was */
    _Atomic bool is_held; /* a request waits for what becomes durable */

    /* the thread's own */
    struct job_list held; /* requests for what is not durable yet */
    struct database *database;
    struct projection *projection;
    struct snapshot_writer *snapshot;
    int snapshot_code; /* of what failed since begin */
    struct err snapshot_err;
    int64_t retry_at_ns, archive_at_ns;
    uint64_t records, oddities; /* of projections that were closed */
};

int store_thread_start(struct store *store, struct err *e);
void store_work(struct store *store);
/* Closes what the thread had. */
void store_work_end(struct store *store);
