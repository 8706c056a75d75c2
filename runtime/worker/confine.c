#include "worker/confine.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static int system_failed(struct err *e, const char *what) {
    return err_set(e, E_IO, "%s: %s", what, strerror(errno));
}

/* --- descriptors and limits ---------------------------------------------------------------------
 */

static int descriptors_close(const struct confine_options *o, struct err *e) {
    unsigned low = (unsigned)(o->read_fd < o->write_fd ? o->read_fd : o->write_fd);
    if ((low > 0 && close_range(0, low - 1, 0) != 0) || close_range(low + 2, ~0U, 0) != 0) {
        return system_failed(e, "closing descriptors");
    }
    return 0;
}

static int limits_set(const struct confine_options *o, struct err *e) {
    const struct {
        __rlimit_resource_t resource;
        rlim_t most;
    } limits[] = {
        {RLIMIT_NOFILE, 1}, /* what ppoll is given at once; the two that are open stay so */
        {RLIMIT_NPROC, 0},    {RLIMIT_CORE, 0},
        {RLIMIT_FSIZE, 0},    {RLIMIT_MEMLOCK, 0},
        {RLIMIT_MSGQUEUE, 0}, {RLIMIT_AS, o->memory_max > 0 ? o->memory_max : RLIM_INFINITY},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct rlimit limit = {limits[i].most, limits[i].most};
        if (limits[i].most != RLIM_INFINITY && setrlimit(limits[i].resource, &limit) != 0) {
            return system_failed(e, "setting resource limits");
        }
    }
    return 0;
}

static int process_close(const struct confine_options *o, struct err *e) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return system_failed(e, "giving up privileges");
    }
    if (o->parent != 0 && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
        return system_failed(e, "dying with the core");
    }
    if (o->parent != 0 && getppid() != o->parent) {
        return err_set(e, E_STATE, "the core is gone already");
    }
    return 0;
}

/* --- system calls -------------------------------------------------------------------------------
 */

/* What the allocator, the watcher and the waiting need whatever their arguments are. */
static const int allowed[] = {
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise), /* large pages */
    SCMP_SYS(getrandom),
    SCMP_SYS(futex),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(ppoll),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getpid),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(exit_group),
#if defined(__SANITIZE_ADDRESS__)
    /* The sanitizers' own. */
    SCMP_SYS(sched_yield),
    SCMP_SYS(gettid),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(mprotect),
#endif
};

static int rules_add(scmp_filter_ctx filter, const struct confine_options *o) {
    int status = 0;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0] && status == 0; i++) {
        status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    }
    if (status == 0) {
        status = seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(read), 1,
            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)o->read_fd)
        );
    }
    if (status == 0) {
        status = seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)o->write_fd)
        );
    }
    if (status == 0) { /* memory that is nobody's file and never runs */
        status = seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
            SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)
        );
    }
    if (status == 0) { /* the watcher signals the script thread */
        status = seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid())
        );
    }
    return status;
}

static int calls_close(const struct confine_options *o, struct err *e) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter) {
        return err_set(e, E_MEMORY, "no memory for a filter of system calls");
    }
    int status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    status = status == 0 ? rules_add(filter, o) : status;
    status = status == 0 ? seccomp_load(filter) : status;
    seccomp_release(filter);
    if (status != 0) {
        return err_set(e, E_IO, "the filter of system calls (seccomp): %s", strerror(-status));
    }
    return 0;
}

int confine(const struct confine_options *options, struct err *e) {
    int code = descriptors_close(options, e);
    code = code != 0 ? code : process_close(options, e);
    code = code != 0 ? code : limits_set(options, e);
    return code != 0 ? code : calls_close(options, e);
}
