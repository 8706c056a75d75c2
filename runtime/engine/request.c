#include "engine/request.h"

#include "base/tally.h"
#include "engine/engine_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096 /* a power of two */
#define CHUNK 16     /* of one record in a snapshot */

struct entry {
    struct entry *next_of_key, *next_of_thing; /* of the bucket */
    struct entry *older, *younger;
    struct request_made made;
};

struct requests {
    struct entry *keys[BUCKETS];
    struct entry *things[BUCKETS]; /* by activation and number of the order */
    struct entry *oldest, *youngest;
    int count;
    struct tally *users; /* how many each has */
};

/* --- the table
 * ------------------------------------------------------------------------------------ */

static unsigned key_bucket(const struct request_key *key) {
    return (unsigned)((key->low ^ key->user) & (BUCKETS - 1)); /* hashes both */
}

static uint64_t thing_sequence(const struct request_made *made) {
    return made->is_order ? made->order.sequence : 0;
}

static unsigned thing_bucket(uint32_t activation, uint64_t sequence) {
    return (unsigned)((sequence * 31 + activation) & (BUCKETS - 1));
}

static bool key_is_same(const struct request_key *a, const struct request_key *b) {
    return a->user == b->user && a->high == b->high && a->low == b->low;
}

/* The next entry with that key, of any item, from one on. */
static struct entry *key_next(struct entry *at, const struct request_key *key) {
    while (at != NULL && !key_is_same(&at->made.key, key)) {
        at = at->next_of_key;
    }
    return at;
}

static struct entry *entry_of_key(const struct engine *e, const struct request_key *key) {
    struct entry *at = e->requests != NULL ? e->requests->keys[key_bucket(key)] : NULL;
    while ((at = key_next(at, key)) != NULL && at->made.key.item != key->item) {
        at = at->next_of_key;
    }
    return at;
}

static struct entry *
entry_of_thing(const struct engine *e, uint32_t activation, uint64_t sequence) {
    struct entry *at =
        e->requests != NULL ? e->requests->things[thing_bucket(activation, sequence)] : NULL;
    while (at != NULL &&
           (at->made.activation != activation || thing_sequence(&at->made) != sequence)) {
        at = at->next_of_thing;
    }
    return at;
}

static void entry_remove(struct requests *r, struct entry *entry) {
    struct entry **at = &r->keys[key_bucket(&entry->made.key)];
    while (*at != entry) {
        at = &(*at)->next_of_key;
    }
    *at = entry->next_of_key;
    at = &r->things[thing_bucket(entry->made.activation, thing_sequence(&entry->made))];
    while (*at != entry) {
        at = &(*at)->next_of_thing;
    }
    *at = entry->next_of_thing;
    *(entry->older != NULL ? &entry->older->younger : &r->oldest) = entry->younger;
    *(entry->younger != NULL ? &entry->younger->older : &r->youngest) = entry->older;
    r->count--;
    tally_remove(r->users, entry->made.key.user);
    free(entry);
}

static void entry_append(struct requests *r, struct entry *entry) {
    struct entry **key = &r->keys[key_bucket(&entry->made.key)];
    struct entry **thing =
        &r->things[thing_bucket(entry->made.activation, thing_sequence(&entry->made))];
    entry->next_of_key = *key;
    *key = entry;
    entry->next_of_thing = *thing;
    *thing = entry;
    entry->older = r->youngest;
    *(r->youngest != NULL ? &r->youngest->younger : &r->oldest) = entry;
    r->youngest = entry;
    r->count++;
}

static void requests_clear(struct engine *e) {
    while (e->requests != NULL && e->requests->oldest != NULL) {
        entry_remove(e->requests, e->requests->oldest);
    }
}

void requests_free(struct engine *e) {
    requests_clear(e);
    if (e->requests != NULL) {
        tally_free(e->requests->users);
    }
    free(e->requests);
}

static bool is_over(const struct engine *e, const struct request_key *key, int64_t wall_ms) {
    return wall_ms - key->wall_ms >= e->options.request_ms;
}

static int requests_make(struct engine *e) {
    struct requests *r = calloc(1, sizeof *r);
    struct err ignored;
    if (r == NULL || tally_new(&r->users, &ignored) != 0) {
        free(r);
        return E_MEMORY;
    }
    e->requests = r;
    return 0;
}

/* In the place of what the same key made before: that came to nothing. */
static int request_put(struct engine *e, const struct request_made *made) {
    if (e->requests == NULL && requests_make(e) != 0) {
        return E_MEMORY;
    }
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL || tally_add(e->requests->users, made->key.user) != 0) {
        free(entry);
        return E_MEMORY;
    }
    struct entry *before = entry_of_key(e, &made->key);
    if (before != NULL) {
        entry_remove(e->requests, before);
    }
    entry->made = *made;
    entry_append(e->requests, entry);
    return 0;
}

/* A new one: those whose time is over make room. */
static void request_keep(struct engine *e, const struct request_made *made) {
    while (e->requests != NULL && e->requests->oldest != NULL &&
           is_over(e, &e->requests->oldest->made.key, made->key.wall_ms)) {
        entry_remove(e->requests, e->requests->oldest);
    }
    if (request_put(e, made) != 0) {
        e->has_failed = true; /* a second thing could be made: rather stop */
    }
}

/* --- what is made
 * --------------------------------------------------------------------------------- */

static struct request_made made_of(struct engine *e, uint32_t activation) {
    struct request_made made = {.activation = activation};
    memcpy(made.activation_id, e->activations[activation].id, sizeof made.activation_id);
    return made;
}

void request_keep_activation(struct engine *e, uint32_t activation, const struct request_key *key) {
    struct request_made made = made_of(e, activation);
    made.key = *key;
    request_keep(e, &made);
}

void request_keep_order(struct engine *e, uint32_t activation, const struct order *o) {
    if (e->request == NULL) {
        return;
    }
    struct request_made made = made_of(e, activation);
    made.key = *e->request;
    made.is_order = true;
    made.order = *o;
    request_keep(e, &made);
}

void request_order_over(struct engine *e, uint32_t activation, const struct order *o) {
    struct entry *entry = entry_of_thing(e, activation, o->sequence);
    if (entry != NULL) {
        entry->made.order = *o;
    }
}

void request_refused(struct engine *e, uint32_t activation, const struct fault *fault) {
    struct entry *entry = entry_of_thing(e, activation, 0);
    const struct activation *a = &e->activations[activation];
    if (entry == NULL || a->has_started || strcmp(entry->made.activation_id, a->id) != 0) {
        return;
    }
    entry->made.code = fault->code;
    snprintf(
        entry->made.message, sizeof entry->made.message, "%.*s", REQUEST_MESSAGE_MAX - 1,
        fault->text
    );
}

/* --- asking
 * --------------------------------------------------------------------------------------- */

/* Those whose time is over are the oldest, and do not count. */
static bool requests_have_room(const struct engine *e, const struct request_key *key, int count) {
    const struct requests *r = e->requests;
    int all = count + (r != NULL ? r->count : 0);
    int of_user = count + (r != NULL ? tally_of(r->users, key->user) : 0);
    const struct entry *at = r != NULL ? r->oldest : NULL;
    for (; at != NULL && is_over(e, &at->made.key, key->wall_ms); at = at->younger) {
        all--;
        of_user -= at->made.key.user == key->user;
    }
    return all <= e->options.requests_max && of_user <= e->options.requests_of_user_max;
}

int engine_request_check(
    const struct engine *e, const struct request_key *key, int count, struct err *err
) {
    const struct requests *r = e->requests;
    struct entry *at = r != NULL ? r->keys[key_bucket(key)] : NULL;
    for (; (at = key_next(at, key)) != NULL; at = at->next_of_key) {
        if (!is_over(e, &at->made.key, key->wall_ms)) {
            return at->made.key.content == key->content
                       ? 1
                       : err_set(
                             err, E_STATE, "this Idempotency-Key was sent with another request"
                         );
        }
    }
    return requests_have_room(e, key, count)
               ? 0
               : err_set(err, E_LIMIT, "too many Idempotency-Keys that still count");
}

bool engine_request_find(
    const struct engine *e, const struct request_key *key, struct request_view *out
) {
    const struct entry *entry = entry_of_key(e, key);
    if (entry == NULL || is_over(e, &entry->made.key, key->wall_ms)) {
        return false;
    }
    const struct request_made *made = &entry->made;
    bool is_there = made->activation < (uint32_t)e->activation_count &&
                    strcmp(e->activations[made->activation].id, made->activation_id) == 0;
    *out = (struct request_view){
        .key = &made->key,
        .activation_id = made->activation_id,
        .activation = is_there ? made->activation : NO_ACTIVATION,
        .code = made->code,
        .message = made->message,
    };
    if (made->is_order) {
        const struct order *live =
            is_there
                ? order_find((struct engine *)(uintptr_t)e, made->activation, made->order.sequence)
                : NULL;
        out->order = live != NULL ? live : &made->order;
    }
    return true;
}

int request_is_free(const struct engine *e, const struct request_key *key, struct err *err) {
    struct request_view made;
    bool is_made = key != NULL && engine_request_find(e, key, &made) &&
                   (made.order == NULL || made.order->state != ORDER_REJECTED);
    return is_made ? err_set(err, E_STATE, "this request has made %s", made.activation_id) : 0;
}

int engine_request_count(const struct engine *e) {
    return e->requests != NULL ? e->requests->count : 0;
}

/* --- snapshots
 * ------------------------------------------------------------------------------------ */

void requests_describe(
    const struct engine *e, void (*emit)(void *ctx, struct record *record), void *ctx
) {
    struct request_made made[CHUNK];
    struct record record = {.kind = RECORD_REQUESTS, .activation = UINT32_MAX};
    record.u.requests.is_first = true;
    record.u.requests.made = made;
    const struct entry *at = e->requests != NULL ? e->requests->oldest : NULL;
    while (at != NULL) {
        record.u.requests.count = 0;
        for (; at != NULL && record.u.requests.count < CHUNK; at = at->younger) {
            made[record.u.requests.count++] = at->made;
        }
        emit(ctx, &record);
        record.u.requests.is_first = false;
    }
}

int requests_restore(struct engine *e, const struct record *record) {
    int code = 0;
    if (record->u.requests.is_first) {
        requests_clear(e);
    }
    for (int i = 0; i < record->u.requests.count && code == 0; i++) {
        code = request_put(e, &record->u.requests.made[i]);
    }
    return code;
}
