/* decimal_parts: what decimal.c and decimal_text.c share: a decimal taken apart into sign and
 * magnitude. The most negative 128-bit integer is no decimal: without it every value has a negative
 * and neither abs nor negate can overflow. Only these two files include it. Pure. */
#pragma once

#include "base/decimal.h"

typedef unsigned __int128 uint128;

#define DECIMAL_MAGNITUDE_MAX ((uint128)(~(uint128)0 >> 1))
#define DECIMAL_ONE_64 UINT64_C(1000000000000000000)

static inline uint128 decimal_magnitude(struct decimal a) {
    return a.v < 0 ? -(uint128)a.v : (uint128)a.v;
}

/* The magnitude must be at most DECIMAL_MAGNITUDE_MAX. */
static inline struct decimal decimal_signed(uint128 magnitude, bool negative) {
    return (struct decimal){negative ? -(int128)magnitude : (int128)magnitude};
}
