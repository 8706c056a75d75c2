#include "gateway/line_diff.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char block[1 << 20];

static const char *diff_of(const char *from, const char *to) {
    static struct buffer out;
    struct err e;
    buffer_init_fixed(&out, block, sizeof block);
    struct diff_text a = {from, from != NULL ? strlen(from) : 0};
    struct diff_text b = {to, to != NULL ? strlen(to) : 0};
    assert_int_equal(line_diff("f.lua", a, b, &out, &e), 0);
    block[out.length] = '\0';
    return block;
}

static void test_known(void **state) {
    (void)state;
    assert_string_equal(diff_of("a\nb\n", "a\nb\n"), "");
    assert_string_equal(
        diff_of("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
        "--- a/f.lua\n+++ b/f.lua\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
    );
    assert_string_equal(diff_of(NULL, "x\n"), "--- /dev/null\n+++ b/f.lua\n@@ -0,0 +1 @@\n+x\n");
    assert_string_equal(diff_of("x\n", NULL), "--- a/f.lua\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n");
    assert_string_equal(
        diff_of("x", "x\n"),
        "--- a/f.lua\n+++ b/f.lua\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+x\n"
    );
    /* seven equal lines between two changes: two hunks; six: one */
    assert_non_null(strstr(
        diff_of("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n"), "\n@@ -6,4 +6,4 @@\n"
    ));
    assert_non_null(
        strstr(diff_of("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n"), "@@ -1,8 +1,8 @@\n")
    );
}

/* What `from` becomes when the diff is applied; the number of lines that go or come. */
static int apply(const char *from, const char *diff, char *out) {
    int line = 1;
    int edits = 0;
    while (*diff != '\0') {
        const char *end = strchr(diff, '\n') + 1;
        size_t length = (size_t)(end - diff) - 1;
        if (diff[0] == '@') {
            int first, count = 1;
            assert_true(sscanf(diff, "@@ -%d,%d", &first, &count) >= 1);
            first += count == 0;
            for (; line < first; line++) {
                const char *stop = strchr(from, '\n') + 1;
                memcpy(out, from, (size_t)(stop - from));
                out += stop - from;
                from = stop;
            }
        } else if (strncmp(diff, "--- ", 4) != 0 && strncmp(diff, "+++ ", 4) != 0) {
            edits += diff[0] != ' ';
            if (diff[0] != '+') {
                assert_memory_equal(from, diff + 1, length);
                from += length;
                line++;
            }
            if (diff[0] != '-') {
                memcpy(out, diff + 1, length);
                out += length;
            }
        }
        diff = end;
    }
    strcpy(out, from);
    return edits;
}

static void lines_make(struct random *r, int count, char *out) {
    for (int i = 0; i < count; i++) {
        *out++ = (char)('a' + random_below(r, 4));
        *out++ = '\n';
    }
    *out = '\0';
}

/* The length of the longest common way, the slow sure way. */
static int edits_least(const char *a, const char *b) {
    static int t[128][128];
    int n = (int)strlen(a) / 2;
    int m = (int)strlen(b) / 2;
    for (int i = n; i >= 0; i--) {
        for (int j = m; j >= 0; j--) {
            if (i == n || j == m) {
                t[i][j] = n - i + m - j;
            } else if (a[2 * i] == b[2 * j]) {
                t[i][j] = t[i + 1][j + 1];
            } else {
                t[i][j] = 1 + (t[i + 1][j] < t[i][j + 1] ? t[i + 1][j] : t[i][j + 1]);
            }
        }
    }
    return t[0][0];
}

static void test_random(void **state) {
    struct random r;
    (void)state;
    random_seed(&r, 7);
    for (int round = 0; round < 2000; round++) {
        char a[256], b[256], got[256];
        lines_make(&r, (int)random_below(&r, 60), a);
        lines_make(&r, (int)random_below(&r, 60), b);
        int edits = apply(a, diff_of(a, b), got);
        assert_string_equal(got, b);
        assert_int_equal(edits, edits_least(a, b));
    }
}

/* More differences than are looked for: all of it goes and comes, at once. */
static void test_far_apart(void **state) {
    static char a[4096], b[4096], got[4096];
    (void)state;
    for (int i = 0; i < 1000; i++) {
        strcpy(a + 2 * i, "a\n");
        strcpy(b + 2 * i, "b\n");
    }
    assert_int_equal(apply(a, diff_of(a, b), got), 2000);
    assert_string_equal(got, b);
}

static void test_no_room(void **state) {
    struct buffer out;
    struct err e;
    char little[16];
    (void)state;
    buffer_init_fixed(&out, little, sizeof little);
    struct diff_text a = {"a\n", 2};
    struct diff_text b = {"b\n", 2};
    assert_int_not_equal(line_diff("f.lua", a, b, &out, &e), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_far_apart),
        cmocka_unit_test(test_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
