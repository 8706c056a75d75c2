/* tally: how many there are of each: a count for every 64-bit number that has one, such as the hash
 * of a user. Numbers should be spread like hashes. One thread; the owner frees. */
#pragma once

#include "base/err.h"

#include <stdint.h>

struct tally;

MUST_CHECK int tally_new(struct tally **out, struct err *e);
void tally_free(struct tally *t);

/* One more. E_MEMORY, and nothing is changed. */
MUST_CHECK int tally_add(struct tally *t, uint64_t number);
/* One less; the number must have been added. */
void tally_remove(struct tally *t, uint64_t number);
int tally_of(const struct tally *t, uint64_t number);
