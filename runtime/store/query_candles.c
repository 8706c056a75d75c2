/* query_candles: bars of a longer timeframe out of the finest ones, the newest first. */
#include "store/query_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct grouped {                       /* exact */
    int64_t open_ms, first_ms, end_ms; /* of the bar, and of what is known of it */
    struct decimal open, high, low, close;
    double volume;
};

static const char sql[] =
    "SELECT open_ms, open, high, low, close, volume FROM market_candles WHERE exchange = ?1"
    " AND symbol = ?2 AND timeframe_ms = ?3 AND open_ms < ?4 ORDER BY open_ms DESC";

static int row_add(struct grouped *g, sqlite3_stmt *rows, const struct query *q, bool is_last) {
    struct decimal high, low, close;
    int64_t open_ms = row_integer(rows, 0);
    int code = row_decimal(rows, 1, &g->open);
    code = code != 0 ? code : row_decimal(rows, 2, &high);
    code = code != 0 ? code : row_decimal(rows, 3, &low);
    code = code != 0 ? code : row_decimal(rows, 4, &close);
    if (is_last) {
        *g = (struct grouped){
            .open_ms = open_ms - open_ms % q->timeframe_ms, /* days and less begin so, in UTC */
            .end_ms = open_ms + q->finest_ms,
            .open = g->open,
            .high = high,
            .low = low,
            .close = close,
        };
    }
    g->first_ms = open_ms;
    g->high = decimal_max(g->high, high);
    g->low = decimal_min(g->low, low);
    g->volume += sqlite3_column_double(rows, 5);
    return code;
}

static void figure_put(struct json_writer *json, const char *name, struct decimal value) {
    json_key(json, name);
    json_decimal_text(json, value);
}

static void bar_put(struct json_writer *json, const struct query *q, const struct grouped *g) {
    json_object(json);
    json_key(json, "open_time");
    query_time_put(json, g->open_ms);
    figure_put(json, "open", g->open);
    figure_put(json, "high", g->high);
    figure_put(json, "low", g->low);
    figure_put(json, "close", g->close);
    json_key(json, "volume");
    query_double_put(json, g->volume);
    json_key(json, "closed");
    json_bool(json, g->end_ms >= g->open_ms + q->timeframe_ms);
    json_close(json);
}

struct bars {
    struct json_writer *json;
    const struct query *query;
    struct grouped bar;
    bool has_bar, has_more;
    int count;
    int64_t last_ms; /* of the last that was put */
};

/* The one that was gathered is whole; what begins in its middle is none. */
static void bar_end(struct bars *b) {
    bool is_cut = b->bar.first_ms > b->bar.open_ms;
    if (!b->has_bar || is_cut || b->has_more) {
        return;
    }
    b->has_more = b->count == b->query->limit;
    if (!b->has_more) {
        bar_put(b->json, b->query, &b->bar);
        b->last_ms = b->bar.open_ms;
        b->count++;
    }
}

static int bars_put(struct database *database, sqlite3_stmt *rows, struct bars *b, struct err *e) {
    int code;
    while (!b->has_more && (code = database_next(database, rows, e)) == 1) {
        bool is_next = !b->has_bar || row_integer(rows, 0) < b->bar.open_ms;
        if (is_next) {
            bar_end(b);
        }
        if (row_add(&b->bar, rows, b->query, is_next) != 0) {
            return err_set(e, E_DATA, "a candle cannot be read");
        }
        b->has_bar = true;
    }
    if (!b->has_more && code == 0) {
        bar_end(b);
    }
    return !b->has_more && code < 0 ? code : 0;
}

int query_candles(
    struct database *database, const struct query *q, struct json_writer *json, struct err *e
) {
    char *end = NULL, next[24];
    int64_t before_ms = q->cursor[0] != '\0' ? strtoll(q->cursor, &end, 10) : INT64_MAX;
    sqlite3_stmt *rows;
    if (end != NULL && *end != '\0') {
        return err_set(e, E_ARGUMENT, "the cursor is none of this list");
    }
    int code = database_select_once(
        database, sql,
        VALUES(
            value_text(q->exchange), value_text(q->symbol), value_integer(q->finest_ms),
            value_integer(before_ms)
        ),
        &rows, e
    );
    if (code != 0) {
        return code;
    }
    struct bars b = {.json = json, .query = q};
    json_object(json);
    json_key(json, "items");
    json_array(json);
    code = bars_put(database, rows, &b, e);
    sqlite3_finalize(rows);
    json_close(json);
    json_key(json, "next_cursor");
    snprintf(next, sizeof next, "%" PRId64, b.last_ms);
    json_string(json, b.has_more ? next : NULL);
    json_close(json);
    return code;
}
