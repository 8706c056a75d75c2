/* player: plays finest bars into an engine in the one order of events.
 *
 * For each bar: what closed in a gap before it; its fills at the paper venue, each an instant of
 * its own whose handlers have answered before the next; then its close: all bars that close with it
 * are fed, then tickers, then bars from the longest timeframe to the shortest, then timers.
 * player_step goes on until something is with the host (PLAYER_WAITING: call again when it has
 * answered), the bar is over, or the run has failed. Time is the bars'; the engine's thread; the
 * owner frees. */
#pragma once

#include "engine/engine.h"
#include "engine/paper.h"

struct player;

enum player_status { PLAYER_WAITING, PLAYER_DONE, PLAYER_FAILED };

/* paper may be NULL: then bars bring no fills. */
MUST_CHECK int
player_new(struct player **out, struct engine *e, struct paper *paper, struct err *err);
void player_free(struct player *p);

/* Bars of one symbol come in ascending time; the one before is over. The candle is borrowed until
 * then. */
void player_begin(struct player *p, uint16_t symbol, const struct candle *candle);
enum player_status player_step(struct player *p, struct err *err);
/* Sends what waits without a bar (after activations and commands). */
enum player_status player_settle(struct player *p);
