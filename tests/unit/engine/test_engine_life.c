/* The life of an activation: faults, suspension, pause, finish, stop, timers, queues. */
#include "unit/engine/fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct fake fake;

static int setup(void **state) {
    (void)state;
    memset(&fake, 0, sizeof fake);
    fake_engine(&fake, NULL, false);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    engine_free(fake.engine);
    return 0;
}

static void queue_command(uint32_t a) {
    engine_queue_candles(fake.engine, (const uint16_t[]){0}, 1);
    (void)a;
    engine_pump(fake.engine);
}

static void fault_on_candle(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_CANDLE) {
        fake_place(f, done, 1, ORDER_BUY, "0.1", NULL, "lost");
        done->fault.code = E_SCRIPT;
        snprintf(done->fault.text, sizeof done->fault.text, "test.lua:3: boom");
    }
}

static void a_fault_undoes_the_handler_and_starts_anew(void **state) {
    (void)state;
    fake.handle = fault_on_candle;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    int from = fake.event_count;
    queue_command(a);
    assert_string_equal(fake_kinds(&fake, from), "CSR");
    assert_int_equal(fake.events[from + 2].u.ready, READY_FAULT);
    assert_int_equal(fake.sent_count, 0);
    assert_int_equal(fake.faults, 1);
    assert_int_equal(activation_status(fake.engine, a), ACTIVATION_RUNNING);
}

static void the_third_fault_of_an_hour_suspends(void **state) {
    (void)state;
    fake.handle = fault_on_candle;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    queue_command(a);
    queue_command(a);
    assert_int_equal(activation_status(fake.engine, a), ACTIVATION_RUNNING);
    queue_command(a);
    assert_int_equal(activation_status(fake.engine, a), ACTIVATION_SUSPENDED);
    int from = fake.event_count;
    queue_command(a);
    assert_int_equal(fake.event_count, from); /* it hears nothing more */
}

static void faults_an_hour_apart_do_not_add_up(void **state) {
    (void)state;
    fake.handle = fault_on_candle;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    for (int i = 0; i < 6; i++) {
        engine_set_time(fake.engine, engine_time(fake.engine) + 3600000);
        queue_command(a);
    }
    assert_int_equal(fake.faults, 6);
    assert_int_equal(activation_status(fake.engine, a), ACTIVATION_RUNNING);
}

static void buy_then_fault(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_READY && event->u.ready == READY_ACTIVATED) {
        fake_place(f, done, 1, ORDER_BUY, "0.1", NULL, "entry");
        fake_place(f, done, 2, ORDER_BUY, "0.1", "40000.0", "rest");
    } else {
        fault_on_candle(f, event, done);
    }
}

static void suspension_flattens_when_told(void **state) {
    (void)state;
    fake.handle = buy_then_fault;
    uint32_t a = fake_activate(&fake, SUSPEND_FLATTEN);
    fake_report(&fake, 1, fake_fill("50000", "0.1", "0"));
    fake_report(&fake, 2, (struct order_event){.kind = ORDER_EVENT_ACCEPTED});
    for (int i = 0; i < 3; i++) {
        queue_command(a);
    }
    assert_int_equal(activation_status(fake.engine, a), ACTIVATION_SUSPENDED);
    const struct fake_sent *cancel = &fake.sent[fake.sent_count - 2];
    const struct fake_sent *close = &fake.sent[fake.sent_count - 1];
    assert_int_equal(cancel->what, 'c');
    assert_int_equal(cancel->key.sequence, 2);
    assert_int_equal(close->what, 's');
    assert_int_equal(close->request.side, ORDER_SELL);
    assert_true(close->request.reduce_only);
    assert_true(close->request.quantity.d.v == dec("0.1").v);
    assert_string_equal(close->request.reason, "suspend");
    fake_report(&fake, close->key.sequence, fake_fill("50000", "0.1", "0"));
    assert_true(activation_position(fake.engine, a, 0, POSITION_NET)->quantity.d.v == 0);
}

static void two_limits(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_READY) {
        fake_place(f, done, 1, ORDER_BUY, "0.01", "49000", "entry");
        struct ask *exit = fake_place(f, done, 2, ORDER_SELL, "0.01", "52000", "exit");
        exit->u.request.reduce_only = true;
    } else if (event->kind == EVENT_CANDLE) {
        fake_ask(f, done, ASK_FINISH)->u.finish = "enough";
    }
}

static void a_pause_withdraws_what_would_enlarge(void **state) {
    (void)state;
    fake.handle = two_limits;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    int sent = fake.sent_count;
    engine_pause(fake.engine, a);
    assert_int_equal(fake.sent_count, sent + 1);
    assert_int_equal(fake.sent[sent].what, 'c');
    assert_int_equal(fake.sent[sent].key.sequence, 1);
    queue_command(a);
    assert_true(fake.events[fake.event_count - 1].is_paused);
    engine_resume(fake.engine, a);
}

static void finish_waits_for_what_reduces(void **state) {
    (void)state;
    fake.handle = two_limits;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    fake_report(&fake, 1, fake_fill("49000", "0.01", "0"));
    queue_command(a);
    assert_int_equal(activation_status(fake.engine, a), ACTIVATION_STOPPING);
    int from = fake.event_count;
    fake_report(&fake, 2, fake_fill("52000", "0.01", "0"));
    assert_string_equal(fake_kinds(&fake, from), "FOX");
    assert_int_equal(fake.events[fake.event_count - 1].u.stop, STOP_FINISH);
    assert_int_equal(activation_status(fake.engine, a), ACTIVATION_STOPPED);
    assert_string_equal(fake.last_status_reason, "enough");
}

static void deactivation_with_close_cancels_and_closes(void **state) {
    (void)state;
    fake.handle = two_limits;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    fake_report(&fake, 1, fake_fill("49000", "0.01", "0"));
    engine_deactivate(fake.engine, a, STOP_CLOSE, "user");
    engine_pump(fake.engine);
    const struct fake_sent *close = &fake.sent[fake.sent_count - 1];
    assert_int_equal(close->what, 's');
    assert_string_equal(close->request.reason, "deactivate");
    fake_report(&fake, 2, (struct order_event){.kind = ORDER_EVENT_CANCELED});
    fake_report(&fake, close->key.sequence, fake_fill("49500", "0.01", "0"));
    assert_int_equal(activation_status(fake.engine, a), ACTIVATION_STOPPED);
}

static void deactivation_that_keeps_leaves_exits(void **state) {
    (void)state;
    fake.handle = two_limits;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    fake_report(&fake, 1, fake_fill("49000", "0.01", "0"));
    int sent = fake.sent_count;
    engine_deactivate(fake.engine, a, STOP_KEEP, "user");
    engine_pump(fake.engine);
    assert_int_equal(fake.sent_count, sent); /* the exit reduces: it stays */
    assert_int_equal(activation_status(fake.engine, a), ACTIVATION_STOPPED);
}

static void timers_on_ready(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind != EVENT_READY) {
        return;
    }
    const char *names[] = {"late", "every", "early"};
    const int64_t after[] = {120000, 60000, 60000};
    for (int i = 0; i < 3; i++) {
        struct ask *ask = fake_ask(f, done, ASK_TIMER);
        snprintf(ask->u.timer.name, sizeof ask->u.timer.name, "%s", names[i]);
        ask->u.timer.at_ms = event->now_ms + after[i];
        ask->u.timer.every_ms = i == 1 ? 60000 : 0;
    }
}

static void tick(void) {
    engine_set_time(fake.engine, engine_time(fake.engine) + 60000);
    engine_queue_timers(fake.engine);
    engine_pump(fake.engine);
}

static void timers_come_by_time_then_name(void **state) {
    (void)state;
    fake.handle = timers_on_ready;
    fake_activate(&fake, SUSPEND_KEEP);
    int from = fake.event_count;
    tick();
    assert_string_equal(fake_kinds(&fake, from), "tt");
    assert_string_equal(fake.events[from].u.timer, "early");
    assert_string_equal(fake.events[from + 1].u.timer, "every");
    tick();
    assert_int_equal(fake.event_count, from + 4);
    assert_string_equal(fake.events[from + 2].u.timer, "every");
    assert_string_equal(fake.events[from + 3].u.timer, "late");
    engine_set_time(fake.engine, engine_time(fake.engine) + 600000);
    tick();
    assert_int_equal(fake.event_count, from + 5); /* missed beats are one */
}

static void one_event_is_out_at_a_time(void **state) {
    (void)state;
    fake_activate(&fake, SUSPEND_KEEP);
    fake.holds = true;
    int from = fake.event_count;
    for (int i = 0; i < 3; i++) {
        engine_queue_candles(fake.engine, (const uint16_t[]){0}, 1);
    }
    engine_pump(fake.engine);
    assert_int_equal(fake.event_count, from + 1);
    assert_false(engine_is_idle(fake.engine));
    struct done wrong = {.number = fake.events[from].number + 99, .activation = 0};
    engine_done(fake.engine, &wrong); /* an answer to nothing that is out */
    engine_pump(fake.engine);
    assert_int_equal(fake.event_count, from + 1);
    for (int i = 0; i < 3; i++) {
        struct event out = fake.events[from + i];
        fake_answer(&fake, &out);
        engine_pump(fake.engine);
    }
    assert_int_equal(fake.event_count, from + 3);
    assert_true(engine_is_idle(fake.engine));
    for (int i = 1; i < 3; i++) {
        assert_true(fake.events[from + i].number > fake.events[from + i - 1].number);
    }
}

static void a_queue_that_overflows_suspends(void **state) {
    (void)state;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    fake.holds = true;
    for (int i = 0; i < 5000; i++) {
        engine_queue_candles(fake.engine, (const uint16_t[]){0}, 1);
    }
    engine_pump(fake.engine);
    assert_int_equal(activation_status(fake.engine, a), ACTIVATION_SUSPENDED);
}

static void a_script_that_does_not_start_is_suspended(
    struct fake *f, const struct event *event, struct done *done
) {
    (void)f;
    if (event->kind == EVENT_START) {
        done->fault.code = E_PARAMS;
        snprintf(done->fault.text, sizeof done->fault.text, "length: 1 is below 2");
    }
}

static void a_bad_start_runs_nothing(void **state) {
    (void)state;
    fake.handle = a_script_that_does_not_start_is_suspended;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    assert_string_equal(fake_kinds(&fake, 0), "S");
    assert_int_equal(activation_status(fake.engine, a), ACTIVATION_SUSPENDED);
    assert_true(engine_is_idle(fake.engine));
}

static void refuse_one(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_PARAMS && strcmp(event->u.call.settings[0].text, "bad") == 0) {
        done->fault.code = E_PARAMS;
    } else if (event->kind == EVENT_START && f->faults_next > 0) {
        f->faults_next--;
        done->fault.code = E_SCRIPT;
    }
}

static void changed_parameters_start_anew(void **state) {
    (void)state;
    static const struct setting good[] = {{"length", "9", false}};
    static const struct setting bad[] = {{"length", "bad", false}};
    fake.handle = refuse_one;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    int from = fake.event_count;
    uint64_t number;
    struct err err = {0};
    assert_int_equal(engine_adjust(fake.engine, a, bad, 1, &number, &err), 0);
    engine_pump(fake.engine);
    assert_string_equal(fake_kinds(&fake, from), "P"); /* refused: nothing changes */
    assert_int_equal(fake.last_answer_code, E_PARAMS);
    assert_int_equal(fake.faults, 0);
    assert_int_equal(engine_adjust(fake.engine, a, good, 1, &number, &err), 0);
    engine_pump(fake.engine);
    assert_string_equal(fake_kinds(&fake, from), "PPSR");
    assert_int_equal(fake.events[fake.event_count - 1].u.ready, READY_PARAMS);
    assert_int_equal(fake.answers, 2);
    assert_int_equal(activation_status(fake.engine, a), ACTIVATION_RUNNING);
}

static void parameters_that_do_not_start_are_taken_back(void **state) {
    (void)state;
    static const struct setting good[] = {{"length", "9", false}};
    fake.handle = refuse_one;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    int from = fake.event_count;
    uint64_t number;
    struct err err = {0};
    fake.faults_next = 1;
    assert_int_equal(engine_adjust(fake.engine, a, good, 1, &number, &err), 0);
    engine_pump(fake.engine);
    assert_string_equal(fake_kinds(&fake, from), "PSSR");
    assert_int_equal(activation_status(fake.engine, a), ACTIVATION_RUNNING);
}

static void a_lost_host_starts_anew_and_repeats_the_event(void **state) {
    (void)state;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    struct fault fault = {.code = E_SCRIPT, .text = "the worker died"};
    struct err err = {0};
    fake.holds = true;
    int from = fake.event_count;
    queue_command(a);
    uint64_t number = fake.events[from].number;
    fake.holds = false;
    assert_int_equal(engine_lost(fake.engine, a, false, &fault, &err), 0);
    engine_pump(fake.engine);
    assert_string_equal(fake_kinds(&fake, from), "CSRC");
    assert_true(fake.events[from + 3].number == number); /* handled once, by the new host */
    assert_int_equal(fake.faults, 0);
    assert_true(engine_is_idle(fake.engine));
}

static void the_culprit_of_a_lost_host_has_a_fault(void **state) {
    (void)state;
    uint32_t a = fake_activate(&fake, SUSPEND_KEEP);
    struct fault fault = {.code = E_SCRIPT, .text = "the worker died"};
    struct err err = {0};
    fake.holds = true;
    int from = fake.event_count;
    queue_command(a);
    fake.holds = false;
    assert_int_equal(engine_lost(fake.engine, a, true, &fault, &err), 0);
    engine_pump(fake.engine);
    assert_string_equal(fake_kinds(&fake, from), "CSR");
    assert_int_equal(fake.faults, 1);
    assert_true(engine_is_idle(fake.engine));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_fault_undoes_the_handler_and_starts_anew, setup, teardown
        ),
        cmocka_unit_test_setup_teardown(the_third_fault_of_an_hour_suspends, setup, teardown),
        cmocka_unit_test_setup_teardown(faults_an_hour_apart_do_not_add_up, setup, teardown),
        cmocka_unit_test_setup_teardown(suspension_flattens_when_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_pause_withdraws_what_would_enlarge, setup, teardown),
        cmocka_unit_test_setup_teardown(finish_waits_for_what_reduces, setup, teardown),
        cmocka_unit_test_setup_teardown(
            deactivation_with_close_cancels_and_closes, setup, teardown
        ),
        cmocka_unit_test_setup_teardown(deactivation_that_keeps_leaves_exits, setup, teardown),
        cmocka_unit_test_setup_teardown(timers_come_by_time_then_name, setup, teardown),
        cmocka_unit_test_setup_teardown(one_event_is_out_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(a_queue_that_overflows_suspends, setup, teardown),
        cmocka_unit_test_setup_teardown(a_bad_start_runs_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(changed_parameters_start_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(
            parameters_that_do_not_start_are_taken_back, setup, teardown
        ),
        cmocka_unit_test_setup_teardown(
            a_lost_host_starts_anew_and_repeats_the_event, setup, teardown
        ),
        cmocka_unit_test_setup_teardown(the_culprit_of_a_lost_host_has_a_fault, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
