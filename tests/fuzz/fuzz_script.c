/* Any text as a script: check says something about it, every line it names is in the text, and what
 * LuaJIT compiles is walked to its end. */
#include "script/check.h"
#include "script/check_parse.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct walk {
    const char *text;
    size_t length;
    int lines;
};

static void require(bool holds) {
    if (!holds) {
        abort();
    }
}

static void sight_require(void *ctx, const struct sight *s) {
    const struct walk *w = ctx;
    require(s->line >= 1 && s->line <= w->lines);
    bool is_implicit = s->kind == SIGHT_LOCAL && words_are(s->name, "self");
    if (s->name.length > 0 && !is_implicit) {
        require(s->name.text >= w->text && s->name.text + s->name.length <= w->text + w->length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct check_findings findings = {0};
    struct err e;
    if (length > 16384) {
        return 0;
    }
    char *text = malloc(length + 1); /* so that reading behind it is seen */
    memcpy(text, bytes, length);
    struct script_file file = {"init.lua", text, length};
    struct script_bundle bundle = {"fuzz", 0, &file, 1};
    struct walk walk = {text, length, 1};
    for (size_t i = 0; i < length; i++) {
        walk.lines += text[i] == '\n' || text[i] == '\r';
    }
    require(check_sources(&bundle, &findings, &e) == 0);
    for (int i = 0; i < findings.count; i++) {
        require(findings.list[i].line >= 0 && findings.list[i].line <= walk.lines);
        require(findings.list[i].text[0] != '\0');
    }
    require(findings.errors + findings.warnings >= findings.count);
    struct sighting sighting = {.ctx = &walk, .on = sight_require, .script = {"M", 1}};
    bool is_whole = check_parse(text, length, &sighting);
    require(is_whole || findings.is_broken);
    check_findings_free(&findings);
    free(text);
    return 0;
}
