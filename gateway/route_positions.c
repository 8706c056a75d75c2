/* routes of positions: what is held, what it has earned, what it risks, and closing it. */
#include "gateway/once.h"
#include "gateway/order_find.h"
#include "gateway/owners.h"
#include "gateway/page.h"
#include "gateway/router.h"
#include "gateway/shapes.h"

#include <stdio.h>
#include <string.h>

/* --- held
 * ----------------------------------------------------------------------------------------- */

static bool is_held(const struct record_position *p) {
    return !decimal_is_zero(p->position.quantity.d);
}

static void positions_write(struct page *page, uint32_t activation, int count, int symbol) {
    struct call *c = page->c;
    for (int i = 0; i < count && !page_is_over(page); i++) {
        const struct record_position *p = inspect_position(c->engine, activation, i);
        char id[POSITION_ID_MAX];
        position_id(c->g, activation, p, id);
        if (is_held(p) && (symbol < 0 || p->symbol == symbol) && page_take(page, id)) {
            shape_position(&c->json, c->g, activation, p);
        }
    }
}

int route_positions(struct call *c, struct err *e) {
    static const char *const names[] = {"limit", "cursor", NULL};
    const char *name = call_part(c, "symbol");
    int symbol = name != NULL ? inspect_symbol(c->engine, name) : -1;
    struct page page;
    query_names(c, names);
    if (name != NULL && symbol < 0) {
        return err_set(e, E_UNKNOWN_SYMBOL, "there is no symbol %.40s here", name);
    }
    page_begin(&page, c);
    for (int i = directory_first(c->g->directory, call_part(c, "user_id"));
         i >= 0 && !page_is_over(&page); i = directory_next(c->g->directory, i)) {
        struct activation_view view;
        inspect_activation(c->engine, (uint32_t)i, &view);
        positions_write(&page, (uint32_t)i, view.position_count, symbol);
    }
    return page_end(&page, e);
}

/* --- sums
 * ----------------------------------------------------------------------------------------- */

struct sums {
    struct decimal unrealized, margin, exposure;
    int count;
    bool is_good; /* every sum could be computed */
};

static void sum_add(struct sums *s, struct decimal *to, struct decimal what) {
    s->is_good = s->is_good && decimal_add(*to, what, to) == 0;
}

/* Of what an activation holds. */
static void sums_add(struct call *c, struct sums *s, uint32_t activation, int position_count) {
    for (int i = 0; i < position_count; i++) {
        const struct record_position *p = inspect_position(c->engine, activation, i);
        struct quantity size = {decimal_abs(p->position.quantity.d)};
        struct position_view figures;
        struct money value;
        if (!is_held(p)) {
            continue;
        }
        inspect_position_figures(c->engine, activation, p, &figures);
        s->count++;
        sum_add(s, &s->unrealized, figures.unrealized.d);
        sum_add(s, &s->margin, figures.margin.d);
        s->is_good = s->is_good && money_of(figures.mark, size, &value) == 0;
        sum_add(s, &s->exposure, value.d);
    }
}

/* Of an account of the user: 0 to inspect_account_count − 1; false: he has nothing in it. */
static bool account_sums(struct call *c, const char *user, uint32_t account, struct sums *s) {
    bool has_any = false;
    *s = (struct sums){.is_good = true};
    for (int i = directory_first(c->g->directory, user); i >= 0;
         i = directory_next(c->g->directory, i)) {
        struct activation_view view;
        inspect_activation(c->engine, (uint32_t)i, &view);
        if (view.account == account) {
            has_any = true;
            sums_add(c, s, (uint32_t)i, view.position_count);
        }
    }
    return has_any;
}

int route_pnl(struct call *c, struct err *e) {
    static const char *const names[] = {NULL};
    const char *user = call_part(c, "user_id");
    struct sums total = {.is_good = true};
    struct decimal realized = {0};
    struct decimal fees = {0};
    struct decimal funding = {0};
    struct decimal net = {0};
    query_names(c, names);
    for (int i = directory_first(c->g->directory, user); i >= 0;
         i = directory_next(c->g->directory, i)) {
        struct activation_view view;
        struct account_view account;
        inspect_activation(c->engine, (uint32_t)i, &view);
        sums_add(c, &total, (uint32_t)i, view.position_count);
        if (account_is_first(c, user, i)) {
            inspect_account(c->engine, view.account, &account);
            sum_add(&total, &realized, account.ledger->realized.d);
            sum_add(&total, &fees, account.ledger->fees.d);
            sum_add(&total, &funding, account.ledger->funding.d);
        }
    }
    sum_add(&total, &net, realized);
    sum_add(&total, &net, total.unrealized);
    sum_add(&total, &net, funding);
    sum_add(&total, &net, decimal_negate(fees));
    if (!total.is_good) {
        return err_set(e, E_OVERFLOW, "the sums are out of range");
    }
    json_object(&c->json);
    write_text(&c->json, "user_id", user);
    write_decimal(&c->json, "realized_pnl", realized);
    write_decimal(&c->json, "unrealized_pnl", total.unrealized);
    write_decimal(&c->json, "fees", fees);
    write_decimal(&c->json, "funding", funding);
    write_decimal(&c->json, "net_pnl", net);
    json_key(&c->json, "open_positions");
    json_integer(&c->json, total.count);
    json_close(&c->json);
    return call_faults(c, e);
}

/* The halts in force that the account is under: its own and its user's. */
static void halts_write(struct call *c, const struct account_view *view) {
    const struct loss_watch *watches[2] = {view->loss, view->user_loss};
    char message[ORDER_MESSAGE_MAX];
    json_key(&c->json, "halts");
    json_array(&c->json);
    for (int i = 0; i < 2 * LOSS_LIMIT_COUNT; i++) {
        enum loss_limit which = (enum loss_limit)(i % LOSS_LIMIT_COUNT);
        bool is_user = i >= LOSS_LIMIT_COUNT;
        const struct loss_halt *halt = &watches[is_user]->halts[which];
        if (halt->is_on) {
            risk_halt_message(risk_check_of_loss(is_user, which), halt, message);
            json_string(&c->json, message);
        }
    }
    json_close(&c->json);
}

static void risk_write(struct call *c, const char *user, uint32_t account) {
    struct account_view view;
    struct sums sums;
    struct decimal leverage = {0};
    account_sums(c, user, account, &sums);
    inspect_account(c->engine, account, &view);
    bool has_equity = view.has_figures && decimal_sign(view.equity.d) > 0;
    json_object(&c->json);
    write_account_id(&c->json, account);
    write_decimal(&c->json, "equity", view.equity.d);
    write_decimal(&c->json, "free", view.free.d);
    write_decimal(&c->json, "margin", sums.margin);
    write_decimal(&c->json, "exposure", sums.exposure);
    json_key(&c->json, "leverage");
    if (has_equity && decimal_div(sums.exposure, view.equity.d, ROUND_NEAREST, &leverage) == 0) {
        json_decimal_text(&c->json, leverage);
    } else {
        json_null(&c->json);
    }
    write_decimal(&c->json, "equity_peak", view.loss->peak.d);
    write_decimal(&c->json, "day_start_equity", view.loss->day_start.d);
    halts_write(c, &view);
    json_key(&c->json, "open_positions");
    json_integer(&c->json, sums.count);
    json_close(&c->json);
}

int route_risk(struct call *c, struct err *e) {
    return accounts_list(c, risk_write, e);
}

/* --- closing
 * -------------------------------------------------------------------------------------- */

/* "ACTIVATION.SYMBOL.SIDE" */
static int position_find(
    struct call *c,
    const char *id,
    uint32_t *activation,
    const struct record_position **out,
    struct err *e
) {
    char owner[ACTIVATION_ID_MAX];
    const char *dot = strchr(id, '.');
    size_t length = dot != NULL ? (size_t)(dot - id) : 0;
    struct activation_view view = {0};
    int index = -1;
    if (length > 0 && length < sizeof owner) {
        memcpy(owner, id, length);
        owner[length] = '\0';
        index = directory_find(c->g->directory, owner);
    }
    if (index >= 0) {
        inspect_activation(c->engine, (uint32_t)index, &view);
    }
    for (int i = 0; index >= 0 && call_may(c, view.user) && i < view.position_count; i++) {
        const struct record_position *p = inspect_position(c->engine, (uint32_t)index, i);
        char text[POSITION_ID_MAX];
        position_id(c->g, (uint32_t)index, p, text);
        if (strcmp(text, id) == 0 && is_held(p)) {
            *activation = (uint32_t)index;
            *out = p;
            return 0;
        }
    }
    return err_set(e, E_NOT_FOUND, "there is no position %.60s", id);
}

/* The order that closes it. */
static int close_ask(struct call *c, struct found_order *found, struct err *e) {
    const struct record_position *p = NULL;
    struct activation_view view;
    uint32_t activation = 0;
    uint64_t sequence;
    int code = position_find(c, call_part(c, "position_id"), &activation, &p, e);
    if (code != 0) {
        return code;
    }
    inspect_activation(c->engine, activation, &view);
    if (!view.is_manual) {
        return err_set(
            e, E_STATE,
            "it is %s's, and only that closes it: POST /api/strategy/%s/deactivate with "
            "positions=close",
            view.id, view.script
        );
    }
    struct order_request request = {
        .symbol = p->symbol,
        .side = decimal_sign(p->position.quantity.d) > 0 ? ORDER_SELL : ORDER_BUY,
        .type = ORDER_MARKET,
        .position_side = p->side,
        .reduce_only = true,
        .quantity = {decimal_abs(p->position.quantity.d)},
        .reason = "close",
    };
    code = engine_order_once(
        c->g->engine, activation, &request, once_key(c, 0), c->who->user, &sequence, e
    );
    if (code != 0) {
        return code;
    }
    call_acknowledge(c);
    return order_by_sequence(c, activation, sequence, found, e);
}

int route_position_close(struct call *c, struct err *e) {
    static const char *const names[] = {NULL};
    struct found_order found;
    struct request_view made;
    body_names(c, names);
    int code = call_faults(c, e);
    code = code != 0 ? code : pending_room(c->g, e);
    if (code == 0 && once_made(c, 0, &made)) {
        call_acknowledge(c);
        code = order_made(c, 0, &found, e);
    } else if (code == 0) {
        code = close_ask(c, &found, e);
    }
    if (code == 0 && found.order.state == ORDER_REJECTED) {
        return err_set(
            e, found.order.code != 0 ? found.order.code : E_VENUE, "%s", found.order.message
        );
    }
    if (code == 0) {
        c->status = 201;
        shape_order(&c->json, c->g, found.activation, &found.order);
    }
    return code;
}
