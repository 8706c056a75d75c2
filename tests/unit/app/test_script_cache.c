/* Scripts kept in memory: as they are on the disk, whatever happens there. */
#include "app/script_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SOURCE_MAX ((size_t)256 << 10)
#define PATIENCE_MS 5000

static char folder[64];

static void write_file(const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static int cache_make(void **state) {
    char path[128];
    struct err err;
    snprintf(folder, sizeof folder, "/tmp/test_script_cache.XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/own", folder);
    mkdir(path, 0700);
    write_file("own/init.lua", "return { api = 1 }\n");
    write_file("own/part.lua", "return 1\n");
    write_file("single.lua", "return { api = 1 }\n");
    return script_cache_new((struct script_cache **)state, SOURCE_MAX, 0, &err);
}

static int cache_end(void **state) {
    char command[128];
    script_cache_free(*state);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static const char *path_of(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static uint64_t read_hash(struct script_cache *c, const char *name) {
    const struct script_source *source = NULL;
    struct err err = {0};
    assert_int_equal(script_cache_read(c, path_of(name), &source, &err), 0);
    return source->bundle.hash;
}

/* Read until it is kept: what has just been written is not. */
static uint64_t read_kept(struct script_cache *c, const char *name) {
    const struct timespec step = {.tv_nsec = 20000000};
    uint64_t hash = read_hash(c, name);
    for (int i = 0; script_cache_find(c, path_of(name)) == NULL; i++) {
        assert_true(i < PATIENCE_MS / 20);
        nanosleep(&step, NULL);
        hash = read_hash(c, name);
    }
    return hash;
}

static void test_young_is_not_kept(void **state) {
    struct script_cache *c = *state;
    assert_null(script_cache_find(c, path_of("single.lua")));
    read_hash(c, "single.lua");
    assert_null(script_cache_find(c, path_of("single.lua"))); /* written just now */
}

static void test_kept_is_what_was_read(void **state) {
    struct script_cache *c = *state;
    uint64_t hash = read_kept(c, "own");
    const struct script_source *found = script_cache_find(c, path_of("own"));
    assert_non_null(found);
    assert_true(found->bundle.hash == hash);
    assert_string_equal(found->bundle.files[0].path, "init.lua");
}

static void test_same_length_changes(void **state) {
    struct script_cache *c = *state;
    uint64_t single = read_kept(c, "single.lua"), own = read_kept(c, "own");
    write_file("single.lua", "return { api = 2 }\n");
    write_file("own/part.lua", "return 2\n");
    assert_null(script_cache_find(c, path_of("single.lua")));
    assert_null(script_cache_find(c, path_of("own")));
    assert_true(read_hash(c, "single.lua") != single);
    assert_true(read_hash(c, "own") != own);
}

static void test_files_come_and_go(void **state) {
    struct script_cache *c = *state;
    read_kept(c, "own");
    write_file("own/more.lua", "return 3\n");
    assert_null(script_cache_find(c, path_of("own")));
    read_kept(c, "own");
    unlink(path_of("own/more.lua"));
    assert_null(script_cache_find(c, path_of("own")));
    read_kept(c, "single.lua");
    unlink(path_of("single.lua"));
    assert_null(script_cache_find(c, path_of("single.lua")));
}

/* What is beside it may go before it: NAME.lua and NAME/. */
static void test_neighbours_count(void **state) {
    struct script_cache *c = *state;
    read_kept(c, "own");
    write_file("own.lua", "return {}\n");
    assert_null(script_cache_find(c, path_of("own")));
}

/* Not asked again within its time: what changed then is found afterwards. */
static void test_trusted_for_a_while(void **state) {
    struct script_cache *c;
    struct err err;
    (void)state;
    assert_int_equal(script_cache_new(&c, SOURCE_MAX, INT64_C(3600) * 1000000000, &err), 0);
    (void)read_kept(c, "single.lua");
    assert_non_null(script_cache_find(c, path_of("single.lua")));
    write_file("single.lua", "return 7");
    assert_non_null(script_cache_find(c, path_of("single.lua")));
    script_cache_free(c);
}

static void test_errors_keep_nothing(void **state) {
    struct script_cache *c = *state;
    const struct script_source *source = NULL;
    struct err err = {0};
    assert_int_equal(script_cache_read(c, path_of("none.lua"), &source, &err), E_NOT_FOUND);
    assert_null(source);
    assert_null(script_cache_find(c, path_of("none.lua")));
}

static void test_many_replace_the_oldest(void **state) {
    struct script_cache *c = *state;
    char name[32];
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "s%d.lua", i);
        write_file(name, "return {}\n");
    }
    uint64_t hash = read_kept(c, "single.lua");
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "s%d.lua", i);
        read_hash(c, name);
    }
    assert_null(script_cache_find(c, path_of("single.lua")));
    assert_true(read_kept(c, "single.lua") == hash);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_young_is_not_kept, cache_make, cache_end),
        cmocka_unit_test_setup_teardown(test_kept_is_what_was_read, cache_make, cache_end),
        cmocka_unit_test_setup_teardown(test_same_length_changes, cache_make, cache_end),
        cmocka_unit_test_setup_teardown(test_files_come_and_go, cache_make, cache_end),
        cmocka_unit_test_setup_teardown(test_neighbours_count, cache_make, cache_end),
        cmocka_unit_test_setup_teardown(test_trusted_for_a_while, cache_make, cache_end),
        cmocka_unit_test_setup_teardown(test_errors_keep_nothing, cache_make, cache_end),
        cmocka_unit_test_setup_teardown(test_many_replace_the_oldest, cache_make, cache_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
