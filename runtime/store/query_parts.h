/* query_parts: what the files of the query share. Internal. */
#pragma once

#include "base/json_write.h"
#include "store/query.h"

/* query.c */
void query_time_put(struct json_writer *json, int64_t ms);
void query_double_put(struct json_writer *json, double value); /* as an exact text */

/* query_candles.c: the whole answer; q->finest_ms, timeframe_ms, exchange and symbol are needed. */
MUST_CHECK int query_candles(
    struct database *database, const struct query *q, struct json_writer *json, struct err *e
);
