#include "app/arguments.h"

#include "script/suggest.h"

#include <stdio.h>
#include <string.h>

#define NAME_WIDTH 26

static const struct option_spec *
option_find(const struct command_spec *command, const char *name, size_t length) {
    for (const struct option_spec *o = command->options; o != NULL && o->name != NULL; o++) {
        if (strlen(o->name) == length && memcmp(o->name, name, length) == 0) {
            return o;
        }
    }
    return NULL;
}

static const char *option_name_at(const void *list, int index) {
    const struct option_spec *options = list;
    return options[index].name;
}

static int
option_unknown(const struct command_spec *command, const char *name, size_t length, struct err *e) {
    char given[64];
    char near[96];
    snprintf(given, sizeof given, "%.*s", (int)(length < 60 ? length : 60), name);
    suggest_text(given, option_name_at, command->options, near, sizeof near);
    return err_set(
        e, E_ARGUMENT, "%s has no option --%s%s (see tradingboost %s --help)", command->name, given,
        near, command->name
    );
}

static int
option_add(struct arguments *a, const struct option_spec *option, const char *text, struct err *e) {
    if (a->value_count == ARGUMENT_VALUES_MAX) {
        return err_set(e, E_ARGUMENT, "more than %d options", ARGUMENT_VALUES_MAX);
    }
    a->values[a->value_count++] = (struct argument_value){option, text};
    return 0;
}

/* argv[*i] begins with "--": takes it, and its value from the next word if it needs one. */
static int option_take(struct arguments *a, int argc, char **argv, int *i, struct err *e) {
    const char *name = argv[*i] + 2;
    size_t length = strcspn(name, "=");
    const struct option_spec *option = option_find(a->command, name, length);
    if (option == NULL) {
        return option_unknown(a->command, name, length, e);
    }
    const char *text = name[length] == '=' ? name + length + 1 : NULL;
    if (option->value == NULL) {
        if (text != NULL) {
            return err_set(e, E_ARGUMENT, "--%s takes no value", option->name);
        }
        return option_add(a, option, NULL, e);
    }
    if (text == NULL) {
        if (*i + 1 >= argc) {
            return err_set(e, E_ARGUMENT, "--%s needs a %s", option->name, option->value);
        }
        text = argv[++*i];
    }
    return option_add(a, option, text, e);
}

int arguments_parse(
    struct arguments *a, const struct command_spec *command, int argc, char **argv, struct err *e
) {
    memset(a, 0, sizeof *a);
    a->command = command;
    bool options_end = false;
    for (int i = 0; i < argc; i++) {
        if (!options_end && strcmp(argv[i], "--") == 0) {
            options_end = true;
        } else if (!options_end && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
            a->wants_help = true;
            return 0;
        } else if (!options_end && strncmp(argv[i], "--", 2) == 0) {
            int code = option_take(a, argc, argv, &i, e);
            if (code != 0) {
                return code;
            }
        } else if (!options_end && argv[i][0] == '-' && argv[i][1] != '\0') {
            return err_set(
                e, E_ARGUMENT, "%s has no option %s; options begin with two dashes", command->name,
                argv[i]
            );
        } else if (a->positional_count == command->positional_max) {
            return err_set(e, E_ARGUMENT, "%s: one word too many: %s", command->name, argv[i]);
        } else {
            a->positionals[a->positional_count++] = argv[i];
        }
    }
    if (a->positional_count < command->positional_min) {
        return err_set(e, E_ARGUMENT, "usage: tradingboost %s %s", command->name, command->usage);
    }
    return 0;
}

const char *arguments_text(const struct arguments *a, const char *name) {
    for (int i = a->value_count - 1; i >= 0; i--) {
        if (strcmp(a->values[i].option->name, name) == 0) {
            return a->values[i].text;
        }
    }
    const struct option_spec *option = option_find(a->command, name, strlen(name));
    return option != NULL ? option->fallback : NULL;
}

bool arguments_has(const struct arguments *a, const char *name) {
    for (int i = 0; i < a->value_count; i++) {
        if (strcmp(a->values[i].option->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void option_name(const struct option_spec *o, char *text, size_t size) {
    snprintf(
        text, size, "--%s%s%s", o->name, o->value != NULL ? " " : "",
        o->value != NULL ? o->value : ""
    );
}

void command_help(const struct command_spec *command, struct buffer *out) {
    buffer_appendf(
        out, "%s\n\nusage: tradingboost %s %s\n", command->summary, command->name, command->usage
    );
    if (command->about != NULL) {
        buffer_appendf(out, "\n%s\n", command->about);
    }
    if (command->options != NULL && command->options->name != NULL) {
        buffer_append_text(out, "\noptions:\n");
    }
    for (const struct option_spec *o = command->options; o != NULL && o->name != NULL; o++) {
        char name[64];
        option_name(o, name, sizeof name);
        buffer_appendf(out, "  %-*s %s", NAME_WIDTH, name, o->help);
        if (o->fallback != NULL) {
            buffer_appendf(out, " (default %s)", o->fallback);
        }
        buffer_append_text(out, "\n");
    }
    buffer_append_text(out, "\nexamples:\n");
    for (int i = 0; command->examples[i] != NULL; i++) {
        buffer_appendf(out, "  tradingboost %s\n", command->examples[i]);
    }
    buffer_append_text(out, "\nexit status: 0 done, 1 failed, 2 wrong use\n");
}

void program_help(const struct command_spec *commands, struct buffer *out) {
    buffer_append_text(
        out,
        "TradingBoost runs trading strategies written in Lua: backtest, paper and live, the same "
        "file.\n"
        "\nusage: tradingboost COMMAND [options]      tradingboost COMMAND --help\n\ncommands:\n"
    );
    for (const struct command_spec *c = commands; c->name != NULL; c++) {
        buffer_appendf(out, "  %-12s %s\n", c->name, c->summary);
    }
    buffer_append_text(out, "\nexamples:\n");
    for (const struct command_spec *c = commands; c->name != NULL; c++) {
        buffer_appendf(out, "  tradingboost %s\n", c->examples[0]);
    }
    buffer_append_text(out, "\nexit status: 0 done, 1 failed, 2 wrong use\n");
}

void program_reference(const struct command_spec *commands, struct buffer *out) {
    buffer_append_text(
        out, "# The command line\n\nGenerated from the table of commands; `tradingboost COMMAND "
             "--help` says the same.\n"
             "Exit status: 0 done, 1 failed, 2 wrong use.\n"
    );
    for (const struct command_spec *c = commands; c->name != NULL; c++) {
        buffer_appendf(
            out, "\n## tradingboost %s\n\n%s\n\n    tradingboost %s %s\n", c->name, c->summary,
            c->name, c->usage
        );
        if (c->about != NULL) {
            buffer_appendf(out, "\n%s\n", c->about);
        }
        if (c->options != NULL && c->options->name != NULL) {
            buffer_append_text(out, "\n| option | what | default |\n| --- | --- | --- |\n");
        }
        for (const struct option_spec *o = c->options; o != NULL && o->name != NULL; o++) {
            char name[64];
            option_name(o, name, sizeof name);
            buffer_appendf(
                out, "| `%s` | %s | %s |\n", name, o->help, o->fallback != NULL ? o->fallback : ""
            );
        }
        buffer_append_text(out, "\nExamples:\n\n");
        for (int i = 0; c->examples[i] != NULL; i++) {
            buffer_appendf(out, "    tradingboost %s\n", c->examples[i]);
        }
    }
}
