#include "app/commands.h"

#include "app/config.h"
#include "app/folders.h"
#include "gateway/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)1 << 20)

struct token_command {
    const struct arguments *arguments;
    char data_dir[4096];
    bool is_json;
    struct buffer out;
};

/* Where the tokens are: as given, else as the configuration says. */
static int data_dir_find(struct token_command *c, struct err *e) {
    const char *given = arguments_text(c->arguments, "data-dir");
    const char *path = arguments_text(c->arguments, "config");
    struct settings_faults faults;
    struct config config = {0};
    if (given != NULL) {
        snprintf(c->data_dir, sizeof c->data_dir, "%s", given);
        return 0;
    }
    if (path == NULL) {
        return err_set(
            e, E_ARGUMENT, "--data-dir FOLDER or --config FILE says where the tokens are"
        );
    }
    settings_faults_init(&faults, path);
    int code = config_load(path, environ, &config, &faults, e);
    if (code == 0 && config.data_path == NULL) {
        code = err_set(e, E_ARGUMENT, "%s has no data_dir: give --data-dir", path);
    }
    if (code == 0) {
        snprintf(c->data_dir, sizeof c->data_dir, "%s", config.data_path);
    }
    fwrite(faults.text.data, 1, faults.text.length, stderr);
    config_free(&config);
    settings_faults_free(&faults);
    return code;
}

/* The name that add and remove need, and list must not have. */
static int
name_take(const struct token_command *c, const char *action, const char **name, struct err *e) {
    bool is_needed = strcmp(action, "list") != 0;
    int count = c->arguments->positional_count;
    *name = count > 1 ? c->arguments->positionals[1] : NULL;
    if (is_needed != (*name != NULL)) {
        return err_set(
            e, E_ARGUMENT, "token %s %s a NAME", action, is_needed ? "needs" : "does not take"
        );
    }
    return 0;
}

static int add(struct token_command *c, const char *name, struct err *e) {
    const char *role_text = arguments_text(c->arguments, "role");
    const char *user = arguments_text(c->arguments, "user");
    char text[TOKEN_TEXT_MAX];
    enum role role;
    if (role_text == NULL || user == NULL) {
        return err_set(e, E_ARGUMENT, "token add needs --role ROLE and --user USER");
    }
    int code = role_parse(role_text, &role, e);
    if (code == 0) {
        folders_make_above(c->data_dir);
    }
    if (code == 0 && mkdir(c->data_dir, 0700) != 0 && access(c->data_dir, W_OK) != 0) {
        return err_set(e, E_IO, "%s cannot be written", c->data_dir);
    }
    code = code != 0 ? code : token_add(c->data_dir, name, role, user, text, e);
    if (code != 0) {
        return code;
    }
    if (c->is_json) {
        buffer_appendf(
            &c->out, "{\"name\":\"%s\",\"role\":\"%s\",\"user\":\"%s\",\"token\":\"%s\"}\n", name,
            role_name(role), user, text
        );
    } else {
        buffer_appendf(&c->out, "%s\n", text);
        fprintf(stderr, "This token is shown once. Send it as: Authorization: Bearer TOKEN\n");
    }
    return 0;
}

static int list(struct token_command *c, struct err *e) {
    struct token *tokens;
    int count;
    int code = token_list(c->data_dir, &tokens, &count, e);
    if (code != 0) {
        return code;
    }
    for (int i = 0; i < count; i++) {
        const struct token *t = &tokens[i];
        if (c->is_json) {
            buffer_appendf(
                &c->out, "{\"name\":\"%s\",\"role\":\"%s\",\"user\":\"%s\"}\n", t->name,
                role_name(t->role), t->user
            );
        } else {
            buffer_appendf(&c->out, "%-32s  %-8s  %s\n", t->name, role_name(t->role), t->user);
        }
    }
    free(tokens);
    return 0;
}

static int token_run(struct token_command *c, struct err *e) {
    const char *action = c->arguments->positionals[0];
    const char *name;
    int code = name_take(c, action, &name, e);
    code = code != 0 ? code : data_dir_find(c, e);
    if (code != 0) {
        return code;
    }
    if (strcmp(action, "add") == 0) {
        return add(c, name, e);
    }
    if (strcmp(action, "remove") == 0) {
        return token_remove(c->data_dir, name, e);
    }
    return strcmp(action, "list") == 0
               ? list(c, e)
               : err_set(e, E_ARGUMENT, "token %s: one of add, list, remove", action);
}

int command_token(const struct arguments *arguments) {
    struct token_command c = {.arguments = arguments, .is_json = arguments_has(arguments, "json")};
    struct err err = {0};
    buffer_init(&c.out, OUTPUT_MAX);
    int code = token_run(&c, &err);
    if (code == 0 &&
        (fwrite(c.out.data, 1, c.out.length, stdout) != c.out.length || fflush(stdout) != 0)) {
        code = err_set(&err, E_IO, "the output cannot be written");
    }
    buffer_free(&c.out);
    if (code != 0) {
        fprintf(stderr, "tradingboost: %s\n", err.msg);
    }
    return code == 0 ? EXIT_DONE : code == E_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
}
