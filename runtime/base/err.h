/* err: an error is a value. A function that can fail returns 0 or a negative code from the one
 * table in errors.def and fills the caller's struct err, its last parameter, with the code and a
 * sentence for a person. The name of the code is what scripts, HTTP and the journal see.
 * No time, no threads, no memory: a struct err lives on the caller's stack. */
#pragma once

#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))

enum err_code {
    E_OK = 0,
#define ERR(name, text, status, retry) E_INDEX_##name,
#include "base/errors.def"
#undef ERR
    E_INDEX_COUNT,
#define ERR(name, text, status, retry) E_##name = -E_INDEX_##name,
#include "base/errors.def"
#undef ERR
};

struct err {
    int code;
    char msg[512];
};

/* Fills *e (may be NULL) and returns code, so that `return err_set(e, E_RANGE, "…")` is one line.
 */
int err_set(struct err *e, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts context in front of the message of a filled *e and returns its code. */
int err_wrap(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The name on the wire ("bad_argument"), "ok" for 0. */
const char *err_name(int code);

/* The code of a name on the wire; E_NOT_FOUND when there is none such. */
int err_code_of(const char *name);

int err_http_status(int code);
bool err_may_retry(int code);
