/* http_client: a kept connection to a server on this machine, one request at a time, blocking
 * (http_ask, or its halves, for many connections at once); for bench programs only, which end where
 * something fails. The caller closes. */
#pragma once

#include "bench/bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define HTTP_ANSWER_MAX 65536

struct http_client {
    int socket;
    int port;
    const char *token;
    char answer[HTTP_ANSWER_MAX]; /* head and body of the last */
    const char *body;
};

/* False where nothing listens yet. */
static inline bool http_connect(struct http_client *c) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)c->port)};
    const int on = 1;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->socket < 0) {
        bench_fail("no socket", NULL);
    }
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(c->socket, (const struct sockaddr *)&at, sizeof at) != 0) {
        close(c->socket);
        return false;
    }
    return true;
}

/* A port that was free a moment ago. */
static inline int http_free_port(void) {
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t length = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0 || bind(s, (const struct sockaddr *)&at, sizeof at) != 0 ||
        getsockname(s, (struct sockaddr *)&at, &length) != 0) {
        bench_fail("no port", NULL);
    }
    close(s);
    return ntohs(at.sin_port);
}

static inline void http_send(struct http_client *c, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t n = write(c->socket, bytes, length);
        if (n <= 0) {
            bench_fail("the connection does not take a request", NULL);
        }
        bytes += n;
        length -= (size_t)n;
    }
}

/* The end of the answer, where enough of it is there to know; 0 before. */
static inline size_t http_answer_end(const struct http_client *c) {
    const char *end = strstr(c->answer, "\r\n\r\n");
    const char *length = strcasestr(c->answer, "\r\ncontent-length:");
    if (end == NULL || length == NULL || length > end) {
        return 0;
    }
    return (size_t)(end + 4 - c->answer) +
           strtoul(length + sizeof "\r\ncontent-length:" - 1, NULL, 10);
}

static inline void
http_begin(struct http_client *c, const char *method, const char *path, const char *body) {
    char request[2048];
    int n = snprintf(
        request, sizeof request,
        "%s %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n"
        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        method, path, c->token, strlen(body), body
    );
    http_send(c, request, (size_t)n);
}

/* The status; the body is c->body. */
static inline int http_end(struct http_client *c) {
    size_t have = 0, end = 0;
    c->answer[0] = '\0';
    while ((end = http_answer_end(c)) == 0 || have < end) {
        ssize_t got = read(c->socket, c->answer + have, sizeof c->answer - 1 - have);
        if (got <= 0) {
            bench_fail("the connection ends within an answer", NULL);
        }
        have += (size_t)got;
        c->answer[have] = '\0';
    }
    c->body = strstr(c->answer, "\r\n\r\n") + 4;
    return atoi(c->answer + sizeof "HTTP/1.1");
}

static inline int
http_ask(struct http_client *c, const char *method, const char *path, const char *body) {
    http_begin(c, method, path, body);
    return http_end(c);
}

/* The answer must have that status. */
static inline void http_expect(
    struct http_client *c, int status, const char *method, const char *path, const char *body
) {
    if (http_ask(c, method, path, body) != status) {
        fprintf(stderr, "bench: %s %s: %s\n", method, path, c->answer);
        exit(1);
    }
}
