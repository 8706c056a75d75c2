/* data_lines: where the entries of a data file are written. The text is known to be good Lua, so a
 * reader of its words and brackets is enough; it follows the constructor that is returned and those
 * written directly inside it. */
#include "script/data_file.h"

#include <ctype.h>
#include <string.h>

enum word_kind { WORD_END, WORD_NAME, WORD_NUMBER, WORD_TEXT, WORD_SIGN };

struct word {
    enum word_kind kind;
    const char *from; /* of a text: what is between its quotes */
    size_t length;
    int line;
};

struct reader {
    const char *at, *end;
    int line;
    struct word word; /* the one looked at */
};

static bool reader_sees(const struct reader *r, const char *text) {
    size_t n = strlen(text);
    return (size_t)(r->end - r->at) >= n && memcmp(r->at, text, n) == 0;
}

static void reader_skip(struct reader *r, size_t count) {
    for (; count > 0 && r->at < r->end; count--, r->at++) {
        r->line += *r->at == '\n';
    }
}

/* At "[[" or "[=…[": the number of its equals signs, −1 when it is none. */
static int long_level(const struct reader *r) {
    if (!reader_sees(r, "[")) {
        return -1;
    }
    const char *p = r->at + 1;
    while (p < r->end && *p == '=') {
        p++;
    }
    return p < r->end && *p == '[' ? (int)(p - r->at - 1) : -1;
}

static void long_skip(struct reader *r, int level) {
    reader_skip(r, (size_t)level + 2);
    while (r->at < r->end) {
        if (*r->at == ']') {
            const char *p = r->at + 1;
            int equals = 0;
            while (p < r->end && *p == '=') {
                p++;
                equals++;
            }
            if (equals == level && p < r->end && *p == ']') {
                reader_skip(r, (size_t)level + 2);
                return;
            }
        }
        reader_skip(r, 1);
    }
}

static void blanks_skip(struct reader *r) {
    for (;;) {
        while (r->at < r->end && isspace((unsigned char)*r->at)) {
            reader_skip(r, 1);
        }
        if (!reader_sees(r, "--")) {
            return;
        }
        reader_skip(r, 2);
        int level = long_level(r);
        if (level >= 0) {
            long_skip(r, level);
        } else {
            while (r->at < r->end && *r->at != '\n') {
                reader_skip(r, 1);
            }
        }
    }
}

static void quoted_read(struct reader *r) {
    char quote = *r->at;
    reader_skip(r, 1);
    r->word.from = r->at;
    while (r->at < r->end && *r->at != quote) {
        reader_skip(r, *r->at == '\\' ? 2 : 1);
    }
    r->word.length = (size_t)(r->at - r->word.from);
    reader_skip(r, 1);
}

static bool is_word_byte(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '.' || (unsigned char)c >= 0x80;
}

static void reader_next(struct reader *r) {
    blanks_skip(r);
    r->word = (struct word){WORD_END, r->at, 0, r->line};
    if (r->at == r->end) {
        return;
    }
    char c = *r->at;
    int level = long_level(r);
    if (c == '"' || c == '\'') {
        r->word.kind = WORD_TEXT;
        quoted_read(r);
    } else if (level >= 0) {
        r->word.kind = WORD_TEXT;
        long_skip(r, level);
    } else if (isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80) {
        r->word.kind = isdigit((unsigned char)c) ? WORD_NUMBER : WORD_NAME;
        while (r->at < r->end && is_word_byte(*r->at)) {
            reader_skip(r, 1);
        }
        r->word.length = (size_t)(r->at - r->word.from);
    } else {
        r->word.kind = WORD_SIGN;
        r->word.length = reader_sees(r, "==") || reader_sees(r, "~=") ? 2 : 1;
        reader_skip(r, r->word.length);
    }
}

static bool word_is(const struct reader *r, const char *text) {
    const struct word *w = &r->word;
    return w->kind != WORD_TEXT && w->length == strlen(text) &&
           memcmp(w->from, text, w->length) == 0;
}

static int depth_change(const struct reader *r) {
    return word_is(r, "{") || word_is(r, "(") || word_is(r, "[")   ? 1
           : word_is(r, "}") || word_is(r, ")") || word_is(r, "]") ? -1
                                                                   : 0;
}

/* Stops at the comma or the bracket that ends an entry of a constructor. */
static void expression_skip(struct reader *r) {
    int depth = 0;
    while (r->word.kind != WORD_END) {
        int change = depth_change(r);
        if (depth == 0 && (change < 0 || word_is(r, ",") || word_is(r, ";"))) {
            return;
        }
        depth += change;
        reader_next(r);
    }
}

static struct data_value *child_named(struct data_value *table, const struct word *name) {
    for (int i = 0; i < table->count; i++) {
        struct data_entry *entry = &table->entries[i];
        if (entry->key != NULL && strlen(entry->key) == name->length &&
            memcmp(entry->key, name->from, name->length) == 0) {
            return &entry->value;
        }
    }
    return NULL;
}

static struct data_value *child_at(struct data_value *table, int64_t index) {
    return index <= table->count && table->entries[index - 1].key == NULL
               ? &table->entries[index - 1].value
               : NULL;
}

/* The key of an entry, if it has one written out; leaves the reader at its value. */
static struct data_value *
entry_begin(struct reader *r, struct data_value *table, int64_t *list_index) {
    struct reader before = *r;
    bool is_bracketed = word_is(r, "[");
    if (is_bracketed) {
        reader_next(r);
    }
    struct word key = r->word;
    if (is_bracketed || key.kind == WORD_NAME) {
        reader_next(r);
        if (is_bracketed && word_is(r, "]")) {
            reader_next(r);
        }
        if (word_is(r, "=")) {
            reader_next(r);
            return key.kind == WORD_NAME || key.kind == WORD_TEXT ? child_named(table, &key) : NULL;
        }
    }
    *r = before;
    ++*list_index;
    return child_at(table, *list_index);
}

/* At "{": reads past its "}". */
static void constructor_read(struct reader *r, struct data_value *table, int depth) {
    int64_t list_index = 0;
    reader_next(r);
    while (r->word.kind != WORD_END && !word_is(r, "}")) {
        int line = r->word.line;
        const char *from = r->word.from;
        struct data_value *child = entry_begin(r, table, &list_index);
        if (child != NULL) {
            child->repeated = child->line != 0;
            child->line = line;
        }
        if (child != NULL && child->kind == DATA_TABLE && word_is(r, "{") &&
            depth < DATA_DEPTH_MAX) {
            constructor_read(r, child, depth + 1);
        }
        expression_skip(r);
        if (word_is(r, ",") || word_is(r, ";")) {
            reader_next(r);
        } else if (r->word.from == from) {
            return; /* not what was expected: the rest keeps no lines */
        }
    }
    reader_next(r);
}

void data_lines_find(const char *text, size_t length, struct data_value *root) {
    struct reader r = {.at = text, .end = text + length, .line = 1};
    struct reader returned = {0};
    int depth = 0;
    for (reader_next(&r); r.word.kind != WORD_END; reader_next(&r)) {
        depth += depth_change(&r);
        if (depth == 0 && word_is(&r, "return")) {
            returned = r;
        }
    }
    if (returned.at == NULL) {
        return;
    }
    reader_next(&returned);
    root->line = returned.word.line;
    if (word_is(&returned, "{")) {
        constructor_read(&returned, root, 0);
    }
}
