/* What an operator does with a journal: verify tells, cut drops and keeps aside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "journal_fixture.h"
#include "store/journal_tool.h"
#include "store/snapshot.h"

struct tool {
    struct fixture f;
    struct buffer out;
    struct journal_verdict verdict;
    struct segment_list list;
};

static void tool_init(struct tool *t, uint64_t seed) {
    fixture_init(&t->f, seed);
    buffer_init(&t->out, 1 << 20);
    fixture_open(&t->f);
    for (int i = 0; i < 60; i++) {
        fixture_write(&t->f, 5);
    }
    for (uint64_t sequence = 100; sequence <= 200; sequence += 100) {
        struct snapshot_writer *w;
        assert_int_equal(snapshot_begin(&w, &t->f.m->disk, FOLDER, sequence, &t->f.e), 0);
        assert_int_equal(snapshot_write(w, "all", 3, &t->f.e), 0);
        assert_int_equal(snapshot_commit(w, &t->f.e), 0);
    }
    fixture_close(&t->f);
    assert_int_equal(segment_list_read(&t->f.m->disk, FOLDER, &t->list, &t->f.e), 0);
}

static void tool_free(struct tool *t) {
    segment_list_free(&t->list);
    buffer_free(&t->out);
    fixture_free(&t->f);
}

static void tool_verify(struct tool *t) {
    buffer_clear(&t->out);
    assert_int_equal(journal_verify(&t->f.m->disk, FOLDER, &t->out, &t->verdict, &t->f.e), 0);
}

static struct memory_file *tool_segment(struct tool *t, size_t i) {
    char path[DISK_PATH_MAX];
    assert_int_equal(segment_path(path, FOLDER, &t->list.segments[i], &t->f.e), 0);
    return memory_file(t->f.m, path);
}

static void a_good_journal(void **state) {
    (void)state;
    struct tool t;
    tool_init(&t, 1);
    tool_verify(&t);
    assert_int_equal(t.verdict.faults, 0);
    assert_int_equal(t.verdict.oldest, 1);
    assert_int_equal(t.verdict.last, 300);
    assert_int_equal(t.verdict.records, 300);
    assert_int_equal(t.verdict.snapshots, 2);
    assert_int_equal(t.verdict.segments, t.list.count);
    assert_false(t.verdict.is_torn);
    assert_true(strstr(t.out.data, ": records 1 to ") != NULL);
    assert_true(strstr(t.out.data, ": the state after record 200\n") != NULL);
    tool_free(&t);
}

static void every_fault_is_listed(void **state) {
    (void)state;
    struct tool t;
    tool_init(&t, 2);
    tool_segment(&t, 2)->cache.bytes[100] ^= 1;
    tool_segment(&t, 4)->cache.bytes[10] ^= 1;
    memory_file(t.f.m, FOLDER "/snapshot-00000000000000000200.snap")->cache.bytes[70] ^= 1;
    tool_verify(&t);
    assert_int_equal(t.verdict.faults, 2);
    assert_int_equal(t.verdict.snapshots, 1);
    assert_int_equal(t.verdict.cut_at, t.list.segments[2].first);
    assert_true(strstr(t.out.data, "its checksum is wrong") != NULL);
    assert_true(strstr(t.out.data, "the header of the file is damaged") != NULL);
    assert_true(strstr(t.out.data, "broken, the older one is used") != NULL);
    tool_free(&t);
}

static void a_torn_end_is_no_fault(void **state) {
    (void)state;
    struct tool t;
    tool_init(&t, 3);
    struct memory_file *last = tool_segment(&t, t.list.count - 1);
    last->cache.bytes[last->cache.size - 12] ^= 1;
    tool_verify(&t);
    assert_int_equal(t.verdict.faults, 0);
    assert_true(t.verdict.is_torn);
    assert_int_equal(t.verdict.last, 299);
    assert_true(strstr(t.out.data, "was not written whole") != NULL);
    tool_free(&t);
}

static void a_cut_anywhere_leaves_what_was_before(void **state) {
    (void)state;
    for (uint64_t at = 1; at <= 301; at += 4) {
        struct tool t;
        tool_init(&t, 4);
        assert_int_equal(journal_cut(&t.f.m->disk, FOLDER, at, &t.out, &t.f.e), 0);
        memory_crash(t.f.m);
        fixture_open(&t.f);
        assert_int_equal(t.f.report.last, at - 1);
        uint64_t snapshots[SNAPSHOT_LIST_MAX];
        assert_int_equal(
            snapshot_list(&t.f.m->disk, FOLDER, snapshots, &t.f.e), (at > 100) + (at > 200)
        );
        fixture_write(&t.f, 3);
        assert_int_equal(t.f.durable, at + 2);
        assert_true(strstr(t.out.data, ".cut\n") != NULL);
        tool_free(&t);
    }
}

static void a_cut_heals_damage(void **state) {
    (void)state;
    struct tool t;
    tool_init(&t, 5);
    tool_segment(&t, 3)->cache.bytes[300] ^= 1;
    assert_int_equal(fixture_read(&t.f, 0), E_DATA);
    tool_verify(&t);
    uint64_t at = t.verdict.cut_at;
    assert_true(at > t.list.segments[3].first && at < t.list.segments[4].first);
    /* Behind the damage nothing can be found. */
    assert_int_equal(journal_cut(&t.f.m->disk, FOLDER, at + 1, &t.out, &t.f.e), E_DATA);
    assert_int_equal(journal_cut(&t.f.m->disk, FOLDER, at, &t.out, &t.f.e), 0);
    fixture_open(&t.f);
    assert_int_equal(t.f.report.last, at - 1);
    tool_free(&t);
}

static void what_is_not_there_cannot_be_cut(void **state) {
    (void)state;
    struct tool t;
    tool_init(&t, 6);
    assert_int_equal(journal_cut(&t.f.m->disk, FOLDER, 0, &t.out, &t.f.e), E_ARGUMENT);
    assert_int_equal(journal_cut(&t.f.m->disk, FOLDER, 302, &t.out, &t.f.e), E_NOT_FOUND);
    assert_int_equal(journal_cut(&t.f.m->disk, "nowhere", 1, &t.out, &t.f.e), E_NOT_FOUND);
    assert_int_equal(fixture_read(&t.f, 0), 0);
    memory_fail(t.f.m, CALL_RENAME, 1, -EIO);
    assert_int_equal(journal_cut(&t.f.m->disk, FOLDER, 20, &t.out, &t.f.e), E_IO);
    memory_fail(t.f.m, CALL_WRITE, 1, -ENOSPC);
    assert_int_equal(journal_cut(&t.f.m->disk, FOLDER, 20, &t.out, &t.f.e), E_IO);
    assert_int_equal(journal_cut(&t.f.m->disk, FOLDER, 20, &t.out, &t.f.e), 0);
    assert_int_equal(fixture_read(&t.f, 0), 0);
    assert_int_equal(t.f.report.last, 19);
    tool_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_journal),
        cmocka_unit_test(every_fault_is_listed),
        cmocka_unit_test(a_torn_end_is_no_fault),
        cmocka_unit_test(a_cut_anywhere_leaves_what_was_before),
        cmocka_unit_test(a_cut_heals_damage),
        cmocka_unit_test(what_is_not_there_cannot_be_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
