/* query: lists out of the tables as the JSON that HTTP answers: {"items":[…],"next_cursor":…}.
 *
 * A list is a row of one table: fields, what it may be filtered by, and the key it is paged by. A
 * cursor is the key of the last item that was handed out: it grows with the record that made the
 * item, so that a page stays where it was while rows are added, after a restart too. What HTTP
 * shows of the same things from memory has the same fields (gateway/shapes.h). One thread, the
 * store's. */
#pragma once

#include "store/database.h"

enum query_list {
    QUERY_ORDERS,
    QUERY_FILLS,
    QUERY_STEPS,
    QUERY_SIGNALS,
    QUERY_LEVELS,
    QUERY_POSITIONS,
    QUERY_POSITION_HISTORY,
    QUERY_ACTIVATIONS,
    QUERY_FAULTS,
    QUERY_LOGS, /* what scripts have told; status "notice" or "log" */
    QUERY_CANDLES,
    QUERY_SCRIPT_VERSIONS,
    QUERY_SCRIPT_SOURCES, /* the same with their files: one or two at a time */
    QUERY_AUDIT,
    QUERY_LIST_COUNT,
};

#define QUERY_TEXT_MAX 96
#define QUERY_LIMIT_MAX 1000

struct query { /* an empty text or a 0 filters nothing */
    enum query_list list;
    char user[QUERY_TEXT_MAX], activation[QUERY_TEXT_MAX], strategy[QUERY_TEXT_MAX];
    char symbol[QUERY_TEXT_MAX], status[QUERY_TEXT_MAX], exchange[QUERY_TEXT_MAX];
    char id[QUERY_TEXT_MAX]; /* ORDERS, FILLS, STEPS: an order's; SCRIPT_…: a hash, strategy the
                                name */
    int64_t timeframe_ms;
    int64_t finest_ms;      /* CANDLES: bars of timeframe_ms, made of those; 0: as they are */
    int64_t from_ms, to_ms; /* from <= time < to */
    int limit;              /* 1 to QUERY_LIMIT_MAX */
    char cursor[QUERY_TEXT_MAX];
    bool is_one;     /* the first item alone is the answer; E_NOT_FOUND without one */
    uint64_t behind; /* the store waits until the record of that sequence is in the tables */
    int64_t wait_ns; /* the store answers E_BUSY after that; 0: it waits as long as it takes */
};

/* Appends the answer to out. E_ARGUMENT: a limit or cursor that cannot be, a filter the list does
 * not have. E_NOT_FOUND: FILLS or STEPS of an order that is not there (for that user). */
MUST_CHECK int
query_run(struct database *database, const struct query *query, struct buffer *out, struct err *e);
