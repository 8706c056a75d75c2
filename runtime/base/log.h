/* log: what the program tells its keeper, and the only place of the heart that prints.
 *
 * A line is a level, a module, a message and typed keys:
 *
 *     log_info("engine", "order sent", log_text("order_id", id), log_integer("user_id", user));
 *
 * As JSON it is one object a line, "ts level module msg" first and the keys in the order given; on
 * a terminal a readable line. Whatever is in the strings (control characters, escape sequences,
 * broken UTF-8) leaves escaped, so that nobody's text can forge a line or drive the terminal. What
 * is too long is cut, and the line says so with "cut". A secret has no field and cannot be logged.
 *
 * The time comes from the clock given to log_start. A line is made on the stack and leaves in one
 * write; any thread may log, and a sink of one's own must allow that. log_start comes before other
 * threads exist; before it, every line is dropped. Nothing is freed: settings are copied. */
#pragma once

#include "base/decimal.h"

#include <stdint.h>
#include <stdio.h>

#define LOG_LINE_MAX 8192 /* bytes of one line */
#define LOG_TEXT_CUT 1024 /* bytes kept of a message or of the text of one key */

enum log_level {
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_WARN,
    LOG_LEVEL_ERROR,
    LOG_LEVEL_OFF,
};

struct log_settings {
    enum log_level level;            /* lines below it are dropped */
    bool readable;                   /* for a terminal, instead of JSON */
    int64_t (*clock)(void *context); /* nanoseconds UTC */
    void *clock_context;
    FILE *file; /* flushed after each line; used when sink is NULL */
    void (*sink)(void *context, const char *line, size_t length); /* the newline included */
    void *sink_context;
};

enum log_kind {
    LOG_KIND_NONE,
    LOG_KIND_TEXT,
    LOG_KIND_INTEGER,
    LOG_KIND_DOUBLE,
    LOG_KIND_DECIMAL,
    LOG_KIND_BOOL,
    LOG_KIND_ERR,
};

struct log_field {
    const char *key;
    enum log_kind kind;
    union {
        const char *text;
        int64_t integer;
        double number;
        struct decimal decimal;
        bool flag;
        const struct err *err;
    } value;
};

void log_start(const struct log_settings *settings);
void log_set_level(enum log_level level);
enum log_level log_level(void);
/* "debug", "info", "warn", "error", "off"; E_NOT_FOUND for any other name. */
MUST_CHECK int log_level_parse(const char *name, enum log_level *out);

static inline struct log_field log_text(const char *key, const char *text) {
    return (struct log_field){.key = key, .kind = LOG_KIND_TEXT, .value.text = text};
}
static inline struct log_field log_integer(const char *key, int64_t integer) {
    return (struct log_field){.key = key, .kind = LOG_KIND_INTEGER, .value.integer = integer};
}
static inline struct log_field log_double(const char *key, double number) {
    return (struct log_field){.key = key, .kind = LOG_KIND_DOUBLE, .value.number = number};
}
static inline struct log_field log_decimal(const char *key, struct decimal decimal) {
    return (struct log_field){.key = key, .kind = LOG_KIND_DECIMAL, .value.decimal = decimal};
}
static inline struct log_field log_bool(const char *key, bool flag) {
    return (struct log_field){.key = key, .kind = LOG_KIND_BOOL, .value.flag = flag};
}
/* Two keys: "code" with the name of the error and "error" with its sentence. */
static inline struct log_field log_err(const struct err *e) {
    return (struct log_field){.key = "error", .kind = LOG_KIND_ERR, .value.err = e};
}

void log_line(
    enum log_level level,
    const char *module,
    const char *message,
    const struct log_field *fields,
    size_t count
);

/* The first field is empty so that a line may have none. */
#define LOG_FIELDS(...) ((const struct log_field[]){{.kind = LOG_KIND_NONE}, ##__VA_ARGS__})
#define log_write(level, module, message, ...)                                                     \
    log_line(                                                                                      \
        level, module, message, LOG_FIELDS(__VA_ARGS__),                                           \
        sizeof LOG_FIELDS(__VA_ARGS__) / sizeof(struct log_field)                                  \
    )
#define log_debug(module, ...) log_write(LOG_LEVEL_DEBUG, module, __VA_ARGS__)
#define log_info(module, ...) log_write(LOG_LEVEL_INFO, module, __VA_ARGS__)
#define log_warn(module, ...) log_write(LOG_LEVEL_WARN, module, __VA_ARGS__)
#define log_error(module, ...) log_write(LOG_LEVEL_ERROR, module, __VA_ARGS__)
