/* The CSV files of a run, byte for byte, and what a full disk does to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/orders_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/orders_file_XXXXXX";
static char path[128];

static struct decimal decimal_of(const char *text) {
    struct decimal d;
    assert_int_equal(decimal_parse(text, strlen(text), &d), 0);
    return d;
}

static struct fill
fill_of(int64_t time_ms, const char *quantity, const char *price, const char *fee) {
    return (struct fill){
        .price = {decimal_of(price)},
        .quantity = {decimal_of(quantity)},
        .fee = {decimal_of(fee)},
        .time_ms = time_ms,
    };
}

static void expect_content(const char *expected) {
    char content[4096];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(content, 1, sizeof content - 1, f);
    content[n] = '\0';
    fclose(f);
    assert_string_equal(content, expected);
}

static void test_orders_are_exact(void **state) {
    (void)state;
    struct orders_file f;
    struct err e;
    struct fill fill = fill_of(1641008700000, "0.0042", "46871.5525", "0.09843026025");
    assert_int_equal(orders_file_open(&f, path, &e), 0);
    assert_int_equal(
        orders_file_write(&f, "BTC-USDT-SWAP", ORDER_SELL, ORDER_MARKET, &fill, "entry", &e), 0
    );
    fill = fill_of(1641008760000, "3.500", "100", "-0.10");
    assert_int_equal(
        orders_file_write(&f, "BTC-USDT-SWAP", ORDER_BUY, ORDER_STOP, &fill, "a, \"b\"", &e), 0
    );
    assert_int_equal(orders_file_close(&f, &e), 0);
    expect_content("time_ms,symbol,side,type,quantity,price,fee,reason\n"
                   "1641008700000,BTC-USDT-SWAP,sell,market,0.0042,46871.5525,0.09843026025,entry\n"
                   "1641008760000,BTC-USDT-SWAP,buy,stop,3.5,100,-0.1,\"a, \"\"b\"\"\"\n");
}

static void test_equity_is_exact(void **state) {
    (void)state;
    struct equity_file f;
    struct err e;
    assert_int_equal(equity_file_open(&f, path, &e), 0);
    assert_int_equal(
        equity_file_write(
            &f, 1641008700000, (struct money){decimal_of("10000.000000000000000001")},
            (struct money){decimal_of("9999.5")}, (struct quantity){decimal_of("-0.0042")}, &e
        ),
        0
    );
    assert_int_equal(equity_file_close(&f, &e), 0);
    expect_content("time_ms,equity,balance,position\n"
                   "1641008700000,10000.000000000000000001,9999.5,-0.0042\n");
}

static void test_place_that_cannot_be_written(void **state) {
    (void)state;
    struct orders_file f;
    struct err e = {0};
    assert_int_equal(orders_file_open(&f, "/nowhere/orders.csv", &e), E_IO);
    assert_non_null(strstr(e.msg, "/nowhere/orders.csv: opening it for writing failed"));
    struct fill fill = fill_of(1, "1", "1", "0");
    assert_int_equal(orders_file_write(&f, "X", ORDER_BUY, ORDER_LIMIT, &fill, "r", &e), E_STATE);
    assert_int_equal(orders_file_close(&f, &e), 0);
}

static void test_full_disk_is_told(void **state) {
    (void)state;
    if (access("/dev/full", W_OK) != 0) {
        print_message("skipped: there is no /dev/full\n");
        skip();
    }
    struct orders_file f;
    struct err e = {0};
    struct fill fill = fill_of(1641008700000, "1", "1", "0");
    assert_int_equal(orders_file_open(&f, "/dev/full", &e), 0);
    assert_int_equal(orders_file_write(&f, "X", ORDER_BUY, ORDER_LIMIT, &fill, "r", &e), 0);
    assert_int_equal(orders_file_close(&f, &e), E_IO); /* what was buffered */
    assert_non_null(strstr(e.msg, "No space left"));

    assert_int_equal(orders_file_open(&f, "/dev/full", &e), 0);
    int code = 0;
    for (int i = 0; i < 10000 && code == 0; i++) {
        code = orders_file_write(&f, "X", ORDER_BUY, ORDER_LIMIT, &fill, "r", &e);
    }
    assert_int_equal(code, E_IO);
    assert_int_equal(orders_file_write(&f, "X", ORDER_BUY, ORDER_LIMIT, &fill, "r", &e), E_IO);
    assert_int_equal(orders_file_close(&f, &e), E_IO);
    assert_int_equal(orders_file_close(&f, &e), 0);
}

static int folder_make(void **state) {
    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/out.csv", folder);
    return 0;
}

static int folder_remove(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders_are_exact),
        cmocka_unit_test(test_equity_is_exact),
        cmocka_unit_test(test_place_that_cannot_be_written),
        cmocka_unit_test(test_full_disk_is_told),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
