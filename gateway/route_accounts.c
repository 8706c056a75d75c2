/* routes of accounts: paper balances: which there are, a new one, the end of one. */
#include "gateway/once.h"
#include "gateway/owners.h"
#include "gateway/page.h"
#include "gateway/router.h"
#include "gateway/shapes.h"

#include <stdio.h>
#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static void account_write(struct call *c, const char *user, uint32_t account) {
    shape_account(&c->json, c->g, account, user);
}

int route_accounts(struct call *c, struct err *e) {
    return accounts_list(c, account_write, e);
}

int route_account_create(struct call *c, struct err *e) {
    static const char *const names[] = {"user_id",  "exchange", "mode", "balance",
                                        "currency", "hedge",    NULL};
    static const char *const modes[] = {"paper", NULL};
    const char *const venues[] = {c->g->options.venue, NULL};
    struct money balance = c->g->options.balance;
    struct request_view made;
    uint32_t owner = NO_ACTIVATION;
    body_names(c, names);
    const char *user = body_user(c);
    body_choice(c, "exchange", venues, 0, false);
    body_choice(c, "mode", modes, 0, false);
    const char *currency = body_text(c, "currency", false);
    if (currency != NULL &&
        (strlen(currency) > 15 || strspn(currency, LETTERS) != strlen(currency))) {
        call_fault(c, "currency", "must be 1 to 15 letters and digits");
    }
    bool is_hedge = body_bool(c, "hedge", false);
    if (body_decimal(c, "balance", false, &balance.d) &&
        (decimal_sign(balance.d) <= 0 || balance.d.v > decimal_of_int(1000000000000).v)) {
        call_fault(c, "balance", "must be over 0 and at most 1000000000000");
    }
    if (currency == NULL) {
        currency =
            engine_symbol_count(c->engine) > 0 ? engine_instrument(c->engine, 0)->quote : "USDT";
    }
    int code = call_faults(c, e);
    if (code == 0 && !call_may(c, user)) {
        return call_refuse(c, 403, "forbidden", e, "this is for another user");
    }
    if (code == 0 && once_made(c, 0, &made)) {
        owner = made.activation; /* an owner of orders by people is never over */
    } else if (code == 0) {
        code = owner_with_account(c, user, balance, currency, is_hedge, &owner, e);
    }
    if (code != 0) {
        return code;
    }
    call_acknowledge(c);
    c->status = 201;
    shape_account(&c->json, c->g, activation_account(c->engine, owner), user);
    return 0;
}

/* {user_id} of the path is the account's id here. */
int route_account_close(struct call *c, struct err *e) {
    static const char *const names[] = {NULL};
    uint32_t account = 0;
    uint32_t owner = 0;
    body_names(c, names);
    int code = call_faults(c, e);
    code = code != 0 ? code : call_account(c, call_part(c, "user_id"), &account, e);
    code = code != 0 ? code : pending_room(c->g, e);
    code = code != 0 ? code : account_close_check(c->engine, account, e);
    if (code != 0) {
        return code;
    }
    char user[TOKEN_NAME_MAX];
    snprintf(user, sizeof user, "%s", account_user(c->g, account));
    code = owner_take(c, user, account, &owner, e);
    code = code != 0 ? code : engine_close_account(c->g->engine, owner, c->who->user, e);
    if (code != 0) {
        return code;
    }
    call_acknowledge(c);
    shape_account(&c->json, c->g, account, user);
    return 0;
}
