#include "store/projection_parts.h"

#include <stdio.h>

#define POSITION_ID_MAX 96

static void position_name(
    const struct projection *p,
    const struct who *who,
    uint16_t symbol,
    enum position_side side,
    char id[POSITION_ID_MAX]
) {
    snprintf(
        id, POSITION_ID_MAX, "%s:%s:%s", who->id, projection_symbol(p, symbol),
        position_side_name(side)
    );
}

static const char write_sql[] =
    "INSERT INTO position_positions (position_id, activation_id, user_id, account_id, owner,"
    " symbol, side, quantity, entry_price, realized_pnl, fees, opened_ms, updated_ms)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
    " ON CONFLICT (position_id) DO UPDATE SET quantity = ?8, entry_price = ?9, realized_pnl = ?10,"
    " fees = ?11, opened_ms = ?12, updated_ms = ?13";

int position_write(
    struct projection *p,
    const struct who *who,
    uint16_t symbol,
    enum position_side side,
    const struct position *position,
    int64_t time_ms,
    struct err *e
) {
    char id[POSITION_ID_MAX];
    position_name(p, who, symbol, side, id);
    return database_run(
        p->database, write_sql,
        VALUES(
            value_text(id), value_text(who->id), value_text(who->user), value_integer(who->account),
            value_text(who_owner(who)), value_text(projection_symbol(p, symbol)),
            value_text(position_side_name(side)), value_decimal(position->quantity.d),
            value_decimal(position->entry.d), value_decimal(position->realized.d),
            value_decimal(position->fees.d), value_integer(position->opened_ms),
            value_integer(time_ms)
        ),
        e
    );
}

static const char read_sql[] =
    "SELECT quantity, entry_price, realized_pnl, fees, opened_ms FROM position_positions"
    " WHERE position_id = ?1";

int position_read(
    struct projection *p,
    const struct who *who,
    uint16_t symbol,
    enum position_side side,
    struct position *position,
    struct err *e
) {
    char id[POSITION_ID_MAX];
    position_name(p, who, symbol, side, id);
    sqlite3_stmt *rows;
    *position = (struct position){0};
    int code = database_select(p->database, read_sql, VALUES(value_text(id)), &rows, e);
    if (code != 0) {
        return code;
    }
    code = database_next(p->database, rows, e);
    if (code == 1) {
        code = row_decimal(rows, 0, &position->quantity.d);
        code = code != 0 ? code : row_decimal(rows, 1, &position->entry.d);
        code = code != 0 ? code : row_decimal(rows, 2, &position->realized.d);
        code = code != 0 ? code : row_decimal(rows, 3, &position->fees.d);
        position->opened_ms = row_integer(rows, 4);
        if (code != 0) {
            err_set(e, code, "the row of position %s cannot be read", id);
        }
    }
    database_done(rows);
    return code;
}

static const char history_sql[] =
    "INSERT INTO position_history (id, position_id, activation_id, user_id, symbol, side, quantity,"
    " entry_price, closed, opened, price, realized_pnl, fee, reason, time_ms)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";

int position_book(
    struct projection *p,
    const struct who *who,
    uint16_t symbol,
    enum order_side side,
    enum position_side position_side,
    const struct fill *fill,
    const char *reason,
    struct err *e
) {
    enum position_side kept = who->is_hedge ? position_side : POSITION_NET;
    char id[POSITION_ID_MAX];
    struct position position;
    struct position_change change;
    position_name(p, who, symbol, kept, id);
    int code = position_read(p, who, symbol, kept, &position, e);
    if (code != 0) {
        return code;
    }
    if (position_apply(&position, side, fill, &change) != 0) {
        p->figures.oddities++;
        return 0;
    }
    code = position_write(p, who, symbol, kept, &position, fill->time_ms, e);
    if (code != 0) {
        return code;
    }
    return database_run(
        p->database, history_sql,
        VALUES(
            row_id(p), value_text(id), value_text(who->id), value_text(who->user),
            value_text(projection_symbol(p, symbol)), value_text(position_side_name(kept)),
            value_decimal(position.quantity.d), value_decimal(position.entry.d),
            value_decimal(change.closed.d), value_decimal(change.opened.d),
            value_decimal(fill->price.d), value_decimal(change.realized.d),
            value_decimal(fill->fee.d), value_text(reason), value_integer(fill->time_ms)
        ),
        e
    );
}
