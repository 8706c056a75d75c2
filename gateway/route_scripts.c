/* routes of scripts: which there are, their sources, and what `check` finds in them. */
#include "gateway/page.h"
#include "gateway/router.h"
#include "gateway/scripts.h"
#include "gateway/shapes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
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

int script_of_path(struct call *c, const struct script_bundle **bundle, struct err *e) {
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
    code = code != 0 ? code : script_of_path(c, &bundle, e);
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

/* --- what is wrong with one
 * -------------------------------------------------------------------------------- */

#define FINDINGS_MAX ((size_t)1 << 20)

struct check_answer { /* of a check that is under way */
    struct gateway *g;
    struct pending *pending;
    struct buffer text;
    struct json_writer json;
    int errors;
};

static void answer_free(void *kept) {
    struct check_answer *a = kept;
    buffer_free(&a->text);
    free(a);
}

static void on_finding(void *to, const char *file, int line, bool is_error, const char *text) {
    struct check_answer *a = to;
    struct json_writer *json = &a->json;
    a->errors += is_error;
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

static void on_checked(void *to, int code, const char *why) {
    struct check_answer *a = to;
    struct gateway *g = a->g;
    pending_over(a->pending, code, why);
    pending_look(g);
}

static int check_finish(struct call *c, struct pending *p, struct err *e) {
    struct check_answer *a = p->kept;
    if (p->code != 0) {
        return err_set(e, p->code, "%s", p->text != NULL ? p->text : "");
    }
    json_close(&a->json);
    json_key(&a->json, "ok");
    json_bool(&a->json, a->errors == 0);
    json_close(&a->json);
    int code = json_end(&a->json);
    json_raw(&c->json, a->text.data, a->text.length);
    return code == 0 ? 0 : err_set(e, code, "the findings do not fit");
}

/* A place among those who wait, with an answer that is begun. */
static struct check_answer *answer_begin(struct call *c, const char *name) {
    struct check_answer *a = calloc(1, sizeof *a);
    struct pending *p = a != NULL ? pending_add(c, WAIT_CHECK) : NULL;
    if (p == NULL) {
        free(a);
        return NULL;
    }
    a->g = c->g;
    a->pending = p;
    p->kept = a;
    p->free_kept = answer_free;
    p->finish = check_finish;
    buffer_init(&a->text, FINDINGS_MAX);
    json_begin(&a->json, &a->text);
    json_object(&a->json);
    write_text(&a->json, "name", name);
    json_key(&a->json, "findings");
    json_array(&a->json);
    return a;
}

static int
check_begin(struct call *c, const char *name, const struct json_value *source, struct err *e) {
    struct err refusal = {0};
    int code = pending_room(c->g, e);
    struct check_answer *a = code == 0 ? answer_begin(c, name) : NULL;
    if (a == NULL) {
        return code != 0 ? code : err_set(e, E_MEMORY, "no memory for a check");
    }
    code = c->g->options.script_check(
        c->g->options.ctx, name, source != NULL ? source->text : NULL,
        source != NULL ? source->length : 0, on_finding, on_checked, a, &refusal
    );
    if (code != 0) {
        pending_over(a->pending, code, refusal.msg);
    }
    return 0;
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
    code = code != 0 ? code : script_of_path(c, &bundle, e);
    if (code != 0) {
        return code;
    }
    char name[TOKEN_NAME_MAX];
    snprintf(name, sizeof name, "%s", call_part(c, "name"));
    c->g->options.script_release(c->g->options.ctx, bundle);
    return check_begin(c, name, source, e);
}
