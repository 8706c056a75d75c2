#include "store/state_text.h"

#include <stdio.h>
#include <string.h>

#define VERSION 1
#define DEPTH_MAX 16

enum { TAG_FALSE = 1, TAG_TRUE, TAG_WHOLE, TAG_DOUBLE, TAG_STRING, TAG_TABLE, TAG_ARRAY };

struct walk {
    const unsigned char *bytes;
    size_t length, at;
    bool is_bad;
    struct json_writer json;
};

static unsigned walk_byte(struct walk *w) {
    if (w->at == w->length) {
        w->is_bad = true;
        return 0;
    }
    return w->bytes[w->at++];
}

static uint64_t walk_varint(struct walk *w) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !w->is_bad; shift += 7) {
        unsigned byte = walk_byte(w);
        value |= (uint64_t)(byte & 0x7F) << shift;
        if ((byte & 0x80) == 0) {
            return value;
        }
    }
    w->is_bad = true;
    return 0;
}

static int64_t walk_whole(struct walk *w) {
    uint64_t zigzag = walk_varint(w);
    return (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
}

static const char *walk_string(struct walk *w, size_t *length) {
    uint64_t size = walk_varint(w);
    if (w->is_bad || size > w->length - w->at) {
        w->is_bad = true;
        *length = 0;
        return "";
    }
    const char *text = (const char *)w->bytes + w->at;
    *length = (size_t)size;
    w->at += *length;
    return text;
}

static void walk_key(struct walk *w) {
    char key[256];
    unsigned tag = walk_byte(w);
    if (tag == TAG_WHOLE) {
        snprintf(key, sizeof key, "%lld", (long long)walk_whole(w));
    } else if (tag == TAG_STRING) {
        size_t length;
        const char *text = walk_string(w, &length);
        snprintf(
            key, sizeof key, "%.*s", (int)(length < sizeof key ? length : sizeof key - 1), text
        );
    } else {
        w->is_bad = true;
        return;
    }
    json_key(&w->json, key);
}

static void walk_value(struct walk *w, int depth);

static void walk_table(struct walk *w, bool is_array, int depth) {
    uint64_t count = walk_varint(w);
    if (depth == DEPTH_MAX || count > w->length - w->at) {
        w->is_bad = true;
        return;
    }
    if (is_array) {
        json_array(&w->json);
    } else {
        json_object(&w->json);
    }
    for (uint64_t i = 0; i < count && !w->is_bad; i++) {
        if (!is_array) {
            walk_key(w);
        }
        walk_value(w, depth + 1);
    }
    json_close(&w->json);
}

static void walk_value(struct walk *w, int depth) {
    size_t length;
    double number;
    unsigned tag = walk_byte(w);
    if (w->is_bad) {
        return;
    }
    switch (tag) {
    case TAG_FALSE:
    case TAG_TRUE:
        json_bool(&w->json, tag == TAG_TRUE);
        break;
    case TAG_WHOLE:
        json_integer(&w->json, walk_whole(w));
        break;
    case TAG_DOUBLE:
        if (w->length - w->at < sizeof number) {
            w->is_bad = true;
            return;
        }
        memcpy(&number, w->bytes + w->at, sizeof number);
        w->at += sizeof number;
        json_double(&w->json, number);
        break;
    case TAG_STRING: {
        const char *text = walk_string(w, &length);
        json_string_of(&w->json, text, length);
        break;
    }
    case TAG_TABLE:
    case TAG_ARRAY:
        walk_table(w, tag == TAG_ARRAY, depth);
        break;
    default:
        w->is_bad = true;
    }
}

int state_text(const char *bytes, size_t length, struct buffer *out) {
    struct walk w = {.bytes = (const unsigned char *)bytes, .length = length};
    size_t before = out->length;
    json_begin(&w.json, out);
    if (walk_byte(&w) != VERSION) {
        w.is_bad = true;
    } else {
        walk_value(&w, 0);
    }
    bool is_whole = !w.is_bad && w.at == length;
    int code = is_whole ? json_end(&w.json) : E_DATA;
    if (code != 0) {
        buffer_truncate(out, before);
    }
    return code;
}
