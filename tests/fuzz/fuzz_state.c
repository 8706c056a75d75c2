/* Any bytes as a kept state: E_DATA, or a table that is written as the same bytes again. */
#include "script/sandbox.h"

#include <stdlib.h>
#include <string.h>

#define BYTES_MAX ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct task {
    const char *bytes;
    size_t length;
    int code;
};

static int round_trip(lua_State *L) {
    static char again[BYTES_MAX];
    struct task *t = lua_touserdata(L, 1);
    struct err e = {0};
    struct fault fault;
    size_t length = 0;
    t->code = state_decode(L, t->bytes, t->length, &e);
    if (t->code != 0) {
        if (t->code != E_DATA || e.msg[0] == '\0') {
            abort();
        }
        return 0;
    }
    if (state_encode(L, -1, again, sizeof again, &length, &fault) != 0 || length != t->length ||
        memcmp(again, t->bytes, length) != 0) {
        abort();
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct sandbox_options options = {.memory_max = (size_t)16 << 20, .pcall_depth_max = 1};
    struct task task = {(const char *)bytes, length, 0};
    struct sandbox *s;
    struct err e;
    struct fault fault;
    char text[64];
    if (length > BYTES_MAX) {
        return 0;
    }
    if (sandbox_new(&s, &options, &e) != 0 || sandbox_protect(s, round_trip, &task, &fault) != 0) {
        abort();
    }
    sandbox_free(s);
    bool has_text = state_format(task.bytes, length, text, sizeof text) > 0;
    if (has_text != (task.code == 0)) {
        abort();
    }
    return 0;
}
