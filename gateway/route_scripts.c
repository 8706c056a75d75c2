/* routes of scripts: which there are, their sources, and what `check` finds in them. */
#include "gateway/page.h"
#include "gateway/router.h"
#include "gateway/shapes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int route_strategies(struct call *c, struct err *e) {
    static const char *const names[] = {"limit", "cursor", NULL};
    struct page page;
    const char *name;
    query_names(c, names);
    page_begin(&page, c);
    for (int i = 0;
         !page_is_over(&page) && (name = c->g->options.script_list(c->g->options.ctx, i)) != NULL;
         i++) {
        if (page_take(&page, name)) {
            json_object(&c->json);
            write_text(&c->json, "name", name);
            write_text(&c->json, "owner", "system");
            json_close(&c->json);
        }
    }
    return page_end(&page, e);
}

/* The path's script; names are no paths. */
static int script_take(struct call *c, const struct script_bundle **bundle, struct err *e) {
    const char *name = call_part(c, "name");
    if (!token_name_is_good(name) || strchr(name, '.') != NULL) {
        return err_set(e, E_NOT_FOUND, "there is no such script");
    }
    return c->g->options.script_find(c->g->options.ctx, name, bundle, e);
}

int route_script(struct call *c, struct err *e) {
    static const char *const names[] = {NULL};
    const struct script_bundle *bundle;
    char version[20];
    query_names(c, names);
    int code = call_faults(c, e);
    code = code != 0 ? code : script_take(c, &bundle, e);
    if (code != 0) {
        return code;
    }
    snprintf(version, sizeof version, "%016" PRIx64, bundle->hash);
    json_object(&c->json);
    write_text(&c->json, "name", bundle->name);
    write_text(&c->json, "owner", "system");
    write_text(&c->json, "version", version);
    json_key(&c->json, "files");
    json_array(&c->json);
    for (int i = 0; i < bundle->count; i++) {
        json_object(&c->json);
        write_text(&c->json, "path", bundle->files[i].path);
        json_key(&c->json, "text");
        json_string_of(&c->json, bundle->files[i].text, bundle->files[i].length);
        json_close(&c->json);
    }
    json_close(&c->json);
    json_close(&c->json);
    c->g->options.script_release(c->g->options.ctx, bundle);
    return 0;
}

struct findings {
    struct call *c;
    int errors;
};

static void finding_write(void *to, const char *file, int line, bool is_error, const char *text) {
    struct findings *f = to;
    struct json_writer *json = &f->c->json;
    f->errors += is_error;
    json_object(json);
    write_optional(json, "file", file);
    json_key(json, "line");
    if (line > 0) {
        json_integer(json, line);
    } else {
        json_null(json);
    }
    write_text(json, "level", is_error ? "error" : "warning");
    write_text(json, "text", text);
    json_close(json);
}

int route_script_check(struct call *c, struct err *e) {
    static const char *const names[] = {"source", NULL};
    const struct script_bundle *bundle;
    body_names(c, names);
    const struct json_value *source = c->body != NULL ? json_member(c->body, "source") : NULL;
    if (source != NULL && source->kind != JSON_STRING) {
        call_fault(c, "source", "must be a string, not a %s", json_kind_name(source->kind));
    }
    int code = call_faults(c, e);
    code = code != 0 ? code : script_take(c, &bundle, e);
    if (code != 0) {
        return code;
    }
    char name[TOKEN_NAME_MAX];
    snprintf(name, sizeof name, "%s", call_part(c, "name"));
    c->g->options.script_release(c->g->options.ctx, bundle);
    struct findings findings = {.c = c};
    json_object(&c->json);
    write_text(&c->json, "name", name);
    json_key(&c->json, "findings");
    json_array(&c->json);
    code = c->g->options.script_check(
        c->g->options.ctx, name, source != NULL ? source->text : NULL,
        source != NULL ? source->length : 0, finding_write, &findings, e
    );
    json_close(&c->json);
    json_key(&c->json, "ok");
    json_bool(&c->json, findings.errors == 0);
    json_close(&c->json);
    return code;
}
