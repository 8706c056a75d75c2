/* routes that tell of strategies: their activations, signals, and the levels of a grid. */
#include "gateway/page.h"
#include "gateway/router.h"
#include "gateway/shapes.h"
#include "gateway/tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether an activation is one of the path's strategy and of the query's filters. */
static bool is_meant(
    const struct call *c,
    const struct activation_view *view,
    const char *strategy,
    const char *symbol,
    const char *activation
) {
    return !view->is_manual && !activation_is_refused(view) &&
           strcmp(view->script, strategy) == 0 &&
           (symbol == NULL || strcmp(activation_symbol(c->g, view), symbol) == 0) &&
           (activation == NULL || strcmp(view->id, activation) == 0);
}

/* A page of what the activations of the user in the path have to say, those of a strategy that the query
 * means. */
static int activations_list(
    struct call *c,
    const char *strategy,
    void (*write)(struct page *page, uint32_t activation, const struct activation_view *view),
    struct err *e
) {
    static const char *const names[] = {"symbol", "activation_id", "limit", "cursor", NULL};
    struct page page;
    query_names(c, names);
    const char *symbol = query_text(c, "symbol");
    const char *activation = query_text(c, "activation_id");
    page_begin(&page, c);
    for (int i = directory_first(c->g->directory, call_part(c, "user_id"));
         i >= 0 && !page_is_over(&page); i = directory_next(c->g->directory, i)) {
        struct activation_view view;
        inspect_activation(c->engine, (uint32_t)i, &view);
        if (is_meant(c, &view, strategy, symbol, activation)) {
            write(&page, (uint32_t)i, &view);
        }
    }
    return page_end(&page, e);
}

static void
status_write(struct page *page, uint32_t activation, const struct activation_view *view) {
    if (page_take(page, view->id)) {
        shape_activation(&page->c->json, page->c->g, activation);
    }
}

int route_status(struct call *c, struct err *e) {
    return activations_list(c, call_part(c, "name"), status_write, e);
}

/* --- signals
 * -------------------------------------------------------------------------------------- */

struct signal_list {
    struct page page;
    struct call *c;
    const char *symbol, *activation;
    uint64_t number; /* of the signal before, and how many of that number there were */
    int same;
};

static bool signal_emit(void *to, const struct history_signal *s) {
    struct signal_list *list = to;
    struct activation_view view;
    char key[PAGE_KEY_MAX];
    list->same = s->number == list->number ? list->same + 1 : 0;
    list->number = s->number;
    inspect_activation(list->c->engine, s->activation, &view);
    if (!is_meant(list->c, &view, call_part(list->c, "name"), list->symbol, list->activation)) {
        return true;
    }
    snprintf(key, sizeof key, "%" PRIu64 "-%d", s->number, list->same);
    if (page_take(&list->page, key)) {
        shape_signal(&list->c->json, list->c->g, s);
    }
    return !page_is_over(&list->page);
}

int route_signals(struct call *c, struct err *e) {
    static const char *const names[] = {"symbol", "activation_id", "limit", "cursor", NULL};
    struct history_source rings = history_source_of(c->g->history);
    struct signal_list list = {.c = c};
    query_names(c, names);
    list.symbol = query_text(c, "symbol");
    list.activation = query_text(c, "activation_id");
    if (tables_are_kept(c->g)) {
        struct tables_ask ask = {
            .list = TABLES_SIGNALS,
            .user = call_part(c, "user_id"),
            .strategy = call_part(c, "name"),
            .symbol = list.symbol,
            .activation = list.activation,
        };
        return tables_list(c, &ask, e);
    }
    page_begin(&list.page, c);
    rings.signals(rings.ctx, call_part(c, "user_id"), signal_emit, &list);
    return page_end(&list.page, e);
}

/* --- levels
 * --------------------------------------------------------------------------------------- */

/* The level of an order of a grid, which its reason names ("entry_3", "tp_3"); −1: none. */
static int level_of(const struct order *o, bool *is_exit) {
    const char *reason = o->request.reason;
    const char *digits = strncmp(reason, "entry_", 6) == 0 ? reason + 6
                         : strncmp(reason, "tp_", 3) == 0  ? reason + 3
                                                           : "";
    char *end = NULL;
    unsigned long level = strtoul(digits, &end, 10);
    *is_exit = reason[0] == 't';
    return digits[0] >= '0' && digits[0] <= '9' && *end == '\0' && level < 100000 ? (int)level : -1;
}

static void
level_write(struct call *c, uint32_t activation, const struct order *o, int level, bool is_exit) {
    struct price none = {0};
    json_object(&c->json);
    write_text(&c->json, "activation_id", activation_id(c->engine, activation));
    json_key(&c->json, "index");
    json_integer(&c->json, level);
    write_price(&c->json, "price", o->request.price);
    write_text(&c->json, "side", order_side_name(o->request.side));
    write_text(&c->json, "order_id", o->id);
    write_text(&c->json, "status", order_state_name(o->state));
    write_decimal(&c->json, "lot_quantity", o->request.quantity.d);
    write_price(&c->json, "take_profit_price", is_exit ? o->request.price : none);
    json_close(&c->json);
}

static void levels_write(struct page *page, uint32_t activation, const struct activation_view *view) {
    struct call *c = page->c;
    for (int i = 0; i < view->order_count && !page_is_over(page); i++) {
        const struct order *o = inspect_order(c->engine, activation, i);
        bool is_exit;
        int level = level_of(o, &is_exit);
        if (level >= 0 && page_take(page, o->id)) {
            level_write(c, activation, o, level, is_exit);
        }
    }
}

int route_levels(struct call *c, struct err *e) {
    return activations_list(c, "grid", levels_write, e);
}
