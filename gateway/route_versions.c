/* routes of the versions of scripts that ever ran, as the tables have them: a list, one with its
 * sources, and what differs between two. */
#include "gateway/line_diff.h"
#include "gateway/router.h"
#include "gateway/scripts.h"
#include "gateway/shapes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIFF_MAX ((size_t)1 << 20)

struct looked_at { /* what was asked, until the tables have answered */
    char name[TOKEN_NAME_MAX];
    char user[TOKEN_NAME_MAX];               /* whose activations are shown; "": all */
    char current[VERSION_MAX];               /* on the disk */
    char from[VERSION_MAX], to[VERSION_MAX]; /* of a diff; "": not said */
    char *told;                              /* the sources of `from` */
    size_t told_length;
};

/* --- what is shared
 * ------------------------------------------------------------------------------- */

void version_text(uint64_t hash, char text[VERSION_MAX]) {
    snprintf(text, VERSION_MAX, "%016" PRIx64, hash);
}

bool version_is_good(const char *text) {
    return strlen(text) == VERSION_MAX - 1 && strspn(text, "0123456789abcdef") == VERSION_MAX - 1;
}

const char *member_text(const struct json_value *object, const char *name) {
    const struct json_value *m = json_member(object, name);
    return m != NULL && m->kind == JSON_STRING ? m->text : "";
}

int versions_told(
    struct call *c, const struct pending *p, const struct json_value **items, struct err *e
) {
    const struct json_value *told;
    int code = json_read(p->told, p->told_length, c->arena, &told, e);
    if (code != 0) {
        return err_set(e, E_LIMIT, "the versions do not fit: %s", e->msg);
    }
    *items = json_member(told, "items");
    return *items != NULL ? 0 : err_set(e, E_DATA, "the tables have no list of versions");
}

const struct json_value *version_before(const struct json_value *items, const char *version) {
    for (const struct json_value *v = items->first; v != NULL; v = v->next) {
        if (strcmp(member_text(v, "hash"), version) == 0) {
            return v->next;
        }
    }
    return items->first;
}

int script_current(
    struct call *c, char name[TOKEN_NAME_MAX], char version[VERSION_MAX], struct err *e
) {
    const struct script_bundle *bundle;
    int code = script_of_path(c, &bundle, e);
    if (code != 0) {
        return code;
    }
    snprintf(name, TOKEN_NAME_MAX, "%s", call_part(c, "name"));
    version_text(bundle->hash, version);
    c->g->options.script_release(c->g->options.ctx, bundle);
    return 0;
}

static void looked_free(void *kept) {
    struct looked_at *l = kept;
    free(l->told);
    free(l);
}

static int looked_new(struct call *c, struct looked_at **out, struct err *e) {
    struct looked_at *l = calloc(1, sizeof *l);
    if (l == NULL) {
        return err_set(e, E_MEMORY, "no memory for what is asked");
    }
    int code = script_current(c, l->name, l->current, e);
    if (code != 0) {
        free(l);
        return code;
    }
    if (!call_is_admin(c)) {
        snprintf(l->user, sizeof l->user, "%s", c->who->user);
    }
    *out = l;
    return 0;
}

/* --- the list
 * ------------------------------------------------------------------------------------- */

static void runners_write(struct call *c, const struct looked_at *l, const char *version) {
    json_key(&c->json, "activations");
    json_array(&c->json);
    for (int i = 0; i < engine_activation_count(c->engine); i++) {
        struct activation_view view;
        char runs[VERSION_MAX];
        inspect_activation(c->engine, (uint32_t)i, &view);
        version_text(view.script_hash, runs);
        bool is_over = view.status == ACTIVATION_STOPPED || activation_is_refused(&view);
        bool is_shown = l->user[0] == '\0' || strcmp(l->user, view.user) == 0;
        if (!view.is_manual && !is_over && is_shown && strcmp(view.script, l->name) == 0 &&
            strcmp(runs, version) == 0) {
            json_string(&c->json, view.id);
        }
    }
    json_close(&c->json);
}

static void about_write(struct call *c, const struct looked_at *l, const struct json_value *v) {
    const char *version = member_text(v, "hash");
    write_text(&c->json, "name", l->name);
    write_text(&c->json, "owner", member_text(v, "owner"));
    write_text(&c->json, "version", version);
    write_text(&c->json, "author", member_text(v, "author"));
    write_text(&c->json, "reason", member_text(v, "reason"));
    write_text(&c->json, "created_at", member_text(v, "created_at"));
    json_key(&c->json, "is_current");
    json_bool(&c->json, strcmp(version, l->current) == 0);
    runners_write(c, l, version);
}

static int versions_finish(struct call *c, struct pending *p, struct err *e) {
    const struct looked_at *l = p->kept;
    const struct json_value *told;
    int code = json_read(p->told, p->told_length, c->arena, &told, e);
    if (code != 0) {
        return err_set(e, E_LIMIT, "the versions do not fit: %s", e->msg);
    }
    const struct json_value *items = json_member(told, "items");
    json_object(&c->json);
    json_key(&c->json, "items");
    json_array(&c->json);
    for (const struct json_value *v = items != NULL ? items->first : NULL; v != NULL; v = v->next) {
        json_object(&c->json);
        about_write(c, l, v);
        json_close(&c->json);
    }
    json_close(&c->json);
    write_optional(&c->json, "next_cursor", member_text(told, "next_cursor"));
    json_close(&c->json);
    return 0;
}

int route_script_versions(struct call *c, struct err *e) {
    static const char *const names[] = {"limit", "cursor", NULL};
    struct looked_at *l;
    query_names(c, names);
    int limit = query_limit(c);
    const char *cursor = query_text(c, "cursor");
    int code = call_faults(c, e);
    code = code != 0 ? code : looked_new(c, &l, e);
    if (code != 0) {
        return code;
    }
    struct tables_ask ask = {
        .list = TABLES_SCRIPT_VERSIONS, .strategy = l->name, .limit = limit, .cursor = cursor};
    return tables_ask_for(c, &ask, versions_finish, l, looked_free, e);
}

/* --- one
 * ------------------------------------------------------------------------------------------ */

static int version_finish(struct call *c, struct pending *p, struct err *e) {
    const struct looked_at *l = p->kept;
    const struct json_value *v;
    int code = json_read(p->told, p->told_length, c->arena, &v, e);
    if (code != 0) {
        return err_set(e, E_LIMIT, "the version does not fit: %s", e->msg);
    }
    const struct json_value *files = json_member(v, "files");
    json_object(&c->json);
    about_write(c, l, v);
    json_key(&c->json, "files");
    json_array(&c->json);
    for (const struct json_value *f = files != NULL ? files->first : NULL; f != NULL; f = f->next) {
        const struct json_value *text = json_member(f, "text");
        json_object(&c->json);
        write_text(&c->json, "path", member_text(f, "path"));
        json_key(&c->json, "text");
        json_string_of(&c->json, text->text, text->length);
        json_close(&c->json);
    }
    json_close(&c->json);
    json_close(&c->json);
    return 0;
}

int route_script_version(struct call *c, struct err *e) {
    static const char *const names[] = {NULL};
    struct looked_at *l;
    query_names(c, names);
    int code = call_faults(c, e);
    code = code != 0 ? code : looked_new(c, &l, e);
    if (code != 0) {
        return code;
    }
    struct tables_ask ask = {
        .list = TABLES_SCRIPT_SOURCES,
        .is_one = true,
        .strategy = l->name,
        .version = call_part(c, "version"),
        .limit = 1,
    };
    return tables_ask_for(c, &ask, version_finish, l, looked_free, e);
}

/* --- what differs
 * --------------------------------------------------------------------------------- */

static struct diff_text file_text(const struct json_value *files, const char *path) {
    for (const struct json_value *f = files != NULL ? files->first : NULL; f != NULL; f = f->next) {
        const struct json_value *text = json_member(f, "text");
        if (strcmp(member_text(f, "path"), path) == 0 && text != NULL) {
            return (struct diff_text){text->text, text->length};
        }
    }
    return (struct diff_text){0};
}

static int file_diff(
    struct call *c, const char *path, struct diff_text from, struct diff_text to, struct err *e
) {
    struct buffer text;
    buffer_init(&text, DIFF_MAX);
    int code = line_diff(path, from, to, &text, e);
    if (code == 0 && text.length > 0) {
        json_object(&c->json);
        write_text(&c->json, "path", path);
        json_key(&c->json, "diff");
        json_string_of(&c->json, text.data, text.length);
        json_close(&c->json);
    }
    buffer_free(&text);
    return code != 0 ? err_set(e, code, "what differs in %s does not fit", path) : 0;
}

static int diff_write(
    struct call *c, const struct json_value *from, const struct json_value *to, struct err *e
) {
    const struct json_value *before = json_member(from, "files");
    const struct json_value *after = json_member(to, "files");
    int code = 0;
    for (const struct json_value *f = before != NULL ? before->first : NULL; f != NULL && code == 0;
         f = f->next) {
        const char *path = member_text(f, "path");
        code = file_diff(c, path, file_text(before, path), file_text(after, path), e);
    }
    for (const struct json_value *f = after != NULL ? after->first : NULL; f != NULL && code == 0;
         f = f->next) {
        const char *path = member_text(f, "path");
        if (file_text(before, path).data == NULL) {
            code = file_diff(c, path, (struct diff_text){0}, file_text(after, path), e);
        }
    }
    return code;
}

static int diff_finish(struct call *c, struct pending *p, struct err *e) {
    const struct looked_at *l = p->kept;
    const struct json_value *from, *to;
    int code = json_read(l->told, l->told_length, c->arena, &from, e);
    code = code != 0 ? code : json_read(p->told, p->told_length, c->arena, &to, e);
    if (code != 0) {
        return err_set(e, E_LIMIT, "the two versions do not fit: %s", e->msg);
    }
    json_object(&c->json);
    write_text(&c->json, "name", l->name);
    write_text(&c->json, "from", l->from);
    write_text(&c->json, "to", l->to);
    json_key(&c->json, "files");
    json_array(&c->json);
    code = diff_write(c, from, to, e);
    json_close(&c->json);
    json_close(&c->json);
    return code;
}

/* Asks for the sources of a version. */
static int source_ask(
    struct call *c, struct pending *p, const char *version, tables_finish *finish, struct err *e
) {
    struct looked_at *l = p->kept;
    struct tables_ask ask = {
        .list = TABLES_SCRIPT_SOURCES,
        .is_one = true,
        .strategy = l->name,
        .version = version,
        .limit = 1,
    };
    p->kept = NULL; /* it goes on with the next question */
    p->free_kept = NULL;
    return tables_ask_for(c, &ask, finish, l, looked_free, e);
}

static int from_finish(struct call *c, struct pending *p, struct err *e) {
    struct looked_at *l = p->kept;
    l->told = malloc(p->told_length + 1);
    if (l->told == NULL) {
        return err_set(e, E_MEMORY, "no memory for a diff");
    }
    memcpy(l->told, p->told, p->told_length);
    l->told_length = p->told_length;
    return source_ask(c, p, l->to, diff_finish, e);
}

static int diff_choose(struct call *c, struct pending *p, struct err *e) {
    struct looked_at *l = p->kept;
    const struct json_value *items;
    int code = versions_told(c, p, &items, e);
    if (code != 0) {
        return code;
    }
    if (l->to[0] == '\0' && items->first != NULL) {
        snprintf(l->to, sizeof l->to, "%s", member_text(items->first, "hash"));
    }
    const struct json_value *before = l->from[0] == '\0' ? version_before(items, l->to) : NULL;
    if (before != NULL) {
        snprintf(l->from, sizeof l->from, "%s", member_text(before, "hash"));
    }
    if (l->to[0] == '\0' || l->from[0] == '\0') {
        return err_set(e, E_NOT_FOUND, "%s has no version before %s", l->name, l->to);
    }
    return source_ask(c, p, l->from, from_finish, e);
}

static void version_read(struct call *c, const char *name, char to[VERSION_MAX]) {
    const char *text = query_text(c, name);
    if (text != NULL && !version_is_good(text)) {
        call_fault(c, name, "must be a version: 16 hexadecimal digits");
    } else if (text != NULL) {
        snprintf(to, VERSION_MAX, "%s", text);
    }
}

int route_script_diff(struct call *c, struct err *e) {
    static const char *const names[] = {"from", "to", NULL};
    struct looked_at *l;
    char from[VERSION_MAX] = "";
    char to[VERSION_MAX] = "";
    query_names(c, names);
    version_read(c, "from", from);
    version_read(c, "to", to);
    int code = call_faults(c, e);
    code = code != 0 ? code : looked_new(c, &l, e);
    if (code != 0) {
        return code;
    }
    memcpy(l->from, from, sizeof from);
    memcpy(l->to, to, sizeof to);
    struct tables_ask ask = {
        .list = TABLES_SCRIPT_VERSIONS, .strategy = l->name, .limit = VERSIONS_MAX};
    return tables_ask_for(c, &ask, diff_choose, l, looked_free, e);
}
