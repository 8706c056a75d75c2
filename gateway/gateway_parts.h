/* gateway_parts: what the sources of the gateway share: the gateway itself and its routes' table.
 * One thread. */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "engine/inspect.h"
#include "gateway/directory.h"
#include "gateway/events.h"
#include "gateway/gateway.h"
#include "gateway/history.h"
#include "gateway/http_server.h"
#include "gateway/idempotency.h"
#include "gateway/pending.h"
#include "gateway/rates.h"
#include "gateway/token.h"

struct call;

/* Whom a route lets in. */
enum route_access {
    ACCESS_OPEN,  /* anyone, without a token */
    ACCESS_TOKEN, /* any token; the handler looks at whose things it touches */
    ACCESS_SELF,  /* {user_id} of the path is the token's user, or the token is an admin's */
    ACCESS_ADMIN,
};

enum route_body {
    BODY_NONE,
    BODY_JSON,
    BODY_OPTIONAL,
};

struct route {
    enum http_method method;
    const char *path; /* "/api/strategy/{name}/activate" */
    enum route_access access;
    enum route_body body;
    bool creates; /* an Idempotency-Key is honoured */
    enum rate_kind rate;
    int (*handle)(struct call *c, struct err *e);
};

extern const struct route routes[]; /* routes.def */
extern const int route_count;

struct gateway {
    struct gateway_options options;
    struct engine *engine;
    struct http_server *server;
    struct tokens *tokens;
    struct directory *directory;
    struct idempotency *idempotency;
    struct rates *rates;
    struct history *history;
    struct events *events;
    struct pending_list pending;
    uint64_t durable;
    uint64_t tables_asked;
    bool is_ready, has_stopped;
    void *arena_block;
    struct arena arena;
    struct buffer out;
    struct buffer event; /* of the sink: `out` may be half written then */
    uint64_t answers[6]; /* by hundreds of their status */
    uint64_t *route_requests;
};

/* answer.c */
/* Sends what a call has written, or the error; or lets it wait for the journal. */
void call_finish(struct call *c, int code, const struct err *e);
void gateway_send(
    struct gateway *g,
    struct http_exchange *x,
    int status,
    const char *body,
    size_t length,
    uint64_t ticket
);
void gateway_send_error(
    struct gateway *g, struct http_exchange *x, int code, const char *message, uint64_t ticket
);
/* Of what the HTTP server refuses by itself. */
void gateway_refusal(void *ctx, int status, struct http_text path, struct http_refusal *out);
/* dispatch.c */
void gateway_request(void *ctx, struct http_exchange *x, const struct http_request *request);
int64_t gateway_now_ns(void);

/* openapi.json as text, made from gateway/openapi.yaml when the program is built. */
extern const char openapi_json[];
extern const size_t openapi_json_length;
