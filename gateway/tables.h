/* tables: what was, asked of the tables that the program makes of its journal. The owner fills the
 * port; without one the rings of gateway/history.h answer, as far back as they go.
 *
 * A request waits from tables_list on, and the loop goes on meanwhile: the answer comes by
 * gateway_on_tables, as JSON that is sent as it is. It has in it all that the engine had recorded
 * when it was asked for, so that who was acknowledged something sees it. Tables that do not keep up
 * are 503. Whose things are looked at is part of what is asked. One thread. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tables_list {
    TABLES_ORDERS,
    TABLES_FILLS,
    TABLES_STEPS,
    TABLES_SIGNALS,
    TABLES_CANDLES,
    TABLES_SCRIPT_VERSIONS, /* strategy: of that name; newest first */
    TABLES_SCRIPT_SOURCES,  /* the same with their files */
};

struct tables_ask { /* a text of NULL filters nothing */
    enum tables_list list;
    bool is_one;      /* the first item alone, or E_NOT_FOUND */
    const char *user; /* NULL: an admin asks */
    const char *activation, *strategy, *symbol, *status;
    const char *order_id; /* FILLS and STEPS of one that is not there: E_NOT_FOUND */
    const char *version;  /* SCRIPT_…: its hash */
    const char *exchange;                 /* CANDLES, like the two: bars made of the finest */
    int64_t timeframe_ms, finest_ms;
    const char *cursor;
    int limit;
    uint64_t number; /* the answer's */
    uint64_t behind; /* sequence of a record that must be in the answer */
    int64_t wait_ns; /* E_BUSY after that */
};

struct tables_port {
    void *ctx;
    /* Takes what is asked, borrowed for the call; NULL: there are no tables. E_ARGUMENT, E_BUSY */
    int (*ask)(void *ctx, const struct tables_ask *ask, struct err *e);
    /* Whether they still lack what was recorded before the start; says so. */
    bool (*is_behind)(void *ctx, char *text, size_t size);
    int64_t wait_ns; /* of each ask */
};

struct call;
struct pending;
struct gateway;

/* Makes the answer of a call from what the tables say: p->told. It may ask once more. */
typedef int tables_finish(struct call *c, struct pending *p, struct err *e);

bool tables_are_kept(const struct gateway *g);
/* The call's request waits for a list, a page of it as its query says. */
MUST_CHECK int tables_list(struct call *c, struct tables_ask *ask, struct err *e);
/* It waits for one order. found: what it is answered with if the order is there, 0: the order. */
MUST_CHECK int tables_order(struct call *c, const char *order_id, int found, struct err *e);
/* It waits for what `finish` makes of the answer. kept is its own until then; on an error, too, it
 * is freed. */
MUST_CHECK int tables_ask_for(
    struct call *c,
    struct tables_ask *ask,
    tables_finish *finish,
    void *kept,
    void (*free_kept)(void *kept),
    struct err *e
);
