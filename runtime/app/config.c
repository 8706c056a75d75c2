#include "app/config.h"

#include "app/script_files.h"
#include "base/json_write.h"
#include "gateway/token.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARAM_TEXT_MAX ((size_t)16 << 10)
#define SHOWN_BYTES 160

/* --- parameters as texts
 * ---------------------------------------------------------------------------- */

static int plain_append(const struct data_value *value, struct buffer *out) {
    char text[DECIMAL_TEXT_MAX];
    struct decimal number;
    switch (value->kind) {
    case DATA_BOOLEAN:
        return buffer_append_text(out, value->boolean ? "true" : "false");
    case DATA_NUMBER:
        if (decimal_of_double(value->number, &number) != 0) {
            return E_RANGE;
        }
        decimal_format(number, text);
        return buffer_append_text(out, text);
    case DATA_TEXT:
        return buffer_append_text(out, value->text);
    case DATA_TABLE:
        break;
    }
    return E_SYNTAX;
}

/* A list is "a,b", a map is "a:1,b:2": what one of them holds must not have these signs. */
static int table_append(const struct data_value *table, struct buffer *out) {
    int code = 0;
    for (int i = 0; code == 0 && i < table->count; i++) {
        const struct data_entry *entry = &table->entries[i];
        const struct data_value *value = &entry->value;
        bool has_sign = value->kind == DATA_TEXT && strpbrk(value->text, ",:") != NULL;
        if (has_sign || (entry->key != NULL && strpbrk(entry->key, ",:") != NULL)) {
            return E_SYNTAX;
        }
        if (i > 0) {
            buffer_append_text(out, ",");
        }
        if (entry->key != NULL) {
            buffer_appendf(out, "%s:", entry->key);
        }
        code = plain_append(value, out);
    }
    return code;
}

/* The text of a parameter, the caller's to free; NULL with a fault. */
static char *
param_text(const struct data_value *value, const char *shown, struct settings_faults *faults) {
    struct buffer text;
    buffer_init(&text, PARAM_TEXT_MAX);
    int code = value->kind == DATA_TABLE ? table_append(value, &text) : plain_append(value, &text);
    code = code != 0 ? code : text.code;
    char *copy = code == 0 ? strdup(text.data) : NULL;
    if (code == E_RANGE) {
        settings_fault(faults, value->line, shown, "the number is out of range");
    } else if (code == E_SYNTAX) {
        settings_fault(
            faults, value->line, shown,
            "a list or map holds booleans, numbers and texts without ',' and ':'"
        );
    } else if (copy == NULL) {
        settings_fault(faults, value->line, shown, "it is too long");
    }
    buffer_free(&text);
    return copy;
}

static void params_take(
    const struct config *config,
    struct config_activation *a,
    const char *shown,
    struct settings_faults *faults
) {
    int count = a->params_data != NULL ? a->params_data->count : 0;
    a->params = calloc((size_t)count + 1, sizeof *a->params);
    if (a->params == NULL) {
        settings_fault(faults, a->line, shown, "no memory for its parameters");
        return;
    }
    char *symbol = strdup(config->symbol);
    a->params[a->param_count++] = (struct setting){"symbol", symbol, true};
    for (int i = 0; i < count; i++) {
        const struct data_entry *entry = &a->params_data->entries[i];
        char path[SHOWN_BYTES];
        if (entry->key == NULL) {
            snprintf(path, sizeof path, "%sparams", shown);
            settings_fault(faults, entry->value.line, path, "a parameter is name = value");
            continue;
        }
        snprintf(path, sizeof path, "%sparams.%s", shown, entry->key);
        if (entry->value.repeated) {
            settings_fault(faults, entry->value.line, path, "it is given twice");
        }
        char *text = param_text(&entry->value, path, faults);
        if (text != NULL) {
            a->params[a->param_count++] = (struct setting){entry->key, text, false};
        }
    }
}

/* --- activations
 * ------------------------------------------------------------------------------------ */

static bool id_is_taken(const struct config *config, const char *id, int before) {
    for (int i = 0; i < before; i++) {
        if (strcmp(config->activations[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

/* "strategies/hyper-rsi.lua" → "hyperrsi", and "hyperrsi2" for the next one. */
static void id_make(struct config *config, int index) {
    struct config_activation *a = &config->activations[index];
    char name[ACTIVATION_ID_MAX - 6];
    size_t length = 0;
    const char *slash = strrchr(a->script, '/');
    const char *from = slash != NULL && slash[1] != '\0' ? slash + 1 : a->script;
    for (; *from != '\0' && *from != '.' && length < sizeof name - 1; from++) {
        if (isalnum((unsigned char)*from)) {
            name[length++] = *from;
        }
    }
    name[length] = '\0';
    if (length == 0) {
        snprintf(name, sizeof name, "script");
    }
    snprintf(a->id, sizeof a->id, "%s", name);
    for (unsigned short n = 2; id_is_taken(config, a->id, index) && n < 10000; n++) {
        snprintf(a->id, sizeof a->id, "%s%hu", name, n);
    }
}

static void
id_take(struct config *config, int index, const char *shown, struct settings_faults *faults) {
    struct config_activation *a = &config->activations[index];
    char path[SHOWN_BYTES];
    snprintf(path, sizeof path, "%sid", shown);
    if (a->id_text == NULL) {
        id_make(config, index);
        return;
    }
    size_t length = strlen(a->id_text);
    bool is_good = length > 0 && length < ACTIVATION_ID_MAX;
    for (size_t i = 0; i < length; i++) {
        is_good = is_good && isalnum((unsigned char)a->id_text[i]);
    }
    if (!is_good) {
        settings_fault(
            faults, a->line, path, "'%.64s': an id is 1 to %d letters and digits", a->id_text,
            ACTIVATION_ID_MAX - 1
        );
    } else if (id_is_taken(config, a->id_text, index)) {
        settings_fault(faults, a->line, path, "'%s' is taken by another activation", a->id_text);
    } else {
        snprintf(a->id, sizeof a->id, "%s", a->id_text);
    }
}

static void activation_take(
    struct config *config, int index, const struct data_value *value, struct settings_faults *faults
) {
    struct config_activation *a = &config->activations[index];
    char shown[64];
    snprintf(shown, sizeof shown, "activations[%d].", index + 1);
    a->line = value->line;
    settings_default(config_rows, "activations[].", a);
    a->balance = config->balance;
    settings_check(config_rows, "activations[].", shown, value, a, faults);
    settings_missing(config_rows, "activations[].", shown, a->line, a, faults);
    if (!token_name_is_good(a->user)) {
        char path[SHOWN_BYTES];
        snprintf(path, sizeof path, "%suser", shown);
        settings_fault(faults, a->line, path, "'%.64s' is no name of a user", a->user);
    }
    if (a->script != NULL) {
        id_take(config, index, shown, faults);
    }
    params_take(config, a, shown, faults);
}

static void activations_take(struct config *config, struct settings_faults *faults) {
    const struct data_value *list = data_find(&config->data.root, "activations");
    if (list == NULL || list->kind != DATA_TABLE || list->count == 0) {
        settings_fault(
            faults, list != NULL ? list->line : 0, "activations",
            "at least one is needed: activations = { { script = 'rsi' } }"
        );
        return;
    }
    if (list->count > config->engine.activations_max) {
        settings_fault(
            faults, list->line, "activations", "%d are more than engine.activations_max, %d",
            list->count, config->engine.activations_max
        );
        return;
    }
    config->activations = calloc((size_t)list->count, sizeof *config->activations);
    if (config->activations == NULL) {
        settings_fault(faults, list->line, "activations", "no memory for them");
        return;
    }
    for (int i = 0; i < list->count; i++) {
        const struct data_entry *entry = &list->entries[i];
        if (entry->key != NULL) {
            settings_fault(
                faults, entry->value.line, "activations",
                "'%.64s' has a name: it is a list, { { script = 'rsi' } }", entry->key
            );
            continue;
        }
        activation_take(config, config->activation_count++, &entry->value, faults);
    }
}

/* --- the file
 * --------------------------------------------------------------------------------------- */

static char *path_beside(const char *config_path, const char *file) {
    const char *slash = strrchr(config_path, '/');
    int folder = slash != NULL && file[0] != '/' ? (int)(slash - config_path) + 1 : 0;
    char *path;
    return asprintf(&path, "%.*s%s", folder, config_path, file) >= 0 ? path : NULL;
}

int config_parse(
    const char *path,
    const char *text,
    size_t length,
    char *const *environment,
    struct config *config,
    struct settings_faults *faults,
    struct err *e
) {
    memset(config, 0, sizeof *config);
    engine_options_default(&config->engine);
    settings_default(config_rows, "", config);
    int code = data_text_load(path, text, length, &config->data, e);
    if (code != 0) {
        return code;
    }
    settings_check(config_rows, "", "", &config->data.root, config, faults);
    settings_environment(config_rows, environment, config, faults);
    settings_missing(config_rows, "", "", 0, config, faults);
    activations_take(config, faults);
    if (config->feed_file != NULL) {
        config->feed_path = path_beside(path, config->feed_file);
    }
    if (config->data_dir != NULL && config->data_dir[0] != '\0') {
        config->data_path = path_beside(path, config->data_dir);
        if (config->data_path == NULL) {
            return err_set(e, E_MEMORY, "no memory for the configuration");
        }
    }
    if (faults->count > 0) {
        return err_set(e, E_CONFIG, "%s: %d faults", path, faults->count);
    }
    return config->feed_path != NULL ? 0 : err_set(e, E_MEMORY, "no memory for the configuration");
}

int config_load(
    const char *path,
    char *const *environment,
    struct config *config,
    struct settings_faults *faults,
    struct err *e
) {
    char *text;
    size_t length;
    memset(config, 0, sizeof *config);
    int code = file_read(path, DATA_TEXT_MAX, &text, &length, e);
    if (code != 0) {
        return code;
    }
    code = config_parse(path, text, length, environment, config, faults, e);
    free(text);
    return code;
}

void config_free(struct config *config) {
    for (int i = 0; i < config->activation_count; i++) {
        struct config_activation *a = &config->activations[i];
        for (int k = 0; k < a->param_count; k++) {
            free((void *)(uintptr_t)a->params[k].text);
        }
        free(a->params);
    }
    free(config->activations);
    free(config->feed_path);
    free(config->data_path);
    data_file_free(&config->data);
    memset(config, 0, sizeof *config);
}
