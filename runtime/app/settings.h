/* settings: rows of one table say what a data file may hold, and this checks a file against them.
 *
 * A row is the path of a setting, its kind, its default and bounds as texts, and where its value
 * goes in the struct that is filled. From the same rows come the check, the environment's names and
 * docs/reference/settings.md. Every fault is kept with its path and line, not the first only; texts
 * are borrowed from the data file, the environment or the table. No time; one thread; the caller
 * owns all. */
#pragma once

#include "base/buffer.h"
#include "base/decimal.h"
#include "script/data_file.h"

enum setting_kind {
    SETTING_TEXT,    /* const char * */
    SETTING_CHOICE,  /* int: the place in `values` */
    SETTING_BOOLEAN, /* bool */
    SETTING_INTEGER, /* int */
    SETTING_LONG,    /* int64_t */
    SETTING_SIZE,    /* size_t */
    SETTING_DECIMAL, /* struct decimal, or a unit around it */
    SETTING_DATA,    /* const struct data_value *: looked into by its owner */
};

#define SETTING_VALUES_MAX 8
#define SETTING_PATH_BYTES 128
#define SETTING_NAMES_MAX 96

struct setting_row {
    const char *path; /* "engine.faults_max"; "activations[].script" of each of a list; NULL ends */
    enum setting_kind kind;
    size_t offset;
    const char *fallback; /* NULL: it must be given; "": it may be left out */
    const char *min, *max;
    const char *help;
    const char *values[SETTING_VALUES_MAX]; /* of a choice; words for 0, 1, … of an integer */
};

struct settings_faults {
    const char *file;   /* what is checked, for the faults */
    struct buffer text; /* a line each */
    int count;
};

void settings_faults_init(struct settings_faults *f, const char *file);
void settings_faults_free(struct settings_faults *f);
/* line 0: not known. */
void settings_fault(struct settings_faults *f, int line, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The defaults of the rows whose paths begin with `prefix` ("" for those of no list). */
void settings_default(const struct setting_row *rows, const char *prefix, void *out);

/* Checks a table whose entries are the rows that begin with `prefix` and fills *out. `shown` is the
 * prefix in faults ("activations[2]."). Lists are left to the caller. */
void settings_check(
    const struct setting_row *rows,
    const char *prefix,
    const char *shown,
    const struct data_value *table,
    void *out,
    struct settings_faults *faults
);

/* Sets from `environment` (NULL-terminated "NAME=value") what the rows allow under names such as
 * TRADINGBOOST_ENGINE_FAULTS_MAX. */
void settings_environment(
    const struct setting_row *rows,
    char *const *environment,
    void *out,
    struct settings_faults *faults
);

/* Faults for the rows that must be given and were not (their text is NULL). */
void settings_missing(
    const struct setting_row *rows,
    const char *prefix,
    const char *shown,
    int line,
    const void *out,
    struct settings_faults *faults
);

/* One value as text, as a person or the environment gives it. E_CONFIG says what is wrong. */
MUST_CHECK int
setting_parse(const struct setting_row *row, const char *text, void *out, struct err *e);

/* Exact: a number is its shortest decimal. */
MUST_CHECK int data_decimal(const struct data_value *value, struct decimal *out);

/* The rows as markdown: a table for each section. */
void settings_describe(const struct setting_row *rows, struct buffer *out);

/* --- between the files of this module -----------------------------------------------------------
 */

bool setting_begins(const char *text, const char *prefix);
MUST_CHECK int setting_take(
    const struct setting_row *row, const struct data_value *value, void *out, struct err *e
);
/* "1 to 16": nothing where everything is allowed. */
void setting_allowed(const struct setting_row *row, struct buffer *out);
const char *data_kind_name(enum data_kind kind);

struct setting_names { /* for "did you mean" */
    char list[SETTING_NAMES_MAX][SETTING_PATH_BYTES];
    int count;
};
const char *setting_name_at(const void *list, int index);
