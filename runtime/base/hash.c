#include "base/hash.h"

uint64_t hash_add(uint64_t state, const void *bytes, size_t length) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++) {
        state = (state ^ at[i]) * UINT64_C(0x100000001B3);
    }
    return state;
}

uint64_t hash_end(uint64_t state) {
    state = (state ^ (state >> 33)) * UINT64_C(0xFF51AFD7ED558CCD);
    state = (state ^ (state >> 33)) * UINT64_C(0xC4CEB9FE1A85EC53);
    return state ^ (state >> 33);
}

uint64_t hash_of(const void *bytes, size_t length) {
    return hash_end(hash_add(HASH_START, bytes, length));
}
