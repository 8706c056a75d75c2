/* session: an engine with all it needs to simulate in one process: script host, paper venue and
 * player. A backtest, `run` on recorded candles and the tests are this and differ in what they
 * listen to and how fast they feed it. Time is the candles'; one thread; the owner frees. */
#pragma once

#include "research/host_face.h"
#include "engine/player.h"

struct session;

struct session_options {
    const struct host_port_out *other_host; /* a host elsewhere (script workers); NULL: `face` */
    enum host_face_kind face;
    struct host_options host; /* its activations, instruments and series follow the engine's */
    struct engine_options engine;
    struct match_costs costs;
    struct journal_port journal; /* append NULL: nothing is kept */
    uint64_t seed; /* of the delays of FACE_DELAYED */
};

MUST_CHECK int session_new(
    struct session **out,
    const struct session_options *options,
    const struct sink_port *sink,
    const struct history_port *history,
    struct err *e
);
void session_free(struct session *s);

struct engine *session_engine(struct session *s);
struct host *session_host(struct session *s);

MUST_CHECK int session_add_symbol(
    struct session *s,
    const struct instrument *instrument,
    int64_t finest_ms,
    uint16_t *symbol,
    struct err *e
);
/* Opens a paper account of its own for the activation, and starts it with the next settle or play.
 */
MUST_CHECK int session_activate(
    struct session *s, const struct activation_options *options, uint32_t *activation, struct err *e
);

/* Until nothing waits: after activations and commands. */
enum player_status session_settle(struct session *s);
/* Goes on with a bar that waits (PLAYER_WAITING: for the journal). */
enum player_status session_resume(struct session *s, struct err *e);
/* Plays one finest bar out. PLAYER_FAILED: with *e a broken run, without it a fault of a script. */
enum player_status
session_play(struct session *s, uint16_t symbol, const struct candle *candle, struct err *e);

/* After the records were applied (engine_recover_begin … engine_recover on session_engine): the paper venue is
 * made as the books have it, and what ran is started again. */
MUST_CHECK int session_recover_end(struct session *s, struct err *e);
