/* The files that are generated from the tables: pages for people, types for editors. */
#include "app/commands.h"

#include "app/config.h"
#include "script/reference.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PAGE_MAX ((size_t)1 << 20)

static void cli_reference(struct buffer *out) {
    program_reference(commands, out);
}

static void errors_reference(struct buffer *out) {
    static const struct {
        const char *name;
        int status;
        bool may_retry;
    } rows[] = {
#define ERR(name, text, status, retry) {text, status, retry},
#include "base/errors.def"
#undef ERR
    };
    buffer_append_text(
        out, "# Errors\n\n"
             "Generated from the table of errors. Each error has one name, the same in a script "
             "(`nil, code, message`),\n"
             "in a report and over HTTP; the sentence beside it says what was wrong and with which "
             "figures.\n\n"
             "| name | HTTP status | the same request may be tried again |\n| --- | --- | --- |\n"
    );
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buffer_appendf(
            out, "| `%s` | %d | %s |\n", rows[i].name, rows[i].status,
            rows[i].may_retry ? "yes" : "no"
        );
    }
}

static const struct {
    const char *path;
    void (*append)(struct buffer *out);
} pages[] = {
    {"docs/reference/cli.md", cli_reference},
    {"docs/reference/errors.md", errors_reference},
    {"docs/reference/indicators.md", reference_indicators},
    {"docs/reference/script-api.md", reference_script_api},
    {"docs/reference/settings.md", settings_reference},
    {"lua/types/strategy.lua", reference_types},
};

/* Makes the folders in front of a file's name. */
static int folders_make(char *path, struct err *e) {
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int code = mkdir(path, 0777) == 0 || errno == EEXIST
                       ? 0
                       : err_set(e, E_IO, "%s: %s", path, strerror(errno));
        *slash = '/';
        if (code != 0) {
            return code;
        }
    }
    return 0;
}

static int page_write(const char *path, const struct buffer *page, struct err *e) {
    FILE *f = fopen(path, "wb");
    if (f == NULL) {
        return err_set(e, E_IO, "%s: %s", path, strerror(errno));
    }
    bool is_written = fwrite(page->data, 1, page->length, f) == page->length;
    return fclose(f) == 0 && is_written ? 0 : err_set(e, E_IO, "%s: %s", path, strerror(errno));
}

static int pages_write(const char *folder, struct err *e) {
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof pages / sizeof *pages; i++) {
        char path[PATH_MAX];
        struct buffer page;
        int n = snprintf(path, sizeof path, "%s/%s", folder, pages[i].path);
        if (n < 0 || (size_t)n >= sizeof path) {
            return err_set(e, E_ARGUMENT, "%s: the path is too long", folder);
        }
        buffer_init(&page, PAGE_MAX);
        pages[i].append(&page);
        code = page.code != 0 ? err_set(e, page.code, "%s does not fit", path) : 0;
        code = code != 0 ? code : folders_make(path, e);
        code = code != 0 ? code : page_write(path, &page, e);
        buffer_free(&page);
    }
    return code;
}

int command_reference(const struct arguments *arguments) {
    struct err err = {0};
    if (pages_write(arguments->positionals[0], &err) != 0) {
        fprintf(stderr, "tradingboost: %s\n", err.msg);
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}
