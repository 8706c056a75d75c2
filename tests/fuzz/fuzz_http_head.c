/* Any bytes as the head of a request: the same verdict whole and byte by byte, never read beyond
 * their end, places within them, and llhttp does not see another end of an accepted request. */
#include "gateway/http_head.h"

#include <llhttp.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static int on_message_complete(llhttp_t *parser) {
    (void)parser;
    return HPE_PAUSED;
}

static void place_check(struct place p, size_t length) {
    if (p.start > length || p.length > length - p.start) {
        abort();
    }
}

/* What llhttp accepts as a whole message must end where the head says. */
static void parsers_compare(const struct http_head *head, const char *text, size_t length) {
    llhttp_settings_t settings;
    llhttp_t parser;
    size_t size = head->length - head->begin + head->content_length;
    if (head->length + head->content_length > length) {
        return;
    }
    llhttp_settings_init(&settings);
    settings.on_message_complete = on_message_complete;
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    llhttp_errno_t code = llhttp_execute(&parser, text + head->begin, size);
    if (code == HPE_OK ||
        (code == HPE_PAUSED && llhttp_get_error_pos(&parser) != text + head->begin + size)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct http_head whole;
    struct http_head slow;
    char *text = malloc(length > 0 ? length : 1); /* exact, so that a byte too far is seen */
    if (text == NULL || length > 40000) {
        free(text);
        return 0;
    }
    memcpy(text, bytes, length);
    http_head_init(&whole);
    http_head_init(&slow);
    int status = http_head_check(&whole, text, length);
    int slowly = HTTP_HEAD_MORE;
    for (size_t n = 1; n <= length && slowly == HTTP_HEAD_MORE; n++) {
        slowly = http_head_check(&slow, text, n);
    }
    if (status != slowly) {
        abort();
    }
    if (status == HTTP_HEAD_COMPLETE) {
        const struct place places[] = {
            whole.path,          whole.query,        whole.authority,       whole.host,
            whole.authorization, whole.content_type, whole.idempotency_key, whole.last_event_id,
        };
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
            place_check(places[i], length);
        }
        parsers_compare(&whole, text, length);
    }
    free(text);
    return 0;
}
