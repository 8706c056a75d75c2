/* venue: a simulated venue with one or two symbols, and the words in which its tests are written.
 * Costs are taker 0.05 %, maker 0.02 %, slippage 0.05 %; tick 0.1, lot 0.001. cmocka.h comes first.
 */
#pragma once

#include "match/match.h"
#include "unit/trade/figures.h"

struct venue {
    struct match *match;
    struct match_report report; /* the last one */
};

static inline struct instrument venue_instrument(void) {
    struct instrument in = {.symbol = "A", .kind = INSTRUMENT_PERPETUAL, .max_leverage = 100};
    in.tick = price_of("0.1");
    in.lot = size_of("0.001");
    in.min_quantity = size_of("0.001");
    in.maintenance = dec("0.005");
    return in;
}

static inline struct match_costs venue_costs(void) {
    return (struct match_costs
    ){.fee_taker = dec("0.0005"), .fee_maker = dec("0.0002"), .slippage = dec("0.0005")};
}

static inline struct venue venue_open_with(const char *balance, bool hedge, int symbols) {
    struct venue v = {0};
    struct err e = {0};
    struct instrument instruments[2] = {venue_instrument(), venue_instrument()};
    struct match_costs costs = venue_costs();
    if (match_new(&v.match, instruments, symbols, 64, &costs, cash_of(balance), hedge, &e) != 0) {
        fail_msg("%s", e.msg);
    }
    return v;
}

static inline struct venue venue_open(void) {
    return venue_open_with("100000", false, 1);
}

static inline void venue_close(struct venue *v) {
    match_free(v->match);
}

static inline struct order_request
ask(enum order_side side, enum order_type type, const char *level, const char *quantity) {
    struct order_request r = {.side = side, .type = type, .quantity = size_of(quantity)};
    if (type == ORDER_LIMIT) {
        r.price = price_of(level);
    } else if (type == ORDER_STOP) {
        r.stop = price_of(level);
    }
    return r;
}

static inline struct order_request market(enum order_side side, const char *quantity) {
    return ask(side, ORDER_MARKET, "0", quantity);
}

static inline struct order_request limit(enum order_side side, const char *price, const char *q) {
    return ask(side, ORDER_LIMIT, price, q);
}

static inline struct order_request stop(enum order_side side, const char *trigger, const char *q) {
    return ask(side, ORDER_STOP, trigger, q);
}

static inline struct order_request reducing(struct order_request r) {
    r.reduce_only = true;
    return r;
}

static inline struct order_request whole(struct order_request r) {
    r.is_whole_position = true;
    r.reduce_only = true;
    r.quantity.d.v = 0;
    return r;
}

static inline void
expect_answer(struct venue *v, enum match_report_kind kind, uint64_t key, int code, int line) {
    if (!match_answer(v->match, &v->report)) {
        fail_msg("line %d: no answer", line);
    }
    if (v->report.kind != kind || v->report.order_key != key || v->report.code != code) {
        fail_msg(
            "line %d: answer %d of %llu, code %s", line, (int)v->report.kind,
            (unsigned long long)v->report.order_key, err_name(v->report.code)
        );
    }
}

static inline void
venue_submit(struct venue *v, uint64_t key, struct order_request request, int line) {
    if (match_submit(v->match, key, &request, NULL) != 0) {
        fail_msg("line %d: not submitted", line);
    }
    expect_answer(v, MATCH_ACCEPTED, key, 0, line);
}

static inline void
venue_reject(struct venue *v, uint64_t key, struct order_request request, int code, int line) {
    assert_int_equal(match_submit(v->match, key, &request, NULL), 0);
    expect_answer(v, MATCH_REJECTED, key, code, line);
}

static inline void venue_cancel(struct venue *v, uint64_t key, int line) {
    assert_int_equal(match_cancel(v->match, key, NULL), 0);
    expect_answer(v, MATCH_CANCELED, key, 0, line);
}

static inline void
venue_amend(struct venue *v, uint64_t key, const char *level, const char *quantity, int line) {
    assert_int_equal(
        match_amend(v->match, key, price_of(level), price_of(level), size_of(quantity), NULL), 0
    );
    expect_answer(v, MATCH_AMENDED, key, 0, line);
}

static inline struct candle
candle_of(const char *open, const char *high, const char *low, const char *close) {
    static int64_t now_ms = 0;
    now_ms += 60000;
    struct candle c = {price_of(open), price_of(high), price_of(low), price_of(close), {0}};
    c.bar.time_ms = now_ms;
    c.bar.close_ms = now_ms + 60000;
    return c;
}

static inline void venue_bar_of(
    struct venue *v,
    uint16_t symbol,
    const char *open,
    const char *high,
    const char *low,
    const char *close
) {
    struct candle c = candle_of(open, high, low, close);
    match_begin(v->match, symbol, &c);
}

static inline void
venue_bar(struct venue *v, const char *open, const char *high, const char *low, const char *close) {
    venue_bar_of(v, 0, open, high, low, close);
}

static inline bool venue_next(struct venue *v) {
    struct err e = {0};
    bool has_report = match_next(v->match, &v->report, &e);
    assert_int_equal(e.code, 0);
    return has_report;
}

static inline void expect_fill(
    struct venue *v,
    uint64_t key,
    const char *price,
    const char *quantity,
    enum liquidity how,
    int line
) {
    if (!venue_next(v)) {
        fail_msg("line %d: nothing happened", line);
    }
    enum match_report_kind kind = key == 0 ? MATCH_LIQUIDATED : MATCH_FILLED;
    if (v->report.kind != kind || v->report.order_key != key) {
        fail_msg(
            "line %d: report %d of %llu", line, (int)v->report.kind,
            (unsigned long long)v->report.order_key
        );
    }
    expect_figure(v->report.fill.price.d, price, line);
    expect_figure(v->report.fill.quantity.d, quantity, line);
    if (v->report.fill.liquidity != how) {
        fail_msg("line %d: the other liquidity", line);
    }
}

static inline void expect_cancel(struct venue *v, uint64_t key, int code, int line) {
    if (!venue_next(v)) {
        fail_msg("line %d: nothing happened", line);
    }
    if (v->report.kind != MATCH_CANCELED || v->report.order_key != key || v->report.code != code) {
        fail_msg(
            "line %d: report %d of %llu, code %s", line, (int)v->report.kind,
            (unsigned long long)v->report.order_key, err_name(v->report.code)
        );
    }
}

static inline void expect_end(struct venue *v, int line) {
    if (venue_next(v)) {
        fail_msg(
            "line %d: report %d of %llu", line, (int)v->report.kind,
            (unsigned long long)v->report.order_key
        );
    }
}

static inline void expect_position(struct venue *v, const char *quantity, int line) {
    expect_figure(match_position(v->match, 0, POSITION_NET)->quantity.d, quantity, line);
}

#define submit(v, key, request) venue_submit(v, key, request, __LINE__)
#define submit_rejected(v, key, request, code) venue_reject(v, key, request, code, __LINE__)
#define cancel(v, key) venue_cancel(v, key, __LINE__)
#define amend(v, key, level, quantity) venue_amend(v, key, level, quantity, __LINE__)
#define assert_taken(v, key, price, q) expect_fill(v, key, price, q, LIQUIDITY_TAKER, __LINE__)
#define assert_made(v, key, price, q) expect_fill(v, key, price, q, LIQUIDITY_MAKER, __LINE__)
#define assert_liquidated(v, price, q) expect_fill(v, 0, price, q, LIQUIDITY_TAKER, __LINE__)
#define assert_canceled(v, key, code) expect_cancel(v, key, code, __LINE__)
#define assert_over(v) expect_end(v, __LINE__)
#define assert_position(v, q) expect_position(v, q, __LINE__)
