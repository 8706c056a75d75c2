#include "store/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS INT64_C(1000000000)

static int system_open(void *ctx, const char *path, enum disk_mode mode) {
    (void)ctx;
    int flags = mode == DISK_READ ? O_RDONLY : O_RDWR;
    flags |= mode == DISK_CREATE ? O_CREAT | O_EXCL : 0;
    int file = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    return file < 0 ? -errno : file;
}

static void system_close(void *ctx, int file) {
    (void)ctx;
    close(file);
}

static int64_t system_read(void *ctx, int file, void *bytes, size_t size, uint64_t offset) {
    (void)ctx;
    ssize_t n = pread(file, bytes, size, (off_t)offset);
    return n < 0 ? -errno : n;
}

static int64_t system_write(void *ctx, int file, const void *bytes, size_t size, uint64_t offset) {
    (void)ctx;
    ssize_t n = pwrite(file, bytes, size, (off_t)offset);
    return n < 0 ? -errno : n;
}

static int system_sync(void *ctx, int file) {
    (void)ctx;
    return fdatasync(file) != 0 ? -errno : 0;
}

static int system_allocate(void *ctx, int file, uint64_t size) {
    (void)ctx;
    return fallocate(file, 0, 0, (off_t)size) != 0 ? -errno : 0;
}

static int system_truncate(void *ctx, int file, uint64_t size) {
    (void)ctx;
    return ftruncate(file, (off_t)size) != 0 ? -errno : 0;
}

static int system_facts(void *ctx, int file, uint64_t *size, int64_t *modified_ns) {
    (void)ctx;
    struct stat s;
    if (fstat(file, &s) != 0) {
        return -errno;
    }
    *size = (uint64_t)s.st_size;
    *modified_ns = s.st_mtim.tv_sec * SECOND_NS + s.st_mtim.tv_nsec;
    return 0;
}

static int system_rename(void *ctx, const char *from, const char *to) {
    (void)ctx;
    return rename(from, to) != 0 ? -errno : 0;
}

static int system_remove(void *ctx, const char *path) {
    (void)ctx;
    return unlink(path) != 0 ? -errno : 0;
}

static int system_make_directory(void *ctx, const char *path) {
    (void)ctx;
    return mkdir(path, 0700) != 0 && errno != EEXIST ? -errno : 0;
}

static int system_sync_directory(void *ctx, const char *path) {
    (void)ctx;
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return -errno;
    }
    int code = fsync(folder) != 0 ? -errno : 0;
    close(folder);
    return code;
}

static int system_list(
    void *ctx, const char *path, void *name_ctx, void (*name)(void *name_ctx, const char *name)
) {
    (void)ctx;
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return -errno;
    }
    int code = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            code = -errno;
            break;
        }
        struct stat s;
        if (fstatat(dirfd(folder), entry->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(s.st_mode)) {
            name(name_ctx, entry->d_name);
        }
    }
    closedir(folder);
    return code;
}

static int64_t system_now_ns(void *ctx) {
    (void)ctx;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * SECOND_NS + t.tv_nsec;
}

const struct disk disk_system = {
    .open = system_open,
    .close = system_close,
    .read = system_read,
    .write = system_write,
    .sync = system_sync,
    .allocate = system_allocate,
    .truncate = system_truncate,
    .facts = system_facts,
    .rename = system_rename,
    .remove = system_remove,
    .make_directory = system_make_directory,
    .sync_directory = system_sync_directory,
    .list = system_list,
    .now_ns = system_now_ns,
};

int disk_err(struct err *e, int error, const char *what, const char *path) {
    return err_set(e, E_IO, "%s: %s: %s", path, what, strerror(-error));
}

int disk_write_all(
    const struct disk *disk, int file, const void *bytes, size_t size, uint64_t offset
) {
    const char *from = bytes;
    while (size > 0) {
        int64_t n = disk->write(disk->ctx, file, from, size, offset);
        if (n == -EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? (int)n : -EIO;
        }
        from += n;
        size -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

int64_t
disk_read_all(const struct disk *disk, int file, void *bytes, size_t size, uint64_t offset) {
    char *to = bytes;
    size_t done = 0;
    while (done < size) {
        int64_t n = disk->read(disk->ctx, file, to + done, size - done, offset + done);
        if (n == -EINTR) {
            continue;
        }
        if (n < 0) {
            return n;
        }
        if (n == 0) {
            break;
        }
        done += (size_t)n;
    }
    return (int64_t)done;
}

int disk_path(char path[DISK_PATH_MAX], const char *folder, const char *name, struct err *e) {
    int n = snprintf(path, DISK_PATH_MAX, "%s/%s", folder, name);
    if (n < 0 || n >= DISK_PATH_MAX) {
        return err_set(e, E_LIMIT, "the path of %s is too long", name);
    }
    return 0;
}
