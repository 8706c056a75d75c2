/* bench: what the bench programs share: a clock, quantiles, the end on an error, an emptied folder.
 * Time is CLOCK_MONOTONIC; one thread; nothing is kept. */
#pragma once

#include "store/disk.h"
#include "store/journal_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static inline int64_t bench_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static inline int bench_by_value(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Sorts the times; microseconds. */
static inline double bench_quantile_us(int64_t *times_ns, int count, double q) {
    qsort(times_ns, (size_t)count, sizeof *times_ns, bench_by_value);
    return (double)times_ns[(int)((double)(count - 1) * q)] / 1e3;
}

static inline void bench_fail(const char *what, const struct err *e) {
    fprintf(stderr, "bench: %s: %s\n", what, e != NULL ? e->msg : "");
    exit(1);
}

/* Removes the journal's segments. */
static inline void bench_folder_empty(const char *folder) {
    struct segment_list list;
    struct err err;
    char path[DISK_PATH_MAX];
    if (segment_list_read(&disk_system, folder, &list, &err) != 0) {
        bench_fail("list", &err);
    }
    for (size_t i = 0; i < list.count; i++) {
        if (segment_path(path, folder, &list.segments[i], &err) != 0 || unlink(path) != 0) {
            bench_fail("a segment cannot be removed", NULL);
        }
    }
    segment_list_free(&list);
}
