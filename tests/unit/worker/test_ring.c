/* The ring: every message comes back in order, a full ring is told, and nothing that the other side
 * writes harms the one that reads. */
#include "worker/ring.h"

#include "base/random.h"
#include "worker/backlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CAPACITY 256

static struct ring_shared shared;
static char *memory; /* on the heap, so that a sanitizer sees its ends */
static struct byte_ring writer, reader;

static int ring_make(void **state) {
    (void)state;
    memory = calloc(1, CAPACITY);
    memset(&shared, 0, sizeof shared);
    ring_begin(&writer, &shared, memory, CAPACITY);
    ring_begin(&reader, &shared, memory, CAPACITY);
    return memory == NULL;
}

static int ring_drop(void **state) {
    (void)state;
    free(memory);
    return 0;
}

static void message_fill(char *bytes, size_t length, unsigned seed) {
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (char)(seed * 31 + i);
    }
}

static void messages_come_back_around_the_end(void **state) {
    (void)state;
    char bytes[CAPACITY], out[CAPACITY];
    size_t length;
    unsigned written = 0, read = 0;
    struct random random;
    random_seed(&random, 7);
    for (int i = 0; i < 20000; i++) {
        size_t size = 1 + (size_t)random_below(&random, 100);
        message_fill(bytes, size, written);
        int code = ring_write(&writer, bytes, size);
        if (code == 0) {
            written++;
        } else {
            assert_int_equal(code, E_LIMIT);
        }
        if (code != 0 || random_below(&random, 2) == 0) {
            assert_int_equal(ring_read(&reader, out, sizeof out, &length), 0);
            if (length > 0) {
                message_fill(bytes, length, read);
                assert_memory_equal(out, bytes, length);
                read++;
            }
        }
    }
    assert_true(read > 5000);
    do {
        assert_int_equal(ring_read(&reader, out, sizeof out, &length), 0);
        read += length > 0;
    } while (length > 0);
    assert_int_equal(read, written);
}

static void the_largest_fits_and_no_larger(void **state) {
    (void)state;
    char bytes[CAPACITY + 8] = {1}, out[CAPACITY];
    size_t length;
    size_t most = ring_message_max(CAPACITY);
    assert_int_equal(ring_write(&writer, bytes, most + 1), E_ARGUMENT);
    assert_int_equal(ring_write(&writer, bytes, 0), E_ARGUMENT);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ring_write(&writer, bytes, most), 0);
        assert_int_equal(ring_write(&writer, bytes, 1), E_LIMIT);
        assert_int_equal(ring_read(&reader, out, sizeof out, &length), 0);
        assert_int_equal(length, most);
        assert_int_equal(ring_read(&reader, out, sizeof out, &length), 0);
        assert_int_equal(length, 0);
        assert_int_equal(ring_write(&writer, bytes, 40), 0); /* the next one lies around the end */
        assert_int_equal(ring_read(&reader, out, sizeof out, &length), 0);
    }
}

static void sleepers_are_woken_and_only_they(void **state) {
    (void)state;
    char out[CAPACITY];
    size_t length;
    assert_int_equal(ring_write(&writer, "abc", 3), 0);
    assert_false(ring_must_wake(&writer));
    assert_false(ring_sleep(&reader)); /* there is something to read */
    assert_int_equal(ring_read(&reader, out, sizeof out, &length), 0);
    assert_true(ring_sleep(&reader));
    assert_int_equal(ring_write(&writer, "abc", 3), 0);
    assert_true(ring_must_wake(&writer));
    assert_false(ring_must_wake(&writer)); /* once */
}

static void a_writer_that_waits_is_told_of_space(void **state) {
    (void)state;
    char bytes[CAPACITY] = {1}, out[CAPACITY];
    size_t length;
    assert_int_equal(ring_write(&writer, bytes, 200), 0);
    assert_int_equal(ring_write(&writer, bytes, 100), E_LIMIT);
    assert_false(ring_await_space(&writer, 20)); /* that much is there */
    assert_true(ring_await_space(&writer, 100));
    assert_int_equal(ring_read(&reader, out, sizeof out, &length), 0);
    assert_true(ring_has_made_space(&reader));
    assert_false(ring_has_made_space(&reader));
    assert_int_equal(ring_write(&writer, bytes, 100), 0);
}

static void header_write(uint64_t at, uint64_t length) {
    memcpy(memory + (at & (CAPACITY - 1)), &length, sizeof length);
}

static void torn_and_forged_lengths_are_refused(void **state) {
    (void)state;
    static const uint64_t lengths[] = {0, 9, 17, 4096, UINT32_MAX, UINT64_MAX, UINT64_MAX - 7};
    static const uint64_t written[] = {1, 7, 8, 12, 264, UINT64_MAX, 1ULL << 63};
    char out[CAPACITY];
    size_t length;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        ring_begin(&reader, &shared, memory, CAPACITY);
        header_write(0, lengths[i]);
        atomic_store(&shared.written, 16);
        assert_int_equal(ring_read(&reader, out, sizeof out, &length), E_DATA);
        assert_int_equal(length, 0);
    }
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        ring_begin(&reader, &shared, memory, CAPACITY);
        header_write(0, 4);
        atomic_store(&shared.written, written[i]);
        assert_int_equal(ring_read(&reader, out, sizeof out, &length), E_DATA);
    }
    ring_begin(&reader, &shared, memory, CAPACITY);
    header_write(0, 100); /* larger than the reader's room */
    atomic_store(&shared.written, 112);
    assert_int_equal(ring_read(&reader, out, 99, &length), E_DATA);
    assert_int_equal(ring_read(&reader, out, 100, &length), 0);
    assert_int_equal(length, 100);
}

static void a_forged_cursor_of_the_reader_is_refused(void **state) {
    (void)state;
    char bytes[CAPACITY] = {1};
    assert_int_equal(ring_write(&writer, bytes, 200), 0);
    atomic_store(&shared.read, 4096); /* beyond what was written */
    assert_int_equal(ring_write(&writer, bytes, 200), E_DATA);
    atomic_store(&shared.read, UINT64_MAX);
    assert_int_equal(ring_write(&writer, bytes, 200), E_DATA);
    atomic_store(&shared.read, 208);
    assert_int_equal(ring_write(&writer, bytes, 200), 0);
    atomic_store(&shared.read, 200); /* it has been further */
    assert_int_equal(ring_write(&writer, bytes, 200), E_DATA);
}

static void a_backlog_keeps_order_and_its_limit(void **state) {
    (void)state;
    struct backlog b;
    char bytes[64];
    size_t length;
    unsigned added = 0, taken = 0;
    struct random random;
    random_seed(&random, 9);
    backlog_init(&b, 4096);
    for (int i = 0; i < 5000; i++) {
        size_t size = 1 + (size_t)random_below(&random, sizeof bytes);
        message_fill(bytes, size, added);
        int code = backlog_add(&b, bytes, size);
        added += code == 0;
        assert_true(code == 0 || code == E_LIMIT);
        assert_true(backlog_size(&b) <= 4096);
        for (uint64_t n = random_below(&random, 3); n > 0; n--) {
            const char *first = backlog_first(&b, &length);
            if (first) {
                message_fill(bytes, length, taken++);
                assert_memory_equal(first, bytes, length);
                backlog_drop_first(&b);
            }
        }
    }
    while (backlog_first(&b, &length)) {
        backlog_drop_first(&b);
        taken++;
    }
    assert_int_equal(added, taken);
    assert_int_equal(backlog_add(&b, bytes, SIZE_MAX), E_LIMIT);
    assert_int_equal(backlog_size(&b), 0);
    backlog_free(&b);
}

static void what_comes_is_seen_and_stays(void **state) {
    (void)state;
    char bytes[CAPACITY], out[CAPACITY], head[8];
    size_t length;
    for (unsigned i = 0; i < 200; i++) { /* around the end now and then */
        uint64_t at = reader.position;
        assert_int_equal(ring_look(&reader, &at, head, sizeof head), 0);
        message_fill(bytes, 30, i);
        assert_int_equal(ring_write(&writer, bytes, 30), 0);
        message_fill(bytes, 5, i + 1);
        assert_int_equal(ring_write(&writer, bytes, 5), 0);
        assert_int_equal(ring_look(&reader, &at, head, sizeof head), 8);
        message_fill(bytes, 8, i);
        assert_memory_equal(head, bytes, 8);
        assert_int_equal(ring_look(&reader, &at, head, sizeof head), 5);
        message_fill(bytes, 5, i + 1);
        assert_memory_equal(head, bytes, 5);
        assert_int_equal(ring_look(&reader, &at, head, sizeof head), 0);
        for (int n = 0; n < 2; n++) {
            assert_int_equal(ring_read(&reader, out, sizeof out, &length), 0);
            assert_int_equal(length, n == 0 ? 30 : 5);
        }
        assert_int_equal(at, reader.position);
    }
}

static void a_forged_length_is_not_looked_at(void **state) {
    (void)state;
    char bytes[16] = {1}, head[8];
    const uint64_t forged[] = {0, 17, CAPACITY, UINT64_MAX};
    assert_int_equal(ring_write(&writer, bytes, sizeof bytes), 0);
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        uint64_t at = reader.position;
        memcpy(memory, &forged[i], sizeof forged[i]);
        assert_int_equal(ring_look(&reader, &at, head, sizeof head), 0);
        assert_int_equal(at, reader.position);
    }
    atomic_store(&shared.written, UINT64_MAX); /* more than there can be */
    reader.other = reader.position;
    uint64_t at = reader.position;
    assert_int_equal(ring_look(&reader, &at, head, sizeof head), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(messages_come_back_around_the_end, ring_make, ring_drop),
        cmocka_unit_test_setup_teardown(the_largest_fits_and_no_larger, ring_make, ring_drop),
        cmocka_unit_test_setup_teardown(sleepers_are_woken_and_only_they, ring_make, ring_drop),
        cmocka_unit_test_setup_teardown(a_writer_that_waits_is_told_of_space, ring_make, ring_drop),
        cmocka_unit_test_setup_teardown(torn_and_forged_lengths_are_refused, ring_make, ring_drop),
        cmocka_unit_test_setup_teardown(
            a_forged_cursor_of_the_reader_is_refused, ring_make, ring_drop
        ),
        cmocka_unit_test_setup_teardown(what_comes_is_seen_and_stays, ring_make, ring_drop),
        cmocka_unit_test_setup_teardown(a_forged_length_is_not_looked_at, ring_make, ring_drop),
        cmocka_unit_test(a_backlog_keeps_order_and_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
