/* paper: the simulated venue behind the venue port: one match for each account. Used by paper
 * trading and by backtests alike. Its answers and fills are taken out by the player, which reports
 * them to the engine. Time is that of the bars played; the engine's thread; the owner frees. */
#pragma once

#include "engine/engine.h"
#include "match/match.h"

struct paper;

MUST_CHECK int paper_new(
    struct paper **out,
    int accounts_max,
    int orders_max,
    const struct match_costs *costs,
    struct err *e
);
void paper_free(struct paper *p);

/* Accounts are numbered as the engine numbers them, from 0: the next one, or one that is over and
 * begins anew. */
MUST_CHECK int paper_open_account(
    struct paper *p,
    uint32_t account,
    const struct instrument *instruments,
    int instrument_count,
    struct money balance,
    bool hedge,
    struct err *e
);
int paper_account_count(const struct paper *p);

struct venue_port paper_port(struct paper *p);

/* Whether an answer may wait. */
bool paper_has_answers(const struct paper *p);
/* The next answer of any account to what was asked of it. */
bool paper_answer(struct paper *p, struct venue_report *out);

/* Playing one bar for one account: begin says whether there is anything to play. */
bool paper_begin(struct paper *p, uint32_t account, uint16_t symbol, const struct candle *candle);
bool paper_next(struct paper *p, uint32_t account, struct venue_report *out, struct err *e);

/* What is sent to the account now takes part in the bar that is played. */
bool paper_is_at_open(const struct paper *p, uint32_t account);

const struct position *
paper_position(const struct paper *p, uint32_t account, uint16_t symbol, enum position_side side);
const struct ledger *paper_ledger(const struct paper *p, uint32_t account);

/* After a restart: an account as the engine's books have it. */
MUST_CHECK int
paper_restore_account(struct paper *p, uint32_t account, const struct engine *e, struct err *err);
MUST_CHECK int paper_restore_order(
    struct paper *p,
    uint32_t account,
    struct order_key key,
    const struct order *o,
    bool is_fresh,
    struct err *e
);
