#include "app/settings.h"

#include "script/suggest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FAULTS_BYTES_MAX ((size_t)64 << 10)

/* --- faults
 * ----------------------------------------------------------------------------------------- */

void settings_faults_init(struct settings_faults *f, const char *file) {
    *f = (struct settings_faults){.file = file};
    buffer_init(&f->text, FAULTS_BYTES_MAX);
}

void settings_faults_free(struct settings_faults *f) {
    buffer_free(&f->text);
}

void settings_fault(
    struct settings_faults *f, int line, const char *path, const char *format, ...
) {
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    f->count++;
    if (line > 0) {
        buffer_appendf(&f->text, "%s:%d: %s: %s\n", f->file, line, path, what);
    } else {
        buffer_appendf(&f->text, "%s: %s: %s\n", f->file, path, what);
    }
}

/* --- a table of them
 * -------------------------------------------------------------------------------- */

bool setting_begins(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Of no list, or of the list that the prefix names. */
static bool row_is_under(const struct setting_row *row, const char *prefix) {
    return setting_begins(row->path, prefix) && strstr(row->path + strlen(prefix), "[]") == NULL;
}

static const struct setting_row *row_find(const struct setting_row *rows, const char *path) {
    for (; rows->path != NULL; rows++) {
        if (strcmp(rows->path, path) == 0) {
            return rows;
        }
    }
    return NULL;
}

/* "engine" of "engine.faults_max" or "activations" of "activations[].script". */
static bool rows_have_group(const struct setting_row *rows, const char *path, const char *behind) {
    char begin[SETTING_PATH_BYTES];
    snprintf(begin, sizeof begin, "%s%s", path, behind);
    for (; rows->path != NULL; rows++) {
        if (setting_begins(rows->path, begin)) {
            return true;
        }
    }
    return false;
}

const char *setting_name_at(const void *list, int index) {
    const struct setting_names *names = list;
    return index < names->count ? names->list[index] : NULL;
}

static void unknown_fault(
    const struct setting_row *rows,
    const char *prefix,
    const char *shown,
    const struct data_entry *entry,
    struct settings_faults *faults
) {
    struct setting_names names = {.count = 0};
    char near[96];
    for (; rows->path != NULL && names.count < SETTING_NAMES_MAX; rows++) {
        if (setting_begins(rows->path, prefix)) {
            const char *name = rows->path + strlen(prefix);
            snprintf(
                names.list[names.count++], SETTING_PATH_BYTES, "%.*s", (int)strcspn(name, ".["),
                name
            );
        }
    }
    settings_fault(
        faults, entry->value.line, shown, "there is no such setting%s",
        suggest_text(entry->key, setting_name_at, &names, near, sizeof near)
    );
}

static void entry_check(
    const struct setting_row *rows,
    const char *prefix,
    const char *shown,
    const struct data_entry *entry,
    void *out,
    struct settings_faults *faults
) {
    char path[SETTING_PATH_BYTES];
    char shown_path[SETTING_PATH_BYTES];
    struct err err = {0};
    snprintf(path, sizeof path, "%s%s", prefix, entry->key);
    snprintf(shown_path, sizeof shown_path, "%s%s", shown, entry->key);
    const struct setting_row *row = row_find(rows, path);
    if (entry->value.repeated) {
        settings_fault(faults, entry->value.line, shown_path, "it is given twice");
    }
    if (row != NULL) {
        if (setting_take(row, &entry->value, out, &err) != 0) {
            settings_fault(faults, entry->value.line, shown_path, "%s", err.msg);
        }
    } else if (rows_have_group(rows, path, ".")) {
        strncat(path, ".", sizeof path - strlen(path) - 1);
        strncat(shown_path, ".", sizeof shown_path - strlen(shown_path) - 1);
        settings_check(rows, path, shown_path, &entry->value, out, faults);
    } else if (!rows_have_group(rows, path, "[]")) {
        unknown_fault(rows, prefix, shown_path, entry, faults);
    }
}

void settings_check(
    const struct setting_row *rows,
    const char *prefix,
    const char *shown,
    const struct data_value *table,
    void *out,
    struct settings_faults *faults
) {
    char path[SETTING_PATH_BYTES];
    snprintf(path, sizeof path, "%.*s", (int)strlen(shown) - (shown[0] != '\0'), shown);
    if (table->kind != DATA_TABLE) {
        settings_fault(
            faults, table->line, path, "it must be a table { ... }, not %s",
            data_kind_name(table->kind)
        );
        return;
    }
    for (int i = 0; i < table->count; i++) {
        const struct data_entry *entry = &table->entries[i];
        if (entry->key != NULL) {
            entry_check(rows, prefix, shown, entry, out, faults);
        } else {
            settings_fault(
                faults, entry->value.line, path[0] != '\0' ? path : "the file",
                "entry %lld has no name: write name = value", (long long)entry->index
            );
        }
    }
}

void settings_default(const struct setting_row *rows, const char *prefix, void *out) {
    for (; rows->path != NULL; rows++) {
        struct err err = {0};
        if (row_is_under(rows, prefix) && rows->fallback != NULL && rows->fallback[0] != '\0' &&
            setting_parse(rows, rows->fallback, out, &err) != 0) {
            fprintf(stderr, "default of %s: %s\n", rows->path, err.msg);
        }
    }
}

void settings_missing(
    const struct setting_row *rows,
    const char *prefix,
    const char *shown,
    int line,
    const void *out,
    struct settings_faults *faults
) {
    for (; rows->path != NULL; rows++) {
        if (!row_is_under(rows, prefix) || rows->fallback != NULL) {
            continue;
        }
        const char *text;
        memcpy(&text, (const char *)out + rows->offset, sizeof text);
        if (text == NULL) {
            char path[SETTING_PATH_BYTES];
            snprintf(path, sizeof path, "%s%s", shown, rows->path + strlen(prefix));
            settings_fault(faults, line, path, "it is missing: %s", rows->help);
        }
    }
}
