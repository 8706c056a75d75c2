/* bench_loop: the limit that a backtest is held against: the same RSI strategy as strategies/rsi.lua
 * as one plain loop over the same bars, with the same trades. Prints its CPU seconds as JSON. */
#include "research/candle_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LENGTH 14

struct outcome {
    int trades;
    double equity;
};

static struct outcome loop_run(const struct candle_data *data, double fee_rate) {
    double gain = 0, loss = 0, cash = 1000000, held = 0, last = 0;
    int order = 0; /* 1: buy at the next open, -1: sell */
    double quantity = 0;
    struct outcome out = {0};
    for (size_t i = 0; i < data->count; i++) {
        const struct bar *bar = &data->rows[i].bar;
        if (order > 0) {
            held = quantity;
            cash -= held * bar->open * (1 + fee_rate);
        } else if (order < 0) {
            cash += held * bar->open * (1 - fee_rate);
            held = 0;
            out.trades++;
        }
        order = 0;
        double move = i > 0 ? bar->close - last : 0;
        double up = move > 0 ? move : 0, down = move < 0 ? -move : 0;
        last = bar->close;
        if (i <= LENGTH) {
            gain += up / LENGTH;
            loss += down / LENGTH;
            if (i < LENGTH) {
                continue;
            }
        } else {
            gain = (gain * (LENGTH - 1) + up) / LENGTH;
            loss = (loss * (LENGTH - 1) + down) / LENGTH;
        }
        double rsi = 100 - 100 / (1 + gain / (loss > 0 ? loss : 1e-10));
        if (held <= 0 && rsi < 30) {
            quantity = floor(100 / bar->close * 1e8) / 1e8;
            order = 1;
        } else if (held > 0 && rsi > 70) {
            order = -1;
        }
    }
    out.equity = cash + held * last;
    return out;
}

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(int argc, char **argv) {
    struct candle_data data;
    struct err err;
    if (argc != 2 || candle_file_load(argv[1], NULL, &data, &err) != 0) {
        fprintf(stderr, "usage: bench_loop CANDLES\n");
        return 2;
    }
    int runs = (int)(20000000 / data.count) + 1;
    struct outcome outcome = {0};
    volatile double sink = 0;
    double begin = cpu_seconds();
    for (int i = 0; i < runs; i++) {
        outcome = loop_run(&data, 0.0005);
        sink = outcome.equity;
    }
    double seconds = (cpu_seconds() - begin) / runs;
    (void)sink;
    printf(
        "{\"cpu_seconds\":%.9f,\"bars_per_second\":%.0f,\"trades\":%d,\"equity_end\":%.4f}\n", seconds,
        (double)data.count / seconds, outcome.trades, outcome.equity
    );
    candle_data_free(&data);
    return 0;
}
