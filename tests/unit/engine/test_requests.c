/* Requests of people that are sent twice make one thing, in one process and over crashes: whatever
 * the records up to a moment say, the key is there if and only if what it made is. */
#include "unit/engine/kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define DAY_MS ((int64_t)86400000)

static struct fake fake, again;
static struct kept kept;
static uint32_t owner;

static int world_open(void **state) {
    struct err err = {0};
    (void)state;
    memset(&fake, 0, sizeof fake);
    memset(&again, 0, sizeof again);
    kept.count = 0;
    kept.is_full = false;
    fake.journal = (struct journal_port){&kept, kept_append};
    fake_engine(&fake, NULL, false);
    struct activation_options manual = {.id = "m1", .user = "ann", .currency = "USDT"};
    manual.balance.d = dec("10000");
    assert_int_equal(engine_activate(fake.engine, &manual, &owner, &err), 0);
    return 0;
}

static int world_close(void **state) {
    (void)state;
    engine_free(fake.engine);
    return 0;
}

static struct engine *recovered(uint64_t count) {
    struct venue_port venue = {
        &again, fake_submit, fake_cancel, fake_amend, fake_leverage, NULL,
    };
    return kept_recover(&again, &kept, count, &venue);
}

/* What the records say is what is so, and a snapshot says it, too. */
static void compare(void) {
    struct engine *other = recovered(kept.count);
    assert_true(kept_is_same(fake.engine, other));
    assert_int_equal(engine_request_count(other), engine_request_count(fake.engine));
    engine_free(other);
}

static struct request_key key_of(uint64_t low, uint64_t content, int64_t wall_ms) {
    return (struct request_key){
        .is_given = true,
        .user = 5,
        .high = 9,
        .low = low,
        .content = content,
        .wall_ms = wall_ms,
    };
}

static struct order_request buy(const char *quantity, const char *price) {
    struct order_request request = {.side = ORDER_BUY, .type = ORDER_LIMIT, .reason = "manual"};
    request.quantity.d = dec(quantity);
    request.price.d = dec(price);
    return request;
}

static uint64_t order_once(const struct request_key *key, const char *quantity) {
    struct order_request request = buy(quantity, "49000");
    struct err err = {0};
    uint64_t sequence = 0;
    assert_int_equal(
        engine_order_once(fake.engine, owner, &request, key, "ann", &sequence, &err), 0
    );
    engine_durable(fake.engine, engine_appended(fake.engine));
    engine_pump(fake.engine);
    return sequence;
}

static void report(uint64_t sequence, struct order_event event) {
    struct venue_report said = {.account = 0, .key = {owner, sequence}, .event = event};
    said.event.time_ms = engine_time(fake.engine);
    engine_report(fake.engine, &said);
    engine_pump(fake.engine);
}

static void the_key_survives_with_its_order(void **state) {
    struct request_key key = key_of(1, 70, 1000);
    struct request_view view;
    (void)state;
    uint64_t before = kept.count;
    uint64_t sequence = order_once(&key, "0.01");
    assert_int_equal(kept.count, before + 1); /* one record */
    for (uint64_t count = before; count <= kept.count; count++) {
        struct engine *other = recovered(count);
        bool is_there = engine_request_find(other, &key, &view);
        assert_int_equal(is_there, count > before);
        assert_int_equal(activation_open_orders(other, owner), count > before ? 1 : 0);
        if (is_there) {
            assert_int_equal(view.order->sequence, sequence);
            assert_string_equal(view.order->id, "m1o1");
            assert_int_equal(view.activation, owner);
        }
        engine_free(other);
    }
    compare();
}

static void an_order_that_is_over_is_found_as_it_ended(void **state) {
    struct request_key key = key_of(1, 70, 1000);
    struct request_view view;
    (void)state;
    uint64_t sequence = order_once(&key, "0.01");
    report(sequence, (struct order_event){.kind = ORDER_EVENT_ACCEPTED});
    assert_true(engine_request_find(fake.engine, &key, &view));
    assert_int_equal(view.order->state, ORDER_OPEN);
    report(sequence, fake_fill("49000", "0.01", "0.2"));
    assert_int_equal(activation_open_orders(fake.engine, owner), 0);
    struct engine *other = recovered(kept.count);
    struct engine *both[] = {fake.engine, other};
    for (int i = 0; i < 2; i++) {
        assert_true(engine_request_find(both[i], &key, &view));
        assert_int_equal(view.order->state, ORDER_FILLED);
        assert_true(view.order->filled.d.v == dec("0.01").v);
    }
    engine_free(other);
    compare();
}

static void a_refused_order_keeps_its_refusal(void **state) {
    struct request_key key = key_of(1, 70, 1000);
    struct request_view view;
    (void)state;
    order_once(&key, "1000"); /* far more than the account can carry */
    struct engine *other = recovered(kept.count);
    struct engine *both[] = {fake.engine, other};
    for (int i = 0; i < 2; i++) {
        assert_true(engine_request_find(both[i], &key, &view));
        assert_int_equal(view.order->state, ORDER_REJECTED);
        assert_true(view.order->code < 0);
        assert_true(view.order->message[0] != '\0');
    }
    engine_free(other);
    /* What has come to nothing may be asked for again, and then counts. */
    key.wall_ms = 2000;
    uint64_t sequence = order_once(&key, "0.01");
    assert_true(engine_request_find(fake.engine, &key, &view));
    assert_int_equal(view.order->sequence, sequence);
    assert_int_equal(engine_request_count(fake.engine), 1);
    compare();
}

static void a_key_is_for_one_content_and_one_user(void **state) {
    struct request_key key = key_of(1, 70, 1000);
    struct request_view view;
    struct err err = {0};
    (void)state;
    assert_int_equal(engine_request_check(fake.engine, &key, 1, &err), 0);
    order_once(&key, "0.01");
    assert_int_equal(engine_request_check(fake.engine, &key, 1, &err), 1);
    struct order_request request = buy("0.01", "49000");
    uint64_t sequence;
    assert_int_equal(
        engine_order_once(fake.engine, owner, &request, &key, "ann", &sequence, &err), E_STATE
    );
    assert_int_equal(activation_open_orders(fake.engine, owner), 1);
    struct request_key other = key;
    other.content = 71;
    assert_int_equal(engine_request_check(fake.engine, &other, 1, &err), E_STATE);
    other = key;
    other.user = 6;
    assert_int_equal(engine_request_check(fake.engine, &other, 1, &err), 0);
    other = key;
    other.item = 1; /* another order of the same request */
    assert_int_equal(engine_request_check(fake.engine, &other, 1, &err), 1);
    assert_false(engine_request_find(fake.engine, &other, &view));
    order_once(&other, "0.02");
    assert_true(engine_request_find(fake.engine, &other, &view));
    assert_true(view.order->request.quantity.d.v == dec("0.02").v);
    assert_true(engine_request_find(fake.engine, &key, &view));
    assert_true(view.order->request.quantity.d.v == dec("0.01").v);
    compare();
}

static void a_key_counts_for_a_day(void **state) {
    struct request_key key = key_of(1, 70, 1000);
    struct request_view view;
    struct err err = {0};
    (void)state;
    order_once(&key, "0.01");
    key.wall_ms = 1000 + DAY_MS - 1;
    assert_true(engine_request_find(fake.engine, &key, &view));
    key.wall_ms = 1000 + DAY_MS;
    key.content = 71;
    assert_false(engine_request_find(fake.engine, &key, &view));
    assert_int_equal(engine_request_check(fake.engine, &key, 1, &err), 0);
    order_once(&key, "0.02");
    assert_int_equal(engine_request_count(fake.engine), 1); /* the old one is gone */
    compare();
}

static void too_many_keys_are_refused_and_none_is_forgotten(void **state) {
    struct engine_options options;
    struct err err = {0};
    (void)state;
    engine_options_default(&options);
    struct request_key key = key_of(0, 70, 1000);
    struct order_request request = buy("0.0001", "49000");
    uint64_t sequence;
    for (int i = 0; i < options.requests_of_user_max; i++) {
        key.low = (uint64_t)i;
        engine_set_time(fake.engine, engine_time(fake.engine) + 2000);
        assert_int_equal(
            engine_order_once(fake.engine, owner, &request, &key, "ann", &sequence, &err), 0
        );
    }
    key.low = 1000000;
    assert_int_equal(engine_request_check(fake.engine, &key, 1, &err), E_LIMIT);
    struct request_key first = key_of(0, 70, 1000);
    assert_int_equal(engine_request_check(fake.engine, &first, 1, &err), 1);
    key.user = 6;
    assert_int_equal(engine_request_check(fake.engine, &key, 1, &err), 0);
    assert_int_equal(
        engine_request_check(fake.engine, &key, options.requests_of_user_max + 1, &err), E_LIMIT
    );
    key = key_of(1000000, 70, 1000 + DAY_MS);
    assert_int_equal(engine_request_check(fake.engine, &key, 1, &err), 0);
    compare();
}

/* --- activations
 * ---------------------------------------------------------------------------------- */

static void refuse_start(struct fake *f, const struct event *event, struct done *done) {
    (void)f;
    if (event->kind == EVENT_START) {
        done->fault.code = E_PARAMS;
        snprintf(done->fault.text, sizeof done->fault.text, "levels must be over 0");
    }
}

static int activate_once(const struct request_key *key, const char *id, uint32_t *activation) {
    static const struct script_bundle bundle = {.name = "test", .hash = 1};
    struct activation_options options = {
        .id = id,
        .user = "ann",
        .bundle = &bundle,
        .currency = "USDT",
        .request = key,
    };
    struct err err = {0};
    options.balance.d = dec("10000");
    int code = engine_activate(fake.engine, &options, activation, &err);
    engine_pump(fake.engine);
    return code;
}

static void an_activation_is_found_by_its_key(void **state) {
    struct request_key key = key_of(1, 70, 1000);
    struct request_key second = key_of(2, 70, 1000);
    struct request_view view;
    uint32_t activation;
    (void)state;
    uint64_t before = kept.count;
    assert_int_equal(activate_once(&key, "a1", &activation), 0);
    assert_int_equal(activate_once(&key, "a9", &activation), E_STATE);
    fake.handle = refuse_start;
    assert_int_equal(activate_once(&second, "a2", &activation), 0);
    for (uint64_t count = before; count <= kept.count; count++) {
        struct engine *other = recovered(count);
        bool has_it = engine_activation_count(other) > 1;
        assert_int_equal(engine_request_find(other, &key, &view), has_it);
        if (has_it) {
            assert_string_equal(view.activation_id, "a1");
            assert_null(view.order);
            assert_int_equal(view.code, 0);
        }
        engine_free(other);
    }
    struct engine *other = recovered(kept.count);
    struct engine *both[] = {fake.engine, other};
    for (int i = 0; i < 2; i++) {
        assert_true(engine_request_find(both[i], &second, &view));
        assert_int_equal(view.activation, activation);
        assert_int_equal(view.code, E_PARAMS);
        assert_string_equal(view.message, "levels must be over 0");
    }
    engine_free(other);
    compare();
    /* Its place goes to another; what became of it is known all the same. */
    fake.handle = NULL;
    uint32_t third;
    assert_int_equal(activate_once(NULL, "a3", &third), 0);
    assert_int_equal(third, activation);
    assert_true(engine_request_find(fake.engine, &second, &view));
    assert_int_equal(view.activation, NO_ACTIVATION);
    assert_string_equal(view.activation_id, "a2");
    assert_int_equal(view.code, E_PARAMS);
    compare();
}

/* --- all written anew
 * ------------------------------------------------------------------------------ */

static void a_hole_in_the_journal_loses_no_key(void **state) {
    struct request_key keys[3] = {key_of(1, 70, 1000), key_of(2, 70, 1100), key_of(3, 70, 1200)};
    struct request_view view;
    (void)state;
    order_once(&keys[0], "0.01");
    kept.is_full = true;
    order_once(&keys[1], "0.02"); /* refused: it cannot be written */
    kept.is_full = false;
    engine_journal_restored(fake.engine);
    order_once(&keys[2], "0.03");
    struct engine *other = recovered(kept.count);
    for (int i = 0; i < 3; i++) {
        assert_true(engine_request_find(other, &keys[i], &view));
        assert_int_equal(view.order->state, i == 1 ? ORDER_REJECTED : ORDER_NEW);
    }
    assert_int_equal(view.order->code, 0);
    engine_free(other);
    compare();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_key_survives_with_its_order, world_open, world_close),
        cmocka_unit_test_setup_teardown(
            an_order_that_is_over_is_found_as_it_ended, world_open, world_close
        ),
        cmocka_unit_test_setup_teardown(a_refused_order_keeps_its_refusal, world_open, world_close),
        cmocka_unit_test_setup_teardown(
            a_key_is_for_one_content_and_one_user, world_open, world_close
        ),
        cmocka_unit_test_setup_teardown(a_key_counts_for_a_day, world_open, world_close),
        cmocka_unit_test_setup_teardown(
            too_many_keys_are_refused_and_none_is_forgotten, world_open, world_close
        ),
        cmocka_unit_test_setup_teardown(an_activation_is_found_by_its_key, world_open, world_close),
        cmocka_unit_test_setup_teardown(
            a_hole_in_the_journal_loses_no_key, world_open, world_close
        ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
