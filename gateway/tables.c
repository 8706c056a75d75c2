#include "gateway/tables.h"

#include "gateway/call.h"
#include "gateway/router.h"

#define LATE_NS 1000000000 /* for a disk that stands still: nobody but the list itself knows then  \
                            */

bool tables_are_kept(const struct gateway *g) {
    return g->options.tables.ask != NULL;
}

/* Records that are lost now are not waited for: the journal says so at /ready. */
static uint64_t recorded(const struct gateway *g) {
    return engine_journal_is_down(g->engine) ? g->durable : engine_appended(g->engine);
}

static int ask_send(struct call *c, struct tables_ask *ask, int found, struct err *e) {
    const struct tables_port *port = &c->g->options.tables;
    ask->number = ++c->g->tables_asked;
    ask->behind = recorded(c->g);
    ask->wait_ns = port->wait_ns;
    int code = call_faults(c, e);
    code = code != 0 ? code : pending_room(c->g, e);
    code = code != 0 ? code : port->ask(port->ctx, ask, e);
    if (code != 0) {
        return code;
    }
    struct pending *p = pending_add(c, WAIT_TABLES);
    if (p == NULL) {
        return err_set(e, E_MEMORY, "no memory for what waits");
    }
    p->number = ask->number;
    p->found = found;
    p->late_ns = gateway_now_ns() + port->wait_ns + LATE_NS;
    return 0;
}

int tables_list(struct call *c, struct tables_ask *ask, struct err *e) {
    ask->limit = query_limit(c);
    ask->cursor = query_text(c, "cursor");
    return ask_send(c, ask, 0, e);
}

int tables_order(struct call *c, const char *order_id, int found, struct err *e) {
    struct tables_ask ask = {
        .list = TABLES_ORDERS,
        .is_one = true,
        .user = call_is_admin(c) ? NULL : c->who->user,
        .order_id = order_id,
        .limit = 1,
    };
    return ask_send(c, &ask, found, e);
}

int tables_ask_for(
    struct call *c,
    struct tables_ask *ask,
    tables_finish *finish,
    void *kept,
    void (*free_kept)(void *kept),
    struct err *e
) {
    int code = tables_are_kept(c->g)
                   ? ask_send(c, ask, 0, e)
                   : err_set(e, E_NOT_FOUND, "nothing of it is kept: that takes a data_dir");
    if (code != 0) {
        free_kept(kept);
        return code;
    }
    c->pending->finish = finish;
    c->pending->kept = kept;
    c->pending->free_kept = free_kept;
    return 0;
}

/* What the tables say is wrong with themselves is no mistake of who asked. */
static int refusal_of(int code) {
    return code == E_ARGUMENT || code == E_NOT_FOUND || code == E_INTERRUPTED ? code : E_BUSY;
}

void gateway_on_tables(
    struct gateway *g, uint64_t number, int code, const char *why, const char *body, size_t length
) {
    struct pending *p = pending_take(g, WAIT_TABLES, number);
    if (p == NULL) {
        return; /* it was too late */
    }
    if (code == 0 && p->finish != NULL) {
        p->told = body;
        p->told_length = length;
        pending_finish(g, p);
        p->exchange = NULL;
        pending_drop(p);
        return;
    }
    if (code != 0) {
        gateway_send_error(g, p->exchange, refusal_of(code), why, 0);
    } else if (p->found != 0) {
        gateway_send_error(g, p->exchange, p->found, "the order has ended", 0);
    } else {
        gateway_send(g, p->exchange, 200, body, length, 0);
    }
    p->exchange = NULL;
    pending_drop(p);
}
