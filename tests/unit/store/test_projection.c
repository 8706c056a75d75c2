/* The tables say what the engine says: after every minute of a script that asks at random, however
 * often the writing is interrupted, and when they are written anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/archive.h"
#include "store/state_text.h"
#include "follow.h"

#define MINUTES 120

static void tables_say_what_the_engine_says(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct following w;
        tables_init(&t, seed);
        follow_open(&w, t.path);
        for (int i = 0; i < MINUTES; i++) {
            tables_play(&t);
            follow_all(&w, 1 + i % 9);
            engine_compare(w.database);
            if (i % 10 == 9) {
                follow_close(&w);
                follow_open(&w, t.path);
            }
        }
        assert_true(t.fake.fills > 10);
        assert_true(tables_count(w.database, "SELECT count(*) FROM hyperrsi_signals") == 0);
        assert_true(tables_count(w.database, "SELECT count(*) FROM strategy_signals") > 5);
        assert_int_equal(tables_count(w.database, "SELECT count(*) FROM market_candles"), MINUTES);
        assert_int_equal(tables_count(w.database, "SELECT count(*) FROM scripts_versions"), 1);
        assert_string_equal(
            tables_ask(w.database, "SELECT rsi || ' ' || trend FROM strategy_signals"), "28.5 -1.0"
        );
        assert_true(
            tables_count(w.database, "SELECT json_extract(state, '$.n') FROM strategy_state") >= 4
        );
        follow_close(&w);
        tables_free(&t);
    }
}

/* --- what people and venues say ------------------------------------------------------------------
 */

static struct following bare;
static uint32_t owner;

static void hear(
    uint32_t activation,
    uint64_t sequence,
    struct order_event event,
    uint64_t id,
    const char *reason
) {
    struct venue_report report = {
        .key = {activation, sequence},
        .event = event,
        .fill_id = id,
        .side = ORDER_BUY,
        .reason = reason,
    };
    /* Of what reduces, the other side. */
    if (reason != NULL && strcmp(reason, "liquidation") == 0) {
        report.side = ORDER_SELL;
    }
    engine_report(t.fake.engine, &report);
    follow_all(&bare, 10);
    engine_compare(bare.database);
}

static uint64_t people_ask(const char *quantity) {
    struct order_request request = {.side = ORDER_BUY, .type = ORDER_LIMIT};
    struct err err = {0};
    uint64_t sequence;
    request.quantity.d = dec(quantity);
    request.price.d = dec("49000");
    snprintf(request.reason, sizeof request.reason, "manual");
    assert_int_equal(engine_order(t.fake.engine, owner, &request, "ann", &sequence, &err), 0);
    follow_all(&bare, 10);
    engine_compare(bare.database);
    return sequence;
}

static void bare_open(void) {
    uint32_t account = 0;
    struct err err = {0};
    tables_init_bare(&t, 11);
    struct price last = {dec("50000")};
    engine_price(t.fake.engine, 0, last);
    struct activation_options manual = {
        .id = "m1", .user = "ann", .account = &account, .currency = "USDT"};
    assert_int_equal(engine_activate(t.fake.engine, &manual, &owner, &err), 0);
    follow_open(&bare, t.path);
}

static void orders_of_people_and_words_of_venues(void **state) {
    (void)state;
    struct order_event accepted = {.kind = ORDER_EVENT_ACCEPTED};
    struct order_event refused = {.kind = ORDER_EVENT_CANCEL_REFUSED, .code = E_NOT_OPEN};
    struct order_event canceled = {.kind = ORDER_EVENT_CANCELED};
    struct order_event amended = {.kind = ORDER_EVENT_AMENDED};
    struct err err = {0};
    amended.price.d = dec("48000");
    amended.quantity.d = dec("0.02");
    bare_open();
    uint64_t first = people_ask("0.05");
    hear(owner, first, accepted, 0, NULL);
    hear(owner, first, fake_fill("49000", "0.02", "1"), 71, NULL);
    hear(owner, first, fake_fill("49000", "0.02", "1"), 71, NULL); /* twice */
    assert_int_equal(engine_cancel(t.fake.engine, owner, first, "ann", &err), 0);
    hear(owner, first, refused, 0, NULL); /* it has ended, and how is not known */
    assert_string_equal(tables_ask(bare.database, "SELECT status FROM oms_orders"), "unknown");
    hear(owner, first, fake_fill("49000", "0.04", "1"), 72, NULL); /* more than was left */
    assert_string_equal(tables_ask(bare.database, "SELECT filled_qty FROM oms_orders"), "0.06");
    hear(owner, first, fake_fill("49000", "0.01", "1"), 73, NULL); /* after its end */
    uint64_t second = people_ask("0.03");
    hear(owner, second, amended, 0, NULL); /* before it was accepted */
    hear(owner, second, canceled, 0, NULL);
    hear(owner, second, fake_fill("48000", "0.01", "0"), 74, NULL); /* late */
    hear(owner, second, canceled, 0, NULL);
    hear(owner, 0, fake_fill("50000", "0.01", "0"), 0, "adl");
    (void)people_ask("1000"); /* refused */
    assert_string_equal(
        tables_ask(bare.database, "SELECT status FROM oms_orders ORDER BY id DESC"), "rejected"
    );
    hear(NO_ACTIVATION, 0, fake_fill("50000", "0.5", "2"), 75, NULL); /* others on the account */
    hear(NO_ACTIVATION, 0, fake_fill("45000", "0.3", "3"), 76, "liquidation"); /* ours and theirs */
    assert_int_equal(
        tables_count(
            bare.database, "SELECT count(*) FROM position_positions WHERE owner = 'outside'"
        ),
        1
    );
    assert_string_equal(
        tables_ask(bare.database, "SELECT quantity FROM position_positions WHERE owner = 'manual'"),
        "0"
    );
    follow_close(&bare);
    tables_free(&t);
}

static void switches_faults_and_settings_have_rows(void **state) {
    (void)state;
    struct err err = {0};
    bare_open();
    (void)people_ask("0.05");
    assert_int_equal(
        engine_kill(t.fake.engine, KILL_USER, "ann", false, "admin", "too wild", &err), 0
    );
    follow_all(&bare, 10);
    engine_compare(bare.database);
    assert_string_equal(
        tables_ask(
            bare.database,
            "SELECT scope || ' ' || target || ' ' || is_on || ' ' || who || ' ' || reason"
            " FROM oms_switches"
        ),
        "user ann 1 admin too wild"
    );
    assert_int_equal(engine_unkill(t.fake.engine, KILL_USER, "ann", "admin", &err), 0);
    follow_all(&bare, 10);
    assert_int_equal(tables_count(bare.database, "SELECT is_on FROM oms_switches"), 0);
    assert_int_equal(
        tables_count(bare.database, "SELECT count(*) FROM oms_order_steps WHERE step = 'cancel'"), 1
    );
    engine_pause(t.fake.engine, 0);
    follow_all(&bare, 10);
    engine_compare(bare.database);
    follow_close(&bare);
    tables_free(&t);
}

/* --- interrupted ---------------------------------------------------------------------------------
 */

static void written_anew_they_are_the_same(void **state) {
    (void)state;
    struct following w, again;
    struct buffer first, second;
    struct err err = {0};
    bool is_behind;
    int failures = 0;
    tables_init(&t, 7);
    follow_open(&w, t.path);
    for (int i = 0; i < 60; i++) {
        tables_play(&t);
        /* Reading fails in the middle of a transaction, then it goes on. */
        memory_fail(t.f.m, CALL_READ, 1, -EIO);
        int code = projection_step(w.projection, journal_durable(t.f.journal), 5, &is_behind, &err);
        assert_true(code == 0 || code == E_IO);
        failures += code != 0;
        memory_heal(t.f.m);
        if (i % 7 == 0) {
            follow_close(&w);
            follow_open(&w, t.path);
        }
    }
    assert_true(failures > 5);
    follow_all(&w, 100);
    tables_dump(w.database, &first);
    follow_open(&again, ":memory:");
    follow_all(&again, 3);
    tables_dump(again.database, &second);
    assert_string_equal(first.data, second.data);
    buffer_free(&second);
    /* Emptied and written once more. */
    assert_int_equal(projection_reset(w.projection, &err), 0);
    assert_int_equal(projection_cursor(w.projection), 0);
    follow_all(&w, 1000);
    tables_dump(w.database, &second);
    assert_string_equal(first.data, second.data);
    buffer_free(&first);
    buffer_free(&second);
    follow_close(&again);
    follow_close(&w);
    tables_free(&t);
}

static void tables_of_another_journal_are_refused(void **state) {
    (void)state;
    struct following w;
    struct err err = {0};
    bool is_behind;
    tables_init(&t, 8);
    follow_open(&w, t.path);
    for (int i = 0; i < 10; i++) {
        tables_play(&t);
    }
    follow_all(&w, 100);
    uint64_t last = journal_last(t.f.journal);
    follow_close(&w);
    follow_open(&w, t.path);
    assert_int_equal(projection_step(w.projection, last - 1, 5, &is_behind, &err), E_STATE);
    follow_close(&w);
    tables_free(&t);
}

/* --- the oldest records are gone -----------------------------------------------------------------
 */

static void snapshot_slice(void *ctx, const char *bytes, size_t length) {
    assert_int_equal(snapshot_write(ctx, bytes, length, &t.f.e), 0);
}

static void snapshot_take_now(void) {
    struct snapshot_writer *w;
    int position = 0;
    assert_int_equal(
        snapshot_begin(&w, &t.f.m->disk, FOLDER, journal_durable(t.f.journal), &t.f.e), 0
    );
    while (engine_snapshot(t.fake.engine, &position, 3, snapshot_slice, w)) {
    }
    assert_int_equal(snapshot_commit(w, &t.f.e), 0);
}

static void a_snapshot_stands_for_what_is_gone(void **state) {
    (void)state;
    struct archive_keep keep = {.segments = 0};
    struct archive_report report;
    struct following w;
    tables_init(&t, 9);
    for (int i = 0; i < 150; i++) {
        tables_play(&t);
    }
    snapshot_take_now();
    for (int i = 0; i < 30; i++) {
        tables_play(&t);
    }
    snapshot_take_now();
    for (int i = 0; i < 30; i++) {
        tables_play(&t);
    }
    assert_int_equal(
        journal_archive(
            &t.f.m->disk, FOLDER, journal_last(t.f.journal), &keep, SECOND, &report, &t.f.e
        ),
        0
    );
    assert_true(report.deleted > 0);
    follow_open(&w, t.path);
    follow_all(&w, 50);
    t.fake.fills = (int)tables_count(w.database, "SELECT count(*) FROM oms_order_fills");
    engine_compare(w.database);
    /* And it goes on. */
    for (int i = 0; i < 20; i++) {
        tables_play(&t);
        follow_all(&w, 50);
        engine_compare(w.database);
    }
    follow_close(&w);
    tables_free(&t);
}

/* --- the smaller parts ---------------------------------------------------------------------------
 */

static void the_audit_log_is_a_chain(void **state) {
    (void)state;
    struct following w;
    tables_init(&t, 10);
    for (int i = 0; i < 5; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        engine_record_audit(t.fake.engine, "admin", "config.set", text, "x");
    }
    follow_open(&w, t.path);
    follow_all(&w, 50);
    assert_int_equal(tables_count(w.database, "SELECT count(*) FROM audit_log"), 5);
    assert_int_equal(
        tables_count(
            w.database, "SELECT count(*) FROM audit_log a JOIN audit_log b"
                        " ON b.previous_hash = a.hash AND b.id > a.id AND length(a.hash) = 64"
        ),
        4
    );
    follow_close(&w);
    tables_free(&t);
}

static void databases_that_cannot_be_used(void **state) {
    (void)state;
    struct database *database;
    struct err err = {0};
    char folder[] = "/tmp/test_database_XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.db", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++) {
        fputs("this is no database ", file);
    }
    fclose(file);
    assert_int_equal(database_open(&database, path, &err), E_DATA);
    assert_true(strstr(err.msg, path) != NULL);
    unlink(path);
    assert_int_equal(database_open(&database, "/nowhere/at/all.db", &err), E_IO);
    assert_int_equal(database_open(&database, path, &err), 0);
    assert_int_equal(database_run(database, "PRAGMA user_version = 99", NULL, 0, &err), 0);
    database_close(database);
    assert_int_equal(database_open(&database, path, &err), E_VERSION);
    unlink(path);
    rmdir(folder);
}

static void states_as_text(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *text; /* NULL: refused */
    } cases[] = {
        {"\1\6\0", 3, "{}"},
        {"\1\6\1\5\1a\2", 7, "{\"a\":true}"},
        {"\1\7\3\3\2\3\1\1", 8, "[1,-1,false]"},
        {"\1\6\1\3\6\5\2hi", 9, "{\"3\":\"hi\"}"},
        {"\1\4\0\0\0\0\0\0\xf8\x3f", 10, "1.5"},
        {"\2\6\0", 3, NULL},
        {"\1\6\1", 3, NULL},
        {"\1\7\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 12, NULL},
        {"\1\5\x20hi", 5, NULL},
        {"\1\6\0x", 4, NULL},
        {"", 0, NULL},
    };
    struct buffer out;
    buffer_init(&out, 4096);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buffer_clear(&out);
        int code = state_text(cases[i].bytes, cases[i].length, &out);
        assert_int_equal(code, cases[i].text != NULL ? 0 : E_DATA);
        assert_string_equal(out.data, cases[i].text != NULL ? cases[i].text : "");
    }
    char deep[64];
    memset(deep, 7, sizeof deep);
    deep[0] = 1;
    for (size_t i = 2; i < sizeof deep; i += 2) {
        deep[i] = 1;
    }
    buffer_clear(&out);
    assert_int_equal(state_text(deep, sizeof deep, &out), E_DATA);
    buffer_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_say_what_the_engine_says),
        cmocka_unit_test(orders_of_people_and_words_of_venues),
        cmocka_unit_test(switches_faults_and_settings_have_rows),
        cmocka_unit_test(written_anew_they_are_the_same),
        cmocka_unit_test(tables_of_another_journal_are_refused),
        cmocka_unit_test(a_snapshot_stands_for_what_is_gone),
        cmocka_unit_test(the_audit_log_is_a_chain),
        cmocka_unit_test(databases_that_cannot_be_used),
        cmocka_unit_test(states_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
