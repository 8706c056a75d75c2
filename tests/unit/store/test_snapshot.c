/* Snapshots, the archive and the lock of the data directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "journal_fixture.h"
#include "store/archive.h"
#include "store/data_lock.h"

#include <sys/wait.h>
#include <unistd.h>

struct heard {
    char text[4096];
    size_t length;
    int fail_at, count;
};

static int slice_take(void *ctx, const char *bytes, size_t length, struct err *e) {
    struct heard *h = ctx;
    if (++h->count == h->fail_at) {
        return err_set(e, E_VERSION, "not this one");
    }
    memcpy(h->text + h->length, bytes, length);
    h->length += length;
    h->text[h->length] = '\0';
    return 0;
}

static int snapshot_make(struct fixture *f, uint64_t sequence, const char *text) {
    struct snapshot_writer *w;
    int code = snapshot_begin(&w, &f->m->disk, FOLDER, sequence, &f->e);
    if (code != 0) {
        return code;
    }
    for (const char *p = text; code == 0 && *p != '\0'; p++) {
        code = snapshot_write(w, p, 1, &f->e);
    }
    if (code != 0) {
        snapshot_abort(w);
        return code;
    }
    return snapshot_commit(w, &f->e);
}

static const char *snapshot_take(struct fixture *f, struct snapshot_report *report) {
    static struct heard h;
    memset(&h, 0, sizeof h);
    int code = snapshot_read(&f->m->disk, FOLDER, &h, slice_take, report, &f->e);
    if (code != 0) {
        fail_msg("%s", f->e.msg);
    }
    return h.text;
}

static void the_newest_whole_one_is_used(void **state) {
    (void)state;
    struct fixture f;
    struct snapshot_report report;
    fixture_init(&f, 1);
    assert_string_equal(snapshot_take(&f, &report), "");
    assert_int_equal(report.sequence, 0);
    assert_int_equal(snapshot_make(&f, 10, "ten"), 0);
    assert_int_equal(snapshot_make(&f, 20, "twenty"), 0);
    assert_int_equal(snapshot_make(&f, 30, "thirty"), 0);
    assert_string_equal(snapshot_take(&f, &report), "thirty");
    assert_int_equal(report.sequence, 30);
    assert_int_equal(report.slices, 6);
    assert_int_equal(report.broken, 0);
    uint64_t list[SNAPSHOT_LIST_MAX];
    assert_int_equal(snapshot_list(&f.m->disk, FOLDER, list, &f.e), 2);
    /* One not ended is none. */
    struct snapshot_writer *w;
    assert_int_equal(snapshot_begin(&w, &f.m->disk, FOLDER, 40, &f.e), 0);
    assert_int_equal(snapshot_write(w, "half", 4, &f.e), 0);
    memory_kill(f.m);
    assert_string_equal(snapshot_take(&f, &report), "thirty");
    snapshot_abort(w);
    assert_int_equal(snapshot_make(&f, 0, "x"), E_ARGUMENT);
    assert_int_equal(snapshot_make(&f, 50, ""), E_STATE);
    fixture_free(&f);
}

static void a_broken_one_is_told_and_the_older_used(void **state) {
    (void)state;
    struct fixture f;
    struct snapshot_report report;
    fixture_init(&f, 2);
    assert_int_equal(snapshot_make(&f, 10, "ten"), 0);
    assert_int_equal(snapshot_make(&f, 20, "twenty"), 0);
    struct memory_file *file = memory_file(f.m, FOLDER "/snapshot-00000000000000000020.snap");
    size_t size = file->cache.size;
    for (size_t at = 0; at < size; at += 3) {
        file->cache.bytes[at] ^= 4;
        assert_string_equal(snapshot_take(&f, &report), "ten");
        assert_int_equal(report.sequence, 10);
        assert_int_equal(report.broken, 1);
        assert_true(strstr(report.last_fault.msg, "00020.snap") != NULL);
        file->cache.bytes[at] ^= 4;
        file->cache.size = at;
        assert_string_equal(snapshot_take(&f, &report), "ten");
        file->cache.size = size;
    }
    assert_string_equal(snapshot_take(&f, &report), "twenty");
    struct heard h = {.fail_at = 3};
    int code = snapshot_read(&f.m->disk, FOLDER, &h, slice_take, &report, &f.e);
    assert_int_equal(code, E_VERSION);
    fixture_free(&f);
}

/* At every call of every kind that writing one makes, a failure or a crash leaves an older one. */
static void no_failure_loses_the_older_one(void **state) {
    (void)state;
    static const enum memory_call calls[] = {CALL_OPEN,   CALL_WRITE,          CALL_SYNC,
                                             CALL_RENAME, CALL_SYNC_DIRECTORY, CALL_REMOVE};
    int failures = 0;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct fixture f;
        struct snapshot_report report;
        fixture_init(&f, 100 + seed);
        assert_int_equal(snapshot_make(&f, 10, "ten"), 0);
        assert_int_equal(snapshot_make(&f, 20, "twenty"), 0);
        memory_fail(f.m, calls[seed % 6], 1 + (int)(seed / 6) % 9, seed % 2 == 0 ? -EIO : -ENOSPC);
        int code = snapshot_make(&f, 30, "thirty");
        failures += code != 0;
        memory_heal(f.m);
        memory_crash(f.m);
        const char *text = snapshot_take(&f, &report);
        if (code == 0) {
            assert_string_equal(text, "thirty");
        } else {
            assert_true(strcmp(text, "twenty") == 0 || strcmp(text, "thirty") == 0);
        }
        assert_int_equal(snapshot_make(&f, 40, "forty"), 0);
        fixture_free(&f);
    }
    assert_true(failures > 50);
}

static void segments_are_archived_then_deleted(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, 3);
    fixture_open(&f);
    for (int i = 0; i < 60; i++) {
        fixture_write(&f, 5);
    }
    struct archive_keep keep = {.segments = 3};
    struct archive_report report;
    const struct disk *disk = &f.m->disk;
    /* Without a snapshot nothing may go. */
    assert_int_equal(journal_archive(disk, FOLDER, 300, &keep, 0, &report, &f.e), 0);
    assert_int_equal(report.archived, 0);
    assert_int_equal(snapshot_make(&f, 100, "a"), 0);
    assert_int_equal(snapshot_make(&f, 250, "b"), 0);
    struct segment_list list;
    assert_int_equal(segment_list_read(disk, FOLDER, &list, &f.e), 0);
    /* The older snapshot is the limit, then the slowest reader. */
    assert_int_equal(journal_archive(disk, FOLDER, 50, &keep, 0, &report, &f.e), 0);
    int before_50 = report.archived;
    assert_true(before_50 > 0);
    for (int i = 0; i < before_50; i++) {
        assert_true(list.segments[i + 1].first <= 51);
    }
    assert_true(list.segments[before_50 + 1].first > 51);
    assert_int_equal(report.deleted, 0);
    assert_int_equal(fixture_read(&f, 0), 0); /* all is still there */
    assert_int_equal(journal_archive(disk, FOLDER, 300, &keep, 0, &report, &f.e), 0);
    assert_true(list.segments[before_50 + report.archived].first <= 101);
    assert_true(list.segments[before_50 + report.archived + 1].first > 101);
    assert_int_equal(report.deleted, 0); /* young: the memory disk's files are of time 0 */
    assert_int_equal(fixture_read(&f, 1), 0);
    int archived = before_50 + report.archived;
    keep.days = 2;
    int64_t day_ns = 86400 * SECOND;
    assert_int_equal(journal_archive(disk, FOLDER, 300, &keep, 2 * day_ns, &report, &f.e), 0);
    assert_int_equal(report.deleted, 0);
    keep.segments = -1;
    assert_int_equal(journal_archive(disk, FOLDER, 300, &keep, 3 * day_ns, &report, &f.e), 0);
    assert_int_equal(report.deleted, 0);
    keep.segments = 3;
    assert_int_equal(journal_archive(disk, FOLDER, 300, &keep, 3 * day_ns, &report, &f.e), 0);
    assert_int_equal(report.deleted, archived - 3);
    assert_int_equal(fixture_read(&f, list.segments[archived - 3].first), 0);
    assert_int_equal(f.expected, 301);
    assert_int_equal(fixture_read(&f, 101), 0); /* what a start from the older snapshot needs */
    /* The journal goes on. */
    fixture_write(&f, 5);
    fixture_close(&f);
    fixture_open(&f);
    assert_int_equal(f.report.last, 305);
    segment_list_free(&list);
    fixture_free(&f);
}

static void the_lock_names_its_holder(void **state) {
    (void)state;
    char folder[] = "/tmp/test_lock_XXXXXX";
    assert_non_null(mkdtemp(folder));
    char inner[64], path[80];
    snprintf(inner, sizeof inner, "%s/data", folder);
    int lock, other;
    struct err e;
    assert_int_equal(data_lock_take(inner, &lock, &e), 0);
    assert_int_equal(data_lock_take(inner, &other, &e), E_STATE);
    char holder[64];
    snprintf(holder, sizeof holder, "in use by process %d:", (int)getpid());
    assert_true(strstr(e.msg, holder) != NULL);
    pid_t child = fork();
    if (child == 0) {
        struct err inner_err;
        _exit(data_lock_take(inner, &other, &inner_err) == E_STATE ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    data_lock_give(lock);
    assert_int_equal(data_lock_take(inner, &lock, &e), 0);
    data_lock_give(lock);
    snprintf(path, sizeof path, "%s/lock", inner);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(inner), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(data_lock_take("/proc/1/nothing", &lock, &e), E_IO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_whole_one_is_used),
        cmocka_unit_test(a_broken_one_is_told_and_the_older_used),
        cmocka_unit_test(no_failure_loses_the_older_one),
        cmocka_unit_test(segments_are_archived_then_deleted),
        cmocka_unit_test(the_lock_names_its_holder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
