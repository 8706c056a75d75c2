#include "script/check_parser.h"

#include <string.h>

/* --- tokens ------------------------------------------------------------------------------------
 */

void parser_advance(struct parser *p) {
    lexer_next(&p->lexer, &p->token);
}

void parser_lose(struct parser *p) {
    p->is_lost = true;
    p->token.kind = TOKEN_END;
    p->lexer.at = p->lexer.end;
}

bool parser_is(const struct parser *p, const char *text) {
    return token_is(&p->token, text);
}

bool parser_accept(struct parser *p, const char *text) {
    if (!parser_is(p, text)) {
        return false;
    }
    parser_advance(p);
    return true;
}

void parser_expect(struct parser *p, const char *text) {
    if (!parser_accept(p, text)) {
        parser_lose(p);
    }
}

struct words parser_expect_name(struct parser *p) {
    struct words name = {p->token.text, p->token.length};
    if (p->token.kind != TOKEN_NAME) {
        parser_lose(p);
        return (struct words){"", 0};
    }
    parser_advance(p);
    return name;
}

bool parser_enter(struct parser *p) {
    if (++p->depth > DEPTH_MAX) {
        parser_lose(p);
    }
    return !p->is_lost;
}

void parser_leave(struct parser *p) {
    p->depth--;
}

void parser_report(struct parser *p, struct sight *sight, enum sight_kind kind) {
    sight->kind = kind;
    p->sighting->on(p->sighting->ctx, sight);
}

/* --- scopes ------------------------------------------------------------------------------------
 */

bool words_equal(struct words a, struct words b) {
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

struct variable *parser_find(struct parser *p, struct words name) {
    for (int i = p->variable_count - 1; i >= 0; i--) {
        if (words_equal(p->variables[i].name, name)) {
            return &p->variables[i];
        }
    }
    return NULL;
}

struct variable *parser_declare(struct parser *p, struct words name, int line) {
    if (p->variable_count == VARIABLES_MAX) {
        parser_lose(p);
        return &p->variables[0];
    }
    struct sight sight = {.line = line, .name = name};
    parser_report(p, &sight, SIGHT_LOCAL);
    struct variable *variable = &p->variables[p->variable_count++];
    *variable = (struct variable){.name = name};
    return variable;
}

static void parse_scope(struct parser *p) {
    int before = p->variable_count;
    parse_block(p);
    p->variable_count = before;
}

/* --- statements --------------------------------------------------------------------------------
 */

static void parse_function_statement(struct parser *p) {
    struct access a = {.kind = ACCESS_NAME};
    int line = p->token.line;
    parser_advance(p);
    a.sight.line = p->token.line;
    a.sight.name = parser_expect_name(p);
    a.variable = parser_find(p, a.sight.name);
    bool is_method = false;
    while (!is_method && (parser_is(p, ".") || parser_is(p, ":"))) {
        is_method = parser_is(p, ":");
        access_step(p, &a, ACCESS_FIELD);
        parser_advance(p);
        a.sight.line = p->token.line;
        a.sight.name = parser_expect_name(p);
    }
    struct sight definition = a.sight;
    bool is_field = a.kind == ACCESS_FIELD;
    access_write(p, &a);
    definition.is_method = is_method;
    if (!is_field) {
        definition.name = (struct words){NULL, 0};
    }
    parse_function(p, &definition, line);
}

static void parse_if(struct parser *p) {
    do {
        parser_advance(p);
        parse_expression(p);
        parser_expect(p, "then");
        parse_scope(p);
    } while (!p->is_lost && parser_is(p, "elseif"));
    if (parser_accept(p, "else")) {
        parse_scope(p);
    }
    parser_expect(p, "end");
}

static void parse_while(struct parser *p) {
    parser_advance(p);
    parse_expression(p);
    parser_expect(p, "do");
    parse_scope(p);
    parser_expect(p, "end");
}

static void parse_repeat(struct parser *p) {
    int before = p->variable_count;
    parser_advance(p);
    parse_block(p);
    parser_expect(p, "until");
    parse_expression(p); /* it sees the locals of the block */
    p->variable_count = before;
}

#define NAMES_MAX 200 /* what LuaJIT allows in one function */

/* A list of names, declared after what follows it was parsed: returns how many. */
static int parse_names(struct parser *p, struct words names[NAMES_MAX]) {
    int count = 0;
    do {
        struct words name = parser_expect_name(p);
        if (count == NAMES_MAX) {
            parser_lose(p);
            return 0;
        }
        names[count++] = name;
    } while (parser_accept(p, ","));
    return p->is_lost ? 0 : count;
}

static void declare_all(struct parser *p, const struct words *names, int count, int line) {
    for (int i = 0; i < count; i++) {
        parser_declare(p, names[i], line);
    }
}

static void parse_for(struct parser *p) {
    struct words names[NAMES_MAX];
    int before = p->variable_count;
    int line = p->token.line;
    parser_advance(p);
    int count = parse_names(p, names);
    if (!parser_accept(p, "=")) {
        parser_expect(p, "in");
    }
    parse_expressions(p);
    parser_expect(p, "do");
    declare_all(p, names, count, line);
    parse_block(p);
    parser_expect(p, "end");
    p->variable_count = before;
}

static void parse_local(struct parser *p) {
    struct words names[NAMES_MAX];
    int line = p->token.line;
    parser_advance(p);
    if (parser_accept(p, "function")) {
        parser_declare(p, parser_expect_name(p), line);
        parse_function(p, NULL, line);
        return;
    }
    int count = parse_names(p, names);
    if (parser_accept(p, "=")) {
        parse_expressions(p);
    }
    declare_all(p, names, count, line);
}

static void parse_return(struct parser *p) {
    parser_advance(p);
    if (parser_is(p, "end") || parser_is(p, "else") || parser_is(p, "elseif") ||
        parser_is(p, "until") || parser_is(p, ";") || p->token.kind == TOKEN_END) {
        parser_accept(p, ";");
        return;
    }
    struct lexer ahead = p->lexer;
    struct token next;
    lexer_next(&ahead, &next);
    if (p->function_depth == 0 && p->token.kind == TOKEN_NAME &&
        (next.kind == TOKEN_END || token_is(&next, ";"))) {
        struct sight sight = {.line = p->token.line, .name = {p->token.text, p->token.length}};
        parser_report(p, &sight, SIGHT_RETURN);
    }
    parse_expressions(p);
    parser_accept(p, ";");
}

/* A call, or an assignment; base.name = function(…) is a definition. */
static void parse_other(struct parser *p) {
    struct access a;
    parse_suffixed(p, &a);
    if (a.is_call && a.kind == ACCESS_NONE) {
        return;
    }
    struct sight definition = a.sight;
    bool is_field = a.kind == ACCESS_FIELD;
    access_write(p, &a);
    while (parser_accept(p, ",")) {
        is_field = false;
        parse_suffixed(p, &a);
        access_write(p, &a);
    }
    int line = p->token.line;
    parser_expect(p, "=");
    if (is_field && parser_is(p, "function")) {
        parser_advance(p);
        parse_function(p, &definition, line);
        return;
    }
    parse_expressions(p);
}

/* goto and labels: the word goto is a name where no name follows it. */
static bool parse_jump(struct parser *p) {
    struct lexer ahead = p->lexer;
    struct token next;
    lexer_next(&ahead, &next);
    bool is_goto = p->token.kind == TOKEN_NAME && next.kind == TOKEN_NAME &&
                   words_are((struct words){p->token.text, p->token.length}, "goto");
    if (is_goto) {
        parser_advance(p);
        parser_advance(p);
    } else if (parser_accept(p, "::")) {
        parser_expect_name(p);
        parser_expect(p, "::");
    } else {
        return false;
    }
    return true;
}

static void parse_statement(struct parser *p) {
    static const struct {
        const char *word;
        void (*parse)(struct parser *p);
    } statements[] = {
        {"if", parse_if},         {"while", parse_while}, {"for", parse_for},
        {"repeat", parse_repeat}, {"local", parse_local}, {"function", parse_function_statement},
        {"return", parse_return},
    };
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        if (parser_is(p, statements[i].word)) {
            statements[i].parse(p);
            return;
        }
    }
    if (parser_accept(p, "do")) {
        parse_scope(p);
        parser_expect(p, "end");
    } else if (!parser_accept(p, ";") && !parser_accept(p, "break") && !parse_jump(p)) {
        parse_other(p);
    }
}

static bool at_block_end(const struct parser *p) {
    return p->token.kind == TOKEN_END || parser_is(p, "end") || parser_is(p, "else") ||
           parser_is(p, "elseif") || parser_is(p, "until");
}

void parse_block(struct parser *p) {
    if (parser_enter(p)) {
        while (!p->is_lost && !at_block_end(p)) {
            parse_statement(p);
        }
    }
    parser_leave(p);
}

bool check_parse(const char *text, size_t length, const struct sighting *sighting) {
    struct parser p = {.sighting = sighting};
    lexer_begin(&p.lexer, text, length);
    parser_advance(&p);
    parse_block(&p);
    if (p.token.kind != TOKEN_END) {
        parser_lose(&p);
    }
    return !p.is_lost;
}
