#include "store/disk_faults.h"

#ifdef TRADINGBOOST_FAULT_POINTS

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FILES_MAX 256

struct faulty_file {
    const char *name;          /* journal, snapshot; NULL: another */
    uint64_t dirty, dirty_end; /* written since the last sync; nothing when they are equal */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct faulty_file files[FILES_MAX]; /* by descriptor */
static struct {
    char call[32]; /* "journal.sync"; empty: nothing fails */
    int error;
    long first, times, seen;
} plan;

static void plan_read(void) {
    const char *text = getenv("TRADINGBOOST_FAULT_DISK");
    char call[32], error[16];
    if (text == NULL || text[0] == '\0') {
        return;
    }
    plan.times = 1;
    int count = sscanf(text, "%31[^:]:%15[^:]:%ld:%ld", call, error, &plan.first, &plan.times);
    if (count < 3) {
        fprintf(stderr, "TRADINGBOOST_FAULT_DISK is FILE.CALL:ERROR:FIRST[:TIMES]\n");
        abort();
    }
    plan.error = strcmp(error, "ENOSPC") == 0 ? -ENOSPC : -EIO;
    memcpy(plan.call, call, sizeof call);
}

/* 0, or the error that the call answers instead of being made. */
static int call_fails(const char *name, const char *call) {
    char wanted[32];
    if (name == NULL) {
        return 0;
    }
    snprintf(wanted, sizeof wanted, "%s.%s", name, call);
    pthread_mutex_lock(&lock);
    bool is_meant = strcmp(wanted, plan.call) == 0;
    plan.seen += is_meant;
    bool fails = is_meant && plan.seen >= plan.first && plan.seen < plan.first + plan.times;
    pthread_mutex_unlock(&lock);
    if (fails) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        fprintf(
            stderr, "fault %s %lld\n", wanted, (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000
        );
    }
    return fails ? plan.error : 0;
}

static const char *name_of(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *file = slash != NULL ? slash + 1 : path;
    if (strncmp(file, "snapshot", 8) == 0) {
        return "snapshot";
    }
    return strstr(file, ".journal") != NULL || strncmp(file, "segment", 7) == 0 ? "journal" : NULL;
}

static struct faulty_file *file_of(int file) {
    static struct faulty_file other;
    return file >= 0 && file < FILES_MAX ? &files[file] : &other;
}

static int faulty_open(void *ctx, const char *path, enum disk_mode mode) {
    int file = disk_system.open(ctx, path, mode);
    *file_of(file) = (struct faulty_file){.name = name_of(path)};
    return file;
}

static int64_t faulty_write(void *ctx, int file, const void *bytes, size_t size, uint64_t offset) {
    struct faulty_file *f = file_of(file);
    int error = call_fails(f->name, "write");
    if (error != 0) {
        return error;
    }
    bool is_clean = f->dirty == f->dirty_end;
    uint64_t end = offset + size;
    f->dirty = is_clean || offset < f->dirty ? offset : f->dirty;
    f->dirty_end = is_clean || end > f->dirty_end ? end : f->dirty_end;
    return disk_system.write(ctx, file, bytes, size, offset);
}

static void dirty_lose(void *ctx, int file, const struct faulty_file *f) {
    static const char zeros[4096];
    for (uint64_t at = f->dirty; at < f->dirty_end;) {
        uint64_t left = f->dirty_end - at;
        size_t size = left < sizeof zeros ? (size_t)left : sizeof zeros;
        if (disk_system.write(ctx, file, zeros, size, at) <= 0) {
            return;
        }
        at += size;
    }
}

static int faulty_sync(void *ctx, int file) {
    struct faulty_file *f = file_of(file);
    int error = call_fails(f->name, "sync");
    if (error != 0) {
        dirty_lose(ctx, file, f);
    }
    f->dirty = f->dirty_end = 0;
    return error != 0 ? error : disk_system.sync(ctx, file);
}

static int faulty_allocate(void *ctx, int file, uint64_t size) {
    int error = call_fails(file_of(file)->name, "allocate");
    return error != 0 ? error : disk_system.allocate(ctx, file, size);
}

static int faulty_rename(void *ctx, const char *from, const char *to) {
    int error = call_fails(name_of(to), "rename");
    return error != 0 ? error : disk_system.rename(ctx, from, to);
}

static struct disk faulty;

static void faulty_make(void) {
    plan_read();
    faulty = disk_system;
    faulty.open = faulty_open;
    faulty.write = faulty_write;
    faulty.sync = faulty_sync;
    faulty.allocate = faulty_allocate;
    faulty.rename = faulty_rename;
}

const struct disk *disk_with_faults(void) {
    pthread_once(&once, faulty_make);
    return &faulty;
}

#else
/* A file is not empty. */
typedef int disk_faults_are_off;
#endif
