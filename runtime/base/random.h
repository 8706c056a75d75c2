/* random: numbers for simulations, jitter and sampling that the same seed gives again on every
 * machine (xoshiro256** by Blackman and Vigna, public domain, seeded by splitmix64). Not for keys
 * or tokens: who has seen a few outputs knows the rest. The state is the caller's; one thread a
 * state. */
#pragma once

#include <stdint.h>

struct random {
    uint64_t state[4];
};

/* Every seed is good, 0 included. */
void random_seed(struct random *random, uint64_t seed);

uint64_t random_next(struct random *random);

/* 0 to count - 1, each equally likely; count > 0. */
uint64_t random_below(struct random *random, uint64_t count);

/* At least 0 and less than 1, a multiple of 2^-53. */
double random_fraction(struct random *random);
