/* loss_record: what losses count from: when a day begins, the highest worth, and both as records.
 */
#include "engine/loss_subject.h"

#define DAY_MS ((int64_t)86400000)
#define MIDNIGHT_MS ((int64_t)5000) /* a bar that ended at midnight comes within */

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
    subjects_do(e, subject_see_day);
    struct record record = {.kind = RECORD_DAY, .activation = UINT32_MAX};
    record.u.day.day = day;
    journal_write(e, &record);
    subjects_do(e, subject_end_day);
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
    e->is_price_new = e->has_loss_limits;
    if (candle->bar.close_ms == begin_ms && e->now_ms <= begin_ms + MIDNIGHT_MS) {
        subjects_do(e, subject_see_day);
    }
    if (limits->drawdown_max.v != 0 || limits->user_drawdown_max.v != 0) {
        subjects_do(e, subject_see_peak);
    }
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
