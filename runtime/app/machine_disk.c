#include "app/machine.h"

#include "store/data_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define APPEND_SIZE 512 /* about a record of an order */
#define SYNC_TIME_MAX_NS INT64_C(3000000000)

static const struct {
    unsigned long magic;
    const char *name;
    bool is_volatile, is_remote;
} file_systems[] = {
    {EXT4_SUPER_MAGIC, "ext4", false, false},
    {0x58465342, "xfs", false, false},
    {BTRFS_SUPER_MAGIC, "btrfs", false, false},
    {0x2fc12fc1, "zfs", false, false},
    {TMPFS_MAGIC, "tmpfs", true, false},
    {RAMFS_MAGIC, "ramfs", true, false},
    {NFS_SUPER_MAGIC, "nfs", false, true},
    {CIFS_SUPER_MAGIC, "cifs", false, true},
    {SMB2_SUPER_MAGIC, "smb", false, true},
    {FUSE_SUPER_MAGIC, "fuse", false, false},
    {V9FS_MAGIC, "9p", false, true},
    {OVERLAYFS_SUPER_MAGIC, "overlay", true, false},
};

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int duration_compare(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

int64_t machine_percentile(const int64_t *sorted, int n, int p) {
    int rank = (n * p + 99) / 100;
    return n > 0 ? sorted[rank > 0 ? rank - 1 : 0] : 0;
}

/* The folder, or the nearest one above it that exists. */
static void measured_find(struct machine_disk *d) {
    struct stat facts;
    snprintf(d->measured, sizeof d->measured, "%s", d->folder);
    d->exists = stat(d->folder, &facts) == 0;
    d->mode = d->exists ? facts.st_mode : 0;
    while (stat(d->measured, &facts) != 0 && errno == ENOENT) {
        char *slash = strrchr(d->measured, '/');
        if (slash == NULL) {
            snprintf(d->measured, sizeof d->measured, ".");
            return;
        }
        slash[slash == d->measured ? 1 : 0] = '\0';
    }
}

/* A file without a name, or with one that is taken away at once. */
static int probe_open(const char *folder) {
    int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) {
        return file;
    }
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/.doctor-XXXXXX", folder);
    file = mkostemp(path, O_CLOEXEC);
    if (file >= 0) {
        unlink(path);
    }
    return file;
}

static void syncs_measure(struct machine_disk *d, int file) {
    int64_t took_ns[MACHINE_SYNCS];
    char record[APPEND_SIZE];
    memset(record, 'x', sizeof record);
    int64_t start_ns = now_ns();
    while (d->sync_count < MACHINE_SYNCS && now_ns() - start_ns < SYNC_TIME_MAX_NS) {
        int64_t from_ns = now_ns();
        off_t at = (off_t)d->sync_count * APPEND_SIZE;
        errno = ENOSPC; /* of a write that takes less than all of it */
        if (pwrite(file, record, sizeof record, at) != (ssize_t)sizeof record ||
            fdatasync(file) != 0) {
            d->sync_error = errno;
            return;
        }
        took_ns[d->sync_count++] = now_ns() - from_ns;
    }
    qsort(took_ns, (size_t)d->sync_count, sizeof took_ns[0], duration_compare);
    d->sync_p50_ns = machine_percentile(took_ns, d->sync_count, 50);
    d->sync_p99_ns = machine_percentile(took_ns, d->sync_count, 99);
}

static void space_read(struct machine_disk *d) {
    struct statvfs space;
    struct statfs kind;
    d->file_system = "";
    if (statvfs(d->measured, &space) == 0) {
        d->free_bytes = (uint64_t)space.f_bavail * space.f_frsize;
        d->free_files = space.f_files > 0 ? (uint64_t)space.f_favail : MACHINE_NO_LIMIT;
    }
    if (statfs(d->measured, &kind) != 0) {
        return;
    }
    for (size_t i = 0; i < sizeof file_systems / sizeof file_systems[0]; i++) {
        if (file_systems[i].magic == (unsigned long)kind.f_type) {
            d->file_system = file_systems[i].name;
            d->is_volatile = file_systems[i].is_volatile;
            d->is_remote = file_systems[i].is_remote;
        }
    }
}

/* A lock file is not made here: without one nobody holds it. */
static void lock_read(struct machine_disk *d) {
    char path[PATH_MAX + 8];
    int lock;
    snprintf(path, sizeof path, "%s/lock", d->folder);
    if (access(path, F_OK) != 0) {
        return;
    }
    d->is_locked = data_lock_take(d->folder, &lock, &d->lock) != 0;
    if (!d->is_locked) {
        data_lock_give(lock);
    }
}

void machine_disk_read(struct machine_disk *d, const char *data_dir) {
    *d = (struct machine_disk){0};
    snprintf(d->folder, sizeof d->folder, "%s", data_dir);
    measured_find(d);
    space_read(d);
    int file = probe_open(d->measured);
    if (file < 0) {
        d->write_error = errno;
        return;
    }
    syncs_measure(d, file);
    close(file);
    lock_read(d);
}
