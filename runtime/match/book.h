/* book: the resting orders of the simulated venue, and what must be looked at for a bar to matter.
 * Private to the room.
 *
 * Orders lie in one pool of slots; a symbol links them into three queues (markets, stops, limits),
 * each in the order of submission. Per symbol the nearest trigger of each kind is kept, so that
 * most bars are turned away by two comparisons (low_trigger, high_trigger). A removal may leave a
 * trigger too near, never too far: the symbol is then stale, and the next bar computes anew. */
#pragma once

#include "match/match.h"

#define SLOT_NONE (-1)
#define PRICE_NEVER_HIGH ((int128)(((unsigned __int128)1 << 127) - 1))

struct resting {
    int128 price;
    int128 stop;
    int128 quantity;
    uint64_t key;
    uint64_t first_bar; /* the symbol's bar in which it first takes part */
    int32_t next, previous;
    int doom; /* code with which the venue is about to cancel it; 0: none */
    uint16_t symbol;
    uint8_t side, type, position_side;
    bool post_only;
    bool reduces;
    bool is_whole_position;
    bool is_immediate;
};

struct queue {
    int32_t head, tail;
};

struct book {            /* of one symbol */
    int128 low_trigger;  /* a bar matters when low < this */
    int128 high_trigger; /* or high > this */
    int waiting;         /* orders whose first bar is the next one */
    bool is_stale;       /* triggers or liquidation are to be computed anew */
    bool needs_mark;     /* other symbols' liquidation reads this one's price: play every bar */
    int fresh;           /* orders whose first bar is the present one */
    int leverage;
    uint64_t bar; /* number of bars begun */
    int128 buy_limit_max, sell_limit_min, buy_stop_min, sell_stop_max;
    int128 liquidation; /* 0: none */
    bool liquidation_is_below;
    struct queue queues[3];       /* by enum order_type */
    struct position positions[3]; /* by enum position_side */
    struct price mark;            /* close of the bar played last */
    struct instrument instrument;
};

enum phase { PHASE_OPEN, PHASE_STOPS, PHASE_LIMITS, PHASE_CLOSE, PHASE_DONE };

struct match {
    struct book *books;
    int book_count;
    bool hedge;
    struct match_costs costs;
    struct decimal factor_up, factor_down; /* 1 ± slippage */
    struct ledger ledger;

    struct resting *slots;
    uint64_t *keys; /* of the slots, 0: free; apart, for a fast search */
    int32_t slot_count, slot_top, free_head;

    struct match_report *answers; /* ring that starts again at 0 whenever it is empty */
    int answer_head, answer_count;

    enum phase phase;
    struct book *book; /* of the bar being played */
    uint16_t symbol;
    struct price open, high, low, close;
    int64_t time_ms;
    int doomed; /* orders that the venue is about to cancel */
};

static inline struct book *match_book_of(struct match *m, uint16_t symbol) {
    return symbol < m->book_count ? &m->books[symbol] : NULL;
}

/* SLOT_NONE when there is none. */
int32_t book_find(const struct match *m, uint64_t key);

/* Takes a slot (there must be one free), copies the order in, last in its queue. */
int32_t book_insert(struct match *m, const struct resting *order);
void book_remove(struct match *m, int32_t slot);
/* Takes over the figures of `next`: last in its queue, as if it came now. */
void book_requeue(struct match *m, int32_t slot, const struct resting *next);

/* How much an order of this side could close of its position; 0 when nothing. */
int128 book_reducible(const struct book *b, const struct resting *order);

bool book_has_position(const struct book *b);

/* Computes the liquidation price of a symbol from balance, positions and the other symbols' marks.
 */
MUST_CHECK int book_refresh_liquidation(struct match *m, struct book *b);
/* Computes the nearest triggers and the liquidation price anew. */
MUST_CHECK int book_refresh(struct match *m, struct book *b);
/* To be called when the balance or a position has changed through `changed` (NULL: through none).
 */
void book_mark_others_stale(struct match *m, const struct book *changed);

static inline bool book_liquidates_at(const struct book *b, int128 price) {
    return b->liquidation != 0 &&
           (b->liquidation_is_below ? price <= b->liquidation : price >= b->liquidation);
}
