#include "app/script_write.h"

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

static char folder[64], path[128];

static int set_up(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/script-write-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/mine", folder);
    return mkdir(path, 0755);
}

static int tear_down(void **state) {
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static int
put(const char *to, const char *name, const char *text, const char *name2, const char *text2) {
    struct err e;
    struct script_file files[] = {
        {name, text, text != NULL ? strlen(text) : 0},
        {name2, text2, text2 != NULL ? strlen(text2) : 0},
    };
    return script_files_write(to, files, name2 != NULL ? 2 : 1, &e);
}

static void assert_file(const char *name, const char *wanted) {
    char full[256];
    char *text;
    size_t length;
    struct err e;
    snprintf(full, sizeof full, "%s/%s", path, name);
    if (wanted == NULL) {
        assert_int_not_equal(access(full, F_OK), 0);
        return;
    }
    assert_int_equal(file_read(full, 1000, &text, &length, &e), 0);
    assert_string_equal(text, wanted);
    free(text);
}

static void test_folder(void **state) {
    (void)state;
    assert_int_equal(put(path, "init.lua", "one", "more.lua", "two"), 0);
    assert_file("init.lua", "one");
    assert_file("more.lua", "two");
    assert_file(".init.lua.new", NULL);
    assert_int_equal(put(path, "init.lua", "three", "more.lua", NULL), 0);
    assert_file("init.lua", "three");
    assert_file("more.lua", NULL);
    assert_int_equal(put(path, "more.lua", NULL, NULL, NULL), 0); /* gone already */
}

/* Nothing is changed by what is refused, whatever stands beside it. */
static void test_refused(void **state) {
    static const char *const names[] = {
        "../up.lua", "/tmp/up.lua", ".hidden.lua", "more", "", ".lua", "a.lua/", "lib/x.lua",
    };
    (void)state;
    assert_int_equal(put(path, "init.lua", "one", NULL, NULL), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(put(path, "init.lua", "two", names[i], "x"), E_ARGUMENT);
        assert_file("init.lua", "one");
    }
    assert_int_equal(put(path, "init.lua", NULL, NULL, NULL), E_ARGUMENT);
    assert_int_equal(put("/nowhere/at/all", "init.lua", "x", NULL, NULL), E_IO);
}

/* What cannot be placed leaves nothing beside it. */
static void test_no_place(void **state) {
    char full[256];
    (void)state;
    snprintf(full, sizeof full, "%s/more.lua", path);
    assert_int_equal(mkdir(full, 0755), 0);
    assert_int_equal(put(path, "init.lua", "one", "more.lua", "two"), E_IO);
    assert_file("init.lua", NULL);
    assert_file(".init.lua.new", NULL);
    assert_file(".more.lua.new", NULL);
}

static void test_one_file(void **state) {
    char file[256];
    (void)state;
    assert_int_equal(put(path, "only.lua", "one", NULL, NULL), 0);
    snprintf(file, sizeof file, "%s/only.lua", path);
    assert_int_equal(put(file, "only.lua", "two", NULL, NULL), 0);
    assert_file("only.lua", "two");
    assert_int_equal(put(file, "other.lua", "x", NULL, NULL), E_ARGUMENT);
    assert_int_equal(put(file, "only.lua", NULL, NULL, NULL), E_ARGUMENT);
    assert_file("only.lua", "two");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_file, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
