#include "app/doctor.h"

#include "app/time_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MEBIBYTE ((uint64_t)1 << 20)
#define MILLISECOND INT64_C(1000000)

enum {
    CPUS_WANTED = 2,
    FILES_WANTED = 4096,
    FILES_NEEDED = 256,
    MEMORY_WANTED_MIB = 1024,
    MEMORY_NEEDED_MIB = 256,
    ADDRESS_SPACE_WANTED_MIB = 16384,
    DISK_WANTED_MIB = 2048,
    DISK_NEEDED_MIB = 256,
    DISK_FILES_NEEDED = 1000,
    SYNC_P50_WANTED_MS = 5,
    SYNC_P99_WANTED_MS = 50,
    TIME_ERROR_WANTED_MS = 1000,
    CLOCK_STEP_WANTED_MS = 20,
    LUAJIT_GIT_DATE = 20220320,
};

#define YEAR_2025_S INT64_C(1735689600)
#define YEAR_2100_S INT64_C(4102444800)

__attribute__((format(printf, 2, 3))) static void
found_set(struct doctor_row *row, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(row->found, sizeof row->found, format, args);
    va_end(args);
}

/* The worse state stays, with its advice. */
__attribute__((format(printf, 3, 4))) static void
complain(struct doctor_row *row, enum doctor_state state, const char *format, ...) {
    if (state <= row->state) {
        return;
    }
    va_list args;
    va_start(args, format);
    row->state = state;
    vsnprintf(row->advice, sizeof row->advice, format, args);
    va_end(args);
}

#define NUMBER_TEXT_MAX 32

static const char *count_text(uint64_t value, char text[NUMBER_TEXT_MAX]) {
    if (value == MACHINE_NO_LIMIT) {
        return "no limit";
    }
    snprintf(text, NUMBER_TEXT_MAX, "%" PRIu64, value);
    return text;
}

static const char *size_text(uint64_t bytes, char text[NUMBER_TEXT_MAX]) {
    if (bytes == MACHINE_NO_LIMIT) {
        return "no limit";
    }
    if (bytes == 0) {
        return "0";
    }
    bool is_large = bytes >= 1024 * MEBIBYTE;
    double unit = (double)(is_large ? 1024 * MEBIBYTE : MEBIBYTE);
    snprintf(text, NUMBER_TEXT_MAX, "%.1f %s", (double)bytes / unit, is_large ? "GiB" : "MiB");
    return text;
}

/* --- processor and limits -----------------------------------------------------------------------
 */

static void judge_cpus(const struct machine *m, struct doctor_row *row) {
    found_set(row, "%d", m->cpus);
    if (m->cpus < CPUS_WANTED) {
        complain(
            row, DOCTOR_WARN,
            "trading, scripts and the journal share one processor: give the machine, or the "
            "container, another"
        );
    }
}

static void judge_open_files(const struct machine *m, struct doctor_row *row) {
    char soft[NUMBER_TEXT_MAX], hard[NUMBER_TEXT_MAX];
    found_set(
        row, "%s, may be raised to %s", count_text(m->open_files, soft),
        count_text(m->open_files_max, hard)
    );
    enum doctor_state state = m->open_files < FILES_NEEDED ? DOCTOR_FAIL : DOCTOR_WARN;
    if (m->open_files < FILES_WANTED) {
        complain(
            row, state,
            m->open_files_max >= FILES_WANTED
                ? "ulimit -n %d before the start, or LimitNOFILE=%d in the service"
                : "raise nofile to %d in /etc/security/limits.conf and log in again, or "
                  "LimitNOFILE=%d in the service",
            FILES_WANTED, FILES_WANTED
        );
    }
}

static void judge_memory(const struct machine *m, struct doctor_row *row) {
    char available[NUMBER_TEXT_MAX], limit[NUMBER_TEXT_MAX];
    uint64_t least = m->memory_limit < m->memory_available ? m->memory_limit : m->memory_available;
    found_set(
        row, "%s available, control group: %s", size_text(m->memory_available, available),
        size_text(m->memory_limit, limit)
    );
    if (least < MEMORY_WANTED_MIB * MEBIBYTE) {
        complain(
            row, least < MEMORY_NEEDED_MIB * MEBIBYTE ? DOCTOR_FAIL : DOCTOR_WARN,
            m->memory_limit < m->memory_available
                ? "raise the control group's memory.max (MemoryMax= of the service)"
                : "end what uses the memory, or run fewer activations (2 MiB each at most)"
        );
    }
}

static void judge_address_space(const struct machine *m, struct doctor_row *row) {
    char space[NUMBER_TEXT_MAX];
    found_set(row, "%s, overcommit %d", size_text(m->address_space, space), m->overcommit);
    if (m->overcommit == 2) {
        complain(
            row, DOCTOR_WARN,
            "workers reserve more than they use, and vm.overcommit_memory=2 counts it: "
            "sysctl vm.overcommit_memory=0"
        );
    }
    if (m->address_space < ADDRESS_SPACE_WANTED_MIB * MEBIBYTE) {
        complain(row, DOCTOR_WARN, "ulimit -v unlimited before the start");
    }
}

static void judge_cores(const struct machine *m, struct doctor_row *row) {
    char limit[NUMBER_TEXT_MAX];
    bool is_piped = m->core_pattern[0] == '|';
    found_set(row, "limit %s, pattern %s", size_text(m->core_limit, limit), m->core_pattern);
    if (m->core_limit != 0 || is_piped) {
        complain(
            row, DOCTOR_WARN,
            is_piped ? "a core dump holds keys and tokens, and this pattern hands it to a program: "
                       "keep /proc/sys/kernel/core_pattern for an analysis only"
                     : "a core dump holds keys and tokens: ulimit -c 0 before the start, or "
                       "LimitCORE=0 in the service"
        );
    }
}

/* --- walls of workers ---------------------------------------------------------------------------
 */

static void judge_seccomp(const struct machine *m, struct doctor_row *row) {
    found_set(row, "%s", m->seccomp_actions[0] != '\0' ? m->seccomp_actions : "no actions");
    if ((m->walls & (WALL_FILTER | WALL_UNKNOWN)) != 0 ||
        strstr(m->seccomp_actions, "kill_process") == NULL) {
        complain(
            row, DOCTOR_FAIL,
            "scripts cannot be confined: a kernel with CONFIG_SECCOMP_FILTER, or a container whose "
            "profile allows seccomp, is needed"
        );
    }
}

static void judge_privileges(const struct machine *m, struct doctor_row *row) {
    bool is_missing = (m->walls & (WALL_NO_NEW_PRIVILEGES | WALL_UNKNOWN)) != 0;
    found_set(row, is_missing ? "refused" : "can be set");
    if (is_missing) {
        complain(row, DOCTOR_FAIL, "let processes fork and call prctl: the container forbids it");
    }
}

static void judge_descriptors(const struct machine *m, struct doctor_row *row) {
    bool is_missing = (m->walls & (WALL_CLOSE_RANGE | WALL_UNKNOWN)) != 0;
    found_set(row, is_missing ? "no close_range" : "close_range works");
    if (is_missing) {
        complain(
            row, DOCTOR_FAIL, "workers cannot let go of descriptors: Linux 5.9 or later is needed"
        );
    }
}

/* --- clock --------------------------------------------------------------------------------------
 */

static void judge_clock(const struct machine *m, struct doctor_row *row) {
    char text[TIME_TEXT_MAX];
    found_set(
        row, "%s UTC, resolution %" PRId64 " ns, apart by %.3f ms",
        time_text_format(m->realtime_s * 1000, text), m->clock_resolution_ns,
        (double)m->clock_step_ns / (double)MILLISECOND
    );
    if (m->realtime_s < YEAR_2025_S || m->realtime_s > YEAR_2100_S) {
        complain(
            row, DOCTOR_FAIL, "the date is wrong, and exchanges refuse such requests: set the clock"
        );
    }
    if (m->clock_resolution_ns > MILLISECOND) {
        complain(
            row, DOCTOR_WARN,
            "limits of scripts are coarse: the kernel lacks high resolution timers"
        );
    }
    if (m->clock_step_ns > CLOCK_STEP_WANTED_MS * MILLISECOND) {
        complain(
            row, DOCTOR_WARN,
            "the clock was set while doctor looked at it: let it settle, ask again"
        );
    }
}

static void judge_synchronised(const struct machine *m, struct doctor_row *row) {
    if (!m->is_time_known) {
        found_set(row, "unknown: the kernel does not answer");
        complain(row, DOCTOR_WARN, "see to it that the machine outside the container runs NTP");
        return;
    }
    found_set(
        row, "%s, within %.1f ms", m->is_time_kept ? "kept" : "not kept",
        (double)m->time_error_us / 1000.0
    );
    if (!m->is_time_kept || m->time_error_us > TIME_ERROR_WANTED_MS * 1000) {
        complain(
            row, DOCTOR_WARN,
            "nothing keeps the clock right: apt-get install systemd-timesyncd (or chrony)"
        );
    }
}

/* --- data directory -----------------------------------------------------------------------------
 */

static void judge_data_dir(const struct machine *m, struct doctor_row *row) {
    const struct machine_disk *d = &m->disk;
    found_set(
        row, "%s: %s", d->folder,
        d->write_error != 0 ? strerror(d->write_error)
        : d->exists         ? "can be written"
                            : "is made at the first start"
    );
    if (d->exists && !S_ISDIR(d->mode)) {
        found_set(row, "%s: not a folder", d->folder);
        complain(row, DOCTOR_FAIL, "name another with --data-dir or TRADINGBOOST_DATA_DIR");
    }
    if (d->write_error != 0) {
        complain(
            row, DOCTOR_FAIL, "let the user who runs the program write to %s, or name another",
            d->measured
        );
    }
    if (d->exists && S_ISDIR(d->mode) && (d->mode & S_IWOTH) != 0 && (d->mode & S_ISVTX) == 0) {
        complain(
            row, DOCTOR_WARN, "everybody may change what is kept there: chmod o-w %s", d->folder
        );
    }
}

static void judge_lock(const struct machine *m, struct doctor_row *row) {
    found_set(row, "%s", m->disk.is_locked ? m->disk.lock.msg : "free");
    if (m->disk.is_locked) {
        complain(
            row, DOCTOR_WARN,
            "well if that is the platform itself; a second one needs a folder of its own "
            "(--data-dir)"
        );
    }
}

static void judge_disk_space(const struct machine *m, struct doctor_row *row) {
    char bytes[NUMBER_TEXT_MAX], files[NUMBER_TEXT_MAX];
    const struct machine_disk *d = &m->disk;
    found_set(
        row, "%s and %s files free", size_text(d->free_bytes, bytes),
        d->free_files == MACHINE_NO_LIMIT ? "any number of" : count_text(d->free_files, files)
    );
    bool is_short = d->free_bytes < DISK_NEEDED_MIB * MEBIBYTE || d->free_files < DISK_FILES_NEEDED;
    if (is_short || d->free_bytes < DISK_WANTED_MIB * MEBIBYTE) {
        complain(
            row, is_short ? DOCTOR_FAIL : DOCTOR_WARN,
            "orders stop when the disk is full: make room on the disk of %s", d->measured
        );
    }
}

static void judge_disk_kind(const struct machine *m, struct doctor_row *row) {
    const struct machine_disk *d = &m->disk;
    found_set(row, "%s", d->file_system[0] != '\0' ? d->file_system : "of another kind");
    if (d->is_volatile) {
        complain(
            row, DOCTOR_WARN,
            "what is kept in %s is gone after a restart of the machine or the container: put the "
            "data directory on a disk or a volume",
            d->measured
        );
    }
    if (d->is_remote) {
        complain(
            row, DOCTOR_WARN,
            "locks and syncs of %s depend on another machine: put the data directory on a disk of "
            "this one",
            d->measured
        );
    }
}

static void judge_disk_sync(const struct machine *m, struct doctor_row *row) {
    const struct machine_disk *d = &m->disk;
    if (d->sync_error != 0 || d->sync_count == 0) {
        found_set(
            row, "%s", d->sync_error != 0 ? strerror(d->sync_error) : "could not be measured"
        );
        complain(
            row, DOCTOR_FAIL, "no order can be made durable: look at the disk of %s", d->measured
        );
        return;
    }
    found_set(
        row, "p50 %.3f ms, p99 %.3f ms of %d", (double)d->sync_p50_ns / (double)MILLISECOND,
        (double)d->sync_p99_ns / (double)MILLISECOND, d->sync_count
    );
    if (d->sync_p50_ns > SYNC_P50_WANTED_MS * MILLISECOND ||
        d->sync_p99_ns > SYNC_P99_WANTED_MS * MILLISECOND) {
        complain(
            row, DOCTOR_WARN,
            "every order waits that long before it leaves: a local SSD with power-loss protection "
            "is quick, a busy or a network disk is not"
        );
    }
}

/* --- the rest -----------------------------------------------------------------------------------
 */

static void judge_port(const struct machine *m, struct doctor_row *row) {
    if (m->port < 0) {
        found_set(row, "TRADINGBOOST_GATEWAY_PORT=%s is no port", m->port_text);
        complain(row, DOCTOR_FAIL, "give a number from 1 to 65535, or 0 for no HTTP");
        return;
    }
    if (m->port == 0) {
        found_set(row, "none: HTTP is off");
        return;
    }
    found_set(row, "%d: %s", m->port, m->port_error == 0 ? "free" : strerror(m->port_error));
    if (m->port_error == EADDRINUSE && m->disk.is_locked) {
        complain(
            row, DOCTOR_WARN,
            "well if it is the platform that holds the data directory; ss -ltnp "
            "tells"
        );
    } else if (m->port_error != 0) {
        complain(
            row, DOCTOR_FAIL,
            "end what listens there (ss -ltnp tells), or give another port in "
            "TRADINGBOOST_GATEWAY_PORT"
        );
    }
}

/* "2.1.0~beta3+git20220320+dfsg-4.1+deb12u1": the snapshot, and an update with its security fixes.
 */
static bool luajit_is_expected(const char *version) {
    const char *git = strstr(version, "+git");
    const char *update = strstr(version, "+deb12u");
    long date = 0;
    int number = 0;
    return git != NULL && sscanf(git, "+git%8ld", &date) == 1 && date == LUAJIT_GIT_DATE &&
           update != NULL && sscanf(update, "+deb12u%d", &number) == 1 && number >= 1;
}

static void judge_luajit(const struct machine *m, struct doctor_row *row) {
    if (m->luajit_package[0] == '\0') {
        found_set(
            row, "%s, not from the package libluajit-5.1-2",
            m->luajit_file[0] != '\0' ? m->luajit_file : "unknown"
        );
    } else {
        found_set(row, "%s", m->luajit_package);
    }
    if (!luajit_is_expected(m->luajit_package)) {
        complain(
            row, DOCTOR_WARN,
            "limits of scripts were tried with Debian 12's: apt-get update && apt-get install "
            "libluajit-5.1-2 (luajit2 lacks its security fixes); with another one, run make test"
        );
    }
}

static void judge_libraries(const struct machine *m, struct doctor_row *row) {
    size_t used = 0;
    for (int i = 0; i < m->library_count; i++) {
        const struct machine_library *library = &m->libraries[i];
        int n = snprintf(
            row->found + used, sizeof row->found - used, "%s%s %s", i > 0 ? ", " : "",
            library->name, library->running
        );
        used = n > 0 && used + (size_t)n < sizeof row->found ? used + (size_t)n : used;
        if (strverscmp(library->running, library->built) < 0) {
            complain(
                row, DOCTOR_WARN,
                "%s %s is loaded, the program was built with %s: install the newer one, or build "
                "again",
                library->name, library->running, library->built
            );
        }
    }
}

static void judge_shipped(const struct machine *m, struct doctor_row *row) {
    bool is_missing = m->missing[0] != '\0';
    found_set(row, "%s%s", is_missing ? "missing: " : "all found", m->missing);
    if (is_missing) {
        complain(
            row, DOCTOR_FAIL,
            "run it from its own folder, or leave the program in build/ of the folder that has "
            "config, lua and strategies"
        );
    }
}

const struct doctor_check doctor_checks[] = {
    {"processors", "2", judge_cpus},
    {"open files", "4096", judge_open_files},
    {"memory", "1 GiB", judge_memory},
    {"address space", "16 GiB, overcommit 0 or 1", judge_address_space},
    {"core dumps", "none", judge_cores},
    {"system call filter", "filters that end the process", judge_seccomp},
    {"no new privileges", "can be set", judge_privileges},
    {"descriptors", "close_range", judge_descriptors},
    {"clock", "the right date, 1 ms, steady; any time zone", judge_clock},
    {"clock kept", "by NTP, within 1000 ms", judge_synchronised},
    {"data directory", "can be written", judge_data_dir},
    {"data lock", "free", judge_lock},
    {"disk space", "2 GiB", judge_disk_space},
    {"disk kind", "a disk of this machine", judge_disk_kind},
    {"disk sync", "p50 5 ms, p99 50 ms at most", judge_disk_sync},
    {"gateway port", "free", judge_port},
    {"luajit", "git20220320 with deb12u1 or later", judge_luajit},
    {"libraries", "not older than built with", judge_libraries},
    {"shipped files", "all", judge_shipped},
    {0},
};

const char *doctor_state_name(enum doctor_state state) {
    static const char *const names[] = {"ok", "warn", "fail"};
    return names[state];
}

void doctor_judge(
    const struct doctor_check *check, const struct machine *machine, struct doctor_row *row
) {
    *row = (struct doctor_row){.name = check->name, .needed = check->needed};
    check->judge(machine, row);
}
