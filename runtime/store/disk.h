/* disk: what the store needs of a disk, as a struct of functions, so that tests and the simulation
 * can hand in a disk that fills up, fails and loses what was not synced.
 *
 * Every function returns 0 (or a count or a file, where it says so) or a negative errno. The clock
 * is monotonic; modified times are nanoseconds UTC. disk_system is the machine's own and may be
 * used from any thread; a file belongs to who opened it. */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define DISK_PATH_MAX 1024

enum disk_mode {
    DISK_READ,
    DISK_WRITE,  /* an existing file, for reading, too */
    DISK_CREATE, /* a new file, for reading, too; -EEXIST when there is one */
};

struct disk {
    void *ctx;
    int (*open)(void *ctx, const char *path, enum disk_mode mode); /* the file, >= 0 */
    void (*close)(void *ctx, int file);
    /* Bytes read or written, which may be fewer than asked; 0 bytes read is the end. */
    int64_t (*read)(void *ctx, int file, void *bytes, size_t size, uint64_t offset);
    int64_t (*write)(void *ctx, int file, const void *bytes, size_t size, uint64_t offset);
    /* Durable: the bytes written, and the size. */
    int (*sync)(void *ctx, int file);
    /* Room for size bytes from the start, read as zeros. -EOPNOTSUPP is no failure of the disk. */
    int (*allocate)(void *ctx, int file, uint64_t size);
    int (*truncate)(void *ctx, int file, uint64_t size);
    int (*facts)(void *ctx, int file, uint64_t *size, int64_t *modified_ns);
    int (*rename)(void *ctx, const char *from, const char *to);
    int (*remove)(void *ctx, const char *path);
    int (*make_directory)(void *ctx, const char *path); /* 0 when it is there already */
    /* Durable: names made, renamed and removed. */
    int (*sync_directory)(void *ctx, const char *path);
    /* Names of plain files, in any order. -ENOENT */
    int (*list
    )(void *ctx, const char *path, void *name_ctx, void (*name)(void *name_ctx, const char *name));
    int64_t (*now_ns)(void *ctx);
};

extern const struct disk disk_system;

/* What a negative errno means for a person, as E_IO with the path in front; returns the code. */
int disk_err(struct err *e, int error, const char *what, const char *path);

/* All of size bytes, in as many calls as it takes; 0 or a negative errno (-EIO when the disk takes
 * nothing more without a reason). */
MUST_CHECK int
disk_write_all(const struct disk *disk, int file, const void *bytes, size_t size, uint64_t offset);
/* As many bytes as there are, up to size; the count or a negative errno. */
MUST_CHECK int64_t
disk_read_all(const struct disk *disk, int file, void *bytes, size_t size, uint64_t offset);

/* "folder/name"; E_LIMIT when it is too long. */
MUST_CHECK int
disk_path(char path[DISK_PATH_MAX], const char *folder, const char *name, struct err *e);
