/* routes that tell of orders: one, all of a user, fills, and the steps of an order's way. */
#include "gateway/order_find.h"
#include "gateway/page.h"
#include "gateway/router.h"
#include "gateway/shapes.h"
#include "gateway/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int route_order_status(struct call *c, struct err *e) {
    static const char *const names[] = {NULL};
    struct found_order found;
    query_names(c, names);
    int code = call_faults(c, e);
    code = code != 0 ? code : order_by_id(c, call_part(c, "order_id"), &found, e);
    if (code == E_NOT_FOUND && tables_are_kept(c->g)) {
        return tables_order(c, call_part(c, "order_id"), 0, e);
    }
    if (code == 0) {
        shape_order(&c->json, c->g, found.activation, &found.order);
    }
    return code;
}

/* --- all of a user
 * -------------------------------------------------------------------------------- */

struct listed_order {
    uint32_t activation;
    struct order order;
};

struct order_list {
    struct call *c;
    const char *symbol, *activation;
    int status; /* of the order; −1: any */
    struct listed_order *items;
    int count, capacity;
};

static const char *const statuses[] = {"new",     "open",     "partially_filled",
                                       "filled",  "canceled", "rejected",
                                       "expired", "unknown",  NULL};

static bool list_add(struct order_list *list, uint32_t activation, const struct order *o) {
    const struct engine *engine = list->c->engine;
    if ((list->status >= 0 && (int)o->state != list->status) ||
        (list->symbol != NULL &&
         strcmp(engine_instrument(engine, o->request.symbol)->symbol, list->symbol) != 0) ||
        (list->activation != NULL &&
         strcmp(activation_id(engine, activation), list->activation) != 0)) {
        return true;
    }
    if (list->count == list->capacity) {
        int capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        struct listed_order *grown = realloc(list->items, (size_t)capacity * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        list->items = grown;
        list->capacity = capacity;
    }
    list->items[list->count++] = (struct listed_order){activation, *o};
    return true;
}

static bool ended_add(void *to, const struct history_order *o) {
    return list_add(to, o->activation, &o->order);
}

/* The newest first; of one moment, by id. */
static int newest_first(const void *a, const void *b) {
    const struct listed_order *x = a;
    const struct listed_order *y = b;
    if (x->order.created_ms != y->order.created_ms) {
        return x->order.created_ms < y->order.created_ms ? 1 : -1;
    }
    return strcmp(y->order.id, x->order.id);
}

static void live_add(struct order_list *list, const char *user) {
    struct call *c = list->c;
    for (int i = directory_first(c->g->directory, user); i >= 0;
         i = directory_next(c->g->directory, i)) {
        struct activation_view view;
        inspect_activation(c->engine, (uint32_t)i, &view);
        for (int j = 0; j < view.order_count; j++) {
            list_add(list, (uint32_t)i, inspect_order(c->engine, (uint32_t)i, j));
        }
    }
}

static int status_read(struct call *c) {
    const char *text = query_text(c, "status");
    for (int i = 0; text != NULL && statuses[i] != NULL; i++) {
        if (strcmp(text, statuses[i]) == 0) {
            return i;
        }
    }
    if (text != NULL) {
        call_fault(c, "status", "is no status of an order");
    }
    return -1;
}

static int rings_list(struct call *c, struct order_list *list, struct err *e) {
    const char *user = call_part(c, "user_id");
    struct history_source rings = history_source_of(c->g->history);
    struct page page;
    live_add(list, user);
    rings.orders(rings.ctx, user, ended_add, list);
    if (list->count > 0) {
        qsort(list->items, (size_t)list->count, sizeof list->items[0], newest_first);
    }
    page_begin(&page, c);
    for (int i = 0; i < list->count && !page_is_over(&page); i++) {
        if (page_take(&page, list->items[i].order.id)) {
            shape_order(&c->json, c->g, list->items[i].activation, &list->items[i].order);
        }
    }
    free(list->items);
    return page_end(&page, e);
}

int route_order_list(struct call *c, struct err *e) {
    static const char *const names[] = {"status", "symbol", "activation_id",
                                        "limit",  "cursor", NULL};
    struct order_list list = {.c = c};
    query_names(c, names);
    list.status = status_read(c);
    list.symbol = query_text(c, "symbol");
    list.activation = query_text(c, "activation_id");
    if (!tables_are_kept(c->g)) {
        return rings_list(c, &list, e);
    }
    struct tables_ask ask = {
        .list = TABLES_ORDERS,
        .user = call_part(c, "user_id"),
        .status = list.status >= 0 ? statuses[list.status] : NULL,
        .symbol = list.symbol,
        .activation = list.activation,
    };
    return tables_list(c, &ask, e);
}

/* --- of one order
 * --------------------------------------------------------------------------------- */

struct fill_list {
    struct page page;
    struct call *c;
    const char *order_id;
};

static bool fill_emit(void *to, const struct history_fill *f) {
    struct fill_list *list = to;
    char key[DECIMAL_TEXT_MAX];
    if (strcmp(f->order_id, list->order_id) != 0) {
        return true;
    }
    decimal_format(f->filled.d, key);
    if (page_take(&list->page, key)) {
        shape_fill(&list->c->json, list->c->g, f);
    }
    return !page_is_over(&list->page);
}

/* A list of an order's from the tables; what is another's is not there. */
static int of_order(struct call *c, enum tables_list list, struct err *e) {
    struct tables_ask ask = {
        .list = list,
        .user = call_is_admin(c) ? NULL : c->who->user,
        .order_id = call_part(c, "order_id"),
    };
    return tables_list(c, &ask, e);
}

int route_order_fills(struct call *c, struct err *e) {
    static const char *const names[] = {"limit", "cursor", NULL};
    struct history_source rings = history_source_of(c->g->history);
    struct fill_list list = {.c = c, .order_id = call_part(c, "order_id")};
    struct found_order found;
    query_names(c, names);
    if (tables_are_kept(c->g)) {
        return of_order(c, TABLES_FILLS, e);
    }
    int code = order_by_id(c, list.order_id, &found, e);
    if (code != 0) {
        return code;
    }
    page_begin(&list.page, c);
    rings.fills(rings.ctx, found.user, fill_emit, &list);
    return page_end(&list.page, e);
}

struct step_list {
    struct page page;
    struct call *c;
    int count;
};

static bool step_emit(void *to, const struct history_step *s) {
    struct step_list *list = to;
    char key[16];
    snprintf(key, sizeof key, "%d", list->count++);
    if (page_take(&list->page, key)) {
        shape_step(&list->c->json, s);
    }
    return !page_is_over(&list->page);
}

int route_order_history(struct call *c, struct err *e) {
    static const char *const names[] = {"limit", "cursor", NULL};
    struct history_source rings = history_source_of(c->g->history);
    struct step_list list = {.c = c};
    struct found_order found;
    query_names(c, names);
    if (tables_are_kept(c->g)) {
        return of_order(c, TABLES_STEPS, e);
    }
    int code = order_by_id(c, call_part(c, "order_id"), &found, e);
    if (code != 0) {
        return code;
    }
    page_begin(&list.page, c);
    rings.steps(rings.ctx, found.user, found.order.id, step_emit, &list);
    return page_end(&list.page, e);
}
