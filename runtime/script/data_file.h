/* data_file: a Lua file that is data, `return { … }`: configuration and tables of facts.
 *
 * The text runs as Lua in a state where nothing was opened, so that there is nothing to call: no
 * names, no string methods, text only, under a limit of instructions and of memory. What it
 * returned is copied out as a tree of plain values, list elements first in their order, then named
 * entries sorted, each with the line it was written on where that could be told. A function, a
 * cycle or a name that does not exist is an error with file and line.
 * No time, any thread; the tree lives until data_file_free. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATA_DEPTH_MAX 16
#define DATA_TEXT_MAX ((size_t)256 << 10) /* bytes of a file */

enum data_kind { DATA_BOOLEAN, DATA_NUMBER, DATA_TEXT, DATA_TABLE };

struct data_entry;

struct data_value {
    enum data_kind kind;
    int line;      /* 0: not known */
    bool repeated; /* its key was written more than once in one table */
    bool boolean;
    double number;
    const char *text; /* NUL-terminated; without a NUL inside */
    struct data_entry *entries;
    int count;
};

struct data_entry {
    const char *key; /* NULL: an element of the list part */
    int64_t index;   /* of an element, from 1 */
    struct data_value value;
};

struct data_file {
    struct data_value root; /* a table */
    void *memory;
};

/* `name` stands for the file in errors and lines ("config/demo.lua"). E_CONFIG with file and line
 * for what is wrong in the text, E_LIMIT, E_MEMORY. */
MUST_CHECK int data_text_load(
    const char *name, const char *text, size_t length, struct data_file *out, struct err *e
);
void data_file_free(struct data_file *file);

/* The entry of a name; NULL: none. */
const struct data_value *data_find(const struct data_value *table, const char *key);

/* For data_text_load: finds on which lines the entries of the tree are written. What it cannot
 * follow keeps line 0. */
void data_lines_find(const char *text, size_t length, struct data_value *root);
