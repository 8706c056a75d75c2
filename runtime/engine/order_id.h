/* order_id: how orders are numbered and named, for the engine and for those who make rows of its
 * records. An activation's own orders count from 1, those that the core places for it from
 * CORE_SEQUENCE on; the name is the client id too, so that no restart can send a second one. Pure. */
#pragma once

#include "trade/order.h"

#define CORE_SEQUENCE ((uint64_t)1 << 62)

/* Whether a number is of who has the place now: those up to the first ones are of who had it before
 * (engine/slots.c). */
static inline bool
order_id_is_own(uint64_t sequence, uint64_t order_first, uint64_t core_first) {
    return sequence < CORE_SEQUENCE ? sequence > order_first
                                    : sequence - CORE_SEQUENCE > core_first;
}

/* "ACTIVATIONoNUMBER", "c" for the core's own. */
void order_id_write(const char *activation, uint64_t sequence, char id[ORDER_ID_MAX]);
