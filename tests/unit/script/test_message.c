/* The codec of messages: what is written is read back, and nothing else is taken. */
#include "message_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define ARENA_BYTES (1024 * 1024)

static struct sample samples[SAMPLE_MAX];
static int sample_count;
static char block[ARENA_BYTES] __attribute__((aligned(16)));

static int decode(const char *bytes, size_t length, struct message *m) {
    static struct arena arena;
    struct err e;
    arena_init(&arena, block, sizeof block);
    return message_decode(bytes, length, &arena, m, &e);
}

static int setup(void **state) {
    (void)state;
    sample_count = samples_make(samples);
    return 0;
}

static void every_message_comes_back(void **state) {
    (void)state;
    for (int i = 0; i < sample_count; i++) {
        struct message m;
        char again[SAMPLE_BYTES];
        assert_true(samples[i].length > 2);
        assert_int_equal(decode(samples[i].bytes, samples[i].length, &m), 0);
        assert_int_equal(sample_encode(&m, again, sizeof again), samples[i].length);
        assert_memory_equal(again, samples[i].bytes, samples[i].length);
    }
}

static void fields_come_back(void **state) {
    (void)state;
    struct message m;
    char bytes[SAMPLE_BYTES];
    size_t length = sample_event(EVENT_FILL, bytes);
    assert_int_equal(decode(bytes, length, &m), 0);
    assert_int_equal(m.kind, MESSAGE_EVENT);
    assert_int_equal(m.u.event.kind, EVENT_FILL);
    assert_true(m.u.event.is_warmup && !m.u.event.is_paused);
    assert_string_equal(m.u.event.u.fill.order.request.reason, "stop_loss");
    assert_true(m.u.event.u.fill.position.quantity.d.v == -7);
    assert_int_equal(m.u.event.u.fill.leverage, 125);
    assert_int_equal(m.u.event.u.fill.order.code, E_RISK);

    length = sample_done(bytes);
    assert_int_equal(decode(bytes, length, &m), 0);
    assert_int_equal(m.u.done.ask_count, ASK_FINISH + 1);
    const struct ask *signal = &m.u.done.asks[ASK_SIGNAL];
    assert_string_equal(signal->file, "rsi.lua");
    assert_string_equal(signal->u.signal.numbers[0].name, "rsi");
    assert_true(isnan(signal->u.signal.price));
    assert_int_equal(m.u.done.state_length, 3);
    assert_memory_equal(m.u.done.state, "\1\0\2", 3);
    assert_null(m.u.done.asks[ASK_CANCEL].u.finish);

    length = sample_open(bytes);
    assert_int_equal(decode(bytes, length, &m), 0);
    assert_int_equal(m.u.open.bundle->count, 2);
    assert_int_equal(m.u.open.bundle->files[0].length, 12);
    assert_null(m.u.open.state);
    assert_string_equal(m.u.open.account.currency, "USDT");
}

static void what_does_not_fit_is_not_written(void **state) {
    (void)state;
    struct done done = {.number = 1, .answer = "an answer"};
    char bytes[SAMPLE_BYTES];
    size_t length = message_encode_done(&done, bytes, sizeof bytes);
    assert_true(length > 0);
    for (size_t capacity = 0; capacity < length; capacity++) {
        assert_int_equal(message_encode_done(&done, bytes, capacity), 0);
    }
}

static void a_cut_message_is_refused(void **state) {
    (void)state;
    for (int i = 0; i < sample_count; i++) {
        for (size_t length = 0; length < samples[i].length; length++) {
            struct message m;
            assert_int_equal(decode(samples[i].bytes, length, &m), E_DATA);
        }
        struct message m;
        char longer[SAMPLE_BYTES + 1];
        memcpy(longer, samples[i].bytes, samples[i].length);
        longer[samples[i].length] = 0;
        assert_int_equal(decode(longer, samples[i].length + 1, &m), E_DATA);
    }
}

static void another_version_is_refused(void **state) {
    (void)state;
    struct message m;
    char bytes[SAMPLE_BYTES];
    size_t length = message_encode_close(1, bytes, sizeof bytes);
    bytes[0] = MESSAGE_VERSION + 1;
    assert_int_equal(decode(bytes, length, &m), E_VERSION);
    bytes[0] = MESSAGE_VERSION;
    bytes[1] = 0;
    assert_int_equal(decode(bytes, length, &m), E_DATA);
    bytes[1] = MESSAGE_STATE + 1;
    assert_int_equal(decode(bytes, length, &m), E_DATA);
}

/* What is still taken after a change of one byte is exactly what those bytes say. */
static void a_changed_byte_is_refused_or_read_exactly(void **state) {
    (void)state;
    int refused = 0;
    for (int i = 0; i < sample_count; i++) {
        for (size_t at = 0; at < samples[i].length; at++) {
            char bytes[SAMPLE_BYTES];
            char again[SAMPLE_BYTES];
            struct message m;
            memcpy(bytes, samples[i].bytes, samples[i].length);
            bytes[at] = (char)(bytes[at] ^ (at % 3 == 0 ? 0xFF : at % 3 == 1 ? 1 : 0x80));
            if (decode(bytes, samples[i].length, &m) != 0) {
                refused++;
                continue;
            }
            assert_int_equal(sample_encode(&m, again, sizeof again), samples[i].length);
            assert_memory_equal(again, bytes, samples[i].length);
        }
    }
    assert_true(refused > 500);
}

static void a_forged_count_asks_for_no_memory(void **state) {
    (void)state;
    struct done done = {.number = 1};
    struct message m;
    char bytes[SAMPLE_BYTES];
    size_t length = message_encode_done(&done, bytes, sizeof bytes);
    /* The count of asks is the first field after the fault: number, activation, code, two empty
     * texts and a line. */
    size_t at = 2 + 8 + 4 + 4 + 2 + 2 + 4;
    memset(bytes + at, 0xFF, 4);
    assert_int_equal(decode(bytes, length, &m), E_DATA);
}

static void a_small_arena_is_said(void **state) {
    (void)state;
    struct arena arena;
    struct message m;
    struct err e;
    arena_init(&arena, block, 16);
    char bytes[SAMPLE_BYTES];
    size_t length = sample_done(bytes);
    assert_int_equal(message_decode(bytes, length, &arena, &m, &e), E_MEMORY);
}

static void the_head_of_an_event_is_enough(void **state) {
    (void)state;
    struct event event = {.number = 7, .activation = 258, .kind = EVENT_TICKER};
    char bytes[SAMPLE_BYTES];
    uint32_t activation = 0;
    enum event_kind kind = EVENT_START;
    size_t length = message_encode_event(&event, bytes, sizeof bytes);
    assert_true(length > MESSAGE_EVENT_HEAD);
    assert_true(message_event_head(bytes, MESSAGE_EVENT_HEAD, &activation, &kind));
    assert_int_equal(activation, 258);
    assert_int_equal(kind, EVENT_TICKER);
    assert_false(message_event_head(bytes, MESSAGE_EVENT_HEAD - 1, &activation, &kind));
    bytes[14] = (char)EVENT_KIND_COUNT; /* the kind comes last */
    assert_false(message_event_head(bytes, MESSAGE_EVENT_HEAD, &activation, &kind));
    message_encode_close(258, bytes, sizeof bytes);
    assert_false(message_event_head(bytes, MESSAGE_EVENT_HEAD, &activation, &kind));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_comes_back),
        cmocka_unit_test(fields_come_back),
        cmocka_unit_test(what_does_not_fit_is_not_written),
        cmocka_unit_test(a_cut_message_is_refused),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(a_changed_byte_is_refused_or_read_exactly),
        cmocka_unit_test(a_forged_count_asks_for_no_memory),
        cmocka_unit_test(a_small_arena_is_said),
        cmocka_unit_test(the_head_of_an_event_is_enough),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
