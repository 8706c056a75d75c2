/* Arena: alignment, the limit, reset, copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static void allocations_are_aligned_and_apart(void **state) {
    (void)state;
    _Alignas(max_align_t) unsigned char block[1024];
    struct arena arena;
    arena_init(&arena, block + 1, sizeof block - 1);
    unsigned char *first = arena_alloc(&arena, 3);
    unsigned char *second = arena_alloc(&arena, 5);
    assert_non_null(first);
    assert_non_null(second);
    assert_int_equal((uintptr_t)first % _Alignof(max_align_t), 0);
    assert_int_equal((uintptr_t)second % _Alignof(max_align_t), 0);
    assert_true(second >= first + 3);
    assert_true(first > block && second + 5 <= block + sizeof block);
}

static void the_limit_is_exact(void **state) {
    (void)state;
    _Alignas(max_align_t) unsigned char block[64];
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    assert_null(arena_alloc(&arena, 65));
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_int_equal(arena.used, 0);
    assert_ptr_equal(arena_alloc(&arena, 64), block);
    assert_null(arena_alloc(&arena, 1));
    assert_int_equal(arena.used, 64);
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 63));
    assert_null(arena_alloc(&arena, 1));
    arena_init(&arena, block, 61); /* what alignment skips would end past the block */
    assert_non_null(arena_alloc(&arena, 61));
    assert_null(arena_alloc(&arena, 1));
}

static void reset_reuses_and_the_mark_stays(void **state) {
    (void)state;
    _Alignas(max_align_t) unsigned char block[256];
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    void *first = arena_alloc(&arena, 100);
    arena_reset(&arena);
    assert_ptr_equal(arena_alloc(&arena, 10), first);
    assert_int_equal(arena.used, 10);
    assert_int_equal(arena.most_used, 100);
}

static void arrays_are_zero_and_checked(void **state) {
    (void)state;
    _Alignas(max_align_t) unsigned char block[256];
    memset(block, 0xAA, sizeof block);
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    uint64_t *numbers = arena_alloc_array(&arena, 8, sizeof *numbers);
    assert_non_null(numbers);
    for (int i = 0; i < 8; i++) {
        assert_true(numbers[i] == 0);
    }
    assert_int_equal(block[64], 0xAA);
    assert_null(arena_alloc_array(&arena, SIZE_MAX / 4, 8));
    assert_null(arena_alloc_array(&arena, 100, 8));
}

static void copies_end_with_a_nul(void **state) {
    (void)state;
    _Alignas(max_align_t) unsigned char block[16];
    memset(block, 0xAA, sizeof block);
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    assert_null(arena_copy(&arena, "0123456789abcdef", 16));
    assert_null(arena_copy(&arena, "x", SIZE_MAX));
    char *copy = arena_copy(&arena, "0123456789abcdef", 15);
    assert_non_null(copy);
    assert_string_equal(copy, "0123456789abcde");
    arena_reset(&arena);
    assert_string_equal(arena_copy(&arena, NULL, 0), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_and_apart),
        cmocka_unit_test(the_limit_is_exact),
        cmocka_unit_test(reset_reuses_and_the_mark_stays),
        cmocka_unit_test(arrays_are_zero_and_checked),
        cmocka_unit_test(copies_end_with_a_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
