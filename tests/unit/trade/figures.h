/* figures: exact numbers from text, and their comparison with text, for tests. cmocka.h comes
 * first. */
#pragma once

#include "base/units.h"

#include <string.h>

static inline struct decimal dec(const char *text) {
    struct decimal out = {0};
    if (decimal_parse(text, strlen(text), &out) != 0) {
        fail_msg("'%s' does not parse", text);
    }
    return out;
}

static inline struct price price_of(const char *text) {
    return (struct price){dec(text)};
}

static inline struct quantity size_of(const char *text) {
    return (struct quantity){dec(text)};
}

static inline struct money cash_of(const char *text) {
    return (struct money){dec(text)};
}

static inline void expect_figure(struct decimal value, const char *text, int line) {
    char formatted[DECIMAL_TEXT_MAX];
    decimal_format(value, formatted);
    if (strcmp(formatted, text) != 0) {
        fail_msg("line %d: %s, expected %s", line, formatted, text);
    }
}

#define assert_figure(value, text) expect_figure(value, text, __LINE__)
