/* slots: the places of activations and accounts. One that is over keeps its place until another
 * needs it: first those that could not start, and when all places are taken those that ended and
 * have nothing left, the oldest first. The record of the new one says so by its number. Orders are
 * numbered on in a place, so that no venue hears one number twice. */
#include "engine/engine_state.h"

#include <stdlib.h>
#include <string.h>

static bool outbox_has(const struct engine *e, uint32_t activation) {
    for (int i = 0; i < e->outbox_count; i++) {
        if (e->outbox[(e->outbox_first + i) % e->outbox_max].key.activation == activation) {
            return true;
        }
    }
    return false;
}

static bool slot_is_over(const struct engine *e, uint32_t index) {
    const struct activation *a = &e->activations[index];
    bool has_ended = a->status == ACTIVATION_STOPPED || a->status == ACTIVATION_SUSPENDED;
    /* The owner that says that its account is closed says so while others of it are there. */
    bool is_needed = a->bundle == NULL && account_is_used(e, a->account, index);
    if (is_needed || a->keeps_slot || !has_ended || a->is_held) {
        return false;
    }
    return a->order_count == 0 && a->event_count == 0 && !a->is_ready && activation_is_flat(a) &&
           !outbox_has(e, index);
}

/* What should go first is smaller. */
static int slot_rank(const struct activation *a) {
    return !a->has_started ? 0 : a->status == ACTIVATION_STOPPED ? 1 : 2;
}

static bool slot_goes_before(const struct activation *a, const struct activation *b) {
    int rank = slot_rank(a);
    int other = slot_rank(b);
    return rank != other ? rank < other : a->last_event_ms < b->last_event_ms;
}

uint32_t slot_choose(const struct engine *e) {
    uint32_t best = NO_ACTIVATION;
    for (uint32_t i = 0; e->ended_count > 0 && i < (uint32_t)e->activation_count; i++) {
        if (slot_is_over(e, i) && (best == NO_ACTIVATION ||
                                   slot_goes_before(&e->activations[i], &e->activations[best]))) {
            best = i;
        }
    }
    bool is_full = e->activation_count == e->options.activations_max;
    if (best != NO_ACTIVATION && (is_full || !e->activations[best].has_started)) {
        return best;
    }
    return is_full ? NO_ACTIVATION : (uint32_t)e->activation_count;
}

bool account_is_used(const struct engine *e, uint32_t account, uint32_t but) {
    uint32_t first =
        account < (uint32_t)e->account_count ? e->accounts[account].first_owner : NO_ACTIVATION;
    return first != NO_ACTIVATION &&
           (first != but || e->activations[first].next_owner != NO_ACTIVATION);
}

void owner_add(struct engine *e, uint32_t activation, uint32_t index) {
    struct account *account = &e->accounts[index];
    struct activation *a = &e->activations[activation];
    uint32_t before = NO_ACTIVATION;
    uint32_t next = account->first_owner;
    while (next != NO_ACTIVATION && next < activation) {
        before = next;
        next = e->activations[next].next_owner;
    }
    a->account = index;
    a->next_owner = next;
    *(before != NO_ACTIVATION ? &e->activations[before].next_owner : &account->first_owner) =
        activation;
}

static void owner_remove(struct engine *e, uint32_t activation) {
    struct activation *a = &e->activations[activation];
    uint32_t *at = &e->accounts[a->account].first_owner;
    while (*at != activation) {
        at = &e->activations[*at].next_owner;
    }
    *at = a->next_owner;
    if (e->accounts[a->account].first_owner == NO_ACTIVATION) {
        account_leaves(e, a->account);
    }
}

/* There is one: every account that is used has an activation, and one place is free. */
uint32_t account_choose(const struct engine *e, uint32_t slot) {
    uint32_t account = 0;
    while (account_is_used(e, account, slot)) {
        account++;
    }
    return account;
}

int account_clear(struct engine *e, uint32_t index) {
    struct account *account = &e->accounts[index];
    int *leverage = account->leverage;
    struct venue_leverage *venue = account->venue_leverage;
    if (leverage == NULL) {
        leverage = calloc((size_t)e->options.symbols_max, sizeof *leverage);
        venue = calloc((size_t)e->options.symbols_max, sizeof *venue);
    }
    free(account->outside);
    free(account->fill_ids);
    *account = (struct account){
        .leverage = leverage,
        .venue_leverage = venue,
        .first_owner = NO_ACTIVATION,
        .user = NO_USER,
        .next_of_user = NO_ACCOUNT,
    };
    if (leverage == NULL || venue == NULL) {
        return E_MEMORY;
    }
    for (int i = 0; i < e->options.symbols_max; i++) {
        leverage[i] = 1;
        venue[i] = (struct venue_leverage){.known = 1};
    }
    return 0;
}

static void watcher_remove(uint32_t *list, int *count, uint32_t activation) {
    for (int i = 0; i < *count; i++) {
        if (list[i] == activation) {
            --*count;
            memmove(&list[i], &list[i + 1], (size_t)(*count - i) * sizeof *list);
            return;
        }
    }
}

void slot_leave(struct engine *e, uint32_t index) {
    if (e->ports.sink.left != NULL) {
        e->ports.sink.left(e->ports.sink.ctx, index);
    }
    for (int i = 0; i < e->series_count; i++) {
        watcher_remove(e->series[i].watchers, &e->series[i].watcher_count, index);
    }
    for (int i = 0; i < e->symbol_count; i++) {
        struct engine_symbol *s = &e->symbols[i];
        watcher_remove(s->ticker_watchers, &s->ticker_watcher_count, index);
    }
    owner_remove(e, index);
    if (!e->is_recovering && e->activations[index].bundle != NULL) {
        e->ports.host.close(e->ports.host.ctx, index);
    }
}

bool sequence_is_own(const struct activation *a, uint64_t sequence) {
    return order_id_is_own(sequence, a->order_first, a->core_first);
}
