/* halts: limits of loss for two thirds of the seeds, what the world hears of halts, and what must
 * be so of them: nothing that enlarges leaves while one is in force, nothing new at all under a
 * kill switch, and a limit that is reached halts within two seconds, restarts included. */
#include "simulation/world.h"

#include "engine/engine_state.h"

#define NOTICED_MS ((int64_t)2000)

void halts_choose(struct world *w) {
    struct random *r = &w->plan_random;
    struct risk_limits *limits = &w->limits;
    if (w->seed % 3 == 0) {
        return;
    }
    if (chance(r, 0.6)) {
        limits->daily_loss_max.d = decimal_of_int(between(r, 20, 800));
    }
    if (chance(r, 0.5)) {
        limits->drawdown_max.v = DECIMAL_ONE / 10000 * between(r, 2, 100);
    }
    if (chance(r, 0.4)) {
        limits->user_daily_loss_max.d = decimal_of_int(between(r, 50, 1500));
    }
    if (chance(r, 0.4)) {
        limits->user_drawdown_max.v = DECIMAL_ONE / 10000 * between(r, 2, 100);
    }
    limits->halt_flattens = chance(r, 0.3);
}

/* --- what is heard -------------------------------------------------------------------------------
 */

static int user_of_name(const char *name) {
    return strcmp(name, "bob") == 0;
}

static int limit_of(enum risk_check check) {
    return check == RISK_DRAWDOWN || check == RISK_USER_DRAWDOWN;
}

void halts_hear(void *ctx, const struct halt_record *r) {
    struct world *w = ctx;
    trace(w, "halt of %s: %s %s", r->user, r->is_on ? "on" : "off", r->message);
    if (r->user == NULL) {
        sim_fail(w, "a runaway: %s", r->message);
    }
    bool *known = r->account == NO_ACTIVATION
                      ? &w->user_halts[user_of_name(r->user)][limit_of(r->check)]
                      : &w->halts[r->account][limit_of(r->check)];
    if (*known == r->is_on) {
        sim_fail(w, "a halt is told twice: %s", r->message);
    }
    *known = r->is_on;
    w->figures.halts += r->is_on;
    w->figures.lifted += !r->is_on;
}

/* What is in force after each record that says something about it. */
void halts_record(struct world *w, const struct record *r, uint64_t sequence) {
    if ((r->kind != RECORD_HALT && r->kind != RECORD_DAY) || w->has_lost_record) {
        return;
    }
    int n = w->recorded_count;
    if (n == RECORDED_HALTS_MAX) {
        sim_fail(w, "there is no room for what is recorded of halts");
    }
    if (n > 0) {
        w->recorded[n] = w->recorded[n - 1];
    }
    w->recorded[n].sequence = sequence;
    w->recorded_count++;
    if (r->kind == RECORD_HALT) {
        *(r->u.halt.account == UINT32_MAX
              ? &w->recorded[n].user_halts[user_of_name(r->u.halt.user)][r->u.halt.which]
              : &w->recorded[n].halts[r->u.halt.account][r->u.halt.which]) = r->u.halt.is_on;
        return;
    }
    for (int i = 0; i < ACCOUNTS; i++) {
        w->recorded[n].halts[i][LOSS_DAILY] = false;
    }
    w->recorded[n].user_halts[0][LOSS_DAILY] = w->recorded[n].user_halts[1][LOSS_DAILY] = false;
}

static void recorded_compare(struct world *w, uint64_t last) {
    while (w->recorded_count > 0 && w->recorded[w->recorded_count - 1].sequence > last) {
        w->recorded_count--; /* it never was */
    }
    if (w->has_lost_record || w->recorded_count == 0) {
        return;
    }
    int n = w->recorded_count - 1;
    if (memcmp(w->halts, w->recorded[n].halts, sizeof w->halts) != 0 ||
        memcmp(w->user_halts, w->recorded[n].user_halts, sizeof w->user_halts) != 0) {
        sim_fail(w, "a restart has other halts in force than the records say");
    }
}

/* A record may be lost with its process: what its last one says counts. */
void halts_boot(struct world *w, uint64_t last) {
    const struct engine *e = w->engine;
    memset(w->halts, 0, sizeof w->halts);
    memset(w->user_halts, 0, sizeof w->user_halts);
    for (int which = 0; which < LOSS_LIMIT_COUNT; which++) {
        for (int i = 0; i < e->account_count; i++) {
            w->halts[i][which] = e->accounts[i].loss.halts[which].is_on;
            w->breach_ms[i] = 0;
        }
        for (int i = 0; i < e->user_count && e->users[i].name != NULL; i++) {
            w->user_halts[user_of_name(e->users[i].name)][which] =
                e->users[i].loss.halts[which].is_on;
        }
    }
    recorded_compare(w, last);
}

static bool account_is_halted(const struct world *w, uint32_t account) {
    const bool *own = w->halts[account], *user = w->user_halts[account == 1];
    return own[LOSS_DAILY] || own[LOSS_DRAWDOWN] || user[LOSS_DAILY] || user[LOSS_DRAWDOWN];
}

/* --- what must be so -----------------------------------------------------------------------------
 */

void halts_check_leaves(struct world *w, struct order_key key, const struct order_request *r) {
    uint32_t account = activation_account(w->engine, key.activation);
    if (key.sequence >= CORE_SEQUENCE) {
        if (!r->reduce_only) {
            sim_fail(w, "the core takes risk");
        }
        return;
    }
    if (w->kill_ms[key.activation] > 0) {
        sim_fail(
            w, "order %u/%llu passes the kill switch", key.activation,
            (unsigned long long)key.sequence
        );
    }
    if (!account_is_halted(w, account) || r->reduce_only || r->is_whole_position) {
        return;
    }
    enum position_side side = w->venue.is_hedge[account] ? r->position_side : POSITION_NET;
    int128 held = activation_position(w->engine, key.activation, r->symbol, side)->quantity.d.v;
    int128 after = held + (r->side == ORDER_BUY ? r->quantity.d.v : -r->quantity.d.v);
    bool is_less = held > 0 ? after >= 0 && after < held : after <= 0 && after > held;
    if (held == 0 || !is_less) {
        sim_fail(
            w, "order %u/%llu enlarges %.4f while halted", key.activation,
            (unsigned long long)key.sequence, (double)held / 1e18
        );
    }
}

void halts_check_amend(struct world *w, struct order_key key, struct quantity quantity) {
    const struct order *o = order_find(w->engine, key.activation, key.sequence);
    if (o != NULL) {
        struct order_request wanted = o->request;
        wanted.quantity.d.v = quantity.d.v - o->filled.d.v;
        if (wanted.quantity.d.v <= 0) {
            return; /* nothing is left of it */
        }
        halts_check_leaves(w, key, &wanted);
    }
}

static bool
is_breach(const struct loss_watch *loss, const struct risk_limits *limits, struct money equity) {
    struct decimal lost = {loss->day_start.d.v - equity.d.v};
    bool is_daily = limits->daily_loss_max.d.v > 0 && lost.v >= limits->daily_loss_max.d.v &&
                    !loss->halts[LOSS_DAILY].is_on;
    double fall = 1 - (double)equity.d.v / (double)loss->peak.d.v;
    bool is_drawdown = limits->drawdown_max.v > 0 &&
                       fall > (double)limits->drawdown_max.v / 1e18 * 1.000001 &&
                       !loss->halts[LOSS_DRAWDOWN].is_on;
    return is_daily || is_drawdown;
}

void halts_check_step(struct world *w) {
    const struct engine *e = w->engine;
    for (int i = 0; i < e->account_count; i++) {
        struct money equity;
        if (account_equity(e, (uint32_t)i, &equity) != 0 ||
            !is_breach(&e->accounts[i].loss, &w->limits, equity)) {
            w->breach_ms[i] = 0;
        } else if (w->breach_ms[i] == 0) {
            w->breach_ms[i] = now_ms(w);
        } else if (now_ms(w) - w->breach_ms[i] > NOTICED_MS) {
            sim_fail(w, "account %d is past its limit of loss and trades on", i);
        }
    }
}

/* --- a person ------------------------------------------------------------------------------------
 */

void halts_lift(struct world *w) {
    struct err err = {0};
    uint32_t i = (uint32_t)random_below(&w->plan_random, ACCOUNTS);
    bool is_user = chance(&w->plan_random, 0.5);
    const char *id = is_user ? (i == 1 ? "bob" : "ann") : activation_id(w->engine, i);
    int code = engine_unhalt(w->engine, is_user ? KILL_USER : KILL_ACTIVATION, id, "ann", &err);
    trace(w, "a person lifts the halts of %s: %d", id, code);
}
