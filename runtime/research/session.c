#include "research/session.h"

#include <stdlib.h>

struct session {
    struct host_face *face;
    struct engine *engine;
    struct paper *paper;
    struct player *player;
    struct instrument *instruments; /* of the symbols added; what paper accounts can trade */
    int instrument_count;
};

static int session_make(
    struct session *s,
    const struct session_options *options,
    const struct sink_port *sink,
    const struct history_port *history,
    struct err *e
) {
    s->instruments = calloc((size_t)options->engine.symbols_max, sizeof *s->instruments);
    if (s->instruments == NULL) {
        return err_set(e, E_MEMORY, "no memory for a session");
    }
    struct host_options host = options->host;
    host.activations_max = options->engine.activations_max;
    host.instruments_max = options->engine.symbols_max;
    host.series_max = options->engine.series_max;
    int code = 0;
    if (options->other_host == NULL) {
        code = host_face_new(&s->face, options->face, &host, options->seed, e);
    }
    if (code != 0) {
        return code;
    }
    code = paper_new(
        &s->paper, options->engine.activations_max, options->engine.orders_max, &options->costs, e
    );
    if (code != 0) {
        return code;
    }
    struct engine_ports ports = {
        .host = options->other_host != NULL ? *options->other_host : host_face_port(s->face),
        .venue = paper_port(s->paper),
        .sink = *sink,
        .history = *history,
        .journal = options->journal,
    };
    code = engine_new(&s->engine, &options->engine, &ports, e);
    if (code != 0) {
        return code;
    }
    if (s->face != NULL) {
        host_face_set_engine(s->face, s->engine);
    }
    return player_new(&s->player, s->engine, s->paper, e);
}

int session_new(
    struct session **out,
    const struct session_options *options,
    const struct sink_port *sink,
    const struct history_port *history,
    struct err *e
) {
    struct session *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return err_set(e, E_MEMORY, "no memory for a session");
    }
    int code = session_make(s, options, sink, history, e);
    if (code != 0) {
        session_free(s);
        return code;
    }
    *out = s;
    return 0;
}

void session_free(struct session *s) {
    if (s == NULL) {
        return;
    }
    player_free(s->player);
    engine_free(s->engine);
    paper_free(s->paper);
    host_face_free(s->face);
    free(s->instruments);
    free(s);
}

struct engine *session_engine(struct session *s) {
    return s->engine;
}

struct host *session_host(struct session *s) {
    return s->face != NULL ? host_face_host(s->face) : NULL;
}

int session_add_symbol(
    struct session *s,
    const struct instrument *instrument,
    int64_t finest_ms,
    uint16_t *symbol,
    struct err *e
) {
    int code = engine_add_symbol(s->engine, instrument, finest_ms, symbol, e);
    if (code == 0) {
        s->instruments[s->instrument_count++] = *instrument;
    }
    return code;
}

int session_activate(
    struct session *s, const struct activation_options *options, uint32_t *activation, struct err *e
) {
    int code = 0;
    if (options->account == NULL) {
        uint32_t account = 0;
        code = engine_next_account(s->engine, &account, e);
        code = code != 0 ? code
                         : paper_open_account(
                               s->paper, account, s->instruments, s->instrument_count,
                               options->balance, options->is_hedge, e
                           );
    }
    return code != 0 ? code : engine_activate(s->engine, options, activation, e);
}

/* Whether a held answer was waited for; if not, it is the journal. */
static bool session_tick(struct session *s) {
    if (s->face == NULL || !host_face_holds(s->face)) {
        return false;
    }
    host_face_tick(s->face);
    return true;
}

enum player_status session_settle(struct session *s) {
    enum player_status status;
    while ((status = player_settle(s->player)) == PLAYER_WAITING && session_tick(s)) {
    }
    return status;
}

enum player_status session_resume(struct session *s, struct err *e) {
    enum player_status status;
    while ((status = player_step(s->player, e)) == PLAYER_WAITING && session_tick(s)) {
    }
    return status;
}

enum player_status
session_play(struct session *s, uint16_t symbol, const struct candle *candle, struct err *e) {
    player_begin(s->player, symbol, candle);
    return session_resume(s, e);
}

/* --- after a restart
 * ------------------------------------------------------------------------------ */

struct restoring {
    struct session *session;
    struct err *err;
};

/* No bar was played since it came: the last one recorded closed at or before. */
static bool order_is_fresh(const struct engine *e, const struct order *o) {
    int64_t open_ms;
    if (!engine_last_bar(e, o->request.symbol, &open_ms)) {
        return true;
    }
    return o->queued_ms > open_ms;
}

static void
order_restore(void *ctx, uint32_t account, struct order_key key, const struct order *o) {
    struct restoring *r = ctx;
    bool is_fresh = order_is_fresh(r->session->engine, o);
    if (r->err->code == 0 &&
        paper_restore_order(r->session->paper, account, key, o, is_fresh, r->err) != 0) {
        err_wrap(r->err, "%s: ", o->id);
    }
}

int session_recover_end(struct session *s, struct err *e) {
    struct engine *engine = s->engine;
    for (int i = 0; i < engine_symbol_count(engine); i++) {
        s->instruments[s->instrument_count++] = *engine_instrument(engine, (uint16_t)i);
    }
    for (int i = 0; i < engine_account_count(engine); i++) {
        uint32_t account = (uint32_t)i;
        int code = paper_open_account(
            s->paper, account, s->instruments, s->instrument_count,
            account_ledger(engine, account)->start, account_is_hedge(engine, account), e
        );
        code = code != 0 ? code : paper_restore_account(s->paper, account, engine, e);
        if (code != 0) {
            return code;
        }
    }
    struct restoring restoring = {s, e};
    e->code = 0;
    int code = engine_recover_end(engine, order_restore, &restoring, e);
    return code != 0 ? code : e->code;
}
