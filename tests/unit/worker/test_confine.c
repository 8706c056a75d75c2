/* A confined process: what a worker needs goes on, everything else kills it or is refused. Each
 * case is a child of its own; one that comes through what must kill it exits with 99. */
#include "worker/confine.h"

#include "script/deadline.h"
#include "worker/deadline_watcher.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CAME_THROUGH 99
#define NOT_CONFINED 98

static struct deadline deadline;

static void child_confine(void) {
    struct err e;
    struct deadline_watcher *watcher;
    struct confine_options options = {.read_fd = 3, .write_fd = 4};
    int a = fcntl(eventfd(0, EFD_NONBLOCK), F_DUPFD, 20);
    int b = fcntl(eventfd(0, EFD_NONBLOCK), F_DUPFD, 20);
    bool is_made =
        dup2(a, 3) == 3 && dup2(b, 4) == 4 && deadline_watcher_start(&watcher, &deadline, &e) == 0;
    if (!is_made || confine(&options, &e) != 0) {
        _exit(NOT_CONFINED);
    }
}

/* The status of a child that confines itself and then runs the function. */
static int child_run(void (*body)(void)) {
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        child_confine();
        body();
        _exit(CAME_THROUGH);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == NOT_CONFINED);
    return status;
}

/* --- what kills ---------------------------------------------------------------------------------
 */

static void try_open(void) {
    syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
}
static void try_write_file(void) {
    syscall(SYS_openat, AT_FDCWD, "/tmp/x", O_WRONLY | O_CREAT, 0600);
}
static void try_socket(void) {
    syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}
static void try_fork(void) {
    syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}
static void try_exec(void) {
    char name[] = "/bin/true";
    char *arguments[] = {name, NULL};
    syscall(SYS_execve, name, arguments, NULL);
}
static void try_ptrace(void) {
    syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
}
static void try_kill(void) {
    syscall(SYS_kill, getppid(), 0);
}
static void try_signal_parent(void) {
    syscall(SYS_tgkill, 1, 1, SIGTERM);
}
static void try_memory_of_others(void) {
    syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0);
}
static void try_executable(void) {
    syscall(
        SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0
    );
}
static void try_map_descriptor(void) {
    syscall(SYS_mmap, NULL, 4096, PROT_READ, MAP_SHARED, 3, 0);
}
static void try_write_elsewhere(void) {
    syscall(SYS_write, 1, "x", 1);
}
static void try_read_elsewhere(void) {
    char byte;
    syscall(SYS_read, 0, &byte, 1);
}
static void try_prctl(void) {
    syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
}
static void try_limit(void) {
    struct rlimit limit = {1, 1};
    syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
}
static void try_dup(void) {
    syscall(SYS_dup, 3);
}
static void try_memfd(void) {
    syscall(SYS_memfd_create, "x", 0);
}
static void try_ioctl(void) {
    syscall(SYS_ioctl, 3, 0, 0);
}
static void try_keys(void) {
    syscall(SYS_keyctl, 0, 0, 0, 0, 0);
}
static void try_io_uring(void) {
    syscall(SYS_io_uring_setup, 1, NULL);
}
static void try_bpf(void) {
    syscall(SYS_bpf, 0, NULL, 0);
}
static void try_user_namespace(void) {
    syscall(SYS_unshare, 0x10000000);
}

static void what_is_not_needed_kills(void **state) {
    static const struct {
        const char *name;
        void (*body)(void);
    } cases[] = {
        {"open", try_open},
        {"create", try_write_file},
        {"socket", try_socket},
        {"fork", try_fork},
        {"execve", try_exec},
        {"ptrace", try_ptrace},
        {"kill", try_kill},
        {"signal to another", try_signal_parent},
        {"another's memory", try_memory_of_others},
        {"executable memory", try_executable},
        {"a mapped descriptor", try_map_descriptor},
        {"write elsewhere", try_write_elsewhere},
        {"read elsewhere", try_read_elsewhere},
        {"prctl", try_prctl},
        {"prlimit", try_limit},
        {"dup", try_dup},
        {"memfd", try_memfd},
        {"ioctl", try_ioctl},
        {"keyctl", try_keys},
        {"io_uring", try_io_uring},
        {"bpf", try_bpf},
        {"unshare", try_user_namespace},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status = child_run(cases[i].body);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS) {
            fail_msg("%s ended with status %x", cases[i].name, status);
        }
    }
}

/* --- what goes on -------------------------------------------------------------------------------
 */

static void need(bool condition) {
    if (!condition) {
        _exit(1);
    }
}

static void do_work(void) {
    uint64_t one = 1;
    struct timespec now, brief = {.tv_nsec = 1000000};
    struct pollfd wake = {.fd = 3, .events = POLLIN};
    char *large = malloc((size_t)32 << 20);
    need(large != NULL);
    memset(large, 1, (size_t)32 << 20);
    large = realloc(large, (size_t)64 << 20);
    need(large != NULL);
    free(large);
    for (int i = 0; i < 1000; i++) {
        char *small = malloc(1000);
        need(small != NULL);
        small[0] = 1; /* kept: the heap grows */
    }
    need(write(4, &one, sizeof one) == (ssize_t)sizeof one);
    need(read(3, &one, sizeof one) < 0);
    need(ppoll(&wake, 1, &brief, NULL) == 0);
    need(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
    clock_nanosleep(CLOCK_MONOTONIC, 0, &brief, NULL);
}

static void what_a_worker_does_goes_on(void **state) {
    (void)state;
    int status = child_run(do_work);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), CAME_THROUGH);
}

/* Seen from outside, while the child waits. */
static void only_the_two_descriptors_are_left(void **state) {
    (void)state;
    char path[64];
    int fds[2], count = 0, highest = -1;
    char byte;
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(fds[0]);
        child_confine(); /* closes the other end of the pipe, too */
        for (;;) {
            struct timespec long_time = {.tv_sec = 60};
            clock_nanosleep(CLOCK_MONOTONIC, 0, &long_time, NULL);
        }
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], &byte, 1), 0);
    close(fds[0]);
    struct timespec pause = {.tv_nsec = 1000000};
    bool is_filtered = false; /* the filter comes last */
    for (int tries = 0; tries < 5000 && !is_filtered; tries++) {
        char line[128];
        snprintf(path, sizeof path, "/proc/%d/status", pid);
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        while (fgets(line, sizeof line, f)) {
            is_filtered = is_filtered || strncmp(line, "Seccomp:\t2", 10) == 0;
        }
        fclose(f);
        nanosleep(&pause, NULL);
    }
    assert_true(is_filtered);
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *folder = opendir(path);
    if (folder) { /* only root sees it of a process that is not dumpable */
        for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
            if (entry->d_name[0] != '.') {
                int fd = atoi(entry->d_name);
                highest = fd > highest ? fd : highest;
                count++;
            }
        }
        closedir(folder);
        assert_int_equal(count, 2);
        assert_int_equal(highest, 4);
    } else {
        print_message("descriptors not looked at: that is for root\n");
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void try_all_limits(void) {
    struct rlimit limit;
    (void)limit;
    char *much = malloc((size_t)8 << 30);
    _exit(much == NULL ? 0 : 1);
}

static void address_space_is_limited(void **state) {
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    print_message("skipped: a sanitizer needs terabytes\n");
#else
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        struct err e;
        struct confine_options options = {
            .read_fd = 3, .write_fd = 4, .memory_max = (size_t)1 << 30, .parent = getppid()};
        _exit(confine(&options, &e) == 0 ? (try_all_limits(), 2) : NOT_CONFINED);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
#endif
}

static void a_core_that_is_gone_is_noticed(void **state) {
    (void)state;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        struct err e = {0};
        struct confine_options options = {.read_fd = 3, .write_fd = 4, .parent = 1 << 30};
        _exit(confine(&options, &e) == E_STATE ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_needed_kills),
        cmocka_unit_test(what_a_worker_does_goes_on),
        cmocka_unit_test(only_the_two_descriptors_are_left),
        cmocka_unit_test(address_space_is_limited),
        cmocka_unit_test(a_core_that_is_gone_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
