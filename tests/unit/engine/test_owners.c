/* Many accounts and many owners of one: the sums over an account's owners, after a description of
 * all anew too, and the venue's answers in the order of accounts. */
#include "unit/engine/kept.h"

#include "engine/paper.h"
#include "engine/player.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define OWNERS 5

static struct fake fake;
static struct kept kept;

static uint32_t owner_add(const char *id, const uint32_t *account) {
    struct activation_options options = {.id = id, .currency = "USDT", .account = account};
    struct err err = {0};
    uint32_t activation;
    options.balance.d = dec("10000");
    assert_int_equal(engine_activate(fake.engine, &options, &activation, &err), 0);
    return activation;
}

static void fill(uint32_t account, uint32_t owner, const char *quantity) {
    struct order_request request = {.side = ORDER_BUY, .type = ORDER_MARKET};
    struct err err = {0};
    uint64_t sequence = 0;
    request.quantity.d = dec(quantity);
    snprintf(request.reason, sizeof request.reason, "test");
    engine_set_time(fake.engine, engine_time(fake.engine) + 60000);
    engine_price(fake.engine, 0, (struct price){dec("50000")});
    assert_int_equal(engine_order(fake.engine, owner, &request, "me", &sequence, &err), 0);
    engine_durable(fake.engine, engine_appended(fake.engine));
    struct venue_report report = {.account = account, .key = {owner, sequence}};
    report.event = fake_fill("50000", quantity, "0");
    engine_report(fake.engine, &report);
}

static void setup_engine(void) {
    memset(&fake, 0, sizeof fake);
    memset(&kept, 0, sizeof kept);
    fake.journal = (struct journal_port){&kept, kept_append};
    fake_engine(&fake, NULL, false);
}

static void position_is(const struct engine *e, uint32_t account, const char *quantity) {
    struct position sum;
    assert_int_equal(account_position(e, account, 0, POSITION_NET, &sum), 0);
    assert_true(sum.quantity.d.v == dec(quantity).v);
}

static void sums_are(const struct engine *e) {
    struct money free, other;
    position_is(e, 0, "0.015");
    position_is(e, 1, "0.1");
    assert_int_equal(account_free(e, 0, &free), 0);
    assert_int_equal(account_free(e, 1, &other), 0);
    assert_true(free.d.v == dec("9250").v); /* 10000 − 0.015 × 50000 */
    assert_true(other.d.v == dec("5000").v);
}

static void snapshot_keep(void *ctx, const char *bytes, size_t length) {
    assert_true(kept_append(ctx, bytes, length) > 0);
}

/* Owners of two accounts in turns: 0 has 0 and 2 to 5, 1 has 1. */
static void test_sums_over_owners(void **state) {
    static struct fake again;
    static const char *const ids[OWNERS] = {"o0", "o2", "o3", "o4", "o5"};
    static const char *const quantities[OWNERS] = {"0.001", "0.002", "0.003", "0.004", "0.005"};
    const uint32_t account = 0;
    (void)state;
    setup_engine();
    uint32_t owners[OWNERS] = {owner_add(ids[0], NULL)};
    uint32_t other = owner_add("o1", NULL);
    for (int i = 1; i < OWNERS; i++) {
        owners[i] = owner_add(ids[i], &account);
    }
    for (int i = 0; i < OWNERS; i++) {
        fill(0, owners[i], quantities[i]);
    }
    fill(1, other, "0.1");
    sums_are(fake.engine);

    /* All of it told again behind the records: no owner is counted twice, and none is lost. */
    int position = 0;
    while (engine_snapshot(fake.engine, &position, 2, snapshot_keep, &kept)) {
    }
    struct venue_port venue = {&again, fake_submit, fake_cancel, fake_amend, fake_leverage, NULL};
    struct engine *e = kept_recover(&again, &kept, kept.count, &venue);
    engine_price(e, 0, (struct price){dec("50000")});
    sums_are(e);
    assert_true(kept_is_same(fake.engine, e));
    engine_free(e);
    engine_free(fake.engine);
}

static void submit(const struct venue_port *port, uint32_t account) {
    struct order order = {.request = {.side = ORDER_BUY, .type = ORDER_LIMIT}};
    struct err err = {0};
    order.request.quantity.d = dec("0.001");
    order.request.price.d = dec("40000");
    struct order_key key = {account, 7};
    assert_int_equal(port->submit(port->ctx, account, key, &order, &err), 0);
}

static void test_answers_by_account(void **state) {
    static const uint32_t asked[] = {129, 64, 3, 63, 0};
    static const uint32_t sorted[] = {0, 3, 63, 64, 129};
    struct match_costs costs = {0};
    struct instrument btc = fake_btc();
    struct venue_report report;
    struct paper *paper;
    struct err err = {0};
    (void)state;
    assert_int_equal(paper_new(&paper, 130, 8, &costs, &err), 0);
    for (int i = 0; i < 130; i++) {
        struct money balance = {dec("10000")};
        assert_int_equal(paper_open_account(paper, (uint32_t)i, &btc, 1, balance, false, &err), 0);
    }
    struct venue_port port = paper_port(paper);
    assert_false(paper_has_answers(paper));
    assert_false(paper_answer(paper, &report));
    for (size_t i = 0; i < 5; i++) {
        submit(&port, asked[i]);
    }
    for (size_t i = 0; i < 5; i++) {
        assert_true(paper_has_answers(paper));
        assert_true(paper_answer(paper, &report));
        assert_int_equal(report.account, sorted[i]);
        assert_int_equal(report.key.activation, sorted[i]);
    }
    assert_false(paper_answer(paper, &report));
    assert_false(paper_has_answers(paper));

    /* One before the last that answered, while another waits. */
    assert_int_equal(port.cancel(port.ctx, 129, (struct order_key){129, 7}, &err), 0);
    assert_int_equal(port.cancel(port.ctx, 64, (struct order_key){64, 7}, &err), 0);
    assert_true(paper_answer(paper, &report));
    assert_int_equal(report.account, 64);
    assert_int_equal(port.cancel(port.ctx, 3, (struct order_key){3, 7}, &err), 0);
    assert_true(paper_answer(paper, &report));
    assert_int_equal(report.account, 3);
    assert_true(paper_answer(paper, &report));
    assert_int_equal(report.account, 129);
    assert_false(paper_answer(paper, &report));
    paper_free(paper);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums_over_owners),
        cmocka_unit_test(test_answers_by_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
