#include "gateway/http_parts.h"

#include <stdlib.h>
#include <string.h>

#define IN_FIRST 2048
#define IN_KEPT 8192 /* a larger buffer is given back between requests */

int64_t http_now_ns(void) {
    return (int64_t)uv_hrtime();
}

/* --- the end
 * -------------------------------------------------------------------------------------- */

static void connection_free(struct http_exchange *x) {
    free(x->in);
    free(x->out);
    free(x);
}

static void on_closed(uv_handle_t *handle) {
    struct http_exchange *x = handle->data;
    x->is_over = true;
    server_forget(x);
    if (!x->is_job) {
        connection_free(x);
    }
}

void connection_close(struct http_exchange *x) {
    bool was_streaming = x->state == CONNECTION_STREAMING;
    if (x->state == CONNECTION_CLOSING) {
        return;
    }
    x->state = CONNECTION_CLOSING;
    uv_close((uv_handle_t *)&x->tcp, on_closed);
    if (was_streaming) {
        x->server->handlers.gone(x->server->handlers.ctx, x);
    }
}

static void on_shut(uv_shutdown_t *request, int status) {
    struct http_exchange *x = request->data;
    if (status != 0 && x->state == CONNECTION_LINGERING) {
        connection_close(x);
    }
}

static void connection_read(struct http_exchange *x);

/* The last answer is out: says so, and reads on for a while so that no reset overtakes it. */
static void connection_linger(struct http_exchange *x) {
    x->state = CONNECTION_LINGERING;
    x->deadline_ns = http_now_ns() + x->server->limits.linger_ns;
    x->shutdown.data = x;
    x->in_length = 0;
    if (uv_shutdown(&x->shutdown, (uv_stream_t *)&x->tcp, on_shut) != 0) {
        connection_close(x);
        return;
    }
    connection_read(x);
}

static struct http_text text_at(const struct http_exchange *x, struct place p) {
    return p.start == 0 ? (struct http_text){NULL, 0}
                        : (struct http_text){x->in + p.start, p.length};
}

void connection_refuse(struct http_exchange *x, int status) {
    struct http_refusal refusal = {0};
    const struct http_handlers *handlers = &x->server->handlers;
    handlers->refusal(handlers->ctx, status, text_at(x, x->head.path), &refusal);
    struct http_answer answer = {
        .status = status,
        .content_type = "application/json",
        .headers = refusal.headers,
        .body = refusal.body,
        .length = refusal.length,
        .is_last = true,
    };
    x->state = CONNECTION_HANDLING;
    x->head.method = HTTP_GET_;
    connection_send(x, &answer);
}

void connection_expire(struct http_exchange *x) {
    bool is_silent = x->state == CONNECTION_READING && x->in_length == 0;
    if (x->state != CONNECTION_READING || is_silent) {
        connection_close(x);
        return;
    }
    x->server->figures.timed_out++;
    connection_refuse(x, 408);
}

/* --- reading
 * -------------------------------------------------------------------------------------- */

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room) {
    const struct http_exchange *x = handle->data;
    (void)suggested;
    *room = uv_buf_init(x->server->scratch, HTTP_HEAD_MAX);
}

static bool connection_keep(struct http_exchange *x, const char *bytes, size_t length) {
    if (x->in_length + length > x->in_capacity) {
        size_t capacity = x->in_capacity == 0 ? IN_FIRST : x->in_capacity;
        while (capacity < x->in_length + length) {
            capacity *= 2;
        }
        char *grown = realloc(x->in, capacity);
        if (grown == NULL) {
            return false;
        }
        x->in = grown;
        x->in_capacity = capacity;
    }
    memcpy(x->in + x->in_length, bytes, length);
    x->in_length += length;
    return true;
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *room) {
    struct http_exchange *x = stream->data;
    if (length < 0) {
        if (length == UV_EOF && x->state == CONNECTION_HANDLING) {
            x->is_last = true; /* the client is done sending and may still listen */
            uv_read_stop(stream);
            x->is_paused = true;
            return;
        }
        connection_close(x);
        return;
    }
    if (x->state == CONNECTION_LINGERING || x->state == CONNECTION_STREAMING) {
        return;
    }
    if (x->state == CONNECTION_READING && x->in_length == 0) {
        x->deadline_ns = http_now_ns() + x->server->limits.head_ns;
    }
    if (!connection_keep(x, room->base, (size_t)length)) {
        connection_close(x);
        return;
    }
    connection_process(x);
    bool is_full = x->in_length > HTTP_HEAD_MAX + (x->head.content_length > HTTP_BODY_MAX
                                                  ? x->head.content_length
                                                  : HTTP_BODY_MAX);
    if ((x->state == CONNECTION_HANDLING || x->state == CONNECTION_WRITING || is_full) &&
        !x->is_paused) {
        uv_read_stop(stream);
        x->is_paused = true;
    }
}

static void connection_read(struct http_exchange *x) {
    if (x->is_paused) {
        x->is_paused = false;
        uv_read_start((uv_stream_t *)&x->tcp, on_room, on_read);
    }
}

static void address_take(struct http_exchange *x) {
    struct sockaddr_storage name;
    int length = (int)sizeof name;
    if (uv_tcp_getpeername(&x->tcp, (struct sockaddr *)&name, &length) != 0) {
        return; /* it is gone: nobody will be answered */
    }
    const struct in6_addr *six = &((const struct sockaddr_in6 *)&name)->sin6_addr;
    const void *four = &((const struct sockaddr_in *)&name)->sin_addr;
    if (name.ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(six)) {
        x->address.length = 8;
        memcpy(x->address.bytes, six, 8);
        x->address.is_local = IN6_IS_ADDR_LOOPBACK(six);
        return;
    }
    four = name.ss_family == AF_INET6 ? (const void *)&six->s6_addr[12] : four;
    x->address.length = 4;
    memcpy(x->address.bytes, four, 4);
    x->address.is_local = x->address.bytes[0] == 127;
}

void connection_opened(struct http_server *server, struct http_exchange *x) {
    x->server = server;
    x->tcp.data = x;
    x->is_paused = true;
    x->deadline_ns = http_now_ns() + server->limits.head_ns;
    http_head_init(&x->head);
    uv_tcp_nodelay(&x->tcp, 1);
    address_take(x);
    connection_read(x);
}

/* --- requests
 * ------------------------------------------------------------------------------------- */

/* The parser reads the request as well: its end must be where the head's length says. */
static bool parsers_agree(struct http_exchange *x) {
    llhttp_t parser;
    const char *begin = x->in + x->head.begin;
    size_t length = x->head.length - x->head.begin + x->head.content_length;
    llhttp_init(&parser, HTTP_REQUEST, &x->server->settings);
    llhttp_errno_t code = llhttp_execute(&parser, begin, length);
    return code == HPE_PAUSED && llhttp_get_error_pos(&parser) == begin + length;
}

static void request_hand_over(struct http_exchange *x) {
    const struct http_head *h = &x->head;
    struct http_request request = {
        .address = &x->address,
        .method = h->method,
        .path = text_at(x, h->path),
        .query = text_at(x, h->query),
        .authorization = text_at(x, h->authorization),
        .content_type = text_at(x, h->content_type),
        .idempotency_key = text_at(x, h->idempotency_key),
        .last_event_id = text_at(x, h->last_event_id),
        .body = {x->in + h->length, h->content_length},
    };
    x->is_last = h->is_close || (h->is_http10 && !h->is_keep_alive) || x->server->is_stopping;
    x->state = CONNECTION_HANDLING;
    x->is_job = true;
    x->deadline_ns = INT64_MAX;
    x->server->figures.requests++;
    x->server->handlers.request(x->server->handlers.ctx, x, &request);
}

/* true: a request was handed over. */
static bool request_take(struct http_exchange *x) {
    if (!x->has_head) {
        int status = http_head_check(&x->head, x->in, x->in_length);
        if (status == HTTP_HEAD_MORE) {
            return false;
        }
        if (status != HTTP_HEAD_COMPLETE) {
            x->server->figures.refused_heads++;
            connection_refuse(x, status);
            return false;
        }
        x->has_head = true;
        x->deadline_ns = http_now_ns() + x->server->limits.body_ns;
    }
    if (x->in_length < x->head.length + x->head.content_length) {
        if (x->head.expects_continue && !x->has_told && !x->head.is_http10) {
            static char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
            uv_buf_t bytes = uv_buf_init(go_on, sizeof go_on - 1);
            x->has_told = true;
            uv_try_write((uv_stream_t *)&x->tcp, &bytes, 1);
        }
        return false;
    }
    if (!parsers_agree(x)) {
        x->server->figures.refused_heads++;
        connection_refuse(x, 400);
        return false;
    }
    request_hand_over(x);
    return true;
}

void connection_process(struct http_exchange *x) {
    if (x->is_processing) {
        return;
    }
    x->is_processing = true;
    while (x->state == CONNECTION_READING && x->in_length > 0 && request_take(x)) {
        /* Requests that were sent in a row, each after the one before was answered. */
    }
    x->is_processing = false;
}

/* Puts what came behind the request at the front. */
static void connection_shift(struct http_exchange *x) {
    size_t used = x->head.length + x->head.content_length;
    x->in_length -= used;
    memmove(x->in, x->in + used, x->in_length);
    if (x->in_length == 0 && x->in_capacity > IN_KEPT) {
        free(x->in);
        x->in = NULL;
        x->in_capacity = 0;
    }
    http_head_init(&x->head);
    x->has_head = false;
    x->has_told = false;
}

void connection_answered(struct http_exchange *x) {
    const struct http_limits *limits = &x->server->limits;
    if (x->is_last) {
        connection_linger(x);
        return;
    }
    connection_shift(x);
    x->state = CONNECTION_READING;
    x->has_served = true;
    x->deadline_ns = http_now_ns() + (x->in_length > 0 ? limits->head_ns : limits->idle_ns);
    if (x->server->is_stopping && x->in_length == 0) {
        connection_close(x);
        return;
    }
    connection_read(x);
    connection_process(x);
}
