/* routes that change a script while it trades: files that are put, or those of a version of before.
 * They are checked in a process of their own, then written to where the script came from; what
 * became of it in each activation that runs the script is waited for, but not for long. */
#include "gateway/router.h"
#include "gateway/scripts.h"
#include "gateway/shapes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 64
#define FINDINGS_MAX 32
#define OUTCOME_NS ((int64_t)5 * 1000000000)

struct finding {
    char field[96], text[200];
};

struct outcome { /* of one activation */
    uint32_t activation;
    bool is_settled;
    enum edit_step step;
    int code, line;
    char id[32], text[FAULT_TEXT_MAX], file[64];
};

struct change { /* from the request until its answer */
    struct gateway *g;
    struct pending *pending; /* of the check */
    char name[TOKEN_NAME_MAX], who[TOKEN_NAME_MAX], reason[TEXT_FIELD_MAX + 1];
    char before[VERSION_MAX], after[VERSION_MAX]; /* on the disk */
    char wanted[VERSION_MAX];                     /* rolled back to; "": not said */
    bool is_rollback;
    struct script_file files[FILES_MAX]; /* its own; a text of NULL: without that file */
    int file_count;
    struct finding findings[FINDINGS_MAX];
    int finding_count;
    uint64_t hash; /* of after */
    struct outcome *outcomes;
    int outcome_count;
};

static void change_free(void *kept) {
    struct change *k = kept;
    for (int i = 0; i < k->file_count; i++) {
        free((void *)(uintptr_t)k->files[i].path);
        free((void *)(uintptr_t)k->files[i].text);
    }
    free(k->outcomes);
    free(k);
}

static int
file_add(struct change *k, const char *path, const char *text, size_t length, struct err *e) {
    if (k->file_count == FILES_MAX) {
        return err_set(e, E_QUOTA, "a script has at most %d files", FILES_MAX);
    }
    char *name = strdup(path);
    char *copy = text != NULL ? malloc(length + 1) : NULL;
    k->files[k->file_count++] = (struct script_file){name, copy, length};
    if (name == NULL || (text != NULL && copy == NULL)) {
        return err_set(e, E_MEMORY, "no memory for a script");
    }
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return 0;
}

/* Who may, and what of. */
static int change_new(struct call *c, struct change **out, struct err *e) {
    bool may = c->who->role == ROLE_OPERATOR || c->who->role == ROLE_ADMIN;
    if (!may) {
        return call_refuse(c, 403, "forbidden", e, "shipped scripts are changed by operators");
    }
    if (c->g->options.script_put == NULL) {
        return err_set(e, E_STATE, "scripts are not changed here");
    }
    struct change *k = calloc(1, sizeof *k);
    if (k == NULL) {
        return err_set(e, E_MEMORY, "no memory for a script");
    }
    int code = script_current(c, k->name, k->before, e);
    if (code != 0) {
        free(k);
        return code;
    }
    k->g = c->g;
    snprintf(k->who, sizeof k->who, "%s", c->who->name);
    *out = k;
    return 0;
}

/* --- what became of it
 * ---------------------------------------------------------------------------- */

static void outcomes_begin(struct change *k) {
    struct gateway *g = k->g;
    k->outcomes = calloc((size_t)engine_activation_count(g->engine) + 1, sizeof *k->outcomes);
    for (int i = 0; k->outcomes != NULL && i < engine_activation_count(g->engine); i++) {
        struct activation_view view;
        inspect_activation(g->engine, (uint32_t)i, &view);
        bool runs = view.status == ACTIVATION_RUNNING || view.status == ACTIVATION_PAUSED;
        if (!view.is_manual && !view.is_pinned && runs && strcmp(view.script, k->name) == 0) {
            struct outcome *o = &k->outcomes[k->outcome_count++];
            o->activation = (uint32_t)i;
            o->is_settled = view.script_hash == k->hash;
            snprintf(o->id, sizeof o->id, "%s", view.id);
        }
    }
}

static bool outcomes_are_settled(const struct change *k) {
    bool are_settled = true;
    for (int i = 0; i < k->outcome_count; i++) {
        are_settled &= k->outcomes[i].is_settled;
    }
    return are_settled;
}

static void outcome_take(struct outcome *o, const struct edit_record *record) {
    o->is_settled = true;
    o->step = record->step;
    if (record->fault != NULL) {
        o->code = record->fault->code;
        o->line = record->fault->line;
        snprintf(o->text, sizeof o->text, "%s", record->fault->text);
        snprintf(o->file, sizeof o->file, "%s", record->fault->file);
    }
}

void script_change_heard(struct pending *p, const struct edit_record *record) {
    struct change *k = p->kept;
    bool is_back = record->step == EDIT_ROLLED_BACK;
    /* A version that is no Lua is asked of one activation alone. */
    bool is_of_all = record->step == EDIT_REFUSED && record->fault->code == E_SYNTAX;
    if ((is_back ? record->from_hash : record->to_hash) != k->hash) {
        return;
    }
    for (int i = 0; i < k->outcome_count; i++) {
        struct outcome *o = &k->outcomes[i];
        if (o->activation == record->activation || (is_of_all && !o->is_settled)) {
            outcome_take(o, record);
        }
    }
    p->has_answer = outcomes_are_settled(k);
}

static void outcome_write(struct json_writer *json, const struct outcome *o) {
    static const char *const names[] = {"taken", "refused", "rolled_back"};
    json_object(json);
    write_text(json, "activation_id", o->id);
    write_text(json, "outcome", o->is_settled ? names[o->step] : "pending");
    write_optional(json, "code", o->code != 0 ? err_name(o->code) : NULL);
    write_optional(json, "message", o->text);
    write_optional(json, "file", o->file);
    json_key(json, "line");
    if (o->line > 0) {
        json_integer(json, o->line);
    } else {
        json_null(json);
    }
    json_close(json);
}

static int change_finish(struct call *c, struct pending *p, struct err *e) {
    const struct change *k = p->kept;
    (void)e;
    json_object(&c->json);
    write_text(&c->json, "name", k->name);
    write_text(&c->json, "version", k->after);
    write_text(&c->json, "previous_version", k->before);
    json_key(&c->json, "activations");
    json_array(&c->json);
    for (int i = 0; i < k->outcome_count; i++) {
        outcome_write(&c->json, &k->outcomes[i]);
    }
    json_close(&c->json);
    json_close(&c->json);
    return 0;
}

/* --- checked, then written
 * ------------------------------------------------------------------------ */

static int change_write(struct call *c, struct pending *p, struct err *e) {
    struct change *k = p->kept;
    struct gateway *g = c->g;
    int code = pending_room(g, e);
    code = code != 0 ? code
                     : g->options.script_put(
                           g->options.ctx, k->name, k->files, k->file_count, k->who, k->reason,
                           &k->hash, e
                       );
    if (code != 0) {
        return code;
    }
    version_text(k->hash, k->after);
    const char *what = k->is_rollback ? "script rollback" : "script put";
    char after[TOKEN_NAME_MAX + VERSION_MAX + 1];
    snprintf(after, sizeof after, "%s %s", k->name, k->after);
    engine_record_audit(g->engine, k->who, what, k->before, after);
    outcomes_begin(k);
    struct pending *next = pending_add(c, WAIT_EDIT);
    if (next == NULL) {
        return err_set(e, E_MEMORY, "it is written, and there is no memory to wait for more");
    }
    next->kept = k;
    next->free_kept = change_free;
    next->finish = change_finish;
    next->has_answer = outcomes_are_settled(k);
    next->due_ns = gateway_now_ns() + OUTCOME_NS;
    p->kept = NULL;
    p->free_kept = NULL;
    return 0;
}

static int check_finish(struct call *c, struct pending *p, struct err *e) {
    const struct change *k = p->kept;
    if (p->code != 0) {
        return err_set(e, p->code, "%s", p->text != NULL ? p->text : "");
    }
    for (int i = 0; i < k->finding_count; i++) {
        call_fault(c, k->findings[i].field, "%s", k->findings[i].text);
    }
    if (k->finding_count > 0) {
        return err_set(e, E_SCRIPT, "the check finds errors: nothing was changed");
    }
    return change_write(c, p, e);
}

static void on_finding(void *to, const char *file, int line, bool is_error, const char *text) {
    struct change *k = to;
    if (is_error && k->finding_count < FINDINGS_MAX) {
        struct finding *f = &k->findings[k->finding_count++];
        snprintf(f->field, sizeof f->field, "%.64s:%d", file, line);
        snprintf(f->text, sizeof f->text, "%s", text);
    }
}

static void on_checked(void *to, int code, const char *why) {
    struct change *k = to;
    struct gateway *g = k->g;
    pending_over(k->pending, code, why);
    pending_look(g);
}

/* k is the request's from here on, or freed. */
static int check_begin(struct call *c, struct change *k, struct err *e) {
    struct err refusal = {0};
    int code = pending_room(c->g, e);
    struct pending *p = code == 0 ? pending_add(c, WAIT_CHECK) : NULL;
    if (p == NULL) {
        change_free(k);
        return code != 0 ? code : err_set(e, E_MEMORY, "no memory for a check");
    }
    k->pending = p;
    p->kept = k;
    p->free_kept = change_free;
    p->finish = check_finish;
    code = c->g->options.script_check_files(
        c->g->options.ctx, k->name, k->files, k->file_count, on_finding, on_checked, k, &refusal
    );
    if (code != 0) {
        pending_over(p, code, refusal.msg);
    }
    return 0;
}

/* --- put
 * ------------------------------------------------------------------------------------------ */

static int
source_take(struct call *c, struct change *k, const struct json_value *source, struct err *e) {
    const struct script_bundle *bundle;
    int code = script_of_path(c, &bundle, e);
    if (code == 0) {
        code = file_add(k, bundle->files[0].path, source->text, source->length, e);
        c->g->options.script_release(c->g->options.ctx, bundle);
    }
    return code;
}

static int files_take(struct change *k, const struct json_value *files, struct err *e) {
    int code = 0;
    for (const struct json_value *f = files->first; f != NULL && code == 0; f = f->next) {
        bool is_gone = f->kind == JSON_NULL;
        code = file_add(k, f->name, is_gone ? NULL : f->text, is_gone ? 0 : f->length, e);
    }
    return code;
}

static void files_look(struct call *c, const struct json_value *files) {
    for (const struct json_value *f = files->kind == JSON_OBJECT ? files->first : NULL; f != NULL;
         f = f->next) {
        if (f->kind != JSON_STRING && f->kind != JSON_NULL) {
            call_fault(c, "files", "%.64s must be a text, or null", f->name);
        }
    }
    if (files->kind != JSON_OBJECT || files->count == 0) {
        call_fault(c, "files", "must be an object of names to texts");
    }
}

int route_script_put(struct call *c, struct err *e) {
    static const char *const names[] = {"files", "source", "reason", NULL};
    struct change *k;
    body_names(c, names);
    const struct json_value *files = json_member(c->body, "files");
    const struct json_value *source = json_member(c->body, "source");
    const char *reason = body_text(c, "reason", false);
    if ((files != NULL) == (source != NULL)) {
        call_fault(c, "source", "one of source and files is needed");
    }
    if (files != NULL) {
        files_look(c, files);
    }
    if (source != NULL && source->kind != JSON_STRING) {
        call_fault(c, "source", "must be a string, not a %s", json_kind_name(source->kind));
    }
    int code = call_faults(c, e);
    code = code != 0 ? code : change_new(c, &k, e);
    if (code != 0) {
        return code;
    }
    snprintf(k->reason, sizeof k->reason, "%s", reason != NULL ? reason : "put over HTTP");
    code = source != NULL ? source_take(c, k, source, e) : files_take(k, files, e);
    if (code != 0) {
        change_free(k);
        return code;
    }
    return check_begin(c, k, e);
}

/* --- rolled back
 * ---------------------------------------------------------------------------------- */

static bool is_library(const char *path) {
    return strncmp(path, "lib/", 4) == 0;
}

/* The files of that version, and without those that it did not have. */
static int
version_take(struct call *c, struct change *k, const struct json_value *v, struct err *e) {
    const struct json_value *files = json_member(v, "files");
    const struct script_bundle *bundle;
    int code = 0;
    for (const struct json_value *f = files != NULL ? files->first : NULL; f != NULL && code == 0;
         f = f->next) {
        const struct json_value *text = json_member(f, "text");
        const char *path = member_text(f, "path");
        if (!is_library(path) && text != NULL) {
            code = file_add(k, path, text->text, text->length, e);
        }
    }
    int of_version = k->file_count;
    code = code != 0 ? code : c->g->options.script_find(c->g->options.ctx, k->name, &bundle, e);
    for (int i = 0; code == 0 && i < bundle->count; i++) {
        bool is_kept = is_library(bundle->files[i].path);
        for (int j = 0; j < of_version; j++) {
            is_kept |= strcmp(k->files[j].path, bundle->files[i].path) == 0;
        }
        code = is_kept ? 0 : file_add(k, bundle->files[i].path, NULL, 0, e);
    }
    if (code == 0) {
        c->g->options.script_release(c->g->options.ctx, bundle);
    }
    return code;
}

static int source_told(struct call *c, struct pending *p, struct err *e) {
    struct change *k = p->kept;
    const struct json_value *v;
    int code = json_read(p->told, p->told_length, c->arena, &v, e);
    code = code != 0 ? err_set(e, E_LIMIT, "the version does not fit: %s", e->msg)
                     : version_take(c, k, v, e);
    if (code != 0) {
        return code;
    }
    p->kept = NULL;
    p->free_kept = NULL;
    return check_begin(c, k, e);
}

static int versions_look(struct call *c, struct pending *p, struct err *e) {
    struct change *k = p->kept;
    const struct json_value *items;
    int code = versions_told(c, p, &items, e);
    if (code != 0) {
        return code;
    }
    const struct json_value *before = version_before(items, k->before);
    if (k->wanted[0] == '\0' && before != NULL) {
        snprintf(k->wanted, sizeof k->wanted, "%s", member_text(before, "hash"));
    }
    if (k->wanted[0] == '\0') {
        return err_set(e, E_NOT_FOUND, "%s has no version before %s", k->name, k->before);
    }
    if (k->reason[0] == '\0') {
        snprintf(k->reason, sizeof k->reason, "back to %s", k->wanted);
    }
    struct tables_ask ask = {
        .list = TABLES_SCRIPT_SOURCES,
        .is_one = true,
        .strategy = k->name,
        .version = k->wanted,
        .limit = 1,
    };
    p->kept = NULL;
    p->free_kept = NULL;
    return tables_ask_for(c, &ask, source_told, k, change_free, e);
}

int route_script_rollback(struct call *c, struct err *e) {
    static const char *const names[] = {"version", "reason", NULL};
    struct change *k;
    body_names(c, names);
    const char *version = body_text(c, "version", false);
    const char *reason = body_text(c, "reason", false);
    if (version != NULL && !version_is_good(version)) {
        call_fault(c, "version", "must have 16 hexadecimal digits");
    }
    int code = call_faults(c, e);
    code = code != 0 ? code : change_new(c, &k, e);
    if (code != 0) {
        return code;
    }
    k->is_rollback = true;
    snprintf(k->wanted, sizeof k->wanted, "%s", version != NULL ? version : "");
    snprintf(k->reason, sizeof k->reason, "%s", reason != NULL ? reason : "");
    struct tables_ask ask = {
        .list = TABLES_SCRIPT_VERSIONS, .strategy = k->name, .limit = VERSIONS_MAX};
    return tables_ask_for(c, &ask, versions_look, k, change_free, e);
}
