#include "gateway/idempotency.h"

#include "base/hash.h"
#include "base/tally.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 8192

struct entry {
    struct entry *next;            /* of the bucket */
    struct entry *older, *younger; /* of all */
    uint64_t ticket, hash, user_hash, request;
    int64_t begun_ns;
    bool is_done;
    int status;
    char *body;
    size_t length;
    size_t user_length;
    char text[]; /* user, NUL, key, NUL */
};

struct idempotency {
    struct idempotency_limits limits;
    struct tally *users; /* keys of each */
    struct entry *buckets[BUCKETS];
    struct entry *oldest, *youngest;
    int count;
    size_t bytes;
    uint64_t tickets;
};

int idempotency_new(
    struct idempotency **out, const struct idempotency_limits *limits, struct err *e
) {
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return err_set(e, E_MEMORY, "no memory for idempotency keys");
    }
    (*out)->limits = *limits;
    int code = tally_new(&(*out)->users, e);
    if (code != 0) {
        free(*out);
    }
    return code;
}

static size_t entry_bytes(const struct entry *entry) {
    return sizeof *entry + strlen(entry->text + entry->user_length + 1) + entry->user_length + 2 +
           entry->length;
}

static void entry_remove(struct idempotency *i, struct entry *entry) {
    struct entry **at = &i->buckets[entry->hash % BUCKETS];
    while (*at != entry) {
        at = &(*at)->next;
    }
    *at = entry->next;
    if (entry->older != NULL) {
        entry->older->younger = entry->younger;
    } else {
        i->oldest = entry->younger;
    }
    if (entry->younger != NULL) {
        entry->younger->older = entry->older;
    } else {
        i->youngest = entry->older;
    }
    i->count--;
    i->bytes -= entry_bytes(entry);
    tally_remove(i->users, entry->user_hash);
    free(entry->body);
    free(entry);
}

void idempotency_free(struct idempotency *i) {
    while (i != NULL && i->oldest != NULL) {
        entry_remove(i, i->oldest);
    }
    if (i != NULL) {
        tally_free(i->users);
    }
    free(i);
}

static bool key_is_good(const char *key, size_t length) {
    if (length == 0 || length > IDEMPOTENCY_KEY_MAX) {
        return false;
    }
    for (size_t n = 0; n < length; n++) {
        if (key[n] < 33 || key[n] > 126) {
            return false;
        }
    }
    return true;
}

static bool entry_is(const struct entry *e, const char *user, const char *key, size_t length) {
    const char *kept = e->text + e->user_length + 1;
    return strcmp(e->text, user) == 0 && strlen(kept) == length && memcmp(kept, key, length) == 0;
}

static struct entry *
entry_make(const char *user, const char *key, size_t key_length, uint64_t hash) {
    size_t user_length = strlen(user);
    struct entry *entry = calloc(1, sizeof *entry + user_length + key_length + 2);
    if (entry != NULL) {
        memcpy(entry->text, user, user_length);
        memcpy(entry->text + user_length + 1, key, key_length);
        entry->user_length = user_length;
        entry->hash = hash;
    }
    return entry;
}

static void entry_add(struct idempotency *i, struct entry *entry) {
    entry->next = i->buckets[entry->hash % BUCKETS];
    i->buckets[entry->hash % BUCKETS] = entry;
    entry->older = i->youngest;
    if (i->youngest != NULL) {
        i->youngest->younger = entry;
    } else {
        i->oldest = entry;
    }
    i->youngest = entry;
    i->count++;
    i->bytes += entry_bytes(entry);
}

int idempotency_begin(
    struct idempotency *i,
    const char *user,
    const char *key,
    size_t key_length,
    uint64_t request,
    int64_t now_ns,
    uint64_t *ticket,
    struct kept_answer *answer,
    struct err *e
) {
    if (!key_is_good(key, key_length)) {
        return err_set(
            e, E_ARGUMENT, "Idempotency-Key: 1 to %d characters without spaces", IDEMPOTENCY_KEY_MAX
        );
    }
    while (i->oldest != NULL && now_ns - i->oldest->begun_ns >= i->limits.kept_ns) {
        entry_remove(i, i->oldest);
    }
    uint64_t user_hash = hash_of(user, strlen(user));
    uint64_t hash =
        hash_end(hash_add(hash_add(HASH_START, user, strlen(user) + 1), key, key_length));
    for (const struct entry *at = i->buckets[hash % BUCKETS]; at != NULL; at = at->next) {
        if (!entry_is(at, user, key, key_length)) {
            continue;
        }
        if (at->request != request) {
            return err_set(e, E_STATE, "this Idempotency-Key was sent with another request");
        }
        *answer = (struct kept_answer){at->is_done, at->status, at->body, at->length};
        return 1;
    }
    if (i->count >= i->limits.keys_max || i->bytes >= IDEMPOTENCY_BYTES_MAX ||
        tally_of(i->users, user_hash) >= i->limits.keys_of_user_max) {
        return err_set(e, E_LIMIT, "too many Idempotency-Keys that still count");
    }
    struct entry *entry = entry_make(user, key, key_length, hash);
    if (entry == NULL || tally_add(i->users, user_hash) != 0) {
        free(entry);
        return err_set(e, E_MEMORY, "no memory for an Idempotency-Key");
    }
    entry->ticket = ++i->tickets;
    entry->request = request;
    entry->user_hash = user_hash;
    entry->begun_ns = now_ns;
    entry_add(i, entry);
    *ticket = entry->ticket;
    return 0;
}

/* Tickets under way are young. */
static struct entry *ticket_find(const struct idempotency *i, uint64_t ticket) {
    struct entry *entry = i->youngest;
    while (entry != NULL && entry->ticket != ticket) {
        entry = entry->older;
    }
    return entry;
}

void idempotency_done(
    struct idempotency *i, uint64_t ticket, int status, const char *body, size_t length
) {
    struct entry *entry = ticket_find(i, ticket);
    if (entry == NULL) {
        return;
    }
    char *copy = malloc(length + 1);
    if (copy == NULL) {
        entry_remove(i, entry);
        return;
    }
    memcpy(copy, body, length);
    copy[length] = '\0';
    entry->is_done = true;
    entry->status = status;
    entry->body = copy;
    entry->length = length;
    i->bytes += length;
}

void idempotency_forget(struct idempotency *i, uint64_t ticket) {
    struct entry *entry = ticket_find(i, ticket);
    if (entry != NULL) {
        entry_remove(i, entry);
    }
}

int idempotency_count(const struct idempotency *i) {
    return i->count;
}
