/* Candle files on disk: what is read exactly, what is listed as missing, what the system refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "research/candle_file.h"
#include "research/candle_row.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define START_MS INT64_C(1613692800000)
#define NOBODY 65534

static char folder[] = "/tmp/candle_file_XXXXXX";
static char path[256];

static const char *path_of(const char *name) {
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void file_write(const char *name, const void *bytes, size_t length) {
    FILE *f = fopen(path_of(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, length, f), length);
    assert_int_equal(fclose(f), 0);
}

/* A file of `count` rows, `skip` of them left out from row `from` on; the text is the caller's. */
static char *text_make(int count, int from, int skip) {
    char *text = malloc((size_t)count * 80 + 100);
    assert_non_null(text);
    char *at = text + sprintf(text, "%s\n", CANDLE_HEADER);
    for (int i = 0; i < count; i++) {
        if (i < from || i >= from + skip) {
            long long time_ms = START_MS + 60000LL * i;
            at += sprintf(
                at, "%lld,%d.5,%d.75,%d.25,%d.5,1.5\n", time_ms, 100 + i % 7, 100 + i % 7,
                100 + i % 7, 100 + i % 7
            );
        }
    }
    return text;
}

/* The bytes as one gzip member; the result is the caller's. */
static unsigned char *gzip_make(const char *text, size_t length, size_t *packed) {
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = length + length / 10 + 100;
    unsigned char *out = malloc(room);
    assert_non_null(out);
    unsigned char *copy = malloc(length + 1);
    assert_non_null(copy);
    memcpy(copy, text, length);
    z.next_in = copy;
    z.avail_in = (uInt)length;
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    *packed = z.total_out;
    deflateEnd(&z);
    free(copy);
    return out;
}

static void expect_failure(const char *name, int code, const char *says) {
    struct candle_data data;
    struct err e = {0};
    assert_int_equal(candle_file_load(path_of(name), NULL, &data, &e), code);
    assert_null(data.rows);
    if (strncmp(e.msg, path, strlen(path)) != 0 || strstr(e.msg, says) == NULL) {
        fail_msg("\"%s\" is not in: %s", says, e.msg);
    }
}

static void test_plain_and_gzip_are_equal(void **state) {
    (void)state;
    char *text = text_make(20000, 0, 0);
    size_t packed;
    unsigned char *bytes = gzip_make(text, strlen(text), &packed);
    file_write("plain.csv.gz", text, strlen(text)); /* the content decides, not the name */
    file_write("packed.csv", bytes, packed);
    struct candle_data plain;
    struct candle_data unpacked;
    struct err e;
    assert_int_equal(candle_file_load(path_of("plain.csv.gz"), NULL, &plain, &e), 0);
    assert_int_equal(candle_file_load(path_of("packed.csv"), NULL, &unpacked, &e), 0);
    assert_int_equal(plain.count, 20000);
    assert_int_equal(unpacked.count, 20000);
    for (size_t i = 0; i < plain.count; i++) {
        const struct candle *a = &plain.rows[i];
        const struct candle *b = &unpacked.rows[i];
        assert_int_equal(a->bar.time_ms, START_MS + 60000 * (int64_t)i);
        assert_int_equal(a->bar.close_ms, a->bar.time_ms + 60000);
        assert_memory_equal(&a->bar, &b->bar, sizeof a->bar);
        assert_true(a->low.d.v == b->low.d.v);
    }
    assert_int_equal(plain.bar_ms, 60000);
    assert_int_equal(plain.missing, 0);
    assert_int_equal(plain.gap_count, 0);
    candle_data_free(&plain);
    candle_data_free(&unpacked);
    candle_data_free(&unpacked);
    free(bytes);
    free(text);
}

static void test_missing_bars_are_listed(void **state) {
    (void)state;
    char *text = text_make(100, 10, 7);
    file_write("gap.csv", text, strlen(text));
    struct candle_data data;
    struct err e;
    assert_int_equal(candle_file_load(path_of("gap.csv"), NULL, &data, &e), 0);
    assert_int_equal(data.count, 93);
    assert_int_equal(data.missing, 7);
    assert_int_equal(data.gap_count, 1);
    assert_int_equal(data.gaps[0].time_ms, START_MS + 600000);
    assert_int_equal(data.gaps[0].missing, 7);
    assert_int_equal(data.longest.missing, 7);
    assert_int_equal(data.rows[9].bar.close_ms, START_MS + 600000);
    candle_data_free(&data);
    free(text);
}

static void test_only_the_first_gaps_are_kept(void **state) {
    (void)state;
    char text[4096];
    int n = sprintf(text, "%s\n", CANDLE_HEADER);
    int64_t time_ms = START_MS;
    for (int i = 0; i < 40; i++) { /* 2, then a gap of 1, 2, 3 … 39 bars of five minutes */
        n += sprintf(text + n, "%lld,1,1,1,1,0\n", (long long)time_ms);
        time_ms += 300000 * (int64_t)(i + 1);
    }
    struct candle_data data;
    struct err e;
    assert_int_equal(candle_bytes_load("gaps", text, (size_t)n, NULL, &data, &e), 0);
    assert_int_equal(data.bar_ms, 300000);
    assert_int_equal(data.gap_count, 38);
    assert_int_equal(data.missing, 38 * 39 / 2);
    assert_int_equal(data.gaps[0].missing, 1);
    assert_int_equal(data.gaps[CANDLE_GAPS_LISTED - 1].missing, CANDLE_GAPS_LISTED);
    assert_int_equal(data.longest.missing, 38);
    candle_data_free(&data);
}

static void test_last_line_may_lack_its_newline(void **state) {
    (void)state;
    char *text = text_make(3, 0, 0);
    struct candle_data data;
    struct err e;
    assert_int_equal(candle_bytes_load("x", text, strlen(text) - 1, NULL, &data, &e), 0);
    assert_int_equal(data.count, 3);
    assert_true(data.rows[2].bar.volume == 1.5);
    candle_data_free(&data);
    free(text);
}

static void test_members_in_a_row_are_one_file(void **state) {
    (void)state;
    char *text = text_make(50, 0, 0);
    size_t first;
    size_t second;
    unsigned char *a = gzip_make(text, 700, &first);
    unsigned char *b = gzip_make(text + 700, strlen(text) - 700, &second);
    unsigned char *both = malloc(first + second);
    assert_non_null(both);
    memcpy(both, a, first);
    memcpy(both + first, b, second);
    struct candle_data data;
    struct err e;
    assert_int_equal(candle_bytes_load("x", both, first + second, NULL, &data, &e), 0);
    assert_int_equal(data.count, 50);
    candle_data_free(&data);
    free(both);
    free(b);
    free(a);
    free(text);
}

static void test_damaged_gzip_is_refused(void **state) {
    (void)state;
    char *text = text_make(5000, 0, 0);
    size_t packed;
    unsigned char *bytes = gzip_make(text, strlen(text), &packed);
    file_write("cut.gz", bytes, packed / 2);
    expect_failure("cut.gz", E_DATA, "truncated gzip");
    file_write("tail.gz", bytes, packed - 4);
    expect_failure("tail.gz", E_DATA, "truncated gzip");
    file_write("two.gz", bytes, 2);
    expect_failure("two.gz", E_DATA, "truncated gzip");
    bytes[packed - 6] ^= 1; /* the checksum */
    file_write("sum.gz", bytes, packed);
    expect_failure("sum.gz", E_DATA, "corrupt gzip");
    bytes[packed - 6] ^= 1;
    bytes[packed / 2] ^= 0x55; /* the data: the archive is named, not the line it unpacks to */
    file_write("data.gz", bytes, packed);
    expect_failure("data.gz", E_DATA, "corrupt gzip");
    bytes[packed / 2] ^= 0x55;
    bytes[packed] = 'x';
    file_write("more.gz", bytes, packed + 1);
    expect_failure("more.gz", E_DATA, "other bytes follow");
    bytes[2] = 99; /* the method */
    file_write("method.gz", bytes, packed);
    expect_failure("method.gz", E_DATA, "corrupt gzip");
    free(bytes);
    free(text);
}

static void test_system_failures_are_told(void **state) {
    (void)state;
    expect_failure("none.csv", E_IO, "No such file or directory");
    mkdir(path_of("folder.csv"), 0700);
    expect_failure("folder.csv", E_IO, "is a directory");
    rmdir(path_of("folder.csv"));
    file_write("empty.csv", "", 0);
    expect_failure("empty.csv", E_DATA, "is empty");
}

static void test_unreadable_file_is_told(void **state) {
    (void)state;
    file_write("secret.csv", "x", 1);
    assert_int_equal(chmod(path_of("secret.csv"), 0), 0);
    bool is_root = geteuid() == 0;
    if (is_root && (chmod(folder, 0755) != 0 || seteuid(NOBODY) != 0)) {
        print_message("skipped: root that cannot become another user reads everything\n");
        skip();
    }
    struct candle_data data;
    struct err e = {0};
    int code = candle_file_load(path_of("secret.csv"), NULL, &data, &e);
    if (is_root) {
        assert_int_equal(seteuid(0), 0);
    }
    assert_int_equal(code, E_IO);
    assert_non_null(strstr(e.msg, "Permission denied"));
}

static void test_rows_are_limited(void **state) {
    (void)state;
    char *text = text_make(11, 0, 0);
    struct candle_data data;
    struct err e;
    struct candle_file_options options = {.rows_max = 11};
    assert_int_equal(candle_bytes_load("x", text, strlen(text), &options, &data, &e), 0);
    candle_data_free(&data);
    options.rows_max = 10;
    assert_int_equal(candle_bytes_load("x", text, strlen(text), &options, &data, &e), E_LIMIT);
    assert_null(data.rows);
    assert_non_null(strstr(e.msg, "line 12: more than 10 rows"));
    free(text);
}

struct progress {
    int calls;
    int64_t done, total;
};

static void on_progress(void *context, int64_t done, int64_t total) {
    struct progress *progress = context;
    assert_true(done >= progress->done);
    *progress = (struct progress){progress->calls + 1, done, total};
}

static void test_progress_reaches_the_end(void **state) {
    (void)state;
    char *text = text_make(20000, 0, 0);
    file_write("long.csv", text, strlen(text));
    struct progress progress = {0};
    struct candle_file_options options = {.on_progress = on_progress, .context = &progress};
    struct candle_data data;
    struct err e;
    assert_int_equal(candle_file_load(path_of("long.csv"), &options, &data, &e), 0);
    assert_true(progress.calls >= 2);
    assert_int_equal(progress.done, strlen(text));
    assert_int_equal(progress.total, strlen(text));
    candle_data_free(&data);
    free(text);
}

static void expect_shared(const char *name, size_t rows, int64_t missing, int64_t longest) {
    snprintf(path, sizeof path, "%s/../shared/data/candles/%s", SOURCE_DIR, name);
    if (access(path, R_OK) != 0) {
        print_message("skipped: %s is not there\n", path);
        return;
    }
    struct candle_data data;
    struct err e;
    if (candle_file_load(path, NULL, &data, &e) < 0) {
        fail_msg("%s", e.msg);
    }
    assert_int_equal(data.count, rows);
    assert_int_equal(data.bar_ms, 60000);
    assert_int_equal(data.missing, missing);
    assert_int_equal(data.longest.missing, longest);
    candle_data_free(&data);
}

static void test_recorded_files_load(void **state) {
    (void)state;
    expect_shared("binance-btcusdt-1m-2021-02-19-week.csv.gz", 10080, 0, 0);
    expect_shared("btcperp-1m-2022-01.csv.gz", 45031, 0, 0);
    expect_shared("bitfinex-btcusd-1m-2015.csv.gz", 366710, 158890, 44400);
}

static int folder_make(void **state) {
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int folder_remove(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_and_gzip_are_equal),
        cmocka_unit_test(test_missing_bars_are_listed),
        cmocka_unit_test(test_only_the_first_gaps_are_kept),
        cmocka_unit_test(test_last_line_may_lack_its_newline),
        cmocka_unit_test(test_members_in_a_row_are_one_file),
        cmocka_unit_test(test_damaged_gzip_is_refused),
        cmocka_unit_test(test_system_failures_are_told),
        cmocka_unit_test(test_unreadable_file_is_told),
        cmocka_unit_test(test_rows_are_limited),
        cmocka_unit_test(test_progress_reaches_the_end),
        cmocka_unit_test(test_recorded_files_load),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
