/* self.state: what can be kept, how it is written, and what malformed bytes do. */
#include "unit/script/snippet.h"

#include <lauxlib.h>

#include <stdlib.h>

#define CAPACITY ((size_t)64 * 1024)

struct kept {
    char bytes[CAPACITY];
    size_t length;
};

/* Encodes what the text returns. */
static int keep(struct sandbox *s, const char *text, struct kept *out, struct fault *fault) {
    assert_int_equal(snippet_load(s, text, fault), 0);
    int top = lua_gettop(sandbox_state(s));
    int status = state_encode(sandbox_state(s), -1, out->bytes, CAPACITY, &out->length, fault);
    assert_int_equal(lua_gettop(sandbox_state(s)), top);
    lua_settop(sandbox_state(s), 0);
    return status;
}

struct decoding {
    const char *bytes;
    size_t length;
    int status;
    struct err e;
};

static int decode(lua_State *L) {
    struct decoding *d = lua_touserdata(L, 1);
    int top = lua_gettop(L);
    d->status = state_decode(L, d->bytes, d->length, &d->e);
    if (d->status == 0) {
        sandbox_set_global(L, "kept");
    }
    return lua_gettop(L) == top ? 0 : lua_error(L);
}

/* The global `kept` is what was decoded. */
static int restore(struct sandbox *s, const char *bytes, size_t length) {
    struct decoding d = {.bytes = bytes, .length = length};
    struct fault fault;
    assert_int_equal(sandbox_protect(s, decode, &d, &fault), 0);
    assert_int_equal(d.status, d.status ? E_DATA : 0);
    return d.status;
}

static void assert_kept_as(const char *value, const char *expected) {
    struct sandbox *s = snippet_sandbox(NULL);
    struct kept *kept = calloc(2, sizeof *kept);
    struct fault fault;
    char text[1024];
    snprintf(text, sizeof text, "return %s", value);
    if (keep(s, text, &kept[0], &fault) != 0) {
        fail_msg("%s: %s", value, fault.text);
    }
    assert_int_equal(
        state_format(kept[0].bytes, kept[0].length, text, sizeof text), strlen(expected)
    );
    assert_string_equal(text, expected);
    assert_int_equal(restore(s, kept[0].bytes, kept[0].length), 0);
    assert_int_equal(keep(s, "return kept", &kept[1], &fault), 0);
    assert_int_equal(kept[0].length, kept[1].length);
    assert_memory_equal(kept[0].bytes, kept[1].bytes, kept[0].length);
    free(kept);
    sandbox_free(s);
}

static void plain_data_is_kept(void **state) {
    (void)state;
    assert_kept_as("{}", "{}");
    assert_kept_as("{1, 'b', true, {false}}", "{1,\"b\",true,{false}}");
    assert_kept_as("{b = 1, a = 2, [3] = 4, [-1] = 5}", "{[-1]=5,[3]=4,a=2,b=1}");
    assert_kept_as("{1, 2, nil, 4}", "{[1]=1,[2]=2,[4]=4}");
    assert_kept_as(
        "{0.1, -0.5, 1e300, 2^53, -2^53, -0, 5e-324, 1/3}",
        "{0.1,-0.5,1e+300,9007199254740992,-9007199254740992,-0,"
        "4.94065645841247e-324,0.3333333333333333}"
    );
    assert_kept_as(
        "{['a b'] = '\\0\\n\"\\\\', ['1x'] = {}}", "{[\"1x\"]={},[\"a b\"]=\"\\000\\010\\\"\\\\\"}"
    );
    assert_kept_as("{['12'] = 1, [12] = 2}", "{[12]=2,[\"12\"]=1}");
}

static void large_tables_are_kept(void **state) {
    (void)state;
    struct sandbox *s = snippet_sandbox(NULL);
    struct kept *kept = calloc(2, sizeof *kept);
    struct fault fault;
    const char *text = "local t = {deep = {}, list = {}} for i = 1, 2000 do t['k' .. i] = i / 4 "
                       "t.deep[i * 3] = 'v' t.list[i] = i end return t";
    assert_int_equal(keep(s, text, &kept[0], &fault), 0);
    assert_int_equal(restore(s, kept[0].bytes, kept[0].length), 0);
    assert_int_equal(keep(s, "return kept", &kept[1], &fault), 0);
    assert_memory_equal(kept[0].bytes, kept[1].bytes, kept[0].length);
    assert_int_equal(
        snippet_load(
            s,
            "assert(kept.k1999 == 1999 / 4 and kept.deep[6000] == 'v' and "
            "#kept.list == 2000)",
            &fault
        ),
        0
    );
    /* and in whatever order the fields were made */
    text =
        "local t = {deep = {}, list = {}} for i = 2000, 1, -1 do t.list[i] = i t.deep[i * 3] = 'v' "
        "t['k' .. i] = i / 4 end return t";
    assert_int_equal(keep(s, text, &kept[1], &fault), 0);
    assert_int_equal(kept[0].length, kept[1].length);
    assert_memory_equal(kept[0].bytes, kept[1].bytes, kept[0].length);
    free(kept);
    sandbox_free(s);
}

static void breaches_name_their_path(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int code;
        const char *fault;
    } cases[] = {
        {"return {lots = {{}, {}, {price = pairs}}}", E_SCRIPT,
         "state.lots[3].price: a function cannot be kept"},
        {"return {a = {['b c'] = 0/0}}", E_SCRIPT,
         "state.a[\"b c\"]: a number that is not finite cannot be kept"},
        {"return {x = 1/0}", E_SCRIPT, "state.x: a number that is not finite cannot be kept"},
        {"return {x = {[1.5] = 1}}", E_SCRIPT,
         "state.x: keys are strings or whole numbers, not fractions"},
        {"return {x = {[true] = 1}}", E_SCRIPT,
         "state.x: keys are strings or whole numbers, not boolean"},
        {"return {[{}] = 1}", E_SCRIPT, "state: keys are strings or whole numbers, not table"},
        {"return {[1/0] = 1}", E_SCRIPT, "state: keys are strings or whole numbers, not fractions"},
        {"local t = {} t.a = {b = {t}} return t", E_SCRIPT,
         "state.a.b[1]: a table inside itself cannot be kept"},
        {"return {a = setmetatable({}, {__index = {x = 1}})}", E_SCRIPT,
         "state.a: a table with a metatable cannot be kept"},
        {"local t = {} for i = 1, 16 do t = {d = t} end return t", E_SCRIPT,
         "state.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d.d: deeper than 16 tables"},
        {"return {s = ('x'):rep(70000)}", E_QUOTA, "state: larger than 64 KiB"},
        {"local t = {} for i = 1, 12000 do t['k' .. i] = true end return t", E_QUOTA,
         "state: larger than 64 KiB"},
        {"local t = {} for i = 1, 20 do t = {t, t} end return {1}, t", 0, ""},
        {"return 5", E_SCRIPT, "state: a table expected, not a number"},
        {"return {['x:1: y'] = pairs}", E_SCRIPT, "state[\"x:1: y\"]: a function cannot be kept"},
    };
    struct kept *kept = calloc(1, sizeof *kept);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sandbox *s = snippet_sandbox(NULL);
        struct fault fault;
        assert_int_equal(keep(s, cases[i].text, kept, &fault), cases[i].code);
        if (cases[i].code) {
            assert_string_equal(fault.text, cases[i].fault);
            assert_int_equal(fault.line, 0);
            assert_int_equal(kept->length, 0);
        }
        sandbox_free(s);
    }
    free(kept);
}

static void a_handle_is_refused(void **state) {
    (void)state;
    struct sandbox *s = snippet_sandbox(NULL);
    struct kept *kept = calloc(1, sizeof *kept);
    struct fault fault;
    lua_State *L = sandbox_state(s);
    lua_newtable(L);
    lua_newuserdata(L, 8);
    lua_setfield(L, -2, "h");
    assert_int_equal(state_encode(L, 1, kept->bytes, CAPACITY, &kept->length, &fault), E_SCRIPT);
    assert_string_equal(fault.text, "state.h: a handle cannot be kept");
    free(kept);
    sandbox_free(s);
}

static int fill_memory(lua_State *L) {
    struct sandbox *s = sandbox_of(L);
    while (sandbox_memory(s) < ((size_t)2 << 20) - 40 * 1024) {
        lua_newuserdata(L, 4096);
        luaL_ref(L, LUA_REGISTRYINDEX);
    }
    return 0;
}

/* Encoding a large table takes memory of the sandbox; where there is none it is a fault, no raise.
 */
static void no_memory_to_encode_is_a_fault(void **state) {
    (void)state;
    struct sandbox *s = snippet_sandbox(NULL);
    struct kept *kept = calloc(1, sizeof *kept);
    struct fault fault;
    const char *text = "local t = {} for i = 1, 2000 do t['k' .. i] = i end return t";
    assert_int_equal(snippet_load(s, text, &fault), 0);
    assert_int_equal(sandbox_protect(s, fill_memory, NULL, &fault), 0);
    assert_int_equal(
        state_encode(sandbox_state(s), 1, kept->bytes, CAPACITY, &kept->length, &fault),
        E_SCRIPT_MEMORY
    );
    assert_int_equal(lua_gettop(sandbox_state(s)), 1);
    assert_int_equal(snippet_load(s, "return 1", &fault), E_STATE);
    free(kept);
    sandbox_free(s);
}

static void shared_bombs_end_at_the_size(void **state) {
    (void)state;
    struct sandbox *s = snippet_sandbox(NULL);
    struct kept *kept = calloc(1, sizeof *kept);
    struct fault fault;
    const char *text = "local t = {} for i = 1, 15 do t = {t, t, t, t, t, t, t, t} end return t";
    assert_int_equal(keep(s, text, kept, &fault), E_QUOTA);
    free(kept);
    sandbox_free(s);
}

/* Every cut and every changed byte either decodes to something that encodes to the same bytes, or
 * is refused by both readers. */
static void malformed_bytes_are_refused(void **state) {
    (void)state;
    struct sandbox *s = snippet_sandbox(NULL);
    struct kept *kept = calloc(2, sizeof *kept);
    struct fault fault;
    char text[512];
    assert_int_equal(
        keep(
            s, "return {a = {1, 2.5, 'x'}, b = {[-3] = true, [7] = false}, c = 'text'}", &kept[0],
            &fault
        ),
        0
    );
    for (size_t cut = 0; cut < kept[0].length; cut++) {
        char *exact = malloc(cut + 1);
        memcpy(exact, kept[0].bytes, cut);
        assert_int_equal(restore(s, exact, cut), E_DATA);
        assert_int_equal(state_format(exact, cut, text, sizeof text), 0);
        free(exact);
    }
    size_t accepted = 0;
    for (size_t at = 0; at < kept[0].length; at++) {
        for (int change = 1; change < 256; change++) {
            kept[0].bytes[at] = (char)(kept[0].bytes[at] ^ change);
            int status = restore(s, kept[0].bytes, kept[0].length);
            size_t length = state_format(kept[0].bytes, kept[0].length, text, sizeof text);
            assert_int_equal(status == 0, length > 0);
            if (status == 0) {
                accepted++;
                assert_int_equal(keep(s, "return kept", &kept[1], &fault), 0);
                assert_memory_equal(kept[0].bytes, kept[1].bytes, kept[0].length);
            }
            kept[0].bytes[at] = (char)(kept[0].bytes[at] ^ change);
        }
    }
    assert_true(accepted > 100); /* other letters, other numbers */
    free(kept);
    sandbox_free(s);
}

static void format_says_how_much_it_needs(void **state) {
    (void)state;
    struct sandbox *s = snippet_sandbox(NULL);
    struct kept *kept = calloc(1, sizeof *kept);
    struct fault fault;
    char text[8];
    assert_int_equal(keep(s, "return {abc = 'defghi'}", kept, &fault), 0);
    assert_int_equal(state_format(kept->bytes, kept->length, text, sizeof text), 14);
    assert_string_equal(text, "{abc=\"d");
    free(kept);
    sandbox_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_data_is_kept),
        cmocka_unit_test(large_tables_are_kept),
        cmocka_unit_test(breaches_name_their_path),
        cmocka_unit_test(a_handle_is_refused),
        cmocka_unit_test(no_memory_to_encode_is_a_fault),
        cmocka_unit_test(shared_bombs_end_at_the_size),
        cmocka_unit_test(malformed_bytes_are_refused),
        cmocka_unit_test(format_says_how_much_it_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
