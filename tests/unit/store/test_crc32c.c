/* The checksum: known values, the two ways agree, parts equal the whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "store/crc32c.h"
#include "store/frame.h"

static void known_values(void **state) {
    (void)state;
    char zeros[32] = {0}, ones[32], up[32];
    memset(ones, 0xFF, sizeof ones);
    for (int i = 0; i < 32; i++) {
        up[i] = (char)i;
    }
    /* RFC 3720 B.4 */
    assert_int_equal(crc32c(0, zeros, 32), 0x8A9136AA);
    assert_int_equal(crc32c(0, ones, 32), 0x62A8AB43);
    assert_int_equal(crc32c(0, up, 32), 0x46DD794E);
    assert_int_equal(crc32c(0, "123456789", 9), 0xE3069283);
    assert_int_equal(crc32c_portable(0, "123456789", 9), 0xE3069283);
    assert_int_equal(crc32c(0, "", 0), 0);
}

static void both_ways_and_parts_agree(void **state) {
    (void)state;
    struct random random;
    random_seed(&random, 7);
    unsigned char bytes[300];
    for (int round = 0; round < 2000; round++) {
        size_t length = (size_t)random_below(&random, sizeof bytes + 1);
        for (size_t i = 0; i < length; i++) {
            bytes[i] = (unsigned char)random_next(&random);
        }
        uint32_t whole = crc32c(0, bytes, length);
        assert_int_equal(whole, crc32c_portable(0, bytes, length));
        size_t cut = (size_t)random_below(&random, length + 1);
        assert_int_equal(whole, crc32c(crc32c(0, bytes, cut), bytes + cut, length - cut));
    }
}

static void every_changed_bit_of_a_frame_is_seen(void **state) {
    (void)state;
    char bytes[64];
    size_t size = frame_bytes(13), need;
    assert_int_equal(size, 40);
    memcpy(bytes + FRAME_HEADER_BYTES, "what happened", 13);
    frame_start(bytes, 5, 13);
    frame_seal(bytes, 4);
    struct frame frame;
    assert_int_equal(frame_read(bytes, size, &frame, &need), FRAME_GOOD);
    assert_int_equal(frame.sequence, 5);
    assert_int_equal(frame.durable, 4);
    assert_int_equal(frame.length, 13);
    assert_int_equal(need, size);
    for (size_t bit = 0; bit < size * 8; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << (bit % 8)));
        assert_int_not_equal(frame_read(bytes, size, &frame, &need), FRAME_GOOD);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << (bit % 8)));
    }
    for (size_t cut = 4; cut < size; cut++) {
        assert_int_equal(frame_read(bytes, cut, &frame, &need), FRAME_SHORT);
    }
}

static void a_header_tells_what_is_wrong(void **state) {
    (void)state;
    char bytes[FILE_HEADER_BYTES];
    struct file_header header = {STORE_SNAPSHOT, 3, 9}, read;
    struct err e;
    file_header_write(bytes, &header);
    assert_int_equal(file_header_read(bytes, sizeof bytes, &read, &e), 0);
    assert_int_equal(read.kind, STORE_SNAPSHOT);
    assert_int_equal(read.index, 3);
    assert_int_equal(read.first, 9);
    for (size_t bit = 0; bit < sizeof bytes * 8; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << (bit % 8)));
        assert_int_equal(file_header_read(bytes, sizeof bytes, &read, &e), E_DATA);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << (bit % 8)));
    }
    assert_int_equal(file_header_read(bytes, sizeof bytes - 1, &read, &e), E_DATA);
    bytes[8] = 99;
    memset(bytes + 12, 0, 4);
    uint32_t crc = crc32c(0, bytes, sizeof bytes);
    memcpy(bytes + 12, &crc, sizeof crc);
    assert_int_equal(file_header_read(bytes, sizeof bytes, &read, &e), E_VERSION);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(both_ways_and_parts_agree),
        cmocka_unit_test(every_changed_bit_of_a_frame_is_seen),
        cmocka_unit_test(a_header_tells_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
