/* decimal: exact numbers for money, prices and quantities.
 *
 * The idea: one 128-bit integer counts 10^-18ths; sums are integer sums, products and quotients go
 * through 256 bits. Every operation that can leave the range is checked and says E_OVERFLOW; none
 * wraps, none loses a digit silently: where a result needs more than 18 decimals the rounding is
 * named. Price, quantity and money are distinct types (base/units.h) so that they cannot be
 * swapped. Pure: no time, no memory, any thread. */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

typedef __int128 int128;

#define DECIMAL_SCALE 18
#define DECIMAL_ONE ((int128)1000000000000000000)
#define DECIMAL_TEXT_MAX 48 /* bytes that decimal_format may write, the NUL included */

struct decimal {
    int128 v; /* value × 10^18 */
};

enum rounding {
    ROUND_DOWN,    /* towards minus infinity */
    ROUND_UP,      /* towards plus infinity */
    ROUND_TO_ZERO, /* truncates */
    ROUND_NEAREST, /* floor(x + 1/2): ties go up */
};

static inline struct decimal decimal_of_int(int64_t n) {
    return (struct decimal){(int128)n * DECIMAL_ONE};
}
static inline bool decimal_is_zero(struct decimal a) {
    return a.v == 0;
}
static inline int decimal_sign(struct decimal a) {
    return (a.v > 0) - (a.v < 0);
}
static inline int decimal_compare(struct decimal a, struct decimal b) {
    return (a.v > b.v) - (a.v < b.v);
}
static inline struct decimal decimal_negate(struct decimal a) {
    return (struct decimal){-a.v};
}
static inline struct decimal decimal_abs(struct decimal a) {
    return a.v < 0 ? decimal_negate(a) : a;
}
static inline struct decimal decimal_min(struct decimal a, struct decimal b) {
    return a.v < b.v ? a : b;
}
static inline struct decimal decimal_max(struct decimal a, struct decimal b) {
    return a.v > b.v ? a : b;
}

/* Sums and products: 0, or E_OVERFLOW with *out untouched. */
MUST_CHECK int decimal_add(struct decimal a, struct decimal b, struct decimal *out);
MUST_CHECK int decimal_sub(struct decimal a, struct decimal b, struct decimal *out);
MUST_CHECK int
decimal_mul(struct decimal a, struct decimal b, enum rounding rounding, struct decimal *out);
/* E_ARGUMENT when b is 0. */
MUST_CHECK int
decimal_div(struct decimal a, struct decimal b, enum rounding rounding, struct decimal *out);

/* The multiple of step (> 0) next to a in the named direction. */
MUST_CHECK int decimal_round_to(
    struct decimal a, struct decimal step, enum rounding rounding, struct decimal *out
);
/* The same with the grace of the script border: what lies within a millionth of a step of a
 * multiple is that multiple; otherwise rounded as named. */
MUST_CHECK int
decimal_snap_to(struct decimal a, struct decimal step, enum rounding rounding, struct decimal *out);
/* How many whole steps: floor(a / step); E_OVERFLOW when it does not fit. */
MUST_CHECK int decimal_steps(struct decimal a, struct decimal step, int64_t *out);

/* Parses "-12.5", "0.0001", "1e-7" (an exponent is allowed): exactly, the whole of text[0..length),
 * no spaces. E_SYNTAX for anything else (nan, inf, empty, a lone sign or dot), E_RANGE for more
 * than 18 decimals that are not zeros or a value out of range. */
MUST_CHECK int decimal_parse(const char *text, size_t length, struct decimal *out);

/* The same and, in the same pass, the double next to the exact value. */
MUST_CHECK int
decimal_parse_double(const char *text, size_t length, struct decimal *out, double *as_double);

/* Writes the exact value without trailing zeros ("0.0019", "-3", "0") and a NUL; returns the
 * length. */
size_t decimal_format(struct decimal a, char text[DECIMAL_TEXT_MAX]);

/* A double within one unit in the last place of the exact value, the same on every machine: for
 * figures that are shown or compared, where decimal_to_double is too slow. */
static inline double decimal_approximate(struct decimal a) {
    return (double)a.v / 1e18;
}

/* The double next to the exact value (correctly rounded). */
double decimal_to_double(struct decimal a);

/* The shortest decimal that reads back as x, exactly; digits past the 18th decimal are rounded to
 * nearest. E_RANGE for NaN, infinities and what does not fit. Fast for up to 15 significant digits
 * with at most 8 decimals. */
MUST_CHECK int decimal_of_double(double x, struct decimal *out);
