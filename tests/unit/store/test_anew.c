/* The journal had no room for a while, and all that is so was written anew behind the hole: the
 * tables say it, too, and count it whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "follow.h"

static struct following w;

static void minutes(int count) {
    for (int i = 0; i < count; i++) {
        tables_play(&t);
    }
}

static void kill_user(const char *user, bool is_on) {
    struct err err = {0};
    int code = is_on ? engine_kill(t.fake.engine, KILL_USER, user, false, "admin", "why", &err)
                     : engine_unkill(t.fake.engine, KILL_USER, user, "admin", &err);
    assert_true(code == 0 || code == E_IO);
}

/* One that the engine does not have (any more). */
static void halt_put(void) {
    struct record record = {.kind = RECORD_HALT, .activation = UINT32_MAX};
    char bytes[256];
    record.u.halt.account = 7;
    record.u.halt.user = "";
    record.u.halt.currency = "USDT";
    record.u.halt.is_on = true;
    record.u.halt.who = "core";
    size_t length = record_encode(&record, bytes, sizeof bytes);
    assert_true(tables_append(&t, bytes, length) > 0);
}

/* A hole of some minutes, with fills in it, a switch set and one taken back. */
static void hole_begin(void) {
    tables_init(&t, 21);
    kill_user("bob", true);
    kill_user("eve", true);
    minutes(40);
    halt_put();
    t.is_full = true;
    kill_user("bob", false);
    kill_user("joe", true);
    minutes(20);
    assert_true(engine_journal_is_down(t.fake.engine));
    t.is_full = false;
}

static void step_to(uint64_t durable) {
    struct err err = {0};
    bool is_behind;
    do {
        if (projection_step(w.projection, durable, 3, &is_behind, &err) != 0) {
            fail_msg("%s", err.msg);
        }
    } while (is_behind);
}

static void fills_as_counted(void) {
    /* Those in the hole are in the positions only. */
    int rows = (int)tables_count(w.database, "SELECT count(*) FROM oms_order_fills");
    assert_true(rows < t.fake.fills);
    t.fake.fills = rows;
}

static void what_is_written_anew_is_in_the_rows(void **state) {
    (void)state;
    hole_begin();
    follow_open(&w, t.path);
    engine_journal_restored(t.fake.engine);
    follow_all(&w, 5);
    fills_as_counted();
    engine_compare(w.database);
    assert_string_equal(
        tables_ask(w.database, "SELECT is_on || who FROM oms_switches WHERE target = 'eve'"),
        "1admin"
    );
    assert_int_equal(
        tables_count(w.database, "SELECT is_on FROM oms_switches WHERE target = 'bob'"), 0
    );
    assert_int_equal(
        tables_count(w.database, "SELECT is_on FROM oms_switches WHERE target = 'joe'"), 1
    );
    assert_string_equal(
        tables_ask(w.database, "SELECT is_on || who FROM oms_switches WHERE target = '7'"), "0core"
    );
    assert_true(
        tables_count(
            w.database, "SELECT count(*) FROM oms_orders WHERE message LIKE 'how it ended was not%'"
        ) > 0
    );
    for (int i = 0; i < 10; i++) { /* and it goes on */
        minutes(1);
        follow_all(&w, 5);
    }
    follow_close(&w);
    tables_free(&t);
}

/* Wherever the writing is cut the rows are those of before; a second set over the first changes
 * nothing; and so it is when they are written from the beginning. */
static void a_set_counts_whole_and_twice_is_once(void **state) {
    (void)state;
    struct buffer before, cut, once, twice;
    hole_begin();
    follow_open(&w, t.path);
    uint64_t hole = journal_durable(t.f.journal);
    step_to(hole);
    tables_dump(w.database, &before);
    engine_journal_restored(t.fake.engine);
    uint64_t last = journal_durable(t.f.journal);
    assert_true(last > hole + 4);
    for (uint64_t durable = hole + 1; durable < last; durable++) {
        step_to(durable);
        assert_int_equal(projection_cursor(w.projection), hole);
        tables_dump(w.database, &cut);
        assert_string_equal(cut.data, before.data);
        buffer_free(&cut);
        if (durable % 2 == 0) {
            follow_close(&w);
            follow_open(&w, t.path);
        }
    }
    buffer_free(&before);
    step_to(last);
    assert_int_equal(projection_cursor(w.projection), last);
    tables_dump(w.database, &once);
    /* The same hole again, without anything in it. */
    t.is_full = true;
    engine_record_audit(t.fake.engine, "admin", "lost", "", "");
    t.is_full = false;
    engine_journal_restored(t.fake.engine);
    step_to(journal_durable(t.f.journal));
    assert_true(projection_cursor(w.projection) > last);
    struct following again;
    follow_open(&again, ":memory:");
    follow_all(&again, 7);
    struct database *both[] = {w.database, again.database};
    for (int i = 0; i < 2; i++) {
        tables_dump(both[i], &twice);
        /* Behind the first line, which is the cursor's. */
        assert_string_equal(strchr(twice.data, '\n'), strchr(once.data, '\n'));
        buffer_free(&twice);
    }
    buffer_free(&once);
    follow_close(&again);
    follow_close(&w);
    tables_free(&t);
}

/* A set that was cut by a crash, and the mark that says so: what follows counts. */
static void what_was_begun_and_not_ended_is_passed_over(void **state) {
    (void)state;
    struct record record = {.kind = RECORD_ANEW, .activation = UINT32_MAX};
    char bytes[256];
    hole_begin();
    follow_open(&w, t.path);
    step_to(journal_durable(t.f.journal));
    long rows = tables_count(w.database, "SELECT count(*) FROM oms_switches");
    record.u.anew.count = 3;
    size_t length = record_encode(&record, bytes, sizeof bytes);
    assert_true(tables_append(&t, bytes, length) > 0);
    record = (struct record){.kind = RECORD_KILL, .activation = UINT32_MAX};
    record.u.kill.scope = KILL_USER;
    record.u.kill.id = "never";
    record.u.kill.is_on = true;
    length = record_encode(&record, bytes, sizeof bytes);
    assert_true(tables_append(&t, bytes, length) > 0);
    step_to(journal_durable(t.f.journal));
    assert_int_equal(tables_count(w.database, "SELECT count(*) FROM oms_switches"), rows);
    record = (struct record){.kind = RECORD_ANEW, .activation = UINT32_MAX};
    length = record_encode(&record, bytes, sizeof bytes);
    assert_true(tables_append(&t, bytes, length) > 0);
    step_to(journal_durable(t.f.journal));
    assert_int_equal(projection_cursor(w.projection), journal_durable(t.f.journal));
    assert_int_equal(tables_count(w.database, "SELECT count(*) FROM oms_switches"), rows);
    follow_close(&w);
    follow_open(&w, t.path); /* the place is found again */
    engine_journal_restored(t.fake.engine);
    step_to(journal_durable(t.f.journal));
    fills_as_counted();
    engine_compare(w.database);
    follow_close(&w);
    tables_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_anew_is_in_the_rows),
        cmocka_unit_test(a_set_counts_whole_and_twice_is_once),
        cmocka_unit_test(what_was_begun_and_not_ended_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
