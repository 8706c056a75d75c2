#include "script/check_parse.h"

#include <string.h>

#define VARIABLES_MAX 2048 /* locals that are visible at once, over all nested functions */
#define DEPTH_MAX 1000     /* LuaJIT allows 200 nested constructs, each a few calls here */

struct variable {
    struct words name;
    bool is_self, is_script_self;
};

struct parser {
    struct lexer lexer;
    struct token token;
    const struct sighting *sighting;
    struct variable variables[VARIABLES_MAX];
    int variable_count;
    int depth;
    int function_depth;
    bool is_lost;
};

/* The last step of a variable or field that was parsed, not reported yet: whether it is read or
 * written is known by what follows. */
enum access_kind { ACCESS_NONE, ACCESS_NAME, ACCESS_FIELD, ACCESS_INDEX };

struct access {
    enum access_kind kind;
    struct sight sight;              /* with base and name */
    const struct variable *variable; /* NAME: the local, NULL for a global */
    bool is_call;                    /* the expression ended with a call */
};

static void parse_block(struct parser *p);
static void parse_expression(struct parser *p);

/* --- tokens ------------------------------------------------------------------------------------
 */

static void advance(struct parser *p) {
    lexer_next(&p->lexer, &p->token);
}

static void lose(struct parser *p) {
    p->is_lost = true;
    p->token.kind = TOKEN_END;
    p->lexer.at = p->lexer.end;
}

static bool is(const struct parser *p, const char *text) {
    return token_is(&p->token, text);
}

static bool accept(struct parser *p, const char *text) {
    if (!is(p, text)) {
        return false;
    }
    advance(p);
    return true;
}

static void expect(struct parser *p, const char *text) {
    if (!accept(p, text)) {
        lose(p);
    }
}

static struct words expect_name(struct parser *p) {
    struct words name = {p->token.text, p->token.length};
    if (p->token.kind != TOKEN_NAME) {
        lose(p);
        return (struct words){"", 0};
    }
    advance(p);
    return name;
}

static bool enter(struct parser *p) {
    if (++p->depth > DEPTH_MAX) {
        lose(p);
    }
    return !p->is_lost;
}

static void leave(struct parser *p) {
    p->depth--;
}

static void report(struct parser *p, struct sight *sight, enum sight_kind kind) {
    sight->kind = kind;
    p->sighting->on(p->sighting->ctx, sight);
}

/* --- scopes ------------------------------------------------------------------------------------
 */

static bool words_equal(struct words a, struct words b) {
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

static const struct variable *variable_find(const struct parser *p, struct words name) {
    for (int i = p->variable_count - 1; i >= 0; i--) {
        if (words_equal(p->variables[i].name, name)) {
            return &p->variables[i];
        }
    }
    return NULL;
}

static struct variable *declare(struct parser *p, struct words name, int line) {
    if (p->variable_count == VARIABLES_MAX) {
        lose(p);
        return &p->variables[0];
    }
    struct sight sight = {.line = line, .name = name};
    report(p, &sight, SIGHT_LOCAL);
    struct variable *variable = &p->variables[p->variable_count++];
    *variable = (struct variable){.name = name};
    return variable;
}

static void parse_scope(struct parser *p) {
    int before = p->variable_count;
    parse_block(p);
    p->variable_count = before;
}

/* --- variables and fields ----------------------------------------------------------------------
 */

static void access_read(struct parser *p, struct access *a) {
    if (a->kind == ACCESS_NAME && a->variable == NULL) {
        report(p, &a->sight, SIGHT_GLOBAL_READ);
    } else if (a->kind == ACCESS_FIELD) {
        report(p, &a->sight, SIGHT_FIELD_READ);
    }
    a->kind = ACCESS_NONE;
}

static void access_write(struct parser *p, struct access *a) {
    if (a->kind == ACCESS_NAME && a->variable == NULL) {
        report(p, &a->sight, SIGHT_GLOBAL_WRITE);
    } else if (a->kind == ACCESS_FIELD) {
        report(p, &a->sight, SIGHT_FIELD_WRITE);
    } else if (a->kind == ACCESS_INDEX) {
        report(p, &a->sight, SIGHT_INDEX_WRITE);
    }
    a->kind = ACCESS_NONE;
}

/* Reads what was parsed and makes it the base of a field that follows. */
static void access_step(struct parser *p, struct access *a, enum access_kind kind) {
    struct sight next = {.line = p->token.line, .base = BASE_OTHER};
    if (a->kind == ACCESS_NAME) {
        next.base = a->variable ? BASE_LOCAL : BASE_GLOBAL;
        next.base_name = a->sight.name;
        next.is_self = a->variable && a->variable->is_self;
        next.is_script_self = a->variable && a->variable->is_script_self;
    }
    access_read(p, a);
    a->kind = kind;
    a->sight = next;
    a->is_call = false;
}

static bool at_arguments(const struct parser *p) {
    return is(p, "(") || is(p, "{") || p->token.kind == TOKEN_STRING;
}

/* At "(": whether the first argument is the name self. */
static bool first_argument_is_self(const struct parser *p) {
    struct lexer ahead = p->lexer;
    struct token token;
    lexer_next(&ahead, &token);
    return is(p, "(") && token.kind == TOKEN_NAME &&
           words_are((struct words){token.text, token.length}, "self");
}

static void parse_expressions(struct parser *p) {
    do {
        parse_expression(p);
    } while (accept(p, ","));
}

static void parse_table(struct parser *p);

static void parse_arguments(struct parser *p) {
    if (p->token.kind == TOKEN_STRING) {
        advance(p);
    } else if (is(p, "{")) {
        parse_table(p);
    } else {
        expect(p, "(");
        if (!is(p, ")")) {
            parse_expressions(p);
        }
        expect(p, ")");
    }
}

/* base[…]: a text written out is a field like another. */
static void parse_index(struct parser *p, struct access *a) {
    access_step(p, a, ACCESS_INDEX);
    struct sight sight = a->sight;
    advance(p);
    struct lexer ahead = p->lexer;
    struct token token;
    lexer_next(&ahead, &token);
    if (p->token.kind == TOKEN_STRING && !p->token.has_escape && token_is(&token, "]")) {
        a->kind = ACCESS_FIELD;
        sight.name = (struct words){p->token.text, p->token.length};
    }
    parse_expression(p);
    expect(p, "]");
    a->sight = sight;
}

static void parse_method_call(struct parser *p, struct access *a) {
    access_step(p, a, ACCESS_NONE);
    struct sight sight = a->sight;
    advance(p);
    sight.line = p->token.line;
    sight.name = expect_name(p);
    report(p, &sight, SIGHT_METHOD_CALL);
    parse_arguments(p);
    a->is_call = true;
}

static void parse_primary(struct parser *p, struct access *a) {
    *a = (struct access){.kind = ACCESS_NONE};
    if (accept(p, "(")) {
        parse_expression(p);
        expect(p, ")");
        return;
    }
    a->kind = ACCESS_NAME;
    a->sight.line = p->token.line;
    a->sight.name = expect_name(p);
    a->variable = variable_find(p, a->sight.name);
}

static void parse_suffixed(struct parser *p, struct access *a) {
    parse_primary(p, a);
    while (!p->is_lost) {
        if (is(p, ".")) {
            access_step(p, a, ACCESS_FIELD);
            advance(p);
            a->sight.line = p->token.line;
            a->sight.name = expect_name(p);
        } else if (is(p, "[")) {
            parse_index(p, a);
        } else if (is(p, ":")) {
            parse_method_call(p, a);
        } else if (at_arguments(p)) {
            a->sight.is_call = true;
            a->sight.has_self = first_argument_is_self(p);
            access_read(p, a);
            parse_arguments(p);
            a->is_call = true;
        } else {
            return;
        }
    }
}

/* --- functions ---------------------------------------------------------------------------------
 */

/* From "(" to "end". `definition` is what is defined, NULL for a function without a name. */
static void parse_function(struct parser *p, struct sight *definition, int line) {
    struct sight none = {.line = line};
    struct sight *shape = definition != NULL ? definition : &none;
    int before = p->variable_count;
    if (!enter(p)) {
        leave(p);
        return;
    }
    p->function_depth++;
    bool is_script = p->sighting->script.text != NULL && shape->base == BASE_LOCAL &&
                     words_equal(shape->base_name, p->sighting->script);
    if (shape->is_method) {
        struct variable *self = declare(p, (struct words){"self", 4}, line);
        self->is_self = true;
        self->is_script_self = is_script;
    }
    expect(p, "(");
    while (p->token.kind == TOKEN_NAME) {
        struct variable *variable = declare(p, expect_name(p), line);
        variable->is_self = words_are(variable->name, "self");
        variable->is_script_self = variable->is_self && is_script;
        if (shape->parameters++ == 0) {
            shape->first = variable->name;
        }
        if (!accept(p, ",")) {
            break;
        }
    }
    shape->has_varargs = accept(p, "...");
    expect(p, ")");
    if (definition != NULL && shape->name.text != NULL) {
        report(p, shape, SIGHT_FUNCTION);
    }
    parse_block(p);
    expect(p, "end");
    p->function_depth--;
    p->variable_count = before;
    leave(p);
}

/* function a.b.c:d(…): only a.c and a:c are definitions of a field of a variable. */
static void parse_function_statement(struct parser *p) {
    struct access a = {.kind = ACCESS_NAME};
    int line = p->token.line;
    advance(p);
    a.sight.line = p->token.line;
    a.sight.name = expect_name(p);
    a.variable = variable_find(p, a.sight.name);
    bool is_method = false;
    while (!is_method && (is(p, ".") || is(p, ":"))) {
        is_method = is(p, ":");
        access_step(p, &a, ACCESS_FIELD);
        advance(p);
        a.sight.line = p->token.line;
        a.sight.name = expect_name(p);
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

/* --- expressions -------------------------------------------------------------------------------
 */

static void parse_table(struct parser *p) {
    expect(p, "{");
    while (!p->is_lost && !is(p, "}")) {
        struct lexer ahead = p->lexer;
        struct token next;
        lexer_next(&ahead, &next);
        struct sight key = {.line = p->token.line, .name = {p->token.text, p->token.length}};
        if (p->token.kind == TOKEN_NAME && token_is(&next, "=")) {
            report(p, &key, SIGHT_KEY);
            advance(p);
            advance(p);
        } else if (accept(p, "[")) {
            if (p->token.kind == TOKEN_STRING && !p->token.has_escape) {
                key.name = (struct words){p->token.text, p->token.length};
                report(p, &key, SIGHT_KEY);
            }
            parse_expression(p);
            expect(p, "]");
            expect(p, "=");
        }
        parse_expression(p);
        if (!accept(p, ",") && !accept(p, ";")) {
            break;
        }
    }
    expect(p, "}");
}

static void parse_simple(struct parser *p) {
    static const char *const values[] = {"nil", "true", "false", "..."};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (accept(p, values[i])) {
            return;
        }
    }
    if (p->token.kind == TOKEN_NUMBER || p->token.kind == TOKEN_STRING) {
        advance(p);
    } else if (is(p, "{")) {
        parse_table(p);
    } else if (is(p, "function")) {
        int line = p->token.line;
        advance(p);
        parse_function(p, NULL, line);
    } else {
        struct access a;
        parse_suffixed(p, &a);
        access_read(p, &a);
    }
}

static bool accept_binary(struct parser *p) {
    static const char *const signs[] = {
        "+", "-", "*", "/", "%", "..", "==", "~=", "<", ">", "<=", ">=", "and", "or",
    };
    if (is(p, "^")) {
        struct sight sight = {.line = p->token.line, .name = {p->token.text, 1}};
        report(p, &sight, SIGHT_POWER);
        advance(p);
        return true;
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (accept(p, signs[i])) {
            return true;
        }
    }
    return false;
}

/* What binds stronger does not matter here. */
static void parse_expression(struct parser *p) {
    if (enter(p)) {
        do {
            while (accept(p, "not") || accept(p, "-") || accept(p, "#")) {
            }
            parse_simple(p);
        } while (!p->is_lost && accept_binary(p));
    }
    leave(p);
}

/* --- statements --------------------------------------------------------------------------------
 */

static void parse_if(struct parser *p) {
    do {
        advance(p);
        parse_expression(p);
        expect(p, "then");
        parse_scope(p);
    } while (!p->is_lost && is(p, "elseif"));
    if (accept(p, "else")) {
        parse_scope(p);
    }
    expect(p, "end");
}

static void parse_while(struct parser *p) {
    advance(p);
    parse_expression(p);
    expect(p, "do");
    parse_scope(p);
    expect(p, "end");
}

static void parse_repeat(struct parser *p) {
    int before = p->variable_count;
    advance(p);
    parse_block(p);
    expect(p, "until");
    parse_expression(p); /* it sees the locals of the block */
    p->variable_count = before;
}

#define NAMES_MAX 200 /* what LuaJIT allows in one function */

/* A list of names, declared after what follows it was parsed: returns how many. */
static int parse_names(struct parser *p, struct words names[NAMES_MAX]) {
    int count = 0;
    do {
        struct words name = expect_name(p);
        if (count == NAMES_MAX) {
            lose(p);
            return 0;
        }
        names[count++] = name;
    } while (accept(p, ","));
    return p->is_lost ? 0 : count;
}

static void declare_all(struct parser *p, const struct words *names, int count, int line) {
    for (int i = 0; i < count; i++) {
        declare(p, names[i], line);
    }
}

static void parse_for(struct parser *p) {
    struct words names[NAMES_MAX];
    int before = p->variable_count;
    int line = p->token.line;
    advance(p);
    int count = parse_names(p, names);
    if (!accept(p, "=")) {
        expect(p, "in");
    }
    parse_expressions(p);
    expect(p, "do");
    declare_all(p, names, count, line);
    parse_block(p);
    expect(p, "end");
    p->variable_count = before;
}

static void parse_local(struct parser *p) {
    struct words names[NAMES_MAX];
    int line = p->token.line;
    advance(p);
    if (accept(p, "function")) {
        declare(p, expect_name(p), line);
        parse_function(p, NULL, line);
        return;
    }
    int count = parse_names(p, names);
    if (accept(p, "=")) {
        parse_expressions(p);
    }
    declare_all(p, names, count, line);
}

static void parse_return(struct parser *p) {
    advance(p);
    if (is(p, "end") || is(p, "else") || is(p, "elseif") || is(p, "until") || is(p, ";") ||
        p->token.kind == TOKEN_END) {
        accept(p, ";");
        return;
    }
    struct lexer ahead = p->lexer;
    struct token next;
    lexer_next(&ahead, &next);
    if (p->function_depth == 0 && p->token.kind == TOKEN_NAME &&
        (next.kind == TOKEN_END || token_is(&next, ";"))) {
        struct sight sight = {.line = p->token.line, .name = {p->token.text, p->token.length}};
        report(p, &sight, SIGHT_RETURN);
    }
    parse_expressions(p);
    accept(p, ";");
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
    while (accept(p, ",")) {
        is_field = false;
        parse_suffixed(p, &a);
        access_write(p, &a);
    }
    int line = p->token.line;
    expect(p, "=");
    if (is_field && is(p, "function")) {
        advance(p);
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
        advance(p);
        advance(p);
    } else if (accept(p, "::")) {
        expect_name(p);
        expect(p, "::");
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
        if (is(p, statements[i].word)) {
            statements[i].parse(p);
            return;
        }
    }
    if (accept(p, "do")) {
        parse_scope(p);
        expect(p, "end");
    } else if (!accept(p, ";") && !accept(p, "break") && !parse_jump(p)) {
        parse_other(p);
    }
}

static bool at_block_end(const struct parser *p) {
    return p->token.kind == TOKEN_END || is(p, "end") || is(p, "else") || is(p, "elseif") ||
           is(p, "until");
}

static void parse_block(struct parser *p) {
    if (enter(p)) {
        while (!p->is_lost && !at_block_end(p)) {
            parse_statement(p);
        }
    }
    leave(p);
}

bool check_parse(const char *text, size_t length, const struct sighting *sighting) {
    struct parser p = {.sighting = sighting};
    lexer_begin(&p.lexer, text, length);
    advance(&p);
    parse_block(&p);
    if (p.token.kind != TOKEN_END) {
        lose(&p);
    }
    return !p.is_lost;
}
