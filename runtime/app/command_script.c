/* tradingboost script: the routes of scripts of a platform that runs on this machine, asked with
 * the administrator's token of its data_dir. */
#include "app/commands.h"

#include "app/config.h"
#include "app/http_ask.h"
#include "app/script_files.h"
#include "base/json_write.h"
#include "gateway/json_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT_STANDARD 8000
#define ANSWER_MAX ((size_t)16 << 20)
#define ARENA_BYTES ((size_t)32 << 20)
#define SOURCE_MAX ((size_t)256 << 10)
#define PATH_SIZE 256

struct script_command {
    const struct arguments *arguments;
    const char *name;
    char data_dir[4096], address[64], *token;
    int port, status;
    struct buffer body, answer;
    struct arena arena;
    const struct json_value *told;
};

/* --- where it runs -------------------------------------------------------------------------------
 */

static int config_take(struct script_command *c, const char *path, struct err *e) {
    struct settings_faults faults;
    struct config config = {0};
    settings_faults_init(&faults, path);
    int code = config_load(path, environ, &config, &faults, e);
    if (code == 0) {
        c->port = config.gateway_port;
        snprintf(c->address, sizeof c->address, "%s", config.gateway_address);
        snprintf(
            c->data_dir, sizeof c->data_dir, "%s", config.data_path != NULL ? config.data_path : ""
        );
    }
    fwrite(faults.text.data, 1, faults.text.length, stderr);
    config_free(&config);
    settings_faults_free(&faults);
    return code;
}

static int place_find(struct script_command *c, struct err *e) {
    const char *config = arguments_text(c->arguments, "config");
    const char *data_dir = arguments_text(c->arguments, "data-dir");
    const char *port = arguments_text(c->arguments, "port");
    char path[4200];
    size_t length;
    c->port = PORT_STANDARD;
    snprintf(c->address, sizeof c->address, "127.0.0.1");
    int code = config != NULL ? config_take(c, config, e) : 0;
    if (code != 0) {
        return code;
    }
    if (data_dir != NULL) {
        snprintf(c->data_dir, sizeof c->data_dir, "%s", data_dir);
    }
    c->port = port != NULL ? (int)strtol(port, NULL, 10) : c->port;
    if (c->data_dir[0] == '\0' || c->port < 1 || c->port > 65535) {
        return err_set(
            e, E_ARGUMENT, "--data-dir FOLDER and --port PORT, or --config FILE, say where it runs"
        );
    }
    snprintf(path, sizeof path, "%s/admin.token", c->data_dir);
    code = file_read(path, 4096, &c->token, &length, e);
    if (code == 0) {
        c->token[strcspn(c->token, "\r\n")] = '\0';
    }
    return code;
}

/* --- asking --------------------------------------------------------------------------------------
 */

static int refusal_tell(const struct script_command *c, struct err *e) {
    const struct json_value *error = json_member(c->told, "error");
    const struct json_value *text = error != NULL ? json_member(error, "message") : NULL;
    const struct json_value *details = error != NULL ? json_member(error, "details") : NULL;
    const struct json_value *d = details != NULL ? details->first : NULL;
    for (; d != NULL && d->kind == JSON_OBJECT; d = d->next) {
        const struct json_value *field = json_member(d, "field");
        const struct json_value *message = json_member(d, "message");
        if (field != NULL && message != NULL) {
            fprintf(stderr, "%s: %s\n", field->text, message->text);
        }
    }
    return err_set(e, E_STATE, "%s", text != NULL ? text->text : "it was refused");
}

static int ask(struct script_command *c, const char *method, const char *path, struct err *e) {
    struct http_ask request = {
        .address = c->address,
        .port = c->port,
        .token = c->token,
        .method = method,
        .path = path,
        .body = c->body.length > 0 ? c->body.data : NULL,
        .length = c->body.length,
    };
    int code = http_ask(&request, &c->status, &c->answer, e);
    code = code != 0 ? code : json_read(c->answer.data, c->answer.length, &c->arena, &c->told, e);
    if (code == 0 && c->status != 200) {
        code = refusal_tell(c, e);
    }
    return code;
}

static const char *text_of(const struct json_value *object, const char *name) {
    const struct json_value *m = json_member(object, name);
    return m != NULL && m->text != NULL ? m->text : "";
}

static const struct json_value *first_of(const struct json_value *object, const char *name) {
    const struct json_value *m = json_member(object, name);
    return m != NULL ? m->first : NULL;
}

/* --- what people read ----------------------------------------------------------------------------
 */

static void names_print(const struct script_command *c) {
    for (const struct json_value *s = first_of(c->told, "items"); s != NULL; s = s->next) {
        printf("%s\n", text_of(s, "name"));
    }
}

static void versions_print(const struct script_command *c) {
    for (const struct json_value *v = first_of(c->told, "items"); v != NULL; v = v->next) {
        const struct json_value *runs = json_member(v, "activations");
        printf(
            "%s  %.19s  run by %-3d %-16s %s\n", text_of(v, "version"), text_of(v, "created_at"),
            runs != NULL ? runs->count : 0, text_of(v, "author"), text_of(v, "reason")
        );
    }
}

static void files_print(const struct script_command *c) {
    for (const struct json_value *f = first_of(c->told, "files"); f != NULL; f = f->next) {
        if (strncmp(text_of(f, "path"), "lib/", 4) != 0) {
            printf("-- %s\n%s", text_of(f, "path"), text_of(f, "text"));
        }
    }
}

static void diffs_print(const struct script_command *c) {
    for (const struct json_value *f = first_of(c->told, "files"); f != NULL; f = f->next) {
        printf("%s", text_of(f, "diff"));
    }
}

static void outcomes_print(const struct script_command *c) {
    printf(
        "%s is %s, was %s\n", c->name, text_of(c->told, "version"),
        text_of(c->told, "previous_version")
    );
    for (const struct json_value *a = first_of(c->told, "activations"); a != NULL; a = a->next) {
        printf(
            "%-16s  %s  %s\n", text_of(a, "activation_id"), text_of(a, "outcome"),
            text_of(a, "message")
        );
    }
}

/* --- what is asked -------------------------------------------------------------------------------
 */

static void member_write(struct script_command *c, struct json_writer *json, const char *name) {
    const char *text = arguments_text(c->arguments, name);
    if (text != NULL) {
        json_key(json, name);
        json_string(json, text);
    }
}

static int put_body(struct script_command *c, struct json_writer *json, struct err *e) {
    int count = c->arguments->positional_count;
    json_key(json, "files");
    json_object(json);
    for (int i = 2; i < count; i++) {
        const char *path = c->arguments->positionals[i];
        const char *slash = strrchr(path, '/');
        char *text;
        size_t length;
        int code = file_read(path, SOURCE_MAX, &text, &length, e);
        if (code != 0) {
            return code;
        }
        json_key(json, slash != NULL ? slash + 1 : path);
        json_string_of(json, text, length);
        free(text);
    }
    json_close(json);
    return 0;
}

static int change(struct script_command *c, bool is_put, struct err *e) {
    struct json_writer json;
    char path[PATH_SIZE];
    json_begin(&json, &c->body);
    json_object(&json);
    member_write(c, &json, "reason");
    if (!is_put) {
        member_write(c, &json, "version");
    }
    int code = is_put ? put_body(c, &json, e) : 0;
    if (code != 0) {
        return code;
    }
    json_close(&json);
    if (json_end(&json) != 0) {
        return err_set(e, E_LIMIT, "the files are too long");
    }
    snprintf(path, sizeof path, "/api/scripts/%.64s%s", c->name, is_put ? "" : "/rollback");
    return ask(c, is_put ? "PUT" : "POST", path, e);
}

static int look(struct script_command *c, const char *action, struct err *e) {
    const char *version = arguments_text(c->arguments, "version");
    const char *from = arguments_text(c->arguments, "from");
    const char *to = arguments_text(c->arguments, "to");
    char path[PATH_SIZE] = "/api/strategies?limit=500";
    if (strcmp(action, "diff") == 0) {
        snprintf(
            path, sizeof path, "/api/scripts/%.64s/diff?%s%.32s%s%s%.32s", c->name,
            from != NULL ? "from=" : "", from != NULL ? from : "", from != NULL ? "&" : "",
            to != NULL ? "to=" : "", to != NULL ? to : ""
        );
    } else if (strcmp(action, "show") == 0) {
        snprintf(
            path, sizeof path, "/api/scripts/%.64s%s%.32s", c->name,
            version != NULL ? "/versions/" : "", version != NULL ? version : ""
        );
    } else if (c->name != NULL) {
        snprintf(path, sizeof path, "/api/scripts/%.64s/versions", c->name);
    }
    return ask(c, "GET", path, e);
}

static const struct action {
    const char *name;
    int names_min, names_max; /* words behind it */
    void (*print)(const struct script_command *c);
} actions[] = {
    {"list", 0, 1, NULL},
    {"show", 1, 1, files_print},
    {"diff", 1, 1, diffs_print},
    {"put", 2, POSITIONALS_MAX, outcomes_print},
    {"rollback", 1, 1, outcomes_print},
};

static int script_run(struct script_command *c, struct err *e) {
    const struct arguments *a = c->arguments;
    const struct action *action = NULL;
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        action = strcmp(a->positionals[0], actions[i].name) == 0 ? &actions[i] : action;
    }
    if (action == NULL) {
        return err_set(
            e, E_ARGUMENT, "script %s: one of list, show, diff, put, rollback", a->positionals[0]
        );
    }
    int words = a->positional_count - 1;
    if (words < action->names_min || words > action->names_max) {
        return err_set(
            e, E_ARGUMENT, "script %s takes %s", action->name,
            action->names_max > 1    ? "NAME FILE..."
            : action->names_min == 0 ? "at most a NAME"
                                     : "a NAME"
        );
    }
    c->name = words > 0 ? a->positionals[1] : NULL;
    bool is_change = action->print == outcomes_print;
    int code = place_find(c, e);
    code = code != 0   ? code
           : is_change ? change(c, strcmp(action->name, "put") == 0, e)
                       : look(c, action->name, e);
    if (code != 0) {
        return code;
    }
    if (arguments_has(a, "json")) {
        printf("%.*s\n", (int)c->answer.length, c->answer.data);
    } else if (action->print != NULL) {
        action->print(c);
    } else if (c->name != NULL) {
        versions_print(c);
    } else {
        names_print(c);
    }
    return fflush(stdout) == 0 ? 0 : err_set(e, E_IO, "the output cannot be written");
}

int command_script(const struct arguments *arguments) {
    struct script_command c = {.arguments = arguments};
    struct err err = {0};
    void *block = malloc(ARENA_BYTES);
    int code = block == NULL ? err_set(&err, E_MEMORY, "no memory for an answer") : 0;
    buffer_init(&c.body, SOURCE_MAX * 2);
    buffer_init(&c.answer, ANSWER_MAX);
    if (code == 0) {
        arena_init(&c.arena, block, ARENA_BYTES);
        code = script_run(&c, &err);
    }
    buffer_free(&c.body);
    buffer_free(&c.answer);
    free(c.token);
    free(block);
    if (code != 0) {
        fprintf(stderr, "tradingboost: %s\n", err.msg);
    }
    return code == 0 ? EXIT_DONE : code == E_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
}
