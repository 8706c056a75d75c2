#include "app/script_watch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define SETTLE_MOST_MS 1000

struct folder {
    uv_fs_event_t events;
    char *path;
};

struct script_watch {
    uv_loop_t *loop;
    uv_timer_t settle;
    struct folder *folders[SCRIPT_WATCH_FOLDERS_MAX];
    int folder_count;
    bool is_settling;
    uint64_t first_ms; /* of the changes that settle */
    void (*changed)(void *ctx);
    void *ctx;
};

int script_watch_new(
    struct script_watch **out,
    struct uv_loop_s *loop,
    void (*changed)(void *ctx),
    void *ctx,
    struct err *e
) {
    struct script_watch *w = calloc(1, sizeof *w);
    if (w == NULL || uv_timer_init(loop, &w->settle) != 0) {
        free(w);
        return err_set(e, E_MEMORY, "no memory to watch scripts");
    }
    w->loop = loop;
    w->changed = changed;
    w->ctx = ctx;
    w->settle.data = w;
    *out = w;
    return 0;
}

static void on_settled(uv_timer_t *timer) {
    struct script_watch *w = timer->data;
    w->is_settling = false;
    w->changed(w->ctx);
}

static bool name_counts(const char *name) {
    size_t length = name != NULL ? strlen(name) : 0;
    if (name == NULL) {
        return true; /* the system did not say which */
    }
    if (name[0] == '.') {
        return false;
    }
    bool is_folder = strchr(name, '.') == NULL;
    return is_folder || (length > 4 && strcmp(name + length - 4, ".lua") == 0);
}

static void on_event(uv_fs_event_t *handle, const char *name, int events, int status) {
    struct script_watch *w = handle->data;
    uint64_t now_ms = uv_now(w->loop);
    (void)events;
    if (status != 0 || !name_counts(name)) {
        return;
    }
    if (!w->is_settling) {
        w->is_settling = true;
        w->first_ms = now_ms;
    }
    if (now_ms - w->first_ms < SETTLE_MOST_MS) {
        uv_timer_start(&w->settle, on_settled, SCRIPT_SETTLE_MS, 0);
    }
}

int script_watch_add(struct script_watch *w, const char *folder, struct err *e) {
    for (int i = 0; i < w->folder_count; i++) {
        if (strcmp(w->folders[i]->path, folder) == 0) {
            return 0;
        }
    }
    if (w->folder_count == SCRIPT_WATCH_FOLDERS_MAX) {
        return err_set(e, E_LIMIT, "more than %d folders of scripts", SCRIPT_WATCH_FOLDERS_MAX);
    }
    struct folder *f = calloc(1, sizeof *f);
    char *path = strdup(folder);
    if (f == NULL || path == NULL || uv_fs_event_init(w->loop, &f->events) != 0) {
        free(f);
        free(path);
        return err_set(e, E_MEMORY, "no memory to watch %s", folder);
    }
    f->path = path;
    f->events.data = w;
    w->folders[w->folder_count++] = f;
    int status = uv_fs_event_start(&f->events, on_event, folder, 0);
    return status == 0 ? 0
                       : err_set(e, E_IO, "%s cannot be watched: %s", folder, uv_strerror(status));
}

static void folder_over(uv_handle_t *handle) {
    struct folder *f = (struct folder *)handle;
    free(f->path);
    free(f);
}

static void watch_over(uv_handle_t *handle) {
    free(handle->data);
}

void script_watch_end(struct script_watch *w) {
    if (w == NULL) {
        return;
    }
    for (int i = 0; i < w->folder_count; i++) {
        uv_close((uv_handle_t *)&w->folders[i]->events, folder_over);
    }
    uv_close((uv_handle_t *)&w->settle, watch_over);
}
