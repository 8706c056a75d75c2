/* http_head: the strict check of a request's head on its raw bytes, before the parser sees them.
 *
 * Servers in a row that read one request differently let a second one through unseen. Nothing
 * doubtful is repaired here: what could be read in two ways is refused. The check runs over a
 * growing buffer and goes on where it stopped, so that a bad line is refused as soon as it is
 * complete, however slowly it comes. Places are offsets into the buffer, which may move. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEAD_MAX 16384
#define HTTP_LINE_MAX 8192
#define HTTP_HEADERS_MAX 64
#define HTTP_BODY_MAX 65536
#define HTTP_SCRIPT_MAX ((uint32_t)256 << 10) /* of PUT /api/scripts/… */

enum http_method { HTTP_GET_, HTTP_HEAD_, HTTP_POST_, HTTP_PUT_, HTTP_PATCH_, HTTP_DELETE_ };
#define HTTP_METHOD_COUNT 6
const char *http_method_name(enum http_method method);

struct place { /* bytes [start, start + length) of the buffer; start 0: not there */
    uint32_t start, length;
};

struct http_head {
    /* How far it has come. */
    size_t scanned, line_start;
    bool has_skipped; /* an empty line before the request line */
    bool has_request_line;
    int header_count;
    /* What it has found. */
    size_t begin;  /* of the request line */
    size_t length; /* where the body begins */
    enum http_method method;
    bool is_http10;
    bool is_close, is_keep_alive; /* asked for by Connection */
    bool expects_continue;
    bool has_content_length;
    uint32_t content_length;
    struct place path, query; /* undecoded; the query without its ? */
    struct place authority;   /* of an absolute target */
    struct place host, authorization, content_type, idempotency_key, last_event_id;
};

void http_head_init(struct http_head *head);

#define HTTP_HEAD_MORE 0
#define HTTP_HEAD_COMPLETE 1

/* Looks at the bytes that came since the last call. HTTP_HEAD_MORE, HTTP_HEAD_COMPLETE, or the
 * status with which the request is refused and the connection closed. */
int http_head_check(struct http_head *head, const char *bytes, size_t length);
