/* main: finds the command's row and lets it run. Each command has a file of its own. */
#include "app/commands.h"

#include "script/suggest.h"

#include <stdio.h>
#include <string.h>

static const char *command_name_at(const void *list, int index) {
    const struct command_spec *rows = list;
    return rows[index].name;
}

static int print(struct buffer *out, FILE *stream) {
    fwrite(out->data, 1, out->length, stream);
    buffer_free(out);
    return fflush(stream) == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int show_program_help(FILE *stream) {
    struct buffer out;
    buffer_init(&out, 1 << 20);
    program_help(commands, &out);
    return print(&out, stream);
}

static int run_command(const struct command_spec *command, int argc, char **argv) {
    struct arguments arguments;
    struct err err = {0};
    if (arguments_parse(&arguments, command, argc, argv, &err) != 0) {
        fprintf(stderr, "tradingboost: %s\n", err.msg);
        return EXIT_USAGE;
    }
    if (arguments.wants_help) {
        struct buffer out;
        buffer_init(&out, 1 << 20);
        command_help(command, &out);
        return print(&out, stdout);
    }
    return command->run(&arguments);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        show_program_help(stderr);
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "-h") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
        return show_program_help(stdout);
    }
    if (strcmp(name, "--version") == 0) {
        name = "version";
    }
    if (strcmp(name, "worker") == 0 && argc == 2) {
        return command_worker();
    }
    if (strcmp(name, "checker") == 0) {
        return command_checker(argc - 2, argv + 2);
    }
    for (const struct command_spec *c = commands; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0) {
            return run_command(c, argc - 2, argv + 2);
        }
    }
    char near[96];
    suggest_text(name, command_name_at, commands, near, sizeof near);
    fprintf(
        stderr, "tradingboost: there is no command %s%s (see tradingboost --help)\n", name, near
    );
    return EXIT_USAGE;
}
