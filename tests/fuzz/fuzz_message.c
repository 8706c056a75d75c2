/* Any bytes as a message: either an error, or a message that is written as the same bytes again. */
#include "unit/script/message_samples.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char block[1024 * 1024] __attribute__((aligned(16)));
    static char again[1024 * 1024];
    struct arena arena;
    struct message m;
    struct err e;
    arena_init(&arena, block, sizeof block);
    if (size > sizeof again || message_decode((const char *)data, size, &arena, &m, &e) != 0) {
        return 0;
    }
    if (sample_encode(&m, again, sizeof again) != size || memcmp(again, data, size) != 0) {
        abort();
    }
    return 0;
}
