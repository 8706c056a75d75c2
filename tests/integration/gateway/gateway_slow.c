/* 2,000 connections that drip a byte now and then, and what they cost the others: the p99 of GET
 * /health over a kept connection before them and beside them. Usage: gateway_slow PORT [SLOW]. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUESTS 4000
#define GROWTH_MAX_NS 2000000 /* of the p99 */

static int port;

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int connect_one(void) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int one = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        perror("connect");
        exit(1);
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static int64_t ask_ns(int fd) {
    static const char request[] = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
    char answer[1024];
    int64_t begin_ns = now_ns();
    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0 ||
        recv(fd, answer, sizeof answer, 0) <= 0) {
        fprintf(stderr, "gateway_slow: the server closed the connection\n");
        exit(1);
    }
    return now_ns() - begin_ns;
}

static int by_size(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The p99 of some thousand requests, while each slow one gets a byte now and then. */
static int64_t p99_ns(int fd, const int *slow, int slow_count) {
    static int64_t times[REQUESTS];
    for (int i = 0; i < REQUESTS; i++) {
        if (slow_count > 0 && send(slow[i % slow_count], "a", 1, MSG_NOSIGNAL) < 0) {
            /* It was cut off for being slow, as it should be. */
        }
        times[i] = ask_ns(fd);
    }
    qsort(times, REQUESTS, sizeof times[0], by_size);
    return times[REQUESTS * 99 / 100];
}

int main(int argc, char **argv) {
    int count = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 2000;
    struct rlimit limit;
    port = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0;
    int *slow = calloc((size_t)count + 1, sizeof *slow);
    if (slow == NULL || port == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 2;
    }
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < (rlim_t)count + 64) {
        printf(
            "SKIP %d connections need more descriptors than %llu\n", count,
            (unsigned long long)limit.rlim_cur
        );
        return 0;
    }
    int fd = connect_one();
    int64_t before_ns = p99_ns(fd, NULL, 0);
    for (int i = 0; i < count; i++) {
        slow[i] = connect_one();
        if (send(slow[i], "GET /h", 6, MSG_NOSIGNAL) < 0) {
            perror("send");
        }
    }
    int64_t beside_ns = p99_ns(fd, slow, count);
    printf(
        "p99 alone %.3f ms, beside %d slow connections %.3f ms\n", (double)before_ns / 1e6, count,
        (double)beside_ns / 1e6
    );
    free(slow);
    return beside_ns - before_ns <= GROWTH_MAX_NS ? 0 : 1;
}
