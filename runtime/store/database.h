/* database: SQLite behind a few functions: open with migrations, prepared statements, values.
 *
 * Money is text (exact decimals), times are milliseconds UTC, documents are JSON text. Statements
 * are kept by the address of their text, which must be a literal. One thread, the store's: nothing
 * here may be on the loop. The caller closes; texts of a row live until the next step. */
#pragma once

#include "base/buffer.h"
#include "base/decimal.h"

#include <sqlite3.h>

struct database;

/* Opens or makes the file (WAL) and brings its tables up to this program's version. E_VERSION: it
 * is of a newer program; E_DATA: it is no database, or a damaged one; E_IO: locked, full,
 * unreadable. */
MUST_CHECK int database_open(struct database **out, const char *path, struct err *e);
void database_close(struct database *database);

struct database_value {
    enum { VALUE_NULL, VALUE_TEXT, VALUE_INTEGER, VALUE_REAL, VALUE_DECIMAL, VALUE_BLOB } kind;
    const char *text;
    size_t length; /* of a blob */
    int64_t integer;
    double real;
    struct decimal decimal;
};

static inline struct database_value value_text(const char *text) { /* NULL is null */
    return (struct database_value){.kind = text != NULL ? VALUE_TEXT : VALUE_NULL, .text = text};
}
static inline struct database_value value_integer(int64_t integer) {
    return (struct database_value){.kind = VALUE_INTEGER, .integer = integer};
}
static inline struct database_value value_count(uint64_t count) { /* below 2^63 */
    return value_integer((int64_t)count);
}
static inline struct database_value value_real(double real) { /* NaN is null */
    return (struct database_value){.kind = VALUE_REAL, .real = real};
}
static inline struct database_value value_decimal(struct decimal decimal) {
    return (struct database_value){.kind = VALUE_DECIMAL, .decimal = decimal};
}
static inline struct database_value value_blob(const char *bytes, size_t length) {
    return (struct database_value
    ){.kind = bytes != NULL ? VALUE_BLOB : VALUE_NULL, .text = bytes, .length = length};
}

/* Values and their count, two arguments in one. */
#define VALUES(...)                                                                                \
    ((const struct database_value[]){__VA_ARGS__}),                                                \
        sizeof((const struct database_value[]){__VA_ARGS__}) / sizeof(struct database_value)

/* Runs a statement without rows. */
MUST_CHECK int database_run(
    struct database *database,
    const char *sql,
    const struct database_value *values,
    size_t count,
    struct err *e
);

/* A statement bound and ready for database_next, which is 1 with a row, 0 at the end or a code.
 * database_done after the last row wanted. */
MUST_CHECK int database_select(
    struct database *database,
    const char *sql,
    const struct database_value *values,
    size_t count,
    sqlite3_stmt **rows,
    struct err *e
);
/* The same for a text that is made for one use: ended by sqlite3_finalize. */
MUST_CHECK int database_select_once(
    struct database *database,
    const char *sql,
    const struct database_value *values,
    size_t count,
    sqlite3_stmt **rows,
    struct err *e
);
MUST_CHECK int database_next(struct database *database, sqlite3_stmt *rows, struct err *e);
void database_done(sqlite3_stmt *rows);

/* "" for null. */
const char *row_text(sqlite3_stmt *rows, int column);
int64_t row_integer(sqlite3_stmt *rows, int column);
/* 0 for null; E_DATA for what is no decimal. */
MUST_CHECK int row_decimal(sqlite3_stmt *rows, int column, struct decimal *out);

/* While a statement runs, `is_late` is asked now and then: where it says so the statement ends with
 * E_BUSY. NULL: nobody is asked. */
void database_watch(struct database *database, int (*is_late)(void *ctx), void *ctx);
/* Of the file, with what is free in it. */
MUST_CHECK int database_bytes(struct database *database, int64_t *bytes, struct err *e);

MUST_CHECK int database_begin(struct database *database, struct err *e);
MUST_CHECK int database_commit(struct database *database, struct err *e);
void database_rollback(struct database *database);

/* --- migrations.c: one row a version, in order; a row that was released never changes --------- */

struct migration {
    const char *name;
    const char *sql;
};

extern const struct migration migrations[];
extern const int migration_count;
