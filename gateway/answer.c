/* answer: what a call has to say on its way to the client. */
#include "gateway/call.h"
#include "gateway/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON_TYPE "application/json"
#define SECOND_NS ((int64_t)1000000000)

/* Names of HTTP's own refusals, which no code of the program stands for. */
static const struct {
    int status;
    const char *error, *message;
} refusals[] = {
    {400, "bad_request", "the request is not well-formed HTTP"},
    {405, "method_not_allowed", "this method is not served here"},
    {408, "request_timeout", "the request did not come in time"},
    {411, "length_required", "a body needs a Content-Length; Transfer-Encoding is not taken"},
    {413, "body_too_large", "a body has at most 65536 bytes, that of a script 262144"},
    {414, "target_too_long", "the request line has at most 8192 bytes"},
    {417, "expectation_failed", "the only expectation that is met is 100-continue"},
    {431, "headers_too_large", "a head has at most 64 headers and 16384 bytes"},
    {505, "version_not_supported", "HTTP/1.0 and HTTP/1.1 are spoken here"},
};

/* The methods that a path takes, where it is one. */
static void allow_write(struct http_text path, char *text, size_t size) {
    unsigned allowed = path.data != NULL ? router_allowed(path) : 0;
    size_t length = 0;
    for (int i = 0; i < HTTP_METHOD_COUNT; i++) {
        bool is_in = (allowed >> i & 1) != 0 || (i == HTTP_HEAD_ && (allowed & 1) != 0);
        if (is_in && length < size) {
            length += (size_t)snprintf(
                text + length, size - length, "%s%s",
                length > 0 ? ", " : "Allow: ", http_method_name((enum http_method)i)
            );
        }
    }
    if (length > 0 && length < size) {
        snprintf(text + length, size - length, "\r\n");
    }
}

void gateway_refusal(void *ctx, int status, struct http_text path, struct http_refusal *out) {
    const char *error = "bad_request";
    const char *message = "";
    struct buffer body;
    (void)ctx;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (refusals[i].status == status) {
            error = refusals[i].error;
            message = refusals[i].message;
        }
    }
    buffer_init_fixed(&body, out->body, sizeof out->body);
    error_write(&body, error, message, NULL, 0);
    out->length = body.length;
    if (status == 405) {
        allow_write(path, out->headers, sizeof out->headers);
    }
}

static void
ticket_settle(struct gateway *g, uint64_t ticket, int status, const char *body, size_t length) {
    if (ticket == 0) {
        return;
    }
    if (status >= 500 || status == 429) {
        /* What was made all the same is known to the engine by its key. */
        idempotency_forget(g->idempotency, ticket);
    } else {
        idempotency_done(g->idempotency, ticket, status, body, length);
    }
}

void gateway_send(
    struct gateway *g,
    struct http_exchange *x,
    int status,
    const char *body,
    size_t length,
    uint64_t ticket
) {
    struct http_answer answer = {
        .status = status,
        .content_type = JSON_TYPE,
        .headers = status == 503 ? "Retry-After: 1\r\n" : NULL,
        .body = body,
        .length = length,
    };
    ticket_settle(g, ticket, status, body, length);
    g->answers[status / 100]++;
    http_answer(x, &answer);
}

void gateway_send_error(
    struct gateway *g, struct http_exchange *x, int code, const char *message, uint64_t ticket
) {
    char body[512];
    struct buffer out;
    buffer_init_fixed(&out, body, sizeof body);
    error_write(&out, err_name(code), message, NULL, 0);
    int status = err_http_status(code);
    gateway_send(g, x, status, out.data, out.length, ticket);
}

/* The body of an error in place of what was written so far. */
static void error_make(struct call *c, int code, const struct err *e) {
    if (c->error == NULL) {
        c->status = err_http_status(code);
    }
    c->content_type = JSON_TYPE;
    buffer_clear(c->out);
    error_write(
        c->out, c->error != NULL ? c->error : err_name(code), e->msg, c->faults, c->fault_count
    );
}

static void call_send(struct call *c) {
    char headers[160] = "";
    if (c->status == 401) {
        snprintf(headers, sizeof headers, "WWW-Authenticate: Bearer\r\n");
    } else if (c->status == 405) {
        allow_write(c->request->path, headers, sizeof headers);
    } else if (c->status == 429 || c->status == 503) {
        int64_t seconds = (c->retry_ns + SECOND_NS - 1) / SECOND_NS;
        snprintf(
            headers, sizeof headers, "Retry-After: %lld\r\n",
            seconds > 1 ? (long long)seconds : 1
        );
    }
    struct http_answer answer = {
        .status = c->status,
        .content_type = c->content_type,
        .headers = headers[0] != '\0' ? headers : NULL,
        .body = c->out->data,
        .length = c->out->length,
    };
    ticket_settle(c->g, c->ticket, c->status, c->out->data, c->out->length);
    c->g->answers[c->status / 100]++;
    http_answer(c->exchange, &answer);
}

/* Keeps the answer until the journal has what it acknowledges. */
static bool call_wait_for_journal(struct call *c) {
    uint64_t sequence = engine_appended(c->engine);
    if (!c->is_acknowledgement || sequence <= c->g->durable) {
        return false;
    }
    struct pending *p = pending_add(c, WAIT_DURABLE);
    char *body = p != NULL ? malloc(c->out->length + 1) : NULL;
    if (body == NULL) {
        if (p != NULL) {
            p->sequence = 0; /* leaves with an empty body at the next look */
            p->status = 503;
        }
        return p != NULL;
    }
    memcpy(body, c->out->data, c->out->length);
    p->body = body;
    p->length = c->out->length;
    p->sequence = sequence;
    p->status = c->status;
    return true;
}

void call_finish(struct call *c, int code, const struct err *e) {
    if (c->is_answered) {
        return;
    }
    if (c->content_type == NULL) {
        c->content_type = JSON_TYPE;
    }
    struct err broken = {.msg = "the answer does not fit"};
    if (code == 0) {
        bool is_open = c->json.depth > 0 || c->json.has_key; /* a mistake of the handler's */
        code = is_open ? E_STATE : c->out->code;
        e = code != 0 ? &broken : e;
    }
    if (code != 0) {
        error_make(c, code, e);
    } else if (call_wait_for_journal(c)) {
        return;
    }
    call_send(c);
}
