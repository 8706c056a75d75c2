/* plan: which faults a seed has, and when. */
#include "simulation/world.h"

#include "engine/engine_state.h"

static double some(struct world *w, double often, double most) {
    return chance(&w->plan_random, often) ? random_fraction(&w->plan_random) * most : 0;
}

static void faults_choose(struct world *w) {
    struct random *r = &w->plan_random;
    struct faults *f = &w->faults;
    *f = (struct faults){
        .reply_lost = some(w, 0.5, 0.3),
        .request_lost = some(w, 0.5, 0.2),
        .duplicate = some(w, 0.5, 0.4),
        .reorder = some(w, 0.5, 0.5),
        .reject = some(w, 0.6, 0.2),
        .host_fault = some(w, 0.3, 0.004),
        .slow_answer = some(w, 0.5, 0.1),
        .has_stale_rest = chance(r, 0.4),
        .has_crashes = chance(r, 0.6),
        .has_points = chance(r, 0.6),
        .has_disk_faults = chance(r, 0.4),
        .has_link_faults = chance(r, 0.5),
        .has_forced = chance(r, 0.4),
        .has_manual = chance(r, 0.4),
        .has_restarts = chance(r, 0.3),
    };
    if (w->seed % 10 == 0) {
        *f = (struct faults){0}; /* a tenth of the seeds lives in peace */
    }
}

static void again(
    struct world *w, int64_t least_s, int64_t most_s, void (*run)(struct world *, struct task *)
) {
    task_add(w, between(&w->plan_random, least_s * SECOND_US, most_s * SECOND_US), run);
}

/* --- the process and its disk --------------------------------------------------------------------
 */

static void crash_comes(struct world *w, struct task *t) {
    (void)t;
    if (w->is_quiet) {
        return;
    }
    again(w, 20, 120, crash_comes);
    if (w->process != 0) {
        trace(w, "crash");
        longjmp(w->crash, 1);
    }
}

static void point_comes(struct world *w, struct task *t) {
    (void)t;
    if (w->is_quiet) {
        return;
    }
    if (chance(&w->plan_random, 0.7)) {
        w->armed_point = (int)random_below(&w->plan_random, FAULT_POINT_COUNT);
        w->armed_count = (int)between(&w->plan_random, 1, 6);
    } else {
        w->disk_crash = (int)between(&w->plan_random, 1, 30);
    }
    again(w, 10, 60, point_comes);
}

static void disk_heals(struct world *w, struct task *t) {
    (void)t;
    memory_heal(w->disk);
    trace(w, "the disk is well");
}

static void disk_fails(struct world *w, struct task *t) {
    (void)t;
    if (w->is_quiet) {
        return;
    }
    again(w, 20, 90, disk_fails);
    if (w->disk == NULL) {
        return;
    }
    switch (between(&w->plan_random, 0, 2)) {
    case 0:
        memory_fail_always(w->disk, CALL_WRITE, -ENOSPC);
        memory_fail_always(w->disk, CALL_ALLOCATE, -ENOSPC);
        break;
    case 1:
        memory_fail(w->disk, CALL_SYNC, 1, -EIO);
        break;
    default:
        w->disk->fault_rate = 0.3;
        break;
    }
    trace(w, "the disk fails");
    again(w, 1, w->seed % 4 == 0 ? 90 : 20, disk_heals);
}

/* --- the link and the venue ----------------------------------------------------------------------
 */

static void link_is_noticed(struct world *w, struct task *t) {
    (void)t;
    link_drop(w);
    if (w->process != 0) {
        task_add_here(w, between(&w->random, 100 * MS_US, 8 * SECOND_US), link_connect);
    }
}

static void link_fails(struct world *w, struct task *t) {
    (void)t;
    if (w->is_quiet) {
        return;
    }
    bool is_silent = chance(&w->plan_random, 0.5);
    w->is_link_dead = true;
    trace(w, "the link is %s", is_silent ? "dead" : "cut");
    task_add(
        w, is_silent ? between(&w->plan_random, SECOND_US, 15 * SECOND_US) : 0, link_is_noticed
    );
    again(w, 15, 90, link_fails);
}

static void rest_lags(struct world *w, struct task *t) {
    (void)t;
    if (w->is_quiet) {
        return;
    }
    w->faults.rest_lag_us = between(&w->plan_random, SECOND_US, 5 * SECOND_US);
    w->faults.rest_lag_until_us =
        w->now_us + between(&w->plan_random, 5 * SECOND_US, 40 * SECOND_US);
    trace(w, "answers are %lld ms old", (long long)(w->faults.rest_lag_us / MS_US));
    again(w, 20, 80, rest_lags);
}

static void venue_acts(struct world *w, struct task *t) {
    (void)t;
    if (w->is_quiet) {
        return;
    }
    if (w->faults.has_forced) {
        if (chance(&w->plan_random, 0.5)) {
            venue_force(w);
        } else {
            venue_expire(w);
        }
    }
    if (w->faults.has_manual) {
        venue_manual(w);
    }
    again(w, 3, 25, venue_acts);
}

static void venue_restarts(struct world *w, struct task *t) {
    (void)t;
    if (w->is_quiet) {
        return;
    }
    venue_restart(w);
    w->figures.restarts++;
    w->is_link_dead = true;
    task_add(w, between(&w->plan_random, 0, 5 * SECOND_US), link_is_noticed);
    again(w, 40, 150, venue_restarts);
}

/* --- people at the controls ----------------------------------------------------------------------
 */

static void kill_goes(struct world *w, struct task *t) {
    struct err err = {0};
    uint32_t i = t->u.activation;
    if (engine_unkill(w->engine, KILL_ACTIVATION, activation_id(w->engine, i), "ann", &err) == 0) {
        w->kill_ms[i] = 0;
        trace(w, "kill switch of %u is off", i);
    } else {
        task_add_here(w, SECOND_US, kill_goes)->u.activation = i;
    }
    process_turn(w);
}

static void controls_turn(struct world *w, struct task *t) {
    struct err err = {0};
    (void)t;
    again(w, 8, 40, controls_turn);
    if (w->process == 0 || engine_activation_count(w->engine) < OWNERS) {
        return;
    }
    uint32_t i = (uint32_t)random_below(&w->plan_random, ACCOUNTS);
    int64_t what = between(&w->plan_random, 0, w->is_quiet ? 1 : 5);
    if (what <= 1) {
        engine_resume(w->engine, i);
        if (kill_holds(w->engine, i)) {
            task_add_here(w, 0, kill_goes)->u.activation = i;
        }
    } else if (what == 2) {
        trace(w, "pause %u", i);
        engine_pause(w->engine, i);
    } else if (what == 3 && !kill_holds(w->engine, i)) {
        trace(w, "kill %u", i);
        w->kill_ms[i] = now_ms(w);
        if (engine_kill(
                w->engine, KILL_ACTIVATION, activation_id(w->engine, i),
                chance(&w->plan_random, 0.5), "ann", "test", &err
            ) != 0) {
            sim_fail(w, "no kill switch: %s", err.msg);
        }
    } else if (what == 4 && chance(&w->plan_random, 0.1)) {
        trace(w, "deactivate %u", i);
        engine_deactivate(w->engine, i, (enum stop_why)between(&w->plan_random, 0, 1), "enough");
    } else if (what == 5) {
        halts_lift(w);
    }
    process_turn(w);
}

/* --- all -----------------------------------------------------------------------------------------
 */

void plan_begin(struct world *w) {
    const struct faults *f = &w->faults;
    faults_choose(w);
    halts_choose(w);
    for (int i = 0; i < ACCOUNTS; i++) {
        w->venue.is_hedge[i] = !w->is_real && chance(&w->plan_random, 0.3);
    }
    if (f->has_crashes) {
        again(w, 10, 100, crash_comes);
    }
    if (f->has_points) {
        again(w, 5, 30, point_comes);
    }
    if (f->has_disk_faults) {
        again(w, 10, 60, disk_fails);
    }
    if (f->has_link_faults) {
        again(w, 10, 60, link_fails);
    }
    if (f->has_stale_rest) {
        again(w, 5, 40, rest_lags);
    }
    if (f->has_forced || f->has_manual) {
        again(w, 5, 20, venue_acts);
    }
    if (f->has_restarts) {
        again(w, 20, 100, venue_restarts);
    }
    again(w, 10, 40, controls_turn);
}

/* Everything works from now on. */
void plan_quiet(struct world *w) {
    bool was_dead = w->is_link_dead;
    w->is_quiet = true;
    w->armed_point = -1;
    w->disk_crash = 0;
    w->faults = (struct faults){0};
    if (w->disk != NULL) {
        memory_heal(w->disk);
    }
    if (was_dead) {
        task_add(w, 0, link_is_noticed);
    }
    trace(w, "all is well from now on");
}
