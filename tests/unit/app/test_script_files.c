/* Scripts as bundles: how they are found, what is in them, when their version changes. */
#include "app/script_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SOURCE_MAX ((size_t)256 << 10)

static char folder[64];

static void write_file(const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int folder_make(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/test_script_files.XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    char path[128];
    snprintf(path, sizeof path, "%s/own", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/empty", folder);
    mkdir(path, 0700);
    return 0;
}

static int folder_remove(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static int read_script(const char *name, size_t most, struct script_source *s, struct err *e) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    memset(s, 0, sizeof *s);
    return script_source_read(path, most, s, e);
}

static const struct script_file *file_of(const struct script_source *s, const char *path) {
    for (int i = 0; i < s->bundle.count; i++) {
        if (strcmp(s->bundle.files[i].path, path) == 0) {
            return &s->bundle.files[i];
        }
    }
    return NULL;
}

static void test_by_name(void **state) {
    (void)state;
    struct script_source s = {0};
    struct err e = {0};
    assert_int_equal(script_source_read("rsi", SOURCE_MAX, &s, &e), 0);
    assert_string_equal(s.bundle.name, "rsi");
    assert_string_equal(s.bundle.files[0].path, "rsi.lua");
    assert_non_null(file_of(&s, "lib/sizing.lua"));
    script_source_free(&s);
    assert_int_equal(script_source_read("hyperrsi", SOURCE_MAX, &s, &e), 0);
    assert_string_equal(s.bundle.files[0].path, "init.lua");
    assert_non_null(file_of(&s, "exits.lua"));
    script_source_free(&s);
}

static void test_folder_and_its_version(void **state) {
    (void)state;
    struct script_source s;
    struct err e = {0};
    write_file("own/init.lua", "return {}");
    write_file("own/part.lua", "return 1");
    write_file("own/notes.txt", "not a script");
    assert_int_equal(read_script("own/", SOURCE_MAX, &s, &e), 0);
    assert_string_equal(s.bundle.name, "own");
    assert_string_equal(s.bundle.files[0].text, "return {}");
    assert_non_null(file_of(&s, "part.lua"));
    assert_null(file_of(&s, "notes.txt"));
    uint64_t before = s.bundle.hash;
    script_source_free(&s);
    assert_int_equal(read_script("own", SOURCE_MAX, &s, &e), 0);
    assert_true(s.bundle.hash == before);
    script_source_free(&s);
    write_file("own/part.lua", "return 1 -- a comment counts");
    assert_int_equal(read_script("own", SOURCE_MAX, &s, &e), 0);
    assert_true(s.bundle.hash != before);
    script_source_free(&s);
}

static void test_not_there(void **state) {
    (void)state;
    struct script_source s = {0};
    struct err e = {0};
    assert_int_equal(script_source_read("hyperrsy", SOURCE_MAX, &s, &e), E_NOT_FOUND);
    assert_non_null(strstr(e.msg, "did you mean 'hyperrsi'?"));
    assert_int_equal(read_script("none.lua", SOURCE_MAX, &s, &e), E_NOT_FOUND);
    assert_non_null(strstr(e.msg, "none.lua"));
    assert_int_equal(read_script("empty", SOURCE_MAX, &s, &e), E_NOT_FOUND);
    assert_non_null(strstr(e.msg, "has no init.lua"));
}

static void test_too_large(void **state) {
    (void)state;
    struct script_source s;
    struct err e = {0};
    write_file("large.lua", "return { 'much more than sixteen bytes' }");
    assert_int_equal(read_script("large.lua", 16, &s, &e), E_LIMIT);
    assert_non_null(strstr(e.msg, "large.lua"));
}

static void test_shipped_path(void **state) {
    (void)state;
    char path[256];
    struct err e = {0};
    assert_int_equal(shipped_path("config/demo.lua", path, sizeof path, &e), 0);
    assert_int_equal(access(path, R_OK), 0);
    assert_int_equal(shipped_path("config/none.lua", path, sizeof path, &e), E_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_name),      cmocka_unit_test(test_folder_and_its_version),
        cmocka_unit_test(test_not_there),    cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_shipped_path),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
