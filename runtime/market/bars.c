#include "market/bars.h"

#include "market/timeframe.h"

void bar_builder_init(struct bar_builder *b, int64_t timeframe_ms) {
    *b = (struct bar_builder){.timeframe_ms = timeframe_ms};
}

static bool bar_builder_close(struct bar_builder *b, struct bar *closed) {
    b->is_open = false;
    if (b->is_partial) {
        b->is_partial = false;
        return false;
    }
    *closed = b->bar;
    return true;
}

bool bar_builder_expire(struct bar_builder *b, int64_t time_ms, struct bar *closed) {
    if (!b->is_open || b->bar.close_ms > time_ms) {
        return false;
    }
    return bar_builder_close(b, closed);
}

static void bar_builder_begin(struct bar_builder *b, const struct bar *finest) {
    int64_t open_ms = timeframe_open(b->timeframe_ms, finest->time_ms);
    b->is_open = true;
    b->is_partial = !b->has_begun && open_ms < finest->time_ms;
    b->has_begun = true;
    b->bar = *finest;
    b->bar.time_ms = open_ms;
    b->bar.close_ms = open_ms + b->timeframe_ms;
}

bool bar_builder_push(struct bar_builder *b, const struct bar *finest, struct bar *closed) {
    if (!b->is_open) {
        bar_builder_begin(b, finest);
    } else {
        if (finest->high > b->bar.high) {
            b->bar.high = finest->high;
        }
        if (finest->low < b->bar.low) {
            b->bar.low = finest->low;
        }
        b->bar.close = finest->close;
        b->bar.volume += finest->volume;
    }
    if (finest->close_ms < b->bar.close_ms) {
        return false;
    }
    return bar_builder_close(b, closed);
}
