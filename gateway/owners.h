/* owners: accounts of a user, and the owner of orders by people in each: an activation without a
 * script, made when it is first needed. One thread. */
#pragma once

#include "gateway/call.h"

/* An id that no activation has: the letter and twelve random digits. */
MUST_CHECK int
id_make(struct call *c, char letter, char id[ACTIVATION_ID_MAX], uint64_t *seed, struct err *e);

/* Whether an activation of the user is the first in its account that was not refused at its start:
 * walking a user's activations, that is each of his accounts once. */
bool account_is_first(const struct call *c, const char *user, int activation);

/* A page of the accounts of the user in the path that are open, each written by `write`. */
MUST_CHECK int accounts_list(
    struct call *c,
    void (*write)(struct call *c, const char *user, uint32_t account),
    struct err *e
);

/* The account's owner of orders by people. */
MUST_CHECK int
owner_take(struct call *c, const char *user, uint32_t account, uint32_t *owner, struct err *e);
/* A new paper account with its owner, made with the request's key. */
MUST_CHECK int owner_with_account(
    struct call *c,
    const char *user,
    struct money balance,
    const char *currency,
    bool is_hedge,
    uint32_t *owner,
    struct err *e
);
/* The account a request means that names none: the user's only one, or that of his first owner of
 * orders by people. E_NOT_FOUND where that is none, or several. */
MUST_CHECK int account_guess(struct call *c, const char *user, uint32_t *account, struct err *e);
