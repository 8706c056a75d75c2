/* scripts: the versions of scripts that activations run, or go back to, by their hash, kept whole:
 * a restart needs no file. All versions that ever ran are in the tables, from their records. */
#include "engine/engine_state.h"

#include <stdlib.h>
#include <string.h>

#define SWEEP_AT_LEAST 16

/* Of one of the engine's own: the bundle is the entry's first member. */
static struct engine_script *entry_of(const struct script_bundle *bundle) {
    return (struct engine_script *)(uintptr_t)bundle;
}

static struct engine_script *script_entry(const struct engine *e, uint64_t hash) {
    for (int i = e->script_count - 1; i >= 0; i--) {
        if (e->scripts[i]->bundle.hash == hash) {
            return e->scripts[i];
        }
    }
    return NULL;
}

const struct script_bundle *script_find(const struct engine *e, uint64_t hash) {
    const struct engine_script *s = script_entry(e, hash);
    return s != NULL ? &s->bundle : NULL;
}

static void script_free(struct engine_script *s) {
    for (int i = 0; i < s->bundle.count; i++) {
        free((void *)(uintptr_t)s->bundle.files[i].path);
        free((void *)(uintptr_t)s->bundle.files[i].text);
    }
    free((void *)(uintptr_t)s->bundle.files);
    free((void *)(uintptr_t)s->bundle.name);
    free(s->owner);
    free(s->author);
    free(s->reason);
    free(s);
}

static int bundle_copy(const struct script_bundle *from, struct script_bundle *to) {
    struct script_file *files = calloc((size_t)from->count, sizeof *files);
    *to = (struct script_bundle){strdup(from->name), from->hash, files, 0};
    if (files == NULL || to->name == NULL) {
        return E_MEMORY;
    }
    for (int i = 0; i < from->count; i++) {
        char *text = malloc(from->files[i].length + 1);
        files[i] = (struct script_file){strdup(from->files[i].path), text, from->files[i].length};
        to->count = i + 1;
        if (text == NULL || files[i].path == NULL) {
            return E_MEMORY;
        }
        memcpy(text, from->files[i].text, from->files[i].length);
        text[from->files[i].length] = '\0';
    }
    return 0;
}

static bool scripts_grow(struct engine *e) {
    if (e->script_count < e->script_capacity) {
        return true;
    }
    int capacity = e->script_capacity == 0 ? 16 : e->script_capacity * 2;
    struct engine_script **grown = realloc(e->scripts, (size_t)capacity * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    e->scripts = grown;
    e->script_capacity = capacity;
    return true;
}

const struct script_bundle *script_hold(
    struct engine *e, const struct script_bundle *bundle, const char *author, const char *reason
) {
    const struct script_bundle *known = script_find(e, bundle->hash);
    if (known != NULL) {
        return known;
    }
    struct engine_script *s = calloc(1, sizeof *s);
    if (s == NULL || !scripts_grow(e)) {
        free(s);
        return NULL;
    }
    s->owner = strdup("system");
    s->author = strdup(author);
    s->reason = strdup(reason);
    if (bundle_copy(bundle, &s->bundle) != 0 || s->owner == NULL || s->author == NULL ||
        s->reason == NULL) {
        script_free(s);
        return NULL;
    }
    e->scripts[e->script_count++] = s;
    return &s->bundle;
}

void script_record(struct engine *e, const struct script_bundle *bundle) {
    struct engine_script *s = entry_of(bundle);
    if (s->is_recorded) {
        return;
    }
    s->is_recorded = true;
    struct record record = {.kind = RECORD_SCRIPT, .activation = UINT32_MAX};
    record.u.script.bundle = s->bundle;
    record.u.script.owner = s->owner;
    record.u.script.author = s->author;
    record.u.script.reason = s->reason;
    journal_write(e, &record);
}

const struct script_bundle *script_keep(
    struct engine *e, const struct script_bundle *bundle, const char *author, const char *reason
) {
    const struct script_bundle *kept = script_hold(e, bundle, author, reason);
    if (kept != NULL) {
        script_record(e, kept);
    }
    return kept;
}

const char *script_author(const struct script_bundle *bundle) {
    return entry_of(bundle)->author;
}

static void use_note(const struct script_bundle *bundle) {
    if (bundle != NULL) {
        entry_of(bundle)->is_used = true;
    }
}

void scripts_note_use(struct engine *e) {
    for (int i = 0; i < e->script_count; i++) {
        e->scripts[i]->is_used = false;
    }
    for (int i = 0; i < e->activation_count; i++) {
        const struct activation *a = &e->activations[i];
        use_note(a->bundle);
        use_note(a->previous);
    }
}

/* Versions that wait for their turn to take over. */
static void waiting_note_use(const struct engine *e) {
    for (int i = 0; i < e->activation_count; i++) {
        const struct activation *a = &e->activations[i];
        for (int j = 0; j < a->event_count; j++) {
            const struct event *event = &a->events[(a->event_first + j) & (a->event_capacity - 1)];
            use_note(event->kind == EVENT_EDIT ? event->u.edit : NULL);
        }
    }
}

void scripts_sweep(struct engine *e) {
    if (e->script_count < e->script_sweep_at || e->script_count < SWEEP_AT_LEAST) {
        return;
    }
    scripts_note_use(e);
    waiting_note_use(e);
    int kept = 0;
    for (int i = 0; i < e->script_count; i++) {
        if (e->scripts[i]->is_used) {
            e->scripts[kept++] = e->scripts[i];
        } else {
            script_free(e->scripts[i]);
        }
    }
    e->script_count = kept;
    e->script_sweep_at = kept * 2;
}

void scripts_free(struct engine *e) {
    for (int i = 0; i < e->script_count; i++) {
        script_free(e->scripts[i]);
    }
    free(e->scripts);
}
