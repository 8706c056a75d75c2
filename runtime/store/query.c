#include "store/query_parts.h"

#include "engine/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SQL_MAX 4096
#define VALUES_MAX 16

/* A field is "name" or "mark:name": t a time, b a boolean, e a code's name, p what is pending, d a
 * number as an exact text, j JSON as it is; key is never shown. */
struct list_row {
    const char *fields, *from, *key;
    bool is_key_text, is_ascending;
    bool is_of_order; /* an id must be of an order that is there */
    const char *user, *activation, *strategy, *symbol, *status, *exchange, *id, *timeframe, *time;
};

static const struct list_row lists[QUERY_LIST_COUNT] = {
    [QUERY_ORDERS] =
        {
            .fields =
                "order_id, client_id, user_id, exchange || account_id AS account_id, owner,"
                " exchange, exchange_order_id, symbol, side, order_type, position_side,"
                " reduce_only OR whole_position AS \"b:reduce_only\","
                " post_only AS \"b:post_only\", quantity, NULLIF(price, '0') AS price,"
                " NULLIF(stop_price, '0') AS stop_price, filled_qty,"
                " NULLIF(average_price, '0') AS average_price, status, pending AS \"p:pending\","
                " NULLIF(code, 0) AS \"e:code\", NULLIF(message, '') AS message,"
                " NULLIF(reason, '') AS reason, NULLIF(tag, '') AS tag,"
                " created_ms AS \"t:created_at\", updated_ms AS \"t:updated_at\"",
            .from = "oms_orders",
            .key = "id",
            .user = "user_id",
            .activation = "activation_id",
            .strategy = "strategy",
            .symbol = "symbol",
            .status = "status",
            .exchange = "exchange",
            .id = "order_id",
            .time = "created_ms",
        },
    [QUERY_FILLS] =
        {
            .fields = "fill_id, order_id, user_id, account_id, owner, symbol, side,"
                      " quantity AS filled_qty, price AS fill_price, fee AS commission,"
                      " fee_asset AS commission_asset, liquidity, NULLIF(reason, '') AS reason,"
                      " time_ms AS \"t:timestamp\"",
            .from = "oms_order_fills",
            .key = "id",
            .user = "user_id",
            .activation = "activation_id",
            .symbol = "symbol",
            .id = "order_id",
            .time = "time_ms",
            .is_of_order = true,
        },
    [QUERY_STEPS] =
        {
            .fields = "step, status, pending AS \"p:pending\", filled_qty,"
                      " NULLIF(code, 0) AS \"e:code\", NULLIF(message, '') AS message, who, file,"
                      " NULLIF(line, 0) AS line, time_ms AS \"t:timestamp\"",
            .from = "oms_order_steps",
            .key = "id",
            .is_ascending = true,
            .user = "user_id",
            .id = "order_id",
            .time = "time_ms",
            .is_of_order = true,
        },
    [QUERY_SIGNALS] =
        {
            .fields = "activation_id, symbol, timeframe, NULLIF(side, '') AS side,"
                      " NULLIF(kind, '') AS kind, accepted AS \"b:accepted\","
                      " NULLIF(reason, '') AS reason, price AS \"d:price\", rsi, trend,"
                      " details AS \"j:details\", time_ms AS \"t:timestamp\"",
            .from = "strategy_signals",
            .key = "id",
            .user = "user_id",
            .activation = "activation_id",
            .strategy = "strategy",
            .symbol = "symbol",
            .time = "time_ms",
        },
    [QUERY_LEVELS] =
        {
            .fields = "activation_id, symbol, level AS \"index\", price, side, order_id, status,"
                      " lot_quantity, take_profit_price",
            .from = "grid_levels",
            .key = "activation_id || ':' || printf('%04d', level)",
            .is_key_text = true,
            .is_ascending = true,
            .user = "user_id",
            .activation = "activation_id",
            .symbol = "symbol",
            .status = "status",
        },
    [QUERY_POSITIONS] =
        {
            .fields = "position_id, account_id, owner, symbol, side, quantity,"
                      " NULLIF(entry_price, '0') AS entry_price, realized_pnl, fees,"
                      " NULLIF(opened_ms, 0) AS \"t:opened_at\"",
            .from = "position_positions",
            .key = "position_id",
            .is_key_text = true,
            .is_ascending = true,
            .user = "user_id",
            .activation = "activation_id",
            .symbol = "symbol",
        },
    [QUERY_POSITION_HISTORY] =
        {
            .fields = "position_id, activation_id, symbol, side, quantity,"
                      " NULLIF(entry_price, '0') AS entry_price, closed, opened, price,"
                      " realized_pnl, fee, reason, time_ms AS \"t:timestamp\"",
            .from = "position_history",
            .key = "id",
            .user = "user_id",
            .activation = "activation_id",
            .symbol = "symbol",
            .time = "time_ms",
        },
    [QUERY_ACTIVATIONS] =
        {
            .fields = "activation_id, user_id, account_id, strategy, version, status,"
                      " status_reason, settings AS \"j:settings\", params AS \"j:params\", faults,"
                      " started_ms AS \"t:started_at\", last_event_ms AS \"t:last_event_at\"",
            .from = "strategy_activations",
            .key = "id",
            .user = "user_id",
            .activation = "activation_id",
            .strategy = "strategy",
            .status = "status",
            .time = "started_ms",
        },
    [QUERY_FAULTS] =
        {
            .fields = "activation_id, code, message, file, line, event, time_ms AS \"t:timestamp\"",
            .from = "strategy_faults",
            .key = "id",
            .user = "user_id",
            .activation = "activation_id",
            .time = "time_ms",
        },
    [QUERY_LOGS] =
        {
            .fields = "activation_id, level, is_notice AS \"b:notice\", text, file,"
                      " NULLIF(line, 0) AS line, time_ms AS \"t:timestamp\"",
            .from = "strategy_logs",
            .key = "id",
            .user = "user_id",
            .activation = "activation_id",
            .status = "iif(is_notice, 'notice', 'log')",
            .time = "time_ms",
        },
    [QUERY_CANDLES] =
        {
            .fields = "open_ms AS \"t:time\", open, high, low, close, volume",
            .from = "market_candles",
            .key = "open_ms",
            .symbol = "symbol",
            .exchange = "exchange",
            .timeframe = "timeframe_ms",
            .time = "open_ms",
        },
    [QUERY_SCRIPT_VERSIONS] =
        {
            .fields = "owner, name, hash, author, reason,"
                      " created_ms AS \"t:created_at\"",
            .from = "scripts_versions",
            .key = "id",
            .user = "owner",
            .strategy = "name",
            .id = "hash",
            .time = "created_ms",
        },
    [QUERY_SCRIPT_SOURCES] =
        {
            .fields = "owner, name, hash, author, reason, files AS \"j:files\","
                      " created_ms AS \"t:created_at\"",
            .from = "scripts_versions",
            .key = "id",
            .user = "owner",
            .strategy = "name",
            .id = "hash",
            .time = "created_ms",
        },
    [QUERY_AUDIT] =
        {
            .fields = "who, what, before, after, previous_hash, hash, time_ms AS \"t:timestamp\"",
            .from = "audit_log",
            .key = "id",
            .user = "who",
            .time = "time_ms",
        },
};

/* --- the statement -------------------------------------------------------------------------------
 */

struct statement {
    struct buffer sql;
    char text[SQL_MAX];
    struct database_value values[VALUES_MAX];
    size_t count;
    const char *refused; /* a filter the list does not have */
};

static void condition_add(
    struct statement *s, const char *column, const char *compare, struct database_value value
) {
    s->values[s->count++] = value;
    buffer_appendf(
        &s->sql, "%s %s %s ?%zu", s->count == 1 ? " WHERE" : " AND", column, compare, s->count
    );
}

static void
filter_add(struct statement *s, const char *name, const char *column, const char *text) {
    if (text[0] == '\0') {
        return;
    }
    if (column == NULL) {
        s->refused = name;
        return;
    }
    condition_add(s, column, "=", value_text(text));
}

static int
cursor_add(struct statement *s, const struct list_row *list, const struct query *q, struct err *e) {
    if (q->cursor[0] == '\0') {
        return 0;
    }
    struct database_value value = value_text(q->cursor);
    if (!list->is_key_text) {
        char *end;
        value = value_integer(strtoll(q->cursor, &end, 10));
        if (*end != '\0') {
            return err_set(e, E_ARGUMENT, "the cursor is none of this list");
        }
    }
    condition_add(s, list->key, list->is_ascending ? ">" : "<", value);
    return 0;
}

static int statement_make(
    struct statement *s, const struct list_row *list, const struct query *q, struct err *e
) {
    buffer_init_fixed(&s->sql, s->text, sizeof s->text);
    buffer_appendf(&s->sql, "SELECT %s AS key, %s FROM %s", list->key, list->fields, list->from);
    filter_add(s, "user", list->user, q->user);
    filter_add(s, "activation", list->activation, q->activation);
    filter_add(s, "strategy", list->strategy, q->strategy);
    filter_add(s, "symbol", list->symbol, q->symbol);
    filter_add(s, "status", list->status, q->status);
    filter_add(s, "exchange", list->exchange, q->exchange);
    filter_add(s, "id", list->id, q->id);
    if ((q->from_ms != 0 || q->to_ms != 0) && list->time == NULL) {
        s->refused = "time";
    } else {
        if (q->from_ms != 0) {
            condition_add(s, list->time, ">=", value_integer(q->from_ms));
        }
        if (q->to_ms != 0) {
            condition_add(s, list->time, "<", value_integer(q->to_ms));
        }
    }
    if (q->timeframe_ms != 0 && list->timeframe == NULL) {
        s->refused = "timeframe";
    } else if (q->timeframe_ms != 0) {
        condition_add(s, list->timeframe, "=", value_integer(q->timeframe_ms));
    }
    int code = cursor_add(s, list, q, e);
    if (s->refused != NULL) {
        return err_set(e, E_ARGUMENT, "this list has no filter by %s", s->refused);
    }
    buffer_appendf(
        &s->sql, " ORDER BY %s %s LIMIT %d", list->key, list->is_ascending ? "ASC" : "DESC",
        q->limit + 1
    );
    return code != 0 ? code : s->sql.code;
}

/* --- the answer ----------------------------------------------------------------------------------
 */

void query_time_put(struct json_writer *json, int64_t ms) {
    char text[48];
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, sizeof text - n, ".%03dZ", (int)(ms % 1000));
    json_string(json, text);
}

void query_double_put(struct json_writer *json, double value) {
    struct decimal exact;
    if (decimal_of_double(value, &exact) == 0) {
        json_decimal_text(json, exact);
    } else {
        json_null(json);
    }
}

static void field_put(struct json_writer *json, sqlite3_stmt *rows, int column) {
    const char *name = sqlite3_column_name(rows, column);
    char mark = name[1] == ':' ? name[0] : '\0';
    int type = sqlite3_column_type(rows, column);
    json_key(json, mark != '\0' ? name + 2 : name);
    if (type == SQLITE_NULL) {
        json_null(json);
    } else if (mark == 't') {
        query_time_put(json, row_integer(rows, column));
    } else if (mark == 'b') {
        json_bool(json, row_integer(rows, column) != 0);
    } else if (mark == 'e') {
        json_string(json, err_name((int)row_integer(rows, column)));
    } else if (mark == 'p') {
        const char *pending = order_pending_name((enum order_pending)row_integer(rows, column));
        json_string(json, pending[0] != '\0' ? pending : NULL);
    } else if (mark == 'd') {
        query_double_put(json, sqlite3_column_double(rows, column));
    } else if (mark == 'j') {
        json_raw(json, row_text(rows, column), strlen(row_text(rows, column)));
    } else if (type == SQLITE_INTEGER) {
        json_integer(json, row_integer(rows, column));
    } else if (type == SQLITE_FLOAT) {
        json_double(json, sqlite3_column_double(rows, column));
    } else {
        json_string(json, row_text(rows, column));
    }
}

static void row_put(struct json_writer *json, sqlite3_stmt *rows) {
    json_object(json);
    for (int i = 1; i < sqlite3_column_count(rows); i++) {
        field_put(json, rows, i);
    }
    json_close(json);
}

static int rows_put(
    struct database *database,
    sqlite3_stmt *rows,
    int limit,
    struct json_writer *json,
    struct err *e
) {
    char next[QUERY_TEXT_MAX] = "";
    bool has_more = false;
    int code;
    json_object(json);
    json_key(json, "items");
    json_array(json);
    for (int count = 0; (code = database_next(database, rows, e)) == 1; count++) {
        has_more = count == limit;
        if (has_more) {
            break;
        }
        snprintf(next, sizeof next, "%s", row_text(rows, 0));
        row_put(json, rows);
    }
    json_close(json);
    json_key(json, "next_cursor");
    json_string(json, has_more ? next : NULL);
    json_close(json);
    return code < 0 ? code : 0;
}

static int
one_put(struct database *database, sqlite3_stmt *rows, struct json_writer *json, struct err *e) {
    int code = database_next(database, rows, e);
    if (code == 1) {
        row_put(json, rows);
        return 0;
    }
    return code < 0 ? code : err_set(e, E_NOT_FOUND, "there is none such");
}

/* Others' orders do not exist for who asks. */
static int order_look(struct database *database, const struct query *q, struct err *e) {
    static const char sql[] =
        "SELECT 1 FROM oms_orders WHERE order_id = ?1 AND (?2 = '' OR user_id = ?2)";
    sqlite3_stmt *rows;
    int code =
        database_select(database, sql, VALUES(value_text(q->id), value_text(q->user)), &rows, e);
    if (code != 0) {
        return code;
    }
    code = database_next(database, rows, e);
    database_done(rows);
    if (code == 0) {
        return err_set(e, E_NOT_FOUND, "there is no order %.40s", q->id);
    }
    return code < 0 ? code : 0;
}

static int list_put(
    struct database *database,
    const struct list_row *list,
    const struct query *query,
    struct json_writer *json,
    struct err *e
) {
    struct statement s = {.count = 0};
    sqlite3_stmt *rows;
    int code = statement_make(&s, list, query, e);
    if (code == 0 && list->is_of_order && query->id[0] != '\0') {
        code = order_look(database, query, e);
    }
    code = code != 0 ? code : database_select_once(database, s.text, s.values, s.count, &rows, e);
    if (code != 0) {
        return code;
    }
    code = query->is_one ? one_put(database, rows, json, e)
                         : rows_put(database, rows, query->limit, json, e);
    sqlite3_finalize(rows);
    return code;
}

int query_run(
    struct database *database, const struct query *query, struct buffer *out, struct err *e
) {
    bool is_grouped = query->finest_ms > 0 && query->list == QUERY_CANDLES;
    const struct list_row *list = &lists[query->list];
    if (query->limit < 1 || query->limit > QUERY_LIMIT_MAX) {
        return err_set(e, E_ARGUMENT, "the limit is 1 to %d", QUERY_LIMIT_MAX);
    }
    struct json_writer json;
    size_t before = out->length;
    json_begin(&json, out);
    int code = is_grouped ? query_candles(database, query, &json, e)
                          : list_put(database, list, query, &json, e);
    if (code == 0 && json_end(&json) != 0) {
        code = err_set(e, out->code != 0 ? out->code : E_STATE, "the answer is too long");
    }
    if (code != 0) {
        buffer_truncate(out, before);
    }
    return code;
}
