/* token: who may call. A token is 256 random bits that its owner keeps; here only its SHA-256 is
 * kept, with a name, a role and the user whose things it may touch.
 *
 *   <data_dir>/admin.token   made at the first start, mode 0600: the whole token of the
 *                            administrator, for the machine's owner to read
 *   <data_dir>/tokens        one line each: name role user hash created
 *
 * A file that has changed is read again by tokens_refresh, so that a token added or removed while
 * the platform runs counts at once. Hashes are compared in constant time, all of them. Reads files
 * and the wall clock; one thread; the owner frees. */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define TOKEN_NAME_MAX 33 /* at most 32 of [A-Za-z0-9._-] and the NUL; of users as well */
#define TOKEN_TEXT_MAX 72
#define TOKEN_HASH_BYTES 32
#define TOKENS_MAX 1024

enum role { ROLE_TRADER, ROLE_AUTHOR, ROLE_OPERATOR, ROLE_ADMIN };
#define ROLE_COUNT 4
const char *role_name(enum role role);
MUST_CHECK int role_parse(const char *name, enum role *role, struct err *e);

struct token {
    char name[TOKEN_NAME_MAX];
    enum role role;
    char user[TOKEN_NAME_MAX];
    unsigned char hash[TOKEN_HASH_BYTES];
    int64_t created_s;
};

/* Whether a name or a user may be called so. */
bool token_name_is_good(const char *name);

struct tokens;

/* Makes admin.token when it is not there. E_CONFIG when others may read it, or a line of the file
 * of tokens is not one. */
MUST_CHECK int tokens_open(struct tokens **out, const char *data_dir, struct err *e);
void tokens_free(struct tokens *tokens);
/* Reads the files again if they changed. On a failure the tokens stay as they were. */
MUST_CHECK int tokens_refresh(struct tokens *tokens, struct err *e);
/* NULL when nobody has it. Valid until the next refresh. */
const struct token *tokens_find(struct tokens *tokens, const char *text, size_t length);

/* --- the command line
 * ----------------------------------------------------------------------------- */

/* text gets the new token, which is nowhere else. E_STATE when the name is taken. */
MUST_CHECK int token_add(
    const char *data_dir,
    const char *name,
    enum role role,
    const char *user,
    char text[TOKEN_TEXT_MAX],
    struct err *e
);
MUST_CHECK int token_remove(const char *data_dir, const char *name, struct err *e);
/* The named tokens, in their order; *out is to be freed. */
MUST_CHECK int token_list(const char *data_dir, struct token **out, int *count, struct err *e);
