#include "gateway/history.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USER_BUCKETS 1024
#define RING_FIRST 8

struct ring {
    char *items;
    size_t size; /* of one */
    int count, capacity, first, max;
};

struct user_history {
    struct user_history *next; /* of the bucket */
    struct ring orders, fills, signals, steps;
    char user[];
};

struct history {
    struct user_history *buckets[USER_BUCKETS];
    struct ring *candles; /* by symbol */
    int symbol_count;
    size_t bytes;
};

/* --- rings
 * ---------------------------------------------------------------------------------------- */

static char *ring_at(const struct ring *r, int index) {
    return r->items + (size_t)((r->first + index) % r->capacity) * r->size;
}

static bool ring_grow(struct history *h, struct ring *r) {
    int capacity = r->capacity == 0 ? RING_FIRST : r->capacity * 2;
    capacity = capacity > r->max ? r->max : capacity;
    size_t more = (size_t)(capacity - r->capacity) * r->size;
    bool is_allowed = r->capacity == 0 || h->bytes + more <= HISTORY_BYTES_MAX;
    char *items = is_allowed ? malloc((size_t)capacity * r->size) : NULL;
    if (items == NULL) {
        return false;
    }
    for (int i = 0; i < r->count; i++) {
        memcpy(items + (size_t)i * r->size, ring_at(r, i), r->size);
    }
    h->bytes += more;
    free(r->items);
    r->items = items;
    r->capacity = capacity;
    r->first = 0;
    return true;
}

/* A slot for the newest; the oldest makes room where there is none. NULL without memory. */
static void *ring_push(struct history *h, struct ring *r) {
    if (r->count == r->capacity && r->capacity < r->max && !ring_grow(h, r) && r->capacity == 0) {
        return NULL;
    }
    if (r->count == r->capacity) {
        r->first = (r->first + 1) % r->capacity;
        r->count--;
    }
    return ring_at(r, r->count++);
}

static void ring_init(struct ring *r, size_t size, int max) {
    *r = (struct ring){.size = size, .max = max};
}

/* --- users
 * ---------------------------------------------------------------------------------------- */

static unsigned bucket_of(const char *user) {
    return (unsigned)(hash_of(user, strlen(user)) % USER_BUCKETS);
}

static struct user_history *user_find(const struct history *h, const char *user) {
    for (struct user_history *u = h->buckets[bucket_of(user)]; u != NULL; u = u->next) {
        if (strcmp(u->user, user) == 0) {
            return u;
        }
    }
    return NULL;
}

static struct user_history *user_take(struct history *h, const char *user) {
    struct user_history *u = user_find(h, user);
    if (u != NULL) {
        return u;
    }
    size_t length = strlen(user) + 1;
    u = calloc(1, sizeof *u + length);
    if (u == NULL) {
        return NULL;
    }
    memcpy(u->user, user, length);
    ring_init(&u->orders, sizeof(struct history_order), HISTORY_ORDERS_MAX);
    ring_init(&u->fills, sizeof(struct history_fill), HISTORY_FILLS_MAX);
    ring_init(&u->signals, sizeof(struct history_signal), HISTORY_SIGNALS_MAX);
    ring_init(&u->steps, sizeof(struct history_step), HISTORY_STEPS_MAX);
    struct user_history **bucket = &h->buckets[bucket_of(user)];
    u->next = *bucket;
    *bucket = u;
    h->bytes += sizeof *u + length;
    return u;
}

int history_new(struct history **out, struct err *e) {
    *out = calloc(1, sizeof **out);
    return *out != NULL ? 0 : err_set(e, E_MEMORY, "no memory for a history");
}

void history_free(struct history *h) {
    if (h == NULL) {
        return;
    }
    for (int i = 0; i < USER_BUCKETS; i++) {
        struct user_history *next;
        for (struct user_history *u = h->buckets[i]; u != NULL; u = next) {
            next = u->next;
            free(u->orders.items);
            free(u->fills.items);
            free(u->signals.items);
            free(u->steps.items);
            free(u);
        }
    }
    for (int i = 0; i < h->symbol_count; i++) {
        free(h->candles[i].items);
    }
    free(h->candles);
    free(h);
}

size_t history_bytes(const struct history *h) {
    return h->bytes;
}

/* --- keeping
 * -------------------------------------------------------------------------------------- */

static void step_keep(struct history *h, struct user_history *u, const struct order_record *r) {
    struct history_step *s = ring_push(h, &u->steps);
    if (s == NULL) {
        return;
    }
    memcpy(s->order_id, r->order->id, sizeof s->order_id);
    s->time_ms = r->order->updated_ms;
    s->step = r->step;
    s->state = r->order->state;
    s->pending = r->order->pending;
    s->filled = r->order->filled;
    s->code = r->order->code;
    s->line = r->line;
    snprintf(s->file, sizeof s->file, "%s", r->file != NULL ? r->file : "");
    memcpy(s->message, r->order->message, sizeof s->message);
}

void history_keep_order(struct history *h, const char *user, const struct order_record *record) {
    struct user_history *u = user_take(h, user);
    if (u == NULL) {
        return;
    }
    step_keep(h, u, record);
    if (!order_state_is_terminal(record->order->state)) {
        return;
    }
    struct history_order *o = ring_push(h, &u->orders);
    if (o != NULL) {
        o->activation = record->activation;
        o->order = *record->order;
    }
}

void history_keep_fill(struct history *h, const char *user, const struct fill_record *record) {
    struct user_history *u = user_take(h, user);
    struct history_fill *f = u != NULL ? ring_push(h, &u->fills) : NULL;
    if (f == NULL) {
        return;
    }
    f->activation = record->activation;
    f->number = record->number;
    f->is_unasked = record->is_unasked;
    memcpy(f->order_id, record->order->id, sizeof f->order_id);
    f->symbol = record->order->request.symbol;
    f->side = record->order->request.side;
    f->fill = record->fill;
    f->filled = record->order->filled;
    memcpy(f->reason, record->order->request.reason, sizeof f->reason);
}

static void text_keep(char *to, size_t size, const char *text) {
    snprintf(to, size, "%s", text != NULL ? text : "");
}

const struct history_signal *
history_keep_signal(struct history *h, const char *user, const struct signal_record *record) {
    struct user_history *u = user_take(h, user);
    struct history_signal *s = u != NULL ? ring_push(h, &u->signals) : NULL;
    if (s == NULL) {
        return NULL;
    }
    const struct ask_signal *signal = record->signal;
    s->activation = record->activation;
    s->number = record->number;
    s->time_ms = record->time_ms;
    s->symbol = record->symbol;
    s->is_accepted = signal->is_accepted;
    s->price = signal->price;
    text_keep(s->side, sizeof s->side, signal->side);
    text_keep(s->kind, sizeof s->kind, signal->kind);
    text_keep(s->reason, sizeof s->reason, signal->reason);
    s->number_count = signal->number_count;
    for (int i = 0; i < signal->number_count; i++) {
        text_keep(s->numbers[i].name, sizeof s->numbers[i].name, signal->numbers[i].name);
        s->numbers[i].value = signal->numbers[i].value;
    }
    return s;
}

/* --- forgetting
 * ------------------------------------------------------------------------------------- */

/* Each kind of item but steps begins with its activation; steps go by the order's id. */
static void ring_drop(struct ring *r, uint32_t activation) {
    int kept = 0;
    for (int i = 0; i < r->count; i++) {
        const char *item = ring_at(r, i);
        uint32_t of;
        memcpy(&of, item, sizeof of);
        if (of != activation) {
            memmove(ring_at(r, kept++), item, r->size);
        }
    }
    r->count = kept;
}

void history_forget(struct history *h, const char *user, uint32_t activation) {
    struct user_history *u = user_find(h, user);
    if (u != NULL) {
        ring_drop(&u->orders, activation);
        ring_drop(&u->fills, activation);
        ring_drop(&u->signals, activation);
    }
}

/* --- reading
 * -------------------------------------------------------------------------------------- */

static void orders_read(
    void *ctx, const char *user, bool (*emit)(void *to, const struct history_order *o), void *to
) {
    const struct user_history *u = user_find(ctx, user);
    for (int i = u != NULL ? u->orders.count - 1 : -1; i >= 0; i--) {
        if (!emit(to, (const void *)ring_at(&u->orders, i))) {
            return;
        }
    }
}

static void fills_read(
    void *ctx, const char *user, bool (*emit)(void *to, const struct history_fill *f), void *to
) {
    const struct user_history *u = user_find(ctx, user);
    for (int i = u != NULL ? u->fills.count - 1 : -1; i >= 0; i--) {
        if (!emit(to, (const void *)ring_at(&u->fills, i))) {
            return;
        }
    }
}

static void signals_read(
    void *ctx, const char *user, bool (*emit)(void *to, const struct history_signal *s), void *to
) {
    const struct user_history *u = user_find(ctx, user);
    for (int i = u != NULL ? u->signals.count - 1 : -1; i >= 0; i--) {
        if (!emit(to, (const void *)ring_at(&u->signals, i))) {
            return;
        }
    }
}

static void steps_read(
    void *ctx,
    const char *user,
    const char *order_id,
    bool (*emit)(void *to, const struct history_step *s),
    void *to
) {
    const struct user_history *u = user_find(ctx, user);
    for (int i = 0; u != NULL && i < u->steps.count; i++) {
        const struct history_step *s = (const void *)ring_at(&u->steps, i);
        if (strcmp(s->order_id, order_id) == 0 && !emit(to, s)) {
            return;
        }
    }
}

struct history_source history_source_of(struct history *h) {
    return (struct history_source){h, orders_read, fills_read, signals_read, steps_read};
}

/* --- candles
 * -------------------------------------------------------------------------------------- */

void history_keep_candle(struct history *h, uint16_t symbol, const struct candle *candle) {
    if (symbol >= h->symbol_count) {
        struct ring *grown = realloc(h->candles, ((size_t)symbol + 1) * sizeof *grown);
        if (grown == NULL) {
            return;
        }
        h->candles = grown;
        while (h->symbol_count <= symbol) {
            ring_init(&h->candles[h->symbol_count++], sizeof *candle, HISTORY_CANDLES_MAX);
        }
    }
    struct candle *slot = ring_push(h, &h->candles[symbol]);
    if (slot != NULL) {
        *slot = *candle;
    }
}

int history_candle_count(const struct history *h, uint16_t symbol) {
    return symbol < h->symbol_count ? h->candles[symbol].count : 0;
}

const struct candle *history_candle(const struct history *h, uint16_t symbol, int index) {
    return (const void *)ring_at(&h->candles[symbol], index);
}
