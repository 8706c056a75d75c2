/* Any bytes as a candle file: either an error with a sentence, or rows that keep every promise of
 * research/candle_file.h. */
#include "market/timeframe.h"
#include "research/candle_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void require(bool holds) {
    if (!holds) {
        abort();
    }
}

static void row_require(const struct candle *c, const struct candle *before, int64_t bar_ms) {
    require(c->bar.time_ms % bar_ms == 0);
    require(c->bar.close_ms == c->bar.time_ms + bar_ms);
    require(before == NULL || c->bar.time_ms >= before->bar.close_ms);
    require(decimal_sign(c->low.d) > 0);
    require(decimal_compare(c->low.d, c->open.d) <= 0);
    require(decimal_compare(c->low.d, c->close.d) <= 0);
    require(decimal_compare(c->high.d, c->open.d) >= 0);
    require(decimal_compare(c->high.d, c->close.d) >= 0);
    require(c->bar.volume >= 0);
    require(c->bar.close == decimal_to_double(c->close.d));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct candle_data data;
    struct err e = {0};
    struct candle_file_options options = {.rows_max = 100000};
    int code = candle_bytes_load("fuzz.csv", bytes, length, &options, &data, &e);
    if (code < 0) {
        require(data.rows == NULL && data.count == 0);
        require(e.code == code && strncmp(e.msg, "fuzz.csv", 8) == 0);
        return 0;
    }
    require(data.count >= 2 && strcmp(timeframe_name(data.bar_ms), "?") != 0);
    int64_t missing = 0;
    for (size_t i = 0; i < data.count; i++) {
        const struct candle *before = i > 0 ? &data.rows[i - 1] : NULL;
        row_require(&data.rows[i], before, data.bar_ms);
        if (before != NULL) {
            missing += (data.rows[i].bar.time_ms - before->bar.close_ms) / data.bar_ms;
        }
    }
    require(missing == data.missing && data.longest.missing <= missing);
    candle_data_free(&data);
    return 0;
}
