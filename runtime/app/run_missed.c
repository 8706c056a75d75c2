#include "app/run_missed.h"

#include "app/run_gateway.h"
#include "gateway/gateway.h"

#include <time.h>

#define MILLISECOND_NS 1000000

/* Rows that have closed by now, had the candles gone on at their speed. */
static size_t rows_closed(const struct run *run) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t now_ns = (int64_t)now.tv_sec * 1000 * MILLISECOND_NS + now.tv_nsec;
    int64_t down_ns = now_ns - run->store.last_write_ns;
    if (run->next == 0 || run->store.last_write_ns == 0 || down_ns <= 0) {
        return run->next;
    }
    double down_ms = (double)down_ns / MILLISECOND_NS * decimal_to_double(run->config->speed);
    double until_ms = (double)run->data.rows[run->next - 1].bar.close_ms + down_ms;
    size_t row = run->next;
    while (row < run->data.count && (double)run->data.rows[row].bar.close_ms <= until_ms) {
        row++;
    }
    return row;
}

static int row_play(struct run *run, struct err *e) {
    const struct candle *row = &run->data.rows[run->next];
    enum player_status status = session_play(run->session, run->symbol, row, e);
    while (status == PLAYER_WAITING) {
        run_hear(run, 1);
        status = session_resume(run->session, e);
    }
    if (e->code == 0 && run->err.code != 0) {
        *e = run->err;
    }
    if (e->code == 0 && run->gateway != NULL) {
        gateway_on_bar(run_gateway_of(run->gateway), run->symbol, row);
    }
    return e->code;
}

int run_missed_play(struct run *run, struct err *e) {
    size_t first = run->next;
    size_t end = rows_closed(run);
    e->code = 0;
    int code = run_settle(run, e);
    while (code == 0 && run->next < end) {
        code = row_play(run, e);
        run->next += code == 0;
    }
    engine_catch_up_end(run->engine);
    if (code == 0 && end > first) {
        struct err missed = {0};
        err_set(
            &missed, 0, "%zu bars closed while it was down: scripts heard them as missed",
            end - first
        );
        run_view_warning(run->view, &missed);
    }
    return code;
}
