#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct err_row {
    const char *name;
    int http_status;
    bool may_retry;
};

static const struct err_row rows[E_INDEX_COUNT] = {
    [E_OK] = {"ok", 200, false},
#define ERR(name, text, status, retry) [E_INDEX_##name] = {text, status, retry},
#include "base/errors.def"
#undef ERR
};

static const struct err_row *err_row_of(int code) {
    if (code > 0 || code <= -E_INDEX_COUNT) {
        return &rows[E_INDEX_ARGUMENT];
    }
    return &rows[-code];
}

int err_set(struct err *e, int code, const char *format, ...) {
    if (e != NULL) {
        e->code = code;
        va_list args;
        va_start(args, format);
        vsnprintf(e->msg, sizeof e->msg, format, args);
        va_end(args);
    }
    return code;
}

int err_wrap(struct err *e, const char *format, ...) {
    char tail[sizeof e->msg];
    memcpy(tail, e->msg, sizeof tail);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(e->msg, sizeof e->msg, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof e->msg) {
        snprintf(e->msg + n, sizeof e->msg - (size_t)n, "%s", tail);
    }
    return e->code;
}

const char *err_name(int code) {
    return err_row_of(code)->name;
}

int err_code_of(const char *name) {
    for (int i = 0; i < E_INDEX_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return -i;
        }
    }
    return E_NOT_FOUND;
}

int err_http_status(int code) {
    return err_row_of(code)->http_status;
}

bool err_may_retry(int code) {
    return err_row_of(code)->may_retry;
}
