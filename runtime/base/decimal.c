#include "base/decimal_parts.h"

#define GRACE_PARTS 1000000 /* of a step: what script numbers may be off a multiple */

static int decimal_of_magnitude(uint128 magnitude, bool negative, struct decimal *out) {
    if (magnitude > DECIMAL_MAGNITUDE_MAX) {
        return E_OVERFLOW;
    }
    *out = decimal_signed(magnitude, negative);
    return 0;
}

/* Whether the truncated magnitude of a quotient moves one away from zero. rest < divisor. */
static inline bool
rounds_away(uint128 rest, uint128 divisor, bool negative, enum rounding rounding) {
    if (rest == 0) {
        return false;
    }
    switch (rounding) {
    case ROUND_DOWN:
        return negative;
    case ROUND_UP:
        return !negative;
    case ROUND_TO_ZERO:
        return false;
    case ROUND_NEAREST:
        break;
    }
    uint128 missing = divisor - rest;
    return negative ? rest > missing : rest >= missing;
}

static int decimal_of_quotient(uint128 quotient, bool away, bool negative, struct decimal *out) {
    if (quotient > DECIMAL_MAGNITUDE_MAX) {
        return E_OVERFLOW;
    }
    return decimal_of_magnitude(quotient + away, negative, out);
}

int decimal_add(struct decimal a, struct decimal b, struct decimal *out) {
    int128 sum;
    if (__builtin_add_overflow(a.v, b.v, &sum) || sum == -(int128)DECIMAL_MAGNITUDE_MAX - 1) {
        return E_OVERFLOW;
    }
    out->v = sum;
    return 0;
}

int decimal_sub(struct decimal a, struct decimal b, struct decimal *out) {
    return decimal_add(a, decimal_negate(b), out);
}

/* (high, low) / divisor, where high < divisor, so that the quotient is one limb. */
static inline uint64_t
divide_2_by_1(uint64_t high, uint64_t low, uint64_t divisor, uint64_t *rest) {
    uint128 number = ((uint128)high << 64) | low;
    uint64_t quotient = (uint64_t)(number / divisor);
    *rest = low - quotient * divisor;
    return quotient;
}

/* a × b as (high, low). */
static inline uint128 multiply_wide(uint128 a, uint128 b, uint128 *low) {
    uint64_t a0 = (uint64_t)a;
    uint64_t a1 = (uint64_t)(a >> 64);
    uint64_t b0 = (uint64_t)b;
    uint64_t b1 = (uint64_t)(b >> 64);
    uint128 p00 = (uint128)a0 * b0;
    uint128 p01 = (uint128)a0 * b1;
    uint128 p10 = (uint128)a1 * b0;
    uint128 p11 = (uint128)a1 * b1;
    uint128 middle = (p00 >> 64) + (uint64_t)p01 + (uint64_t)p10;
    *low = (middle << 64) | (uint64_t)p00;
    return p11 + (p01 >> 64) + (p10 >> 64) + (middle >> 64);
}

int decimal_mul(struct decimal a, struct decimal b, enum rounding rounding, struct decimal *out) {
    bool negative = (a.v < 0) != (b.v < 0);
    uint128 low;
    uint128 high = multiply_wide(decimal_magnitude(a), decimal_magnitude(b), &low);
    if (high >= DECIMAL_ONE_64) {
        return E_OVERFLOW;
    }
    uint64_t rest;
    uint64_t q1 = divide_2_by_1((uint64_t)high, (uint64_t)(low >> 64), DECIMAL_ONE_64, &rest);
    uint64_t q0 = divide_2_by_1(rest, (uint64_t)low, DECIMAL_ONE_64, &rest);
    uint128 quotient = ((uint128)q1 << 64) | q0;
    return decimal_of_quotient(
        quotient, rounds_away(rest, DECIMAL_ONE_64, negative, rounding), negative, out
    );
}

/* (high, low) / divisor by schoolbook division in 64-bit digits, where the divisor has its top bit
 * set and high < divisor. One digit: the guess from the two leading digits is at most two too
 * large. */
static inline uint64_t divide_3_by_2(uint128 high, uint64_t low, uint128 divisor, uint128 *rest) {
    uint64_t d1 = (uint64_t)(divisor >> 64);
    uint64_t d0 = (uint64_t)divisor;
    uint64_t n2 = (uint64_t)(high >> 64);
    uint128 guess;
    uint128 left; /* (n2, n1) - guess × d1 */
    if (n2 >= d1) {
        guess = UINT64_MAX;
        left = high - guess * d1;
    } else {
        uint64_t digit_rest;
        guess = divide_2_by_1(n2, (uint64_t)high, d1, &digit_rest);
        left = digit_rest;
    }
    uint128 product = guess * d0;
    while ((left >> 64) == 0 && product > ((left << 64) | low)) {
        guess--;
        left += d1;
        product -= d0;
    }
    *rest = ((left << 64) | low) - product;
    return (uint64_t)guess;
}

/* a × 10^18 / b with the quotient known to fit 128 bits; b has more than 64. */
static uint128 divide_by_large(uint128 high, uint128 low, uint128 b, uint128 *rest) {
    int shift = __builtin_clzll((uint64_t)(b >> 64));
    uint128 divisor = b << shift;
    if (shift > 0) {
        high = (high << shift) | (low >> (128 - shift));
        low <<= shift;
    }
    uint64_t q1 = divide_3_by_2(high, (uint64_t)(low >> 64), divisor, rest);
    uint64_t q0 = divide_3_by_2(*rest, (uint64_t)low, divisor, rest);
    *rest >>= shift;
    return ((uint128)q1 << 64) | q0;
}

int decimal_div(struct decimal a, struct decimal b, enum rounding rounding, struct decimal *out) {
    if (b.v == 0) {
        return E_ARGUMENT;
    }
    bool negative = (a.v < 0) != (b.v < 0);
    uint128 divisor = decimal_magnitude(b);
    uint128 low;
    uint128 high = multiply_wide(decimal_magnitude(a), DECIMAL_ONE_64, &low);
    if (high >= divisor) {
        return E_OVERFLOW;
    }
    uint128 quotient;
    uint128 rest;
    if (high == 0) {
        quotient = low / divisor;
        rest = low - quotient * divisor;
    } else if (divisor >> 64 == 0) {
        uint64_t small_rest;
        uint64_t d = (uint64_t)divisor;
        uint64_t q1 = divide_2_by_1((uint64_t)high, (uint64_t)(low >> 64), d, &small_rest);
        uint64_t q0 = divide_2_by_1(small_rest, (uint64_t)low, d, &small_rest);
        quotient = ((uint128)q1 << 64) | q0;
        rest = small_rest;
    } else {
        quotient = divide_by_large(high, low, divisor, &rest);
    }
    return decimal_of_quotient(
        quotient, rounds_away(rest, divisor, negative, rounding), negative, out
    );
}

static int multiple_of(uint128 steps, uint128 step, bool negative, struct decimal *out) {
    uint128 magnitude;
    if (__builtin_mul_overflow(steps, step, &magnitude)) {
        return E_OVERFLOW;
    }
    return decimal_of_magnitude(magnitude, negative, out);
}

/* What is nearer to a step than a part of it (0 parts: nothing) is that step; the rest is rounded.
 */
static int round_to_steps(
    struct decimal a,
    struct decimal step,
    unsigned grace_parts,
    enum rounding rounding,
    struct decimal *out
) {
    if (step.v <= 0) {
        return E_ARGUMENT;
    }
    bool negative = a.v < 0;
    uint128 magnitude = decimal_magnitude(a);
    uint128 divisor = (uint128)step.v;
    uint128 steps = magnitude / divisor;
    uint128 rest = magnitude - steps * divisor;
    uint128 grace = grace_parts > 0 ? divisor / grace_parts : 0;
    if (divisor - rest <= grace) {
        steps++;
    } else if (rest > grace) {
        steps += rounds_away(rest, divisor, negative, rounding);
    }
    return multiple_of(steps, divisor, negative, out);
}

int decimal_round_to(
    struct decimal a, struct decimal step, enum rounding rounding, struct decimal *out
) {
    return round_to_steps(a, step, 0, rounding, out);
}

int decimal_snap_to(
    struct decimal a, struct decimal step, enum rounding rounding, struct decimal *out
) {
    return round_to_steps(a, step, GRACE_PARTS, rounding, out);
}

int decimal_steps(struct decimal a, struct decimal step, int64_t *out) {
    if (step.v <= 0) {
        return E_ARGUMENT;
    }
    int128 steps = a.v / step.v;
    if (a.v % step.v < 0) {
        steps--;
    }
    if (steps < INT64_MIN || steps > INT64_MAX) {
        return E_OVERFLOW;
    }
    *out = (int64_t)steps;
    return 0;
}
