#include "gateway/json_read.h"

#include "base/text.h"

#include <stdint.h>
#include <string.h>

struct reader {
    const char *text;
    size_t length, at;
    int depth;
    struct arena *arena;
    struct err *e;
};

static int value_read(struct reader *r, struct json_value **out);

static int wrong(struct reader *r, const char *what) {
    return err_set(r->e, E_SYNTAX, "JSON at byte %zu: %s", r->at + 1, what);
}

static int no_room(struct reader *r) {
    return err_set(r->e, E_MEMORY, "the JSON has too many values");
}

static void space_skip(struct reader *r) {
    while (r->at < r->length && (r->text[r->at] == ' ' || r->text[r->at] == '\t' ||
                                 r->text[r->at] == '\n' || r->text[r->at] == '\r')) {
        r->at++;
    }
}

static bool is_at(const struct reader *r, char c) {
    return r->at < r->length && r->text[r->at] == c;
}

static bool take(struct reader *r, char c) {
    if (!is_at(r, c)) {
        return false;
    }
    r->at++;
    return true;
}

/* --- strings
 * -------------------------------------------------------------------------------------- */

static int hex_read(struct reader *r, uint32_t *out) {
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        char c = r->at < r->length ? r->text[r->at] : '\0';
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        if (digit == 16) {
            return wrong(r, "\\u needs four hexadecimal digits");
        }
        unit = unit << 4 | digit;
    }
    *out = unit;
    return 0;
}

static size_t utf8_write(uint32_t c, char *to) {
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xC0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xE0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3F));
        to[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    to[0] = (char)(0xF0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3F));
    to[2] = (char)(0x80 | (c >> 6 & 0x3F));
    to[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* Behind \u: one character, of two units where the first is half of a pair. */
static int unicode_read(struct reader *r, char *to, size_t *length) {
    uint32_t c;
    int code = hex_read(r, &c);
    if (code != 0) {
        return code;
    }
    if (c >= 0xD800 && c < 0xDC00) {
        uint32_t low = 0;
        if (!take(r, '\\') || !take(r, 'u')) {
            return wrong(r, "half of a surrogate pair");
        }
        code = hex_read(r, &low);
        if (code != 0) {
            return code;
        }
        if (low < 0xDC00 || low > 0xDFFF) {
            return wrong(r, "half of a surrogate pair");
        }
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    } else if (c >= 0xDC00 && c < 0xE000) {
        return wrong(r, "half of a surrogate pair");
    } else if (c == 0) {
        return wrong(r, "a NUL in a string");
    }
    *length += utf8_write(c, to + *length);
    return 0;
}

static int escape_read(struct reader *r, char *to, size_t *length) {
    static const char from[] = "\"\\/bfnrt";
    static const char into[] = "\"\\/\b\f\n\r\t";
    if (r->at == r->length) {
        return wrong(r, "the string does not end");
    }
    char c = r->text[r->at++];
    if (c == 'u') {
        return unicode_read(r, to, length);
    }
    const char *found = c != '\0' ? strchr(from, c) : NULL;
    if (found == NULL) {
        return wrong(r, "an unknown escape");
    }
    to[(*length)++] = into[found - from];
    return 0;
}

/* Where the string that begins at r->at ends; its unescaped text is never longer. */
static size_t string_span(const struct reader *r) {
    size_t i = r->at;
    while (i < r->length && r->text[i] != '"') {
        i += r->text[i] == '\\' ? 2 : 1;
    }
    return (i < r->length ? i : r->length) - r->at;
}

static int string_read(struct reader *r, const char **text, size_t *length) {
    if (!take(r, '"')) {
        return wrong(r, "a string is expected");
    }
    char *to = arena_alloc(r->arena, string_span(r) + 1);
    if (to == NULL) {
        return no_room(r);
    }
    size_t n = 0;
    while (!is_at(r, '"')) {
        if (r->at == r->length) {
            return wrong(r, "the string does not end");
        }
        unsigned char c = (unsigned char)r->text[r->at];
        if (c == '\\') {
            r->at++;
            int code = escape_read(r, to, &n);
            if (code != 0) {
                return code;
            }
            continue;
        }
        size_t size = text_utf8_length(r->text + r->at, r->length - r->at);
        if (c < 0x20 || size == 0) {
            return wrong(r, c < 0x20 ? "a control byte in a string" : "bytes that are not UTF-8");
        }
        memcpy(to + n, r->text + r->at, size);
        n += size;
        r->at += size;
    }
    r->at++;
    to[n] = '\0';
    *text = to;
    *length = n;
    return 0;
}

/* --- numbers and words
 * ---------------------------------------------------------------------------- */

static size_t digits_skip(struct reader *r) {
    size_t begin = r->at;
    while (r->at < r->length && r->text[r->at] >= '0' && r->text[r->at] <= '9') {
        r->at++;
    }
    return r->at - begin;
}

static int number_read(struct reader *r, struct json_value *v) {
    size_t begin = r->at;
    take(r, '-');
    bool is_zero = is_at(r, '0');
    size_t digits = digits_skip(r);
    if (digits == 0 || (is_zero && digits > 1)) {
        return wrong(r, "a value is expected");
    }
    if (take(r, '.') && digits_skip(r) == 0) {
        return wrong(r, "digits are missing behind the point");
    }
    if (take(r, 'e') || take(r, 'E')) {
        if (!take(r, '+')) {
            take(r, '-');
        }
        if (digits_skip(r) == 0) {
            return wrong(r, "digits are missing in the exponent");
        }
    }
    v->kind = JSON_NUMBER;
    v->length = r->at - begin;
    v->text = arena_copy(r->arena, r->text + begin, v->length);
    return v->text != NULL ? 0 : no_room(r);
}

static int word_read(struct reader *r, struct json_value *v) {
    static const struct {
        const char *word;
        enum json_kind kind;
    } words[] = {{"null", JSON_NULL}, {"false", JSON_FALSE}, {"true", JSON_TRUE}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i].word);
        if (r->length - r->at >= n && memcmp(r->text + r->at, words[i].word, n) == 0) {
            r->at += n;
            v->kind = words[i].kind;
            return 0;
        }
    }
    return number_read(r, v);
}

/* --- lists and objects
 * ---------------------------------------------------------------------------- */

static int name_read(struct reader *r, const struct json_value *object, const char **name) {
    size_t length;
    int code = string_read(r, name, &length);
    if (code != 0) {
        return code;
    }
    if (json_member(object, *name) != NULL) {
        return err_set(r->e, E_SYNTAX, "JSON: \"%.40s\" stands twice in an object", *name);
    }
    space_skip(r);
    return take(r, ':') ? 0 : wrong(r, "a colon is expected");
}

static int members_read(struct reader *r, struct json_value *v, char closer) {
    const struct json_value **tail = &v->first;
    space_skip(r);
    if (take(r, closer)) {
        return 0;
    }
    for (;;) {
        struct json_value *member;
        const char *name = NULL;
        space_skip(r);
        if (closer == '}' && v->count == JSON_READ_MEMBERS_MAX) {
            return wrong(r, "the object has too many members");
        }
        int code = closer == '}' ? name_read(r, v, &name) : 0;
        code = code != 0 ? code : value_read(r, &member);
        if (code != 0) {
            return code;
        }
        member->name = name;
        *tail = member;
        tail = &member->next;
        v->count++;
        space_skip(r);
        if (take(r, closer)) {
            return 0;
        }
        if (!take(r, ',')) {
            return wrong(
                r, closer == '}' ? "a comma or } is expected" : "a comma or ] is expected"
            );
        }
    }
}

static int value_read(struct reader *r, struct json_value **out) {
    struct json_value *v = arena_alloc_array(r->arena, 1, sizeof *v);
    if (v == NULL) {
        return no_room(r);
    }
    *out = v;
    space_skip(r);
    if (is_at(r, '"')) {
        v->kind = JSON_STRING;
        return string_read(r, &v->text, &v->length);
    }
    bool is_object = is_at(r, '{');
    if (!is_object && !is_at(r, '[')) {
        return word_read(r, v);
    }
    if (++r->depth > JSON_READ_DEPTH_MAX) {
        return wrong(r, "it is nested too deep");
    }
    r->at++;
    v->kind = is_object ? JSON_OBJECT : JSON_ARRAY;
    int code = members_read(r, v, is_object ? '}' : ']');
    r->depth--;
    return code;
}

int json_read(
    const char *text,
    size_t length,
    struct arena *arena,
    const struct json_value **out,
    struct err *e
) {
    struct reader r = {.text = text, .length = length, .arena = arena, .e = e};
    struct json_value *v;
    int code = value_read(&r, &v);
    if (code != 0) {
        return code;
    }
    space_skip(&r);
    if (r.at < length) {
        return wrong(&r, "something stands behind the value");
    }
    *out = v;
    return 0;
}

const struct json_value *json_member(const struct json_value *object, const char *name) {
    for (const struct json_value *m = object->first; m != NULL; m = m->next) {
        if (m->name != NULL && strcmp(m->name, name) == 0) {
            return m;
        }
    }
    return NULL;
}

const char *json_kind_name(enum json_kind kind) {
    static const char *const names[] = {"null",   "boolean", "boolean", "number",
                                        "string", "list",    "object"};
    return names[kind];
}
