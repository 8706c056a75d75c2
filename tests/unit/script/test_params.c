/* Parameters: schema, values given as text, what is said about wrong ones, and changes of them. */
#include "host_harness.h"

#define HEAD "local M = { api = 1, name = 'x', version = 1 }\n"

static const char all_types[] = HEAD
    "M.params = {\n"
    "  count = { type = 'integer', default = 3, min = 1, max = 10, help = 'how many', group = 'a' "
    "},\n"
    "  ratio = { type = 'number', default = 0.5 },\n"
    "  invest = { type = 'money', default = 100, min = 1 },\n"
    "  part = { type = 'percent', default = 0.5, max = 100 },\n"
    "  on = { type = 'boolean', default = true },\n"
    "  note = { type = 'text', default = 'a, b', show = { on = true } },\n"
    "  side = { type = 'enum', values = { 'long', 'short' }, default = 'long', when = 'flat' },\n"
    "  pair = { type = 'symbol', default = 'ETH-USDT-SWAP' },\n"
    "  frame = { type = 'timeframe', default = '1h' },\n"
    "  shares = { type = 'list', of = 'number', default = { 1, 2.5 }, min = 0 },\n"
    "  budget = { type = 'map', of = 'money', default = { ETH = 20, BTC = 50 } },\n"
    "}\n"
    "function M:on_start()\n"
    "  local p = self.params\n"
    "  self:log('%s', json.encode{ p.count, p.ratio, p.invest, p.part, p.on, p.note, p.side, "
    "p.pair,\n"
    "    p.frame, p.shares, p.budget })\n"
    "end\nreturn M";

static const struct done *
start_with(struct harness *h, const char *text, const struct setting *settings, int count) {
    harness_host(h, CAPTURE_WHEN_ASKED);
    harness_open_as(h, 0, text, settings, count, false);
    return harness_run(h, EVENT_START);
}

static const char *param(const struct done *done, const char *name) {
    for (int i = 0; i < done->param_count; i++) {
        if (strcmp(done->params[i].name, name) == 0) {
            return done->params[i].text;
        }
    }
    fail_msg("no parameter %s", name);
    return "";
}

static void defaults_hold(void **state) {
    (void)state;
    struct harness h;
    const struct done *done = start_with(&h, all_types, NULL, 0);
    harness_sound(done);
    assert_int_equal(done->param_count, 11);
    for (int i = 1; i < done->param_count; i++) {
        assert_true(strcmp(done->params[i - 1].name, done->params[i].name) < 0);
    }
    assert_string_equal(param(done, "shares"), "1,2.5");
    assert_string_equal(param(done, "budget"), "BTC:50,ETH:20");
    assert_string_equal(param(done, "on"), "true");
    assert_string_equal(
        done->asks[0].u.log.text, "[3,0.5,100,0.5,true,\"a, b\",\"long\",\"ETH-USDT-SWAP\",\"1h\","
                                  "[1,2.5],{\"BTC\":50,\"ETH\":20}]"
    );
    harness_close(&h);
}

static void settings_are_read(void **state) {
    (void)state;
    static const struct setting settings[] = {
        {.name = "count", .text = "10"},
        {.name = "ratio", .text = "-1.50"},
        {.name = "on", .text = "false"},
        {.name = "side", .text = "short"},
        {.name = "pair", .text = "BTC-USDT-SWAP"},
        {.name = "frame", .text = "5m"},
        {.name = "shares", .text = " 3 , 0.1,7"},
        {.name = "budget", .text = "SOL: 1.5, A:2"},
        {.name = "note", .text = ""},
        {.name = "nowhere", .text = "1", .is_optional = true},
    };
    struct harness h;
    const struct done *done = start_with(&h, all_types, settings, 10);
    harness_sound(done);
    assert_string_equal(param(done, "ratio"), "-1.5");
    assert_string_equal(param(done, "shares"), "3,0.1,7");
    assert_string_equal(param(done, "budget"), "A:2,SOL:1.5");
    assert_string_equal(param(done, "note"), "");
    assert_string_equal(
        done->asks[0].u.log.text, "[10,-1.5,100,0.5,false,\"\",\"short\",\"BTC-USDT-SWAP\",\"5m\","
                                  "[3,0.1,7],{\"A\":2,\"SOL\":1.5}]"
    );
    harness_close(&h);
}

static void an_empty_list_and_map_are_possible(void **state) {
    (void)state;
    static const struct setting settings[] = {
        {.name = "shares", .text = ""}, {.name = "budget", .text = ""}};
    struct harness h;
    const struct done *done = start_with(&h, all_types, settings, 2);
    harness_sound(done);
    assert_string_equal(param(done, "shares"), "");
    assert_string_equal(param(done, "budget"), "");
    harness_close(&h);
}

static void every_wrong_value_is_listed(void **state) {
    (void)state;
    static const struct setting settings[] = {
        {.name = "count", .text = "11"},
        {.name = "ratio", .text = "nan"},
        {.name = "on", .text = "yes"},
        {.name = "side", .text = "up"},
        {.name = "pair", .text = "ETH-USDT-SWP"},
        {.name = "frame", .text = "7m"},
        {.name = "shares", .text = "1,-2"},
        {.name = "investt", .text = "1"},
    };
    static const char *const parts[] = {
        "unknown parameter 'investt', did you mean 'invest'?",
        "count must be a whole number from 1 to 10, not '11'",
        "ratio must be a number, not 'nan'",
        "on must be true or false, not 'yes'",
        "side must be one of long, short, not 'up'",
        "did you mean 'ETH-USDT-SWAP'?",
        "frame must be one of 1m 3m",
        "shares must be a list (a,b,c), each a number of at least 0, not '1,-2'",
    };
    struct harness h;
    const struct done *done = start_with(&h, all_types, settings, 8);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        harness_faults(done, E_PARAMS, parts[i]);
    }
    harness_close(&h);
}

static void a_long_list_of_faults_says_how_many_more(void **state) {
    (void)state;
    static char names[40][24];
    struct setting settings[40];
    for (int i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "no_such_parameter_%d", i);
        settings[i] = (struct setting){.name = names[i], .text = ""};
    }
    struct harness h;
    const struct done *done = start_with(&h, all_types, settings, 40);
    harness_faults(done, E_PARAMS, "unknown parameter 'no_such_parameter_0'; ");
    harness_faults(done, E_PARAMS, " more");
    assert_true(strlen(done->fault.text) < FAULT_TEXT_MAX);
    assert_non_null(done->answer); /* all of them, in their order */
    const char *at = done->answer;
    for (int i = 0; i < 40; i++) {
        char part[64];
        snprintf(part, sizeof part, "unknown parameter '%.24s'", names[i]);
        const char *found = strstr(at, part);
        assert_non_null(found);
        at = found + strlen(part);
    }
    assert_null(strstr(done->answer, " more"));
    harness_close(&h);
}

static void single_wrong_values(void **state) {
    (void)state;
    static const struct {
        struct setting setting;
        const char *part;
    } cases[] = {
        {{.name = "count", .text = "1.5"}, "a whole number"},
        {{.name = "count", .text = ""}, "a whole number"},
        {{.name = "invest", .text = "0.5"}, "an amount of at least 1"},
        {{.name = "part", .text = "101"}, "a percentage of at most 100"},
        {{.name = "shares", .text = "1,,2"}, "a list (a,b,c), each a number of at least 0"},
        {{.name = "budget", .text = "ETH"}, "a map (a:1,b:2), each an amount"},
        {{.name = "budget", .text = "ETH:x"}, "a map (a:1,b:2), each an amount"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct harness h;
        harness_faults(start_with(&h, all_types, &cases[i].setting, 1), E_PARAMS, cases[i].part);
        harness_close(&h);
    }
}

static void a_wrong_schema_is_said(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"a = { type = 'intger', default = 1 }", "unknown type 'intger', did you mean 'integer'?"},
        {"a = { type = 'integer', defualt = 1 }",
         "unknown field 'defualt', did you mean 'default'?"},
        {"a = { type = 'integer', default = 'x' }", "params.a.default must be a whole number"},
        {"a = { type = 'integer', default = 0, min = 1 }",
         "a must be a whole number of at least 1"},
        {"a = { type = 'integer', min = 'x', default = 1 }", "params.a.min must be a number"},
        {"a = { type = 'enum', default = 'x' }", "an enum needs values"},
        {"a = { type = 'list', default = {} }", "params.a.of"},
        {"a = { type = 'list', of = 'list', default = {} }", "hold single values"},
        {"a = { type = 'text', default = '', when = 'never' }", "can only be 'flat'"},
        {"a = { type = 'text', default = '', show = { b = true } }", "no parameter 'b'"},
        {"a = { type = 'text' }", "a needs a value: a text"},
        {"a = 5", "params must be like"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        struct harness h;
        snprintf(text, sizeof text, HEAD "M.params = { %s }\nreturn M", cases[i][0]);
        harness_faults(start_with(&h, text, NULL, 0), E_PARAMS, cases[i][1]);
        harness_close(&h);
    }
}

static void a_schema_runs_no_code(void **state) {
    (void)state;
    struct harness h;
    harness_faults(
        start_with(
            &h,
            HEAD "local loop = { __index = function() while true do end end }\n"
                 "M.params = setmetatable({ a = setmetatable({}, loop) }, loop)\nreturn M",
            NULL, 0
        ),
        E_PARAMS, "unknown type ''"
    );
    harness_close(&h);
}

static void check_has_the_last_word(void **state) {
    (void)state;
    static const char text[] =
        HEAD "M.params = { low = { type = 'number', default = 5 }, high = { type = 'number', "
             "default = 3 } }\n"
             "function M.check(p)\n"
             "  local wrong = {}\n"
             "  if p.low > p.high then wrong[1] = 'low is above high' wrong[2] = 'so is that' end\n"
             "  if p.low == 99 then error('no') end\n"
             "  if p.low == 98 then return 'text' end\n"
             "  return wrong\nend\nreturn M";
    struct harness h;
    harness_faults(start_with(&h, text, NULL, 0), E_PARAMS, "low is above high; so is that");
    harness_close(&h);
    struct setting setting = {.name = "low", .text = "2"};
    harness_sound(start_with(&h, text, &setting, 1));
    harness_close(&h);
    setting.text = "99";
    harness_faults(start_with(&h, text, &setting, 1), E_SCRIPT, "test.lua:6: no");
    harness_close(&h);
    setting.text = "98";
    harness_faults(start_with(&h, text, &setting, 1), E_PARAMS, "a list of texts");
    harness_close(&h);
}

/* --- changes ------------------------------------------------------------------------------------
 */

static const char changing[] =
    HEAD "M.params = { a = { type = 'number', default = 1, max = 5 },\n"
         "  mode = { type = 'text', default = 'x', when = 'flat' } }\n"
         "function M:on_start() if self.params.a == 4 then error('four') end end\n"
         "function M:on_params(old)\n"
         "  self:log('from %s to %s', old.a, self.params.a)\n"
         "end\n"
         "function M:on_ready()\n"
         "  self:buy('BTC-USDT-SWAP', { quantity = 1, reason = 'a is ' .. self.params.a })\n"
         "end\nreturn M";

static const struct done *change(struct harness *h, const char *name, const char *text) {
    struct setting setting = {.name = name, .text = text};
    struct event event = harness_event(h, EVENT_PARAMS);
    event.u.call.settings = &setting;
    event.u.call.count = 1;
    return harness_send(h, &event);
}

static void a_change_takes_effect_at_the_next_start(void **state) {
    (void)state;
    struct harness h;
    harness_sound(start_with(&h, changing, NULL, 0));
    assert_int_equal(h.done.ask_count, 0);
    harness_sound(change(&h, "a", "2"));
    harness_sound(harness_run(&h, EVENT_START));
    assert_int_equal(h.done.ask_count, 1);
    assert_string_equal(h.done.asks[0].u.log.text, "from 1 to 2");
    assert_string_equal(param(&h.done, "a"), "2");
    harness_sound(harness_run(&h, EVENT_READY));
    assert_string_equal(h.done.asks[0].u.request.reason, "a is 2");
    /* A start without a change calls no on_params. */
    harness_sound(harness_run(&h, EVENT_START));
    assert_int_equal(h.done.ask_count, 0);
    harness_close(&h);
}

static void a_refused_change_leaves_the_old(void **state) {
    (void)state;
    struct harness h;
    harness_sound(start_with(&h, changing, NULL, 0));
    harness_faults(change(&h, "a", "6"), E_PARAMS, "at most 5");
    harness_faults(change(&h, "b", "6"), E_PARAMS, "unknown parameter 'b'");
    harness_sound(harness_run(&h, EVENT_READY)); /* the sandbox lives */
    assert_string_equal(h.done.asks[0].u.request.reason, "a is 1");
    harness_sound(harness_run(&h, EVENT_START));
    assert_string_equal(param(&h.done, "a"), "1");
    harness_close(&h);
}

static void a_change_that_does_not_start_is_taken_back(void **state) {
    (void)state;
    struct harness h;
    harness_sound(start_with(&h, changing, NULL, 0));
    harness_sound(change(&h, "a", "4"));
    harness_faults(harness_run(&h, EVENT_START), E_SCRIPT, "four");
    harness_sound(harness_run(&h, EVENT_START));
    assert_string_equal(param(&h.done, "a"), "1");
    harness_close(&h);
}

static void what_is_for_flat_waits_for_it(void **state) {
    (void)state;
    struct harness h;
    harness_sound(start_with(&h, changing, NULL, 0));
    harness_sound(harness_run(&h, EVENT_READY));
    struct ask ask = h.done.asks[0];
    struct event fill = harness_fill_event(&h, &ask, "20000", "1");
    harness_sound(harness_send(&h, &fill));
    harness_faults(change(&h, "mode", "y"), E_PARAMS, "mode may change only without a position");
    harness_sound(change(&h, "a", "3"));
    fill.u.fill.position.quantity.d.v = 0;
    fill.number = ++h.number;
    harness_sound(harness_send(&h, &fill));
    harness_sound(change(&h, "mode", "y"));
    harness_close(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold),
        cmocka_unit_test(settings_are_read),
        cmocka_unit_test(an_empty_list_and_map_are_possible),
        cmocka_unit_test(every_wrong_value_is_listed),
        cmocka_unit_test(a_long_list_of_faults_says_how_many_more),
        cmocka_unit_test(single_wrong_values),
        cmocka_unit_test(a_wrong_schema_is_said),
        cmocka_unit_test(a_schema_runs_no_code),
        cmocka_unit_test(check_has_the_last_word),
        cmocka_unit_test(a_change_takes_effect_at_the_next_start),
        cmocka_unit_test(a_refused_change_leaves_the_old),
        cmocka_unit_test(a_change_that_does_not_start_is_taken_back),
        cmocka_unit_test(what_is_for_flat_waits_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
