/* The journal when the disk fails: every kind of call, a full disk, a lying sync, damage in the
 * middle, torn ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "journal_fixture.h"

/* A failure of that call in the middle of the work: told, nothing called durable, and after a
 * second everything is there in a new segment. */
static void failure_and_recovery(enum memory_call call, int error) {
    struct fixture f;
    fixture_init(&f, 20 + call);
    fixture_open(&f);
    fixture_write(&f, 5);
    memory_fail(f.m, call, 1, error);
    fixture_write(&f, 60); /* over the end of the segment */
    assert_int_equal(f.state_count, 1);
    assert_int_equal(f.state, JOURNAL_FAILED);
    assert_true(strstr(f.reason, strerror(-error)) != NULL);
    assert_true(f.durable >= 5 && f.durable < 65);
    assert_int_equal(journal_state_now(f.journal), JOURNAL_FAILED);
    assert_int_equal(journal_wait(f.journal, 65, &f.e), E_IO);
    /* It still takes records, and does nothing before its time. */
    fixture_write(&f, 2);
    f.m->now_ns += SECOND - 1;
    journal_step(f.journal);
    journal_poll(f.journal);
    assert_int_equal(f.state_count, 1);
    f.m->now_ns += 1;
    journal_step(f.journal);
    journal_poll(f.journal);
    assert_int_equal(f.state_count, 2);
    assert_int_equal(f.state, JOURNAL_OK);
    assert_int_equal(f.durable, 67);
    fixture_close(&f);
    memory_crash(f.m);
    assert_int_equal(fixture_read(&f, 0), 0);
    assert_int_equal(f.report.last, 67);
    fixture_free(&f);
}

static void every_call_may_fail_once(void **state) {
    (void)state;
    static const int errors[] = {-EIO, -ENOSPC, -EROFS, -EFBIG};
    for (int i = 0; i < 4; i++) {
        failure_and_recovery(CALL_WRITE, errors[i]);
        failure_and_recovery(CALL_SYNC, errors[i]);
        failure_and_recovery(CALL_ALLOCATE, errors[i]);
        failure_and_recovery(CALL_OPEN, errors[i]);
        failure_and_recovery(CALL_RENAME, errors[i]);
        failure_and_recovery(CALL_SYNC_DIRECTORY, errors[i]);
    }
}

static void a_broken_disk_is_told_once_and_leaves_no_litter(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, 40);
    fixture_open(&f);
    fixture_write(&f, 5);
    memory_fail_always(f.m, CALL_SYNC, -EIO);
    fixture_write(&f, 5);
    for (int i = 0; i < 100; i++) {
        f.m->now_ns += SECOND;
        journal_step(f.journal);
        journal_poll(f.journal);
    }
    assert_int_equal(f.state_count, 1);
    assert_int_equal(f.durable, 5);
    assert_true(f.m->name_count <= 2);
    struct journal_figures figures;
    journal_figures(f.journal, &figures);
    assert_int_equal(figures.failures, 101);
    assert_int_equal(journal_close(f.journal, &f.e), E_IO);
    assert_true(strstr(f.e.msg, "records 6 to 10 are not durable") != NULL);
    f.journal = NULL;
    memory_heal(f.m);
    memory_crash(f.m);
    fixture_open(&f);
    assert_true(f.report.last >= 5);
    fixture_free(&f);
}

static void a_full_disk_recovers_when_there_is_space(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, 41);
    f.m->space = 10000; /* two segments */
    fixture_open(&f);
    uint64_t sequence;
    while (journal_state_now(f.journal) == JOURNAL_OK) {
        fixture_write(&f, 3);
        assert_true(journal_last(f.journal) < 1000);
    }
    assert_true(strstr(f.reason, "No space left") != NULL);
    uint64_t durable = f.durable;
    int code;
    while ((code = fixture_append(&f, &sequence)) == 0) {
    }
    assert_int_equal(code, E_LIMIT);
    f.m->now_ns += 2 * SECOND;
    journal_step(f.journal);
    journal_poll(f.journal);
    assert_int_equal(f.durable, durable);
    f.m->space = 100000;
    f.m->now_ns += 2 * SECOND;
    journal_step(f.journal);
    journal_poll(f.journal);
    assert_int_equal(f.state, JOURNAL_OK);
    assert_int_equal(f.durable, journal_last(f.journal));
    fixture_close(&f);
    assert_int_equal(fixture_read(&f, 0), 0);
    fixture_free(&f);
}

/* The same work with the n-th call of one kind failing, for every n there is: nothing told durable
 * is lost, and it ends well. */
static bool work_with_failure(enum memory_call call, int n, int error) {
    struct fixture f;
    fixture_init(&f, (uint64_t)(1000 * (int)call + n));
    memory_fail(f.m, call, n, error);
    int code = fixture_read(&f, 0);
    code = code != 0 ? code : journal_open(&f.journal, &f.options, &f.report, &f.e);
    for (int i = 0; code == 0 && i < 40; i++) {
        fixture_write(&f, 3);
        f.m->now_ns += SECOND / 3;
    }
    if (code == 0) {
        f.m->now_ns += 2 * SECOND;
        journal_step(f.journal);
        journal_poll(f.journal);
        assert_int_equal(f.state, JOURNAL_OK);
        assert_int_equal(f.durable, 120);
        code = journal_close(f.journal, &f.e);
    }
    assert_true(code == 0 || code == E_IO);
    f.journal = NULL;
    bool was_reached = f.m->calls[call] >= n;
    memory_heal(f.m);
    memory_crash(f.m);
    assert_int_equal(fixture_read(&f, 0), 0);
    assert_true(f.report.last >= f.durable);
    fixture_open(&f);
    fixture_write(&f, 1);
    assert_int_equal(f.durable, f.report.last + 1);
    fixture_free(&f);
    return was_reached;
}

static void every_single_call_may_fail(void **state) {
    (void)state;
    int points = 0;
    for (int call = 0; call < CALL_COUNT; call++) {
        for (int n = 1; work_with_failure((enum memory_call)call, n, n % 2 ? -EIO : -ENOSPC); n++) {
            points++;
        }
    }
    print_message("%d calls failed, one at a time\n", points);
    assert_true(points > 100);
}

static void open_tells_what_the_disk_said(void **state) {
    (void)state;
    static const enum memory_call calls[] = {CALL_ALLOCATE, CALL_WRITE,          CALL_SYNC,
                                             CALL_RENAME,   CALL_SYNC_DIRECTORY, CALL_OPEN,
                                             CALL_TRUNCATE, CALL_REMOVE};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct fixture f;
        fixture_init(&f, 50 + i);
        fixture_open(&f);
        fixture_write(&f, 7);
        journal_abandon(f.journal);
        f.journal = NULL;
        memory_kill(f.m);
        assert_int_equal(fixture_read(&f, 0), 0);
        memory_fail(f.m, calls[i], 1, -EIO);
        assert_int_equal(journal_open(&f.journal, &f.options, &f.report, &f.e), E_IO);
        assert_true(strstr(f.e.msg, "Input/output error") != NULL);
        f.journal = NULL;
        memory_crash(f.m);
        fixture_open(&f);
        assert_int_equal(f.report.last, 7);
        fixture_free(&f);
    }
}

static void reading_tells_what_the_disk_said(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, 60);
    fixture_open(&f);
    fixture_write(&f, 7);
    static const enum memory_call calls[] = {CALL_LIST, CALL_OPEN, CALL_READ};
    for (size_t i = 0; i < 3; i++) {
        memory_fail(f.m, calls[i], 1, -EIO);
        assert_int_equal(fixture_read(&f, 0), E_IO);
    }
    fixture_free(&f);
}

/* --- damage -------------------------------------------------------------------------------------
 */

/* Ten records, one synced after the other, in one segment. */
static struct memory_file *ten_records(struct fixture *f, uint64_t seed) {
    fixture_init(f, seed);
    f->options.record_bytes = 256;
    f->options.segment_bytes = 8192;
    fixture_open(f);
    for (int i = 0; i < 10; i++) {
        fixture_write(f, 1);
    }
    journal_abandon(f->journal);
    f->journal = NULL;
    memory_kill(f->m);
    return memory_file(f->m, FOLDER "/00000001-00000000000000000001.journal");
}

static size_t offset_of(uint64_t sequence) {
    size_t offset = FILE_HEADER_BYTES;
    char bytes[200];
    for (uint64_t i = 1; i < sequence; i++) {
        offset += frame_bytes(record_make(i, bytes, sizeof bytes));
    }
    return offset;
}

static void damage_in_the_middle_refuses(void **state) {
    (void)state;
    struct fixture f;
    struct memory_file *file = ten_records(&f, 61);
    for (uint64_t sequence = 1; sequence <= 9; sequence++) {
        size_t begin = offset_of(sequence), end = offset_of(sequence + 1);
        for (size_t at = begin; at < end; at += 5) {
            file->cache.bytes[at] = (char)(file->cache.bytes[at] ^ 0x40);
            assert_int_equal(fixture_read(&f, 0), E_DATA);
            char text[128];
            snprintf(
                text, sizeof text,
                "00000000000000000001.journal: record %d at byte %d: ", (int)sequence, (int)begin
            );
            assert_true(strstr(f.e.msg, text) != NULL);
            snprintf(text, sizeof text, "journal cut --at %d`", (int)sequence);
            assert_true(strstr(f.e.msg, text) != NULL);
            file->cache.bytes[at] = (char)(file->cache.bytes[at] ^ 0x40);
        }
    }
    assert_int_equal(fixture_read(&f, 0), 0);
    fixture_free(&f);
}

static void zeros_in_the_middle_refuse(void **state) {
    (void)state;
    struct fixture f;
    struct memory_file *file = ten_records(&f, 62);
    size_t begin = offset_of(4), end = offset_of(7);
    memset(file->cache.bytes + begin, 0, end - begin);
    assert_int_equal(fixture_read(&f, 0), E_DATA);
    assert_true(strstr(f.e.msg, "record 4 at byte") != NULL);
    fixture_free(&f);
}

/* What the last sync was about may be torn anywhere: it is cut, told, and the rest goes on. */
static void a_torn_end_is_cut_and_told(void **state) {
    (void)state;
    struct fixture f;
    struct memory_file *file = ten_records(&f, 63);
    size_t begin = offset_of(10), end = offset_of(11);
    char kept[400];
    memcpy(kept, file->cache.bytes + begin, end - begin);
    for (size_t at = begin; at < end; at++) {
        memcpy(file->cache.bytes + begin, kept, end - begin);
        memset(file->cache.bytes + at, 0, end - at);
        assert_int_equal(fixture_read(&f, 0), 0);
        /* Padding that was lost is zeros all the same. */
        assert_true(f.report.last == 9 || at > end - FRAME_ALIGN);
        assert_int_equal(f.report.torn.code != 0, at > begin && f.report.last == 9);
    }
    memcpy(file->cache.bytes + begin, kept, end - begin);
    file->cache.bytes[begin + 8] ^= 1;
    fixture_open(&f);
    assert_true(strstr(f.report.torn.msg, "record 10 at byte") != NULL);
    assert_int_equal(file->cache.size, begin);
    fixture_write(&f, 1);
    assert_int_equal(f.durable, 10);
    fixture_close(&f);
    assert_int_equal(fixture_read(&f, 0), 0);
    assert_int_equal(f.report.last, 10);
    assert_int_equal(f.report.torn.code, 0);
    fixture_free(&f);
}

static void a_file_cut_short_anywhere_is_torn_or_refused(void **state) {
    (void)state;
    struct fixture f;
    struct memory_file *file = ten_records(&f, 64);
    size_t all = offset_of(11);
    for (size_t size = all; size > 0; size--) {
        file->cache.size = size;
        int code = fixture_read(&f, 0);
        if (size < FILE_HEADER_BYTES) {
            assert_int_equal(code, E_DATA);
        } else {
            assert_int_equal(code, 0);
            assert_true(offset_of(f.report.last + 1) <= size);
            assert_true(offset_of(f.report.last + 2) > size);
        }
    }
    fixture_free(&f);
}

static void a_missing_or_strange_segment_refuses(void **state) {
    (void)state;
    struct fixture f;
    fixture_init(&f, 65);
    fixture_open(&f);
    for (int i = 0; i < 40; i++) {
        fixture_write(&f, 5);
    }
    fixture_close(&f);
    struct segment_list list;
    assert_int_equal(segment_list_read(&f.m->disk, FOLDER, &list, &f.e), 0);
    assert_true(list.count >= 5);
    char path[DISK_PATH_MAX];
    assert_int_equal(segment_path(path, FOLDER, &list.segments[2], &f.e), 0);
    assert_int_equal(memory_rename(f.m, path, "elsewhere"), 0);
    assert_int_equal(fixture_read(&f, 0), E_DATA);
    assert_true(strstr(f.e.msg, "is missing") != NULL);
    /* Those behind the hole can still be read. */
    assert_int_equal(fixture_read(&f, list.segments[3].first), 0);
    assert_int_equal(memory_rename(f.m, "elsewhere", path), 0);
    assert_int_equal(fixture_read(&f, 0), 0);
    /* The first one gone: reading from the oldest is fine, from 1 is not. */
    assert_int_equal(segment_path(path, FOLDER, &list.segments[0], &f.e), 0);
    assert_int_equal(memory_rename(f.m, path, "elsewhere"), 0);
    assert_int_equal(fixture_read(&f, 1), E_DATA);
    assert_true(strstr(f.e.msg, "are gone") != NULL);
    assert_int_equal(fixture_read(&f, list.segments[1].first), 0);
    /* Under another's name. */
    assert_int_equal(
        memory_rename(f.m, "elsewhere", FOLDER "/00000099-00000000000000000999.journal"), 0
    );
    assert_int_equal(fixture_read(&f, list.segments[1].first), E_DATA);
    assert_int_equal(
        memory_rename(
            f.m, FOLDER "/00000099-00000000000000000999.journal",
            FOLDER "/00000099-00000000000000000001.journal"
        ),
        0
    );
    assert_int_equal(fixture_read(&f, 0), E_DATA);
    assert_true(strstr(f.e.msg, "not of one journal") != NULL);
    segment_list_free(&list);
    fixture_free(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_may_fail_once),
        cmocka_unit_test(a_broken_disk_is_told_once_and_leaves_no_litter),
        cmocka_unit_test(a_full_disk_recovers_when_there_is_space),
        cmocka_unit_test(every_single_call_may_fail),
        cmocka_unit_test(open_tells_what_the_disk_said),
        cmocka_unit_test(reading_tells_what_the_disk_said),
        cmocka_unit_test(damage_in_the_middle_refuses),
        cmocka_unit_test(zeros_in_the_middle_refuse),
        cmocka_unit_test(a_torn_end_is_cut_and_told),
        cmocka_unit_test(a_file_cut_short_anywhere_is_torn_or_refused),
        cmocka_unit_test(a_missing_or_strange_segment_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
