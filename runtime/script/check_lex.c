#include "script/check_lex.h"

#include <string.h>

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 128;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static char peek(const struct lexer *l, size_t ahead) {
    return (size_t)(l->end - l->at) > ahead ? l->at[ahead] : '\0';
}

/* One line end of any style: \n, \r, \r\n or \n\r. */
static void skip_line_end(struct lexer *l) {
    char first = *l->at++;
    if (l->at < l->end && (*l->at == '\n' || *l->at == '\r') && *l->at != first) {
        l->at++;
    }
    l->line++;
}

static void skip_line(struct lexer *l) {
    while (l->at < l->end && *l->at != '\n' && *l->at != '\r') {
        l->at++;
    }
}

void lexer_begin(struct lexer *lexer, const char *text, size_t length) {
    *lexer = (struct lexer){text, text + length, 1};
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        lexer->at += 3;
    }
    if (peek(lexer, 0) == '#') {
        skip_line(lexer);
    }
}

/* At "[": the level of a long bracket, −1 for none. */
static int bracket_level(const struct lexer *l) {
    size_t n = 1;
    while (peek(l, n) == '=') {
        n++;
    }
    return peek(l, n) == '[' ? (int)n - 1 : -1;
}

/* At a long bracket: what is inside it. */
static void read_long(struct lexer *l, int level, struct token *out) {
    l->at += level + 2;
    if (peek(l, 0) == '\n' || peek(l, 0) == '\r') {
        skip_line_end(l);
    }
    out->text = l->at;
    while (l->at < l->end) {
        if (*l->at == ']') {
            size_t n = 1;
            while (peek(l, n) == '=') {
                n++;
            }
            if ((int)n - 1 == level && peek(l, n) == ']') {
                out->length = (size_t)(l->at - out->text);
                l->at += n + 1;
                return;
            }
            l->at += n;
        } else if (*l->at == '\n' || *l->at == '\r') {
            skip_line_end(l);
        } else {
            l->at++;
        }
    }
    out->length = (size_t)(l->at - out->text);
}

static void read_quoted(struct lexer *l, struct token *out) {
    char quote = *l->at++;
    out->text = l->at;
    while (l->at < l->end && *l->at != quote) {
        if (*l->at == '\\' && l->at + 1 < l->end) {
            out->has_escape = true;
            l->at++;
        }
        if (*l->at == '\n' || *l->at == '\r') {
            skip_line_end(l);
        } else {
            l->at++;
        }
    }
    out->length = (size_t)(l->at - out->text);
    if (l->at < l->end) {
        l->at++;
    }
}

static void read_number(struct lexer *l, struct token *out) {
    bool is_hex = *l->at == '0' && (peek(l, 1) == 'x' || peek(l, 1) == 'X');
    char before = '\0';
    while (l->at < l->end) {
        char c = *l->at;
        char lower = (char)(before | 0x20);
        bool is_exponent = before != '\0' && lower == (is_hex ? 'p' : 'e');
        if (!is_letter(c) && !is_digit(c) && c != '.' && !(is_exponent && (c == '-' || c == '+'))) {
            break;
        }
        before = c;
        l->at++;
    }
    out->length = (size_t)(l->at - out->text);
}

static void read_name(struct lexer *l, struct token *out) {
    static const char *const keywords[] = {
        "and", "break",    "do",     "else", "elseif", "end",   "false",
        "for", "function", "if",     "in",   "local",  "nil",   "not",
        "or",  "repeat",   "return", "then", "true",   "until", "while",
    };
    while (l->at < l->end && (is_letter(*l->at) || is_digit(*l->at))) {
        l->at++;
    }
    out->length = (size_t)(l->at - out->text);
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (strlen(keywords[i]) == out->length &&
            memcmp(keywords[i], out->text, out->length) == 0) {
            out->kind = TOKEN_KEYWORD;
        }
    }
}

static void read_sign(struct lexer *l, struct token *out) {
    static const char *const signs[] = {"...", "..", "==", "~=", "<=", ">=", "::"};
    out->length = 1;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t n = strlen(signs[i]);
        if ((size_t)(l->end - l->at) >= n && memcmp(l->at, signs[i], n) == 0) {
            out->length = n;
            break;
        }
    }
    l->at += out->length;
}

/* Passes blanks and comments. */
static void skip_blank(struct lexer *l) {
    for (;;) {
        char c = peek(l, 0);
        if (l->at < l->end && (c == '\n' || c == '\r')) {
            skip_line_end(l);
        } else if (l->at < l->end && (c == ' ' || c == '\t' || c == '\f' || c == '\v')) {
            l->at++;
        } else if (c == '-' && peek(l, 1) == '-') {
            l->at += 2;
            int level = peek(l, 0) == '[' ? bracket_level(l) : -1;
            struct token comment;
            if (level >= 0) {
                read_long(l, level, &comment);
            } else {
                skip_line(l);
            }
        } else {
            return;
        }
    }
}

void lexer_next(struct lexer *l, struct token *out) {
    skip_blank(l);
    *out = (struct token){TOKEN_END, l->at, 0, l->line, false};
    if (l->at >= l->end) {
        return;
    }
    char c = *l->at;
    int level = c == '[' ? bracket_level(l) : -1;
    if (level >= 0) {
        out->kind = TOKEN_STRING;
        read_long(l, level, out);
    } else if (c == '"' || c == '\'') {
        out->kind = TOKEN_STRING;
        read_quoted(l, out);
    } else if (is_digit(c) || (c == '.' && is_digit(peek(l, 1)))) {
        out->kind = TOKEN_NUMBER;
        read_number(l, out);
    } else if (is_letter(c)) {
        out->kind = TOKEN_NAME;
        read_name(l, out);
    } else {
        out->kind = TOKEN_SIGN;
        read_sign(l, out);
    }
}

bool token_is(const struct token *token, const char *text) {
    return (token->kind == TOKEN_KEYWORD || token->kind == TOKEN_SIGN) &&
           strlen(text) == token->length && memcmp(token->text, text, token->length) == 0;
}

bool token_is_boxed(const struct token *token) {
    char last = token->length > 0 ? (char)(token->text[token->length - 1] | 0x20) : '\0';
    return token->kind == TOKEN_NUMBER && (last == 'l' || last == 'i');
}
