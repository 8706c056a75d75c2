#include "gateway/once.h"

#include "base/hash.h"

#include <openssl/evp.h>
#include <string.h>
#include <time.h>

static int64_t wall_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The first bytes of SHA-256 over two texts: nobody finds a second one for a stranger's key. */
static int digest(
    const void *first,
    size_t first_length,
    const void *second,
    size_t second_length,
    uint64_t out[2],
    struct err *e
) {
    unsigned char hash[EVP_MAX_MD_SIZE];
    uint64_t length = first_length;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool is_good = md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
                   EVP_DigestUpdate(md, &length, sizeof length) == 1 &&
                   EVP_DigestUpdate(md, first, first_length) == 1 &&
                   EVP_DigestUpdate(md, second, second_length) == 1 &&
                   EVP_DigestFinal_ex(md, hash, NULL) == 1;
    EVP_MD_CTX_free(md);
    memcpy(out, hash, 2 * sizeof *out);
    return is_good ? 0 : err_set(e, E_MEMORY, "an Idempotency-Key cannot be hashed");
}

static int key_make(struct call *c, struct err *e) {
    const struct http_request *r = c->request;
    const char *user = c->who->user;
    uint64_t key[2];
    uint64_t content[2];
    int code =
        digest(user, strlen(user), r->idempotency_key.data, r->idempotency_key.length, key, e);
    code = code != 0
               ? code
               : digest(r->path.data, r->path.length, r->body.data, r->body.length, content, e);
    if (code == 0) {
        c->key = (struct request_key){
            .is_given = true,
            .user = hash_of(user, strlen(user)),
            .high = key[0],
            .low = key[1],
            .content = content[0],
            .wall_ms = wall_now_ms(),
        };
    }
    return code;
}

/* What the answers of this process do not know: of an earlier one. */
static int engine_check(struct call *c, struct err *e) {
    int code = engine_request_check(c->engine, &c->key, 1, e);
    if (code < 0) {
        idempotency_forget(c->g->idempotency, c->ticket); /* this refusal is not the key's answer */
        c->ticket = 0;
        return code;
    }
    return 0;
}

int once_begin(struct call *c, bool *is_known, struct err *e) {
    const struct http_request *r = c->request;
    struct kept_answer kept = {0};
    *is_known = false;
    if (!c->route->creates || r->idempotency_key.data == NULL) {
        return 0;
    }
    int code = key_make(c, e);
    if (code != 0) {
        return code;
    }
    code = idempotency_begin(
        c->g->idempotency, c->who->user, r->idempotency_key.data, r->idempotency_key.length,
        c->key.content, gateway_now_ns(), &c->ticket, &kept, e
    );
    if (code <= 0) {
        return code == 0 ? engine_check(c, e) : code;
    }
    if (!kept.is_done) {
        return err_set(e, E_STATE, "the first request with this Idempotency-Key is under way");
    }
    *is_known = true;
    c->status = kept.status;
    buffer_append(c->out, kept.body, kept.length);
    return 0;
}

int once_room(struct call *c, int count, struct err *e) {
    int code = c->key.is_given ? engine_request_check(c->engine, &c->key, count, e) : 0;
    return code < 0 ? code : 0;
}

const struct request_key *once_key(struct call *c, int item) {
    c->key.item = (uint16_t)item;
    return c->key.is_given ? &c->key : NULL;
}

/* A refusal of the moment: the same request may be good later. */
static bool may_pass(const struct order *o) {
    int status = o->code != 0 ? err_http_status(o->code) : err_http_status(E_VENUE);
    return o->state == ORDER_REJECTED && (status >= 500 || status == 429);
}

bool once_made(struct call *c, int item, struct request_view *out) {
    const struct request_key *key = once_key(c, item);
    return key != NULL && engine_request_find(c->engine, key, out) &&
           (out->order == NULL || !may_pass(out->order));
}
