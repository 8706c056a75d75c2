/* Bars that closed while no process ran: after a restart scripts hear them flagged, and are ready
 * only when the last of them is over. */
#include "unit/engine/kept.h"

#include "engine/player.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HOUR ((int64_t)1699999200000)
#define MINUTE_MS ((int64_t)60000)

static struct fake fake;
static struct kept kept;

static int setup(void **state) {
    (void)state;
    memset(&fake, 0, sizeof fake);
    memset(&kept, 0, sizeof kept);
    fake.journal = (struct journal_port){&kept, kept_append};
    fake_engine(&fake, NULL, false);
    fake_activate(&fake, SUSPEND_KEEP);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    engine_free(fake.engine);
    return 0;
}

static void bars_play(struct player *player, int from, int to) {
    for (int i = from; i <= to; i++) {
        struct err err = {0};
        struct candle candle = {
            .open.d = dec("50000"),
            .high.d = dec("50001"),
            .low.d = dec("49999"),
            .close.d = dec("50000"),
            .bar = {
                HOUR + i * MINUTE_MS, HOUR + (i + 1) * MINUTE_MS, 50000, 50001, 49999, 50000, 1}};
        player_begin(player, 0, &candle);
        assert_int_equal(player_step(player, &err), PLAYER_DONE);
        engine_durable(fake.engine, kept.count);
    }
}

/* The process is gone; the next one has recovered and catches up. */
static struct player *restart(void) {
    static struct venue_port venue;
    struct err err = {0};
    struct player *player;
    venue = (struct venue_port){&fake, fake_submit, fake_cancel, fake_amend, fake_leverage, NULL};
    engine_free(fake.engine);
    fake.event_count = 0;
    kept_recover(&fake, &kept, kept.count, &venue);
    engine_catch_up_begin(fake.engine);
    assert_int_equal(engine_recover_end(fake.engine, NULL, NULL, &err), 0);
    assert_int_equal(player_new(&player, fake.engine, NULL, &err), 0);
    assert_int_equal(player_settle(player), PLAYER_DONE);
    return player;
}

static void three_bars(void) {
    struct err err = {0};
    struct player *player;
    assert_int_equal(player_new(&player, fake.engine, NULL, &err), 0);
    bars_play(player, 0, 2);
    player_free(player);
}

static void caught_up(struct player *player) {
    engine_catch_up_end(fake.engine);
    assert_int_equal(player_settle(player), PLAYER_DONE);
}

/* Three bars, the end of the process, two bars that nobody plays, a restart and one bar more. */
static void three_bars_and_a_restart(void) {
    three_bars();
    struct player *player = restart();
    bars_play(player, 3, 4);
    caught_up(player);
    bars_play(player, 5, 5);
    player_free(player);
}

static void flags_are(const char *wanted) {
    char flags[64] = "";
    for (int i = 0; i < fake.event_count && i < 63; i++) {
        flags[i] = fake.events[i].is_warmup ? 'w' : '-';
    }
    assert_string_equal(flags, wanted);
}

static void they_come_flagged_and_ready_comes_after_them(void **state) {
    (void)state;
    three_bars_and_a_restart();
    assert_string_equal(fake_kinds(&fake, 0), "SCCRC");
    flags_are("-ww--");
    assert_int_equal(fake.events[1].now_ms, HOUR + 4 * MINUTE_MS); /* each at its own time */
    assert_int_equal(fake.events[2].now_ms, HOUR + 5 * MINUTE_MS);
    assert_int_equal(fake.events[3].u.ready, READY_RESTARTED);
}

static void timer_once(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_READY && event->u.ready == READY_ACTIVATED) {
        struct ask *ask = fake_ask(f, done, ASK_TIMER);
        snprintf(ask->u.timer.name, sizeof ask->u.timer.name, "soon");
        ask->u.timer.at_ms = HOUR + 4 * MINUTE_MS;
    }
}

static void a_timer_that_came_due_meanwhile_is_flagged(void **state) {
    (void)state;
    engine_free(fake.engine);
    memset(&kept, 0, sizeof kept);
    memset(&fake, 0, sizeof fake);
    fake.journal = (struct journal_port){&kept, kept_append};
    fake.handle = timer_once;
    fake_engine(&fake, NULL, false);
    fake_activate(&fake, SUSPEND_KEEP);
    three_bars_and_a_restart();
    assert_string_equal(fake_kinds(&fake, 0), "SCtCRC");
    flags_are("-www--");
}

static void faults_at_the_first_missed(struct fake *f, const struct event *event, struct done *d) {
    (void)f;
    if (event->is_warmup && event->now_ms == HOUR + 4 * MINUTE_MS) {
        d->fault.code = E_SCRIPT;
    }
}

/* It starts anew, and is not ready before the others are. */
static void a_fault_on_a_missed_bar_does_not_make_it_ready(void **state) {
    (void)state;
    fake.handle = faults_at_the_first_missed;
    three_bars_and_a_restart();
    assert_string_equal(fake_kinds(&fake, 0), "SCSCRC");
    flags_are("-w-w--");
    assert_int_equal(fake.events[4].u.ready, READY_FAULT);
}

/* The process ends once more while it catches up: what is left is still missed, and nothing of what
 * was heard comes again. */
static void a_second_restart_goes_on_with_what_is_left(void **state) {
    int64_t last_ms;
    (void)state;
    three_bars();
    struct player *player = restart();
    bars_play(player, 3, 3);
    assert_string_equal(fake_kinds(&fake, 0), "SC");
    player_free(player);
    player = restart();
    assert_true(engine_last_bar(fake.engine, 0, &last_ms));
    assert_int_equal(last_ms, HOUR + 3 * MINUTE_MS);
    bars_play(player, 4, 4);
    caught_up(player);
    assert_string_equal(fake_kinds(&fake, 0), "SCR");
    flags_are("-w-");
    player_free(player);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            they_come_flagged_and_ready_comes_after_them, setup, teardown
        ),
        cmocka_unit_test_setup_teardown(
            a_timer_that_came_due_meanwhile_is_flagged, setup, teardown
        ),
        cmocka_unit_test_setup_teardown(
            a_fault_on_a_missed_bar_does_not_make_it_ready, setup, teardown
        ),
        cmocka_unit_test_setup_teardown(
            a_second_restart_goes_on_with_what_is_left, setup, teardown
        ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
