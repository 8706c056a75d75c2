#include "app/http_ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)16 << 20)

static int connection_open(const struct http_ask *ask, int *out, struct err *e) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)ask->port)};
    struct timeval wait = {.tv_sec = HTTP_ASK_WAIT_S};
    if (inet_pton(AF_INET, ask->address, &to.sin_addr) != 1) {
        return err_set(e, E_ARGUMENT, "%s is no address", ask->address);
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) != 0 ||
        connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
        int why = errno;
        if (fd >= 0) {
            close(fd);
        }
        return err_set(
            e, E_IO, "nothing answers at %s:%d: %s", ask->address, ask->port, strerror(why)
        );
    }
    *out = fd;
    return 0;
}

static int all_send(int fd, const char *text, size_t length, struct err *e) {
    for (size_t done = 0; done < length;) {
        ssize_t n = send(fd, text + done, length - done, MSG_NOSIGNAL);
        if (n <= 0) {
            return err_set(e, E_IO, "the request cannot be sent: %s", strerror(errno));
        }
        done += (size_t)n;
    }
    return 0;
}

static int request_send(int fd, const struct http_ask *ask, struct err *e) {
    char head[1024];
    size_t length = ask->body != NULL ? ask->length : 0;
    int n = snprintf(
        head, sizeof head,
        "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n"
        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
        ask->method, ask->path, ask->token, length
    );
    if (n < 0 || (size_t)n >= sizeof head) {
        return err_set(e, E_ARGUMENT, "%s is too long", ask->path);
    }
    int code = all_send(fd, head, (size_t)n, e);
    return code != 0 || length == 0 ? code : all_send(fd, ask->body, length, e);
}

static int answer_read(int fd, struct buffer *answer, struct err *e) {
    char room[16384];
    ssize_t n;
    while ((n = recv(fd, room, sizeof room, 0)) > 0) {
        buffer_append(answer, room, (size_t)n);
    }
    if (n < 0) {
        return err_set(e, E_IO, "no answer came: %s", strerror(errno));
    }
    return answer->code != 0 ? err_set(e, E_LIMIT, "the answer is too long") : 0;
}

static int
answer_take(const struct buffer *answer, int *status, struct buffer *out, struct err *e) {
    static const char end[] = "\r\n\r\n";
    const char *body = answer->length > 0 ? memmem(answer->data, answer->length, end, 4) : NULL;
    if (body == NULL || answer->length < 12 || memcmp(answer->data, "HTTP/1.1 ", 9) != 0) {
        return err_set(e, E_DATA, "what answers there speaks no HTTP");
    }
    *status = (int)strtol(answer->data + 9, NULL, 10);
    body += 4;
    buffer_append(out, body, answer->length - (size_t)(body - answer->data));
    return out->code;
}

int http_ask(const struct http_ask *ask, int *status, struct buffer *out, struct err *e) {
    struct buffer answer;
    int fd = -1;
    int code = connection_open(ask, &fd, e);
    if (code != 0) {
        return code;
    }
    buffer_init(&answer, ANSWER_MAX);
    code = request_send(fd, ask, e);
    code = code != 0 ? code : answer_read(fd, &answer, e);
    code = code != 0 ? code : answer_take(&answer, status, out, e);
    buffer_free(&answer);
    close(fd);
    return code;
}
