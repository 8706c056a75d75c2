#include "engine/order_id.h"

#include <stdio.h>

void order_id_write(const char *activation, uint64_t sequence, char id[ORDER_ID_MAX]) {
    bool is_core = sequence >= CORE_SEQUENCE;
    uint32_t count = (uint32_t)(is_core ? sequence - CORE_SEQUENCE : sequence);
    snprintf(id, ORDER_ID_MAX, "%.21s%c%u", activation, is_core ? 'c' : 'o', count);
}
