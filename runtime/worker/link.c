#include "worker/link.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define DESCRIPTOR_MIN 10         /* above those that a child gets, so that moving them hits none */
#define MESSAGE_REST (256 * 1024) /* of a message beside source and state: settings, answers */
#define ASK_BYTES 2048            /* of an ask with the longest text */

size_t link_ring_bytes(const struct host_limits *limits) {
    size_t open = limits->source_max + MESSAGE_REST;
    size_t done = (size_t)limits->asks_max * ASK_BYTES + MESSAGE_REST;
    size_t largest = limits->state_max + (open > done ? open : done);
    size_t bytes = 4096;
    while (bytes < largest) {
        bytes *= 2;
    }
    return bytes;
}

/* The rings begin at a page behind the struct. */
static size_t rings_begin(void) {
    return (sizeof(struct link_memory) + 4095) & ~(size_t)4095;
}

static void link_place(struct link *link, bool is_core) {
    struct link_memory *m = link->memory;
    size_t bytes = (size_t)m->options.ring_bytes;
    char *first = (char *)m + rings_begin();
    ring_begin(is_core ? &link->out : &link->in, &m->to_worker, first, bytes);
    ring_begin(is_core ? &link->in : &link->out, &m->to_core, first + bytes, bytes);
}

static int fail(struct link *link, struct err *e, const char *what) {
    int code = err_set(e, E_IO, "%s: %s", what, strerror(errno));
    link_free(link);
    return code;
}

/* A copy with a high number; the original is closed. */
static int descriptor_raise(int fd) {
    if (fd < 0) {
        return -1;
    }
    int raised = fcntl(fd, F_DUPFD_CLOEXEC, DESCRIPTOR_MIN);
    close(fd);
    return raised;
}

int link_new(struct link *link, const struct link_options *options, struct err *e) {
    *link = (struct link){.memory_fd = -1, .wake_other = -1, .wake_self = -1};
    link->size = rings_begin() + 2 * (size_t)options->ring_bytes;
    link->memory_fd = descriptor_raise(memfd_create("worker", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    link->wake_other = descriptor_raise(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    link->wake_self = descriptor_raise(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (link->memory_fd < 0 || link->wake_other < 0 || link->wake_self < 0) {
        return fail(link, e, "the descriptors of a worker");
    }
    if (ftruncate(link->memory_fd, (off_t)link->size) != 0 ||
        fcntl(link->memory_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        return fail(link, e, "the memory of a worker");
    }
    void *memory = mmap(NULL, link->size, PROT_READ | PROT_WRITE, MAP_SHARED, link->memory_fd, 0);
    if (memory == MAP_FAILED) {
        return fail(link, e, "mapping the memory of a worker");
    }
    link->memory = memory;
    link->memory->version = LINK_VERSION;
    link->memory->options = *options;
    link_place(link, true);
    return 0;
}

int link_open(struct link *link, struct err *e) {
    *link = (struct link
    ){.memory_fd = LINK_MEMORY, .wake_other = LINK_WAKE_CORE, .wake_self = LINK_WAKE_WORKER};
    struct stat stat;
    if (fstat(LINK_MEMORY, &stat) != 0 || (size_t)stat.st_size < rings_begin()) {
        errno = errno != 0 ? errno : EINVAL;
        return fail(link, e, "a worker is started by the program itself");
    }
    link->size = (size_t)stat.st_size;
    void *memory = mmap(NULL, link->size, PROT_READ | PROT_WRITE, MAP_SHARED, LINK_MEMORY, 0);
    if (memory == MAP_FAILED) {
        return fail(link, e, "mapping the memory of a worker");
    }
    close(LINK_MEMORY);
    link->memory_fd = -1;
    link->memory = memory;
    const struct link_options *options = &link->memory->options;
    if (link->memory->version != LINK_VERSION ||
        link->size != rings_begin() + 2 * (size_t)options->ring_bytes) {
        link_free(link);
        return err_set(e, E_VERSION, "the memory of a worker is of another version");
    }
    link_place(link, false);
    return 0;
}

void link_free(struct link *link) {
    int descriptors[] = {link->memory_fd, link->wake_other, link->wake_self};
    if (link->memory) {
        munmap(link->memory, link->size);
    }
    for (int i = 0; i < 3; i++) {
        if (descriptors[i] >= 0) {
            close(descriptors[i]);
        }
    }
    *link = (struct link){.memory_fd = -1, .wake_other = -1, .wake_self = -1};
}

/* The counter is full only when the other side has long been woken. */
void link_wake_other(const struct link *link) {
    const uint64_t one = 1;
    ssize_t written = write(link->wake_other, &one, sizeof one);
    (void)written;
}

void link_awake(const struct link *link) {
    uint64_t count;
    ssize_t taken = read(link->wake_self, &count, sizeof count);
    (void)taken;
}
