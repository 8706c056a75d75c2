/* bar: what happened to a price in one span of time, in two forms. A candle is the finest bar as
 * the venue gave it, exact, which orders are matched against; a bar is the same in doubles, which
 * indicators and scripts read. Pure. */
#pragma once

#include "base/units.h"

#include <stdint.h>

struct bar {
    int64_t time_ms;  /* open */
    int64_t close_ms; /* open of the next: time_ms + its timeframe */
    double open;
    double high;
    double low;
    double close;
    double volume;
};

struct candle {
    struct price open;
    struct price high;
    struct price low;
    struct price close;
    struct bar bar; /* the same prices as doubles, the times and the volume */
};
