#include "gateway/token.h"

#include "gateway/token_file.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *role_name(enum role role) {
    static const char *const names[ROLE_COUNT] = {"trader", "author", "operator", "admin"};
    return names[role];
}

int role_parse(const char *name, enum role *role, struct err *e) {
    for (int i = 0; i < ROLE_COUNT; i++) {
        if (strcmp(name, role_name((enum role)i)) == 0) {
            *role = (enum role)i;
            return 0;
        }
    }
    return err_set(e, E_ARGUMENT, "%.40s is no role: one of admin, operator, author, trader", name);
}

bool token_name_is_good(const char *name) {
    size_t length = strlen(name);
    if (length == 0 || length >= TOKEN_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!is_plain && c != '.' && c != '_' && c != '-') {
            return false;
        }
    }
    /* Words that stand in routes where a user does. */
    return strcmp(name, "pnl") != 0 && strcmp(name, "risk") != 0 && strcmp(name, "close") != 0 &&
           strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

struct tokens {
    char *data_dir;
    EVP_MD *sha256;
    EVP_MD_CTX *context;
    struct token admin;
    struct token *named;
    int count;
    struct token_stamp admin_stamp, named_stamp;
};

void tokens_free(struct tokens *tokens) {
    if (tokens == NULL) {
        return;
    }
    EVP_MD_CTX_free(tokens->context);
    EVP_MD_free(tokens->sha256);
    free(tokens->named);
    free(tokens->data_dir);
    free(tokens);
}

static int admin_read(struct tokens *t, struct err *e) {
    char text[TOKEN_TEXT_MAX];
    size_t length;
    int code = admin_token_read(t->data_dir, text, &length, e);
    if (code == 0) {
        snprintf(t->admin.name, sizeof t->admin.name, "admin");
        snprintf(t->admin.user, sizeof t->admin.user, "admin");
        t->admin.role = ROLE_ADMIN;
        code = token_hash(text, length, t->admin.hash, e);
    }
    OPENSSL_cleanse(text, sizeof text);
    return code;
}

int tokens_refresh(struct tokens *t, struct err *e) {
    struct token_stamp admin = token_stamp_of(t->data_dir, "admin.token");
    struct token_stamp named = token_stamp_of(t->data_dir, "tokens");
    if (!token_stamp_equal(&admin, &t->admin_stamp)) {
        int code = admin_read(t, e);
        if (code != 0) {
            return code;
        }
        t->admin_stamp = admin;
    }
    if (!token_stamp_equal(&named, &t->named_stamp)) {
        struct token *list;
        int count;
        int code = token_list(t->data_dir, &list, &count, e);
        if (code != 0) {
            return code;
        }
        free(t->named);
        t->named = list;
        t->count = count;
        t->named_stamp = named;
    }
    return 0;
}

int tokens_open(struct tokens **out, const char *data_dir, struct err *e) {
    struct tokens *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return err_set(e, E_MEMORY, "no memory for tokens");
    }
    t->data_dir = strdup(data_dir);
    t->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    t->context = EVP_MD_CTX_new();
    int code = t->data_dir == NULL || t->sha256 == NULL || t->context == NULL
                   ? err_set(e, E_MEMORY, "no memory for tokens")
                   : admin_token_make(data_dir, e);
    code = code != 0 ? code : tokens_refresh(t, e);
    if (code != 0) {
        tokens_free(t);
        return code;
    }
    *out = t;
    return 0;
}

const struct token *tokens_find(struct tokens *t, const char *text, size_t length) {
    unsigned char hash[TOKEN_HASH_BYTES];
    const struct token *found = NULL;
    if (EVP_DigestInit_ex2(t->context, t->sha256, NULL) != 1 ||
        EVP_DigestUpdate(t->context, text, length) != 1 ||
        EVP_DigestFinal_ex(t->context, hash, NULL) != 1) {
        return NULL;
    }
    for (int i = 0; i <= t->count; i++) {
        const struct token *token = i == 0 ? &t->admin : &t->named[i - 1];
        if (CRYPTO_memcmp(hash, token->hash, sizeof hash) == 0) {
            found = token;
        }
    }
    return found;
}
