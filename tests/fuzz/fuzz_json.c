/* Any bytes as JSON: refused, or a tree within its bounds whose every text can be read. */
#include "gateway/json_read.h"

#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void text_check(const char *text, size_t length) {
    if (strlen(text) != length) {
        abort();
    }
    for (size_t i = 0; i < length;) {
        size_t size = text_utf8_length(text + i, length - i);
        if (size == 0) {
            abort();
        }
        i += size;
    }
}

static void tree_check(const struct json_value *v, int depth) {
    int count = 0;
    if (depth > JSON_READ_DEPTH_MAX + 1) {
        abort();
    }
    if (v->kind == JSON_STRING || v->kind == JSON_NUMBER) {
        text_check(v->text, v->length);
    }
    for (const struct json_value *m = v->first; m != NULL; m = m->next) {
        if ((m->name != NULL) != (v->kind == JSON_OBJECT)) {
            abort();
        }
        if (m->name != NULL && json_member(v, m->name) != m) {
            abort();
        }
        tree_check(m, depth + 1);
        count++;
    }
    if (count != v->count) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static _Alignas(16) char block[1 << 20];
    const struct json_value *v;
    struct arena arena;
    struct err e;
    char *text = malloc(length > 0 ? length : 1);
    if (text == NULL || length > 65536) {
        free(text);
        return 0;
    }
    memcpy(text, bytes, length);
    arena_init(&arena, block, sizeof block);
    int code = json_read(text, length, &arena, &v, &e);
    if (code == 0) {
        tree_check(v, 1);
    } else if (code != E_SYNTAX && code != E_MEMORY) {
        abort();
    }
    free(text);
    return 0;
}
