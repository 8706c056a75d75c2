#include "gateway/token.h"

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

static char folder[64];

static const char *path(const char *name) {
    static char text[128];
    snprintf(text, sizeof text, "%s/%s", folder, name);
    return text;
}

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/tradingboost-token-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int drop_folder(void **state) {
    (void)state;
    unlink(path("admin.token"));
    unlink(path("tokens"));
    return rmdir(folder);
}

static void file_text(const char *name, char *text, size_t size) {
    FILE *f = fopen(path(name), "r");
    assert_non_null(f);
    size_t n = fread(text, 1, size - 1, f);
    text[n] = '\0';
    fclose(f);
}

static void file_write(const char *name, const char *text) {
    FILE *f = fopen(path(name), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void test_admin(void **state) {
    struct tokens *tokens;
    struct err e;
    struct stat st;
    char text[128];
    (void)state;
    assert_int_equal(tokens_open(&tokens, folder, &e), 0);
    assert_int_equal(stat(path("admin.token"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    file_text("admin.token", text, sizeof text);
    text[strcspn(text, "\n")] = '\0';
    const struct token *found = tokens_find(tokens, text, strlen(text));
    assert_non_null(found);
    assert_int_equal(found->role, ROLE_ADMIN);
    text[5] = text[5] == 'a' ? 'b' : 'a';
    assert_null(tokens_find(tokens, text, strlen(text)));
    assert_null(tokens_find(tokens, "", 0));
    tokens_free(tokens);
    char again[128];
    assert_int_equal(tokens_open(&tokens, folder, &e), 0);
    file_text("admin.token", again, sizeof again);
    text[5] = again[5];
    again[strcspn(again, "\n")] = '\0';
    assert_string_equal(text, again);
    tokens_free(tokens);
    assert_int_equal(chmod(path("admin.token"), 0644), 0);
    assert_int_equal(tokens_open(&tokens, folder, &e), E_CONFIG);
}

static void test_named(void **state) {
    struct tokens *tokens;
    struct err e;
    char text[TOKEN_TEXT_MAX];
    char kept[4096];
    (void)state;
    assert_int_equal(tokens_open(&tokens, folder, &e), 0);
    assert_int_equal(token_add(folder, "phone", ROLE_TRADER, "alice", text, &e), 0);
    assert_null(tokens_find(tokens, text, strlen(text))); /* not read yet */
    assert_int_equal(tokens_refresh(tokens, &e), 0);
    const struct token *found = tokens_find(tokens, text, strlen(text));
    assert_non_null(found);
    assert_string_equal(found->user, "alice");
    assert_string_equal(found->name, "phone");
    assert_int_equal(found->role, ROLE_TRADER);
    file_text("tokens", kept, sizeof kept);
    assert_null(strstr(kept, text + 3)); /* only its hash is kept */
    char other[TOKEN_TEXT_MAX];
    assert_int_equal(token_add(folder, "phone", ROLE_TRADER, "bob", other, &e), E_STATE);
    assert_int_equal(token_add(folder, "desk", ROLE_OPERATOR, "bob", other, &e), 0);
    struct token *list;
    int count;
    assert_int_equal(token_list(folder, &list, &count, &e), 0);
    assert_int_equal(count, 2);
    free(list);
    assert_int_equal(token_remove(folder, "phone", &e), 0);
    assert_int_equal(token_remove(folder, "phone", &e), E_NOT_FOUND);
    assert_int_equal(tokens_refresh(tokens, &e), 0);
    assert_null(tokens_find(tokens, text, strlen(text)));
    assert_non_null(tokens_find(tokens, other, strlen(other)));
    tokens_free(tokens);
}

static void test_names(void **state) {
    struct err e;
    char text[TOKEN_TEXT_MAX];
    static const char *const bad[] = {
        "", "a b", "a/b", "pnl", "risk", "..", "a\nb", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(token_name_is_good(bad[i]));
        assert_int_equal(token_add(folder, bad[i], ROLE_TRADER, "u", text, &e), E_ARGUMENT);
        assert_int_equal(token_add(folder, "n", ROLE_TRADER, bad[i], text, &e), E_ARGUMENT);
    }
    enum role role;
    assert_int_equal(role_parse("root", &role, &e), E_ARGUMENT);
    assert_int_equal(role_parse("author", &role, &e), 0);
    assert_int_equal(role, ROLE_AUTHOR);
}

static void test_broken_file(void **state) {
    struct tokens *tokens;
    struct err e;
    char text[TOKEN_TEXT_MAX];
    (void)state;
    assert_int_equal(token_add(folder, "phone", ROLE_TRADER, "alice", text, &e), 0);
    assert_int_equal(tokens_open(&tokens, folder, &e), 0);
    file_write("tokens", "phone trader alice 12 0\n");
    assert_int_equal(tokens_refresh(tokens, &e), E_CONFIG);
    assert_non_null(strstr(e.msg, "tokens:1"));
    assert_non_null(tokens_find(tokens, text, strlen(text))); /* as they were */
    tokens_free(tokens);
    assert_int_equal(tokens_open(&tokens, folder, &e), E_CONFIG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_admin, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_named, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_names, make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(test_broken_file, make_folder, drop_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
