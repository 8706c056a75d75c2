/* What the doctor makes of a machine, fact by fact, and what it finds out about this one. */
#include "app/doctor.h"

#include "store/data_lock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define GIBIBYTE ((uint64_t)1 << 30)
#define MILLISECOND INT64_C(1000000)

static struct machine healthy(void) {
    return (struct machine){
        .cpus = 4,
        .open_files = 65536,
        .open_files_max = 1048576,
        .memory_available = 8 * GIBIBYTE,
        .memory_limit = MACHINE_NO_LIMIT,
        .address_space = MACHINE_NO_LIMIT,
        .realtime_s = 1790000000,
        .clock_resolution_ns = 1,
        .is_time_known = true,
        .is_time_kept = true,
        .time_error_us = 3000,
        .port = 8000,
        .seccomp_actions = "kill_process kill_thread errno allow",
        .core_pattern = "core",
        .luajit_file = "/lib/x86_64-linux-gnu/libluajit-5.1.so.2",
        .luajit_package = "2.1.0~beta3+git20220320+dfsg-4.1+deb12u1",
        .libraries = {{"libuv", "1.44.2", "1.44.2"}, {"zlib", "1.2.9", "1.2.13"}},
        .library_count = 2,
        .disk =
            {
                .folder = "data",
                .measured = "data",
                .exists = true,
                .mode = S_IFDIR | 0700,
                .free_bytes = 100 * GIBIBYTE,
                .free_files = 1000000,
                .file_system = "ext4",
                .sync_count = 50,
                .sync_p50_ns = MILLISECOND / 5,
                .sync_p99_ns = 2 * MILLISECOND,
            },
    };
}

static struct doctor_row row_of(const struct machine *machine, const char *name) {
    struct doctor_row row;
    for (const struct doctor_check *check = doctor_checks; check->name != NULL; check++) {
        if (strcmp(check->name, name) == 0) {
            doctor_judge(check, machine, &row);
            return row;
        }
    }
    fail_msg("there is no check '%s'", name);
    return row;
}

/* Every check but the named one is well, and that one is as it should be, with its advice. */
static void only(const struct machine *machine, const char *name, enum doctor_state state) {
    for (const struct doctor_check *check = doctor_checks; check->name != NULL; check++) {
        struct doctor_row row;
        doctor_judge(check, machine, &row);
        enum doctor_state wanted = strcmp(check->name, name) == 0 ? state : DOCTOR_OK;
        if (row.state != wanted) {
            fail_msg(
                "with a bad '%s', '%s' is %s: %s", name, row.name, doctor_state_name(row.state),
                row.found
            );
        }
        assert_int_equal(row.advice[0] != '\0', row.state != DOCTOR_OK);
        assert_true(row.found[0] != '\0' && row.needed[0] != '\0');
    }
}

#define BAD(name, state, change)                                                                   \
    do {                                                                                           \
        struct machine m = healthy();                                                              \
        change;                                                                                    \
        only(&m, name, state);                                                                     \
    } while (0)

static void test_a_healthy_machine(void **state) {
    (void)state;
    struct machine m = healthy();
    only(&m, "", DOCTOR_OK);
}

static void test_limits(void **state) {
    (void)state;
    BAD("processors", DOCTOR_WARN, m.cpus = 1);
    BAD("open files", DOCTOR_WARN, m.open_files = 4095);
    BAD("open files", DOCTOR_FAIL, m.open_files = 255);
    BAD("memory", DOCTOR_WARN, m.memory_available = GIBIBYTE - 1);
    BAD("memory", DOCTOR_WARN, m.memory_limit = GIBIBYTE / 2);
    BAD("memory", DOCTOR_FAIL, m.memory_limit = GIBIBYTE / 5);
    BAD("address space", DOCTOR_WARN, m.overcommit = 2);
    BAD("address space", DOCTOR_WARN, m.address_space = 4 * GIBIBYTE);
    BAD("core dumps", DOCTOR_WARN, m.core_limit = MACHINE_NO_LIMIT);
    BAD("core dumps", DOCTOR_WARN,
        snprintf(m.core_pattern, sizeof m.core_pattern, "%s", "|/usr/lib/collect"));
}

static void test_advice_fits_what_was_found(void **state) {
    (void)state;
    struct machine m = healthy();
    m.open_files = 1024;
    assert_non_null(strstr(row_of(&m, "open files").advice, "ulimit -n 4096"));
    m.open_files_max = 1024;
    assert_non_null(strstr(row_of(&m, "open files").advice, "limits.conf"));
    m.memory_available = GIBIBYTE / 5;
    assert_null(strstr(row_of(&m, "memory").advice, "memory.max"));
    m.memory_limit = GIBIBYTE / 6;
    assert_non_null(strstr(row_of(&m, "memory").advice, "memory.max"));
}

static void test_walls(void **state) {
    (void)state;
    BAD("system call filter", DOCTOR_FAIL, m.walls = WALL_FILTER);
    BAD("system call filter", DOCTOR_FAIL, m.seccomp_actions[0] = '\0');
    BAD("no new privileges", DOCTOR_FAIL, m.walls = WALL_NO_NEW_PRIVILEGES);
    BAD("descriptors", DOCTOR_FAIL, m.walls = WALL_CLOSE_RANGE);
    struct machine m = healthy();
    m.walls = WALL_UNKNOWN;
    assert_int_equal(row_of(&m, "system call filter").state, DOCTOR_FAIL);
    assert_int_equal(row_of(&m, "no new privileges").state, DOCTOR_FAIL);
    assert_int_equal(row_of(&m, "descriptors").state, DOCTOR_FAIL);
}

static void test_clock(void **state) {
    (void)state;
    BAD("clock", DOCTOR_FAIL, m.realtime_s = 0);
    BAD("clock", DOCTOR_FAIL, m.realtime_s = INT64_C(4102444801));
    BAD("clock", DOCTOR_WARN, m.clock_resolution_ns = 4 * MILLISECOND);
    BAD("clock", DOCTOR_WARN, m.clock_step_ns = 30 * MILLISECOND);
    BAD("clock kept", DOCTOR_WARN, m.is_time_kept = false);
    BAD("clock kept", DOCTOR_WARN, m.is_time_known = false);
    BAD("clock kept", DOCTOR_WARN, m.time_error_us = 1000001);
}

static void test_data_directory(void **state) {
    (void)state;
    BAD("data directory", DOCTOR_OK, m.disk.exists = false);
    BAD("data directory", DOCTOR_FAIL, m.disk.mode = S_IFREG | 0600);
    BAD("data directory", DOCTOR_FAIL, m.disk.write_error = EACCES);
    BAD("data directory", DOCTOR_WARN, m.disk.mode = S_IFDIR | 0777);
    BAD("data directory", DOCTOR_OK, m.disk.mode = S_IFDIR | S_ISVTX | 0777);
    BAD("data lock", DOCTOR_WARN, m.disk.is_locked = true;
        snprintf(m.disk.lock.msg, sizeof m.disk.lock.msg, "%s", "in use"));
    BAD("disk space", DOCTOR_WARN, m.disk.free_bytes = GIBIBYTE);
    BAD("disk space", DOCTOR_FAIL, m.disk.free_bytes = GIBIBYTE / 5);
    BAD("disk space", DOCTOR_FAIL, m.disk.free_files = 10);
    BAD("disk space", DOCTOR_OK, m.disk.free_files = MACHINE_NO_LIMIT);
    BAD("disk kind", DOCTOR_WARN, m.disk.is_volatile = true);
    BAD("disk kind", DOCTOR_WARN, m.disk.is_remote = true);
    BAD("disk sync", DOCTOR_WARN, m.disk.sync_p50_ns = 5 * MILLISECOND + 1);
    BAD("disk sync", DOCTOR_WARN, m.disk.sync_p99_ns = 50 * MILLISECOND + 1);
    BAD("disk sync", DOCTOR_FAIL, m.disk.sync_error = EIO);
    BAD("disk sync", DOCTOR_FAIL, m.disk.sync_count = 0);
}

static void test_port(void **state) {
    (void)state;
    BAD("gateway port", DOCTOR_FAIL, m.port = -1; m.port_text = "http");
    BAD("gateway port", DOCTOR_FAIL, m.port_error = EADDRINUSE);
    BAD("gateway port", DOCTOR_FAIL, m.port_error = EACCES);
    BAD("gateway port", DOCTOR_OK, m.port = 0);
    /* The platform itself, most likely. */
    struct machine m = healthy();
    m.port_error = EADDRINUSE;
    m.disk.is_locked = true;
    assert_int_equal(row_of(&m, "gateway port").state, DOCTOR_WARN);
}

static void test_versions(void **state) {
    (void)state;
    static const char *const others[] = {
        "", "2.1.0~beta3+git20220320+dfsg-4.1", "2.1.0~beta3+git20210112+dfsg-2+deb12u1",
        "2.1.0+openresty20240815-1", "2.1.0~beta3+git20220320+dfsg-4.1+deb12u0"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        BAD("luajit", DOCTOR_WARN,
            snprintf(m.luajit_package, sizeof m.luajit_package, "%s", others[i]));
    }
    BAD("luajit", DOCTOR_OK,
        snprintf(
            m.luajit_package, sizeof m.luajit_package, "%s",
            "2.1.0~beta3+git20220320+dfsg-4.1+deb12u3"
        ));
    BAD("libraries", DOCTOR_WARN,
        snprintf(m.libraries[0].running, sizeof m.libraries[0].running, "%s", "1.9.0"));
    BAD("libraries", DOCTOR_OK,
        snprintf(m.libraries[0].running, sizeof m.libraries[0].running, "%s", "1.100.0"));
    BAD("shipped files", DOCTOR_FAIL,
        snprintf(m.missing, sizeof m.missing, "%s", "config/demo.lua"));
}

static void test_percentiles(void **state) {
    (void)state;
    int64_t values[50];
    for (int i = 0; i < 50; i++) {
        values[i] = i + 1;
    }
    assert_int_equal(machine_percentile(values, 50, 50), 25);
    assert_int_equal(machine_percentile(values, 50, 99), 50);
    assert_int_equal(machine_percentile(values, 1, 50), 1);
    assert_int_equal(machine_percentile(values, 0, 50), 0);
}

static void test_disk_of_this_machine(void **state) {
    (void)state;
    char folder[] = "/tmp/doctor-XXXXXX", path[64];
    struct machine_disk d;
    int lock;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/not/there/yet", folder);
    machine_disk_read(&d, path);
    assert_false(d.exists);
    assert_string_equal(d.measured, folder);
    assert_int_equal(d.write_error, 0);
    assert_true(d.sync_count > 0 && d.sync_p50_ns > 0 && d.sync_p99_ns >= d.sync_p50_ns);

    machine_disk_read(&d, folder);
    assert_true(d.exists && d.free_bytes > 0 && !d.is_locked);
    assert_int_equal(rmdir(folder), 0); /* nothing stayed */
    assert_int_equal(data_lock_take(folder, &lock, NULL), 0);
    machine_disk_read(&d, folder);
    assert_true(d.is_locked);
    assert_non_null(strstr(d.lock.msg, "in use by process"));
    data_lock_give(lock);
    machine_disk_read(&d, folder);
    assert_false(d.is_locked);

    snprintf(path, sizeof path, "%s/lock", folder);
    machine_disk_read(&d, path);
    assert_int_equal(d.write_error, ENOTDIR);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_port_of_this_machine(void **state) {
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    char entry[64];
    char *environment[] = {entry, NULL};
    static struct machine m;
    int s = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(s, 1), 0);
    assert_int_equal(getsockname(s, (struct sockaddr *)&address, &size), 0);
    snprintf(entry, sizeof entry, "TRADINGBOOST_GATEWAY_PORT=%d", (int)ntohs(address.sin_port));
    machine_read(&m, ".", environment, NULL);
    assert_int_equal(m.port, ntohs(address.sin_port));
    assert_int_equal(m.port_error, EADDRINUSE);
    close(s);
    machine_read(&m, ".", environment, NULL);
    assert_int_equal(m.port_error, 0);

    assert_true(m.cpus > 0 && m.open_files > 0 && m.memory_available > 0);
    assert_int_equal(m.walls, 0);
    assert_string_equal(m.missing, "");
    assert_true(m.library_count >= 5);

    static const char *const no_ports[] = {"65536", "-1", "80x", "+80", " 80"};
    for (size_t i = 0; i < sizeof no_ports / sizeof no_ports[0]; i++) {
        snprintf(entry, sizeof entry, "TRADINGBOOST_GATEWAY_PORT=%s", no_ports[i]);
        machine_read(&m, ".", environment, NULL);
        assert_int_equal(m.port, -1);
        assert_int_equal(row_of(&m, "gateway port").state, DOCTOR_FAIL);
    }
    machine_read(&m, ".", (char *[]){NULL}, NULL);
    assert_int_equal(m.port, 8000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_healthy_machine),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_advice_fits_what_was_found),
        cmocka_unit_test(test_walls),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_data_directory),
        cmocka_unit_test(test_port),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_percentiles),
        cmocka_unit_test(test_disk_of_this_machine),
        cmocka_unit_test(test_port_of_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
