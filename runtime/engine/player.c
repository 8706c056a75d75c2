#include "engine/player.h"

#include "engine/engine_state.h"

#include <stdlib.h>

enum stage { STAGE_GAPS, STAGE_OPEN, STAGE_PLAY, STAGE_CLOSE, STAGE_TIMERS, STAGE_OVER };

struct player {
    struct engine *engine;
    struct paper *paper;
    enum stage stage;
    uint16_t symbol;
    const struct candle *candle;
    int64_t *last_close_ms; /* by symbol */
    uint32_t account;       /* whose fills are played */
    bool is_playing;
    bool has_filled;
};

int player_new(struct player **out, struct engine *e, struct paper *paper, struct err *err) {
    struct player *p = calloc(1, sizeof *p);
    int64_t *last = calloc((size_t)e->options.symbols_max, sizeof *last);
    if (p == NULL || last == NULL) {
        free(p);
        free(last);
        return err_set(err, E_MEMORY, "no memory for the player");
    }
    *p = (struct player){
        .engine = e,
        .paper = paper,
        .stage = STAGE_OVER,
        .last_close_ms = last,
    };
    *out = p;
    return 0;
}

void player_free(struct player *p) {
    if (p != NULL) {
        free(p->last_close_ms);
        free(p);
    }
}

void player_begin(struct player *p, uint16_t symbol, const struct candle *candle) {
    p->symbol = symbol;
    p->candle = candle;
    p->stage = p->last_close_ms[symbol] == candle->bar.time_ms ? STAGE_OPEN : STAGE_GAPS;
    p->last_close_ms[symbol] = candle->bar.close_ms;
    p->account = 0;
    p->is_playing = false;
    p->has_filled = false;
}

/* Nothing waits, nothing is out, nothing was asked of the venue: the usual case, between stages. */
static bool player_is_settled(const struct player *p) {
    return engine_is_idle(p->engine) && !p->engine->has_failed &&
           (p->paper == NULL || !paper_has_answers(p->paper));
}

/* Everything that waits is sent and the venue's answers are reported, until nothing moves. */
enum player_status player_settle(struct player *p) {
    struct venue_report report;
    for (;;) {
        engine_pump(p->engine);
        if (!engine_is_idle(p->engine)) {
            return PLAYER_WAITING;
        }
        if (p->paper == NULL || !paper_has_answers(p->paper) || !paper_answer(p->paper, &report)) {
            break;
        }
        report.event.time_ms = engine_time(p->engine);
        if (p->stage == STAGE_PLAY && !paper_is_at_open(p->paper, report.account)) {
            report.first_bar_ms = p->candle->bar.close_ms; /* in answer to a fill inside the bar */
        }
        engine_report(p->engine, &report);
    }
    return engine_has_failed(p->engine) ? PLAYER_FAILED : PLAYER_DONE;
}

/* Bars whose end came before this one's open, the earliest end first: their last minutes are
 * missing. */
static bool play_gap(struct player *p) {
    struct engine *e = p->engine;
    const struct engine_symbol *s = &e->symbols[p->symbol];
    int64_t open_ms = p->candle->bar.time_ms;
    int64_t first_ms = INT64_MAX;
    for (int i = 0; i < s->series_count; i++) {
        const struct bar_builder *b = &e->series[s->series[i]].builder;
        if (b->is_open && b->bar.close_ms <= open_ms && b->bar.close_ms < first_ms) {
            first_ms = b->bar.close_ms;
        }
    }
    if (first_ms == INT64_MAX) {
        return false;
    }
    engine_set_time(e, first_ms);
    uint16_t closed[TIMEFRAME_COUNT];
    int count = 0;
    for (int i = 0; i < s->series_count; i++) {
        struct bar bar;
        if (bar_builder_expire(&e->series[s->series[i]].builder, first_ms, &bar)) {
            engine_feed_bar(e, s->series[i], &bar);
            closed[count++] = s->series[i];
        }
    }
    for (int i = count - 1; i >= 0; i--) {
        engine_queue_candles(e, &closed[i], 1);
    }
    return true;
}

/* One fill of the bar; false when all accounts have played it out. */
static bool play_fill(struct player *p, struct err *err) {
    uint32_t accounts = p->paper == NULL ? 0 : (uint32_t)paper_account_count(p->paper);
    for (; p->account < accounts; p->account++, p->is_playing = false) {
        if (!p->is_playing) {
            if (!paper_begin(p->paper, p->account, p->symbol, p->candle)) {
                continue;
            }
            p->is_playing = true;
            engine_price(p->engine, p->symbol, p->candle->open);
        }
        struct venue_report report;
        if (paper_next(p->paper, p->account, &report, err)) {
            p->has_filled = true;
            engine_report(p->engine, &report);
            return true;
        }
        if (err->code != 0) {
            return false;
        }
    }
    return false;
}

static void play_close(struct player *p) {
    struct engine *e = p->engine;
    const struct engine_symbol *s = &e->symbols[p->symbol];
    const struct bar *bar = &p->candle->bar;
    engine_set_time(e, bar->close_ms);
    engine_price(e, p->symbol, p->candle->close);
    engine_bar_over(e, p->symbol, p->candle);
    uint16_t closed[TIMEFRAME_COUNT];
    int count = 0;
    for (int i = 0; i < s->series_count; i++) {
        struct bar built;
        if (bar_builder_push(&e->series[s->series[i]].builder, bar, &built)) {
            engine_feed_bar(e, s->series[i], &built);
            closed[count++] = s->series[i];
        }
    }
    if (s->ticker_watcher_count > 0) {
        struct event_ticker ticker = {
            bar->close, bar->close, bar->close, bar->open, bar->high, bar->low,
        };
        engine_queue_tickers(e, p->symbol, &ticker);
    }
    for (int i = count - 1; i >= 0; i--) {
        engine_queue_candles(e, &closed[i], 1);
    }
}

/* The venue's own truth against the engine's books, after a bar with fills. */
static int account_compare(const struct player *p, uint32_t account, struct err *err) {
    const struct engine *e = p->engine;
    enum position_side first = account_is_hedge(e, account) ? POSITION_LONG : POSITION_NET;
    enum position_side last = account_is_hedge(e, account) ? POSITION_SHORT : POSITION_NET;
    for (int side = (int)first; side <= (int)last; side++) {
        struct position own;
        const struct position *venue =
            paper_position(p->paper, account, p->symbol, (enum position_side)side);
        if (account_position(e, account, p->symbol, (enum position_side)side, &own) != 0 ||
            venue->quantity.d.v != own.quantity.d.v) {
            return err_set(
                err, E_STATE, "the position of account %u in %s differs from the venue's", account,
                e->symbols[p->symbol].instrument.symbol
            );
        }
    }
    if (paper_ledger(p->paper, account)->fees.d.v != account_ledger(e, account)->fees.d.v) {
        return err_set(err, E_STATE, "the fees of account %u differ from the venue's", account);
    }
    return 0;
}

static int books_compare(const struct player *p, struct err *err) {
    uint32_t accounts = p->paper == NULL ? 0 : (uint32_t)paper_account_count(p->paper);
    for (uint32_t i = 0; i < accounts; i++) {
        int code = account_compare(p, i, err);
        if (code != 0) {
            return code;
        }
    }
    return 0;
}

/* One stage. Stages that told nobody anything lead straight into the next; true when the bar is
 * played out. */
static bool stage_play(struct player *p, struct err *err) {
    switch (p->stage) {
    case STAGE_GAPS:
        if (play_gap(p)) {
            return false;
        }
        __attribute__((fallthrough));
    case STAGE_OPEN:
        engine_set_time(p->engine, p->candle->bar.time_ms);
        p->stage = STAGE_PLAY;
        __attribute__((fallthrough));
    case STAGE_PLAY:
        if (play_fill(p, err) || err->code != 0) {
            return false;
        }
        p->stage = STAGE_CLOSE;
        if (!player_is_settled(p)) {
            return false;
        }
        __attribute__((fallthrough));
    case STAGE_CLOSE:
        play_close(p);
        p->stage = STAGE_TIMERS;
        return false;
    case STAGE_TIMERS:
        engine_queue_timers(p->engine);
        p->stage = STAGE_OVER;
        return false;
    case STAGE_OVER:
        break;
    }
    return true;
}

enum player_status player_step(struct player *p, struct err *err) {
    for (;;) {
        if (!player_is_settled(p)) {
            enum player_status status = player_settle(p);
            if (status != PLAYER_DONE) {
                return status;
            }
        }
        bool is_over = stage_play(p, err);
        if (err->code != 0) {
            return PLAYER_FAILED;
        }
        if (is_over) {
            return p->has_filled && books_compare(p, err) != 0 ? PLAYER_FAILED : PLAYER_DONE;
        }
    }
}
