/* routes of orders by people: create, many at once, cancel, amend. */
#include "gateway/once.h"
#include "gateway/order_find.h"
#include "gateway/owners.h"
#include "gateway/router.h"
#include "gateway/shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_MAX 20

struct order_wish {
    const char *user, *account_id;
    struct order_request request;
};

/* The prices that a type needs, and those it must not have. */
static void prices_read(struct call *c, struct order_request *r) {
    bool has_price = body_decimal(c, "price", r->type == ORDER_LIMIT, &r->price.d);
    bool has_stop = body_decimal(c, "stop_price", r->type == ORDER_STOP, &r->stop.d);
    if (has_price && (r->type != ORDER_LIMIT || decimal_sign(r->price.d) <= 0)) {
        call_fault(
            c, "price", r->type == ORDER_LIMIT ? "must be over 0" : "belongs to a limit order"
        );
    }
    if (has_stop && (r->type != ORDER_STOP || decimal_sign(r->stop.d) <= 0)) {
        call_fault(
            c, "stop_price", r->type == ORDER_STOP ? "must be over 0" : "belongs to a stop order"
        );
    }
}

static void request_read(struct call *c, struct order_request *r) {
    static const char *const sides[] = {"buy", "sell", NULL};
    static const char *const types[] = {"market", "limit", "stop", NULL};
    static const char *const positions[] = {"net", "long", "short", NULL};
    static const char *const times[] = {"gtc", "ioc", "fok", NULL};
    int side = body_choice(c, "side", sides, -1, true);
    int type = body_choice(c, "order_type", types, -1, true);
    int position = body_choice(c, "position_side", positions, POSITION_NET, false);
    int time = body_choice(c, "time_in_force", times, TIF_GTC, false);
    r->side = side == ORDER_SELL ? ORDER_SELL : ORDER_BUY;
    r->type = type >= 0 ? (enum order_type)type : ORDER_MARKET;
    r->position_side = position >= 0 ? (enum position_side)position : POSITION_NET;
    r->time_in_force = time >= 0 ? (enum time_in_force)time : TIF_GTC;
    r->reduce_only = body_bool(c, "reduce_only", false);
    r->post_only = body_bool(c, "post_only", false);
    if (body_decimal(c, "quantity", true, &r->quantity.d) && decimal_sign(r->quantity.d) <= 0) {
        call_fault(c, "quantity", "must be over 0");
    }
    if (type >= 0) {
        prices_read(c, r);
    }
    snprintf(r->reason, sizeof r->reason, "manual");
}

static int wish_read(struct call *c, struct order_wish *w, struct err *e) {
    static const char *const names[] = {
        "user_id",   "symbol",        "side",          "order_type", "quantity",
        "price",     "stop_price",    "exchange",      "account_id", "reduce_only",
        "post_only", "time_in_force", "position_side", NULL};
    const char *const venues[] = {c->g->options.venue, NULL};
    body_names(c, names);
    w->user = body_user(c);
    w->account_id = body_text(c, "account_id", false);
    const char *symbol = body_text(c, "symbol", true);
    body_choice(c, "exchange", venues, 0, true);
    request_read(c, &w->request);
    int code = call_faults(c, e);
    if (code != 0) {
        return code;
    }
    if (!call_may(c, w->user)) {
        return call_refuse(c, 403, "forbidden", e, "this is for another user");
    }
    int index = inspect_symbol(c->engine, symbol);
    w->request.symbol = (uint16_t)index;
    return index >= 0 ? 0 : err_set(e, E_UNKNOWN_SYMBOL, "there is no symbol %.40s here", symbol);
}

/* Asks for it; *owner and *sequence say what it is called. */
static int wish_ask(
    struct call *c,
    const struct order_wish *w,
    int item,
    uint32_t *owner,
    uint64_t *sequence,
    struct err *e
) {
    uint32_t account;
    int code = w->account_id != NULL ? call_account(c, w->account_id, &account, e)
                                     : account_guess(c, w->user, &account, e);
    if (code == 0 && strcmp(account_user(c->g, account), w->user) != 0) {
        code = err_set(e, E_NOT_FOUND, "there is no account %.40s", w->account_id);
    }
    code = code != 0 ? code : owner_take(c, w->user, account, owner, e);
    return code != 0 ? code
                     : engine_order_once(
                           c->g->engine, *owner, &w->request, once_key(c, item), c->who->user,
                           sequence, e
                       );
}

/* The order that the wish has become: just now, or before, when the request was sent already. */
static int wish_place(
    struct call *c,
    const struct order_wish *w,
    int item,
    struct found_order *found,
    struct err *e
) {
    struct request_view made;
    uint32_t owner;
    uint64_t sequence;
    if (once_made(c, item, &made)) {
        call_acknowledge(c); /* it may be of a moment ago, and not on the disk yet */
        return order_made(c, item, found, e);
    }
    int code = wish_ask(c, w, item, &owner, &sequence, e);
    if (code != 0) {
        return code;
    }
    call_acknowledge(c);
    return order_by_sequence(c, owner, sequence, found, e);
}

/* A refusal by a check is the order's end: an error for who asked, with the order's own words. */
static int order_judge(const struct order *o, int *status, struct err *e) {
    if (o->state == ORDER_REJECTED) {
        int code = o->code != 0 ? o->code : E_VENUE;
        return err_set(
            e, code, "%s", o->message[0] != '\0' ? o->message : "the order was rejected"
        );
    }
    *status = o->state == ORDER_UNKNOWN ? 202 : 201;
    return 0;
}

int route_order_create(struct call *c, struct err *e) {
    struct order_wish wish = {0};
    struct found_order found;
    int code = wish_read(c, &wish, e);
    code = code != 0 ? code : pending_room(c->g, e);
    code = code != 0 ? code : wish_place(c, &wish, 0, &found, e);
    code = code != 0 ? code : order_judge(&found.order, &c->status, e);
    if (code == 0) {
        shape_order(&c->json, c->g, found.activation, &found.order);
    }
    return code;
}

/* --- many
 * ----------------------------------------------------------------------------------------- */

static void item_error(struct call *c, int code, const struct err *e) {
    struct json_writer *json = &c->json;
    json_key(json, "error");
    json_object(json);
    write_text(json, "code", c->error != NULL ? c->error : err_name(code));
    write_text(json, "message", e->msg);
    json_key(json, "details");
    json_array(json);
    for (int i = 0; i < c->fault_count; i++) {
        json_object(json);
        write_text(json, "field", c->faults[i].field);
        write_text(json, "message", c->faults[i].message);
        json_close(json);
    }
    json_close(json);
    json_close(json);
}

/* One order of a batch: it is placed, or has an error of its own. */
static void item_place(struct call *c, int item, const struct json_value *body) {
    struct order_wish wish = {0};
    struct found_order found;
    struct err err = {0};
    int status;
    c->body = body;
    c->fault_count = 0;
    c->error = NULL;
    int code = wish_read(c, &wish, &err);
    code = code != 0 ? code : wish_place(c, &wish, item, &found, &err);
    code = code != 0 ? code : order_judge(&found.order, &status, &err);
    json_object(&c->json);
    if (code == 0) {
        json_key(&c->json, "order");
        shape_order(&c->json, c->g, found.activation, &found.order);
    } else {
        item_error(c, code, &err);
    }
    json_close(&c->json);
}

int route_order_batch(struct call *c, struct err *e) {
    static const char *const names[] = {"orders", NULL};
    body_names(c, names);
    const struct json_value *orders = json_member(c->body, "orders");
    if (orders == NULL || orders->kind != JSON_ARRAY || orders->count == 0 ||
        orders->count > BATCH_MAX) {
        call_fault(c, "orders", "must be a list of 1 to %d orders", BATCH_MAX);
    }
    for (const struct json_value *o = c->fault_count == 0 ? orders->first : NULL; o != NULL;
         o = o->next) {
        if (o->kind != JSON_OBJECT) {
            call_fault(c, "orders", "must be objects, not a %s", json_kind_name(o->kind));
        }
    }
    int code = call_faults(c, e);
    code = code != 0 ? code : pending_room(c->g, e);
    code = code != 0 ? code : once_room(c, orders->count, e);
    if (code != 0) {
        return code;
    }
    json_object(&c->json);
    json_key(&c->json, "items");
    json_array(&c->json);
    int item = 0;
    for (const struct json_value *o = orders->first; o != NULL; o = o->next) {
        item_place(c, item++, o);
    }
    c->fault_count = 0;
    c->error = NULL;
    c->status = 200;
    json_close(&c->json);
    json_key(&c->json, "next_cursor");
    json_null(&c->json);
    json_close(&c->json);
    return 0;
}

/* --- one that is there
 * ---------------------------------------------------------------------------- */

int route_order_cancel(struct call *c, struct err *e) {
    static const char *const names[] = {NULL};
    struct found_order found;
    body_names(c, names);
    int code = call_faults(c, e);
    code = code != 0 ? code : order_by_id(c, call_part(c, "order_id"), &found, e);
    if (code == E_NOT_FOUND && tables_are_kept(c->g)) {
        return tables_order(c, call_part(c, "order_id"), E_NOT_OPEN, e);
    }
    if (code != 0) {
        return code;
    }
    code = engine_cancel(c->g->engine, found.activation, found.order.sequence, c->who->user, e);
    if (code != 0) {
        return code;
    }
    call_acknowledge(c);
    code = order_by_id(c, call_part(c, "order_id"), &found, e);
    if (code == 0) {
        shape_order(&c->json, c->g, found.activation, &found.order);
    }
    return code;
}

/* --- amending
 * ------------------------------------------------------------------------------------- */

/* One figure of the body in place of the order's; whether it was given. */
static bool figure_read(
    struct call *c, const char *name, bool belongs, const char *why, struct decimal *figure
) {
    struct decimal given;
    if (!body_decimal(c, name, false, &given)) {
        return json_member(c->body, name) != NULL;
    }
    if (!belongs) {
        call_fault(c, name, "%s", why);
    } else if (decimal_sign(given) <= 0) {
        call_fault(c, name, "must be over 0");
    }
    *figure = given;
    return true;
}

/* The figures that the order is to have: what the body does not name stays. */
static void figures_read(struct call *c, const struct order *o, struct order_figures *f) {
    const struct order_request *r = &o->request;
    *f = (struct order_figures){r->price, r->stop, r->quantity};
    bool has_any = figure_read(c, "quantity", true, "", &f->quantity.d);
    has_any |=
        figure_read(c, "price", r->type == ORDER_LIMIT, "belongs to a limit order", &f->price.d);
    has_any |=
        figure_read(c, "stop_price", r->type == ORDER_STOP, "belongs to a stop order", &f->stop.d);
    if (!has_any) {
        call_fault(c, "quantity", "quantity, price or stop_price is needed");
    }
}

/* The venue has answered, or the order has ended. */
static int amend_finish(struct call *c, struct pending *p, struct err *e) {
    const struct order_figures *wanted = p->kept;
    struct found_order found;
    int code = order_by_sequence(c, p->activation, p->number, &found, e);
    if (code != 0) {
        return code;
    }
    const struct order_request *r = &found.order.request;
    bool is_so = r->price.d.v == wanted->price.d.v && r->stop.d.v == wanted->stop.d.v &&
                 r->quantity.d.v == wanted->quantity.d.v;
    if (is_so) {
        shape_order(&c->json, c->g, found.activation, &found.order);
        return 0;
    }
    if (found.is_live && found.order.code != 0) {
        return err_set(
            e, found.order.code, "%s",
            found.order.message[0] != '\0' ? found.order.message : "the venue refused it"
        );
    }
    return err_set(
        e, E_NOT_OPEN, "the order was %s before it could be changed",
        order_state_name(found.order.state)
    );
}

/* The answer waits for the venue's, and then for the journal. */
static int amend_wait(
    struct call *c,
    const struct found_order *found,
    const struct order_figures *wanted,
    struct err *e
) {
    struct order_figures *kept = malloc(sizeof *kept);
    struct pending *p = kept != NULL ? pending_add(c, WAIT_AMEND) : NULL;
    if (p == NULL) {
        free(kept);
        return err_set(e, E_UNKNOWN, "it was asked for, and there is no memory to say more");
    }
    *kept = *wanted;
    p->kept = kept;
    p->free_kept = free;
    p->activation = found->activation;
    p->number = found->order.sequence;
    p->finish = amend_finish;
    return 0;
}

int route_order_amend(struct call *c, struct err *e) {
    static const char *const names[] = {"quantity", "price", "stop_price", NULL};
    struct found_order found;
    struct order_figures wanted;
    int code = order_by_id(c, call_part(c, "order_id"), &found, e);
    if (code == E_NOT_FOUND && tables_are_kept(c->g)) {
        return tables_order(c, call_part(c, "order_id"), E_NOT_OPEN, e);
    }
    if (code != 0) {
        return code;
    }
    body_names(c, names);
    figures_read(c, &found.order, &wanted);
    code = call_faults(c, e);
    code = code != 0 ? code : pending_room(c->g, e);
    if (code != 0) {
        return code;
    }
    code = engine_amend(
        c->g->engine, found.activation, found.order.sequence, &wanted, c->who->user, e
    );
    return code != 0 ? code : amend_wait(c, &found, &wanted, e);
}
