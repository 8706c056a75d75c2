/* The store's thread: lists with their pages and filters, a database that is away, snapshots by
 * messages, the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <semaphore.h>

#include "store/snapshot.h"
#include "store/store.h"
#include "tables_fixture.h"

static struct tables t;
static struct store *store;

struct heard {
    int count, code;
    char msg[512];
    char body[1 << 20];
};

static struct heard heard;

static sem_t woken;

static void on_store_wake(void *ctx) {
    (void)ctx;
    sem_post(&woken);
}

static int64_t utc_ns(void *ctx) {
    (void)ctx;
    return SECOND * 1700000000;
}

static void on_answer(void *ctx, const struct store_answer *answer) {
    struct heard *h = ctx;
    h->count++;
    h->code = answer->code;
    snprintf(h->msg, sizeof h->msg, "%s", answer->err->msg);
    assert_true(answer->length < sizeof h->body);
    memcpy(h->body, answer->body, answer->length + 1);
}

static void store_begin(const char *path, bool is_threaded) {
    struct store_options options;
    struct err err = {0};
    store_options_default(&options);
    options.database_path = path;
    options.folder = FOLDER;
    options.disk = &t.f.m->disk;
    options.requests_max = 4;
    options.is_threaded = is_threaded;
    options.utc_ns = utc_ns;
    options.wake = on_store_wake;
    assert_int_equal(store_open(&store, &options, &err), 0);
    memset(&heard, 0, sizeof heard);
}

static int ask(const struct query *query) {
    struct err err = {0};
    heard.count = 0;
    int code = store_ask(store, query, on_answer, &heard, &err);
    if (code != 0) {
        return code;
    }
    store_durable(store, journal_durable(t.f.journal));
    store_step(store);
    store_poll(store);
    assert_int_equal(heard.count, 1);
    return heard.code;
}

static int items(void) {
    int count = 0;
    for (const char *p = heard.body; (p = strstr(p, "},{")) != NULL; p += 2) {
        count++;
    }
    return count + (strstr(heard.body, "[{") != NULL ? 1 : 0);
}

static bool next_cursor(char cursor[QUERY_TEXT_MAX]) {
    const char *p = strstr(heard.body, "\"next_cursor\":\"");
    cursor[0] = '\0';
    if (p != NULL) {
        sscanf(p + 15, "%90[^\"]", cursor);
    }
    return p != NULL;
}

static void play(uint64_t seed) {
    tables_init(&t, seed);
    for (int i = 0; i < 60; i++) {
        tables_play(&t);
    }
}

static void every_list_answers(void **state) {
    (void)state;
    static const char *const fields[QUERY_LIST_COUNT] = {
        [QUERY_ORDERS] = "\"reduce_only\":false",
        [QUERY_FILLS] = "\"liquidity\":\"taker\"",
        [QUERY_STEPS] = "\"step\":\"recorded\",\"status\":\"new\",\"pending\":\"new\","
                        "\"filled_qty\":\"0\",\"code\":null",
        [QUERY_SIGNALS] = "\"details\":{\"rsi\":28.5,\"trend\":-1},\"timestamp\":\"2023-11-14T",
        [QUERY_LEVELS] = NULL, /* no grid here */
        [QUERY_POSITIONS] = "\"realized_pnl\":\"",
        [QUERY_POSITION_HISTORY] = "\"closed\":\"",
        [QUERY_ACTIVATIONS] = "\"params\":{",
        [QUERY_FAULTS] = NULL,
        [QUERY_LOGS] = "\"level\":\"warn\",\"notice\":true,\"text\":\"look\"",
        [QUERY_CANDLES] = "\"time\":\"2023-11-14T22:59:00.000Z\",\"open\":\"",
        [QUERY_SCRIPT_VERSIONS] = "\"hash\":\"0000000000000001\",\"author\":\"system\"",
        [QUERY_SCRIPT_SOURCES] = "\"files\":[",
        [QUERY_AUDIT] = "\"previous_hash\":\"\"",
    };
    play(1);
    engine_record_audit(t.fake.engine, "admin", "kill", "", "on");
    store_begin(t.path, false);
    for (int i = 0; i < QUERY_LIST_COUNT; i++) {
        struct query query = {.list = (enum query_list)i, .limit = 100};
        assert_int_equal(ask(&query), 0);
        assert_int_equal(strncmp(heard.body, "{\"items\":[", 10), 0);
        if (fields[i] != NULL && strstr(heard.body, fields[i]) == NULL) {
            fail_msg("list %d: no %s in %.600s", i, fields[i], heard.body);
        }
    }
    store_close(store);
    tables_free(&t);
}

static void pages_hold_everything_once(void **state) {
    (void)state;
    play(2);
    store_begin(t.path, false);
    struct query query = {.list = QUERY_ORDERS, .limit = 1000};
    int all = 0, paged = 0;
    do {
        assert_int_equal(ask(&query), 0);
        all += items();
    } while (next_cursor(query.cursor));
    assert_true(all > 1000);
    query.limit = 77;
    do {
        assert_int_equal(ask(&query), 0);
        assert_true(items() > 0 && items() <= 77);
        paged += items();
        /* What is added meanwhile moves nothing. */
        tables_play(&t);
    } while (next_cursor(query.cursor));
    assert_int_equal(paged, all);
    store_close(store);
    tables_free(&t);
}

static void filters_filter(void **state) {
    (void)state;
    play(3);
    store_begin(t.path, false);
    struct query query = {.list = QUERY_ORDERS, .limit = 1000};
    assert_int_equal(ask(&query), 0);
    int all = items();
    snprintf(query.status, sizeof query.status, "filled");
    assert_int_equal(ask(&query), 0);
    int filled = items();
    assert_true(filled > 0 && filled < all);
    snprintf(query.user, sizeof query.user, "nobody' OR '1'='1");
    assert_int_equal(ask(&query), 0);
    assert_string_equal(heard.body, "{\"items\":[],\"next_cursor\":null}");
    query = (struct query){.list = QUERY_CANDLES, .limit = 1000, .timeframe_ms = 60000};
    query.from_ms = HOUR + 10 * 60000;
    query.to_ms = HOUR + 15 * 60000;
    assert_int_equal(ask(&query), 0);
    assert_int_equal(items(), 5);
    query.timeframe_ms = 1;
    assert_int_equal(ask(&query), 0);
    assert_int_equal(items(), 0);
    store_close(store);
    tables_free(&t);
}

static void what_cannot_be_asked_is_told(void **state) {
    (void)state;
    play(4);
    store_begin(t.path, false);
    struct query query = {.list = QUERY_ORDERS, .limit = 0};
    assert_int_equal(ask(&query), E_ARGUMENT);
    query.limit = QUERY_LIMIT_MAX + 1;
    assert_int_equal(ask(&query), E_ARGUMENT);
    query.limit = 1;
    snprintf(query.cursor, sizeof query.cursor, "12; DROP TABLE oms_orders");
    assert_int_equal(ask(&query), E_ARGUMENT);
    query = (struct query){.list = QUERY_AUDIT, .limit = 1, .symbol = "BTC"};
    assert_int_equal(ask(&query), E_ARGUMENT);
    assert_true(strstr(heard.msg, "no filter by symbol") != NULL);
    query = (struct query){.list = QUERY_ORDERS, .limit = 1};
    struct err err;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(store_ask(store, &query, on_answer, &heard, &err), 0);
    }
    assert_int_equal(store_ask(store, &query, on_answer, &heard, &err), E_LIMIT);
    heard.count = 0;
    store_close(store); /* answers those that wait */
    assert_int_equal(heard.count, 4);
    assert_int_equal(heard.code, E_INTERRUPTED);
    tables_free(&t);
}

/* Locked by another, then free again: the cursor waits and catches up; the journal goes on. */
static void a_locked_database_costs_delay_only(void **state) {
    (void)state;
    struct store_figures figures;
    struct database *other;
    struct err err = {0};
    play(5);
    store_begin(t.path, false);
    struct query query = {.list = QUERY_FILLS, .limit = 1000};
    assert_int_equal(ask(&query), 0);
    assert_int_equal(items(), t.fake.fills);
    assert_int_equal(database_open(&other, t.path, &err), 0);
    assert_int_equal(database_begin(other, &err), 0);
    for (int i = 0; i < 30; i++) {
        tables_play(&t);
    }
    assert_int_equal(ask(&query), E_IO);
    assert_true(strstr(heard.msg, "locked") != NULL);
    store_figures(store, &figures);
    assert_false(figures.is_up);
    assert_int_equal(figures.failures, 1);
    assert_true(figures.applied < figures.durable);
    database_rollback(other);
    /* Not before its time. */
    assert_int_equal(ask(&query), E_IO);
    t.f.m->now_ns += SECOND;
    assert_int_equal(ask(&query), 0);
    assert_int_equal(items(), t.fake.fills);
    store_figures(store, &figures);
    assert_true(figures.is_up);
    assert_int_equal(figures.applied, figures.durable);
    assert_int_equal(figures.oddities, 0);
    database_close(other);
    store_close(store);
    tables_free(&t);
}

static void a_database_that_cannot_be_opened(void **state) {
    (void)state;
    struct store_figures figures;
    play(6);
    store_begin("/nowhere/at/all.db", false);
    struct query query = {.list = QUERY_FILLS, .limit = 10};
    assert_int_equal(ask(&query), E_IO);
    store_figures(store, &figures);
    assert_false(figures.is_up);
    assert_true(strstr(figures.reason, "/nowhere/at/all.db") != NULL);
    assert_int_equal(figures.archived, 0);
    store_close(store);
    tables_free(&t);
}

static void tables_of_a_cut_journal_are_written_anew(void **state) {
    (void)state;
    struct store_figures figures;
    play(7);
    store_begin(t.path, false);
    struct query query = {.list = QUERY_FILLS, .limit = 1000};
    assert_int_equal(ask(&query), 0);
    store_close(store);
    store_begin(t.path, false);
    /* Nothing is thrown away before the end of the journal is known. */
    store_step(store);
    store_figures(store, &figures);
    assert_int_equal(figures.rebuilds, 0);
    uint64_t cut = journal_durable(t.f.journal) / 2;
    store_durable(store, cut);
    store_step(store);
    store_figures(store, &figures);
    assert_int_equal(figures.rebuilds, 1);
    assert_int_equal(figures.applied, cut);
    assert_true(figures.is_up);
    store_close(store);
    tables_free(&t);
}

static int slice_count(void *ctx, const char *bytes, size_t length, struct err *e) {
    (void)bytes;
    (void)e;
    *(size_t *)ctx += length;
    return 0;
}

static void snapshots_by_messages(void **state) {
    (void)state;
    struct err err = {0};
    struct snapshot_report report;
    size_t bytes = 0;
    play(8);
    store_begin(t.path, false);
    uint64_t last = journal_durable(t.f.journal);
    store_durable(store, last);
    assert_int_equal(store_snapshot_begin(store, last, &err), 0);
    assert_int_equal(store_snapshot_slice(store, "slice", 5, &err), 0);
    assert_int_equal(store_snapshot_commit(store, on_answer, &heard, &err), 0);
    store_step(store);
    store_poll(store);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.code, 0);
    assert_int_equal(snapshot_read(&t.f.m->disk, FOLDER, &bytes, slice_count, &report, &err), 0);
    assert_int_equal(report.sequence, last);
    assert_int_equal(bytes, 5);
    /* Not of what is not durable, and a failure in the middle is told at the end. */
    assert_int_equal(store_snapshot_begin(store, last + 1, &err), 0);
    assert_int_equal(store_snapshot_slice(store, "slice", 5, &err), 0);
    assert_int_equal(store_snapshot_commit(store, on_answer, &heard, &err), 0);
    store_step(store);
    store_poll(store);
    assert_int_equal(heard.code, E_STATE);
    memory_fail(t.f.m, CALL_WRITE, 2, -ENOSPC);
    assert_int_equal(store_snapshot_begin(store, last, &err), 0);
    assert_int_equal(store_snapshot_slice(store, "slice", 5, &err), 0);
    assert_int_equal(store_snapshot_commit(store, on_answer, &heard, &err), 0);
    store_step(store);
    store_poll(store);
    assert_int_equal(heard.code, E_IO);
    assert_true(strstr(heard.msg, "No space left") != NULL);
    store_close(store);
    tables_free(&t);
}

/* With its thread: the answer comes, and the end waits for nobody. */
static void the_thread_answers(void **state) {
    (void)state;
    struct err err = {0};
    play(9);
    sem_init(&woken, 0, 0);
    store_begin(t.path, true);
    store_durable(store, journal_durable(t.f.journal));
    struct query query = {.list = QUERY_FILLS, .limit = 1000};
    assert_int_equal(store_ask(store, &query, on_answer, &heard, &err), 0);
    while (heard.count == 0) {
        sem_wait(&woken);
        store_poll(store);
    }
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.code, 0);
    assert_int_equal(items(), t.fake.fills);
    store_close(store);
    tables_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_list_answers),
        cmocka_unit_test(pages_hold_everything_once),
        cmocka_unit_test(filters_filter),
        cmocka_unit_test(what_cannot_be_asked_is_told),
        cmocka_unit_test(a_locked_database_costs_delay_only),
        cmocka_unit_test(a_database_that_cannot_be_opened),
        cmocka_unit_test(tables_of_a_cut_journal_are_written_anew),
        cmocka_unit_test(snapshots_by_messages),
        cmocka_unit_test(the_thread_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
