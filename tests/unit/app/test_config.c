/* The configuration: defaults that are the engine's own, activations, parameters as texts. */
#include "app/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char *const no_environment[] = {NULL};

struct loaded {
    struct config config;
    struct settings_faults faults;
    struct err err;
    int code;
};

static void parse(struct loaded *l, const char *text) {
    memset(l, 0, sizeof *l);
    settings_faults_init(&l->faults, "etc/t.lua");
    l->code = config_parse(
        "etc/t.lua", text, strlen(text), no_environment, &l->config, &l->faults, &l->err
    );
}

static void loaded_free(struct loaded *l) {
    config_free(&l->config);
    settings_faults_free(&l->faults);
}

static void takes(struct loaded *l, const char *text) {
    parse(l, text);
    if (l->code != 0) {
        fail_msg("%s\n%s", l->err.msg, l->faults.text.data);
    }
}

static void refuses(const char *text, const char *what) {
    struct loaded l;
    parse(&l, text);
    assert_int_equal(l.code, E_CONFIG);
    if (strstr(l.faults.text.data, what) == NULL) {
        fail_msg("'%s' does not say '%s'", l.faults.text.data, what);
    }
    loaded_free(&l);
}

static void test_defaults_are_those_of_the_rooms(void **state) {
    (void)state;
    struct loaded l;
    struct risk_limits risk;
    struct host_limits limits;
    struct engine_options engine;
    risk_limits_default(&risk);
    host_limits_default(&limits);
    engine_options_default(&engine);
    takes(&l, "return { feed = { file = 'c.csv' }, activations = { { script = 'rsi' } } }");
    assert_memory_equal(&l.config.risk, &risk, sizeof risk);
    assert_memory_equal(&l.config.limits, &limits, sizeof limits);
    assert_int_equal(l.config.engine.faults_max, engine.faults_max);
    assert_int_equal(l.config.engine.orders_max, engine.orders_max);
    assert_int_equal(l.config.engine.events_max, engine.events_max);
    assert_int_equal(l.config.engine.series_max, engine.series_max);
    assert_int_equal(l.config.engine.activations_max, engine.activations_max);
    assert_true(l.config.costs.fee_taker.v == DECIMAL_ONE / 2000);
    assert_true(l.config.costs.fee_maker.v == DECIMAL_ONE / 5000);
    assert_true(l.config.costs.slippage.v == DECIMAL_ONE / 2000);
    assert_true(l.config.activations[0].balance.d.v == 10000 * DECIMAL_ONE);
    assert_int_equal(l.config.activations[0].on_suspend, SUSPEND_KEEP);
    assert_string_equal(l.config.activations[0].user, "demo");
    assert_string_equal(l.config.feed_path, "etc/c.csv");
    loaded_free(&l);
}

static void test_an_activation_is_somebodys(void **state) {
    (void)state;
    struct loaded l;
    takes(
        &l, "return { feed = { file = 'c.csv' }, workers = 'inline',\n"
            "activations = { { script = 'rsi', user = 'ann' } } }"
    );
    assert_string_equal(l.config.activations[0].user, "ann");
    assert_int_equal(l.config.workers, 0);
    loaded_free(&l);
    refuses(
        "return { feed = { file = 'c.csv' }, activations = { { script = 'rsi', user = 'a/b' } } }",
        "activations[1].user: 'a/b' is no name of a user"
    );
}

static void test_paths(void **state) {
    (void)state;
    struct loaded l;
    takes(&l, "return { feed = { file = '/c.csv' }, activations = { { script = 'rsi' } } }");
    assert_string_equal(l.config.feed_path, "/c.csv");
    loaded_free(&l);
}

static const char *param(const struct config_activation *a, const char *name) {
    for (int i = 0; i < a->param_count; i++) {
        if (strcmp(a->params[i].name, name) == 0) {
            return a->params[i].text;
        }
    }
    return NULL;
}

static void test_params_become_texts(void **state) {
    (void)state;
    struct loaded l;
    takes(
        &l, "return { feed = { file = 'c', symbol = 'ETH-USDT-SWAP' }, activations = { {\n"
            " script = 'rsi', balance = 0.1 + 0.2, on_suspend = 'flatten', seed = 9, params = {\n"
            " a = true, b = false, c = 0.1, d = 1e-7, e = 'text', f = { 1, 2.5, 'x' },\n"
            " g = { BTC = 50, ETH = 20 }, h = {}, i = -3, j = 1e6 } } } }"
    );
    const struct config_activation *a = &l.config.activations[0];
    assert_string_equal(param(a, "symbol"), "ETH-USDT-SWAP");
    assert_true(a->params[0].is_optional);
    assert_string_equal(param(a, "a"), "true");
    assert_string_equal(param(a, "b"), "false");
    assert_string_equal(param(a, "c"), "0.1");
    assert_string_equal(param(a, "d"), "0.0000001");
    assert_string_equal(param(a, "e"), "text");
    assert_string_equal(param(a, "f"), "1,2.5,x");
    assert_string_equal(param(a, "g"), "BTC:50,ETH:20");
    assert_string_equal(param(a, "h"), "");
    assert_string_equal(param(a, "i"), "-3");
    assert_string_equal(param(a, "j"), "1000000");
    assert_int_equal(a->on_suspend, SUSPEND_FLATTEN);
    assert_int_equal(a->seed, 9);
    loaded_free(&l);
}

#define WITH(list) "return { feed = { file = 'c' }, activations = { " list " } }"

static void test_ids(void **state) {
    (void)state;
    struct loaded l;
    takes(
        &l, WITH("{ script = 'rsi' }, { script = 'my/rsi.lua' }, { script = 'a-b_c' },"
                 "{ script = 'rsi', id = 'Mine1' }, { script = '---' },"
                 "{ script = 'a_name_that_is_longer_than_an_id_can_be' }")
    );
    assert_string_equal(l.config.activations[0].id, "rsi");
    assert_string_equal(l.config.activations[1].id, "rsi2");
    assert_string_equal(l.config.activations[2].id, "abc");
    assert_string_equal(l.config.activations[3].id, "Mine1");
    assert_string_equal(l.config.activations[4].id, "script");
    assert_true(strlen(l.config.activations[5].id) < ACTIVATION_ID_MAX);
    loaded_free(&l);
    refuses(WITH("{ script = 'rsi', id = 'a-b' }"), "activations[1].id: 'a-b': an id is 1 to 21");
    refuses(WITH("{ script = 'rsi', id = '' }"), "activations[1].id: ''");
    refuses(
        WITH("{ script = 'rsi' }, { script = 'grid', id = 'rsi' }"),
        "activations[2].id: 'rsi' is taken by another activation"
    );
}

static void test_activation_faults(void **state) {
    (void)state;
    refuses("return { feed = { file = 'c' } }", "activations: at least one is needed");
    refuses(WITH(""), "activations: at least one is needed");
    refuses("return { activations = { { script = 'rsi' } } }", "feed.file: it is missing");
    refuses(WITH("{}"), "activations[1].script: it is missing");
    refuses(WITH("'rsi'"), "activations[1]: it must be a table { ... }, not a text");
    refuses(WITH("rsi = { script = 'rsi' }"), "'rsi' has a name: it is a list");
    refuses(WITH("{ script = 'rsi', balance = 0 }"), "activations[1].balance: 0 is out of range");
    refuses(WITH("{ script = 'rsi', params = 5 }"), "activations[1].params: it must be a table");
    refuses(WITH("{ script = 'rsi', params = { 5 } }"), "activations[1].params: a parameter is");
    refuses(
        WITH("{ script = 'rsi', params = { a = { { 1 } } } }"), "params.a: a list or map holds"
    );
    refuses(
        WITH("{ script = 'rsi', params = { a = { 'x,y' } } }"), "params.a: a list or map holds"
    );
    refuses(WITH("{ script = 'rsi', params = { a = 1/0 } }"), "params.a: the number is out of");
    refuses(WITH("{ script = 'rsi', params = { a = 1, a = 2 } }"), "params.a: it is given twice");
    refuses(
        "return { feed = { file = 'c' }, engine = { activations_max = 1 },\n"
        "activations = { { script = 'rsi' }, { script = 'grid' } } }",
        "etc/t.lua:2: activations: 2 are more than engine.activations_max, 1"
    );
}

static void test_a_file_that_is_not_there(void **state) {
    (void)state;
    struct loaded l = {0};
    settings_faults_init(&l.faults, "none.lua");
    assert_int_equal(
        config_load("none.lua", no_environment, &l.config, &l.faults, &l.err), E_NOT_FOUND
    );
    assert_int_equal(config_load("config", no_environment, &l.config, &l.faults, &l.err), E_IO);
    loaded_free(&l);
}

static void test_the_demo(void **state) {
    (void)state;
    struct loaded l = {0};
    settings_faults_init(&l.faults, "config/demo.lua");
    assert_int_equal(
        config_load("config/demo.lua", no_environment, &l.config, &l.faults, &l.err), 0
    );
    assert_int_equal(l.config.activation_count, 2);
    assert_true(l.config.speed.v == 600 * DECIMAL_ONE);
    assert_string_equal(l.config.feed_path, "config/demo/btcusdt-1m.csv.gz");
    loaded_free(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_are_those_of_the_rooms),
        cmocka_unit_test(test_an_activation_is_somebodys),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_params_become_texts),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_activation_faults),
        cmocka_unit_test(test_a_file_that_is_not_there),
        cmocka_unit_test(test_the_demo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
