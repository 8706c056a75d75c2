/* The fuzz target over a few thousand damaged copies of a good file, from one seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char good[] = "timestamp_ms,open,high,low,close,volume\n"
                           "1613692800000,100,102,99,101,5\n"
                           "1613692860000,101.5,103,100,102,6\n"
                           "1613692920000,1e2,103.25,99.5,102,0\n"
                           "1613693100000,0.1,0.3,0.1,0.2,7.000\n";

static uint32_t next_random(uint64_t *seed) {
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

static void test_damaged_files_keep_the_promises(void **state) {
    (void)state;
    static const char alphabet[] = "0123456789.,-e\n\r\0 \xff\x1f\x8b";
    uint64_t seed = 20210219;
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[sizeof good];
        size_t length = sizeof good - 1;
        memcpy(bytes, good, length);
        for (uint32_t edits = 1 + next_random(&seed) % 3; edits > 0; edits--) {
            size_t at = next_random(&seed) % length;
            bytes[at] = (uint8_t)alphabet[next_random(&seed) % (sizeof alphabet - 1)];
        }
        if (next_random(&seed) % 4 == 0) {
            length = next_random(&seed) % length;
        }
        assert_int_equal(LLVMFuzzerTestOneInput(bytes, length), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damaged_files_keep_the_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
