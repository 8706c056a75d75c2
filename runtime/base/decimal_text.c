/* Decimals from and to text and doubles. None of it depends on the locale or on libm. */
#include "base/decimal_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALL_DIGITS 19      /* decimal digits that always fit 64 bits */
#define EXPONENT_LIMIT 10000 /* beyond it only the sign of an exponent matters */
#define DOUBLE_EXACT_MAX (UINT64_C(1) << 53)

static const uint64_t powers_of_ten[SMALL_DIGITS + 1] = {
    1ULL,
    10ULL,
    100ULL,
    1000ULL,
    10000ULL,
    100000ULL,
    1000000ULL,
    10000000ULL,
    100000000ULL,
    1000000000ULL,
    10000000000ULL,
    100000000000ULL,
    1000000000000ULL,
    10000000000000ULL,
    100000000000000ULL,
    1000000000000000ULL,
    10000000000000000ULL,
    100000000000000000ULL,
    1000000000000000000ULL,
    10000000000000000000ULL,
};

/* 10^0 to 10^22 are doubles exactly, so one division by them is rounded once. */
static const double double_powers_of_ten[] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

/* What a text says: digits × 10^exponent, negated or not. */
struct number {
    uint128 digits;
    int64_t exponent;
    bool negative;
};

/* The exact value or E_RANGE. */
static int decimal_of_number(const struct number *number, struct decimal *out) {
    uint128 magnitude = number->digits;
    int64_t shift = number->exponent + DECIMAL_SCALE;
    if (magnitude == 0) {
        out->v = 0;
        return 0;
    }
    if (shift > 2 * SMALL_DIGITS || shift < -2 * SMALL_DIGITS) {
        return E_RANGE;
    }
    while (shift > 0) {
        int64_t part = shift < SMALL_DIGITS ? shift : SMALL_DIGITS;
        if (__builtin_mul_overflow(magnitude, (uint128)powers_of_ten[part], &magnitude)) {
            return E_RANGE;
        }
        shift -= part;
    }
    while (shift < 0) {
        int64_t part = -shift < SMALL_DIGITS ? -shift : SMALL_DIGITS;
        uint128 quotient = magnitude / powers_of_ten[part];
        if (quotient * powers_of_ten[part] != magnitude) {
            return E_RANGE;
        }
        magnitude = quotient;
        shift += part;
    }
    if (magnitude > DECIMAL_MAGNITUDE_MAX) {
        return E_RANGE;
    }
    *out = decimal_signed(magnitude, number->negative);
    return 0;
}

static inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* The exponent after its 'e': the whole of [at, end). */
static int exponent_parse(const char *at, const char *end, int64_t *out) {
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) {
        at++;
    }
    if (at == end) {
        return E_SYNTAX;
    }
    int64_t exponent = 0;
    for (; at < end; at++) {
        if (!is_digit(*at)) {
            return E_SYNTAX;
        }
        exponent = exponent < EXPONENT_LIMIT ? exponent * 10 + (*at - '0') : exponent;
    }
    *out = negative ? -exponent : exponent;
    return 0;
}

/* The digits [at, end), one dot among them allowed, when they may be more than 64 bits hold. Zeros
 * are held back until a digit follows them, so that "1000…" and "0.1000…" of any length are exact;
 * more than 39 digits between the first and the last that is not zero fit no decimal. */
static int digits_parse_long(const char *at, const char *end, struct number *number) {
    uint128 digits = 0;
    int64_t zeros = 0;
    int64_t exponent = 0;
    bool fraction = false;
    for (; at < end; at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        exponent -= fraction;
        if (*at == '0') {
            zeros++;
            continue;
        }
        for (; zeros >= 0; zeros--) {
            if (__builtin_mul_overflow(digits, (uint128)10, &digits)) {
                return E_RANGE;
            }
        }
        zeros = 0;
        if (__builtin_add_overflow(digits, (uint128)(*at - '0'), &digits)) {
            return E_RANGE;
        }
    }
    number->digits = digits;
    number->exponent = exponent + zeros;
    return 0;
}

static int number_parse(const char *text, size_t length, struct number *number) {
    const char *end = text + length;
    const char *at = text;
    number->negative = length > 0 && *at == '-';
    at += number->negative;

    const char *start = at;
    uint64_t digits = 0;
    for (; at < end && is_digit(*at); at++) {
        digits = digits * 10 + (uint64_t)(*at - '0');
    }
    ptrdiff_t count = at - start;
    ptrdiff_t decimals = 0;
    if (at < end && *at == '.') {
        const char *dot = at++;
        for (; at < end && is_digit(*at); at++) {
            digits = digits * 10 + (uint64_t)(*at - '0');
        }
        decimals = at - dot - 1;
        count += decimals;
    }
    if (count == 0) {
        return E_SYNTAX;
    }

    int64_t exponent = 0;
    if (at < end) {
        if (*at != 'e' && *at != 'E') {
            return E_SYNTAX;
        }
        int rc = exponent_parse(at + 1, end, &exponent);
        if (rc != 0) {
            return rc;
        }
    }
    if (count > SMALL_DIGITS) {
        int rc = digits_parse_long(start, at, number);
        number->exponent += exponent;
        return rc;
    }
    number->digits = digits;
    number->exponent = exponent - decimals;
    return 0;
}

int decimal_parse(const char *text, size_t length, struct decimal *out) {
    struct number number;
    int rc = number_parse(text, length, &number);
    return rc != 0 ? rc : decimal_of_number(&number, out);
}

int decimal_parse_double(const char *text, size_t length, struct decimal *out, double *as_double) {
    struct number number;
    int rc = number_parse(text, length, &number);
    if (rc == 0) {
        rc = decimal_of_number(&number, out);
    }
    if (rc != 0) {
        return rc;
    }
    if (number.digits > 0 && number.digits <= DOUBLE_EXACT_MAX && number.exponent <= 0 &&
        number.exponent >= -22) {
        double value = (double)(int64_t)number.digits / double_powers_of_ten[-number.exponent];
        *as_double = number.negative ? -value : value;
    } else {
        *as_double = decimal_to_double(*out);
    }
    return 0;
}

size_t decimal_format(struct decimal a, char text[DECIMAL_TEXT_MAX]) {
    uint128 magnitude = decimal_magnitude(a);
    uint128 whole = magnitude / DECIMAL_ONE_64;
    uint64_t fraction = (uint64_t)(magnitude - whole * DECIMAL_ONE_64);
    char backwards[DECIMAL_TEXT_MAX];
    size_t n = 0;
    if (fraction != 0) {
        int left = DECIMAL_SCALE;
        for (; fraction % 10 == 0; left--) {
            fraction /= 10;
        }
        for (; left > 0; left--) {
            backwards[n++] = (char)('0' + fraction % 10);
            fraction /= 10;
        }
        backwards[n++] = '.';
    }
    for (; whole > UINT64_MAX; whole /= 10) {
        backwards[n++] = (char)('0' + (int)(whole % 10));
    }
    uint64_t small = (uint64_t)whole;
    do {
        backwards[n++] = (char)('0' + small % 10);
        small /= 10;
    } while (small != 0);
    if (a.v < 0) {
        backwards[n++] = '-';
    }
    for (size_t i = 0; i < n; i++) {
        text[i] = backwards[n - 1 - i];
    }
    text[n] = '\0';
    return n;
}

/* The quotient by 10^18 is taken to at least 61 bits, with its lowest bit set when digits were
 * lost; converting those to a double is the only rounding. */
double decimal_to_double(struct decimal a) {
    if (a.v == 0) {
        return 0.0;
    }
    uint128 magnitude = decimal_magnitude(a);
    uint64_t high = (uint64_t)(magnitude >> 64);
    int shift = high != 0 ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)magnitude);
    uint128 scaled = magnitude << shift;
    uint128 quotient = scaled / DECIMAL_ONE_64; /* 67 to 69 bits */
    bool lost = quotient * DECIMAL_ONE_64 != scaled || (quotient & 127) != 0;
    int64_t bits = (int64_t)(quotient >> 7) | lost;

    uint64_t power_bits = (uint64_t)(1023 + 7 - shift) << 52; /* 2^(7 - shift) */
    double power;
    memcpy(&power, &power_bits, sizeof power);
    double value = (double)bits * power;
    return a.v < 0 ? -value : value;
}

/* The digits of "d.ddde±xx" as printf writes them, rounded to nearest at the 18th decimal. */
static int decimal_of_scientific(const char *text, struct decimal *out) {
    struct number number;
    int rc = number_parse(text, strlen(text), &number);
    if (rc != 0) {
        return rc;
    }
    int64_t excess = -(number.exponent + DECIMAL_SCALE);
    if (excess <= 0) {
        return decimal_of_number(&number, out);
    }
    if (excess > SMALL_DIGITS) {
        out->v = 0; /* at most 17 digits: less than a hundredth of the last decimal */
        return 0;
    }
    uint64_t digits = (uint64_t)number.digits;
    uint64_t divisor = powers_of_ten[excess];
    uint64_t quotient = digits / divisor;
    uint64_t rest = digits % divisor;
    uint64_t missing = divisor - rest;
    quotient += number.negative ? rest > missing : rest >= missing;
    *out = decimal_signed(quotient, number.negative);
    return 0;
}

/* The exact value of a positive double below 10^15 in 10^-18ths, cut off; whether anything was. */
static uint128 decimal_cut_of_double(double x, bool *is_cut) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52) - 1075;
    uint64_t mantissa = (bits & ((UINT64_C(1) << 52) - 1)) | UINT64_C(1) << 52;
    uint128 scaled = (uint128)mantissa * DECIMAL_ONE_64; /* below 2^113 */
    if (exponent >= 0) {
        *is_cut = false;
        return scaled << exponent;
    }
    *is_cut = (scaled & (((uint128)1 << -exponent) - 1)) != 0;
    return scaled >> -exponent;
}

/* The decimal of 15, 16 or 17 digits that reads back as x, for 0.1 <= x < 10^15: each candidate is
 * the exact value rounded to that many digits (ties to even, as printf does). */
static bool decimal_shortest(double x, struct decimal *out) {
    bool is_cut;
    uint128 exact = decimal_cut_of_double(x, &is_cut);
    int length = DECIMAL_SCALE;
    uint128 limit = DECIMAL_ONE_64;
    while (limit <= exact) {
        limit *= 10;
        length++;
    }
    for (int digits = 15; digits <= 17; digits++) {
        uint64_t unit = powers_of_ten[length - digits]; /* length is at most 33 */
        uint128 quotient = exact / unit;
        uint128 twice = (exact % unit) * 2;
        quotient += twice > unit || (twice == unit && (is_cut || (quotient & 1) != 0));
        *out = decimal_signed(quotient * unit, false);
        if (decimal_to_double(*out) == x) {
            return true;
        }
    }
    return false;
}

int decimal_of_double(double x, struct decimal *out) {
    if (x > -1e7 && x < 1e7) {
        /* At most 15 digits: the only such decimal that reads back as x, hence the shortest. */
        double scaled = x * 1e8;
        int64_t units = (int64_t)(scaled + (x < 0 ? -0.5 : 0.5));
        if (units > -1000000000000000 && units < 1000000000000000 && (double)units / 1e8 == x) {
            out->v = (int128)units * 10000000000;
            return 0;
        }
    }
    if (!(x > -1e21 && x < 1e21)) {
        return E_RANGE;
    }
    double size = x < 0 ? -x : x;
    if (size >= 0.1 && size < 1e15 && decimal_shortest(size, out)) {
        out->v = x < 0 ? -out->v : out->v;
        return 0;
    }
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*e", digits - 1, x);
        if (strtod(text, NULL) == x) {
            break;
        }
    }
    return decimal_of_scientific(text, out);
}
