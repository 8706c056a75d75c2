/* bench_journal: the journal beside the disk it stands on, in one sitting: a raw fdatasync after
 * 512 bytes, one record made durable at a time, and as many as one thread can append. Prints JSON.
 * Usage: bench_journal FOLDER, on the disk in question; it must not exist and stays behind empty.
 */
#include "store/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 2000
#define RECORDS 1000000
#define RECORD_BYTES 256
#define RAW_BYTES 512

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int by_value(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void figures_print(const char *name, int64_t *times) {
    qsort(times, ROUNDS, sizeof *times, by_value);
    printf(
        "\"%s_p50_us\":%.1f,\"%s_p99_us\":%.1f,", name, (double)times[ROUNDS / 2] / 1e3, name,
        (double)times[ROUNDS * 99 / 100] / 1e3
    );
}

static void fail(const char *what, const struct err *e) {
    fprintf(
        stderr, "bench_journal: %s%s%s\n", what, e != NULL ? ": " : "", e != NULL ? e->msg : ""
    );
    exit(1);
}

static void raw_bench(const char *folder, int64_t *times) {
    char path[DISK_PATH_MAX], bytes[RAW_BYTES];
    struct err err;
    memset(bytes, 'x', sizeof bytes);
    if (disk_path(path, folder, "raw", &err) != 0) {
        fail("raw", &err);
    }
    int file = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);
    if (file < 0 || fallocate(file, 0, 0, (off_t)64 << 20) != 0 || fdatasync(file) != 0) {
        fail("no file in the folder", NULL);
    }
    for (int i = 0; i < ROUNDS; i++) {
        int64_t begin = now_ns();
        if (pwrite(file, bytes, sizeof bytes, (off_t)i * RAW_BYTES) != RAW_BYTES ||
            fdatasync(file) != 0) {
            fail("raw write", NULL);
        }
        times[i] = now_ns() - begin;
    }
    close(file);
    unlink(path);
}

static void single_bench(struct journal *journal, int64_t *times) {
    char bytes[RAW_BYTES];
    struct err err;
    memset(bytes, 'x', sizeof bytes);
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t sequence;
        int64_t begin = now_ns();
        if (journal_append(journal, bytes, sizeof bytes, &sequence, &err) != 0 ||
            journal_wait(journal, sequence, &err) != 0) {
            fail("append", &err);
        }
        times[i] = now_ns() - begin;
    }
}

/* Appends as fast as the disk lets it; the time of the copies alone in *append_ns. */
static double group_bench(struct journal *journal, double *append_ns) {
    char bytes[RECORD_BYTES];
    struct err err;
    uint64_t sequence = 0;
    int64_t begin = now_ns(), waited = 0;
    memset(bytes, 'y', sizeof bytes);
    for (int i = 0; i < RECORDS;) {
        int code = journal_append(journal, bytes, sizeof bytes, &sequence, &err);
        if (code == E_LIMIT) {
            int64_t wait = now_ns();
            if (journal_wait(journal, journal_durable(journal) + 1, &err) != 0) {
                fail("wait", &err);
            }
            waited += now_ns() - wait;
        } else if (code != 0) {
            fail("append", &err);
        } else {
            i++;
        }
    }
    *append_ns = (double)(now_ns() - begin - waited) / RECORDS;
    if (journal_wait(journal, sequence, &err) != 0) {
        fail("wait", &err);
    }
    return (double)RECORDS / ((double)(now_ns() - begin) / 1e9);
}

static int record_count(void *ctx, const struct journal_record *record, struct err *e) {
    (void)e;
    *(uint64_t *)ctx += record->length > 0;
    return 0;
}

static void read_bench(const char *folder) {
    uint64_t count = 0;
    struct journal_report report;
    struct err err;
    int64_t begin = now_ns();
    if (journal_read(&disk_system, folder, 0, &count, record_count, &report, &err) != 0) {
        fail("read", &err);
    }
    double seconds = (double)(now_ns() - begin) / 1e9;
    printf("\"read_records_per_second\":%.0f}\n", (double)count / seconds);
}

static void folder_empty(const char *folder) {
    struct segment_list list;
    struct err err;
    char path[DISK_PATH_MAX];
    if (segment_list_read(&disk_system, folder, &list, &err) != 0) {
        fail("list", &err);
    }
    for (size_t i = 0; i < list.count; i++) {
        if (segment_path(path, folder, &list.segments[i], &err) != 0 || unlink(path) != 0) {
            fail("a segment cannot be removed", NULL);
        }
    }
    segment_list_free(&list);
}

int main(int argc, char **argv) {
    static int64_t raw[ROUNDS], single[ROUNDS];
    struct journal_options options;
    struct journal_report report = {0};
    struct journal *journal;
    struct err err;
    if (argc != 2 || disk_system.make_directory(NULL, argv[1]) != 0) {
        fprintf(stderr, "usage: bench_journal FOLDER\n");
        return 2;
    }
    journal_options_default(&options);
    options.folder = argv[1];
    raw_bench(argv[1], raw);
    if (journal_open(&journal, &options, &report, &err) != 0) {
        fail("open", &err);
    }
    single_bench(journal, single);
    double append_ns, rate = group_bench(journal, &append_ns);
    struct journal_figures figures;
    journal_figures(journal, &figures);
    if (journal_close(journal, &err) != 0) {
        fail("close", &err);
    }
    printf("{");
    figures_print("fdatasync", raw);
    figures_print("durable", single);
    printf(
        "\"append_ns\":%.0f,\"group_records_per_second\":%.0f,\"group_mb_per_second\":%.0f,",
        append_ns, rate, rate * RECORD_BYTES / 1e6
    );
    printf("\"syncs\":%llu,", (unsigned long long)figures.syncs);
    read_bench(argv[1]);
    folder_empty(argv[1]);
    return 0;
}
