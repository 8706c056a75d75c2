#include "engine/loss_subject.h"

#include <stdlib.h>
#include <string.h>

/* --- worth ---------------------------------------------------------------------------------------
 */

static int account_worth(const struct engine *e, uint32_t index, bool at_marks, struct money *out) {
    *out = e->accounts[index].ledger.balance;
    for (uint32_t i = e->accounts[index].first_owner; i != NO_ACTIVATION;
         i = e->activations[i].next_owner) {
        const struct activation *a = &e->activations[i];
        for (int j = 0; j < a->position_count; j++) {
            const struct engine_symbol *s = &e->symbols[a->positions[j].symbol];
            struct price price = at_marks ? s->mark : s->last;
            struct money open;
            if (price.d.v == 0) {
                continue; /* no price yet: worth what it cost */
            }
            if (position_unrealized(&a->positions[j].position, price, &open) != 0 ||
                decimal_add(out->d, open.d, &out->d) != 0) {
                return E_OVERFLOW;
            }
        }
    }
    return 0;
}

static int user_worth(const struct engine *e, uint32_t user, bool at_marks, struct money *out) {
    *out = (struct money){0};
    for (uint32_t i = e->users[user].first_account; i != NO_ACCOUNT;
         i = e->accounts[i].next_of_user) {
        struct money worth;
        if (account_worth(e, i, at_marks, &worth) != 0 ||
            decimal_add(out->d, worth.d, &out->d) != 0) {
            return E_OVERFLOW;
        }
    }
    return 0;
}

int user_equity(const struct engine *e, uint32_t user, struct money *out) {
    return user_worth(e, user, false, out);
}

void halt_set(struct engine *e, struct loss_watch *w, enum loss_limit which, bool is_on) {
    e->halt_count += (int)is_on - (int)w->halts[which].is_on;
    w->halts[which].is_on = is_on;
}

/* --- whose ---------------------------------------------------------------------------------------
 */

int user_find(const struct engine *e, const char *name, const char *currency) {
    for (int i = 0; i < e->user_count; i++) {
        const struct engine_user *u = &e->users[i];
        if (u->name != NULL && strcmp(u->name, name) == 0 && strcmp(u->currency, currency) == 0) {
            return i;
        }
    }
    return -1;
}

/* There is room: each has an account. */
static int user_add(struct engine *e, const char *name, const char *currency, struct err *err) {
    int index = 0;
    while (index < e->user_count && e->users[index].name != NULL) {
        index++;
    }
    struct engine_user *u = &e->users[index];
    *u = (struct engine_user){
        .name = strdup(name),
        .currency = strdup(currency),
        .first_account = NO_ACCOUNT,
    };
    e->user_count += index == e->user_count;
    bucket_fill(e, &u->rate, &e->options.limits.user_rate);
    return u->name != NULL && u->currency != NULL ? index
                                                  : err_set(err, E_MEMORY, "no memory for a user");
}

int account_belongs(
    struct engine *e, uint32_t account, const char *name, const char *currency, struct err *err
) {
    int user = user_find(e, name, currency);
    user = user < 0 ? user_add(e, name, currency, err) : user;
    if (user < 0) {
        return user;
    }
    struct engine_user *u = &e->users[user];
    struct account *a = &e->accounts[account];
    loss_watch_init(&a->loss, a->ledger.balance);
    a->user = (uint32_t)user;
    a->next_of_user = u->first_account;
    u->first_account = account;
    return loss_deposit(&u->loss, a->ledger.balance) != 0
               ? err_set(err, E_OVERFLOW, "the accounts of %s hold too much", name)
               : 0;
}

static void halts_forget(struct engine *e, struct loss_watch *w) {
    halt_set(e, w, LOSS_DAILY, false);
    halt_set(e, w, LOSS_DRAWDOWN, false);
    *w = (struct loss_watch){0};
}

/* What is in it is not lost by its user. */
void account_leaves(struct engine *e, uint32_t account) {
    struct account *a = &e->accounts[account];
    struct engine_user *u = &e->users[a->user];
    uint32_t *at = &u->first_account;
    struct money less = {{-a->ledger.balance.d.v}};
    while (*at != account) {
        at = &e->accounts[*at].next_of_user;
    }
    *at = a->next_of_user;
    a->user = NO_USER;
    a->next_of_user = NO_ACCOUNT;
    halts_forget(e, &a->loss);
    if (u->first_account == NO_ACCOUNT || loss_deposit(&u->loss, less) != 0) {
        halts_forget(e, &u->loss);
    }
    if (u->first_account == NO_ACCOUNT) {
        free(u->name);
        free(u->currency);
        u->name = u->currency = NULL;
    }
}

/* --- subjects ------------------------------------------------------------------------------------
 */

struct subject account_subject(struct engine *e, uint32_t account) {
    return (struct subject){false, account, &e->accounts[account].loss};
}

struct subject user_subject(struct engine *e, uint32_t user) {
    return (struct subject){true, user, &e->users[user].loss};
}

int subject_worth(
    const struct engine *e, const struct subject *s, bool at_marks, struct money *out
) {
    return s->is_user ? user_worth(e, s->index, at_marks, out)
                      : account_worth(e, s->index, at_marks, out);
}

/* The next activation of the subject after `activation`; NO_ACTIVATION: before the first, and none.
 */
uint32_t subject_next(const struct engine *e, const struct subject *s, uint32_t activation) {
    uint32_t account = s->is_user ? e->users[s->index].first_account : s->index;
    if (activation != NO_ACTIVATION) {
        account = e->activations[activation].account;
        if (e->activations[activation].next_owner != NO_ACTIVATION) {
            return e->activations[activation].next_owner;
        }
        account = s->is_user ? e->accounts[account].next_of_user : NO_ACCOUNT;
    }
    while (account != NO_ACCOUNT && e->accounts[account].first_owner == NO_ACTIVATION) {
        account = s->is_user ? e->accounts[account].next_of_user : NO_ACCOUNT;
    }
    return account != NO_ACCOUNT ? e->accounts[account].first_owner : NO_ACTIVATION;
}

void subjects_do(struct engine *e, void (*what)(struct engine *e, const struct subject *s)) {
    for (uint32_t i = 0; i < (uint32_t)e->account_count; i++) {
        if (e->accounts[i].user != NO_USER) {
            struct subject s = account_subject(e, i);
            what(e, &s);
        }
    }
    for (uint32_t i = 0; i < (uint32_t)e->user_count; i++) {
        if (e->users[i].name != NULL) {
            struct subject s = user_subject(e, i);
            what(e, &s);
        }
    }
}
