/* What a value is made of: variables, fields, calls, tables, functions. */
#include "script/check_parser.h"

#include <string.h>

/* --- variables and fields ----------------------------------------------------------------------
 */

void access_read(struct parser *p, struct access *a) {
    if (a->kind == ACCESS_NAME && a->variable == NULL) {
        parser_report(p, &a->sight, SIGHT_GLOBAL_READ);
    } else if (a->kind == ACCESS_FIELD) {
        parser_report(p, &a->sight, SIGHT_FIELD_READ);
    }
    a->kind = ACCESS_NONE;
}

void access_write(struct parser *p, struct access *a) {
    if (a->kind == ACCESS_NAME && a->variable == NULL) {
        parser_report(p, &a->sight, SIGHT_GLOBAL_WRITE);
    } else if (a->kind == ACCESS_NAME) {
        a->variable->parameter = 0; /* it is another value from here on */
    } else if (a->kind == ACCESS_FIELD) {
        parser_report(p, &a->sight, SIGHT_FIELD_WRITE);
    } else if (a->kind == ACCESS_INDEX) {
        parser_report(p, &a->sight, SIGHT_INDEX_WRITE);
    }
    a->kind = ACCESS_NONE;
}

/* Reads what was parsed and makes it the base of a field that follows. */
void access_step(struct parser *p, struct access *a, enum access_kind kind) {
    struct sight next = {.line = p->token.line, .base = BASE_OTHER};
    if (a->kind == ACCESS_NAME) {
        next.base = a->variable ? BASE_LOCAL : BASE_GLOBAL;
        next.base_name = a->sight.name;
    }
    if (a->kind == ACCESS_NAME && a->variable) {
        next.is_self = a->variable->is_self;
        next.is_script_self = a->variable->is_script_self;
        next.function = a->variable->function;
        next.parameter = a->variable->parameter;
    }
    access_read(p, a);
    a->kind = kind;
    a->sight = next;
    a->is_call = false;
}

static bool at_arguments(const struct parser *p) {
    return parser_is(p, "(") || parser_is(p, "{") || p->token.kind == TOKEN_STRING;
}

/* At "(": whether the first argument is the name self. */
static bool first_argument_is_self(const struct parser *p) {
    struct lexer ahead = p->lexer;
    struct token token;
    lexer_next(&ahead, &token);
    return parser_is(p, "(") && token.kind == TOKEN_NAME &&
           words_are((struct words){token.text, token.length}, "self");
}

void parse_expressions(struct parser *p) {
    do {
        parse_expression(p);
    } while (parser_accept(p, ","));
}

static void parse_table(struct parser *p);

/* call: the method that is called, NULL for a function. */
static void parse_arguments(struct parser *p, const struct sight *call) {
    if (p->token.kind == TOKEN_STRING) {
        parser_advance(p);
    } else if (parser_is(p, "{")) {
        p->call = call;
        parse_table(p);
    } else {
        parser_expect(p, "(");
        while (!p->is_lost && !parser_is(p, ")")) {
            p->call = parser_is(p, "{") ? call : NULL;
            parse_expression(p);
            if (!parser_accept(p, ",")) {
                break;
            }
        }
        parser_expect(p, ")");
    }
}

/* base[…]: a text written out is a field like another. */
static void parse_index(struct parser *p, struct access *a) {
    access_step(p, a, ACCESS_INDEX);
    struct sight sight = a->sight;
    parser_advance(p);
    struct lexer ahead = p->lexer;
    struct token token;
    lexer_next(&ahead, &token);
    if (p->token.kind == TOKEN_STRING && !p->token.has_escape && token_is(&token, "]")) {
        a->kind = ACCESS_FIELD;
        sight.name = (struct words){p->token.text, p->token.length};
    }
    parse_expression(p);
    parser_expect(p, "]");
    a->sight = sight;
}

static void parse_method_call(struct parser *p, struct access *a) {
    access_step(p, a, ACCESS_NONE);
    struct sight sight = a->sight;
    parser_advance(p);
    sight.line = p->token.line;
    sight.name = parser_expect_name(p);
    parser_report(p, &sight, SIGHT_METHOD_CALL);
    sight.call = sight.name;
    parse_arguments(p, &sight);
    a->is_call = true;
}

static void parse_primary(struct parser *p, struct access *a) {
    *a = (struct access){.kind = ACCESS_NONE};
    if (parser_accept(p, "(")) {
        parse_expression(p);
        parser_expect(p, ")");
        return;
    }
    a->kind = ACCESS_NAME;
    a->sight.line = p->token.line;
    a->sight.name = parser_expect_name(p);
    a->variable = parser_find(p, a->sight.name);
}

void parse_suffixed(struct parser *p, struct access *a) {
    parse_primary(p, a);
    while (!p->is_lost) {
        if (parser_is(p, ".")) {
            access_step(p, a, ACCESS_FIELD);
            parser_advance(p);
            a->sight.line = p->token.line;
            a->sight.name = parser_expect_name(p);
        } else if (parser_is(p, "[")) {
            parse_index(p, a);
        } else if (parser_is(p, ":")) {
            parse_method_call(p, a);
        } else if (at_arguments(p)) {
            a->sight.is_call = true;
            a->sight.has_self = first_argument_is_self(p);
            access_read(p, a);
            parse_arguments(p, NULL);
            a->is_call = true;
        } else {
            return;
        }
    }
}

/* --- functions ---------------------------------------------------------------------------------
 */

/* From "(" to "end". `definition` is what is defined, NULL for a function without a name. */
void parse_function(struct parser *p, struct sight *definition, int line) {
    struct sight none = {.line = line};
    struct sight *shape = definition != NULL ? definition : &none;
    int before = p->variable_count;
    if (!parser_enter(p)) {
        parser_leave(p);
        return;
    }
    p->function_depth++;
    bool is_script = p->sighting->script.text != NULL && shape->base == BASE_LOCAL &&
                     words_equal(shape->base_name, p->sighting->script);
    if (shape->is_method) {
        struct variable *self = parser_declare(p, (struct words){"self", 4}, line);
        self->is_self = true;
        self->is_script_self = is_script;
    }
    parser_expect(p, "(");
    while (p->token.kind == TOKEN_NAME) {
        struct variable *variable = parser_declare(p, parser_expect_name(p), line);
        variable->is_self = words_are(variable->name, "self");
        variable->is_script_self = variable->is_self && is_script;
        if (shape->parameters++ == 0) {
            shape->first = variable->name;
        }
        if (is_script && shape->name.text != NULL) {
            variable->function = shape->name;
            variable->parameter = shape->parameters - (shape->is_method ? 0 : 1);
        }
        if (!parser_accept(p, ",")) {
            break;
        }
    }
    shape->has_varargs = parser_accept(p, "...");
    parser_expect(p, ")");
    if (definition != NULL && shape->name.text != NULL) {
        parser_report(p, shape, SIGHT_FUNCTION);
    }
    parse_block(p);
    parser_expect(p, "end");
    p->function_depth--;
    p->variable_count = before;
    parser_leave(p);
}

/* function a.b.c:d(…): only a.c and a:c are definitions of a field of a variable. */
/* --- expressions -------------------------------------------------------------------------------
 */

/* name = … of a table, for one that is an argument of a method too. */
static void report_key(struct parser *p, struct sight *options) {
    struct sight key = {.line = p->token.line, .name = {p->token.text, p->token.length}};
    parser_report(p, &key, SIGHT_KEY);
    options->line = key.line;
    options->name = key.name;
    options->has_reason = options->has_reason || words_are(key.name, "reason");
    if (options->call.length > 0) {
        parser_report(p, options, SIGHT_OPTION);
    }
}

static void parse_field(struct parser *p, struct sight *options) {
    struct lexer ahead = p->lexer;
    struct token next;
    lexer_next(&ahead, &next);
    if (p->token.kind == TOKEN_NAME && token_is(&next, "=")) {
        report_key(p, options);
        parser_advance(p);
        parser_advance(p);
    } else if (parser_accept(p, "[")) {
        struct lexer behind = p->lexer;
        lexer_next(&behind, &next);
        if (p->token.kind == TOKEN_STRING && !p->token.has_escape && token_is(&next, "]")) {
            report_key(p, options);
        } else {
            options->has_reason = true;
        }
        parse_expression(p);
        parser_expect(p, "]");
        parser_expect(p, "=");
    }
    parse_expression(p);
}

static void parse_table(struct parser *p) {
    struct sight options = {.line = p->token.line};
    int line = p->token.line;
    if (p->call != NULL) {
        options = *p->call;
        options.has_reason = false;
    }
    p->call = NULL;
    parser_expect(p, "{");
    while (!p->is_lost && !parser_is(p, "}")) {
        parse_field(p, &options);
        if (!parser_accept(p, ",") && !parser_accept(p, ";")) {
            break;
        }
    }
    parser_expect(p, "}");
    if (options.call.length > 0) {
        options.line = line;
        options.name = options.call;
        parser_report(p, &options, SIGHT_OPTIONS);
    }
}

static void parse_simple(struct parser *p) {
    static const char *const values[] = {"nil", "true", "false", "..."};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (parser_accept(p, values[i])) {
            return;
        }
    }
    if (p->token.kind == TOKEN_NUMBER || p->token.kind == TOKEN_STRING) {
        parser_advance(p);
    } else if (parser_is(p, "{")) {
        parse_table(p);
    } else if (parser_is(p, "function")) {
        int line = p->token.line;
        parser_advance(p);
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
    if (parser_is(p, "^")) {
        struct sight sight = {.line = p->token.line, .name = {p->token.text, 1}};
        parser_report(p, &sight, SIGHT_POWER);
        parser_advance(p);
        return true;
    }
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (parser_accept(p, signs[i])) {
            return true;
        }
    }
    return false;
}

/* What binds stronger does not matter here. */
void parse_expression(struct parser *p) {
    if (parser_enter(p)) {
        do {
            while (parser_accept(p, "not") || parser_accept(p, "-") || parser_accept(p, "#")) {
            }
            parse_simple(p);
        } while (!p->is_lost && accept_binary(p));
    }
    parser_leave(p);
}
