#include "app/machine.h"

#include "app/script_files.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define GATEWAY_PORT 8000
#define GATEWAY_PORT_NAME "TRADINGBOOST_GATEWAY_PORT="
#define CGROUP_ROOT "/sys/fs/cgroup"

/* --- limits and memory --------------------------------------------------------------------------
 */

/* The first line of a small file of the kernel's, without its end; false when there is none. */
static bool line_read(const char *path, char *line, size_t size) {
    FILE *f = fopen(path, "r");
    bool is_read = f != NULL && fgets(line, (int)size, f) != NULL;
    if (f != NULL) {
        fclose(f);
    }
    if (!is_read) {
        line[0] = '\0';
    }
    line[strcspn(line, "\n")] = '\0';
    return is_read;
}

static uint64_t limit_of(rlim_t value) {
    return value == RLIM_INFINITY ? MACHINE_NO_LIMIT : (uint64_t)value;
}

static uint64_t memory_available(void) {
    FILE *f = fopen("/proc/meminfo", "r");
    char line[128];
    unsigned long long kilobytes = 0;
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, "MemAvailable: %llu kB", &kilobytes) == 1) {
            break;
        }
    }
    if (f != NULL) {
        fclose(f);
    }
    return (uint64_t)kilobytes * 1024;
}

/* The smallest memory.max from the process's control group up to the root. */
static uint64_t memory_limit(void) {
    char line[512], path[1024], text[64];
    uint64_t least = MACHINE_NO_LIMIT;
    if (!line_read("/proc/self/cgroup", line, sizeof line) || strncmp(line, "0::/", 4) != 0) {
        return least;
    }
    char *group = line + 3;
    for (char *slash = group + strlen(group); slash != NULL; slash = strrchr(group, '/')) {
        *slash = '\0';
        snprintf(path, sizeof path, CGROUP_ROOT "%s/memory.max", group);
        if (line_read(path, text, sizeof text) && text[0] >= '0' && text[0] <= '9') {
            uint64_t limit = strtoull(text, NULL, 10);
            least = limit < least ? limit : least;
        }
    }
    return least;
}

static void limits_read(struct machine *m) {
    struct rlimit limit;
    cpu_set_t cpus;
    m->cpus = sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : 0;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        m->open_files = limit_of(limit.rlim_cur);
        m->open_files_max = limit_of(limit.rlim_max);
    }
    m->address_space = getrlimit(RLIMIT_AS, &limit) == 0 ? limit_of(limit.rlim_cur) : 0;
    m->core_limit = getrlimit(RLIMIT_CORE, &limit) == 0 ? limit_of(limit.rlim_cur) : 0;
    line_read("/proc/sys/kernel/core_pattern", m->core_pattern, sizeof m->core_pattern);
    m->memory_available = memory_available();
    m->memory_limit = memory_limit();
    char text[16];
    bool is_known = line_read("/proc/sys/vm/overcommit_memory", text, sizeof text);
    m->overcommit = is_known ? (int)strtol(text, NULL, 10) : -1;
}

/* --- clock --------------------------------------------------------------------------------------
 */

static int64_t clock_ns(clockid_t clock) {
    struct timespec t = {0};
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t clocks_apart(void) {
    return clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
}

static void clock_read(struct machine *m) {
    struct timespec resolution = {0};
    struct timex t = {.modes = 0};
    clock_getres(CLOCK_MONOTONIC, &resolution);
    m->clock_resolution_ns = (int64_t)resolution.tv_sec * 1000000000 + resolution.tv_nsec;
    m->realtime_s = clock_ns(CLOCK_REALTIME) / 1000000000;
    int state = adjtimex(&t);
    m->is_time_known = state >= 0;
    m->is_time_kept = state >= 0 && state != TIME_ERROR && (t.status & STA_UNSYNC) == 0;
    m->time_error_us = t.maxerror;
}

/* --- port ---------------------------------------------------------------------------------------
 */

static void port_find(struct machine *m, char *const *environment) {
    size_t length = strlen(GATEWAY_PORT_NAME);
    m->port = GATEWAY_PORT;
    for (char *const *entry = environment; entry != NULL && *entry != NULL; entry++) {
        if (strncmp(*entry, GATEWAY_PORT_NAME, length) == 0 && (*entry)[length] != '\0') {
            char *end;
            m->port_text = *entry + length;
            unsigned long port = strtoul(m->port_text, &end, 10);
            bool is_port =
                m->port_text[0] >= '0' && m->port_text[0] <= '9' && *end == '\0' && port <= 65535;
            m->port = is_port ? (int)port : -1;
        }
    }
}

static void
port_read(struct machine *m, char *const *environment, const struct machine_gateway *gateway) {
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int on = 1;
    if (gateway != NULL) {
        m->port = gateway->port;
        inet_pton(AF_INET, gateway->address, &address.sin_addr);
    } else {
        port_find(m, environment);
    }
    if (m->port <= 0) {
        return;
    }
    address.sin_port = htons((uint16_t)m->port);
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_free = s >= 0 && setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                   bind(s, (const struct sockaddr *)&address, sizeof address) == 0 &&
                   listen(s, 1) == 0;
    m->port_error = is_free ? 0 : errno;
    if (s >= 0) {
        close(s);
    }
}

/* --- files --------------------------------------------------------------------------------------
 */

static void shipped_read(struct machine *m) {
    static const char *const files[] = {
        "config/demo.lua",     "config/instruments.lua", "config/demo/btcusdt-1m.csv.gz", "lua",
        "strategies/hyperrsi", "strategies/grid",
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[PATH_MAX];
        if (shipped_path(files[i], path, sizeof path, NULL) != 0) {
            size_t used = strlen(m->missing);
            snprintf(
                m->missing + used, sizeof m->missing - used, "%s%s", used > 0 ? " " : "", files[i]
            );
        }
    }
}

void machine_read(
    struct machine *m,
    const char *data_dir,
    char *const *environment,
    const struct machine_gateway *gateway
) {
    *m = (struct machine){0};
    int64_t apart = clocks_apart();
    limits_read(m);
    clock_read(m);
    port_read(m, environment, gateway);
    machine_walls_read(m);
    line_read(
        "/proc/sys/kernel/seccomp/actions_avail", m->seccomp_actions, sizeof m->seccomp_actions
    );
    machine_libraries_read(m);
    shipped_read(m);
    machine_disk_read(&m->disk, data_dir);
    m->clock_step_ns = llabs(clocks_apart() - apart);
}
