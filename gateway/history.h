/* history: what the engine does not keep and people ask for: ended orders and their steps, fills,
 * signals, finest candles. In rings, the newest of each user: what ended a moment ago is found
 * here, and all lists are made of it where no tables are kept (gateway/tables.h). The rings grow to
 * their bounds and allocate nothing after that. Times come with the records; one thread; the owner
 * frees. */
#pragma once

#include "engine/port.h"

#define HISTORY_ORDERS_MAX 512 /* of a user, each kind */
#define HISTORY_FILLS_MAX 1024
#define HISTORY_SIGNALS_MAX 512
#define HISTORY_STEPS_MAX 2048
#define HISTORY_CANDLES_MAX 3000              /* of a symbol */
#define HISTORY_BYTES_MAX ((size_t)256 << 20) /* of all: beyond it rings grow no more */
#define SIGNAL_TEXT_MAX 64

struct history_order { /* ended */
    uint32_t activation;
    struct order order;
};

struct history_fill {
    uint32_t activation;
    uint64_t number;
    bool is_unasked;             /* of no live order */
    char order_id[ORDER_ID_MAX]; /* "" where nobody asked for it */
    uint16_t symbol;
    enum order_side side;
    struct fill fill;
    struct quantity filled; /* of the order, with this one */
    char reason[ORDER_REASON_MAX];
};

struct history_signal {
    uint32_t activation;
    uint64_t number;
    int64_t time_ms;
    uint16_t symbol;
    bool is_accepted;
    double price; /* NaN: none */
    char side[16], kind[SIGNAL_TEXT_MAX], reason[SIGNAL_TEXT_MAX];
    int number_count;
    struct {
        char name[24];
        double value;
    } numbers[SIGNAL_NUMBERS_MAX];
};

struct history_step { /* of an order's way */
    char order_id[ORDER_ID_MAX];
    int64_t time_ms;
    enum order_step step;
    enum order_state state;
    enum order_pending pending;
    struct quantity filled;
    int code;
    char file[64]; /* of the script's line that asked; "" where none did */
    int line;
    char message[ORDER_MESSAGE_MAX];
};

/* Each calls `emit` with what it has of a user, newest first (steps: oldest first), until emit says
 * false. What is emitted is borrowed for the call. */
struct history_source {
    void *ctx;
    void (*orders
    )(void *ctx, const char *user, bool (*emit)(void *to, const struct history_order *o), void *to);
    void (*fills
    )(void *ctx, const char *user, bool (*emit)(void *to, const struct history_fill *f), void *to);
    void (*signals
    )(void *ctx, const char *user, bool (*emit)(void *to, const struct history_signal *s), void *to
    );
    void (*steps
    )(void *ctx,
      const char *user,
      const char *order_id,
      bool (*emit)(void *to, const struct history_step *s),
      void *to);
};

struct history;

MUST_CHECK int history_new(struct history **out, struct err *e);
void history_free(struct history *h);
struct history_source history_source_of(struct history *h);

void history_keep_order(struct history *h, const char *user, const struct order_record *record);
void history_keep_fill(struct history *h, const char *user, const struct fill_record *record);
/* What was kept; NULL without memory. */
const struct history_signal *
history_keep_signal(struct history *h, const char *user, const struct signal_record *record);

/* All that is kept of one of the user's activations. */
void history_forget(struct history *h, const char *user, uint32_t activation);

void history_keep_candle(struct history *h, uint16_t symbol, const struct candle *candle);
/* The finest candles of a symbol, oldest first: index 0 to count − 1. */
int history_candle_count(const struct history *h, uint16_t symbol);
const struct candle *history_candle(const struct history *h, uint16_t symbol, int index);

/* Bytes that all rings take. */
size_t history_bytes(const struct history *h);
