/* check: words, scopes, names, and what the rules say of small texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "script/check_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- words --------------------------------------------------------------------------------------
 */

/* The tokens of a text as "kind:text" separated by spaces. */
static void words_expect(const char *text, size_t length, const char *wanted) {
    static const char kinds[] = "ENKSD@"; /* end, name, keyword, string, digits, sign */
    char got[512] = "";
    struct lexer lexer;
    struct token token;
    lexer_begin(&lexer, text, length);
    for (lexer_next(&lexer, &token); token.kind != TOKEN_END; lexer_next(&lexer, &token)) {
        size_t n = strlen(got);
        snprintf(
            got + n, sizeof got - n, "%c:%.*s/%d ", kinds[token.kind], (int)token.length,
            token.text, token.line
        );
    }
    assert_string_equal(got, wanted);
}

#define WORDS(text, wanted) words_expect(text, sizeof(text) - 1, wanted)

static void test_words(void **state) {
    (void)state;
    WORDS("", "");
    WORDS("local x=1", "K:local/1 N:x/1 @:=/1 D:1/1 ");
    WORDS("a.b:c'd'", "N:a/1 @:./1 N:b/1 @::/1 N:c/1 S:d/1 ");
    WORDS("... .. . :: ==~=<=>=", "@:.../1 @:../1 @:./1 @:::/1 @:==/1 @:~=/1 @:<=/1 @:>=/1 ");
    WORDS("1..2", "D:1..2/1 ");
    WORDS("0x1F 1e-5 .5 3.", "D:0x1F/1 D:1e-5/1 D:.5/1 D:3./1 ");
    WORDS("a-1e5-b", "N:a/1 @:-/1 D:1e5/1 @:-/1 N:b/1 ");
    WORDS("0xe-1", "D:0xe/1 @:-/1 D:1/1 ");
    WORDS("a\nb\r\nc\rd\n\re", "N:a/1 N:b/2 N:c/3 N:d/4 N:e/5 ");
}

static void test_texts_and_comments(void **state) {
    (void)state;
    WORDS("'a\\'b' \"c'd\"", "S:a\\'b/1 S:c'd/1 ");
    WORDS("'a\\\nb' c", "S:a\\\nb/1 N:c/2 ");
    WORDS("[[a]] [==[b]]c]==] [ [", "S:a/1 S:b]]c/1 @:[/1 @:[/1 ");
    WORDS("[[\na\nb]] c", "S:a\nb/1 N:c/3 ");
    WORDS("a -- b\nc --[[d\n]] e --[=[ ]] ]=] f --[g\nh", "N:a/1 N:c/2 N:e/3 N:f/3 N:h/4 ");
    WORDS("#!/bin/lua\na", "N:a/2 ");
    WORDS(
        "\xEF\xBB\xBF"
        "a",
        "N:a/1 "
    );
}

static void test_words_that_do_not_end(void **state) {
    (void)state;
    WORDS("'abc", "S:abc/1 ");
    WORDS("'abc\\", "S:abc\\/1 ");
    WORDS("[[abc", "S:abc/1 ");
    WORDS("[==[abc]=", "S:abc]=/1 ");
    WORDS("--[[abc", "");
    WORDS("--", "");
    WORDS("a\0", "N:a/1 @:/1 ");
}

static void test_boxed_numbers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool is_boxed;
    } rows[] = {
        {"1", false}, {"1LL", true},   {"0xffULL", true},
        {"2i", true}, {"0xfe", false}, {"1e5", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lexer lexer;
        struct token token;
        lexer_begin(&lexer, rows[i].text, strlen(rows[i].text));
        lexer_next(&lexer, &token);
        assert_int_equal(token_is_boxed(&token), rows[i].is_boxed);
    }
}

/* --- sights -------------------------------------------------------------------------------------
 */

struct sights {
    char text[2048];
};

static void sight_append(void *ctx, const struct sight *s) {
    static const char *const kinds[] = {
        "read", "write",  "local",   "get",   "set",   "call",   "function",
        "key",  "option", "options", "index", "power", "return",
    };
    struct sights *sights = ctx;
    size_t n = strlen(sights->text);
    snprintf(
        sights->text + n, sizeof sights->text - n, "%s %.*s%s%.*s%s/%d\n", kinds[s->kind],
        (int)s->base_name.length, s->base_name.text ? s->base_name.text : "",
        s->base_name.length > 0 ? "." : "", (int)s->name.length, s->name.text ? s->name.text : "",
        s->is_script_self ? "!"
        : s->is_self      ? "?"
                          : "",
        s->line
    );
}

static void sights_expect(const char *text, const char *wanted) {
    struct sights sights = {""};
    struct sighting sighting = {.ctx = &sights, .on = sight_append, .script = {"M", 1}};
    assert_true(check_parse(text, strlen(text), &sighting));
    assert_string_equal(sights.text, wanted);
}

static void test_scopes(void **state) {
    (void)state;
    sights_expect("local a = a", "read a/1\nlocal a/1\n");
    sights_expect("local a; do local b; a = b end\nb = a", "local a/1\nlocal b/1\nwrite b/2\n");
    sights_expect("for i = i, n do i = i end i = 1", "read i/1\nread n/1\nlocal i/1\nwrite i/1\n");
    sights_expect(
        "for k, v in next, t do v(k) end", "read next/1\nread t/1\nlocal k/1\nlocal v/1\n"
    );
    sights_expect("repeat local x until x; x()", "local x/1\nread x/1\n");
    sights_expect("local function f() f() end", "local f/1\n");
    sights_expect("local f = function() f() end", "read f/1\nlocal f/1\n");
    sights_expect("local a, b = b, a", "read b/1\nread a/1\nlocal a/1\nlocal b/1\n");
    sights_expect(
        "while a do local a = 1 end if b then elseif c then else d() end",
        "read a/1\nlocal a/1\nread b/1\nread c/1\nread d/1\n"
    );
}

static void test_fields(void **state) {
    (void)state;
    sights_expect(
        "a.b.c = d['e'].f", "read a/1\nget a.b/1\nset c/1\nread d/1\nget d.e/1\nget f/1\n"
    );
    sights_expect("a[1], a[b] = 2", "read a/1\nindex a./1\nread a/1\nread b/1\nindex a./1\n");
    sights_expect(
        "local t = { x = 1, ['y'] = 2, [z] = 3; 4 }", "key x/1\nkey y/1\nread z/1\nlocal t/1\n"
    );
    sights_expect(
        "local a a:b 'c' :d { } (e)", "local a/1\ncall a.b/1\ncall d/1\noptions d/1\nread e/1\n"
    );
    sights_expect("return a ^ -b", "read a/1\npower ^/1\nread b/1\n");
    sights_expect("local M return M", "local M/1\nreturn M/1\n");
    sights_expect("local M return M.x", "local M/1\nget M.x/1\n");
    sights_expect("goto out ::out:: goto = 1", "write goto/1\n");
}

static void test_self(void **state) {
    (void)state;
    sights_expect(
        "local M function M:f(a) return self.x + a end",
        "local M/1\nset M.f/1\nlocal self/1\nlocal a/1\nfunction M.f/1\nget self.x!/1\n"
    );
    sights_expect(
        "local M M.f = function(self) self.y = 1 end",
        "local M/1\nset M.f/1\nlocal self/1\nfunction M.f/1\nset self.y!/1\n"
    );
    sights_expect(
        "local X function X:f() self:g() end",
        "local X/1\nset X.f/1\nlocal self/1\nfunction X.f/1\ncall self.g?/1\n"
    );
    sights_expect(
        "local function f(self) return function() return self.x end end",
        "local f/1\nlocal self/1\nget self.x?/1\n"
    );
    sights_expect("local self = {} return self.x", "local self/1\nget self.x/1\n");
}

static void test_lost(void **state) {
    (void)state;
    static const char *const texts[] = {"local", "end",     "a.",           "f(",
                                        "{",     "x = = 1", "for i do end", "a"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct sights sights = {""};
        struct sighting sighting = {.ctx = &sights, .on = sight_append};
        if (check_parse(texts[i], strlen(texts[i]), &sighting)) {
            fail_msg("not lost in: %s", texts[i]);
        }
    }
    char deep[4000];
    memset(deep, '(', sizeof deep);
    memcpy(deep, "x=", 2);
    struct sights sights = {""};
    struct sighting sighting = {.ctx = &sights, .on = sight_append};
    assert_false(check_parse(deep, sizeof deep, &sighting));
}

/* --- names --------------------------------------------------------------------------------------
 */

static void test_names(void **state) {
    (void)state;
    struct check_names names;
    struct err e;
    assert_int_equal(check_names_init(&names, 8000, &e), 0);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1000; i++) {
            char text[16];
            int n = snprintf(text, sizeof text, "name%d", i);
            struct check_name *name =
                check_names_add(&names, (struct words){text, (size_t)n}, round, i);
            assert_non_null(name);
            assert_string_equal(name->text, text);
            assert_int_equal(name->file, 0);
        }
    }
    assert_int_equal(names.count, 1000);
    assert_int_equal(check_names_find(&names, (struct words){"name77", 6})->line, 77);
    assert_null(check_names_find(&names, (struct words){"name1000", 8}));
    char large[1000];
    memset(large, 'x', sizeof large);
    assert_null(check_names_add(&names, (struct words){large, sizeof large}, 0, 0));
    check_names_free(&names);
}

static void test_findings_are_bounded(void **state) {
    (void)state;
    struct check_findings f = {0};
    for (int i = 0; i < CHECK_FINDINGS_MAX + 50; i++) {
        check_add(&f, i % 2 ? CHECK_ERROR : CHECK_WARNING, 0, 1000 - i, "finding");
        check_add(&f, i % 2 ? CHECK_ERROR : CHECK_WARNING, 0, 1000 - i, "finding");
    }
    assert_int_equal(f.count, CHECK_FINDINGS_MAX);
    assert_true(f.omitted >= 50);
    check_findings_sort(&f);
    for (int i = 1; i < f.count; i++) {
        assert_true(f.list[i - 1].line < f.list[i].line);
    }
    check_findings_free(&f);
}

/* --- rules --------------------------------------------------------------------------------------
 */

#define HEAD "local M = { api = 1, name = 'x', version = 1 }\n"
#define TAIL "\nfunction M:on_candle() end return M"

/* The only finding of a text between head and tail begins with `wanted`; NULL: there is none. */
static void rule_expect(const char *body, const char *wanted) {
    char text[2048];
    struct check_findings f = {0};
    struct err e;
    int n = snprintf(text, sizeof text, HEAD "%s" TAIL, body);
    struct script_file file = {"x.lua", text, (size_t)n};
    struct script_bundle bundle = {"x", 0, &file, 1};
    assert_int_equal(check_sources(&bundle, &f, &e), 0);
    if (f.count != (wanted != NULL)) {
        fail_msg("%d findings (%s) in: %s", f.count, f.count ? f.list[0].text : "", body);
    }
    if (wanted != NULL && strncmp(f.list[0].text, wanted, strlen(wanted)) != 0) {
        fail_msg("%s\nin: %s", f.list[0].text, body);
    }
    check_findings_free(&f);
}

static void test_rules_that_find(void **state) {
    (void)state;
    rule_expect("x()", "'x' was never declared");
    rule_expect("local value; valeu()", "'valeu' was never declared, did you mean 'value'?");
    rule_expect("x = 1", "global 'x' was never declared: write local x");
    rule_expect("do local x end x()", "'x' was never declared here: the local of line 2");
    rule_expect("local t = string.gfind", "string.gfind is not there");
    rule_expect("local t = ta.rsii", "there is no indicator 'rsii', did you mean 'rsi'?");
    rule_expect(
        "function M:on_fill(f) self.last = f.prcie end",
        "a fill has no field 'prcie', did you mean 'price'?"
    );
    rule_expect("function M.on_order(self, o) self.last = o:cancel() end", "an order has no field");
    rule_expect(
        "function M:f() self:buy('X', { quantitiy = 1, reason = 'x' }) end",
        "self:buy has no field 'quantitiy', did you mean 'quantity'?"
    );
    rule_expect("function M:f() self:close('X', { share = 1 }) end", "self:close needs a reason");
    rule_expect("function M:f() self:close('X', {}) end", "self:close needs a reason");
    rule_expect("function M:f() self:timer('x', { evry = 1 }) end", "self:timer has no field");
    rule_expect("function M:f() self:cancle_all() end", "self:cancle_all is no name of the API");
    rule_expect("M.helprs()", "M.helprs is no name of the API");
    rule_expect("M.state = {}", "'state' is a name of the API");
    rule_expect("function M:onTicker() end", "'onTicker' is no handler");
    rule_expect("function M:migrate(s, v) return s, v end", "migrate is called without self");
    rule_expect("function M:on_timer(name, time) return time or name end", "on_timer gets");
    rule_expect("local x = 1 +", "'(' expected near 'M'"); /* of the tail */
    rule_expect("\x1bLJ", "unexpected symbol");
}

static void test_rules_that_do_not(void **state) {
    (void)state;
    rule_expect("", NULL);
    rule_expect("local t = ta.rsi; local r = require", NULL);
    rule_expect("local t = math.huge + math.sqrt(2)", NULL);
    rule_expect("function M:f() self.state = {} end", NULL);
    rule_expect("function M:on_signal_found() end function M:g() self:on_signal_found() end", NULL);
    rule_expect("local X = {} function X:orders() return self.orders end", NULL);
    rule_expect("local X = { match = 1 } X.match = X:match()", NULL);
    rule_expect("M['a' .. 1] = 2; local b = M.anything", NULL);
    rule_expect("local s = 'os.time() print(x)' -- io.open()", NULL);
    rule_expect("function M:on_fill(f) f = { prcie = 1 } self.last = f.prcie end", NULL);
    rule_expect("function M:on_fill(f) local f = {} self.last = f.prcie end", NULL);
    rule_expect("function M:on_timer(name) self.last = name:upper() end", NULL);
    rule_expect("function M:on_command(name, args) self.last = args.any or name end", NULL);
    rule_expect("function M:helper(f) self.last = f.prcie end", NULL);
    rule_expect("local o = { any = 1 } function M:f() self:buy('X', o) end", NULL);
    rule_expect("function M:f(k) self:buy('X', { value = 1, [k] = 'x' }) end", NULL);
    rule_expect("function M:f() self:buy('X', { value = #{ x = 1 }, ['reason'] = 'x' }) end", NULL);
    rule_expect(
        "function M:f() self:signal({ symbol = 'X', rsi = 1 }) self:cancel_all('X', {}) end", NULL
    );
    rule_expect(
        "function M:guard(o) return o end function M:f() self:guard({ any = 1 }) end", NULL
    );
    rule_expect("function M.on_stop(_, why) return why end", NULL);
}

static void test_library_files_are_known_and_not_judged(void **state) {
    (void)state;
    static const char entry[] = HEAD "function M:f() return self.guarded, self:guard() end" TAIL;
    static const char library[] =
        "local g = {} function g.guard(self) self.guarded = os end return g";
    struct script_file files[] = {
        {"init.lua", entry, sizeof entry - 1}, {"lib/guard.lua", library, sizeof library - 1}};
    struct script_bundle bundle = {"x", 0, files, 2};
    struct check_findings f = {0};
    struct err e;
    assert_int_equal(check_sources(&bundle, &f, &e), 0);
    assert_int_equal(f.count, 0);
    check_findings_free(&f);
}

static void test_start_without_a_symbol(void **state) {
    (void)state;
    static const char text[] =
        HEAD "M.params = { symbol = { type = 'symbol', default = 'X' } }" TAIL;
    struct script_file file = {"init.lua", text, sizeof text - 1};
    struct script_bundle bundle = {"x", 0, &file, 1};
    struct check_findings f = {0};
    struct err e;
    assert_int_equal(check_start(&bundle, NULL, 0, NULL, &f, &e), 0);
    assert_int_equal(f.errors, 1);
    assert_int_equal(f.list[0].line, 2);
    check_findings_free(&f);
}

static void test_what_does_not_compile_is_not_run(void **state) {
    (void)state;
    struct script_file file = {"init.lua", "x x", 3};
    struct script_bundle bundle = {"x", 0, &file, 1};
    struct check_findings f = {0};
    struct err e;
    assert_int_equal(check_sources(&bundle, &f, &e), 0);
    assert_true(f.is_broken);
    assert_int_equal(check_start(&bundle, NULL, 0, NULL, &f, &e), 0);
    assert_int_equal(f.count, 1);
    check_findings_free(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_texts_and_comments),
        cmocka_unit_test(test_words_that_do_not_end),
        cmocka_unit_test(test_boxed_numbers),
        cmocka_unit_test(test_scopes),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_self),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_findings_are_bounded),
        cmocka_unit_test(test_rules_that_find),
        cmocka_unit_test(test_rules_that_do_not),
        cmocka_unit_test(test_library_files_are_known_and_not_judged),
        cmocka_unit_test(test_start_without_a_symbol),
        cmocka_unit_test(test_what_does_not_compile_is_not_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
