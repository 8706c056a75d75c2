/* order_id: how orders are numbered and named, for the engine and for those who make rows of its
 * records. An activation's own orders count from 1, those that the core places for it from
 * CORE_SEQUENCE on; the name is the client id too, so that no restart can send a second one. Pure. */
#pragma once

#include "trade/order.h"

#define CORE_SEQUENCE ((uint64_t)1 << 62)

/* "ACTIVATIONoNUMBER", "c" for the core's own. */
void order_id_write(const char *activation, uint64_t sequence, char id[ORDER_ID_MAX]);
