/* crowd: a small engine for tests and benchmarks of the worker pool: activations with one event out
 * at a time, their last states, and what an engine does when a worker is lost: open again from the
 * state, start, and send the event that was out once more; a culprit is suspended.
 * Series are made when asked for, without history but what the crowd's bars were. A program that
 * uses it calls crowd_is_worker first in main. */
#pragma once

#include "market/timeframe.h"
#include "worker/pool.h"
#include "worker/worker_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CROWD_START ((int64_t)1700000100000) /* a multiple of 15 minutes */
#define CROWD_SERIES 4
#define CROWD_TURN_MS 20
#define CROWD_WAIT_NS ((int64_t)60000000000)

struct member {         /* what every event touches comes first */
    bool is_restarting; /* its start is out, `again` follows */
    bool is_suspended;
    bool is_started;
    int dones, faults, losses;
    int64_t sent_ns, took_ns; /* of the last event */
    struct event out;         /* number 0: nothing is out */
    struct event again;
    struct script_bundle bundle;
    const struct setting *settings;
    int setting_count;
    char *state;
    size_t state_length;
    struct fault fault; /* the last */
    uint64_t order_sequence;
};

struct crowd {
    struct pool *pool;
    struct member *members;
    int count;
    uint64_t number;
    int64_t now_ms;
    int out_count;
    int series_count;
    int64_t timeframes[CROWD_SERIES];
    int bars;
    struct price last; /* close of the last */
    uint64_t states;   /* messages of kind state */
    void *ctx;
    void (*on_done)(struct crowd *c, struct member *m, const struct done *done);
};

#define crowd_require(condition)                                                                   \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static inline int64_t crowd_clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline bool crowd_is_worker(int argc, char **argv) {
    return argc == 2 && strcmp(argv[1], "worker") == 0;
}

static inline struct decimal crowd_decimal(const char *text) {
    struct decimal out = {0};
    crowd_require(decimal_parse(text, strlen(text), &out) == 0);
    return out;
}

static inline struct instrument crowd_instrument(void) {
    struct instrument i = {
        .symbol = "BTC-USDT-SWAP",
        .base = "BTC",
        .quote = "USDT",
        .kind = INSTRUMENT_PERPETUAL,
        .max_leverage = 125,
        .can_stop = true,
        .can_amend = true,
        .can_post_only = true,
        .can_reduce_only = true,
        .can_hedge = true,
    };
    i.tick.d = crowd_decimal("0.1");
    i.lot.d = i.min_quantity.d = crowd_decimal("0.0001");
    i.contract = crowd_decimal("0.01");
    i.maintenance = crowd_decimal("0.005");
    return i;
}

/* --- events -------------------------------------------------------------------------------------
 */

/* A candle is small, and there are thousands at once: what is behind it in an event is not kept. */
static inline void crowd_keep(struct member *m, const struct event *event) {
    bool is_candle = event->kind == EVENT_CANDLE;
    size_t size = offsetof(struct event, u) + sizeof event->u.series;
    memcpy(&m->out, event, is_candle ? size : sizeof *event);
}

static inline void crowd_send(struct crowd *c, struct member *m, struct event event) {
    event.activation = (uint32_t)(m - c->members);
    crowd_keep(m, &event);
    m->sent_ns = crowd_clock_ns();
    c->out_count++;
    pool_event(c->pool, &event);
}

static inline struct event crowd_event(struct crowd *c, enum event_kind kind) {
    return (struct event
    ){.number = ++c->number, .kind = kind, .now_ms = c->now_ms, .symbol = UINT16_MAX};
}

static inline void crowd_open(struct crowd *c, struct member *m) {
    struct err e = {0};
    struct activation_open open = {
        .activation = (uint32_t)(m - c->members),
        .bundle = &m->bundle,
        .settings = m->settings,
        .setting_count = m->setting_count,
        .state = m->state,
        .state_length = m->state_length,
        .seed = 1,
        .order_sequence = m->order_sequence,
        .account = {.currency = "USDT"},
        .leverage = 1,
    };
    open.account.balance.d = crowd_decimal("10000");
    snprintf(open.id, sizeof open.id, "a%u", open.activation);
    if (pool_open(c->pool, &open, &e) != 0) {
        fprintf(stderr, "open: %s\n", e.msg);
        abort();
    }
}

static inline void member_keep(struct member *m, const char *state, size_t length) {
    char *copy = malloc(length + 1);
    crowd_require(copy);
    memcpy(copy, state, length);
    free(m->state);
    m->state = copy;
    m->state_length = length;
}

static inline void crowd_on_done(void *ctx, const struct done *done) {
    struct crowd *c = ctx;
    struct member *m = &c->members[done->activation];
    crowd_require(m->out.number == done->number); /* each event is answered once */
    bool is_start = m->out.kind == EVENT_START;
    m->out.number = 0;
    m->took_ns = crowd_clock_ns() - m->sent_ns;
    c->out_count--;
    m->dones++;
    if (done->fault.code != 0) {
        m->faults++;
        m->fault = done->fault;
    }
    if (done->state) {
        member_keep(m, done->state, done->state_length);
    }
    for (int i = 0; i < done->ask_count; i++) {
        if (done->asks[i].kind == ASK_PLACE) {
            m->order_sequence = done->asks[i].sequence;
        }
    }
    m->is_started = m->is_started || (is_start && done->fault.code == 0);
    if (c->on_done) {
        c->on_done(c, m, done);
    }
    if (is_start && m->is_restarting) {
        m->is_restarting = false;
        if (m->again.number != 0) {
            crowd_send(c, m, m->again);
        }
    }
}

static inline int crowd_on_series(
    void *ctx,
    uint16_t symbol,
    int64_t timeframe_ms,
    uint64_t number,
    uint16_t *series,
    struct err *e
) {
    struct crowd *c = ctx;
    (void)number;
    for (int i = 0; i < c->series_count; i++) {
        if (c->timeframes[i] == timeframe_ms) {
            *series = (uint16_t)i;
            return 0;
        }
    }
    if (timeframe_ms < MINUTE_MS || c->series_count == CROWD_SERIES) {
        return err_set(e, E_RANGE, "timeframe %s cannot be built", timeframe_name(timeframe_ms));
    }
    *series = (uint16_t)c->series_count;
    c->timeframes[c->series_count++] = timeframe_ms;
    return pool_series(c->pool, *series, symbol, timeframe_ms, e);
}

static inline void crowd_on_state(void *ctx, const struct message_state *state) {
    struct crowd *c = ctx;
    c->states++;
    member_keep(&c->members[state->activation], state->state, state->state_length);
}

static inline void
crowd_on_lost(void *ctx, uint32_t activation, bool is_culprit, const struct fault *fault) {
    struct crowd *c = ctx;
    struct member *m = &c->members[activation];
    bool was_start = m->out.number != 0 && m->out.kind == EVENT_START;
    m->losses++;
    if (m->out.number != 0) {
        c->out_count--;
    }
    if (is_culprit) {
        m->is_suspended = true;
        m->fault = *fault;
        m->out.number = 0;
        return;
    }
    if (!m->is_restarting || !was_start) {
        m->again = m->out;
        m->again.number = was_start ? 0 : m->out.number;
    }
    m->is_restarting = true;
    m->out.number = 0;
    crowd_open(c, m);
    crowd_send(c, m, crowd_event(c, EVENT_START));
}

/* --- life ---------------------------------------------------------------------------------------
 */

static inline struct pool_options crowd_options(int count) {
    struct pool_options options = {
        .workers = 2, .activations_max = count, .instruments_max = 4, .series_max = CROWD_SERIES};
    host_limits_default(&options.limits);
    return options;
}

static inline void crowd_begin(struct crowd *c, const struct pool_options *options) {
    struct err e = {0};
    struct instrument i = crowd_instrument();
    struct pool_handlers handlers = {
        c, crowd_on_done, crowd_on_series, crowd_on_state, crowd_on_lost};
    *c = (struct crowd){.count = options->activations_max, .now_ms = CROWD_START};
    c->members = calloc((size_t)c->count, sizeof *c->members);
    crowd_require(c->members);
    if (pool_new(&c->pool, options, &handlers, &e) != 0) {
        fprintf(stderr, "pool: %s\n", e.msg);
        abort();
    }
    crowd_require(pool_instrument(c->pool, 0, &i, &e) == 0);
}

static inline void crowd_end(struct crowd *c) {
    pool_free(c->pool);
    for (int i = 0; i < c->count; i++) {
        free(c->members[i].state);
    }
    free(c->members);
}

/* Until nothing is out. */
static inline void crowd_settle(struct crowd *c) {
    int64_t until_ns = crowd_clock_ns() + CROWD_WAIT_NS;
    while (c->out_count > 0) {
        pool_poll(c->pool, CROWD_TURN_MS);
        crowd_require(crowd_clock_ns() < until_ns);
    }
}

/* Opens and starts a member; the answer comes with crowd_settle. */
static inline void
crowd_add(struct crowd *c, int index, const struct script_file *file, uint64_t hash) {
    struct member *m = &c->members[index];
    m->bundle = (struct script_bundle){"test", hash, file, 1};
    crowd_open(c, m);
    crowd_send(c, m, crowd_event(c, EVENT_START));
}

/* A bar of the first series. */
static inline void crowd_bar(struct crowd *c, double close) {
    int64_t frame_ms = c->timeframes[0];
    struct bar bar = {
        .time_ms = CROWD_START + (int64_t)c->bars * frame_ms,
        .open = close,
        .high = close + 1,
        .low = close - 1,
        .close = close,
        .volume = 2,
    };
    bar.close_ms = bar.time_ms + frame_ms;
    c->bars++;
    crowd_require(decimal_of_double(close, &c->last.d) == 0);
    c->now_ms = bar.close_ms;
    pool_bar(c->pool, 0, c->number + 1, &bar);
}

static inline void crowd_send_candle(struct crowd *c, struct member *m) {
    struct event event = crowd_event(c, EVENT_CANDLE);
    event.u.series = 0;
    event.symbol = 0;
    event.last = c->last;
    crowd_send(c, m, event);
}

/* A bar, and its event to everybody who runs. */
static inline void crowd_candle(struct crowd *c, double close) {
    crowd_bar(c, close);
    for (int i = 0; i < c->count; i++) {
        struct member *m = &c->members[i];
        if (m->is_started && !m->is_suspended && m->out.number == 0) {
            crowd_send_candle(c, m);
        }
    }
}
