/* pending: requests whose answers wait: for a script to answer, then for the journal.
 *
 * A request that waits for a script names its activation (and its event's number); when the script
 * has answered, its route's `finish` makes the answer from what is so then. So does one that waits
 * for a check of a script in another process, or for a venue's word on an amendment. An answer that
 * is made waits until everything appended by then is durable. What waits too long is answered with
 * outcome_unknown: nobody can say what became of it. A list of the tables has its answer from them
 * (gateway/tables.h), or is told that they are busy. One thread; the list owns what is in it. */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define PENDING_MAX 4096
#define PENDING_NS ((int64_t)30 * 1000000000)

struct call;
struct answer_record;
struct edit_record;
struct gateway;
struct http_exchange;
struct route;

enum pending_wait { WAIT_START, WAIT_CALL, WAIT_CHECK, WAIT_AMEND, WAIT_EDIT, WAIT_TABLES, WAIT_DURABLE };

struct pending {
    struct pending *next;
    struct http_exchange *exchange; /* NULL: it was given up */
    const struct route *route;
    enum pending_wait wait;
    uint32_t activation; /* START, CALL, AMEND */
    uint64_t number;     /* CALL: of the event; AMEND: the order's; TABLES: of what was asked */
    int found;           /* TABLES: see tables_order */
    void *kept;          /* what is borrowed until the answer has come; freed */
    void (*free_kept)(void *kept);
    const char *told; /* TABLES: what they answered, while finish runs */
    size_t told_length;
    bool has_answer; /* CALL: the script's; CHECK: it is over */
    bool is_gone;    /* the activation is over, and its place another's */
    int code;
    char *text; /* of the refusal, or what on_command returned; NULL */
    int asks;   /* how many things the handler asked for */
    int (*finish)(struct call *c, struct pending *p, struct err *e); /* makes the answer */
    uint64_t sequence;                                               /* DURABLE */
    int status;
    char *body;
    size_t length;
    uint64_t ticket;
    int64_t late_ns;
    int64_t due_ns; /* EDIT: it is answered with what is known by then */
};

struct pending_list {
    struct pending *first, *last;
    int count;
};

/* A place at the end of the list for the call's request, which waits from now on. E_LIMIT when too
 * many wait already: ask before anything is changed. */
MUST_CHECK int pending_room(const struct gateway *g, struct err *e);
struct pending *pending_add(struct call *c, enum pending_wait wait);

/* Takes the one with that number off the list; NULL when there is none (any more). pending_drop
 * ends it. */
struct pending *pending_take(struct gateway *g, enum pending_wait wait, uint64_t number);
void pending_drop(struct pending *p);

/* Lets p->finish make its answer, which may wait for the journal, or for another thing. */
void pending_finish(struct gateway *g, struct pending *p);

/* A version of a script took over in an activation, or did not. */
void pending_edited(struct gateway *g, const struct edit_record *record);
/* Looks whether scripts have answered. */
void pending_look(struct gateway *g);
/* Answers whose records are durable leave. */
void pending_durable(struct gateway *g);
void pending_answered(struct gateway *g, const struct answer_record *record);
/* What it waited for (CHECK) is over, or could not be had, for that reason: the next look sees it.
 */
void pending_over(struct pending *p, int code, const char *text);
/* A fault of an activation that starts: why it did not. */
void pending_fault(struct gateway *g, uint32_t activation, int code, const char *text);
/* The activation leaves its place to another. */
void pending_left(struct gateway *g, uint32_t activation);
/* Gives up on what is late. What the engine still borrows stays until it does not. */
void pending_expire(struct gateway *g, int64_t now_ns);
/* Without an answer: the server has gone. */
void pending_free_all(struct gateway *g);
