/* world: one whole simulated life of the engine: virtual time, one seed, one thread.
 *
 *   schedule.c  what happens when; the trace and its hash
 *   process.c   the engine with its journal on a disk that forgets: boot, crash, recovery
 *   states.c    what was so after each record, against what recovery makes of them
 *   snapshots.c what a boot begins with
 *   hosts.c     scripts: a random handler, or the real host with the shipped strategies
 *   link.c      the wire to the venue: delays, losses, repetitions, reconnects
 *   venue.c     the venue and its own truth
 *   market.c    prices and bars
 *   plan.c      the faults of a seed
 *   halts.c     its limits of loss, and what must be so of them
 *   checks.c    what must be so at every step, and at the end
 *
 * Everything random comes from the seed's streams, so that a seed is one life, step by step. A
 * crash is a longjmp out of whatever the process was doing. All memory is the world's. */
#pragma once

#include "base/fault_points.h"
#include "base/random.h"
#include "engine/engine.h"
#include "simulation/venue.h"
#include "store/journal.h"
#include "unit/store/memory_disk.h"

#include <setjmp.h>
#include <stdarg.h>

#define FOLDER "data/journal"
#define SYMBOLS 2
#define ACCOUNTS 3
#define OWNERS 5 /* a script for each account, a person for the first two */
#define ORDERS_MAX 4096
#define CANDLES_MAX 512
#define LEVERAGE_MAX 125
#define CANDLES_BEFORE 200
#define TRACE_LINES 50
#define TRACE_WIDTH 200
#define REQUESTS_MAX 512
#define RECORDED_HALTS_MAX 4096
#define START_MS ((int64_t)1700006280000) /* two minutes before a UTC day ends */
#define SECOND_US ((int64_t)1000000)
#define MS_US ((int64_t)1000)

struct world;

struct request {
    uint64_t id;
    char what; /* 's' submit, 'c' cancel, 'a' amend, 'q' query */
    uint32_t account;
    struct order_key key;
    struct order_request order;
    struct price price, stop;
    struct quantity quantity;
    int64_t asked_ms;
};

struct task {
    int64_t at_us;
    uint64_t order;
    void (*run)(struct world *w, struct task *t);
    uint32_t process; /* 0: of the world; else dropped with that process */
    uint32_t link;    /* 0: any; else dropped with that connection */
    union {
        struct venue_report report;
        struct request request;
        struct {
            uint32_t account;
            int64_t asked_ms;
            int64_t orders_us, holdings_us, fills_us; /* when the venue looked */
        } truth;
        struct {
            struct request request;
            int64_t at_us;
        } answer;
        struct {
            uint16_t symbol;
            int index;
            struct price price;
        } market;
        uint32_t activation;
        int64_t value;
    } u;
};

/* What the simulation knows of an order by itself. */
struct known_order {
    uint64_t record; /* sequence of the record that asks for it; 0: none */
    int submits;     /* that reached the venue */
    int terminals;   /* on_order events with a terminal state, in this process */
    bool has_ended;
    enum order_state ended;
};

struct owner {
    bool is_waiting;
    struct event event;
    uint64_t event_number;
    uint64_t last_number;   /* of events that keep their order */
    uint64_t sequence;      /* of the last order it has asked for */
    uint64_t from_sequence; /* the first of this process */
    int64_t submit_us[64];  /* ring: the rate limit by itself */
    int submit_next;
};

struct person { /* who sends a request until it is answered, over all crashes */
    bool is_asking;
    struct order_request request;
    struct request_key key;
};

struct faults { /* probabilities and states of the seed's faults */
    double reply_lost, request_lost, duplicate, reorder, reject, host_fault, slow_answer;
    int64_t rest_lag_us, rest_lag_until_us;
    bool has_stale_rest, has_crashes, has_disk_faults, has_link_faults, has_forced, has_manual,
        has_restarts, has_points;
};

struct figures {
    uint64_t steps, crashes, point_crashes, boots, orders, fills, unknown, reconciles, compared,
        disk_faults, links, restarts, reports, duplicates, snapshots, holes, archived,
        repeated, found, halts, lifted, held_back;
};

struct world {
    uint64_t seed;
    bool is_verbose, is_quiet; /* quiet: scripts ask for nothing any more, faults are over */
    bool is_real;              /* real scripts */
    bool has_failed;
    char failure[256];
    struct random random, venue_random, host_random, plan_random;
    struct faults faults;
    struct figures figures;
    jmp_buf crash, failed;

    /* schedule.c */
    int64_t now_us;
    uint64_t task_count;
    struct task **heap;
    int heap_count, heap_capacity;
    struct task **spare;
    int spare_count;
    uint64_t trace_hash;
    char trace[TRACE_LINES][TRACE_WIDTH];
    uint64_t trace_count;

    /* process.c */
    uint32_t process; /* number of the one that runs; 0: none */
    uint32_t processes;
    struct engine *engine;
    struct journal *journal;
    struct memory_disk *disk;
    struct disk disk_port; /* the memory disk with crashes in it */
    bool is_step_due;      /* of the journal */
    bool is_in_process;    /* the process's code runs: it can crash */
    uint64_t told;         /* durable, as the engine was told */
    struct {
        uint64_t sequence, hash;
    } * states;
    int state_count, state_capacity;
    struct snapshot_writer *snapshot; /* waits for its record to be durable */
    struct buffer *told_state;        /* the last in words, when verbose */
    struct known_order known[OWNERS][ORDERS_MAX], core[OWNERS][ORDERS_MAX];
    uint64_t leverage_record[ACCOUNTS][SYMBOLS][LEVERAGE_MAX + 1]; /* that asks for it last */
    int armed_point; /* −1: none */
    int armed_count;
    int disk_crash;          /* operations of the disk until a crash; 0: none */
    int64_t kill_ms[OWNERS]; /* of the switch that holds; 0: none */

    /* halts.c */
    struct risk_limits limits; /* of loss */
    bool halts[ACCOUNTS][LOSS_LIMIT_COUNT], user_halts[2][LOSS_LIMIT_COUNT]; /* ann, bob */
    struct {
        uint64_t sequence;
        bool halts[ACCOUNTS][LOSS_LIMIT_COUNT], user_halts[2][LOSS_LIMIT_COUNT];
    } recorded[RECORDED_HALTS_MAX]; /* what the records say is in force, the last ones */
    int recorded_count;
    bool has_lost_record;
    int64_t breach_ms[ACCOUNTS]; /* since when a limit is reached without a halt; 0: it is not */

    /* hosts.c */
    struct owner owners[OWNERS];
    struct person people[OWNERS];
    struct host *host;
    uint64_t last_event_number;

    /* link.c */
    bool is_link_up;   /* as the process sees it */
    bool is_link_dead; /* half-open: nothing gets through any more */
    uint32_t link;
    uint64_t request_count;
    struct request waiting[REQUESTS_MAX];
    int waiting_count;
    int64_t arrival_us[ACCOUNTS];
    struct venue_report told_reports[64];
    int told_report_count;
    int doubts[ACCOUNTS];
    int64_t doubt_ms[ACCOUNTS]; /* of a connection that has not been reconciled; 0: it has */

    int64_t converged_us; /* the longest that it took, after the last fault or a restart */

    /* market.c */
    struct instrument instruments[SYMBOLS];
    struct price prices[SYMBOLS];
    struct candle minute[SYMBOLS];
    struct candle candles[SYMBOLS][CANDLES_MAX];
    int candle_count;
    int fed[SYMBOLS];

    struct venue_model venue;
};

/* schedule.c */
struct task *
task_add(struct world *w, int64_t delay_us, void (*run)(struct world *, struct task *));
/* The same for the process that runs. */
struct task *
task_add_here(struct world *w, int64_t delay_us, void (*run)(struct world *, struct task *));
bool task_next(struct world *w, struct task *out);
void tasks_free(struct world *w);
int64_t between(struct random *random, int64_t least, int64_t most);
bool chance(struct random *random, double p);
void trace(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Ends the run. */
void sim_fail(struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));
int64_t now_ms(const struct world *w);
struct decimal dec(const char *text);

/* process.c */
void process_boot(struct world *w, struct task *t);
void process_crash(struct world *w);
void process_end(struct world *w);
void process_points_begin(struct world *w);
/* After every call into the engine: the clock, the journal, what must be so. */
void process_turn(struct world *w);

/* states.c */
#define STATES_KEPT 256
void states_note(struct world *w);
void states_compare(struct world *w, uint64_t last);
void states_free(struct world *w);

/* snapshots.c */
void snapshot_turn(struct world *w);
void snapshot_end(struct world *w);
uint64_t snapshot_recover(struct world *w);

/* hosts.c */
struct host_port_out host_make(struct world *w);
void host_end(struct world *w);
void host_started(struct world *w);
const struct script_bundle *host_bundle(struct world *w, int owner);
const struct setting *host_settings(int owner, int *count);

/* link.c */
struct venue_port link_port(struct world *w);
void link_connect(struct world *w, struct task *t);
void link_drop(struct world *w);
void link_lost_process(struct world *w);
/* The venue tells something. */
void link_push(struct world *w, const struct venue_report *report);
void link_reply(struct world *w, const struct request *request, const struct venue_report *report);
void link_watch(struct world *w);
void truth_ask(struct world *w, uint32_t account);

/* market.c */
void market_begin(struct world *w);
struct history_port market_history(struct world *w);

/* plan.c */
void plan_begin(struct world *w);
void plan_quiet(struct world *w);

/* halts.c */
void halts_choose(struct world *w);
void halts_hear(void *ctx, const struct halt_record *record);
void halts_record(struct world *w, const struct record *record, uint64_t sequence);
void halts_boot(struct world *w, uint64_t last);
void halts_check_leaves(struct world *w, struct order_key key, const struct order_request *r);
void halts_check_amend(struct world *w, struct order_key key, struct quantity quantity);
void halts_check_step(struct world *w);
void halts_lift(struct world *w);

/* checks.c */
struct known_order *known_order(struct world *w, struct order_key key);
void check_record(struct world *w, const char *bytes, size_t length, uint64_t sequence);
void check_leverage(struct world *w, uint32_t account, uint16_t symbol, int leverage);
void check_submit(struct world *w, struct order_key key, const struct order *o);
void check_conclusion(struct world *w, uint32_t activation, const struct order *o);
void check_step(struct world *w);
void check_survived(struct world *w, uint64_t last);
void check_end(struct world *w);
/* NULL: all is equal; else what is not. */
const char *check_difference(struct world *w);

/* simulate.c */
bool world_run(struct world *w);
