/* What the running handler asks for: marks on the view, and the log that takes them back. */
#include "script/view_parts.h"

#include <stdlib.h>
#include <string.h>

int undo_init(struct undo *u, int asks_max, struct err *e) {
    *u = (struct undo){.capacity = asks_max};
    u->entries = calloc((size_t)asks_max, sizeof *u->entries);
    return u->entries ? 0 : err_set(e, E_MEMORY, "no memory for %d asks", asks_max);
}

void undo_free(struct undo *u) {
    free(u->entries);
    u->entries = NULL;
}

void view_begin(struct view *v, struct undo *u) {
    u->count = 0;
    u->has_timers = false;
    u->sequence = v->sequence;
}

static void undo_entry(struct view *v, const struct undo_entry *entry) {
    struct err ignored;
    switch (entry->kind) {
    case UNDO_PLACED:
        view_order_recycle(v, entry->order);
        break;
    case UNDO_ORDER:
        *entry->order = entry->before;
        break;
    case UNDO_LEVERAGE:
        /* The symbol is in the list since the ask: no memory is needed. */
        (void)!view_leverage_take(v, entry->symbol, entry->leverage, &ignored);
        break;
    case UNDO_MARGIN_MODE:
        v->is_isolated = entry->is_isolated;
        break;
    }
}

void view_rollback(struct view *v, struct undo *u) {
    for (int i = u->count - 1; i >= 0; i--) {
        undo_entry(v, &u->entries[i]);
    }
    if (u->has_timers) {
        memcpy(v->timers, u->timers, sizeof v->timers);
        v->timer_count = u->timer_count;
    }
    v->sequence = u->sequence;
    u->count = 0;
}

static void order_id_format(char id[ORDER_ID_MAX], const char *activation_id, uint64_t sequence) {
    char digits[24];
    int n = 0;
    do {
        digits[n++] = (char)('0' + sequence % 10);
        sequence /= 10;
    } while (sequence != 0);
    size_t length = strlen(activation_id);
    memcpy(id, activation_id, length);
    id[length++] = 'o';
    while (n > 0 && length < ORDER_ID_MAX - 1) {
        id[length++] = digits[--n];
    }
    id[length] = '\0';
}

struct view_order *view_place(
    struct view *v,
    struct undo *u,
    const char *activation_id,
    const struct order_request *request,
    int64_t now_ms
) {
    struct order order = {
        .sequence = v->sequence + 1,
        .request = *request,
        .state = ORDER_NEW,
        .pending = PENDING_NEW,
        .created_ms = now_ms,
        .updated_ms = now_ms,
    };
    order_id_format(order.id, activation_id, order.sequence);
    struct view_order *o = view_order_new(v, &order);
    if (o) {
        v->sequence++;
        u->entries[u->count++] = (struct undo_entry){.kind = UNDO_PLACED, .order = o};
    }
    return o;
}

static void undo_order(struct undo *u, struct view_order *order) {
    u->entries[u->count++] =
        (struct undo_entry){.kind = UNDO_ORDER, .order = order, .before = *order};
}

void view_cancel(struct undo *u, struct view_order *order) {
    undo_order(u, order);
    order->order.pending = PENDING_CANCEL;
}

void view_amend(struct undo *u, struct view_order *order) {
    undo_order(u, order);
    if (order->order.pending == PENDING_NONE) {
        order->order.pending = PENDING_AMEND;
    }
}

int view_set_leverage(struct view *v, struct undo *u, uint16_t symbol, int leverage) {
    int before = view_leverage_of(v, symbol);
    int code = view_leverage_take(v, symbol, leverage, NULL);
    if (code == 0) {
        u->entries[u->count++] =
            (struct undo_entry){.kind = UNDO_LEVERAGE, .symbol = symbol, .leverage = before};
    }
    return code;
}

void view_set_isolated(struct view *v, struct undo *u, bool is_isolated) {
    u->entries[u->count++] =
        (struct undo_entry){.kind = UNDO_MARGIN_MODE, .is_isolated = v->is_isolated};
    v->is_isolated = is_isolated;
}

static void undo_timers(const struct view *v, struct undo *u) {
    if (!u->has_timers) {
        memcpy(u->timers, v->timers, sizeof u->timers);
        u->timer_count = v->timer_count;
        u->has_timers = true;
    }
}

bool view_set_timer(struct view *v, struct undo *u, const char *name, bool is_periodic, int max) {
    int at = view_timer_find(v, name);
    if (at < 0 && (v->timer_count >= max || v->timer_count == VIEW_TIMERS_MAX)) {
        return false;
    }
    undo_timers(v, u);
    struct view_timer *timer = &v->timers[at < 0 ? v->timer_count++ : at];
    strncpy(timer->name, name, sizeof timer->name - 1);
    timer->name[sizeof timer->name - 1] = '\0';
    timer->is_periodic = is_periodic;
    return true;
}

bool view_drop_timer(struct view *v, struct undo *u, const char *name) {
    int at = view_timer_find(v, name);
    if (at < 0) {
        return false;
    }
    undo_timers(v, u);
    v->timers[at] = v->timers[--v->timer_count];
    return true;
}
