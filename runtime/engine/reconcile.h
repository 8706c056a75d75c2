/* reconcile: the engine's books against the venue's own, where messages get lost, come twice or too
 * late, and where others trade on the account.
 *
 * The outcome of a request may be unknown. Then the order is `unknown`, and the venue is asked
 * (engine_ask_again, with growing delay) until it answers; nothing is guessed and nothing is sent a
 * second time before. An answer counts when the question was put late enough (settle_ms after the
 * last request on the order) for the venue's own books to have caught up; a younger fact from
 * another path is never undone by an older answer.
 *
 * An account whose connection begins anew is in doubt (engine_doubt): orders that could enlarge a
 * position are refused, and after a restart its strategies do not start, until engine_reconcile has
 * found that the venue's positions are the sum of ours and those of others on the account.
 * Time is the engine's; its thread; what is handed in is borrowed for the call. */
#pragma once

#include "engine/port.h"

struct engine;

/* An order as the venue has it. */
struct venue_order {
    struct order_key key;         /* activation NO_ACTIVATION: none of ours */
    struct order_request request; /* price, stop and quantity as they are now */
    enum order_state state;
    struct quantity filled;
    uint64_t update;
    int code; /* of a terminal state, and why */
    const char *message;
};

struct venue_holding {
    uint16_t symbol;
    enum position_side side;
    struct quantity quantity; /* signed */
};

/* What the venue said when all of an account was fetched: open orders first, then positions, then
 * fills (of any order, since engine_fills_since). */
struct venue_truth {
    uint32_t account;
    int64_t asked_ms; /* the engine's time when the first question was put */
    const struct venue_order *orders;
    int order_count;
    const struct venue_holding *holdings; /* absent: flat */
    int holding_count;
    const struct venue_report *fills; /* oldest first */
    int fill_count;
};

struct reconcile_result {
    int fills;       /* that were news */
    int missing;     /* live orders of ours that the venue did not list: asked for one by one */
    int adopted;     /* with our id, never heard of: ours from now on */
    int stray;       /* with our id, over in our books: canceled */
    int foreign;     /* others' orders, left alone */
    int differences; /* positions that do not add up */
    char text[160];  /* about the first difference */
};

/* What became of one order. */
struct venue_answer {
    uint32_t account;
    struct order_key key;
    int64_t asked_ms; /* the engine's time when the question was put */
    bool is_found;
    struct venue_order order;
    const struct venue_report *fills; /* of this order, as far as the venue tells */
    int fill_count;
};

/* Before engine_recover_end after a start, and whenever the connection was lost. */
void engine_doubt(struct engine *e, uint32_t account);
bool engine_is_in_doubt(const struct engine *e, uint32_t account);
/* The venue's time from which on fills are to be fetched, all of them: a little before the newest
 * of the last list. */
int64_t engine_fills_since(const struct engine *e, uint32_t account);
/* Also at any time in between; three in a row with differences put the account in doubt. */
MUST_CHECK int engine_reconcile(
    struct engine *e,
    const struct venue_truth *truth,
    struct reconcile_result *result,
    struct err *err
);
void engine_answer(struct engine *e, const struct venue_answer *answer);
/* Puts the questions that are due; a request that nobody has answered for request_ms becomes
 * unknown. Called with every tick of the clock. */
void engine_ask_again(struct engine *e);
