#include "research/candle_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_BYTES ((size_t)256 * 1024)
#define MEMBER_BYTES_MAX ((size_t)1 << 30) /* zlib counts in 32 bits */

static int open_failed(const char *path, int saved_errno, struct err *e) {
    const char *advice = "";
    if (saved_errno == ENOENT) {
        advice = ": check the path";
    } else if (saved_errno == EACCES) {
        advice = ": the user who runs tradingboost must be able to read it";
    }
    return err_set(e, E_IO, "%.200s: cannot be opened (%s)%s", path, strerror(saved_errno), advice);
}

/* Makes sure that there is unread input, unless the file is over. */
static int source_refill(struct candle_source *s, struct err *e) {
    if (s->inflater.avail_in > 0 || s->is_input_over) {
        return 0;
    }
    if (s->fd < 0) {
        s->is_input_over = true;
        return 0;
    }
    ssize_t n;
    do {
        n = read(s->fd, s->buffer, INPUT_BYTES);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return err_set(e, E_IO, "%.200s: reading failed (%s)", s->name, strerror(errno));
    }
    s->is_input_over = n == 0;
    s->inflater.next_in = s->buffer;
    s->inflater.avail_in = (uInt)n;
    s->bytes_done += n;
    return 0;
}

/* Looks at the first bytes and gets ready to inflate when they are gzip's. */
static int source_detect(struct candle_source *s, struct err *e) {
    int code = source_refill(s, e);
    if (code < 0) {
        return code;
    }
    const unsigned char *head = s->inflater.next_in;
    s->is_gzip = s->inflater.avail_in >= 2 && head[0] == 0x1f && head[1] == 0x8b;
    if (!s->is_gzip) {
        return 0;
    }
    if (inflateInit2(&s->inflater, 15 + 16) != Z_OK) {
        return err_set(e, E_MEMORY, "%.200s: no memory to unpack it", s->name);
    }
    s->is_inflating = true;
    return 0;
}

int candle_source_open(struct candle_source *s, const char *path, struct err *e) {
    memset(s, 0, sizeof *s);
    s->name = path;
    s->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0) {
        return open_failed(path, errno, e);
    }
    struct stat status;
    int code = 0;
    if (fstat(s->fd, &status) != 0) {
        code = open_failed(path, errno, e);
    } else if (S_ISDIR(status.st_mode)) {
        code = err_set(e, E_IO, "%.200s: is a directory: name one CSV file in it", path);
    } else if ((s->buffer = malloc(INPUT_BYTES)) == NULL) {
        code = err_set(e, E_MEMORY, "%.200s: no memory to read it", path);
    } else {
        s->bytes_total = S_ISREG(status.st_mode) ? status.st_size : 0;
        code = source_detect(s, e);
    }
    if (code < 0) {
        candle_source_close(s);
    }
    return code;
}

int candle_source_open_bytes(
    struct candle_source *s, const char *name, const void *bytes, size_t length, struct err *e
) {
    memset(s, 0, sizeof *s);
    s->name = name;
    s->fd = -1;
    if (length > MEMBER_BYTES_MAX) {
        return err_set(e, E_LIMIT, "%.200s: more than %zu bytes", name, MEMBER_BYTES_MAX);
    }
    s->inflater.next_in = (const Bytef *)bytes;
    s->inflater.avail_in = (uInt)length;
    s->bytes_done = s->bytes_total = (int64_t)length;
    return source_detect(s, e);
}

static int read_plain(struct candle_source *s, char *to, size_t size, size_t *got, struct err *e) {
    int code = source_refill(s, e);
    if (code < 0) {
        return code;
    }
    size_t n = s->inflater.avail_in < size ? s->inflater.avail_in : size;
    if (n > 0) {
        memcpy(to, s->inflater.next_in, n);
    }
    s->inflater.next_in += n;
    s->inflater.avail_in -= (uInt)n;
    *got = n;
    return 0;
}

/* Between members: another may follow, and nothing else. */
static int member_begin(struct candle_source *s, struct err *e) {
    int code = source_refill(s, e);
    if (code < 0 || s->inflater.avail_in == 0) {
        return code;
    }
    if (s->inflater.next_in[0] != 0x1f) {
        return err_set(
            e, E_DATA,
            "%.200s: corrupt gzip: other bytes follow its end: fetch or pack the file again",
            s->name
        );
    }
    inflateReset(&s->inflater);
    s->is_inflating = true;
    return 0;
}

static int inflate_failed(const struct candle_source *s, int status, struct err *e) {
    if (status == Z_MEM_ERROR) {
        return err_set(e, E_MEMORY, "%.200s: no memory to unpack it", s->name);
    }
    return err_set(
        e, E_DATA, "%.200s: corrupt gzip (%s): fetch or pack the file again", s->name,
        s->inflater.msg != NULL ? s->inflater.msg : "unreadable"
    );
}

static int read_gzip(struct candle_source *s, char *to, size_t size, size_t *got, struct err *e) {
    s->inflater.next_out = (Bytef *)to;
    s->inflater.avail_out = (uInt)size;
    while (s->inflater.avail_out > 0) {
        int code = s->is_inflating ? source_refill(s, e) : member_begin(s, e);
        if (code < 0) {
            return code;
        }
        if (s->inflater.avail_in == 0) {
            if (s->is_inflating) {
                return err_set(
                    e, E_DATA,
                    "%.200s: truncated gzip: the file ends in the middle of its data: fetch or "
                    "pack it again",
                    s->name
                );
            }
            break;
        }
        int status = inflate(&s->inflater, Z_NO_FLUSH);
        if (status == Z_STREAM_END) {
            s->is_inflating = false;
        } else if (status != Z_OK) {
            return inflate_failed(s, status, e);
        }
    }
    *got = size - s->inflater.avail_out;
    return 0;
}

int candle_source_read(struct candle_source *s, char *to, size_t size, size_t *got, struct err *e) {
    *got = 0;
    return s->is_gzip ? read_gzip(s, to, size, got, e) : read_plain(s, to, size, got, e);
}

void candle_source_close(struct candle_source *s) {
    if (s->is_gzip) {
        inflateEnd(&s->inflater);
        s->is_gzip = false;
    }
    if (s->fd >= 0) {
        close(s->fd);
        s->fd = -1;
    }
    free(s->buffer);
    s->buffer = NULL;
}
