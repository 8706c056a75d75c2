/* line_diff: what differs between two texts, line by line, as a unified diff: the shortest one
 * (Myers' greedy way) where few lines differ, else everything between the first and the last
 * difference is taken out and put in, so that time and memory are bounded. Pure; no time. */
#pragma once

#include "base/buffer.h"
#include "base/err.h"

#define LINE_DIFF_EDITS_MAX 400 /* lines that go or come, for the shortest */
#define LINE_DIFF_CONTEXT 3

struct diff_text { /* data NULL: there is no such file */
    const char *data;
    size_t length;
};

/* Appends the diff with its two lines of names; nothing where the texts are equal. E_MEMORY */
MUST_CHECK int line_diff(
    const char *path, struct diff_text from, struct diff_text to, struct buffer *out, struct err *e
);
