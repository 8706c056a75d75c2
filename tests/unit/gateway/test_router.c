#include "gateway/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum router_result
find(struct call *c, struct http_request *r, enum http_method method, const char *path) {
    *r = (struct http_request){.method = method, .path = {path, strlen(path)}};
    *c = (struct call){.request = r};
    return router_find(c);
}

static void test_found(void **state) {
    struct call c;
    struct http_request r;
    (void)state;
    assert_int_equal(find(&c, &r, HTTP_GET_, "/api/strategy/grid/status/de%2Dmo"), ROUTER_FOUND);
    assert_string_equal(c.route->path, "/api/strategy/{name}/status/{user_id}");
    assert_string_equal(call_part(&c, "name"), "grid");
    assert_string_equal(call_part(&c, "user_id"), "de-mo");
    assert_null(call_part(&c, "symbol"));
    assert_int_equal(find(&c, &r, HTTP_HEAD_, "/health"), ROUTER_FOUND);
    assert_int_equal(find(&c, &r, HTTP_GET_, "/api/positions/pnl/demo"), ROUTER_FOUND);
    assert_string_equal(c.route->path, "/api/positions/pnl/{user_id}");
    assert_int_equal(find(&c, &r, HTTP_GET_, "/api/positions/demo/BTC"), ROUTER_FOUND);
    assert_string_equal(call_part(&c, "symbol"), "BTC");
}

static void test_not_found(void **state) {
    static const char *const paths[] = {
        "/",
        "",
        "/health/",
        "//health",
        "/Health",
        "/%68ealth",
        "/api/strategy//status/demo",
        "/api/positions/",
        "/api/orders/list/a/b",
        "/api/orders/list/%01",
        "/api/orders/list/%C3%A9",
        "/api/orders/list/..%2",
        "/api",
    };
    struct call c;
    struct http_request r;
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (find(&c, &r, HTTP_GET_, paths[i]) != ROUTER_NO_PATH) {
            fail_msg("%s was found", paths[i]);
        }
    }
    assert_int_equal(find(&c, &r, HTTP_POST_, "/health"), ROUTER_NO_METHOD);
    assert_int_equal(find(&c, &r, HTTP_GET_, "/api/positions/close/x"), ROUTER_NO_METHOD);
    assert_int_equal(find(&c, &r, HTTP_PUT_, "/api/kill"), ROUTER_NO_METHOD);
}

static unsigned allowed(const char *path) {
    return router_allowed((struct http_text){path, strlen(path)});
}

static void test_allowed(void **state) {
    (void)state;
    assert_int_equal(allowed("/health"), 1u << HTTP_GET_);
    assert_int_equal(allowed("/api/accounts/demo"), 1u << HTTP_GET_ | 1u << HTTP_DELETE_);
    assert_int_equal(allowed("/api/kill"), 1u << HTTP_POST_ | 1u << HTTP_DELETE_);
    assert_int_equal(allowed("/api/positions/close/x"), 1u << HTTP_POST_);
    assert_int_equal(allowed("/nothing"), 0);
}

/* Each route is reached by its own path: none stands in another's way. */
static void test_every_route(void **state) {
    struct call c;
    struct http_request r;
    (void)state;
    for (int i = 0; i < route_count; i++) {
        char path[128];
        size_t n = 0;
        for (const char *at = routes[i].path; *at != '\0'; at++) {
            if (*at == '{') {
                at = strchr(at, '}');
                path[n++] = 'x';
            } else {
                path[n++] = *at;
            }
        }
        path[n] = '\0';
        assert_int_equal(find(&c, &r, routes[i].method, path), ROUTER_FOUND);
        assert_ptr_equal(c.route, &routes[i]);
    }
}

static void test_percent(void **state) {
    char out[8];
    (void)state;
    assert_true(percent_decode("a%2Fb", 5, out, sizeof out));
    assert_string_equal(out, "a/b");
    assert_false(percent_decode("a%2", 3, out, sizeof out));
    assert_false(percent_decode("a%", 2, out, sizeof out));
    assert_false(percent_decode("%zz", 3, out, sizeof out));
    assert_false(percent_decode("%00", 3, out, sizeof out));
    assert_false(percent_decode("12345678", 8, out, sizeof out));
    assert_true(percent_decode("1234567", 7, out, sizeof out));
}

/* The description has every route with its method, and no other. */
static void test_openapi(void **state) {
    int described = 0;
    (void)state;
    for (int i = 0; i < route_count; i++) {
        char key[160];
        static const char *const methods[] = {"get", "head", "post", "put", "patch", "delete"};
        snprintf(key, sizeof key, "\"%s\":{", routes[i].path);
        const char *path = strstr(openapi_json, key);
        if (path == NULL) {
            fail_msg("%s is not described", routes[i].path);
        }
        const char *end = strstr(path + 1, "},\"/");
        const char *components = strstr(path, "\"components\":");
        end = end == NULL || end > components ? components : end;
        snprintf(key, sizeof key, "\"%s\":{\"tags\"", methods[routes[i].method]);
        const char *method = strstr(path, key);
        if (method == NULL || method > end) {
            fail_msg("%s %s is not described", methods[routes[i].method], routes[i].path);
        }
    }
    for (const char *at = strstr(openapi_json, "\"operationId\":"); at != NULL;
         at = strstr(at + 1, "\"operationId\":")) {
        described++;
    }
    assert_int_equal(described, route_count);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allowed),   cmocka_unit_test(test_found),
        cmocka_unit_test(test_not_found), cmocka_unit_test(test_every_route),
        cmocka_unit_test(test_percent),   cmocka_unit_test(test_openapi),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
