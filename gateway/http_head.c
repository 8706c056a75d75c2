#include "gateway/http_head.h"

#include <string.h>
#include <strings.h>

#define REFUSED_SYNTAX 400
#define REFUSED_METHOD 405
#define REFUSED_FRAMING 411
#define REFUSED_BODY 413
#define REFUSED_TARGET 414
#define REFUSED_EXPECT 417
#define REFUSED_HEADERS 431
#define REFUSED_VERSION 505

static const char *const method_names[HTTP_METHOD_COUNT] = {
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE",
};

const char *http_method_name(enum http_method method) {
    return method_names[method];
}

void http_head_init(struct http_head *head) {
    *head = (struct http_head){0};
}

struct text { /* a line, or a part of it */
    const char *data;
    size_t length;
};

static bool is_token(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_hex(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

static bool text_is(struct text t, const char *word) {
    return t.length == strlen(word) && strncasecmp(t.data, word, t.length) == 0;
}

static struct place place_of(const char *bytes, struct text t) {
    return (struct place){(uint32_t)(t.data - bytes), (uint32_t)t.length};
}

/* --- the request line
 * ----------------------------------------------------------------------------- */

static int method_check(struct http_head *head, struct text method) {
    static const char *const refused[] = {"CONNECT", "TRACE", "OPTIONS"};
    for (int i = 0; i < HTTP_METHOD_COUNT; i++) {
        if (method.length == strlen(method_names[i]) &&
            memcmp(method.data, method_names[i], method.length) == 0) {
            head->method = (enum http_method)i;
            return 0;
        }
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (method.length == strlen(refused[i]) &&
            memcmp(method.data, refused[i], method.length) == 0) {
            return REFUSED_METHOD;
        }
    }
    for (size_t i = 0; i < method.length; i++) {
        if (method.data[i] < 'A' || method.data[i] > 'Z') {
            return REFUSED_SYNTAX;
        }
    }
    return method.length == 0 ? REFUSED_SYNTAX : REFUSED_METHOD;
}

static int version_check(struct http_head *head, struct text v) {
    if (v.length != 8 || memcmp(v.data, "HTTP/", 5) != 0 || v.data[5] < '0' || v.data[5] > '9' ||
        v.data[6] != '.' || v.data[7] < '0' || v.data[7] > '9') {
        return REFUSED_SYNTAX;
    }
    if (v.data[5] != '1' || v.data[7] > '1') {
        return REFUSED_VERSION;
    }
    head->is_http10 = v.data[7] == '0';
    return 0;
}

static bool target_is_sane(struct text t) {
    for (size_t i = 0; i < t.length; i++) {
        unsigned char c = (unsigned char)t.data[i];
        if (c < 33 || c > 126 || c == '#') {
            return false;
        }
        if (c == '%') {
            if (i + 2 >= t.length || !is_hex((unsigned char)t.data[i + 1]) ||
                !is_hex((unsigned char)t.data[i + 2]) ||
                (t.data[i + 1] == '0' && t.data[i + 2] == '0')) {
                return false;
            }
        }
    }
    return true;
}

static int target_check(struct http_head *head, const char *bytes, struct text t) {
    if (t.length == 0 || !target_is_sane(t)) {
        return REFUSED_SYNTAX;
    }
    if (t.length > 7 && strncasecmp(t.data, "http://", 7) == 0) {
        const char *rest = t.data + 7;
        size_t left = t.length - 7;
        size_t n = 0;
        while (n < left && rest[n] != '/' && rest[n] != '?') {
            n++;
        }
        if (n == 0 || n == left || rest[n] == '?') {
            return REFUSED_SYNTAX; /* every path here has a slash */
        }
        head->authority = place_of(bytes, (struct text){rest, n});
        t = (struct text){rest + n, left - n};
    }
    if (t.data[0] != '/') {
        return REFUSED_SYNTAX;
    }
    const char *question = memchr(t.data, '?', t.length);
    size_t path_length = question != NULL ? (size_t)(question - t.data) : t.length;
    head->path = place_of(bytes, (struct text){t.data, path_length});
    if (question != NULL) {
        head->query = place_of(bytes, (struct text){question + 1, t.length - path_length - 1});
    }
    return 0;
}

static int request_line_check(struct http_head *head, const char *bytes, struct text line) {
    const char *first = memchr(line.data, ' ', line.length);
    if (first == NULL) {
        return REFUSED_SYNTAX;
    }
    struct text method = {line.data, (size_t)(first - line.data)};
    const char *target = first + 1;
    size_t left = line.length - method.length - 1;
    const char *second = memchr(target, ' ', left);
    if (second == NULL) {
        return REFUSED_SYNTAX; /* HTTP/0.9 as well */
    }
    size_t target_length = (size_t)(second - target);
    int status = version_check(head, (struct text){second + 1, left - target_length - 1});
    if (status == 0) {
        status = target_check(head, bytes, (struct text){target, target_length});
    }
    return status != 0 ? status : method_check(head, method);
}

/* --- headers
 * -------------------------------------------------------------------------------------- */

/* A header that may stand once. */
static int once(struct place *slot, const char *bytes, struct text value) {
    if (slot->start != 0) {
        return REFUSED_SYNTAX;
    }
    *slot = place_of(bytes, value);
    return 0;
}

static int host_check(struct http_head *head, const char *bytes, struct text value) {
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = (unsigned char)value.data[i];
        bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!is_plain && strchr(".-_:[]%~", c) == NULL) {
            return REFUSED_SYNTAX;
        }
    }
    return value.length == 0 ? REFUSED_SYNTAX : once(&head->host, bytes, value);
}

/* Scripts may be longer than other bodies. */
static uint64_t body_max(const struct http_head *head, const char *bytes) {
    static const char scripts[] = "/api/scripts/";
    const size_t length = sizeof scripts - 1;
    bool is_script = head->method == HTTP_PUT_ && head->path.length > length &&
                     memcmp(bytes + head->path.start, scripts, length) == 0;
    return is_script ? HTTP_SCRIPT_MAX : HTTP_BODY_MAX;
}

static int content_length_check(struct http_head *head, const char *bytes, struct text value) {
    uint64_t most = body_max(head, bytes);
    uint64_t length = 0;
    if (head->has_content_length || value.length == 0) {
        return REFUSED_SYNTAX;
    }
    for (size_t i = 0; i < value.length; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') {
            return REFUSED_SYNTAX;
        }
        length = length * 10 + (uint64_t)(value.data[i] - '0');
        length = length > most ? most + 1 : length;
    }
    head->has_content_length = true;
    head->content_length = (uint32_t)length;
    return length > most ? REFUSED_BODY : 0;
}

static int connection_check(struct http_head *head, struct text value) {
    size_t i = 0;
    while (i < value.length) {
        while (i < value.length && strchr(" \t,", value.data[i]) != NULL) {
            i++;
        }
        size_t start = i;
        while (i < value.length && strchr(" \t,", value.data[i]) == NULL) {
            i++;
        }
        struct text option = {value.data + start, i - start};
        head->is_close = head->is_close || text_is(option, "close");
        head->is_keep_alive = head->is_keep_alive || text_is(option, "keep-alive");
        if (text_is(option, "upgrade")) {
            return REFUSED_SYNTAX; /* no route here becomes anything else */
        }
    }
    return 0;
}

static int header_known(struct http_head *head, const char *bytes, struct text n, struct text v) {
    if (text_is(n, "host")) {
        return host_check(head, bytes, v);
    }
    if (text_is(n, "content-length")) {
        return content_length_check(head, bytes, v);
    }
    if (text_is(n, "transfer-encoding")) {
        return REFUSED_FRAMING;
    }
    if (text_is(n, "connection")) {
        return connection_check(head, v);
    }
    if (text_is(n, "upgrade")) {
        return REFUSED_SYNTAX;
    }
    if (text_is(n, "expect")) {
        head->expects_continue = true;
        return text_is(v, "100-continue") ? 0 : REFUSED_EXPECT;
    }
    if (text_is(n, "authorization")) {
        return once(&head->authorization, bytes, v);
    }
    if (text_is(n, "content-type")) {
        return once(&head->content_type, bytes, v);
    }
    if (text_is(n, "idempotency-key")) {
        return once(&head->idempotency_key, bytes, v);
    }
    return text_is(n, "last-event-id") ? once(&head->last_event_id, bytes, v) : 0;
}

static int header_check(struct http_head *head, const char *bytes, struct text line) {
    if (++head->header_count > HTTP_HEADERS_MAX) {
        return REFUSED_HEADERS;
    }
    size_t n = 0;
    while (n < line.length && is_token((unsigned char)line.data[n])) {
        n++;
    }
    if (n == 0 || n == line.length || line.data[n] != ':') {
        return REFUSED_SYNTAX; /* a folded line begins with a space, which is no token */
    }
    struct text value = {line.data + n + 1, line.length - n - 1};
    while (value.length > 0 && (value.data[0] == ' ' || value.data[0] == '\t')) {
        value.data++;
        value.length--;
    }
    while (value.length > 0 &&
           (value.data[value.length - 1] == ' ' || value.data[value.length - 1] == '\t')) {
        value.length--;
    }
    return header_known(head, bytes, (struct text){line.data, n}, value);
}

static int head_end(struct http_head *head, const char *bytes) {
    if (head->host.start == 0) {
        if (!head->is_http10) {
            return REFUSED_SYNTAX;
        }
    } else if (head->authority.start != 0) {
        struct text host = {bytes + head->host.start, head->host.length};
        if (host.length != head->authority.length ||
            strncasecmp(host.data, bytes + head->authority.start, host.length) != 0) {
            return REFUSED_SYNTAX;
        }
    }
    return HTTP_HEAD_COMPLETE;
}

/* --- lines
 * ---------------------------------------------------------------------------------------- */

static int line_check(struct http_head *head, const char *bytes, size_t end) {
    struct text line = {bytes + head->line_start, end - head->line_start};
    if (!head->has_request_line) {
        if (line.length == 0) {
            bool is_second = head->has_skipped;
            head->has_skipped = true;
            head->begin = end + 2;
            return is_second ? REFUSED_SYNTAX : 0;
        }
        head->has_request_line = true;
        return request_line_check(head, bytes, line);
    }
    return line.length == 0 ? head_end(head, bytes) : header_check(head, bytes, line);
}

/* Whether the byte at i may stand where it does, and lengths are within their limits. */
static int byte_check(const struct http_head *head, const char *bytes, size_t i) {
    unsigned char c = (unsigned char)bytes[i];
    bool is_after_return = i > head->line_start && bytes[i - 1] == '\r';
    if (c == '\n' ? !is_after_return : is_after_return) {
        return REFUSED_SYNTAX; /* a bare LF, a bare CR */
    }
    if ((c < 32 && c != '\t' && c != '\r' && c != '\n') || c == 127) {
        return REFUSED_SYNTAX;
    }
    bool is_first = i == head->line_start && !head->has_request_line;
    if (is_first && c != '\r' && (c < 'A' || c > 'Z')) {
        return REFUSED_SYNTAX;
    }
    if (!head->has_request_line && i - head->line_start >= HTTP_LINE_MAX) {
        return REFUSED_TARGET;
    }
    return i >= HTTP_HEAD_MAX ? REFUSED_HEADERS : 0;
}

/* How many of the bytes from i on can be passed over, eight at a time: none of them is a control
 * character, none is the first of its line or stands behind a CR, and no limit is within them. What is
 * below 32 borrows from its top bit in w − 32…32; only 127 and what is above gets one in w + 1…1. */
static size_t plain_bytes(
    const struct http_head *head, const char *bytes, size_t i, size_t length
) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    size_t end = length < HTTP_HEAD_MAX ? length : HTTP_HEAD_MAX;
    size_t begin = i;
    if (!head->has_request_line && end > head->line_start + HTTP_LINE_MAX) {
        end = head->line_start + HTTP_LINE_MAX;
    }
    if (i == head->line_start || bytes[i - 1] == '\r') {
        return 0;
    }
    for (; i + 8 <= end; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof word);
        if (((word | (word + ones) | ((word - ones * 32) & ~word)) & (ones * 0x80)) != 0) {
            break;
        }
    }
    return i - begin;
}

int http_head_check(struct http_head *head, const char *bytes, size_t length) {
    while (head->scanned < length) {
        head->scanned += plain_bytes(head, bytes, head->scanned, length);
        size_t i = head->scanned;
        if (i == length) {
            break;
        }
        int status = byte_check(head, bytes, i);
        if (status != 0) {
            return status;
        }
        head->scanned++;
        if (bytes[i] != '\n') {
            continue;
        }
        status = line_check(head, bytes, i - 1);
        head->line_start = i + 1;
        if (status != 0) {
            head->length = i + 1;
            return status;
        }
    }
    return HTTP_HEAD_MORE;
}
