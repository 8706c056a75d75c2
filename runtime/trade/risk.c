#include "trade/risk.h"
#include "trade/sizing.h"

#include <stdio.h>

/* What every check gets and fills: figure->value and figure->limit always (they are the evidence),
 * the return value says whether it passed. Arithmetic that fails does not pass. */
struct asked {
    const struct risk_limits *limits;
    const struct risk_facts *facts;
    const struct order_request *request;
    const struct instrument *instrument; /* not NULL from the check SYMBOL on */
    struct price price;                  /* what the order is valued at; 0: nobody knows */
    bool reduces;                        /* reduce-only, or of the whole position */
};

typedef bool (*check_function)(const struct asked *a, struct risk_figure *figure);

static bool figure_set(struct risk_figure *figure, struct decimal value, struct decimal limit) {
    figure->value = value;
    figure->limit = limit;
    return true;
}

static bool figure_set_int(struct risk_figure *figure, int64_t value, int64_t limit) {
    return figure_set(figure, decimal_of_int(value), decimal_of_int(limit));
}

/* For limits where 0 means off. */
static bool figure_is_within(struct risk_figure *figure) {
    return figure->limit.v == 0 || decimal_compare(figure->value, figure->limit) <= 0;
}

static bool check_RUNNING(const struct asked *a, struct risk_figure *figure) {
    figure_set_int(figure, a->facts->is_running, 1);
    return a->facts->is_running;
}

static bool check_KILL_SWITCH(const struct asked *a, struct risk_figure *figure) {
    figure_set_int(figure, a->facts->is_killed, 0);
    return !a->facts->is_killed;
}

static bool check_SYMBOL(const struct asked *a, struct risk_figure *figure) {
    figure_set_int(figure, a->instrument != NULL, 1);
    return a->instrument != NULL;
}

static bool check_POSITIVE(const struct asked *a, struct risk_figure *figure) {
    const struct order_request *r = a->request;
    struct decimal least = r->quantity.d;
    if (r->is_whole_position && r->quantity.d.v == 0) {
        least = decimal_of_int(1);
    }
    if (r->type == ORDER_LIMIT) {
        least = decimal_min(least, r->price.d);
    } else if (r->type == ORDER_STOP) {
        least = decimal_min(least, r->stop.d);
    }
    figure_set(figure, least, (struct decimal){0});
    return least.v > 0 && r->price.d.v >= 0 && r->stop.d.v >= 0;
}

static bool
figure_is_multiple(struct risk_figure *figure, struct decimal value, struct decimal step) {
    figure_set(figure, value, step);
    return step.v > 0 && value.v % step.v == 0;
}

static bool check_TICK_LOT(const struct asked *a, struct risk_figure *figure) {
    const struct order_request *r = a->request;
    return figure_is_multiple(figure, r->price.d, a->instrument->tick.d) &&
           figure_is_multiple(figure, r->stop.d, a->instrument->tick.d) &&
           figure_is_multiple(figure, r->quantity.d, a->instrument->lot.d);
}

static bool
figure_set_value(struct risk_figure *figure, struct price price, struct quantity quantity) {
    struct money value = {{0}};
    int rc = price.d.v > 0 ? money_of(price, quantity, &value) : E_ARGUMENT;
    figure->value = value.d;
    return rc == 0;
}

static bool check_MINIMUM(const struct asked *a, struct risk_figure *figure) {
    const struct order_request *r = a->request;
    /* What reduces may be smaller, down to a lot: the rest of a position must not be stuck. */
    struct decimal least = a->reduces
                               ? a->instrument->lot.d
                               : decimal_max(a->instrument->min_quantity.d, a->instrument->lot.d);
    figure_set(figure, r->quantity.d, least);
    if (r->is_whole_position) {
        return true;
    }
    if (decimal_compare(r->quantity.d, least) < 0) {
        return false;
    }
    if (a->reduces || a->instrument->min_notional.d.v == 0) {
        return true;
    }
    figure->limit = a->instrument->min_notional.d;
    return figure_set_value(figure, a->price, r->quantity) &&
           decimal_compare(figure->value, figure->limit) >= 0;
}

static bool check_MAXIMUM(const struct asked *a, struct risk_figure *figure) {
    figure_set(figure, a->request->quantity.d, a->instrument->max_quantity.d);
    return figure_is_within(figure);
}

static bool check_FEED(const struct asked *a, struct risk_figure *figure) {
    figure_set_int(figure, a->facts->reference_age_ms, a->limits->feed_age_max_ms);
    return figure_is_within(figure) && (figure->limit.v == 0 || a->facts->reference.d.v > 0);
}

static bool
figure_set_deviation(struct risk_figure *figure, struct decimal price, struct decimal reference) {
    struct decimal away;
    return decimal_sub(price, reference, &away) == 0 &&
           decimal_div(decimal_abs(away), reference, ROUND_UP, &figure->value) == 0;
}

static bool check_COLLAR(const struct asked *a, struct risk_figure *figure) {
    figure_set(figure, (struct decimal){0}, a->limits->collar);
    if (a->limits->collar.v == 0) {
        return true;
    }
    if (a->facts->reference.d.v <= 0) {
        return false;
    }
    return figure_set_deviation(figure, a->price.d, a->facts->reference.d) &&
           figure_is_within(figure);
}

static bool check_ORDER_VALUE(const struct asked *a, struct risk_figure *figure) {
    figure->limit = a->limits->order_value_max.d;
    return figure->limit.v == 0 ||
           (figure_set_value(figure, a->price, a->request->quantity) && figure_is_within(figure));
}

/* How much of the order would enlarge the position; what first closes the other side does not. */
static bool asked_enlarging(const struct asked *a, struct quantity *out) {
    const struct position *p = a->facts->position;
    if (p == NULL) {
        return false;
    }
    out->d.v = 0;
    if (!a->facts->increases) {
        return true;
    }
    int sign = a->request->side == ORDER_BUY ? 1 : -1;
    struct decimal left = a->request->quantity.d;
    if (decimal_sign(p->quantity.d) == -sign &&
        decimal_sub(left, decimal_abs(p->quantity.d), &left) != 0) {
        return false;
    }
    out->d = decimal_max(left, (struct decimal){0});
    return true;
}

static bool check_POSITION(const struct asked *a, struct risk_figure *figure) {
    figure->limit = a->limits->position_value_max.d;
    struct quantity enlarging, after;
    if (figure->limit.v == 0) {
        return true;
    }
    if (!asked_enlarging(a, &enlarging)) {
        return false;
    }
    if (enlarging.d.v == 0) {
        return true; /* who is over the limit may still get out */
    }
    int sign = a->request->side == ORDER_BUY ? 1 : -1;
    struct decimal held = a->facts->position->quantity.d;
    struct decimal same = decimal_sign(held) == sign ? decimal_abs(held) : (struct decimal){0};
    return decimal_add(same, enlarging.d, &after.d) == 0 &&
           figure_set_value(figure, a->price, after) && figure_is_within(figure);
}

static bool check_EXPOSURE(const struct asked *a, struct risk_figure *figure) {
    struct quantity enlarging;
    figure_set(figure, a->facts->exposure.d, a->limits->exposure_max.d);
    if (figure->limit.v == 0) {
        return true;
    }
    if (!asked_enlarging(a, &enlarging)) {
        return false;
    }
    return enlarging.d.v == 0 ||
           (figure_set_value(figure, a->price, enlarging) &&
            decimal_add(figure->value, a->facts->exposure.d, &figure->value) == 0 &&
            figure_is_within(figure));
}

static bool check_LEVERAGE(const struct asked *a, struct risk_figure *figure) {
    int limit = a->limits->leverage_max, venue = a->instrument->max_leverage;
    if (venue > 0 && (limit == 0 || venue < limit)) {
        limit = venue;
    }
    figure_set_int(figure, a->facts->leverage, limit);
    return a->facts->leverage >= 1 && figure_is_within(figure);
}

static bool check_MARGIN(const struct asked *a, struct risk_figure *figure) {
    struct quantity enlarging;
    struct money margin;
    figure_set(figure, (struct decimal){0}, a->facts->free_margin.d);
    if (!asked_enlarging(a, &enlarging)) {
        return false;
    }
    if (enlarging.d.v == 0) {
        return true;
    }
    if (a->price.d.v <= 0 || margin_of(a->price, enlarging, a->facts->leverage, &margin) != 0) {
        return false;
    }
    figure->value = margin.d;
    return decimal_compare(margin.d, a->facts->free_margin.d) <= 0;
}

static bool check_OPEN_ORDERS(const struct asked *a, struct risk_figure *figure) {
    figure_set_int(
        figure, (int64_t)a->facts->open_orders + (a->facts->is_amendment ? 0 : 1),
        a->limits->open_orders_max
    );
    return figure_is_within(figure);
}

static bool
figure_set_tokens(struct risk_figure *figure, const struct rate_limit *rate, int tokens) {
    figure_set_int(figure, tokens, 1);
    return rate->per_second == 0 || tokens >= 1;
}

static bool check_RATE(const struct asked *a, struct risk_figure *figure) {
    return figure_set_tokens(figure, &a->limits->rate, a->facts->rate_tokens);
}

static bool check_USER_RATE(const struct asked *a, struct risk_figure *figure) {
    return figure_set_tokens(figure, &a->limits->user_rate, a->facts->user_rate_tokens);
}

static bool check_VENUE_RATE(const struct asked *a, struct risk_figure *figure) {
    return figure_set_tokens(figure, &a->limits->venue_rate, a->facts->venue_rate_tokens);
}

static bool check_DUPLICATE(const struct asked *a, struct risk_figure *figure) {
    int64_t age_ms = a->facts->same_order_age_ms;
    figure_set_int(figure, age_ms, a->limits->duplicate_ms);
    return a->facts->is_amendment || age_ms < 0 || age_ms >= a->limits->duplicate_ms;
}

/* A halt holds with the figures it was found with, whatever the limit is now. What only reduces
 * passes: who has lost must get out. */
static bool
check_loss(const struct asked *a, bool is_user, enum loss_limit which, struct risk_figure *figure) {
    const struct risk_facts *f = a->facts;
    const struct loss_watch *watch = is_user ? f->user_loss : f->loss;
    struct money equity = is_user ? f->user_equity : f->equity;
    figure->limit = risk_loss_limit(a->limits, is_user, which);
    if (watch != NULL && watch->halts[which].is_on) {
        figure_set(figure, watch->halts[which].value, watch->halts[which].limit);
        return !f->enlarges_with_others;
    }
    if (figure->limit.v == 0) {
        return true;
    }
    bool is_within = watch != NULL && loss_figure(watch, which, equity, &figure->value) == 0 &&
                     decimal_compare(figure->value, figure->limit) < 0;
    return is_within || !f->enlarges_with_others;
}

static bool check_DAILY_LOSS(const struct asked *a, struct risk_figure *figure) {
    return check_loss(a, false, LOSS_DAILY, figure);
}

static bool check_DRAWDOWN(const struct asked *a, struct risk_figure *figure) {
    return check_loss(a, false, LOSS_DRAWDOWN, figure);
}

static bool check_USER_DAILY_LOSS(const struct asked *a, struct risk_figure *figure) {
    return check_loss(a, true, LOSS_DAILY, figure);
}

static bool check_USER_DRAWDOWN(const struct asked *a, struct risk_figure *figure) {
    return check_loss(a, true, LOSS_DRAWDOWN, figure);
}

/* Without a position a reduce-only order may rest (its entry may still be on its way); in the
 * direction of the position, or with an owner who says that it enlarges, it is a lie. */
static bool check_REDUCE_ONLY(const struct asked *a, struct risk_figure *figure) {
    const struct position *p = a->facts->position;
    if (p == NULL) {
        return !a->reduces;
    }
    figure_set(figure, a->request->quantity.d, p->quantity.d);
    int sign = a->request->side == ORDER_BUY ? 1 : -1;
    return !a->reduces || (!a->facts->increases && decimal_sign(p->quantity.d) != sign);
}

static bool check_SENT_VS_ASKED(const struct asked *a, struct risk_figure *figure) {
    const struct risk_facts *f = a->facts;
    figure_set_int(figure, (int64_t)f->orders_sent + 1, (int64_t)f->orders_asked);
    return f->orders_sent < f->orders_asked;
}

struct check_row {
    const char *name;
    bool is_exempt_reducing;
    check_function check;
};

static const struct check_row rows[RISK_CHECK_COUNT] = {
#define X(name, wire, exempt) [RISK_##name] = {wire, exempt, check_##name},
    RISK_CHECKS(X)
#undef X
};

/* How the sentence of a refusal reads, "value relation limit", and its code. ">" and E_RISK where
 * nothing is said. */
static const struct {
    const char *relation;
    int code;
} refusals[RISK_CHECK_COUNT] = {
    [RISK_RUNNING] = {"<", 0},
    [RISK_SYMBOL] = {"<", E_UNKNOWN_SYMBOL},
    [RISK_POSITIVE] = {"<=", 0},
    [RISK_TICK_LOT] = {"is not a multiple of", 0},
    [RISK_MINIMUM] = {"<", E_BELOW_MINIMUM},
    [RISK_MAXIMUM] = {">", E_ABOVE_MAXIMUM},
    [RISK_MARGIN] = {">", E_INSUFFICIENT_MARGIN},
    [RISK_RATE] = {"<", 0},
    [RISK_USER_RATE] = {"<", 0},
    [RISK_VENUE_RATE] = {"<", 0},
    [RISK_DUPLICATE] = {"<", 0},
    [RISK_DAILY_LOSS] = {">=", 0},
    [RISK_DRAWDOWN] = {">=", 0},
    [RISK_USER_DAILY_LOSS] = {">=", 0},
    [RISK_USER_DRAWDOWN] = {">=", 0},
    [RISK_REDUCE_ONLY] = {"enlarges", 0},
};

const char *risk_check_name(enum risk_check check) {
    return (unsigned)check < RISK_CHECK_COUNT ? rows[check].name : "";
}

void risk_limits_default(struct risk_limits *limits) {
    *limits = (struct risk_limits){
        .collar = {DECIMAL_ONE / 5},
        .order_value_max = {decimal_of_int(2000000)},
        .position_value_max = {decimal_of_int(10000000)},
        .exposure_max = {decimal_of_int(20000000)},
        .leverage_max = 125,
        .open_orders_max = 200,
        .rate = {50, 500},
        .user_rate = {0, 500},
        .venue_rate = {0, 500},
        .rate_suspend_ms = 1000,
        .duplicate_ms = 1000,
        .feed_age_max_ms = 180000,
    };
}

enum risk_check risk_check_of_loss(bool is_user, enum loss_limit which) {
    static const enum risk_check checks[2][LOSS_LIMIT_COUNT] = {
        {RISK_DAILY_LOSS, RISK_DRAWDOWN},
        {RISK_USER_DAILY_LOSS, RISK_USER_DRAWDOWN},
    };
    return checks[is_user][which];
}

struct decimal
risk_loss_limit(const struct risk_limits *limits, bool is_user, enum loss_limit which) {
    if (which == LOSS_DAILY) {
        return is_user ? limits->user_daily_loss_max.d : limits->daily_loss_max.d;
    }
    return is_user ? limits->user_drawdown_max : limits->drawdown_max;
}

bool risk_watches_losses(const struct risk_limits *limits) {
    return limits->daily_loss_max.d.v != 0 || limits->drawdown_max.v != 0 ||
           limits->user_daily_loss_max.d.v != 0 || limits->user_drawdown_max.v != 0;
}

static void message_write(
    char message[ORDER_MESSAGE_MAX],
    enum risk_check check,
    struct decimal value,
    struct decimal limit
) {
    char value_text[DECIMAL_TEXT_MAX], limit_text[DECIMAL_TEXT_MAX];
    const char *relation = refusals[check].relation != NULL ? refusals[check].relation : ">";
    decimal_format(value, value_text);
    decimal_format(limit, limit_text);
    snprintf(
        message, ORDER_MESSAGE_MAX, "%s: %s %s %s", rows[check].name, value_text, relation,
        limit_text
    );
}

void risk_halt_message(
    enum risk_check check, const struct loss_halt *halt, char message[ORDER_MESSAGE_MAX]
) {
    message_write(message, check, halt->value, halt->limit);
}

/* Without a reference the figure could not be computed at all: the sentence says that instead. */
static void verdict_refuse(
    struct risk_verdict *verdict, const struct asked *a, const struct risk_figure *figure
) {
    enum risk_check check = figure->check;
    verdict->passed = false;
    verdict->failed = check;
    verdict->code = refusals[check].code != 0 ? refusals[check].code : E_RISK;
    bool needs_reference = check == RISK_FEED || check == RISK_COLLAR;
    bool needs_price = check == RISK_ORDER_VALUE || check == RISK_POSITION ||
                       check == RISK_EXPOSURE || check == RISK_MARGIN;
    if ((needs_reference && a->facts->reference.d.v <= 0) || (needs_price && a->price.d.v <= 0)) {
        char limit[DECIMAL_TEXT_MAX];
        decimal_format(figure->limit, limit);
        snprintf(
            verdict->message, sizeof verdict->message, "%s: no reference price, limit %s",
            rows[check].name, limit
        );
        return;
    }
    message_write(verdict->message, check, figure->value, figure->limit);
}

void risk_check_order(
    const struct risk_limits *limits, const struct risk_facts *facts, struct risk_verdict *verdict
) {
    const struct order_request *request = facts->request;
    const struct asked asked = {
        .limits = limits,
        .facts = facts,
        .request = request,
        .instrument = facts->instrument,
        .price = sizing_price(request, facts->reference),
        .reduces = request->reduce_only || request->is_whole_position,
    };
    verdict->passed = true;
    verdict->code = 0;
    verdict->message[0] = '\0';
    for (int i = 0; i < RISK_CHECK_COUNT; i++) {
        struct risk_figure *figure = &verdict->figures[i];
        *figure = (struct risk_figure){.check = (enum risk_check)i};
        verdict->count = i + 1;
        figure->exempt = rows[i].is_exempt_reducing && asked.reduces;
        figure->passed = figure->exempt || rows[i].check(&asked, figure);
        if (!figure->passed) {
            verdict_refuse(verdict, &asked, figure);
            return;
        }
    }
}
