/* machine: figures of the machine that the program stands on, for `doctor`: limits, memory, clock,
 * walls for workers, libraries, the gateway's port, the disk of the data directory.
 *
 * Facts only: what they mean is in app/doctor. What cannot be found out says so in its own field
 * and stops nothing. The probes leave nothing behind; the disk's takes as long as fifty syncs, or
 * three seconds. Time is the machine's own clocks. One thread, which must be the only one (a probe
 * forks); the struct is the caller's and has no memory of its own. */
#pragma once

#include "base/err.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define MACHINE_NO_LIMIT UINT64_MAX
#define MACHINE_SYNCS 50

enum { MACHINE_LIBRARIES_MAX = 8 };

/* What confinement could not do, as bits. */
enum machine_wall {
    WALL_NO_NEW_PRIVILEGES = 1,
    WALL_FILTER = 2,
    WALL_CLOSE_RANGE = 4,
    WALL_UNKNOWN = 8, /* the probe itself failed */
};

struct machine_library {
    const char *name;
    char built[64];   /* the version of the headers */
    char running[64]; /* the version that is loaded */
};

struct machine_disk {
    char folder[PATH_MAX];   /* the data directory as asked for */
    char measured[PATH_MAX]; /* itself, or the nearest folder above that exists */
    bool exists;
    mode_t mode;
    int write_error; /* errno of making a file; 0: one can be made */
    bool is_locked;
    struct err lock; /* who holds it, or why that is not known */
    uint64_t free_bytes, free_files;
    const char *file_system; /* "ext4", "tmpfs" …; "" when it has no name here */
    bool is_volatile;        /* gone after a restart of the machine */
    bool is_remote;
    int sync_count, sync_error; /* errno */
    int64_t sync_p50_ns, sync_p99_ns;
};

struct machine {
    int cpus;
    uint64_t open_files, open_files_max;
    uint64_t memory_available, memory_limit, address_space;
    int overcommit; /* vm.overcommit_memory; −1: unknown */

    int64_t realtime_s;
    int64_t clock_step_ns; /* how far real time and monotonic time came apart meanwhile */
    int64_t clock_resolution_ns;
    bool is_time_known; /* the kernel answers */
    bool is_time_kept;  /* by NTP or the like */
    int64_t time_error_us;

    int port;              /* 0: HTTP is off; −1: port_text is no port */
    const char *port_text; /* the environment's, or NULL */
    int port_error;        /* errno of listening on it; 0: free */

    unsigned walls; /* enum machine_wall: what is missing */
    char seccomp_actions[128];
    uint64_t core_limit;
    char core_pattern[128];

    char luajit_file[256];   /* the library that is loaded; "": built in */
    char luajit_package[96]; /* its Debian version; "": none */
    struct machine_library libraries[MACHINE_LIBRARIES_MAX];
    int library_count;

    char missing[256]; /* shipped files that are not found, with spaces between */
    struct machine_disk disk;
};

struct machine_gateway { /* as a configuration says; NULL: the environment's port, or the usual one */
    const char *address;
    int port;
};

/* data_dir need not exist. environment: of the process, for the gateway's port. */
void machine_read(
    struct machine *machine,
    const char *data_dir,
    char *const *environment,
    const struct machine_gateway *gateway
);

/* The parts of it that are files of their own. */
void machine_disk_read(struct machine_disk *disk, const char *data_dir);
void machine_walls_read(struct machine *machine);
void machine_libraries_read(struct machine *machine);
/* p of n sorted values, p in percent: the smallest that p % of them do not exceed. */
int64_t machine_percentile(const int64_t *sorted, int n, int p);
