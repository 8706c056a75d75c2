/* loss_halts: limits of loss stop an account, or all accounts of a user: what enlarges is refused
 * and canceled, what reduces goes on. A halt is a record; a daily one ends with the UTC day, one of
 * the drawdown when a person lifts it. */
#include "engine/loss_subject.h"

#include <string.h>

#define WATCH_MS ((int64_t)1000) /* prices move more often */

/* --- halts ---------------------------------------------------------------------------------------
 */

void halt_describe(
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

void halt_tell(struct engine *e, const struct subject *s, enum loss_limit which, const char *who) {
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
    subjects_do(e, subject_watch);
}

void losses_are_due(struct engine *e, uint32_t account) {
    if (!e->accounts[account].is_due && !e->is_recovering &&
        e->due_count < e->options.activations_max && (e->halt_count > 0 || e->has_loss_limits)) {
        e->accounts[account].is_due = true;
        e->due[e->due_count++] = account;
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
