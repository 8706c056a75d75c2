/* match: the simulated venue's matching of one account's orders on bars.
 *
 * The fill model is docs/reference/fill-model.md. It is a resumable walk through one finest bar:
 * match_begin, then match_next until it says false. Between two calls the owner may submit, cancel
 * and amend: what is done in answer to a fill at the open takes part in the rest of that bar (a
 * market order fills at that same open, a stop guards the same bar), what is done in answer to a
 * fill inside the bar takes part from the next bar on; a cancel acts at once.
 *
 * The venue keeps its own truth of the account (positions, balance), so that its owner's books can
 * be compared with it. Liquidity is unlimited: every order fills whole. Time is the bar's. No
 * memory is allocated after match_new; not thread-safe; the caller owns the struct and ends it with
 * match_free.
 *
 * What reduces is an order that says so, one of the whole position, what closes a side in hedge
 * mode, and every sale on a spot market. It rests without a position, and is capped when it trades.
 *
 * Liquidation is tested at the open after what the orders did there, inside the bar after the stops
 * that lie nearer and before the limits, and on the close (for what the limits have opened). It
 * takes a symbol's position (in hedge mode the side that loses), and the venue then cancels the
 * orders of that position: NOTHING_TO_REDUCE what reduces, INSUFFICIENT_MARGIN the others. */
#pragma once

#include "market/bar.h"
#include "market/instrument.h"
#include "trade/ledger.h"
#include "trade/order.h"

struct match_costs {
    struct decimal fee_taker; /* 0.0005 */
    struct decimal fee_maker; /* 0.0002 */
    struct decimal slippage;  /* 0.0005, on market and stop fills */
};

struct match; /* opaque: holds up to orders_max resting orders of up to symbols_max symbols */

enum match_report_kind {
    MATCH_ACCEPTED,
    MATCH_FILLED,   /* whole; `fill` says how, `quantity` is what it filled: what reduces fills at
                       most   what there is, and is complete with it */
    MATCH_CANCELED, /* asked for (code 0), or by the venue: NOTHING_TO_REDUCE, POST_ONLY_CROSSED,
                       INSUFFICIENT_MARGIN, or 0 with a message (immediate-or-cancel found nothing)
                     */
    MATCH_REJECTED, /* code and message */
    MATCH_AMENDED,
    MATCH_AMEND_REFUSED,
    MATCH_CANCEL_REFUSED, /* not open */
    MATCH_LIQUIDATED, /* a fill that nobody asked for: order_key is 0, symbol and side say what was
                         closed */
};

struct match_report {
    enum match_report_kind kind;
    uint64_t order_key;
    uint16_t symbol;
    enum order_side side;
    enum position_side position_side;
    struct fill fill;
    struct price price, stop;
    struct quantity quantity;
    int code;
    const char *message; /* static text or NULL */
};

MUST_CHECK int match_new(
    struct match **out,
    const struct instrument *instruments,
    int instrument_count,
    int orders_max,
    const struct match_costs *costs,
    struct money balance,
    bool hedge,
    struct err *e
);
void match_free(struct match *m);

/* The order's owner gives a key (> 0, unique). Its answer (ACCEPTED or REJECTED) and the answers of
 * cancel and amend come out of match_answer, in order. These three return E_LIMIT, with nothing
 * done, when MATCH_ANSWERS_MAX answers wait, and E_ARGUMENT for a key that is 0 or taken. In an
 * amendment 0 leaves a figure as it is. */
#define MATCH_ANSWERS_MAX 512

MUST_CHECK int match_submit(
    struct match *m, uint64_t order_key, const struct order_request *request, struct err *e
);
MUST_CHECK int match_cancel(struct match *m, uint64_t order_key, struct err *e);
MUST_CHECK int match_amend(
    struct match *m,
    uint64_t order_key,
    struct price price,
    struct price stop,
    struct quantity quantity,
    struct err *e
);
bool match_answer(struct match *m, struct match_report *out);

/* Plays one finest bar of a symbol. */
void match_begin(struct match *m, uint16_t symbol, const struct candle *candle);
/* The next fill (or cancel by the venue) of the bar; false when the bar is played out. E_OVERFLOW
 * from the arithmetic goes to *e and ends the bar (the caller tests e->code). */
bool match_next(struct match *m, struct match_report *out, struct err *e);
/* True while the walk stands at the open of the bar begun last: what is submitted now takes part.
 */
bool match_is_at_open(const struct match *m);
/* True when nothing rests: match_begin and match_next may be left out for a bar unless a position
 * could be liquidated in it. */
bool match_is_idle(const struct match *m, uint16_t symbol, const struct candle *candle);

/* Books funding that the owner has computed: > 0 is received. */
MUST_CHECK int match_book_funding(struct match *m, struct money amount, struct err *e);

/* The venue's truth. */
const struct position *
match_position(const struct match *m, uint16_t symbol, enum position_side side);
const struct ledger *match_ledger(const struct match *m);
/* Kept within 1 and the instrument's maximum. Under cross margin it moves no liquidation price. */
void match_set_leverage(struct match *m, uint16_t symbol, int leverage);
int match_leverage(const struct match *m, uint16_t symbol);

/* After a restart, before any bar: the account's figures, what it holds, and what rests, in the order
 * of submission (with the quantity that is left). An order is fresh when no bar was played since it
 * came or was amended. */
void match_restore_account(struct match *m, const struct ledger *ledger);
void match_restore_position(
    struct match *m, uint16_t symbol, enum position_side side, const struct position *position,
    struct price mark
);
MUST_CHECK int match_restore_order(
    struct match *m, uint64_t order_key, const struct order_request *request, bool is_fresh,
    struct err *e
);
