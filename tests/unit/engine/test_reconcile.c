/* Reconciliation: what the engine makes of a venue that answers late, twice, or not at all. */
#include "unit/engine/kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct fake fake;
static struct kept kept;
static int questions;
static struct order_key asked;

static int fake_query(
    void *ctx, uint32_t account, struct order_key key, const struct order *order, struct err *e
) {
    (void)ctx, (void)account, (void)order, (void)e;
    questions++;
    asked = key;
    return 0;
}

static struct venue_port port(void) {
    return (struct venue_port){
        &fake, fake_submit, fake_cancel, fake_amend, fake_leverage, fake_query,
    };
}

static void place_limit(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_READY && event->u.ready == READY_ACTIVATED) {
        fake_place(f, done, 1, ORDER_BUY, "0.1", "49000", "entry");
    }
}

static void durable(void) {
    engine_durable(fake.engine, engine_appended(fake.engine));
}

/* One order rests, or is still to be answered. */
static void world_begin(bool is_accepted) {
    struct venue_port venue = port();
    memset(&fake, 0, sizeof fake);
    memset(&kept, 0, sizeof kept);
    questions = 0;
    fake.journal = (struct journal_port){&kept, kept_append};
    fake.handle = place_limit;
    fake_engine(&fake, &venue, false);
    fake_activate(&fake, SUSPEND_KEEP);
    durable();
    assert_int_equal(fake.sent_count, 1);
    if (is_accepted) {
        struct venue_report accepted = {
            .key = {0, 1},
            .event = {.kind = ORDER_EVENT_ACCEPTED},
            .update = 1,
        };
        engine_report(fake.engine, &accepted);
        engine_pump(fake.engine);
    }
}

static int setup(void **state) {
    (void)state;
    world_begin(true);
    return 0;
}

static int setup_new(void **state) {
    (void)state;
    world_begin(false);
    return 0;
}

/* Whatever a test did, the records say it. */
static int teardown(void **state) {
    (void)state;
    static struct fake silent;
    struct venue_port venue = port();
    struct engine *e = fake.engine;
    struct engine *again = kept_recover(&silent, &kept, kept.count, &venue);
    bool is_same = kept_is_same(e, again);
    engine_free(again);
    engine_free(e);
    return is_same ? 0 : -1;
}

static int counted(char what) {
    int count = 0;
    for (int i = 0; i < fake.sent_count; i++) {
        count += fake.sent[i].what == what;
    }
    return count;
}

static void pass(int64_t ms) {
    engine_set_time(fake.engine, engine_time(fake.engine) + ms);
}

static struct venue_report fill_of(uint64_t id, const char *quantity) {
    struct venue_report report = {
        .key = {0, 1},
        .event = fake_fill("49000", quantity, "1"),
        .fill_id = id,
    };
    report.event.fill.time_ms = engine_time(fake.engine);
    return report;
}

static void say(struct venue_report report) {
    engine_report(fake.engine, &report);
    engine_pump(fake.engine);
}

static void say_unknown(void) {
    say((struct venue_report){.key = {0, 1}, .event = {.kind = ORDER_EVENT_UNKNOWN}});
}

static struct venue_order found(enum order_state state, uint64_t update) {
    struct venue_order order = {.key = {0, 1}, .state = state, .update = update};
    order.request = fake.sent[0].request;
    return order;
}

static void answer(const struct venue_order *order, int64_t asked_ms) {
    struct venue_answer a = {.key = {0, 1}, .asked_ms = asked_ms, .is_found = order != NULL};
    if (order != NULL) {
        a.order = *order;
    }
    engine_answer(fake.engine, &a);
    engine_pump(fake.engine);
}

static struct reconcile_result reconcile(struct venue_truth truth) {
    struct reconcile_result result;
    struct err err = {0};
    if (truth.asked_ms == 0) {
        truth.asked_ms = engine_time(fake.engine);
    }
    assert_int_equal(engine_reconcile(fake.engine, &truth, &result, &err), 0);
    engine_pump(fake.engine);
    return result;
}

static const struct position *held(void) {
    return activation_position(fake.engine, 0, 0, POSITION_NET);
}

/* --- heard twice, too late -----------------------------------------------------------------------
 */

static void a_fill_counts_once(void **state) {
    (void)state;
    say(fill_of(7, "0.04"));
    say(fill_of(7, "0.04"));
    assert_true(held()->quantity.d.v == dec("0.04").v);
    say(fill_of(8, "0.04"));
    assert_true(held()->quantity.d.v == dec("0.08").v);
    struct venue_report again[] = {fill_of(7, "0.04"), fill_of(8, "0.04"), fill_of(9, "0.02")};
    struct venue_holding holding = {0, POSITION_NET, {dec("0.1")}};
    struct reconcile_result r = reconcile((struct venue_truth){
        .fills = again,
        .fill_count = 3,
        .holdings = &holding,
        .holding_count = 1,
    });
    assert_int_equal(r.fills, 1);
    assert_int_equal(r.differences, 0);
    assert_true(account_ledger(fake.engine, 0)->fees.d.v == dec("3").v);
    assert_int_equal(fake.last_order.state, ORDER_FILLED);
}

static void an_old_update_changes_nothing(void **state) {
    (void)state;
    struct venue_report amended = {
        .key = {0, 1},
        .event = {.kind = ORDER_EVENT_AMENDED},
        .update = 5,
    };
    amended.event.price.d = dec("48000");
    amended.event.quantity.d = dec("0.1");
    say(amended);
    amended.update = 3;
    amended.event.price.d = dec("47000");
    say(amended);
    assert_true(fake.last_order.request.price.d.v == dec("48000").v);
}

static void an_amendment_before_the_acceptance(void **state) {
    (void)state;
    struct venue_report amended = {
        .key = {0, 1},
        .event = {.kind = ORDER_EVENT_AMENDED},
        .update = 2,
    };
    amended.event.price.d = dec("48000");
    amended.event.quantity.d = dec("0.1");
    say(amended);
    assert_int_equal(fake.last_order.state, ORDER_OPEN);
    assert_true(fake.last_order.request.price.d.v == dec("48000").v);
}

static void a_refused_cancel_of_what_is_over_is_asked_about(void **state) {
    (void)state;
    say((struct venue_report){
        .key = {0, 1},
        .event = {.kind = ORDER_EVENT_CANCEL_REFUSED, .code = E_NOT_OPEN},
    });
    assert_int_equal(fake.last_order.state, ORDER_UNKNOWN);
}

/* --- unknown -------------------------------------------------------------------------------------
 */

static void unknown_is_asked_and_never_sent_again(void **state) {
    (void)state;
    say_unknown();
    assert_int_equal(fake.last_order.state, ORDER_UNKNOWN);
    engine_ask_again(fake.engine);
    assert_int_equal(questions, 1);
    assert_int_equal(asked.sequence, 1);
    engine_ask_again(fake.engine); /* not yet */
    assert_int_equal(questions, 1);
    int64_t at = engine_time(fake.engine);
    pass(1000);
    answer(NULL, at); /* the venue's books may lag */
    assert_int_equal(activation_open_orders(fake.engine, 0), 1);
    engine_ask_again(fake.engine);
    assert_int_equal(questions, 2);
    pass(1000);
    engine_ask_again(fake.engine); /* the delay has grown */
    assert_int_equal(questions, 2);
    pass(5000);
    answer(NULL, engine_time(fake.engine));
    assert_int_equal(activation_open_orders(fake.engine, 0), 0);
    assert_int_equal(fake.last_order.state, ORDER_REJECTED);
    assert_int_equal(counted('s'), 1);
}

static void unknown_that_was_accepted_lives(void **state) {
    (void)state;
    say_unknown();
    pass(7000);
    struct venue_order order = found(ORDER_OPEN, 1);
    answer(&order, engine_time(fake.engine));
    assert_int_equal(fake.last_order.state, ORDER_OPEN);
    say(fill_of(1, "0.1"));
    assert_int_equal(fake.last_order.state, ORDER_FILLED);
}

static void an_amendment_that_was_made_is_found(void **state) {
    (void)state;
    say_unknown();
    struct venue_order order = found(ORDER_OPEN, 2);
    order.request.price.d = dec("48500");
    answer(&order, engine_time(fake.engine));
    assert_int_equal(fake.last_order.state, ORDER_UNKNOWN); /* another request may be under way */
    pass(7000);
    answer(&order, engine_time(fake.engine));
    assert_int_equal(fake.last_order.state, ORDER_OPEN);
    assert_true(fake.last_order.request.price.d.v == dec("48500").v);
}

static void fills_come_before_the_end(void **state) {
    (void)state;
    say_unknown();
    struct venue_order order = found(ORDER_CANCELED, 3);
    order.filled.d = dec("0.03");
    answer(&order, engine_time(fake.engine));
    assert_int_equal(fake.last_order.state, ORDER_UNKNOWN);
    struct venue_report fill = fill_of(1, "0.03");
    struct venue_answer a = {
        .key = {0, 1},
        .is_found = true,
        .order = order,
        .fills = &fill,
        .fill_count = 1,
    };
    engine_answer(fake.engine, &a);
    assert_int_equal(fake.last_order.state, ORDER_CANCELED);
    assert_true(held()->quantity.d.v == dec("0.03").v);
}

static void a_cancel_is_asked_for_again(void **state) {
    (void)state;
    struct err err = {0};
    assert_int_equal(engine_cancel(fake.engine, 0, 1, "ann", &err), 0);
    engine_pump(fake.engine);
    assert_int_equal(counted('c'), 1);
    say_unknown();
    pass(7000);
    struct venue_order order = found(ORDER_OPEN, 1);
    answer(&order, engine_time(fake.engine));
    engine_pump(fake.engine);
    assert_int_equal(counted('c'), 2);
}

static void a_request_without_an_answer_is_unknown(void **state) {
    (void)state;
    pass(29000);
    engine_ask_again(fake.engine);
    assert_int_equal(questions, 0);
    pass(1000);
    engine_ask_again(fake.engine);
    assert_int_equal(questions, 1);
    assert_int_equal(fake.last_order.state, ORDER_UNKNOWN);
}

/* --- whole accounts ------------------------------------------------------------------------------
 */

static void a_lost_order_is_missed(void **state) {
    (void)state;
    assert_int_equal(reconcile((struct venue_truth){0}).missing, 0); /* it is young */
    pass(7000);
    assert_int_equal(reconcile((struct venue_truth){0}).missing, 1);
    engine_ask_again(fake.engine);
    answer(NULL, engine_time(fake.engine));
    assert_int_equal(fake.last_order.state, ORDER_CANCELED);
    assert_int_equal(fake.last_order.code, E_NOT_FOUND);
}

/* Found by the simulation at seed 2774: the venue repeated its last fills after a long outage, and
 * the ones before were never fetched. */
static void a_message_does_not_say_that_no_fill_is_missing(void **state) {
    (void)state;
    int64_t began = engine_time(fake.engine);
    pass(600000);
    say(fill_of(9, "0.01"));
    assert_true(engine_fills_since(fake.engine, 0) < began);
    struct venue_report fills[] = {fill_of(8, "0.01"), fill_of(9, "0.01")};
    fills[0].event.fill.time_ms -= 300000;
    struct venue_holding holding = {0, POSITION_NET, {dec("0.02")}};
    struct reconcile_result r = reconcile((struct venue_truth){
        .fills = fills,
        .fill_count = 2,
        .holdings = &holding,
        .holding_count = 1,
    });
    assert_int_equal(r.fills, 1);
    assert_int_equal(r.differences, 0);
    assert_true(engine_fills_since(fake.engine, 0) == engine_time(fake.engine) - 60000);
}

static void a_fill_too_old_to_be_told_is_not_booked_again(void **state) {
    (void)state;
    for (uint64_t i = 1; i <= 1030; i++) {
        struct venue_report fill = fill_of(i, "0.0001");
        fill.event.fill.time_ms = (int64_t)i;
        fill.key.sequence = 999; /* of an order that has ended */
        engine_report(fake.engine, &fill);
    }
    assert_true(held()->quantity.d.v == dec("0.103").v);
    struct venue_report old = fill_of(3, "0.0001");
    old.event.fill.time_ms = 3;
    engine_report(fake.engine, &old);
    assert_true(held()->quantity.d.v == dec("0.103").v);
}

static void a_stray_order_is_canceled(void **state) {
    (void)state;
    say((struct venue_report){.key = {0, 1}, .event = {.kind = ORDER_EVENT_CANCELED}, .update = 2});
    struct venue_order orders[] = {found(ORDER_OPEN, 1), found(ORDER_OPEN, 1)};
    orders[1].key.activation = NO_ACTIVATION;
    struct reconcile_result r = reconcile((struct venue_truth){.orders = orders, .order_count = 2});
    assert_int_equal(r.stray, 1);
    assert_int_equal(r.foreign, 1);
    assert_int_equal(counted('c'), 1);
}

static void what_others_trade_is_theirs(void **state) {
    (void)state;
    say(fill_of(1, "0.1"));
    struct venue_report other = fill_of(2, "0.5");
    other.key = (struct order_key){NO_ACTIVATION, 0};
    other.side = ORDER_SELL;
    say(other);
    assert_true(held()->quantity.d.v == dec("0.1").v);
    struct venue_holding holding = {0, POSITION_NET, {dec("-0.4")}};
    struct venue_truth truth = {.holdings = &holding, .holding_count = 1};
    assert_int_equal(reconcile(truth).differences, 0);
    assert_true(account_ledger(fake.engine, 0)->fees.d.v == dec("2").v);
}

static void what_the_venue_closes_is_borne_by_the_holder(void **state) {
    (void)state;
    say(fill_of(1, "0.1"));
    struct venue_report forced = fill_of(2, "0.15");
    forced.key = (struct order_key){NO_ACTIVATION, 0};
    forced.side = ORDER_SELL;
    forced.reason = "liquidation";
    say(forced);
    assert_true(held()->quantity.d.v == 0);
    const struct event *told = &fake.events[fake.event_count - 1];
    assert_int_equal(told->kind, EVENT_FILL);
    assert_string_equal(told->u.fill.order.request.reason, "liquidation");
    struct venue_holding holding = {0, POSITION_NET, {dec("-0.05")}};
    struct venue_truth truth = {.holdings = &holding, .holding_count = 1};
    assert_int_equal(reconcile(truth).differences, 0);
    assert_true(account_ledger(fake.engine, 0)->fees.d.v == dec("2").v);
}

static void amend_at_candle(struct fake *f, const struct event *event, struct done *done) {
    if (event->kind == EVENT_CANDLE) {
        struct ask *ask = fake_ask(f, done, ASK_AMEND);
        ask->sequence = 1;
        ask->u.amend.has_quantity = true;
        ask->u.amend.quantity.d = dec("0.2");
    }
}

/* The venue has made it and its word comes last. */
static void a_fill_beyond_an_amendment_under_way(void **state) {
    (void)state;
    fake.handle = amend_at_candle;
    engine_queue_candles(fake.engine, (const uint16_t[]){0}, 1);
    engine_pump(fake.engine);
    durable();
    assert_int_equal(counted('a'), 1);
    say(fill_of(1, "0.15"));
    assert_int_equal(fake.last_order.state, ORDER_UNKNOWN);
    assert_int_equal(activation_open_orders(fake.engine, 0), 1);
    struct venue_report amended = {
        .key = {0, 1},
        .event = {.kind = ORDER_EVENT_AMENDED},
        .update = 2,
    };
    amended.event.price.d = dec("49000");
    amended.event.quantity.d = dec("0.2");
    say(amended);
    assert_int_equal(fake.last_order.state, ORDER_PARTIALLY_FILLED);
    say(fill_of(2, "0.05"));
    assert_int_equal(fake.last_order.state, ORDER_FILLED);
    assert_true(held()->quantity.d.v == dec("0.2").v);
    say(fill_of(3, "0.05")); /* late */
    assert_true(held()->quantity.d.v == dec("0.25").v);
    assert_false(engine_has_failed(fake.engine));
}

static void doubt_takes_no_new_risk(void **state) {
    (void)state;
    struct err err = {0};
    uint32_t account = 0, owner;
    uint64_t sequence;
    struct activation_options manual = {.id = "m1", .account = &account, .currency = "USDT"};
    assert_int_equal(engine_activate(fake.engine, &manual, &owner, &err), 0);
    engine_doubt(fake.engine, 0);
    struct order_request request = {.side = ORDER_BUY, .type = ORDER_MARKET, .reason = "more"};
    request.quantity.d = dec("0.05");
    int sent = counted('s');
    assert_int_equal(engine_order(fake.engine, owner, &request, "ann", &sequence, &err), 0);
    durable();
    assert_int_equal(counted('s'), sent);
    struct venue_holding holding = {0, POSITION_NET, {dec("1")}};
    struct venue_truth truth = {.holdings = &holding, .holding_count = 1};
    struct reconcile_result r = reconcile(truth);
    assert_int_equal(r.differences, 1);
    assert_non_null(strstr(r.text, "the venue holds 1, the books 0"));
    assert_true(engine_is_in_doubt(fake.engine, 0));
    reconcile((struct venue_truth){0});
    assert_false(engine_is_in_doubt(fake.engine, 0));
    assert_int_equal(engine_order(fake.engine, owner, &request, "ann", &sequence, &err), 0);
    durable();
    assert_int_equal(counted('s'), sent + 1);
}

static void three_differences_are_a_doubt(void **state) {
    (void)state;
    struct venue_holding holding = {0, POSITION_NET, {dec("1")}};
    struct venue_truth truth = {.holdings = &holding, .holding_count = 1};
    reconcile(truth);
    reconcile(truth);
    assert_false(engine_is_in_doubt(fake.engine, 0));
    reconcile(truth);
    assert_true(engine_is_in_doubt(fake.engine, 0));
}

/* --- after a restart -----------------------------------------------------------------------------
 */

static void restart(void) {
    struct venue_port venue = port();
    struct err err = {0};
    int64_t now = engine_time(fake.engine);
    engine_free(fake.engine);
    kept_recover(&fake, &kept, kept.count, &venue);
    engine_set_time(fake.engine, now + 1000);
    engine_doubt(fake.engine, 0);
    fake.event_count = 0;
    assert_int_equal(engine_recover_end(fake.engine, NULL, NULL, &err), 0);
    engine_pump(fake.engine);
}

static void a_script_waits_for_its_account(void **state) {
    (void)state;
    restart();
    assert_int_equal(fake.event_count, 0);
    assert_int_equal(activation_open_orders(fake.engine, 0), 1);
    pass(7000);
    engine_ask_again(fake.engine);
    assert_int_equal(questions, 1); /* no answer had come: nobody knows */
    struct venue_order order = found(ORDER_OPEN, 1);
    reconcile((struct venue_truth){.orders = &order, .order_count = 1});
    durable();
    assert_string_equal(fake_kinds(&fake, 0), "SR");
    assert_int_equal(fake.events[1].u.ready, READY_RESTARTED);
    assert_int_equal(counted('s'), 1);
}

static void an_order_of_ours_that_nobody_recorded_is_adopted(void **state) {
    (void)state;
    restart();
    struct venue_order orders[] = {found(ORDER_OPEN, 1), found(ORDER_OPEN, 1)};
    orders[1].key.sequence = 2;
    struct venue_truth truth = {.orders = orders, .order_count = 2};
    assert_int_equal(reconcile(truth).adopted, 1);
    assert_int_equal(activation_open_orders(fake.engine, 0), 2);
    struct venue_report fill = fill_of(1, "0.1");
    fill.key.sequence = 2;
    say(fill);
    assert_true(held()->quantity.d.v == dec("0.1").v);
    assert_int_equal(activation_open_orders(fake.engine, 0), 1);
}

#define TEST(name, before) cmocka_unit_test_setup_teardown(name, before, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_fill_counts_once, setup),
        TEST(an_old_update_changes_nothing, setup),
        TEST(an_amendment_before_the_acceptance, setup_new),
        TEST(a_refused_cancel_of_what_is_over_is_asked_about, setup),
        TEST(unknown_is_asked_and_never_sent_again, setup_new),
        TEST(unknown_that_was_accepted_lives, setup_new),
        TEST(an_amendment_that_was_made_is_found, setup),
        TEST(fills_come_before_the_end, setup),
        TEST(a_cancel_is_asked_for_again, setup),
        TEST(a_request_without_an_answer_is_unknown, setup_new),
        TEST(a_lost_order_is_missed, setup),
        TEST(a_message_does_not_say_that_no_fill_is_missing, setup),
        TEST(a_fill_too_old_to_be_told_is_not_booked_again, setup),
        TEST(a_stray_order_is_canceled, setup),
        TEST(what_others_trade_is_theirs, setup),
        TEST(what_the_venue_closes_is_borne_by_the_holder, setup),
        TEST(a_fill_beyond_an_amendment_under_way, setup),
        TEST(doubt_takes_no_new_risk, setup),
        TEST(three_differences_are_a_doubt, setup),
        TEST(a_script_waits_for_its_account, setup_new),
        TEST(an_order_of_ours_that_nobody_recorded_is_adopted, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
