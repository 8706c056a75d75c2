/* venue: the simulated venue with its own truth: orders with all their versions, fills, positions
 * and cash, and nothing of the engine's. Its answers to questions are what was so at some instant,
 * so that they can be old. */
#pragma once

#include "engine/port.h"

#define VENUE_ORDERS_MAX 4096
#define VENUE_FILLS_MAX 16384
#define VENUE_ACCOUNTS 3
#define VENUE_SYMBOLS 2
#define VERSIONS_MAX 24

struct world;
struct request;

struct venue_version {
    int64_t at_us;
    enum order_state state;
    struct quantity filled, quantity;
    struct price price, stop;
    uint64_t update;
};

struct model_order {
    uint32_t account;
    struct order_key key;
    struct order_request request;
    bool is_triggered; /* a stop that trades as a market order */
    bool is_forgotten; /* the venue knows nothing of it any more */
    int code;
    struct venue_version versions[VERSIONS_MAX];
    int version_count;
};

struct model_fill {
    int64_t at_us;
    uint64_t id;
    uint32_t account;
    struct order_key key; /* NO_ACTIVATION: of nobody we know */
    uint16_t symbol;
    enum order_side side;
    enum position_side position_side;
    struct fill fill;
    const char *reason;
};

struct venue_model {
    struct model_order orders[VENUE_ORDERS_MAX];
    int order_count;
    int live[VENUE_ORDERS_MAX]; /* indexes, oldest first */
    int live_count;
    struct model_fill fills[VENUE_FILLS_MAX];
    int fill_count;
    struct quantity positions[VENUE_ACCOUNTS][VENUE_SYMBOLS][3];
    struct money cash[VENUE_ACCOUNTS], fees[VENUE_ACCOUNTS];
    bool is_hedge[VENUE_ACCOUNTS];
    int leverage[VENUE_ACCOUNTS][VENUE_SYMBOLS];
};

/* A request has arrived. */
void venue_request(struct world *w, const struct request *request);
int venue_leverage(struct world *w, uint32_t account, uint16_t symbol, int leverage);
void venue_price(struct world *w, uint16_t symbol);
/* It does something by itself. */
void venue_force(struct world *w);   /* closes part of a position */
void venue_expire(struct world *w);  /* ends a resting order */
void venue_manual(struct world *w);  /* somebody trades on an account */
void venue_restart(struct world *w); /* forgets resting orders */

struct model_order *venue_find(struct world *w, struct order_key key);
const struct venue_version *venue_latest(const struct model_order *o);
/* As of an instant; NULL: not yet there, or forgotten. */
const struct venue_version *venue_version_at(const struct model_order *o, int64_t at_us);
struct quantity venue_position_at(
    struct world *w, uint32_t account, uint16_t symbol, enum position_side side, int64_t at_us
);
void venue_fill_report(const struct world *w, const struct model_fill *f, struct venue_report *out);
