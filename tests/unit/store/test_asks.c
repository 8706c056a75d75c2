/* What is asked of the tables and when it is answered: behind which record, how late, for whom; a
 * database without room; rows of every kind of switch and fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <semaphore.h>

#include "follow.h"
#include "store/store.h"

static struct store *store;

static struct {
    int count, code;
    char msg[512], body[1 << 16];
} heard;

static sem_t woken;

static void on_store_wake(void *ctx) {
    (void)ctx;
    sem_post(&woken);
}

static void on_answer(void *ctx, const struct store_answer *answer) {
    (void)ctx;
    heard.count++;
    heard.code = answer->code;
    snprintf(heard.msg, sizeof heard.msg, "%s", answer->err->msg);
    snprintf(heard.body, sizeof heard.body, "%s", answer->body);
}

static void begin(uint64_t seed, bool is_threaded) {
    struct store_options options;
    struct err err = {0};
    tables_init(&t, seed);
    for (int i = 0; i < 40; i++) {
        tables_play(&t);
    }
    memset(&heard, 0, sizeof heard);
    store_options_default(&options);
    options.database_path = t.path;
    options.folder = FOLDER;
    options.disk = &t.f.m->disk;
    options.is_threaded = is_threaded;
    options.wake = on_store_wake;
    sem_init(&woken, 0, 0);
    assert_int_equal(store_open(&store, &options, &err), 0);
}

static void end(void) {
    store_close(store);
    sem_destroy(&woken);
    tables_free(&t);
}

static void ask(const struct query *query) {
    struct err err = {0};
    heard.count = 0;
    assert_int_equal(store_ask(store, query, on_answer, NULL, &err), 0);
}

static void turn(void) {
    store_step(store);
    store_poll(store);
}

/* An answer has what was asked for in it: not before that is durable, and at once when it is. */
static void an_answer_waits_for_its_record(void **state) {
    (void)state;
    begin(1, false);
    uint64_t last = journal_durable(t.f.journal);
    struct query query = {.list = QUERY_ORDERS, .limit = 1, .behind = last, .wait_ns = SECOND};
    store_durable(store, last - 1);
    ask(&query);
    turn();
    assert_int_equal(heard.count, 0);
    store_durable(store, last);
    turn();
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.code, 0);
    /* Too long: it is told, and counted. */
    query.behind = last + 1;
    ask(&query);
    turn();
    assert_int_equal(heard.count, 0);
    t.f.m->now_ns += SECOND;
    turn();
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.code, E_BUSY);
    struct store_figures figures;
    store_figures(store, &figures);
    assert_int_equal(figures.answered, 2);
    assert_int_equal(figures.late, 1);
    assert_int_equal(figures.waiting, 0);
    assert_true(figures.bytes > 4096);
    /* The end answers what waits. */
    query.wait_ns = 0;
    ask(&query);
    turn();
    assert_int_equal(heard.count, 0);
    end();
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.code, E_INTERRUPTED);
}

/* With the thread: what becomes durable wakes it. */
static void the_thread_waits_for_its_record(void **state) {
    (void)state;
    begin(2, true);
    uint64_t last = journal_durable(t.f.journal);
    store_durable(store, last - 5);
    struct query query = {.list = QUERY_STEPS, .limit = 1, .behind = last};
    ask(&query);
    for (uint64_t i = 5; i-- > 0;) {
        store_poll(store);
        assert_int_equal(heard.count, 0);
        store_durable(store, last - i);
    }
    while (heard.count == 0) {
        sem_wait(&woken);
        store_poll(store);
    }
    assert_int_equal(heard.code, 0);
    end();
}

static int late(void *ctx) {
    int64_t *looks = ctx;
    return ++*looks >= 100;
}

static struct disk slow;

/* Somebody asks while the tables are being read for. */
static int64_t read_and_ask(void *ctx, int file, void *bytes, size_t size, uint64_t offset) {
    if (heard.count < 0) {
        struct query query = {.list = QUERY_STEPS, .limit = 1, .behind = 1};
        ask(&query);
    }
    return t.f.m->disk.read(ctx, file, bytes, size, offset);
}

/* Tables that are far behind do not keep who asks waiting until they have caught up. */
static void catching_up_is_interrupted(void **state) {
    (void)state;
    struct store_figures figures;
    struct store_options options;
    struct err err = {0};
    tables_init(&t, 7);
    for (int i = 0; i < 200; i++) {
        tables_play(&t);
    }
    memset(&heard, 0, sizeof heard);
    slow = t.f.m->disk;
    slow.read = read_and_ask;
    store_options_default(&options);
    options.database_path = t.path;
    options.folder = FOLDER;
    options.disk = &slow;
    options.is_threaded = false;
    assert_int_equal(store_open(&store, &options, &err), 0);
    uint64_t last = journal_durable(t.f.journal);
    assert_true(last > 1200);
    store_durable(store, last);
    heard.count = -1;
    store_step(store);
    store_figures(store, &figures);
    assert_int_equal(figures.applied, 500);
    turn();
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.code, 0);
    store_figures(store, &figures);
    assert_int_equal(figures.applied, last);
    store_close(store);
    tables_free(&t);
}

/* A statement that runs too long is ended. */
static void a_long_statement_is_ended(void **state) {
    (void)state;
    struct following f;
    struct err err = {0};
    sqlite3_stmt *rows;
    int64_t looks = 0;
    tables_init(&t, 3);
    follow_open(&f, t.path);
    static const char sql[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                              " SELECT max(i) FROM n";
    database_watch(f.database, late, &looks);
    assert_int_equal(database_select_once(f.database, sql, NULL, 0, &rows, &err), 0);
    assert_int_equal(database_next(f.database, rows, &err), E_BUSY);
    sqlite3_finalize(rows);
    assert_int_equal(looks, 100);
    database_watch(f.database, NULL, NULL);
    assert_int_equal(tables_count(f.database, "SELECT 7"), 7);
    follow_close(&f);
    tables_free(&t);
}

/* One order and its things; of another user it is not there. */
static void others_orders_are_not_there(void **state) {
    (void)state;
    begin(4, false);
    store_durable(store, journal_durable(t.f.journal));
    struct query one = {.list = QUERY_ORDERS, .limit = 1, .is_one = true};
    ask(&one);
    turn();
    assert_int_equal(heard.code, 0);
    assert_int_equal(strncmp(heard.body, "{\"order_id\":\"", 13), 0);
    sscanf(heard.body + 13, "%90[^\"]", one.id);
    const char *user = strstr(heard.body, "\"user_id\":\"");
    assert_non_null(user);
    sscanf(user + 11, "%90[^\"]", one.user);
    for (int list = QUERY_ORDERS; list <= QUERY_STEPS; list++) {
        one.list = (enum query_list)list;
        one.is_one = list == QUERY_ORDERS;
        ask(&one);
        turn();
        assert_int_equal(heard.code, 0);
        struct query other = one;
        snprintf(other.user, sizeof other.user, "mallory");
        ask(&other);
        turn();
        assert_int_equal(heard.code, E_NOT_FOUND);
        other = one;
        snprintf(other.id, sizeof other.id, "nothing");
        ask(&other);
        turn();
        assert_int_equal(heard.code, E_NOT_FOUND);
    }
    end();
}

/* No room for the database: nothing of the step is in it, and it goes on when there is room. */
static void a_full_database_waits(void **state) {
    (void)state;
    struct following f;
    struct err err = {0};
    bool is_behind;
    tables_init(&t, 5);
    follow_open(&f, t.path);
    assert_true(tables_count(f.database, "PRAGMA max_page_count = 60") == 60);
    for (int i = 0; i < 80; i++) {
        tables_play(&t);
    }
    uint64_t durable = journal_durable(t.f.journal);
    int code;
    do {
        code = projection_step(f.projection, durable, 50, &is_behind, &err);
    } while (code == 0 && is_behind);
    assert_int_equal(code, E_IO);
    assert_true(strstr(err.msg, "full") != NULL);
    uint64_t applied = projection_cursor(f.projection);
    assert_true(applied > 0 && applied < durable);
    assert_int_equal(tables_count(f.database, "SELECT sequence FROM store_cursors"), (long)applied);
    assert_true(tables_count(f.database, "PRAGMA max_page_count = 100000") > 60);
    follow_all(&f, 50);
    engine_compare(f.database);
    follow_close(&f);
    tables_free(&t);
}

static void record_put(const struct record *record) {
    char bytes[512];
    size_t length = record_encode(record, bytes, sizeof bytes);
    assert_true(length > 0 && tables_append(&t, bytes, length) > 0);
}

static void halts_and_faults_have_rows(void **state) {
    (void)state;
    struct following f;
    tables_init(&t, 6);
    struct record halt = {.kind = RECORD_HALT, .activation = UINT32_MAX, .now_ms = 5};
    halt.u.halt.account = 3;
    halt.u.halt.is_on = true;
    halt.u.halt.which = LOSS_DAILY;
    halt.u.halt.user = "ann";
    halt.u.halt.value = decimal_of_int(512);
    halt.u.halt.limit = decimal_of_int(500);
    halt.u.halt.who = "core";
    record_put(&halt);
    struct record fault = {.kind = RECORD_FAULT, .activation = 0, .now_ms = 6};
    fault.u.fault.kind = EVENT_CANDLE;
    fault.u.fault.is_counted = true;
    fault.u.fault.fault.code = E_DEADLINE;
    snprintf(fault.u.fault.fault.text, sizeof fault.u.fault.fault.text, "a.lua:7: too long");
    snprintf(fault.u.fault.fault.file, sizeof fault.u.fault.fault.file, "a.lua");
    fault.u.fault.fault.line = 7;
    record_put(&fault);
    fault.u.fault.is_counted = false;
    record_put(&fault);
    follow_open(&f, t.path);
    follow_all(&f, 50);
    assert_string_equal(
        tables_ask(
            f.database, "SELECT kind || scope || target || is_on || who || reason || time_ms"
                        " FROM oms_switches"
        ),
        "daily_lossaccount31coredaily_loss: 512 >= 5005"
    );
    assert_string_equal(
        tables_ask(
            f.database, "SELECT code || ' ' || message || ' ' || file || line || event || time_ms"
                        " FROM strategy_faults"
        ),
        "deadline_exceeded a.lua:7: too long a.lua7candle6"
    );
    assert_int_equal(tables_count(f.database, "SELECT count(*) FROM strategy_faults"), 2);
    assert_int_equal(tables_count(f.database, "SELECT faults FROM strategy_activations"), 1);
    halt.u.halt.is_on = false;
    record_put(&halt);
    follow_all(&f, 50);
    assert_int_equal(tables_count(f.database, "SELECT is_on FROM oms_switches"), 0);
    follow_close(&f);
    tables_free(&t);
}

static void activation_put(const char *id, uint64_t order_first) {
    struct record record = {.kind = RECORD_ACTIVATION, .activation = 1, .now_ms = 7};
    record.u.opened = (struct record_activation){
        .activation = 1,
        .user = "bob",
        .script_name = "test",
        .reason = "",
        .currency = "USDT",
        .account = 1,
        .opens_account = true,
        .order_first = order_first,
    };
    snprintf(record.u.opened.id, sizeof record.u.opened.id, "%s", id);
    record_put(&record);
}

static void fill_put(uint32_t activation, uint64_t sequence) {
    struct record record = {.kind = RECORD_REPORT, .activation = activation, .now_ms = 8};
    record.u.report = (struct venue_report){
        .account = 1,
        .key = {activation, sequence},
        .event = fake_fill("50000", "0.01", "0"),
        .side = ORDER_BUY,
    };
    record_put(&record);
}

/* A place that goes to another: what comes late for the one before is not the new one's, also after
 * a restart, and the account begins without what others had on the one of its number. */
static void a_place_that_goes_to_another(void **state) {
    (void)state;
    struct following f;
    static const char held[] = "SELECT group_concat(position_id || ' ' || quantity, ', ')"
                               " FROM (SELECT * FROM position_positions ORDER BY position_id)";
    tables_init(&t, 8);
    follow_open(&f, t.path);
    activation_put("first", 0);
    fill_put(NO_ACTIVATION, 0);
    follow_all(&f, 50);
    assert_string_equal(tables_ask(f.database, held), "account1:BTC-USDT-SWAP:net 0.01");
    activation_put("second", 5);
    fill_put(1, 5);
    follow_all(&f, 50);
    assert_string_equal(tables_ask(f.database, held), "account1:BTC-USDT-SWAP:net 0.01");
    follow_close(&f);
    follow_open(&f, t.path);
    fill_put(1, 4);
    fill_put(1, 6);
    follow_all(&f, 50);
    assert_string_equal(
        tables_ask(f.database, held),
        "account1:BTC-USDT-SWAP:net 0.02, second:BTC-USDT-SWAP:net 0.01"
    );
    follow_close(&f);
    tables_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_waits_for_its_record),
        cmocka_unit_test(the_thread_waits_for_its_record),
        cmocka_unit_test(catching_up_is_interrupted),
        cmocka_unit_test(a_long_statement_is_ended),
        cmocka_unit_test(others_orders_are_not_there),
        cmocka_unit_test(a_full_database_waits),
        cmocka_unit_test(halts_and_faults_have_rows),
        cmocka_unit_test(a_place_that_goes_to_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
