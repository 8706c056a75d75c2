#include "app/machine.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a worker does to itself, tried in a child that ends with what did not work. */
static unsigned walls_try(void) {
    struct sock_filter allow_all = {.code = BPF_RET | BPF_K, .k = SECCOMP_RET_ALLOW};
    struct sock_fprog program = {.len = 1, .filter = &allow_all};
    unsigned missing = 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        missing |= WALL_NO_NEW_PRIVILEGES;
    }
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        missing |= WALL_FILTER;
    }
    if (close_range(~0U - 1, ~0U, 0) != 0) {
        missing |= WALL_CLOSE_RANGE;
    }
    return missing;
}

void machine_walls_read(struct machine *m) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        _exit((int)walls_try());
    }
    bool is_told = child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status);
    m->walls = is_told ? (unsigned)WEXITSTATUS(status) : WALL_UNKNOWN;
}
