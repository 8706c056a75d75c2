/* instrument: the facts of a tradable symbol. Filled from config or a venue's list, then read-only.
 * Pure. */
#pragma once

#include "base/units.h"

#define SYMBOL_MAX 32

enum instrument_kind { INSTRUMENT_SPOT, INSTRUMENT_PERPETUAL };

struct instrument {
    char symbol[SYMBOL_MAX]; /* "BTC-USDT-SWAP" */
    char base[16];
    char quote[16];
    enum instrument_kind kind;
    struct price tick;            /* > 0 */
    struct quantity lot;          /* > 0, in base units */
    struct quantity min_quantity; /* >= lot */
    struct quantity max_quantity; /* 0: none */
    struct money min_notional;    /* 0: none */
    struct decimal contract;      /* base units of one contract of the venue */
    struct decimal maintenance;   /* maintenance margin rate, 0.005 */
    int max_leverage;
    bool can_stop, can_amend, can_post_only, can_reduce_only, can_hedge;
};
