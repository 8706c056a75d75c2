/* bars: builds the bars of longer timeframes from the finest ones of a symbol.
 *
 * The rules: a bar is built from the finest bars there are and
 * closes at its end; where its last finest bar is missing it closes when the next one that exists
 * arrives, before that is played; a bar without any finest bar does not exist; a bar whose first
 * finest bar lies before the data (its opening time is earlier than the first finest bar's) is
 * dropped. Pure; the caller owns the struct. */
#pragma once

#include "market/bar.h"

struct bar_builder {
    int64_t timeframe_ms;
    bool is_open;    /* `bar` is being built */
    bool is_partial; /* its beginning was not seen: it will be dropped */
    bool has_begun;  /* some finest bar was seen */
    struct bar bar;
};

void bar_builder_init(struct bar_builder *b, int64_t timeframe_ms);

/* Before a finest bar that opens at time_ms is played: the bar that ended at or before that time
 * and still waits, if any, comes out in *closed. */
bool bar_builder_expire(struct bar_builder *b, int64_t time_ms, struct bar *closed);

/* Takes a finest bar, after expire for its time; true with *closed when it completes a bar. */
bool bar_builder_push(struct bar_builder *b, const struct bar *finest, struct bar *closed);
