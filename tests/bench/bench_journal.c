/* bench_journal: the journal alone, with its thread: what an append costs, how many records a
 * second one thread makes durable in groups, and how many are read back. What a durable order costs
 * is measured where it is made: bench_run. Prints one object of JSON. Usage: bench_journal FOLDER,
 * on the disk in question; it must not exist, and is gone afterwards. */
#include "bench/bench.h"
#include "store/journal.h"

#include <string.h>

#define RECORDS 200000
#define RECORD_BYTES 256

/* Appends as fast as the disk lets it; the time of the copies alone in *append_ns. */
static double group_bench(struct journal *journal, double *append_ns) {
    char bytes[RECORD_BYTES];
    struct err err;
    uint64_t sequence = 0;
    int64_t begin = bench_now_ns(), waited = 0;
    memset(bytes, 'y', sizeof bytes);
    for (int i = 0; i < RECORDS;) {
        int code = journal_append(journal, bytes, sizeof bytes, &sequence, &err);
        if (code == E_LIMIT) {
            int64_t wait = bench_now_ns();
            if (journal_wait(journal, journal_durable(journal) + 1, &err) != 0) {
                bench_fail("wait", &err);
            }
            waited += bench_now_ns() - wait;
        } else if (code != 0) {
            bench_fail("append", &err);
        } else {
            i++;
        }
    }
    *append_ns = (double)(bench_now_ns() - begin - waited) / RECORDS;
    if (journal_wait(journal, sequence, &err) != 0) {
        bench_fail("wait", &err);
    }
    return (double)RECORDS / ((double)(bench_now_ns() - begin) / 1e9);
}

static int record_count(void *ctx, const struct journal_record *record, struct err *e) {
    (void)e;
    *(uint64_t *)ctx += record->length > 0;
    return 0;
}

static double read_bench(const char *folder) {
    uint64_t count = 0;
    struct journal_report report;
    struct err err;
    int64_t begin = bench_now_ns();
    if (journal_read(&disk_system, folder, 0, &count, record_count, &report, &err) != 0) {
        bench_fail("read", &err);
    }
    return (double)count / ((double)(bench_now_ns() - begin) / 1e9);
}

int main(int argc, char **argv) {
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
    if (journal_open(&journal, &options, &report, &err) != 0) {
        bench_fail("open", &err);
    }
    double append_ns, rate = group_bench(journal, &append_ns);
    if (journal_close(journal, &err) != 0) {
        bench_fail("close", &err);
    }
    printf(
        "{\"append_ns\":%.0f,\"group_records_per_second\":%.0f,\"read_records_per_second\":%.0f}\n",
        append_ns, rate, read_bench(argv[1])
    );
    bench_folder_empty(argv[1]);
    return rmdir(argv[1]);
}
