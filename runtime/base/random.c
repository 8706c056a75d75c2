#include "base/random.h"

static uint64_t splitmix_next(uint64_t *state) {
    uint64_t x = *state += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

static inline uint64_t rotate_left(uint64_t x, int bits) {
    return (x << bits) | (x >> (64 - bits));
}

void random_seed(struct random *random, uint64_t seed) {
    for (int i = 0; i < 4; i++) {
        random->state[i] = splitmix_next(&seed);
    }
}

uint64_t random_next(struct random *random) {
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

/* The top half of a 128-bit product; products whose low half falls in the incomplete last stretch
 * are drawn again, so that no number is favoured. */
uint64_t random_below(struct random *random, uint64_t count) {
    uint64_t unfair = -count % count;
    unsigned __int128 product;
    do {
        product = (unsigned __int128)random_next(random) * count;
    } while ((uint64_t)product < unfair);
    return (uint64_t)(product >> 64);
}

double random_fraction(struct random *random) {
    return (double)(int64_t)(random_next(random) >> 11) * 0x1p-53;
}
