/* check_parser: the parts of the walk that its two files share: statements (check_parse.c) and
 * expressions (check_expression.c). Internal to check. */
#pragma once

#include "script/check_parse.h"

#define VARIABLES_MAX 2048 /* locals that are visible at once, over all nested functions */
#define DEPTH_MAX 1000     /* LuaJIT allows 200 nested constructs, each a few calls here */

struct variable {
    struct words name;
    bool is_self, is_script_self;
    struct words function; /* of the script's table, whose parameter it is */
    int parameter;
};

struct parser {
    struct lexer lexer;
    struct token token;
    const struct sighting *sighting;
    struct variable variables[VARIABLES_MAX];
    int variable_count;
    int depth;
    int function_depth;
    const struct sight *call; /* whose argument the table that begins now is; NULL: none's */
    bool is_lost;
};

/* The last step of a variable or field that was parsed, not reported yet: whether it is read or
 * written is known by what follows. */
enum access_kind { ACCESS_NONE, ACCESS_NAME, ACCESS_FIELD, ACCESS_INDEX };

struct access {
    enum access_kind kind;
    struct sight sight;        /* with base and name */
    struct variable *variable; /* NAME: the local, NULL for a global */
    bool is_call;              /* the expression ended with a call */
};

/* check_parse.c */
void parser_advance(struct parser *p);
void parser_lose(struct parser *p);
bool parser_is(const struct parser *p, const char *text);
bool parser_accept(struct parser *p, const char *text);
void parser_expect(struct parser *p, const char *text);
struct words parser_expect_name(struct parser *p);
/* Around what may be nested; false: too deep, and lost. */
bool parser_enter(struct parser *p);
void parser_leave(struct parser *p);
void parser_report(struct parser *p, struct sight *sight, enum sight_kind kind);
bool words_equal(struct words a, struct words b);
struct variable *parser_find(struct parser *p, struct words name); /* NULL: no local */
struct variable *parser_declare(struct parser *p, struct words name, int line);
void parse_block(struct parser *p);

/* check_expression.c */
void access_read(struct parser *p, struct access *a);
void access_write(struct parser *p, struct access *a);
/* Reads what was parsed and makes it the base of a field that follows. */
void access_step(struct parser *p, struct access *a, enum access_kind kind);
void parse_suffixed(struct parser *p, struct access *a);
void parse_expression(struct parser *p);
void parse_expressions(struct parser *p);
/* From "(" to "end". `definition` is what is defined, NULL for a function without a name. */
void parse_function(struct parser *p, struct sight *definition, int line);
