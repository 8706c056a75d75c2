/* request: what a person's request has made, found again by its key: a request that is sent twice,
 * also to another process after a crash, makes one thing.
 *
 * The key is a part of the record of what it made, so that both survive or neither does; snapshots
 * carry those that still count. The engine knows hashes only: what they are of (user, key, content
 * of the request) is whoever hands them in. A key counts for options.request_ms by the clock of the
 * one who asks (wall_ms), which comes with every key: the engine reads no clock. A request that
 * makes several orders gives each its item. The engine's thread; the engine owns what is kept. */
#pragma once

#include "script/message.h"
#include "trade/order.h"

#define REQUEST_MESSAGE_MAX 256

struct request_key {
    bool is_given;
    uint64_t user;
    uint64_t high, low; /* of the key as it was sent */
    uint64_t content;   /* of what was asked for with it */
    uint16_t item;
    int64_t wall_ms;
};

struct request_made {
    struct request_key key;
    uint32_t activation; /* that it made, or whose order it made */
    char activation_id[ACTIVATION_ID_MAX];
    bool is_order;
    struct order order; /* as it was made; when it is over, as it ended */
    int code;           /* of an activation that could not start */
    char message[REQUEST_MESSAGE_MAX];
};

struct engine;

struct request_view {
    const struct request_key *key;
    const char *activation_id;
    uint32_t activation;       /* NO_ACTIVATION: it is over, and its place has gone to another */
    const struct order *order; /* as it is now, or as it ended; NULL: it made an activation */
    int code;                  /* 0, or why the activation could not start */
    const char *message;
};

/* Whether a request with this key may make `count` things. 0: the key is new; 1: it was used for
 * the same; E_STATE: for something else; E_LIMIT: there are too many that count. */
MUST_CHECK int engine_request_check(
    const struct engine *e, const struct request_key *key, int count, struct err *err
);
/* What the key's item has made; good until the engine is driven again. */
bool engine_request_find(
    const struct engine *e, const struct request_key *key, struct request_view *out
);
int engine_request_count(const struct engine *e);
