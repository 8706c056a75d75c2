/* snippet: runs a few lines of Lua as a script of one file and says how it ended. */
#pragma once

#include "script/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static inline struct sandbox *snippet_sandbox(struct deadline *deadline) {
    struct sandbox *s;
    struct err e;
    struct sandbox_options options = {
        .memory_max = (size_t)2 << 20, .pcall_depth_max = 200, .deadline = deadline, .seed = 7};
    assert_int_equal(sandbox_new(&s, &options, &e), 0);
    return s;
}

/* Loads the text as script "rsi"; what it returned is on the stack. */
static inline int snippet_load(struct sandbox *s, const char *text, struct fault *fault) {
    struct script_file file = {"init.lua", text, strlen(text)};
    struct script_bundle bundle = {"rsi", 0, &file, 1};
    return sandbox_load(s, &bundle, 5000000, fault);
}

/* The text must return true. */
static inline void snippet_holds(const char *text) {
    struct sandbox *s = snippet_sandbox(NULL);
    struct fault fault = {0};
    if (snippet_load(s, text, &fault) != 0) {
        fail_msg("%s\n%s", fault.text, text);
    }
    if (!lua_toboolean(sandbox_state(s), -1)) {
        fail_msg("does not hold:\n%s", text);
    }
    sandbox_free(s);
}

/* The text must fault so. */
static inline void snippet_faults(const char *text, int code, const char *with) {
    struct sandbox *s = snippet_sandbox(NULL);
    struct fault fault = {0};
    int status = snippet_load(s, text, &fault);
    if (status != code || !strstr(fault.text, with)) {
        fail_msg(
            "%s instead of %s, %s: %s\n%s", err_name(status), err_name(code), with,
            status ? fault.text : "", text
        );
    }
    assert_int_equal(lua_gettop(sandbox_state(s)), 0);
    sandbox_free(s);
}
