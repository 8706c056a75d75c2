/* simulate: lives of the engine under faults, one a seed. `--seeds N [--from S]` runs many and says
 * what broke; `--seed S [--verbose]` runs one again, line by line; `--twice` runs every seed twice
 * and compares the traces. */
#include "simulation/world.h"

#include "base/hash.h"

#include <time.h>

#define ACTIVE_US (240 * SECOND_US)
#define SETTLE_US (60 * SECOND_US)

/* --- one seed ------------------------------------------------------------------------------------
 */

static void steps_until(struct world *volatile w, int64_t until_us) {
    struct task *volatile t = malloc(sizeof *t);
    while (w->now_us < until_us && task_next(w, t)) {
        w->figures.steps++;
        if (setjmp(w->crash) == 0) {
            if (w->engine != NULL) {
                engine_set_time(w->engine, now_ms(w));
            }
            w->is_in_process = w->engine != NULL;
            t->run(w, t);
            w->is_in_process = false;
        } else {
            process_crash(w);
        }
    }
    free(t);
}

/* Until books and venue agree; how long it takes counts from the connection on. */
static void converge(struct world *w) {
    int64_t began = w->now_us, connected = began;
    while (w->now_us < began + SETTLE_US &&
           (w->now_us < began + SECOND_US || check_difference(w) != NULL)) {
        connected = w->is_link_up && !w->is_link_dead ? connected : w->now_us;
        steps_until(w, w->now_us + SECOND_US / 2);
    }
    int64_t took = w->now_us - connected;
    w->converged_us = took > w->converged_us ? took : w->converged_us;
    check_end(w);
}

/* A last end of power: all that is so comes back. */
static void world_end(struct world *w) {
    process_end(w);
    memory_crash(w->disk);
    task_add(w, 0, process_boot);
    converge(w);
}

static void world_live(struct world *w) {
    random_seed(&w->random, w->seed * 4 + 1);
    random_seed(&w->venue_random, w->seed * 4 + 2);
    random_seed(&w->host_random, w->seed * 4 + 3);
    random_seed(&w->plan_random, w->seed * 4 + 4);
    w->trace_hash = HASH_START;
    w->is_real = w->seed % 16 == 7;
    process_points_begin(w);
    market_begin(w);
    plan_begin(w);
    task_add(w, 0, process_boot);
    steps_until(w, w->is_real ? 5 * ACTIVE_US : ACTIVE_US);
    plan_quiet(w);
    converge(w);
    world_end(w);
}

bool world_run(struct world *w) {
    if (setjmp(w->failed) == 0) {
        world_live(w);
    }
    w->is_in_process = false;
    process_end(w);
    if (w->disk != NULL) {
        memory_disk_free(w->disk);
    }
    tasks_free(w);
    states_free(w);
    return !w->has_failed;
}

/* --- many ----------------------------------------------------------------------------------------
 */

struct totals {
    struct figures figures;
    double simulated_s, converged_s; /* the latter: the slowest */
    int failures;
    uint64_t hash;
};

static void figures_add(struct totals *t, const struct world *w) {
    const uint64_t *from = (const uint64_t *)&w->figures;
    uint64_t *to = (uint64_t *)&t->figures;
    for (size_t i = 0; i < sizeof w->figures / sizeof *from; i++) {
        to[i] += from[i];
    }
    t->simulated_s += (double)w->now_us / 1e6;
    double converged_s = (double)w->converged_us / 1e6;
    t->converged_s = converged_s > t->converged_s ? converged_s : t->converged_s;
    t->hash = hash_add(t->hash, &w->trace_hash, sizeof w->trace_hash);
}

static void failure_print(const struct world *w) {
    printf(
        "seed %llu fails at step %llu: %s\n", (unsigned long long)w->seed,
        (unsigned long long)w->figures.steps, w->failure
    );
    if (w->is_verbose) {
        return;
    }
    uint64_t first = w->trace_count > TRACE_LINES ? w->trace_count - TRACE_LINES : 0;
    for (uint64_t i = first; i < w->trace_count; i++) {
        printf("    %s\n", w->trace[i % TRACE_LINES]);
    }
    printf("    again: simulate --seed %llu --verbose\n", (unsigned long long)w->seed);
}

static uint64_t seed_run(uint64_t seed, bool is_verbose, struct totals *totals) {
    struct world *w = calloc(1, sizeof *w);
    if (w == NULL) {
        abort();
    }
    w->seed = seed;
    w->is_verbose = is_verbose;
    if (!world_run(w)) {
        totals->failures++;
        failure_print(w);
    }
    figures_add(totals, w);
    uint64_t hash = hash_end(w->trace_hash);
    if (is_verbose) {
        printf("seed %llu: trace %016llx\n", (unsigned long long)seed, (unsigned long long)hash);
    }
    free(w);
    return hash;
}

static void totals_print(const struct totals *t, uint64_t seeds, double seconds) {
    const struct figures *f = &t->figures;
    printf(
        "%llu seeds, %d failed, trace %016llx\n"
        "%.0f s simulated in %.1f s (%.0f a second), %llu steps\n"
        "orders %llu, fills %llu, reports %llu (%llu twice), unknown %llu\n"
        "boots %llu, crashes %llu (%llu at named points), states compared %llu, snapshots %llu, "
        "segments archived %llu, disk faults %llu, holes %llu\n"
        "halts %llu, ended or lifted %llu, asks refused for losses %llu\n"
        "connections %llu, reconciliations %llu, venue restarts %llu, slowest convergence %.1f s\n"
        "requests repeated %llu, found %llu\n",
        (unsigned long long)seeds, t->failures, (unsigned long long)hash_end(t->hash),
        t->simulated_s, seconds, t->simulated_s / seconds, (unsigned long long)f->steps,
        (unsigned long long)f->orders, (unsigned long long)f->fills, (unsigned long long)f->reports,
        (unsigned long long)f->duplicates, (unsigned long long)f->unknown,
        (unsigned long long)f->boots, (unsigned long long)f->crashes,
        (unsigned long long)f->point_crashes, (unsigned long long)f->compared,
        (unsigned long long)f->snapshots, (unsigned long long)f->archived,
        (unsigned long long)f->disk_faults, (unsigned long long)f->holes,
        (unsigned long long)f->halts, (unsigned long long)f->lifted,
        (unsigned long long)f->held_back, (unsigned long long)f->links,
        (unsigned long long)f->reconciles, (unsigned long long)f->restarts, t->converged_s,
        (unsigned long long)f->repeated, (unsigned long long)f->found
    );
}

static double clock_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct arguments {
    uint64_t from, count;
    bool is_verbose, is_twice;
    int failures_max;
};

static bool arguments_read(struct arguments *a, int argc, char **argv) {
    *a = (struct arguments){.from = 1, .count = 100, .failures_max = 5};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--seeds") == 0) {
            a->count = strtoull(value, NULL, 10);
            i++;
        } else if (strcmp(argv[i], "--from") == 0) {
            a->from = strtoull(value, NULL, 10);
            i++;
        } else if (strcmp(argv[i], "--seed") == 0) {
            a->from = strtoull(value, NULL, 10);
            a->count = 1;
            i++;
        } else if (strcmp(argv[i], "--verbose") == 0) {
            a->is_verbose = true;
        } else if (strcmp(argv[i], "--twice") == 0) {
            a->is_twice = true;
        } else {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv) {
    struct arguments a;
    struct totals totals = {.hash = HASH_START};
    if (!arguments_read(&a, argc, argv)) {
        fprintf(
            stderr, "usage: simulate [--seeds N] [--from S] [--twice] | --seed S [--verbose]\n"
        );
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* a long run tells what it finds at once */
    double began = clock_s();
    uint64_t i = 0;
    for (; i < a.count && totals.failures < a.failures_max; i++) {
        uint64_t hash = seed_run(a.from + i, a.is_verbose, &totals);
        if (a.is_twice && seed_run(a.from + i, false, &totals) != hash) {
            printf("seed %llu does not repeat itself\n", (unsigned long long)(a.from + i));
            totals.failures++;
        }
    }
    totals_print(&totals, i, clock_s() - began);
    return totals.failures > 0 ? 1 : 0;
}
