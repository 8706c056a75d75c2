#include "script/view_parts.h"

#include <stdlib.h>
#include <string.h>

#define ENDED_KEPT_MS ((int64_t)24 * 3600 * 1000)
#define ENDED_MAX 4096 /* a busy day keeps the youngest */

/* Room for one more element; false without memory. */
static bool grow(void **items, int count, int *capacity, size_t size) {
    if (count < *capacity) {
        return true;
    }
    int wanted = *capacity ? *capacity * 2 : 8;
    void *grown = realloc(*items, (size_t)wanted * size);
    if (!grown) {
        return false;
    }
    *items = grown;
    *capacity = wanted;
    return true;
}

void view_init(struct view *v, const struct activation_open *open) {
    *v = (struct view){
        .balance = open->account.balance,
        .is_hedge = open->account.is_hedge,
        .is_isolated = open->account.is_isolated,
        .leverage = open->leverage > 0 ? open->leverage : 1,
        .sequence = open->order_sequence,
    };
}

void view_free(struct view *v) {
    for (int i = 0; i < v->order_count; i++) {
        free(v->orders[i]);
    }
    while (v->free_orders) {
        struct view_order *next = v->free_orders->next;
        free(v->free_orders);
        v->free_orders = next;
    }
    free(v->orders);
    free(v->open);
    free(v->ended);
    free(v->positions);
    free(v->leverages);
    *v = (struct view){0};
}

/* --- orders -------------------------------------------------------------------------------------
 */

/* The first position whose sequence is not below. */
static int order_position(struct view_order *const *orders, int count, uint64_t sequence) {
    int low = 0;
    int high = count;
    if (count > 0 && orders[count - 1]->order.sequence < sequence) {
        return count;
    }
    while (low < high) {
        int middle = (low + high) / 2;
        if (orders[middle]->order.sequence < sequence) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void order_insert(struct view_order **orders, int *count, struct view_order *order) {
    int at = order_position(orders, *count, order->order.sequence);
    memmove(&orders[at + 1], &orders[at], (size_t)(*count - at) * sizeof *orders);
    orders[at] = order;
    (*count)++;
}

static void order_remove(struct view_order **orders, int *count, const struct view_order *order) {
    int at = order_position(orders, *count, order->order.sequence);
    if (at == *count || orders[at] != order) {
        return;
    }
    (*count)--;
    memmove(&orders[at], &orders[at + 1], (size_t)(*count - at) * sizeof *orders);
}

struct view_order *view_find(const struct view *v, uint64_t sequence) {
    int at = order_position(v->orders, v->order_count, sequence);
    bool is_found = at < v->order_count && v->orders[at]->order.sequence == sequence;
    return is_found ? v->orders[at] : NULL;
}

/* An order in the list of all; room in the other lists is made here too, so that ending and undoing
 * need no memory. */
struct view_order *view_order_new(struct view *v, const struct order *order) {
    int ended_capacity = v->ended_capacity;
    bool has_room =
        grow((void **)&v->orders, v->order_count, &v->order_capacity, sizeof *v->orders) &&
        grow((void **)&v->open, v->open_count, &v->open_capacity, sizeof *v->open);
    if (!has_room) {
        return NULL;
    }
    if (ended_capacity < ENDED_MAX && v->order_count + 1 > ended_capacity) {
        int wanted = ended_capacity ? ended_capacity * 2 : 16;
        struct view_order **ended = malloc((size_t)wanted * sizeof(struct view_order *));
        if (!ended) {
            return NULL;
        }
        for (int i = 0; i < v->ended_count; i++) {
            ended[i] = v->ended[(v->ended_first + i) % ended_capacity];
        }
        free(v->ended);
        v->ended = ended;
        v->ended_first = 0;
        v->ended_capacity = wanted;
    }
    struct view_order *o = v->free_orders;
    if (o) {
        v->free_orders = o->next;
    } else {
        o = malloc(sizeof *o);
    }
    if (o) {
        *o = (struct view_order){.order = *order};
        order_insert(v->orders, &v->order_count, o);
        if (view_order_is_open(o)) {
            order_insert(v->open, &v->open_count, o);
        }
    }
    return o;
}

void view_order_recycle(struct view *v, struct view_order *o) {
    order_remove(v->open, &v->open_count, o);
    order_remove(v->orders, &v->order_count, o);
    o->next = v->free_orders;
    v->free_orders = o;
}

static void ended_drop_oldest(struct view *v) {
    view_order_recycle(v, v->ended[v->ended_first]);
    v->ended_first = (v->ended_first + 1) % v->ended_capacity;
    v->ended_count--;
}

static void order_ended(struct view *v, struct view_order *o) {
    order_remove(v->open, &v->open_count, o);
    while (v->ended_count > 0) {
        const struct view_order *oldest = v->ended[v->ended_first];
        bool is_full = v->ended_count == v->ended_capacity;
        if (!is_full && oldest->order.updated_ms + ENDED_KEPT_MS >= o->order.updated_ms) {
            break;
        }
        ended_drop_oldest(v);
    }
    v->ended[(v->ended_first + v->ended_count) % v->ended_capacity] = o;
    v->ended_count++;
}

/* Is this what was asked for, so that the amendment is over? */
static bool amendment_holds(const struct view_order *o, const struct order_request *now) {
    const struct order_request *asked = &o->order.request;
    return (!o->asked_price || asked->price.d.v == now->price.d.v) &&
           (!o->asked_stop || asked->stop.d.v == now->stop.d.v) &&
           (!o->asked_quantity || asked->quantity.d.v == now->quantity.d.v);
}

/* Takes an order as an event tells it. The event may have been under way when the script asked to
 * amend or cancel: that mark, and the figures asked for, stay until an event answers them. */
static void order_update(struct view_order *o, const struct order *now, int code) {
    struct order before = o->order;
    o->order = *now;
    bool is_answered = code != 0 || order_state_is_terminal(now->state);
    if (before.pending == PENDING_AMEND && !is_answered) {
        struct view_order asked = *o;
        asked.order = before;
        if (!amendment_holds(&asked, &now->request)) {
            o->order.pending = PENDING_AMEND;
            if (o->asked_price) {
                o->order.request.price = before.request.price;
            }
            if (o->asked_stop) {
                o->order.request.stop = before.request.stop;
            }
            if (o->asked_quantity) {
                o->order.request.quantity = before.request.quantity;
            }
            return;
        }
    }
    if (before.pending == PENDING_CANCEL && !is_answered) {
        o->order.pending = PENDING_CANCEL;
    }
    o->asked_price = o->asked_stop = o->asked_quantity = false;
}

static int order_take(struct view *v, const struct order *now, int code, struct err *e) {
    struct view_order *o = view_find(v, now->sequence);
    if (!o) {
        o = view_order_new(v, now);
        if (!o) {
            return err_set(e, E_MEMORY, "no memory for order %s", now->id);
        }
        if (now->sequence > v->sequence) {
            v->sequence = now->sequence;
        }
        if (order_state_is_terminal(now->state)) {
            order_ended(v, o);
        }
        return 0;
    }
    bool was_open = view_order_is_open(o);
    order_update(o, now, code);
    if (was_open && !view_order_is_open(o)) {
        order_ended(v, o);
    }
    return 0;
}

/* --- events -------------------------------------------------------------------------------------
 */

static int position_take(
    struct view *v,
    uint16_t symbol,
    enum position_side side,
    const struct position *p,
    struct err *e
) {
    for (int i = 0; i < v->position_count; i++) {
        if (v->positions[i].symbol == symbol && v->positions[i].side == side) {
            v->positions[i].position = *p;
            return 0;
        }
    }
    if (!grow(
            (void **)&v->positions, v->position_count, &v->position_capacity, sizeof *v->positions
        )) {
        return err_set(e, E_MEMORY, "no memory for a position");
    }
    v->positions[v->position_count++] = (struct view_position){symbol, side, *p};
    return 0;
}

int view_leverage_take(struct view *v, uint16_t symbol, int leverage, struct err *e) {
    if (leverage <= 0 || view_leverage_of(v, symbol) == leverage) {
        return 0;
    }
    for (int i = 0; i < v->leverage_count; i++) {
        if (v->leverages[i].symbol == symbol) {
            v->leverages[i].leverage = leverage;
            return 0;
        }
    }
    if (!grow(
            (void **)&v->leverages, v->leverage_count, &v->leverage_capacity, sizeof *v->leverages
        )) {
        return err_set(e, E_MEMORY, "no memory for a leverage");
    }
    v->leverages[v->leverage_count++] = (struct view_leverage){symbol, leverage};
    return 0;
}

int view_fill(struct view *v, const struct event_fill *fill, struct err *e) {
    uint16_t symbol = fill->order.request.symbol;
    v->balance = fill->balance;
    int code = position_take(v, symbol, fill->order.request.position_side, &fill->position, e);
    if (code == 0) {
        code = view_leverage_take(v, symbol, fill->leverage, e);
    }
    if (code == 0 && fill->sequence != 0) {
        code = order_take(v, &fill->order, 0, e);
    }
    return code;
}

int view_order(struct view *v, const struct event_order *event, struct err *e) {
    return order_take(v, &event->order, event->code, e);
}

int view_restore(struct view *v, const struct activation_open *open, struct err *e) {
    int code = 0;
    for (int i = 0; i < open->leverage_count && code == 0; i++) {
        code = view_leverage_take(v, (uint16_t)i, open->leverages[i], e);
    }
    for (int i = 0; i < open->position_count && code == 0; i++) {
        const struct record_position *p = &open->positions[i];
        code = position_take(v, p->symbol, p->side, &p->position, e);
    }
    for (int i = 0; i < open->order_count && code == 0; i++) {
        bool is_own = open->orders[i]->sequence <= open->order_sequence;
        code = is_own ? order_take(v, open->orders[i], 0, e) : 0;
    }
    return code;
}

int view_timer_find(const struct view *v, const char *name) {
    for (int i = 0; i < v->timer_count; i++) {
        if (strcmp(v->timers[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

void view_timer_due(struct view *v, const char *name) {
    int at = view_timer_find(v, name);
    if (at >= 0 && !v->timers[at].is_periodic) {
        v->timers[at] = v->timers[--v->timer_count];
    }
}

/* --- reading ------------------------------------------------------------------------------------
 */

int view_leverage_of(const struct view *v, uint16_t symbol) {
    for (int i = 0; i < v->leverage_count; i++) {
        if (v->leverages[i].symbol == symbol) {
            return v->leverages[i].leverage;
        }
    }
    return v->leverage;
}

const struct position *
view_position(const struct view *v, uint16_t symbol, enum position_side side) {
    for (int i = 0; i < v->position_count; i++) {
        if (v->positions[i].symbol == symbol && v->positions[i].side == side) {
            return &v->positions[i].position;
        }
    }
    return NULL;
}

int view_net_position(const struct view *v, uint16_t symbol, struct position *out) {
    *out = (struct position){0};
    struct decimal largest = {0};
    for (int i = 0; i < v->position_count; i++) {
        const struct position *p = &v->positions[i].position;
        if (v->positions[i].symbol != symbol) {
            continue;
        }
        if (decimal_compare(decimal_abs(p->quantity.d), largest) > 0) {
            largest = decimal_abs(p->quantity.d);
            out->entry = p->entry;
            out->opened_ms = p->opened_ms;
        }
        bool is_overflow = decimal_add(out->quantity.d, p->quantity.d, &out->quantity.d) != 0 ||
                           decimal_add(out->realized.d, p->realized.d, &out->realized.d) != 0 ||
                           decimal_add(out->fees.d, p->fees.d, &out->fees.d) != 0;
        if (is_overflow) {
            return E_OVERFLOW;
        }
    }
    if (decimal_is_zero(out->quantity.d)) {
        out->entry = (struct price){{0}};
        out->opened_ms = 0;
    }
    return 0;
}
