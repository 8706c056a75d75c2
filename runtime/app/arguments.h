/* arguments: the command line as a table. Each command is a row with its options, from which the
 * parser, the help and docs/reference/cli.md all come.
 *
 * Nothing is copied: texts point into argv. No time; one thread; struct arguments is the caller's.
 */
#pragma once

#include "base/buffer.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define ARGUMENT_VALUES_MAX 256
#define POSITIONALS_MAX 64

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct option_spec {
    const char *name;     /* without the dashes; NULL ends a table */
    const char *value;    /* what the value is called: "FILE"; NULL: a switch */
    const char *fallback; /* shown as the default; NULL: none */
    const char *help;
    bool is_repeated;
};

struct arguments;

struct command_spec {
    const char *name; /* NULL ends the table */
    const char *summary;
    const char *usage; /* after "tradingboost NAME " */
    const char *about; /* paragraphs of the help; NULL */
    const struct option_spec *options;
    int positional_min, positional_max;
    const char *examples[4]; /* three, then NULL */
    int (*run)(const struct arguments *arguments);
};

struct argument_value {
    const struct option_spec *option;
    const char *text; /* NULL for a switch */
};

struct arguments {
    const struct command_spec *command;
    struct argument_value values[ARGUMENT_VALUES_MAX];
    int value_count;
    const char *positionals[POSITIONALS_MAX];
    int positional_count;
    bool wants_help;
};

/* Parses argv[0..argc) (after the command's name). E_ARGUMENT names what is wrong and what is
 * near. "--name value" and "--name=value" are the same; "--" ends the options. */
MUST_CHECK int arguments_parse(
    struct arguments *a, const struct command_spec *command, int argc, char **argv, struct err *e
);
/* The last value given, else the option's fallback (which may be NULL). */
const char *arguments_text(const struct arguments *a, const char *name);
bool arguments_has(const struct arguments *a, const char *name);

void command_help(const struct command_spec *command, struct buffer *out);
void program_help(const struct command_spec *commands, struct buffer *out);
/* The whole reference as markdown. */
void program_reference(const struct command_spec *commands, struct buffer *out);
