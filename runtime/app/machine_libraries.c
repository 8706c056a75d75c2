#include "app/machine.h"

#include <dlfcn.h>
#include <lua.h>
#include <luajit.h>
#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#include <seccomp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>
#include <zlib.h>

#define PACKAGES_FILE "/var/lib/dpkg/status"
#define LUAJIT_PACKAGE "Package: libluajit-5.1-2\n"

static void
library_add(struct machine *m, const char *name, const char *built, const char *running) {
    struct machine_library *library = &m->libraries[m->library_count++];
    library->name = name;
    snprintf(library->built, sizeof library->built, "%s", built);
    snprintf(library->running, sizeof library->running, "%s", running);
}

/* The installed version of the package that the distribution's LuaJIT comes in. */
static void luajit_package_read(char *version, size_t size) {
    FILE *f = fopen(PACKAGES_FILE, "r");
    char line[1024], found[96] = "";
    bool is_here = false, is_installed = false;
    while (f != NULL && fgets(line, sizeof line, f) != NULL && !(is_here && line[0] == '\n')) {
        is_here = is_here || strcmp(line, LUAJIT_PACKAGE) == 0;
        is_installed =
            is_installed || (is_here && strstr(line, "Status: install ok installed") == line);
        if (is_here) {
            sscanf(line, "Version: %95s", found);
        }
    }
    if (f != NULL) {
        fclose(f);
    }
    snprintf(version, size, "%s", is_installed ? found : "");
}

static void luajit_read(struct machine *m) {
    Dl_info where;
    lua_State *(*function)(lua_Alloc, void *) = lua_newstate;
    void *address;
    memcpy(&address, &function, sizeof address);
    if (dladdr(address, &where) == 0 || where.dli_fname == NULL) {
        return;
    }
    snprintf(m->luajit_file, sizeof m->luajit_file, "%s", where.dli_fname);
    if (strncmp(m->luajit_file, "/lib/", 5) == 0 || strncmp(m->luajit_file, "/usr/lib/", 9) == 0) {
        luajit_package_read(m->luajit_package, sizeof m->luajit_package);
    }
}

void machine_libraries_read(struct machine *m) {
    char built[64], running[64];
    luajit_read(m);
    snprintf(built, sizeof built, "%d.%d.%d", UV_VERSION_MAJOR, UV_VERSION_MINOR, UV_VERSION_PATCH);
    library_add(m, "libuv", built, uv_version_string());
    library_add(m, "zlib", ZLIB_VERSION, zlibVersion());
    library_add(m, "sqlite", SQLITE_VERSION, sqlite3_libversion());
    library_add(m, "openssl", OPENSSL_VERSION_STR, OpenSSL_version(OPENSSL_VERSION_STRING));
    const struct scmp_version *seccomp = seccomp_version();
    snprintf(built, sizeof built, "%d.%d.%d", SCMP_VER_MAJOR, SCMP_VER_MINOR, SCMP_VER_MICRO);
    snprintf(running, sizeof running, "%u.%u.%u", seccomp->major, seccomp->minor, seccomp->micro);
    library_add(m, "seccomp", built, running);
}
