#include "gateway/token_file.h"

#include "base/buffer.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN_BYTES 32
#define FILE_BYTES_MAX ((size_t)1 << 18)

static void path_of(const char *data_dir, const char *name, char path[PATH_MAX]) {
    snprintf(path, PATH_MAX, "%s/%s", data_dir, name);
}

static int failed(const char *path, struct err *e) {
    return err_set(e, E_IO, "%s: %s", path, strerror(errno));
}

struct token_stamp token_stamp_of(const char *data_dir, const char *name) {
    char path[PATH_MAX];
    struct stat st;
    path_of(data_dir, name, path);
    if (stat(path, &st) != 0) {
        return (struct token_stamp){0};
    }
    return (struct token_stamp){st.st_ino, st.st_size, st.st_mtim};
}

bool token_stamp_equal(const struct token_stamp *a, const struct token_stamp *b) {
    return a->node == b->node && a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

int token_hash(
    const char *text, size_t length, unsigned char hash[TOKEN_HASH_BYTES], struct err *e
) {
    if (EVP_Q_digest(NULL, "SHA256", NULL, text, length, hash, NULL) != 1) {
        return err_set(e, E_MEMORY, "SHA-256 is not to be had");
    }
    return 0;
}

static void hex_write(const unsigned char *bytes, size_t count, char *text) {
    for (size_t i = 0; i < count; i++) {
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
}

static int token_make(char text[TOKEN_TEXT_MAX], struct err *e) {
    unsigned char bytes[TOKEN_BYTES];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        return err_set(e, E_IO, "the system gives no random bytes: %s", strerror(errno));
    }
    snprintf(text, TOKEN_TEXT_MAX, "tb_");
    hex_write(bytes, sizeof bytes, text + 3);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return 0;
}

static int all_write(int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno != EINTR) {
            return -1;
        }
        if (n > 0) {
            bytes += n;
            length -= (size_t)n;
        }
    }
    return 0;
}

/* Writes a new file beside the old one, and puts it in its place. */
static int file_replace(
    const char *data_dir, const char *name, const char *bytes, size_t length, struct err *e
) {
    char path[PATH_MAX];
    char next[PATH_MAX + 8];
    path_of(data_dir, name, path);
    snprintf(next, sizeof next, "%s.new", path);
    int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return failed(next, e);
    }
    int code = all_write(fd, bytes, length) != 0 || fsync(fd) != 0 ? failed(next, e) : 0;
    close(fd);
    if (code == 0 && rename(next, path) != 0) {
        code = failed(path, e);
    }
    return code;
}

/* Holds the folder until the descriptor is closed. */
static int folder_lock(const char *data_dir, struct err *e) {
    int fd = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX) != 0) {
        int code = failed(data_dir, e);
        if (fd >= 0) {
            close(fd);
        }
        return code;
    }
    return fd;
}

/* --- the administrator's
 * -------------------------------------------------------------------------- */

int admin_token_make(const char *data_dir, struct err *e) {
    char path[PATH_MAX];
    char text[TOKEN_TEXT_MAX + 1];
    int lock = folder_lock(data_dir, e);
    if (lock < 0) {
        return lock;
    }
    path_of(data_dir, "admin.token", path);
    int code = 0;
    if (access(path, F_OK) != 0) {
        code = token_make(text, e);
        if (code == 0) {
            size_t length = strlen(text);
            text[length] = '\n';
            code = file_replace(data_dir, "admin.token", text, length + 1, e);
        }
        OPENSSL_cleanse(text, sizeof text);
    }
    close(lock);
    return code;
}

int admin_token_read(
    const char *data_dir, char text[TOKEN_TEXT_MAX], size_t *length, struct err *e
) {
    char path[PATH_MAX];
    struct stat st;
    path_of(data_dir, "admin.token", path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return failed(path, e);
    }
    ssize_t n = read(fd, text, TOKEN_TEXT_MAX - 1);
    int code = fstat(fd, &st) != 0 || n < 0 ? failed(path, e) : 0;
    close(fd);
    if (code != 0) {
        return code;
    }
    if ((st.st_mode & 077) != 0) {
        return err_set(e, E_CONFIG, "%s may be read by others: chmod 600 %s", path, path);
    }
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r')) {
        n--;
    }
    *length = (size_t)n;
    return n >= 32 ? 0 : err_set(e, E_CONFIG, "%s is too short for a token: remove it", path);
}

/* --- named tokens
 * --------------------------------------------------------------------------------- */

static bool hash_parse(const char *hex, unsigned char hash[TOKEN_HASH_BYTES]) {
    for (size_t i = 0; i < TOKEN_HASH_BYTES; i++) {
        unsigned byte;
        if (sscanf(hex + 2 * i, "%2x", &byte) != 1) {
            return false;
        }
        hash[i] = (unsigned char)byte;
    }
    return true;
}

static bool line_parse(const char *line, struct token *t) {
    char role[16];
    char hex[2 * TOKEN_HASH_BYTES + 1];
    int end = 0;
    int n = sscanf(
        line, "%32s %15s %32s %64[0-9a-f] %" SCNd64 "%n", t->name, role, t->user, hex,
        &t->created_s, &end
    );
    return n == 5 && line[end] == '\0' && strlen(hex) == 2 * TOKEN_HASH_BYTES &&
           token_name_is_good(t->name) && token_name_is_good(t->user) &&
           role_parse(role, &t->role, NULL) == 0 && hash_parse(hex, t->hash);
}

static int
lines_parse(const char *path, char *text, struct token *list, int *count, struct err *e) {
    char *rest = NULL;
    int number = 0;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        number++;
        if (*count == TOKENS_MAX) {
            return err_set(e, E_LIMIT, "%s has more than %d tokens", path, TOKENS_MAX);
        }
        memset(&list[*count], 0, sizeof list[0]);
        if (!line_parse(line, &list[*count])) {
            return err_set(e, E_CONFIG, "%s:%d is no token: remove the line", path, number);
        }
        ++*count;
    }
    return 0;
}

static int file_text(const char *path, char **out, struct err *e) {
    FILE *f = fopen(path, "re");
    char *text = calloc(1, FILE_BYTES_MAX + 1);
    if (text == NULL) {
        if (f != NULL) {
            fclose(f);
        }
        return err_set(e, E_MEMORY, "no memory to read %s", path);
    }
    if (f == NULL && errno != ENOENT) {
        free(text);
        return failed(path, e);
    }
    size_t length = f != NULL ? fread(text, 1, FILE_BYTES_MAX + 1, f) : 0;
    if (f != NULL) {
        fclose(f);
    }
    if (length > FILE_BYTES_MAX) {
        free(text);
        return err_set(e, E_LIMIT, "%s is too large", path);
    }
    text[length] = '\0';
    *out = text;
    return 0;
}

int token_list(const char *data_dir, struct token **out, int *count, struct err *e) {
    char path[PATH_MAX];
    char *text = NULL;
    path_of(data_dir, "tokens", path);
    int code = file_text(path, &text, e);
    if (code != 0) {
        return code;
    }
    struct token *list = calloc(TOKENS_MAX, sizeof *list);
    *count = 0;
    code = list == NULL ? err_set(e, E_MEMORY, "no memory for tokens")
                        : lines_parse(path, text, list, count, e);
    free(text);
    if (code != 0) {
        free(list);
        return code;
    }
    *out = list;
    return 0;
}

static int list_write(const char *data_dir, const struct token *list, int count, struct err *e) {
    struct buffer text;
    buffer_init(&text, FILE_BYTES_MAX);
    for (int i = 0; i < count; i++) {
        char hex[2 * TOKEN_HASH_BYTES + 1];
        hex_write(list[i].hash, TOKEN_HASH_BYTES, hex);
        buffer_appendf(
            &text, "%s %s %s %s %" PRId64 "\n", list[i].name, role_name(list[i].role), list[i].user,
            hex, list[i].created_s
        );
    }
    int code = text.code != 0 ? err_set(e, text.code, "too many tokens")
                              : file_replace(data_dir, "tokens", text.data, text.length, e);
    buffer_free(&text);
    return code;
}

static int list_add(struct token *list, int *count, const struct token *added, struct err *e) {
    for (int i = 0; i < *count; i++) {
        if (strcmp(list[i].name, added->name) == 0) {
            return err_set(e, E_STATE, "there is a token %s: remove it first", added->name);
        }
    }
    if (*count == TOKENS_MAX) {
        return err_set(e, E_LIMIT, "more than %d tokens", TOKENS_MAX);
    }
    list[(*count)++] = *added;
    return 0;
}

int token_add(
    const char *data_dir,
    const char *name,
    enum role role,
    const char *user,
    char text[TOKEN_TEXT_MAX],
    struct err *e
) {
    struct token added = {.role = role, .created_s = (int64_t)time(NULL)};
    if (!token_name_is_good(name) || !token_name_is_good(user)) {
        return err_set(
            e, E_ARGUMENT, "names and users are 1 to 32 of A-Z, a-z, 0-9, '.', '_' and '-'"
        );
    }
    snprintf(added.name, sizeof added.name, "%s", name);
    snprintf(added.user, sizeof added.user, "%s", user);
    int lock = folder_lock(data_dir, e);
    if (lock < 0) {
        return lock;
    }
    struct token *list = NULL;
    int count;
    int code = token_list(data_dir, &list, &count, e);
    code = code != 0 ? code : token_make(text, e);
    code = code != 0 ? code : token_hash(text, strlen(text), added.hash, e);
    code = code != 0 ? code : list_add(list, &count, &added, e);
    code = code != 0 ? code : list_write(data_dir, list, count, e);
    free(list);
    close(lock);
    return code;
}

int token_remove(const char *data_dir, const char *name, struct err *e) {
    int lock = folder_lock(data_dir, e);
    if (lock < 0) {
        return lock;
    }
    struct token *list = NULL;
    int count;
    int kept = 0;
    int code = token_list(data_dir, &list, &count, e);
    for (int i = 0; code == 0 && i < count; i++) {
        if (strcmp(list[i].name, name) != 0) {
            list[kept++] = list[i];
        }
    }
    if (code == 0 && kept == count) {
        code = err_set(e, E_NOT_FOUND, "there is no token %.40s", name);
    }
    code = code != 0 ? code : list_write(data_dir, list, kept, e);
    free(list);
    close(lock);
    return code;
}
