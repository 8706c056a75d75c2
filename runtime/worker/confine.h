/* confine: takes away from this process everything that a script worker does not need, for good.
 *
 * Before: the descriptors above are mapped, the deadline watcher runs. After: no descriptor but the
 * two that are named, no new one, no file, no socket, no process, no thread, no executable memory,
 * no debugger; a system call that is not needed kills the process. Linux: no-new-privileges,
 * resource limits, and a seccomp filter over all threads. No time; called once. */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <sys/types.h>

struct confine_options {
    int read_fd, write_fd; /* the only descriptors, next to each other */
    size_t memory_max;     /* address space; 0: not limited (sanitizers) */
    pid_t parent;          /* dies with it; 0: does not */
};

MUST_CHECK int confine(const struct confine_options *options, struct err *e);
