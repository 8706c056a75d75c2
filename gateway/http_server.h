/* http_server: HTTP/1.1 on one port, for a handler that answers each request once, now or later.
 *
 * A head is checked strictly (gateway/http_head.h) and read a second time by llhttp: a request on
 * whose end the two do not agree is refused. Bodies have a length and are at most HTTP_BODY_MAX; a
 * connection has one request at a time, and what was sent behind it waits. Time limits are for the
 * whole head and the whole body, so that a byte now and then renews nothing.
 * An exchange is a request with its connection; it stays valid until it is answered, also when the
 * client has gone meanwhile. Streams (server-sent events) end when either side ends them; `gone`
 * tells. Time is the loop's; one thread; the owner frees after `stopped` was called. */
#pragma once

#include "base/err.h"
#include "gateway/http_head.h"

#include <uv.h>

struct http_server;
struct http_exchange;

struct http_text { /* borrowed; data NULL: not there */
    const char *data;
    size_t length;
};

struct http_address {
    unsigned char bytes[16]; /* IPv4, or the network of IPv6 (a person has many hosts in one) */
    size_t length;
    bool is_local; /* this machine */
};

struct http_request { /* borrowed until the handler returns */
    const struct http_address *address;
    enum http_method method;
    struct http_text path, query; /* undecoded */
    struct http_text authorization, content_type, idempotency_key, last_event_id;
    struct http_text body;
};

struct http_limits {
    int connections_max;      /* 4,096; those over it get a 503 */
    int64_t head_ns, body_ns; /* 10 s, 30 s */
    int64_t idle_ns;          /* 60 s between requests */
    int64_t write_ns;         /* 60 s for an answer to be taken */
    int64_t linger_ns;        /* 2 s of reading after a refusal, so that the client sees it */
    int64_t stop_ns;          /* 5 s for what is in flight when the server stops */
    size_t stream_bytes_max;  /* 256 KiB that a slow reader may leave waiting */
};
void http_limits_default(struct http_limits *limits);

struct http_refusal {
    char body[512];
    size_t length;
    char headers[128]; /* whole lines, or "" */
};

struct http_handlers {
    void *ctx;
    void (*request)(void *ctx, struct http_exchange *x, const struct http_request *request);
    /* The body of an error that the server itself answers; path.data is NULL where it is not known.
     */
    void (*refusal)(void *ctx, int status, struct http_text path, struct http_refusal *out);
    void (*gone)(void *ctx, struct http_exchange *stream); /* the stream is over: forget it */
    void (*tick)(void *ctx, int64_t now_ns);               /* four times a second */
    void (*stopped)(void *ctx);                            /* nothing is open any more */
};

struct http_figures {
    uint64_t accepted, refused_connections, requests, refused_heads, timed_out, streams_dropped;
    int open, open_most;
};

/* Port 0 takes a free one. E_IO when the address cannot be had. */
MUST_CHECK int http_server_new(
    struct http_server **out,
    uv_loop_t *loop,
    const char *address,
    int port,
    const struct http_limits *limits,
    const struct http_handlers *handlers,
    struct err *e
);
int http_server_port(const struct http_server *server);
const struct http_figures *http_server_figures(const struct http_server *server);
/* Takes no new connection, closes idle ones, lets answers in flight end. */
void http_server_stop(struct http_server *server);
/* After `stopped` only. */
void http_server_free(struct http_server *server);

struct http_answer {
    int status;
    const char *content_type; /* NULL: no body */
    const char *headers;      /* whole lines "Name: value\r\n"; NULL: none */
    const char *body;
    size_t length;
    bool is_last; /* the connection ends behind it */
};

/* Answers; *x is not to be used after it. */
void http_answer(struct http_exchange *x, const struct http_answer *answer);
/* Begins an endless answer instead; *x is valid until `gone` is called or the stream is ended. */
void http_stream_begin(struct http_exchange *x, const char *content_type);
/* false: the reader was too slow or is gone, and `gone` has been called. */
bool http_stream_write(struct http_exchange *x, const char *bytes, size_t length);
void http_stream_end(struct http_exchange *x); /* `gone` is not called */
