/* Places of activations and accounts: those that are over give theirs to others, live things keep
 * theirs, and recovery sees it all. */
#include "unit/engine/kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct fake fake, again;
static struct kept kept;
static bool refuses_starts;
static int closed;

static void count_close(void *ctx, uint32_t activation) {
    (void)ctx, (void)activation;
    closed++;
}

static void handle(struct fake *f, const struct event *event, struct done *done) {
    (void)f;
    if (event->kind == EVENT_START && refuses_starts) {
        done->fault.code = E_PARAMS;
        snprintf(done->fault.text, sizeof done->fault.text, "levels must be over 0");
    }
}

static int world_open(void **state) {
    (void)state;
    memset(&fake, 0, sizeof fake);
    memset(&again, 0, sizeof again);
    kept.count = 0;
    kept.is_full = refuses_starts = false;
    closed = 0;
    fake.journal = (struct journal_port){&kept, kept_append};
    fake_engine(&fake, NULL, false);
    fake.handle = handle;
    return 0;
}

static int world_close(void **state) {
    (void)state;
    engine_free(fake.engine);
    return 0;
}

static void compare(void) {
    struct venue_port venue = {
        &again, fake_submit, fake_cancel, fake_amend, fake_leverage, NULL,
    };
    struct engine *other = kept_recover(&again, &kept, kept.count, &venue);
    assert_true(kept_is_same(fake.engine, other));
    engine_free(other);
}

/* Also the recovery of a snapshot, and of what comes behind it. */
static void keep_slice(void *ctx, const char *bytes, size_t length) {
    assert_true(kept_append(ctx, bytes, length) > 0);
}

static void snapshot_instead(void) {
    int position = 0;
    kept.count = 0;
    while (engine_snapshot(fake.engine, &position, 3, keep_slice, &kept)) {
    }
    compare();
}

static int options_max(void) {
    struct engine_options options;
    engine_options_default(&options);
    return options.activations_max;
}

static struct activation_options options_of(const char *id) {
    static const struct script_bundle bundle = {.name = "test", .hash = 1};
    struct activation_options options = {
        .id = id, .user = "ann", .bundle = &bundle, .currency = "USDT"};
    options.balance.d = dec("10000");
    return options;
}

static int activate_as(const struct activation_options *options, uint32_t *activation) {
    struct err err = {0};
    int code = engine_activate(fake.engine, options, activation, &err);
    engine_pump(fake.engine);
    engine_durable(fake.engine, engine_appended(fake.engine));
    return code;
}

static int activate(const char *id, uint32_t *activation) {
    struct activation_options options = options_of(id);
    engine_set_time(fake.engine, engine_time(fake.engine) + 1000);
    return activate_as(&options, activation);
}

static void stop(uint32_t activation) {
    engine_deactivate(fake.engine, activation, STOP_KEEP, "deactivated");
    engine_pump(fake.engine);
    assert_int_equal(activation_status(fake.engine, activation), ACTIVATION_STOPPED);
}

static void trade(uint32_t activation, enum order_side side, const char *price) {
    struct venue_report report = {
        .account = activation_account(fake.engine, activation),
        .key = {activation, 0},
        .event = fake_fill(price, "0.01", "1"),
        .side = side,
        .reason = "test",
    };
    engine_report(fake.engine, &report);
    engine_pump(fake.engine);
}

static void refused_activations_use_up_nothing(void **state) {
    char id[16];
    uint32_t activation;
    (void)state;
    uint32_t first;
    assert_int_equal(activate("good", &first), 0);
    refuses_starts = true;
    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof id, "bad%d", i);
        assert_int_equal(activate(id, &activation), 0);
        assert_int_equal(activation_status(fake.engine, activation), ACTIVATION_SUSPENDED);
        if (i % 25 == 0) {
            compare();
        }
    }
    assert_int_equal(engine_activation_count(fake.engine), 2);
    assert_int_equal(engine_account_count(fake.engine), 2);
    snapshot_instead();
    refuses_starts = false;
    for (int i = 1; i < options_max(); i++) {
        snprintf(id, sizeof id, "good%d", i);
        assert_int_equal(activate(id, &activation), 0);
        assert_int_equal(activation_status(fake.engine, activation), ACTIVATION_RUNNING);
    }
    assert_int_equal(activate("toomany", &activation), E_LIMIT);
    compare();
}

static void ended_activations_make_room(void **state) {
    char id[16];
    uint32_t activation;
    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof id, "a%d", i);
        assert_int_equal(activate(id, &activation), 0);
        assert_int_equal(activation_status(fake.engine, activation), ACTIVATION_RUNNING);
        trade(activation, ORDER_BUY, "50000");
        trade(activation, ORDER_SELL, "49000");
        stop(activation);
        if (i % 10 == 0) {
            compare();
        }
    }
    /* The youngest are still there to be looked at. */
    assert_int_equal(engine_activation_count(fake.engine), options_max());
    bool has_youngest = false;
    for (int i = 0; i < options_max(); i++) {
        has_youngest |= strcmp(activation_id(fake.engine, (uint32_t)i), "a84") == 0;
    }
    assert_true(has_youngest);
    snapshot_instead();
    assert_int_equal(activate("next", &activation), 0);
    compare();
}

static void the_next_one_begins_with_nothing_of_the_last(void **state) {
    uint32_t activation;
    uint32_t next;
    (void)state;
    refuses_starts = true;
    struct activation_options options = options_of("bad");
    options.is_hedge = true;
    options.balance.d = dec("7");
    assert_int_equal(activate_as(&options, &activation), 0);
    uint32_t account = activation_account(fake.engine, activation);
    refuses_starts = false;
    assert_int_equal(activate("good", &next), 0);
    assert_int_equal(next, activation);
    assert_int_equal(activation_account(fake.engine, next), account);
    assert_true(account_ledger(fake.engine, account)->balance.d.v == dec("10000").v);
    assert_false(account_is_hedge(fake.engine, account));
    assert_string_equal(activation_id(fake.engine, next), "good");
    compare();
}

static void a_place_that_is_taken_hears_only_its_own_candles(void **state) {
    char id[16];
    uint32_t activation;
    (void)state;
    for (int i = 0; i < options_max(); i++) {
        snprintf(id, sizeof id, "a%d", i);
        assert_int_equal(activate(id, &activation), 0);
    }
    stop(0);
    fake.subscription.watch_count = 0;
    assert_int_equal(activate("deaf", &activation), 0);
    assert_int_equal(activation, 0);
    int before = fake.event_count;
    engine_queue_candles(fake.engine, (const uint16_t[]){0}, 1);
    engine_pump(fake.engine);
    assert_int_equal(fake.event_count - before, options_max() - 1);
}

static void live_things_keep_their_place(void **state) {
    char id[16];
    uint32_t activation;
    struct err err = {0};
    (void)state;
    struct activation_options pinned = options_of("pinned");
    pinned.keeps_slot = true;
    assert_int_equal(activate_as(&pinned, &activation), 0);
    stop(activation);
    struct activation_options manual = options_of("manual");
    manual.bundle = NULL;
    assert_int_equal(activate_as(&manual, &activation), 0);
    for (int i = 2; i < options_max(); i++) {
        snprintf(id, sizeof id, "a%d", i);
        assert_int_equal(activate(id, &activation), 0);
        trade(activation, ORDER_BUY, "50000");
        stop(activation);
    }
    uint32_t account;
    assert_int_equal(activate("more", &activation), E_LIMIT);
    assert_int_equal(engine_next_account(fake.engine, &account, &err), E_LIMIT);
    trade(5, ORDER_SELL, "50000"); /* now it holds nothing */
    assert_int_equal(engine_next_account(fake.engine, &account, &err), 0);
    assert_int_equal(activate("more", &activation), 0);
    assert_int_equal(activation, 5);
    assert_int_equal(activation_account(fake.engine, activation), account);
    compare();
}

static void a_shared_account_outlives_one_of_its_owners(void **state) {
    char id[16];
    uint32_t first, owner, activation;
    (void)state;
    assert_int_equal(activate("a0", &first), 0);
    uint32_t account = activation_account(fake.engine, first);
    trade(first, ORDER_BUY, "50000");
    trade(first, ORDER_SELL, "49000"); /* loses 10, and pays 2 */
    struct activation_options manual = options_of("manual");
    manual.bundle = NULL;
    manual.account = &account;
    assert_int_equal(activate_as(&manual, &owner), 0);
    struct activation_options second = options_of("second");
    second.account = &account;
    assert_int_equal(activate_as(&second, &activation), 0);
    assert_true(account_ledger(fake.engine, account)->balance.d.v == dec("9988").v);
    assert_true(account_ledger(fake.engine, account)->fees.d.v == dec("2").v);
    compare();
    stop(first);
    for (int i = 3; i <= options_max(); i++) {
        snprintf(id, sizeof id, "a%d", i);
        assert_int_equal(activate(id, &activation), 0);
    }
    assert_int_equal(activation, first); /* the last got its place, but not its account */
    assert_int_not_equal(activation_account(fake.engine, activation), account);
    assert_true(account_ledger(fake.engine, account)->balance.d.v == dec("9988").v);
    compare();
    snapshot_instead();
}

static void no_order_number_comes_twice_in_a_place(void **state) {
    char id[16];
    uint32_t activation;
    (void)state;
    for (int i = 0; i < options_max(); i++) {
        snprintf(id, sizeof id, "a%d", i);
        assert_int_equal(activate(id, &activation), 0);
    }
    trade(0, ORDER_BUY, "50000");
    engine_deactivate(fake.engine, 0, STOP_CLOSE, "deactivated");
    engine_pump(fake.engine);
    engine_durable(fake.engine, engine_appended(fake.engine));
    struct order_key key = fake.sent[fake.sent_count - 1].key; /* of the core's closing order */
    struct venue_report closing = {.account = 0, .key = key};
    closing.event = fake_fill("50000", "0.01", "1");
    engine_report(fake.engine, &closing);
    engine_pump(fake.engine);
    assert_int_equal(activation_status(fake.engine, 0), ACTIVATION_STOPPED);
    assert_int_equal(activate("next", &activation), 0);
    assert_int_equal(activation, 0);
    /* The venue says it again, late: nothing of it is the new one's. */
    closing.side = ORDER_SELL;
    engine_report(fake.engine, &closing);
    engine_pump(fake.engine);
    assert_true(activation_position(fake.engine, 0, 0, POSITION_NET)->quantity.d.v == 0);
    trade(0, ORDER_BUY, "50000");
    engine_deactivate(fake.engine, 0, STOP_CLOSE, "deactivated");
    engine_pump(fake.engine);
    engine_durable(fake.engine, engine_appended(fake.engine));
    assert_true(fake.sent[fake.sent_count - 1].key.sequence > key.sequence);
    compare();
}

static int refuse_open(void *ctx, const struct activation_open *open, struct err *e) {
    (void)ctx, (void)open;
    return err_set(e, E_QUOTA, "the script is too large");
}

static void what_the_host_refuses_is_over(void **state) {
    struct engine_options options;
    struct engine_ports ports = {
        .host =
            {&fake, fake_instrument, fake_series, fake_bar, refuse_open, count_close, fake_event},
        .venue = {&fake, fake_submit, fake_cancel, fake_amend, fake_leverage, NULL},
        .journal = fake.journal,
    };
    struct err err = {0};
    uint32_t activation;
    char id[16];
    (void)state;
    engine_free(fake.engine);
    engine_options_default(&options);
    kept.count = 0;
    assert_int_equal(engine_new(&fake.engine, &options, &ports, &err), 0);
    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof id, "a%d", i);
        assert_int_equal(activate(id, &activation), E_QUOTA);
        assert_int_equal(activation_status(fake.engine, 0), ACTIVATION_SUSPENDED);
    }
    assert_int_equal(engine_activation_count(fake.engine), 1);
    assert_int_equal(closed, 99);
    compare();
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
    const struct CMUnitTest tests[] = {
        TEST(refused_activations_use_up_nothing),
        TEST(ended_activations_make_room),
        TEST(the_next_one_begins_with_nothing_of_the_last),
        TEST(a_place_that_is_taken_hears_only_its_own_candles),
        TEST(live_things_keep_their_place),
        TEST(a_shared_account_outlives_one_of_its_owners),
        TEST(no_order_number_comes_twice_in_a_place),
        TEST(what_the_host_refuses_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
