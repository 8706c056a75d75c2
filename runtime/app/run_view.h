/* run_view: what a person or a program sees of a run, as it happens: an aligned line each on a
 * terminal, a JSON object a line (base/log) elsewhere. Times in it are the data's, UTC; texts of
 * scripts are escaped, so that none can drive the terminal. One thread; the struct is the caller's;
 * config and engine outlive it. */
#pragma once

#include "app/config.h"
#include "base/log.h"
#include "engine/port.h"
#include "research/candle_file.h"
#include "stats/performance.h"

struct run_tally { /* of one activation */
    int64_t fills;
    int64_t faults;
    struct fault fault; /* the last one */
    struct performance performance;
};

struct run_view {
    FILE *out;
    bool is_readable;
    bool has_colour;
    int id_width;
    _Atomic int64_t now_ms; /* of the line being written; other threads log by it, too */
    const struct config *config;
    const struct engine *engine; /* set when it is made */
};

void run_view_init(struct run_view *v, FILE *out, const struct config *config);

/* What runs, how fast, and how to stop it. */
void run_view_begin(
    struct run_view *v,
    const struct config *config,
    const struct instrument *instrument,
    const struct candle_data *data,
    bool is_until_end
);
void run_view_fill(struct run_view *v, const struct fill_record *record);
void run_view_order(struct run_view *v, const struct order_record *record);
void run_view_signal(struct run_view *v, const struct signal_record *record);
void run_view_log(struct run_view *v, const struct log_record *record);
void run_view_fault(struct run_view *v, const struct fault_record *record);
void run_view_status(struct run_view *v, const struct status_record *record);
/* A version of a script took over, was refused, or was rolled back. */
void run_view_edit(struct run_view *v, const struct edit_record *record);
void run_view_halt(struct run_view *v, const struct halt_record *record);
/* why: "interrupted", "the candles are at their end". */
void run_view_summary(struct run_view *v, const struct run_tally *tallies, const char *why);

/* A run that was kept goes on: data_ms is where its data stand. */
void run_view_restart(struct run_view *v, int64_t data_ms);
/* HTTP is there. */
void run_view_gateway(struct run_view *v, const char *address, int port);
/* Something did not go well and the run goes on. */
void run_view_warning(struct run_view *v, const struct err *e);

void run_view_flush(struct run_view *v);
/* False after a write that the reader's end refused. */
bool run_view_is_heard(const struct run_view *v);
