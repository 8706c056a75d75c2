/* Ten thousand crashes: whatever was told durable is read back, once, unchanged and in order, when
 * only a prefix of what was not synced survives, with and without a failing disk before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "journal_fixture.h"

#define DISKS 500
#define CRASHES_A_DISK 20
#define SEQUENCES_MAX 20000

struct life {
    struct fixture f;
    struct random random;
    uint64_t seeds[SEQUENCES_MAX]; /* of the bytes of each record, as appended last */
    uint64_t durable;              /* told; may never be lost */
    uint64_t last;                 /* appended */
    uint64_t known; /* written once and by no later life: what was overruled by a segment whose name
                       is lost again may come back, as long as nothing was appended since */
    uint64_t read;
    int failures;
};

static struct life life;

static size_t life_record(uint64_t sequence, char *out) {
    struct random random;
    random_seed(&random, life.seeds[sequence]);
    size_t length = 1 + (size_t)random_below(&random, 200);
    for (size_t i = 0; i < length; i++) {
        out[i] = (char)random_next(&random);
    }
    return length;
}

static int life_take(void *ctx, const struct journal_record *record, struct err *e) {
    (void)ctx;
    (void)e;
    char bytes[200];
    assert_int_equal(record->sequence, life.read + 1);
    assert_true(record->sequence <= life.known);
    size_t length = life_record(record->sequence, bytes);
    assert_int_equal(record->length, length);
    assert_memory_equal(record->bytes, bytes, length);
    life.read = record->sequence;
    return 0;
}

static void life_read(void) {
    struct fixture *f = &life.f;
    life.read = 0;
    int code = journal_read(&f->m->disk, FOLDER, 0, NULL, life_take, &f->report, &f->e);
    if (code != 0) {
        fail_msg("%s", f->e.msg);
    }
    assert_int_equal(life.read, f->report.last);
    assert_true(f->report.last >= life.durable);
    life.last = f->report.last;
}

static void life_append(void) {
    struct fixture *f = &life.f;
    char bytes[200];
    uint64_t sequence;
    life.seeds[life.last + 1] = random_next(&life.random);
    size_t length = life_record(life.last + 1, bytes);
    int code = journal_append(f->journal, bytes, length, &sequence, &f->e);
    if (code == 0) {
        life.known = ++life.last;
        assert_int_equal(sequence, life.last);
    } else {
        assert_int_equal(code, E_LIMIT);
    }
}

static void life_run(void) {
    struct fixture *f = &life.f;
    int steps = (int)random_below(&life.random, 12);
    for (int i = 0; i < steps; i++) {
        int appends = (int)random_below(&life.random, 15);
        for (int k = 0; k < appends; k++) {
            life_append();
        }
        if (random_below(&life.random, 4) > 0) {
            journal_step(f->journal);
        }
        f->m->now_ns += (int64_t)random_below(&life.random, 700000000);
        uint64_t durable = journal_durable(f->journal);
        assert_true(durable >= life.durable && durable <= life.last);
        life.durable = durable;
        life.failures += journal_state_now(f->journal) == JOURNAL_FAILED;
    }
}

static void life_end(void) {
    struct fixture *f = &life.f;
    bool is_open = f->journal != NULL;
    if (is_open && random_below(&life.random, 8) == 0) {
        /* What close says is durable is. */
        uint64_t last = life.last;
        if (journal_close(f->journal, &f->e) == 0) {
            life.durable = last;
        }
    } else if (is_open) {
        journal_abandon(f->journal);
    }
    f->journal = NULL;
    memory_heal(f->m);
    if (random_below(&life.random, 4) == 0) {
        memory_kill(f->m);
    } else {
        memory_crash(f->m);
    }
}

static void disk_live(uint64_t seed) {
    static const double rates[] = {0, 0, 0.02, 0.2};
    memset(&life, 0, sizeof life);
    fixture_init(&life.f, seed);
    random_seed(&life.random, seed * 31 + 7);
    life.f.m->has_short_writes = seed % 3 == 0;
    life.f.m->has_no_allocate = seed % 5 == 0;
    for (int round = 0; round < CRASHES_A_DISK; round++) {
        struct fixture *f = &life.f;
        life_read();
        f->m->fault_rate = rates[random_below(&life.random, 4)];
        int code = journal_open(&f->journal, &f->options, &f->report, &f->e);
        if (code == 0) {
            life.durable = journal_durable(f->journal);
            assert_int_equal(life.durable, life.last);
            life_run();
        } else {
            assert_int_equal(code, E_IO);
            assert_true(f->m->fault_rate > 0);
            f->journal = NULL;
        }
        life_end();
    }
    life_read();
    fixture_free(&life.f);
}

static void nothing_durable_is_lost_doubled_or_changed(void **state) {
    (void)state;
    uint64_t records = 0;
    int failures = 0;
    for (uint64_t seed = 1; seed <= DISKS; seed++) {
        disk_live(seed);
        records += life.durable;
        failures += life.failures;
    }
    print_message(
        "%d crashes, %llu durable records, %d steps with a failed disk\n", DISKS * CRASHES_A_DISK,
        (unsigned long long)records, failures
    );
    assert_true(records > 50000);
    assert_true(failures > 500);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_durable_is_lost_doubled_or_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
