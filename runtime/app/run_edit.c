#include "app/run_edit.h"

#include "app/run.h"
#include "app/script_watch.h"
#include "app/script_write.h"
#include "engine/inspect.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TURN_NS ((int64_t)2000000)

struct saved { /* a script as it was read last */
    char *name;
    struct script_source source;
    uint64_t broken_hash; /* of a version that is no Lua: nobody else is asked; 0: none */
    bool is_there;
    uint64_t put_hash; /* of the version that somebody put; 0: none */
    char *who, *reason;
};

struct run_edit {
    struct run *run;
    struct script_watch *watch;
    uint64_t *tried; /* by activation: the version it was asked to take last; 0: none */
    struct saved *saved;
    int saved_count, saved_capacity;
    uint32_t next;   /* activation that is looked at next */
    bool is_pending; /* from next on, all are to be looked at */
};

/* --- files ---------------------------------------------------------------------------------------
 */

/* What a configuration calls it: a path, where the script is none of strategies/. */
static const char *path_of(const struct run *run, const char *name) {
    for (int i = 0; i < run->config->activation_count; i++) {
        if (run->sources[i].path != NULL && strcmp(run->sources[i].bundle.name, name) == 0) {
            return run->config->activations[i].script;
        }
    }
    return name;
}

static void folder_watch(struct run_edit *edit, const char *path) {
    struct err err = {0};
    if (script_watch_add(edit->watch, path, &err) != 0) {
        run_view_warning(edit->run->view, &err);
    }
}

static void source_watch(struct run_edit *edit, const struct script_source *source) {
    char parent[PATH_MAX];
    struct stat status;
    if (stat(source->path, &status) == 0 && S_ISDIR(status.st_mode)) {
        folder_watch(edit, source->path);
    }
    snprintf(parent, sizeof parent, "%s", source->path);
    folder_watch(edit, dirname(parent));
    if (source->library != NULL) {
        folder_watch(edit, source->library);
    }
}

/* A file that is half there, or gone, is no version: the one that runs stays, and it is told once.
 */
static void saved_read(struct run_edit *edit, struct saved *s) {
    struct script_source source = {0};
    struct err err = {0};
    size_t most = edit->run->config->limits.source_max;
    if (script_source_read(path_of(edit->run, s->name), most, &source, &err) != 0) {
        if (s->is_there) {
            run_view_warning(edit->run->view, &err);
            script_source_free(&s->source);
        }
        s->is_there = false;
        return;
    }
    if (s->is_there) {
        script_source_free(&s->source);
    }
    s->source = source;
    s->is_there = true;
    source_watch(edit, &source);
}

static struct saved *saved_find(struct run_edit *edit, const char *name) {
    for (int i = 0; i < edit->saved_count; i++) {
        if (strcmp(edit->saved[i].name, name) == 0) {
            return &edit->saved[i];
        }
    }
    return NULL;
}

static struct saved *saved_add(struct run_edit *edit, const char *name) {
    if (edit->saved_count == edit->saved_capacity) {
        int capacity = edit->saved_capacity > 0 ? edit->saved_capacity * 2 : 8;
        struct saved *grown = realloc(edit->saved, (size_t)capacity * sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        edit->saved = grown;
        edit->saved_capacity = capacity;
    }
    struct saved *s = &edit->saved[edit->saved_count];
    *s = (struct saved){.name = strdup(name)};
    if (s->name == NULL) {
        return NULL;
    }
    edit->saved_count++;
    saved_read(edit, s);
    return s;
}

static void on_changed(void *ctx) {
    struct run_edit *edit = ctx;
    for (int i = 0; i < edit->saved_count; i++) {
        saved_read(edit, &edit->saved[i]);
    }
    edit->next = 0;
    edit->is_pending = true;
    loop_wake(edit->run->loop);
}

/* --- activations ---------------------------------------------------------------------------------
 */

static void activation_look(struct run_edit *edit, uint32_t index) {
    struct activation_view view;
    struct engine *engine = edit->run->engine;
    inspect_activation(engine, index, &view);
    bool runs = view.status == ACTIVATION_RUNNING || view.status == ACTIVATION_PAUSED;
    if (view.is_manual || view.is_pinned || !runs) {
        return;
    }
    struct saved *s = saved_find(edit, view.script);
    s = s != NULL ? s : saved_add(edit, view.script);
    if (s == NULL || !s->is_there) {
        return;
    }
    uint64_t hash = s->source.bundle.hash;
    if (hash == view.script_hash) {
        edit->tried[index] = 0;
        return;
    }
    if (hash == edit->tried[index] || hash == s->broken_hash) {
        return; /* refused or rolled back: not again before it is another */
    }
    edit->tried[index] = hash;
    char text[PATH_MAX + 16];
    bool is_put = hash == s->put_hash;
    const char *who = is_put ? s->who : "file";
    const char *reason = is_put ? s->reason : text;
    struct err err = {0};
    uint64_t number;
    snprintf(text, sizeof text, "%s was saved", s->source.path);
    if (engine_edit(engine, index, &s->source.bundle, who, reason, &number, &err) != 0) {
        run_view_warning(edit->run->view, &err);
    }
}

bool run_edit_is_pending(const struct run_edit *edit) {
    return edit != NULL && edit->is_pending;
}

/* It is asked once more, though it refused the same version before. */
static void forget_tried(struct run_edit *edit, struct saved *s) {
    s->broken_hash = 0;
    for (int i = 0; i < engine_activation_count(edit->run->engine); i++) {
        if (strcmp(activation_name(edit->run->engine, (uint32_t)i), s->name) == 0) {
            edit->tried[i] = 0;
        }
    }
}

static int put_remember(struct saved *s, const char *who, const char *reason, struct err *e) {
    char *new_who = strdup(who);
    char *new_reason = strdup(reason);
    if (new_who == NULL || new_reason == NULL) {
        free(new_who);
        free(new_reason);
        return err_set(e, E_MEMORY, "no memory for a script");
    }
    free(s->who);
    free(s->reason);
    s->who = new_who;
    s->reason = new_reason;
    return 0;
}

int run_edit_put(
    struct run_edit *edit,
    const char *name,
    const struct script_file *files,
    int count,
    const char *who,
    const char *reason,
    uint64_t *hash,
    struct err *e
) {
    if (edit == NULL) {
        return err_set(e, E_STATE, "this run takes no other versions of scripts");
    }
    if (strcmp(path_of(edit->run, name), name) != 0) {
        return err_set(e, E_STATE, "the configuration names a file for %s: save it there", name);
    }
    struct saved *s = saved_find(edit, name);
    s = s != NULL ? s : saved_add(edit, name);
    if (s == NULL || !s->is_there) {
        return err_set(e, E_STATE, "the files of %s cannot be read", name);
    }
    int code = script_files_write(s->source.path, files, count, e);
    code = code != 0 ? code : put_remember(s, who, reason, e);
    if (code != 0) {
        return code;
    }
    saved_read(edit, s);
    if (!s->is_there) {
        return err_set(e, E_IO, "the files of %s cannot be read back", name);
    }
    s->put_hash = *hash = s->source.bundle.hash;
    forget_tried(edit, s);
    edit->next = 0;
    edit->is_pending = true;
    loop_wake(edit->run->loop);
    return 0;
}

bool run_edit_turn(struct run_edit *edit) {
    if (edit == NULL || !edit->is_pending) {
        return false;
    }
    int64_t until_ns = loop_now_ns(edit->run->loop) + TURN_NS;
    while (edit->next < (uint32_t)engine_activation_count(edit->run->engine)) {
        activation_look(edit, edit->next++);
        run_settle_between(edit->run);
        if (loop_now_ns(edit->run->loop) >= until_ns) {
            return true;
        }
    }
    edit->is_pending = false;
    return false;
}

void run_edit_heard(struct run_edit *edit, const struct edit_record *record) {
    if (edit == NULL || record->step != EDIT_REFUSED || record->fault->code != E_SYNTAX) {
        return;
    }
    struct saved *s = saved_find(edit, activation_name(edit->run->engine, record->activation));
    if (s != NULL) {
        s->broken_hash = record->to_hash;
    }
}

/* --- life ----------------------------------------------------------------------------------------
 */

int run_edit_begin(struct run_edit **out, struct run *run, struct err *e) {
    struct run_edit *edit = calloc(1, sizeof *edit);
    if (edit == NULL) {
        return err_set(e, E_MEMORY, "no memory to watch scripts");
    }
    edit->run = run;
    edit->tried = calloc((size_t)run->config->engine.activations_max, sizeof *edit->tried);
    int code = edit->tried == NULL
                   ? err_set(e, E_MEMORY, "no memory to watch scripts")
                   : script_watch_new(&edit->watch, loop_uv(run->loop), on_changed, edit, e);
    if (code != 0) {
        free(edit->tried);
        free(edit);
        return code;
    }
    *out = edit;
    on_changed(edit);
    return 0;
}

void run_edit_end(struct run_edit *edit) {
    if (edit == NULL) {
        return;
    }
    script_watch_end(edit->watch);
    for (int i = 0; i < edit->saved_count; i++) {
        if (edit->saved[i].is_there) {
            script_source_free(&edit->saved[i].source);
        }
        free(edit->saved[i].name);
        free(edit->saved[i].who);
        free(edit->saved[i].reason);
    }
    free(edit->saved);
    free(edit->tried);
    free(edit);
}
