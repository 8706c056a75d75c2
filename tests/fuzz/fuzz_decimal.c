/* Any text as two decimals, separated by a blank: what parses is written and read back unchanged,
 * and the operations agree with each other. */
#include "base/decimal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(bool holds) {
    if (!holds) {
        abort();
    }
}

static bool parse(const char *text, size_t length, struct decimal *out) {
    double as_double;
    struct decimal same;
    int code = decimal_parse(text, length, out);
    require(decimal_parse_double(text, length, &same, &as_double) == code);
    require(code == 0 || code == E_SYNTAX || code == E_RANGE);
    require(code != 0 || (same.v == out->v && as_double == decimal_to_double(*out)));
    return code == 0;
}

static void format_require(struct decimal a) {
    char text[DECIMAL_TEXT_MAX];
    struct decimal back;
    size_t length = decimal_format(a, text);
    require(length < sizeof text && text[length] == '\0' && strlen(text) == length);
    require(decimal_parse(text, length, &back) == 0 && back.v == a.v);
}

static void sums_require(struct decimal a, struct decimal b) {
    struct decimal sum, back;
    if (decimal_add(a, b, &sum) == 0) {
        format_require(sum);
        require(decimal_sub(sum, b, &back) == 0 && back.v == a.v);
    }
}

static void products_require(struct decimal a, struct decimal b) {
    struct decimal down, up, other;
    int code = decimal_mul(a, b, ROUND_DOWN, &down);
    require(decimal_mul(b, a, ROUND_DOWN, &other) == code && (code != 0 || other.v == down.v));
    if (code == 0 && decimal_mul(a, b, ROUND_UP, &up) == 0) {
        require(up.v - down.v == 0 || up.v - down.v == 1);
    }
    code = decimal_div(a, b, ROUND_DOWN, &down);
    require(b.v != 0 || code == E_ARGUMENT);
    if (code == 0 && decimal_div(a, b, ROUND_UP, &up) == 0) {
        require(up.v - down.v == 0 || up.v - down.v == 1);
    }
}

static void steps_require(struct decimal a, struct decimal step) {
    struct decimal down, up, snapped;
    if (step.v <= 0) {
        return;
    }
    if (decimal_round_to(a, step, ROUND_DOWN, &down) == 0) {
        require(down.v <= a.v && a.v - down.v < step.v && down.v % step.v == 0);
    }
    if (decimal_round_to(a, step, ROUND_UP, &up) == 0) {
        require(up.v >= a.v && up.v - a.v < step.v && up.v % step.v == 0);
    }
    if (decimal_snap_to(a, step, ROUND_DOWN, &snapped) == 0) {
        require(snapped.v % step.v == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    const char *text = (const char *)bytes;
    const char *blank = length > 0 ? memchr(text, ' ', length) : NULL;
    size_t first = blank != NULL ? (size_t)(blank - text) : length;
    struct decimal a, b = {DECIMAL_ONE};
    if (!parse(text, first, &a)) {
        return 0;
    }
    if (blank != NULL && !parse(blank + 1, length - first - 1, &b)) {
        return 0;
    }
    format_require(a);
    sums_require(a, b);
    products_require(a, b);
    steps_require(a, b);
    return 0;
}
