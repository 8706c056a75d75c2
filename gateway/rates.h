/* rates: how often somebody may ask: so many requests a minute of each kind, for each user and each
 * address.
 *
 * A bucket for each pair: it holds a minute's worth, each request takes one, and it fills evenly. A
 * full bucket is nobody's and its place is free, so that the table never grows; where strangers
 * fill it within a minute, the fullest of a few neighbours is forgotten. The table's hash has a
 * secret start: nobody can aim at another's place. Times are handed in; one thread; the owner
 * frees. */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum rate_kind {
    RATE_ADDRESS, /* anything, from one address */
    RATE_READ,    /* of a user, as the following */
    RATE_CHANGE,
    RATE_CHECK, /* of scripts: a process each */
    RATE_COUNT,
    RATE_FREE = RATE_COUNT, /* never refused: what stops trading */
};

struct rate_limits {
    int per_minute[RATE_COUNT]; /* 0: any number */
};

struct rates;

MUST_CHECK int
rates_new(struct rates **out, const struct rate_limits *limits, uint64_t secret, struct err *e);
void rates_free(struct rates *r);
/* 0: it may be done now, and is counted; else how long it takes until one more may. */
int64_t
rates_take(struct rates *r, enum rate_kind kind, const void *who, size_t length, int64_t now_ns);
int rates_limit(const struct rates *r, enum rate_kind kind);
uint64_t rates_refused(const struct rates *r, enum rate_kind kind);
const char *rate_kind_name(enum rate_kind kind); /* "address" "read" "change" "check" */
