#include "gateway/http_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int check(struct http_head *head, const char *bytes, size_t length) {
    http_head_init(head);
    return http_head_check(head, bytes, length);
}

/* The same by growing prefixes: what is refused is refused with the same status, never later than
 * at its end. */
static int check_slowly(const char *bytes, size_t length) {
    struct http_head head;
    int status = HTTP_HEAD_MORE;
    http_head_init(&head);
    for (size_t n = 1; n <= length && status == HTTP_HEAD_MORE; n++) {
        status = http_head_check(&head, bytes, n);
    }
    return status;
}

struct row {
    const char *text;
    int status;
};

static const struct row rows[] = {
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_HEAD_COMPLETE},
    {"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_HEAD_COMPLETE},
    {"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.0\r\n\r\n", HTTP_HEAD_COMPLETE},
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"GET / HTTP/1.2\r\n", 505},
    {"GET / HTTP/2.0\r\n", 505},
    {"GET / HTTP/11\r\n", 400},
    {"GET /\r\n", 400},
    {"GET  / HTTP/1.1\r\n", 400},
    {"GET / x HTTP/1.1\r\n", 400},
    {"get / HTTP/1.1\r\n", 400},
    {"gET", 400},
    {"BREW / HTTP/1.1\r\n", 405},
    {"CONNECT a:1 HTTP/1.1\r\n", 400},
    {"CONNECT /a HTTP/1.1\r\n", 405},
    {"OPTIONS /a HTTP/1.1\r\n", 405},
    {"TRACE / HTTP/1.1\r\n", 405},
    {"OPTIONS * HTTP/1.1\r\n", 400},
    {"GET x HTTP/1.1\r\n", 400},
    {"GET /a#b HTTP/1.1\r\n", 400},
    {"GET /% HTTP/1.1\r\n", 400},
    {"GET /%0 HTTP/1.1\r\n", 400},
    {"GET /%zz HTTP/1.1\r\n", 400},
    {"GET /a%00 HTTP/1.1\r\n", 400},
    {"GET /\xC3\xA9 HTTP/1.1\r\n", 400},
    {"GET http://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_HEAD_COMPLETE},
    {"GET http://a/b HTTP/1.1\r\nHost: A\r\n\r\n", HTTP_HEAD_COMPLETE},
    {"GET http://a/b HTTP/1.1\r\nHost: c\r\n\r\n", 400},
    {"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET ftp://a/b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\nHost: a\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\rb\r\n", 400},
    {"GET / HTTP/1.1\r\nA : b\r\n", 400},
    {"GET / HTTP/1.1\r\n: b\r\n", 400},
    {"GET / HTTP/1.1\r\nA\r\n", 400},
    {"GET / HTTP/1.1\r\nA: b\r\n c\r\n", 400},
    {"GET / HTTP/1.1\r\nA: \x01\r\n", 400},
    {"GET / HTTP/1.1\r\nA: \x7F\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nA: \tb\xC3\xA9 \r\n\r\n", HTTP_HEAD_COMPLETE},
    {"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n", 400},
    {"POST / HTTP/1.1\r\nContent-Length: +5\r\n", 400},
    {"POST / HTTP/1.1\r\nContent-Length: 5,5\r\n", 400},
    {"POST / HTTP/1.1\r\nContent-Length:\r\n", 400},
    {"POST / HTTP/1.1\r\nContent-Length: 65537\r\n", 413},
    {"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999999\r\n", 413},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n", HTTP_HEAD_COMPLETE},
    {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", 411},
    {"POST / HTTP/1.1\r\ntransfer-encoding:\r\n", 411},
    {"POST / HTTP/1.1\r\nExpect: tea\r\n", 417},
    {"GET / HTTP/1.1\r\nUpgrade: foo\r\n", 400},
    {"GET / HTTP/1.1\r\nConnection: close, upgrade\r\n", 400},
    {"GET / HTTP/1.1\r\nAuthorization: a\r\nAuthorization: b\r\n", 400},
};

static void test_rows(void **state) {
    struct http_head head;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t length = strlen(rows[i].text);
        int status = check(&head, rows[i].text, length);
        int slowly = check_slowly(rows[i].text, length);
        if (status != rows[i].status || slowly != rows[i].status) {
            fail_msg(
                "%s: %d, byte by byte %d, expected %d", rows[i].text, status, slowly, rows[i].status
            );
        }
    }
}

static void test_prefixes_wait(void **state) {
    static const char text[] = "POST /a?b=c HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
    struct http_head head;
    (void)state;
    for (size_t n = 0; n < sizeof text - 1; n++) {
        assert_int_equal(check(&head, text, n), HTTP_HEAD_MORE);
    }
}

static bool is_at(const char *text, struct place p, const char *expected) {
    return p.length == strlen(expected) && memcmp(text + p.start, expected, p.length) == 0;
}

static void test_what_it_finds(void **state) {
    static const char text[] =
        "\r\nPOST http://h:1/a%20b?c=d HTTP/1.1\r\nHost: h:1\r\ncontent-length: 12\r\n"
        "AUTHORIZATION:  Bearer x \r\nContent-Type: application/json\r\nExpect: 100-Continue\r\n"
        "Idempotency-Key: k\r\nLast-Event-ID: 1-2\r\nConnection: x, Close\r\n\r\nbody";
    struct http_head h;
    (void)state;
    assert_int_equal(check(&h, text, sizeof text - 1), HTTP_HEAD_COMPLETE);
    assert_int_equal(h.method, HTTP_POST_);
    assert_int_equal(h.begin, 2);
    assert_int_equal(h.length, sizeof text - 1 - 4);
    assert_int_equal(h.content_length, 12);
    assert_true(h.expects_continue && h.is_close && !h.is_http10);
    assert_true(is_at(text, h.path, "/a%20b"));
    assert_true(is_at(text, h.query, "c=d"));
    assert_true(is_at(text, h.authorization, "Bearer x"));
    assert_true(is_at(text, h.content_type, "application/json"));
    assert_true(is_at(text, h.idempotency_key, "k"));
    assert_true(is_at(text, h.last_event_id, "1-2"));
}

static void test_limits(void **state) {
    struct http_head head;
    (void)state;
    char *text = malloc(40000);
    assert_non_null(text);
    int n = sprintf(text, "GET /");
    memset(text + n, 'a', 9000);
    assert_int_equal(check(&head, text, (size_t)n + 9000), 414);
    n = sprintf(text, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    memset(text + n, 'a', 30000);
    assert_int_equal(check(&head, text, (size_t)n + 30000), 431);
    n = sprintf(text, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 1; i < HTTP_HEADERS_MAX; i++) {
        n += sprintf(text + n, "X: %d\r\n", i);
    }
    int full = n + sprintf(text + n, "\r\n");
    assert_int_equal(check(&head, text, (size_t)full), HTTP_HEAD_COMPLETE);
    n += sprintf(text + n, "X: y\r\n");
    assert_int_equal(check(&head, text, (size_t)n), 431);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_prefixes_wait),
        cmocka_unit_test(test_what_it_finds),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
