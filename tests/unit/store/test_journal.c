/* The journal when all goes well: order, segments, reopening, the thread, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "journal_fixture.h"

#include <semaphore.h>
#include <sys/resource.h>

static void an_empty_journal_begins_with_one(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, 1);
    fixture_open(&f);
    assert_int_equal(f.report.last, 0);
    assert_int_equal(f.report.oldest, 0);
    assert_false(f.report.has_segment);
    fixture_write(&f, 1);
    assert_int_equal(f.durable, 1);
    assert_int_equal(f.wakes, 1);
    fixture_close(&f);
    assert_int_equal(fixture_read(&f, 0), 0);
    assert_int_equal(f.report.last, 1);
    assert_int_equal(f.report.oldest, 1);
    fixture_free(&f);
}

static void many_segments_read_back_in_order(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, 2);
    fixture_open(&f);
    for (int i = 0; i < 200; i++) {
        fixture_write(&f, i % 7);
    }
    uint64_t last = journal_last(f.journal);
    assert_int_equal(f.durable, last);
    struct journal_figures figures;
    journal_figures(f.journal, &figures);
    assert_true(figures.segments > 10);
    assert_int_equal(figures.records, last);
    fixture_close(&f);
    assert_int_equal(fixture_read(&f, 0), 0);
    assert_int_equal(f.report.last, last);
    assert_int_equal(f.report.records, last);
    assert_int_equal(f.report.torn.code, 0);
    for (uint64_t from = 1; from <= last + 1; from += 13) {
        assert_int_equal(fixture_read(&f, from), 0);
        assert_int_equal(f.expected, last + 1);
        assert_int_equal(f.report.records, last + 1 - from);
    }
    assert_int_equal(fixture_read(&f, last + 2), E_DATA);
    fixture_free(&f);
}

static void reopening_goes_on_where_it_ended(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, 3);
    for (uint64_t round = 0; round < 40; round++) {
        fixture_open(&f);
        assert_int_equal(f.report.last, round * 5);
        fixture_write(&f, 5);
        if (round % 2 == 0) {
            fixture_close(&f);
        } else {
            journal_abandon(f.journal);
            f.journal = NULL;
            memory_kill(f.m);
        }
    }
    assert_int_equal(fixture_read(&f, 0), 0);
    assert_int_equal(f.report.last, 200);
    fixture_free(&f);
}

static void sessions_that_write_nothing_leave_nothing(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, 4);
    for (int round = 0; round < 30; round++) {
        fixture_open(&f);
        if (round % 3 == 0) {
            fixture_close(&f);
        } else {
            journal_abandon(f.journal);
            f.journal = NULL;
            memory_kill(f.m);
        }
    }
    assert_true(f.m->name_count <= 1);
    fixture_free(&f);
}

static void limits_are_errors(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, 5);
    f.options.buffer_bytes = 1000;
    assert_int_equal(journal_open(&f.journal, &f.options, &f.report, &f.e), E_ARGUMENT);
    f.options.buffer_bytes = 512;
    assert_int_equal(journal_open(&f.journal, &f.options, &f.report, &f.e), E_ARGUMENT);
    f.options.buffer_bytes = 8192;
    fixture_open(&f);
    uint64_t sequence;
    char bytes[201] = {0};
    assert_int_equal(journal_append(f.journal, bytes, 0, &sequence, &f.e), E_ARGUMENT);
    assert_int_equal(journal_append(f.journal, bytes, 201, &sequence, &f.e), E_ARGUMENT);
    assert_int_equal(journal_wait(f.journal, 1, &f.e), E_STATE);
    fixture_free(&f);
}

static void a_full_buffer_refuses_and_takes_again(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, 6);
    fixture_open(&f);
    uint64_t sequence = 0, total = 0;
    for (int round = 0; round < 20; round++) {
        int code;
        while ((code = fixture_append(&f, &sequence)) == 0) {
            total++;
        }
        assert_int_equal(code, E_LIMIT);
        assert_int_equal(journal_last(f.journal), total);
        journal_step(f.journal);
        journal_poll(f.journal);
        assert_int_equal(f.durable, total);
    }
    struct journal_figures figures;
    journal_figures(f.journal, &figures);
    assert_int_equal(figures.refused, 20);
    assert_true(figures.buffer_most <= 8192 && figures.buffer_most > 7000);
    fixture_close(&f);
    assert_int_equal(fixture_read(&f, 0), 0);
    assert_int_equal(f.report.last, total);
    fixture_free(&f);
}

static void one_sync_serves_all(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, 7);
    fixture_open(&f);
    int before = f.m->calls[CALL_SYNC];
    fixture_write(&f, 20);
    assert_int_equal(f.m->calls[CALL_SYNC], before + 1);
    journal_step(f.journal);
    assert_int_equal(f.m->calls[CALL_SYNC], before + 1);
    fixture_free(&f);
}

static void reserve_and_put_are_append_without_a_copy(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, 8);
    fixture_open(&f);
    for (uint64_t i = 1; i <= 100; i++) {
        char *room;
        assert_int_equal(journal_reserve(f.journal, 200, &room, &f.e), 0);
        size_t length = record_make(i, room, 200);
        assert_int_equal(journal_put(f.journal, length), i);
        journal_step(f.journal);
    }
    fixture_close(&f);
    assert_int_equal(fixture_read(&f, 0), 0);
    assert_int_equal(f.report.last, 100);
    fixture_free(&f);
}

static void short_writes_and_no_preallocation(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, 9);
    f.m->has_short_writes = true;
    f.m->has_no_allocate = true;
    fixture_open(&f);
    for (int i = 0; i < 30; i++) {
        fixture_write(&f, 5);
    }
    fixture_close(&f);
    assert_int_equal(fixture_read(&f, 0), 0);
    assert_int_equal(f.report.last, 150);
    fixture_free(&f);
}

static int third_refused(void *ctx, const struct journal_record *record, struct err *e) {
    (void)ctx;
    return record->sequence == 3 ? err_set(e, E_STATE, "no third") : 0;
}

static void a_callback_may_end_the_reading(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, 10);
    fixture_open(&f);
    fixture_write(&f, 5);
    fixture_close(&f);
    int code = journal_read(&f.m->disk, FOLDER, 0, NULL, third_refused, &f.report, &f.e);
    assert_int_equal(code, E_STATE);
    assert_string_equal(f.e.msg, "no third");
    fixture_free(&f);
}

static void folder_remove(const char *folder) {
    struct segment_list list;
    struct err e;
    assert_int_equal(segment_list_read(&disk_system, folder, &list, &e), 0);
    for (size_t i = 0; i < list.count; i++) {
        char path[DISK_PATH_MAX];
        assert_int_equal(segment_path(path, folder, &list.segments[i], &e), 0);
        assert_int_equal(disk_system.remove(NULL, path), 0);
    }
    segment_list_free(&list);
    assert_int_equal(remove(folder), 0);
}

/* With the thread and the machine's disk: all of it comes back, from a buffer far smaller. */
static void the_thread_writes_what_is_appended(void **state) {
    (void)state;
    char folder[] = "/tmp/test_journal_XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct fixture f;
    fixture_init(&f, 11);
    f.options.folder = folder;
    f.options.disk = &disk_system;
    f.options.segment_bytes = (size_t)1 << 20;
    f.options.buffer_bytes = (size_t)64 << 10;
    f.options.is_threaded = true;
    f.options.wake = NULL;
    memset(&f.report, 0, sizeof f.report);
    assert_int_equal(journal_open(&f.journal, &f.options, &f.report, &f.e), 0);
    uint64_t sequence = 0;
    for (int i = 0; i < 20000; i++) {
        int code = fixture_append(&f, &sequence);
        if (code == E_LIMIT) {
            assert_int_equal(journal_wait(f.journal, journal_last(f.journal), &f.e), 0);
            code = fixture_append(&f, &sequence);
        }
        assert_int_equal(code, 0);
    }
    assert_int_equal(journal_wait(f.journal, sequence, &f.e), 0);
    assert_int_equal(journal_durable(f.journal), 20000);
    journal_poll(f.journal);
    assert_int_equal(f.durable, 20000);
    fixture_close(&f);
    f.expected = 1;
    assert_int_equal(journal_read(&disk_system, folder, 0, &f, record_check, &f.report, &f.e), 0);
    assert_int_equal(f.report.last, 20000);
    folder_remove(folder);
    fixture_free(&f);
}

static sem_t woken;

static void on_writer_wake(void *ctx) {
    (void)ctx;
    sem_post(&woken);
}

/* A limit on the size of files fails the writes of the thread, and ends no process. */
static void the_thread_meets_a_full_disk(void **state) {
    (void)state;
    char folder[] = "/tmp/test_journal_XXXXXX";
    struct rlimit before, small;
    struct fixture f;
    uint64_t sequence = 0;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(sem_init(&woken, 0, 0), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    fixture_init(&f, 12);
    f.options.folder = folder;
    f.options.disk = &disk_system;
    f.options.segment_bytes = (size_t)256 << 10;
    f.options.buffer_bytes = (size_t)1 << 20;
    f.options.retry_ns = 1000000;
    f.options.is_threaded = true;
    f.options.wake = on_writer_wake;
    memset(&f.report, 0, sizeof f.report);
    assert_int_equal(journal_open(&f.journal, &f.options, &f.report, &f.e), 0);
    small = (struct rlimit){100000, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    while (f.state == JOURNAL_OK) {
        assert_int_equal(fixture_append(&f, &sequence), 0);
        journal_commit(f.journal);
        sem_wait(&woken);
        journal_poll(f.journal);
    }
    assert_true(strstr(f.reason, "File too large") != NULL);
    assert_true(f.durable > 100 && f.durable < sequence);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    while (f.state == JOURNAL_FAILED || f.durable < sequence) {
        sem_wait(&woken);
        journal_poll(f.journal);
    }
    assert_int_equal(f.state_count, 2);
    fixture_close(&f);
    f.expected = 1;
    assert_int_equal(journal_read(&disk_system, folder, 0, &f, record_check, &f.report, &f.e), 0);
    assert_int_equal(f.report.last, sequence);
    folder_remove(folder);
    fixture_free(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_journal_begins_with_one),
        cmocka_unit_test(many_segments_read_back_in_order),
        cmocka_unit_test(reopening_goes_on_where_it_ended),
        cmocka_unit_test(sessions_that_write_nothing_leave_nothing),
        cmocka_unit_test(limits_are_errors),
        cmocka_unit_test(a_full_buffer_refuses_and_takes_again),
        cmocka_unit_test(one_sync_serves_all),
        cmocka_unit_test(reserve_and_put_are_append_without_a_copy),
        cmocka_unit_test(short_writes_and_no_preallocation),
        cmocka_unit_test(a_callback_may_end_the_reading),
        cmocka_unit_test(the_thread_writes_what_is_appended),
        cmocka_unit_test(the_thread_meets_a_full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
