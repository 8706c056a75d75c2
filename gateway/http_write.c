#include "gateway/http_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_SOCKET_BYTES 65536

static const struct {
    int status;
    const char *text;
} statuses[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *http_status_text(int status) {
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (statuses[i].status == status) {
            return statuses[i].text;
        }
    }
    return "Unknown";
}

/* --- answers
 * -------------------------------------------------------------------------------------- */

static void on_written(uv_write_t *request, int status) {
    struct http_exchange *x = request->data;
    free(x->out);
    x->out = NULL;
    if (x->state != CONNECTION_WRITING) {
        return;
    }
    if (status != 0) {
        connection_close(x);
    } else {
        connection_answered(x);
    }
}

/* What the socket did not take at once goes out when it can. */
static void connection_write_rest(struct http_exchange *x, uv_buf_t parts[2], size_t sent) {
    size_t total = parts[0].len + parts[1].len;
    x->out = malloc(total - sent);
    if (x->out == NULL) {
        connection_close(x);
        return;
    }
    size_t length = 0;
    for (int i = 0; i < 2; i++) {
        size_t skip = sent < parts[i].len ? sent : parts[i].len;
        sent -= skip;
        if (parts[i].len > skip) {
            memcpy(x->out + length, parts[i].base + skip, parts[i].len - skip);
            length += parts[i].len - skip;
        }
    }
    uv_buf_t rest = uv_buf_init(x->out, (unsigned)length);
    x->write.data = x;
    x->state = CONNECTION_WRITING;
    x->deadline_ns = http_now_ns() + x->server->limits.write_ns;
    if (uv_write(&x->write, (uv_stream_t *)&x->tcp, &rest, 1, on_written) != 0) {
        connection_close(x);
    }
}

static char *text_write(char *to, const char *text) {
    size_t length = strlen(text);
    memcpy(to, text, length);
    return to + length;
}

static char *number_write(char *to, size_t number) {
    char digits[24];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0) {
        *to++ = digits[--count];
    }
    return to;
}

/* Types and headers are the program's own and short: the scratch is larger than all of it. */
static size_t head_write(const struct http_exchange *x, const struct http_answer *a, char *head) {
    char *at = text_write(head, "HTTP/1.1 ");
    at = number_write(at, (size_t)a->status);
    *at++ = ' ';
    at = text_write(at, http_status_text(a->status));
    if (a->content_type != NULL) {
        at = text_write(at, "\r\nContent-Type: ");
        at = text_write(at, a->content_type);
    }
    at = text_write(at, "\r\nContent-Length: ");
    at = number_write(at, a->length);
    at = text_write(at, "\r\nCache-Control: no-store\r\n");
    if (a->headers != NULL) {
        at = text_write(at, a->headers);
    }
    if (x->is_last) {
        at = text_write(at, "Connection: close\r\n");
    } else if (x->head.is_http10) {
        at = text_write(at, "Connection: keep-alive\r\n");
    }
    at = text_write(at, "\r\n");
    return (size_t)(at - head);
}

void connection_send(struct http_exchange *x, const struct http_answer *a) {
    char *head = x->server->scratch;
    x->is_last = x->is_last || a->is_last || x->server->is_stopping;
    size_t length = x->head.method == HTTP_HEAD_ ? 0 : a->length;
    uv_buf_t parts[2] = {
        uv_buf_init(head, (unsigned)head_write(x, a, head)),
        {.base = (char *)(uintptr_t)a->body, .len = length},
    };
    int sent = uv_try_write((uv_stream_t *)&x->tcp, parts, length > 0 ? 2 : 1);
    if (sent < 0 && sent != UV_EAGAIN) {
        connection_close(x);
        return;
    }
    size_t done = sent < 0 ? 0 : (size_t)sent;
    if (done == parts[0].len + parts[1].len) {
        connection_answered(x);
    } else {
        connection_write_rest(x, parts, done);
    }
}

/* The handler is done with it: an exchange whose connection has gone ends here. */
static bool exchange_return(struct http_exchange *x) {
    x->is_job = false;
    if (x->is_over) {
        free(x->in);
        free(x->out);
        free(x);
        return false;
    }
    return x->state == CONNECTION_HANDLING;
}

void http_answer(struct http_exchange *x, const struct http_answer *answer) {
    if (exchange_return(x)) {
        connection_send(x, answer);
    }
}

/* --- streams
 * -------------------------------------------------------------------------------------- */

struct piece {
    uv_write_t write;
    char bytes[];
};

static void on_piece(uv_write_t *request, int status) {
    struct http_exchange *x = request->data;
    free((struct piece *)request);
    if (status != 0) {
        connection_close(x);
    }
}

static bool stream_queue(struct http_exchange *x, const char *bytes, size_t length) {
    struct piece *piece = malloc(sizeof *piece + length);
    if (piece == NULL) {
        return false;
    }
    memcpy(piece->bytes, bytes, length);
    piece->write.data = x;
    uv_buf_t part = uv_buf_init(piece->bytes, (unsigned)length);
    if (uv_write(&piece->write, (uv_stream_t *)&x->tcp, &part, 1, on_piece) != 0) {
        free(piece);
        return false;
    }
    return true;
}

void http_stream_begin(struct http_exchange *x, const char *content_type) {
    char head[512];
    int bytes_max = STREAM_SOCKET_BYTES;
    x->is_job = false;
    if (x->state != CONNECTION_HANDLING) {
        bool is_over = x->is_over;
        x->server->handlers.gone(x->server->handlers.ctx, x);
        if (is_over) {
            free(x->in);
            free(x->out);
            free(x);
        }
        return;
    }
    int n = snprintf(
        head, sizeof head,
        "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nCache-Control: no-store\r\n"
        "X-Accel-Buffering: no\r\nConnection: close\r\n\r\n",
        content_type
    );
    uv_send_buffer_size((uv_handle_t *)&x->tcp, &bytes_max);
    x->state = CONNECTION_STREAMING;
    x->in_length = 0;
    x->deadline_ns = INT64_MAX;
    http_stream_write(x, head, (size_t)n);
}

bool http_stream_write(struct http_exchange *x, const char *bytes, size_t length) {
    size_t waiting = uv_stream_get_write_queue_size((uv_stream_t *)&x->tcp);
    size_t sent = 0;
    if (waiting == 0) {
        uv_buf_t part = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)length);
        int n = uv_try_write((uv_stream_t *)&x->tcp, &part, 1);
        sent = n > 0 ? (size_t)n : 0;
    }
    if (sent == length) {
        return true;
    }
    bool is_slow = waiting + length - sent > x->server->limits.stream_bytes_max;
    if (is_slow || !stream_queue(x, bytes + sent, length - sent)) {
        x->server->figures.streams_dropped++;
        connection_close(x);
        return false;
    }
    return true;
}

void http_stream_end(struct http_exchange *x) {
    if (x->state == CONNECTION_STREAMING) {
        x->state = CONNECTION_HANDLING; /* `gone` is not told what the caller does itself */
        connection_close(x);
    }
}
