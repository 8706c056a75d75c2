/* settings_environment: the rows under the names of the environment, and as a page of reference. */
#include "app/settings.h"

#include "base/fault_points.h"
#include "script/suggest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define ENVIRONMENT_PREFIX "TRADINGBOOST_"

/* "engine.faults_max" → "TRADINGBOOST_ENGINE_FAULTS_MAX". */
static void environment_name(const struct setting_row *row, char *name, size_t size) {
    snprintf(name, size, ENVIRONMENT_PREFIX "%s", row->path);
    for (char *c = name; *c != '\0'; c++) {
        *c = *c == '.' ? '_' : (char)toupper((unsigned char)*c);
    }
}

static bool row_has_environment(const struct setting_row *row) {
    return strstr(row->path, "[]") == NULL && row->kind != SETTING_DATA;
}

/* What all names begin with would make everything near. */
static void environment_unknown(
    const struct setting_row *rows, const char *name, struct settings_faults *faults
) {
    struct setting_names names = {.count = 0};
    char known[SETTING_PATH_BYTES];
    size_t prefix = strlen(ENVIRONMENT_PREFIX);
    for (; rows->path != NULL && names.count < SETTING_NAMES_MAX; rows++) {
        if (row_has_environment(rows)) {
            environment_name(rows, known, sizeof known);
            snprintf(names.list[names.count++], SETTING_PATH_BYTES, "%s", known + prefix);
        }
    }
    const char *near = suggest(name + prefix, setting_name_at, &names);
    settings_fault(
        faults, 0, name, "there is no such setting%s%s%s",
        near != NULL ? ", did you mean " ENVIRONMENT_PREFIX : "", near != NULL ? near : "",
        near != NULL ? "?" : ""
    );
}

void settings_environment(
    const struct setting_row *rows,
    char *const *environment,
    void *out,
    struct settings_faults *faults
) {
    const char *file = faults->file;
    faults->file = "environment";
    for (; *environment != NULL; environment++) {
        if (!setting_begins(*environment, ENVIRONMENT_PREFIX) || FAULT_VARIABLE(*environment)) {
            continue;
        }
        char given[SETTING_PATH_BYTES];
        char name[SETTING_PATH_BYTES];
        size_t length = strcspn(*environment, "=");
        snprintf(given, sizeof given, "%.*s", (int)length, *environment);
        const struct setting_row *row = rows;
        for (; row->path != NULL; row++) {
            environment_name(row, name, sizeof name);
            if (row_has_environment(row) && strcmp(name, given) == 0) {
                break;
            }
        }
        struct err err = {0};
        if (row->path == NULL) {
            environment_unknown(rows, given, faults);
        } else if (setting_parse(row, *environment + length + 1, out, &err) != 0) {
            settings_fault(faults, 0, given, "%s", err.msg);
        }
    }
    faults->file = file;
}

/* --- the reference
 * ---------------------------------------------------------------------------------- */

static void row_describe(const struct setting_row *row, struct buffer *out) {
    buffer_appendf(out, "| `%s` | %s | ", row->path, row->help);
    if (row->fallback == NULL) {
        buffer_append_text(out, "must be given");
    } else if (row->fallback[0] != '\0') {
        buffer_appendf(out, "`%s`", row->fallback);
    }
    buffer_append_text(out, " | ");
    setting_allowed(row, out);
    buffer_append_text(out, " |\n");
}

void settings_describe(const struct setting_row *rows, struct buffer *out) {
    size_t section = 0;
    const char *before = NULL;
    for (; rows->path != NULL; rows++) {
        size_t length = strcspn(rows->path, ".[");
        if (before == NULL || length != section || memcmp(before, rows->path, length) != 0) {
            buffer_appendf(
                out,
                "\n## %.*s\n\n| setting | what | default | allowed |\n| --- | --- | --- | --- |\n",
                (int)length, rows->path
            );
        }
        before = rows->path;
        section = length;
        row_describe(rows, out);
    }
}
