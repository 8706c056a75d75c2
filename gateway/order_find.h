/* order_find: an order by its id or its number: among the live ones of the engine, else among the
 * ended ones that the rings still have. Others' orders do not exist for the caller. One thread. */
#pragma once

#include "gateway/call.h"

struct found_order {
    uint32_t activation;
    const char *user; /* borrowed from the engine */
    bool is_live;
    struct order order; /* a copy */
};

/* E_NOT_FOUND */
MUST_CHECK int order_by_id(struct call *c, const char *id, struct found_order *out, struct err *e);
/* That the request has made before (gateway/once.h), also one that is over since long. */
MUST_CHECK int order_made(struct call *c, int item, struct found_order *out, struct err *e);
MUST_CHECK int order_by_sequence(
    struct call *c, uint32_t activation, uint64_t sequence, struct found_order *out, struct err *e
);
