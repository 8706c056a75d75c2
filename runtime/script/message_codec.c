#include "script/message_codec.h"

void codec_fail(struct codec *c, int code) {
    if (c->code == 0) {
        c->code = code;
    }
}

void codec_bytes(struct codec *c, void *bytes, size_t size) {
    if (c->code != 0) {
        return;
    }
    if (size > c->length - c->position) {
        codec_fail(c, c->is_writing ? E_LIMIT : E_DATA);
        return;
    }
    if (c->is_writing) {
        memcpy(c->out + c->position, bytes, size);
    } else {
        memcpy(bytes, c->in + c->position, size);
    }
    c->position += size;
}

/* The machines this runs on are little-endian; the build refuses others. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "messages are little-endian");

void codec_u8(struct codec *c, uint8_t *v) {
    codec_bytes(c, v, sizeof *v);
}

void codec_u16(struct codec *c, uint16_t *v) {
    codec_bytes(c, v, sizeof *v);
}

void codec_u32(struct codec *c, uint32_t *v) {
    codec_bytes(c, v, sizeof *v);
}

void codec_u64(struct codec *c, uint64_t *v) {
    codec_bytes(c, v, sizeof *v);
}

void codec_i64(struct codec *c, int64_t *v) {
    codec_bytes(c, v, sizeof *v);
}

void codec_double(struct codec *c, double *v) {
    codec_bytes(c, v, sizeof *v);
}

void codec_decimal(struct codec *c, struct decimal *v) {
    codec_bytes(c, &v->v, sizeof v->v);
}

void codec_int(struct codec *c, int *v, int min, int max) {
    int32_t value = (int32_t)*v;
    if (c->is_writing && (value < min || value > max)) {
        codec_fail(c, E_DATA);
    }
    codec_bytes(c, &value, sizeof value);
    if (c->code == 0 && (value < min || value > max)) {
        codec_fail(c, E_DATA);
    }
    if (!c->is_writing) {
        *v = c->code == 0 ? value : min;
    }
}

void codec_bool(struct codec *c, bool *v) {
    uint8_t value = *v;
    codec_u8(c, &value);
    if (!c->is_writing) {
        if (c->code == 0 && value > 1) {
            codec_fail(c, E_DATA);
        }
        *v = c->code == 0 && value == 1;
    }
}

void codec_chars(struct codec *c, char *text, size_t capacity) {
    uint16_t length = c->is_writing ? (uint16_t)strnlen(text, capacity - 1) : 0;
    codec_u16(c, &length);
    if (c->is_writing) {
        codec_bytes(c, text, length);
        return;
    }
    memset(text, 0, capacity);
    if (c->code == 0 && length >= capacity) {
        codec_fail(c, E_DATA);
    }
    codec_bytes(c, text, length);
    if (c->code == 0 && memchr(text, '\0', length)) {
        codec_fail(c, E_DATA);
    }
}

#define NULL_LENGTH UINT32_MAX

void codec_blob(struct codec *c, const char **bytes, size_t *length) {
    uint32_t size = NULL_LENGTH;
    if (c->is_writing && *bytes) {
        if (*length >= NULL_LENGTH) {
            codec_fail(c, E_LIMIT);
        }
        size = (uint32_t)*length;
    }
    codec_u32(c, &size);
    if (c->is_writing) {
        if (*bytes) {
            codec_bytes(c, (void *)(uintptr_t)*bytes, size);
        }
        return;
    }
    *bytes = NULL;
    *length = 0;
    if (c->code != 0 || size == NULL_LENGTH) {
        return;
    }
    if (size > c->length - c->position) {
        codec_fail(c, E_DATA);
        return;
    }
    *bytes = arena_copy(c->arena, c->in + c->position, size);
    if (!*bytes) {
        codec_fail(c, E_MEMORY);
        return;
    }
    *length = size;
    c->position += size;
}

void codec_text(struct codec *c, const char **text) {
    size_t length = c->is_writing && *text ? strlen(*text) : 0;
    codec_blob(c, text, &length);
    if (!c->is_writing && *text && memchr(*text, '\0', length)) {
        codec_fail(c, E_DATA);
    }
}

void *codec_array(struct codec *c, const void *array, int *count, size_t size) {
    uint32_t n = c->is_writing ? (uint32_t)*count : 0;
    codec_u32(c, &n);
    if (c->is_writing) {
        return (void *)(uintptr_t)array;
    }
    *count = 0;
    /* An element has at least a byte, so that a forged count cannot ask for much memory. */
    if (c->code == 0 && n > c->length - c->position) {
        codec_fail(c, E_DATA);
    }
    if (c->code != 0 || n == 0) {
        return NULL;
    }
    void *room = arena_alloc_array(c->arena, n, size);
    if (!room) {
        codec_fail(c, E_MEMORY);
        return NULL;
    }
    *count = (int)n;
    return room;
}
