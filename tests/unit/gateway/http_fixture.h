/* http_fixture: an HTTP server on a thread of its own with a few paths that tests need, and a
 * client with blocking sockets. /echo and any other path answer 200; /post says the length of its
 * body; /later answers at the next tick; /stream begins a stream that gets `flood` bytes a tick. */
#pragma once

#include "gateway/http_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAITING_MAX 16

struct fixture {
    uv_loop_t loop;
    uv_async_t command;
    pthread_t thread;
    struct http_server *server;
    struct http_exchange *waiting[WAITING_MAX];
    int waiting_count;
    struct http_exchange *stream;
    atomic_int streams_gone;
    size_t flood;
    atomic_bool has_stopped;
    int port;
};

static struct fixture fixture;

static void fixture_answer(struct http_exchange *x, const char *text) {
    struct http_answer answer = {
        .status = 200,
        .content_type = "text/plain",
        .body = text,
        .length = strlen(text),
    };
    http_answer(x, &answer);
}

static bool path_is(const struct http_request *r, const char *path) {
    return r->path.length == strlen(path) && memcmp(r->path.data, path, r->path.length) == 0;
}

static void on_request(void *ctx, struct http_exchange *x, const struct http_request *r) {
    struct fixture *f = ctx;
    char text[64];
    if (path_is(r, "/later") && f->waiting_count < WAITING_MAX) {
        f->waiting[f->waiting_count++] = x;
    } else if (path_is(r, "/stream")) {
        f->stream = x;
        http_stream_begin(x, "text/event-stream");
    } else if (path_is(r, "/post")) {
        snprintf(text, sizeof text, "len %zu", r->body.length);
        fixture_answer(x, text);
    } else if (path_is(r, "/large")) {
        static char large[4 << 20];
        struct http_answer answer = {200, "text/plain", NULL, large, sizeof large, false};
        http_answer(x, &answer);
    } else {
        fixture_answer(x, "echo");
    }
}

static void on_refusal(void *ctx, int status, struct http_text path, struct http_refusal *out) {
    (void)ctx;
    (void)path;
    out->length = (size_t)snprintf(out->body, sizeof out->body, "{\"status\":%d}", status);
}

static void on_gone(void *ctx, struct http_exchange *stream) {
    struct fixture *f = ctx;
    f->stream = f->stream == stream ? NULL : f->stream;
    atomic_fetch_add(&f->streams_gone, 1);
}

static void on_tick(void *ctx, int64_t now_ns) {
    struct fixture *f = ctx;
    static char bytes[65536];
    (void)now_ns;
    for (int i = 0; i < f->waiting_count; i++) {
        fixture_answer(f->waiting[i], "later");
    }
    f->waiting_count = 0;
    for (size_t sent = 0; f->stream != NULL && sent < f->flood; sent += sizeof bytes) {
        http_stream_write(f->stream, bytes, sizeof bytes);
    }
}

static void on_stopped(void *ctx) {
    struct fixture *f = ctx;
    atomic_store(&f->has_stopped, true);
    uv_close((uv_handle_t *)&f->command, NULL);
}

static void on_command(uv_async_t *command) {
    struct fixture *f = command->data;
    http_server_stop(f->server);
}

static void *fixture_run(void *ctx) {
    struct fixture *f = ctx;
    uv_run(&f->loop, UV_RUN_DEFAULT);
    return NULL;
}

static int fixture_start(const struct http_limits *limits) {
    struct fixture *f = &fixture;
    struct err e;
    memset(f, 0, sizeof *f);
    struct http_handlers handlers = {f, on_request, on_refusal, on_gone, on_tick, on_stopped};
    uv_loop_init(&f->loop);
    uv_async_init(&f->loop, &f->command, on_command);
    f->command.data = f;
    if (http_server_new(&f->server, &f->loop, "127.0.0.1", 0, limits, &handlers, &e) != 0) {
        return -1;
    }
    f->port = http_server_port(f->server);
    return pthread_create(&f->thread, NULL, fixture_run, f);
}

/* Asks it to stop, without waiting. */
static inline void fixture_stop(void) {
    uv_async_send(&fixture.command);
}

static void fixture_join(void) {
    pthread_join(fixture.thread, NULL);
    http_server_free(fixture.server);
    uv_loop_close(&fixture.loop);
}

static void fixture_end(void) {
    fixture_stop();
    fixture_join();
}

/* --- the client
 * ----------------------------------------------------------------------------------- */

static int client_open(void) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)fixture.port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        perror("connect");
        exit(1);
    }
    return fd;
}

/* Reads until the other side closes (true), or nothing came for wait_ms. */
static bool client_read(int fd, char *text, size_t size, size_t *length, int wait_ms) {
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (*length + 1 >= size || poll(&p, 1, wait_ms) <= 0) {
            return false;
        }
        ssize_t n = recv(fd, text + *length, size - 1 - *length, 0);
        if (n <= 0) {
            return true;
        }
        *length += (size_t)n;
        text[*length] = '\0';
    }
}

static void client_send(int fd, const char *bytes, size_t length) {
    size_t sent = 0;
    while (sent < length) {
        ssize_t n = send(fd, bytes + sent, length - sent, MSG_NOSIGNAL);
        if (n <= 0) {
            return; /* it was refused: what it says is still to be read */
        }
        sent += (size_t)n;
    }
}
