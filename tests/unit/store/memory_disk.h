/* memory_disk: a disk in memory that forgets and fails as real ones do.
 *
 * A file has what a reader sees (the cache) and what would survive (the platter), and between them
 * the writes that no sync has carried over. A crash carries over a prefix of them, the last one
 * torn anywhere, and the same for names made, renamed and removed in the folder. A sync that fails
 * does the same and forgets the rest, and the next one succeeds, as Linux does: who tries it again
 * believes a lie. Time moves only when a test moves it. */
#pragma once

#include "base/random.h"
#include "store/disk.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_FILES_MAX 4096
#define MEMORY_HANDLES_MAX 64
#define MEMORY_PENDING_MAX 4096

enum memory_call {
    CALL_OPEN,
    CALL_READ,
    CALL_WRITE,
    CALL_SYNC,
    CALL_ALLOCATE,
    CALL_TRUNCATE,
    CALL_RENAME,
    CALL_REMOVE,
    CALL_SYNC_DIRECTORY,
    CALL_LIST,
    CALL_COUNT,
};

struct memory_image {
    char *bytes;
    size_t size, capacity;
};

struct memory_write {
    bool is_resize; /* to offset */
    uint64_t offset;
    size_t size;
    char *bytes;
};

struct memory_file {
    struct memory_image cache, platter;
    struct memory_write *pending;
    int pending_count;
    int names; /* in cache and platter */
};

struct memory_name {
    char path[128];
    struct memory_file *file;
};

struct memory_disk {
    struct disk disk;
    struct memory_name names[MEMORY_FILES_MAX];   /* as a reader sees them */
    struct memory_name platter[MEMORY_FILES_MAX]; /* as they would survive */
    int name_count, platter_count;
    struct {                     /* changes of names, in order */
        char from[128], to[128]; /* from "": made; to "": removed */
        struct memory_file *file;
    } changes[256];
    int change_count;
    struct memory_file *files[MEMORY_FILES_MAX * 4];
    int file_count;
    struct memory_file *handles[MEMORY_HANDLES_MAX];
    struct random random;
    int64_t now_ns;
    size_t space;                 /* bytes that may still be taken; SIZE_MAX: endless */
    int calls[CALL_COUNT];        /* made so far */
    int fail_at[CALL_COUNT];      /* the call of that number fails; 0: none */
    int fail_error[CALL_COUNT];   /* negative errno */
    bool fail_always[CALL_COUNT]; /* from fail_at on */
    double fault_rate;            /* of writes, syncs and allocations */
    bool has_no_allocate;
    bool has_short_writes;
};

static inline struct memory_disk *memory_of(void *ctx) {
    return ctx;
}

static inline void image_resize(struct memory_image *image, size_t size) {
    if (size > image->capacity) {
        image->capacity = size * 2;
        image->bytes = realloc(image->bytes, image->capacity);
    }
    if (size > image->size) {
        memset(image->bytes + image->size, 0, size - image->size);
    }
    image->size = size;
}

static inline void image_write(struct memory_image *i, uint64_t offset, const char *b, size_t n) {
    if (n == 0) {
        return;
    }
    if (offset + n > i->size) {
        image_resize(i, offset + n);
    }
    memcpy(i->bytes + offset, b, n);
}

static inline void path_copy(char to[128], const char *from) {
    size_t n = strlen(from);
    if (n >= 128) {
        abort();
    }
    memcpy(to, from, n + 1);
}

static inline int memory_fault(struct memory_disk *m, enum memory_call call) {
    int number = ++m->calls[call];
    if (m->fail_at[call] != 0 &&
        (number == m->fail_at[call] || (m->fail_always[call] && number > m->fail_at[call]))) {
        return m->fail_error[call];
    }
    if (m->fault_rate > 0 &&
        (call == CALL_WRITE || call == CALL_SYNC || call == CALL_ALLOCATE ||
         call == CALL_SYNC_DIRECTORY || call == CALL_RENAME) &&
        random_fraction(&m->random) < m->fault_rate) {
        return random_below(&m->random, 2) == 0 ? -EIO : -ENOSPC;
    }
    return 0;
}

/* The call number `after` from now on of that kind fails. */
static inline void memory_fail(struct memory_disk *m, enum memory_call call, int after, int error) {
    m->fail_at[call] = m->calls[call] + after;
    m->fail_error[call] = error;
    m->fail_always[call] = false;
}

static inline void memory_fail_always(struct memory_disk *m, enum memory_call call, int error) {
    memory_fail(m, call, 1, error);
    m->fail_always[call] = true;
}

static inline void memory_heal(struct memory_disk *m) {
    memset(m->fail_at, 0, sizeof m->fail_at);
    memset(m->fail_always, 0, sizeof m->fail_always);
    m->fault_rate = 0;
}

static inline void
pending_add(struct memory_file *f, bool is_resize, uint64_t offset, const void *b, size_t n) {
    if (f->pending == NULL) {
        f->pending = calloc(MEMORY_PENDING_MAX, sizeof *f->pending);
    }
    if (f->pending_count == MEMORY_PENDING_MAX) {
        abort();
    }
    struct memory_write *w = &f->pending[f->pending_count++];
    *w = (struct memory_write){is_resize, offset, n, NULL};
    if (n > 0) {
        w->bytes = malloc(n);
        memcpy(w->bytes, b, n);
    }
}

static inline void pending_apply(struct memory_file *f, const struct memory_write *w, size_t n) {
    if (w->is_resize) {
        image_resize(&f->platter, w->offset);
    } else {
        image_write(&f->platter, w->offset, w->bytes, n);
    }
}

static inline void pending_clear(struct memory_file *f) {
    for (int i = 0; i < f->pending_count; i++) {
        free(f->pending[i].bytes);
    }
    f->pending_count = 0;
}

static inline void pending_all(struct memory_file *f) {
    for (int i = 0; i < f->pending_count; i++) {
        pending_apply(f, &f->pending[i], f->pending[i].size);
    }
    pending_clear(f);
}

static inline void pending_some(struct memory_disk *m, struct memory_file *f) {
    int whole = (int)random_below(&m->random, (uint64_t)f->pending_count + 1);
    for (int i = 0; i < whole; i++) {
        pending_apply(f, &f->pending[i], f->pending[i].size);
    }
    if (whole < f->pending_count && f->pending[whole].size > 0) {
        pending_apply(
            f, &f->pending[whole], (size_t)random_below(&m->random, f->pending[whole].size + 1)
        );
    }
    pending_clear(f);
}

static inline int name_find(const struct memory_name *names, int count, const char *path) {
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i].path, path) == 0) {
            return i;
        }
    }
    return -1;
}

static inline void name_set(
    struct memory_name *names, int *count, const char *from, const char *to, struct memory_file *f
) {
    int i = from[0] != '\0' ? name_find(names, *count, from) : -1;
    if (i >= 0) {
        names[i].file->names--;
        names[i] = names[--*count];
    }
    i = to[0] != '\0' ? name_find(names, *count, to) : -1;
    if (i >= 0) {
        names[i].file->names--;
        names[i] = names[--*count];
    }
    if (to[0] != '\0') {
        path_copy(names[*count].path, to);
        names[(*count)++].file = f;
        f->names++;
    }
}

static inline void
name_change(struct memory_disk *m, const char *from, const char *to, struct memory_file *f) {
    if (m->change_count == 256) {
        abort();
    }
    name_set(m->names, &m->name_count, from, to, f);
    path_copy(m->changes[m->change_count].from, from);
    path_copy(m->changes[m->change_count].to, to);
    m->changes[m->change_count++].file = f;
}

static inline void changes_apply(struct memory_disk *m, int count) {
    for (int i = 0; i < count; i++) {
        name_set(
            m->platter, &m->platter_count, m->changes[i].from, m->changes[i].to, m->changes[i].file
        );
    }
    m->change_count = 0;
}

/* --- the functions of the port -------------------------------------------------------------------
 */

static inline int memory_open(void *ctx, const char *path, enum disk_mode mode) {
    struct memory_disk *m = memory_of(ctx);
    int fault = memory_fault(m, CALL_OPEN);
    if (fault != 0) {
        return fault;
    }
    int i = name_find(m->names, m->name_count, path);
    if (mode == DISK_CREATE && i >= 0) {
        return -EEXIST;
    }
    struct memory_file *file = i >= 0 ? m->names[i].file : NULL;
    if (mode == DISK_CREATE) {
        file = calloc(1, sizeof *file);
        m->files[m->file_count++] = file;
        name_change(m, "", path, file);
    } else if (i < 0) {
        return -ENOENT;
    }
    for (int h = 0; h < MEMORY_HANDLES_MAX; h++) {
        if (m->handles[h] == NULL) {
            m->handles[h] = file;
            return h;
        }
    }
    return -EMFILE;
}

static inline void memory_close(void *ctx, int file) {
    memory_of(ctx)->handles[file] = NULL;
}

static inline int64_t memory_read(void *ctx, int file, void *bytes, size_t size, uint64_t offset) {
    struct memory_disk *m = memory_of(ctx);
    int fault = memory_fault(m, CALL_READ);
    const struct memory_image *image = &m->handles[file]->cache;
    if (fault != 0) {
        return fault;
    }
    if (offset >= image->size) {
        return 0;
    }
    size_t n = image->size - offset < size ? image->size - offset : size;
    memcpy(bytes, image->bytes + offset, n);
    return (int64_t)n;
}

static inline int space_take(struct memory_disk *m, size_t bytes) {
    if (m->space == SIZE_MAX) {
        return 0;
    }
    if (bytes > m->space) {
        return -ENOSPC;
    }
    m->space -= bytes;
    return 0;
}

static inline int64_t
memory_write(void *ctx, int file, const void *bytes, size_t size, uint64_t offset) {
    struct memory_disk *m = memory_of(ctx);
    struct memory_file *f = m->handles[file];
    int fault = memory_fault(m, CALL_WRITE);
    if (fault != 0) {
        /* What fails has often begun. */
        size_t begun = (size_t)random_below(&m->random, size + 1);
        image_write(&f->cache, offset, bytes, begun);
        pending_add(f, false, offset, bytes, begun);
        return fault;
    }
    if (m->has_short_writes && size > 1) {
        size = 1 + (size_t)random_below(&m->random, size);
    }
    size_t grown = offset + size > f->cache.size ? offset + size - f->cache.size : 0;
    fault = space_take(m, grown);
    if (fault != 0) {
        return fault;
    }
    image_write(&f->cache, offset, bytes, size);
    pending_add(f, false, offset, bytes, size);
    return (int64_t)size;
}

static inline int memory_sync(void *ctx, int file) {
    struct memory_disk *m = memory_of(ctx);
    int fault = memory_fault(m, CALL_SYNC);
    if (fault != 0) {
        pending_some(m, m->handles[file]);
        return fault;
    }
    pending_all(m->handles[file]);
    return 0;
}

static inline int memory_resize(struct memory_disk *m, struct memory_file *f, uint64_t size) {
    if (size > f->cache.size) {
        int fault = space_take(m, size - f->cache.size);
        if (fault != 0) {
            return fault;
        }
    } else if (m->space != SIZE_MAX) {
        m->space += f->cache.size - size;
    }
    image_resize(&f->cache, size);
    pending_add(f, true, size, NULL, 0);
    return 0;
}

static inline int memory_allocate(void *ctx, int file, uint64_t size) {
    struct memory_disk *m = memory_of(ctx);
    if (m->has_no_allocate) {
        return -EOPNOTSUPP;
    }
    int fault = memory_fault(m, CALL_ALLOCATE);
    return fault != 0 ? fault : memory_resize(m, m->handles[file], size);
}

static inline int memory_truncate(void *ctx, int file, uint64_t size) {
    struct memory_disk *m = memory_of(ctx);
    int fault = memory_fault(m, CALL_TRUNCATE);
    return fault != 0 ? fault : memory_resize(m, m->handles[file], size);
}

static inline int memory_facts(void *ctx, int file, uint64_t *size, int64_t *modified_ns) {
    *size = memory_of(ctx)->handles[file]->cache.size;
    *modified_ns = 0;
    return 0;
}

static inline int memory_rename(void *ctx, const char *from, const char *to) {
    struct memory_disk *m = memory_of(ctx);
    int fault = memory_fault(m, CALL_RENAME);
    int i = name_find(m->names, m->name_count, from);
    if (fault != 0 || i < 0) {
        return fault != 0 ? fault : -ENOENT;
    }
    name_change(m, from, to, m->names[i].file);
    return 0;
}

static inline int memory_remove(void *ctx, const char *path) {
    struct memory_disk *m = memory_of(ctx);
    int fault = memory_fault(m, CALL_REMOVE);
    int i = name_find(m->names, m->name_count, path);
    if (fault != 0 || i < 0) {
        return fault != 0 ? fault : -ENOENT;
    }
    if (m->space != SIZE_MAX) {
        m->space += m->names[i].file->cache.size;
    }
    name_change(m, path, "", m->names[i].file);
    return 0;
}

static inline int memory_make_directory(void *ctx, const char *path) {
    (void)ctx;
    (void)path;
    return 0;
}

static inline int memory_sync_directory(void *ctx, const char *path) {
    struct memory_disk *m = memory_of(ctx);
    (void)path;
    int fault = memory_fault(m, CALL_SYNC_DIRECTORY);
    if (fault == 0) {
        changes_apply(m, m->change_count);
    }
    return fault;
}

static inline int memory_list(
    void *ctx, const char *path, void *name_ctx, void (*name)(void *name_ctx, const char *name)
) {
    struct memory_disk *m = memory_of(ctx);
    size_t n = strlen(path);
    int fault = memory_fault(m, CALL_LIST);
    for (int i = 0; fault == 0 && i < m->name_count; i++) {
        const char *at = m->names[i].path;
        if (strncmp(at, path, n) == 0 && at[n] == '/' && strchr(at + n + 1, '/') == NULL) {
            name(name_ctx, at + n + 1);
        }
    }
    return fault;
}

static inline int64_t memory_now_ns(void *ctx) {
    return memory_of(ctx)->now_ns;
}

static inline struct memory_disk *memory_disk_new(uint64_t seed) {
    struct memory_disk *m = calloc(1, sizeof *m);
    m->space = SIZE_MAX;
    random_seed(&m->random, seed);
    m->disk = (struct disk){
        .ctx = m,
        .open = memory_open,
        .close = memory_close,
        .read = memory_read,
        .write = memory_write,
        .sync = memory_sync,
        .allocate = memory_allocate,
        .truncate = memory_truncate,
        .facts = memory_facts,
        .rename = memory_rename,
        .remove = memory_remove,
        .make_directory = memory_make_directory,
        .sync_directory = memory_sync_directory,
        .list = memory_list,
        .now_ns = memory_now_ns,
    };
    return m;
}

static inline void image_copy(struct memory_image *to, const struct memory_image *from) {
    to->size = 0;
    image_resize(to, from->size);
    if (from->size > 0) {
        memcpy(to->bytes, from->bytes, from->size);
    }
}

static inline void file_free(struct memory_file *f) {
    pending_clear(f);
    free(f->pending);
    free(f->cache.bytes);
    free(f->platter.bytes);
    free(f);
}

/* Power is gone and comes back. */
static inline void memory_crash(struct memory_disk *m) {
    memset(m->handles, 0, sizeof m->handles);
    changes_apply(m, (int)random_below(&m->random, (uint64_t)m->change_count + 1));
    for (int i = 0; i < m->name_count; i++) {
        m->names[i].file->names--;
    }
    memcpy(m->names, m->platter, sizeof m->names);
    m->name_count = m->platter_count;
    for (int i = 0; i < m->name_count; i++) {
        m->names[i].file->names++;
    }
    for (int i = 0; i < m->file_count;) {
        struct memory_file *f = m->files[i];
        if (f->names == 0) {
            file_free(f);
            m->files[i] = m->files[--m->file_count];
            continue;
        }
        pending_some(m, f);
        image_copy(&f->cache, &f->platter);
        i++;
    }
}

/* Only the process is gone: what was written is there, synced or not. */
static inline void memory_kill(struct memory_disk *m) {
    memset(m->handles, 0, sizeof m->handles);
}

static inline struct memory_file *memory_file(struct memory_disk *m, const char *path) {
    int i = name_find(m->names, m->name_count, path);
    return i < 0 ? NULL : m->names[i].file;
}

static inline void memory_disk_free(struct memory_disk *m) {
    for (int i = 0; i < m->file_count; i++) {
        file_free(m->files[i]);
    }
    free(m);
}
