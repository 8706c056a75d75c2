#include "base/secret.h"

#include <string.h>
#include <sys/mman.h>

int secret_make(struct secret *out, const void *bytes, size_t length) {
    *out = (struct secret){0};
    if (length + 1 == 0) {
        return E_MEMORY;
    }
    void *hidden =
        mmap(NULL, length + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (hidden == MAP_FAILED) {
        return E_MEMORY;
    }
    /* Both only narrow where a copy could land; a system that refuses them is no reason to stop. */
    (void)mlock(hidden, length + 1);
    (void)madvise(hidden, length + 1, MADV_DONTDUMP);
    if (length > 0) {
        memcpy(hidden, bytes, length);
    }
    out->hidden = hidden;
    out->length = length;
    return 0;
}

const char *secret_reveal(const struct secret *secret) {
    return secret->hidden == NULL ? "" : secret->hidden;
}

bool secret_equal(const struct secret *secret, const void *bytes, size_t length) {
    if (secret->length != length) {
        return false;
    }
    const char *mine = secret_reveal(secret);
    const char *theirs = bytes;
    volatile unsigned char difference = 0;
    for (size_t i = 0; i < length; i++) {
        difference = (unsigned char)(difference | (mine[i] ^ theirs[i]));
    }
    return difference == 0;
}

void secret_free(struct secret *secret) {
    if (secret->hidden != NULL) {
        secret_wipe(secret->hidden, secret->length);
        munmap(secret->hidden, secret->length + 1);
    }
    *secret = (struct secret){0};
}

void secret_wipe(void *bytes, size_t length) {
    explicit_bzero(bytes, length);
}
