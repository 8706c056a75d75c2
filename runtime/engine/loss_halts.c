/* loss_halts: limits of loss stop an account, or all accounts of a user: what enlarges is refused
 * and canceled, what reduces goes on. A halt is a record; a daily one ends with the UTC day, one of
 * the drawdown when a person lifts it. */
#include "engine/engine_state.h"

#include <stdlib.h>
#include <string.h>

#define DAY_MS ((int64_t)86400000)
#define WATCH_MS ((int64_t)1000)    /* prices move more often */
#define MIDNIGHT_MS ((int64_t)5000) /* a bar that ended at midnight comes within */

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

static void halt_set(struct engine *e, struct loss_watch *w, enum loss_limit which, bool is_on) {
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

/* An account or a user: what is watched. */
struct subject {
    bool is_user;
    uint32_t index;
    struct loss_watch *loss;
};

static struct subject account_subject(struct engine *e, uint32_t account) {
    return (struct subject){false, account, &e->accounts[account].loss};
}

static struct subject user_subject(struct engine *e, uint32_t user) {
    return (struct subject){true, user, &e->users[user].loss};
}

static int
subject_worth(const struct engine *e, const struct subject *s, bool at_marks, struct money *out) {
    return s->is_user ? user_worth(e, s->index, at_marks, out)
                      : account_worth(e, s->index, at_marks, out);
}

/* The next activation of the subject after `activation`; NO_ACTIVATION: before the first, and none.
 */
static uint32_t subject_next(const struct engine *e, const struct subject *s, uint32_t activation) {
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

/* With all accounts, and all users. */
static void all_do(struct engine *e, void (*what)(struct engine *e, const struct subject *s)) {
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

/* --- halts ---------------------------------------------------------------------------------------
 */

static void halt_describe(
    const struct engine *e, const struct subject *s, enum loss_limit which, struct record *record
) {
    const struct loss_halt *halt = &s->loss->halts[which];
    uint32_t user = s->is_user ? s->index : e->accounts[s->index].user;
    *record = (struct record){.kind = RECORD_HALT, .activation = UINT32_MAX};
    record->u.halt.which = which;
    record->u.halt.account = s->is_user ? UINT32_MAX : s->index;
    record->u.halt.user = e->users[user].name;
    record->u.halt.currency = e->users[user].currency;
    record->u.halt.is_on = halt->is_on;
    record->u.halt.value = halt->value;
    record->u.halt.limit = halt->limit;
    record->u.halt.from = which == LOSS_DAILY ? s->loss->day_start : s->loss->peak;
    record->u.halt.who = "core";
}

static void
halt_tell(struct engine *e, const struct subject *s, enum loss_limit which, const char *who) {
    struct record record;
    halt_describe(e, s, which, &record);
    record.u.halt.who = who;
    journal_write(e, &record);
    if (e->ports.sink.halt == NULL || e->is_recovering) {
        return;
    }
    char message[ORDER_MESSAGE_MAX];
    enum risk_check check = risk_check_of_loss(s->is_user, which);
    risk_halt_message(check, &s->loss->halts[which], message);
    struct halt_record told = {
        .time_ms = e->now_ms,
        .check = check,
        .account = record.u.halt.account,
        .user = record.u.halt.user,
        .is_on = record.u.halt.is_on,
        .message = message,
        .who = who,
    };
    e->ports.sink.halt(e->ports.sink.ctx, &told);
}

static int halts_of(const struct engine *e, uint32_t activation) {
    const struct account *account = &e->accounts[e->activations[activation].account];
    const struct loss_watch *user = &e->users[account->user].loss;
    int count = 0;
    for (int which = 0; which < LOSS_LIMIT_COUNT; which++) {
        count += account->loss.halts[which].is_on + user->halts[which].is_on;
    }
    return count;
}

static void halt_begin(
    struct engine *e,
    const struct subject *s,
    enum loss_limit which,
    struct decimal value,
    struct decimal limit
) {
    s->loss->halts[which] = (struct loss_halt){s->loss->halts[which].is_on, value, limit};
    halt_set(e, s->loss, which, true);
    halt_tell(e, s, which, "core");
    for (uint32_t i = subject_next(e, s, NO_ACTIVATION); i != NO_ACTIVATION;
         i = subject_next(e, s, i)) {
        orders_cancel_risky(e, i);
        if (e->options.limits.halt_flattens && halts_of(e, i) == 1) {
            orders_flatten(e, i, "halt");
        }
    }
}

bool loss_halt_holds(const struct engine *e, uint32_t activation, char message[ORDER_MESSAGE_MAX]) {
    if (e->halt_count == 0) {
        return false;
    }
    const struct account *account = &e->accounts[e->activations[activation].account];
    const struct loss_watch *watches[2] = {&account->loss, &e->users[account->user].loss};
    for (int is_user = 0; is_user < 2; is_user++) {
        for (int which = 0; which < LOSS_LIMIT_COUNT; which++) {
            if (watches[is_user]->halts[which].is_on) {
                risk_halt_message(
                    risk_check_of_loss(is_user, (enum loss_limit)which),
                    &watches[is_user]->halts[which], message
                );
                return true;
            }
        }
    }
    return false;
}

/* --- looking -------------------------------------------------------------------------------------
 */

static void subject_watch(struct engine *e, const struct subject *s) {
    struct money equity;
    bool has_figure = false;
    for (int which = 0; which < LOSS_LIMIT_COUNT; which++) {
        struct decimal limit =
            risk_loss_limit(&e->options.limits, s->is_user, (enum loss_limit)which);
        struct decimal value;
        if (limit.v == 0 || s->loss->halts[which].is_on) {
            continue;
        }
        if (!has_figure && subject_worth(e, s, false, &equity) != 0) {
            return; /* no figure: the checks of orders refuse by themselves */
        }
        has_figure = true;
        if (loss_figure(s->loss, (enum loss_limit)which, equity, &value) == 0 &&
            decimal_compare(value, limit) >= 0) {
            halt_begin(e, s, (enum loss_limit)which, value, limit);
        }
    }
}

/* A fill may have made a reducing order an enlarging one. */
static void account_cancel_risky(struct engine *e, uint32_t account) {
    struct loss_watch *user = &e->users[e->accounts[account].user].loss;
    if (!loss_is_halted(&e->accounts[account].loss) && !loss_is_halted(user)) {
        return;
    }
    for (uint32_t i = e->accounts[account].first_owner; i != NO_ACTIVATION;
         i = e->activations[i].next_owner) {
        orders_cancel_risky(e, i);
    }
}

static void due_watch(struct engine *e) {
    int count = e->due_count;
    e->due_count = 0;
    for (int i = 0; i < count; i++) {
        uint32_t account = e->due[i];
        e->accounts[account].is_due = false;
        if (e->accounts[account].user == NO_USER) {
            continue;
        }
        struct subject own = account_subject(e, account);
        struct subject user = user_subject(e, e->accounts[account].user);
        subject_watch(e, &own);
        subject_watch(e, &user);
        account_cancel_risky(e, account);
    }
}

void losses_watch(struct engine *e) {
    if (e->due_count > 0) {
        due_watch(e);
    }
    if (!e->is_price_new || e->now_ms < e->watched_ms + WATCH_MS) {
        return;
    }
    e->is_price_new = false;
    e->watched_ms = e->now_ms;
    if (!risk_watches_losses(&e->options.limits)) {
        return;
    }
    all_do(e, subject_watch);
}

void losses_are_due(struct engine *e, uint32_t account) {
    if (!e->accounts[account].is_due && !e->is_recovering &&
        e->due_count < e->options.activations_max &&
        (e->halt_count > 0 || risk_watches_losses(&e->options.limits))) {
        e->accounts[account].is_due = true;
        e->due[e->due_count++] = account;
    }
}

/* --- days and peaks ------------------------------------------------------------------------------
 */

static void subject_see_day(struct engine *e, const struct subject *s) {
    struct money worth;
    if (subject_worth(e, s, true, &worth) == 0) {
        loss_begin(s->loss, LOSS_DAILY, worth);
    }
}

static void subject_see_peak(struct engine *e, const struct subject *s) {
    struct money worth;
    if (subject_worth(e, s, true, &worth) == 0) {
        loss_raise_peak(s->loss, worth);
    }
}

static void subject_end_day(struct engine *e, const struct subject *s) {
    if (s->loss->halts[LOSS_DAILY].is_on) {
        halt_set(e, s->loss, LOSS_DAILY, false);
        halt_tell(e, s, LOSS_DAILY, "core");
    }
}

void day_begin(struct engine *e, int64_t day) {
    e->day = day;
    e->day_end_ms = (day + 1) * DAY_MS;
    all_do(e, subject_see_day);
    struct record record = {.kind = RECORD_DAY, .activation = UINT32_MAX};
    record.u.day.day = day;
    journal_write(e, &record);
    all_do(e, subject_end_day);
}

void losses_follow_day(struct engine *e) {
    if (e->now_ms < e->day_end_ms) {
        return;
    }
    int64_t day = e->now_ms / DAY_MS;
    if (e->account_count == 0) {
        e->day = day;
        e->day_end_ms = (day + 1) * DAY_MS;
    } else if (!e->is_recovering) {
        day_begin(e, day); /* in recovery its record says so */
    }
}

/* The bar that ended with the day before is where the new one begins. */
void losses_see_bar(struct engine *e, const struct candle *candle) {
    const struct risk_limits *limits = &e->options.limits;
    int64_t begin_ms = e->day_end_ms - DAY_MS;
    e->is_price_new = true;
    if (candle->bar.close_ms == begin_ms && e->now_ms <= begin_ms + MIDNIGHT_MS) {
        all_do(e, subject_see_day);
    }
    if (limits->drawdown_max.v != 0 || limits->user_drawdown_max.v != 0) {
        all_do(e, subject_see_peak);
    }
}

/* --- a person lifts a halt -----------------------------------------------------------------------
 */

static int
subject_lift(struct engine *e, const struct subject *s, const char *who, struct err *err) {
    struct money worth;
    if (!loss_is_halted(s->loss)) {
        return 0;
    }
    /* At the last prices, which its record has in it: at the marks it could begin again at once. */
    if (subject_worth(e, s, false, &worth) != 0) {
        return err_set(err, E_OVERFLOW, "there is no figure to count from: the halt stays");
    }
    for (int which = 0; which < LOSS_LIMIT_COUNT; which++) {
        if (s->loss->halts[which].is_on) {
            loss_begin(s->loss, (enum loss_limit)which, worth);
            halt_set(e, s->loss, (enum loss_limit)which, false);
            halt_tell(e, s, (enum loss_limit)which, who);
        }
    }
    return 1;
}

int engine_unhalt(
    struct engine *e, enum kill_scope scope, const char *id, const char *who, struct err *err
) {
    int lifted = 0;
    if (e->is_journal_down) {
        return err_set(err, E_IO, "the journal cannot be written: the halt stays");
    }
    for (uint32_t i = 0; i < (uint32_t)e->user_count && lifted >= 0; i++) {
        if (scope == KILL_USER && e->users[i].name != NULL && strcmp(e->users[i].name, id) == 0) {
            struct subject s = user_subject(e, i);
            int code = subject_lift(e, &s, who, err);
            lifted = code < 0 ? code : lifted + code;
        }
    }
    for (uint32_t i = 0; i < (uint32_t)e->activation_count && lifted >= 0; i++) {
        if (scope == KILL_ACTIVATION && strcmp(e->activations[i].id, id) == 0) {
            struct subject s = account_subject(e, e->activations[i].account);
            lifted = subject_lift(e, &s, who, err);
        }
    }
    return lifted == 0 ? err_set(err, E_NOT_FOUND, "no such halt is in force")
                       : (lifted < 0 ? lifted : 0);
}

/* --- records -------------------------------------------------------------------------------------
 */

static int subject_of(
    struct engine *e,
    uint32_t account,
    const char *user,
    const char *currency,
    struct subject *out,
    struct err *err
) {
    int index = account == UINT32_MAX ? user_find(e, user, currency) : (int)account;
    if (index < 0 || (account != UINT32_MAX && index >= e->account_count)) {
        return err_set(err, E_DATA, "losses of an account or a user that is not");
    }
    *out = account == UINT32_MAX ? user_subject(e, (uint32_t)index)
                                 : account_subject(e, (uint32_t)index);
    return 0;
}

int loss_apply(struct engine *e, const struct record *r, struct err *err) {
    struct subject s = {0};
    int code = subject_of(e, r->u.loss.account, r->u.loss.user, r->u.loss.currency, &s, err);
    if (code == 0) {
        s.loss->peak = r->u.loss.peak;
        s.loss->day_start = r->u.loss.day_start;
        halt_set(e, s.loss, LOSS_DAILY, false); /* those in force follow */
        halt_set(e, s.loss, LOSS_DRAWDOWN, false);
    }
    return code;
}

int halt_apply(struct engine *e, const struct record *r, struct err *err) {
    struct subject s = {0};
    enum loss_limit which = r->u.halt.which;
    int code = subject_of(e, r->u.halt.account, r->u.halt.user, r->u.halt.currency, &s, err);
    if (code == 0) {
        halt_set(e, s.loss, which, r->u.halt.is_on);
        s.loss->halts[which].value = r->u.halt.value;
        s.loss->halts[which].limit = r->u.halt.limit;
        loss_begin(s.loss, which, r->u.halt.from);
    }
    return code;
}

static void loss_emit(
    struct engine *e,
    const struct subject *s,
    void (*emit)(void *ctx, struct record *record),
    void *ctx
) {
    struct record record;
    halt_describe(e, s, LOSS_DAILY, &record);
    struct record loss = {.kind = RECORD_LOSS, .activation = UINT32_MAX};
    loss.u.loss.account = record.u.halt.account;
    loss.u.loss.user = record.u.halt.user;
    loss.u.loss.currency = record.u.halt.currency;
    loss.u.loss.peak = s->loss->peak;
    loss.u.loss.day_start = s->loss->day_start;
    emit(ctx, &loss);
    for (int which = 0; which < LOSS_LIMIT_COUNT; which++) {
        if (s->loss->halts[which].is_on) {
            halt_describe(e, s, (enum loss_limit)which, &record);
            emit(ctx, &record);
        }
    }
}

/* Each user with the lowest of its accounts: in an order that does not depend on who came first. */
void losses_emit(struct engine *e, void (*emit)(void *ctx, struct record *record), void *ctx) {
    for (int i = 0; i < e->user_count; i++) {
        e->users[i].is_told = false;
    }
    for (uint32_t i = 0; i < (uint32_t)e->account_count; i++) {
        uint32_t user = e->accounts[i].user;
        if (user == NO_USER) {
            continue;
        }
        struct subject own = account_subject(e, i);
        loss_emit(e, &own, emit, ctx);
        if (!e->users[user].is_told) {
            e->users[user].is_told = true;
            struct subject whole = user_subject(e, user);
            loss_emit(e, &whole, emit, ctx);
        }
    }
}
