#include "gateway/owners.h"

#include "gateway/once.h"
#include "gateway/page.h"
#include "gateway/router.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

int id_make(
    struct call *c, char letter, char id[ACTIVATION_ID_MAX], uint64_t *seed, struct err *e
) {
    static const char digits[] = "0123456789abcdefghijkmnpqrstuvwx"; /* 32 */
    do {
        unsigned char bytes[20];
        if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
            return err_set(e, E_IO, "the system gives no random bytes");
        }
        id[0] = letter;
        for (int i = 0; i < 12; i++) {
            id[i + 1] = digits[bytes[i] % 32];
        }
        id[13] = '\0';
        memcpy(seed, bytes + 12, sizeof *seed);
    } while (directory_find(c->g->directory, id) >= 0);
    return 0;
}

bool account_is_first(const struct call *c, const char *user, int activation) {
    struct activation_view view;
    uint32_t account = activation_account(c->engine, (uint32_t)activation);
    for (int i = directory_first(c->g->directory, user); i >= 0;
         i = directory_next(c->g->directory, i)) {
        inspect_activation(c->engine, (uint32_t)i, &view);
        if (view.account == account && !activation_is_refused(&view)) {
            return i == activation;
        }
    }
    return false;
}

static int
owner_open(struct call *c, struct activation_options *options, uint32_t *owner, struct err *e) {
    char id[ACTIVATION_ID_MAX];
    int code = id_make(c, 'm', id, &options->seed, e);
    options->id = id;
    options->author = c->who->user;
    options->on_suspend = SUSPEND_KEEP;
    return code != 0 ? code : c->g->options.activate(c->g->options.ctx, options, owner, e);
}

int accounts_list(
    struct call *c,
    void (*write)(struct call *c, const char *user, uint32_t account),
    struct err *e
) {
    static const char *const names[] = {"limit", "cursor", NULL};
    const char *user = call_part(c, "user_id");
    struct page page;
    query_names(c, names);
    page_begin(&page, c);
    for (int i = directory_first(c->g->directory, user); i >= 0 && !page_is_over(&page);
         i = directory_next(c->g->directory, i)) {
        uint32_t account = activation_account(c->engine, (uint32_t)i);
        char key[24];
        snprintf(key, sizeof key, "paper%" PRIu32, account);
        if (account_is_first(c, user, i) && !account_is_closed(c->engine, account) &&
            page_take(&page, key)) {
            write(c, user, account);
        }
    }
    return page_end(&page, e);
}

int owner_take(struct call *c, const char *user, uint32_t account, uint32_t *owner, struct err *e) {
    struct activation_options options = {.user = user, .account = &account, .currency = ""};
    struct account_view view;
    for (int i = directory_first(c->g->directory, user); i >= 0;
         i = directory_next(c->g->directory, i)) {
        struct activation_view a;
        inspect_activation(c->engine, (uint32_t)i, &a);
        if (a.account != account) {
            continue;
        }
        if (a.is_manual) {
            *owner = (uint32_t)i;
            return 0;
        }
        options.currency = a.currency;
    }
    inspect_account(c->engine, account, &view);
    options.is_hedge = view.is_hedge;
    options.balance = view.ledger->balance;
    return owner_open(c, &options, owner, e);
}

int owner_with_account(
    struct call *c,
    const char *user,
    struct money balance,
    const char *currency,
    bool is_hedge,
    uint32_t *owner,
    struct err *e
) {
    struct activation_options options = {
        .user = user,
        .currency = currency,
        .balance = balance,
        .is_hedge = is_hedge,
        .request = once_key(c, 0),
    };
    return owner_open(c, &options, owner, e);
}

int account_guess(struct call *c, const char *user, uint32_t *account, struct err *e) {
    bool has_one = false;
    bool has_several = false;
    for (int i = directory_first(c->g->directory, user); i >= 0;
         i = directory_next(c->g->directory, i)) {
        struct activation_view a;
        inspect_activation(c->engine, (uint32_t)i, &a);
        if (account_is_closed(c->engine, a.account)) {
            continue;
        }
        if (a.is_manual) {
            *account = a.account;
            return 0;
        }
        has_several = has_several || (has_one && a.account != *account);
        *account = a.account;
        has_one = true;
    }
    if (has_one && !has_several) {
        return 0;
    }
    return err_set(
        e, E_NOT_FOUND,
        has_several ? "there are several accounts: give account_id"
                    : "there is no account yet: POST /api/accounts makes one"
    );
}
