#include "app/commands.h"

#include "app/instruments.h"
#include "app/script_files.h"
#include "base/json_write.h"
#include "script/check.h"
#include "script/host.h"
#include "worker/deadline_watcher.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_MAX ((size_t)16 << 20)

struct check_command {
    bool is_json;
    struct buffer out;
    struct json_writer json;
    struct instrument *instruments;
    int instrument_count;
    struct deadline deadline;
    struct deadline_watcher *watcher;
    int errors, warnings;
};

/* --- output -------------------------------------------------------------------------------------
 */

/* "init.lua" of a folder, the file itself, or a library module: as a person would open it. */
static void file_path(const struct script_source *source, int file, char *path, size_t size) {
    const char *name = source->bundle.files[file].path;
    size_t n = strlen(source->path);
    bool is_file = n > 4 && strcmp(source->path + n - 4, ".lua") == 0;
    if (strncmp(name, "lib/", 4) == 0) {
        snprintf(path, size, "lua/%s", name + 4);
    } else if (is_file) {
        snprintf(path, size, "%s", source->path);
    } else {
        while (n > 1 && source->path[n - 1] == '/') {
            n--;
        }
        snprintf(path, size, "%.*s/%s", (int)n, source->path, name);
    }
}

static void finding_show(
    struct check_command *c, const char *path, int line, enum check_level level, const char *text
) {
    const char *kind = level == CHECK_ERROR ? "error" : "warning";
    if (!c->is_json) {
        buffer_appendf(&c->out, "%s:", path);
        if (line > 0) {
            buffer_appendf(&c->out, "%d:", line);
        }
        buffer_appendf(&c->out, " %s: %s\n", kind, text);
        return;
    }
    json_object(&c->json);
    json_key(&c->json, "file");
    json_string(&c->json, path);
    json_key(&c->json, "line");
    if (line > 0) {
        json_integer(&c->json, line);
    } else {
        json_null(&c->json);
    }
    json_key(&c->json, "level");
    json_string(&c->json, kind);
    json_key(&c->json, "text");
    json_string(&c->json, text);
    json_close(&c->json);
}

static void findings_show(
    struct check_command *c, const struct script_source *source, const struct check_findings *f
) {
    for (int i = 0; i < f->count; i++) {
        char path[PATH_MAX];
        file_path(source, f->list[i].file, path, sizeof path);
        finding_show(c, path, f->list[i].line, f->list[i].level, f->list[i].text);
    }
    if (f->omitted > 0 && !c->is_json) {
        buffer_appendf(&c->out, "%s: and %d more\n", source->path, f->omitted);
    }
    if (f->errors + f->warnings == 0 && !c->is_json) {
        buffer_appendf(&c->out, "%s: ok\n", source->path);
    }
}

static const char *ending(int count) {
    return count == 1 ? "" : "s";
}

static int summary_show(struct check_command *c, int scripts) {
    if (c->is_json) {
        json_close(&c->json);
        json_key(&c->json, "scripts");
        json_integer(&c->json, scripts);
        json_key(&c->json, "errors");
        json_integer(&c->json, c->errors);
        json_key(&c->json, "warnings");
        json_integer(&c->json, c->warnings);
        json_close(&c->json);
        if (json_end(&c->json) != 0) {
            return E_IO;
        }
        buffer_append_text(&c->out, "\n");
    } else {
        buffer_appendf(
            &c->out, "%d script%s checked: %d error%s, %d warning%s\n", scripts, ending(scripts),
            c->errors, ending(c->errors), c->warnings, ending(c->warnings)
        );
    }
    size_t written = fwrite(c->out.data, 1, c->out.length, stdout);
    return written == c->out.length && fflush(stdout) == 0 ? c->out.code : E_IO;
}

/* --- checking -----------------------------------------------------------------------------------
 */

/* A script that cannot be read is a finding like another: the others are checked all the same. */
static int script_check(struct check_command *c, const char *name, struct err *e) {
    struct script_source source = {0};
    struct check_findings findings = {0};
    struct host_limits limits;
    host_limits_default(&limits);
    if (script_source_read(name, limits.source_max, &source, e) != 0) {
        finding_show(c, name, 0, CHECK_ERROR, e->msg);
        c->errors++;
        return 0;
    }
    int code = check_sources(&source.bundle, &findings, e);
    if (code == 0) {
        code = check_start(
            &source.bundle, c->instruments, c->instrument_count, &c->deadline, &findings, e
        );
    }
    if (code == 0) {
        findings_show(c, &source, &findings);
        c->errors += findings.errors;
        c->warnings += findings.warnings;
    }
    check_findings_free(&findings);
    script_source_free(&source);
    return code;
}

static int check_all(struct check_command *c, const struct arguments *a, struct err *e) {
    int code = instruments_load(&c->instruments, &c->instrument_count, e);
    code = code != 0 ? code : deadline_watcher_start(&c->watcher, &c->deadline, e);
    if (c->is_json) {
        json_begin(&c->json, &c->out);
        json_object(&c->json);
        json_key(&c->json, "findings");
        json_array(&c->json);
    }
    for (int i = 0; code == 0 && i < a->positional_count; i++) {
        code = script_check(c, a->positionals[i], e);
    }
    if (code == 0 && summary_show(c, a->positional_count) != 0) {
        code = err_set(e, E_IO, "the findings could not be written");
    }
    return code;
}

int command_check(const struct arguments *arguments) {
    struct check_command c = {.is_json = arguments_has(arguments, "json")};
    struct err err = {0};
    buffer_init(&c.out, OUTPUT_MAX);
    int code = check_all(&c, arguments, &err);
    if (code != 0) {
        fprintf(stderr, "tradingboost: %s\n", err.msg);
    }
    deadline_watcher_stop(c.watcher);
    free(c.instruments);
    buffer_free(&c.out);
    bool has_passed = c.errors == 0 && (c.warnings == 0 || !arguments_has(arguments, "strict"));
    return code == 0 && has_passed ? EXIT_DONE : EXIT_FAILED;
}
