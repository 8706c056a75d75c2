/* check_lex: the words of a Lua text, one after the other, with their lines.
 *
 * It reads what LuaJIT reads and is made for texts that LuaJIT has compiled or will compile: on
 * others it goes on somehow and never beyond the end. Tokens point into the text. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_KEYWORD,
    TOKEN_STRING, /* text is what is between the quotes or brackets */
    TOKEN_NUMBER,
    TOKEN_SIGN, /* operators and brackets */
};

struct token {
    enum token_kind kind;
    const char *text;
    size_t length;
    int line;
    bool has_escape; /* of a string: its value is not its text */
};

struct lexer { /* a copy of it looks ahead */
    const char *at, *end;
    int line;
};

void lexer_begin(struct lexer *lexer, const char *text, size_t length);
void lexer_next(struct lexer *lexer, struct token *out);

/* Whether the token is this keyword or sign. */
bool token_is(const struct token *token, const char *text);
/* Whether the number is a 64-bit integer or imaginary one, which only the FFI knows. */
bool token_is_boxed(const struct token *token);
