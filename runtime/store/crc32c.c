#include "store/crc32c.h"

#include <pthread.h>
#include <string.h>

#define POLYNOMIAL UINT32_C(0x82F63B78) /* reversed */

static uint32_t tables[8][256]; /* tables[k]: a byte followed by k zeros */
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void tables_fill(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? POLYNOMIAL : 0);
        }
        tables[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++) {
        for (int k = 1; k < 8; k++) {
            uint32_t before = tables[k - 1][i];
            tables[k][i] = (before >> 8) ^ tables[0][before & 0xFF];
        }
    }
}

uint32_t crc32c_portable(uint32_t crc, const void *bytes, size_t length) {
    pthread_once(&tables_once, tables_fill);
    const unsigned char *p = bytes;
    crc = ~crc;
    for (; length >= 8; length -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        word ^= crc;
        crc = 0;
        for (int k = 0; k < 8; k++) {
            crc ^= tables[7 - k][(word >> (8 * k)) & 0xFF];
        }
    }
    for (; length > 0; length--, p++) {
        crc = (crc >> 8) ^ tables[0][(crc ^ *p) & 0xFF];
    }
    return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t
crc32c_hardware(uint32_t crc, const void *bytes, size_t length) {
    const unsigned char *p = bytes;
    uint64_t state = ~crc;
    for (; length >= 8; length -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        state = __builtin_ia32_crc32di(state, word);
    }
    uint32_t rest = (uint32_t)state;
    for (; length > 0; length--, p++) {
        rest = __builtin_ia32_crc32qi(rest, *p);
    }
    return ~rest;
}

uint32_t crc32c(uint32_t crc, const void *bytes, size_t length) {
    return __builtin_cpu_supports("sse4.2") ? crc32c_hardware(crc, bytes, length)
                                            : crc32c_portable(crc, bytes, length);
}

#else

uint32_t crc32c(uint32_t crc, const void *bytes, size_t length) {
    return crc32c_portable(crc, bytes, length);
}

#endif
