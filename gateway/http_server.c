#include "gateway/http_parts.h"

#include <stdlib.h>
#include <string.h>

#define BACKLOG 1024
#define TICK_MS 250
#define SECOND_NS ((int64_t)1000000000)

void http_limits_default(struct http_limits *limits) {
    *limits = (struct http_limits){
        .connections_max = 4096,
        .head_ns = 10 * SECOND_NS,
        .body_ns = 30 * SECOND_NS,
        .idle_ns = 60 * SECOND_NS,
        .write_ns = 60 * SECOND_NS,
        .linger_ns = 2 * SECOND_NS,
        .stop_ns = 5 * SECOND_NS,
        .stream_bytes_max = (size_t)256 << 10,
    };
}

/* --- connections
 * ---------------------------------------------------------------------------------- */

static void server_settle(struct http_server *server) {
    if (server->is_stopping && server->handles == 0 && server->figures.open == 0) {
        server->handlers.stopped(server->handlers.ctx);
    }
}

void server_forget(struct http_exchange *x) {
    struct http_server *server = x->server;
    if (x->previous != NULL) {
        x->previous->next = x->next;
    } else {
        server->connections = x->next;
    }
    if (x->next != NULL) {
        x->next->previous = x->previous;
    }
    server->figures.open--;
    server_settle(server);
}

static void on_refused(uv_handle_t *handle) {
    free(handle->data);
}

/* One too many: it hears so if its socket takes it, and is gone. */
static void connection_turn_away(struct http_server *server, struct http_exchange *x) {
    static char busy[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
                         "Retry-After: 5\r\nConnection: close\r\n\r\n";
    uv_buf_t bytes = uv_buf_init(busy, sizeof busy - 1);
    server->figures.refused_connections++;
    uv_try_write((uv_stream_t *)&x->tcp, &bytes, 1);
    x->tcp.data = x;
    uv_close((uv_handle_t *)&x->tcp, on_refused);
}

static void on_connection(uv_stream_t *listener, int status) {
    struct http_server *server = listener->data;
    struct http_exchange *x = status == 0 ? calloc(1, sizeof *x) : NULL;
    if (x == NULL) {
        return;
    }
    uv_tcp_init(server->loop, &x->tcp);
    x->tcp.data = x;
    if (uv_accept(listener, (uv_stream_t *)&x->tcp) != 0) {
        uv_close((uv_handle_t *)&x->tcp, on_refused);
        return;
    }
    if (server->figures.open >= server->limits.connections_max || server->is_stopping) {
        connection_turn_away(server, x);
        return;
    }
    x->next = server->connections;
    if (x->next != NULL) {
        x->next->previous = x;
    }
    server->connections = x;
    server->figures.accepted++;
    server->figures.open++;
    if (server->figures.open > server->figures.open_most) {
        server->figures.open_most = server->figures.open;
    }
    connection_opened(server, x);
}

static void on_tick(uv_timer_t *timer) {
    struct http_server *server = timer->data;
    int64_t now_ns = http_now_ns();
    struct http_exchange *next;
    for (struct http_exchange *x = server->connections; x != NULL; x = next) {
        next = x->next;
        bool is_late = server->is_stopping && now_ns >= server->stop_ns;
        if (is_late) {
            connection_close(x);
        } else if (x->state != CONNECTION_CLOSING && now_ns >= x->deadline_ns) {
            connection_expire(x);
        }
    }
    if (!server->is_stopping) {
        server->handlers.tick(server->handlers.ctx, now_ns);
    }
}

/* --- making and ending
 * ---------------------------------------------------------------------------- */

static int on_message_complete(llhttp_t *parser) {
    (void)parser;
    return HPE_PAUSED;
}

static void on_handle_closed(uv_handle_t *handle) {
    struct http_server *server = handle->data;
    server->handles--;
    server_settle(server);
}

static int server_listen(struct http_server *server, const char *address, int port) {
    struct sockaddr_storage storage;
    struct sockaddr *name = (struct sockaddr *)&storage;
    int status = strchr(address, ':') != NULL
                     ? uv_ip6_addr(address, port, (struct sockaddr_in6 *)&storage)
                     : uv_ip4_addr(address, port, (struct sockaddr_in *)&storage);
    status = status != 0 ? status : uv_tcp_bind(&server->listener, name, 0);
    status =
        status != 0 ? status : uv_listen((uv_stream_t *)&server->listener, BACKLOG, on_connection);
    int length = (int)sizeof storage;
    status = status != 0 ? status : uv_tcp_getsockname(&server->listener, name, &length);
    if (status == 0) {
        /* The port stands at the same place for both families. */
        server->port = ntohs(((struct sockaddr_in *)&storage)->sin_port);
    }
    return status;
}

static void nothing(void *ctx) {
    (void)ctx;
}

int http_server_new(
    struct http_server **out,
    uv_loop_t *loop,
    const char *address,
    int port,
    const struct http_limits *limits,
    const struct http_handlers *handlers,
    struct err *e
) {
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return err_set(e, E_MEMORY, "no memory for the HTTP server");
    }
    server->loop = loop;
    server->limits = *limits;
    server->handlers = *handlers;
    llhttp_settings_init(&server->settings);
    server->settings.on_message_complete = on_message_complete;
    uv_tcp_init(loop, &server->listener);
    uv_timer_init(loop, &server->timer);
    server->listener.data = server;
    server->timer.data = server;
    server->handles = 2;
    int status = server_listen(server, address, port);
    if (status != 0) {
        server->handlers.stopped = nothing;
        http_server_stop(server);
        while (server->handles > 0) {
            uv_run(loop, UV_RUN_NOWAIT);
        }
        free(server);
        return err_set(e, E_IO, "%s port %d: %s", address, port, uv_strerror(status));
    }
    uv_timer_start(&server->timer, on_tick, TICK_MS, TICK_MS);
    *out = server;
    return 0;
}

int http_server_port(const struct http_server *server) {
    return server->port;
}

const struct http_figures *http_server_figures(const struct http_server *server) {
    return &server->figures;
}

static void on_stop_tick(uv_timer_t *timer) {
    struct http_server *server = timer->data;
    on_tick(timer);
    if (server->figures.open == 0 && !uv_is_closing((uv_handle_t *)timer)) {
        uv_close((uv_handle_t *)timer, on_handle_closed);
    }
}

void http_server_stop(struct http_server *server) {
    if (server->is_stopping) {
        return;
    }
    server->is_stopping = true;
    server->stop_ns = http_now_ns() + server->limits.stop_ns;
    uv_close((uv_handle_t *)&server->listener, on_handle_closed);
    struct http_exchange *next;
    for (struct http_exchange *x = server->connections; x != NULL; x = next) {
        next = x->next;
        bool is_idle = x->state == CONNECTION_READING && x->in_length == 0;
        if (is_idle || x->state == CONNECTION_STREAMING || x->state == CONNECTION_LINGERING) {
            connection_close(x);
        }
    }
    uv_timer_start(&server->timer, on_stop_tick, 1, 20);
}

void http_server_free(struct http_server *server) {
    free(server);
}
