#include "unit/script/snippet.h"

static void pairs_have_one_order(void **state) {
    (void)state;
    static const char walk[] = "local function walk(t) local o = {} for k, v in pairs(t) do "
                               "o[#o + 1] = tostring(k) .. '=' .. tostring(v) end "
                               "return table.concat(o, ' ') end ";
    static const char *const cases[] = {
        "return walk{} == ''",
        "return walk{7, 8, 9} == '1=7 2=8 3=9'",
        "return walk{b = 1, a = 2, [3] = 3, [-1] = 4, [0.5] = 5, [false] = 6, [true] = 7, aa = 8} "
        "== "
        "'-1=4 0.5=5 3=3 a=2 aa=8 b=1 false=6 true=7'",
        "return walk{1, 2, nil, 4} == '1=1 2=2 4=4'",
        "return walk{x = 1, 5} == '1=5 x=1'",
        "return walk{[1/0] = 1, [-1/0] = 2, [''] = 3, ['\\0'] = 4, ['\\255'] = 5} == "
        "'-inf=2 inf=1 =3 \\0=4 \\255=5'",
        "local t = {} for i = 1000, 1, -1 do t['k' .. 10000 + i] = i end local last = '' local n = "
        "0 "
        "for k in pairs(t) do assert(k > last) last = k n = n + 1 end return n == 1000",
        "local t = {} for i = 1, 3000 do t[(i * 7919) % 3001 * 2] = i end local last = 0 "
        "for k in pairs(t) do assert(k > last) last = k end return last == 6000",
        /* what is set to nil on the way is passed over, what is assigned is seen */
        "local t = {a = 1, b = 2, c = 3} local o = '' for k, v in pairs(t) do t.b = nil t.c = 9 "
        "o = o .. k .. v end return o == 'a1c9'",
        "local t = {1, 2, 3, 4} local o = '' for k, v in pairs(t) do t[k] = nil t[3] = nil "
        "o = o .. v end return o == '124' and next(t) == nil",
        /* new keys are not */
        "local t = {1, 2} local n = 0 for k in pairs(t) do t[#t + 1] = k t['x' .. k] = 1 n = n + 1 "
        "end return n == 2",
        "local t = {z = 1, 2} local k, v = next(t) assert(k == 1 and v == 2) k, v = next(t, k) "
        "assert(k == 'z' and v == 1) return next(t, k) == nil and next({}) == nil",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        snprintf(text, sizeof text, "%s%s", walk, cases[i]);
        snippet_holds(text);
    }
    snippet_faults(
        "for k in pairs({[{}] = 1}) do end", E_SCRIPT,
        "rsi.lua:1: a table whose keys are of type table"
    );
    snippet_faults(
        "return next({[print == nil and 1 or pairs] = 1})", E_SCRIPT, "print is not there"
    );
    snippet_faults("return next({[pairs] = 1})", E_SCRIPT, "keys are of type function");
    snippet_faults(
        "local f = pairs() return f", E_SCRIPT,
        "bad argument #1 to 'pairs' (table expected, got no value)"
    );
}

static void sort_is_stable_and_bounded(void **state) {
    (void)state;
    snippet_holds(
        "local t = {5, 2, 8, 1, 9, 3} table.sort(t) return table.concat(t, ' ') == '1 2 3 5 8 9'"
    );
    snippet_holds("local t = {} for i = 1, 1000 do t[i] = {(i * 7919) % 10, i} end "
                  "table.sort(t, function(a, b) return a[1] < b[1] end) "
                  "for i = 2, 1000 do local a, b = t[i - 1], t[i] "
                  "assert(a[1] < b[1] or a[1] == b[1] and a[2] < b[2]) end return true");
    snippet_holds("local t = {'b', 'a', 'c'} table.sort(t, function(a, b) return a > b end) "
                  "return t[1] == 'c' and t[3] == 'a'");
    /* a comparator that lies ends all the same, with every element once */
    snippet_holds("local t = {} for i = 1, 100 do t[i] = i end "
                  "table.sort(t, function() return true end) local sum = 0 "
                  "for i = 1, 100 do sum = sum + t[i] end return sum == 5050");
    /* one that raises changes nothing */
    snippet_holds("local t = {3, 2, 1} pcall(table.sort, t, function() error() end) "
                  "return table.concat(t) == '321'");
    snippet_holds("local t = {} table.sort(t) t = {1} table.sort(t) return t[1] == 1");
    snippet_faults("table.sort({1, 'x', 2})", E_SCRIPT, "attempt to compare");
    snippet_faults(
        "local function f() table.sort({2, 1}, f) end f()", E_SCRIPT, "nested over 200 deep"
    );
}

static void tables_are_bounded(void **state) {
    (void)state;
    snippet_holds("local t = {1, 2} table.insert(t, 3) table.insert(t, 1, 0) "
                  "return table.concat(t, ',') == '0,1,2,3'");
    snippet_holds("local t = {1, 2, 3} return table.remove(t, 1) == 1 and table.remove(t) == 3 and "
                  "#t == 1 and table.remove({}) == nil and table.remove(t, 2) == nil");
    snippet_holds("local t = {1, 2, 3} return select('#', unpack(t)) == 3 and select(-1, 7, 8) == 8"
    );
    snippet_faults("table.insert({}, -2147483648, 1)", E_SCRIPT, "position out of bounds");
    snippet_faults("table.insert({}, 0/0, 1)", E_SCRIPT, "position out of bounds");
    snippet_faults("table.insert({}, 1, 2, 3)", E_SCRIPT, "wrong number of arguments");
    snippet_faults("table.remove({1}, 9)", E_SCRIPT, "position out of bounds");
    snippet_faults("return table.concat({}, '', 1, 1e9)", E_SCRIPT, "invalid value (nil)");
    snippet_faults("return unpack({}, 1, 1e8)", E_SCRIPT, "too many results");
    snippet_faults("return select(-5, 1)", E_SCRIPT, "out of range");
}

static void text_is_plain(void **state) {
    (void)state;
    snippet_holds("return tostring({}) == 'table' and tostring(pairs) == 'function' and "
                  "tostring(nil) == 'nil'");
    snippet_holds(
        "return tostring(0.1) == '0.1' and tostring(1e15) == '1e+15' and tostring(100) == '100'"
    );
    snippet_holds(
        "return tostring(setmetatable({}, {__tostring = function() return 'me' end})) == 'me'"
    );
    snippet_faults(
        "tostring(setmetatable({}, {__tostring = function() return 1 end}))", E_SCRIPT,
        "must return a string"
    );
    snippet_faults(
        "local m = {} m.__tostring = function(t) return tostring(t) end "
        "tostring(setmetatable({}, m))",
        E_SCRIPT, "nested over 200 deep"
    );
    snippet_holds(
        "return string.format('%5.1f|%-4d|%04d|%x|%s|%s|%q|%%', 1.25, 7, -3, 255, {}, true, 'a') "
        "== '  1.3|7   |-003|ff|table|true|\"a\"|%'"
    );
    snippet_holds("return string.format('%.14g %s %g', 1/3, 1/3, 1e300) == '0.33333333333333 "
                  "0.33333333333333 1e+300'");
    snippet_faults("return string.format('%100d', 1)", E_SCRIPT, "unknown '%100d'");
    snippet_faults("return string.format('%p', {})", E_SCRIPT, "unknown '%p'");
    snippet_faults("return string.format('%', 1)", E_SCRIPT, "unknown '%'");
    snippet_faults(
        "local x = string.format('%d', 'x') return x", E_SCRIPT,
        "bad argument #2 to 'format' (number expected"
    );
    snippet_faults(
        "local x = string.format('%d', 0/0) return x", E_SCRIPT, "not a whole number in range"
    );
    snippet_faults(
        "local x = string.format('%c', 256) return x", E_SCRIPT, "not a whole number in range"
    );
    snippet_faults("local x = string.format('%s') return x", E_SCRIPT, "bad argument #2");
    snippet_holds(
        "return ('ab'):rep(3) == 'ababab' and ('x'):rep(-1) == '' and ('x'):rep(3, ',') == 'x,x,x' "
        "and (''):rep(1e18) == ''"
    );
    snippet_faults("return ('x'):rep(1e9)", E_SCRIPT, "over 1 MiB");
    snippet_faults("return ('x'):rep(1/0)", E_SCRIPT, "over 1 MiB");
}

static void searching_is_plain(void **state) {
    (void)state;
    snippet_holds("local a, b = ('a.b.c'):find('.', 1, true) return a == 2 and b == 2");
    snippet_holds("local a = ('a.b.c'):find('.', 3, true) return a == 4");
    snippet_holds("local a = ('a.b.c'):find('.', -2, true) return a == 4");
    snippet_holds("return ('abc'):find('x', 1, true) == nil and ('abc'):find('', 4, true) == 4 and "
                  "('abc'):find('', 9, true) == nil and ('abc'):find('a', -99, true) == 1");
    snippet_faults("local x = ('abc'):find('b') return x", E_SCRIPT, "patterns are not there");
    snippet_holds("local t = ('a,,b'):split(',') return #t == 3 and t[2] == '' and t[3] == 'b'");
    snippet_holds("local t = (''):split(', ') return #t == 1 and t[1] == ''");
    snippet_faults("local x = ('a'):split('') return x", E_SCRIPT, "an empty separator");
    snippet_holds("return (' \\t a b\\n'):trim() == 'a b' and ('  '):trim() == ''");
    snippet_holds("return ('abc'):starts('ab') and not ('abc'):starts('b') and ('a'):starts('')");
    snippet_holds("return ('aBc'):upper() == 'ABC' and ('aBc'):lower() == 'abc' and "
                  "('abc'):reverse() == 'cba' "
                  "and ('abc'):sub(2) == 'bc' and ('abc'):byte(2) == 98 and string.char(97) == 'a'"
    );
}

static void metatables_have_no_finalizers(void **state) {
    (void)state;
    snippet_faults(
        "setmetatable({}, {__gc = function() end})", E_SCRIPT, "setmetatable: __gc is not there"
    );
    snippet_faults(
        "setmetatable({}, {__mode = 'k'})", E_SCRIPT, "setmetatable: __mode is not there"
    );
    snippet_faults("setmetatable({}, 1)", E_SCRIPT, "nil or table expected");
    snippet_faults("setmetatable('x', {})", E_SCRIPT, "table expected, got string");
    snippet_holds("local m = {__index = {x = 1}} local t = setmetatable({}, m) return t.x == 1 and "
                  "getmetatable(t) == m");
    snippet_holds(
        "local t = setmetatable({}, {__metatable = 'no'}) return getmetatable(t) == 'no' and "
        "not pcall(setmetatable, t, nil)"
    );
    snippet_holds(
        "return getmetatable({}) == nil and next(setmetatable({}, {__index = {x = 1}})) == nil"
    );
}

static void random_is_the_seed_s(void **state) {
    (void)state;
    struct sandbox *a = snippet_sandbox(NULL);
    struct sandbox *b = snippet_sandbox(NULL);
    struct fault fault;
    const char *text =
        "local o = {} for i = 1, 20 do o[i] = math.random(1000) end return table.concat(o, ' ')";
    assert_int_equal(snippet_load(a, text, &fault), 0);
    assert_int_equal(snippet_load(b, text, &fault), 0);
    assert_string_equal(lua_tostring(sandbox_state(a), -1), lua_tostring(sandbox_state(b), -1));
    sandbox_free(a);
    sandbox_free(b);
    snippet_holds("for i = 1, 1000 do local x = math.random() assert(x >= 0 and x < 1) "
                  "x = math.random(3) assert(x == 1 or x == 2 or x == 3) "
                  "x = math.random(-2, 2) assert(x >= -2 and x <= 2 and x % 1 == 0) end return true"
    );
    snippet_faults("math.random(0)", E_SCRIPT, "the interval is empty");
    snippet_faults("math.random(1.5)", E_SCRIPT, "whole numbers");
    snippet_faults("math.random(1, 1/0)", E_SCRIPT, "whole numbers");
    snippet_faults("math.random(0/0)", E_SCRIPT, "whole numbers");
}

static void bits_are_32(void **state) {
    (void)state;
    snippet_holds(
        "return bit.band(0xff, 0x0f) == 15 and bit.bor(1, 2, 4) == 7 and bit.bxor(3, 5) == 6 and "
        "bit.bnot(0) == -1 and bit.lshift(1, 31) == -2147483648 and bit.rshift(-1, 28) == 15 and "
        "bit.arshift(-16, 2) == -4 and bit.arshift(-1, 0) == -1 and bit.rol(1, 33) == 2 and "
        "bit.ror(1, 1) == -2147483648 and bit.bswap(0x01020304) == 0x04030201 and "
        "bit.tobit(2^32 + 5) == 5 and bit.tobit(-1) == -1 and bit.lshift(1, 32) == 1"
    );
    snippet_holds("return bit.tohex(255) == '000000ff' and bit.tohex(255, 2) == 'ff' and "
                  "bit.tohex(255, -4) == '00FF' "
                  "and bit.tohex(1, 2^31) == '00000001' and bit.tohex(1, -2^31) == '00000001' and "
                  "bit.tohex(7, 0) == ''");
    snippet_faults("bit.band(0/0)", E_SCRIPT, "has no 32 bits");
    snippet_faults("bit.tobit(2^53)", E_SCRIPT, "has no 32 bits");
    snippet_faults("bit.tohex(1, 1/0)", E_SCRIPT, "has no 32 bits");
    snippet_faults("bit.band({})", E_SCRIPT, "number expected");
}

static void json_writes_sorted(void **state) {
    (void)state;
    snippet_holds("return json.encode{b = {1, 2.5, true}, a = 'x\"\\n\\1', c = {}} == "
                  "'{\"a\":\"x\\\\\"\\\\n\\\\u0001\",\"b\":[1,2.5,true],\"c\":{}}'");
    snippet_holds(
        "return json.encode(0.1) == '0.1' and json.encode(1/3) == '0.3333333333333333' and "
        "json.encode(1e20) == '1e+20' and json.encode(nil) == 'null' and json.encode(-5) == '-5'"
    );
    snippet_faults("json.encode(0/0)", E_SCRIPT, "not finite");
    snippet_faults("json.encode{1, x = 2}", E_SCRIPT, "keys are strings, or 1 to n");
    snippet_faults("json.encode{pairs}", E_SCRIPT, "a function cannot be written");
    snippet_faults("local t = {} t.t = t json.encode(t)", E_SCRIPT, "over 32 tables deep");
    snippet_faults(
        "local t = {1} for i = 1, 30 do t = {t, t} end json.encode(t)", E_SCRIPT, "over 256 KiB"
    );
    snippet_faults("json.encode(('x'):rep(300000))", E_SCRIPT, "over 256 KiB");
    snippet_faults("json.encode()", E_SCRIPT, "value expected");
}

static void json_reads_what_is_json(void **state) {
    (void)state;
    snippet_holds("local t = json.decode(' {\"a\" : [1, -2.5e1, true, false, null, "
                  "\"\\\\u00e9\\\\ud83d\\\\ude00\\\\/\"], \"b\":{}} ') "
                  "return t.a[1] == 1 and t.a[2] == -25 and t.a[3] == true and t.a[4] == false and "
                  "t.a[5] == nil and "
                  "t.a[6] == '\\195\\169\\240\\159\\152\\128/' and next(t.b) == nil");
    snippet_holds("local x = {a = {1, 2, {b = 'x'}}, n = 1e-7} return "
                  "json.encode(json.decode(json.encode(x))) == json.encode(x)");
    static const char *const wrong[] = {
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":}",
        "{a:1}",
        "01",
        "1.",
        "+1",
        "nul",
        "'x'",
        "\"x",
        "[1 2]",
        "{\"a\" 1}",
        "1e999",
        "\"\\\\x\"",
        "1 2",
        "\"\\\\u12\"",
        "\"\\\\ud800\"",
        "\"\\\\ud800\\\\u0041\"",
        "-",
        "1e",
        "\"\\1\"",
        "\"\\\\",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "local x = json.decode([==[%s]==]) return x", wrong[i]);
        if (strchr(wrong[i], '\\') || wrong[i][0] == '\0') {
            snprintf(text, sizeof text, "local x = json.decode('%s') return x", wrong[i]);
        }
        snippet_faults(text, E_SCRIPT, "rsi.lua:1: json.decode: ");
    }
    snippet_holds("return json.decode(('['):rep(32) .. (']'):rep(32)) ~= nil");
    snippet_faults("json.decode(('['):rep(100000))", E_SCRIPT, "nested too deep");
    snippet_faults("json.decode((' '):rep(300000))", E_SCRIPT, "over 256 KiB");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_have_one_order), cmocka_unit_test(sort_is_stable_and_bounded),
        cmocka_unit_test(tables_are_bounded),   cmocka_unit_test(text_is_plain),
        cmocka_unit_test(searching_is_plain),   cmocka_unit_test(metatables_have_no_finalizers),
        cmocka_unit_test(random_is_the_seed_s), cmocka_unit_test(bits_are_32),
        cmocka_unit_test(json_writes_sorted),   cmocka_unit_test(json_reads_what_is_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
