#include "store/database.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATEMENTS_MAX 128
#define BUSY_MS 100
#define WATCH_STEPS 2000 /* of SQLite's machine between two looks, far below a millisecond */

struct database {
    sqlite3 *sqlite;
    struct {
        const char *sql;
        sqlite3_stmt *statement;
    } statements[STATEMENTS_MAX];
    int statement_count;
};

static int database_err(struct database *database, const char *what, struct err *e) {
    int status = sqlite3_extended_errcode(database->sqlite);
    if ((status & 0xFF) == SQLITE_INTERRUPT) {
        return err_set(e, E_BUSY, "the tables took too long");
    }
    bool is_damaged = (status & 0xFF) == SQLITE_CORRUPT || (status & 0xFF) == SQLITE_NOTADB;
    return err_set(
        e, is_damaged ? E_DATA : E_IO, "the database: %s: %s", what,
        sqlite3_errmsg(database->sqlite)
    );
}

/* --- statements ----------------------------------------------------------------------------------
 */

static int
statement_find(struct database *database, const char *sql, sqlite3_stmt **out, struct err *e) {
    for (int i = 0; i < database->statement_count; i++) {
        if (database->statements[i].sql == sql) {
            *out = database->statements[i].statement;
            return 0;
        }
    }
    if (database->statement_count == STATEMENTS_MAX) {
        return err_set(e, E_LIMIT, "the database: too many statements");
    }
    int status =
        sqlite3_prepare_v3(database->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    if (status != SQLITE_OK) {
        return database_err(database, "a statement", e);
    }
    database->statements[database->statement_count].sql = sql;
    database->statements[database->statement_count++].statement = *out;
    return 0;
}

static int value_bind(sqlite3_stmt *statement, int at, const struct database_value *value) {
    char text[DECIMAL_TEXT_MAX];
    switch (value->kind) {
    case VALUE_NULL:
        return sqlite3_bind_null(statement, at);
    case VALUE_TEXT:
        return sqlite3_bind_text(statement, at, value->text, -1, SQLITE_STATIC);
    case VALUE_INTEGER:
        return sqlite3_bind_int64(statement, at, value->integer);
    case VALUE_REAL:
        return isnan(value->real) ? sqlite3_bind_null(statement, at)
                                  : sqlite3_bind_double(statement, at, value->real);
    case VALUE_DECIMAL:
        decimal_format(value->decimal, text);
        return sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
    case VALUE_BLOB:
        return sqlite3_bind_blob64(statement, at, value->text, value->length, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

int database_select(
    struct database *database,
    const char *sql,
    const struct database_value *values,
    size_t count,
    sqlite3_stmt **rows,
    struct err *e
) {
    int code = statement_find(database, sql, rows, e);
    if (code != 0) {
        return code;
    }
    for (size_t i = 0; i < count; i++) {
        if (value_bind(*rows, (int)i + 1, &values[i]) != SQLITE_OK) {
            code = database_err(database, "a value", e);
            database_done(*rows);
            return code;
        }
    }
    return 0;
}

int database_select_once(
    struct database *database,
    const char *sql,
    const struct database_value *values,
    size_t count,
    sqlite3_stmt **rows,
    struct err *e
) {
    if (sqlite3_prepare_v3(database->sqlite, sql, -1, 0, rows, NULL) != SQLITE_OK) {
        return database_err(database, "a statement", e);
    }
    for (size_t i = 0; i < count; i++) {
        if (value_bind(*rows, (int)i + 1, &values[i]) != SQLITE_OK) {
            int code = database_err(database, "a value", e);
            sqlite3_finalize(*rows);
            return code;
        }
    }
    return 0;
}

int database_next(struct database *database, sqlite3_stmt *rows, struct err *e) {
    int status = sqlite3_step(rows);
    if (status == SQLITE_ROW) {
        return 1;
    }
    return status == SQLITE_DONE ? 0 : database_err(database, "a row", e);
}

void database_done(sqlite3_stmt *rows) {
    sqlite3_reset(rows);
    sqlite3_clear_bindings(rows);
}

int database_run(
    struct database *database,
    const char *sql,
    const struct database_value *values,
    size_t count,
    struct err *e
) {
    sqlite3_stmt *statement;
    int code = database_select(database, sql, values, count, &statement, e);
    if (code != 0) {
        return code;
    }
    code = database_next(database, statement, e);
    database_done(statement);
    return code < 0 ? code : 0;
}

const char *row_text(sqlite3_stmt *rows, int column) {
    const char *text = (const char *)sqlite3_column_text(rows, column);
    return text != NULL ? text : "";
}

int64_t row_integer(sqlite3_stmt *rows, int column) {
    return sqlite3_column_int64(rows, column);
}

int row_decimal(sqlite3_stmt *rows, int column, struct decimal *out) {
    const char *text = row_text(rows, column);
    *out = (struct decimal){0};
    return text[0] == '\0' || decimal_parse(text, strlen(text), out) == 0 ? 0 : E_DATA;
}

void database_watch(struct database *database, int (*is_late)(void *ctx), void *ctx) {
    sqlite3_progress_handler(
        database->sqlite, is_late != NULL ? WATCH_STEPS : 0, is_late, is_late != NULL ? ctx : NULL
    );
}

int database_bytes(struct database *database, int64_t *bytes, struct err *e) {
    static const char sql[] =
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    sqlite3_stmt *rows;
    int code = database_select(database, sql, NULL, 0, &rows, e);
    if (code != 0) {
        return code;
    }
    code = database_next(database, rows, e);
    *bytes = code == 1 ? row_integer(rows, 0) : 0;
    database_done(rows);
    return code < 0 ? code : 0;
}

/* --- transactions --------------------------------------------------------------------------------
 */

static int database_exec(struct database *database, const char *sql, struct err *e) {
    return sqlite3_exec(database->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : database_err(database, "a command", e);
}

int database_begin(struct database *database, struct err *e) {
    return database_exec(database, "BEGIN IMMEDIATE", e);
}

int database_commit(struct database *database, struct err *e) {
    return database_exec(database, "COMMIT", e);
}

void database_rollback(struct database *database) {
    if (sqlite3_get_autocommit(database->sqlite) == 0) {
        (void)sqlite3_exec(database->sqlite, "ROLLBACK", NULL, NULL, NULL);
    }
}

/* --- opening -------------------------------------------------------------------------------------
 */

static int version_read(struct database *database, int *version, struct err *e) {
    sqlite3_stmt *rows;
    int code = database_select(database, "PRAGMA user_version", NULL, 0, &rows, e);
    if (code != 0) {
        return code;
    }
    code = database_next(database, rows, e);
    *version = code == 1 ? (int)row_integer(rows, 0) : 0;
    database_done(rows);
    return code < 0 ? code : 0;
}

static int migration_run(struct database *database, int number, struct err *e) {
    char mark[64];
    snprintf(mark, sizeof mark, "PRAGMA user_version = %d", number + 1);
    int code = database_begin(database, e);
    code = code != 0 ? code : database_exec(database, migrations[number].sql, e);
    code = code != 0 ? code : database_exec(database, mark, e);
    code = code != 0 ? code : database_commit(database, e);
    if (code != 0) {
        database_rollback(database);
        return err_wrap(e, "migration %d (%s): ", number + 1, migrations[number].name);
    }
    return 0;
}

static int database_prepare(struct database *database, struct err *e) {
    sqlite3_busy_timeout(database->sqlite, BUSY_MS);
    int version = 0;
    int code = database_exec(
        database,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = OFF", e
    );
    code = code != 0 ? code : version_read(database, &version, e);
    if (code == 0 && version > migration_count) {
        code = err_set(
            e, E_VERSION, "the database is of version %d, this program knows %d", version,
            migration_count
        );
    }
    for (int i = version; code == 0 && i < migration_count; i++) {
        code = migration_run(database, i, e);
    }
    return code;
}

int database_open(struct database **out, const char *path, struct err *e) {
    struct database *database = calloc(1, sizeof *database);
    if (database == NULL) {
        return err_set(e, E_MEMORY, "no memory for the database");
    }
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int code = 0;
    if (sqlite3_open_v2(path, &database->sqlite, flags, NULL) != SQLITE_OK) {
        code = database_err(database, "it cannot be opened", e);
    }
    code = code != 0 ? code : database_prepare(database, e);
    if (code != 0) {
        err_wrap(e, "%s: ", path);
        database_close(database);
        return code;
    }
    *out = database;
    return 0;
}

void database_close(struct database *database) {
    if (database == NULL) {
        return;
    }
    for (int i = 0; i < database->statement_count; i++) {
        sqlite3_finalize(database->statements[i].statement);
    }
    sqlite3_close(database->sqlite);
    free(database);
}
