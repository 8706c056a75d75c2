/* token_file: the files that tokens are kept in. A file is replaced whole, under a lock, so that
 * two commands at a time lose nothing and a reader never sees half of it. One thread. */
#pragma once

#include "gateway/token.h"

#include <sys/types.h>
#include <time.h>

struct token_stamp { /* equal as long as a file was not replaced */
    ino_t node;
    off_t size;
    struct timespec changed;
};

struct token_stamp token_stamp_of(const char *data_dir, const char *name);
bool token_stamp_equal(const struct token_stamp *a, const struct token_stamp *b);

MUST_CHECK int
token_hash(const char *text, size_t length, unsigned char hash[TOKEN_HASH_BYTES], struct err *e);
/* Makes the administrator's token when there is none. */
MUST_CHECK int admin_token_make(const char *data_dir, struct err *e);
MUST_CHECK int
admin_token_read(const char *data_dir, char text[TOKEN_TEXT_MAX], size_t *length, struct err *e);
