/* backtest: one activation, one file of candles, one engine: the run itself and what it gave.
 *
 * The same engine, player, paper venue and host as in trading; the clock is the data; the engine
 * waits for each answer before the next input. CPU time of the run is read from the process's own
 * clock, nothing else is. One thread; what *result points at is freed by backtest_result_free. */
#pragma once

#include "research/session.h"
#include "research/candle_file.h"
#include "script/sandbox.h"
#include "stats/orders_file.h"
#include "stats/performance.h"

struct backtest_options {
    const struct script_bundle *bundle;
    const struct setting *settings;
    int setting_count;
    const struct instrument *instrument;
    const struct candle_data *data;
    int64_t
        from_ms;   /* first bar played; the rows before warm the indicators up; 0: the first row */
    int64_t to_ms; /* bars that open before it are played; 0: all */
    struct money balance;
    struct match_costs costs;
    struct risk_limits limits;
    struct host_limits host_limits;
    struct deadline *deadline; /* borrowed; NULL: no CPU limit */
    enum host_face_kind face;
    uint64_t seed;           /* of the script's random and of delays */
    bool keep_going;         /* after faults, as live does */
    const char *orders_path; /* NULL: none */
    const char *equity_path;
    void (*on_progress)(void *ctx, size_t done, size_t total); /* may be NULL */
    bool (*is_interrupted)(void *ctx);                         /* may be NULL: asked now and then */
    void *ctx;
    struct sink_port listener; /* hears what happens besides; functions may be NULL */
    struct figures_options figures;
};

struct backtest_result {
    struct performance performance;
    struct figures figures;
    int64_t bars;       /* played */
    double cpu_seconds; /* of the run itself: without loading data and script */
    uint64_t refusals[RISK_CHECK_COUNT];
    int64_t orders; /* asked and accepted by the checks */
    int64_t fills;
    int64_t signals, signals_accepted;
    int64_t faults;
    bool has_failed; /* a fault ended it */
    bool is_interrupted;
    enum activation_status status;
    char status_reason[128];
    char fault_text[FAULT_TEXT_MAX];
    struct position position; /* at the end */
    struct price last;
    struct setting *params; /* as the script's start reported them */
    int param_count;
    char *state; /* captured at the end, as text with sorted keys; NULL when it could not be */
};

/* The fault's code and text (E_PARAMS, E_SCRIPT, …) when the script did not start; other codes when the run could
 * not be made. A fault during the run is in the result, not an error. */
MUST_CHECK int
backtest_run(const struct backtest_options *options, struct backtest_result *result, struct err *e);
void backtest_result_free(struct backtest_result *result);
