#include "store/data_lock.h"

#include "store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int held_say(int file, const char *data_dir, struct err *e) {
    char holder[32] = "";
    ssize_t n = pread(file, holder, sizeof holder - 1, 0);
    holder[n > 0 ? n : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    return err_set(
        e, E_STATE, "%s is in use by process %s: one process a data directory", data_dir,
        holder[0] != '\0' ? holder : "unknown"
    );
}

int data_lock_take(const char *data_dir, int *lock, struct err *e) {
    char path[DISK_PATH_MAX];
    if (mkdir(data_dir, 0700) != 0 && errno != EEXIST) {
        return disk_err(e, -errno, "cannot be made", data_dir);
    }
    int code = disk_path(path, data_dir, "lock", e);
    if (code != 0) {
        return code;
    }
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return disk_err(e, -errno, "cannot be opened", path);
    }
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        code = errno == EWOULDBLOCK ? held_say(file, data_dir, e)
                                    : disk_err(e, -errno, "cannot be locked", path);
        close(file);
        return code;
    }
    char holder[32];
    int n = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
    /* On a full disk the lock holds without its holder's name. */
    if (ftruncate(file, 0) == 0 && pwrite(file, holder, (size_t)n, 0) < 0) {
        errno = 0;
    }
    *lock = file;
    return 0;
}

void data_lock_give(int lock) {
    close(lock);
}
