#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/random.h"
#include "script/sandbox_memory.h"

#include <string.h>

#define SLOTS 500

/* Random takes, gives and resizes, each block filled with its own byte, which must stay. */
static void blocks_keep_their_bytes(void **state) {
    (void)state;
    struct sandbox_memory m;
    struct random random;
    struct {
        unsigned char *block;
        size_t size;
    } slots[SLOTS] = {0};
    memory_begin(&m, 300000);
    random_seed(&random, 3);
    for (int round = 0; round < 200000; round++) {
        size_t i = (size_t)random_below(&random, SLOTS);
        size_t size = (size_t)random_below(&random, random_below(&random, 20) == 0 ? 20000 : 700);
        for (size_t at = 0; at < slots[i].size; at += 97) {
            assert_int_equal(slots[i].block[at], (unsigned char)i);
        }
        void *block = memory_allocate(&m, slots[i].block, slots[i].size, size);
        if (!block && size > 0) {
            continue; /* refused: the old block stays */
        }
        slots[i].block = block;
        slots[i].size = size;
        if (block) {
            assert_int_equal((uintptr_t)block % 16, 0);
            memset(block, (int)i, size);
        }
        assert_true(m.used <= m.limit && m.reserved <= m.limit);
    }
    assert_true(m.refused > 0);
    for (size_t i = 0; i < SLOTS; i++) {
        assert_null(memory_allocate(&m, slots[i].block, slots[i].size, 0));
    }
    assert_int_equal(m.used, 0);
    memory_end(&m);
}

static void the_cap_is_hard(void **state) {
    (void)state;
    struct sandbox_memory m;
    memory_begin(&m, 100000);
    assert_null(memory_allocate(&m, NULL, 0, 100001));
    assert_null(memory_allocate(&m, NULL, 0, SIZE_MAX));
    assert_int_equal(m.refused, 2);
    char *block = memory_allocate(&m, NULL, 0, 60000);
    assert_non_null(block);
    assert_null(memory_allocate(&m, NULL, 0, 50000));
    assert_null(memory_allocate(&m, block, 60000, 120000));
    block = memory_allocate(&m, block, 60000, 90000); /* what it had before counts for it */
    assert_non_null(block);
    int count = 0;
    while (memory_allocate(&m, NULL, 0, 100)) {
        count++;
    }
    assert_true(count > 60 && count < 100);
    memory_end(&m); /* with everything still taken */
    assert_int_equal(m.used, 0);
}

/* Memory that was cut for small blocks serves others when there is no more. */
static void larger_blocks_are_split_at_the_cap(void **state) {
    (void)state;
    struct sandbox_memory m;
    void *blocks[200];
    int count = 0;
    memory_begin(&m, (size_t)64 * 1024);
    while (count < 200 && (blocks[count] = memory_allocate(&m, NULL, 0, 1000)) != NULL) {
        count++;
    }
    assert_true(count > 50);
    for (int i = 0; i < count; i++) {
        memory_allocate(&m, blocks[i], 1000, 0);
    }
    int small = 0;
    while (memory_allocate(&m, NULL, 0, 16)) {
        small++;
    }
    assert_true(small > 3900);
    memory_end(&m);
}

static void shrinking_never_fails(void **state) {
    (void)state;
    struct sandbox_memory m;
    memory_begin(&m, (size_t)64 * 1024);
    char *block = memory_allocate(&m, NULL, 0, 1024);
    char *large = memory_allocate(&m, NULL, 0, 4000);
    memset(block, 7, 1024);
    memset(large, 8, 4000);
    while (memory_allocate(&m, NULL, 0, 16)) {
    }
    block = memory_allocate(&m, block, 1024, 40);
    assert_non_null(block);
    assert_int_equal(block[39], 7);
    large = memory_allocate(&m, large, 4000, 64);
    assert_non_null(large);
    assert_int_equal(large[63], 8);
    memory_allocate(&m, block, 40, 0);
    memory_allocate(&m, large, 64, 0);
    memory_end(&m);
}

static int told;

static void on_pressure(struct sandbox_memory *m) {
    told++;
    m->soft = SIZE_MAX;
}

static void pressure_is_told_once(void **state) {
    (void)state;
    struct sandbox_memory m;
    memory_begin(&m, 100000);
    m.pressure = on_pressure;
    m.soft = 50000;
    memory_allocate(&m, NULL, 0, 40000);
    assert_int_equal(told, 0);
    memory_allocate(&m, NULL, 0, 20000);
    memory_allocate(&m, NULL, 0, 20000);
    assert_int_equal(told, 1);
    memory_end(&m);
}

static void what_it_holds_is_known(void **state) {
    (void)state;
    struct sandbox_memory m;
    memory_begin(&m, 100000);
    char *small = memory_allocate(&m, NULL, 0, 100);
    char *large = memory_allocate(&m, NULL, 0, 5000);
    assert_true(memory_holds(&m, small, 100));
    assert_true(memory_holds(&m, large, 5000));
    assert_false(memory_holds(&m, large, 5001));
    assert_false(memory_holds(&m, large + 4999, SIZE_MAX));
    assert_false(memory_holds(&m, large - 1, 2));
    assert_false(memory_holds(&m, &m, 1));
    assert_false(memory_holds(&m, NULL, 1));
    large = memory_allocate(&m, large, 5000, 7000);
    assert_true(memory_holds(&m, large, 7000));
    memory_allocate(&m, large, 7000, 0);
    assert_true(memory_holds(&m, small, 100));
    memory_end(&m);
    assert_false(memory_holds(&m, small, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_keep_their_bytes),
        cmocka_unit_test(the_cap_is_hard),
        cmocka_unit_test(larger_blocks_are_split_at_the_cap),
        cmocka_unit_test(shrinking_never_fails),
        cmocka_unit_test(pressure_is_told_once),
        cmocka_unit_test(what_it_holds_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
