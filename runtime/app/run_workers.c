#include "app/run_workers.h"

#include "app/run_sink.h"

static void worker_done(void *ctx, const struct done *done) {
    struct run *run = ctx;
    engine_done(run->engine, done);
}

static int worker_series(
    void *ctx,
    uint16_t symbol,
    int64_t timeframe_ms,
    uint64_t number,
    uint16_t *series,
    struct err *e
) {
    struct run *run = ctx;
    (void)number; /* the engine waits for the answer to that event */
    if (symbol >= engine_symbol_count(run->engine)) {
        return err_set(e, E_UNKNOWN_SYMBOL, "there is no such symbol");
    }
    return engine_series(run->engine, symbol, timeframe_ms, series, e);
}

static void worker_state(void *ctx, const struct message_state *state) {
    struct run *run = ctx;
    engine_captured(run->engine, state->activation, state->state, state->state_length);
}

static void
worker_lost(void *ctx, uint32_t activation, bool is_culprit, const struct fault *fault) {
    struct run *run = ctx;
    struct err err = {0};
    if (engine_lost(run->engine, activation, is_culprit, fault, &err) != 0) {
        run_keep_error(run, &err);
    }
}

int run_workers_make(struct run *run, struct host_port_out *port, struct err *e) {
    const struct config *c = run->config;
    struct pool_options options = {
        .limits = c->limits,
        .workers = c->workers < POOL_WORKERS_MIN ? POOL_WORKERS_MIN : c->workers,
        .activations_max = c->engine.activations_max,
        .instruments_max = 1,
        .series_max = c->engine.series_max,
    };
    struct pool_handlers handlers = {run, worker_done, worker_series, worker_state, worker_lost};
    int code = pool_new(&run->pool, &options, &handlers, e);
    *port = (struct host_port_out){
        run->pool, pool_instrument, pool_series, pool_bar, pool_open, pool_close, pool_event,
    };
    return code != 0 ? code : loop_watch(run->loop, pool_descriptor(run->pool), e);
}
