/* follow: a projection that follows the journal of the fixture, and its rows against the engine. */
#pragma once

#include "store/projection.h"
#include "tables_fixture.h"

static struct tables t;

struct following {
    struct database *database;
    struct projection *projection;
};

static inline void follow_open(struct following *w, const char *path) {
    struct projection_options options = {&t.f.m->disk, FOLDER, "paper"};
    struct err err = {0};
    if (database_open(&w->database, path, &err) != 0 ||
        projection_open(&w->projection, w->database, &options, &err) != 0) {
        fail_msg("%s", err.msg);
    }
}

static inline void follow_close(struct following *w) {
    projection_close(w->projection);
    database_close(w->database);
}

static inline void follow_all(struct following *w, int step) {
    struct err err = {0};
    bool is_behind;
    do {
        if (projection_step(w->projection, journal_durable(t.f.journal), step, &is_behind, &err)) {
            fail_msg("%s", err.msg);
        }
    } while (is_behind);
    assert_int_equal(projection_cursor(w->projection), journal_durable(t.f.journal));
    struct projection_figures figures;
    projection_figures(w->projection, &figures);
    assert_int_equal(figures.oddities, 0);
}

/* --- against the engine --------------------------------------------------------------------------
 */

static inline void order_compare(struct database *database, const struct order *o) {
    char sql[256], text[256], d[5][DECIMAL_TEXT_MAX];
    decimal_format(o->request.quantity.d, d[0]);
    decimal_format(o->request.price.d, d[1]);
    decimal_format(o->filled.d, d[2]);
    decimal_format(o->average.d, d[3]);
    snprintf(
        text, sizeof text, "%s %s %s %s %s %s %d", o->id, d[0], d[1], d[2], d[3],
        order_state_name(o->state), (int)o->pending
    );
    snprintf(
        sql, sizeof sql,
        "SELECT order_id || ' ' || quantity || ' ' || price || ' ' || filled_qty || ' ' ||"
        " average_price || ' ' || status || ' ' || pending FROM oms_orders WHERE order_id = '%s'",
        o->id
    );
    assert_string_equal(tables_ask(database, sql), text);
}

static void
position_compare(struct database *database, const char *owner, const struct record_position *p) {
    char sql[256], text[256], d[4][DECIMAL_TEXT_MAX];
    decimal_format(p->position.quantity.d, d[0]);
    decimal_format(p->position.entry.d, d[1]);
    decimal_format(p->position.realized.d, d[2]);
    decimal_format(p->position.fees.d, d[3]);
    snprintf(text, sizeof text, "%s %s %s %s", d[0], d[1], d[2], d[3]);
    snprintf(
        sql, sizeof sql,
        "SELECT quantity || ' ' || entry_price || ' ' || realized_pnl || ' ' || fees"
        " FROM position_positions WHERE activation_id = '%s'",
        owner
    );
    assert_string_equal(tables_ask(database, sql), text);
}

static inline void engine_record_compare(void *ctx, const char *bytes, size_t length) {
    static char block[1 << 18];
    struct database *database = ctx;
    struct arena arena;
    struct record record;
    struct err err = {0};
    arena_init(&arena, block, sizeof block);
    assert_int_equal(record_decode(bytes, length, &arena, &record, &err), 0);
    char sql[256];
    if (record.kind == RECORD_ACCOUNT && record.u.account.outside_count > 0) {
        position_compare(database, "account0", &record.u.account.outside[0]);
    }
    if (record.kind != RECORD_ACTIVATION) {
        return;
    }
    const struct record_activation *a = &record.u.opened;
    for (int i = 0; i < a->order_count; i++) {
        order_compare(database, a->orders[i]);
    }
    snprintf(
        sql, sizeof sql,
        "SELECT count(*) FROM oms_orders WHERE activation_id = '%s' AND status IN"
        " ('new', 'open', 'partially_filled', 'unknown') AND message NOT LIKE 'how it ended was%%'",
        a->id
    );
    assert_int_equal(tables_count(database, sql), a->order_count);
    for (int i = 0; i < a->position_count; i++) {
        position_compare(database, a->id, &a->positions[i]);
    }
    snprintf(
        sql, sizeof sql, "SELECT status FROM strategy_activations WHERE activation_id = '%s'", a->id
    );
    assert_string_equal(tables_ask(database, sql), activation_status_name(a->status));
}

static inline void engine_compare(struct database *database) {
    int position = 0;
    while (engine_snapshot(t.fake.engine, &position, 3, engine_record_compare, database)) {
    }
    /* The engine tells nobody of what others do on the account. */
    assert_int_equal(
        tables_count(
            database, "SELECT count(*) FROM oms_order_fills WHERE activation_id NOT GLOB 'account*'"
        ),
        t.fake.fills
    );
}
