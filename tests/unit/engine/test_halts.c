/* Halts: limits of loss of accounts and users, with the figures of each; what is refused, canceled
 * and kept; days; a person; and that no crash forgets one. */
#include "unit/engine/kept.h"

#include "engine/engine_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define DAY_MS ((int64_t)86400000)

static struct fake fake;
static struct kept kept;
static uint64_t sequences[4]; /* of each script */

/* What the script asks at its next ticker. */
static struct {
    enum order_side side;
    const char *quantity, *price;
    bool reduces;
} next;

static void ask_next(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_TICKER && next.quantity != NULL) {
        uint64_t sequence = ++sequences[event->activation];
        struct ask *ask =
            fake_place(f, done, sequence, next.side, next.quantity, next.price, "test");
        ask->u.request.reduce_only = next.reduces;
        next.quantity = NULL;
    }
}

static void world_begin(void) {
    struct risk_limits limits = fake.limits;
    memset(&fake, 0, sizeof fake);
    memset(&kept, 0, sizeof kept);
    memset(sequences, 0, sizeof sequences);
    fake.limits = limits;
    fake.journal = (struct journal_port){&kept, kept_append};
    fake.handle = ask_next;
    fake.subscription.ticker_count = 1;
    fake_engine(&fake, NULL, false);
    fake_activate(&fake, SUSPEND_KEEP);
}

static void limits_begin(void) {
    risk_limits_default(&fake.limits);
    fake.limits.duplicate_ms = 0;
}

static void world_end(void) {
    engine_free(fake.engine);
}

static void durable(void) {
    engine_durable(fake.engine, engine_appended(fake.engine));
    engine_pump(fake.engine);
}

static void ask_by(
    uint32_t activation, enum order_side side, const char *quantity, const char *price, bool reduces
) {
    struct event *event = queue_event(fake.engine, activation, EVENT_TICKER);
    assert_non_null(event);
    next.side = side;
    next.quantity = quantity;
    next.price = price;
    next.reduces = reduces;
    engine_pump(fake.engine);
    durable();
}

static uint64_t ask(enum order_side side, const char *quantity, const char *price, bool reduces) {
    ask_by(0, side, quantity, price, reduces);
    return sequences[0];
}

static void fill_of(
    uint32_t activation, uint64_t sequence, const char *price, const char *quantity, const char *fee
) {
    struct venue_report report = {
        .account = activation_account(fake.engine, activation),
        .key = {activation, sequence},
        .event = fake_fill(price, quantity, fee),
    };
    report.event.time_ms = engine_time(fake.engine);
    engine_report(fake.engine, &report);
    engine_pump(fake.engine);
}

static uint64_t rest(enum order_side side, const char *quantity, const char *price, bool reduces) {
    uint64_t sequence = ask(side, quantity, price, reduces);
    fake_report(&fake, sequence, (struct order_event){.kind = ORDER_EVENT_ACCEPTED});
    return sequence;
}

static void price_is(const char *price) {
    engine_set_time(fake.engine, engine_time(fake.engine) + 1000);
    engine_price(fake.engine, 0, (struct price){dec(price)});
    engine_pump(fake.engine);
    durable();
}

/* A minute's bar that ends at that price. */
static void bar_ends(const char *price) {
    int64_t open_ms = engine_time(fake.engine) / 60000 * 60000;
    struct candle candle = {.close = {dec(price)}};
    candle.bar.time_ms = open_ms;
    candle.bar.close_ms = open_ms + 60000;
    engine_set_time(fake.engine, candle.bar.close_ms);
    engine_price(fake.engine, 0, candle.close);
    engine_bar_over(fake.engine, 0, &candle);
    engine_pump(fake.engine);
    durable();
}

/* Long 0.1 at 50,000 for a fee of 2.5. */
static void go_long(void) {
    uint64_t sequence = ask(ORDER_BUY, "0.1", NULL, false);
    fill_of(0, sequence, "50000", "0.1", "2.5");
}

static int sent_of(char what, uint64_t sequence) {
    int count = 0;
    for (int i = 0; i < fake.sent_count; i++) {
        count += fake.sent[i].what == what && fake.sent[i].key.sequence == sequence;
    }
    return count;
}

/* Refused for the reason, and not sent. */
static void expect_refused(uint64_t sequence, const char *message, int line) {
    if (fake.last_order.sequence != sequence || fake.last_order.state != ORDER_REJECTED ||
        fake.last_order.code != E_RISK || strcmp(fake.last_order.message, message) != 0 ||
        sent_of('s', sequence) != 0) {
        fail_msg(
            "line %d: order %d is %s: %s", line, (int)fake.last_order.sequence,
            order_state_name(fake.last_order.state), fake.last_order.message
        );
    }
}

#define assert_refused(sequence, message) expect_refused(sequence, message, __LINE__)

static struct fake silent;

static struct engine *recovered(void) {
    memset(&silent, 0, sizeof silent);
    silent.limits = fake.limits;
    struct venue_port venue = {&silent, fake_submit, fake_cancel, fake_amend, fake_leverage, NULL};
    return kept_recover(&silent, &kept, kept.count, &venue);
}

/* The process is killed: the engine of the records goes on in its place. */
static void kill_minus_9(void) {
    struct engine *again = recovered();
    struct err err = {0};
    assert_true(kept_is_same(fake.engine, again));
    engine_free(again);
    int64_t time_ms = engine_time(fake.engine);
    struct price last = engine_last_price(fake.engine, 0);
    engine_free(fake.engine);
    struct venue_port venue = {&fake, fake_submit, fake_cancel, fake_amend, fake_leverage, NULL};
    again = kept_recover(&fake, &kept, kept.count, &venue);
    assert_int_equal(engine_recover_end(again, NULL, NULL, &err), 0);
    engine_set_time(again, time_ms);
    engine_price(again, 0, last);
    engine_pump(again);
    durable();
}

static void emit_kept(void *ctx, const char *bytes, size_t length) {
    assert_true(kept_append(ctx, bytes, length) > 0);
}

/* The journal before a snapshot is gone: it begins with the snapshot. */
static void forget_before_snapshot(void) {
    static struct kept snapshot;
    int position = 0;
    memset(&snapshot, 0, sizeof snapshot);
    while (engine_snapshot(fake.engine, &position, 1, emit_kept, &snapshot)) {
    }
    kept = snapshot;
}

/* --- daily loss ----------------------------------------------------------------------------------
 */

static void a_daily_loss_halts_what_enlarges(void **state) {
    (void)state;
    limits_begin();
    fake.limits.daily_loss_max.d = dec("500");
    world_begin();
    go_long();
    uint64_t bid = rest(ORDER_BUY, "0.01", "44000", false);
    uint64_t target = rest(ORDER_SELL, "0.05", "52000", false);
    uint64_t stop = rest(ORDER_SELL, "0.1", "53000", true);
    uint64_t second = rest(ORDER_SELL, "0.06", "54000", false); /* with the target: a short */
    price_is("45025.1");                                        /* 497.49 + 2.5 */
    assert_int_equal(fake.halts, 0);
    price_is("45025");
    assert_int_equal(fake.halts, 1);
    assert_string_equal(fake.last_halt_message, "daily_loss: 500 >= 500");
    assert_true(fake.last_halt.is_on);
    assert_int_equal(fake.last_halt.account, 0);
    assert_string_equal(fake.last_halt.user, "system");
    assert_int_equal(sent_of('c', bid), 1);
    assert_int_equal(sent_of('c', second), 1);
    assert_int_equal(sent_of('c', target) + sent_of('c', stop), 0);
    assert_refused(ask(ORDER_BUY, "0.01", NULL, false), "daily_loss: 500 >= 500");
    uint64_t sell = ask(ORDER_SELL, "0.02", "53500", false);
    assert_int_equal(sent_of('s', sell), 0); /* 0.05 + 0.06 + 0.02 could turn it */
    fake_report(&fake, second, (struct order_event){.kind = ORDER_EVENT_CANCELED});
    sell = ask(ORDER_SELL, "0.02", "53500", false);
    assert_int_equal(sent_of('s', sell), 1); /* 0.05 + 0.02 cannot */
    uint64_t close = ask(ORDER_SELL, "0.1", NULL, true);
    assert_int_equal(sent_of('s', close), 1);
    price_is("50000"); /* it recovers, and the halt stays */
    assert_refused(ask(ORDER_BUY, "0.01", NULL, false), "daily_loss: 500 >= 500");
    assert_int_equal(fake.halts, 1);
    print_message("halted at a loss of 500 of 500; at 499.99 not\n");
    world_end();
}

static void a_fill_that_makes_an_order_enlarge_cancels_it(void **state) {
    (void)state;
    limits_begin();
    fake.limits.daily_loss_max.d = dec("500");
    world_begin();
    go_long();
    uint64_t target = rest(ORDER_SELL, "0.08", "52000", false);
    price_is("45000");
    assert_int_equal(fake.halts, 1);
    assert_int_equal(sent_of('c', target), 0);
    uint64_t close = ask(ORDER_SELL, "0.05", NULL, true);
    fill_of(0, close, "45000", "0.05", "1");
    assert_int_equal(sent_of('c', target), 1); /* 0.05 are left, and it would sell 0.08 */
    world_end();
}

static void an_ask_finds_the_loss_before_anybody_looks(void **state) {
    (void)state;
    limits_begin();
    fake.limits.daily_loss_max.d = dec("500");
    world_begin();
    go_long();
    price_is("50000");
    engine_price(fake.engine, 0, (struct price){dec("44000")}); /* within the same second */
    assert_refused(ask(ORDER_BUY, "0.01", NULL, false), "daily_loss: 602.5 >= 500");
    assert_int_equal(fake.halts, 1);
    world_end();
}

static void the_next_day_ends_a_daily_halt(void **state) {
    (void)state;
    limits_begin();
    fake.limits.daily_loss_max.d = dec("500");
    world_begin();
    go_long();
    price_is("45000");
    assert_int_equal(fake.halts, 1);
    int64_t midnight_ms = (engine_time(fake.engine) / DAY_MS + 1) * DAY_MS;
    engine_set_time(fake.engine, midnight_ms - 60000);
    bar_ends("44000");
    assert_int_equal(engine_time(fake.engine), midnight_ms);
    assert_int_equal(fake.halts, 2);
    assert_false(fake.last_halt.is_on);
    kill_minus_9();
    uint64_t buy = ask(ORDER_BUY, "0.01", NULL, false);
    assert_int_equal(sent_of('s', buy), 1);
    /* The day began at 44,000: the loss of before does not count, and 500 more do. */
    price_is("39000.1");
    assert_int_equal(fake.halts, 2);
    price_is("39000");
    assert_int_equal(fake.halts, 3);
    assert_string_equal(fake.last_halt_message, "daily_loss: 500 >= 500");
    world_end();
}

static void a_kill_forgets_neither_halt_nor_start_of_day(void **state) {
    (void)state;
    limits_begin();
    fake.limits.daily_loss_max.d = dec("500");
    world_begin();
    go_long();
    price_is("46000"); /* 402.5 are lost */
    kill_minus_9();
    assert_int_equal(fake.halts, 0);
    price_is("45020"); /* and 98 more */
    assert_int_equal(fake.halts, 1);
    assert_string_equal(fake.last_halt_message, "daily_loss: 500.5 >= 500");
    kill_minus_9();
    assert_int_equal(fake.halts, 1);
    price_is("50000");
    assert_refused(ask(ORDER_BUY, "0.01", NULL, false), "daily_loss: 500.5 >= 500");
    fake.limits.daily_loss_max.d.v = 0; /* the limit is taken away, the halt is not */
    kill_minus_9();
    assert_refused(ask(ORDER_BUY, "0.01", NULL, false), "daily_loss: 500.5 >= 500");
    world_end();
}

/* --- drawdown ------------------------------------------------------------------------------------
 */

static void a_snapshot_has_halts_peaks_and_starts_of_day(void **state) {
    (void)state;
    limits_begin();
    fake.limits.daily_loss_max.d = dec("500");
    fake.limits.user_drawdown_max = dec("0.1");
    world_begin();
    go_long();
    bar_ends("60025"); /* equity 11,000, the day began with 10,000 */
    forget_before_snapshot();
    kill_minus_9();
    price_is("49025.1");
    assert_int_equal(fake.halts, 0);
    price_is("49025"); /* 9,900: 100 of the day, a tenth of the peak */
    assert_int_equal(fake.halts, 1);
    assert_string_equal(fake.last_halt_message, "user_drawdown: 0.1 >= 0.1");
    price_is("45025"); /* 9,500 */
    assert_int_equal(fake.halts, 2);
    assert_string_equal(fake.last_halt_message, "daily_loss: 500 >= 500");
    forget_before_snapshot();
    kill_minus_9();
    price_is("60000");
    assert_refused(ask(ORDER_BUY, "0.01", NULL, false), "daily_loss: 500 >= 500");
    engine_set_time(fake.engine, engine_time(fake.engine) + DAY_MS);
    price_is("60000");
    assert_refused(ask(ORDER_BUY, "0.01", NULL, false), "user_drawdown: 0.1 >= 0.1");
    world_end();
}

static void a_drawdown_counts_from_the_peak_and_needs_a_person(void **state) {
    (void)state;
    struct err err = {0};
    limits_begin();
    fake.limits.drawdown_max = dec("0.1");
    world_begin();
    go_long();
    bar_ends("60025"); /* equity 11,000 */
    kill_minus_9();
    bar_ends("55025");
    bar_ends("49026"); /* 9,900.1 */
    assert_int_equal(fake.halts, 0);
    price_is("49025"); /* 9,900 of 11,000 */
    assert_int_equal(fake.halts, 1);
    assert_string_equal(fake.last_halt_message, "drawdown: 0.1 >= 0.1");
    engine_set_time(fake.engine, engine_time(fake.engine) + 3 * DAY_MS);
    bar_ends("70000"); /* days pass, and it recovers */
    kill_minus_9();
    assert_refused(ask(ORDER_BUY, "0.01", NULL, false), "drawdown: 0.1 >= 0.1");
    assert_int_equal(
        engine_unhalt(fake.engine, KILL_ACTIVATION, "nobody", "ann", &err), E_NOT_FOUND
    );
    assert_int_equal(engine_unhalt(fake.engine, KILL_ACTIVATION, "t1", "ann", &err), 0);
    assert_int_equal(fake.halts, 2);
    assert_string_equal(fake.last_halt.who, "ann");
    assert_int_equal(engine_unhalt(fake.engine, KILL_ACTIVATION, "t1", "ann", &err), E_NOT_FOUND);
    kill_minus_9(); /* lifted is lifted */
    uint64_t buy = ask(ORDER_BUY, "0.01", NULL, false);
    assert_int_equal(sent_of('s', buy), 1);
    world_end();
}

static void a_lifted_drawdown_counts_anew(void **state) {
    (void)state;
    struct err err = {0};
    limits_begin();
    fake.limits.drawdown_max = dec("0.05");
    world_begin();
    go_long();
    bar_ends("45000");
    assert_int_equal(fake.halts, 1);
    assert_int_equal(engine_unhalt(fake.engine, KILL_ACTIVATION, "t1", "ann", &err), 0);
    price_is("45000");
    assert_int_equal(fake.halts, 2); /* no halt again at once */
    price_is("40200");               /* 479.75 of 9,497.5 */
    assert_int_equal(fake.halts, 3);
    kept.is_full = true;
    bar_ends("40000");
    assert_true(engine_journal_is_down(fake.engine));
    assert_int_equal(engine_unhalt(fake.engine, KILL_ACTIVATION, "t1", "ann", &err), E_IO);
    world_end();
}

static void a_halt_that_is_told_to_close_closes(void **state) {
    (void)state;
    limits_begin();
    fake.limits.daily_loss_max.d = dec("500");
    fake.limits.drawdown_max = dec("0.05");
    fake.limits.halt_flattens = true;
    fake.limits.rate = (struct rate_limit){1, 1}; /* closing waits for no rate */
    world_begin();
    go_long();
    price_is("44000");
    assert_int_equal(fake.halts, 2);
    const struct fake_sent *last = &fake.sent[fake.sent_count - 1];
    assert_int_equal(sent_of('s', CORE_SEQUENCE + 1), 1);
    assert_int_equal(sent_of('s', CORE_SEQUENCE + 2), 0); /* two limits, one close */
    assert_int_equal(last->request.side, ORDER_SELL);
    assert_true(last->request.reduce_only);
    assert_true(last->request.quantity.d.v == dec("0.1").v);
    assert_string_equal(last->request.reason, "halt");
    world_end();
}

/* --- users ---------------------------------------------------------------------------------------
 */

static uint32_t activate(const char *id, const char *user, const char *currency) {
    static const struct script_bundle bundle = {.name = "test", .hash = 1};
    struct activation_options options = {
        .id = id,
        .user = user,
        .bundle = &bundle,
        .currency = currency,
        .balance = {dec("10000")},
    };
    uint32_t index = 0;
    struct err err = {0};
    assert_int_equal(engine_activate(fake.engine, &options, &index, &err), 0);
    engine_pump(fake.engine);
    durable();
    return index;
}

static void losses_of_a_user_are_of_all_his_accounts(void **state) {
    (void)state;
    struct err err = {0};
    limits_begin();
    fake.limits.user_daily_loss_max.d = dec("800");
    world_begin(); /* the account of "system" */
    uint32_t one = activate("b1", "bob", "USDT");
    price_is("50000");
    uint32_t two = activate("b2", "bob", "USDT");
    uint32_t other = activate("b3", "bob", "EUR"); /* not the same money */
    ask_by(one, ORDER_BUY, "0.1", NULL, false);
    fill_of(one, 1, "50000", "0.1", "0");
    ask_by(two, ORDER_BUY, "0.1", NULL, false);
    fill_of(two, 1, "50000", "0.1", "0");
    ask_by(other, ORDER_BUY, "0.1", NULL, false);
    fill_of(other, 1, "50000", "0.1", "0");
    price_is("46000.1");
    assert_int_equal(fake.halts, 0);
    price_is("46000"); /* 400 each */
    assert_int_equal(fake.halts, 1);
    assert_string_equal(fake.last_halt_message, "user_daily_loss: 800 >= 800");
    assert_string_equal(fake.last_halt.user, "bob");
    assert_int_equal(fake.last_halt.account, NO_ACTIVATION);
    kill_minus_9();
    ask_by(two, ORDER_BUY, "0.01", NULL, false);
    assert_refused(sequences[two], "user_daily_loss: 800 >= 800");
    int sent = fake.sent_count;
    ask_by(other, ORDER_BUY, "0.01", NULL, false);
    ask(ORDER_BUY, "0.01", NULL, false); /* of "system" */
    assert_int_equal(fake.sent_count, sent + 2);
    assert_int_equal(engine_unhalt(fake.engine, KILL_USER, "bob", "ann", &err), 0);
    assert_int_equal(engine_unhalt(fake.engine, KILL_USER, "bob", "ann", &err), E_NOT_FOUND);
    ask_by(two, ORDER_BUY, "0.01", NULL, false);
    assert_int_equal(fake.sent_count, sent + 3);
    world_end();
}

/* --- what is on its way --------------------------------------------------------------------------
 */

static void an_order_on_its_way_does_not_leave_under_a_halt(void **state) {
    (void)state;
    limits_begin();
    fake.limits.daily_loss_max.d = dec("500");
    world_begin();
    go_long();
    struct event *event = queue_event(fake.engine, 0, EVENT_TICKER);
    assert_non_null(event);
    next.side = ORDER_BUY;
    next.quantity = "0.01";
    next.price = NULL;
    next.reduces = false;
    engine_pump(fake.engine); /* asked and recorded, not yet on the disk */
    int sent = fake.sent_count;
    engine_set_time(fake.engine, engine_time(fake.engine) + 1000);
    engine_price(fake.engine, 0, (struct price){dec("44000")});
    engine_pump(fake.engine);
    assert_int_equal(fake.halts, 1);
    durable();
    assert_int_equal(fake.sent_count, sent);
    assert_refused(sequences[0], "daily_loss: 602.5 >= 500");
    assert_int_equal(activation_open_orders(fake.engine, 0), 0);
    struct engine *again = recovered();
    assert_true(kept_is_same(fake.engine, again));
    engine_free(again);
    world_end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_daily_loss_halts_what_enlarges),
        cmocka_unit_test(a_fill_that_makes_an_order_enlarge_cancels_it),
        cmocka_unit_test(an_ask_finds_the_loss_before_anybody_looks),
        cmocka_unit_test(the_next_day_ends_a_daily_halt),
        cmocka_unit_test(a_kill_forgets_neither_halt_nor_start_of_day),
        cmocka_unit_test(a_snapshot_has_halts_peaks_and_starts_of_day),
        cmocka_unit_test(a_drawdown_counts_from_the_peak_and_needs_a_person),
        cmocka_unit_test(a_lifted_drawdown_counts_anew),
        cmocka_unit_test(a_halt_that_is_told_to_close_closes),
        cmocka_unit_test(losses_of_a_user_are_of_all_his_accounts),
        cmocka_unit_test(an_order_on_its_way_does_not_leave_under_a_halt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
