/* Fuzz target of journal and snapshot files: any bytes as a file are read, refused or cut, and what
 * was read can be read again after the journal was opened, written to and closed. The first byte
 * says which file it is and whether its checksums are put right, to get behind them. */
#include "store/journal.h"
#include "store/journal_tool.h"
#include "store/snapshot.h"
#include "unit/store/memory_disk.h"

#define FOLDER "j"
#define SEGMENT FOLDER "/00000001-00000000000000000001.journal"
#define SNAPSHOT FOLDER "/snapshot-00000000000000000001.snap"

enum { MODE_SNAPSHOT = 1, MODE_HEADER = 2, MODE_SUMS = 4, MODE_WHOLE = 8 };

struct sum {
    uint64_t hash, records;
};

static void require(bool is_so) {
    if (!is_so) {
        abort();
    }
}

static int record_sum(void *ctx, const struct journal_record *record, struct err *e) {
    struct sum *sum = ctx;
    (void)e;
    require(record->sequence > 0 && record->length > 0);
    for (size_t i = 0; i < record->length; i++) {
        sum->hash = sum->hash * 31 + (unsigned char)record->bytes[i];
    }
    sum->records++;
    return 0;
}

static int slice_sum(void *ctx, const char *bytes, size_t length, struct err *e) {
    return record_sum(ctx, &(struct journal_record){1, bytes, length}, e);
}

static void sums_right(char *bytes, size_t size, uint8_t mode) {
    if ((mode & MODE_HEADER) != 0 && size >= FILE_HEADER_BYTES) {
        bool is_snapshot = (mode & MODE_SNAPSHOT) != 0;
        struct file_header header = {
            is_snapshot ? STORE_SNAPSHOT : STORE_JOURNAL, is_snapshot ? 0 : 1, 1};
        file_header_write(bytes, &header);
    }
    size_t at = FILE_HEADER_BYTES;
    while ((mode & MODE_SUMS) != 0 && at + FRAME_HEADER_BYTES <= size) {
        struct frame frame;
        frame_peek(bytes + at, &frame);
        if (frame.length == 0 || frame.length > size - at ||
            frame_bytes(frame.length) > size - at) {
            break;
        }
        frame_seal(bytes + at, frame.durable);
        at += frame_bytes(frame.length);
    }
}

static void file_put(struct memory_disk *m, const char *path, const char *bytes, size_t size) {
    int file = m->disk.open(m, path, DISK_CREATE);
    require(m->disk.write(m, file, bytes, size, 0) == (int64_t)size || size == 0);
    m->disk.close(m, file);
}

static void journal_again(struct memory_disk *m, struct journal_report *report, struct sum before) {
    struct journal_options options;
    struct journal *journal;
    struct err e;
    journal_options_default(&options);
    options.folder = FOLDER;
    options.disk = &m->disk;
    options.is_threaded = false;
    options.segment_bytes = (size_t)1 << 17;
    options.buffer_bytes = 4096;
    options.record_bytes = 64;
    uint64_t last = report->last, sequence;
    require(journal_open(&journal, &options, report, &e) == 0);
    require(journal_append(journal, "x", 1, &sequence, &e) == 0 && sequence == last + 1);
    require(journal_close(journal, &e) == 0);
    struct sum after = {0};
    require(journal_read(&m->disk, FOLDER, 0, &after, record_sum, report, &e) == 0);
    require(report->last == last + 1 && after.records == before.records + 1);
    require(after.hash == before.hash * 31 + 'x');
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static char file[1 << 17];
    if (length < 1 || length > sizeof file) {
        return 0;
    }
    uint8_t mode = bytes[0];
    size_t size = length - 1;
    memcpy(file, bytes + 1, size);
    sums_right(file, size, mode);
    struct memory_disk *m = memory_disk_new(1);
    struct sum sum = {0};
    struct err e;
    if ((mode & MODE_SNAPSHOT) != 0) {
        struct snapshot_report report;
        file_put(m, SNAPSHOT, file, size);
        require(snapshot_read(&m->disk, FOLDER, &sum, slice_sum, &report, &e) == 0);
        require(report.sequence == 0 || (report.slices == sum.records && sum.records > 0));
    } else {
        struct journal_report report;
        file_put(m, SEGMENT, file, size);
        int code = journal_read(&m->disk, FOLDER, 0, &sum, record_sum, &report, &e);
        require(code == 0 || code == E_DATA || code == E_VERSION);
        struct buffer out;
        struct journal_verdict verdict;
        buffer_init(&out, 1 << 16);
        require(journal_verify(&m->disk, FOLDER, &out, &verdict, &e) == 0);
        require((verdict.faults == 0) == (code == 0) && verdict.records == sum.records);
        buffer_free(&out);
        if (code == 0) {
            journal_again(m, &report, sum);
        }
    }
    memory_disk_free(m);
    return 0;
}
