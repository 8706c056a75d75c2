/* States captured after a burst: nothing is lost by it, and what cannot be captured is told with
 * the activation's next event. */
#include "host_harness.h"

#include "script/sandbox.h"

#define SCRIPT(body)                                                                               \
    "local M = { api = 1, name = 'test', version = 1 }\n"                                          \
    "function M:on_start() self:watch('BTC-USDT-SWAP', '15m') end\n"                               \
    "function M:on_candle(c)\n" body "\nend\n"                                                     \
    "return M\n"

static void deferred_open(struct harness *h, const char *text) {
    harness_host(h, CAPTURE_DEFERRED);
    harness_open_as(h, 0, text, NULL, 0, false);
    assert_non_null(harness_start(h)->state);
}

static void captured_is(struct harness *h, const char *text, uint64_t number) {
    char shown[256];
    size_t length;
    uint64_t of;
    const char *state = host_captured(h->host, 0, &of, &length);
    assert_non_null(state);
    assert_true(state_format(state, length, shown, sizeof shown) > 0);
    assert_string_equal(shown, text);
    assert_int_equal(of, number);
}

static void a_state_is_captured_later(void **state) {
    struct harness h;
    (void)state;
    deferred_open(&h, SCRIPT("self.state.n = (self.state.n or 0) + 1"));
    uint64_t start = h.number;
    assert_false(host_capture_pending(h.host));
    const struct done *done = harness_candle(&h, 100);
    harness_sound(done);
    assert_null(done->state);
    captured_is(&h, "{}", start);
    assert_true(host_capture_pending(h.host));
    captured_is(&h, "{n=1}", h.number);
    assert_false(host_capture_pending(h.host));
    harness_close(&h);
}

static void an_ask_carries_its_state_at_once(void **state) {
    struct harness h;
    (void)state;
    deferred_open(&h, SCRIPT("self.state.n = 1 self:log('x')"));
    const struct done *done = harness_candle(&h, 100);
    harness_sound(done);
    assert_non_null(done->state);
    captured_is(&h, "{n=1}", h.number);
    assert_false(host_capture_pending(h.host));
    harness_close(&h);
}

/* What did not change keeps the number of the event that made it. */
static void an_equal_state_is_no_news(void **state) {
    struct harness h;
    (void)state;
    deferred_open(&h, SCRIPT("self.state.n = 1"));
    harness_sound(harness_candle(&h, 100));
    uint64_t first = h.number;
    assert_true(host_capture_pending(h.host));
    harness_sound(harness_candle(&h, 101));
    assert_true(host_capture_pending(h.host));
    captured_is(&h, "{n=1}", first);
    harness_close(&h);
}

/* The fault undoes the second event alone, though nobody captured in between. */
static void the_next_event_captures_first(void **state) {
    struct harness h;
    (void)state;
    deferred_open(
        &h, SCRIPT("self.state.n = (self.state.n or 0) + 1 if c.close > 100 then error('no') end")
    );
    harness_sound(harness_candle(&h, 100));
    uint64_t first = h.number;
    harness_faults(harness_candle(&h, 101), E_SCRIPT, "no");
    captured_is(&h, "{n=1}", first);
    harness_start(&h);
    harness_sound(harness_candle(&h, 99));
    assert_true(host_capture_pending(h.host));
    captured_is(&h, "{n=2}", h.number);
    harness_close(&h);
}

/* A start makes the state anew from what was captured: that is the newest. */
static void a_start_captures_first(void **state) {
    struct harness h;
    (void)state;
    deferred_open(&h, SCRIPT("self.state.n = (self.state.n or 0) + 1"));
    harness_sound(harness_candle(&h, 100));
    harness_start(&h);
    captured_is(&h, "{n=1}", h.number - 1);
    harness_close(&h);
}

static void what_cannot_be_captured_is_the_next_events_fault(void **state) {
    struct harness h;
    (void)state;
    deferred_open(&h, SCRIPT("if c.close == 100 then self.state.f = function() end end"));
    uint64_t start = h.number;
    harness_sound(harness_candle(&h, 100));
    assert_true(host_capture_pending(h.host));
    captured_is(&h, "{}", start);
    harness_faults(harness_candle(&h, 101), E_SCRIPT, "state.f: a function cannot be kept");
    harness_start(&h);
    harness_sound(harness_candle(&h, 102));
    harness_sound(harness_candle(&h, 100)); /* the same, without a capture in between … */
    harness_faults(harness_candle(&h, 101), E_SCRIPT, "state.f");
    harness_start(&h);
    harness_sound(harness_candle(&h, 100)); /* … and void when a start comes first */
    harness_start(&h);
    harness_sound(harness_candle(&h, 101));
    harness_close(&h);
}

static void one_that_is_closed_is_passed_over(void **state) {
    struct harness h;
    (void)state;
    deferred_open(&h, SCRIPT("self.state.n = 1"));
    harness_open_as(&h, 1, SCRIPT("self.state.n = 2"), NULL, 0, false);
    struct event event = harness_event(&h, EVENT_START);
    event.activation = 1;
    harness_sound(harness_send(&h, &event));
    for (int i = 0; i < 3; i++) { /* more often than there are places for activations */
        harness_sound(harness_candle(&h, 100 + i));
        event = harness_candle_event(&h, 100);
        event.activation = 1;
        harness_sound(harness_send(&h, &event));
        host_close(h.host, 0);
        harness_open_as(&h, 0, SCRIPT("self.state.n = 1"), NULL, 0, false);
        harness_start(&h);
    }
    assert_true(host_capture_pending(h.host));
    assert_false(host_capture_pending(h.host));
    uint64_t number;
    size_t length;
    assert_null(host_captured(h.host, 3, &number, &length));
    assert_null(host_captured(h.host, 99, &number, &length));
    harness_close(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_is_captured_later),
        cmocka_unit_test(an_ask_carries_its_state_at_once),
        cmocka_unit_test(an_equal_state_is_no_news),
        cmocka_unit_test(the_next_event_captures_first),
        cmocka_unit_test(a_start_captures_first),
        cmocka_unit_test(what_cannot_be_captured_is_the_next_events_fault),
        cmocka_unit_test(one_that_is_closed_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
