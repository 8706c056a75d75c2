/* Copies of scripts: one a version, shared by the guests that run it. */
#include "script/guest.h"

#include <stdlib.h>
#include <string.h>

static bool is_same_bundle(const struct script_bundle *a, const struct script_bundle *b) {
    if (a->hash != b->hash || a->count != b->count || strcmp(a->name, b->name) != 0) {
        return false;
    }
    for (int i = 0; i < a->count; i++) {
        const struct script_file *x = &a->files[i];
        const struct script_file *y = &b->files[i];
        if (x->length != y->length || strcmp(x->path, y->path) != 0 ||
            memcmp(x->text, y->text, x->length) != 0) {
            return false;
        }
    }
    return true;
}

static size_t bundle_bytes(const struct script_bundle *b) {
    size_t size = strlen(b->name) + 1;
    for (int i = 0; i < b->count; i++) {
        size += strlen(b->files[i].path) + 1 + b->files[i].length + 1;
    }
    return size;
}

static struct bundle *bundle_copy(const struct script_bundle *source) {
    struct bundle *b = calloc(1, sizeof *b);
    struct script_file *files = calloc((size_t)source->count + 1, sizeof *files);
    char *texts = malloc(bundle_bytes(source));
    if (!b || !files || !texts) {
        free(b);
        free(files);
        free(texts);
        return NULL;
    }
    b->texts = texts;
    b->bundle = *source;
    b->bundle.files = files;
    b->bundle.name = texts;
    texts = stpcpy(texts, source->name) + 1;
    for (int i = 0; i < source->count; i++) {
        files[i].path = texts;
        texts = stpcpy(texts, source->files[i].path) + 1;
        files[i].text = texts;
        files[i].length = source->files[i].length;
        memcpy(texts, source->files[i].text, files[i].length);
        texts[files[i].length] = '\0';
        texts += files[i].length + 1;
    }
    return b;
}

/* The host's copy of a bundle, shared by all that are equal. */
struct bundle *host_bundle_take(struct host *h, const struct script_bundle *source) {
    for (struct bundle *b = h->bundles; b; b = b->next) {
        if (is_same_bundle(&b->bundle, source)) {
            b->users++;
            return b;
        }
    }
    struct bundle *b = bundle_copy(source);
    if (b) {
        b->users = 1;
        b->next = h->bundles;
        h->bundles = b;
    }
    return b;
}

void host_bundle_drop(struct host *h, struct bundle *bundle) {
    if (!bundle || --bundle->users > 0) {
        return;
    }
    struct bundle **link = &h->bundles;
    while (*link != bundle) {
        link = &(*link)->next;
    }
    *link = bundle->next;
    free((void *)(uintptr_t)bundle->bundle.files);
    free(bundle->texts);
    free(bundle);
}
