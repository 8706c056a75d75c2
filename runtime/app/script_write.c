#include "app/script_write.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRY "init.lua"

struct place {
    char folder[PATH_MAX];
    char only[NAME_MAX + 1]; /* the one name there is; "": it is a folder */
    int fd;
};

static int place_open(const char *path, struct place *p, struct err *e) {
    char text[PATH_MAX];
    struct stat st;
    *p = (struct place){.fd = -1};
    if (stat(path, &st) != 0) {
        return err_set(e, E_IO, "%s: %s", path, strerror(errno));
    }
    snprintf(text, sizeof text, "%s", path);
    if (S_ISDIR(st.st_mode)) {
        snprintf(p->folder, sizeof p->folder, "%s", path);
    } else {
        snprintf(p->only, sizeof p->only, "%s", basename(text));
        snprintf(text, sizeof text, "%s", path);
        snprintf(p->folder, sizeof p->folder, "%s", dirname(text));
    }
    p->fd = open(p->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return p->fd >= 0 ? 0 : err_set(e, E_IO, "%s: %s", p->folder, strerror(errno));
}

static int name_check(const struct place *p, const struct script_file *f, struct err *e) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t length = strspn(f->path, letters);
    bool is_entry = strcmp(f->path, p->only[0] != '\0' ? p->only : ENTRY) == 0;
    if (length == 0 || length > 64 || strcmp(f->path + length, ".lua") != 0) {
        return err_set(e, E_ARGUMENT, "%.80s is no name of a file of a script", f->path);
    }
    if (p->only[0] != '\0' && !is_entry) {
        return err_set(e, E_ARGUMENT, "the script is the one file %s", p->only);
    }
    return f->text != NULL || !is_entry
               ? 0
               : err_set(e, E_ARGUMENT, "%s is the script itself", f->path);
}

static void temporary_name(const struct script_file *f, char name[NAME_MAX + 1]) {
    snprintf(name, NAME_MAX + 1, ".%s.new", f->path); /* a dot: nobody watches it */
}

static int temporary_write(const struct place *p, const struct script_file *f, struct err *e) {
    char name[NAME_MAX + 1];
    temporary_name(f, name);
    unlinkat(p->fd, name, 0); /* of a process that was killed here */
    int fd = openat(p->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    size_t done = 0;
    while (fd >= 0 && done < f->length) {
        ssize_t n = write(fd, f->text + done, f->length - done);
        if (n <= 0) {
            break;
        }
        done += (size_t)n;
    }
    bool is_good = fd >= 0 && done == f->length && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0) {
        close(fd);
    }
    return is_good ? 0 : err_set(e, E_IO, "%s/%s: %s", p->folder, f->path, strerror(why));
}

static int file_place(const struct place *p, const struct script_file *f, struct err *e) {
    char name[NAME_MAX + 1];
    temporary_name(f, name);
    bool is_gone = f->text == NULL;
    int failed = is_gone ? unlinkat(p->fd, f->path, 0) : renameat(p->fd, name, p->fd, f->path);
    if (failed != 0 && !(is_gone && errno == ENOENT)) {
        return err_set(e, E_IO, "%s/%s: %s: not all is there", p->folder, f->path, strerror(errno));
    }
    return 0;
}

static bool is_last(const struct place *p, const struct script_file *f) {
    return p->only[0] != '\0' || strcmp(f->path, ENTRY) == 0;
}

static int
files_place(const struct place *p, const struct script_file *files, int count, struct err *e) {
    int code = 0;
    for (int last = 0; last < 2; last++) {
        for (int i = 0; i < count && code == 0; i++) {
            if (is_last(p, &files[i]) == (last == 1)) {
                code = file_place(p, &files[i], e);
            }
        }
    }
    return code == 0 && fsync(p->fd) != 0 ? err_set(e, E_IO, "%s: %s", p->folder, strerror(errno))
                                          : code;
}

int script_files_write(
    const char *path, const struct script_file *files, int count, struct err *e
) {
    struct place p;
    int code = place_open(path, &p, e);
    if (code != 0) {
        return code;
    }
    for (int i = 0; i < count && code == 0; i++) {
        code = name_check(&p, &files[i], e);
    }
    int written = 0;
    for (; written < count && code == 0; written++) {
        code = files[written].text != NULL ? temporary_write(&p, &files[written], e) : 0;
    }
    code = code != 0 ? code : files_place(&p, files, count, e);
    for (int i = 0; i < written && code != 0; i++) {
        char name[NAME_MAX + 1];
        temporary_name(&files[i], name);
        unlinkat(p.fd, name, 0);
    }
    close(p.fd);
    return code;
}
