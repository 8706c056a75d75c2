#include "app/commands.h"

#include "base/json_write.h"

#include <luajit.h>
#include <openssl/crypto.h>
#include <seccomp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <uv.h>
#include <zlib.h>

int command_version(const struct arguments *arguments) {
    const struct scmp_version *filter = seccomp_version();
    char seccomp[48];
    snprintf(seccomp, sizeof seccomp, "%u.%u.%u", filter->major, filter->minor, filter->micro);
    const struct {
        const char *name;
        const char *version;
    } rows[] = {
        {"tradingboost", TRADINGBOOST_VERSION},
        {"luajit", LUAJIT_VERSION},
        {"libuv", uv_version_string()},
        {"sqlite", sqlite3_libversion()},
        {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
        {"seccomp", seccomp},
        {"zlib", zlibVersion()},
        {"compiler", __VERSION__},
    };
    size_t count = sizeof rows / sizeof rows[0];
    if (!arguments_has(arguments, "json")) {
        for (size_t i = 0; i < count; i++) {
            printf("%-14s %s\n", rows[i].name, rows[i].version);
        }
        return EXIT_DONE;
    }
    struct buffer out;
    struct json_writer json;
    buffer_init(&out, 4096);
    json_begin(&json, &out);
    json_object(&json);
    for (size_t i = 0; i < count; i++) {
        json_key(&json, rows[i].name);
        json_string(&json, rows[i].version);
    }
    json_close(&json);
    int code = json_end(&json);
    printf("%s\n", out.data);
    buffer_free(&out);
    return code == 0 ? EXIT_DONE : EXIT_FAILED;
}
