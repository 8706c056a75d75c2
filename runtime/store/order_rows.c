#include "engine/order_id.h"
#include "store/projection_parts.h"

#include <stdio.h>
#include <string.h>

static const char write_sql[] =
    "INSERT INTO oms_orders (id, order_id, client_id, activation_id, sequence, user_id, account_id,"
    " owner, strategy, exchange, symbol_index, symbol, side, order_type, position_side,"
    " time_in_force, post_only, reduce_only, whole_position, quantity, price, stop_price,"
    " filled_qty, average_price, status, pending, code, message, reason, tag, created_ms,"
    " updated_ms, asked_quantity) VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
    "?13, ?14, ?15,"
    " ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32)"
    " ON CONFLICT (order_id) DO UPDATE SET quantity = ?19, price = ?20, stop_price = ?21,"
    " filled_qty = ?22, average_price = ?23, status = ?24, pending = ?25, code = ?26,"
    " message = ?27, reason = ?28, tag = ?29, updated_ms = ?31, asked_quantity = ?32";

int order_row_write(
    struct projection *p,
    const struct who *who,
    const struct order *o,
    const char *owner,
    struct err *e
) {
    const struct order_request *r = &o->request;
    char id[ORDER_ID_MAX];
    order_id_write(who->id, o->sequence, id);
    return database_run(
        p->database, write_sql,
        VALUES(
            row_id(p), value_text(id), value_text(who->id), value_count(o->sequence),
            value_text(who->user), value_integer(who->account), value_text(owner),
            value_text(who->strategy), value_text(p->options.exchange), value_integer(r->symbol),
            value_text(projection_symbol(p, r->symbol)), value_text(order_side_name(r->side)),
            value_text(order_type_name(r->type)), value_text(position_side_name(r->position_side)),
            value_integer((int64_t)r->time_in_force), value_integer(r->post_only),
            value_integer(r->reduce_only), value_integer(r->is_whole_position),
            value_decimal(r->quantity.d), value_decimal(r->price.d), value_decimal(r->stop.d),
            value_decimal(o->filled.d), value_decimal(o->average.d),
            value_text(order_state_name(o->state)), value_integer((int64_t)o->pending),
            value_integer(o->code), value_text(o->message), value_text(r->reason),
            value_text(r->tag), value_integer(o->created_ms), value_integer(o->updated_ms),
            value_decimal(o->asked.quantity.d)
        ),
        e
    );
}

/* The value of an enum whose name a column holds; `count` when there is none such. */
#define ENUM_OF(text, type, count, name_of)                                                        \
    __extension__({                                                                                \
        int enum_value = 0;                                                                        \
        while (enum_value < (count) && strcmp(name_of((type)enum_value), (text)) != 0) {           \
            enum_value++;                                                                          \
        }                                                                                          \
        enum_value;                                                                                \
    })

enum {
    AT_SYMBOL,
    AT_SIDE,
    AT_TYPE,
    AT_POSITION_SIDE,
    AT_TIF,
    AT_POST_ONLY,
    AT_REDUCE_ONLY,
    AT_WHOLE,
    AT_QUANTITY,
    AT_PRICE,
    AT_STOP,
    AT_FILLED,
    AT_AVERAGE,
    AT_STATUS,
    AT_PENDING,
    AT_CODE,
    AT_MESSAGE,
    AT_REASON,
    AT_TAG,
    AT_CREATED,
    AT_UPDATED,
    AT_ASKED
};

static const char read_sql[] =
    "SELECT symbol_index, side, order_type, position_side, time_in_force, post_only, reduce_only,"
    " whole_position, quantity, price, stop_price, filled_qty, average_price, status, pending,"
    " code, message, reason, tag, created_ms, updated_ms, asked_quantity FROM oms_orders WHERE "
    "order_id = ?1";

static int row_to_order(sqlite3_stmt *rows, struct order *o) {
    struct order_request *r = &o->request;
    int side = ENUM_OF(row_text(rows, AT_SIDE), enum order_side, 2, order_side_name);
    int type = ENUM_OF(row_text(rows, AT_TYPE), enum order_type, 3, order_type_name);
    int held = ENUM_OF(row_text(rows, AT_POSITION_SIDE), enum position_side, 3, position_side_name);
    int state = ENUM_OF(row_text(rows, AT_STATUS), enum order_state, 8, order_state_name);
    int code = side == 2 || type == 3 || held == 3 || state == 8 ? E_DATA : 0;
    r->symbol = (uint16_t)row_integer(rows, AT_SYMBOL);
    r->side = (enum order_side)side;
    r->type = (enum order_type)type;
    r->position_side = (enum position_side)held;
    r->time_in_force = (enum time_in_force)row_integer(rows, AT_TIF);
    r->post_only = row_integer(rows, AT_POST_ONLY) != 0;
    r->reduce_only = row_integer(rows, AT_REDUCE_ONLY) != 0;
    r->is_whole_position = row_integer(rows, AT_WHOLE) != 0;
    code = code != 0 ? code : row_decimal(rows, AT_QUANTITY, &r->quantity.d);
    code = code != 0 ? code : row_decimal(rows, AT_PRICE, &r->price.d);
    code = code != 0 ? code : row_decimal(rows, AT_STOP, &r->stop.d);
    code = code != 0 ? code : row_decimal(rows, AT_FILLED, &o->filled.d);
    code = code != 0 ? code : row_decimal(rows, AT_AVERAGE, &o->average.d);
    code = code != 0 ? code : row_decimal(rows, AT_ASKED, &o->asked.quantity.d);
    o->state = (enum order_state)state;
    o->pending = (enum order_pending)row_integer(rows, AT_PENDING);
    o->code = (int)row_integer(rows, AT_CODE);
    snprintf(o->message, sizeof o->message, "%s", row_text(rows, AT_MESSAGE));
    snprintf(r->reason, sizeof r->reason, "%s", row_text(rows, AT_REASON));
    snprintf(r->tag, sizeof r->tag, "%s", row_text(rows, AT_TAG));
    o->created_ms = row_integer(rows, AT_CREATED);
    o->updated_ms = row_integer(rows, AT_UPDATED);
    return code;
}

int order_row_read(
    struct projection *p,
    const struct who *who,
    uint64_t sequence,
    struct order *o,
    bool *is_there,
    struct err *e
) {
    sqlite3_stmt *rows;
    *o = (struct order){.sequence = sequence};
    order_id_write(who->id, sequence, o->id);
    int code = database_select(p->database, read_sql, VALUES(value_text(o->id)), &rows, e);
    if (code != 0) {
        return code;
    }
    code = database_next(p->database, rows, e);
    *is_there = code == 1;
    if (code == 1) {
        code = row_to_order(rows, o);
        if (code != 0) {
            err_set(e, code, "the row of order %s cannot be read", o->id);
        }
    }
    database_done(rows);
    return code;
}
