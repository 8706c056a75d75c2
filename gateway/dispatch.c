/* dispatch: a request's way to its handler: route, token, role, body, Idempotency-Key. */
#include "gateway/once.h"
#include "gateway/router.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

int64_t gateway_now_ns(void) {
    return (int64_t)uv_hrtime();
}

static int route_choose(struct call *c, struct err *e) {
    switch (router_find(c)) {
    case ROUTER_FOUND:
        c->g->route_requests[c->route - routes]++;
        return 0;
    case ROUTER_NO_METHOD:
        return call_refuse(c, 405, "method_not_allowed", e, "this path does not take the method");
    case ROUTER_NO_PATH:
        break;
    }
    return err_set(e, E_NOT_FOUND, "there is nothing at this path");
}

/* --- how often
 * ------------------------------------------------------------------------------------- */

static int
rate_take(struct call *c, enum rate_kind kind, const void *who, size_t length, struct err *e) {
    struct rates *rates = c->g->rates;
    c->retry_ns = rates_take(rates, kind, who, length, gateway_now_ns());
    if (c->retry_ns == 0) {
        return 0;
    }
    c->error = NULL;
    return err_set(
        e, E_LIMIT, "too many requests: %d a minute (%s)", rates_limit(rates, kind),
        rate_kind_name(kind)
    );
}

/* Against where it comes from, whatever it is. A proxy on this machine stands for many. */
static int rate_of_address(struct call *c, struct err *e) {
    const struct http_address *a = c->request->address;
    bool is_free = c->route != NULL && c->route->rate == RATE_FREE;
    if (is_free || (a->is_local && !c->g->options.counts_local)) {
        return 0;
    }
    return rate_take(c, RATE_ADDRESS, a->bytes, a->length, e);
}

static int rate_of_user(struct call *c, struct err *e) {
    if (c->who == NULL || c->route->rate == RATE_ADDRESS) {
        return 0;
    }
    return rate_take(c, c->route->rate, c->who->user, strlen(c->who->user), e);
}

/* --- who
 * ------------------------------------------------------------------------------------------- */

/* "Bearer TOKEN" */
static const struct token *bearer_find(struct call *c) {
    struct http_text header = c->request->authorization;
    if (header.data == NULL || header.length < 8 || strncasecmp(header.data, "bearer ", 7) != 0) {
        return NULL;
    }
    const char *text = header.data + 7;
    size_t length = header.length - 7;
    while (length > 0 && text[0] == ' ') {
        text++;
        length--;
    }
    return length < TOKEN_TEXT_MAX ? tokens_find(c->g->tokens, text, length) : NULL;
}

static int access_check(struct call *c, struct err *e) {
    if (c->route->access == ACCESS_OPEN) {
        return 0;
    }
    c->who = bearer_find(c);
    if (c->who == NULL) {
        return call_refuse(c, 401, "unauthorized", e, "Authorization: Bearer TOKEN is needed");
    }
    if (c->route->access == ACCESS_ADMIN && !call_is_admin(c)) {
        return call_refuse(c, 403, "forbidden", e, "this needs the role admin");
    }
    if (c->route->access == ACCESS_SELF && !call_may(c, call_part(c, "user_id"))) {
        return call_refuse(c, 403, "forbidden", e, "these are another user's");
    }
    if (c->route->access == ACCESS_SELF && !token_name_is_good(call_part(c, "user_id"))) {
        return err_set(e, E_NOT_FOUND, "there is no such user");
    }
    return 0;
}

static bool is_json(struct http_text type) {
    static const char name[] = "application/json";
    size_t length = sizeof name - 1;
    return type.length >= length && strncasecmp(type.data, name, length) == 0 &&
           (type.length == length || strchr("; \t", type.data[length]) != NULL);
}

static int body_take(struct call *c, struct err *e) {
    const struct http_request *r = c->request;
    if (r->body.length == 0) {
        return c->route->body == BODY_JSON
                   ? err_set(e, E_ARGUMENT, "a JSON object is needed as the body")
                   : 0;
    }
    if (c->route->body == BODY_NONE) {
        return err_set(e, E_ARGUMENT, "this takes no body");
    }
    if (!is_json(r->content_type)) {
        return call_refuse(
            c, 415, "unsupported_media_type", e, "Content-Type must be application/json"
        );
    }
    int code = json_read(r->body.data, r->body.length, c->arena, &c->body, e);
    if (code == E_MEMORY) {
        return err_set(e, E_SYNTAX, "the JSON has too many values");
    }
    if (code == 0 && c->body->kind != JSON_OBJECT) {
        return err_set(e, E_ARGUMENT, "the body must be a JSON object");
    }
    return code;
}

static int call_handle(struct call *c, struct err *e) {
    bool is_known;
    struct err limit = {0};
    int code = route_choose(c, e);
    if (rate_of_address(c, &limit) != 0) {
        *e = limit;
        return limit.code;
    }
    code = code != 0 ? code : access_check(c, e);
    code = code != 0 ? code : rate_of_user(c, e);
    code = code != 0 ? code : body_take(c, e);
    if (code != 0) {
        return code;
    }
    bool changes = c->route->method != HTTP_GET_;
    if (changes && !c->g->is_ready) {
        return call_refuse(c, 503, "not_ready", e, "the platform is not ready: see /ready");
    }
    code = once_begin(c, &is_known, e);
    return code != 0 || is_known ? code : c->route->handle(c, e);
}

void gateway_request(void *ctx, struct http_exchange *x, const struct http_request *request) {
    struct gateway *g = ctx;
    struct err err = {0};
    struct call c = {
        .g = g,
        .engine = g->engine,
        .exchange = x,
        .request = request,
        .arena = &g->arena,
        .out = &g->out,
        .status = 200,
    };
    arena_reset(&g->arena);
    buffer_clear(&g->out);
    json_begin(&c.json, &g->out);
    int code = call_handle(&c, &err);
    if (code == 0 && c.pending != NULL && c.pending->wait == WAIT_TABLES) {
        return; /* nothing was changed */
    }
    if (code == 0 && c.pending != NULL) {
        g->options.settle(g->options.ctx);
        pending_look(g);
        return;
    }
    call_finish(&c, code, &err);
}
