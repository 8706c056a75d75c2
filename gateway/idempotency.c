#include "gateway/idempotency.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 8192

struct entry {
    struct entry *next;            /* of the bucket */
    struct entry *older, *younger; /* of all */
    uint64_t ticket, hash, request;
    int64_t begun_ns;
    bool is_done;
    int status;
    char *body;
    size_t length;
    size_t token_length;
    char text[]; /* token, NUL, key, NUL */
};

struct idempotency {
    struct entry *buckets[BUCKETS];
    struct entry *oldest, *youngest;
    int count;
    size_t bytes;
    uint64_t tickets;
};

int idempotency_new(struct idempotency **out, struct err *e) {
    *out = calloc(1, sizeof **out);
    return *out != NULL ? 0 : err_set(e, E_MEMORY, "no memory for idempotency keys");
}

static size_t entry_bytes(const struct entry *entry) {
    return sizeof *entry + strlen(entry->text + entry->token_length + 1) + entry->token_length + 2 +
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
    free(entry->body);
    free(entry);
}

void idempotency_free(struct idempotency *i) {
    while (i != NULL && i->oldest != NULL) {
        entry_remove(i, i->oldest);
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

static bool entry_is(const struct entry *e, const char *token, const char *key, size_t length) {
    const char *kept = e->text + e->token_length + 1;
    return strcmp(e->text, token) == 0 && strlen(kept) == length && memcmp(kept, key, length) == 0;
}

static bool token_has_too_many(const struct idempotency *i, const char *token) {
    int count = 0;
    if (i->count < IDEMPOTENCY_OF_TOKEN_MAX) {
        return false;
    }
    for (const struct entry *e = i->oldest; e != NULL; e = e->younger) {
        count += strcmp(e->text, token) == 0;
    }
    return count >= IDEMPOTENCY_OF_TOKEN_MAX;
}

static struct entry *
entry_make(const char *token, const char *key, size_t key_length, uint64_t hash) {
    size_t token_length = strlen(token);
    struct entry *entry = calloc(1, sizeof *entry + token_length + key_length + 2);
    if (entry != NULL) {
        memcpy(entry->text, token, token_length);
        memcpy(entry->text + token_length + 1, key, key_length);
        entry->token_length = token_length;
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
    const char *token,
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
    while (i->oldest != NULL && now_ns - i->oldest->begun_ns >= IDEMPOTENCY_NS) {
        entry_remove(i, i->oldest);
    }
    uint64_t hash =
        hash_end(hash_add(hash_add(HASH_START, token, strlen(token) + 1), key, key_length));
    for (const struct entry *at = i->buckets[hash % BUCKETS]; at != NULL; at = at->next) {
        if (!entry_is(at, token, key, key_length)) {
            continue;
        }
        if (at->request != request) {
            return err_set(e, E_STATE, "this Idempotency-Key was sent with another request");
        }
        *answer = (struct kept_answer){at->is_done, at->status, at->body, at->length};
        return 1;
    }
    if (i->count == IDEMPOTENCY_MAX || i->bytes >= IDEMPOTENCY_BYTES_MAX ||
        token_has_too_many(i, token)) {
        return err_set(e, E_LIMIT, "too many Idempotency-Keys within a day");
    }
    struct entry *entry = entry_make(token, key, key_length, hash);
    if (entry == NULL) {
        return err_set(e, E_MEMORY, "no memory for an Idempotency-Key");
    }
    entry->ticket = ++i->tickets;
    entry->request = request;
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
