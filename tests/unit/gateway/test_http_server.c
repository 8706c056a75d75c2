/* The server on real sockets: the corpus of raw requests, whole and byte by byte; limits of time
 * and number; answers that come later; streams; stopping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http_fixture.h"

#include <netinet/tcp.h>

#define MS ((int64_t)1000000)

static struct http_limits limits_quick(void) {
    struct http_limits limits;
    http_limits_default(&limits);
    limits.head_ns = 300 * MS;
    limits.body_ns = 300 * MS;
    limits.idle_ns = 600 * MS;
    limits.linger_ns = 300 * MS;
    limits.stop_ns = 1000 * MS;
    return limits;
}

static int quick_start(void **state) {
    struct http_limits limits = limits_quick();
    (void)state;
    return fixture_start(&limits);
}

static int patient_start(void **state) {
    struct http_limits limits;
    (void)state;
    http_limits_default(&limits);
    limits.linger_ns = 300 * MS;
    return fixture_start(&limits);
}

static int end(void **state) {
    (void)state;
    fixture_end();
    return 0;
}

/* --- answers, as a client reads them
 * -------------------------------------------------------------- */

struct answers {
    int statuses[8];
    int count;
    char body[256]; /* of the last */
    size_t used;
};

static int status_at(const char *digits) {
    return (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
}

/* The whole answers at the front of the text; 100 Continue is one of them. */
static void answers_read(const char *text, struct answers *a) {
    *a = (struct answers){0};
    const char *at = text;
    while (strncmp(at, "HTTP/1.1 ", 9) == 0 && a->count < 8) {
        const char *end_of_head = strstr(at, "\r\n\r\n");
        if (end_of_head == NULL) {
            return;
        }
        const char *header = strstr(at, "Content-Length: ");
        size_t length = header != NULL && header < end_of_head ? strtoul(header + 16, NULL, 10) : 0;
        const char *body = end_of_head + 4;
        if (strlen(body) < length) {
            return;
        }
        snprintf(a->body, sizeof a->body, "%.*s", (int)(length < 255 ? length : 255), body);
        a->statuses[a->count++] = status_at(at + 9);
        at = body + length;
        a->used = (size_t)(at - text);
    }
}

/* --- the corpus
 * ----------------------------------------------------------------------------------- */

/* The JSON string behind "key": as bytes; its characters are the bytes' numbers. */
static size_t field_bytes(const char *line, const char *key, char *out) {
    char name[32];
    size_t n = 0;
    snprintf(name, sizeof name, "\"%s\": \"", key);
    const char *at = strstr(line, name);
    if (at == NULL) {
        return 0;
    }
    for (at += strlen(name); *at != '"'; at++) {
        unsigned c = (unsigned char)*at;
        if (c == '\\') {
            at++;
            c = (unsigned char)*at;
            if (c == 'u') {
                sscanf(at + 1, "%4x", &c);
                at += 4;
            } else {
                c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
            }
        } else if (c >= 0xC2 && c <= 0xC3) {
            c = (c & 3) << 6 | ((unsigned char)at[1] & 0x3F);
            at++;
        }
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return n;
}

/* Whether the answers are what the words allow: "200 x3 in order", "400, 411 or 501, one response,
 * then close", "200 len 5 (or drop)". */
static bool is_allowed(const char *words, const struct answers *a, bool has_closed) {
    if (a->count == 0) {
        return has_closed && strstr(words, "close") != NULL;
    }
    bool is_listed = false;
    for (const char *at = words; *at != '\0'; at++) {
        bool is_number = strspn(at, "0123456789") == 3 && (at == words || at[-1] == ' ');
        is_listed = is_listed || (is_number && status_at(at) == a->statuses[0]);
    }
    const char *times = strstr(words, " x");
    const char *length = strstr(words, "len ");
    if (!is_listed) {
        return false;
    }
    if (a->statuses[0] == 200 && times != NULL && a->count != times[2] - '0') {
        return false;
    }
    if (a->statuses[0] == 200 && times == NULL && a->count != 1) {
        return false;
    }
    if (a->statuses[0] == 200 && length != NULL && strncmp(a->body, length, 5) != 0) {
        return false;
    }
    bool must_end = a->statuses[0] >= 400;
    return !must_end || (a->count == 1 && has_closed);
}

static void
corpus_try(const char *name, const char *raw, size_t length, const char *words, bool is_slow) {
    char text[8192] = "";
    size_t got = 0;
    struct answers a;
    int fd = client_open();
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (is_slow) {
        for (size_t i = 0; i < length; i++) {
            client_send(fd, raw + i, 1);
        }
    } else {
        client_send(fd, raw, length);
    }
    bool is_incomplete = strncmp(name, "incomplete", 10) == 0;
    bool has_closed = client_read(fd, text, sizeof text, &got, is_incomplete ? 2000 : 100);
    answers_read(text, &a);
    if (a.count > 0 && a.statuses[0] >= 400 && !has_closed) {
        has_closed = client_read(fd, text, sizeof text, &got, 2000);
    }
    close(fd);
    if (!is_allowed(words, &a, has_closed)) {
        fail_msg(
            "%s%s: expected %s, got %d answers, the first %d, closed %d: %.200s", name,
            is_slow ? " byte by byte" : "", words, a.count, a.statuses[0], has_closed, text
        );
    }
}

static void corpus_run(bool is_slow) {
    static char line[1 << 18];
    static char raw[1 << 18];
    char name[128];
    char words[256];
    int count = 0;
    FILE *f = fopen(SOURCE_DIR "/../shared/http-corpus.jsonl", "r");
    if (f == NULL) {
        print_message("skipped: the corpus of raw requests is not there\n");
        skip();
    }
    while (fgets(line, sizeof line, f) != NULL) {
        field_bytes(line, "name", name);
        field_bytes(line, "strict", words);
        size_t length = field_bytes(line, "raw", raw);
        if (length > 0) {
            corpus_try(name, raw, length, words, is_slow);
            count++;
        }
    }
    fclose(f);
    assert_true(count >= 70);
}

static void test_corpus(void **state) {
    (void)state;
    corpus_run(false);
}

static void test_corpus_slowly(void **state) {
    (void)state;
    corpus_run(true);
}

/* --- connections
 * ---------------------------------------------------------------------------------- */

static int ask(int fd, const char *request, struct answers *a, int wait_ms) {
    static char text[1 << 16];
    size_t got = 0;
    text[0] = '\0';
    client_send(fd, request, strlen(request));
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (got + 1 < sizeof text && poll(&p, 1, wait_ms) > 0) {
        ssize_t n = recv(fd, text + got, sizeof text - 1 - got, 0);
        if (n <= 0) {
            break;
        }
        got += (size_t)n;
        text[got] = '\0';
        answers_read(text, a);
        if (a->count > 0) {
            return a->statuses[0];
        }
    }
    return 0;
}

static void test_keep_alive(void **state) {
    struct answers a;
    int fd = client_open();
    (void)state;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(ask(fd, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", &a, 1000), 200);
    }
    assert_int_equal(
        ask(fd, "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", &a, 1000), 200
    );
    char text[16];
    size_t got = 0;
    assert_true(client_read(fd, text, sizeof text, &got, 1000));
    assert_int_equal(got, 0);
    close(fd);
}

static void test_head_has_no_body(void **state) {
    char text[1024] = "";
    size_t got = 0;
    static const char request[] = "HEAD /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    int fd = client_open();
    (void)state;
    client_send(fd, request, sizeof request - 1);
    assert_true(client_read(fd, text, sizeof text, &got, 1000));
    assert_non_null(strstr(text, "Content-Length: 4\r\n"));
    assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
    close(fd);
}

static void test_http10(void **state) {
    char text[1024] = "";
    size_t got = 0;
    int fd = client_open();
    (void)state;
    client_send(fd, "GET /echo HTTP/1.0\r\n\r\n", 22);
    assert_true(client_read(fd, text, sizeof text, &got, 1000)); /* closes by itself */
    assert_non_null(strstr(text, "echo"));
    close(fd);
}

/* What is answered later holds up what was sent behind it, and comes in order. */
static void test_later(void **state) {
    char text[2048] = "";
    size_t got = 0;
    struct answers a;
    static const char both[] = "GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /echo HTTP/1.1\r\n"
                               "Host: a\r\nConnection: close\r\n\r\n";
    int fd = client_open();
    (void)state;
    client_send(fd, both, sizeof both - 1);
    assert_true(client_read(fd, text, sizeof text, &got, 2000));
    answers_read(text, &a);
    assert_int_equal(a.count, 2);
    assert_true(strstr(text, "later") < strstr(text, "\r\n\r\necho"));
    close(fd);
}

/* A client that leaves while its answer is made: nobody reads it, nothing breaks. */
static void test_gone_before_answer(void **state) {
    struct answers a;
    (void)state;
    for (int i = 0; i < 8; i++) {
        int fd = client_open();
        struct linger linger = {1, 0};
        client_send(fd, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n", 32);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        close(fd);
    }
    int fd = client_open();
    assert_int_equal(ask(fd, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n", &a, 2000), 200);
    close(fd);
}

/* An answer larger than the socket's buffers arrives whole. */
static void test_large(void **state) {
    static char text[5 << 20];
    size_t got = 0;
    static const char request[] = "GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    int fd = client_open();
    (void)state;
    client_send(fd, request, sizeof request - 1);
    assert_true(client_read(fd, text, sizeof text, &got, 2000));
    const char *body = memmem(text, got, "\r\n\r\n", 4);
    assert_non_null(body);
    assert_int_equal(got - (size_t)(body + 4 - text), 4 << 20);
    close(fd);
}

/* --- limits
 * --------------------------------------------------------------------------------------- */

/* A byte now and then renews nothing. */
static void test_dripping_head(void **state) {
    char text[1024] = "";
    size_t got = 0;
    bool has_closed = false;
    int fd = client_open();
    (void)state;
    client_send(fd, "GET /", 5);
    for (int i = 0; i < 40 && !has_closed && got == 0; i++) {
        client_send(fd, "a", 1);
        has_closed = client_read(fd, text, sizeof text, &got, 50);
    }
    assert_int_equal(strncmp(text, "HTTP/1.1 408", 12), 0);
    close(fd);
}

static void test_silent_connection(void **state) {
    char text[16];
    size_t got = 0;
    int fd = client_open();
    (void)state;
    assert_true(client_read(fd, text, sizeof text, &got, 3000));
    assert_int_equal(got, 0);
    close(fd);
}

static void test_idle_after_answer(void **state) {
    char text[16];
    size_t got = 0;
    struct answers a;
    int fd = client_open();
    (void)state;
    assert_int_equal(ask(fd, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", &a, 1000), 200);
    assert_true(client_read(fd, text, sizeof text, &got, 3000));
    close(fd);
}

static int few_start(void **state) {
    struct http_limits limits = limits_quick();
    (void)state;
    limits.connections_max = 4;
    return fixture_start(&limits);
}

static void test_too_many_connections(void **state) {
    int fds[5];
    struct answers a;
    (void)state;
    for (int i = 0; i < 4; i++) {
        fds[i] = client_open();
        assert_int_equal(ask(fds[i], "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", &a, 1000), 200);
    }
    fds[4] = client_open();
    assert_int_equal(ask(fds[4], "", &a, 1000), 503);
    close(fds[0]);
    int again = 0;
    for (int i = 0; i < 100 && again != 200; i++) {
        close(fds[4]);
        fds[4] = client_open();
        again = ask(fds[4], "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", &a, 1000);
    }
    assert_int_equal(again, 200);
    for (int i = 1; i < 5; i++) {
        close(fds[i]);
    }
}

/* --- streams and the end
 * -------------------------------------------------------------------------- */

static void test_stalled_reader_is_dropped(void **state) {
    int fd = client_open();
    (void)state;
    fixture.flood = (size_t)1 << 20;
    client_send(fd, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n", 33);
    for (int i = 0; i < 200 && atomic_load(&fixture.streams_gone) == 0; i++) {
        poll(NULL, 0, 20);
    }
    assert_int_equal(atomic_load(&fixture.streams_gone), 1);
    close(fd);
}

static void test_reader_that_leaves(void **state) {
    char text[512] = "";
    size_t got = 0;
    int fd = client_open();
    (void)state;
    client_send(fd, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n", 33);
    assert_false(client_read(fd, text, sizeof text, &got, 200));
    assert_non_null(strstr(text, "text/event-stream"));
    close(fd);
    for (int i = 0; i < 100 && atomic_load(&fixture.streams_gone) == 0; i++) {
        poll(NULL, 0, 20);
    }
    assert_int_equal(atomic_load(&fixture.streams_gone), 1);
}

/* What is in flight is answered, idle ones are closed, new ones are not taken. */
static void test_stop(void **state) {
    struct answers a;
    char text[1024] = "";
    size_t got = 0;
    int idle = client_open();
    int busy = client_open();
    (void)state;
    assert_int_equal(ask(idle, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", &a, 1000), 200);
    assert_int_equal(ask(busy, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", &a, 1000), 200);
    client_send(busy, "POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx", 52);
    assert_false(client_read(busy, text, sizeof text, &got, 50));
    fixture_stop();
    assert_true(client_read(idle, text, sizeof text, &got, 1000));
    assert_int_equal(got, 0);
    client_send(busy, "y", 1);
    assert_true(client_read(busy, text, sizeof text, &got, 1000));
    assert_non_null(strstr(text, "Connection: close"));
    assert_non_null(strstr(text, "len 2"));
    close(idle);
    close(busy);
    fixture_join();
    assert_true(atomic_load(&fixture.has_stopped));
}

static void test_stop_with_a_slow_one(void **state) {
    int slow = client_open();
    (void)state;
    client_send(slow, "POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n", 51);
    fixture_end(); /* does not wait for ever */
    assert_true(atomic_load(&fixture.has_stopped));
    close(slow);
}

static void test_port_taken(void **state) {
    struct http_limits limits = limits_quick();
    struct http_handlers handlers = {NULL, on_request, on_refusal, on_gone, on_tick, on_stopped};
    struct http_server *server;
    struct err e;
    uv_loop_t loop;
    (void)state;
    uv_loop_init(&loop);
    assert_int_equal(
        http_server_new(&server, &loop, "127.0.0.1", fixture.port, &limits, &handlers, &e), E_IO
    );
    assert_non_null(strstr(e.msg, "in use"));
    assert_int_equal(http_server_new(&server, &loop, "nowhere", 0, &limits, &handlers, &e), E_IO);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_corpus, quick_start, end),
        cmocka_unit_test_setup_teardown(test_corpus_slowly, quick_start, end),
        cmocka_unit_test_setup_teardown(test_keep_alive, patient_start, end),
        cmocka_unit_test_setup_teardown(test_head_has_no_body, patient_start, end),
        cmocka_unit_test_setup_teardown(test_http10, patient_start, end),
        cmocka_unit_test_setup_teardown(test_later, patient_start, end),
        cmocka_unit_test_setup_teardown(test_gone_before_answer, patient_start, end),
        cmocka_unit_test_setup_teardown(test_large, patient_start, end),
        cmocka_unit_test_setup_teardown(test_dripping_head, quick_start, end),
        cmocka_unit_test_setup_teardown(test_silent_connection, quick_start, end),
        cmocka_unit_test_setup_teardown(test_idle_after_answer, quick_start, end),
        cmocka_unit_test_setup_teardown(test_too_many_connections, few_start, end),
        cmocka_unit_test_setup_teardown(test_stalled_reader_is_dropped, patient_start, end),
        cmocka_unit_test_setup_teardown(test_reader_that_leaves, patient_start, end),
        cmocka_unit_test_setup(test_stop, patient_start),
        cmocka_unit_test_setup(test_stop_with_a_slow_one, quick_start),
        cmocka_unit_test_setup_teardown(test_port_taken, quick_start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
